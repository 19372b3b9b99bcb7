"""Whatever is given as FHIR is read, or told in one line, within bounds of time and memory."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from each import each
from indicant.errors import IndicantError
from indicant.intake import supply
from indicant.intake.patients import Options
from intaking import (
    ACTIVE,
    AS_OF,
    PATIENT,
    Record,
    bundle,
    concept,
    reader,
    reasons,
    record,
    said,
    take,
    take_text,
)
from packing import PACKINGS, spoilt

if TYPE_CHECKING:
    from pathlib import Path

PAIN = record("Condition", **concept("neck-pain"), **ACTIVE)
HAS = {"hasFinding NeckPain"}


def from_path(path: Path, *, strict: bool = False) -> Any:
    import datetime

    return reader().take(str(path), Options(datetime.date.fromisoformat(AS_OF)), strict=strict)


def told(text: str | bytes) -> str:
    with pytest.raises(IndicantError) as caught:
        take_text(text)
    assert "\n" not in str(caught.value)
    assert caught.value.help
    return str(caught.value)


def lines(*records: Record) -> str:
    return "".join(f"{json.dumps(one)}\n" for one in records)


# ---------------------------------------------------------------------- forms


@pytest.mark.parametrize("form", ["collection", "searchset", "transaction", "document", "batch"])
def test_a_bundle_of_any_kind_is_read(form: str) -> None:
    assert said(take_text(json.dumps(bundle(PATIENT, PAIN, form=form)))) == HAS


@pytest.mark.parametrize("form", ["history", "transaction-response", "batch-response", "", "x"])
def test_a_bundle_that_holds_no_records_is_refused(form: str) -> None:
    assert "<stdin>: the bundle of type" in told(json.dumps(bundle(PATIENT, PAIN, form=form)))


def test_a_resource_brings_its_patient_with_it() -> None:
    one = {**PAIN, "subject": {"reference": "#p"}, "contained": [PATIENT]}
    assert said(take_text(json.dumps(one, indent=2))) == HAS


@pytest.mark.parametrize("packing", PACKINGS)
def test_lines_are_read_packed_or_not_from_a_file_a_folder_or_standard_input(
    packing: str,
    tmp_path: Path,
) -> None:
    ending, pack = PACKINGS[packing]
    text = lines(PATIENT, PAIN)
    assert said(take_text(text)) == HAS
    assert said(take_text(pack(text.encode()))) == HAS
    plain, packed = tmp_path / "a.ndjson", tmp_path / f"b.ndjson{ending}"
    plain.write_text(text, encoding="utf-8")
    packed.write_bytes(pack(text.encode()))
    assert said(from_path(plain)) == said(from_path(packed)) == HAS
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "Patient.000.ndjson").write_text(lines(PATIENT), encoding="utf-8")
    (folder / f"Condition.000.ndjson{ending}").write_bytes(pack(lines(PAIN).encode()))
    (folder / "LICENSE").write_text("free", encoding="utf-8")
    (folder / ".hidden.ndjson").write_text("{", encoding="utf-8")
    taken = from_path(folder)
    assert said(taken) == HAS
    assert taken.report.remarks == ["not read: LICENSE"]


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_bundle_may_be_packed(packing: str, tmp_path: Path) -> None:
    ending, pack = PACKINGS[packing]
    packed = tmp_path / f"patient.json{ending}"
    text = json.dumps(bundle(PATIENT, PAIN)).encode()
    packed.write_bytes(pack(text))
    assert said(from_path(packed)) == HAS
    for what, data in each(spoilt(packing, text).items()):
        packed.write_bytes(data)
        with pytest.raises(IndicantError) as caught:
            from_path(packed)
        assert caught.value.help, what
        if what != "nothing":
            assert f"packed by {packing[:4]}, and cut off or spoilt" in str(caught.value), what


def test_a_folder_without_records_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    with pytest.raises(IndicantError, match="the folder holds no FHIR"):
        from_path(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="links take rights there")
def test_a_link_in_a_folder_leads_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "secret.ndjson").write_text(lines(PATIENT, PAIN), encoding="utf-8")
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "Patient.ndjson").symlink_to(tmp_path / "secret.ndjson")
    with pytest.raises(IndicantError):
        from_path(folder)


def test_a_deletion_hands_nothing_over() -> None:
    entries = bundle(PATIENT, PAIN, form="transaction")
    entries["entry"][1]["request"] = {"method": "DELETE", "url": "Condition/r"}
    taken = take_text(json.dumps(entries))
    assert (said(taken), reasons(taken)) == (set(), ["deleted"])
    entries["entry"][1]["request"]["method"] = "PUT"
    assert said(take_text(json.dumps(entries))) == HAS


# ---------------------------------------------------------------------- whose


def test_records_of_somebody_else_are_nobodys_here() -> None:
    other = {**PAIN, "subject": {"reference": "Patient/q"}}
    taken = take(other)
    assert (said(taken), reasons(taken)) == (set(), ["no-patient"])
    assert [one.detail for one in taken.report.left] == ["Patient/q"]


def test_of_two_patients_each_has_a_case() -> None:
    other = {**record("Condition", "s", **concept("fracture"), **ACTIVE)}
    other["subject"] = {"reference": "Patient/q"}
    taken = take(PATIENT, {**PATIENT, "id": "q"}, PAIN, other)
    assert [said(taken, at) for at in (0, 1)] == [HAS, {"hasFinding Fracture"}]
    assert [one.path for one in taken.documents] == ["<stdin>/p.ttl", "<stdin>/q.ttl"]


def test_a_patient_within_a_record_is_one_only_where_the_record_is_about_them() -> None:
    taken = take({**PAIN, "contained": [{**PATIENT, "id": "donor"}]})
    assert [one.patient for one in taken.report.patients] == ["p"]
    assert said(taken) == HAS
    alone = {**PAIN, "contained": [{**PATIENT, "id": "donor"}]}
    assert "holds no patient" in told(json.dumps(alone))


def test_without_a_patient_nobody_is_guessed() -> None:
    found = told(json.dumps(bundle(PAIN, {**PAIN, "id": "s"})))
    assert found == "<stdin>: holds no patient: 2 of its records are about Patient/p"
    assert told(json.dumps(bundle())) == "<stdin>: holds no patient"
    assert told('{"resourceType": "Bundle", "type": "collection"}') == "<stdin>: holds no patient"


SERVER = "https://a.example/fhir"


@pytest.mark.parametrize(
    ("patient", "condition", "subject", "found"),
    [
        ("urn:uuid:1", "urn:uuid:2", "urn:uuid:1", True),
        ("urn:uuid:1", "urn:uuid:2", "Patient/p", True),
        (f"{SERVER}/Patient/p", f"{SERVER}/Condition/r", "Patient/p", True),
        (f"{SERVER}/Patient/p", f"{SERVER}/Condition/r", "Patient/p/_history/3", True),
        (f"{SERVER}/Patient/p", f"{SERVER}/Condition/r", f"{SERVER}/Patient/p", True),
        (f"{SERVER}/Patient/p", f"{SERVER}/Condition/r", "https://b.example/Patient/p", False),
        ("https://b.example/fhir/Patient/p", f"{SERVER}/Condition/r", "Patient/p", False),
        ("https://b.example/fhir/Patient/p", "", "Patient/p", True),
        ("", "", "https://b.example/Patient/p", False),
        ("", "", "Patient/p", True),
        ("", "", "Patient?identifier=1", False),
        ("", "", "Group/p", False),
        ("", "", "#p", False),
        ("", "", "", False),
    ],
)
def test_a_reference_leads_to_one_patient_or_to_nobody(
    patient: str, condition: str, subject: str, *, found: bool
) -> None:
    one = {**PAIN, "subject": {"reference": subject}}
    records = (
        {**PATIENT, **({"url": patient} if patient else {})},
        {**one, **({"url": condition} if condition else {})},
    )
    taken = take_text(json.dumps(bundle(*records)))
    assert (said(taken) == HAS) == found
    assert (reasons(taken) == ["no-patient"]) != found


@pytest.mark.parametrize(
    "subject", [None, {}, {"identifier": {"value": "1"}}, {"display": "Ann"}, "Patient/p", [1]]
)
def test_a_record_of_nobody_counts_for_nothing(subject: Any) -> None:
    taken = take({**PAIN, "subject": subject})
    assert said(taken) == set()
    assert reasons(taken)[0] in {"malformed", "no-patient"}


def test_references_in_a_circle_lead_nowhere() -> None:
    one = record("MedicationRequest", status="active", intent="order")
    one["medicationReference"] = {"reference": "MedicationRequest/r"}
    one["contained"] = [{"resourceType": "Medication", "id": "r", "code": {"reference": "#r"}}]
    taken = take(one, {**PAIN, "subject": {"reference": "#r"}, "contained": [{"id": "r"}]})
    assert said(taken) == set()
    assert len(reasons(taken)) == 2


def test_the_same_record_twice_is_one_and_two_that_differ_are_none() -> None:
    assert said(take(PAIN, PAIN)) == HAS
    other = {**PAIN, **concept("fracture")}
    taken = take(PAIN, other)
    assert (said(taken), reasons(taken)) == (set(), ["duplicate"])
    taken = take({**PATIENT, "gender": "male"}, {**PATIENT, "gender": "female"}, PAIN)
    assert said(taken) == HAS


def test_records_without_a_name_are_told_apart() -> None:
    nameless = [{k: v for k, v in PAIN.items() if k != "id"} for _ in range(2)]
    spoilt = {**PAIN, "id": "../../x"}
    taken = take(*nameless, spoilt)
    sources = {row.reference for one in taken.report.patients for row in one.used}
    assert sources == {"Condition (entry 2)", "Condition (entry 3)", "Condition (entry 4)"}


# ---------------------------------------------------------------------- what is no record


def test_a_type_that_nobody_knows_is_told() -> None:
    taken = take(record("Conditon", **concept("neck-pain")), {"resourceType": 5}, {"id": "x"})
    assert said(taken) == set()
    assert reasons(taken) == ["malformed", "unknown-type", "unknown-type"]


def test_a_bundle_within_a_bundle_is_not_read() -> None:
    taken = take(bundle(PAIN))
    assert (said(taken), reasons(taken)) == (set(), ["aside"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "<stdin>: the file is empty"),
        ("{", "<stdin>:1:2: is no JSON"),
        ('{"resourceType": "Bundle", "type": "collection", "entry": [{}', "is no JSON, or cut off"),
        ('{"resourceType": "Patient"} x', "something stands behind its end"),
        ('{"resourceType": "Patient" "id": "p"}', "a comma or } is expected"),
        ('{"a": 1}', "<stdin>: is no FHIR: it has no resourceType"),
        ("[1]", "is no JSON object"),
        ('{"resourceType": "Bundle", "type": "collection", "entry": [1]}', "entry 1 is no object"),
        (
            '{"resourceType": "Bundle", "type": "collection", "entry": [{"resource": 1}]}',
            "the resource of entry 1 is no object",
        ),
        ('{"resourceType": "Patient", "id": "p", }', "is no JSON"),
        (b'{"resourceType": "Patient", "id": "\xff"}', "the text is not UTF-8"),
    ],
)
def test_what_is_no_document_is_told_with_its_place(text: str | bytes, message: str) -> None:
    assert message in told(text)


def test_an_error_names_line_and_column() -> None:
    text = json.dumps(bundle(PATIENT, PAIN), indent=1)
    at = text.index('"neck-pain"')
    line = text.count("\n", 0, at) + 1
    spoilt = text.replace('"neck-pain"', "neck-pain")
    assert told(spoilt).startswith(f"<stdin>:{line}:")


def test_an_element_that_stands_twice_takes_its_record_with_it() -> None:
    text = json.dumps(bundle(PATIENT, PAIN))
    twice = text.replace(
        '"clinicalStatus"', '"onsetString": "a", "onsetString": "b", "clinicalStatus"'
    )
    taken = take_text(twice)
    assert (said(taken), reasons(taken)) == (set(), ["twice"])
    top = text.replace('"type": "collection"', '"type": "history", "type": "collection"')
    assert "type twice" in told(top)


@pytest.mark.parametrize("depth", [2_000, 100_000])
def test_what_is_nested_deeply_is_told(depth: int) -> None:
    deep = "[" * depth + "]" * depth
    text = json.dumps(bundle(PATIENT, {**PAIN, "extension": "DEEP"})).replace('"DEEP"', deep)
    assert "nested too deeply" in told(text)
    broken = lines(PATIENT) + json.dumps({**PAIN, "extension": "DEEP"}).replace('"DEEP"', deep)
    assert reasons(take_text(broken)) == ["broken"]


def test_a_line_that_is_no_record_is_counted_or_ends_it(tmp_path: Path) -> None:
    file = tmp_path / "all.ndjson"
    cut = lines(PATIENT, PAIN) + json.dumps({**PAIN, "id": "s"})[:-20]
    file.write_text(cut, encoding="utf-8")
    taken = from_path(file)
    assert (said(taken), reasons(taken)) == (HAS, ["broken"])
    assert taken.report.broken
    (left,) = taken.report.left
    assert (left.file, left.line) == (str(file), 3)
    with pytest.raises(IndicantError, match=r"all\.ndjson:3: the line is no JSON object"):
        from_path(file, strict=True)
    file.write_text(lines(PATIENT) + "\n\n[1]\n" + lines(PAIN), encoding="utf-8")
    assert said(from_path(file)) == HAS


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_line_that_never_ends_is_not_read_to_its_end(
    packing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending, pack = PACKINGS[packing]
    monkeypatch.setattr(supply, "MAX_LINE", 1_000)
    file = tmp_path / f"long.ndjson{ending}"
    file.write_bytes(pack(b"{" + b" " * 10_000))
    with pytest.raises(IndicantError, match=r"long\.ndjson\.\w+:1: the line is longer"):
        from_path(file)


@pytest.mark.many(1000)
@pytest.mark.parametrize("packing", PACKINGS)
def test_of_what_is_packed_no_more_is_read_than_the_limit(
    packing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending, pack = PACKINGS[packing]
    file = tmp_path / f"a.ndjson{ending}"
    file.write_bytes(pack(lines(PATIENT).encode() * 5_000))
    monkeypatch.setattr(supply, "MAX_STREAM", 100_000)
    with pytest.raises(IndicantError, match=r"a\.ndjson\.\w+:\d+: holds more than 0 GB"):
        from_path(file)
    file.write_bytes(pack(b"\n" * 20_000_000))
    monkeypatch.setattr(supply, "MAX_STREAM", 10_000_000_000)
    with pytest.raises(IndicantError, match="blank lines"):
        from_path(file)


def test_more_than_the_limit_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supply, "MAX_DOCUMENT", 1_000)
    assert "larger than the limit" in told(json.dumps(bundle(PATIENT, PAIN, x="y" * 2_000)))
    for _, pack in each(PACKINGS.values()):
        assert "larger than the limit" in told(pack(b"{" + b" " * 10_000))
    monkeypatch.setattr(supply, "MOST_RECORDS", 1)
    monkeypatch.setattr(supply, "MAX_DOCUMENT", 1_000_000)
    assert "more than 1 records" in told(json.dumps(bundle(PATIENT, PAIN)))


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_bundle_of_100_mb_is_read_entry_by_entry(tmp_path: Path) -> None:
    """Whole, its objects would take ten times as much memory as its text."""
    filler = json.dumps({"resource": {"resourceType": "Basic", "id": "b", "note": "x" * 900}})
    entries = [json.dumps({"resource": PATIENT}), json.dumps({"resource": PAIN})]
    file = tmp_path / "large.json"
    with file.open("w", encoding="utf-8") as out:
        out.write('{"resourceType": "Bundle", "type": "collection", "entry": [')
        out.write(",".join(entries))
        for number in range(105_000):
            out.write("," + filler.replace('"id": "b"', f'"id": "b{number}"'))
        out.write("]}")
    assert file.stat().st_size > 100_000_000
    taken = from_path(file)
    assert said(taken) == HAS
    assert taken.report.records == 105_002


# ---------------------------------------------------------------------- anything at all

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
KINDS = ("Condition", "Observation", "Procedure", "MedicationRequest", "Immunization", "Encounter")
ELEMENTS = [
    "id",
    "status",
    "intent",
    "subject",
    "patient",
    "code",
    "clinicalStatus",
    "verificationStatus",
    "onsetDateTime",
    "abatementDateTime",
    "recordedDate",
    "effectiveDateTime",
    "effectivePeriod",
    "valueQuantity",
    "valueRange",
    "valueCodeableConcept",
    "component",
    "medicationCodeableConcept",
    "medicationReference",
    "performedPeriod",
    "contained",
    "dataAbsentReason",
    "focus",
    "type",
    "vaccineCode",
    "authoredOn",
    "statusChanged",
]


@pytest.mark.slow
@settings(max_examples=600, deadline=None)
@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(ELEMENTS), JSON, max_size=4))
def test_any_element_may_be_anything(kind: str, spoilt: dict[str, Any]) -> None:
    """A record is read, or told; nothing is excluded or complete because it was not understood."""
    sound = record(
        kind,
        **concept("neck-pain"),
        **ACTIVE,
        status="completed",
        intent="order",
        valueBoolean=True,
    )
    taken = take_text(json.dumps(bundle(PATIENT, {**sound, **spoilt})))
    assert not [one for one in said(taken) if one.startswith(("excludes", "recordsAll", "never"))]


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 600), st.integers(0, 60), st.text(max_size=4))
def test_any_document_may_be_cut_or_changed(at: int, length: int, into: str) -> None:
    text = json.dumps(bundle(PATIENT, PAIN))
    changed = text[:at] + into + text[at + length :]
    try:
        found = said(take_text(changed.encode("utf-8", "surrogatepass")))
    except IndicantError as error:
        found = {str(error)}
    assert not [one for one in found if one.startswith(("excludes", "recordsAll", "never"))]
    assert not any("\n" in one for one in found)
