"""What nobody foresaw ends with a code of its own, and what was foreseen with a plain word."""

from __future__ import annotations

import json
import os
import re
import zipfile
from typing import TYPE_CHECKING

import pytest

import rain
from indicant import cli
from indicant.assess import assessor
from places import SEED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EXAMPLE = SEED / "example.ttl"
FAULT = 70
NUMBER = "9" * 5_000


class Panic(BaseException):
    """What a library in Rust raises when it panics: no ``Exception``."""


@pytest.mark.slow
@pytest.mark.many(4)
@pytest.mark.parametrize("kind", [KeyError, RecursionError, UnicodeError, Panic])
def test_a_fault_has_a_code_of_its_own_and_says_where_to_report_it(
    kind: Callable[[str], BaseException],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line, without what the error says: that may be a patient's."""

    def fail(*_: object, **__: object) -> None:
        raise kind("Mrs Doe")

    monkeypatch.setattr(assessor, "read", fail)
    monkeypatch.setattr("indicant.files.rdf.read", fail)
    assert cli.main(["assess", str(EXAMPLE)]) == FAULT
    told = capsys.readouterr().err
    assert re.fullmatch(
        r"indicant: a fault of indicant \S+ itself \(\w+ in test_hostile_faults\.py:\d+\), "
        r"please report it: https://\S+  \(INDICANT_TRACEBACK=1 shows the traceback\)\n",
        told,
    )
    monkeypatch.setenv(cli.TRACEBACK_VARIABLE, "1")
    assert cli.main(["assess", str(EXAMPLE)]) == FAULT
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert "Mrs Doe" in told


def test_the_help_names_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert re.search(r"exit codes: 0 .* 1 .* 2 .*\n70 ", told)
    assert "INDICANT_TRACEBACK=1" in told


def case(value: str) -> str:
    """Return a case in JSON-LD with a value."""
    return (
        '{"@context": {"ind": "https://w3id.org/indicant/core/", '
        '"spine": "https://w3id.org/indicant/spine/"}, '
        '"@id": "https://example.org/case", "@type": "ind:PatientCase", '
        f'"ind:hasFinding": {{"@type": "spine:NeckPain", "ind:weeks": {value}}}}}'
    )


@pytest.mark.many(10)
@pytest.mark.parametrize("value", [NUMBER, f"-{NUMBER}", f"{NUMBER}.5", f"1.5e{'9' * 400}"])
@pytest.mark.parametrize("verb", ["assess", "check", "next", "fmt"])
def test_a_number_of_very_many_digits_is_told_by_the_shapes(
    value: str, verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python reads no number of more than 4,300 digits, and need not."""
    file = tmp_path / "case.jsonld"
    file.write_text(case(value), encoding="utf-8")
    assert cli.main([verb, str(file)]) in {1, 2}
    read = capsys.readouterr()
    assert len(read.out) + len(read.err) < 20_000


@pytest.mark.slow
def test_a_number_of_very_many_digits_in_an_expectation_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "case.ttl").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "expected.json").write_text(f'{{"actions": {{"Mri": {NUMBER}}}}}', encoding="utf-8")
    assert cli.main(["test", str(tmp_path)]) == 1
    assert "expected.json: error: holds a number of too many digits" in capsys.readouterr().out


@pytest.mark.many(4)
@pytest.mark.parametrize(
    "arguments",
    [
        ["assess", "{case}", "--guideline", "{loop}"],
        ["assess", "{link}"],
        ["assess", "{case}", "--guideline", "{link}"],
        ["verify", "{loop}"],
        ["diff", "{loop}", "{loop}"],
        ["merge", "{loop}"],
        ["check", "{case}", "-o", "{link}"],
        ["fmt", "{link}"],
        ["test", "{link}"],
        ["new", "finding", "Rain", "--in", "{loop}"],
        ["export", "graph", "--guideline", "{loop}"],
        ["why", "{case}", "Mri", "--guideline", "{loop}"],
        ["translate", "{link}", "--lang", "de"],
        ["whence", "{link}"],
    ],
)
def test_a_link_that_leads_to_itself_is_told(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "loop"
    folder.mkdir()
    os.symlink("guideline.ttl", folder / "guideline.ttl")
    link = tmp_path / "link.ttl"
    os.symlink("link.ttl", link)
    names = {"case": str(EXAMPLE), "loop": str(folder), "link": str(link)}
    assert cli.main([one.format(**names) for one in arguments]) == 2
    assert capsys.readouterr().err.startswith("indicant: ")


def test_a_guideline_that_is_a_link_to_itself_is_a_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.symlink("guideline.ttl", tmp_path / "guideline.ttl")
    assert cli.main(["check", str(tmp_path)]) == 1
    assert "cannot be read: " in capsys.readouterr().out


@pytest.mark.many(2)
@pytest.mark.parametrize(
    "packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
@pytest.mark.parametrize("at", [0, 4, 9, 20])
def test_a_wheel_with_a_corrupt_member_is_told(
    packing: int, at: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel = tmp_path / "guideline.whl"
    name = "indicant/guideline.ttl"
    with zipfile.ZipFile(wheel, "w", packing) as archive:
        archive.writestr(name, json.dumps([str(number) for number in range(999)]))
    data = bytearray(wheel.read_bytes())
    start = data.find(name.encode()) + len(name) + at
    for place in range(start, start + 12):
        data[place] ^= 0x5A
    wheel.write_bytes(data)
    assert cli.main(["diff", str(wheel), str(wheel)]) == 2
    assert capsys.readouterr().err.startswith("indicant: ")


@pytest.mark.many(20)
@pytest.mark.parametrize(
    "position",
    [
        'oa:hasSelector [ a oa:TextPositionSelector ; oa:start "x" ; oa:end "y" ]',
        "oa:hasSelector [ a oa:TextPositionSelector ; oa:start 1.5 ; oa:end -7 ]",
        f"oa:hasSelector [ a oa:TextPositionSelector ; oa:start {NUMBER} ; oa:end 2 ]",
        'oa:hasSelector [ a oa:TextPositionSelector ; oa:start "٣" ; oa:end "²" ]',
        "oa:hasSelector [ a oa:TextPositionSelector ; oa:start [] ; oa:end () ]",
        'oa:hasSelector "x"',
    ],
)
@pytest.mark.parametrize("verb", ["assess", "check", "verify", "verify-source", "why", "site"])
def test_a_position_that_is_no_number_is_told(
    position: str, verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Foreign positions are read by several verbs, and each of them says what is wrong."""
    folder = tmp_path / "rain"
    folder.mkdir()
    (folder / "guideline.ttl").write_text(RAIN.format(position=position), encoding="utf-8")
    document = tmp_path / "leaflet.txt"
    document.write_text("Take an umbrella when it rains.", encoding="utf-8")
    file = tmp_path / "case.ttl"
    file.write_text(rain.CASE, encoding="utf-8")
    arguments = {
        "assess": [str(file), "--guideline", str(folder)],
        "check": [str(folder), "--document", str(document), "--no-reasoner"],
        "verify": [str(folder)],
        "verify-source": [str(document), "--guideline", str(folder)],
        "why": [str(file), "Umbrella", "--guideline", str(folder)],
        "site": [str(tmp_path / "pages"), "--guideline", str(folder)],
    }
    assert cli.main([verb, *arguments[verb]]) in {0, 1, 2}
    capsys.readouterr()


RAIN = (
    rain.PREFIXES
    + """\
<https://example.org/rain/>
    a owl:Ontology , ind:Guideline ;
    owl:imports <https://w3id.org/indicant/core/> ;
    dcterms:source :leaflet ;
.

:leaflet
    a ind:SourceDocument ;
    dcterms:title "leaflet"@en ;
.

:s01
    a ind:Passage ;
    ind:section "all" ;
    ind:paraphrase "rain calls for an umbrella"@en ;
    oa:hasSource :leaflet ;
    {position} ;
.

"""
    + rain.TERMS
    + rain.IN_RAIN
    + """\
    ind:restsOn :s01 ;
.

:take-an-umbrella
    a ind:Indication ;
    ind:action :Umbrella ;
    ind:criterion :InRain ;
    ind:restsOn :s01 ;
.
"""
)
