"""Questions about a guideline or a case, and queries of one's own."""
