"""Cases with spells: what was done or found, from a day to a day that may not be known."""

from __future__ import annotations

import datetime
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from series import AS_OF, EX, PREFIXES

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

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


FINE = (
    TIMED
    + """
:Near a owl:Class ; rdfs:subClassOf :Act .
:Mixed a owl:Class ; rdfs:subClassOf :First , :Near .
:Apart a owl:Class ; rdfs:subClassOf :Act .
:CoveredFirst a owl:Class , ind:Quantity ; rdfs:subClassOf ind:Finding ; ind:over :First ;
    ind:aggregate ind:DaysCovered ; ind:within "P30D"^^xsd:duration .
"""
    + "".join(
        advice(
            f"{name}-{bound}-{limit}",
            "received",
            "Act",
            numbers(f":{name}", bound, limit, "integer"),
        )
        for name in ("gap", "since", "near")
        for bound in ("minInclusive", "minExclusive", "maxInclusive", "maxExclusive")
        for limit in (0, 1, 2, 4, 5, 7, 11, 12, 13, 14, 18, 20, 33)
    )
    + "".join(
        advice(f"past-{limit}", "hadFinding", "Thing", numbers(":since", bound, limit, "integer"))
        for bound, limit in (("minInclusive", 12), ("maxInclusive", 13), ("minInclusive", 14))
    )
    + "".join(
        advice(
            f"covered-{name}-{bound}-{limit}",
            "hasFinding",
            f"Covered{name}",
            numbers("ind:count", bound, limit, "integer"),
        )
        for name in ("Ever", "Lately", "Pain", "First")
        for bound in ("minInclusive", "maxInclusive")
        for limit in (0, 1, 2, 4, 10, 11, 13, 14, 18, 19, 25, 29, 30, 40)
    )
)
"""The same with demands at many lengths, and records of classes side by side."""


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


def random_told(choose: random.Random) -> Told:
    """Return what is told of something."""
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
:Look a owl:Class ; rdfs:subClassOf ind:Investigation .
{advice("top", "hasFinding", "Top", numbers(":level", "minInclusive", 5))}
{advice("sum", "hasFinding", "Sum", numbers(":level", "minInclusive", 5))}
{advice("many", "hasFinding", "Many", numbers("ind:count", "minInclusive", 1, "integer"))}
{advice("days", "hasFinding", "Days", numbers("ind:count", "minInclusive", 1, "integer"))}
"""


def of_classes() -> list[str]:
    """Return what cases say of something before something else, by all that it may be."""
    now, ended, before, long = ((AS_OF - datetime.timedelta(days=day)) for day in (0, 1, 14, 40))
    known = [
        "",
        "ind:recordsAll :Act , :Thing",
        "ind:recordsAll :Thing",
        "ind:excludes :Near ; ind:recordsAll :First",
        "ind:neverHad :Thing",
        "ind:excludes :First",
        *(
            "ind:completeness [ a ind:Completeness ; ind:of :Act ; ind:since "
            f'"{AS_OF - datetime.timedelta(days=days)}"^^xsd:date ]'
            for days in (7, 13, 14, 15, 39, 41)
        ),
        "ind:completeness "
        + " , ".join(
            f"[ a ind:Completeness ; ind:of :{cls} ; ind:since "
            f'"{AS_OF - datetime.timedelta(days=days)}"^^xsd:date ]'
            for cls, days in (("Act", 5), ("First", 20), ("Thing", 60))
        ),
    ]
    kinds = (":First", ":First , :Apart", ":Apart", ":Act", ":Near", ":Near , :Apart", ":Mixed")
    said = []
    for completeness in known:
        told = f" ; {completeness}" if completeness else ""
        latest = f'{told} ; ind:received [ a :Act ; ind:on "{now}"^^xsd:date ]'
        said.append(latest)
        said.append(
            f'{told} ; ind:received [ a :Act ; ind:on "{ended}"^^xsd:date ] , '
            f'[ a :First ; ind:on "{before}"^^xsd:date ]'
        )
        said.append(
            f'{told} ; ind:hasFinding [ a :Thing ; ind:onset "{ended}"^^xsd:date ] ; '
            f'ind:hadFinding [ a :Thing ; ind:onset "{before}"^^xsd:date ]'
        )
        for kind in kinds:
            one = f'{latest} ; ind:received [ a {kind} ; ind:on "{before}"^^xsd:date ]'
            said += [one, f'{one} ; ind:received [ a :First ; ind:on "{long}"^^xsd:date ]']
            spell = f'ind:startedOn "{before}"^^xsd:date ; ind:endedOn "{ended}"^^xsd:date'
            said.append(f"{told} ; ind:received [ a {kind} ; {spell} ]")
    return said


def bounded(name: str, *limits: str) -> str:
    """Write that a value lies within limits."""
    return f"ind:bounds [ a ind:Bounds ; ind:of :{name} ; {' ; '.join(limits)} ]"


SEEN = "ind:hasFinding [ a :Thing ; :level 7 ; :part 3 ]"
ALL_SEEN = f"{SEEN} ; ind:recordsAll :Thing"
TWICE = (
    'ind:received [ a :Act ; ind:on "2025-12-01"^^xsd:date ] ; ind:received [ a :Act ; '
    'ind:on "2025-12-11"^^xsd:date'
)
WITHIN = (
    "ind:recordsAll :Thing ; ind:hasFinding [ a :Thing ; "
    f"{bounded('level', 'ind:minInclusive 4', 'ind:maxInclusive 6')} ]"
)
OTHERWISE = [
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
        'ind:recordsAll :Act ; ind:received [ a :Act ; ind:on "2025-12-01"^^xsd:date ; :gap 3 ]',
        "gap is recorded as 3",
    ),
    (
        'ind:received [ a :Act ; ind:on "2025-12-01"^^xsd:date ] ; '
        "ind:hasFinding [ a :Days ; ind:count 0 ]",
        "Days is recorded as 0, and at least 1 follows",
    ),
    *(
        (f"{ALL_SEEN} ; ind:hasFinding [ a :Top ; {bounded('level', limit)} ]", "and 7 follows")
        for limit in ("ind:minInclusive 8", "ind:minExclusive 8", "ind:maxInclusive 6")
    ),
    *(
        (f"{WITHIN} ; ind:hasFinding [ a :Top ; :level {level} ]", f"is recorded as {level}")
        for level in (3, 7)
    ),
    *(
        (f"ind:hasFinding [ a :Thing ; {known} ; {told} ]", "whole is recorded")
        for known, told in (
            (":part 3", bounded("whole", "ind:minInclusive 7")),
            (":part 3", bounded("whole", "ind:minExclusive 7")),
            (":part 3", bounded("whole", "ind:maxInclusive 5")),
            (":part 3", bounded("whole", "ind:maxExclusive 5")),
            (bounded("part", "ind:minInclusive 2", "ind:maxInclusive 3"), ":whole 7"),
            (bounded("part", "ind:minInclusive 2", "ind:maxInclusive 3"), ":whole 3"),
            (bounded("part", "ind:minInclusive 3"), ":whole 5"),
            (bounded("part", "ind:maxInclusive 3"), ":whole 7"),
        )
    ),
    *(
        (f"{TWICE} ; {bounded('gap', limit)} ]", "gap is recorded")
        for limit in (
            "ind:minInclusive 11",
            "ind:minExclusive 11",
            "ind:maxInclusive 0",
            "ind:maxExclusive 0",
        )
    ),
    (
        'ind:recordsAll :Act ; ind:received [ a :Act ; ind:on "2025-12-01"^^xsd:date ; '
        f"{bounded('gap', 'ind:maxInclusive 3')} ]",
        "gap is recorded",
    ),
    (f"{ALL_SEEN} ; ind:neverHad :Sum", "Sum is recorded otherwise"),
    (f"{SEEN} ; ind:neverHad :Sum", "Sum is recorded otherwise"),
    (f"{SEEN} ; ind:excludes :Many", "Many is recorded otherwise"),
    (f"{SEEN} ; ind:received [ a :Look ; ind:excludes :Sum ]", "Sum is recorded otherwise"),
    ('ind:received [ a :Act ; ind:on "2025-12-01"^^xsd:date ] ; ind:excludes :Days', "Days is"),
]
"""What a case says otherwise than it follows, and what is told of it."""
ALIKE = [
    f"{SEEN} ; ind:hasFinding [ a :Top ; :level 8 ]",
    f"{SEEN} ; ind:recordsAll :Thing ; ind:hasFinding [ a :Top ; :level 7.0 ]",
    f"{SEEN} ; ind:hasFinding [ a :Many ; ind:count 3 ]",
    "ind:hasFinding [ a :Thing ; :part 3 ; :whole 6 ]",
    f"{ALL_SEEN} ; ind:hasFinding [ a :Top ; {bounded('level', 'ind:minInclusive 7')} ; "
    f"{bounded('part', 'ind:maxInclusive 1')} ]",
    f"{ALL_SEEN} ; ind:hasFinding [ a :Top ; {bounded('level', 'ind:maxInclusive 7')} ; "
    f"{bounded('part', 'ind:minInclusive 30')} ]",
    *(f"{WITHIN} ; ind:hasFinding [ a :Top ; :level {level} ]" for level in (4, 5, 6)),
    *(
        f"ind:hasFinding [ a :Thing ; {bounded('part', *limits)} ; :whole {whole} ]"
        for limits in (
            ("ind:minInclusive 2", "ind:maxInclusive 3"),
            ("ind:minInclusive 2",),
            ("ind:maxInclusive 3",),
        )
        for whole in (4, 6)
    ),
    *(
        f"ind:hasFinding [ a :Thing ; :part 3 ; {bounded('whole', limit)} ]"
        for limit in ("ind:minInclusive 6", "ind:maxInclusive 6", "ind:minInclusive 2")
    ),
    *(
        f"{TWICE} ; {bounded('gap', limit)} ]"
        for limit in ("ind:minInclusive 10", "ind:maxInclusive 10", "ind:maxInclusive 30")
    ),
    f"{TWICE} ; :gap 10 ]",
    f"ind:recordsAll :Act ; {TWICE} ; :gap 10 ]",
    *(
        f"ind:recordsAll :Act ; {TWICE} ; {bounded('gap', limit)} ]"
        for limit in ("ind:minInclusive 10", "ind:maxInclusive 10")
    ),
    "ind:recordsAll :Thing ; ind:hasFinding [ a :Thing ; :level 0 ] ; ind:excludes :Sum",
    "ind:recordsAll :Thing ; ind:excludes :Many",
    "ind:recordsAll :Thing ; ind:excludes :Sum ; ind:hasFinding [ a :Thing ; "
    f"{bounded('level', 'ind:minInclusive 0', 'ind:maxInclusive 6')} ]",
    'ind:received [ a :Act ; ind:on "2025-12-01"^^xsd:date ] ; ind:excludes :Look',
    f"{ALL_SEEN} ; ind:excludes :Look",
    f"{SEEN} ; ind:hasFinding [ a :Thing ; :level 8 ; {bounded('whole', 'ind:minInclusive 1')} ]",
]
"""What a case says that may follow."""


BOTH = f"""{HEAD}
:Dose a owl:Class ; rdfs:subClassOf :Act .
:Small a owl:Class ; rdfs:subClassOf :Dose .
:Large a owl:Class ; rdfs:subClassOf :Act .
:New a owl:Class ; rdfs:subClassOf :Act .
:Doses a owl:Class , ind:Quantity ; rdfs:subClassOf ind:Finding ; ind:over :Dose ;
    ind:where :Large ; ind:aggregate ind:Count .
{advice("two", "hasFinding", "Doses", numbers("ind:count", "minInclusive", 2, "integer"))}
{advice("one", "hasFinding", "Doses", numbers("ind:count", "minInclusive", 1, "integer"))}
"""
"""A count of what is of two classes, below both of which there is no other."""


def of_both() -> list[str]:
    """Return what cases say of records of classes, two of which are demanded."""
    classes = (":Dose", ":Small", ":Large", ":New")
    records = [
        f"ind:received [ a {' , '.join(some)} ]"
        for size in (1, 2, 3)
        for some in itertools.combinations(classes, size)
    ]
    records += [one.replace("received", "proposes") for one in records[-2:]]
    return [
        f" ; {told}{one} ; {other}"
        for told in ("", "ind:recordsAll :Act ; ", "ind:recordsAll :Large ; ")
        for one, other in itertools.combinations_with_replacement(records, 2)
    ]


def document(cases: Sequence[str]) -> str:
    """Write cases in Turtle, by the names case0000, case0001 and so on."""
    return PREFIXES + "\n".join(
        f':case{number:04} a ind:PatientCase ; ind:asOf "{AS_OF}"^^xsd:date {said} .'
        for number, said in enumerate(cases)
    )
