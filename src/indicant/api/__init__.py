"""The public Python API: guidelines, cases and what is answered, typed and frozen."""
