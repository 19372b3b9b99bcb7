"""All possible patients: what a guideline answers in some case, with a smallest one of it."""
