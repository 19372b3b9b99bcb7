"""Questions: each is answered as expected, by every engine, and bad input is told in a line."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from functools import cache
from threading import Thread
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from each import each
from indicant.ask import adhoc
from indicant.ask.answers import ENGINES, Asker, arguments, listing
from indicant.ask.published import serialize
from indicant.ask.questions import CASE, parse, question, questions
from indicant.assess.assessor import InvalidCase
from indicant.assess.engine import OxigraphEngine, RdflibEngine
from indicant.cli import main
from indicant.errors import IndicantError
from indicant.files.rdf import Document, read
from indicant.files.rdf import parse as parse_rdf
from indicant.query import sparql
from indicant.query.tables import FORMATS, Table, from_json, to_tsv
from places import ASSESS, BROKEN, ROOT, TESTS
from running import command, environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = TESTS / "ask"
CASES = FOLDER / "cases.ttl"
FOLDERS = sorted(path.parent for path in FOLDER.glob("*/expected.tsv"))
NAMES = [folder.name for folder in FOLDERS]
IND = "PREFIX ind: <https://w3id.org/indicant/core/>\n"
COUNTING = frozenset(
    {
        "how-does-each-score-add-up",
        "which-facts-demand-several",
        "which-facts-rest-on-a-score",
        "which-records-make-a-quantity",
        "which-records-may-be-what-is-counted",
        "which-steps-make-a-score",
    }
)
EXAMPLES = {
    "how-is-each-value-computed": "expression",
    "which-related-records-show-what": "nested",
}
"""Questions to which an example of the documentation has something to say."""
PRODUCT = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


@cache
def asker(engine: str = "oxigraph", *, with_case: bool = True) -> Asker:
    return Asker(case=read(CASES) if with_case else None, engine=engine)


@cache
def asker_of(name: str, engine: str = "oxigraph", *, with_case: bool = True) -> Asker:
    """Return who answers a question that the guideline that ships has something to say to.

    Of scores and of what is counted it has nothing to say, and another one answers.
    """
    if name in EXAMPLES:
        folder = ROOT / "docs" / "examples" / EXAMPLES[name]
        told = read(folder / "met.ttl") if with_case else None
        return Asker(folder / "guideline.ttl", case=told, engine=engine)
    if name not in COUNTING:
        return asker(engine, with_case=with_case)
    case = read(FOLDER / "counting" / "case.ttl") if with_case else None
    return Asker(FOLDER / "counting" / "guideline.ttl", case=case, engine=engine)


def read_as(text: str) -> Document:
    return parse_rdf(text, path="case.ttl")


def given(name: str) -> dict[str, str]:
    file = FOLDER / name / "args"
    return arguments(file.read_text(encoding="utf-8").splitlines())[1] if file.is_file() else {}


def expected(name: str) -> str:
    return (FOLDER / name / "expected.tsv").read_text(encoding="utf-8")


def told(text: str, **limits: float) -> IndicantError:
    with pytest.raises(IndicantError) as caught:
        asker(with_case=False).run(text, name="own.rq", **limits)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return caught.value


# ---------------------------------------------------------------------- the questions


def test_every_question_has_a_folder_and_every_folder_a_question() -> None:
    assert set(NAMES) == set(questions())


def test_there_are_at_least_35_questions_about_cases_and_about_guidelines() -> None:
    about = [one.about_case for one in questions().values()]
    assert len(about) >= 35
    assert 10 < sum(about) < len(about) - 10


@pytest.mark.many(3)
@pytest.mark.parametrize("name", NAMES)
def test_a_question_is_documented(name: str) -> None:
    """A question ends in a question mark, says how it is ordered, and gives examples that hold."""
    one = question(name)
    assert one.summary.endswith("?")
    assert "ORDER BY" in one.text
    for parameter in one.parameters:
        assert f"${parameter.name}" in one.text
        assert f"?{parameter.name} " not in one.text
        if parameter.example is not None:
            assert one.filled({})
            asker().query(name, {**given(name), parameter.name: parameter.example})


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize(
    ("name", "engine"),
    [*((one, "oxigraph") for one in NAMES), *((one, "rdflib") for one in NAMES[::4])],
)
def test_a_question_gets_its_table(name: str, engine: str) -> None:
    """What is asked of the guideline is answered without a case."""
    here = asker_of(name, engine, with_case=question(name).about_case)
    assert to_tsv(here.ask(name, given(name))) == expected(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_table_says_something(name: str) -> None:
    assert expected(name).count("\n") > 1


@pytest.mark.many(1000)
@pytest.mark.parametrize("name", NAMES)
def test_a_value_selects_rows_and_changes_none(name: str) -> None:
    """Giving a value for a variable that the table shows is choosing the rows that have it."""
    here, values = asker_of(name), given(name)
    everything = here.ask(name, {k: v for k, v in values.items() if k not in _shown(name, values)})
    chosen = list(everything.rows)
    for parameter in _shown(name, values):
        column = everything.columns.index(parameter)
        wanted = _value(name, parameter, values)
        chosen = [row for row in chosen if row[column] == wanted]
    assert here.ask(name, values).rows == tuple(chosen)


@pytest.mark.many(3)
@pytest.mark.parametrize("name", [name for name in NAMES if question(name).about_case])
def test_a_table_about_cases_is_about_cases_alone(name: str) -> None:
    """Where none is chosen, nothing but the cases that were taken stands in their column."""
    here = asker_of(name)
    cases = {row[0] for row in here.ask("which-cases-are-there", {}).rows}
    table = here.ask(name, {})
    assert {row[table.columns.index("case")] for row in table.rows} <= cases


def _shown(name: str, values: dict[str, str]) -> list[str]:
    columns = question(name).text.split("WHERE")[0]
    return [one for one in values if f"${one} " in columns]


def _value(name: str, parameter: str, values: dict[str, str]) -> object:
    text = asker().query(name, {parameter: values[parameter]})
    block = text.split(f"VALUES (${parameter}) {{ (", 1)[1].split(") }")[0]
    return ox.Literal(block[1:-1]) if block.startswith('"') else ox.NamedNode(block[1:-1])


@pytest.mark.slow
def test_a_case_that_is_chosen_hides_the_others() -> None:
    rows = asker().ask("which-cases-are-there", {CASE: "cord-compressed"}).rows
    assert [row[0] for row in rows] == [ox.NamedNode("https://example.org/ward#cord-compressed")]


# ---------------------------------------------------------------------- three ways to ask


ASSESSED = (
    "foraminotomy-fires-minimal-seven-months",
    "formal-physical-therapy-fires-mri-excludes-danger",
    "no-manipulation-open-other-fusions-not-excluded",
)


@cache
def assessed(name: str, engine: str = "oxigraph") -> Asker:
    return Asker(case=read(ASSESS / name / "case.ttl"), engine=engine)


@cache
def exported(name: str | None, question: str = "") -> ox.Store:
    """Load what ``export graph`` writes, for a case where one is named."""
    asked = asker_of(question) if name is None else assessed(name)
    store = ox.Store()
    data = serialize(asked.graph(), "turtle", asked.prefixes)
    store.load(data, format=ox.RdfFormat.TURTLE)
    return store


def over(store: ox.Store, query: str) -> Table:
    found = store.query(query)
    assert isinstance(found, ox.QuerySolutions)
    return Table(tuple(one.value for one in found.variables), tuple(map(tuple, found)))


def required(name: str) -> dict[str, str]:
    return {one.name: one.example or "" for one in question(name).parameters if one.required}


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize("name", NAMES)
def test_a_question_is_answered_alike_whichever_way_it_is_asked(name: str) -> None:
    """As a question, as a query of one's own, and over the export, with any value it can have."""
    here, needed = asker_of(name), required(name)
    store = exported(None, name if name in COUNTING or name in EXAMPLES else "")
    everything = here.ask(name, needed)
    for values, rows in ((needed, everything.rows), *_chosen(name, needed, everything)):
        query, answer = here.query(name, values), here.ask(name, values)
        assert set(answer.rows) == set(rows)
        assert over(store, query) == answer
        assert over(store, sparql.plain(query, name).text) == answer


def _chosen(
    name: str, needed: dict[str, str], everything: Table
) -> Iterator[tuple[dict[str, str], list[tuple[object, ...]]]]:
    """Yield for each parameter its first and its last value, with the rows that have it."""
    for one in question(name).parameters:
        if one.required or one.name not in everything.columns:
            continue
        column = everything.columns.index(one.name)
        found = [row[column] for row in everything.rows if row[column] is not None]
        assert found, one.name
        for value in dict.fromkeys((found[0], found[-1])):
            rows: list[tuple[object, ...]] = [
                row for row in everything.rows if row[column] == value
            ]
            assert value is not None
            yield {**needed, one.name: value.value}, rows


@pytest.mark.slow
@pytest.mark.parametrize("case", ASSESSED)
def test_every_question_is_answered_alike_about_a_case(case: str) -> None:
    for name in each(NAMES):
        answer = assessed(case).ask(name, required(name))
        assert over(exported(case), assessed(case).query(name, required(name))) == answer, name


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_question_is_answered_alike_by_both_engines(name: str) -> None:
    """Without a choice, where there is most to differ in."""
    needed, case = required(name), ASSESSED[0]
    assert assessed(case, "rdflib").ask(name, needed) == assessed(case).ask(name, needed)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["which-thresholds-are-there", "what-is-the-status"])
def test_a_question_pasted_as_a_query_is_answered_alike(name: str, engine: str) -> None:
    assert asker(engine).run(question(name).text) == asker().ask(name)


@pytest.mark.slow
def test_what_the_assessment_says_can_be_asked_for() -> None:
    """The rules that describe it have run as well."""
    advice = {row[0] for row in asker().ask("which-terms-are-there", {"kind": "ind:Advice"}).rows}
    query = IND + "SELECT ?advice { ?advice a ind:Advice }"
    assert advice == {row[0] for row in over(exported(None), query).rows}
    assert len(advice) > 20


@pytest.mark.slow
def test_a_case_that_breaks_a_shape_leaves_nothing_to_ask_about() -> None:
    here = Asker(case=read(CASES))
    broken = read(BROKEN)
    with pytest.raises(InvalidCase):
        here.take(broken)
    assert here.ask("which-terms-are-there", {"kind": "ind:PatientCase"}).rows == ()
    with pytest.raises(IndicantError, match="asks about a case, and none is given"):
        here.ask("what-is-open")


def test_prefixes_are_those_of_the_case_that_was_taken_last() -> None:
    here = Asker()
    before = here.prefixes
    before["mine"] = "urn:mine#"
    assert "mine" not in here.prefixes
    for name in ("one", "other"):
        here.take(read_as(f"@prefix {name}: <urn:{name}#> .\n" + CASES.read_text("utf-8")))
        assert here.prefixes.keys() & {"one", "other"} == {name}


@pytest.mark.slow
def test_a_value_is_filled_in_where_the_pattern_begins() -> None:
    """Not where a comment or a name says so; and its characters mean nothing to any engine."""
    text = "#+ parameters:\n#+   word: {kind: text}\n# WHERE {\nSELECT $word { }"
    for word in ("a", "\\u0041", "\\u0000000A", 'a"b', "a\tb\n", "\\\\u0022 } #", "\x00\x7f\u2028"):
        filled = parse("own.rq", text).filled({"word": ox.Literal(word)})
        for engine in (OxigraphEngine(""), RdflibEngine("")):
            assert engine.solutions(filled) == (("word",), [(ox.Literal(word),)])
            assert engine.solutions(sparql.plain(filled, "own.rq").text)[1] == [(ox.Literal(word),)]
    for name in ENGINES:
        table = asker(name, with_case=False).run(text, {"word": "\\u0000000A"})
        assert table.rows == ((ox.Literal("\\u0000000A"),),)


# ---------------------------------------------------------------------- another engine, over HTTP


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the exported graph by an engine that knows nothing of ours."""
    import rdflib
    import uvicorn
    from rdflib_endpoint import SparqlEndpoint

    file = tmp_path_factory.mktemp("export") / "graph.ttl"
    assert main(["export", "graph", "--case", str(CASES), "-o", str(file)]) == 0
    graph = rdflib.Graph().parse(file, format="turtle")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(SparqlEndpoint(graph=graph), log_level="error", lifespan="off")
        )
        thread = Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        server.should_exit = True
        thread.join()


def over_http(endpoint: str, query: str) -> Table:
    request = urllib.request.Request(  # noqa: S310 - an endpoint of this test
        endpoint,
        urllib.parse.urlencode({"query": query}).encode(),
        {"Accept": "application/sparql-results+json"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        return from_json(response.read().decode())


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [one for one in NAMES if one not in COUNTING and one not in EXAMPLES][::8]
)
def test_an_independent_engine_gives_the_same_table_over_http(name: str, endpoint: str) -> None:
    """Values are given as SPARQL itself gives them; without any, the file is sent as it is."""
    query = asker().query(name, given(name))
    if not given(name):
        file = ROOT / "queries" / "questions" / f"{name}.rq"
        assert query == file.read_text(encoding="utf-8")
    assert to_tsv(over_http(endpoint, query)) == expected(name)


# ---------------------------------------------------------------------- the command


def run(*words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command("ask", *words),
        input=stdin,
        capture_output=True,
        check=False,
        cwd=ROOT,
        env=environment(),
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["ask", *words])
    found = capsys.readouterr()
    return code, found.out, found.err


def test_alone_it_lists_every_question_with_its_summary(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, err = ask(capsys)
    assert (code, err) == (0, "")
    case, guideline = out.split("ABOUT THE GUIDELINE")
    for one in questions().values():
        part = case if one.about_case else guideline
        assert f"  {one.usage()}\n      {one.summary}\n" in part


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"text"}))
def test_the_list_is_a_table_too(form: str) -> None:
    assert "what-is-recommended" in listing(form)


@pytest.mark.slow
def test_options_stand_anywhere(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["what-is-the-status", str(CASES), "case=cord-compressed", "action=Foraminotomy"]
    first = ask(capsys, *words, "--format", "csv")
    assert first == ask(capsys, words[0], "--format", "csv", *words[1:])
    assert first[1].splitlines()[1].endswith(",https://w3id.org/indicant/core/Undetermined")


@pytest.mark.slow
def test_the_example_and_a_case_from_standard_input_can_be_asked_about(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, _ = ask(capsys, "which-cases-are-there", "--example")
    assert code == 0
    assert "g:example" in out
    done = run("which-cases-are-there", "-", stdin=CASES.read_bytes())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("2026-11-22") == 7


@pytest.mark.slow
def test_the_query_is_printed_to_be_pasted(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ask(
        capsys, "what-does-it-take", "recommendation=foraminotomy", "--format", "sparql"
    )
    assert code == 0
    assert "VALUES ($recommendation) { (<https://w3id.org/indicant/guideline/" in out
    ox.Store().query(out)


@pytest.mark.parametrize(
    "value",
    [
        "https://w3id.org/indicant/spine/Foraminotomy",
        "<https://w3id.org/indicant/spine/Foraminotomy>",
        "spine:Foraminotomy",
        "Foraminotomy",
        "foraminotomy",
        "FORAMINOTOMY",
    ],
)
def test_a_term_is_given_by_iri_prefix_name_or_label(value: str) -> None:
    query = asker(with_case=False).query("what-counts-for-what", {"action": value})
    assert "VALUES ($action) { (<https://w3id.org/indicant/spine/Foraminotomy>) }" in query


def test_an_alternative_label_will_do() -> None:
    query = asker(with_case=False).query("what-does-a-term-mean", {"term": "Upper back pain"})
    assert "{ (<https://w3id.org/indicant/spine/ThoracicBackPain>) }" in query


def test_an_iri_of_a_kind_that_is_wanted_goes_before_a_label() -> None:
    query = asker(with_case=False).query("what-does-it-take", {"recommendation": "foraminotomy"})
    assert "lumbar-fusion/foraminotomy>) }" in query


@pytest.mark.many(5)
@pytest.mark.parametrize(
    ("words", "message", "advice"),
    [
        (
            ["what-is-recommnded"],
            "there is no question 'what-is-recommnded'",
            "what-is-recommended",
        ),
        (["disputes"], "there is no question 'disputes'", "which-evidence-disputes"),
        (
            ["which-clause"],
            "there is no question 'which-clause'",
            "which-clauses-are-there, which-cases-are-there or which-citations-are-there?",
        ),
        (["zzzz"], "there is no question 'zzzz'", "indicant ask  lists them all"),
        (["what-is-open"], "'what-is-open' asks about a case, and none is given", "CASE"),
        (
            ["which-terms-mention-a-word"],
            "'which-terms-mention-a-word' needs text=…, a text, as in  text=",
            "text=…",
        ),
        (
            ["what-does-it-take", "recomendation=x"],
            "'what-does-it-take' has no parameter 'recomendation'; did you mean 'recommendation'?",
            "[recommendation=…]",
        ),
        (
            ["what-does-it-take", "recommendation=foraminotmy"],
            "recommendation: no recommendation is called 'foraminotmy'",
            "did you mean foraminotomy?",
        ),
        (
            ["what-does-it-take", "recommendation=NeckPain"],
            "recommendation=NeckPain is not a recommendation: NeckPain is a finding",
            "as in  recommendation=g:foraminotomy",
        ),
        (
            ["which-phases-are-there", "phase=7"],
            "phase: no phase is called '7'",
            "one of: diagnostic-workup",
        ),
        (["which-terms-are-there", "kind=a word"], "kind=a word is not an IRI", "ind:"),
        (["what-does-it-take", "recommendation="], "no recommendation is called ''", "as in"),
        (["which-phases-are-there", "phase=a", "phase=b"], "phase=… is given twice", ""),
        (["which-phases-are-there", "a.ttl", "b.ttl"], "more than one case is given", "one file"),
        (["which-phases-are-there", "none.ttl"], "none.ttl: no such file", ""),
        (["which-phases-are-there", "case=x"], "has no parameter 'case'", ""),
        (["phase=g:phase-1"], "no question is named", "indicant ask"),
        (["--query", "-", "-"], "standard input is given twice", ""),
        (["--query", "none.rq"], "none.rq: no such file", ""),
    ],
)
def test_a_mistake_is_told_in_a_line(
    words: list[str], message: str, advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = ask(capsys, *words)
    assert (code, out) == (2, "")
    assert message in err.splitlines()[0]
    assert advice in [*err.splitlines(), ""][1]
    assert len(err.splitlines()) <= 3


def test_a_value_that_can_mean_several_things_is_refused() -> None:
    """A label that two cases have is not enough; their names are offered."""
    text = CASES.read_text(encoding="utf-8")
    for label in ("cord compressed, weakness that progresses", "the same with long therapy, "):
        text = text.replace(f'"{label}', f'"twin" ; rdfs:comment "{label}')
    here = Asker(case=read_as(text))
    with pytest.raises(IndicantError, match="case: 'Twin' is ambiguous") as caught:
        here.query("what-is-decided", {CASE: "Twin"})
    assert caught.value.help == "write one of: cord-compressed, root-not-reported"


@pytest.mark.slow
def test_a_case_that_breaks_a_shape_is_not_asked_about(
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = "tests/shapes/breaks-grade-out-of-range/case.ttl"
    code, out, err = ask(capsys, "what-is-open", str(ROOT / file))
    assert (code, out) == (1, "")
    assert "shall be ≤ 5" in err


@pytest.mark.many(3)
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (CASES.read_text(encoding="utf-8").encode("utf-16"), "the text is UTF-16, not UTF-8"),
        (CASES.read_bytes().replace(b"radiates", b"radi\xe9tes"), "the text is not UTF-8"),
        (CASES.read_bytes()[:1500], "syntax error"),
        (b"", "the file is empty"),
    ],
)
def test_a_case_that_cannot_be_read_is_told(
    data: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "case.ttl"
    file.write_bytes(data)
    code, out, err = ask(capsys, "what-is-open", str(file))
    assert (code, out) == (2, "")
    assert message in err.splitlines()[0]


@pytest.mark.slow
def test_line_ends_of_another_system_change_no_answer(tmp_path: Path) -> None:
    file = tmp_path / "cases.ttl"
    file.write_bytes(CASES.read_bytes().replace(b"\n", b"\r\n"))
    assert Asker(case=read(file)).ask("what-is-superseded") == asker().ask("what-is-superseded")


# ---------------------------------------------------------------------- queries of one's own


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_a_query_of_ones_own_reads_the_published_graph(engine: str) -> None:
    """The graph holds the axioms, the compiled criteria and what follows for the case."""
    query = (
        IND
        + """PREFIX owl: <http://www.w3.org/2002/07/owl#>
        PREFIX spine: <https://w3id.org/indicant/spine/>
        SELECT ?status WHERE {
          ?axiom owl:onProperty ind:hasFinding ; owl:someValuesFrom spine:Radiculopathy .
          ?implicant ind:meets ?recommendation .
          ?assessment ind:advice ?advice .
          ?advice ind:status ?status ; ind:action spine:Foraminotomy ; ind:assesses ?case .
          FILTER(STRENDS(STR(?case), "cord-compressed"))
        }
        ORDER BY ?status LIMIT 1"""
    )
    table = asker(engine).run(query)
    assert table.rows == ((ox.NamedNode("https://w3id.org/indicant/core/Undetermined"),),)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_a_query_can_be_an_ask(engine: str) -> None:
    here = asker(engine)
    for kind, answer in (("ind:Phase", True), ("ind:Nowhere", False)):
        table = here.run(f"{IND}ASK {{ ?x a {kind} }}")
        assert (table.columns, table.rows) == (("answer",), ((ox.Literal(answer),),))


@pytest.mark.slow
def test_a_query_can_have_parameters_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "own.rq"
    file.write_text(
        "#+ summary: Which label?\n#+ parameters:\n#+   term: {kind: finding or intervention}\n"
        "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>\n"
        "SELECT ?label WHERE { $term rdfs:label ?label FILTER(LANG(?label) = 'en') }",
        encoding="utf-8",
    )
    code, out, _ = ask(capsys, "--query", str(file), "term=Myelopathy", "--format", "csv")
    assert (code, out) == (0, "label\r\nmyelopathy\r\n")


@pytest.mark.slow
def test_rows_without_an_order_come_in_one_order() -> None:
    query = IND + "SELECT ?x WHERE { ?x a ind:Phase }"
    rows = asker(with_case=False).run(query).rows
    assert rows == tuple(sorted(rows, key=str))
    assert rows == asker("rdflib", with_case=False).run(query).rows


@pytest.mark.slow
def test_everything_is_told_in_the_order_in_which_it_is_named() -> None:
    query = "SELECT * WHERE { ?z ?p $a . ?a ?q ?m FILTER(?z = ?m) } LIMIT 1"
    for engine in each(ENGINES):
        assert asker(engine, with_case=False).run(query).columns == ("z", "p", "a", "q", "m")


@pytest.mark.parametrize(
    "query",
    [
        "INSERT DATA { <a:a> <a:b> <a:c> }",
        "insert data { <a:a> <a:b> <a:c> }",
        "DELETE WHERE { ?s ?p ?o }",
        "WITH <a:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "LOAD <http://127.0.0.1/>",
        "CLEAR ALL",
        "DROP DEFAULT",
        "CREATE GRAPH <a:g>",
        "COPY DEFAULT TO <a:g>",
        "MOVE DEFAULT TO <a:g>",
        "ADD DEFAULT TO <a:g>",
        "SELECT * WHERE { ?s ?p ?o } ; CLEAR ALL",
    ],
)
def test_a_query_that_writes_is_refused_before_it_runs(
    query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "Popen", _unreachable)
    assert "writes, and nothing is ever written" in str(told(query))


def _unreachable(*_words: object, **_options: object) -> None:
    raise AssertionError("a process was started")


@pytest.fixture
def listener() -> Iterator[tuple[str, list[object]]]:
    """Listen for whoever connects."""
    seen: list[object] = []
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0.05)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/", seen
        with contextlib.suppress(TimeoutError):
            seen.append(listening.accept())
    assert not seen


@pytest.mark.many(3)
@pytest.mark.many(4)
@pytest.mark.parametrize(
    "query",
    [
        "SELECT * WHERE {{ SERVICE <{0}> {{ ?s ?p ?o }} }}",
        "SELECT * WHERE {{ service silent <{0}> {{ ?s ?p ?o }} }}",
        "SELECT * WHERE {{ ?s ?p '#' . SERVICE<{0}>{{ ?s ?p ?o }} }}",
        "SELECT * WHERE {{ ?s ?p ?o # a\n SERVICE <{0}> {{ ?s ?p ?o }} }}",
        "SELECT * WHERE {{ SERV\\u0049CE <{0}> {{ ?s ?p ?o }} }}",
        'SELECT * WHERE {{ ?s ?p "\\u0022 SERVICE <{0}> {{ ?s ?p ?o }} }} # "',
        "SELECT * WHERE {{ ?s ?p '''a''' . BIND(<{0}> AS ?u) SERVICE ?u {{ ?s ?p ?o }} }}",
        "SELECT * FROM <{0}> WHERE {{ ?s ?p ?o }}",
        "SELECT * FROM NAMED <{0}> WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }}",
        "SELECT * WHERE {{ GRAPH <{0}> {{ ?s ?p ?o }} }}",
        "CONSTRUCT {{ ?s ?p ?o }} FROM <{0}> WHERE {{ ?s ?p ?o }}",
    ],
)
@pytest.mark.parametrize("engine", ENGINES)
def test_no_other_machine_is_ever_asked(
    query: str, engine: str, listener: tuple[str, list[object]]
) -> None:
    with pytest.raises(IndicantError, match=r"refused|gives no table|syntax error"):
        asker(engine, with_case=False).run(query.format(listener[0]), name="own.rq")


@pytest.mark.slow
@pytest.mark.parametrize(
    "query",
    [
        'SELECT * WHERE { ?s ?p "INSERT DATA; SERVICE <http://example.org/>" }',
        "SELECT * WHERE { ?s ?p '''CLEAR ALL\n''' } # DELETE",
        "PREFIX service: <a:> SELECT ?LOAD WHERE { ?LOAD service:insert <a:DELETE> }",
        "SELECT ?a WHERE { ?a ?b ?c FILTER(?a<?b&&?c>?b) }",
    ],
)
def test_a_word_in_a_string_or_a_name_is_no_keyword(query: str) -> None:
    assert asker(with_case=False).run(query).rows == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT ?a WHERE {\n  ?a a <x:y> .\n  ?b ?c\n}", "own.rq:4:"),
        ("SELECT ?a WHERE {", "own.rq:1:18: syntax error: "),
        ("SELECT ?a WHERE {\n?a ind:phase ?b }", "own.rq:2:4: prefix 'ind:' is not declared"),
        ("nonsense", "own.rq:1:1: syntax error: 'nonsense' is no word of SPARQL 1.1"),
        ("PREFIX a: <a:>\n# SELECT\n\\u0049NSERT DATA { }", "own.rq:3:1: an escape is refused"),
        ("SELECT ?a WHERE { ?a ?é 'é' . ?b ?? }", "own.rq:1:36: syntax error: "),
        ("SELECT ?a\nWHERE { ?a <p> ?b }", "own.rq:2:12: syntax error: <p> is no whole IRI"),
        ("SELECT (<x:f>(1) AS ?a) { }", "own.rq: the function <x:f> is none of SPARQL 1.1"),
        ("SELECT ?a { ?a ?b 'c\nd' }", "own.rq:1:19: syntax error: the string does not end"),
        ("#only a comment", "own.rq:1:"),
        ("DESCRIBE <x:y>", "own.rq:1:1: DESCRIBE gives no table"),
        ("SELECT (COUNT(?x) AS ?n) ?y WHERE { ?x ?p ?y }", "own.rq:"),
        ("SELECT ?x WHERE { " + "{" * 50_000 + "}" * 50_000 + " }", "own.rq: the query"),
    ],
)
def test_a_malformed_query_is_told_with_its_place(query: str, message: str) -> None:
    assert str(told(query)).startswith(message)


@pytest.mark.timeout(60)
@pytest.mark.slow
@pytest.mark.many(4)
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "query",
    [
        PRODUCT,
        "SELECT (COUNT(*) AS ?n) WHERE { ?a (!<x:y>|^!<x:z>)* ?b . ?b (!<x:y>|^!<x:z>)* ?c . "
        "?c (!<x:y>|^!<x:z>)* ?d }",
    ],
)
def test_a_query_without_end_is_stopped_in_time(query: str, engine: str) -> None:
    here = asker(engine, with_case=False)
    with pytest.raises(IndicantError, match="the query was stopped after 1 seconds"):
        here.run(query, seconds=1.0)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [1e300, float("inf")])
def test_a_limit_beyond_reason_is_a_limit(seconds: float) -> None:
    table = asker(with_case=False).run("ASK { ?s ?p ?o }", seconds=seconds)
    assert table.rows == ((ox.Literal(True),),)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="no limit of memory elsewhere")
def test_a_query_that_needs_too_much_memory_is_stopped() -> None:
    graph = "".join(f"<x:{number}> <x:p> <x:{number}> .\n" for number in range(20_000))
    query = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f } ORDER BY ?a ?e"
    with pytest.raises(IndicantError, match="the query ended its process") as caught:
        adhoc.run(query, graph, memory=300_000_000)
    assert "0.3 GB" in (caught.value.help or "")


@pytest.mark.slow
def test_a_table_without_end_is_stopped() -> None:
    message = "the query could not be run: more than 100000 rows: add a LIMIT"
    assert message in str(told("SELECT * WHERE { ?a ?b ?c . ?d ?e ?f }"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("SELECT ?é WHERE { ?é ?p ?o }".encode("latin-1"), "the text is not UTF-8"),
        ("SELECT * WHERE { ?s ?p ?o }".encode("utf-16"), "the text is UTF-16"),
        (b"SELECT * WHERE { ?s ?p ?o } #" + b"x" * 1_000_000, "larger than the limit of 1 MB"),
        (b"", "the file is empty"),
    ],
)
def test_a_query_file_that_cannot_be_read_is_told(
    data: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "own.rq"
    file.write_bytes(data)
    code, out, err = ask(capsys, "--query", str(file))
    assert (code, out) == (2, "")
    assert message in err.splitlines()[0]


@pytest.mark.slow
def test_a_query_can_come_from_standard_input() -> None:
    done = run("--query", "-", "--format", "csv", stdin=b'SELECT ?a { BIND("x" AS ?a) }\r\n')
    assert (done.returncode, done.stdout) == (0, "a\r\nx\r\n")


@pytest.mark.slow
def test_a_case_can_come_from_standard_input_whatever_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "own.rq"
    file.write_text(IND + "SELECT (COUNT(?a) AS ?n) { ?a a ind:PatientCase }", encoding="utf-8")
    case = CASES.read_bytes()
    for words in (["--query", str(file)], ["what-is-open"]):
        here = run(*words, str(CASES), "--format", "csv")
        done = run(*words, "-", "--format", "csv", stdin=case)
        assert (done.returncode, done.stdout) == (0, here.stdout)
        assert len(done.stdout.splitlines()) > 1


def test_a_header_that_is_not_understood_is_told() -> None:
    with pytest.raises(IndicantError, match=r"own\.rq:2: this line of the header"):
        parse("own.rq", "#+ summary: Who?\n#+ and so on\nSELECT * WHERE { }")
