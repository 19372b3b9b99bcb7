"""What records say, and what they do not: codes, dates, values and what modifies them."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicant.errors import IndicantError
from indicant.files.sources import gather
from indicant.intake.codes import tables_of
from indicant.intake.events import MomentError, moment
from indicant.intake.patients import Intake, Options
from intaking import (
    ACTIVE,
    AS_OF,
    CODES,
    PATIENT,
    TERMS,
    bundle,
    concept,
    reasons,
    record,
    said,
    status,
    take,
    take_text,
    vocabulary,
)

if TYPE_CHECKING:
    from pathlib import Path

    from indicant.intake.patients import Taken

FINAL = {"status": "final", "effectiveDateTime": "2026-10-01"}
UCUM = "http://unitsofmeasure.org"
ON = "on=2026-10-01"


def remarks(taken: Taken) -> list[str]:
    return [text for one in taken.report.patients for row in one.used for text in row.remarks]


def quantity(value: Any, code: str | None = "umol/L", **more: Any) -> dict[str, Any]:
    """Return a quantity in a unit of UCUM."""
    unit = {} if code is None else {"system": UCUM, "code": code, "unit": code}
    return {"value": value, **unit, **more}


def measured(name: str, **found: Any) -> Taken:
    return take(record("Observation", **concept(name), **FINAL, **found))


# ---------------------------------------------------------------------- codes


@pytest.mark.parametrize(
    ("codes", "wanted"),
    [
        (["neck-pain"], {"hasFinding NeckPain"}),
        (["left-neck-pain"], {"hasFinding NeckPain"}),
        (["pain", "neck-pain"], {"hasFinding NeckPain"}),
        (["painful-fracture"], {"hasFinding Fracture+Pain"}),
        (["neck-pain", "fracture"], {"hasFinding Fracture+NeckPain"}),
        (["neck-pain", "nobody-knows"], {"hasFinding NeckPain"}),
    ],
)
def test_a_code_stands_for_the_terms_that_it_implies(codes: list[str], wanted: set[str]) -> None:
    assert said(take(record("Condition", **concept(*codes), **ACTIVE))) == wanted


@pytest.mark.parametrize(
    ("codes", "reason"),
    [
        (["ache"], "weak-match"),
        (["stiff-and-sore"], "weak-match"),
        (["nobody-knows"], "unknown-code"),
        (["NECK-PAIN"], "unknown-code"),
        (["neck-pain:363698007=45048000"], "unknown-code"),
        (["fever-and-chill"], "contradiction"),
        (["fever", "chill"], "contradiction"),
        (["operation"], "other-kind"),
        ([], "no-code"),
    ],
)
def test_a_code_that_implies_no_term_counts_for_nothing(codes: list[str], reason: str) -> None:
    taken = take(record("Condition", **concept(*codes), **ACTIVE))
    assert (said(taken), reasons(taken)) == (set(), [reason])


def test_a_code_without_a_system_is_looked_up_nowhere() -> None:
    taken = take(record("Condition", **concept("neck-pain", system=None), **ACTIVE))
    assert (said(taken), reasons(taken)) == (set(), ["no-system"])


def test_a_finding_is_no_act_and_an_act_no_finding() -> None:
    taken = take(
        record("Condition", "a", **concept("aspirin"), **ACTIVE),
        record("Procedure", "b", **concept("neck-pain"), status="completed"),
        record("Observation", "c", **concept("operation"), **FINAL, valueBoolean=False),
    )
    assert (said(taken), reasons(taken)) == (set(), ["other-kind"] * 3)


def test_relatives_and_history_say_nothing_of_the_patient() -> None:
    relative = record("FamilyMemberHistory", condition=[concept("neck-pain")])
    history = record("Condition", "h", **concept("history-of-neck-pain"), **ACTIVE)
    taken = take(relative, history)
    assert (said(taken), reasons(taken)) == (set(), ["aside", "unknown-code"])


def test_codes_that_no_table_knows_are_counted_the_most_frequent_first() -> None:
    other = {"resourceType": "Patient", "id": "q"}
    taken = take(
        PATIENT,
        other,
        record("Condition", "a", **concept("x"), **ACTIVE),
        record("Condition", "b", **concept("x", "neck-pain"), **ACTIVE),
        record("Condition", "c", **concept("y"), **ACTIVE),
        {
            **record("Condition", "d", **concept("y"), **ACTIVE),
            "subject": {"reference": "Patient/q"},
        },
        record(
            "Condition", "e", **concept("z"), **status("verificationStatus", "entered-in-error")
        ),
    )
    found = [(one.code, one.records, one.patients) for one in taken.report.unknown]
    assert found == [("y", 2, 2), ("x", 2, 1)]


def test_a_table_of_ones_own_is_asked_as_well(tmp_path: Path) -> None:
    table = tmp_path / "own.sssom.tsv"
    table.write_text(
        "#curie_map:\n#  t: https://example.org/terms/\n#  l: https://local.example/\n"
        "#mapping_set_id: https://local.example/table\n"
        "#license: https://creativecommons.org/publicdomain/zero/1.0/\n"
        "#object_source: https://local.example/codes\n"
        "subject_id\tpredicate_id\tobject_id\tmapping_justification\n"
        "t:Fracture\tskos:exactMatch\tl:77\tsemapv:ManualMappingCuration\n",
        encoding="utf-8",
    )
    one = record("Condition", **concept("77", system="https://local.example/codes"), **ACTIVE)
    assert reasons(take(one)) == ["unknown-code"]
    assert said(take(one, codes=(str(table),))) == {"hasFinding Fracture"}


# ---------------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("onset", "wanted"),
    [
        ({"onsetDateTime": "2026-09-01"}, "hasFinding NeckPain onset=2026-09-01"),
        ({"onsetDateTime": "2026-09"}, "hasFinding NeckPain"),
        ({"onsetDateTime": "2025"}, "hasFinding NeckPain"),
        ({"onsetString": "last summer"}, "hasFinding NeckPain"),
        ({"onsetAge": {"value": 30}}, "hasFinding NeckPain"),
        ({"onsetPeriod": {"start": "2025-01-01", "end": "2025-03-01"}}, "hasFinding NeckPain"),
        (
            {"onsetPeriod": {"start": "2025-01-01", "end": "2025-01-01"}},
            "hasFinding NeckPain onset=2025-01-01",
        ),
        ({"onsetDateTime": "2026-11-30"}, "hasFinding NeckPain onset=2026-11-30"),
    ],
)
def test_no_day_is_made_up(onset: dict[str, Any], wanted: str) -> None:
    assert said(take(record("Condition", **concept("neck-pain"), **ACTIVE, **onset))) == {wanted}


@pytest.mark.parametrize(
    "late",
    [
        {"onsetDateTime": "2026-12-01"},
        {"onsetDateTime": "2026"},
        {"recordedDate": "2026-12-01", "onsetDateTime": "2020-01-01"},
    ],
)
def test_what_is_after_the_as_of_date_or_was_not_known_then_is_left_out(
    late: dict[str, Any],
) -> None:
    taken = take(record("Condition", **concept("neck-pain"), **ACTIVE, **late))
    assert (said(taken), reasons(taken)) == (set(), ["late"])


def test_what_is_planned_is_to_come() -> None:
    plan = record(
        "Encounter",
        type=[concept("operation")["code"]],
        status="planned",
        period={"start": "2027-01-01"},
    )
    assert said(take(plan)) == {"proposes Operation"}
    later = record(
        "ServiceRequest", **concept("operation"), status="active", intent="plan", authoredOn="2027"
    )
    assert reasons(take(later)) == ["late"]


def test_an_end_after_the_as_of_date_is_none_yet() -> None:
    resolved = status("clinicalStatus", "resolved")
    one = record(
        "Condition",
        **concept("neck-pain"),
        **resolved,
        onsetDateTime="2020-01-01",
        abatementDateTime="2026-12-24",
    )
    taken = take(one)
    assert said(taken) == {"hadFinding NeckPain onset=2020-01-01"}
    assert remarks(taken) == ["without its end: 2026-12-24 is, or may be, after the as-of date"]


def test_dates_in_the_wrong_order_are_dates_of_nothing() -> None:
    one = record(
        "Procedure",
        **concept("operation"),
        status="completed",
        performedPeriod={"start": "2026-03-02", "end": "2026-03-01"},
    )
    taken = take(one)
    assert said(taken) == {"received Operation"}
    assert remarks(taken) == ["without its dates: it ends before it begins"]


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        ("2026-10-01T23:30:00-05:00", None, "2026-10-01"),
        ("2026-10-01T23:30:00-05:00", "Europe/Berlin", "2026-10-02"),
        ("2026-10-02T03:30:00Z", "America/New_York", "2026-10-01"),
        ("2026-10-02T03:30:00Z", None, "2026-10-02"),
        ("2026-10-02T03:30:00", "America/New_York", "2026-10-02"),
        ("2026-10-02", "America/New_York", "2026-10-02"),
        ("2026-10-25T00:30:00.5+02:00", "Europe/London", "2026-10-24"),
        ("2016-12-31T23:59:60Z", None, "2016-12-31"),
    ],
)
def test_an_instant_is_of_the_day_at_the_place_of_the_patient(
    instant: str, zone: str | None, day: str
) -> None:
    one = record("Procedure", **concept("operation"), status="completed", performedDateTime=instant)
    assert said(take(one, zone=zone)) == {f"received Operation on={day}"}


def test_a_zone_that_nobody_knows_is_told() -> None:
    with pytest.raises(IndicantError, match="unknown time zone 'Mars/Olympus'"):
        take(zone="Mars/Olympus")
    with pytest.raises(IndicantError, match="unknown time zone"):
        take(zone="../../etc/passwd")


@pytest.mark.parametrize(
    "date",
    [
        "2026-02-30",
        "2026-13-01",
        "26-01-01",
        "2026-1-1",
        "01.02.2026",
        "2026-01-01T25:00:00Z",
        "2026-01-01 10:00",
        "0999-01-01",
        "2026-00",
        "",
        20260101,
        None,
    ],
)
def test_a_date_that_is_none_takes_the_record_with_it(date: Any) -> None:
    one = record("Condition", **concept("neck-pain"), **ACTIVE, onsetDateTime=date)
    taken = take(one)
    if date in ("", None):  # no date is given
        assert said(taken) == {"hasFinding NeckPain"}
    else:
        assert (said(taken), reasons(taken)) == (set(), ["malformed"])


@given(st.dates(datetime.date(1000, 1, 1), datetime.date(2999, 12, 31)))
def test_a_part_of_a_date_holds_the_day(day: datetime.date) -> None:
    text = day.isoformat()
    for part in (text, text[:7], text[:4]):
        found = moment(part)
        assert found.first <= day <= found.last
        assert (found.day == day) == (len(part) == 10)


@settings(max_examples=150)
@given(st.text("0123456789-T:Z+. ", max_size=30))
def test_any_text_is_a_date_or_told(text: str) -> None:
    try:
        found = moment(text)
    except MomentError:
        return
    assert found.first <= found.last
    assert text.startswith(f"{found.first.year:04}")


# ---------------------------------------------------------------------- acts


def test_a_prescription_starts_when_it_was_written_and_ends_only_where_that_is_recorded() -> None:
    def written(**more: Any) -> set[str]:
        code = concept("aspirin-100", key="medicationCodeableConcept")
        dated = {"authoredOn": "2026-10-01", "intent": "order"}
        return said(take(record("MedicationRequest", **code, **dated, **more)))

    assert written(status="active") == {"received Aspirin ongoing=true startedOn=2026-10-01"}
    assert written(status="stopped") == {"received Aspirin startedOn=2026-10-01"}
    assert written(status="completed") == {"received Aspirin startedOn=2026-10-01"}
    assert written(status="stopped", statusChanged="2026-11-02") == {
        "received Aspirin endedOn=2026-11-02 startedOn=2026-10-01"
    }
    assert written(status="active", statusChanged="2026-11-02") == {
        "received Aspirin ongoing=true startedOn=2026-10-01"
    }


def test_what_goes_on_and_has_an_end_is_not_said_to_go_on() -> None:
    one = record(
        "MedicationStatement",
        **concept("drug", key="medicationCodeableConcept"),
        status="active",
        effectivePeriod={"start": "2026-01-01", "end": "2026-02-01"},
    )
    taken = take(one)
    assert said(taken) == {"received Drug endedOn=2026-02-01 startedOn=2026-01-01"}
    assert len(remarks(taken)) == 1


def test_a_drug_taken_at_an_instant_did_not_begin_or_end_then() -> None:
    code = concept("drug", key="medicationCodeableConcept")
    for state, wanted in (("active", " ongoing=true"), ("completed", "")):
        given = {"status": state, "effectiveDateTime": "2026-10-01"}
        assert said(take(record("MedicationStatement", **code, **given))) == {
            f"received Drug{wanted}"
        }


@pytest.mark.parametrize(
    "medication",
    [
        {"medicationReference": {"reference": "#m"}},
        {"medication": {"reference": {"reference": "#m"}}},
        {"medicationReference": {"reference": "Medication/m"}},
    ],
)
def test_a_medication_may_stand_elsewhere(medication: dict[str, Any]) -> None:
    drug = {"resourceType": "Medication", "id": "m", **concept("aspirin")}
    inside = "#m" in json.dumps(medication)
    given = {"status": "active", "intent": "order", **medication}
    one = record("MedicationRequest", **given, **({"contained": [drug]} if inside else {}))
    assert said(take(one, *(() if inside else (drug,)))) == {"received Aspirin ongoing=true"}
    gone = record("MedicationRequest", **given)
    assert reasons(take(gone)) == ["no-code"]
    wrong = {**drug, "status": "entered-in-error"}
    assert reasons(
        take({**one, "contained": [wrong]} if inside else one, *(() if inside else (wrong,)))
    ) == ["no-code"]


@pytest.mark.parametrize(
    ("one", "wanted"),
    [
        (
            record(
                "Procedure",
                **concept("operation"),
                status="completed",
                occurrenceDateTime="2026-05-01",
            ),
            "received Operation on=2026-05-01",
        ),
        (
            record(
                "ServiceRequest",
                code={"concept": concept("operation")["code"]},
                status="active",
                intent="order",
            ),
            "proposes Operation",
        ),
        (
            record(
                "MedicationAdministration",
                medication={"concept": concept("aspirin")["code"]},
                status="completed",
                occurenceDateTime="2026-05-01",
            ),
            "received Aspirin on=2026-05-01",
        ),
        (
            record(
                "Encounter",
                type=[concept("operation")["code"]],
                status="completed",
                actualPeriod={"start": "2026-05-01", "end": "2026-05-03"},
            ),
            "received Operation endedOn=2026-05-03 startedOn=2026-05-01",
        ),
        (
            record("Immunization", **concept("drug", key="vaccineCode"), status="completed")
            | {"occurrenceDateTime": "2026-05-01T10:00:00+02:00"},
            "received Drug on=2026-05-01",
        ),
    ],
    ids=lambda one: one["resourceType"] if isinstance(one, dict) else "",
)
def test_r5_says_the_same_in_other_elements(one: dict[str, Any], wanted: str) -> None:
    assert said(take(one)) == {wanted}


def test_a_period_in_which_something_was_seen_gives_no_day() -> None:
    given = {"status": "final", "valueBoolean": True}
    seen = {"effectivePeriod": {"start": "2026-05-01", "end": "2026-05-03"}}
    taken = take(record("Observation", **concept("infection"), **given, **seen))
    assert said(taken) == {"hadFinding Infection"}
    assert remarks(taken) == ["without its day: 2026-05-01 to 2026-05-03 is no day"]


def test_who_died_is_told() -> None:
    for died, wanted in (
        ({"deceasedDateTime": "2026-01-05"}, ["the patient died on 2026-01-05"]),
        ({"deceasedBoolean": True}, ["the patient is dead"]),
        ({"deceasedBoolean": False}, []),
        ({"deceasedDateTime": "2027-01-05"}, []),
        ({"active": False}, ["the record of the patient is not in use"]),
        (
            {"link": [{"type": "replaced-by", "other": {"reference": "Patient/q"}}]},
            ["the record of the patient was replaced by another one"],
        ),
    ):
        assert take({**PATIENT, **died}).report.patients[0].remarks == wanted


def test_tables_beside_a_vocabulary_are_read_though_nothing_imports_them(tmp_path: Path) -> None:
    """What reading records needs, and assessing not, stands in ``codes.ttl``."""
    for file in TERMS.parent.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    terms = tmp_path / "terms.ttl"
    text = terms.read_text(encoding="utf-8")
    named = "    ind:mappedBy :codes ;\n"
    assert named in text
    terms.write_text(text.replace(named, ""), encoding="utf-8")
    beside = (
        "@prefix ind: <https://w3id.org/indicant/core/> .\n"
        "@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        "<https://example.org/terms/module/codes> a owl:Ontology ; owl:imports <{}> ;\n"
        "    ind:mappedBy <https://example.org/terms/codes> .\n"
    )
    assert tables_of(gather(terms)) == []
    (tmp_path / "codes.ttl").write_text(beside.format("https://example.org/terms/"), "utf-8")
    assert [one.iri for one in tables_of(gather(terms))] == ["https://example.org/terms/codes"]
    (tmp_path / "codes.ttl").write_text(beside.format("https://w3id.org/indicant/core/"), "utf-8")
    assert tables_of(gather(terms)) == []


def test_what_is_had_once_is_one_course_of_which_only_what_all_say_is_known() -> None:
    def done(name: str, **when: Any) -> dict[str, Any]:
        return record("Procedure", name, **concept("therapy"), status="completed", **when)

    taken = take(
        done("a", performedPeriod={"start": "2026-01-01", "end": "2026-02-01"}),
        done("b", performedPeriod={"start": "2026-01-01", "end": "2026-03-01"}),
    )
    assert said(taken) == {"received Therapy"}
    assert len(remarks(taken)) == 4


@pytest.mark.parametrize(
    "when",
    [
        {"performedDateTime": "2026-02-01"},
        {"performedPeriod": {"start": "2026-01-01", "end": "2026-02-01"}},
    ],
)
def test_one_session_is_not_the_whole_course(when: dict[str, Any]) -> None:
    """Of a course that is recorded once, its day would refute every longer one."""
    one = record("Procedure", **concept("therapy"), status="completed", **when)
    taken = take(one)
    assert said(taken) == {"received Therapy"}
    assert remarks(taken) == ["without its days: it may be a part of the whole course"]
    under_way = {**one, "status": "in-progress", "performedPeriod": {"start": "2026-01-01"}}
    under_way.pop("performedDateTime", None)
    assert said(take(under_way)) == {"received Therapy ongoing=true"}


@pytest.mark.parametrize(
    "more",
    [
        {"bodySite": {"text": "left knee"}},
        {"specimen": {"reference": "Specimen/1"}},
        {"method": {"text": "by eye"}},
    ],
)
def test_none_of_it_in_one_place_is_not_none_of_it(more: dict[str, Any]) -> None:
    negative = {"status": "final", "effectiveDateTime": AS_OF, "valueBoolean": False}
    taken = take(record("Observation", **concept("infection"), **negative, **more))
    assert (said(taken), reasons(taken)) == (set(), ["absent-then"])
    positive = {**negative, "valueBoolean": True}
    taken = take(record("Observation", **concept("infection"), **positive, **more))
    assert said(taken) == {"hasFinding Infection"}
    severe = status("verificationStatus", "refuted") | {"recordedDate": AS_OF}
    one = record("Condition", **concept("pain"), **severe, severity={"text": "severe"})
    assert said(take(one)) == set()


@pytest.mark.parametrize(
    ("codes", "wanted"),
    [
        (["pain"], {"excludes Pain"}),
        (["pain", "left-neck-pain"], set()),
        (["pain", "neck-pain"], set()),
        (["neck-pain", "ache"], {"excludes NeckPain"}),
        (["pain", "nobody-knows"], set()),
    ],
)
def test_of_several_codes_the_narrowest_may_be_meant(codes: list[str], wanted: set[str]) -> None:
    """No pain of the left neck is recorded by the code of pain as well."""
    refuted = status("verificationStatus", "refuted") | {"recordedDate": AS_OF}
    assert said(take(record("Condition", **concept(*codes), **refuted))) == wanted


DAILY = {"frequency": 2, "period": 1, "periodUnit": "d"}


def ordered(
    repeat: dict[str, Any] | None = None, /, lasts: dict[str, Any] | None = None, **dose: object
) -> Taken:
    code = concept("drug", key="medicationCodeableConcept")
    supply = {} if lasts is None else {"dispenseRequest": {"expectedSupplyDuration": lasts}}
    timing = {} if repeat is None else {"timing": {"repeat": repeat}}
    how = {"dosageInstruction": [{**timing, **dose}], "status": "draft", "intent": "plan"}
    return take(record("MedicationRequest", **code, **how, **supply))


@pytest.mark.parametrize(
    ("repeat", "wanted"),
    [
        (DAILY, " perDay=2"),
        ({"frequency": 1, "period": 8, "periodUnit": "h"}, " perDay=1 /(8.h)"),
        ({"period": 3, "periodUnit": "d"}, " perDay=1 /(3.d)"),
        ({**DAILY, "frequencyMax": 4}, ""),
        ({**DAILY, "count": 6}, ""),
        ({**DAILY, "dayOfWeek": ["mon"]}, ""),
        ({**DAILY, "period": 1.5}, ""),
        ({**DAILY, "periodUnit": "fortnight"}, ""),
    ],
)
def test_how_often_is_said_where_the_order_says_nothing_else(
    repeat: dict[str, Any], wanted: str
) -> None:
    assert said(ordered(repeat)) == {f"proposes Drug{wanted}"}
    for needed in ("asNeededBoolean", "asNeeded", "asNeededFor"):
        assert said(ordered(repeat, None, **{needed: True})) == {"proposes Drug"}
    assert said(ordered(repeat, asNeededBoolean=False)) == {f"proposes Drug{wanted}"}


def test_how_long_a_supply_lasts_is_said_in_units_of_ucum() -> None:
    assert said(ordered(lasts=quantity(28, "d"))) == {"proposes Drug lasts=28"}
    assert said(ordered(lasts=quantity(4, "wk"))) == {"proposes Drug lasts=4 wk"}
    taken = ordered(lasts={"value": 28, "unit": "days"})
    assert said(taken) == {"proposes Drug"}
    assert remarks(taken) == ["without its lasts: 'days' is given as no unit of UCUM"]
    assert reasons(ordered({"frequency": []}, lasts={"value": "x"})) == ["malformed"]


def test_an_order_whose_time_is_over_is_not_said_to_go_on() -> None:
    code = concept("drug", key="medicationCodeableConcept")
    active = {"status": "active", "intent": "order", "authoredOn": "2026-01-01"}
    over = {"end": "2026-02-01"}
    for more in (
        {"dispenseRequest": {"validityPeriod": over}},
        {"dosageInstruction": [{"timing": {"repeat": {"boundsPeriod": over}}}]},
    ):
        taken = take(record("MedicationRequest", **code, **active, **more))
        assert said(taken) == {"received Drug startedOn=2026-01-01"}
        assert len(remarks(taken)) == 1
    last = record("MedicationRequest", **code, **active)
    for end, wanted in ((AS_OF, " ongoing=true"), ("2026-11-29", ""), ("2026-11", "")):
        supply = {"dispenseRequest": {"validityPeriod": {"end": end}}}
        assert said(take(last | supply)) == {f"received Drug{wanted} startedOn=2026-01-01"}


def test_a_part_of_a_record_and_what_stands_within_one_count_for_nothing() -> None:
    tag = [{"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"}]
    tag[0]["code"] = "SUBSETTED"
    taken = take(record("Condition", **concept("neck-pain"), **ACTIVE, meta={"tag": tag}))
    assert (said(taken), reasons(taken)) == (set(), ["subset"])
    inner = record("Condition", "i", **concept("fracture"), **ACTIVE)
    taken = take(record("Condition", **concept("neck-pain"), **ACTIVE, contained=[inner]))
    assert said(taken) == {"hasFinding NeckPain"}
    assert reasons(taken) == ["contained"]


# ---------------------------------------------------------------------- observations


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({"valueBoolean": True}, {f"hadFinding Infection {ON}"}),
        ({"valueBoolean": False}, set()),
        (
            concept("260373001", system="http://snomed.info/sct", key="valueCodeableConcept"),
            {f"hadFinding Infection {ON}"},
        ),
        (concept("260415000", system="http://snomed.info/sct", key="valueCodeableConcept"), set()),
        (concept("LA9634-2", system="http://loinc.org", key="valueCodeableConcept"), set()),
        (concept("unheard-of", system="http://loinc.org", key="valueCodeableConcept"), set()),
        ({"valueString": "positive"}, set()),
        ({"valueCodeableConcept": {"text": "positive"}}, set()),
        ({"valueQuantity": quantity(3)}, set()),
        ({}, set()),
        ({"dataAbsentReason": {"text": "refused"}, "valueBoolean": True}, set()),
    ],
)
def test_an_observation_says_that_a_finding_was_there_only_where_its_value_does(
    value: dict[str, Any], wanted: set[str]
) -> None:
    assert said(measured("infection", **value)) == wanted


NEGATIVES = (
    {"valueBoolean": False},
    concept("373067005", system="http://snomed.info/sct", key="valueCodeableConcept"),
    concept("260385009", system="http://snomed.info/sct", key="valueCodeableConcept"),
    concept(
        "NEG",
        system="http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
        key="valueCodeableConcept",
    ),
)


@pytest.mark.parametrize("value", NEGATIVES)
def test_not_detected_rules_out_on_its_day_and_not_for_ever(value: dict[str, Any]) -> None:
    def on(day: str, name: str = "infection") -> Taken:
        given = {"status": "final", "effectiveDateTime": day, **value}
        return take(record("Observation", **concept(name), **given))

    assert said(on(AS_OF)) == {"excludes Infection"}
    for day in ("2026-11-29", "2020-01-01", "2026-11"):
        assert (said(on(day)), reasons(on(day))) == (set(), ["absent-then"])
    assert said(on(AS_OF, "influenza")) == set()
    undated = record("Observation", **concept("infection"), status="final", **value)
    assert reasons(take(undated)) == ["absent-then"]


def test_what_is_there_today_is_there() -> None:
    given = {"status": "final", "effectiveDateTime": f"{AS_OF}T08:00:00Z", "valueBoolean": True}
    assert said(take(record("Observation", **concept("infection"), **given))) == {
        "hasFinding Infection"
    }


def test_a_value_that_says_two_things_says_nothing() -> None:
    both = concept("260373001", "260415000", system="http://snomed.info/sct")["code"]
    taken = measured("infection", valueCodeableConcept=both)
    assert (said(taken), reasons(taken)) == (set(), ["value"])
    taken = measured("infection", valueBoolean=True, valueString="no")
    assert reasons(taken) == ["malformed"]


def test_a_negative_answer_makes_no_test_of_a_code_that_is_broader() -> None:
    taken = measured("imaging", valueBoolean=False)
    assert (said(taken), reasons(taken)) == (set(), ["weak-match"])
    codes = concept("260415000", "perhaps", system="http://snomed.info/sct")["code"]
    one = {"status": "final", "effectiveDateTime": AS_OF, "valueCodeableConcept": codes}
    assert said(take(record("Observation", **concept("infection"), **one))) == set()


def test_an_assertion_names_in_its_value_what_is_there() -> None:
    system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    one = record(
        "Observation",
        **concept("ASSERTION", system=system),
        **FINAL,
        **concept("influenza", key="valueCodeableConcept"),
    )
    assert said(take(one)) == {f"hadFinding Infection {ON}"}
    question = record(
        "Observation",
        **concept("what-is-the-problem"),
        **FINAL,
        **concept("influenza", key="valueCodeableConcept"),
    )
    assert said(take(question)) == set()


PANEL = concept("85354-9", system="http://loinc.org")


@pytest.mark.parametrize("found", [True, False])
def test_a_part_of_what_nobody_knows_says_nothing(found: bool) -> None:
    """It may be of a relative: the history of a family is recorded as a panel, too."""
    part = {**concept("infection"), "valueBoolean": found}
    today = {"status": "final", "effectiveDateTime": AS_OF}
    relatives = concept("10157-6", system="http://loinc.org")
    for code in (relatives, concept("panel"), {}):
        taken = take(record("Observation", **code, **today, component=[part]))
        assert (said(taken), reasons(taken)) == (set(), ["panel"])
    for code in (PANEL, concept("grade")):
        taken = take(record("Observation", **code, **today, component=[part]))
        assert said(taken) == {f"{'hasFinding' if found else 'excludes'} Infection"}


def test_components_speak_for_themselves() -> None:
    parts = [
        {**concept("infection"), "valueBoolean": True},
        {**concept("creatinine"), "valueQuantity": quantity(90)},
        {**concept("fever"), "dataAbsentReason": {"text": "not asked"}},
        {**concept("chill")},
        {**concept("grade"), "valueInteger": "four"},
    ]
    taken = take(record("Observation", **PANEL, **FINAL, component=parts))
    assert said(taken) == {
        f"hadFinding Infection {ON}",
        f"hadFinding Creatinine creatinine=90 {ON}",
    }
    assert reasons(taken) == ["malformed", "no-value", "status"]
    failed = {**FINAL, "status": "entered-in-error"}
    taken = take(record("Observation", **PANEL, **failed, component=parts[:2]))
    assert (said(taken), set(reasons(taken))) == (set(), {"in-error"})


def test_a_test_was_done_where_it_has_a_value() -> None:
    code = concept("260385009", system="http://snomed.info/sct", key="valueCodeableConcept")
    for value in ({"valueBoolean": True}, {"valueQuantity": quantity(3)}, code):
        assert said(measured("scan-of-neck", **value)) == {f"received Scan {ON}"}
    assert reasons(measured("scan")) == ["no-value"]


ABSENT_REASON = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
NO_RESULTS: list[dict[str, Any]] = [
    {"valueString": "TEST NOT PERFORMED - quantity not sufficient"},
    {"valueString": ""},
    {"valueString": "all well"},
    concept("not-performed", system=ABSENT_REASON, key="valueCodeableConcept"),
    {"valueCodeableConcept": {"text": "not done"}},
    {"valueCodeableConcept": {}},
    {"valueBoolean": False},
    {"valueQuantity": {"unit": "umol/L"}},
    concept("unheard-of", key="valueCodeableConcept"),
    concept("373067005", system="http://snomed.info/sct", key="valueCodeableConcept"),
]


@pytest.mark.parametrize("value", NO_RESULTS)
def test_a_test_without_a_result_may_not_have_been_done(value: dict[str, Any]) -> None:
    for name in ("scan", "creatinine", "tumour"):
        taken = measured(name, **value)
        assert (said(taken), reasons(taken)) == (set(), ["value"])
    mixed = {"valueRange": {"low": quantity(1), "high": quantity(2, "mg/L")}}
    assert said(measured("creatinine", **mixed)) == set()


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("creatinine", {"valueQuantity": quantity(90)}, "creatinine=90"),
        ("creatinine", {"valueQuantity": quantity(90.5)}, "creatinine=90.5"),
        ("creatinine", {"valueQuantity": quantity(0.09, "mmol/L")}, "creatinine=0.09 mmol/L"),
        (
            "creatinine",
            {"valueQuantity": quantity(90, comparator="<")},
            "bounds=maxExclusive:90,of:creatinine",
        ),
        (
            "creatinine",
            {"valueQuantity": quantity(90, comparator=">=")},
            "bounds=minInclusive:90,of:creatinine",
        ),
        (
            "creatinine",
            {"valueRange": {"low": quantity(80), "high": quantity(90)}},
            "bounds=maxInclusive:90,minInclusive:80,of:creatinine",
        ),
        ("grade", {"valueInteger": 3}, "grade=3"),
        ("grade", {"valueQuantity": {"value": 4.0}}, "grade=4"),
        ("grade", {"valueQuantity": quantity(4, "{score}")}, "grade=4"),
        ("smoking", {"valueBoolean": False}, "smokes=false"),
        (
            "tumour",
            concept("advanced", key="valueCodeableConcept"),
            "stage=https://example.org/terms/Advanced",
        ),
    ],
)
def test_what_is_measured_has_its_value(name: str, value: dict[str, Any], wanted: str) -> None:
    first, last = sorted((wanted, ON))
    assert said(measured(name, **value)) == {f"hadFinding {name.capitalize()} {first} {last}"}


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("creatinine", {"valueQuantity": quantity(90, None)}, "unit"),
        ("creatinine", {"valueQuantity": {"value": 1, "unit": "mg/dl"}}, "unit"),
        ("creatinine", {"valueQuantity": quantity(1, "mg/dL")}, "unit"),
        ("creatinine", {"valueQuantity": quantity(1, "bananas")}, "unit"),
        ("creatinine", {"valueQuantity": quantity(1, comparator="ad")}, "value"),
        ("creatinine", {"valueBoolean": True}, "value"),
        ("creatinine", concept("early", key="valueCodeableConcept"), "value"),
        ("creatinine", {"valueQuantity": quantity(12345678901)}, "value"),
        ("grade", {"valueQuantity": quantity(4, "mm")}, "unit"),
        ("grade", {"valueQuantity": {"value": 3.5}}, "value"),
        ("grade", {"valueInteger": -1}, "value"),
        ("smoking", {"valueInteger": 1}, "value"),
    ],
)
def test_a_value_that_is_not_understood_counts_for_nothing_and_is_told(
    name: str, value: dict[str, Any], reason: str
) -> None:
    """That it was measured is known all the same."""
    taken = measured(name, **value)
    assert said(taken) == {f"hadFinding {name.capitalize()} {ON}"}
    assert reasons(taken) == [reason]
    assert len(remarks(taken)) == 1


def test_more_places_than_are_compared_are_bounds() -> None:
    text = json.dumps(
        bundle(
            PATIENT,
            record(
                "Observation",
                **concept("creatinine"),
                **FINAL,
                valueQuantity=quantity("NUMBER"),
            ),
        )
    )
    found = said(take_text(text.replace('"NUMBER"', "84.08939627903868")))
    limits = "maxExclusive:84.08939628,minExclusive:84.089396279,of:creatinine"
    assert found == {f"hadFinding Creatinine bounds={limits} {ON}"}
    for number in ("1e3", "1.0E+3", "1000.000000000000000"):
        assert said(take_text(text.replace('"NUMBER"', number))) == {
            f"hadFinding Creatinine creatinine=1000 {ON}"
        }
    for number in ("1e99", "NaN", "-Infinity", "9" * 400):
        assert reasons(take_text(text.replace('"NUMBER"', number))) in (["malformed"], ["value"])


def test_what_one_record_has_and_another_rules_out_is_neither_there_nor_not() -> None:
    negative = {"status": "final", "effectiveDateTime": AS_OF, "valueBoolean": False}
    taken = take(
        record("Condition", "a", **concept("neck-pain"), **ACTIVE, onsetDateTime="2026-01-01"),
        record("Observation", "b", **concept("pain"), **negative),
    )
    assert said(taken) == {"hadFinding NeckPain onset=2026-01-01"}
    assert reasons(taken) == ["contradiction"]


# ---------------------------------------------------------------------- the patient


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"birthDate": "1959-11-22", "gender": "female"}, {"birthDate 1959-11-22", "sex Female"}),
        ({"gender": "male"}, {"sex Male"}),
        ({"gender": "other"}, {"sex OtherSex"}),
        ({"gender": "unknown"}, set()),
        ({"gender": "Female"}, set()),
        ({"birthDate": "1959"}, set()),
        ({"birthDate": "1959-12"}, {"ageInYears 66"}),
        ({"birthDate": "1959-11"}, set()),
        ({"birthDate": "2026-12-01"}, set()),
        ({"birthDate": "yesterday", "gender": "male"}, set()),
        ({"birthDate": "1959-11-22", "modifierExtension": [{"url": "urn:x"}]}, set()),
    ],
)
def test_the_patient_is_as_recorded(given: dict[str, Any], wanted: set[str]) -> None:
    if given.get("birthDate") == "1959-11":
        # On 30 November whoever was born in that month has had the birthday.
        wanted = {"ageInYears 67"}
    assert said(take({**PATIENT, **given})) == wanted


# ---------------------------------------------------------------------- what modifies


@pytest.mark.parametrize(
    "odd",
    [
        {"modifierExtension": [{"url": "urn:not"}]},
        {"implicitRules": "urn:rules"},
        {"category": [{"coding": [{"code": "x", "modifierExtension": [{"url": "urn:not"}]}]}]},
        {"contained": [{"resourceType": "Basic", "implicitRules": "urn:rules"}]},
    ],
)
def test_what_may_turn_a_record_into_its_opposite_makes_it_count_for_nothing(
    odd: dict[str, Any],
) -> None:
    one = record("Condition", **concept("neck-pain"), **ACTIVE, **odd)
    taken = take(one)
    assert said(taken) == set()
    assert reasons(taken) in (["modifier"], ["rules"])


@pytest.mark.parametrize("name", ["modifierExtension", "implicitRules"])
def test_a_resource_alone_is_held_to_the_same(name: str) -> None:
    """Its own elements are those of the document, which is read part by part."""
    one = record("Condition", **concept("neck-pain"), **ACTIVE, contained=[{**PATIENT, "id": "c"}])
    one["subject"] = {"reference": "#c"}
    assert said(take_text(json.dumps(one))) == {"hasFinding NeckPain"}
    taken = take_text(json.dumps({**one, name: "urn:x"}))
    assert said(taken) == set()
    assert reasons(taken) == ["modifier" if name == "modifierExtension" else "rules"]


def test_rules_that_a_bundle_implies_refuse_it() -> None:
    none: list[str] = []
    for odd in ({"implicitRules": "urn:rules"}, {"modifierExtension": none}):
        with pytest.raises(IndicantError, match="may mean something else"):
            take_text(json.dumps(bundle(PATIENT, **odd)))


def test_the_system_of_a_code_may_be_said_in_two_ways() -> None:
    for system in (CODES, "https://example.org/other"):
        one = record("Condition", **concept("neck-pain", system=system), **ACTIVE)
        assert (reasons(take(one)) == []) == (system == CODES)


def counting(folder: Path) -> Any:
    """Return a reader for terms of which the infections and the drugs are counted."""
    for file in TERMS.parent.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    terms = folder / "terms.ttl"
    terms.write_text(
        terms.read_text(encoding="utf-8")
        + """
:Often owl:equivalentClass [
    a owl:Restriction ;
    owl:onProperty ind:received ;
    owl:minQualifiedCardinality "2"^^xsd:nonNegativeInteger ;
    owl:onClass [
        a owl:Class ;
        owl:intersectionOf (
            :Drug
            [ a owl:Restriction ; owl:onProperty :grade ; owl:hasValue 1 ]
        ) ;
    ] ;
] .
:HowMany a owl:Class ; rdfs:subClassOf ind:Finding ; ind:over :Infection ; ind:aggregate ind:Count .
""",
        encoding="utf-8",
    )
    return Intake(gather(terms), vocabulary())


def test_what_is_counted_is_not_counted_twice(tmp_path: Path) -> None:
    """What was dispensed on an order is no second order, nor is a copy of it."""
    drug = concept("aspirin", key="medicationCodeableConcept")
    order = {"status": "active", "intent": "order"}
    records = [
        record("MedicationRequest", "a", **drug, **order, authoredOn="2026-01-01"),
        record("MedicationRequest", "b", **drug, **order, authoredOn="2026-01-01"),
        record("MedicationRequest", "c", **drug, **order, authoredOn="2026-02-01"),
        record("MedicationDispense", "d", **drug, status="completed"),
        record("Condition", "e", **concept("infection"), **ACTIVE),
        record("Observation", "f", **concept("infection"), **FINAL, valueBoolean=True),
        record("Procedure", "g", **concept("operation"), status="completed"),
        record("Procedure", "h", **concept("operation"), status="completed"),
    ]
    options = Options(datetime.date.fromisoformat(AS_OF))
    data = json.dumps(bundle(PATIENT, *records)).encode()
    taken = counting(tmp_path).take("-", options, data=data)
    used = [row.reference for one in taken.report.patients for row in one.used]
    assert used == [
        "MedicationRequest/a",
        "MedicationRequest/c",
        "Observation/f",
        "Procedure/g",
        "Procedure/h",
    ]
    assert reasons(taken) == ["same-perhaps"] * 3
    assert len(said(take(*records))) >= 6
