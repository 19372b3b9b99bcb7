"""What an institution says is complete holds of a patient only where nothing was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from indicant.errors import IndicantError
from intaking import ACTIVE, PATIENT, Record, bundle, concept, record, said, status, take, take_text

if TYPE_CHECKING:
    from pathlib import Path

PREFIXES = """\
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix intake: <https://w3id.org/indicant/intake/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix t: <https://example.org/terms/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

"""
WHO = "https://hospital.example/informatics"
BY = f"prov:wasAttributedTo <{WHO}>"
SOURCE = "<https://hospital.example/records> a intake:Source ; "
DONE = {"status": "completed"}


def claims(folder: Path, text: str, by: str = BY) -> Path:
    file = folder / "complete.ttl"
    file.write_text(f"{PREFIXES}{SOURCE}{by} ; {text} .\n", encoding="utf-8")
    return file


def stated(folder: Path, text: str, *records: Record, **options: Any) -> set[str]:
    """Return what a case says of being complete."""
    found = said(take(*records, completeness=claims(folder, text), **options))
    return {one for one in found if one.startswith(("recordsAll", "completeness"))}


ALL = "ind:recordsAll t:Operation"
KNOWN = f"{ALL} ; intake:codesAll t:Operation"


def act(name: str, code: str, **more: Any) -> Record:
    return record("Procedure", name, **concept(code), **{**DONE, **more})


def test_without_a_file_nothing_is_complete() -> None:
    """The trap of those who take a query that finds nothing for an answer."""
    found = said(take(act("a", "operation")))
    assert found == {"received Operation"}
    assert said(take()) == set()


def test_what_is_said_of_a_source_holds_of_a_patient(tmp_path: Path) -> None:
    assert stated(tmp_path, ALL) == {"recordsAll Operation"}
    assert stated(tmp_path, ALL, act("a", "operation"), act("b", "scan")) == {
        "recordsAll Operation"
    }
    since = (
        "ind:completeness [ a ind:Completeness ; ind:of t:Operation ; "
        'ind:since "2026-01-01"^^xsd:date ]'
    )
    assert stated(tmp_path, since) == {
        f"completeness Completeness of=https://example.org/terms/Operation since=2026-01-01 "
        f"wasAttributedTo={WHO}"
    }
    assert stated(tmp_path, since, as_of="2025-12-31") == set()
    taken = take(completeness=claims(tmp_path, since), as_of="2025-12-31")
    (remark,) = taken.report.patients[0].remarks
    assert remark.endswith("recorded since 2026-01-01: that is after the as-of date")


GAPS = {
    "unknown code": act("a", "nobody-knows"),
    "near code": record("Procedure", "a", **concept("operation", "ache"), status="stopped"),
    "no code": record("Procedure", "a", **DONE),
    "code without system": record("Procedure", "a", **concept("operation", system=None), **DONE),
    "unknown status": act("a", "operation", status="unknown"),
    "no status": act("a", "operation", status=None),
    "modified": act("a", "operation", modifierExtension=[{"url": "urn:x"}]),
    "spoilt date": act("a", "operation", performedDateTime="2026-02-30"),
    "perhaps late": act("a", "operation", performedDateTime="2026"),
    "of nobody": {**act("a", "operation"), "subject": {"display": "Ann"}},
    "of a group": {**act("a", "operation"), "subject": {"reference": "Group/1"}},
    "unknown type": {**act("a", "operation"), "resourceType": "Surgery"},
    "negated code": act("a", "operation:x=y"),
}


@pytest.mark.parametrize("gap", GAPS)
def test_what_was_left_out_and_may_be_such_is_a_gap(gap: str, tmp_path: Path) -> None:
    taken = take(GAPS[gap], completeness=claims(tmp_path, ALL))
    assert said(taken) == set()
    (remark,) = taken.report.patients[0].remarks
    assert remark.startswith("it is not stated that all of Operation is recorded: ")
    assert remark.endswith(" may be such")


NO_GAPS = {
    "in error": act("a", "operation", status="entered-in-error"),
    "not done": act("a", "operation", status="not-done"),
    "later": act("a", "operation", performedDateTime="2026-12-01"),
    "another's": {**act("a", "operation"), "subject": {"reference": "Patient/q"}},
    "something else": act("a", "scan", status="unknown"),
    "a finding": record("Condition", "a", **concept("nobody-knows"), **ACTIVE),
    "an aside": record("FamilyMemberHistory", "a"),
}


@pytest.mark.parametrize("name", NO_GAPS)
def test_what_cannot_be_such_is_no_gap(name: str, tmp_path: Path) -> None:
    assert stated(tmp_path, ALL, NO_GAPS[name]) == {"recordsAll Operation"}


def test_who_uses_no_other_codes_has_no_gap_where_one_is_not_known(tmp_path: Path) -> None:
    for gap in ("unknown code", "negated code"):
        assert stated(tmp_path, KNOWN, GAPS[gap]) == {"recordsAll Operation"}
    for gap in ("no code", "code without system", "unknown status", "modified", "of nobody"):
        assert stated(tmp_path, KNOWN, GAPS[gap]) == set()


def test_a_page_of_several_and_a_broken_line_are_gaps(tmp_path: Path) -> None:
    import json

    file = claims(tmp_path, ALL)
    page = bundle(PATIENT, form="searchset", link=[{"relation": "next", "url": "urn:x"}])
    taken = take_text(json.dumps(page), completeness=file)
    assert said(taken) == set()
    assert "one page of several" in taken.report.remarks[0]
    lines = json.dumps(PATIENT) + "\n" + json.dumps(act("a", "operation"))[:-9]
    assert said(take_text(lines, completeness=file)) == set()


def test_findings_are_complete_where_no_finding_was_left_out(tmp_path: Path) -> None:
    text = "ind:recordsAll t:Fracture"
    fine = record("Condition", "a", **concept("neck-pain"), **ACTIVE)
    assert stated(tmp_path, text, fine, act("b", "nobody-knows")) == {"recordsAll Fracture"}
    doubtful = status("verificationStatus", "provisional")
    assert stated(tmp_path, text, record("Condition", **concept("fracture"), **doubtful)) == set()
    assert stated(tmp_path, text, record("Observation", **concept("nobody-knows"))) == set()


@pytest.mark.parametrize(
    ("more", "complete"),
    [
        (ACTIVE, True),
        (status("clinicalStatus", "resolved"), False),
        ({"abatementString": "last year"}, False),
        ({"abatementDateTime": "2026-11-30"}, True),
        ({"abatementDateTime": "2025"}, True),
        ({"abatementDateTime": "2026"}, False),
        ({"abatementDateTime": "2027-01-01"}, False),
        (status("clinicalStatus", "resolved") | {"abatementDateTime": "2026-01-01"}, True),
        (ACTIVE | {"abatementDateTime": "2027-01-01"}, False),
        ({}, False),
        (status("clinicalStatus", "unknown"), False),
        (ACTIVE | {"abatementString": "last year"}, False),
    ],
)
def test_of_what_may_still_be_there_a_complete_case_would_say_that_it_is_over(
    more: dict[str, Any], complete: bool, tmp_path: Path
) -> None:
    """A complete case records by ind:hasFinding whatever is there; so it has to be known."""
    one = record("Condition", **concept("fracture"), **more)
    wanted = {"recordsAll Fracture"} if complete else set()
    assert stated(tmp_path, "ind:recordsAll t:Fracture", one) == wanted
    assert stated(tmp_path, "ind:recordsAll t:Infection", one) == {"recordsAll Infection"}


def test_what_was_seen_on_a_day_may_still_be_there(tmp_path: Path) -> None:
    seen = record("Observation", **concept("infection"), status="final", valueBoolean=True)
    text = "ind:recordsAll t:Infection"
    assert stated(tmp_path, text, seen | {"effectiveDateTime": "2026-10-01"}) == set()
    assert stated(tmp_path, text, seen | {"effectiveDateTime": "2026-11-30"}) == {
        "recordsAll Infection"
    }
    value = {
        "valueQuantity": {"value": 90, "code": "umol/L", "system": "http://unitsofmeasure.org"}
    }
    measured = record("Observation", **concept("creatinine"), status="final", **value)
    assert stated(tmp_path, "ind:recordsAll t:Creatinine", measured) == {"recordsAll Creatinine"}


def test_all_plans_are_named_where_none_was_left_out(tmp_path: Path) -> None:
    text = "ind:recordsAllProposals true"
    plan = {"status": "active", "intent": "plan"}
    known = record("ServiceRequest", **concept("operation"), **plan)
    assert stated(tmp_path, text, known) == {"recordsAllProposals true"}
    unknown = record("ServiceRequest", **concept("nobody-knows"), **plan)
    assert stated(tmp_path, text, unknown) == set()
    assert stated(tmp_path, "ind:recordsAllProposals false", known) == set()


@pytest.mark.parametrize(
    ("text", "by", "message"),
    [
        ("ind:recordsAll t:Opreation", BY, "Opreation is no class of findings or of interventions"),
        ("ind:recordsAll t:Stage", BY, "Stage is no class"),
        ("ind:excludes t:Operation", BY, "excludes says nothing of a source"),
        (ALL, 'prov:wasAttributedTo "us"', "it is not said who says so"),
        (ALL, "a intake:Source", "it is not said who says so"),
        ("ind:completeness [ ind:of t:Operation ]", BY, "a completeness is"),
        (
            'ind:completeness [ a ind:Completeness ; ind:of t:Operation ; ind:since "2026-02-30" ]',
            BY,
            "ind:since is a day",
        ),
        ('ind:recordsAllProposals "perhaps"', BY, "is true or false"),
        (f"{ALL} . <urn:other> a intake:Source", BY, "something of 2 sources"),
    ],
)
def test_a_file_that_says_something_else_is_refused_with_its_line(
    text: str, by: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(IndicantError, match=message) as caught:
        take(completeness=claims(tmp_path, text, by))
    assert caught.value.file == str(tmp_path / "complete.ttl")
