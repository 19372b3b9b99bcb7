"""Merging guidelines: what is between them, how it is settled, and where everything comes from."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import pytest

from indicant.assess.assessor import Assessor
from indicant.author.checks import check
from indicant.cli import main
from indicant.compile.profile import read_model
from indicant.errors import IndicantError
from indicant.files import atomic, resources
from indicant.files.rdf import Document, parse
from indicant.files.sources import load
from indicant.merge import combination
from indicant.merge.combination import combine
from indicant.merge.interactions import KINDS
from indicant.merge.interactions import RULES as INTERACTIONS
from indicant.merge.sameness import same_statements
from indicant.report.findings import FORMS
from indicant.report.forms import exit_code
from indicant.terms import IND, PREFIXES, local_name
from places import ASSESS, BENCHMARK, RAIN, ROOT, TESTS

if TYPE_CHECKING:
    from indicant.assess.records import CaseRecord
    from indicant.report.findings import Result

HERE = TESTS / "merge"
FOLDERS = sorted(path.parent.name for path in HERE.glob("*/args"))
SEED = "neck-pain-after-lumbar-fusion"
EX = "https://example.org/terms/"


def arguments(folder: str) -> list[str]:
    """Return the arguments of a folder, its files named from the folder above."""
    words = (HERE / folder / "args").read_text(encoding="utf-8").split()
    return [f"{folder}/{word}" if "." in word else word for word in words]


def merged(tmp_path: Path, *names: str, **options: Any) -> Path:
    """Merge guidelines into a file, and return it."""
    path = tmp_path / "merged.trig"
    combined = combine(names, output=str(path), **options)
    assert combined.data is not None, [one.message for one in combined.report.results]
    atomic.write(combined.data, path)
    return path


def met(record: CaseRecord) -> set[str]:
    """Return the recommendations that a case meets, or met before another one overrode them."""
    return {
        one["iri"]
        for action in record["actions"]
        for one in action["recommendations"]
        if one["answer"] == "met"
    }


# ---------------------------------------------------------------------- folders


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS)
def test_a_merge_says_what_is_expected(
    folder: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(HERE)
    code = main(["merge", *arguments(folder)])
    told = capsys.readouterr()
    expected = (HERE / folder / "expected.txt").read_text(encoding="utf-8")
    assert f"{told.out}{told.err}exit {code}\n" == expected
    verdict = folder.split("-")[0]
    wanted = {
        "contradiction": 1,
        "finds": 1,
        "refuses": 2,
    }
    assert code == wanted.get(verdict, 0)
    assert not list((HERE / folder).glob("merged.*"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_interaction_has_what_triggers_it_and_a_near_miss(kind: str) -> None:
    assert [name for name in FOLDERS if name.startswith(f"{kind}-")]
    assert [name for name in FOLDERS if name.startswith(f"near-{kind}-")]


def test_every_rule_is_broken_by_a_folder_or_a_test_of_its_own() -> None:
    rules = {
        *combination.CLASHES,
        *combination.RESOLUTIONS,
        *INTERACTIONS,
    }
    told = "".join((HERE / name / "expected.txt").read_text(encoding="utf-8") for name in FOLDERS)
    apart = {"excerpt"}
    assert {rule.name for rule in rules if f"[{rule.name}]" not in told} == apart


INTERACTING = [name for name in FOLDERS if name.split("-")[0] in {*KINDS, "settled"}]


@pytest.mark.slow
@pytest.mark.parametrize("folder", INTERACTING)
def test_a_witness_is_confirmed_by_an_assessment_and_by_hermit(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case meets both recommendations; in a contradiction the two are in conflict."""
    monkeypatch.chdir(HERE)
    words = arguments(folder)
    as_of = words[words.index("--as-of") + 1] if "--as-of" in words else None
    names = [word for word in words if word.endswith(".ttl")]
    alone = len(names) == 1
    found = combine(names, as_of=as_of, within=alone).report.results
    results = [one for one in found if one.witness]
    assert results
    path = merged(tmp_path, *names, as_of=as_of)
    engines = ("oxigraph", "hermit") if folder in INTERACTING[::3] else ("oxigraph",)
    for engine in engines:
        assessor = Assessor(path, engine=engine)
        for result in results:
            _confirm(result, assessor)


def _confirm(result: Result, assessor: Assessor) -> None:
    (record,) = assessor.assess(parse(result.witness or "", path="case.ttl"))
    statuses = {one["action"]: one["status"] for one in record["actions"]}
    if result.accepted is not None and "the board" in result.accepted:
        assert "conflicting" not in statuses.values()
        return
    assert record["warnings"] == []
    shown = set(result.about) & met(record)
    if result.rule == "duplication" and len(result.about) > 2:
        # Of several of one guideline no case need meet more than one.
        speaking = {one.rpartition("/")[0] for one in result.about}
        assert {one.rpartition("/")[0] for one in shown} == speaking
    else:
        assert shown == set(result.about)
    if result.rule == "contradiction":
        assert any(statuses[one] == "conflicting" for one in result.data["actions"])  # type: ignore[attr-defined]


@pytest.mark.slow
def test_the_benchmark_comes_out_as_it_was_published() -> None:
    """Kind, interventions and recommendations of every interaction, and no other."""
    wanted: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    text = (BENCHMARK / "expected.tsv").read_text(encoding="utf-8")
    for row in csv.DictReader(io.StringIO(text), delimiter="\t"):
        actions = row["first"], row["second"]
        wanted[row["guidelines"]].add((row["kind"], *actions, row["recommendations"]))
    assert len(wanted) == 4
    for guidelines, expected in wanted.items():
        names = [str(BENCHMARK / name) for name in guidelines.split()]
        report = combine(names, within=True).report
        assert report.undecided == ()
        found = set()
        for one in report.results:
            data: Any = one.data
            both = sorted(local_name(iri) for iri in data["actions"])
            recommendations = " ".join(sorted(local_name(iri) for iri in data["recommendations"]))
            found.add((data["kind"], both[0], both[-1], recommendations))
        assert found == expected, guidelines


# ---------------------------------------------------------------------- the merged graph

THREE = ("hypertension", "osteoarthritis", "diabetes")


def asked(data: bytes, form: ox.RdfFormat, name: str) -> list[dict[str, str]]:
    """Return what a query that ships finds in a merged graph, whatever the engine."""
    store = ox.Store()
    store.load(data, format=form)
    query = (resources.queries() / "merged" / f"{name}.rq").read_text(encoding="utf-8")
    rows = store.query(query)
    assert isinstance(rows, ox.QuerySolutions)
    names = [one.value for one in rows.variables]
    return [
        {name: term.value for name, term in zip(names, row, strict=True) if hasattr(term, "value")}
        for row in rows
    ]


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize(
    ("suffix", "form"), [("trig", ox.RdfFormat.TRIG), ("nq", ox.RdfFormat.N_QUADS)]
)
def test_a_question_shows_where_each_statement_comes_from(suffix: str, form: ox.RdfFormat) -> None:
    """Of three merged guidelines every statement is in the graph of its file, and in no other."""
    combined = combine([str(BENCHMARK / name) for name in THREE], output=f"merged.{suffix}")
    assert combined.data is not None
    rows = asked(combined.data, form, "where-does-each-statement-come-from")
    files = asked(combined.data, form, "which-files-make-each-graph")
    for name in THREE:
        path = BENCHMARK / name / "guideline.ttl"
        guideline = f"https://example.org/multimorbidity/{name}/"
        mine = [row for row in rows if row["graph"] == guideline]
        assert {row["kind"] for row in mine} == {"guideline"}
        assert {row["version"] for row in mine} == {"0.1.0"}
        (file,) = [row for row in files if row["graph"] == guideline]
        assert file["file"] == f"{name}/guideline.ttl"
        assert file["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert file["version"] == "0.1.0"
        stated = ox.parse(path=str(path))
        assert len(mine) == sum(1 for _ in stated)
        assert all(row["graph"] == guideline for row in rows if row["subject"] == guideline)
    shared = {row["graph"] for row in rows if row.get("kind") == "ontology"}
    assert "https://example.org/multimorbidity/terms/" in shared
    assert IND in shared


@pytest.mark.slow
def test_the_command_says_whence_a_term_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = merged(tmp_path, *(str(BENCHMARK / name) for name in THREE))
    assert main(["whence", str(path), "give ibuprofen", "--format", "tsv"]) == 0
    _, *rows = capsys.readouterr().out.splitlines()
    assert len(rows) > 5
    assert all("\t<https://example.org/multimorbidity/osteoarthritis/>\t" in row for row in rows)
    assert main(["whence", str(path)]) == 0
    assert "hypertension/guideline.ttl" in capsys.readouterr().out
    assert main(["whence", str(path), "give ibuprofene"]) == 2
    assert "did you mean" in capsys.readouterr().err
    assert main(["whence", str(BENCHMARK / "diabetes" / "guideline.ttl")]) == 2
    assert "no named graphs" in capsys.readouterr().err


@pytest.mark.slow
def test_the_order_of_guidelines_makes_no_difference() -> None:
    names = [str(BENCHMARK / name) for name in THREE]
    first = combine(names, output="merged.trig").data
    assert first == combine(names[::-1], output="merged.trig").data
    assert first is not None


@pytest.mark.slow
def test_a_merged_guideline_answers_as_it_did_alone(tmp_path: Path) -> None:
    """With its evidence, its passages and the codes of its terms."""
    path = merged(tmp_path, SEED, str(BENCHMARK / "osteoarthritis"))
    together, alone = Assessor(path), Assessor(SEED)
    for name in ("foraminotomy-fires-seven-months-of-failed-care",):
        text = (ASSESS / name / "case.ttl").read_text(encoding="utf-8")
        document = parse(text, path="case.ttl")
        (one,), (other,) = together.assess(document), alone.assess(document)
        owner = str(other["guideline"]["iri"])
        mine = [it for it in one["actions"] if not it["action"].startswith("https://example.org/")]
        spoken = {rec["guideline"] for action in mine for rec in action["recommendations"]}
        assert spoken == {owner}
        kept = json.loads(json.dumps(mine))
        for action in kept:
            for recommendation in action["recommendations"]:
                del recommendation["guideline"]
        assert kept == other["actions"]
        assert [record["iri"] for record in one["guidelines"]] == [
            "https://example.org/multimorbidity/osteoarthritis/",
            owner,
        ]
        assert one["guideline"]["iri"] is None
        assert str(other["guideline"]["label"]) in str(one["guideline"]["label"])
    assert {table.iri for table in load(path).tables} == {
        table.iri for table in load(resources.ontology() / "guidelines" / SEED).tables
    }


@pytest.mark.slow
def test_every_form_of_an_answer_says_which_guideline_spoke(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = merged(tmp_path, *(str(BENCHMARK / name) for name in THREE))
    case = tmp_path / "case.ttl"
    case.write_text(
        f"""@prefix ind: <{IND}> .
@prefix mm: <https://example.org/multimorbidity/terms/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<#case> a ind:PatientCase ; ind:asOf "2026-01-01"^^xsd:date ; ind:hasFinding <#ht> , <#oa> .
<#ht> a mm:Hypertension .
<#oa> a mm:Osteoarthritis .
""",
        encoding="utf-8",
    )
    told = {}
    for form in ("text", "markdown", "turtle", "json"):
        more = ["--detail", "full"] if form == "markdown" else []
        words = ["assess", str(case), "--guideline", str(path), "--format", form, *more]
        assert main(words) == 0
        told[form] = capsys.readouterr().out
    assert "by       Osteoarthritis, Hypertension" in told["text"]
    assert "within the scope of Hypertension" in told["text"]
    assert "- for: give ibuprofen, Osteoarthritis" in told["markdown"]
    assert "ind:guideline <https://example.org/multimorbidity/osteoarthritis/>" in told["turtle"]
    (record,) = json.loads(told["json"])
    speakers = {
        one["iri"]: one["guideline"]
        for action in record["actions"]
        for one in action["recommendations"]
    }
    assert speakers["https://example.org/multimorbidity/hypertension/no-ibuprofen"] == (
        "https://example.org/multimorbidity/hypertension/"
    )


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".trig", ".nq"])
def test_a_merged_graph_passes_check_as_its_parts_do(tmp_path: Path, suffix: str) -> None:
    """With its provenance, tables of codes and resolutions."""
    overlay = str(ROOT / "examples" / "institution" / "overlay")
    combined = combine([SEED, overlay], output=f"merged{suffix}", as_of="2026-11-22")
    path = tmp_path / f"merged{suffix}"
    atomic.write(combined.data or b"", path)
    found = check([str(path)], guideline=str(path))
    assert [one.message for one in found.results if one.level != "note"] == []
    assert not found.undecided


SHARED_ONTOLOGY = """\
<https://example.org/shared/> a owl:Ontology ; rdfs:label "shared"@en .
ex:Rest a owl:Class ; rdfs:subClassOf ind:Intervention , [
    a owl:Restriction ; owl:onProperty ex:at ; owl:someValuesFrom [
        a owl:Class ; owl:unionOf ( ex:Home ex:Bed ) ] ] .
ex:at a owl:ObjectProperty . ex:Home a owl:Class . ex:Bed a owl:Class .
[] a owl:AllDisjointClasses ; owl:members ( ex:Home ex:Bed ) .
"""


def shared(text: str) -> Document:
    prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in (*PREFIXES.items(), ("ex", EX)))
    return parse(f"{prefixes}{text}", path="shared.ttl")


def rewritten(document: Document, form: ox.RdfFormat) -> Document:
    """Return a document as another tool writes it: in another order, with other blank nodes."""
    quads = ox.parse(document.text, format=ox.RdfFormat.TURTLE)
    data = ox.serialize([one.triple for one in quads][::-1], format=form)
    assert data is not None
    form_name = {"Turtle": "turtle", "RDF/XML": "rdfxml", "N-Triples": "ntriples"}[form.name]
    return parse(data, path="again.ttl", format=form_name)


@pytest.mark.parametrize(
    "form", [ox.RdfFormat.TURTLE, ox.RdfFormat.RDF_XML, ox.RdfFormat.N_TRIPLES], ids=str
)
def test_an_ontology_is_the_same_however_it_is_written(form: ox.RdfFormat) -> None:
    mine = shared(SHARED_ONTOLOGY)
    again = rewritten(mine, form)
    assert mine.text != again.text
    assert same_statements(mine, again)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ex:Home ex:Bed ) ] ]", "ex:Bed ex:Home ) ] ]"),
        ("ex:Home ex:Bed ) ] ]", "ex:Home ) ] ]"),
        ("someValuesFrom", "allValuesFrom"),
        ('"shared"@en', '"shared"'),
        ("[] a owl:All", "[] a owl:Class . [] a owl:All"),
        ("[] a owl:All", "_:a owl:sameAs _:a . [] a owl:All"),
    ],
)
def test_an_ontology_is_another_with_any_other_statement(before: str, after: str) -> None:
    assert before in SHARED_ONTOLOGY
    mine, other = shared(SHARED_ONTOLOGY), shared(SHARED_ONTOLOGY.replace(before, after))
    assert not same_statements(mine, other)
    assert not same_statements(other, mine)


@pytest.mark.slow
def test_a_copy_that_another_tool_wrote_is_a_copy(tmp_path: Path) -> None:
    text = (RAIN / "guideline.ttl").read_bytes()
    triples = [one.triple for one in ox.parse(text, format=ox.RdfFormat.TURTLE)]
    again = ox.serialize(triples, format=ox.RdfFormat.TURTLE)
    assert again is not None
    for name, content in (("one", text), ("two", again)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "guideline.ttl").write_bytes(content)
    report = combine([str(tmp_path / "one"), str(tmp_path / "two")]).report
    told = [(one.rule, one.message.partition(", ")[2]) for one in report.results]
    assert ("copy", "with the same statements; it is merged once") in told
    assert "version" not in {rule for rule, _ in told}


def test_a_guideline_is_given_twice_also_by_a_link(tmp_path: Path) -> None:
    """Its folder, its file and a link to either are one guideline."""
    folder = tmp_path / "one"
    shutil.copytree(BENCHMARK / "diabetes", folder)
    (tmp_path / "other").symlink_to(folder)
    (tmp_path / "link.ttl").symlink_to(folder / "guideline.ttl")
    for again in ("other", "one/guideline.ttl", "link.ttl"):
        with pytest.raises(IndicantError, match="given twice"):
            combine([str(folder), str(tmp_path / again)])


@pytest.mark.slow
def test_a_file_under_two_names_is_no_copy(tmp_path: Path) -> None:
    """A guideline that one imports under one name and that is given under another is one file."""
    (tmp_path / ".git").mkdir()
    shutil.copy(HERE / "terms.ttl", tmp_path)
    folder = tmp_path / "within"
    shutil.copytree(HERE / "contradiction-within-a-module", folder)
    os.link(folder / "warnings.ttl", folder / "other.ttl")
    names = [str(folder / "a.ttl"), str(folder / "other.ttl")]
    assert "copy" not in {one.rule for one in combine(names).report.results}
    (folder / "other.ttl").unlink()
    shutil.copy(folder / "warnings.ttl", folder / "other.ttl")
    assert "copy" in {one.rule for one in combine(names).report.results}


def test_a_merged_graph_is_not_merged_again(tmp_path: Path) -> None:
    path = merged(tmp_path, str(BENCHMARK / "diabetes"))
    with pytest.raises(IndicantError, match="has named graphs") as caught:
        combine([str(path), str(BENCHMARK / "osteoarthritis")])
    assert caught.value.help


def test_an_interrupted_write_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "merged.trig"
    path.write_text("as it was", encoding="utf-8")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", stop)
    assert main(["merge", str(BENCHMARK / "diabetes"), "-o", str(path)]) == 130
    assert path.read_text(encoding="utf-8") == "as it was"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_refused_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)
    path = tmp_path / "merged.trig"
    assert main(["merge", *arguments("finds-two-definitions"), "-o", str(path)]) == 1
    assert not path.exists()


def test_a_contradiction_is_written_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The graph says `conflicting` until somebody decides."""
    monkeypatch.chdir(HERE)
    path = tmp_path / "merged.nq"
    words = arguments("contradiction-on-one-intervention")
    assert main(["merge", *words, "-o", str(path)]) == 1
    assert capsys.readouterr().out.rstrip().endswith(f"1 contradiction; written to {path}")
    assert path.stat().st_size > 0


@pytest.mark.many(3)
@pytest.mark.parametrize("form", FORMS)
def test_a_report_comes_in_every_form(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(HERE)
    report = tmp_path / "report"
    words = arguments("contradiction-on-one-intervention")
    assert main(["merge", *words, "--format", form, "--report", str(report)]) == 1
    assert capsys.readouterr().out == ""
    assert "contradiction" in report.read_text(encoding="utf-8")


@pytest.mark.slow
def test_what_is_not_decided_is_never_read_as_nothing_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without time, without Java or without a solver the merge says what it leaves open."""
    monkeypatch.chdir(HERE)
    words = arguments("contradiction-on-one-intervention")
    report = combine(words, seconds=1e-9).report
    assert any("contradiction" in one for one in report.undecided)
    assert exit_code(report) == 1
    monkeypatch.setattr("importlib.util.find_spec", lambda *_: None)
    report = combine(words).report
    assert any("indicant[reasoner]" in one for one in report.undecided)
    assert exit_code(report) == 1


@pytest.mark.slow
def test_who_declares_an_individual_defines_nothing(tmp_path: Path) -> None:
    """As the OWL API does of whatever it meets: the findings are those of before."""
    folder = "contradiction-on-one-intervention"
    shutil.copytree(HERE / folder, tmp_path / folder)
    shutil.copy(HERE / "terms.ttl", tmp_path / "terms.ttl")
    (tmp_path / ".git").mkdir()
    words = [str(tmp_path / folder / name) for name in ("a.ttl", "b.ttl")]
    before = [one.message for one in combine(words, seconds=1e-9).report.results]
    names = ["ex:Pain", "ex:Aspirin", "<https://example.org/a/aspirin>", "<https://example.org/a/>"]
    for word in words:
        path = Path(word)
        more = "".join(f"{name} a owl:NamedIndividual .\n" for name in names)
        path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    assert [one.message for one in combine(words, seconds=1e-9).report.results] == before


# ---------------------------------------------------------------------- equal classes


def equivalent(tmp_path: Path) -> Path:
    folder = "contradiction-on-equivalent-interventions"
    return merged(tmp_path, str(HERE / folder / "a.ttl"), str(HERE / folder / "b.ttl"))


@pytest.mark.slow
def test_equal_interventions_share_what_is_said_of_either(tmp_path: Path) -> None:
    """The compiler and HermiT agree about them, as does every answer."""
    path = equivalent(tmp_path)
    model = read_model(load(path))
    one, other = f"{EX}Aspirin", "https://example.org/b/Aspirin"
    assert model.same[one] == model.same[other] == other
    assert model.above[one] == model.above[other] >= {one, other, f"{EX}Painkiller"}
    text = f"""@prefix ind: <{IND}> .
@prefix ex: <{EX}> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<#case> a ind:PatientCase ; ind:asOf "2026-01-01"^^xsd:date ; ind:hasFinding <#p> , <#f> .
<#p> a ex:Pain .
<#f> a ex:Fever .
"""
    for engine in ("oxigraph", "rdflib", "hermit"):
        assessor = Assessor(path, engine=engine)
        (record,) = assessor.assess(parse(text, path="case.ttl"))
        assert {action["action"]: action["status"] for action in record["actions"]} == {
            one: "conflicting",
            other: "conflicting",
        }


# ---------------------------------------------------------------------- from when until when


def dated(tmp_path: Path, header: str) -> Assessor:
    """Return a guideline of the tests with more in its header."""
    folder = tmp_path / "dated"
    shutil.copytree(HERE / "contradiction-on-one-intervention", folder)
    shutil.copy(HERE / "terms.ttl", tmp_path / "terms.ttl")
    (tmp_path / ".git").mkdir()
    path = folder / "a.ttl"
    text = path.read_text(encoding="utf-8")
    changed = text.replace('    rdfs:label "Guideline A"@en ;\n', f"    {header} ;\n", 1)
    assert changed != text
    path.write_text(f"@prefix adms: <http://www.w3.org/ns/adms#> .\n{changed}", encoding="utf-8")
    return Assessor(path)


IN_PAIN = f"""@prefix ind: <{IND}> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<#case> a ind:PatientCase ; ind:asOf "2026-06-30"^^xsd:date ; ind:hasFinding <#pain> .
<#pain> a <{EX}Pain> .
"""


@pytest.mark.many(4)
@pytest.mark.parametrize(
    ("header", "warning"),
    [
        ("adms:status ind:Active", None),
        ("adms:status ind:Draft", "the guideline 'a' is a draft and not to be acted on"),
        ("adms:status ind:Retired", "the guideline 'a' is retired"),
        ('ind:validFrom "2026-06-30"^^xsd:date', None),
        (
            'ind:validFrom "2026-07-01"^^xsd:date',
            "the guideline 'a' does not hold before 2026-07-01",
        ),
        ('ind:validUntil "2026-06-30"^^xsd:date', None),
        ('ind:validUntil "2026-06-29"^^xsd:date', "the guideline 'a' held until 2026-06-29"),
    ],
)
def test_a_guideline_that_does_not_hold_on_the_day_of_the_case_says_so(
    header: str, warning: str | None, tmp_path: Path
) -> None:
    (record,) = dated(tmp_path, header).assess(parse(IN_PAIN, path="case.ttl"))
    assert record["warnings"] == ([] if warning is None else [warning])


def test_all_that_speaks_against_a_guideline_on_a_day_is_said(tmp_path: Path) -> None:
    header = "adms:status ind:Draft ; ind:validFrom %s ; ind:validUntil %s"
    days = ('"2026-07-01"^^xsd:date', '"2026-06-29"^^xsd:date')
    (record,) = dated(tmp_path, header % days).assess(parse(IN_PAIN, path="case.ttl"))
    assert record["warnings"] == [
        "the guideline 'a' is a draft and not to be acted on",
        "the guideline 'a' does not hold before 2026-07-01",
        "the guideline 'a' held until 2026-06-29",
    ]


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize(
    ("day", "warning"),
    [
        ("2026-02-28", "the resolution 'warning first' does not hold before 2026-03-01"),
        ("2026-03-01", None),
        ("2026-12-31", None),
        (
            "2027-01-01",
            "the resolution 'warning first' held until 2026-12-31; merge the guidelines again",
        ),
    ],
)
def test_a_resolution_that_does_not_hold_on_the_day_of_the_case_says_so(
    day: str, warning: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(HERE)
    names = [word for word in arguments("settled-until-a-day") if word.endswith(".ttl")]
    assessor = Assessor(merged(tmp_path, *names, as_of="2026-06-01"))
    (record,) = assessor.assess(parse(IN_PAIN, path="case.ttl"), as_of=day)
    assert record["warnings"] == ([] if warning is None else [warning])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lost", "warnings"),
    [
        # As one that came too early for the day of the merge: it lets nothing give way.
        (IND + "overrides", []),
        (
            "http://purl.org/dc/terms/date",
            ["the resolution 'warning first' held until 2026-12-31; merge the guidelines again"],
        ),
        (IND + "validUntil", []),
    ],
)
def test_what_a_merged_resolution_lacks_is_not_made_up(
    lost: str, warnings: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(HERE)
    names = [word for word in arguments("settled-until-a-day") if word.endswith(".ttl")]
    file = merged(tmp_path, *names, as_of="2026-06-01")
    every = list(ox.parse(file.read_text(encoding="utf-8"), format=ox.RdfFormat.TRIG))
    quads = [quad for quad in every if quad.predicate.value != lost]
    assert len(quads) < len(every)
    other = tmp_path / "other.trig"
    other.write_bytes(ox.serialize(quads, format=ox.RdfFormat.TRIG) or b"")
    (record,) = Assessor(other).assess(parse(IN_PAIN, path="case.ttl"), as_of="2027-01-01")
    assert record["warnings"] == warnings


# ---------------------------------------------------------------------- large imports


def large(tmp_path: Path, more: str = "") -> list[str]:
    """Write two guidelines that import an ontology of twenty megabytes, and return their names."""
    folder = HERE / "contradiction-on-one-intervention"
    big = "https://example.org/big/"
    for name in ("a.ttl", "b.ttl"):
        text = (folder / name).read_text(encoding="utf-8")
        text = text.replace(f"owl:imports <{EX}> ;", f"owl:imports <{EX}> , <{big}> ;")
        text = text.replace("ex:Pain ;", f"<{big}C4000> ;").replace("ex:Fever ;", f"<{big}C3> ;")
        (tmp_path / name).write_text(text, encoding="utf-8")
    shutil.copy(HERE / "terms.ttl", tmp_path / "terms.ttl")
    catalog = (folder / "catalog-v001.xml").read_text(encoding="utf-8").replace("../", "")
    entry = f'    <uri name="{big}" uri="big.ttl"/>\n</catalog>'
    (tmp_path / "catalog-v001.xml").write_text(
        catalog.replace("</catalog>", entry), encoding="utf-8"
    )
    with (tmp_path / "big.ttl").open("w", encoding="utf-8") as file:
        file.write(
            f"@prefix : <{big}> .\n@prefix ind: <{IND}> .\n"
            "@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
            "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
            f"<{big}> a owl:Ontology .\n"
            f":C0 a owl:Class ; rdfs:subClassOf ind:Finding .\n{more}\n"
        )
        for number in range(1, 5001):
            file.write(
                f':C{number} a owl:Class ; rdfs:subClassOf :C{number // 10} ; rdfs:label "'
                f'{f"class {number} " * 400}"@en .\n'
            )
    assert (tmp_path / "big.ttl").stat().st_size > 20_000_000
    return [str(tmp_path / "a.ttl"), str(tmp_path / "b.ttl")]


@pytest.mark.slow
def test_of_a_large_import_the_terms_in_use_are_merged(tmp_path: Path) -> None:
    """With all that is above them, and the digest of the whole file."""
    names = large(tmp_path, "[ a owl:AllDisjointClasses ; owl:members ( :C4 :C5 :C3 ) ] .")
    output = tmp_path / "merged.trig"
    combined = combine(names, output=str(output))
    assert combined.data is not None
    assert [one.rule for one in combined.report.results] == ["excerpt", "contradiction"]
    atomic.write(combined.data, output)
    assert len(combined.data) < 200_000
    trig = ox.RdfFormat.TRIG
    rows = asked(combined.data, trig, "where-does-each-statement-come-from")
    mine = [row for row in rows if row["graph"] == "https://example.org/big/"]
    kept = {local_name(row["subject"]) for row in mine}
    assert kept == {"big", "C0", "C3", "C4", "C40", "C400", "C4000"}
    digest = hashlib.sha256((tmp_path / "big.ttl").read_bytes()).hexdigest()
    files = asked(combined.data, trig, "which-files-make-each-graph")
    assert digest in {row["sha256"] for row in files if row["file"].endswith("/big.ttl")}
    model = read_model(load(output))
    assert model.disjoint("https://example.org/big/C4000", "https://example.org/big/C3")


def test_a_large_import_with_anonymous_classes_in_use_is_refused(tmp_path: Path) -> None:
    names = large(tmp_path, ":C40 rdfs:subClassOf [ a owl:Class ; owl:complementOf :C7 ] .")
    with pytest.raises(IndicantError, match=r"big\.ttl: .*C40.*anonymous class") as caught:
        combine(names)
    assert caught.value.help


def test_elsewhere_a_large_import_is_refused(tmp_path: Path) -> None:
    names = large(tmp_path)
    with pytest.raises(IndicantError, match="larger than the limit of 20 MB") as caught:
        load(Path(names[0]))
    assert "merge" in str(caught.value.help)


def test_progress_is_shown_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for terminal in (False, True):
        monkeypatch.setattr("sys.stderr.isatty", lambda terminal=terminal: terminal)
        progress = combination._Progress()
        progress("big.ttl", 0.5)
        progress.done()
        told = capsys.readouterr().err
        assert ("50% reading big.ttl" in told) is terminal
        assert not told or told.endswith("\r\x1b[K")
