"""The rules that ``indicant check`` holds things to: its own, and those that are shapes."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from indicant.files import bounded, resources
from indicant.files.rdf import text_of
from indicant.guideline.languages import ENGLISH, told_in
from indicant.report.findings import Place, Result, Rule
from indicant.terms import local_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from indicant.errors import IndicantError
    from indicant.report.findings import Level

SHAPES_OF_GUIDELINES: Final = ("guideline", "vocabulary")
SHAPES_OF_CASES: Final = ("case",)
LEVELS: Final[Mapping[str, Level]] = {
    "violation": "error",
    "warning": "warning",
    "info": "note",
}
_SHACL: Final = "http://www.w3.org/ns/shacl#"
RULES: Final = {
    rule.name: rule
    for rule in (
        Rule("syntax", "every file shall be readable as RDF"),
        Rule(
            "import", "every import and table of codes shall be found, and every import be stated"
        ),
        Rule("prefix", "a prefix shall have one meaning, and a namespace one prefix"),
        Rule("text", "a text shall hold no character that cannot be seen"),
        Rule("undefined-term", "every term that is used shall be declared"),
        Rule("codes", "every table of codes shall be readable as SSSOM"),
        Rule(
            "derivation",
            "every derivation shall write records alone, that stay true whatever else is recorded",
            "Nothing is ever inferred from silence. The reference of the language says what a "
            "derivation may ask for and what it may write.",
        ),
        Rule("profile", "every axiom and every criterion shall lie within the profile"),
        Rule("unit", "every unit shall be one of UCUM, and what UCUM converts be left to it"),
        Rule("override-circle", "recommendations shall not override one another in a circle"),
        Rule(
            "unsettled",
            "what a criterion demands shall be able to be established and to be refuted",
        ),
        Rule("inconsistent", "the ontology shall have a model"),
        Rule("unsatisfiable", "every class shall be able to have a member"),
        Rule("reasoner", "the reasoner shall be able to read the ontology"),
        Rule("passage", "every passage shall stand in its document where it says"),
        Rule("case", "a file of cases shall hold a case"),
        Rule(
            "translation",
            "every text that is shown of a case shall be there in the language that is asked for",
            "What has no text in a language is shown in English. The strength of a recommendation "
            "stays the source's own word.",
        ),
    )
}


def rule_name(shape: str) -> str:
    """Return the name of the rule that a shape is.

    >>> rule_name("https://w3id.org/indicant/shape/Recommendation-action")
    'recommendation-action'
    """
    return local_name(shape).lower()


def shape_rules(name: str) -> list[Rule]:
    """Return the rules of a file of shapes: each shape that says why it is there."""
    import pyoxigraph

    texts: dict[str, dict[str, str]] = defaultdict(dict)
    owner: dict[str, str] = {}
    spoken = told_in(shapes_text(name), _SHACL + "message", ENGLISH)
    quads = list(pyoxigraph.parse(spoken, format=pyoxigraph.RdfFormat.TURTLE))
    for quad in quads:
        if quad.predicate.value == _SHACL + "sparql":
            owner[text_of(quad.object)] = text_of(quad.subject)
    for quad in quads:
        kind = quad.predicate.value.removeprefix(_SHACL)
        if kind in ("message", "description"):
            node = text_of(quad.subject)
            texts[owner.get(node, node)][kind] = text_of(quad.object)
    return [
        Rule(
            name=rule_name(shape),
            summary=re.sub(r"\{\?(\w+)\}", r"…", said.get("message", "")),
            description=said["description"],
        )
        for shape, said in sorted(texts.items())
        if "description" in said
    ]


@lru_cache
def shapes_text(name: str) -> str:
    """Return a file of shapes."""
    return bounded.text(resources.shapes() / f"{name}.ttl")


def result_of(rule: str, error: IndicantError) -> Result:
    """Return a refusal as a finding of a rule."""
    place = Place(error.file, error.line, error.column) if error.file else None
    message = error.message.removeprefix("outside the profile: ")
    return Result(rule, "error", message, (place,) if place else (), error.help)
