"""What a query asks as a plan: nested lists of a few kinds, which can be kept as JSON.

A plan says what a query asks, in the terms of the algebra of SPARQL 1.1, and nothing of how it is
answered. What is not in the part of the language that rules are written in has no plan.

Terms are ``["v", name]``, ``["i", iri]`` and ``["l", text, datatype, language]``. Patterns are

* ``["bgp", [[subject, path, object], …]]``, a path a term or ``["alt", …]``, ``["seq", …]``,
  ``["opt", path]``, ``["plus", path]``
* ``["join", left, right]``, ``["left", left, right, condition or null]``,
  ``["minus", left, right]``
* ``["filter", expression, pattern]``, ``["bind", pattern, variable, expression]``
* ``["union", left, right]``, ``["values", [variable, …], [[term or null, …], …]]``
* ``["group", pattern, [variable, …], [[name, function, distinct, expression], …]]``
* ``["select", pattern, [variable, …], distinct]``

and expressions terms or ``[function, argument, …]``, ``exists`` and ``not exists`` of a pattern.
"""

from __future__ import annotations

from typing import Any

from indicant.errors import IndicantError

Plan = list[Any]


class NoPlanError(IndicantError):
    """A query says something that plans have no word for."""


def constructs(plan: Plan) -> set[str]:
    """Return the predicates with which a query constructs triples, where it names them."""
    head, _ = plan
    if not head or isinstance(head[0], str):
        return set()
    return {path[1] for _, path, _ in head if path[0] == "i"}
