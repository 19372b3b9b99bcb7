"""The guideline that ships, loaded once, and how cases of it begin."""

from __future__ import annotations

import functools

from indicant import Guideline
from indicant.assess.assessor import Assessor

PREFIXES = """\
@prefix : <https://example.org/case#> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix spine: <https://w3id.org/indicant/spine/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


@functools.cache
def assessor(engine: str = "oxigraph", validator: str = "shacl") -> Assessor:
    """Return the guideline that ships, loaded once for all tests of a process."""
    return Assessor(engine=engine, validator=validator)


@functools.cache
def guideline() -> Guideline:
    """Return the same as a program has it; nothing in it can be changed."""
    return Guideline.load()
