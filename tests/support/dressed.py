"""Random guidelines that say all that a guideline can say, and cases of them.

What ``making`` makes has criteria and recommendations and no more. Here it has labels, phases and
urgencies that disagree, strengths, passages, what was published on them, tensions and questions,
and every other one is two guidelines in one. No text is markup: hostile texts are tested apart.
"""

from __future__ import annotations

import datetime
import functools
import random
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from brute import FINDING, HAS_FINDING, INTERVENTION, RECEIVED, Advice, Case, Node, Or, Some
from indicant.assess.assessment import InvalidCase
from indicant.assess.assessor import Assessor
from indicant.files.rdf import parse
from making import EX, Maker, case_text, conforms, guideline_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from brute import Guideline
    from indicant.files.rdf import Document

SECOND: Final = f"{EX}second/"
_PREFIXES: Final = """\
@prefix bibo: <http://purl.org/ontology/bibo/> .
@prefix cito: <http://purl.org/spar/cito/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix fabio: <http://purl.org/spar/fabio/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""
_PHASES: Final = (("first care", 2, ""), ("a later step", 1, "false"), ("last resort", 3, "1"))
"""Their names do not stand in the order that they have."""
_CERTAINTIES: Final = ("High", "Moderate", "Low", "VeryLow")
_RELATIONS: Final = ("agreesWith", "disputes", "disputes", "qualifies", "citesAsRelated")


class Dresser:
    """Says of a guideline what ``making`` does not say."""

    def __init__(self, seed: int, guideline: Guideline) -> None:
        self.random = random.Random(seed)  # noqa: S311 - not for secrets
        self.guideline = guideline
        self.several = seed % 2 == 1

    def maybe(self, text: str, share: float = 0.7) -> str:
        """Return a text or nothing."""
        return f" ; {text}" if self.random.random() < share else ""

    def some(self, stem: str, count: int, most: int = 3) -> str:
        """Return names of some things of a kind."""
        found = self.random.sample(range(count), self.random.randint(1, most))
        return " , ".join(f"ex:{stem}{number}" for number in found)

    def text(self) -> str:
        """Return what is said, in Turtle."""
        return "\n".join(
            [
                _PREFIXES,
                *self._header(),
                *self._terms(),
                *self._advice(),
                *self._source(),
                *(f'{name} ind:unit "%" .' for name in measured(self.guideline)),
            ]
        )

    def _header(self) -> Iterator[str]:
        named = [(EX, "umbrella advice"), (SECOND, "advice on hats")]
        for iri, label in named[: 2 if self.several else 1]:
            scope = self.random.choice(list(self.guideline.criteria))
            yield (
                f'<{iri}> a ind:Guideline ; rdfs:label "{label}"@en ; owl:versionInfo "1.2" ; '
                f'dcterms:title "The {label}"@en ; dcterms:description "what {label} says"@en ; '
                f"dcterms:license <https://example.org/licence> ; ind:scope {scope} ; "
                f"dcterms:source ex:document ."
            )
        yield f'ex:document dcterms:title "weather" ; ind:sha256 "{"1" * 64}" .'
        for number, (label, order, contingent) in enumerate(_PHASES):
            yield (
                f'ex:phase{number} a ind:Phase ; rdfs:label "{label}"@en ; ind:order {order} ; '
                f'skos:definition "time for {label}"@en'
                + (
                    f' ; ind:contingent "{contingent}"^^xsd:boolean .'
                    if contingent != "false"
                    else " ."
                )
            )

    def _terms(self) -> Iterator[str]:
        for cls, above in self.guideline.above.items():
            if not cls.startswith("ex:") or not above & {FINDING, INTERVENTION}:
                continue
            what = "sign" if FINDING in above else "act"
            asked = self.maybe(f'ind:question "Is {what} {cls[3:]} there?"@en', 0.6)
            shown = self.maybe("ind:establishedBy ex:V0", 0.3) if FINDING in above else ""
            yield (
                f'{cls} rdfs:label "{what} {cls[3:]}"@en ; skos:definition "kind of {cls[3:]}"@en'
                f"{asked}{shown} ."
            )
        for number, name in enumerate(self.guideline.criteria):
            rests = self.maybe(f"ind:restsOn {self.some('s', 6)}")
            yield (
                f'{name} rdfs:label "class {number} of cases"@en ; '
                f'skos:definition "case of class {number}"@en{rests} .'
            )

    def _advice(self) -> Iterator[str]:
        kinds = self.guideline.advice.items()
        first = [name for name, one in kinds if one.kind == "Indication"][:2]
        for number, name in enumerate(self.guideline.advice):
            urgency = self.random.choice(("Immediate", "Urgent", "Routine"))
            whose = self.random.choice((EX, SECOND)) if self.several else EX
            soon = self.maybe(f"ind:urgency ind:{urgency}", 0.9)
            phase = self.maybe(f"ind:phase ex:phase{self.random.randrange(3)}")
            if self.several and name in first:
                # As urgent as what leads around the phases is the soonest of the first phase.
                soon, whose = " ; ind:urgency ind:Immediate", EX
                phase = " ; ind:phase ex:phase1" if name != first[0] else ""
            yield (
                f'{name} rdfs:label "counsel {number}, as said"@en ; dcterms:isPartOf <{whose}>'
                + soon
                + phase
                + self.maybe(f'ind:strength "{self.random.choice(("should", "may", "is to"))}"@en')
                + self.maybe(f"ind:restsOn {self.some('s', 6)}", 0.8)
                + self._fulfilled(name)
                + self._graded(name, "gradeStrength", ("Strong", "Conditional"), "Recommendation")
                + self._graded(name, "certainty", _CERTAINTIES, "Certainty")
                + " ."
            )

    def _fulfilled(self, name: str) -> str:
        """Return what fulfils every other recommendation, by chance of its own."""
        chance = random.Random(name)  # noqa: S311 - it makes guidelines, not secrets
        criterion = chance.choice([*self.guideline.criteria, None, None])
        return f" ; ind:fulfilledBy {criterion}" if criterion else ""

    def _graded(self, name: str, how: str, grades: tuple[str, ...], kind: str) -> str:
        """Return a grade, by chance of its own, or none."""
        chance = random.Random(f"{name} {how}")  # noqa: S311 - it makes guidelines, not secrets
        grade = chance.choice([*grades, None])
        return f" ; ind:{how} ind:{grade}{kind}" if grade else ""

    def _source(self) -> Iterator[str]:
        for number in range(3):
            yield f'ex:c{number} a ind:Citation ; skos:notation "{number + 1}" .'
        for number in range(6):
            cites = self.maybe(f"cito:cites {self.some('c', 3, 2)}", 0.5)
            section = self.maybe(f'ind:section "Part {number} > Rain"', 0.6)
            yield (
                f'ex:s{number} a ind:Passage ; dcterms:identifier "s{number:02}" ; '
                f'ind:sha256 "{number:064}" ; oa:hasSelector ex:at{number} ; '
                f'ind:paraphrase "What passage {number} says."@en{cites}{section} .'
            )
            yield f"ex:at{number} oa:start {number * 10} ; oa:end {number * 10 + 7} ."
        for number in range(5):
            yield (
                f'ex:p{number} a ind:Publication ; dcterms:title "Study {number}"@en'
                + self.maybe(f'ind:authors "Rain {number} et al."')
                + self.maybe(f'dcterms:issued "200{number}"^^xsd:gYear')
                + self.maybe(f'ind:venue "J Rain {number}"')
                + self.maybe(f'bibo:doi "10.1000/r{number}"', 0.4)
                + self.maybe(f'bibo:pmid "1234{number}"', 0.4)
                + self.maybe(f'fabio:hasPubMedCentralId "PMC77{number}"', 0.4)
                + " ."
            )
        for number in range(9):
            yield (
                f"ex:e{number} a ind:EvidenceLink ; "
                f"ind:publication ex:p{self.random.randrange(5)} ; "
                f"ind:passage ex:s{self.random.randrange(6)} ; "
                f"ind:relation cito:{self.random.choice(_RELATIONS)}"
                + self.maybe(f'ind:note "note {number}"@en')
                + self.maybe('ind:basis "abstract seen"@en')
                + self._graded(f"ex:e{number}", "certainty", _CERTAINTIES, "Certainty")
                + " ."
            )
        kinds = ("Tension", "Tension", "Omission", "Fact")
        touched = list(self.guideline.advice)
        for number, kind in enumerate(kinds):
            yield (
                f'ex:n{number} a ind:{kind} ; rdfs:label "{kind.lower()} {number}"@en ; '
                f"ind:restsOn {self.some('s', 6)} ; "
                f"ind:touches {' , '.join(self.random.sample(touched, 2))}"
                + self.maybe(f'dcterms:description "what {number} is about"@en')
                + self.maybe(f'ind:resolution "read {number} so"@en')
                + " ."
            )


def measured(made: Guideline) -> list[str]:
    """Return the properties of a guideline whose values are numbers."""
    return [
        name
        for name, span in made.data.items()
        if name.startswith("ex:") and span and span.datatype not in {"boolean", "string"}
    ]


def in_other_units(text: str, made: Guideline) -> str:
    """Return a case that gives its percentages as so many hundredths, which are as many."""
    for name in measured(made):
        text = re.sub(rf"({name}) (-?[0-9.]+)(?= [;.])", r'\1 "\2 10*-2"^^cdt:ucum', text)
    return f"@prefix cdt: <https://w3id.org/cdt/> .\n{text}"


@functools.cache
def guideline(seed: int) -> tuple[Maker, Guideline, str]:
    """Return who makes cases of a random guideline, the guideline, and its text."""
    maker = Maker(seed)
    made = maker.guideline()
    if seed % 3 == 1:
        made = _with_many_ways(made)
    return maker, made, guideline_text(made) + Dresser(seed, made).text()


def _with_many_ways(made: Guideline) -> Guideline:
    """Return the guideline with a recommendation that ten findings meet, each alone."""
    findings = [f"ex:W{number}" for number in range(10)]
    action = next(iter(made.advice.values())).action
    return replace(
        made,
        classes={**made.classes, **dict.fromkeys(findings, (FINDING,))},
        criteria={
            **made.criteria,
            "ex:Many": Or(tuple(Some(HAS_FINDING, one) for one in findings)),
        },
        advice={**made.advice, "ex:R99": Advice("ex:R99", "Indication", action, "ex:Many")},
    )


@functools.cache
def folder() -> Path:
    """Return a folder for guidelines, which lasts as long as the process."""
    kept = tempfile.TemporaryDirectory(prefix="dressed-")
    _KEPT.append(kept)
    return Path(kept.name)


_KEPT: Final[list[tempfile.TemporaryDirectory[str]]] = []


@functools.cache
def assessor(seed: int) -> Assessor:
    """Return a random guideline, compiled."""
    path = folder() / f"{seed}.ttl"
    path.write_text(guideline(seed)[2], encoding="utf-8")
    return Assessor(path)


@functools.cache
def cases(seed: int, count: int = 8) -> tuple[Document, ...]:
    """Return cases of a random guideline that conform, each in a document of its own.

    Of the first one nothing is known.
    """
    maker, made, _ = guideline(seed)
    found = [parse(case_text([Case("nobody", datetime.date(2024, 2, 20))]), path="case.ttl")]
    for number in range(count * 3):
        case = maker.case(made, f"case-{number}")
        if number % 2:
            case = _received(maker, made, case)
        text = case_text([case])
        document = parse(in_other_units(text, made) if number % 3 else text, path="case.ttl")
        try:
            assessor(seed).assess(document)
        except InvalidCase:
            continue
        found.append(document)
        if len(found) == count:
            break
    assert len(found) == count
    return tuple(found)


def _received(maker: Maker, made: Guideline, case: Case) -> Case:
    """Return the case with something received that a recommendation is about, if it may be."""
    action = maker.one(sorted({one.action for one in made.advice.values()}))
    node = Node(f"{case.name}-had", RECEIVED, (action,))
    trial = replace(case, nodes=(*case.nodes, node))
    return trial if conforms(made, trial) else case
