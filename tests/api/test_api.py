"""The Python API answers what the command prints, and nothing that it returns can be changed."""

from __future__ import annotations

import dataclasses
import datetime
import html
import json
import pkgutil
import sys
import threading
import types
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from rdflib import Graph

import indicant
import indicant.verbs
from each import each
from indicant import Answer, Assessment, Case, Guideline, IndicantError, InvalidCase, Status
from indicant.api import values
from indicant.api.repository import Repository
from indicant.assess import records
from indicant.cli import main
from indicant.explain.next import next_facts
from indicant.explain.whatif import what_if
from indicant.explain.why import why
from indicant.files.rdf import read
from indicant.query.tables import Table, value_of
from indicant.terms import IND, TYPE
from places import ASSESSED, BENCHMARK, SEVEN_MONTHS, TESTS

if TYPE_CHECKING:
    import pyoxigraph as ox

SOME = ASSESSED[::15]
LINKS = ("hasFinding", "received", "proposes")
# What a program calls that the command does by a verb.
COUNTERPARTS = {
    "ask": "Guideline.ask",
    "assess": "Guideline.assess",
    "check": "Guideline.check",
    "cohort": "Guideline.cohort",
    "compile": "Guideline.compile",
    "diff": "Guideline.diff",
    "export": "Guideline.export",
    "fmt": "Guideline.format_turtle",
    "init": "Repository.found",
    "intake": "Guideline.intake",
    "merge": "Guideline.merge",
    "new": "Guideline.new",
    "next": "Assessment.what_next",
    "site": "Guideline.site",
    "test": "Guideline.test",
    "translate": "Translations.take",
    "update": "Repository.update",
    "verify": "Guideline.verify",
    "verify_source": "Guideline.verify_source",
    "whatif": "Assessment.what_if",
    "whence": "Guideline.whence",
    "why": "Assessment.why",
}


@pytest.fixture(scope="module")
def guideline() -> Guideline:
    return Guideline.load()


@pytest.fixture(scope="module")
def patient(guideline: Guideline) -> Assessment:
    return guideline.assess(SEVEN_MONTHS)


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    main(list(words))
    return capsys.readouterr().out


def case_id(path: Path) -> str:
    return path.parent.name


# ---------------------------------------------------------------------- names


def test_what_is_public_is_little_and_documented() -> None:
    assert set(indicant.__all__) <= set(dir(indicant))
    assert len(indicant.__all__) < 15
    for name in set(indicant.__all__) - {"__version__"}:
        assert getattr(indicant, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'Guidelines'"):
        _ = indicant.Guidelines


def test_a_program_can_what_the_command_can() -> None:
    verbs = {one.name for one in pkgutil.iter_modules(indicant.verbs.__path__)}
    # A service is what programs ask that are not Python.
    assert verbs - {"serve"} == COUNTERPARTS.keys()
    for counterpart in COUNTERPARTS.values():
        of, name = counterpart.split(".")
        assert getattr(getattr(indicant, of), name).__doc__, counterpart


def test_every_public_method_says_what_it_does() -> None:
    for name in each(set(indicant.__all__) - {"__version__"}):
        for attribute, value in each(vars(getattr(indicant, name)).items()):
            if not attribute.startswith("_") and callable(getattr(value, "__func__", value)):
                assert value.__doc__, f"{name}.{attribute}"


def test_the_words_are_those_of_the_records() -> None:
    assert [one.value for one in Status] == list(get_args(records.Status))
    assert [one.value for one in Answer] == list(get_args(records.Answer))


# ---------------------------------------------------------------------- assessments


@pytest.mark.slow
@pytest.mark.parametrize("everything", [False, True])
def test_assessments_are_what_the_command_prints(
    guideline: Guideline, capsys: pytest.CaptureFixture[str], *, everything: bool
) -> None:
    """Of many cases at once, as of one."""
    found = [guideline.assess(path).to_dict(everything=everything) for path in SOME]
    assert len(found) == len(SOME) > 5
    more = ("--all",) if everything else ()
    told = printed(capsys, "assess", *map(str, SOME), "--format", "json", *more)
    assert json.loads(told) == found


@pytest.mark.slow
@pytest.mark.parametrize("path", SOME[::3], ids=case_id)
def test_an_assessment_is_what_the_command_prints(
    path: Path, guideline: Guideline, capsys: pytest.CaptureFixture[str]
) -> None:
    found = guideline.assess(path)
    assert str(found) == printed(capsys, "assess", str(path))
    assert found.to_markdown() == printed(capsys, "assess", str(path), "--format", "markdown")


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize("path", SOME, ids=case_id)
def test_values_hold_all_that_records_hold(path: Path, guideline: Guideline) -> None:
    """What becomes a value becomes the same record again, so that no field is missing."""
    found = guideline.assess(path)
    record = found.to_dict(everything=True)
    assert [one.to_dict() for one in found.actions] == record["actions"]
    assert [one.to_dict() for one in found.proposals] == record["proposals"]
    assert [one.to_dict() for one in found.guidelines] == [record["guideline"]]
    document, assessor = read(path), guideline.assessor
    action = found.actions[0].action
    assert [found.why(action).to_dict()] == why(assessor, document, action)
    assert [found.what_next().to_dict()] == next_facts(assessor, document)
    assert [found.what_if("+Myelopathy").to_dict()] == what_if(assessor, document, ["+Myelopathy"])


@pytest.mark.slow
def test_groups_part_what_the_guideline_says(guideline: Guideline) -> None:
    for path in each(SOME):
        found = guideline.assess(path)
        groups = (
            found.now,
            found.next,
            found.done,
            found.later,
            found.conflicts,
            found.avoid,
            found.open,
        )
        together = [one.action for group in groups for one in group]
        applying = [one.action for one in found if one.status != Status.NOT_APPLICABLE]
        assert sorted(together) == sorted(applying)
        assert {one.status for one in found.avoid} <= {Status.CONTRAINDICATED}
        assert {one.status for one in (*found.open, *found.later)} <= {Status.UNDETERMINED}
        assert {one.status for one in found.conflicts} <= {Status.CONFLICTING}


def test_an_action_is_found_by_every_name_it_has(patient: Assessment) -> None:
    by_label = patient["foraminotomy"]
    assert by_label.status is Status.RECOMMENDED
    for name in ("Foraminotomy", "spine:Foraminotomy", by_label.action, f"<{by_label.action}>"):
        assert patient[name] is by_label
    with pytest.raises(IndicantError) as error:
        patient["foraminotomie"]
    assert "Foraminotomy" in (error.value.help or "")


def test_nothing_can_be_changed(patient: Assessment) -> None:
    action = patient["foraminotomy"]
    for value, name in ((patient, "_record"), (action, "status"), (action.because[0], "literal")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, "recommended")
    mine = patient.to_dict()
    mine["actions"].clear()
    assert patient.to_dict()["actions"]
    for found in (action, patient.why("foraminotomy"), patient.what_next()):
        assert hash(found) == hash(dataclasses.replace(found))


@pytest.mark.slow
def test_threads_share_a_guideline() -> None:
    guideline = Guideline.load()
    start = threading.Barrier(8)

    def told(path: Path) -> dict[str, Any]:
        if start.n_waiting < 8:
            start.wait(30)
        found = guideline.assess(path)
        return {**found.to_dict(), "why": found.why("foraminotomy", facts=1).to_dict()}

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(told, ASSESSED[:8]))
    with ThreadPoolExecutor(1):
        alone = []
        for path in ASSESSED[:8]:
            found = guideline.assess(path)
            alone.append({**found.to_dict(), "why": found.why("foraminotomy", facts=1).to_dict()})
    assert together == alone


def test_another_day_is_another_case(guideline: Guideline) -> None:
    later = guideline.assess(SEVEN_MONTHS, as_of="2027-11-22")
    assert later.as_of == datetime.date(2027, 11, 22)
    assert later.to_dict() == guideline.assess(SEVEN_MONTHS, as_of=later.as_of).to_dict()
    assert later.why("foraminotomy").as_of == later.as_of
    with pytest.raises(IndicantError, match="not a date"):
        guideline.assess(SEVEN_MONTHS, as_of="tomorrow")


def test_many_cases_are_assessed_one_after_the_other(guideline: Guideline, tmp_path: Path) -> None:
    found = guideline.assess_all(ASSESSED[:3])
    assert iter(found) is found
    assert [one.case for one in found] == [guideline.assess(path).case for path in ASSESSED[:3]]
    both = tmp_path / "both.ttl"
    text = SEVEN_MONTHS.read_text(encoding="utf-8")
    both.write_text(text + text.replace("patient-7", "patient-8"), encoding="utf-8")
    assert len(list(guideline.assess_all(both))) == 2
    with pytest.raises(IndicantError, match="there are 2 cases") as error:
        guideline.assess(both)
    assert "assess_all" in (error.value.help or "")


@pytest.mark.slow
def test_a_graph_is_a_case(guideline: Guideline, patient: Assessment) -> None:
    graph = Graph().parse(SEVEN_MONTHS)
    text = SEVEN_MONTHS.read_text(encoding="utf-8")
    for case in (
        Case.of_graph(graph),
        graph,
        Case.parse(text),
        Case.read(SEVEN_MONTHS),
        str(SEVEN_MONTHS),
    ):
        found = guideline.assess(case)
        assert [one.status for one in found] == [one.status for one in patient]


def test_an_invalid_case_is_not_assessed(guideline: Guideline) -> None:
    case = Case(as_of="2026-11-22").has("neck pain").excludes("neck pain")
    with pytest.raises(InvalidCase) as error:
        guideline.assess(case)
    assert {one.severity for one in error.value.findings} == {"violation"}
    assert [one.shape for one in guideline.check_case(case)] == [
        one.shape for one in error.value.findings
    ]


# ---------------------------------------------------------------------- cases


def said_of(path: Path) -> Case | None:
    """Return a case of a file as somebody says it, or nothing where it cannot be said so."""
    quads = read(path).quads
    (case,) = {q.subject for q in quads if value(q.object) == IND + "PatientCase"}
    dates = [value(q.object) for q in quads if q.predicate.value == IND + "asOf"]
    made = Case(as_of=dates[0], iri=value(case))
    for quad in quads:
        if quad.subject != case:
            continue
        link = quad.predicate.value.removeprefix(IND)
        if link == "excludes":
            made = made.excludes(value(quad.object))
        elif link in LINKS:
            cls, own, shown, excluded = node(quads, quad.object)
            if cls is None or any(node(quads, one)[0] is None for one in shown):
                return None
            shows = {str(node(quads, one)[0]): node(quads, one)[1] for one in shown}
            if len(shows) != len(shown):
                return None
            if link == "hasFinding" and not shown and not excluded:
                made = made.has(cls, **own)
            elif link == "proposes" and not shown and not excluded:
                made = made.proposes(cls, **own)
            else:
                made = made.received(cls, shows=shows, excludes=excluded, **own)
        elif link not in ("asOf",) and quad.predicate.value != TYPE:
            return None
    return made


def value(term: Any) -> str:
    return str(getattr(term, "value", term))


def node(
    quads: tuple[ox.Quad, ...], subject: Any
) -> tuple[str | None, dict[str, Any], list[Any], list[str]]:
    """Return the one class of a node, its values, what it shows and what it excludes."""
    classes, own, shown, excluded = [], {}, [], []
    for quad in quads:
        if quad.subject != subject:
            continue
        name = quad.predicate.value
        if name == TYPE:
            classes.append(value(quad.object))
        elif name == IND + "shows":
            shown.append(quad.object)
        elif name == IND + "excludes":
            excluded.append(value(quad.object))
        else:
            own[name.removeprefix(IND) if name.startswith(IND) else name] = value_of(quad.object)  # type: ignore[arg-type]
    return (
        (classes[0] if (len(classes) == 1 and own != {}) or classes else None),
        own,
        shown,
        excluded,
    )


@pytest.mark.slow
def test_a_case_that_is_said_is_answered_as_one_that_is_written(guideline: Guideline) -> None:
    """Every third case of the tests whose nodes have one class each, said by the methods."""
    compared = 0
    for path in ASSESSED[::3]:
        made = said_of(path)
        quads = read(path).quads
        kinds: dict[str, int] = {}
        for quad in quads:
            if quad.predicate.value == TYPE:
                kinds[value(quad.subject)] = kinds.get(value(quad.subject), 0) + 1
        if made is None or max(kinds.values()) > 1:
            continue
        wanted, found = guideline.assess(path), guideline.assess(made)
        assert [(one.action, one.status) for one in found] == [
            (one.action, one.status) for one in wanted
        ], path
        assert [one.awaiting for one in found] == [one.awaiting for one in wanted], path
        compared += 1
    assert compared > 5


@pytest.mark.slow
def test_what_is_complete_can_be_said(guideline: Guideline) -> None:
    """Age and sex, all that is recorded, all since a day, and what is not planned."""
    made = (
        Case(as_of="2026-11-22")
        .patient(birthDate="1959-11-22", sex="female")
        .has("motor weakness", mrcGrade=5)
        .received("formal physical therapy", since="2026-10-01", ongoing=True)
        .records_all("motor weakness", "neck pain")
        .records_all("spinal surgery", since=datetime.date(2020, 1, 1))
        .does_not_propose("spinal fusion")
        .records_all_proposals()
    )
    written = Case.parse(
        """
        @prefix : <https://example.org/case#> .
        @prefix ind: <https://w3id.org/indicant/core/> .
        @prefix spine: <https://w3id.org/indicant/spine/> .
        @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
        :case a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ;
            ind:birthDate "1959-11-22"^^xsd:date ; ind:sex ind:Female ;
            ind:hasFinding [ a spine:MotorWeakness ; spine:mrcGrade 5 ] ;
            ind:received [ a spine:FormalPhysicalTherapy ;
                ind:startedOn "2026-10-01"^^xsd:date ; ind:ongoing true ] ;
            ind:recordsAll spine:MotorWeakness , spine:NeckPain ;
            ind:completeness [ a ind:Completeness ; ind:of spine:SpinalSurgery ;
                ind:since "2020-01-01"^^xsd:date ] ;
            ind:doesNotPropose spine:SpinalFusion ; ind:recordsAllProposals true .
        """
    )
    found, wanted = guideline.assess(made), guideline.assess(written)
    assert len(found) > 10
    assert [(one.action, one.status) for one in found] == [
        (one.action, one.status) for one in wanted
    ]
    assert [one.awaiting for one in found] == [one.awaiting for one in wanted]
    silent = Case(as_of="2026-11-22").has("motor weakness", mrcGrade=5)
    settled, unsettled = (
        {fact.label for action in guideline.assess(one) for fact in action.awaiting}
        for one in (made, silent)
    )
    assert "motor weakness of MRC grade 4 or less" in unsettled - settled


def test_a_case_never_changes() -> None:
    case = Case(as_of=datetime.date(2026, 11, 22))
    more = case.has("neck pain", since=datetime.datetime(2026, 8, 1, tzinfo=datetime.UTC))
    assert repr(case) == "<Case as of 2026-11-22>"
    assert "neck pain" in repr(more)
    assert more != case
    assert hash(more) != hash(case)
    assert more == Case(as_of="2026-11-22").has("neck pain", since="2026-08-01")
    with pytest.raises(dataclasses.FrozenInstanceError):
        more._as_of = "2027-01-01"  # type: ignore[misc]
    with pytest.raises(IndicantError, match="'soon' is not a date"):
        case.has("neck pain", since="soon")
    with pytest.raises(IndicantError, match="'then' is not a date"):
        Case(as_of="then")


def test_values_have_the_types_of_their_properties(guideline: Guideline) -> None:
    case = (
        Case(as_of="2026-11-22", iri="https://example.org/case#case")
        .has("MotorWeakness", mrcGrade=3, weeks=Decimal("6.5"))
        .has("MotorWeakness", mrcGrade=4, weeks=7.25)
        .received("physical therapy", weeks=6, outcome="Failed")
        .excludes("Myelopathy", "ProgressiveMotorDeficit")
    )
    text = guideline.to_turtle(case)
    for line in (
        "spine:mrcGrade 3 ;",
        "ind:weeks 6.5 ;",
        "ind:weeks 7.25 ;",
        "ind:outcome ind:Failed ;",
        "<https://example.org/case#case-MotorWeakness-2>",
        "ind:excludes spine:Myelopathy , spine:ProgressiveMotorDeficit ;",
    ):
        assert line in text
    assert guideline.assess(case).to_dict() == guideline.assess(Case.parse(text)).to_dict()


def test_a_case_that_was_read_can_be_told_more(guideline: Guideline, patient: Assessment) -> None:
    more = guideline.assess(Case.read(SEVEN_MONTHS).has("NeckPain"))
    assert more.case == patient.case
    assert guideline.check_case(Case.read(SEVEN_MONTHS).has("NeckPain")) == ()
    many = Case.parse(
        "".join(
            SEVEN_MONTHS.read_text(encoding="utf-8").replace("patient-7", name)
            for name in ("a", "b")
        )
    )
    with pytest.raises(IndicantError, match="about one case, and there are 2"):
        guideline.assess(many.has("NeckPain"))


@pytest.mark.parametrize(
    ("case", "message", "help_"),
    [
        (Case(as_of="2026-11-22").has("NekPain"), "is called 'NekPain'", "NeckPain"),
        (Case(as_of="2026-11-22").has("NeckPain", grade=1), "is called 'grade'", ""),
        (Case(as_of="2026-11-22").received("PhysicalTherapy", outcome="Bad"), "'Bad'", "Failed"),
        (Case(as_of="2026-11-22", iri="no iri> a").has("NeckPain"), "is not an IRI", ""),
    ],
)
def test_what_has_no_such_name_is_told_with_the_nearest(
    guideline: Guideline, case: Case, message: str, help_: str
) -> None:
    with pytest.raises(IndicantError) as error:
        guideline.assess(case)
    assert message in str(error.value)
    assert help_ in (error.value.help or "")


# ---------------------------------------------------------------------- questions and reports


@pytest.mark.slow
def test_a_question_is_a_table(guideline: Guideline, capsys: pytest.CaptureFixture[str]) -> None:
    table = guideline.ask("what-overrides-what")
    told = printed(capsys, "ask", "what-overrides-what", "--format", "json")
    assert table.to_dict() == json.loads(told)
    assert str(table) == printed(capsys, "ask", "what-overrides-what")
    assert len(table) == len(table.to_rows()) == len(list(table)) > 0
    assert set(table.to_rows()[0]) == set(table.columns)
    about = guideline.ask("what-is-recommended", SEVEN_MONTHS)
    assert str(about) == printed(capsys, "ask", "what-is-recommended", str(SEVEN_MONTHS))
    named = guideline.ask("which-terms-mention-a-word", text="neck")
    assert str(named) == printed(capsys, "ask", "which-terms-mention-a-word", "text=neck")
    assert {row["name"] for row in guideline.questions()} >= {"what-overrides-what"}


@pytest.mark.slow
def test_a_query_of_ones_own_is_a_table(guideline: Guideline) -> None:
    query = "SELECT (COUNT(?x) AS ?n) (1.5 AS ?d) (true AS ?t) WHERE { ?x a ind:Recommendation }"
    table = guideline.query(f"PREFIX ind: <{IND}> {query}")
    (row,) = table
    assert isinstance(row["n"], int)
    assert row["d"] == Decimal("1.5")
    assert row["t"] is True
    with pytest.raises(IndicantError, match="SERVICE"):
        guideline.query("SELECT * WHERE { SERVICE <http://example.org/> { ?s ?p ?o } }")


@pytest.mark.slow
def test_a_table_becomes_a_frame_where_there_is_a_library(
    guideline: Guideline, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = guideline.ask("what-overrides-what")
    for name, form in (("pandas", table.to_pandas), ("polars", table.to_polars)):
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(IndicantError, match=f"{name} is not installed") as error:
            form()
        assert f"pip install {name}" in (error.value.help or "")
        fake = types.ModuleType(name)
        fake.DataFrame = lambda *given, **named: (given, named)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, fake)
        (data,), _ = form()
        assert data


def test_a_table_is_shown_escaped() -> None:
    import pyoxigraph as ox

    shown = Table(("<a>",), ((ox.Literal("<script>\u202e"),), (None,)))._repr_html_()
    assert "<script>" not in shown
    assert "<a>" not in shown
    assert "\u202e" not in shown


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["verify", "check"])
def test_a_report_is_what_the_command_prints(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = BENCHMARK / "diabetes"
    report = getattr(Guideline.load(folder), verb)()
    told = json.loads(printed(capsys, verb, str(folder), "--format", "json"))
    assert report.to_dict() == told
    assert report.holds == told["holds"]
    assert str(report) == printed(capsys, verb, str(folder))


@pytest.mark.slow
def test_a_difference_is_what_the_command_prints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.ttl", tmp_path / "new.ttl"
    base = TESTS / "diff" / "guideline.ttl"
    old.write_text(base.read_text(encoding="utf-8"), encoding="utf-8")
    text = base.read_text(encoding="utf-8").replace("ind:Routine", "ind:Urgent")
    new.write_text(text, encoding="utf-8")
    found = Guideline.load(old).diff(Guideline.load(new))
    told = printed(capsys, "diff", str(old), str(new), "--format", "json")
    assert found.to_dict() == json.loads(told)
    assert str(found) == printed(capsys, "diff", str(old), str(new))


@pytest.mark.slow
def test_the_published_graph_is_an_rdflib_graph(guideline: Guideline) -> None:
    graph = guideline.export(SEVEN_MONTHS)
    assert len(graph) > len(guideline.export())
    asked = graph.query(f"SELECT ?c WHERE {{ ?c a <{IND}PatientCase> }}")
    assert len(asked) == 1


def test_a_part_is_added_to_a_guideline(tmp_path: Path) -> None:
    made = Guideline.new("guideline", "rain", place=tmp_path)
    assert made.path == tmp_path / "rain" / "guideline.ttl"
    added = Guideline.new("finding", "Rain", place=tmp_path / "rain")
    assert ":Rain" in added.path.read_text(encoding="utf-8")
    with pytest.raises(IndicantError, match=r"taken|already"):
        Guideline.new("finding", "Rain", place=tmp_path / "rain")
    text = tmp_path / "leaflet.txt"
    text.write_text("Rain,\nrain and no\n  rain.\n")
    Guideline.new("document", "leaflet", place=tmp_path / "rain", source=text)
    quoted = Guideline.new(
        "passage", "s01", place=tmp_path / "rain", source=text, quote="rain", nth=2
    )
    assert "    oa:start 20 ;\n    oa:end 24 ;\n" in quoted.text


@pytest.mark.slow
def test_a_case_is_made_and_can_be_assessed(tmp_path: Path, guideline: Guideline) -> None:
    made = Guideline.new("case", "mine", tests=tmp_path, as_of="2026-11-22")
    assert made.path == tmp_path / "mine" / "case.ttl"
    assert (tmp_path / "mine" / "expected.json").read_text() == "{}\n"
    assert guideline.assess(made.path).as_of == datetime.date(2026, 11, 22)
    day = datetime.date(2026, 11, 23)
    assert '"2026-11-23"^^xsd:date' in Guideline.new("case", "a", tests=tmp_path, as_of=day).text
    with pytest.raises(IndicantError, match="'today' is not a date"):
        Guideline.new("case", "b", tests=tmp_path, as_of="today")


def test_a_part_goes_to_the_guideline_of_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with the command: never to the one that ships where another is at hand."""
    Guideline.new("guideline", "rain", place=tmp_path)
    monkeypatch.chdir(tmp_path / "rain")
    assert Guideline.new("finding", "Rain").path.resolve().parent == tmp_path / "rain"


def test_turtle_gets_the_form_of_the_house() -> None:
    text = "@prefix ex: <https://example.org/> .\nex:a a ex:B; ex:c 1 ."
    tidy = Guideline.format_turtle(text)
    assert tidy != text
    assert Guideline.format_turtle(tidy) == tidy


@pytest.mark.slow
def test_an_institution_founds_and_checks_its_repository(tmp_path: Path) -> None:
    made = Repository.found(tmp_path / "here", "https://example.org/here/", date="2026-11-28")
    assert made.founded is not None
    assert made.check().holds
    assert made.update().holds
    assert "overlay" in {Path(one).parts[0] for one in made.founded.files}


# ---------------------------------------------------------------------- notebooks


@pytest.mark.slow
def test_a_notebook_shows_the_page_of_the_case(patient: Assessment) -> None:
    shown = patient._repr_html_()
    assert shown.startswith("<iframe sandbox=")
    page = html.unescape(shown.split('srcdoc="')[1].rsplit('"></iframe>')[0])
    assert page == patient.to_html()
    assert 'srcdoc="' not in page
    for action in patient.next:
        assert action.label in page


def test_a_notebook_shows_the_text_where_no_page_can_be_made(
    patient: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: Any, **__: Any) -> None:
        raise IndicantError("jinja2 is not installed")

    monkeypatch.setattr("indicant.site.markup.environment", missing)
    assert patient._repr_html_() == f"<pre>{html.escape(str(patient))}</pre>"


def test_every_value_class_is_frozen() -> None:
    classes = [
        one
        for one in vars(values).values()
        if isinstance(one, type) and issubclass(one, values.Value)
    ]
    assert len(classes) > 20
    for one in classes:
        assert one.__dataclass_params__.frozen  # type: ignore[attr-defined]
