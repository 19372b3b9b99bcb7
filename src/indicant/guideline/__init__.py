"""What a guideline says whatever the case: its vocabulary, names, languages and codes."""
