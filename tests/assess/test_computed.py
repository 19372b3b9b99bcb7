"""Values that follow from others: expressions, intervals and days that are covered.

What is right is found by arithmetic with fractions and by counting days one by one.
"""

from __future__ import annotations

import datetime
import itertools
import random
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from each import each
from indicant.assess.assessor import Assessor, InvalidCase
from indicant.files.rdf import parse
from series import AS_OF, EX, PREFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

HEAD = f"""{PREFIXES}
<{EX}> a owl:Ontology , ind:Guideline ; owl:imports <https://w3id.org/indicant/core/> .
:Thing a owl:Class ; rdfs:subClassOf ind:Finding .
:Act a owl:Class ; rdfs:subClassOf ind:Intervention .
"""


def advice(name: str, role: str, cls: str, facet: str) -> str:
    """Return a recommendation that demands a facet of something that a case has by a role."""
    return f"""
:C-{name} a owl:Class , ind:Criterion ; owl:equivalentClass [ a owl:Restriction ;
    owl:onProperty ind:{role} ; owl:someValuesFrom [ a owl:Class ; owl:intersectionOf (
        :{cls} {facet} ) ] ] .
:A-{name} a owl:Class ; rdfs:subClassOf ind:Intervention .
:r-{name} a ind:Indication ; dcterms:isPartOf <{EX}> ; ind:action :A-{name} ;
    ind:criterion :C-{name} .
"""


def numbers(name: str, bound: str, limit: object, kind: str = "decimal") -> str:
    """Return a facet: that a property is a number on one side of a limit."""
    return f"""[ a owl:Restriction ; owl:onProperty {name} ; owl:someValuesFrom
        [ a rdfs:Datatype ; owl:onDatatype xsd:{kind} ;
          owl:withRestrictions ( [ xsd:{bound} {limit} ] ) ] ]"""


def data(name: str, *limits: str, more: str = "", kind: str = "decimal") -> str:
    """Return a functional property with a range."""
    within = " ".join(f"[ {limit} ]" for limit in limits)
    numbers = (
        f"[ a rdfs:Datatype ; owl:onDatatype xsd:{kind} ; owl:withRestrictions ( {within} ) ]"
        if limits
        else f"xsd:{kind}"
    )
    return f":{name} a owl:DatatypeProperty , owl:FunctionalProperty {more} ; rdfs:range {numbers}"


def answers(path: Path, cases: Sequence[str], engine: str = "oxigraph") -> list[dict[str, str]]:
    """Return what is answered of each case, by the name of the recommendation."""
    text = PREFIXES + "\n".join(
        f':case{number:04} a ind:PatientCase ; ind:asOf "{AS_OF}"^^xsd:date {said} .'
        for number, said in enumerate(cases)
    )
    assessor = Assessor(path, engine=engine, use_cache=False)
    return [
        {
            one["iri"].removeprefix(EX + "r-"): one["answer"]
            for action in record["actions"]
            for one in action["recommendations"]
        }
        for record in assessor.assess(parse(text, path="case.ttl"), everything=True)
    ]


# ------------------------------------------------------------------ expressions

LIMITS = (Fraction(-3), Fraction(0), Fraction(1, 2), Fraction(7), Fraction(20), Fraction(100))
PLAIN, POSITIVE, DIVISOR = ("a", "b"), ("c", "e"), ("d", "f")


@dataclass(frozen=True)
class Node:
    """An expression: a sign between two others, or a name or a number as it is written."""

    sign: str
    left: Node | str
    right: Node | str

    def text(self) -> str:
        """Write it."""
        parts = [one if isinstance(one, str) else f"({one.text()})" for one in self.both()]
        if self.sign in {"min", "max"}:
            return f"{self.sign}({parts[0]}, {parts[1]})"
        return f" {self.sign} ".join(parts)

    def both(self) -> tuple[Node | str, Node | str]:
        """Return the operands."""
        return self.left, self.right

    def names(self) -> Iterator[str]:
        """Yield the names of properties in it."""
        for one in self.both():
            if isinstance(one, Node):
                yield from one.names()
            elif one.isalpha():
                yield one

    def value(self, of: Mapping[str, Fraction]) -> Fraction:
        """Compute it."""
        one, other = (
            part.value(of) if isinstance(part, Node) else of[part] if part in of else Fraction(part)
            for part in self.both()
        )
        match self.sign:
            case "+":
                return one + other
            case "-":
                return one - other
            case "*":
                return one * other
            case "/":
                return one / other
            case "min":
                return min(one, other)
        return max(one, other)


def random_node(choose: random.Random, depth: int) -> Node:
    sign = choose.choice(["+", "-", "*", "*", "/", "min", "max"])

    def operand(*, divides: bool = False) -> Node | str:
        if divides:
            return choose.choice([*DIVISOR, "4", "0.3"])
        if depth and choose.random() < 0.5:
            return random_node(choose, depth - 1)
        return choose.choice([*PLAIN, *POSITIVE, *DIVISOR, "2", "1.5", "0.001"])

    while True:
        node = Node(sign, operand(), operand(divides=sign == "/"))
        if any(True for _ in node.names()):
            return node


def vocabulary(nodes: Sequence[Node]) -> str:
    """Return the properties of expressions, and of what they take."""
    lines = [f"{data(name)} ." for name in PLAIN]
    lines += [f"{data(name, 'xsd:minInclusive 0')} ." for name in POSITIVE]
    lines += [f"{data(name, 'xsd:minExclusive 0')} ." for name in DIVISOR]
    for number, node in enumerate(nodes):
        lines.append(f'{data(f"v{number}")} ; ind:expression "{node.text()}" .')
        for place, limit in enumerate(LIMITS):
            facet = numbers(f":v{number}", "minInclusive", str(float(limit)))
            lines.append(advice(f"{number}-{place}", "hasFinding", "Thing", facet))
    return HEAD + "\n".join(lines)


def random_value(choose: random.Random, name: str) -> Fraction:
    number = Fraction(
        choose.choice([0, 1, 2, 3, 7, 10, 25, 100, 5000]), choose.choice([1, 1, 2, 8])
    )
    if name in DIVISOR:
        return number or Fraction(1, 1000)
    return number if name in POSITIVE else choose.choice([1, -1]) * number


def written(number: Fraction) -> str:
    return f"{float(number):.9f}"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_expressions_are_computed_exactly(tmp_path: Path, seed: int) -> None:
    """Each value within its bounds, taken at their ends: where all answers are one, it is said."""
    choose = random.Random(seed)  # noqa: S311 - not for secrets
    nodes = [random_node(choose, 2) for _ in range(8)]
    path = tmp_path / "guideline.ttl"
    path.write_text(vocabulary(nodes), encoding="utf-8")
    known: list[dict[str, tuple[Fraction, Fraction]]] = []
    for _ in range(25):
        values = {}
        for name in (*PLAIN, *POSITIVE, *DIVISOR):
            if choose.random() < 0.9:
                one, other = sorted(random_value(choose, name) for _ in range(2))
                values[name] = (one, other) if choose.random() < 0.3 else (one, one)
        known.append(values)
    cases = []
    for values in known:
        said = []
        for name, (low, high) in values.items():
            if low == high:
                said.append(f":{name} {written(low)}")
            else:
                within = f"ind:minInclusive {written(low)} ; ind:maxInclusive {written(high)}"
                said.append(f"ind:bounds [ a ind:Bounds ; ind:of :{name} ; {within} ]")
        cases.append(
            f"; ind:recordsAll :Thing ; ind:hasFinding [ {' ; '.join(['a :Thing', *said])} ]"
        )
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

WINDOW = 30
ENOUGH = numbers("ind:count", "minInclusive", 12, "integer")
TIMED = (
    HEAD
    + """
:First a owl:Class ; rdfs:subClassOf :Act .
"""
    + f"{data('gap', kind='integer', more=', ind:Interval')} ; ind:to :First .\n"
    + f"{data('since', kind='integer', more=', ind:Interval')} ; ind:to :Thing .\n"
    + f"{data('near', 'xsd:maxInclusive 11', kind='integer', more=', ind:Interval')} ; "
    + "ind:to :First ; ind:upTo 11 .\n"
    + "".join(
        f"""
:Covered{name} a owl:Class , ind:Quantity ; rdfs:subClassOf ind:Finding ; ind:over :{cls} ;
    ind:aggregate ind:DaysCovered {window} .
{advice(f"covered-{name}", "hasFinding", f"Covered{name}", ENOUGH)}
"""
        for name, cls, window in (
            ("Ever", "Act", ""),
            ("Lately", "Act", f'; ind:within "P{WINDOW}D"^^xsd:duration'),
            ("Pain", "Thing", f'; ind:within "P{WINDOW}D"^^xsd:duration'),
        )
    )
    + advice("gap-near", "received", "Act", numbers(":gap", "maxInclusive", 10, "integer"))
    + advice("gap-far", "received", "Act", numbers(":gap", "minExclusive", 10, "integer"))
    + advice("since", "received", "Act", numbers(":since", "maxInclusive", 10, "integer"))
    + advice("up-to-near", "received", "Act", numbers(":near", "maxInclusive", 10, "integer"))
    + advice("up-to-far", "received", "Act", numbers(":near", "minInclusive", 11, "integer"))
)
NAMES = (
    *("covered-Ever", "covered-Lately", "covered-Pain"),
    *("gap-near", "gap-far", "since", "up-to-near", "up-to-far"),
)


@dataclass(frozen=True)
class Spell:
    """Something with its class and how many days before the as-of date it began and ended."""

    cls: str
    start: int
    end: int


@dataclass(frozen=True)
class Told:
    """What a case says of something: dates that may not be known, and whether it goes on."""

    cls: str
    start: int | None
    end: int | None
    ongoing: bool = False

    def text(self) -> str:
        """Write it."""
        role, begun = ("hasFinding", "onset") if self.cls == "Thing" else ("received", "startedOn")
        said = [f"a :{self.cls}"]
        for name, day in ((begun, self.start), ("endedOn", self.end)):
            if day is not None:
                said.append(f'ind:{name} "{AS_OF - datetime.timedelta(days=day)}"^^xsd:date')
        if self.ongoing:
            said.append("ind:ongoing true")
        return f"ind:{role} [ {' ; '.join(said)} ]"

    def ways(self) -> Iterator[Spell]:
        """Yield what it may have been, as far as anything here can tell it apart."""
        present = self.cls == "Thing" or self.ongoing
        starts = DAYS if self.start is None else (self.start,)
        ends = (0,) if present else DAYS if self.end is None else (self.end,)
        for start, end in itertools.product(starts, ends):
            if end <= start:
                yield Spell(self.cls, start, end)
                if self.cls == "Act":
                    yield Spell("First", start, end)


DAYS = (0, 11, 12, 25, 30, 45, 52)


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


def random_told(choose: random.Random) -> Told:
    cls = choose.choice(["Act", "Act", "First", "First", "Thing"])
    one, other = sorted(choose.choices(DAYS, k=2))
    if cls == "Thing":
        return Told(cls, other if choose.random() < 0.8 else None, None)
    if choose.random() < 0.2:
        return Told(cls, other if choose.random() < 0.7 else None, None, ongoing=True)
    return Told(
        cls,
        other if choose.random() < 0.85 else None,
        one if choose.random() < 0.85 else None,
    )


def random_case(choose: random.Random) -> tuple[list[Told], str, str]:
    """Return what a case has, since how many days it is complete, and how it is written."""
    told = [random_told(choose) for _ in range(choose.choice([0, 1, 2, 2, 3]))]
    known = choose.choice(["all", "all", "none", "20", "40"])
    said = [one.text() for one in told]
    if known == "all":
        said.append("ind:recordsAll :Act , :Thing")
    elif known != "none":
        since = f'ind:since "{AS_OF - datetime.timedelta(days=int(known))}"^^xsd:date'
        said += [
            f"ind:completeness [ a ind:Completeness ; ind:of :{cls} ; {since} ]"
            for cls in ("Act", "Thing")
        ]
    return told, known, "".join(f" ; {one}" for one in said)


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

CONTRADICTED = f"""{HEAD}
{data("level", "xsd:minInclusive 0")} .
{data("part", "xsd:minInclusive 0")} .
{data("whole", "xsd:minInclusive 0")} ; ind:expression "part * 2" .
{data("gap", kind="integer", more=", ind:Interval")} ; ind:to :Act .
:Top a owl:Class , ind:Quantity ; rdfs:subClassOf ind:Finding ; rdfs:label "highest level"@en ;
    ind:over :Thing ; ind:aggregate ind:Highest ; ind:ofProperty :level .
:Many a owl:Class , ind:Quantity ; rdfs:subClassOf ind:Finding ; ind:over :Thing ;
    ind:aggregate ind:Count .
:Sum a owl:Class , ind:Quantity ; rdfs:subClassOf ind:Finding ; ind:over :Thing ;
    ind:aggregate ind:Sum ; ind:ofProperty :level .
:Days a owl:Class , ind:Quantity ; rdfs:subClassOf ind:Finding ; ind:over :Act ;
    ind:aggregate ind:DaysCovered .
{advice("top", "hasFinding", "Top", numbers(":level", "minInclusive", 5))}
"""
SEEN = "ind:hasFinding [ a :Thing ; :level 7 ; :part 3 ]"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (f"{SEEN} ; ind:hasFinding [ a :Top ; :level 6 ]", "highest level is recorded as 6"),
        (f"{SEEN} ; ind:hasFinding [ a :Top ; :level 6 ]", "and at least 7 follows"),
        (f"{SEEN} ; ind:recordsAll :Thing ; ind:hasFinding [ a :Top ; :level 8 ]", "and 7 follows"),
        (f"{SEEN} ; ind:hasFinding [ a :Many ; ind:count 0 ]", "Many is recorded as 0"),
        (f"{SEEN} ; ind:hasFinding [ a :Sum ; :level 6.5 ]", "Sum is recorded as 6.5"),
        (
            f"{SEEN} ; ind:hasFinding [ a :Top ; ind:bounds [ a ind:Bounds ; ind:of :level ; "
            "ind:maxExclusive 6 ] ]",
            "highest level is recorded otherwise, and at least 7 follows",
        ),
        (f"{SEEN} ; ind:excludes :Top", "highest level is recorded otherwise"),
        (f"{SEEN} ; ind:neverHad :Top", "highest level is recorded otherwise"),
        ("ind:recordsAll :Thing ; ind:hasFinding [ a :Top ; :level 8 ]", "highest level is"),
        ("ind:hasFinding [ a :Thing ; :part 3 ; :whole 7 ]", "whole is recorded as 7, and 6"),
        (
            'ind:received [ a :Act ; ind:on "2025-12-01"^^xsd:date ] ; ind:received [ a :Act ; '
            'ind:on "2025-12-11"^^xsd:date ; :gap 11 ]',
            "gap is recorded as 11",
        ),
        (
            "ind:recordsAll :Act ; "
            'ind:received [ a :Act ; ind:on "2025-12-01"^^xsd:date ; :gap 3 ]',
            "gap is recorded as 3",
        ),
        (
            'ind:received [ a :Act ; ind:on "2025-12-01"^^xsd:date ] ; '
            "ind:hasFinding [ a :Days ; ind:count 0 ]",
            "Days is recorded as 0, and at least 1 follows",
        ),
    ],
)
def test_a_value_recorded_otherwise_than_it_follows_is_a_finding(
    tmp_path: Path, said: str, told: str
) -> None:
    path = tmp_path / "guideline.ttl"
    path.write_text(CONTRADICTED, encoding="utf-8")
    with pytest.raises(InvalidCase) as caught:
        answers(path, [f"; {said}"])
    assert [told in one.message for one in caught.value.findings] == [True]
    assert caught.value.findings[0].line is not None


@pytest.mark.parametrize(
    "said",
    [
        f"{SEEN} ; ind:hasFinding [ a :Top ; :level 8 ]",
        f"{SEEN} ; ind:recordsAll :Thing ; ind:hasFinding [ a :Top ; :level 7.0 ]",
        f"{SEEN} ; ind:hasFinding [ a :Many ; ind:count 3 ]",
        "ind:hasFinding [ a :Thing ; :part 3 ; :whole 6 ]",
    ],
)
def test_a_value_that_may_follow_is_none(tmp_path: Path, said: str) -> None:
    path = tmp_path / "guideline.ttl"
    path.write_text(CONTRADICTED, encoding="utf-8")
    assert answers(path, [f"; {said}"])


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
