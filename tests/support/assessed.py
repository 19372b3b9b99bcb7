"""Cases with what follows for them, assessed once for all tests that compare how it is said."""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pytest

import dressed
import shipped
from indicant.assess.assessor import Assessor, InvalidCase
from indicant.files import atomic
from indicant.files.fence import OPEN
from indicant.files.rdf import parse, read
from indicant.merge.combination import combine
from indicant.screen import Known as OnScreen
from indicant.screen import Screens
from places import ASSESSED, BENCHMARK, ONTOLOGY, SEVEN_MONTHS, TESTS
from stated import Known, Stated, stated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from indicant.assess.records import ActionRecord, CaseRecord
    from indicant.files.rdf import Document
    from indicant.screen.records import Detail, LineRecord, ScreenRecord

RANDOM: Final = (*range(9), 14)
QUICK: Final = ("some", "dressed 1")
SOURCES: Final = [
    *QUICK,
    *(pytest.param(f"dressed {seed}", marks=pytest.mark.slow) for seed in RANDOM if seed != 1),
    pytest.param("benchmark", marks=pytest.mark.slow),
    pytest.param("all", marks=pytest.mark.slow),
]
"""A few cases of the guideline that ships, random guidelines, merged ones, and all cases."""


@dataclass(frozen=True, eq=False)
class One:
    """A case, and what follows for it."""

    assessor: Assessor
    document: Document
    record: CaseRecord
    _screens: dict[tuple[Detail, bool], ScreenRecord] = field(default_factory=dict, repr=False)

    def screen(self, detail: Detail, *, everything: bool = False) -> ScreenRecord:
        """Return the screen of the case, made once for all tests; nobody changes it."""
        if (detail, everything) not in self._screens:
            made = screens(self.assessor, detail, everything=everything)
            self._screens[detail, everything] = made.screen(self._looked)
        return self._screens[detail, everything]

    @functools.cached_property
    def _looked(self) -> OnScreen:
        """Return what all screens of the case are made of."""
        found = screens(self.assessor, "normal").known(self.document)
        return next(one for one in found if one.record["case"] == self.record["case"])

    @functools.cached_property
    def stated(self) -> Stated:
        """Return what the guideline states."""
        return stated(self.assessor)

    @functools.cached_property
    def known(self) -> Known:
        """Return what is known of the case."""
        return self.stated.known(self.document)


@functools.cache
def screens(assessor: Assessor, detail: Detail, *, everything: bool = False) -> Screens:
    """Return what makes screens by a guideline."""
    return Screens(assessor, detail, everything=everything)


@functools.cache
def assessed(source: str) -> tuple[One, ...]:
    """Return the cases of a source, each alone, with all that follows for them."""
    if source.startswith("dressed "):
        seed = int(source.removeprefix("dressed "))
        return tuple(each_of(dressed.assessor(seed), dressed.cases(seed)))
    if source == "benchmark":
        return tuple(each_of(benchmark(), anybody(benchmark(), 24)))
    if source == "opioids":
        made = Assessor(ONTOLOGY / "guidelines" / "opioids-for-pain")
        files = sorted((TESTS / "opioids-for-pain").glob("*/case.ttl"))
        return tuple(each_of(made, [*map(read, files), made.example()]))
    made = shipped.assessor()
    if source == "all":
        documents = [*map(read, ASSESSED), read(SEVEN_MONTHS), made.example()]
    else:
        documents = [*map(read, ASSESSED[3::35]), read(SEVEN_MONTHS)]
    return tuple(each_of(made, documents))


def few(source: str) -> list[One]:
    """Return cases of a source; of very many, some."""
    ones = assessed(source)
    return list(ones[:: max(1, len(ones) // 40)])


def lines(screen: ScreenRecord) -> Iterator[LineRecord]:
    """Yield the lines of a screen."""
    yield from (*screen["now"], *screen["conflicts"], *screen["avoid"])
    for step in screen["steps"]:
        yield from step["lines"]


def named(found: Iterable[LineRecord]) -> list[str]:
    """Return the interventions of lines."""
    return [one["term"] for line in found for one in line["actions"]]


def inside(record: Iterable[ActionRecord]) -> set[str]:
    """Return what stands in the heading of a class above it."""
    return {each["term"] for one in record for each in one["including"]}


def each_of(assessor: Assessor, documents: list[Document] | tuple[Document, ...]) -> Iterator[One]:
    for document in documents:
        for record in assessor.assess(document, everything=True):
            yield One(assessor, document, record)


@functools.cache
def benchmark() -> Assessor:
    """Return the guidelines of the multimorbidity benchmark, merged."""
    names = ("hypertension", "osteoarthritis", "diabetes", "thrombosis", "drugs/classes.ttl")
    path = dressed.folder() / "merged.trig"
    combined = combine([str(BENCHMARK / one) for one in names], output=str(path), fence=OPEN)
    assert combined.data is not None
    atomic.write(combined.data, path)
    return Assessor(path)


def anybody(assessor: Assessor, count: int) -> list[Document]:
    """Return cases that know something by chance of what a guideline looks at."""
    chance = random.Random(count)  # noqa: S311 - not for secrets
    graph = stated(assessor)
    asked = graph.rows("?fact ind:filler ?term ; ind:role ?role", "role", "term")
    acts = sorted({one.action for one in graph.advice.values()})
    found: list[Document] = []
    for number in range(count * 5):
        facts = [
            f"<{role}> [ a <{term}> ]" if chance.random() < 0.7 else f"ind:excludes <{term}>"
            for role, term in asked
            if chance.random() < 0.6
        ]
        facts += [f"ind:received [ a <{one}> ]" for one in acts if chance.random() < 0.1]
        facts += [f"ind:proposes <{one}>" for one in acts if chance.random() < 0.2]
        text = (
            "@prefix ind: <https://w3id.org/indicant/core/> .\n"
            "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
            f"<https://example.org/case/{number}> a ind:PatientCase ; "
            f'ind:asOf "2026-11-22"^^xsd:date ; {" ; ".join(facts)} .'
        )
        document = parse(text, path="case.ttl")
        try:
            assessor.assess(document)
        except InvalidCase:
            continue
        found.append(document)
        if len(found) == count:
            return found
    raise AssertionError("too few cases conform")
