"""Records of measures in time, and what quantities of them may be, by a search through all."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Sequence

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
:Checked a owl:Class ; rdfs:subClassOf ind:Finding .
:Tried a owl:Class ; rdfs:subClassOf :Measure , :Checked .
:Raw a owl:Class ; rdfs:subClassOf ind:Finding .
:Rough a owl:Class ; rdfs:subClassOf :Measure , :Raw .
:Odd a owl:Class ; rdfs:subClassOf ind:Finding .
:Strange a owl:Class ; rdfs:subClassOf :Odd , :Checked .
:level a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range [ a rdfs:Datatype ;
    owl:onDatatype xsd:decimal ; owl:withRestrictions ( [ xsd:minInclusive 0 ] ) ] .
:pulse a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range xsd:decimal .
:resting a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range xsd:boolean .
"""
AS_OF = datetime.date(2026, 1, 1)
LIMIT = 25
TYPES = {"Thing": ":Thing , owl:NamedIndividual", "Odd": ":Measure , :Odd"}
"""What else a record is of which the class says less: no class of the domain, or one beside."""
SINCE = 120
"""From how many days before on a case may be complete."""


@dataclass(frozen=True)
class Kind:
    """What records are: findings or what was done, with levels that may be below nought or not."""

    done: bool = False
    signed: bool = False

    @property
    def levels(self) -> tuple[int, int]:
        """Return levels on both sides of what thresholds tell apart."""
        return (-90, 90) if self.signed else (0, 90)


@dataclass(frozen=True)
class Quantity:
    """A quantity: how it is computed, over which days, of how many records, and of which."""

    aggregate: str
    window: int | None = None
    last: int | None = None
    resting: bool = False
    checked: bool = False
    limit: int | None = LIMIT

    @property
    def name(self) -> str:
        """Return what its terms are named by."""
        which = ["R" if self.resting else "", "C" if self.checked else ""]
        which += ["any" if self.limit is None else f"below-{self.limit}"][: self.limit != LIMIT]
        parts = (self.aggregate, self.window or "", self.last or "", *which)
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
        said += ["ind:where :Checked"] if self.checked else []
        bound = "xsd:minInclusive 2" if counts else f"xsd:maxExclusive {self.limit}"
        value, kind = ("ind:count", "integer") if counts else (":level", "decimal")
        filler = f"""[ a owl:Class ; owl:intersectionOf (
        :{self.name} [ a owl:Restriction ; owl:onProperty {value} ; owl:someValuesFrom
            [ a rdfs:Datatype ; owl:onDatatype xsd:{kind} ; owl:withRestrictions ( [ {bound} ] ) ]
    ] ) ]"""
        if self.limit is None:
            filler = f":{self.name}"
        return f"""{" ; ".join(said)} .
:C-{self.name} a owl:Class , ind:Criterion ; owl:equivalentClass [ a owl:Restriction ;
    owl:onProperty ind:hasFinding ; owl:someValuesFrom {filler} ] .
:A-{self.name} a owl:Class ; rdfs:subClassOf ind:Intervention .
:r-{self.name} a ind:Indication ; dcterms:isPartOf <{EX}> ; ind:action :A-{self.name} ;
    ind:criterion :C-{self.name} .
"""

    def said(self, number: Fraction | int) -> bool:
        """Tell what the criterion says of the value itself."""
        if self.limit is None:
            return True
        return number >= 2 if self.aggregate == "Count" else number < self.limit

    def may_be(self, number: int, case: Case) -> bool:
        """Tell whether what may have been leaves room for a value."""
        found = [self.value(world) for world in case.worlds()]
        known = [one for one in found if one is not None]
        return bool(known) and min(known) <= number <= max(known)

    def value(self, records: Sequence[Certain]) -> Fraction | None:
        """Return what it is of records that are known in full, nothing where there is none."""
        here = [one for one in records if self.window is None or one.day < self.window]
        here = [one for one in here if one.resting or not self.resting]
        here = [one for one in here if one.checked or not self.checked]
        if self.aggregate == "Count":
            return Fraction(len(here))
        if self.last is not None:
            here = sorted(here, key=lambda one: one.day)[: self.last]
            if len(here) < self.last:
                return None
        if self.aggregate == "Sum":
            return sum((one.level for one in here), Fraction(0))
        if not here:
            return None
        compute: dict[str, Callable[[], Fraction]] = {
            "Latest": lambda: min(here, key=lambda one: one.day).level,
            "Earliest": lambda: max(here, key=lambda one: one.day).level,
            "Lowest": lambda: min(one.level for one in here),
            "Highest": lambda: max(one.level for one in here),
            "Mean": lambda: sum((one.level for one in here), Fraction(0)) / len(here),
        }
        return compute[self.aggregate]()

    def holds(self, records: Sequence[Certain]) -> bool:
        """Tell what the criterion says of records that are known in full."""
        value = self.value(records)
        return value is not None and self.said(value)


ALL = [
    *(Quantity(one) for one in ("Latest", "Earliest", "Lowest", "Highest", "Mean", "Sum", "Count")),
    *(Quantity(one, window=90) for one in ("Latest", "Lowest", "Mean", "Sum", "Count")),
    Quantity("Mean", last=2),
    *(Quantity(one, last=2) for one in ("Highest", "Lowest", "Sum")),
    Quantity("Sum", limit=1),
    Quantity("Mean", limit=None),
    Quantity("Count", limit=None),
    Quantity("Latest", resting=True),
    Quantity("Count", resting=True),
    Quantity("Latest", checked=True),
    Quantity("Mean", checked=True),
    Quantity("Count", checked=True),
]


@dataclass(frozen=True)
class Certain:
    """A record of which all is known."""

    day: int
    level: Fraction
    resting: bool
    checked: bool = True


@dataclass(frozen=True)
class Record:
    """A record as a case has it: its class, days ago, level or bounds, and whether at rest."""

    kind: str
    day: int | None
    level: tuple[int, int] | None
    resting: bool | None
    checked: bool | None = None

    def text(self, of: Kind) -> str:
        """Write it in Turtle."""
        also = {True: " , :Checked", False: " , :Raw", None: ""}[self.checked]
        kind = TYPES.get(self.kind, f":{self.kind}")
        said = [f"a {kind}{also}"]
        if self.day is not None:
            day = AS_OF - datetime.timedelta(days=self.day)
            said.append(f'ind:{"on" if of.done else "onset"} "{day}"^^xsd:date')
        if self.level is not None and self.level[0] == self.level[1]:
            said.append(f":level {self.level[0]}")
        elif self.level is not None:
            low, high = self.level
            how = "Exclusive" if low == 20 else "Inclusive"
            bounds = f"ind:min{how} {low} ; ind:max{how} {high}"
            said.append(f"ind:bounds [ a ind:Bounds ; ind:of :level ; {bounds} ]")
        if self.level is None:
            bounds = "ind:minInclusive 500 ; ind:maxInclusive 600"
            said.append(f"ind:bounds [ a ind:Bounds ; ind:of :pulse ; {bounds} ]")
        if self.resting is not None:
            said.append(f":resting {'true' if self.resting else 'false'}")
        return f"[ {' ; '.join(said)} ]"

    def ways(self, of: Kind) -> Iterator[Certain | None]:
        """Yield what the record may be; nothing where it is no measure."""
        if self.kind not in ("Measure", "Odd"):
            yield None
        if self.kind == "Other":
            return
        days = [1, 80, 400] if self.day is None else [self.day]
        levels = {*of.levels} if self.level is None else {*self.level}
        rests = [True, False] if self.resting is None else [self.resting]
        checks = [True, False] if self.checked is None else [self.checked]
        for day, level, rest, check in itertools.product(days, sorted(levels), rests, checks):
            yield Certain(day, Fraction(level), rest, check)

    @property
    def vague(self) -> bool:
        """Tell whether anything about it is not known."""
        if None in (self.day, self.resting, self.checked) or self.level is None:
            return True
        return self.kind == "Thing" or self.level[0] != self.level[1]


@dataclass(frozen=True)
class Case:
    """Records, and how far they are all.

    ``complete`` is that they are ``always``, or ``since`` some days before, or that there ``never``
    was any; that none is there now (``absent``) tells as little as what is told of records
    ``elsewhere``.
    ``own`` is a quantity that the case records itself, with its value.
    """

    records: tuple[Record, ...]
    complete: str
    of: Kind = Kind()
    own: tuple[Quantity, int] | None = None

    def text(self, name: str) -> str:
        """Write it in Turtle."""
        said = [f'a ind:PatientCase ; ind:asOf "{AS_OF}"^^xsd:date']
        link = "ind:received" if self.of.done else "ind:hasFinding"
        said += [f"{link} {one.text(self.of)}" for one in self.records]
        if self.own:
            quantity, number = self.own
            value = "ind:count" if quantity.aggregate == "Count" else ":level"
            said.append(f"ind:hasFinding [ a :{quantity.name} ; {value} {number} ]")
        day = f'ind:since "{AS_OF - datetime.timedelta(days=SINCE)}"^^xsd:date'
        none = "ind:excludes" if self.of.done else "ind:neverHad"
        told = {
            "always": "ind:recordsAll :Measure",
            "since": f"ind:completeness [ a ind:Completeness ; ind:of :Thing ; {day} ]",
            "never": f"{none} :Thing",
            "absent": "ind:excludes :Measure",
            "elsewhere": f"ind:recordsAll :Other ; {none} :Rough ; ind:completeness"
            f" [ a ind:Completeness ; ind:of :Other ; {day} ]",
        }
        said += [told[self.complete]] if self.complete else []
        return f":{name} {' ; '.join(said)} ."

    @property
    def vague(self) -> bool:
        """Tell whether anything is not known, or which of two on a day was the later one."""
        days = [one.day for one in self.records if one.day is not None]
        return len(days) > len({*days}) or any(one.vague for one in self.records)

    def worlds(self) -> Iterator[list[Certain]]:
        """Yield all that may have been, as far as thresholds can tell it apart.

        What was on one day was in either order.
        """
        days = {"always": (), "never": (), "since": (121, 400)}.get(self.complete, (1, 80, 400))
        every = itertools.product(days, self.of.levels, (True, False))
        more = [Certain(day, Fraction(level), rest) for day, level, rest in every]
        further = [list(some) for size in range(3) for some in itertools.combinations(more, size)]
        for ways in itertools.product(*(list(one.ways(self.of)) for one in self.records)):
            recorded = [one for one in ways if one is not None]
            for beside in further:
                yield [*recorded, *beside]
                if len({one.day for one in recorded}) < len(recorded):
                    yield [*reversed(recorded), *beside]

    def answer(self, quantity: Quantity) -> str:
        """Return what follows of a quantity from all that may have been."""
        if self.own and self.own[0] == quantity:
            return "met" if quantity.said(self.own[1]) else "refuted"
        found = {quantity.holds(world) for world in self.worlds()}
        return "open" if len(found) == 2 else "met" if found == {True} else "refuted"


def random_case(choose: random.Random, of: Kind = Kind()) -> Case:
    """Return a case with up to three records, of which two are known in part."""
    records: list[Record] = []
    vague = 0
    days = choose.sample([2, 10, 60, 89, 90, 91, SINCE, 300], k=4)
    levels = [-30, 0, 24, 25, 26, 50] if of.signed else [0, 10, 24, 25, 26, 50]
    for number in range(choose.choice((0, 1, 2, 2, 3))):
        record = Record(
            choose.choice(("Measure", "Measure", "Odd", "Other")),
            days[number],
            choose.choice([(v, v) for v in levels]),
            choose.random() < 0.7,
            choose.random() < 0.7,
        )
        if vague < 2 and choose.random() < 0.35:
            vague += 1
            what = choose.randrange(6)
            level = choose.choice(((10, 20), (20, 30), (26, 40)))
            record = Record(
                "Thing" if what == 0 else record.kind,
                None if what == 1 else record.day,
                None if what == 2 else level if what == 3 else record.level,
                None if what == 4 else record.resting,
                None if what == 5 else record.checked,
            )
        if records and choose.random() < 0.1:
            record = dataclasses.replace(record, day=records[-1].day)
        records.append(record)
    own = None
    if choose.random() < 0.1:
        quantity = choose.choice(ALL)
        numbers = (1, 2) if quantity.aggregate == "Count" else (LIMIT - 1, LIMIT)
        own = quantity, choose.choice(numbers)
    complete = choose.choice(("", "always", "always", "since", "elsewhere"))
    if all(one.kind == "Other" for one in records) and choose.random() < 0.5:
        complete = "never" if of.done or choose.random() < 0.5 else "absent"
    case = Case(tuple(records), complete, of)
    return dataclasses.replace(case, own=own) if own and own[0].may_be(own[1], case) else case


def chosen(of: Kind) -> list[Case]:
    """Return cases that chance seldom makes: on the day, undated among the dated, valued or not."""

    def measure(
        day: int | None, level: tuple[int, int] | None = (10, 10), kind: str = "Measure"
    ) -> Record:
        return Record(kind, day, level, resting=True, checked=True)

    return [
        Case(records, complete, of)
        for complete in ("always", "since", "")
        for records in (
            (measure(SINCE),),
            (measure(SINCE + 2),),
            (measure(2), measure(SINCE)),
            (measure(2), measure(10), measure(None, (50, 50))),
            (measure(2), measure(10), measure(None, (50, 50), "Other")),
            (measure(2, None),),
            (measure(2), measure(10), measure(90, None)),
            (measure(2, (10, 20)), measure(10, (20, 40)), measure(90)),
            (measure(2, (10, 20)), measure(10, (12, 14))),
            (measure(2), measure(10, kind="Thing")),
        )
    ]


def guideline(of: Kind = Kind()) -> str:
    """Return a guideline with a recommendation for each quantity."""
    head = HEAD
    if of.done:
        for name in ("Thing", "Other", "Checked", "Raw", "Odd"):
            above = f":{name} a owl:Class ; rdfs:subClassOf ind:"
            head = head.replace(f"{above}Finding", f"{above}Intervention")
    if of.signed:
        head = head.replace("[ xsd:minInclusive 0 ]", "[ xsd:minInclusive -1000 ]")
    return head + "".join(one.text() for one in ALL)


def document(cases: Sequence[Case]) -> str:
    """Write cases in Turtle, by the names c000, c001 and so on."""
    return PREFIXES + "\n".join(case.text(f"c{n:03}") for n, case in enumerate(cases))
