"""ViewDefinitions give the tables that the official tests of SQL on FHIR expect."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from each import each
from indicant.intake.decoding import Number
from indicant.intake.fhirpath import Scope, compiled
from indicant.intake.items import Item, PathError
from indicant.intake.views import ViewError, view_of
from places import SHARED

OFFICIAL = SHARED / "sql-on-fhir"
needs_tests = pytest.mark.skipif(
    not OFFICIAL.is_dir(), reason="the official tests are not beside the checkout"
)
UNSUPPORTED: dict[str, str] = {}
"""The official tests that do not hold, each with the reason."""
FILES, TESTS = 22, 134


def load(text: str) -> Any:
    return json.loads(text, parse_float=Number, parse_int=Number)


@cache
def official() -> list[tuple[str, list[Any], dict[str, Any]]]:
    found = []
    for file in sorted(OFFICIAL.glob("*.json")):
        told = load(file.read_text(encoding="utf-8"))
        found += [(f"{file.stem}: {one['title']}", told["resources"], one) for one in told["tests"]]
    return found


def plain(value: Any) -> Any:
    """Return a value so that two numbers of one amount are alike."""
    if isinstance(value, Number):
        return float(value)
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return value


def outcome(resources: list[Any], test: dict[str, Any]) -> str:
    """Return what is wrong about a test, or nothing."""
    try:
        view = view_of(test["view"])
        rows = [plain(row) for one in resources for row in view.rows(one)]
    except ViewError as error:
        return "" if test.get("expectError") else f"refused: {error}"
    if test.get("expectError"):
        return "not refused"
    if "expectColumns" in test and view.columns != test["expectColumns"]:
        return f"columns {view.columns}"
    if "expect" not in test:
        return "" if "expectColumns" in test else "nothing is expected"
    found, wanted = (
        sorted(json.dumps(one, sort_keys=True) for one in of)
        for of in (rows, plain(test["expect"]))
    )
    return "" if found == wanted else f"{found} and not {wanted}"


@needs_tests
def test_the_official_tests_hold_but_for_those_that_are_named() -> None:
    assert len({name.partition(":")[0] for name, _, _ in official()}) == FILES
    assert len(official()) == TESTS
    wrong = {name: told for name, of, one in each(official()) if (told := outcome(of, one))}
    assert wrong.keys() == UNSUPPORTED.keys(), wrong


# ---------------------------------------------------------------------- paths

PATIENT = load(
    """{"resourceType": "Patient", "id": "p", "active": true, "birthDate": "1970-06",
    "name": [{"use": "usual", "family": "A"}, {"use": "official", "family": "B", "given": ["C"]}],
    "link": [{"other": {"reference": "Patient/q/_history/2"}}],
    "extension": [{"url": "urn:x", "valueQuantity": {"value": 1.50, "unit": "kg"}}],
    "repeat": {"periodUnit": "d", "periodMax": 3},
    "multipleBirthInteger": 2, "deceasedDateTime": "2020-01-02"}"""
)
CONSTANTS = {"use": Item("official", "String"), "day": Item("1970-06-01", "Date")}


def value(path: str) -> list[Any]:
    made = compiled(path, set(CONSTANTS))
    return [one.value for one in made([Item(PATIENT)], Scope(CONSTANTS, 3))]


PATHS: dict[str, list[Any]] = {
    "name.family": ["A", "B"],
    "Patient.name.family": ["A", "B"],
    "name[1].given": ["C"],
    "name[7].given": [],
    "name.where(use = %use).family": ["B"],
    "name.where(given.exists()).family": ["B"],
    "name.exists(use = 'old')": [False],
    "telecom.empty()": [True],
    "telecom.value = 'x'": [],
    "(telecom.value = 'x').not()": [],
    "active and telecom.value = 'x'": [],
    "active or telecom.value = 'x'": [True],
    "telecom.value = 'x' and false": [False],
    "telecom.value = 'x' or true": [True],
    "active != false": [True],
    "%rowIndex + 1": ["4"],
    "0.1 + 0.2 = 0.3": [True],
    "1 / 8": ["0.125"],
    "1 / 0": [],
    "-2 * 3 < 7 - 12": [True],
    "1.50 = 1.5": [True],
    "'1' = 1": [False],
    "'a' + 'b'": ["ab"],
    "'it\\'s'": ["it's"],
    "multipleBirth.ofType(integer)": ["2"],
    "multipleBirth.ofType(boolean)": [],
    "repeat.period": [],
    "deceased.ofType(dateTime).lowBoundary()": ["2020-01-02T00:00:00.000+14:00"],
    "birthDate.highBoundary()": ["1970-06-30"],
    "birthDate = %day": [],
    "extension('urn:x').value.ofType(Quantity).value.lowBoundary()": ["1.495"],
    "extension('urn:y').value": [],
    "getResourceKey()": ["Patient/p"],
    "link.other.getReferenceKey()": ["Patient/q"],
    "link.other.getReferenceKey(Practitioner)": [],
    "name.given.join('-')": ["C"],
    "`name`.first().use": ["usual"],
    "ofType(Patient).id": ["p"],
    "$this.id": ["p"],
}


@pytest.mark.parametrize("path", PATHS)
def test_a_path_leads_to_what_the_specification_has(path: str) -> None:
    assert value(path) == PATHS[path]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "@@",
        "name.",
        "name(",
        "name..family",
        "name family",
        "name.count()",
        "name.where()",
        "name.first(1)",
        "iif(true, 1, 2)",
        "%none",
        "$index",
        "name | name",
        "'open",
        "ofType()",
        "(" * 500 + "1" + ")" * 500,
        "1" + " + 1" * 1000,
    ],
)
def test_a_path_that_is_none_or_has_more_is_refused(path: str) -> None:
    with pytest.raises(PathError):
        compiled(path, set(CONSTANTS))


@pytest.mark.parametrize(
    "path",
    [
        "name.family < 'C'",
        "id < 1",
        "name.where(use)",
        "active + 1",
        "birthDate < %day",
        "deceased < '2020-01-02T10:00:00Z'",
        "1 / 3",
        "active.lowBoundary()",
        "name.family.not()",
        "name[id]",
        "name.family.ofType(string)",
        "name.ofType(HumanName)",
    ],
)
def test_what_nobody_can_say_is_refused(path: str) -> None:
    with pytest.raises(PathError):
        value(path)


def test_a_number_beyond_all_bounds_is_refused() -> None:
    path = compiled("value > 1")
    with pytest.raises(PathError, match="too many digits"):
        path([Item({"value": Number("1e999999999")})], Scope())


# ---------------------------------------------------------------------- views


def column(name: str, path: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "path": path, **more}


def view(*selects: Any, **more: Any) -> dict[str, Any]:
    return {"resource": "Patient", "select": list(selects), **more}


ID = {"column": [column("id", "id")]}


def rows(definition: Any) -> list[dict[str, Any]]:
    return view_of(definition).rows(PATIENT)


def test_parts_of_a_view_are_combined() -> None:
    each_name = {"forEach": "name", "column": [column("name", "family")]}
    found = rows(view(ID, each_name))
    assert found == [{"id": "p", "name": "A"}, {"id": "p", "name": "B"}]
    nothing = {"forEachOrNull": "telecom", "column": [column("at", "value")]}
    assert rows(view(ID, nothing)) == [{"id": "p", "at": None}]
    assert rows(view(ID, {"forEach": "telecom", "column": [column("at", "value")]})) == []
    both = {"unionAll": [each_name, {"column": [column("name", "id")]}]}
    assert [one["name"] for one in rows(view(both))] == ["A", "B", "p"]
    assert rows(view(ID, where=[{"path": "active.not()"}])) == []
    assert rows(view(ID, where=[{"path": "telecom.value = 'x'"}])) == []
    assert view_of(view(ID)).rows({"resourceType": "Group", "id": "g"}) == []


WRONG = {
    "no object": [],
    "no resource": {"select": [ID]},
    "nothing selected": view(),
    "no list": {"resource": "Patient", "select": ID},
    "a column twice": view(ID, ID),
    "another word": view({"columns": []}),
    "two ways": view({"forEach": "name", "repeat": ["name"], "column": []}),
    "other columns in a union": view({"unionAll": [ID, {"column": [column("no", "id")]}]}),
    "a name that SQL does not read": view({"column": [column("a-b", "id")]}),
    "a path that is a number": view({"forEach": Number("1")}),
    "a constant with two values": view(
        ID, constant=[{"name": "a", "valueCode": "1", "valueId": "2"}]
    ),
    "a constant of parts": view(ID, constant=[{"name": "a", "valueCoding": {"code": "x"}}]),
    "an unknown constant": view({"column": [column("id", "%x")]}),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_view_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ViewError):
        view_of(WRONG[name])


def test_a_view_that_does_not_fit_is_refused() -> None:
    several = view({"column": [column("name", "name.family")]})
    with pytest.raises(ViewError, match="the column name has 2 values"):
        rows(several)
    assert rows(view({"column": [column("name", "name.family", collection=True)]})) == [
        {"name": ["A", "B"]}
    ]
    with pytest.raises(ViewError, match="neither true nor false"):
        rows(view(ID, where=[{"path": "id"}]))


def test_a_view_is_bounded() -> None:
    many = {"resourceType": "Patient", "name": [{"family": "x"}] * 400}
    parts = [{"forEach": "name", "column": [column(f"c{at}", "family")]} for at in range(2)]
    with pytest.raises(ViewError, match="more than 100,000 rows"):
        view_of(view(*parts)).rows(many)
    endless = {"repeat": ["$this"], "column": [column("id", "id")]}
    with pytest.raises(ViewError, match=r"nested too deeply|more than 10,000"):
        rows(view(endless))
