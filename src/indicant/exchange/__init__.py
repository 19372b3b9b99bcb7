"""What follows for cases, in the formats of others."""
