"""Versions of a guideline: what they state, and whom they answer differently."""
