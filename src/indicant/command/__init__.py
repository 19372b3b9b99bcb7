"""What the verbs of the command have in common: their arguments, and what they print."""
