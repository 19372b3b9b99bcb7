"""Facts are put into phrases that the vocabulary gives; without one, into its labels as before."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pyoxigraph as ox
import pytest

from indicant.api.guideline import Guideline
from indicant.compile.model import (
    Existential,
    Facet,
    IndividualFacet,
    LiteralFacet,
    Range,
    RangeFacet,
)
from indicant.compile.phrases import Phrases

IND = "https://w3id.org/indicant/core/"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
EX = "https://example.org/"
DAYS = f"{IND}days"
PHRASES = (
    (f"{IND}days", "phrase", "at least {minInclusive} days of {thing}", "en"),
    (f"{IND}days", "absencePhrase", "less than {minInclusive} days of {thing}", "en"),
    (f"{IND}daysSinceEnd", "phrase", "{thing} in the past {maxInclusive} days", "en"),
    (f"{IND}daysSinceEnd", "phrase", "{thing} today{maxInclusive=0}", "en"),
    (f"{IND}ongoing", "phrase", "{thing} under way", "en"),
    (f"{EX}Failed", "phrase", "failed {thing}", "en"),
    (f"{EX}kind", "phrase", "{value} {thing}", "en"),
    (f"{EX}size", "phrase", "of size {minInclusive} or more", "en"),
    (f"{IND}ageInYears", "phrase", "{minInclusive} or older", "en"),
    (f"{IND}ageInYears", "absencePhrase", "younger than {minInclusive}", "en"),
    (f"{EX}Salve", "phrase", "salve put on", "en"),
    (f"{EX}Salve", "absencePhrase", "no salve so far", "en"),
    (f"{EX}Salve", "phrase", "Salbe aufgetragen", "de"),
    (f"{EX}Salve", "absencePhrase", "noch keine Salbe", "de"),
    (f"{EX}dose", "phrase", "{minInclusive} mg {thing}", "en"),
    (f"{EX}dose", "absencePhrase", "less than {minInclusive} mg {thing}", "en"),
    (f"{EX}dose", "phrase", "mindestens {minInclusive} mg {thing}", "de"),
    (f"{EX}dose", "absencePhrase", "weniger als {minInclusive} mg {thing}", "de"),
)


def phrases() -> Phrases:
    labels = [(EX + name, "salve", "en") for name in ("Salve",)]
    labels += [
        (EX + "Rash", "rash", "en"),
        (EX + "Red", "red", "en"),
        (EX + "Salve", "Salbe", "de"),
    ]
    rows = [
        (ox.NamedNode(term), ox.NamedNode(IND + kind), ox.Literal(text, language=tag))
        for term, kind, text, tag in PHRASES
    ]
    rows += [
        (ox.NamedNode(term), ox.NamedNode(f"{RDFS}label"), ox.Literal(text, language=tag))
        for term, text, tag in labels
    ]
    return Phrases.of((("f", *row) for row in rows), {})


def least(name: str, number: int) -> Facet:
    return RangeFacet(name, Range(integral=True, min_inclusive=Decimal(number)))


def most(name: str, number: int) -> Facet:
    return RangeFacet(name, Range(integral=True, max_inclusive=Decimal(number)))


def had(role: str, cls: str, *facets: Facet) -> Existential:
    return Existential(IND + role, EX + cls if cls else f"{IND}PatientCase", frozenset(facets))


@pytest.mark.parametrize(
    ("atom", "said"),
    [
        (had("received", "Salve"), ("salve put on", "no salve so far")),
        (had("proposes", "Salve"), None),
        (had("hasFinding", "Rash"), None),
        (
            had("received", "Salve", least(DAYS, 42)),
            ("at least 42 days of salve", "less than 42 days of salve"),
        ),
        (
            had("received", "Salve", most(f"{IND}daysSinceEnd", 90)),
            ("salve in the past 90 days", "no salve in the past 90 days"),
        ),
        (
            had("received", "Salve", most(f"{IND}daysSinceEnd", 0)),
            ("salve today", "no salve today"),
        ),
        (
            had("received", "Salve", LiteralFacet(f"{IND}ongoing", value=True)),
            ("salve under way", "no salve under way"),
        ),
        (had("received", "Salve", LiteralFacet(f"{IND}ongoing", value=False)), None),
        (
            had("received", "Salve", IndividualFacet(f"{EX}outcome", f"{EX}Failed")),
            ("failed salve", "no failed salve"),
        ),
        (
            had("proposes", "Salve", IndividualFacet(f"{EX}outcome", f"{EX}Failed")),
            ("failed salve proposed", "no failed salve proposed"),
        ),
        (
            had(
                "hadFinding",
                "Rash",
                IndividualFacet(f"{EX}kind", f"{EX}Red"),
                least(f"{EX}size", 3),
            ),
            ("red rash at any time of size 3 or more", "no red rash at any time of size 3 or more"),
        ),
        (had("hasFinding", "Rash", least(f"{EX}other", 3)), None),
    ],
)
def test_a_fact_is_said_by_phrases(atom: Existential, said: tuple[str, str] | None) -> None:
    assert phrases().words(atom, "en", lambda _: "plainly") == said


def test_a_patient_is_of_an_age() -> None:
    from indicant.compile.model import CASE, ITSELF

    atom = Existential(ITSELF, CASE, frozenset({least(f"{IND}ageInYears", 18)}))
    assert phrases().words(atom, "en", str) == ("18 or older", "younger than 18")


def test_another_language_has_its_own_phrases_and_borrows_none() -> None:
    made = phrases()
    assert made.languages() == ["de", "en"]
    german = made.words(had("received", "Salve"), "de", str)
    assert german == ("Salbe aufgetragen", "noch keine Salbe")
    assert made.words(had("received", "Salve", least(DAYS, 42)), "de", str) is None
    assert made.words(had("hasFinding", "Rash"), "de", str) is None


def test_a_number_is_written_as_its_language_writes_it() -> None:
    half = RangeFacet(f"{EX}dose", Range(integral=False, min_inclusive=Decimal("1200.5")))
    atom = had("received", "Salve", half)
    made = phrases()
    assert made.words(atom, "en", str) == ("1200.5 mg salve", "less than 1200.5 mg salve")
    assert made.words(atom, "de", str) == (
        "mindestens 1200,5 mg Salbe",
        "weniger als 1200,5 mg Salbe",
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", [None, "opioids-for-pain"])
def test_no_two_facts_are_said_alike(name: str | None) -> None:
    """A phrase that left out what sets two facts apart would make one out of them."""
    catalogue = Guideline.load(name).assessor.catalogue
    said = Counter(one.label for one in catalogue.literals.values())
    assert [label for label, count in said.items() if count > 1] == []


@pytest.mark.slow
def test_facts_of_the_guidelines_read_as_language() -> None:
    spine = {one.label for one in Guideline.load().assessor.catalogue.literals.values()}
    assert {
        "failed conservative management",
        "less than 42 days of formal physical therapy",
    } <= spine
    other = Guideline.load("opioids-for-pain").assessor.catalogue.literals.values()
    opioid = {one.label for one in other}
    assert {
        "18 or older",
        "younger than 18",
        "no urine test for opioids in the past year",
    } <= opioid
