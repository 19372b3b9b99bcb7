"""The repository of an institution that follows a published guideline."""
