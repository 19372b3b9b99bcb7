"""SPARQL as text that every parser reads alike, and the tables that it returns."""
