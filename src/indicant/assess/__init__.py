"""One case: what a guideline recommends, contraindicates and leaves open for it."""
