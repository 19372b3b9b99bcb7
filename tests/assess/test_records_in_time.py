"""What follows from dates, from an end that is missing and from what a case is complete by."""

from __future__ import annotations

import datetime
from functools import cache
from typing import TYPE_CHECKING

import pytest

import kept
from indicant.assess.engine import ENGINES, Engine, make_engine
from indicant.files.rdf import parse
from making import PREFIXES
from oracle import ANSWERS, source_of

if TYPE_CHECKING:
    from collections.abc import Mapping

AS_OF = "2026-11-22"
DECIDED = """
PREFIX ind: <https://w3id.org/indicant/core/>
SELECT ?answer ?criterion WHERE {
  ?case a ind:PatientCase ; ?answer ?criterion .
  VALUES ?answer { ind:meets ind:refutes ind:leavesOpen }
}
"""
VOCABULARY = """
<https://example.org/g/> a owl:Ontology .
ex:Order a owl:Class ; rdfs:subClassOf ind:Intervention .
ex:Opioid a owl:Class ; rdfs:subClassOf ex:Order .
ex:Naloxone a owl:Class ; rdfs:subClassOf ex:Order .
ex:Visit a owl:Class ; rdfs:subClassOf ind:Intervention .
ex:Dose a owl:Class ; rdfs:subClassOf ind:Intervention .
ex:Reading a owl:Class ; rdfs:subClassOf ind:Finding .
ex:Scan a owl:Class ; rdfs:subClassOf ind:Investigation .
ex:Act a owl:Class ; rdfs:subClassOf ind:Intervention .
ex:value a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range xsd:decimal .
"""
KINDS = {"days": "integer", "weeks": "decimal", "value": "decimal"}


def facet(name: str, words: str) -> str:
    """Write a facet, such as ``at most 90`` or ``true``."""
    path = f"ex:{name}" if name == "value" else f"ind:{name}"
    if words in ("true", "false"):
        return f"[ a owl:Restriction ; owl:onProperty {path} ; owl:hasValue {words} ]"
    kind, _, number = words.rpartition(" ")
    limit = {"at most": "maxInclusive", "at least": "minInclusive", "less than": "maxExclusive"}
    return (
        f"[ a owl:Restriction ; owl:onProperty {path} ; owl:someValuesFrom [ a rdfs:Datatype ; "
        f"owl:onDatatype xsd:{KINDS.get(name, 'integer')} ; "
        f"owl:withRestrictions ( [ xsd:{limit[kind]} {number} ] ) ] ]"
    )


def some(role: str, cls: str, **bounds: str) -> str:
    """Write an existential with facets."""
    facets = " ".join(facet(name, words) for name, words in bounds.items())
    filler = f"[ a owl:Class ; owl:intersectionOf ( {cls} {facets} ) ]" if facets else cls
    return f"[ a owl:Restriction ; owl:onProperty ind:{role} ; owl:someValuesFrom {filler} ]"


def no(one: str) -> str:
    """Write a complement, of cases."""
    rest = f"[ a owl:Class ; owl:complementOf {one} ]"
    return f"[ a owl:Class ; owl:intersectionOf ( ind:PatientCase {rest} ) ]"


def either(*parts: str) -> str:
    """Write a union."""
    return f"[ a owl:Class ; owl:unionOf ( {' '.join(parts)} ) ]"


CRITERIA: Mapping[str, str] = {
    "recent": some("received", "ex:Opioid", daysSinceEnd="at most 90"),
    "none-recent": no(some("received", "ex:Opioid", daysSinceEnd="at most 90")),
    "taking": some("received", "ex:Opioid", ongoing="true"),
    "short": some("received", "ex:Opioid", days="at most 90"),
    "dosed": some("received", "ex:Dose", daysSinceStart="at most 90"),
    "dosed-for": some("received", "ex:Dose", days="at most 90"),
    "this-year": some("received", "ex:Visit", monthsSinceStart="less than 12"),
    "grown-up": some("received", "ex:Visit", yearsSinceStart="at least 18"),
    "low": some("hasFinding", "ex:Reading", value="less than 30"),
    "present": some("hasFinding", "ex:Reading"),
    "had": some("hadFinding", "ex:Reading"),
    "had-recently": some("hadFinding", "ex:Reading", daysSinceEnd="at most 90"),
    "had-this-year": some("hadFinding", "ex:Reading", monthsSinceStart="less than 12"),
    "had-for-long": some("hadFinding", "ex:Reading", days="at least 42"),
    "had-low": some("hadFinding", "ex:Reading", value="less than 30"),
    "low-or-not": either(
        some("hasFinding", "ex:Reading", value="less than 30"),
        some("hasFinding", "ex:Reading", value="at least 30"),
    ),
    "adult": facet("ageInYears", "at least 18"),
    "infant": facet("ageInMonths", "less than 24"),
    "female": "[ a owl:Restriction ; owl:onProperty ind:sex ; owl:hasValue ind:Female ]",
    "planned": some("proposes", "ex:Naloxone"),
    "none-planned": no(some("proposes", "ex:Naloxone")),
}


@cache
def engines() -> dict[str, Engine]:
    """Return each engine for a guideline with an indication for each criterion."""
    advice = [
        f"ex:{name} a owl:Class , ind:Criterion ; owl:equivalentClass {text} .\n"
        f"ex:for-{name} a ind:Indication ; ind:action ex:Act ; ind:criterion ex:{name} .\n"
        for name, text in CRITERIA.items()
    ]
    source = source_of(PREFIXES + VOCABULARY + "".join(advice))
    compiled = kept.compiled(source)
    return {name: make_engine(name, compiled, source) for name in ENGINES}


def answers(case: str, nodes: str = "", *, as_of: str = AS_OF) -> dict[str, str]:
    """Return the answer of each criterion about a case, on which all engines agree."""
    text = f':c a ind:PatientCase ; ind:asOf "{as_of}"^^xsd:date ; {case} .\n{nodes}'
    document = parse(PREFIXES + text, path="case.ttl")
    told = {}
    for name, engine in engines().items():
        engine.begin(document.quads)
        told[name] = {
            (one or "").removeprefix("https://example.org/g/for-"): ANSWERS[answer or ""]
            for answer, one in engine.select(DECIDED)
            if "/for-" in (one or "")
        }
    assert told["oxigraph"] == told["rdflib"] == told["hermit"]
    return dict(told["oxigraph"])


def date(day: str) -> str:
    return f'"{day}"^^xsd:date'


def before(days: int) -> str:
    return date((datetime.date.fromisoformat(AS_OF) - datetime.timedelta(days=days)).isoformat())


def opioid(*said: str, more: str = "") -> dict[str, str]:
    """Return the answers about a case with one opioid order."""
    return answers(f"ind:received :o {more}", f":o {' ; '.join(('a ex:Opioid', *said))} .")


# ---------------------------------------------------------------------- dates


@pytest.mark.slow
@pytest.mark.parametrize(
    ("days", "answer"), [(0, "met"), (89, "met"), (90, "met"), (91, "refuted"), (400, "refuted")]
)
def test_a_window_has_its_last_day_and_not_the_day_before(days: int, answer: str) -> None:
    told = opioid(f"ind:on {before(days)}", more="; ind:recordsAll ex:Opioid")
    opposite = {"met": "refuted", "refuted": "met"}[answer]
    assert (told["recent"], told["none-recent"]) == (answer, opposite)


@pytest.mark.slow
def test_a_week_long_ago_is_short_and_not_recent() -> None:
    said = f"ind:startedOn {date('2020-03-02')}", f"ind:endedOn {date('2020-03-09')}"
    told = opioid(*said, more="; ind:recordsAll ex:Opioid")
    assert (told["short"], told["recent"], told["taking"]) == ("met", "refuted", "refuted")


@pytest.mark.slow
def test_a_dose_has_a_day_and_no_length() -> None:
    told = answers("ind:received :d", f":d a ex:Dose ; ind:on {before(1)} .")
    assert (told["dosed"], told["dosed-for"]) == ("met", "open")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("day", "as_of", "this_year"),
    [
        ("2025-11-22", "2026-11-22", "refuted"),
        ("2025-11-23", "2026-11-22", "met"),
        ("2024-02-29", "2025-02-28", "met"),
        ("2024-02-29", "2025-03-01", "refuted"),
        ("2025-01-31", "2026-01-30", "met"),
        ("2025-01-31", "2026-01-31", "refuted"),
        ("2025-03-31", "2026-03-30", "met"),
    ],
)
def test_months_are_those_of_the_calendar(day: str, as_of: str, this_year: str) -> None:
    case = "ind:received :v ; ind:recordsAll ex:Visit"
    told = answers(case, f":v a ex:Visit ; ind:on {date(day)} .", as_of=as_of)
    assert told["this-year"] == this_year


@pytest.mark.slow
@pytest.mark.parametrize(
    ("day", "as_of", "grown_up"),
    [
        ("2008-11-22", "2026-11-21", "refuted"),
        ("2008-11-22", "2026-11-22", "met"),
        ("2008-02-29", "2026-02-28", "refuted"),
        ("2008-02-29", "2026-03-01", "met"),
    ],
)
def test_years_are_completed_on_the_day(day: str, as_of: str, grown_up: str) -> None:
    case = "ind:received :v ; ind:recordsAll ex:Visit"
    told = answers(case, f":v a ex:Visit ; ind:on {date(day)} .", as_of=as_of)
    assert told["grown-up"] == grown_up


# ---------------------------------------------------------------------- a missing end


@pytest.mark.slow
def test_a_missing_end_is_neither_an_end_nor_its_absence() -> None:
    told = opioid(f"ind:startedOn {before(400)}", more="; ind:recordsAll ex:Opioid")
    assert {told[one] for one in ("recent", "none-recent", "taking", "short")} == {"open"}
    told = opioid(f"ind:startedOn {before(90)}", more="; ind:recordsAll ex:Opioid")
    assert (told["recent"], told["short"], told["taking"]) == ("met", "met", "open")


@pytest.mark.slow
@pytest.mark.parametrize(("ongoing", "answer"), [("true", "met"), ("false", "refuted")])
def test_what_goes_on_is_said(ongoing: str, answer: str) -> None:
    told = opioid(f"ind:ongoing {ongoing}", more="; ind:recordsAll ex:Opioid")
    assert told["taking"] == answer
    assert told["recent"] == ("met" if ongoing == "true" else "open")


# ---------------------------------------------------------------------- completeness


@pytest.mark.slow
def test_nothing_recorded_settles_nothing_unless_all_is_recorded() -> None:
    nothing = answers("ind:hasFinding [ a ex:Reading ]")
    assert (nothing["recent"], nothing["none-recent"]) == ("open", "open")
    every = answers("ind:recordsAll ex:Opioid")
    assert (every["recent"], every["none-recent"], every["taking"]) == ("refuted", "met", "refuted")
    above = answers("ind:recordsAll ex:Order")
    assert above == every
    beside = answers("ind:recordsAll ex:Naloxone")
    assert beside["recent"] == "open"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("days", "answer"),
    [(60, "open"), (89, "open"), (90, "refuted"), (91, "refuted"), (400, "refuted")],
)
def test_completeness_from_a_day_on_settles_what_was_since(days: int, answer: str) -> None:
    complete = f"[ a ind:Completeness ; ind:of ex:Order ; ind:since {before(days)} ]"
    told = answers(f"ind:completeness {complete}")
    assert told["recent"] == answer
    assert told["taking"] == "refuted", "what goes on is not over before any day"
    assert told["short"] == "open"


@pytest.mark.slow
def test_a_record_of_something_else_keeps_nothing_open() -> None:
    case = "ind:received :x ; ind:recordsAll ex:Opioid"
    assert answers(case, ":x a ex:Visit .")["recent"] == "refuted"
    assert answers(case, ":x a ex:Naloxone .")["recent"] == "refuted"
    assert answers(case, ":x a ex:Order .")["recent"] == "open", "an order may be an opioid"
    assert answers(case, ":x a ex:Opioid .")["recent"] == "open", "nobody knows when"
    said = f":x a ex:Order ; ind:on {before(91)} ."
    assert answers(case, said)["recent"] == "refuted", "whatever it was, it was before"


@pytest.mark.slow
def test_one_reading_says_nothing_of_others() -> None:
    low, high = ":r a ex:Reading ; ex:value 29 .", ":r a ex:Reading ; ex:value 30 ."
    assert answers("ind:hasFinding :r", low)["low"] == "met"
    assert answers("ind:hasFinding :r", high)["low"] == "open"
    assert answers("ind:hasFinding :r ; ind:recordsAll ex:Reading", high)["low"] == "refuted"


@pytest.mark.slow
def test_a_proposal_is_denied_or_all_are_recorded() -> None:
    assert answers("ind:hasFinding [ a ex:Reading ]")["planned"] == "open"
    for said in (
        "ind:doesNotPropose ex:Naloxone",
        "ind:doesNotPropose ex:Order",
        "ind:recordsAllProposals true",
        "ind:recordsAllProposals true ; ind:proposes ex:Visit",
    ):
        told = answers(said)
        assert (told["planned"], told["none-planned"]) == ("refuted", "met"), said
    for said in (
        "ind:doesNotPropose ex:Opioid",
        "ind:excludes ex:Naloxone",
        "ind:recordsAllProposals false",
        "ind:recordsAllProposals true ; ind:proposes ex:Order",
    ):
        assert answers(said)["planned"] == "open", said
    assert answers("ind:recordsAllProposals true ; ind:proposes ex:Naloxone")["planned"] == "met"


# ---------------------------------------------------------------------- the past


PAST = ("present", "had", "had-recently", "had-this-year", "had-for-long", "had-low")


def past(case: str, *said: str) -> str:
    """Return what criteria about a reading are answered, by a letter each."""
    told = answers(case, f":r {' ; '.join(('a ex:Reading', *said))} ." if said else "")
    return "".join(told[name][0] for name in PAST)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "answers_"),
    [
        ("ind:excludes ex:Reading", "rooooo"),
        ("ind:neverHad ex:Reading", "rrrrrr"),
        ("ind:neverHad ind:Finding", "rrrrrr"),
        ("ind:recordsAll ex:Reading", "rrrrrr"),
        ("ind:excludes ex:Dose", "oooooo"),
    ],
)
def test_what_is_absent_now_may_have_been_there(case: str, answers_: str) -> None:
    assert past(case) == answers_


@pytest.mark.slow
def test_what_is_present_has_been_there_and_ended_no_day_ago() -> None:
    onset = f"ind:onset {before(41)}"
    assert past("ind:hasFinding :r", onset) == "mmmmoo"
    assert past("ind:hasFinding :r , :r ; ind:hadFinding :r", onset) == "mmmmoo"
    assert past("ind:hasFinding :r ; ind:recordsAll ex:Reading", onset) == "mmmmro"
    shown = "ind:received [ a ex:Scan ; ind:shows :r ]"
    assert past(shown, onset, "ex:value 29") == "mmmmom"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("onset", "end", "answers_"),
    [
        (41, 0, "rmmmro"),
        (42, 0, "rmmmmo"),
        (131, 90, "rmmmro"),
        (132, 90, "rmmmmo"),
        (132, 91, "rmrmro"),
        (133, 91, "rmrmmo"),
        (364, 364, "rmrmro"),
        (365, 364, "rmrrro"),
        (30, None, "rmmmro"),
        (90, None, "rmmmoo"),
        (91, None, "rmomoo"),
        (400, None, "rmoroo"),
        (None, 90, "rmmooo"),
        (None, 91, "rmrooo"),
        (None, 365, "rmrroo"),
    ],
)
def test_an_end_that_is_missing_lies_between_the_onset_and_today(
    onset: int | None, end: int | None, answers_: str
) -> None:
    """The day before each bound, the day and the next."""
    said = [f"ind:onset {before(onset)}"] if onset is not None else []
    said += [f"ind:endedOn {before(end)}"] if end is not None else []
    assert past("ind:hadFinding :r ; ind:recordsAll ex:Reading", *said) == answers_
    assert past("ind:hadFinding :r", *said) == answers_.replace("r", "o")


@pytest.mark.slow
@pytest.mark.parametrize(("days", "answers_"), [(90, "rmmmoo"), (91, "rmrmoo"), (365, "rmrroo")])
def test_what_was_there_on_one_day_has_no_length(days: int, answers_: str) -> None:
    case = "ind:hadFinding :r ; ind:recordsAll ex:Reading"
    assert past(case, f"ind:on {before(days)}") == answers_


@pytest.mark.slow
@pytest.mark.parametrize(
    ("days", "answers_"), [(90, "oooooo"), (363, "oooooo"), (364, "oooroo"), (365, "oooroo")]
)
def test_what_is_missing_although_all_is_recorded_from_a_day_on_began_before(
    days: int, answers_: str
) -> None:
    """It may be over since, or not."""
    complete = f"[ a ind:Completeness ; ind:of ex:Reading ; ind:since {before(days)} ]"
    assert past(f"ind:completeness {complete}") == answers_


# ---------------------------------------------------------------------- bounds


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bounds", "low"),
    [
        ("ind:maxExclusive 30", "met"),
        ("ind:maxInclusive 30", "open"),
        ("ind:minInclusive 30", "refuted"),
        ("ind:minExclusive 29.9", "open"),
        ("ind:minInclusive 20 ; ind:maxExclusive 40", "open"),
    ],
)
def test_a_value_within_bounds(bounds: str, low: str) -> None:
    said = f":r a ex:Reading ; ind:bounds [ a ind:Bounds ; ind:of ex:value ; {bounds} ] ."
    told = answers("ind:hasFinding :r ; ind:recordsAll ex:Reading", said)
    assert (told["low"], told["low-or-not"]) == (low, "met")


# ---------------------------------------------------------------------- the patient


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "adult", "infant"),
    [
        ('ind:birthDate "2008-11-22"^^xsd:date', "met", "refuted"),
        ('ind:birthDate "2008-11-23"^^xsd:date', "refuted", "refuted"),
        ('ind:birthDate "2024-11-22"^^xsd:date', "refuted", "refuted"),
        ('ind:birthDate "2024-11-23"^^xsd:date', "refuted", "met"),
        ("ind:ageInYears 18", "met", "refuted"),
        ("ind:ageInYears 1", "refuted", "met"),
        ("ind:ageInYears 2", "refuted", "refuted"),
        ("ind:ageInMonths 215", "refuted", "refuted"),
        ("ind:ageInMonths 216", "met", "refuted"),
        ("ind:ageInDays 9000", "open", "open"),
        ("ind:sex ind:Male", "open", "open"),
    ],
)
def test_a_patient_is_of_an_age(said: str, adult: str, infant: str) -> None:
    told = answers(said)
    assert (told["adult"], told["infant"]) == (adult, infant)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sex", "answer"), [("Female", "met"), ("Male", "refuted"), ("OtherSex", "refuted")]
)
def test_a_patient_is_of_a_sex(sex: str, answer: str) -> None:
    assert answers(f"ind:sex ind:{sex}")["female"] == answer
    assert answers("ind:ageInYears 40")["female"] == "open"
