"""What no case would be assessed with, no verb answers by: one way in, the same refusals."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

import rain
from indicant import cli

if TYPE_CHECKING:
    from pathlib import Path

TABLES = """\
#curie_map:
#  code: https://example.org/code/
#  rain: https://example.org/rain/
#mapping_set_id: https://example.org/table
#license: https://creativecommons.org/publicdomain/zero/1.0/
subject_id\tpredicate_id\tobject_id\tmapping_justification
rain:Rain\tskos:exactMatch\tcode:42\tsemapv:LexicalMatching
"""
CATALOG = """\
<?xml version="1.0"?>
<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">
    <uri name="https://example.org/table" uri="table.sssom.tsv"/>
</catalog>
"""
GUIDELINE = (
    rain.PREFIXES
    + """\
<https://example.org/rain/>
    a owl:Ontology , ind:Guideline ;
    owl:imports <https://w3id.org/indicant/core/> ;
    ind:mappedBy <https://example.org/table> ;
.

"""
    + rain.TERMS
    + rain.IN_RAIN
    + """\
.

:take-an-umbrella a ind:Indication ; ind:action :Umbrella ; ind:criterion :InRain .
"""
)
RAIN = "<https://example.org/rain/>"
BROKEN: dict[str, dict[str, tuple[str, str]]] = {
    "table-without-id": {
        "table.sssom.tsv": ("#mapping_set_id: https://example.org/table\n", ""),
    },
    "table-of-another-name": {
        "table.sssom.tsv": ("https://example.org/table\n", "https://example.org/other\n"),
    },
    "table-of-an-unknown-term": {"table.sssom.tsv": ("rain:Rain\t", "rain:Snow\t")},
    "table-cut-off": {"table.sssom.tsv": ("semapv:LexicalMatching\n", "semapv")},
    "table-missing": {"catalog-v001.xml": ('uri="table', 'uri="no-table')},
    "table-in-no-catalog": {"catalog-v001.xml": ('name="https://example.org/table"', 'name="x"')},
    "import-in-no-catalog": {
        "guideline.ttl": (f"{RAIN}\n", f"{RAIN} owl:imports <https://example.org/no/> .\n{RAIN}\n"),
    },
    "syntax": {"guideline.ttl": (":Umbrella a", ":Umbrella an")},
    "outside-the-profile": {"guideline.ttl": ("owl:someValuesFrom", "owl:allValuesFrom")},
    "unknown-class": {"guideline.ttl": ("owl:someValuesFrom :Rain", "owl:someValuesFrom :Snow")},
    "unknown-criterion": {"guideline.ttl": ("ind:criterion :InRain", "ind:criterion :InSnow")},
    "two-criteria": {"guideline.ttl": ("ind:criterion :InRain", "ind:criterion :InRain , :Other")},
    "criterion-of-itself": {
        "guideline.ttl": ("            ind:PatientCase\n", "            :InRain\n"),
    },
    "inconsistent": {
        "guideline.ttl": (
            ":Rain a owl:Class",
            ":Wet a owl:Class . :Dry a owl:Class ; owl:disjointWith :Wet .\n"
            ":it a owl:NamedIndividual , :Wet , :Dry .\n:Rain a owl:Class",
        ),
    },
    "class-that-can-have-no-member": {
        "guideline.ttl": (
            ":Rain a owl:Class ;",
            ":Wet a owl:Class ; rdfs:subClassOf ind:Finding .\n"
            ":Dry a owl:Class ; rdfs:subClassOf ind:Finding ; owl:disjointWith :Wet .\n"
            ":Rain a owl:Class ; rdfs:subClassOf :Wet , :Dry ;",
        ),
    },
    "overriding-in-a-circle": {
        "guideline.ttl": (
            ":take-an-umbrella a ind:Indication ;",
            ":leave-it a ind:Contraindication ; ind:action :Umbrella ; ind:criterion :InRain ; "
            "ind:overrides :take-an-umbrella .\n"
            ":take-an-umbrella a ind:Indication ; ind:overrides :leave-it ;",
        ),
    },
}
ARGUMENTS = {
    "ask": ["what-is-the-status", "{case}", "--guideline", "{folder}"],
    "assess": ["{case}", "--guideline", "{folder}"],
    "check": ["{folder}"],
    "compile": ["--guideline", "{folder}"],
    "diff": ["{folder}", "{whole}"],
    "export": ["graph", "--guideline", "{folder}"],
    "merge": ["{folder}"],
    "next": ["{case}", "--guideline", "{folder}"],
    "site": ["{pages}", "--guideline", "{folder}"],
    "test": ["{cases}", "--guideline", "{folder}"],
    "verify": ["{folder}"],
    "whatif": ["{case}", "-Rain", "--guideline", "{folder}"],
    "why": ["{case}", "Umbrella", "--guideline", "{folder}"],
}
REPORTING = {"check", "merge", "verify"}
"""The verbs that tell as findings what the others refuse, with 1 for their code."""


def folder_of(place: Path, changes: dict[str, tuple[str, str]]) -> Path:
    """Write the guideline with its table and its catalog, changed in one place."""
    place.mkdir()
    files = {
        "guideline.ttl": GUIDELINE,
        "table.sssom.tsv": TABLES,
        "catalog-v001.xml": CATALOG,
    }
    for name, text in files.items():
        old, new = changes.get(name, ("", ""))
        assert old in text
        (place / name).write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
    return place


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("INDICANT_CACHE", str(tmp_path / "cache"))


def run(verb: str, folder: Path, tmp_path: Path) -> int:
    cases = tmp_path / "cases"
    if not cases.exists():
        (cases / "rainy").mkdir(parents=True)
        (cases / "rainy" / "case.ttl").write_text(rain.CASE, encoding="utf-8")
        (cases / "rainy" / "expected.json").write_text(
            '{"answers": {"take-an-umbrella": "met"}}', encoding="utf-8"
        )
        folder_of(tmp_path / "whole", {})
    names = {
        "case": str(cases / "rainy" / "case.ttl"),
        "cases": str(cases),
        "folder": str(folder),
        "pages": str(tmp_path / "pages"),
        "whole": str(tmp_path / "whole"),
    }
    return cli.main([verb, *(one.format(**names) for one in ARGUMENTS[verb])])


@pytest.mark.slow
@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_guideline_is_refused_by_every_verb(
    fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No verb finds nothing in it, and none answers by it."""
    folder = folder_of(tmp_path / "rain", BROKEN[fault])
    codes = {verb: run(verb, folder, tmp_path) for verb in ARGUMENTS}
    capsys.readouterr()
    for verb, code in codes.items():
        assert code in ({1, 2} if verb in REPORTING else {2}), (verb, codes)
    assert not os.path.exists(tmp_path / "pages")


@pytest.mark.slow
def test_the_guideline_that_is_not_broken_is_refused_by_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_of(tmp_path / "rain", {})
    codes = {verb: run(verb, folder, tmp_path) for verb in ARGUMENTS if verb != "check"}
    assert codes == dict.fromkeys(codes, 0), capsys.readouterr().err


@pytest.mark.slow
def test_what_was_compiled_before_is_not_put_to_the_reasoner_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is kept was found to be sound, so that a proof begins at once."""
    folder = folder_of(tmp_path / "rain", {})
    assert run("assess", folder, tmp_path) == 0
    monkeypatch.setattr("indicant.compile.admission.check_with_reasoner", _never)
    assert run("verify", folder, tmp_path) == 0
    assert run("diff", folder, tmp_path) == 0
    with pytest.raises(AssertionError):
        raise_of_compile(folder)
    capsys.readouterr()


def _never(*_: object, **__: object) -> None:
    raise AssertionError


def raise_of_compile(folder: Path) -> None:
    from indicant.compile.compiled import compile_source
    from indicant.files.sources import load

    compile_source(load(folder))
