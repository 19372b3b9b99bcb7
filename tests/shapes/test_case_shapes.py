"""Every part of every shape of a case refuses something, or lets something pass.

The vocabulary of these cases has each kind of thing once that the shapes tell apart; the shipped
one does not: it has no exclusive bound, say. Every shape is then made weaker by one thing at a
time, and what is found of some case has to change.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final

import pytest
import shacl

from indicant.assess import validation
from indicant.assess.facts import written
from indicant.assess.parts import parted
from indicant.assess.quantities import read_quantities
from indicant.assess.related import with_related
from indicant.assess.validation import SHAPE, Validator
from indicant.files import resources
from indicant.files.rdf import Document, read, text_of
from indicant.guideline.vocabulary import slim_vocabulary
from places import ONTOLOGY, SHAPES
from shaping import name
from weakening import weaker_shapes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from indicant.assess.validation import Finding

CASES: Final = sorted((SHAPES / "case").glob("*-*"))
SHIPPED: Final = sorted(SHAPES.glob("*-*"))
TEXT: Final = (resources.shapes() / "case.ttl").read_text(encoding="utf-8")
NAMES: Final = re.findall(r"^shape:([A-Z][\w-]*)$", TEXT, re.MULTILINE)
pytestmark = pytest.mark.usefixtures("_prepared")


@functools.cache
def vocabulary(*, own: bool) -> tuple[Document, ...]:
    """Return the vocabulary of these cases, or the shipped one."""
    files = sorted((ONTOLOGY / "core").glob("*.ttl") if own else ONTOLOGY.rglob("*.ttl"))
    more = [SHAPES / "case" / "vocabulary.ttl"] if own else []
    return tuple(read(file) for file in [*files, *more] if file.name != "example.ttl")


@functools.cache
def validator(*, own: bool, language: str = "en") -> Validator:
    quads = [quad for document in vocabulary(own=own) for quad in document.quads]
    slim = slim_vocabulary((quad.subject, quad.predicate, quad.object) for quad in quads)
    return Validator(TEXT, slim, language)


@functools.cache
def raw() -> str:
    """Return the vocabulary of these cases as it stands, lists and all."""
    quads = [quad for document in vocabulary(own=True) for quad in document.quads]
    return "".join(f"{quad.subject} {quad.predicate} {quad.object} .\n" for quad in quads)


def told(findings: Iterable[Finding]) -> set[tuple[str, ...]]:
    return {
        (one.shape, one.severity, one.focus or "", one.path or "", one.value or "", one.message)
        for one in findings
    }


@pytest.mark.many(4)
@pytest.mark.parametrize("folder", CASES, ids=name)
def test_a_case_gets_its_findings_with_their_lines(folder: Path) -> None:
    found = validator(own=True).check(read(folder / "case.ttl"))
    rows = sorted((one.line or 0, one.shape.removeprefix(SHAPE)) for one in found)
    expected = folder / "expected.txt"
    assert expected.is_file() == folder.name.startswith("breaks-")
    text = "".join(f"{line} {shape}\n" for line, shape in rows)
    assert text == (expected.read_text(encoding="utf-8") if expected.is_file() else "")
    for one in found:
        assert not set("{}") & set(one.message)


@pytest.mark.many(1000)
@pytest.mark.parametrize("folder", CASES, ids=name)
def test_a_case_gets_its_findings_in_german(folder: Path) -> None:
    """They are the same findings, each with other words and the same values in them."""
    document = read(folder / "case.ttl")
    english, german = (validator(own=True, language=one).check(document) for one in ("en", "de-CH"))
    keys = [
        sorted((one.line or 0, one.shape, one.path or "", one.value or "") for one in found)
        for found in (english, german)
    ]
    assert keys[0] == keys[1]
    assert not {one.message for one in english} & {one.message for one in german}
    words = " ".join(one.message for one in german)
    assert not re.search(r"\b(shall|which|written|the|and)\b|[{}]", words)


@pytest.mark.many(4)
@pytest.mark.parametrize("folder", CASES, ids=name)
def test_what_the_shapes_are_given_of_a_vocabulary_is_enough(folder: Path) -> None:
    """With all of it, they find the same."""
    made = validator(own=True)
    quads = read(folder / "case.ttl").quads
    quantities = read_quantities(quads, made.vocabulary)
    facts, found = made._split(quantities.checked)
    text = written(with_related(facts, made.vocabulary)) + raw()
    found += validation._findings(made._shapes, text)
    assert told(quantities.told(found)) == told(made.validate(quads))


@pytest.mark.slow
@pytest.mark.parametrize("folder", CASES[::4], ids=name)
def test_pyshacl_finds_the_same(folder: Path) -> None:
    quads = read(folder / "case.ttl").quads
    made = validator(own=True)
    keys = [
        {(one.shape, one.focus, one.value) for one in found}
        for found in (made.validate(quads), made.validate_with_pyshacl(quads))
    ]
    assert keys[0] == keys[1]


# ---------------------------------------------------------------------- shapes made weaker


EQUIVALENT: Final[dict[str, dict[str, str]]] = {
    "Case-type": {
        "without the member owl:NamedIndividual": "that is left out before the shapes are run"
    },
    "KnownClass": {"without sh:nodeKind sh:IRI": "a class without a name is none of a vocabulary"},
    "Node-disjoint": {
        "<= for < in I(?other) && STR(?class) < STR(?other)) ?class": "none is apart from itself"
    },
}


@functools.cache
def graphs() -> tuple[tuple[frozenset[str], str], ...]:
    """Return each case with what the shapes are given of its vocabulary, and which it breaks."""
    found = []
    for own, folders in ((True, CASES), (False, SHIPPED)):
        made = validator(own=own)
        for folder in folders:
            expected = folder / "expected.txt"
            lines = expected.read_text("utf-8").splitlines() if expected.is_file() else []
            broken = frozenset(line.split()[1] for line in lines)
            read_of = read_quantities(read(folder / "case.ttl").quads, made.vocabulary)
            facts, _ = made._split(read_of.checked)
            for one_part in parted(facts, made.vocabulary).complete():
                part = with_related(one_part, made.vocabulary)
                names = {
                    one for fact in part for one in (fact.predicate.value, text_of(fact.object))
                }
                text = written(part)
                found.append((broken, text + made.vocabulary.excerpt(names)))
                if own:
                    found.append((broken, text + raw()))
    return tuple(found)


@functools.cache
def usual(number: int) -> set[tuple[str, ...]]:
    return told(validation._findings(validator(own=True)._shapes, graphs()[number][1]))


@pytest.mark.mutants
@pytest.mark.slow
@pytest.mark.parametrize("shape", NAMES)
def test_a_shape_with_one_thing_less_finds_something_else(shape: str) -> None:
    """But for what is listed, with the reason why it changes nothing."""
    order = sorted(range(len(graphs())), key=lambda number: shape not in graphs()[number][0])
    unnoticed, tried = [], 0
    for what, text in weaker_shapes(TEXT, shape):
        try:
            weaker = shacl.Shapes.from_turtle(text)
        except ValueError:
            continue
        tried += 1
        for place, number in enumerate(order):
            if differs(weaker, number):
                order.insert(0, order.pop(place))
                break
        else:
            unnoticed.append(what)
    assert tried
    assert set(unnoticed) == EQUIVALENT.get(shape, {}).keys()


def differs(weaker: shacl.Shapes, number: int) -> bool:
    try:
        return told(validation._findings(weaker, graphs()[number][1])) != usual(number)
    except ValueError:
        return True  # a query without one of its parts may be none
