"""Show a guideline, and what it says of a case, as pages for people to read."""
