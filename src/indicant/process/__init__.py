"""Processes, programs and threads: a sandbox for what is foreign, and what a fork leaves behind."""
