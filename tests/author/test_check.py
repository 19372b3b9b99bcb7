"""``indicant check``: what it finds, where, and that nothing it is given makes it stumble."""

from __future__ import annotations

import io
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from each import each
from indicant.assess.validation import validate_graph
from indicant.author import checks, measures, rules
from indicant.cli import main
from indicant.compile import hermit, java
from indicant.errors import IndicantError
from indicant.files import resources
from indicant.report.findings import Place
from indicant.terms import IND, OWL, TYPE
from places import RAIN, ROOT, SEVEN_MONTHS, SHARED

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path("tests") / "check"
FOLDERS = sorted((ROOT / HERE).glob("*-*"))
GUIDELINE = RAIN / "guideline.ttl"
TEXT = GUIDELINE.read_text(encoding="utf-8")
SOURCE_FOLDER = SHARED / "source"


@pytest.fixture(autouse=True)
def _at_the_top(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Return the exit code and what was printed."""
    code = main(["check", *arguments])
    out, err = capsys.readouterr()
    return code, out + err


def arguments_of(folder: Path) -> list[str]:
    """Return what to check in a folder."""
    relative = folder.relative_to(ROOT)
    if (folder / "case.ttl").is_file():
        return [str(relative / "case.ttl"), "--guideline", str(HERE / "holds-rain")]
    if (folder / "document.txt").is_file():
        return [str(relative), "--document", str(relative / "document.txt")]
    return [str(relative)]


@pytest.mark.slow
@pytest.mark.parametrize(("count", "told"), [(3, ["T0", "T1", "T2"]), (5, ["T0"])])
def test_many_terms_of_a_namespace_that_nothing_declares_are_told_once(
    count: int, told: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A few are told each, more by the first of them with how many there are."""
    for file in (ROOT / "tests" / "check" / "holds-rain").glob("*.t*t*"):
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    guideline = tmp_path / "guideline.ttl"
    odd = "".join(f":odd{one} a <https://example.org/other/T{one}> .\n" for one in range(count))
    guideline.write_text(guideline.read_text(encoding="utf-8") + odd, encoding="utf-8")
    code, printed = run(capsys, str(guideline))
    assert code == 1
    found = re.findall(r"nothing declares \S*?(T\d)\S*( and .*?)? \[undefined-term\]", printed)
    more = f" and {count - 1} other terms of <https://example.org/other/>" if count > 3 else ""
    assert found == [(one, more) for one in told]


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_folder_gets_its_findings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, printed = run(capsys, *arguments_of(folder))
    assert printed == (folder / "expected.txt").read_text(encoding="utf-8")
    assert code == int(folder.name.startswith("breaks-"))


def test_every_rule_is_broken_by_a_folder() -> None:
    told = "".join((folder / "expected.txt").read_text(encoding="utf-8") for folder in FOLDERS)
    found = {name for name in rules.RULES if f"[{name}]" in told}
    alone = "a case from standard input alone breaks the one, what is asked of a language the other"
    assert rules.RULES.keys() - found == {"case", "translation"}, alone


def test_no_two_rules_have_one_name() -> None:
    names = [
        rule.name
        for file in (*rules.SHAPES_OF_GUIDELINES, *rules.SHAPES_OF_CASES)
        for rule in rules.shape_rules(file)
    ]
    assert len({*names, *rules.RULES}) == len(names) + len(rules.RULES)


@pytest.mark.slow
def test_what_ships_holds(capsys: pytest.CaptureFixture[str]) -> None:
    documents = [f"--document={path}" for path in sorted(SOURCE_FOLDER.glob("*.txt"))[:1]]
    code, printed = run(capsys, *documents)
    assert printed.endswith(": all holds\n")
    told = [line for line in printed.splitlines() if not line.startswith("  ")]
    assert all(": note: " in line and "[unsettled]" in line for line in told[:-1])
    assert code == 0


@pytest.mark.many(3)
@pytest.mark.parametrize("path", ["ontology/core", "ontology/spine", "examples"])
def test_folders_of_what_ships_hold(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, path, "--no-reasoner")[0] == 0


@pytest.mark.slow
def test_the_reference_engine_finds_the_same() -> None:
    """On a case; that engines agree on guidelines is tested with their shapes."""
    path, _, guideline = arguments_of(ROOT / HERE / "breaks-case")
    one, other = (
        checks.check([path], guideline=guideline, reference=reference)
        for reference in (False, True)
    )
    assert one == other


@pytest.mark.slow
def test_the_reference_engine_names_shapes_and_nodes_alike() -> None:
    text = f"<urn:a> a <{OWL}Class> .\n_:b a <{IND}Phase> ."
    triples = text.replace(" a ", f" <{TYPE}> ")
    for name in each(rules.SHAPES_OF_GUIDELINES):
        shapes = (resources.shapes() / f"{name}.ttl").read_text(encoding="utf-8")
        one, other = (
            validate_graph(shapes, triples, reference=reference) for reference in (False, True)
        )
        assert one
        assert {(item.shape, item.severity, item.message, item.path) for item in one} == {
            (item.shape, item.severity, item.message, item.path) for item in other
        }


@pytest.mark.slow
def test_a_file_of_a_guideline_is_read_with_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What concerns that file is told, and nothing else."""
    at = TEXT.index("\n:Rain\n")
    head = TEXT[: TEXT.index("\n<https")]
    more = HEADER.replace("rain/>", "rain/module/more>")
    (tmp_path / "guideline.ttl").write_text(
        TEXT[:at].replace("core/> ;", "core/> , <https://example.org/rain/module/more> ;")
        + ":drizzle\n    a ind:Fact ;\n.\n",
        encoding="utf-8",
    )
    (tmp_path / "more.ttl").write_text(
        head + more + TEXT[at:] + ":fog\n    a ind:Fact ;\n.\n", encoding="utf-8"
    )
    (tmp_path / "catalog-v001.xml").write_text(
        '<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">'
        '<uri name="https://example.org/rain/module/more" uri="more.ttl"/></catalog>',
        encoding="utf-8",
    )
    whole = run(capsys, str(tmp_path), "--no-reasoner")[1]
    one = run(capsys, str(tmp_path / "more.ttl"), "--no-reasoner")[1]
    assert ":drizzle" in whole
    assert ":fog" in whole
    assert ":drizzle" not in one
    assert ":fog" in one
    assert "more.ttl" in one
    assert "guideline.ttl" not in one


HEADER = """
<https://example.org/rain/>
    a owl:Ontology ;
    rdfs:label "rain"@en ;
    dcterms:description "what falls from clouds"@en ;
    dcterms:license <https://creativecommons.org/licenses/by/4.0/> ;
    owl:versionIRI <https://example.org/rain/module/more/1.0.0> ;
    owl:versionInfo "1.0.0" ;
    owl:imports <https://w3id.org/indicant/core/> ;
.
"""


@pytest.mark.slow
def test_without_java_the_rest_is_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(java, "available", lambda: False)
    code, printed = run(capsys, str(RAIN.relative_to(ROOT)))
    assert code == 0
    assert "note: HermiT was not asked" in printed
    assert "pip install 'indicant[reasoner]'" in printed
    report = checks.check([str(GUIDELINE)])
    assert not {"inconsistent", "unsatisfiable"} & {rule.name for rule in report.rules}


@pytest.mark.slow
def test_what_the_reasoner_has_no_time_for_is_not_decided(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def tired(_self: hermit.Reasoner) -> bool:
        raise IndicantError("the reasoner ran out of time")

    monkeypatch.setattr(hermit.Reasoner, "is_consistent", tired)
    code, printed = run(capsys, str(GUIDELINE))
    assert code == 1
    assert "not decided\n  consistency: the reasoner ran out of time\n" in printed


@pytest.mark.slow
def test_a_case_comes_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for text, code, told in (
        (SEVEN_MONTHS.read_bytes(), 0, "all holds"),
        (b"<a:a> <a:b> <a:c> .", 1, "the file holds no case [case]"),
        (b"x a", 1, "[syntax]"),
    ):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
        assert run(capsys, "-")[0] == code
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
        assert told in run(capsys, "-")[1]


@pytest.mark.many(4)
@pytest.mark.parametrize("form", ["json", "sarif", "junit", "github"])
def test_every_form_names_file_and_line(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "report"
    path = str(HERE / "breaks-shapes-in-several-places")
    code, printed = run(capsys, path, "--no-reasoner", "--format", form, "-o", str(target))
    assert (code, printed) == (1, "")
    text = target.read_text(encoding="utf-8")
    assert "breaks-shapes-in-several-places/guideline.ttl" in text
    assert "recommendation-strength" in text
    if form in ("json", "sarif"):
        json.loads(text)


@pytest.mark.slow
def test_a_report_that_cannot_be_written_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nowhere" / "report"
    code, printed = run(capsys, str(GUIDELINE), "--no-reasoner", "-o", str(path))
    assert code == 2
    assert printed.startswith(f"indicant: {path}: cannot be written")


@pytest.mark.slow
def test_same_input_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(HERE / "breaks-terms-that-nothing-declares")
    assert run(capsys, path, "--no-reasoner") == run(capsys, path, "--no-reasoner")


# ------------------------------------------------------------------------------------ bad input


def written(tmp_path: Path, data: bytes, name: str = "guideline.ttl") -> str:
    """Write a file and return its path."""
    path = tmp_path / name
    path.write_bytes(data)
    return str(path)


@pytest.mark.many(2)
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("    ", "\t"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n").replace("    ", " \t"),
    ],
    ids=["windows-line-ends", "tabs", "byte-order-mark", "both"],
)
def test_what_editors_do_to_a_file_changes_no_finding(change: object, tmp_path: Path) -> None:
    assert callable(change)
    text = TEXT.replace('ind:strength "takes"', 'ind:strengh "takes"')
    line = text[: text.index("strengh")].count("\n") + 1
    path = written(tmp_path, change(text).encode())
    report = checks.check([path], reasoner=False)
    (slip,) = (one for one in report.results if one.rule == "undefined-term")
    assert slip.places == (Place(path, line),)
    assert slip.help == "did you mean ind:strength?"


@pytest.mark.many(4)
@pytest.mark.parametrize(
    ("data", "told"),
    [
        (TEXT.replace("storm", "störm").encode("latin-1"), "not UTF-8"),
        (TEXT.encode("utf-16"), "UTF-16"),
        (b"", "empty"),
        (bytes(range(256)), "binary"),
        (b"\x89PNG\r\n\x1a\n" + bytes(5) + b"IHDR" * 9, "binary"),
        (b"<a> <b> " + b"[ <c> " * 5000 + b"]" * 5000 + b" .", None),
        (b"<a> <b> " + b"(" * 5000 + b")" * 5000 + b" .", None),
        (b"@prefix x: <http://x/> .\n" * 5000 + b"x:a x:b x:c .", None),
        (b'<a> <b> """' + b"x" * 100_000, "[syntax]"),
        (b"{" * 1000, None),
    ],
    ids=[
        "latin-1",
        "utf-16",
        "empty",
        "every-byte",
        "picture",
        "deep",
        "deep-list",
        "prefixes",
        "open-string",
        "braces",
    ],
)
def test_bad_bytes_are_findings(
    data: bytes, told: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, printed = run(capsys, written(tmp_path, data))
    assert code == 1
    if told:
        assert told in printed


@pytest.mark.timeout(60)
def test_a_file_of_50_megabytes_is_refused_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "guideline.ttl"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    code, printed = run(capsys, str(path))
    assert code == 1
    assert "larger than the limit of 20 MB" in printed


@pytest.mark.timeout(60)
def test_many_mistakes_take_bounded_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, b":a :b :c .\n<x> <y> \n" * 5000)
    code, printed = run(capsys, path)
    assert code == 1
    assert printed.count("[syntax]") <= 20


def test_a_missing_path_is_no_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path, told in ((tmp_path / "nix", "unknown guideline"), (tmp_path, "nothing to check")):
        code, printed = run(capsys, str(path))
        assert code == 2
        assert told in printed


def test_a_file_that_may_not_be_read_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, GUIDELINE.read_bytes())

    def refused(name: str, *arguments: Any, **more: Any) -> int:
        if name == str(path):
            raise PermissionError(13, "Permission denied")
        return opened(name, *arguments, **more)

    opened = os.open
    monkeypatch.setattr("os.open", refused)
    code, printed = run(capsys, path)
    assert code == 1
    assert f"{path}: error: cannot be read: Permission denied [syntax]" in printed


def test_a_broken_catalog_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, GUIDELINE.read_bytes())
    written(tmp_path, b"<catalog", "catalog-v001.xml")
    code, printed = run(capsys, path)
    assert code == 1
    assert "catalog-v001.xml: error: not an XML catalog" in printed


@pytest.mark.slow
def test_blank_nodes_in_a_circle_are_located(tmp_path: Path) -> None:
    text = TEXT + "_:a\n    ind:nix _:b ;\n.\n_:b\n    ind:nix _:a ;\n.\n"
    report = checks.check([written(tmp_path, text.encode())])
    (slip,) = (one for one in report.results if one.rule == "undefined-term")
    assert len(slip.places) == 2


SLIPS = st.sampled_from(
    ["", ".", ";", ",", '"', "<", ">", "[", "]", "(", ")", "@", "^^", "_:x", ":"]
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(TEXT)), st.integers(0, 12), SLIPS), min_size=1, max_size=3
    )
)
def test_no_slip_of_the_pen_makes_it_stumble(
    tmp_path_factory: pytest.TempPathFactory, slips: Sequence[tuple[int, int, str]]
) -> None:
    """Whatever is struck out or put in, there is a report, and every place is a line of a file."""
    text = TEXT
    for at, length, put in slips:
        text = text[:at] + put + text[at + length :]
    path = written(tmp_path_factory.mktemp("slips"), text.encode())
    report = checks.check([path], reasoner=False)
    for result in report.results:
        for place in result.places:
            if place.file == path and place.line is not None:
                assert 1 <= place.line <= text.count("\n") + 1


def test_more_units_than_anybody_declares_are_not_looked_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measures, "MOST_UNITS", 5)
    text = (HERE / "breaks-units" / "guideline.ttl").read_text(encoding="utf-8")
    (tmp_path / "guideline.ttl").write_text(text.replace("mmHg", "furlong"), encoding="utf-8")
    for file in (RAIN / "guideline.ttl", ROOT / HERE / "breaks-units" / "catalog-v001.xml"):
        shown = file.read_text(encoding="utf-8").replace("../holds-rain/", "")
        (tmp_path / file.name.replace("guideline", "rain")).write_text(shown, encoding="utf-8")
    catalog = tmp_path / "catalog-v001.xml"
    shown = catalog.read_text(encoding="utf-8").replace("guideline.ttl", "rain.ttl")
    catalog.write_text(shown, encoding="utf-8")
    code, printed = run(capsys, str(tmp_path / "guideline.ttl"), "--no-reasoner")
    assert code == 1
    assert "error: there are units in more than 5 places [unit]" in printed
    assert "furlong" not in printed


EXPRESSION = ROOT / "docs/examples/expression"


@pytest.mark.slow
@pytest.mark.many(4)
@pytest.mark.parametrize(
    ("units", "text", "told"),
    [
        (("1", "mg", "mg"), "tablets * strength", None),
        (("1", "g", "mg"), "tablets * strength", "it is in (1).(g), and what it computes in mg"),
        (("1", "g", "mg"), "tablets * strength * 1000", None),
        (("", "g", "mg"), "tablets * strength", None),
        (("mg", "g", "mg"), "tablets + strength", "it takes mg and g together"),
        (("mg", "mg", "g"), "max(tablets, strength)", "it is in mg, and what it computes in g"),
        (("mg", "mg", "mg"), "tablets - strength + 2", None),
        (("mg", "kg", "mg/kg"), "tablets / (strength + 1)", None),
        (("mg", "g", "mg/kg"), "tablets / (strength + 1)", "it is in (mg)/(g), and what it"),
    ],
)
def test_an_expression_is_in_the_unit_of_its_property(
    units: tuple[str, str, str], text: str, told: str | None, tmp_path: Path
) -> None:
    written = (EXPRESSION / "guideline.ttl").read_text(encoding="utf-8")
    for name, unit in zip(("tablets", "strength", "dose"), units, strict=True):
        stated = f'knee:{name}\n    ind:unit "{unit}" ;' if unit else f"knee:{name}"
        written = written.replace(f"knee:{name}\n", f"{stated}\n", 1)
    written = written.replace("tablets * strength", text)
    written = written.replace("xsd:minInclusive 0", "xsd:minExclusive 0", 2)
    (tmp_path / "guideline.ttl").write_text(written, encoding="utf-8")
    catalog = (EXPRESSION / "catalog-v001.xml").read_text(encoding="utf-8")
    (tmp_path / "catalog-v001.xml").write_text(catalog.replace("../", ""), encoding="utf-8")
    vocabulary = (EXPRESSION.parent / "vocabulary.ttl").read_text(encoding="utf-8")
    (tmp_path / "vocabulary.ttl").write_text(vocabulary, encoding="utf-8")
    report = checks.check([str(tmp_path / "guideline.ttl")], reasoner=False)
    found = [one.message for one in report.results if one.rule == measures.RULE]
    assert [one.startswith(told or "") for one in found] == ([] if told is None else [True]), found
