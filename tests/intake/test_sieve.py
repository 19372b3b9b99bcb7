"""What is passed over without being read in full never changes a case."""

from __future__ import annotations

import datetime
import io
import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from each import each
from indicant import Guideline, IndicantError
from indicant.files.sources import gather, installed
from indicant.intake.patients import Intake, Options
from indicant.intake.report import as_record
from indicant.intake.splitting import is_plain, split
from intaking import AS_OF, CODES, PATIENT, TERMS, bundle, concept, reader, record, vocabulary
from places import SHARED

if TYPE_CHECKING:
    from collections.abc import Callable

FHIR = SHARED / "fhir"
BUNDLES = sorted(FHIR.glob("*.json"))
needs_data = pytest.mark.skipif(not FHIR.is_dir(), reason="the bundles are not beside the checkout")
OPTIONS = Options(datetime.date.fromisoformat(AS_OF))
KNOWN = {"coding": [{"system": CODES, "code": "fracture"}]}
UNKNOWN = {"coding": [{"system": CODES, "code": "nobody knows it"}]}
MALFORMED = ("duplicate", "malformed", "twice")
"""Why a record is left whose elements are looked at, which of some is not done."""


@cache
def thorough() -> Intake:
    """Return what reads every record in full."""
    made = Intake(gather(TERMS), vocabulary())
    made._sieve = None  # type: ignore[assignment]
    return made


def told(reading: Intake, data: bytes, name: str = "-") -> dict[str, Any] | str:
    """Return the cases of a text and what became of its records, or why it is refused."""
    try:
        taken = reading.take(name, OPTIONS, stdin=io.BytesIO(data))
    except IndicantError as error:
        return str(error)
    report = as_record(taken.report)
    return {"cases": [one.text for one in taken.documents], **report}


def reasons(said: dict[str, Any] | str) -> list[tuple[str, str]]:
    assert isinstance(said, dict)
    said.pop("reasons", None)
    return sorted((row["reference"], row["reason"]) for row in said.pop("notUsed"))


def agree(data: bytes) -> None:
    """See that a text says the same, read in full and not."""
    quick, full = told(reader(), data), told(thorough(), data)
    if isinstance(full, str) or isinstance(quick, str):
        assert quick == full
        return
    one, other = reasons(quick), reasons(full)
    assert [name for name, _ in one] == [name for name, _ in other]
    for (_, found), (name, expected) in zip(one, other, strict=True):
        assert found == expected or expected in MALFORMED, name
    assert quick == full


# ---------------------------------------------------------------------- whatever is written


SPACES = st.sampled_from(["", " ", "\n", "\t \r\n"])
NAMES = st.sampled_from(["resourceType", "code", "subject", "status", "id", "contained", "x"])
VALUES = st.sampled_from(
    [
        KNOWN,
        UNKNOWN,
        {},
        None,
        1.50,
        "a\\u0022b",
        [],
        [{"resourceType": "Condition", "code": KNOWN}],
        [{"resourceType": "Patient", "id": "p"}],
        "Condition",
        "Claim",
        "Observation",
        {"reference": "Patient/p"},
        {"reference": "Patient/q"},
        {"modifierExtension": [{"url": "urn:x"}]},
        "implicitRules",
        "final",
        "entered-in-error",
    ]
)


@st.composite
def written(draw: st.DrawFn, pairs: list[tuple[str, str]]) -> str:
    """Return an object with spaces wherever there may be any, and a name with an escape."""
    rows = []
    for name, value in pairs:
        key = json.dumps(name)
        if draw(st.integers(0, 9)) == 0:
            at = draw(st.integers(1, len(name)))
            key = f"{key[:at]}\\u{ord(name[at - 1]):04x}{key[at + 1 :]}"
        rows.append(f"{draw(SPACES)}{key}{draw(SPACES)}:{draw(SPACES)}{value}{draw(SPACES)}")
    return f"{{{','.join(rows)}}}"


@st.composite
def a_record(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["Condition", "Observation", "Procedure", "Claim", "Encounter"]))
    made = record(kind, draw(st.sampled_from("abc")), code=draw(st.sampled_from([KNOWN, UNKNOWN])))
    made |= draw(
        st.sampled_from(
            [
                {},
                {"status": "completed"},
                {"status": "final", "valueBoolean": True, "effectiveDateTime": AS_OF},
                {"status": "final", "component": [{"code": KNOWN, "valueBoolean": False}]},
                concept("x", key="type"),
                {"onsetDateTime": "no date"},
            ]
        )
    )
    pairs = [(name, json.dumps(value)) for name, value in made.items()]
    for _ in range(draw(st.integers(0, 2))):
        more = (draw(NAMES), json.dumps(draw(VALUES)))
        pairs.insert(draw(st.integers(0, len(pairs))), more)
    return draw(written(pairs))


@st.composite
def a_bundle(draw: st.DrawFn) -> bytes:
    """Return a bundle of records of all kinds, some of which are not as they should be."""
    entries = [json.dumps({"resource": PATIENT})]
    for _ in range(draw(st.integers(1, 5))):
        pairs = [("resource", draw(a_record()))]
        if draw(st.integers(0, 5)) == 0:
            pairs.insert(0, ("resource", draw(a_record())))
        if draw(st.integers(0, 3)) == 0:
            url = draw(st.sampled_from(["urn:uuid:1", "https://a.example/Condition/a", "http:x"]))
            pairs.append(("fullUrl", json.dumps(url)))
        if draw(st.integers(0, 5)) == 0:
            method = draw(st.sampled_from(["PUT", "DELETE"]))
            pairs.append(("request", json.dumps({"method": method, "url": "Condition/a"})))
        entries.append(draw(written(pairs)))
    text = ",".join(f"{draw(SPACES)}{one}{draw(SPACES)}" for one in entries)
    pairs = [("resourceType", '"Bundle"'), ("type", '"collection"'), ("entry", f"[{text}]")]
    if draw(st.integers(0, 7)) == 0:
        more = draw(st.sampled_from([("entry", "[]"), ("type", '"history"'), pairs[-1]]))
        pairs.insert(draw(st.integers(0, len(pairs))), more)
    return draw(written(pairs)).encode()


@pytest.mark.slow
@given(a_bundle())
def test_a_case_is_the_same_whether_all_is_read_in_full(data: bytes) -> None:
    agree(data)


@pytest.mark.slow
@given(a_bundle(), st.data())
def test_a_text_that_is_spoilt_is_refused_alike(data: bytes, drawn: st.DataObject) -> None:
    at = drawn.draw(st.integers(0, len(data)))
    spoilt = drawn.draw(st.sampled_from([b"", b"\xff", b"]", b",", b"{", b'"', b"\\", b"01"]))
    agree(data[:at] + spoilt + data[at + drawn.draw(st.integers(0, 2)) :])


@pytest.mark.slow
@given(st.lists(a_record(), min_size=1, max_size=5))
def test_a_line_says_the_same_whether_it_is_read_in_full(records: list[str]) -> None:
    rows = [json.dumps(PATIENT), *(" ".join(one.split()) for one in records)]
    agree("\n".join(rows).encode())


# ---------------------------------------------------------------------- traps


def entry(*pairs: tuple[str, Any]) -> str:
    return f"{{{','.join(f'{json.dumps(name)}:{json.dumps(value)}' for name, value in pairs)}}}"


def whole(*entries: str, **more: str) -> bytes:
    rows = {"resourceType": '"Bundle"', "type": '"collection"', **more}
    top = ",".join(f'"{name}":{value}' for name, value in rows.items())
    return f'{{{top},"entry":[{",".join(entries)}]}}'.encode()


FRACTURE = record("Condition", code=KNOWN)
OTHER = record("Condition", code=UNKNOWN)
SOMEBODY = entry(("resource", PATIENT))
TRAPS: dict[str, Callable[[], bytes]] = {
    "a second list of entries": lambda: (
        whole(SOMEBODY)[:-1] + b',"entry":[' + entry(("resource", FRACTURE)).encode() + b"]}"
    ),
    "the same list twice": lambda: whole(SOMEBODY)[:-1] + b',"entry":[' + SOMEBODY.encode() + b"]}",
    "a known code before one that is not": lambda: whole(
        SOMEBODY, entry(("resource", FRACTURE), ("resource", OTHER))
    ),
    "a known code behind one that is not": lambda: whole(
        SOMEBODY, entry(("resource", OTHER), ("resource", FRACTURE))
    ),
    "a copy of the first entry within another": lambda: whole(
        entry(("resource", {**OTHER, "x": json.loads(SOMEBODY)})), SOMEBODY
    ),
    "a patient within a bill": lambda: whole(
        entry(("resource", {**record("Claim"), "contained": [PATIENT]}))
    ),
    "a medication within a bill": lambda: whole(
        SOMEBODY,
        entry(
            (
                "resource",
                {
                    **record("Claim"),
                    "contained": [{"resourceType": "Medication", "id": "m", "code": KNOWN}],
                },
            )
        ),
    ),
    "one name for two records": lambda: whole(
        SOMEBODY, entry(("resource", FRACTURE)), entry(("resource", OTHER))
    ),
    "no entry": lambda: whole(),
    "a mark of the byte order": lambda: (
        b"\xef\xbb\xbf" + whole(SOMEBODY, entry(("resource", FRACTURE)))
    ),
    "what is no UTF-8 in what is passed over": lambda: whole(
        SOMEBODY, entry(("resource", {**OTHER, "note": "UTF"}))
    ).replace(b"UTF", b"\xff"),
    "what is no JSON in what is passed over": lambda: whole(
        SOMEBODY, entry(("resource", {**OTHER, "note": "NONE"}))
    ).replace(b'"NONE"', b"nul"),
    "a number without an end": lambda: whole(
        SOMEBODY, entry(("resource", {**OTHER, "x": 1}))
    ).replace(b'"x": 1', b'"x": ' + b"9" * 5_000),
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_seen(name: str) -> None:
    agree(TRAPS[name]())


def test_what_modifies_is_seen_however_it_is_written() -> None:
    for name in each(("modifierExtension", "implicitRules", r"modifierExtensio\u006e")):
        text = f'{{"resource": {json.dumps(FRACTURE)[:-1]}, "{name}": []}}}}'
        data = whole(SOMEBODY, text)
        assert not is_plain(data)
        agree(data)
        said = told(reader(), data)
        assert isinstance(said, dict)
        assert reasons(said)[0][1] in {"modifier", "rules"}


def test_a_bundle_is_split_into_what_stands_in_it() -> None:
    rows = [SOMEBODY, entry(("resource", FRACTURE)), entry(("resource", OTHER))]
    parts = split(whole(*rows, total="3"))
    assert parts is not None
    assert [one.decode() for one in parts.entries] == rows
    assert json.loads(parts.rest) == {
        "resourceType": "Bundle",
        "type": "collection",
        "total": 3,
        "entry": [],
    }
    assert parts.plain
    assert split(b'{"resourceType":"Patient","entry":[]}') is None


def test_most_of_a_chart_is_passed_over() -> None:
    chart = [record("Condition", f"c{at}", code=UNKNOWN) for at in range(50)]
    data = json.dumps(bundle(PATIENT, FRACTURE, *chart)).encode()
    parts = split(data)
    assert parts is not None
    sieve = reader()._sieve
    passed = [sieve.entry(one, plain=parts.plain) for one in parts.entries]
    assert [one is None for one in passed] == [True, True, *[False] * 50]


# ---------------------------------------------------------------------- real ones


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize("name", installed())
def test_real_charts_say_the_same_whether_all_is_read_in_full(name: str) -> None:
    guideline = Guideline.load(name)
    quick = guideline.reader(())
    full = Intake(guideline.assessor.source, guideline.assessor.vocabulary)
    full._sieve = None  # type: ignore[assignment]
    for path in each([*BUNDLES, FHIR / "bulk-10"]):
        one, other = (reading.take(str(path), OPTIONS) for reading in (quick, full))
        assert as_record(one.report) == as_record(other.report)
        assert [doc.text for doc in one.documents] == [doc.text for doc in other.documents]
