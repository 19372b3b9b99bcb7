"""The report as a page and as FHIR says what the summary says, whatever others wrote into it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import pytest

import shipped
from cohorts import cases
from each import each
from fhir_validators import NODE, found_in
from indicant.errors import IndicantError
from indicant.exchange.measure import measure_reports
from indicant.site.cohortpage import as_page
from places import EXAMPLES
from running import hold_to_one_line, run

if TYPE_CHECKING:
    from pathlib import Path

DATE = "2026-11-22"
BAD = "</text><script>alert(1)</script>\u202e&<b>"


def record(folder: Path, **how: Any) -> dict[str, Any]:
    return shipped.guideline().cohort(cases(folder, 6), as_of=DATE, **how).record


def strata(path: Path, folder: Path) -> Path:
    names = [f"https://example.org/{one.stem}#case" for one in sorted(folder.iterdir())]
    lines = [f"{one},{'north' if at % 2 else 'south <i>'}" for at, one in enumerate(names)]
    path.write_text("\n".join(["patient,stratum", *lines]) + "\n", encoding="utf-8")
    return path


def parsed(page: str) -> ET.Element:
    """Return a page as a tree, whose tags are closed one by one where HTML leaves them open."""
    text = re.sub(r"<!doctype html>\s*", "", page)
    text = re.sub(r"<(meta|link)\b([^>]*)>", r"<\1\2/>", text)
    return ET.fromstring(text)  # noqa: S314 - our own page


def numbers(tree: ET.Element, title: str) -> dict[str, list[str]]:
    """Return the rows of a table by their heads."""
    (table,) = [
        one
        for one in tree.iter("table")
        if "".join(one.find("caption").itertext()) == title  # type: ignore[union-attr]
    ]
    return {
        "".join(row.find("th").itertext()): ["".join(cell.itertext()) for cell in row.findall("td")]  # type: ignore[union-attr]
        for row in table.find("tbody").findall("tr")  # type: ignore[union-attr]
    }


@pytest.mark.slow
def test_the_page_says_what_the_summary_says(tmp_path: Path) -> None:
    told = record(tmp_path / "cases")
    tree = parsed(as_page(told))
    words = ("recommended", "conditional", "conflicting", "contraindicated", "undetermined")
    table = numbers(tree, "What patients are answered")
    assert table == {
        one["label"]: [f"{one['patients'][word]:,}" for word in (*words, "not-applicable")]
        for one in told["interventions"]
    }
    missing = numbers(tree, "Which facts are missing")
    assert {label: int(row[0]) + int(row[1]) for label, row in missing.items()} == {
        one["label"]: one["answers"] for one in told["missing"]
    }
    plots = [one for one in tree.iter("svg") if one.get("role") == "img"]
    assert len(plots) > 1
    for one in each(plots):
        assert one.find("title").text  # type: ignore[union-attr]
        ids = {node.get("id") for node in tree.iter()}
        assert set((one.get("aria-labelledby") or "").split()) <= ids
        for bar in one.iter("rect"):
            assert float(bar.get("width") or 0) > 0
    for bars in each(plots[0].findall("g")):
        said = bars.find("title").text or ""  # type: ignore[union-attr]
        label, _, rest = said.rpartition(": ")
        shown = [word.split(" ")[0] for word in rest.split(", ")]
        assert table[label][:5] == shown
    page = as_page(told)
    style = page.partition("<style>")[2].partition("</style>")[0]
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{hashed}'" in page
    assert "http://" not in re.sub(r"<bdi>[^<]*</bdi>|<code>.*?</code>", "", page)
    assert "@media print" in page


@pytest.mark.slow
def test_what_others_wrote_stays_text() -> None:
    told = shipped.guideline().cohort(EXAMPLES / "tables", as_of=DATE).record
    spoilt = json.loads(json.dumps(told))
    spoilt["source"] = BAD
    spoilt["interventions"][0]["label"] = spoilt["recommendations"][0]["label"] = BAD
    spoilt["missing"][0]["label"] = BAD
    spoilt["notAssessed"] = [{"state": "invalid", "told": BAD, "patients": 1}]
    spoilt["intake"]["remarks"] = [BAD]
    spoilt["intake"]["unknownCodes"] = [
        {"system": BAD, "code": BAD, "display": BAD, "records": 1, "patients": 1}
    ]
    page = as_page(spoilt)
    assert "<script" not in page
    assert "<b>" not in page
    assert "\u202e" not in page
    assert page.count("alert(1)") > 6
    parsed(page)
    assert "\u202e" not in json.dumps(measure_reports(spoilt), ensure_ascii=False)


def faults(resources: list[Any], *, npm: bool = False) -> list[str]:
    found = found_in(resources, "R4", npm=npm)
    assert len(found) == len(resources)
    return [words for one in found for told in one.values() for words in told]


@pytest.mark.slow
def test_a_measure_report_has_the_numbers_of_the_summary(tmp_path: Path) -> None:
    folder = tmp_path / "cases"
    record(folder)
    table = strata(tmp_path / "strata.csv", folder)
    answers = shipped.guideline().cohort(folder, as_of=DATE, strata=table)
    bundle = answers.to_measure_reports()
    resources = [one["resource"] for one in bundle["entry"]]
    assert len(resources) == len(answers.record["recommendations"]) > 20
    for one, row in each(zip(resources, answers.record["recommendations"], strict=True)):
        assert one["measure"] == row["recommendation"]
        assert one["period"] == {"start": DATE, "end": DATE}
        found = {
            each_["code"]["coding"][0]["code"]: each_["count"]
            for each_ in one["group"][0]["population"]
            if "coding" in each_["code"]
        }
        assert found["initial-population"] == answers.record["patients"]["assessed"]
        assert found["denominator"] == row["patients"]["met"]
        assert found.get("numerator") == row["patients"].get("fulfilled")
        assert len(one["group"][0]["stratifier"][0]["stratum"]) == 2
    assert faults([*resources, bundle]) == []
    small = shipped.guideline().cohort(folder, as_of=DATE, suppress=5).to_measure_reports()
    few = [one["resource"] for one in small["entry"]]
    assert "masked" in json.dumps(few)
    assert faults(few) == []


@NODE
@pytest.mark.slow
def test_a_measure_report_is_valid_by_all_four() -> None:
    told = shipped.guideline().cohort(EXAMPLES / "tables", as_of=DATE)
    resources = [one["resource"] for one in told.to_measure_reports()["entry"]]
    assert faults(resources, npm=True) == []


@pytest.mark.slow
def test_the_command_prints_both_forms() -> None:
    asked = ("cohort", str(EXAMPLES / "tables"), "--as-of", DATE, "--format")
    code, page, _ = run(*asked, "html")
    assert code == 0
    assert page.startswith("<!doctype html>")
    assert "<title>Answers for 1 patient</title>" in page
    code, text, _ = run(*asked, "measure-report")
    assert code == 0
    assert json.loads(text)["resourceType"] == "Bundle"


@pytest.mark.slow
def test_a_measure_report_needs_a_day(tmp_path: Path) -> None:
    folder = cases(tmp_path / "cases", 1)
    with pytest.raises(IndicantError, match="about a period"):
        shipped.guideline().cohort(folder).to_measure_reports()
    hold_to_one_line("cohort", str(folder), "--format", "measure-report")
