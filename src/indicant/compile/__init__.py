"""From the OWL of a guideline to the implicants of its criteria, with HermiT as the reference."""
