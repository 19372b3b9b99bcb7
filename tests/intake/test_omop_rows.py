"""What rows of the OMOP CDM say, and what they do not, each fact by a row of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cdmwriting import Tables, take_rows
from intaking import reasons, said

if TYPE_CHECKING:
    from pathlib import Path

    from indicant.intake.patients import Taken

TODAY = "2026-11-30"
DAY = "2026-10-01"
EHR, ORDER, NLP = 32817, 32833, 32858
SEX = {"sex Female"}


def facts(taken: Taken) -> set[str]:
    """Return what a case says, but for the sex."""
    return said(taken) - SEX


def remarks(taken: Taken) -> list[str]:
    return [text for one in taken.report.patients for row in one.used for text in row.remarks]


def condition(place: Path, code: str = "neck-pain", /, **values: Any) -> Taken:
    tables = Tables()
    given = {
        "condition_concept_id": tables.concept(code),
        "condition_start_date": DAY,
        "condition_type_concept_id": EHR,
        **values,
    }
    return take_rows(tables.add("condition_occurrence", **given), place)


def drug(place: Path, /, **values: Any) -> Taken:
    tables = Tables()
    given = {
        "drug_concept_id": tables.concept("aspirin"),
        "drug_exposure_start_date": DAY,
        "drug_exposure_end_date": "2026-10-30",
        "drug_type_concept_id": 32838,
        **values,
    }
    return take_rows(tables.add("drug_exposure", **given), place)


def procedure(place: Path, /, **values: Any) -> Taken:
    tables = Tables()
    given = {
        "procedure_concept_id": tables.concept("operation"),
        "procedure_date": DAY,
        "procedure_type_concept_id": EHR,
        **values,
    }
    return take_rows(tables.add("procedure_occurrence", **given), place)


def measurement(place: Path, code: str, /, unit: str | None = None, **values: Any) -> Taken:
    tables = Tables()
    given = {
        "measurement_concept_id": tables.concept(code),
        "measurement_date": DAY,
        "measurement_type_concept_id": 32856,
        "unit_concept_id": None if unit is None else tables.concept(unit, "UCUM"),
        **{
            name: tables.concept(one, "SNOMED")
            if isinstance(one, str) and "concept" in name
            else one
            for name, one in values.items()
        },
    }
    return take_rows(tables.add("measurement", **given), place)


def observation(place: Path, concept: tuple[str, ...], value: str = "", /, **more: Any) -> Taken:
    tables = Tables()
    given = {
        "observation_concept_id": tables.concept(*concept),
        "observation_date": DAY,
        "observation_type_concept_id": EHR,
        "value_as_concept_id": tables.concept(value) if value else None,
        **more,
    }
    return take_rows(tables.add("observation", **given), place)


# ---------------------------------------------------------------------- conditions


def test_a_condition_was_there_on_its_day_and_nobody_says_whether_it_still_is(
    tmp_path: Path,
) -> None:
    assert facts(condition(tmp_path)) == {f"hadFinding NeckPain on={DAY}"}


def test_a_condition_of_the_as_of_date_is_there(tmp_path: Path) -> None:
    assert facts(condition(tmp_path, condition_start_date=TODAY)) == {"hasFinding NeckPain"}


@pytest.mark.parametrize("end", [DAY, "2026-10-20", "2027-01-01"])
def test_the_end_of_a_condition_does_not_say_that_it_is_over(end: str, tmp_path: Path) -> None:
    taken = condition(tmp_path, condition_end_date=end)
    assert facts(taken) == {f"hadFinding NeckPain on={DAY}"}


def test_the_start_of_a_condition_is_no_onset(tmp_path: Path) -> None:
    (one,) = facts(condition(tmp_path))
    assert "onset" not in one


@pytest.mark.many(3)
@pytest.mark.parametrize("status", [0, 32893, 32902, 32903, 32908, 32896])
def test_a_diagnosis_that_was_made_counts(status: int, tmp_path: Path) -> None:
    taken = condition(tmp_path, condition_status_concept_id=status)
    assert facts(taken) == {f"hadFinding NeckPain on={DAY}"}


@pytest.mark.many(1000)
@pytest.mark.parametrize("status", [32899, 32901, 1340204, 4188893, 99])
def test_a_preliminary_or_unknown_status_says_nothing(status: int, tmp_path: Path) -> None:
    taken = condition(tmp_path, condition_status_concept_id=status)
    assert (facts(taken), reasons(taken)) == (set(), ["status"])


@pytest.mark.parametrize("status", [None, 0])
def test_a_status_that_was_not_mapped_may_have_ruled_it_out(
    status: int | None, tmp_path: Path
) -> None:
    taken = condition(
        tmp_path, condition_status_concept_id=status, condition_status_source_value="ruled out"
    )
    assert (facts(taken), reasons(taken)) == (set(), ["status"])


def test_what_was_stopped_in_the_source_is_not_known_to_be_there(tmp_path: Path) -> None:
    taken = condition(tmp_path, condition_start_date=TODAY, stop_reason="Discharged")
    assert facts(taken) == {"hadFinding NeckPain"}
    worse = condition(tmp_path, condition_status_concept_id=32899, stop_reason="Discharged")
    assert facts(worse) == set()


@pytest.mark.many(3)
@pytest.mark.parametrize("kind", [NLP, ORDER, 32842, 32850, 32880, 32881, 32882])
def test_what_a_program_found_or_somebody_asked_is_no_finding(kind: int, tmp_path: Path) -> None:
    taken = condition(tmp_path, condition_type_concept_id=kind)
    assert (facts(taken), reasons(taken)) == (set(), ["status"])


def test_a_condition_after_the_as_of_date_is_left_out(tmp_path: Path) -> None:
    taken = condition(tmp_path, condition_start_date="2026-12-01")
    assert (facts(taken), reasons(taken)) == (set(), ["late"])


def test_an_end_before_the_start_makes_a_row_count_for_nothing(tmp_path: Path) -> None:
    taken = condition(tmp_path, condition_end_date="2026-09-30")
    assert (facts(taken), reasons(taken)) == (set(), ["malformed"])
    (left,) = taken.report.all_left()
    assert left.detail == "it ends on 2026-09-30, before it begins on 2026-10-01"
    assert left.reference == "condition_occurrence/1"


@pytest.mark.many(1000)
@pytest.mark.parametrize("day", ["2026-02-30", "01/02/2026", "20261001", "soon", None])
def test_a_date_that_is_none_makes_a_row_count_for_nothing(day: str | None, tmp_path: Path) -> None:
    taken = condition(tmp_path, condition_start_date=day)
    assert (facts(taken), reasons(taken)) == (set(), ["malformed"])


def test_a_date_with_a_time_is_of_that_day(tmp_path: Path) -> None:
    taken = condition(tmp_path, condition_start_date=f"{TODAY} 23:59:59")
    assert facts(taken) == {"hasFinding NeckPain"}


# ---------------------------------------------------------------------- codes


def test_the_code_of_the_source_counts_beside_the_one_it_was_mapped_to(tmp_path: Path) -> None:
    tables = Tables()
    for number, (standard, source) in enumerate(
        [(0, "neck-pain"), ("fracture", "unheard-of"), ("fever", "chill")]
    ):
        tables.add(
            "condition_occurrence",
            condition_concept_id=standard and tables.concept(str(standard)),
            condition_source_concept_id=tables.concept(source),
            condition_start_date=f"2026-10-0{number + 1}",
            condition_type_concept_id=EHR,
        )
    taken = take_rows(tables, tmp_path)
    assert facts(taken) == {
        "hadFinding NeckPain on=2026-10-01",
        "hadFinding Fracture on=2026-10-02",
    }
    assert reasons(taken) == ["contradiction"]


def test_no_matching_concept_is_an_unknown_code_and_told_with_its_source(tmp_path: Path) -> None:
    taken = condition(
        tmp_path,
        condition_concept_id=0,
        condition_source_concept_id=0,
        condition_source_value="M54.2 neck",
    )
    assert (facts(taken), reasons(taken)) == (set(), ["unknown-code"])
    (code,) = taken.report.unknown
    assert (code.system, code.code) == (
        "https://w3id.org/indicant/intake/condition_source_value",
        "M54.2 neck",
    )


def test_a_concept_that_the_vocabularies_do_not_have_is_told_by_its_number(tmp_path: Path) -> None:
    tables = Tables()
    tables.concept("neck-pain")
    tables.add(
        "condition_occurrence",
        condition_concept_id=123,
        condition_start_date=DAY,
        condition_type_concept_id=EHR,
    )
    (code,) = take_rows(tables, tmp_path).report.unknown
    assert (code.system, code.code) == ("https://w3id.org/indicant/intake/concept_id", "123")


@pytest.mark.parametrize("text", ["777", "777.0"])
def test_a_value_of_the_source_may_stand_in_a_table_of_ones_own(text: str, tmp_path: Path) -> None:
    table = tmp_path / "own.sssom.tsv"
    table.write_text(
        "#curie_map:\n#  t: https://example.org/terms/\n#  l: https://local.example/\n"
        "#mapping_set_id: https://local.example/table\n"
        "#license: https://creativecommons.org/publicdomain/zero/1.0/\n"
        "#object_source: https://w3id.org/indicant/intake/condition_source_value\n"
        "subject_id\tpredicate_id\tobject_id\tmapping_justification\n"
        f"t:Fracture\tskos:exactMatch\tl:{text}\tsemapv:ManualMappingCuration\n",
        encoding="utf-8",
    )
    tables = Tables()
    tables.concept("neck-pain")
    tables.add(
        "condition_occurrence",
        condition_concept_id=0,
        condition_source_value=text,
        condition_start_date=TODAY,
        condition_type_concept_id=EHR,
    )
    taken = take_rows(tables, tmp_path, codes=(str(table),))
    assert facts(taken) == {"hasFinding Fracture"}


# ---------------------------------------------------------------------- drugs


def test_a_prescription_was_received_and_never_goes_on_by_silence(tmp_path: Path) -> None:
    taken = drug(tmp_path, days_supply=30)
    assert facts(taken) == {f"received Aspirin lasts=30 startedOn={DAY}"}


def test_the_end_that_was_inferred_is_no_end(tmp_path: Path) -> None:
    (one,) = facts(drug(tmp_path, drug_exposure_end_date="2026-10-02"))
    assert "endedOn" not in one


def test_the_end_that_stood_in_the_source_is_one(tmp_path: Path) -> None:
    taken = drug(tmp_path, verbatim_end_date="2026-10-20")
    assert facts(taken) == {f"received Aspirin endedOn=2026-10-20 startedOn={DAY}"}
    assert facts(drug(tmp_path, verbatim_end_date="2027-10-20")) == {
        f"received Aspirin startedOn={DAY}"
    }


@pytest.mark.many(4)
@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (ORDER, f"received Aspirin lasts=30 startedOn={DAY}"),
        (32839, f"received Aspirin lasts=30 startedOn={DAY}"),
        (38000177, f"received Aspirin lasts=30 startedOn={DAY}"),
        (32825, f"received Aspirin lasts=30 startedOn={DAY}"),
        (32869, f"received Aspirin lasts=30 startedOn={DAY}"),
        (32818, f"received Aspirin on={DAY}"),
        (32865, "received Aspirin"),
        (32830, "received Aspirin"),
        (EHR, "received Aspirin"),
    ],
)
def test_the_type_of_an_exposure_says_what_it_is(kind: int, wanted: str, tmp_path: Path) -> None:
    assert facts(drug(tmp_path, drug_type_concept_id=kind, days_supply=30)) == {wanted}


@pytest.mark.many(3)
@pytest.mark.parametrize("kind", [NLP, 32837, 32882, 0, None, 12345])
def test_an_exposure_that_is_planned_or_of_an_unknown_type_says_nothing(
    kind: int | None, tmp_path: Path
) -> None:
    taken = drug(tmp_path, drug_type_concept_id=kind)
    assert (facts(taken), reasons(taken)) == (set(), ["status"])


@pytest.mark.parametrize("days", [-3, "many", 1000000])
def test_days_of_supply_that_are_none_make_a_row_count_for_nothing(
    days: object, tmp_path: Path
) -> None:
    taken = drug(tmp_path, days_supply=days)
    assert (facts(taken), reasons(taken)) == (set(), ["malformed"])


def test_a_report_of_the_patient_may_be_later_than_what_it_tells_of(tmp_path: Path) -> None:
    taken = drug(tmp_path, drug_type_concept_id=32865, drug_exposure_start_date="2026-12-01")
    assert reasons(taken) == ["late"]


# ---------------------------------------------------------------------- procedures, devices, visits


@pytest.mark.slow
def test_a_procedure_is_of_its_day_or_its_days(tmp_path: Path) -> None:
    assert facts(procedure(tmp_path)) == {f"received Operation on={DAY}"}
    assert facts(procedure(tmp_path, procedure_end_date=DAY)) == {f"received Operation on={DAY}"}
    assert facts(procedure(tmp_path, procedure_end_date="2026-10-03")) == {
        f"received Operation endedOn=2026-10-03 startedOn={DAY}"
    }


@pytest.mark.parametrize("kind", [ORDER, 32842, NLP])
def test_an_order_of_a_procedure_says_neither_that_it_was_done_nor_that_it_stands(
    kind: int, tmp_path: Path
) -> None:
    taken = procedure(tmp_path, procedure_type_concept_id=kind)
    assert (facts(taken), reasons(taken)) == (set(), ["status"])


@pytest.mark.many(1000)
@pytest.mark.parametrize(
    "modifier", [{"modifier_concept_id": 42739579}, {"modifier_source_value": "53"}]
)
def test_a_modifier_may_say_that_a_procedure_was_discontinued(
    modifier: dict[str, Any], tmp_path: Path
) -> None:
    taken = procedure(tmp_path, **modifier)
    assert (facts(taken), reasons(taken)) == (set(), ["status"])
    assert facts(procedure(tmp_path, modifier_concept_id=0)) == {f"received Operation on={DAY}"}


def test_a_finding_among_procedures_is_none(tmp_path: Path) -> None:
    tables = Tables()
    concept = tables.concept("neck-pain")
    tables.add(
        "procedure_occurrence",
        procedure_concept_id=concept,
        procedure_date=DAY,
        procedure_type_concept_id=EHR,
    )
    taken = take_rows(tables, tmp_path)
    assert (facts(taken), reasons(taken)) == (set(), ["other-kind"])


def test_a_device_was_used_from_a_day_on_and_a_prescription_of_one_was_not(tmp_path: Path) -> None:
    tables = Tables()
    for kind in (EHR, 32838):
        tables.add(
            "device_exposure",
            device_concept_id=tables.concept("therapy"),
            device_exposure_start_date=DAY,
            device_type_concept_id=kind,
        )
    taken = take_rows(tables, tmp_path)
    assert (facts(taken), reasons(taken)) == ({"received Therapy"}, ["status"])


def test_a_visit_has_an_end_only_where_it_began_on_that_day(tmp_path: Path) -> None:
    tables = Tables()
    for end in (DAY, TODAY):
        tables.add(
            "visit_occurrence",
            visit_concept_id=tables.concept("scan"),
            visit_start_date=DAY,
            visit_end_date=end,
            visit_type_concept_id=EHR,
        )
    assert facts(take_rows(tables, tmp_path)) == {
        f"received Scan on={DAY}",
        f"received Scan startedOn={DAY}",
    }


def test_a_row_of_a_visit_that_the_person_does_not_have_may_be_of_another(tmp_path: Path) -> None:
    taken = condition(tmp_path, visit_occurrence_id=5)
    assert (facts(taken), reasons(taken)) == (set(), ["malformed"])
    assert facts(condition(tmp_path, visit_occurrence_id=0)) == {f"hadFinding NeckPain on={DAY}"}


# ---------------------------------------------------------------------- measurements


def test_a_number_with_its_unit_is_the_value(tmp_path: Path) -> None:
    taken = measurement(tmp_path, "creatinine", unit="umol/L", value_as_number="88.50")
    assert facts(taken) == {f"hadFinding Creatinine creatinine=88.5 on={DAY}"}


@pytest.mark.many(1000)
@pytest.mark.parametrize(
    ("operator", "bound"),
    [
        (4171756, "maxExclusive:88"),
        (4171754, "maxInclusive:88"),
        (4172704, "minExclusive:88"),
        (4171755, "minInclusive:88"),
    ],
)
def test_an_operator_makes_a_bound_of_a_number(operator: int, bound: str, tmp_path: Path) -> None:
    taken = measurement(
        tmp_path, "creatinine", "umol/L", value_as_number=88, operator_concept_id=operator
    )
    (one,) = facts(taken)
    assert bound in one
    assert "creatinine=88" not in one


@pytest.mark.parametrize("operator", [None, 4172703])
def test_no_operator_is_equality(operator: int | None, tmp_path: Path) -> None:
    taken = measurement(
        tmp_path, "creatinine", "umol/L", value_as_number=88, operator_concept_id=operator
    )
    assert facts(taken) == {f"hadFinding Creatinine creatinine=88 on={DAY}"}


@pytest.mark.many(1000)
@pytest.mark.parametrize(
    "values",
    [
        {"operator_concept_id": 0},
        {"operator_concept_id": 123},
        {"value_source_value": "<88"},
        {"value_source_value": " ≥ 88 umol/L"},
    ],
)
def test_an_operator_that_nobody_knows_makes_a_number_no_value(
    values: dict[str, Any], tmp_path: Path
) -> None:
    taken = measurement(tmp_path, "creatinine", "umol/L", value_as_number=88, **values)
    assert facts(taken) == {f"hadFinding Creatinine on={DAY}"}
    assert reasons(taken) == ["value"]


@pytest.mark.many(1000)
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"unit_concept_id": None, "unit_source_value": "umol/L"},
        {"unit_concept_id": 0, "unit_source_value": "?"},
        {"unit_concept_id": 0},
    ],
)
def test_a_unit_that_is_not_of_ucum_makes_a_number_no_value(
    values: dict[str, Any], tmp_path: Path
) -> None:
    taken = measurement(tmp_path, "creatinine", value_as_number=88, **values)
    assert (facts(taken), reasons(taken)) == ({f"hadFinding Creatinine on={DAY}"}, ["unit"])


def test_a_number_with_more_places_than_are_compared_is_a_bound(tmp_path: Path) -> None:
    taken = measurement(tmp_path, "creatinine", "umol/L", value_as_number="88.1234567890123")
    (one,) = facts(taken)
    assert "creatinine=88" not in one
    assert "minExclusive:88.1234567" in one


@pytest.mark.many(3)
@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "1" * 40, "12,5", "0x1"])
def test_a_number_that_is_no_decimal_makes_a_row_count_for_nothing(
    number: str, tmp_path: Path
) -> None:
    taken = measurement(tmp_path, "creatinine", "umol/L", value_as_number=number)
    assert (facts(taken), reasons(taken)) == (set(), ["malformed"])


@pytest.mark.slow
def test_not_detected_is_an_absence_of_that_day_alone(tmp_path: Path) -> None:
    absent, present = "260415000", "260373001"
    taken = measurement(tmp_path, "infection", value_as_concept_id=absent, measurement_date=TODAY)
    assert facts(taken) == {"excludes Infection"}
    taken = measurement(tmp_path, "infection", value_as_concept_id=absent)
    assert (facts(taken), reasons(taken)) == (set(), ["absent-then"])
    taken = measurement(tmp_path, "infection", value_as_concept_id=present)
    assert facts(taken) == {f"hadFinding Infection on={DAY}"}


@pytest.mark.many(1000)
@pytest.mark.parametrize(
    "values",
    [
        {"value_as_concept_id": 0},
        {"value_as_concept_id": 0, "value_source_value": "not detected"},
        {"value_source_value": "negative"},
        {"value_as_concept_id": "82334004"},
        {"value_as_number": 0},
    ],
)
def test_a_value_that_decides_nothing_refutes_nothing(
    values: dict[str, Any], tmp_path: Path
) -> None:
    taken = measurement(tmp_path, "infection", measurement_date=TODAY, **values)
    assert (facts(taken), reasons(taken)) == (set(), ["value"])


@pytest.mark.slow
def test_a_measurement_without_a_result_may_be_an_order(tmp_path: Path) -> None:
    taken = measurement(tmp_path, "scan")
    assert (facts(taken), reasons(taken)) == (set(), ["no-value"])
    taken = measurement(tmp_path, "scan", value_as_number=1)
    assert facts(taken) == {f"received Scan on={DAY}"}


# ---------------------------------------------------------------------- observations

FAMILY = ("416471007", "SNOMED")
HISTORY = ("OMOP5165859", "OMOP Extension")


def test_what_a_relative_has_is_nothing_of_the_patient(tmp_path: Path) -> None:
    taken = observation(tmp_path, FAMILY, "neck-pain")
    assert (facts(taken), reasons(taken)) == (set(), ["aside"])


def test_a_history_was_there_at_some_time_and_the_date_is_that_of_the_report(
    tmp_path: Path,
) -> None:
    taken = observation(tmp_path, HISTORY, "neck-pain", observation_date=TODAY)
    assert facts(taken) == {"hadFinding NeckPain"}


def test_a_history_of_an_act_or_of_nothing_says_nothing(tmp_path: Path) -> None:
    assert facts(observation(tmp_path, HISTORY, "operation")) == set()
    assert facts(observation(tmp_path, HISTORY)) == set()


@pytest.mark.many(1000)
@pytest.mark.parametrize(
    "qualifier", [{"qualifier_concept_id": 77}, {"qualifier_source_value": "possible"}]
)
def test_a_qualifier_may_turn_an_observation_round(
    qualifier: dict[str, Any], tmp_path: Path
) -> None:
    for concept, value in ((HISTORY, "neck-pain"), (("smoking",), "52101004")):
        taken = observation(tmp_path, concept, value, **qualifier)
        assert facts(taken) == set()
    assert reasons(taken) == ["status"]


def test_an_observation_without_a_value_is_not_taken_for_a_yes(tmp_path: Path) -> None:
    taken = observation(tmp_path, ("neck-pain",))
    assert (facts(taken), reasons(taken)) == (set(), ["no-value"])
    taken = observation(tmp_path, ("neck-pain",), value_as_string="yes")
    assert (facts(taken), reasons(taken)) == (set(), ["value"])


# ---------------------------------------------------------------------- the person


@pytest.mark.slow
def test_the_date_of_birth_is_known_as_far_as_its_columns_say(tmp_path: Path) -> None:
    found = []
    for given in (
        {"year_of_birth": 1961, "month_of_birth": 3, "day_of_birth": 14},
        {"year_of_birth": 1961, "month_of_birth": 3},
        {"year_of_birth": 1961, "birth_datetime": "1961-01-01 00:00:00"},
        {"year_of_birth": 1961, "month_of_birth": 12},
    ):
        taken = take_rows(Tables().person(gender_concept_id=0, **given).add("note"), tmp_path)
        found.append(said(taken))
    assert found == [{"birthDate 1961-03-14"}, {"ageInYears 65"}, set(), {"ageInYears 64"}]


@pytest.mark.many(1000)
@pytest.mark.parametrize(
    "given",
    [
        {"year_of_birth": 1961, "month_of_birth": 13},
        {"year_of_birth": 1961, "month_of_birth": 2, "day_of_birth": 30},
        {"year_of_birth": None, "month_of_birth": 2},
        {"year_of_birth": 1961, "birth_datetime": "1962-03-14 00:00:00"},
        {"year_of_birth": "61ish"},
    ],
)
def test_a_date_of_birth_that_is_none_is_not_used(given: dict[str, Any], tmp_path: Path) -> None:
    taken = take_rows(Tables().person(**given).add("note"), tmp_path)
    assert said(taken) == set()
    assert "neither birth date nor sex is used" in taken.report.patients[0].remarks[0]


@pytest.mark.many(1000)
@pytest.mark.parametrize(
    ("gender", "wanted"),
    [(8507, {"sex Male"}), (8532, SEX), (8521, set()), (0, set()), (8551, set())],
)
def test_the_sex_is_known_by_its_concept(gender: int, wanted: set[str], tmp_path: Path) -> None:
    taken = take_rows(Tables().person(gender_concept_id=gender).add("note"), tmp_path)
    assert said(taken) == wanted


def dead(place: Path, *days: str | None) -> tuple[set[str], str]:
    tables = Tables()
    for day in days:
        tables.add("death", death_date=day)
    tables.add(
        "condition_occurrence",
        condition_concept_id=tables.concept("neck-pain"),
        condition_start_date=TODAY,
        condition_type_concept_id=EHR,
    )
    taken = take_rows(tables, place)
    return facts(taken), taken.report.patients[0].died


@pytest.mark.slow
def test_who_is_dead_has_no_finding_any_more(tmp_path: Path) -> None:
    there = {f"hadFinding NeckPain on={TODAY}"}
    assert dead(tmp_path, "2026-11-15") == (there, "the patient died on 2026-11-15")
    assert dead(tmp_path, "spoilt") == (there, "the patient is dead")
    assert dead(tmp_path, "2027-11-15") == ({"hasFinding NeckPain"}, "")


@pytest.mark.slow
def test_a_death_on_the_last_of_a_month_may_be_of_any_day_of_it(tmp_path: Path) -> None:
    assert dead(tmp_path, TODAY)[1] == "the patient died on 2026-11"
    assert dead(tmp_path, "2026-12-31")[1] == "the patient died on 2026"
    assert dead(tmp_path, "2026-12-30")[1] == ""


# ---------------------------------------------------------------------- ids


def test_two_rows_of_one_id_that_differ_count_for_nothing(tmp_path: Path) -> None:
    tables = Tables()
    for day in (DAY, "2026-10-02"):
        tables.add(
            "condition_occurrence",
            condition_occurrence_id=7,
            condition_concept_id=tables.concept("neck-pain"),
            condition_start_date=day,
            condition_type_concept_id=EHR,
        )
    taken = take_rows(tables, tmp_path)
    assert (facts(taken), reasons(taken)) == (set(), ["duplicate"])


def test_a_row_that_stands_twice_is_one(tmp_path: Path) -> None:
    tables = Tables()
    for _ in range(2):
        tables.add(
            "condition_occurrence",
            condition_occurrence_id=7,
            condition_concept_id=tables.concept("neck-pain"),
            condition_start_date=DAY,
            condition_type_concept_id=EHR,
        )
    assert facts(take_rows(tables, tmp_path)) == {f"hadFinding NeckPain on={DAY}"}


def test_rows_of_nobody_who_is_here_are_told_and_are_nobodys(tmp_path: Path) -> None:
    tables = Tables()
    for person in (None, 99, 1):
        tables.add(
            "condition_occurrence",
            person_id=person,
            condition_concept_id=tables.concept("neck-pain"),
            condition_start_date=DAY,
            condition_type_concept_id=EHR,
        )
    taken = take_rows(tables, tmp_path)
    assert facts(taken) == {f"hadFinding NeckPain on={DAY}"}
    assert [(one.reason, one.detail) for one in taken.report.left] == [
        ("no-patient", "it has no person_id"),
        ("no-patient", "there is no person 99"),
    ]
