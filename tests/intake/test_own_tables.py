"""Tables of one's own say what a file beside them says of their columns, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from cdmwriting import take_path
from each import each
from indicant.errors import IndicantError
from indicant.intake import owntables
from intaking import ACTIVE, CODES, bundle, concept, reasons, record, said, take
from running import run

if TYPE_CHECKING:
    from pathlib import Path

    from indicant.intake.patients import Taken

TODAY = "2026-11-30"
HEAD = (
    "@prefix ind: <https://w3id.org/indicant/core/> .\n"
    "@prefix intake: <https://w3id.org/indicant/intake/> .\n"
    "@prefix : <https://hospital.example/> .\n"
    "@prefix prov: <http://www.w3.org/ns/prov#> .\n"
    "@prefix t: <https://example.org/terms/> .\n"
)
PEOPLE = """
:people a intake:Table ; intake:file "people.csv" ; intake:kind "patient" ;
    intake:patientIn "MRN" ; intake:birthDateIn "born" ; intake:sexIn "sex" ;
    intake:deathIn "died" ; intake:reads [ intake:value "F" ; intake:says "female" ] ,
        [ intake:value "M" ; intake:says "male" ] .
"""
PROBLEMS = f"""
:problems a intake:Table ; intake:file "problems.csv" ; intake:kind "finding" ;
    intake:patientIn "MRN" ; intake:idIn "no" ; intake:codeIn "code" ; intake:codeSystem <{CODES}> ;
    intake:startIn "since" ; intake:endIn "until" ; intake:recordedIn "seen" ;
    intake:statusIn "is it there?" ;
    intake:reads [ intake:value "yes" ; intake:counts intake:Present ] ,
        [ intake:value "ruled out" ; intake:counts intake:Absent ] ,
        [ intake:value "over" ; intake:counts intake:Past ] ,
        [ intake:value "typo" ; intake:counts intake:InError ] .
"""
LABS = f"""
:labs a intake:Table ; intake:file "labs.csv" ; intake:kind "observation" ;
    intake:patientIn "MRN" ; intake:idIn "no" ; intake:codeIn "code" ; intake:codeSystem <{CODES}> ;
    intake:onIn "day" ; intake:numberIn "number" ; intake:comparatorIn "op" ; intake:unitIn "unit" ;
    intake:valueIn "answer" ; intake:counts intake:Observed ;
    intake:reads [ intake:value "pos" ; intake:means intake:Positive ] ,
        [ intake:value "neg" ; intake:means intake:Negative ] .
"""
ACTS = """
:acts a intake:Table ; intake:file "acts.csv" ; intake:kind "intervention" ;
    intake:asRecord "MedicationRequest" ;
    intake:patientIn "MRN" ; intake:idIn "no" ; intake:codeIn "code" ; intake:systemIn "system" ;
    intake:startIn "since" ; intake:endIn "until" ; intake:counts intake:Received .
"""
FILES = {
    "people.csv": "MRN,born,sex,died\nann,1961-03-14,F,\nbob,1990-05,M,\n",
    "problems.csv": "no,MRN,code,since,until,seen,is it there?\n",
    "labs.csv": "no;MRN;code;day;number;op;unit;answer\n",
    "acts.csv": "no\tMRN\tsystem\tcode\tsince\tuntil\n",
}
ANN = {"birthDate 1961-03-14", "sex Female"}


def folder(place: Path, mapping: str = PEOPLE + PROBLEMS + LABS + ACTS, /, **rows: str) -> Path:
    """Write tables with some rows, and what their columns say."""
    made = place / "own"
    made.mkdir(exist_ok=True)
    for name, head in FILES.items():
        (made / name).write_text(head + rows.get(name.partition(".")[0], ""), encoding="utf-8")
    (made / "tables.ttl").write_text(HEAD + mapping, encoding="utf-8")
    return made


def taken(place: Path, /, **how: Any) -> Taken:
    rows = {one: how.pop(one) for one in list(how) if f"{one}.csv" in FILES}
    return take_path(str(folder(place, **rows)), **how)


def of_ann(found: Taken) -> set[str]:
    return said(found) - ANN


def refused(place: Path, mapping: str, /, **rows: str) -> str:
    with pytest.raises(IndicantError) as caught:
        take_path(str(folder(place, mapping, **rows)))
    assert caught.value.help or caught.value.see
    return str(caught.value)


# ---------------------------------------------------------------------- what a row says


def test_each_patient_has_a_case_in_the_order_of_the_names(tmp_path: Path) -> None:
    found = taken(
        tmp_path, problems=f"1,bob,neck-pain,2026-01-02,,,yes\n2,ann,fever,,,{TODAY},yes\n"
    )
    assert [one.patient for one in found.report.patients] == ["ann", "bob"]
    assert said(found, 0) == {*ANN, "hasFinding Fever"}
    assert said(found, 1) == {"ageInYears 36", "sex Male", "hasFinding NeckPain onset=2026-01-02"}
    text = found.documents[1].text
    assert "https://w3id.org/indicant/case/table/problems/1" in text


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        (f"1,ann,fever,2026-11-01,,{TODAY},yes", "hasFinding Fever onset=2026-11-01"),
        (f"1,ann,fever,,,{TODAY},ruled out", "excludes Fever"),
        (
            "1,ann,fever,2026-01-02,2026-02-03,,over",
            "hadFinding Fever endedOn=2026-02-03 onset=2026-01-02",
        ),
        ("1,ann,fever,2026-01-02 00:00:00,,,yes", "hasFinding Fever onset=2026-01-02"),
    ],
)
def test_a_value_says_what_the_file_says_of_it(row: str, wanted: str, tmp_path: Path) -> None:
    assert of_ann(taken(tmp_path, problems=f"{row}\n")) == {wanted}


@pytest.mark.many(3)
@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,ann,fever,,,,YES", "status"),
        ("1,ann,fever,,,,", "status"),
        ("1,ann,fever,,,,no", "status"),
        ("1,ann,fever,,,,typo", "in-error"),
        ("1,ann,fever,,,2026-11-29,ruled out", "absent-then"),
        ("1,ann,fever,,,,ruled out", "absent-then"),
        ("1,ann,fever,2026-12-24,,,yes", "late"),
        ("1,ann,fever,2026-02-30,,,yes", "malformed"),
        ("1,ann,fever,02.03.2026,,,yes", "malformed"),
        ("1,ann,fever,2026-03-01,2026-02-01,,over", "malformed"),
        ("1,ann,nobody-knows,,,,yes", "unknown-code"),
        ("1,ann,,,,,yes", "no-code"),
        ("1,eve,fever,,,,yes", "no-patient"),
        ("1,,fever,,,,yes", "no-patient"),
        ("1,ann ,fever,,,,yes", "no-patient"),
    ],
)
def test_what_the_file_does_not_say_is_not_understood(
    row: str, reason: str, tmp_path: Path
) -> None:
    found = taken(tmp_path, problems=f"{row}\n")
    assert (of_ann(found), reasons(found)) == (set(), [reason])


def test_an_unmapped_value_is_told(tmp_path: Path) -> None:
    found = taken(tmp_path, problems="7,ann,fever,,,,probably\n")
    (left,) = found.report.all_left()
    assert (left.reference, left.detail) == ("problems/7", "'probably'")


def test_a_number_has_its_comparator_and_its_unit(tmp_path: Path) -> None:
    day = "2026-10-01"
    found = taken(
        tmp_path,
        labs=f"1;ann;creatinine;{day};88.5;;umol/L;\n2;bob;creatinine;{day};90;<=;umol/L;\n",
    )
    assert of_ann(found) == {f"hadFinding Creatinine creatinine=88.5 on={day}"}
    (bound,) = (one for one in said(found, 1) if "Creatinine" in one)
    assert "maxInclusive:90" in bound


@pytest.mark.many(3)
@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1;ann;creatinine;2026-10-01;88,5;;umol/L;", "malformed"),
        ("1;ann;creatinine;2026-10-01;88;~;umol/L;", "malformed"),
        ("1;ann;creatinine;2026-10-01;88;;bushels;", "unit"),
        ("1;ann;infection;2026-10-01;;;;maybe", "value"),
        ("1;ann;infection;2026-10-01;;;;neg", "absent-then"),
        ("1;ann;infection;2026-10-01;;;;", "no-value"),
    ],
)
def test_a_value_that_is_not_understood_decides_nothing(
    row: str, reason: str, tmp_path: Path
) -> None:
    found = taken(tmp_path, labs=f"{row}\n")
    assert reasons(found) == [reason]
    assert not any("creatinine=" in one or "excludes" in one for one in of_ann(found))


def test_an_answer_is_one_of_its_day(tmp_path: Path) -> None:
    found = taken(
        tmp_path, labs=f"1;ann;infection;{TODAY};;;;neg\n2;bob;infection;2026-01-02;;;;pos\n"
    )
    assert of_ann(found) == {"excludes Infection"}
    assert "hadFinding Infection on=2026-01-02" in said(found, 1)


def test_a_course_is_received_and_goes_on_only_where_it_is_said(tmp_path: Path) -> None:
    found = taken(
        tmp_path,
        acts=f"1\tann\t{CODES}\taspirin\t2026-01-02\t\n2\tbob\turn:other\taspirin\t2026-01-02\t\n",
    )
    assert of_ann(found) == {"received Aspirin startedOn=2026-01-02"}
    assert reasons(found) == ["unknown-code"]


def test_two_rows_of_one_id_that_differ_count_for_nothing(tmp_path: Path) -> None:
    row = "1,ann,fever,,,,yes\n"
    assert of_ann(taken(tmp_path, problems=row * 2)) == {"hasFinding Fever"}
    found = taken(tmp_path, problems=f"{row}1,ann,chill,,,,yes\n")
    assert (of_ann(found), set(reasons(found))) == (set(), {"duplicate"})


def test_who_is_dead_has_nothing_any_more(tmp_path: Path) -> None:
    found = taken(tmp_path, people="cid,1950-01-01,X,2026-11-01\n", problems="1,cid,fever,,,,yes\n")
    assert said(found, 2) == {"birthDate 1950-01-01", "hadFinding Fever"}
    assert found.report.patients[2].remarks == [
        "the patient died on 2026-11-01",
        "the sex 'X' is not understood",
    ]


def test_parquet_says_the_same_as_text(tmp_path: Path) -> None:
    rows = {"problems": "1,ann,fever,2026-01-02,,,yes\n2,bob,chill,,,,over\n"}
    made = folder(tmp_path, **rows)
    wanted = [one.text for one in take_path(str(made)).documents]
    with duckdb.connect() as database:
        for name in ("people", "problems"):
            source = made / f"{name}.csv"
            target = made / f"{name}.parquet"
            database.execute(f"COPY (FROM read_csv('{source}')) TO '{target}' (FORMAT parquet)")
            source.unlink()
    file = made / "tables.ttl"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("people.csv", "people").replace("problems.csv", "problems"), "utf-8"
    )
    assert [one.text for one in take_path(str(made)).documents] == wanted


def test_patients_who_are_named_are_read_alone(tmp_path: Path) -> None:
    rows = {"people": "o'neil,1970-01-01,F,\n"}
    assert said(taken(tmp_path, persons=("o'neil",), **rows)) == {
        "birthDate 1970-01-01",
        "sex Female",
    }
    with pytest.raises(IndicantError, match="there is no patient eve") as caught:
        taken(tmp_path, persons=("eve",), **rows)
    assert str(caught.value.help).startswith("name one that is there (ann, bob, o'neil), or leave")
    with pytest.raises(IndicantError, match="there is no patient eve"):
        taken(tmp_path, persons=("eve",))


def test_what_is_complete_is_so_where_all_was_understood(tmp_path: Path) -> None:
    file = tmp_path / "complete.ttl"
    file.write_text(
        f"{HEAD}<urn:x> a intake:Source ; prov:wasAttributedTo :us ; ind:recordsAll t:Fever .\n",
        encoding="utf-8",
    )
    found = taken(tmp_path, completeness=file, problems="1,ann,pain,,,,yes\n2,bob,fever,,,,hm\n")
    assert "recordsAll Fever" in said(found, 0)
    assert not any(one.startswith("recordsAll") for one in said(found, 1))


def test_patients_and_rows_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owntables, "MOST_ROWS", 1)
    with pytest.raises(IndicantError, match="holds more than 1 rows"):
        taken(tmp_path, problems="1,ann,fever,,,,yes\n2,ann,fever,,,,yes\n")
    monkeypatch.setattr(owntables, "MOST_PERSONS", 1)
    with pytest.raises(IndicantError, match="holds more than 1 patients"):
        taken(tmp_path)


@pytest.mark.slow
def test_verbs_take_tables(tmp_path: Path) -> None:
    made = str(folder(tmp_path))
    for verb in each(("intake", "assess", "next")):
        one = () if verb == "intake" else ("--person", "ann")
        code, told, err = run(verb, made, "--as-of", TODAY, *one)
        assert (code, err) == (0, "")
        assert "ann" in told
    code, told, err = run("intake", made)
    assert (code, told) == (2, "")
    assert "a table says for no day what it holds" in err


# ---------------------------------------------------------------------- views of SQL on FHIR

VIEWED = f"""
:people a intake:Table ; intake:view "people.json" ; intake:resources "fhir" ;
    intake:kind "patient" ; intake:patientIn "id" ; intake:birthDateIn "birthDate" ;
    intake:sexIn "gender" ; intake:reads [ intake:value "female" ; intake:says "female" ] .
:problems a intake:Table ; intake:view "problems.json" ; intake:resources "fhir" ;
    intake:kind "finding" ; intake:patientIn "patient" ; intake:idIn "id" ; intake:codeIn "code" ;
    intake:codeSystem <{CODES}> ; intake:startIn "onset" ; intake:statusIn "status" ;
    intake:reads [ intake:value "active" ; intake:counts intake:Present ] .
"""
VIEWS: dict[str, Any] = {
    "people": {
        "resource": "Patient",
        "select": [
            {
                "column": [
                    {"name": "id", "path": "getResourceKey()"},
                    {"name": "birthDate", "path": "birthDate"},
                    {"name": "gender", "path": "gender"},
                ]
            }
        ],
    },
    "problems": {
        "resource": "Condition",
        "constant": [{"name": "system", "valueUri": CODES}],
        "select": [
            {
                "column": [
                    {"name": "id", "path": "id"},
                    {"name": "patient", "path": "subject.getReferenceKey(Patient)"},
                    {"name": "onset", "path": "onset.ofType(dateTime)"},
                    {"name": "status", "path": "clinicalStatus.coding.first().code"},
                ]
            },
            {
                "forEach": "code.coding.where(system = %system)",
                "column": [{"name": "code", "path": "code"}],
            },
        ],
    },
}
PERSON = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1961-03-14"}


def viewed(place: Path, *records: Any, views: Any = None, mapping: str = VIEWED) -> Path:
    made = place / "viewed"
    (made / "fhir").mkdir(parents=True, exist_ok=True)
    (made / "tables.ttl").write_text(HEAD + mapping, encoding="utf-8")
    for name, one in {**VIEWS, **(views or {})}.items():
        (made / f"{name}.json").write_text(json.dumps(one), encoding="utf-8")
    text = json.dumps(bundle(PERSON, *records))
    (made / "fhir" / "all.json").write_text(text, encoding="utf-8")
    return made


def test_a_view_of_fhir_is_a_table_as_any_other(tmp_path: Path) -> None:
    pain = record("Condition", "a", **concept("neck-pain"), **ACTIVE, onsetDateTime="2026-01-02")
    other = record("Condition", "b", **concept("fever"), clinicalStatus={"coding": [{"code": "?"}]})
    found = take_path(str(viewed(tmp_path, pain, other)))
    assert said(found) == {*ANN, "hasFinding NeckPain onset=2026-01-02"}
    assert said(found) == said(take(PERSON, pain))
    assert reasons(found) == ["status"]
    assert [one.patient for one in found.report.patients] == ["Patient/p"]
    assert found.report.remarks == []


def test_a_resource_that_may_mean_something_else_is_not_viewed(tmp_path: Path) -> None:
    one = record(
        "Condition", "a", **concept("fever"), **ACTIVE, modifierExtension=[{"url": "urn:x"}]
    )
    file = tmp_path / "complete.ttl"
    claim = "a intake:Source ; prov:wasAttributedTo :us ; ind:recordsAll t:Pain"
    file.write_text(f"{HEAD}<urn:x> {claim} .\n", encoding="utf-8")
    found = take_path(str(viewed(tmp_path, one)), completeness=file)
    assert said(found) == ANN
    assert "1 resources are not viewed by problems.json (modifier)" in found.report.remarks[0]
    assert "recordsAll Pain" in said(take_path(str(viewed(tmp_path)), completeness=file))


@pytest.mark.parametrize(
    ("views", "message"),
    [
        ({"problems": {}}, "is no ViewDefinition that is read"),
        ({"problems": {"resource": "Condition", "select": [{"column": []}]}}, "has no column"),
        (
            {
                "people": {
                    "resource": "Patient",
                    "select": [
                        {
                            "column": [
                                {"name": "id", "path": "id"},
                                {"name": "birthDate", "path": "link", "collection": True},
                                {"name": "gender", "path": "gender"},
                            ]
                        }
                    ],
                }
            },
            "has more than one value",
        ),
        (
            {
                "people": {
                    "resource": "Patient",
                    "where": [{"path": "id"}],
                    "select": VIEWS["people"]["select"],
                }
            },
            "does not fit a resource",
        ),
    ],
)
def test_a_view_that_gives_no_such_table_is_refused(
    views: Any, message: str, tmp_path: Path
) -> None:
    with pytest.raises(IndicantError, match=message):
        take_path(str(viewed(tmp_path, views=views)))


def test_a_view_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "out.json").write_text(json.dumps(VIEWS["people"]), encoding="utf-8")
    mapping = VIEWED.replace("people.json", "../out.json")
    with pytest.raises(IndicantError, match=r"out\.json"):
        take_path(str(viewed(tmp_path, mapping=mapping)))


def test_a_resource_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    made = viewed(tmp_path)
    (made / "fhir" / "all.json").unlink()
    (made / "fhir" / "all.ndjson").write_text(json.dumps(PERSON) + '\n{"resourceType', "utf-8")
    with pytest.raises(IndicantError, match="no JSON object"):
        take_path(str(made))


# ---------------------------------------------------------------------- what the file may say

WRONG = {
    "nothing": (':x ind:label "x" .', "describes no table"),
    "no patients": (PROBLEMS, "no table is of the kind patient"),
    "a word": (PEOPLE + PROBLEMS.replace("statusIn", "stateIn"), "stateIn says nothing of a table"),
    "a kind": (PEOPLE + PROBLEMS.replace('"finding"', '"disease"'), "'disease' is no kind"),
    "a record": (
        PEOPLE + ACTS.replace("MedicationRequest", "Condition"),
        "'Condition' is no record of the kind intervention",
    ),
    "a record that is aside": (PEOPLE + ACTS.replace("MedicationRequest", "Claim"), "is no record"),
    "no id": (PEOPLE + PROBLEMS.replace('intake:idIn "no" ;', ""), "which column is its idIn"),
    "no system": (
        PEOPLE + PROBLEMS.replace(f"intake:codeSystem <{CODES}> ;", ""),
        "its system is to be said once",
    ),
    "two systems": (
        PEOPLE + PROBLEMS.replace("intake:idIn", 'intake:systemIn "x" ; intake:idIn'),
        "its system is to be said once",
    ),
    "no standing": (
        PEOPLE + ACTS.replace("intake:counts intake:Received", 'intake:onIn "since"'),
        "what its rows count for is to be said once",
    ),
    "a standing of another kind": (
        PEOPLE + ACTS.replace("intake:Received", "intake:Present"),
        "'Present' is nothing that the kind intervention counts for",
    ),
    "two meanings": (
        PEOPLE + PROBLEMS.replace('"over"', '"yes"'),
        "'yes' says two things",
    ),
    "a value of no column": (
        PEOPLE + LABS.replace('intake:valueIn "answer" ;', ""),
        "it is said of no column: valueIn names one",
    ),
    "a value without its text": (
        PEOPLE + PROBLEMS.replace('intake:value "yes" ;', ""),
        "a value is",
    ),
    "an answer": (PEOPLE + LABS.replace("intake:Positive", "intake:Panel"), "'Panel' is no answer"),
    "a sex": (PEOPLE.replace('"female"', '"f"'), "'f' is no sex"),
    "a column twice": (
        PEOPLE + PROBLEMS.replace('intake:codeIn "code"', 'intake:codeIn "code" , "no"'),
        "codeIn is to be said once",
    ),
    "a number of a finding": (
        PEOPLE + PROBLEMS.replace("intake:idIn", 'intake:numberIn "no" ; intake:idIn'),
        "numberIn says nothing of the kind finding",
    ),
    "a stray value": (
        PEOPLE + ':x intake:value "yes" ; intake:counts intake:Present .',
        "neither a table nor one of its values",
    ),
    "a file and a view": (
        PEOPLE.replace("intake:file", 'intake:view "x" ; intake:file'),
        "a file, or a view with its resources",
    ),
    "no such column": (PEOPLE + PROBLEMS.replace('"since"', '"begin"'), "has no column 'begin'"),
    "no such file": (
        PEOPLE + PROBLEMS.replace("problems.csv", "issues.csv"),
        "no file of the table",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_says_something_else_is_refused(name: str, tmp_path: Path) -> None:
    mapping, message = WRONG[name]
    assert message in refused(tmp_path, mapping)


def test_a_patient_who_stands_there_twice_is_refused(tmp_path: Path) -> None:
    told = refused(tmp_path, PEOPLE, people="ann,1962-03-14,F,\n")
    assert "the patient 'ann' stands there 2 times" in told
    assert "a patient has no name" in refused(tmp_path, PEOPLE, people=",1962-03-14,F,\n")
    assert "too long a name" in refused(tmp_path, PEOPLE, people=f"{'x' * 400},1962-03-14,F,\n")
