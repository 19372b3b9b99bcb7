"""A document of many cases is answered as it would be as a whole, in parts of a bounded size."""

from __future__ import annotations

import functools
import json
import random
from typing import TYPE_CHECKING

import pytest

from indicant.assess import assessor as module
from indicant.assess import parts, validation
from indicant.assess.assessor import InvalidCase
from indicant.assess.parts import Parted, parted
from indicant.explain.next import next_facts
from indicant.explain.why import why
from indicant.files.rdf import parse, read, text_of
from indicant.terms import IND, TYPE, local_name
from places import ASSESSED
from shipped import assessor

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    import pyoxigraph as ox

    from indicant.assess.validation import Finding
    from indicant.files.rdf import Document

SPINE = "https://w3id.org/indicant/spine/"
SEEDS = range(4)
KNOWN = (
    # Shared, but no case's own; what links cases to one another; what says nothing of any.
    ":case{n} o:clinic o:here . o:here rdfs:label 'here' .",
    ":case{n} o:clinic o:here . o:here o:of :case0 .",
    ":case{n} o:before :case0 .",
    "o:ward o:holds :case{n} .",
    "o:loose{n} a o:Thing ; o:see o:loose0 .",
    "spine:NeckPain a owl:Class .",
    "spine:NeckPain rdfs:seeAlso o:page{n} .",
)
WRONG = (
    ":case{n} ind:hasFinding :shared . :shared a spine:NeckPain .",
    ":case{n} ind:hasFinding :odd{n} . :odd{n} a spine:NekcPain .",
    "o:loose{n} a spine:NekcPain .",
    ":case{n} o:clinic o:here . o:here a spine:NekcPain .",
    ":case{n} ind:hasFindings :odd{n} .",
    ":case{n} ind:hasFinding :one{n} ; ind:excludes spine:NeckPain . :one{n} a spine:NeckPain .",
    ":case{n} ind:hadFinding :two{n} ; ind:neverHad spine:NeckPain . :two{n} a spine:NeckPain .",
)
PREFIXES = """@prefix : <https://example.org/many/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix o: <https://other.example/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix spine: <https://w3id.org/indicant/spine/> .
"""


@functools.cache
def examples() -> tuple[str, ...]:
    """Return cases as N-Triples, in which a number can be put into every name of their own."""
    paths = ASSESSED[::7]
    return tuple("".join(f"{quad.triple} .\n" for quad in read(path).quads) for path in paths)


def numbered(text: str, number: int) -> str:
    """Return a case with names that no other number gives it."""
    own = text.replace(
        "<https://example.org/case#case>", f"<https://example.org/many/case{number}>"
    )
    return own.replace("<https://example.org/case#", f"<https://example.org/many/{number}-")


def many(seed: int, count: int, further: Sequence[str], *, shuffled: bool = True) -> Document:
    """Return a document of many cases with some further statements about some of them."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    lines = [
        line
        for number in range(count)
        for line in numbered(chance.choice(examples()), number).splitlines()
    ]
    for text in further:
        for number in chance.sample(range(count), chance.choice((1, 2, count))):
            one = parse(PREFIXES + text.format(n=number), path="further.ttl")
            lines += [f"{quad.triple} ." for quad in one.quads]
    if shuffled:
        chance.shuffle(lines)
    return parse("\n".join(lines) + "\n", path="many.nt")


def whole(quads: Sequence[ox.Quad], known: Container[str] = ()) -> Parted:
    """Part nothing."""
    del known
    return Parted([list(quads)], [])


def told(findings: Sequence[Finding]) -> list[tuple[object, ...]]:
    """Return what is told of findings; of a loose statement, any case may be the focus."""
    return [(one.line, one.shape, one.severity, one.message, one.suggestion) for one in findings]


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_cases_get_the_answers_that_they_get_as_a_whole(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By every verb, byte for byte, however few are taken at a time."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    document = many(seed, chance.choice((2, 5, 12)), chance.sample(KNOWN, 3))
    made = assessor()
    expected = made.begin(document)
    graph = sorted(expected.describe(), key=str)
    monkeypatch.setattr(module, "FEW", chance.choice((1, 40, 90)))
    assert json.dumps(made.assess(document)) == json.dumps(expected.records())
    assert made.describe(document) == graph
    few = why(made, document, "foraminotomy", largest=1), next_facts(made, document)
    monkeypatch.setattr(module, "FEW", len(document.quads))
    assert (why(made, document, "foraminotomy", largest=1), next_facts(made, document)) == few


@pytest.mark.many(2)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_is_found_in_the_parts_as_in_the_whole(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cases do to one another as well."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    wrong = chance.sample(WRONG, 2) + chance.sample(KNOWN, 2)
    document = many(seed, chance.choice((2, 5, 12)), wrong)
    found = told(assessor().validate(document))
    assert found
    monkeypatch.setattr(validation, "parted", whole)
    assert told(assessor().validate(document)) == found


@pytest.mark.slow
def test_an_invalid_case_among_very_many_is_not_passed_over() -> None:
    """Nothing is told of any of 300 plain cases beside one that both has and excludes a finding."""
    plain = "".join(
        f"<urn:c:{n}> a ind:PatientCase ; ind:asOf '2026-11-22'^^xsd:date ;"
        f" ind:hasFinding [ a spine:NeckPain ] .\n"
        for n in range(300)
    )
    odd = (
        "<urn:c:odd> a ind:PatientCase ; ind:asOf '2026-11-22'^^xsd:date ;"
        " ind:hasFinding [ a spine:CordCompression ] ; ind:excludes spine:CordCompression .\n"
    )
    head = PREFIXES + "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
    made = assessor()
    for text, verbs in ((odd + plain, (made.assess, made.describe)), (plain + odd, (made.begin,))):
        document = parse(head + text, path="many.ttl")
        assert len(document.quads) > module.LARGE
        for verb in verbs:
            with pytest.raises(InvalidCase) as refused:
                verb(document)
            (finding,) = refused.value.findings
            assert finding.shape.endswith("Case-contradiction")
    assert len(made.assess(parse(head + plain, path="many.ttl"))) == 300


@pytest.mark.slow
def test_the_work_grows_with_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules never see more than a few cases at once, and each of them once."""
    engine = assessor()._engines.give()
    seen: list[int] = []
    begin = engine.begin

    def watched(quads: Sequence[ox.Quad]) -> None:
        seen.append(len(quads))
        begin(quads)

    monkeypatch.setattr(engine, "begin", watched)
    monkeypatch.setattr(assessor()._engines, "give", lambda: engine)
    document = many(1, 120, [KNOWN[0]], shuffled=False)
    records = assessor().assess(document)
    assert len({one["case"] for one in records}) == len(records) == 120
    longest = max(len(part) for part in parted(document.quads, assessor().vocabulary).parts)
    assert longest < 80
    assert max(seen) < module.FEW + longest
    assert sum(seen) < 2 * len(document.quads)


def quads_of(text: str) -> tuple[ox.Quad, ...]:
    return parse(PREFIXES + text, path="case.ttl").quads


def parts_of(text: str) -> list[set[str]]:
    """Return which cases come together."""
    return [
        {
            local_name(text_of(quad.subject))
            for quad in part
            if (quad.predicate.value, str(quad.object)) == (TYPE, f"<{IND}PatientCase>")
        }
        for part in parted(quads_of(text), {SPINE + "NeckPain"}).parts
    ]


CASES = ":a a ind:PatientCase . :b a ind:PatientCase . :c a ind:PatientCase . "


@pytest.mark.parametrize(
    ("text", "together"),
    [
        ("", [{"a"}, {"b"}, {"c"}]),
        (":a ind:hasFinding :x . :c ind:received :x . :x a :X .", [{"a", "c"}, {"b"}]),
        (":a ind:hasFinding :x . :c ind:hadFinding :x . :x a :X .", [{"a", "c"}, {"b"}]),
        (
            ":a ind:received :x . :x ind:shows :y . :b ind:hasFinding :y . :y a :Y .",
            [{"a", "b"}, {"c"}],
        ),
        (":a :other :x . :b ind:hasFinding :x . :x a :X .", [{"a", "b"}, {"c"}]),
        (":a :other :x . :b :other :x . :x a :X .", [{"a"}, {"b"}, {"c"}]),
        (":x :other :a , :b , :c .", [{"a"}, {"b"}, {"c"}]),
        (":b :other :a .", [{"a", "b"}, {"c"}]),
        (
            ":a ind:proposes spine:NeckPain . :b ind:proposes spine:NeckPain . "
            "spine:NeckPain a owl:Class .",
            [{"a"}, {"b"}, {"c"}],
        ),
    ],
)
def test_cases_come_together_that_have_a_node_in_common(
    text: str, together: list[set[str]]
) -> None:
    assert parts_of(CASES + text) == together


def test_what_several_parts_refer_to_comes_with_each_and_is_not_loose() -> None:
    quads = quads_of(CASES + ":a :at :x . :b :at :x . :x :of :y . :y :of :x . :z :of :y .")
    found = parted(quads)
    assert [len(part) for part in found.parts] == [4, 4, 1]
    assert [local_name(text_of(quad.subject)) for quad in found.loose] == ["z"]
    assert [len(few) for few in found.batches(1)] == [5, 5, 2]
    assert [len(few) for few in found.batches(9)] == [10]


def test_nothing_is_parted_where_the_parts_were_too_long() -> None:
    """Two hundred cases that all refer to the same two hundred statements."""
    shared = "".join(f":x :of :y{n} . " for n in range(200))
    cases = "".join(f":c{n} a ind:PatientCase ; :at :x . " for n in range(200))
    quads = quads_of(shared + cases)
    assert parted(quads) == Parted([list(quads)], [])
    assert parts._LONGER * len(quads) < 200 * 200


def test_a_long_loose_part_is_not_taken_with_a_few_cases_each() -> None:
    loose = "".join(f":x :of :y{n} . " for n in range(300))
    cases = "".join(f":c{n} a ind:PatientCase . " for n in range(900))
    found = list(parted(quads_of(loose + cases)).batches(10))
    assert [len(few) for few in found] == [600, 600, 600]
