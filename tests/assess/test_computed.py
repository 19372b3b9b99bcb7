"""Values that follow from others: expressions, intervals and days that are covered.

What is right is found by arithmetic with fractions and by counting days one by one.
"""

from __future__ import annotations

import datetime
import itertools
import random
from typing import TYPE_CHECKING

import pytest

from each import each
from expressing import LIMITS, random_node, random_values, said_of, vocabulary
from indicant.assess.assessor import Assessor, InvalidCase
from indicant.files.rdf import parse
from series import AS_OF, EX
from spells import (
    ALIKE,
    CONTRADICTED,
    DAYS,
    HEAD,
    OTHERWISE,
    TIMED,
    WINDOW,
    Spell,
    advice,
    data,
    document,
    numbers,
    random_case,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def answers(path: Path, cases: Sequence[str], engine: str = "oxigraph") -> list[dict[str, str]]:
    """Return what is answered of each case, by the name of the recommendation."""
    return answered(Assessor(path, engine=engine), cases)


def answered(assessor: Assessor, cases: Sequence[str]) -> list[dict[str, str]]:
    return [
        {
            one["iri"].removeprefix(EX + "r-"): one["answer"]
            for action in record["actions"]
            for one in action["recommendations"]
        }
        for record in assessor.assess(parse(document(cases), path="case.ttl"), everything=True)
    ]


# ------------------------------------------------------------------ expressions


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_expressions_are_computed_exactly(tmp_path: Path, seed: int) -> None:
    """Each value within its bounds, taken at their ends: where all answers are one, it is said."""
    choose = random.Random(seed)  # noqa: S311 - not for secrets
    nodes = [random_node(choose, 2) for _ in range(8)]
    path = tmp_path / "guideline.ttl"
    path.write_text(vocabulary(nodes), encoding="utf-8")
    known = [random_values(choose) for _ in range(25)]
    cases = [said_of(values) for values in known]
    found = answers(path, cases)
    told = dict.fromkeys(("met", "refuted", "open"), 0)
    for values, row in each(list(zip(known, found, strict=True))):
        for number, node in enumerate(nodes):
            used = list(node.names())
            if not set(used) <= values.keys():
                assert {row[f"{number}-{place}"] for place in range(len(LIMITS))} == {"open"}
                continue
            corners = [
                node.value(dict(zip(values, corner, strict=True)))
                for corner in itertools.product(*values.values())
            ]
            for place, limit in enumerate(LIMITS):
                sides = {corner >= limit for corner in corners}
                right = "open" if len(sides) == 2 else "met" if sides == {True} else "refuted"
                mine = row[f"{number}-{place}"]
                told[mine] += 1
                repeated = len(used) > len(set(used))
                assert mine in ({right, "open"} if repeated else {right}), (node.text(), values)
    assert min(told.values()) > 10


# ------------------------------------------------------------------ intervals and covered days

NAMES = (
    *("covered-Ever", "covered-Lately", "covered-Pain"),
    *("gap-near", "gap-far", "since", "up-to-near", "up-to-far"),
)


def holds(name: str, spells: Sequence[Spell]) -> bool:
    """Tell whether a recommendation holds of what is known in full, by looking at each day."""
    acts = [one for one in spells if one.cls != "Thing"]
    if name.startswith("covered"):
        among = [one for one in spells if one.cls == "Thing"] if name.endswith("Pain") else acts
        within = 1000 if name.endswith("Ever") else WINDOW
        days = {day for one in among for day in range(one.end, one.start + 1) if day < within}
        return len(days) >= 12
    wanted = "Thing" if name == "since" else "First"
    for act in acts:
        gaps = [
            other.start - act.start
            for other in spells
            if other.cls == wanted and other.start > act.start
        ]
        if name == "up-to-far":
            gaps.append(11)
        if gaps and (min(gaps) > 10 if name.endswith("-far") else min(gaps) <= 10):
            return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_days_are_counted_one_by_one(tmp_path: Path, seed: int) -> None:
    """Whatever a date that is not known may be, and whatever may be missing."""
    choose = random.Random(seed)  # noqa: S311 - not for secrets
    path = tmp_path / "guideline.ttl"
    path.write_text(TIMED, encoding="utf-8")
    cases = [random_case(choose) for _ in range(40)]
    found = answers(path, [text for _, _, text in cases])
    counted = dict.fromkeys(("met", "refuted", "open"), 0)
    for (told, known, _), row in each(list(zip(cases, found, strict=True))):
        more = further(known)
        for name in NAMES:
            sides = {
                holds(name, [*spells, *beside])
                for spells in itertools.product(*(list(one.ways()) for one in told))
                for beside in more
            }
            right = "open" if len(sides) == 2 else "met" if sides == {True} else "refuted"
            vague = any(len(list(one.ways())) > 1 for one in told)
            # Where many are missing, each may be near to the next, and here there are two at most.
            vague |= name.endswith("-far") and known != "all"
            counted[row[name]] += 1
            assert row[name] in ({right, "open"} if vague else {right}), (name, told, known)
    assert min(counted.values()) > 10


def further(known: str) -> list[list[Spell]]:
    """Return what may have been beside what is recorded."""
    if known == "all":
        return [[]]
    after = -1 if known == "none" else int(known)
    spells = [
        Spell(cls, start, end)
        for cls in ("Act", "First", "Thing")
        for start, end in itertools.product(DAYS, repeat=2)
        if end <= start
        and (end == 0 if cls == "Thing" else True)
        and (start if cls == "Thing" else end) > after
    ]
    return [list(some) for size in range(3) for some in itertools.combinations(spells, size)]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["rdflib", "hermit"])
def test_engines_agree_about_days(tmp_path: Path, engine: str) -> None:
    choose = random.Random(7)  # noqa: S311 - not for secrets
    path = tmp_path / "guideline.ttl"
    path.write_text(TIMED, encoding="utf-8")
    cases = [random_case(choose) for _ in range(12)]
    texts = [text for _, _, text in cases]
    assert answers(path, texts, engine) == answers(path, texts)


# ------------------------------------------------------------------ what contradicts the records


@pytest.fixture(scope="module")
def contradicted(tmp_path_factory: pytest.TempPathFactory) -> Assessor:
    path = tmp_path_factory.mktemp("contradicted") / "guideline.ttl"
    path.write_text(CONTRADICTED, encoding="utf-8")
    return Assessor(path)


@pytest.mark.many(10)
@pytest.mark.parametrize(("said", "told"), OTHERWISE)
def test_a_value_recorded_otherwise_than_it_follows_is_a_finding(
    contradicted: Assessor, said: str, told: str
) -> None:
    with pytest.raises(InvalidCase) as caught:
        answered(contradicted, [f"; {said}"])
    assert [told in one.message for one in caught.value.findings] == [True]
    assert caught.value.findings[0].line is not None


@pytest.mark.many(4)
@pytest.mark.parametrize("said", ALIKE)
def test_a_value_that_may_follow_is_none(contradicted: Assessor, said: str) -> None:
    assert answered(contradicted, [f"; {said}"])


def test_an_earlier_record_counts_whatever_else_it_is(tmp_path: Path) -> None:
    """It is of the class demanded; that another class of it has nothing in common is no matter."""
    path = tmp_path / "guideline.ttl"
    path.write_text(
        HEAD
        + """
:First a owl:Class ; rdfs:subClassOf :Act .
:Second a owl:Class ; rdfs:subClassOf :Act .
:Apart a owl:Class ; rdfs:subClassOf :Act .
"""
        + f"{data('gap', kind='integer', more=', ind:Interval')} ; ind:to :First .\n"
        + advice("near", "received", "Second", numbers(":gap", "maxInclusive", 30, "integer")),
        encoding="utf-8",
    )
    begun = f'[ a :Second ; ind:on "{AS_OF}"^^xsd:date ]'
    before = AS_OF - datetime.timedelta(days=10)
    found = answers(
        path,
        [
            f"; ind:recordsAll :Act ; ind:received {begun} , "
            f'[ a {kinds} ; ind:on "{before}"^^xsd:date ]'
            for kinds in (":First", ":First , :Apart", ":Apart")
        ],
    )
    assert [one["near"] for one in found] == ["met", "met", "refuted"]
