"""Why a case is answered as it is, what would change that, and what to find out next."""
