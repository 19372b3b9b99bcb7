"""Know what tools write beside what they were told: declarations that say nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from indicant.terms import OWL, RDF, RDFS, STATING, XSD

if TYPE_CHECKING:
    from collections.abc import Collection

INDIVIDUAL: Final = OWL + "NamedIndividual"
DATATYPE: Final = RDFS + "Datatype"
ANNOTATION: Final = OWL + "AnnotationProperty"
TERMS: Final = frozenset(
    OWL + name for name in ("AnnotationProperty", "Class", "DatatypeProperty", "ObjectProperty")
)
"""The kinds of terms that are no individuals."""


def declares_nothing(subject: str, kind: str, kinds: Collection[str]) -> bool:
    """Tell whether a type of a subject says nothing, given all that it has.

    An individual is declared as a value, since cases may choose it: there it counts. Of a term, or
    of what states something, it says nothing; neither does the declaration of a datatype of XSD.

    >>> declares_nothing("urn:advice", INDIVIDUAL, [INDIVIDUAL, OWL + "Ontology"])
    True
    >>> declares_nothing("urn:mild", INDIVIDUAL, [INDIVIDUAL, "urn:Severity"])
    False
    """
    if kind == DATATYPE:
        return subject.startswith((XSD, RDF))
    return kind == INDIVIDUAL and any(one in TERMS or one in STATING for one in kinds)
