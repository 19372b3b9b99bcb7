"""Patients as other systems record them, read into cases."""
