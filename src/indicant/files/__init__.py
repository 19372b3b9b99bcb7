"""Files in and out: read within bounds and fences, found by catalogs, written whole or not."""
