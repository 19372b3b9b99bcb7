"""The rules of the verbs that report findings, each with what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from docparts import terms
from docparts.markup import heading, plain, sections
from indicant.author import rules as checks
from indicant.diff import forms
from indicant.institution import updates
from indicant.merge import combination, interactions
from indicant.report.findings import Rule
from indicant.terms import IND, TYPE
from indicant.test import suite

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def anomalies() -> list[Rule]:
    """Return what verification looks for, as the ontology says it."""
    return [
        Rule(
            one.first(terms.SKOS + "notation") or "",
            one.first(terms.SKOS + "definition") or "",
            one.first(terms.SKOS + "scopeNote") or "",
        )
        for one in terms.modules()["verification"][1]
        if IND + "Anomaly" in one.said[TYPE]
    ]


RULES: Final[Mapping[str, Iterable[Rule]]] = {
    "check": checks.RULES.values(),
    "verify": anomalies(),
    "test": suite.RULES,
    "merge": (*combination.CLASHES, *interactions.RULES),
    "diff": forms.RULES,
    "update": updates.RULES,
}


def text(verb: str) -> str:
    """Return what the rules of a verb say."""
    return sections(
        sections(
            (
                heading(3, f"`{rule.name}`", f"rule-{verb}-{rule.name}"),
                _sentence(rule.summary),
                _sentence(rule.description),
            )
        )
        for rule in RULES[verb]
    )


def _sentence(words: str) -> str:
    r"""Return words as a sentence.

    >>> _sentence("a fact shall be known")
    'A fact shall be known.'
    """
    if not words:
        return ""
    return plain(words[0].upper() + words[1:].rstrip(".")) + "."
