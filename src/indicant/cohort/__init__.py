"""Many patients at once: who is recommended what, who has it, and which facts are missing."""
