"""What helps to write a guideline: checks, new parts, and passages held against the document."""
