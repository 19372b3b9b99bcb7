"""Two versions of a guideline are compared exactly: every edit has the effect that it has."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
import zipfile
from contextlib import ExitStack
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import jsonschema
import pyoxigraph as ox
import pytest

import kept
from brute import Advice, Guideline, Not, Span
from each import each
from indicant.assess.assessor import Assessor
from indicant.assess.engine import make_engine
from indicant.assess.validation import Validator
from indicant.cli import main
from indicant.diff.behaviour import with_terms
from indicant.diff.differences import Difference, _renamed, compare
from indicant.diff.forms import as_markdown, as_text, report
from indicant.diff.revisions import Version, open_version
from indicant.diff.statements import Statements, differences
from indicant.errors import IndicantError
from indicant.files import resources
from indicant.files.rdf import parse
from indicant.files.sources import load
from indicant.possible.circuit import Circuit, OutOfTimeError
from indicant.possible.facts import Entry, Node, Recorded
from indicant.terms import DCTERMS, IND, OWL
from making import PREFIXES, Maker, case_text, guideline_text
from oracle import source_of
from places import ROOT, TESTS
from traps import VALUES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from brute import Case
    from indicant.files.sources import Source

HERE = TESTS / "diff"
BASE = HERE / "guideline.ttl"
EDITS = sorted(path.parent.name for path in HERE.glob("*/edit.json"))
WORDS = {
    "Recommended": "recommended",
    "Conditional": "conditional",
    "Conflicting": "conflicting",
    "Contraindicated": "contraindicated",
    "Undetermined": "undetermined",
    "NotApplicable": "not-applicable",
}


def edited(name: str) -> str:
    """Return the guideline with an edit made."""
    text = BASE.read_text(encoding="utf-8")
    for one in json.loads((HERE / name / "edit.json").read_text(encoding="utf-8")):
        assert one["replace"] in text
        text = text.replace(one["replace"], one["by"])
    return text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write every edited version once."""
    root = tmp_path_factory.mktemp("diff")
    for name in EDITS:
        (root / f"{name}.ttl").write_text(edited(name), encoding="utf-8")
    return root


@cache
def assessor(path: Path, engine: str) -> Assessor:
    return Assessor(path, engine=engine)


def difference(new: Path, old: Path = BASE, **limits: Any) -> Difference:
    with ExitStack() as stack:
        return compare(open_version(stack, str(old)), open_version(stack, str(new)), **limits)


def told(found: Difference) -> dict[str, Any]:
    """Return what is expected of an edit."""
    short = found.names.short
    return {
        "advice": found.changes_advice,
        "answers": [
            {
                "of": one.label,
                "old": one.old,
                "new": one.new,
                "facts": len(one.witness.facts),
                "case": list(one.witness.facts),
            }
            for one in found.behaviour
        ],
        "unshared": [one.label for one in found.unshared],
        "recommendations": [
            {"label": one.label, "change": one.change, "parts": [part.part for part in one.parts]}
            for one in found.recommendations
        ],
        "validity": list(found.validity),
        "renamed": [list(one) for one in found.renamed],
        "terms": [[one.term and short(one.term), one.change] for one in found.terms],
    }


@cache
def of_edit(new: Path) -> Difference:
    """Return what an edited version differs in, looked for once; nobody changes it."""
    return difference(new)


# ---------------------------------------------------------------------- edits with known effect


@pytest.mark.slow
@pytest.mark.parametrize("name", EDITS)
def test_an_edit_has_its_effect_and_no_other(name: str, folder: Path) -> None:
    """Every pair of answers that some case shows is there, with a smallest case, and no other."""
    expected = json.loads((HERE / name / "expected.json").read_text(encoding="utf-8"))
    found = told(of_edit(folder / f"{name}.ttl"))
    for one, wanted in zip(found["answers"], expected["answers"], strict=False):
        # Where several smallest cases show a change, any of them will do.
        if "case" not in wanted:
            del one["case"]
    assert found == expected


SAME_ANSWERS = {
    "criterion-renamed",
    "finding-added",
    "finding-renamed",
    "finding-that-became-an-intervention",
    "grade-stated",
    "once-removed",
    "range-of-values-narrowed",
    "recommendation-renamed",
    "recommendation-split-in-two-alike",
    "relabelled",
    "urgency-changed",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", EDITS)
def test_a_witness_is_a_valid_case_that_both_versions_answer_as_claimed(
    name: str, folder: Path
) -> None:
    """The rules and HermiT confirm it; no other pair of answers is needed to see the change."""
    new = folder / f"{name}.ttl"
    behaviour = of_edit(new).behaviour
    assert bool(behaviour) == (name not in SAME_ANSWERS)
    for one in behaviour:
        texts = (one.witness.before or one.witness.turtle, one.witness.turtle)
        for path, text, answer in each(zip((BASE, new), texts, (one.old, one.new), strict=True)):
            for engine in ("oxigraph", "hermit") if name in EDITS[::3] else ("oxigraph",):
                (record,) = assessor(path, engine).assess(
                    parse(text, path="case.ttl"), everything=True
                )
                found: dict[str, str] = {
                    told["action"]: told["status"] for told in record["actions"]
                }
                if one.about == "scope":
                    found = {one.subject: record["guideline"]["scope"] or "not stated"}
                if one.about == "fulfilment":
                    found = {
                        told["iri"]: told["fulfilment"] or "not stated"
                        for action in record["actions"]
                        for told in action["recommendations"]
                    }
                assert found.get(one.subject, "not-applicable") == answer, (engine, text)


@pytest.mark.slow
def test_what_fulfils_advice_is_compared_for_all_cases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each pair of fulfilments has a witness, and each version tells of it what is claimed."""
    text = BASE.read_text(encoding="utf-8")
    there = "ex:no-fusion-after-massage\n    a ind:Contraindication ;\n"
    for side, criterion in (("old", "SevereStenosis"), ("new", "LongPain")):
        stated = f"{there}    ind:fulfilledBy ex:{criterion} ;\n"
        (tmp_path / side).mkdir()
        (tmp_path / side / "guideline.ttl").write_text(text.replace(there, stated), "utf-8")
    sides = [str(tmp_path / side / "guideline.ttl") for side in ("old", "new")]
    witnesses = tmp_path / "witnesses"
    assert main(["diff", *sides, "--witnesses", str(witnesses), "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["data"]
    words = {"fulfilled", "violated", "not-recorded"}
    pairs = {(one["old"], one["new"]) for one in found["fulfilment"]}
    assert pairs == {(old, new) for old in words for new in words if old != new}
    assert found["behaviour"] == found["scope"] == []
    for side, guideline in zip(("old", "new"), sides, strict=True):
        cases = str(witnesses / side)
        assert main(["test", cases, "--guideline", guideline]) == 0, capsys.readouterr().out
    assert main(["test", str(witnesses / "old"), "--guideline", sides[1]]) == 1


@pytest.mark.slow
def test_the_exit_code_and_the_summary_say_whether_advice_changes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A label changes nothing, a threshold does, and so does how soon something is to be done."""
    lines = {}
    for name, code in (
        ("relabelled", 0),
        ("edge-removed", 1),
        ("threshold-lowered", 1),
        ("urgency-changed", 1),
        ("scope-narrowed", 1),
        ("criterion-on-new-property", 1),
    ):
        assert main(["diff", str(BASE), str(folder / f"{name}.ttl")]) == code
        lines[name] = capsys.readouterr().out.splitlines()[-1]
    assert lines == {
        "relabelled": "no case that both versions can read is answered differently (4 "
        "interventions compared); only statements change: annotations of 2 terms",
        "edge-removed": "1 of 4 interventions is answered differently in some case; the scope "
        "differs",
        "threshold-lowered": "1 of 4 interventions is answered differently in some case",
        "urgency-changed": "no status differs in a case that both versions can read (4 "
        "interventions compared); 1 recommendation told with another urgency, phase, strength "
        "or certainty",
        "scope-narrowed": "no status differs in a case that both versions can read (4 "
        "interventions compared); the scope differs",
        "criterion-on-new-property": "1 of 4 interventions is answered differently in some case; "
        "criteria rest on 1 term of one version alone",
    }


def reordered(text: str) -> str:
    head, *blocks = text.split("\n\n")
    return "\n\n".join([head, *reversed(blocks)])


def other_prefixes(text: str) -> str:
    return re.sub(r"\bex:", "back:", re.sub(r"\bind:", "core:", text))


def other_operands(text: str) -> str:
    return re.sub(r"\(\n(\s+ex:\w+)\n(\s+\[.*?\n {16}\])\n", r"(\n\2\n\1\n", text, flags=re.S)


def serialized(form: ox.RdfFormat) -> Callable[[str], str]:
    def change(text: str) -> str:
        quads = ox.parse(text, format=ox.RdfFormat.TURTLE)
        return (ox.serialize(quads, format=form) or b"").decode()

    return change


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize(
    ("ending", "change"),
    [
        ("ttl", reordered),
        ("ttl", other_prefixes),
        ("ttl", other_operands),
        ("ttl", lambda text: "# a word beforehand\n" + text),
        ("nt", serialized(ox.RdfFormat.N_TRIPLES)),
        ("jsonld", serialized(ox.RdfFormat.JSON_LD)),
        ("rdf", serialized(ox.RdfFormat.RDF_XML)),
    ],
    ids=["reordered", "prefixes", "operands", "comment", "ntriples", "jsonld", "rdfxml"],
)
def test_another_way_to_write_the_same_changes_nothing(
    ending: str,
    change: Callable[[str], str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Order, prefixes, names of blank nodes, order of operands and syntax say nothing."""
    text = BASE.read_text(encoding="utf-8")
    new = tmp_path / f"guideline.{ending}"
    new.write_text(change(text), encoding="utf-8")
    assert new.read_text(encoding="utf-8") != text
    assert main(["diff", str(BASE), str(new)]) == 0
    assert capsys.readouterr().out.splitlines()[3:] == [
        "Advice",
        "  no case that both versions can read is answered differently (4 interventions compared)",
        "",
        "no case that both versions can read is answered differently (4 interventions compared); "
        "all statements are the same",
    ]


@pytest.mark.slow
def test_the_way_back_reverses_every_change(folder: Path) -> None:
    """With the versions exchanged every pair of answers is found the other way round."""
    for name in ("contraindication-removed", "edge-added", "disjointness-added", "scope-narrowed"):
        there = of_edit(folder / f"{name}.ttl")
        back = difference(BASE, folder / f"{name}.ttl")
        pairs = {(one.subject, one.old, one.new) for one in there.behaviour}
        assert {(one.subject, one.new, one.old) for one in back.behaviour} == pairs


@pytest.mark.slow
def test_what_is_demanded_of_the_patient_is_a_change_of_a_criterion(tmp_path: Path) -> None:
    """The case itself is no term of a vocabulary that one version could lack."""
    grown_up = (
        "[ a owl:Restriction ; owl:onProperty ind:ageInYears ; owl:someValuesFrom [ "
        "a rdfs:Datatype ; owl:onDatatype xsd:integer ; "
        "owl:withRestrictions ( [ xsd:minInclusive 18 ] ) ] ]"
    )
    for name, demanded in (("old", "ind:PatientCase"), ("new", grown_up)):
        text = PREFIXES + (
            "<https://example.org/g/> a owl:Ontology ; "
            "owl:imports <https://w3id.org/indicant/core/> .\n"
            "ex:A a owl:Class ; rdfs:subClassOf ind:Intervention .\n"
            "ex:F a owl:Class ; rdfs:subClassOf ind:Finding .\n"
            "ex:C a owl:Class , ind:Criterion ; owl:equivalentClass [ a owl:Class ; "
            "owl:intersectionOf ( [ a owl:Restriction ; owl:onProperty ind:hasFinding ; "
            f"owl:someValuesFrom ex:F ] {demanded} ) ] .\n"
            "ex:R a ind:Indication ; ind:action ex:A ; ind:criterion ex:C .\n"
        )
        (tmp_path / f"{name}.ttl").write_text(text, encoding="utf-8")
    found = difference(tmp_path / "new.ttl", tmp_path / "old.ttl")
    assert [one.term for one in found.unshared] == []
    assert {(one.old, one.new) for one in found.behaviour} == {
        ("recommended", "undetermined"),
        ("recommended", "not-applicable"),
        ("undetermined", "not-applicable"),
    }
    (changed,) = found.recommendations
    assert "ageInYears some" in str(changed.parts)
    assert "itself" not in str(changed.parts)


def measured(unit: str, factor: str) -> str:
    """Return a guideline on a number in a unit, to which something else is converted."""
    return PREFIXES + (
        "<https://example.org/g/> a owl:Ontology ; "
        "owl:imports <https://w3id.org/indicant/core/> .\n"
        "ex:A a owl:Class ; rdfs:subClassOf ind:Intervention .\n"
        "ex:F a owl:Class ; rdfs:subClassOf ind:Finding .\n"
        'ex:level a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:label "level"@en ; '
        f"rdfs:range xsd:decimal ; {unit} ind:conversion [ a ind:Conversion ; "
        f'ind:fromUnit "mol/L" ; ind:factor {factor} ] .\n'
        "ex:C a owl:Class , ind:Criterion ; owl:equivalentClass [ a owl:Restriction ; "
        "owl:onProperty ind:hasFinding ; owl:someValuesFrom [ a owl:Class ; owl:intersectionOf ( "
        "ex:F [ a owl:Restriction ; owl:onProperty ex:level ; owl:someValuesFrom [ "
        "a rdfs:Datatype ; owl:onDatatype xsd:decimal ; "
        "owl:withRestrictions ( [ xsd:minInclusive 3 ] ) ] ] ) ] ] .\n"
        "ex:R a ind:Indication ; ind:action ex:A ; ind:criterion ex:C .\n"
    )


@pytest.mark.slow
def test_a_number_in_another_unit_is_another_number(tmp_path: Path) -> None:
    """No case says the same to both, so that none is said to be answered alike."""
    for name, unit in (("old", "mg/dL"), ("new", "g/L")):
        text = measured(f'ind:unit "{unit}" ;', "2")
        (tmp_path / f"{name}.ttl").write_text(text, encoding="utf-8")
    found = difference(tmp_path / "new.ttl", tmp_path / "old.ttl")
    assert [one.label for one in found.unshared] == ["level in mg/dL", "level in g/L"]
    assert not found.behaviour
    assert not found.undecided
    assert found.changes_advice
    assert list(found.validity) == ["level is stated in another unit: mg/dL, now g/L"]
    changed = {one.predicate for term in found.terms for one in (*term.removed, *term.added)}
    assert changed == {IND + "unit"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("unit", "factor", "otherwise"),
    [('ind:unit "g/L" ;', "2", False), ('ind:unit "g/L" ;', "2.5", True), ("", "2", True)],
)
def test_what_is_given_in_other_units_is_not_said_to_be_answered_alike(
    unit: str, factor: str, otherwise: bool, tmp_path: Path
) -> None:
    (tmp_path / "old.ttl").write_text(measured('ind:unit "g/L" ;', "2"), encoding="utf-8")
    (tmp_path / "new.ttl").write_text(measured(unit, factor), encoding="utf-8")
    found = difference(tmp_path / "new.ttl", tmp_path / "old.ttl")
    told = ["level given in other units, which convert otherwise"]
    assert list(found.undecided) == (told if otherwise else [])
    assert not found.behaviour
    assert not found.unshared
    assert not found.changes_advice


@pytest.mark.slow
def test_a_case_that_is_answered_differently_says_its_numbers_with_their_units(
    tmp_path: Path,
) -> None:
    text = measured('ind:unit "g/L" ;', "2")
    (tmp_path / "old.ttl").write_text(text, encoding="utf-8")
    text = text.replace("minInclusive 3", "minInclusive 4")
    (tmp_path / "new.ttl").write_text(text, encoding="utf-8")
    found = difference(tmp_path / "new.ttl", tmp_path / "old.ttl")
    facts = {fact for one in found.behaviour for fact in one.witness.facts}
    assert "F with level 3 g/L" in facts


def test_a_name_is_followed_whatever_a_version_says_first() -> None:
    """The order of statements does not matter, and a name that was left twice has a last one."""
    first, second, third = (f"https://example.org/{name}" for name in ("a", "b", "c"))
    said = [
        f"<{name}> <{path}> {value} ."
        for name, value in ((first, f"<{second}>"), (second, f"<{third}>"))
        for path, value in ((f"{OWL}deprecated", "true"), (f"{DCTERMS}isReplacedBy", value))
    ]
    after = SimpleNamespace(above={}, recommendations={})

    def source(text: str) -> Any:
        quads = ox.parse(text, format=ox.RdfFormat.TURTLE)
        rows = [(None, quad.subject, quad.predicate, quad.object) for quad in quads]
        return SimpleNamespace(triples=lambda: iter(rows))

    old = source(f'<{first}> <{OWL}versionInfo> "1" .')
    for at in range(len(said)):
        new = source(" ".join(said[at:] + said[:at]))
        assert _renamed(old, new, cast("Any", after)) == {first: third}


@pytest.mark.slow
def test_two_recommendations_alike_are_not_both_renamed(folder: Path) -> None:
    """One that becomes two is removed, and so are two that become one: none is called another."""
    split = folder / "recommendation-split-in-two-alike.ttl"
    for there, counts in ((difference(split), (1, 2)), (difference(BASE, split), (2, 1))):
        changes = [one.change for one in there.recommendations]
        assert (changes.count("removed"), changes.count("added")) == counts
        assert "renamed" not in changes


def other(**changes: Any) -> Guideline:
    """Return the small guideline about values with something else in its vocabulary."""
    return dataclasses.replace(VALUES, **changes)


@pytest.mark.slow
@pytest.mark.many(6)
@pytest.mark.parametrize(
    ("new", "told"),
    [
        (
            other(data={**VALUES.data, "ex:level": Span("integer")}),
            {"level has another range"},
        ),
        (
            other(
                data={
                    **VALUES.data,
                    "ex:level": Span("decimal", (("maxExclusive", Decimal(9)),)),
                }
            ),
            {"level has another range"},
        ),
        (
            other(reach={**VALUES.reach, "ex:severity": "ex:Severity"}),
            {"severity takes values of other classes"},
        ),
        (
            other(objects={**VALUES.objects, "ex:severity": False}),
            {"severity no longer has one value at most"},
        ),
        (
            other(objects={**VALUES.objects, "ex:note": True}),
            {"note now has one value at most"},
        ),
        (other(once=()), {"Course is no longer recorded once at most under received"}),
    ],
    ids=["whole", "bounded", "classes", "many", "one", "often"],
)
def test_it_is_told_why_a_case_can_be_valid_for_one_version_only(
    new: Guideline, told: set[str], tmp_path: Path
) -> None:
    for name, one in (("old", VALUES), ("new", new)):
        (tmp_path / f"{name}.ttl").write_text(guideline_text(one), encoding="utf-8")
    there = difference(tmp_path / "new.ttl", tmp_path / "old.ttl", seconds=1e-6)
    assert set(there.validity) == told


@pytest.mark.slow
def test_the_same_version_twice_differs_in_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """The guideline that ships is compared with itself, by name and by path."""
    name = "neck-pain-after-lumbar-fusion"
    path = resources.ontology() / "guidelines" / name
    assert main(["diff", name, str(path)]) == 0
    out = capsys.readouterr().out
    assert "all statements are the same" in out
    assert re.search(r"answered differently \(\d\d interventions compared\)", out)


# ---------------------------------------------------------------------- any guideline, any case


def changed(maker: Maker, guideline: Guideline) -> Guideline:
    """Return a guideline with a few random changes."""
    for _ in range(maker.random.randint(1, 3)):
        kind = maker.one(("criterion", "disjoint", "once", "direction", "gone", "parent", "not"))
        criteria, advice = dict(guideline.criteria), dict(guideline.advice)
        if kind == "criterion":
            one, other = maker.random.sample(list(criteria), 2)
            if one < other:
                one, other = other, one
            criteria[one] = criteria[other]
        elif kind == "not":
            name = maker.one(criteria)
            criteria[name] = Not(criteria[name])
        elif kind == "direction":
            name = maker.one(advice)
            flip = {"Indication": "Contraindication"}.get(advice[name].kind, "Indication")
            advice[name] = Advice(name, flip, advice[name].action, advice[name].criterion)
        elif kind == "gone":
            name = maker.one(advice)
            del advice[name]
            advice = {
                iri: dataclasses.replace(
                    one, overrides=tuple(other for other in one.overrides if other != name)
                )
                for iri, one in advice.items()
            }
        guideline = dataclasses.replace(guideline, criteria=criteria, advice=advice)
        if kind == "disjoint" and guideline.disjoint:
            guideline = dataclasses.replace(guideline, disjoint=guideline.disjoint[1:])
        elif kind == "once" and len(guideline.once) > 1:
            guideline = dataclasses.replace(guideline, once=guideline.once[1:])
        elif kind == "parent":
            name = maker.one(cls for cls in guideline.classes if cls.startswith("ex:F"))
            classes = {**guideline.classes, name: ("ind:Finding",)}
            guideline = dataclasses.replace(guideline, classes=classes)
    return guideline


class Answering:
    """A version of a random guideline, ready to assess."""

    def __init__(self, guideline: Guideline) -> None:
        self.source: Source = source_of(guideline_text(guideline))
        compiled = kept.compiled(self.source)
        self._engine = make_engine("oxigraph", compiled, self.source)
        shapes = (resources.shapes() / "case.ttl").read_text(encoding="utf-8")
        self._validator = Validator(shapes, compiled.vocabulary)
        self.version = Version("random", Path(), self.source)

    def statuses(self, text: str) -> Mapping[str, str] | None:
        """Return the status of every intervention in a case, or nothing if it is not valid."""
        document = parse(text, path="case.ttl")
        if any(one.severity == "violation" for one in self._validator.check(document)):
            return None
        self._engine.begin(document.quads)
        return {
            action or "": WORDS[(status or "").removeprefix(IND)]
            for _, action, status in self._engine.ask("what-is-the-status")
        }


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(9301, 9305))
def test_no_random_case_changes_its_status_otherwise_than_is_said(seed: int) -> None:
    """What is said not to change does not, and every witness shows what it is said to show."""
    maker = Maker(seed)
    guideline = maker.guideline()
    old = Answering(guideline)
    for _ in range(20):
        try:
            other = changed(maker, guideline)
            new = Answering(other)
            break
        except IndicantError:
            continue
    found = compare(old.version, new.version)
    assert found.undecided == ()
    pairs = {(one.subject, one.old, one.new) for one in found.behaviour}
    for one in found.behaviour:
        for side, status in ((old, one.old), (new, one.new)):
            answers = side.statuses(one.witness.turtle)
            assert answers is not None, one.witness.turtle
            assert answers.get(one.subject, "not-applicable") == status, one.witness.turtle
    cases: list[Case] = [
        maker.case(one, f"c{number}") for number in range(15) for one in (guideline, other)
    ]
    compared = 0
    for case in cases:
        before, after = (side.statuses(case_text([case])) for side in (old, new))
        if before is None or after is None:
            continue
        compared += 1
        for action in {*before, *after}:
            one_, two = (side.get(action, "not-applicable") for side in (before, after))
            assert one_ == two or (action, one_, two) in pairs, case_text([case])
    assert compared > 5


# ---------------------------------------------------------------------- forms


@pytest.fixture
def lowered(folder: Path) -> Difference:
    """Return the effect of a lower threshold."""
    return of_edit(folder / "threshold-lowered.ttl")


@pytest.mark.slow
def test_the_report_of_a_program_holds_all_of_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """JSON keeps to its schema; its data has the three levels, with a witness for each change."""
    new = str(folder / "contraindication-removed.ttl")
    assert main(["diff", str(BASE), new, "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    schema = json.loads((resources.shapes() / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, schema)
    data = found["data"]
    assert (data["adviceChanges"], data["compared"]) == (True, 4)
    assert {(one["old"], one["new"]) for one in data["behaviour"]} == {
        ("conditional", "recommended"),
        ("conflicting", "recommended"),
        ("contraindicated", "undetermined"),
        ("contraindicated", "not-applicable"),
        ("undetermined", "not-applicable"),
    }
    assert all("ind:PatientCase" in one["witness"] for one in data["behaviour"])
    assert [one["change"] for one in data["recommendations"]] == ["removed"]
    assert [one["change"] for one in data["terms"]] == ["removed"]
    assert {one["rule"] for one in found["results"]} == {
        "status-changed",
        "recommendation-changed",
        "term-changed",
    }


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize("form", ["sarif", "junit", "github"])
def test_other_programs_are_told_in_their_own_form(
    form: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A change of advice is a warning, at the line of the recommendation in the new version."""
    new = folder / "threshold-lowered.ttl"
    assert main(["diff", str(BASE), str(new), "--format", form]) == 1
    out = capsys.readouterr().out
    assert "scan: undetermined before, recommended now, for example: pain for 41 days" in out
    line = new.read_text(encoding="utf-8").splitlines().index("ex:scan-long-pain") + 1
    if form == "sarif":
        result = json.loads(out)["runs"][0]["results"][0]
        place = result["locations"][0]["physicalLocation"]
        assert (result["ruleId"], result["level"]) == ("status-changed", "warning")
        assert place["region"]["startLine"] == line
    elif form == "github":
        assert f"line={line}" in out


@pytest.mark.slow
def test_a_pull_request_gets_a_comment(lowered: Difference) -> None:
    """A line of summary, a table by intervention, and each witness folded away."""
    text = as_markdown(lowered)
    assert text.startswith("### Guideline: advice changes\n\n1 of 4 interventions is")
    assert "| scan | undetermined | recommended | pain for 41 days |" in text
    assert "<details>\n<summary>scan: undetermined → recommended</summary>" in text
    assert text.count("<details>") == text.count("</details>") == 4
    case, *others = re.findall(r"```turtle\n(.*?)```", text, flags=re.S)
    assert all("ind:recordsAll ex:Pain" in one for one in others)
    (record,) = assessor(BASE, "oxigraph").assess(parse(case, path="case.ttl"))
    assert record["actions"][0]["status"] == "undetermined"


@pytest.mark.slow
def test_a_comment_is_never_too_long_for_a_code_host(lowered: Difference, tmp_path: Path) -> None:
    """What is left out is counted."""
    label = "scan" * 1_000
    new = tmp_path / "new.ttl"
    text = edited("threshold-lowered").replace('"scan"@en', f'"{label}"@en')
    new.write_text(text.replace("scan long pain", label), encoding="utf-8")
    found = difference(new)
    change, *_ = found.behaviour
    many = dataclasses.replace(
        found,
        behaviour=(change,) * 500,
        recommendations=found.recommendations * 500,
        terms=found.terms * 500,
        validity=(label,) * 500,
        undecided=(label,) * 500,
    )
    text = as_markdown(many)
    assert len(text) < 65_536
    assert "And 470 more changes." in text
    assert text.count("<details>") == text.count("</details>")
    many = dataclasses.replace(lowered, behaviour=lowered.behaviour * 500)
    assert re.search(r"\d+ more cases: `indicant diff", as_markdown(many))


@pytest.mark.slow
def test_labels_cannot_break_out_of_a_comment(tmp_path: Path) -> None:
    """What a guideline calls things is text in Markdown, not markup, mention or fence."""
    label = "|scan|<b>``` @team #1 [x](y)\\nnext"
    new = tmp_path / "new.ttl"
    new.write_text(edited("threshold-lowered").replace('"scan"', f'"{label}"'), encoding="utf-8")
    text = as_markdown(difference(new))
    row = next(line for line in text.splitlines() if line.startswith("| \\|scan"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 5
    assert "\\<b\\>" in row
    assert "@&#8203;team" in row
    assert "\\#&#8203;1" in row
    outside = re.sub(r"^(```+)\w+\n.*?^\1$", "", text, flags=re.S | re.M)
    assert "<b>" not in outside.replace("\\<b\\>", "")
    summary = next(line for line in text.splitlines() if line.startswith("<summary>"))
    assert summary.startswith("<summary>|scan|&lt;b&gt;``` @&#8203;team #&#8203;1 [x](y) next: ")


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing of a run enters what is told."""
    new = str(folder / "contraindication-added.ttl")
    texts = set()
    for _ in range(2):
        main(["diff", str(BASE), new, "--format", "json"])
        texts.add(capsys.readouterr().out)
    assert len(texts) == 1


# ---------------------------------------------------------------------- witnesses and given cases


@pytest.mark.slow
def test_witnesses_are_cases_that_each_version_can_be_tested_with(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder for each version and change holds the case and what is answered."""
    new = folder / "contraindication-added.ttl"
    out = tmp_path / "out"
    assert main(["diff", str(BASE), str(new), "--witnesses", str(out)]) == 1
    names = sorted(path.name for path in (out / "new").iterdir())
    assert names == sorted(path.name for path in (out / "old").iterdir())
    assert "Scan-not-applicable-contraindicated" in names
    assert len(names) == 5
    for side, path in (("old", BASE), ("new", new)):
        assert main(["test", str(out / side), "--guideline", str(path)]) == 0, side
    capsys.readouterr()
    assert main(["diff", str(BASE), str(new), "--witnesses", str(out)]) == 2
    assert "is there already" in capsys.readouterr().err


@pytest.mark.slow
def test_a_renamed_finding_is_written_in_the_words_of_each_version(tmp_path: Path) -> None:
    """Where a term has a new name, the old version's case keeps the old one."""
    text = edited("finding-renamed").replace(
        'ind:Indication ;\n    rdfs:label "fuse', 'ind:Contraindication ;\n    rdfs:label "fuse'
    )
    new = tmp_path / "new.ttl"
    new.write_text(text, encoding="utf-8")
    found = difference(new)
    assert found.renamed == ((EX_BACK + "Instability", EX_BACK + "Unsteadiness"),)
    hold_to_both_words(found, BASE, new)


def hold_to_both_words(found: Difference, old: Path, new: Path) -> None:
    """See that each version answers the case in its own words as is said."""
    assert found.behaviour
    for one in found.behaviour:
        for path, case, answer in (
            (old, one.witness.before or one.witness.turtle, one.old),
            (new, one.witness.turtle, one.new),
        ):
            (record,) = assessor(path, "oxigraph").assess(
                parse(case, path="case.ttl"), everything=True
            )
            statuses = {each["action"]: each["status"] for each in record["actions"]}
            assert statuses[one.subject] == answer


def test_a_case_in_other_words_says_all_that_it_said() -> None:
    """Whatever a case can record of a term."""
    old, new = EX_BACK + "Old", EX_BACK + "New"

    def said(term: str) -> Recorded:
        value = Entry(term, ox.NamedNode(term))
        node = Node(IND + "hadFinding", (term,), (value,))
        some = (term,)
        return Recorded((node,), some, some, some, ((term, 3),), True, (value,), some)

    assert with_terms(said(old), {old: new}) == said(new)
    assert all(getattr(said(old), one.name) for one in dataclasses.fields(Recorded))


EX_BACK = "https://example.org/back/"
CASE = """@prefix : <https://example.org/case/> .
@prefix ex: <https://example.org/back/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

:patient a ind:PatientCase ; ind:asOf "2026-02-20"^^xsd:date ; ind:hasFinding :pain .
:pain a ex:Pain ; ind:onset "%s"^^xsd:date .
"""


@pytest.mark.slow
def test_given_cases_are_assessed_with_both_versions(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of three patients the one between the thresholds is answered differently."""
    ward = tmp_path / "ward"
    for name, onset in (
        ("before", "2026-01-11"),
        ("between", "2026-01-10"),
        ("after", "2026-01-09"),
    ):
        (ward / name).mkdir(parents=True)
        (ward / name / "case.ttl").write_text(CASE % onset, encoding="utf-8")
    new = str(folder / "threshold-lowered.ttl")
    assert main(["diff", str(BASE), new, "--cases", str(ward)]) == 1
    out = capsys.readouterr().out
    given = out.partition("Given cases\n")[2].partition("\n\n")[0]
    assert given == f"  {ward}/between/case.ttl patient: scan: undetermined → recommended"
    assert "1 given case answered differently" in out
    (ward / "between" / "case.ttl").unlink()
    new = str(folder / "relabelled.ttl")
    assert main(["diff", str(BASE), new, "--cases", str(ward)]) == 0
    assert "2 given files answered as before" in capsys.readouterr().out


@pytest.mark.slow
def test_a_given_case_that_one_version_cannot_read_is_a_change(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was assessed before and no longer is."""
    ward = tmp_path / "ward"
    ward.mkdir()
    case = (CASE % "2026-01-10").replace("ex:Pain ;", "ex:Instability ;")
    (ward / "one.ttl").write_text(case, encoding="utf-8")
    new = str(folder / "finding-renamed.ttl")
    assert main(["diff", str(BASE), new, "--cases", str(ward)]) == 1
    assert "one.ttl: the file: assessed → not a valid case" in capsys.readouterr().out


# ---------------------------------------------------------------------- revisions of git


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a repository whose guideline imports a vocabulary beside it, in two commits."""
    root = tmp_path_factory.mktemp("repository")
    base = BASE.read_text(encoding="utf-8")
    start, end = base.index("ex:Pain\n"), base.index("ind:PatientCase\n")
    head = base[: base.index("<https://example.org/back/>\n    a")]
    words = f"{head}<https://example.org/back/words>\n    a owl:Ontology ;\n.\n\n{base[start:end]}"
    rest = (base[:start] + base[end:]).replace(
        "owl:imports <https://w3id.org/indicant/core/>",
        "owl:imports <https://w3id.org/indicant/core/> , <https://example.org/back/words>",
    )
    guideline = root / "ontology" / "guidelines" / "back"
    (root / "ontology" / "words").mkdir(parents=True)
    guideline.mkdir(parents=True)
    (root / "ontology" / "words" / "words.ttl").write_text(words, encoding="utf-8")
    (guideline / "guideline.ttl").write_text(rest, encoding="utf-8")
    (guideline / "catalog-v001.xml").write_text(
        '<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">\n'
        '  <uri name="https://example.org/back/words" uri="../../words/words.ttl"/>\n</catalog>\n',
        encoding="utf-8",
    )
    (root / ".gitattributes").write_text("ontology export-ignore\n", encoding="utf-8")
    git(root, "init", "--quiet", "--initial-branch", "main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "one")
    git(root, "tag", "v1")
    vocabulary = root / "ontology" / "words" / "words.ttl"
    text = vocabulary.read_text(encoding="utf-8")
    vocabulary.write_text(
        text.replace(
            '"weakness"@en ;\n    rdfs:subClassOf ind:Finding',
            '"weakness"@en ;\n    rdfs:subClassOf ex:Instability',
        ),
        encoding="utf-8",
    )
    git(root, "commit", "--quiet", "--all", "-m", "two")
    text = (guideline / "guideline.ttl").read_text(encoding="utf-8")
    text = text.replace("xsd:minInclusive 42", "xsd:minInclusive 41")
    (guideline / "guideline.ttl").write_text(text, encoding="utf-8")
    return root


def git(place: Path, *arguments: str) -> None:
    settings = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(place), *settings, *arguments], check=True)


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.mark.slow
@needs_git
def test_revisions_are_read_with_the_imports_of_their_time(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A revision brings its own vocabulary, by whatever path it is named, and leaves no file."""
    monkeypatch.chdir(repository / "ontology")
    monkeypatch.setenv("TMPDIR", str(repository))
    monkeypatch.setattr("tempfile.tempdir", None)
    path = "ontology/guidelines/back"
    pairs = {
        ("v1:" + path, "main:" + path): ["fusion"],
        ("v1:./guidelines/back", "git:main:" + path): ["fusion"],
        ("git:v1", "guidelines/back"): ["scan", "fusion"],
        ("git:HEAD", "guidelines/back/guideline.ttl"): ["scan"],
        ("guidelines/back", f"HEAD:{path}/guideline.ttl"): ["scan"],
        ("v1:" + path, "v1:" + path): [],
    }
    for (old, new), labels in pairs.items():
        assert main(["diff", old, new, "--format", "json"]) == bool(labels)
        data = json.loads(capsys.readouterr().out)["data"]
        assert {one["label"] for one in data["behaviour"]} == set(labels), (old, new)
        if labels and new.startswith("main:"):
            main(["diff", old, new, "--format", "github"])
            assert f"file={path}/guideline.ttl,line=" in capsys.readouterr().out
    assert not list(repository.glob("indicant-*"))


@pytest.mark.slow
@needs_git
def test_what_git_does_not_have_is_one_clear_line(
    repository: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No such revision, no such path, no repository, no path given, a path outside."""
    monkeypatch.chdir(repository)
    (tmp_path / "guideline.ttl").write_text(BASE.read_text(encoding="utf-8"), encoding="utf-8")
    path = "ontology/guidelines/back"
    for old, new, message in (
        (f"v9:{path}", path, "OLD: 'v9' is no revision of "),
        (path, "git:v9", "NEW: 'v9' is no revision of "),
        ("v1:ontology/nothing", path, "OLD: 'ontology/nothing' is not in revision v1"),
        ("v1:../elsewhere", path, "' is outside the repository "),
        ("git:v1", f"v1:{path}", "OLD: 'git:v1' says no path, and the other version is no folder"),
        ("git:v1", str(tmp_path), "OLD: no repository"),
        (f"--output=x:{path}", path, "OLD: '--output=x' is no revision of "),
        ("v1:ontology/words", path, "holds no guideline"),
        ("v1:.gitattributes", path, "v1:.gitattributes:1:"),
        ("nothing", path, "OLD: unknown version 'nothing'"),
    ):
        assert main(["diff", "--", old, new]) == 2, old
        captured = capsys.readouterr()
        assert message in captured.err, captured.err
        assert captured.err.count("\n") <= 2
        assert captured.out == ""


@pytest.mark.slow
@needs_git
def test_an_error_in_a_revision_names_its_file_there(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not the folder to which it was taken out."""
    monkeypatch.chdir(repository)
    git(repository, "checkout", "--quiet", "-b", "broken", "v1")
    file = repository / "ontology" / "guidelines" / "back" / "guideline.ttl"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("owl:hasValue ind:Failed", "owl:hasValue 3"), encoding="utf-8")
    git(repository, "commit", "--quiet", "--all", "-m", "three")
    file.write_text(text, encoding="utf-8")
    try:
        assert main(["diff", "ontology/guidelines/back", "git:HEAD"]) == 2
    finally:
        git(repository, "checkout", "--quiet", "--force", "main")
    error = capsys.readouterr().err
    assert "broken" not in error
    assert re.match(
        r"indicant: HEAD:ontology/guidelines/back/guideline\.ttl:\d+: NEW: outside the profile: ",
        error,
    ), error


# ---------------------------------------------------------------------- wheels


@pytest.mark.slow
def test_a_released_version_is_read_from_its_wheel(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its own vocabulary; what is no wheel is refused."""
    wheel, two, none = (tmp_path / f"{name}.whl" for name in ("one", "two", "none"))
    base = BASE.read_text(encoding="utf-8")
    older = base.replace("xsd:minInclusive 42", "xsd:minInclusive 43")
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("indicant/ontology/guidelines/back/guideline.ttl", older)
    with zipfile.ZipFile(two, "w") as archive:
        archive.writestr("guidelines/back/guideline.ttl", older)
        archive.writestr("guidelines/neck/guideline.ttl", base)
    none.write_bytes(b"PK no more")
    assert main(["diff", str(wheel), str(BASE)]) == 1
    assert "recommended, for example: pain for 42 days" in capsys.readouterr().out
    assert main(["diff", f"{two}:neck", str(BASE)]) == 0
    assert main(["diff", f"{two}:back", f"{wheel}:back"]) == 0
    for given, message in (
        (str(two), "two.whl: OLD: holds several guidelines"),
        (f"{two}:foot", "two.whl: OLD: holds no guideline"),
        (str(none), "none.whl: OLD: cannot be unpacked"),
    ):
        capsys.readouterr()
        assert main(["diff", given, str(BASE)]) == 2
        assert message in capsys.readouterr().err


# ---------------------------------------------------------------------- bad input


@pytest.mark.slow
def test_a_version_that_is_no_guideline_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder, a file or an axiom that cannot be read, and on which side it is."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.ttl").write_text("not Turtle", encoding="utf-8")
    (tmp_path / "case.ttl").write_text(CASE % "2026-01-10", encoding="utf-8")
    outside = BASE.read_text(encoding="utf-8").replace(
        "ex:Weakness\n", "ex:Weakness\n    owl:equivalentClass [ owl:complementOf ex:Pain ] ;\n"
    )
    (tmp_path / "outside.ttl").write_text(outside, encoding="utf-8")
    (tmp_path / "bytes.ttl").write_bytes(b"ex:a ex:b \xff .\n")
    for name, message in (
        ("bytes.ttl", "NEW: the text is not UTF-8"),
        ("empty", "NEW: the folder holds no guideline"),
        ("text.ttl", "NEW: syntax error"),
        ("case.ttl", "NEW: holds no guideline"),
        ("outside.ttl", "NEW: outside the profile: "),
        ("missing", "NEW: unknown version"),
    ):
        assert main(["diff", str(BASE), str(tmp_path / name)]) == 2
        assert message in capsys.readouterr().err
        assert main(["diff", str(tmp_path / name), str(BASE)]) == 2
        assert message.replace("NEW", "OLD") in capsys.readouterr().err


@pytest.mark.slow
def test_what_is_not_decided_in_time_is_named_and_never_called_unchanged(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is 1, and no form says that nothing changes."""
    new = str(folder / "threshold-lowered.ttl")
    for form in ("text", "json", "markdown", "junit"):
        assert main(["diff", str(BASE), new, "--format", form, "--seconds", "1e-9"]) == 1
        out = capsys.readouterr().out
        assert "scan" in out
        assert "not decided" in out
        assert "no case that both versions" not in out
        assert "no change of advice" not in out


@pytest.mark.slow
def test_pairs_that_the_solver_leaves_open_are_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those that were decided are told beside them."""
    least = Circuit.least

    def slow(circuit: Circuit, goal: int, deadline: float) -> frozenset[int] | None:
        found = least(circuit, goal, deadline)
        if found:
            raise OutOfTimeError
        return found

    monkeypatch.setattr(Circuit, "least", slow)
    assert main(["diff", str(BASE), str(folder / "contraindication-added.ttl")]) == 1
    out = capsys.readouterr().out
    assert "not decided: scan: recommended → conditional, recommended → conflicting" in out
    assert "not-applicable → undetermined (out of time)" in out


@pytest.mark.slow
def test_the_same_criteria_are_the_same_however_hard(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What need not be compiled takes no time."""
    for new in (BASE, folder / "relabelled.ttl", folder / "recommendation-renamed.ttl"):
        text = BASE.read_text(encoding="utf-8").replace("    ind:scope ex:InScope ;\n", "")
        old = folder / "without-scope.ttl"
        old.write_text(text, encoding="utf-8")
        other = folder / "also-without-scope.ttl"
        text = new.read_text(encoding="utf-8").replace("    ind:scope ex:InScope ;\n", "")
        other.write_text(text, encoding="utf-8")
        assert main(["diff", str(old), str(other), "--seconds", "1e-9"]) == 0
        assert "(4 interventions compared)" in capsys.readouterr().out


@pytest.mark.slow
def test_outputs_appear_whole_or_not_at_all(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An interruption leaves neither a part of a file nor a part of the witnesses."""
    new = str(folder / "contraindication-added.ttl")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    given = ["diff", str(BASE), new]
    out = tmp_path / "out"
    out.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr("os.rename", interrupted)
        patch.setattr("os.replace", interrupted)
        assert main([*given, "--witnesses", str(out / "witnesses")]) == 130
        assert main([*given, "--output", str(out / "diff.txt")]) == 130
    assert not list(out.iterdir())
    assert main([*given, "--output", str(out / "diff.txt")]) == 1
    assert (out / "diff.txt").read_text(encoding="utf-8").startswith("OLD ")
    assert main([*given, "--witnesses", str(out / "diff.txt")]) == 2
    assert main([*given, "--output", str(out)]) == 2
    capsys.readouterr()


@pytest.mark.slow
def test_cases_that_are_none_are_named(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder without cases, and a file that is missing."""
    new = str(folder / "relabelled.ttl")
    for name, message in ((tmp_path, "holds no case"), (tmp_path / "none.ttl", "no such file")):
        assert main(["diff", str(BASE), new, "--cases", str(name)]) == 2
        assert message in capsys.readouterr().err


# ---------------------------------------------------------------------- statements


def statements(text: str, tmp_path: Path, name: str) -> Statements:
    file = tmp_path / f"{name}.ttl"
    file.write_text(BASE.read_text(encoding="utf-8") + text, encoding="utf-8")
    return Statements(load(file), {"ex": EX_BACK})


@pytest.mark.slow
def test_a_change_deep_in_blank_nodes_is_seen(tmp_path: Path) -> None:
    """However deep, and in a list; the order of a list that is no set counts."""
    deep = "ex:Pain ex:note " + "[ ex:note " * 60 + "%s" + " ]" * 60 + " .\n"
    one = statements(deep % "ex:a", tmp_path, "one")
    assert differences(one, statements(deep % "ex:a", tmp_path, "same")) == []
    (found,) = differences(one, statements(deep % "ex:b", tmp_path, "other"))
    assert (found.term, found.change) == (EX_BACK + "Pain", "changed")
    first = statements("ex:Pain ex:note ( 1 2 3 ) .\n", tmp_path, "first")
    assert differences(first, statements("ex:Pain ex:note ( 1 3 2 ) .\n", tmp_path, "second"))
    members = "[] a owl:AllDisjointClasses ; owl:members ( %s ) .\n"
    set_ = statements(members % "ex:Pain ex:Weakness ex:Stenosis", tmp_path, "set")
    assert not differences(
        set_, statements(members % "ex:Stenosis ex:Pain ex:Weakness", tmp_path, "turned")
    )
    (found,) = differences(set_, statements(members % "ex:Pain ex:Weakness", tmp_path, "fewer"))
    assert found.term is None


def test_blank_nodes_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    """And the same circle is the same."""
    circle = "ex:Pain ex:note _:a . _:a ex:note _:b . _:b ex:note _:a ; ex:name %s .\n"
    one = statements(circle % 1, tmp_path, "one")
    assert not differences(one, statements((circle % 1).replace("_:a", "_:z"), tmp_path, "two"))
    assert differences(one, statements(circle % 2, tmp_path, "three"))


@pytest.mark.timeout(60)
def test_many_ways_through_shared_blank_nodes_take_no_time(tmp_path: Path) -> None:
    """A text in words is cut short where there is no end of it."""
    doubled = "".join(
        f"_:n{number} ex:one _:n{number + 1} ; ex:two _:n{number + 1} .\n" for number in range(60)
    )
    text = f"ex:Pain ex:note _:n0 .\n{doubled}_:n60 ex:name %s .\n"
    one = statements(text % 1, tmp_path, "one")
    (found,) = differences(one, statements(text % 2, tmp_path, "two"))
    assert found.term == EX_BACK + "Pain"


@pytest.mark.slow
def test_what_is_told_is_safe_on_a_terminal(tmp_path: Path) -> None:
    """Control characters of a label are written out."""
    new = tmp_path / "new.ttl"
    text = BASE.read_text(encoding="utf-8").replace('"scan long pain"', '"scan \\u001B[31m"')
    new.write_text(text, encoding="utf-8")
    found = difference(new)
    assert "\x1b" not in as_text(found) + as_markdown(found)
    assert report(found).results


EXAMPLES = ROOT / "docs/examples"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("example", "old", "new", "told"),
    [
        ("expression", "knee:strength 2.5", "knee:strength 1", "dose in mg a day"),
        ("expression", "tablets * strength", "tablets * strength * 2", "dose in mg a day"),
        ("quantity", "ind:Latest", "ind:Earliest", "latest girth"),
        ("quantity", '"P1Y"', '"P1D"', "latest girth"),
        ("quantity", "ind:over knee:Swelling", "ind:over knee:Pain", "latest girth"),
        ("days-covered", '"P90D"', '"P1D"', "days with a splint"),
        ("interval", "ind:to knee:Surgery", "ind:to knee:Splint", "days after surgery"),
        ("interval-up-to", "15", "20", "days after surgery"),
        ("quantity", "latest girth", "girth as it was last", None),
    ],
)
def test_what_is_computed_otherwise_is_not_said_to_be_answered_alike(
    example: str, old: str, new: str, told: str | None, tmp_path: Path
) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        shutil.copy(EXAMPLES / "vocabulary.ttl", tmp_path / name)
        shutil.copy(EXAMPLES / example / "guideline.ttl", tmp_path / name)
        catalog = (EXAMPLES / example / "catalog-v001.xml").read_text(encoding="utf-8")
        (tmp_path / name / "catalog-v001.xml").write_text(catalog.replace("../", ""))
    file = tmp_path / "new" / "guideline.ttl"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    found = difference(tmp_path / "new", tmp_path / "old")
    expected = [] if told is None else [f"{told} computed from records, which is done otherwise"]
    assert list(found.undecided) == expected
