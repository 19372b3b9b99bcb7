"""Several guidelines put together, and what is between them."""
