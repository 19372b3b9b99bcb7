"""The verbs of the command line, a module for each: ``add`` declares it and ``run`` does it."""
