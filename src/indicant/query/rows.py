"""What a query returns: terms, and rows of them or of their texts."""

from __future__ import annotations

import pyoxigraph as ox

Term = ox.NamedNode | ox.BlankNode | ox.Literal
Row = tuple[str | None, ...]
"""The IRIs or the lexical forms of a solution, in the order of the variables."""
Solutions = tuple[tuple[str, ...], list[tuple[Term | None, ...]]]
"""The variables of a query, and for each solution the term of each."""
