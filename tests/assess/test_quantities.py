"""One value out of many records, against a search through all that the records may be."""

from __future__ import annotations

import datetime
import functools
import itertools
import random
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from each import each
from indicant.assess.assessor import Assessor
from indicant.files.rdf import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

EX = "https://example.org/q/"
PREFIXES = f"""@prefix : <{EX}> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
HEAD = f"""{PREFIXES}
<{EX}> a owl:Ontology , ind:Guideline ; owl:imports <https://w3id.org/indicant/core/> .
:Thing a owl:Class ; rdfs:subClassOf ind:Finding .
:Measure a owl:Class ; rdfs:subClassOf :Thing .
:Other a owl:Class ; rdfs:subClassOf ind:Finding .
:level a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range [ a rdfs:Datatype ;
    owl:onDatatype xsd:decimal ; owl:withRestrictions ( [ xsd:minInclusive 0 ] ) ] .
:resting a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range xsd:boolean .
"""
AS_OF = datetime.date(2026, 1, 1)
LIMIT = 25
SINCE = 120
"""From how many days before on a case may be complete."""


@dataclass(frozen=True)
class Quantity:
    """A quantity: how it is computed, over which days, of how many records, and of which."""

    aggregate: str
    window: int | None = None
    last: int | None = None
    resting: bool = False

    @property
    def name(self) -> str:
        """Return what its terms are named by."""
        parts = (self.aggregate, self.window or "", self.last or "", "R" if self.resting else "")
        return "-".join(str(part) for part in parts if part)

    def text(self) -> str:
        """Write it with a recommendation that demands something of it."""
        counts = self.aggregate == "Count"
        said = [f":{self.name} a owl:Class , ind:Quantity ; rdfs:subClassOf ind:Finding"]
        said.append(f"ind:over :Measure ; ind:aggregate ind:{self.aggregate}")
        said += [] if counts else ["ind:ofProperty :level"]
        said += [f'ind:within "P{self.window}D"^^xsd:duration'] if self.window else []
        said += [f"ind:last {self.last}"] if self.last else []
        if self.resting:
            facet = "[ a owl:Restriction ; owl:onProperty :resting ; owl:hasValue true ]"
            said.append(f"ind:where {facet}")
        bound = "xsd:minInclusive 2" if counts else f"xsd:maxExclusive {LIMIT}"
        value, kind = ("ind:count", "integer") if counts else (":level", "decimal")
        return f"""{" ; ".join(said)} .
:C-{self.name} a owl:Class , ind:Criterion ; owl:equivalentClass [ a owl:Restriction ;
    owl:onProperty ind:hasFinding ; owl:someValuesFrom [ a owl:Class ; owl:intersectionOf (
        :{self.name} [ a owl:Restriction ; owl:onProperty {value} ; owl:someValuesFrom
            [ a rdfs:Datatype ; owl:onDatatype xsd:{kind} ; owl:withRestrictions ( [ {bound} ] ) ]
    ] ) ] ] .
:A-{self.name} a owl:Class ; rdfs:subClassOf ind:Intervention .
:r-{self.name} a ind:Indication ; dcterms:isPartOf <{EX}> ; ind:action :A-{self.name} ;
    ind:criterion :C-{self.name} .
"""

    def holds(self, records: Sequence[Certain]) -> bool:
        """Tell what the criterion says of records that are known in full."""
        here = [one for one in records if self.window is None or one.day < self.window]
        here = [one for one in here if one.resting or not self.resting]
        if self.aggregate == "Count":
            return len(here) >= 2
        if self.last is not None:
            here = sorted(here, key=lambda one: one.day)[: self.last]
            if len(here) < self.last:
                return False
        if self.aggregate == "Sum":
            return sum(one.level for one in here) < LIMIT
        if not here:
            return False
        compute: dict[str, Callable[[], Fraction]] = {
            "Latest": lambda: min(here, key=lambda one: one.day).level,
            "Earliest": lambda: max(here, key=lambda one: one.day).level,
            "Lowest": lambda: min(one.level for one in here),
            "Highest": lambda: max(one.level for one in here),
            "Mean": lambda: sum((one.level for one in here), Fraction(0)) / len(here),
        }
        return compute[self.aggregate]() < LIMIT


ALL = [
    *(Quantity(one) for one in ("Latest", "Earliest", "Lowest", "Highest", "Mean", "Sum", "Count")),
    *(Quantity(one, window=90) for one in ("Latest", "Lowest", "Mean", "Sum", "Count")),
    Quantity("Mean", last=2),
    Quantity("Highest", last=2),
    Quantity("Latest", resting=True),
    Quantity("Count", resting=True),
]


@dataclass(frozen=True)
class Certain:
    """A record of which all is known."""

    day: int
    level: Fraction
    resting: bool


@dataclass(frozen=True)
class Record:
    """A record as a case has it: its class, days ago, level or bounds, and whether at rest."""

    kind: str
    day: int | None
    level: tuple[int, int] | None
    resting: bool | None

    def text(self) -> str:
        """Write it in Turtle."""
        said = [f"a :{self.kind}"]
        if self.day is not None:
            said.append(f'ind:onset "{AS_OF - datetime.timedelta(days=self.day)}"^^xsd:date')
        if self.level is not None and self.level[0] == self.level[1]:
            said.append(f":level {self.level[0]}")
        elif self.level is not None:
            low, high = self.level
            bounds = f"ind:minInclusive {low} ; ind:maxInclusive {high}"
            said.append(f"ind:bounds [ a ind:Bounds ; ind:of :level ; {bounds} ]")
        if self.resting is not None:
            said.append(f":resting {'true' if self.resting else 'false'}")
        return f"[ {' ; '.join(said)} ]"

    def ways(self) -> Iterator[Certain | None]:
        """Yield what the record may be; nothing where it is no measure."""
        if self.kind != "Measure":
            yield None
        if self.kind == "Other":
            return
        days = [1, 80, 400] if self.day is None else [self.day]
        levels = {0, 90} if self.level is None else {*self.level}
        rests = [True, False] if self.resting is None else [self.resting]
        for day, level, rest in itertools.product(days, sorted(levels), rests):
            yield Certain(day, Fraction(level), rest)

    @property
    def vague(self) -> bool:
        """Tell whether anything about it is not known."""
        if self.day is None or self.resting is None or self.level is None:
            return True
        return self.kind == "Thing" or self.level[0] != self.level[1]


@dataclass(frozen=True)
class Case:
    """Records, and from how many days before on they are all; always, or never."""

    records: tuple[Record, ...]
    complete: int | str | None

    def text(self, name: str) -> str:
        """Write it in Turtle."""
        said = [f'a ind:PatientCase ; ind:asOf "{AS_OF}"^^xsd:date']
        said += [f"ind:hasFinding {one.text()}" for one in self.records]
        if self.complete == "always":
            said.append("ind:recordsAll :Measure")
        elif self.complete is not None:
            since = AS_OF - datetime.timedelta(days=int(self.complete))
            day = f'ind:since "{since}"^^xsd:date'
            said.append(f"ind:completeness [ a ind:Completeness ; ind:of :Thing ; {day} ]")
        return f":{name} {' ; '.join(said)} ."

    def worlds(self) -> Iterator[list[Certain]]:
        """Yield all that may have been, as far as thresholds can tell it apart."""
        days: tuple[int, ...] = () if self.complete == "always" else (121, 400)
        days = (1, 80, 400) if self.complete is None else days
        every = itertools.product(days, (0, 90), (True, False))
        more = [Certain(day, Fraction(level), rest) for day, level, rest in every]
        further = [list(some) for size in range(3) for some in itertools.combinations(more, size)]
        for ways in itertools.product(*(list(one.ways()) for one in self.records)):
            recorded = [one for one in ways if one is not None]
            for beside in further:
                yield [*recorded, *beside]

    def answer(self, quantity: Quantity) -> str:
        """Return what follows of a quantity from all that may have been."""
        found = {quantity.holds(world) for world in self.worlds()}
        return "open" if len(found) == 2 else "met" if found == {True} else "refuted"


def random_case(choose: random.Random) -> Case:
    records = []
    vague = 0
    days = choose.sample([2, 10, 60, 89, 90, 91, 300], k=4)
    for number in range(choose.choice((0, 1, 2, 2, 3))):
        record = Record(
            choose.choice(("Measure", "Measure", "Measure", "Other")),
            days[number],
            choose.choice([(v, v) for v in (0, 10, 24, 25, 26, 50)]),
            choose.random() < 0.7,
        )
        if vague < 2 and choose.random() < 0.35:
            vague += 1
            what = choose.randrange(5)
            level = choose.choice(((10, 20), (20, 30), (26, 40)))
            record = Record(
                "Thing" if what == 0 else record.kind,
                None if what == 1 else record.day,
                None if what == 2 else level if what == 3 else record.level,
                None if what == 4 else record.resting,
            )
        records.append(record)
    return Case(tuple(records), choose.choice((None, "always", "always", SINCE)))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("quantities") / "guideline.ttl"
    path.write_text(HEAD + "".join(one.text() for one in ALL), encoding="utf-8")
    return path


@functools.cache
def assessor(path: Path, engine: str) -> Assessor:
    return Assessor(path, engine=engine, use_cache=False)


def answers(path: Path, cases: Sequence[Case], engine: str = "oxigraph") -> list[dict[str, str]]:
    """Return what is answered of each case, by the name of the quantity."""
    text = PREFIXES + "\n".join(case.text(f"c{n:03}") for n, case in enumerate(cases))
    records = assessor(path, engine).assess(parse(text, path="case.ttl"), everything=True)
    return [
        {
            one["iri"].removeprefix(EX + "r-"): one["answer"]
            for action in record["actions"]
            for one in action["recommendations"]
        }
        for record in records
    ]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_quantity_is_known_as_far_as_its_records_are(path: Path, seed: int) -> None:
    """It is never said to be what it may not be, and open only where something is vague.

    Something is where there are fewer records than it takes since the day from which on all are
    recorded: either there are more before, or there is no such quantity.
    """
    choose = random.Random(seed)  # noqa: S311 - not for secrets
    cases = [random_case(choose) for _ in range(40)]
    found = answers(path, cases)
    told = {"met": 0, "refuted": 0, "open": 0}
    for case, row in each(list(zip(cases, found, strict=True))):
        for quantity in ALL:
            mine, theirs = row[quantity.name], case.answer(quantity)
            told[theirs] += 1
            vague = any(record.vague for record in case.records)
            vague |= quantity.last is not None and case.complete == SINCE
            assert mine in ({theirs, "open"} if vague else {theirs}), (case, quantity)
    assert min(told.values()) > 20


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["rdflib", "hermit"])
def test_engines_agree_about_quantities(path: Path, engine: str) -> None:
    choose = random.Random(99)  # noqa: S311 - not for secrets
    cases = [random_case(choose) for _ in range(12)]
    assert answers(path, cases, engine) == answers(path, cases)


NONE = f"""{HEAD}
:Dose a owl:Class ; rdfs:subClassOf ind:Intervention .
:Splint a owl:Class ; rdfs:subClassOf ind:Intervention .
:MeanLevel a owl:Class , ind:Quantity ; rdfs:subClassOf ind:Finding ;
    ind:over :Measure ; ind:ofProperty :level ; ind:aggregate ind:Mean ; ind:last 2 .
:Doses a owl:Class , ind:Quantity ; rdfs:subClassOf ind:Finding ;
    ind:over :Dose ; ind:aggregate ind:Count .
:High a owl:Class , ind:Criterion ; rdfs:subClassOf ind:PatientCase ; owl:equivalentClass
    [ a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom [ a owl:Class ;
      owl:intersectionOf ( :MeanLevel [ a owl:Restriction ; owl:onProperty :level ;
        owl:someValuesFrom [ a rdfs:Datatype ; owl:onDatatype xsd:decimal ;
          owl:withRestrictions ( [ xsd:minInclusive 25 ] ) ] ] ) ] ] .
:Dosed a owl:Class , ind:Criterion ; rdfs:subClassOf ind:PatientCase ; owl:equivalentClass
    [ a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom [ a owl:Class ;
      owl:intersectionOf ( :Doses [ a owl:Restriction ; owl:onProperty ind:count ;
        owl:someValuesFrom [ a rdfs:Datatype ; owl:onDatatype xsd:integer ;
          owl:withRestrictions ( [ xsd:minInclusive 1 ] ) ] ] ) ] ] .
:r-High a ind:Indication ; dcterms:isPartOf <{EX}> ; ind:action :Splint ; ind:criterion :High ;
    ind:urgency ind:Routine .
:r-Dosed a ind:Indication ; dcterms:isPartOf <{EX}> ; ind:action :Splint ; ind:criterion :Dosed ;
    ind:urgency ind:Routine .
"""


@pytest.mark.parametrize("engine", ["oxigraph", pytest.param("hermit", marks=pytest.mark.slow)])
def test_nothing_is_computed_of_what_there_never_was(tmp_path: Path, engine: str) -> None:
    """What is absent now may have been there before; an intervention excluded was never done."""
    path = tmp_path / "guideline.ttl"
    path.write_text(NONE, encoding="utf-8")
    answered = {
        "ind:neverHad :Measure": ("refuted", "open"),
        "ind:neverHad :Thing": ("refuted", "open"),
        "ind:excludes :Measure": ("open", "open"),
        "ind:excludes :Dose": ("open", "refuted"),
        "ind:neverHad :Other": ("open", "open"),
    }
    for said, (high, dosed) in each(answered.items()):
        case = f':c a ind:PatientCase ; ind:asOf "{AS_OF}"^^xsd:date ; {said} .'
        (record,) = Assessor(path, engine=engine, use_cache=False).assess(
            parse(PREFIXES + case, path="case.ttl"), everything=True
        )
        (action,) = record["actions"]
        found = {
            one["iri"].removeprefix(f"{EX}r-"): one["answer"] for one in action["recommendations"]
        }
        assert found == {"High": high, "Dosed": dosed}, said
