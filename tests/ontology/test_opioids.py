"""CDC's guideline on opioids: what it says of numbers, its cases, and the published requests."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from decimal import Decimal
from functools import cache

import pytest
from rdflib import Graph, Namespace
from rdflib.namespace import RDF, RDFS

from each import each
from indicant import Guideline
from places import ONTOLOGY, ROOT, SHARED, TESTS

IND = Namespace("https://w3id.org/indicant/core/")
OPIOID = Namespace("https://w3id.org/indicant/opioid/")
G = Namespace("https://w3id.org/indicant/guideline/opioids-for-pain/")
OA = Namespace("http://www.w3.org/ns/oa#")
NAME = "opioids-for-pain"
CASES = TESTS / NAME
CODES = ONTOLOGY / "opioid" / "codes"
FACTORS = {
    "Codeine": "0.15",
    "Hydrocodone": "1.0",
    "Hydromorphone": "5.0",
    "Methadone": "4.7",
    "Morphine": "1.0",
    "Oxycodone": "1.5",
    "Oxymorphone": "3.0",
    "Tapentadol": "0.4",
    "Tramadol": "0.2",
}
GRADES = {
    "01": ("B", 3),
    "02": ("A", 2),
    "03": ("A", 4),
    "0405": ("A", 3),
    "06": ("A", 4),
    "07": ("A", 4),
    "08": ("A", 4),
    "09": ("B", 4),
    "10": ("B", 4),
    "11": ("B", 3),
    "12": ("A", 1),
}


@cache
def graph() -> Graph:
    """Return the guideline and its vocabulary."""
    found = Graph()
    for folder in (ONTOLOGY / "opioid", ONTOLOGY / "guidelines" / NAME):
        for file in sorted(folder.rglob("*.ttl")):
            if file.name != "example.ttl":
                found.parse(file)
    return found


def document() -> str:
    """Return the text of the source, or skip the test where it is not at hand."""
    file = SHARED / "source" / "cdc-opioid-2022.txt"
    if not file.is_file():
        pytest.skip("the source document is not part of the project and not at hand")
    return file.read_text(encoding="utf-8")


def test_the_factors_are_those_of_the_table() -> None:
    stated = {
        str(cls).removeprefix(str(OPIOID)): Decimal(str(value))
        for cls, value in graph().subject_objects(OPIOID.factor)
    }
    assert stated == {
        f"{drug}AnalgesicOrder": Decimal(value) for drug, value in FACTORS.items()
    } | {"TransdermalFentanylOrder": Decimal("2.4")}
    worn = {str(cls): int(str(days)) for cls, days in graph().subject_objects(OPIOID.wearDays)}
    assert {cls for cls, days in worn.items() if days != 1} == {
        str(OPIOID.TransdermalFentanylOrder)
    }
    assert worn[str(OPIOID.TransdermalFentanylOrder)] == 3


def test_each_recommendation_has_the_category_and_the_evidence_of_its_number() -> None:
    seen = set()
    for one, category in each(list(graph().subject_objects(G.category))):
        (number,) = {
            match[1]
            for passage in graph().objects(one, IND.restsOn)
            if (match := re.search(r"/r([0-9]+)-category$", str(passage)))
        }
        letter, kind = GRADES[number]
        assert category == G[f"Category{letter}"], one
        assert list(graph().objects(one, G.evidenceType)) == [G[f"EvidenceType{kind}"]], one
        seen.add(number)
    assert seen == set(GRADES)


def test_the_grades_are_those_of_the_document() -> None:
    found = re.findall(
        r"^Recommendation ([0-9-]+)$.*?^Recommendation category: (.); evidence type: (.)$",
        document(),
        re.MULTILINE | re.DOTALL,
    )
    assert {number.replace("-", ""): (a, int(kind)) for number, a, kind in found} == GRADES


def test_passages_cover_every_word_but_headings() -> None:
    text = document()
    rest = list(text)
    for selector in graph().subjects(RDF.type, OA.TextPositionSelector):
        start, end = (int(str(graph().value(selector, OA[edge]))) for edge in ("start", "end"))
        rest[start:end] = " " * (end - start)
    left = {line.strip() for line in "".join(rest).splitlines()} - {""}
    heading = r"Recommendation [0-9-]+|Logic( \([a-z ]+\))?|- (When|Then)|Data elements: [a-z0-9 ]+"
    assert [line for line in sorted(left) if not re.fullmatch(heading, line)] == []


@pytest.mark.slow
def test_its_cases_exercise_all_of_it() -> None:
    outcome = Guideline.load(NAME).test(CASES, fail_under=100)
    assert [one.message for one in outcome.report.results] == []
    assert outcome.report.holds


@pytest.mark.slow
def test_it_is_sound() -> None:
    guideline = Guideline.load(NAME)
    for report in (guideline.check(), guideline.verify()):
        serious = [one for one in report.results if one.level != "note" and one.accepted is None]
        assert [one.message for one in serious] == []


def test_a_card_was_published_where_the_advice_is_met_once_all_is_recorded() -> None:
    folder = SHARED / "opioid" / "requests"
    if not folder.is_dir():
        pytest.skip("the published requests are not part of the project and not at hand")
    files = sorted(folder.glob("*.json"))
    assert len(files) == 23
    compared = 0
    for file in files:
        name = file.stem.split("-", 1)[1]
        told = [
            set(json.loads((CASES / kind / name / "expected.json").read_text())["answers"].values())
            for kind in ("published", "published-and-closed")
        ]
        assert "open" not in told[1], name
        assert told[0] <= told[1] | {"open"}, name
        cards = json.loads(file.read_text(encoding="utf-8"))["cards"]
        if cards is not None:
            assert ("met" in told[1]) == bool(cards), name
            compared += 1
    assert compared == 18


def test_codes_are_narrow_matches_of_terms_that_there_are() -> None:
    rows = []
    for file in sorted(CODES.glob("*.sssom.tsv")):
        lines = [one for one in file.read_text(encoding="utf-8").splitlines() if one[0] != "#"]
        rows += [(file.name, row) for row in csv.DictReader(lines, delimiter="\t")]
    assert len(rows) == 6983
    known = {
        "opioid:" + str(cls).removeprefix(str(OPIOID))
        for cls in graph().subjects(RDF.type)
        if str(cls).startswith(str(OPIOID))
    }
    for table, row in rows:
        assert row["predicate_id"] == "skos:narrowMatch", row
        assert row["subject_id"] in known, row
        assert (row["object_label"] == "") == (table.split(".")[0] in {"loinc", "snomed"}), row


def test_each_code_of_a_value_set_is_matched_or_left_out_with_it() -> None:
    file = SHARED / "opioid" / "valuesets.csv"
    if not file.is_file():
        pytest.skip("the value sets are not part of the project and not at hand")
    codes = {
        line.split("\t")[3].partition(":")[2]
        for table in CODES.glob("*.sssom.tsv")
        for line in table.read_text(encoding="utf-8").splitlines()
        if line.startswith("opioid:")
    }
    with file.open(encoding="utf-8", newline="") as text:
        sets: dict[str, set[str]] = {}
        for row in csv.DictReader(text):
            sets.setdefault(row["valueset"], set()).add(row["code"])
    whole = {name for name, some in sets.items() if some <= codes}
    assert {"opioid-analgesics-with-ambulatory-misuse-potential", "naloxone-medications"} <= whole
    assert len(whole) >= 36


def products() -> list[dict[str, str]]:
    """Return the rows of the table of products."""
    text = (ONTOLOGY / "opioid" / "products.tsv").read_text(encoding="utf-8")
    lines = [one for one in text.splitlines() if not one.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def of_class(cls: str, name: str) -> Decimal | None:
    """Return the value of a property that a class or one above it gives, if one does."""
    every = graph().transitive_objects(OPIOID[cls.removeprefix("opioid:")], RDFS.subClassOf)
    found = {Decimal(str(value)) for one in every for value in graph().objects(one, OPIOID[name])}
    assert len(found) <= 1, cls
    return found.pop() if found else None


def test_of_each_product_one_unit_amounts_to_strength_and_factor_of_its_class() -> None:
    counted: Counter[str] = Counter()
    for row in each(products()):
        factor = of_class(row["class"], "factor") if row["class"] else None
        wear = of_class(row["class"], "wearDays") if row["class"] else None
        counted["class"] += bool(row["class"])
        if factor is None or wear is None:
            assert row["morphine_mg"] == "", row
            continue
        counted["factor"] += 1
        transdermal = row["class"] == "opioid:TransdermalFentanylOrder"
        assert (row["unit"] == "ug/h") == transdermal, row
        assert Decimal(row["morphine_mg"]) == Decimal(row["strength"]) * wear * factor, row
    assert len(products()) == 1126
    assert (counted["class"], counted["factor"]) == (604, 432)


def test_the_products_are_those_of_the_release() -> None:
    file = SHARED / "opioid" / "opioid-strengths.csv"
    if not file.is_file():
        pytest.skip("the strengths are not part of the project and not at hand")
    stated: dict[str, list[dict[str, str]]] = {}
    with file.open(encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            stated.setdefault(f"RXNORM:{row['rxnorm']}", []).append(row)
    assert {row["product"] for row in products()} == set(stated)
    scale = {"mg": ("MG", 1), "mg/mL": ("MG/ML", 1), "ug/h": ("MG/HR", 1000)}
    scale |= {"mg/{actuation}": ("MG/ACTUAT", 1)}
    for row in products():
        unit, times = scale[row["unit"]]
        # Of two salts of one opioid both count.
        some = [one for one in stated[row["product"]] if one["strength_unit"] == unit]
        total = sum(Decimal(one["strength_value"]) for one in some) * times
        assert (row["label"], Decimal(row["strength"])) == (some[0]["name"], total), row


def test_the_class_of_a_product_is_that_of_its_code_or_of_the_same_without_a_brand() -> None:
    rows = [
        line.split("\t")
        for line in (CODES / "rxnorm.sssom.tsv").read_text(encoding="utf-8").splitlines()
        if line.startswith("opioid:")
    ]
    analgesics = set(graph().transitive_subjects(RDFS.subClassOf, OPIOID.OpioidAnalgesicOrder))
    by_code = {
        row[3]: row[0] for row in rows if OPIOID[row[0].removeprefix("opioid:")] in analgesics
    }
    by_name = {row["label"]: by_code.get(row["product"]) for row in products()}
    for row in each(products()):
        generic = by_name.get(row["label"].partition(" [")[0])
        assert row["class"] == (by_code.get(row["product"]) or generic or ""), row


def test_the_page_compares_the_requests_as_the_cases_answer_them() -> None:
    page = (ROOT / "docs/explanation/opioids-for-pain.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| REC([0-9_]+) (\S+) \| ([^|]+) \| (\w+) \| (\w+) \| .*\|$", page, re.M)
    assert len(rows) == 23
    for number, name, card, closed, open_ in rows:
        folder = f"rec-{number.replace('_', '-')}-{name}"
        for kind, told in (("published-and-closed", closed), ("published", open_)):
            file = CASES / kind / folder / "expected.json"
            answers = set(json.loads(file.read_text(encoding="utf-8"))["answers"].values())
            assert told == next(one for one in ("met", "open", "refuted") if one in answers), file
        for request in (SHARED / "opioid" / "requests").glob(f"*-{folder}.json"):
            cards = json.loads(request.read_text(encoding="utf-8"))["cards"]
            assert card == ("not published" if cards is None else "yes" if cards else "none")
