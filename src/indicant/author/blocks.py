"""Write what is new in Turtle: what can be known of it, with places left for what cannot."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indicant import terms
from indicant.author.homes import LIKE, ROOTS, SUBCLASS, of_type
from indicant.author.passages import MAX_BYTES
from indicant.author.stretches import stretch
from indicant.compile.model import INTEGERS
from indicant.errors import IndicantError
from indicant.files.rdf import read_text, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indicant.files.rdf import Document

Given = dict[str, list[str]]

UNSAID: Final = '"..."@en'
"""Stands for a definition that is still to be said, which ``indicant check`` does not let pass."""
CAMEL: Final = re.compile(r"[A-Z][A-Za-z0-9]*")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_RANGE: Final = terms.RDFS + "range"
_DATATYPES: Final = frozenset(
    terms.XSD + name for name in (*INTEGERS, "decimal", "string", "boolean")
)
_CRITERION: Final = """[
    a owl:Class ;
    owl:intersectionOf (
        ind:PatientCase
        [
            a owl:Restriction ;
            owl:onProperty ind:hasFinding ;
            owl:someValuesFrom {finding} ;
        ]
    ) ;
]"""
UNNAMED: Final = "ToBeNamed"
"""Ends the name of what is still to be named; nothing declares it, so that nothing is answered."""
_ONCE: Final = """ind:PatientCase rdfs:subClassOf [
    a owl:Restriction ;
    owl:onProperty ind:received ;
    owl:maxQualifiedCardinality "1"^^xsd:nonNegativeInteger ;
    owl:onClass <{node}> ;
] ."""


@dataclass(frozen=True)
class Block:
    """What the template says of a node: predicates with values in Turtle, then further blocks.

    ``nodes`` are the further nodes that are new with it.
    """

    lines: Sequence[tuple[str, str]]
    more: str = ""
    nodes: Sequence[str] = ()


@dataclass(frozen=True)
class Wanted:
    """What is to be made: its kind and name, its IRI, and what is told of it.

    ``given`` are the properties that were stated, with the IRIs of their objects, or nothing for an
    object that has none; ``values`` are the names of the values of a set; ``source``, ``quote`` and
    ``nth`` say where a passage stands.
    """

    kind: str
    name: str
    node: str
    guideline: str
    given: Given
    values: Sequence[str] = ()
    source: str | None = None
    quote: str | None = None
    nth: int | None = None


def block(wanted: Wanted, own: Sequence[Document], documents: Sequence[Document]) -> Block:
    """Return the block of something new.

    Args:
        wanted: what it is.
        own: the documents that the guideline may say more in.
        documents: all that it consists of.

    Raises:
        IndicantError: it lacks what cannot be left open.
    """
    kind, node = wanted.kind, wanted.node
    label = ("rdfs:label", labelled(wanted.name))
    definition = ("skos:definition", UNSAID)
    if kind == "recommendation":
        part = ("dcterms:isPartOf", f"<{wanted.guideline}>")
        action, who = _unnamed(wanted, "Intervention"), _unnamed(wanted, "Criterion")
        named = [("ind:action", action), ("ind:criterion", who), _rests(wanted)]
        return Block([("a", "ind:Indication"), label, part, *named])
    if kind == "document":
        digest = f'"{_sha256(_text(wanted))}"'
        return Block([("a", "ind:SourceDocument"), label, ("ind:sha256", digest)])
    if kind == "passage":
        return _passage(wanted, own)
    if kind == "values":
        return _values(wanted, label)
    if kind == "property":
        kinds = f"{_kind_of_property(wanted, documents)} , owl:FunctionalProperty"
        return Block([("a", kinds), label, definition])
    if kind == "criterion":
        expression = _CRITERION.format(finding=_unnamed(wanted, "Finding"))
        place = [(_short(SUBCLASS), "ind:PatientCase"), ("owl:equivalentClass", expression)]
        types = ("a", "owl:Class , ind:Criterion")
        return Block([types, label, definition, *place, _rests(wanted)])
    lines = [("a", "owl:Class"), label, definition, (_short(SUBCLASS), f"<{ROOTS[kind]}>")]
    return Block(lines, _ONCE.format(node=node) if kind == "course" else "")


def labelled(name: str) -> str:
    """Return the label that a name makes, in Turtle."""
    return f'"{" ".join(words(name))}"@en'


def words(name: str) -> list[str]:
    """Return the words of a name, abbreviations as they are.

    >>> words("LeftMRIScan"), words("wait-6-weeks")
    (['left', 'MRI', 'scan'], ['wait', '6', 'weeks'])
    """
    found = _WORD.findall(name)
    return [word if len(word) > 1 and word.isupper() else word.lower() for word in found]


def _unnamed(wanted: Wanted, what: str) -> str:
    return f"<{wanted.node.removesuffix(wanted.name)}{what}{UNNAMED}>"


def _rests(wanted: Wanted) -> tuple[str, str]:
    return "ind:restsOn", _unnamed(wanted, "Passage")


def _short(iri: str) -> str:
    return f"rdfs:{iri.removeprefix(terms.RDFS)}"


def _values(wanted: Wanted, label: tuple[str, str]) -> Block:
    """Return a class with its values, which are told to be different."""
    twice = sorted({one for one in wanted.values if wanted.values.count(one) > 1})
    if twice or wanted.name in wanted.values:
        name = twice[0] if twice else wanted.name
        raise IndicantError(f"'{name}' is named twice", help="a value has a name of its own")
    if len(wanted.values) < 2:
        raise IndicantError(
            "a set has two values or more",
            help=f"name them behind it:  indicant new values {wanted.name} Some Other",
        )
    space = wanted.node.removesuffix(wanted.name)
    nodes = [space + one for one in wanted.values]
    blocks = [
        f"<{node}> a owl:NamedIndividual , <{wanted.node}> ; rdfs:label {labelled(name)} ;"
        f" skos:definition {UNSAID} ."
        for name, node in zip(wanted.values, nodes, strict=True)
    ]
    members = " ".join(f"<{node}>" for node in nodes)
    blocks.append(f"[] a owl:AllDifferent ; owl:distinctMembers ( {members} ) .")
    return Block([("a", "owl:Class"), label, ("skos:definition", UNSAID)], "\n".join(blocks), nodes)


def _kind_of_property(wanted: Wanted, documents: Sequence[Document]) -> str:
    """Return whether a property is of data or of objects, which its range tells."""
    ranges = wanted.given.get(_RANGE, [])
    if terms.TYPE in wanted.given:
        return "owl:DatatypeProperty"  # which the given type replaces
    if len(ranges) != 1:
        raise IndicantError(
            f"'{wanted.name}' has {len(ranges) or 'no'} ranges",
            help="say which values it has:  'rdfs:range xsd:integer'  or  'rdfs:range CLASS',  "
            "which  indicant new values  makes",
        )
    (value,) = ranges
    if not value or value in _DATATYPES:
        return "owl:DatatypeProperty"
    if value in of_type(documents, [terms.OWL + "Class"]):
        return "owl:ObjectProperty"
    if value.startswith(terms.XSD):
        raise IndicantError(
            f"values of xsd:{value.removeprefix(terms.XSD)} are not compared exactly",
            help="the range is xsd:integer, xsd:decimal, xsd:string or xsd:boolean; for a date "
            "there are ind:on, ind:onset, ind:startedOn and ind:endedOn",
        )
    raise IndicantError(
        f"<{value}> is no class that is declared here",
        help="make it first:  indicant new values NAME VALUE VALUE",
    )


def _passage(wanted: Wanted, own: Sequence[Document]) -> Block:
    """Return a passage with the block of its position."""
    text = _text(wanted)
    source = wanted.source or ""
    start, end = stretch(text, wanted.quote or "", wanted.nth, file=source)
    position = f"{wanted.node}-position"
    lines = [
        ("a", "ind:Passage"),
        ("dcterms:identifier", f'"{wanted.name}"'),
        ("oa:hasSource", f"<{_document_of(text, source, own)}>"),
        ("oa:hasSelector", f"<{position}>"),
        ("ind:sha256", f'"{_sha256(text[start:end])}"'),
    ]
    ends = f"oa:start {start} ; oa:end {end} ."
    return Block(lines, f"<{position}> a oa:TextPositionSelector ; {ends}", [position])


def _document_of(text: str, file: str, own: Sequence[Document]) -> str:
    """Return which document of the guideline a text is, by its digest."""
    found = of_type(own, LIKE["document"])
    if not found:
        raise IndicantError(
            "the guideline has no documents", help="indicant new document NAME --from FILE"
        )
    digests: Mapping[str, str] = {
        text_of(quad.subject): text_of(quad.object)
        for document in own
        for quad in document.quads
        if quad.predicate.value == terms.IND + "sha256"
    }
    same = [one for one in found if digests.get(one) == _sha256(text)]
    open_ = [one for one in found if one not in digests]
    if len(same) == 1 or (not same and len(open_) == 1 == len(found)):
        return (same or open_)[0]
    if same:
        raise IndicantError(f"{len(same)} documents of the guideline are this one", file=file)
    raise IndicantError(
        "is not the document of the guideline, of which positions and digests are: its own digest "
        "is another one",
        file=file,
        help=f"indicant verify-source {file}  tells what differs; a further document is added by  "
        "indicant new document",
    )


def _text(wanted: Wanted) -> str:
    if wanted.source is None:
        raise IndicantError(f"a {wanted.kind} is of a file", help="name the file with --from")
    return read_text(wanted.source, limit=MAX_BYTES)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
