"""A query that means harm reaches no file, no other machine and no memory beyond its own."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import pytest

from each import each
from indicant.ask import adhoc
from indicant.ask.answers import ENGINES
from indicant.ask.questions import questions
from indicant.diff.revisions import open_version
from indicant.errors import IndicantError
from indicant.process import programs, sandbox
from indicant.query import algebra, sparql
from places import CODE, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GRAPH = '<x:patient> <x:has> "secret" .\n'
ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?o ?p }"
BIG = "".join(f"<x:{number}> <x:p> <x:{number}> .\n" for number in range(3000))
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="told by /proc")
POSIX = pytest.mark.skipif(os.name != "posix", reason="no such limits elsewhere")


def paths() -> str:
    """Return what a Python that was started bare needs on its path to import the package."""
    return os.pathsep.join(sandbox.homes(("indicant", "pyoxigraph", "rdflib", "pyparsing")))


def python(code: str, *words: str, **options: Any) -> subprocess.Popen[bytes]:
    """Start Python on some code that may import the package, and nothing from here."""
    return subprocess.Popen(
        [sys.executable, "-P", "-c", code, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": paths()},
        **options,
    )


def run(code: str, *words: str, **options: Any) -> tuple[int, str, str]:
    with python(code, *words, **options) as process:
        out, err = process.communicate(timeout=120)
    return process.returncode, out.decode(), err.decode()


@pytest.fixture
def listener() -> Iterator[str]:
    """Listen for whoever connects: nobody shall."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0.2)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        with contextlib.suppress(TimeoutError):
            pytest.fail(f"somebody connected: {listening.accept()}")


# ---------------------------------------------------------------------- the folder one is in


@pytest.fixture(scope="module")
def trapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fill a folder with modules by every name that could be imported; each leaves its own name."""
    folder = tmp_path_factory.mktemp("trapped")
    names = {*sys.stdlib_module_names, "sitecustomize", "usercustomize", "indicant"}
    names |= {"isodate", "orjson", "pyoxigraph", "pyparsing", "rdflib", "html5rdf"}
    trap = f"open({str(folder)!r} + '/sprung-' + __name__, 'w').close()\n"
    for name in names:
        (folder / f"{name}.py").write_text(trap, encoding="utf-8")
    for name in ("encodings", "json", "rdflib"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(trap, encoding="utf-8")
    (folder / "own.rq").write_text("ASK { ?s ?p ?o }", encoding="utf-8")
    return folder


def sprung(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.glob("sprung-*"))


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_in_the_current_folder_is_imported(engine: str, trapped: Path) -> None:
    code = "import sys; from indicant.cli import main; sys.exit(main(sys.argv[1:]))"
    words = ["ask", "--query", "own.rq", "--format", "csv", "--engine", engine]
    assert run(code, *words, cwd=trapped) == (0, "answer\r\ntrue\r\n", "")
    assert not sprung(trapped)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_that_the_path_of_the_caller_holds_is_imported(
    engine: str, trapped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has the current folder on his path, as an interactive Python has, hands it to nobody."""
    monkeypatch.chdir(trapped)
    monkeypatch.setattr(sys, "path", ["", str(trapped), *sys.path])
    monkeypatch.setenv("PYTHONPATH", str(trapped))
    monkeypatch.setenv("PYTHONHOME", str(trapped))
    assert adhoc.run("ASK { ?s ?p ?o }", GRAPH, engine=engine).rows == ((ox.Literal(True),),)
    assert not sprung(trapped)


@pytest.mark.slow
def test_the_package_that_runs_is_the_one_that_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one of the same name that comes later on the path does not get in."""
    (tmp_path / "indicant").mkdir()
    (tmp_path / "indicant" / "__init__.py").write_text("raise SystemExit(3)", encoding="utf-8")
    found = probe(
        "import indicant, rdflib\n"
        "return [indicant.__file__, rdflib.__file__, sys.path, os.getcwd()]",
        tmp_path,
        monkeypatch,
        after=True,
        prepare="import rdflib",
    )
    import rdflib

    import indicant

    assert found[:2] == [indicant.__file__, rdflib.__file__]
    assert not {"", os.getcwd()} & set(found[2])
    assert found[3] == os.path.dirname(sys.executable)


@pytest.mark.slow
def test_a_package_in_an_archive_is_imported_from_there(tmp_path: Path) -> None:
    archive = tmp_path / "indicant.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for one in (CODE / "indicant").rglob("*.py"):
            file.write(one, one.relative_to(CODE))
    code = "from indicant.ask import adhoc; print(adhoc.__file__, adhoc.run('ASK { }', '').rows)"
    path = os.pathsep.join([str(archive), paths()])
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.stdout.decode().startswith(f"{archive}{os.sep}"), done.stderr.decode()
    assert b"true" in done.stdout


@POSIX
def test_no_program_of_the_current_folder_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where the search path has an empty entry, which stands for that folder."""
    for name in ("git", "java"):
        file = tmp_path / name
        file.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung-{name}\n", encoding="utf-8")
        file.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{os.pathsep}.{os.pathsep}{os.environ['PATH']}")
    with (
        contextlib.ExitStack() as stack,
        pytest.raises(IndicantError, match=r"repository|git is not installed"),
    ):
        open_version(stack, "HEAD:nothing")
    assert not sprung(tmp_path)
    assert programs.find("java") != str(tmp_path / "java")


@POSIX
def test_a_program_is_the_first_of_the_search_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "own").write_text("#!/bin/sh\n", encoding="utf-8")
    monkeypatch.setenv("PATH", f"{tmp_path}/a{os.pathsep}{tmp_path}/b")
    assert programs.find("own") is None
    (tmp_path / "b" / "own").chmod(0o755)
    assert programs.find("own") == f"{tmp_path}/b/own"
    (tmp_path / "a" / "own").chmod(0o755)
    assert programs.find("own") == f"{tmp_path}/a/own"


def test_every_python_that_is_started_is_isolated() -> None:
    """There is one place that starts one, and the action of a pipeline starts it likewise.

    Spark starts its own, and is told which Python.
    """
    starting = {
        file.name
        for file in CODE.rglob("*.py")
        if "sys.executable" in file.read_text(encoding="utf-8")
    }
    assert starting == {"sandbox.py", "clusters.py"}
    clusters = (CODE / "indicant" / "cohort" / "clusters.py").read_text(encoding="utf-8")
    assert re.findall(r".*sys\.executable.*", clusters) == [
        '    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)'
    ]
    action = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert re.findall(r"\bpython3? (?!-I )\S+", re.sub(r"(?m)^ *- name:.*", "", action)) == []
    assert action.count("python -I ") == 2


# ---------------------------------------------------------------------- inside the process


def probe(
    body: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    after: bool = False,
    prepare: str = "pass",
    **limits: Any,
) -> Any:
    """Run the body of a function in the sandbox, and return what it returns."""
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    (folder / "probing.py").write_text(
        f"import json, os, socket, subprocess, sys\n\ndef prepare():\n    {prepare}\n\n"
        f"def answer(task, data):\n    def body():\n{lines}\n"
        "    return json.dumps(body()).encode()\n",
        encoding="utf-8",
    )
    with monkeypatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, str(folder)] if after else [str(folder), *sys.path])
        told = sandbox.call(
            "probing",
            {},
            b"",
            needs=("probing", "rdflib", "pyoxigraph", "pyparsing"),
            **{"seconds": 30.0, "memory": 2_000_000_000, "most": 100_000, **limits},
        )
    return json.loads(told)


SERVICE: dict[str, str] = {
    "oxigraph": "import pyoxigraph; list(pyoxigraph.Store().query({query!r}))",
    "rdflib": "import rdflib; list(rdflib.Graph().query({query!r}))",
}
WARM = "import rdflib, pyoxigraph, urllib.request; list(rdflib.Graph().query('ASK {}'))"


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_that_would_ask_another_machine_cannot(
    engine: str, listener: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process holds by itself, whatever query got into it."""
    code = SERVICE[engine].format(query=f"SELECT * {{ SERVICE <{listener}> {{ ?s ?p ?o }} }}")
    body = f"try:\n    {code}\nexcept Exception as error:\n    return str(error)\nreturn 'asked'"
    assert probe(body, tmp_path, monkeypatch, prepare=WARM) != "asked"


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize(
    "code",
    [
        "open(sys.executable, 'rb')",
        "open(os.devnull, 'w')",
        "os.listdir('/')",
        "os.open(sys.executable, os.O_RDONLY)",
        "os.system('true')",
        "subprocess.run([sys.executable, '-c', ''])",
        "socket.socket()",
        "socket.create_connection(('127.0.0.1', 9))",
        "socket.getaddrinfo('localhost', 80)",
        "socket.socketpair()",
        "os.remove('nothing')",
        "__import__('rdflib').Graph().parse('file://' + sys.executable)",
        "__import__('urllib.request').request.urlopen('file://' + sys.executable)",
    ],
)
def test_what_reaches_out_is_refused(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = f"try:\n    {code}\nexcept Exception as error:\n    return repr(error)\nreturn 'done'"
    told = probe(body, tmp_path, monkeypatch, prepare=WARM)
    assert "refused" in told or "Too many open files" in told


@POSIX
def test_the_process_has_limits_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = (
        "import resource\n"
        "names = ['CPU', 'AS', 'CORE', 'NOFILE', 'FSIZE']\n"
        "kinds = {name: getattr(resource, f'RLIMIT_{name}') for name in names}\n"
        "return {name: resource.getrlimit(kind)[0] for name, kind in kinds.items()}"
    )
    found = probe(
        body, tmp_path, monkeypatch, prepare="import resource", seconds=7.5, memory=900_000_000
    )
    assert found["CPU"] == 9
    assert (found["CORE"], found["NOFILE"], found["FSIZE"]) == (0, 3, 0)
    assert sys.platform != "linux" or found["AS"] == 900_000_000


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("wall", ["leave_network", "open_nothing_more"])
def test_each_wall_keeps_a_library_from_the_network_alone(
    wall: str, engine: str, listener: str
) -> None:
    """Where a system lacks one of them there is the other."""
    code = SERVICE[engine].format(query=f"SELECT * {{ SERVICE <{listener}> {{ ?s ?p ?o }} }}")
    held, out, err = run(
        f"from indicant.process import sandbox\n{WARM}\nheld = sandbox.{wall}()\n"
        f"if held is False: raise SystemExit(77)\n"
        f"try:\n    {code}\nexcept Exception as error:\n    print('kept')",
    )
    if held == 77:
        pytest.skip("this system gives no process a network of its own")
    assert (held, out.strip()) == (0, "kept"), err


@pytest.mark.slow
def test_python_refuses_a_socket_where_nothing_else_does(listener: str) -> None:
    code, _, err = run(
        f"from indicant.process import sandbox\n{WARM}\nsandbox.shut()\n"
        f"urllib.request.urlopen({listener!r})"
    )
    assert code == 1
    assert "PermissionError" in err


# ---------------------------------------------------------------------- what a query can hide

LEAK = "SERVICE <{0}> {{ ?s ?p ?o }}"
HIDDEN = [
    "SELECT * WHERE {{ ?s ?p ?o #\\u0000000A LEAK\n }}",
    "SELECT * WHERE {{ ?s ?p ?o #\\u0000000D LEAK\n }}",
    "SELECT * WHERE {{ ?s ?p ?o #\\u000A LEAK\n }}",
    "SELECT * WHERE {{ ?s ?p ?o #\\U0000000A LEAK\n }}",
    "SELECT * WHERE {{ ?s ?p ?o #\r LEAK\n }}",
    "SELECT * WHERE {{ ?s ?p ?o #\x85 LEAK\n }}",
    "SELECT * WHERE {{ ?s ?p ?o #\u2028 LEAK\n }}",
    "SELECT * WHERE {{ ?s ?p ?o \\u0053ERVICE <{0}> {{ ?s ?p ?o }} }}",
    "SELECT * WHERE {{ ?s ?p ?o \\u00000053ERVICE <{0}> {{ ?s ?p ?o }} }}",
    "SELECT * WHERE {{ ?s ?p '\\u00000027 LEAK #' }}",
    "SELECT * WHERE {{ ?s ?p '\\u0027 LEAK #' }}",
    "SELECT * WHERE {{ ?s ?p '\\\\u0027 LEAK #' }}",
    "SELECT * WHERE {{ ?s ?p '\\u005c' . LEAK #' \n }}",
    "SELECT * WHERE {{ ?s ?p '\\u000000000A LEAK' }}",
    "SELECT * WHERE {{ ?s ?p <x:\\u0000003E> . LEAK #>\n }}",
    "SELECT * WHERE {{ ?s ?p ?o FILTER(?s<'x>') LEAK FILTER(?o<'x>') }}",
    "SELECT * WHERE {{ ?s ?p ?o OPTIONAL {{ ?s ?p ?z FILTER(?s<'x>') }} LEAK "
    "OPTIONAL {{ ?s ?p ?y FILTER(?o<'x>') }} }}",
    "PREFIX x: <http://www.w3.org/2001/XMLSchema#string> SELECT * WHERE {{ ?s ?p ?o "
    "FILTER(?s<x:('>') = ?s) LEAK FILTER(?s<x:('>') = ?s) }}",
    'SELECT * WHERE {{ ?s ?p ?o FILTER(?s<"x>") LEAK FILTER(?s<"x>") }}',
    "SELECT * WHERE {{ ?s ?p trueLEAK }}",
    "SELECT * WHERE {{ ?s ?p 1LEAK }}",
    "SELECT * WHERE {{ ?s ?p 1.LEAK }}",
    "SELECT * WHERE {{ ?s aLEAK }}",
    "SELECT * WHERE {{ ?s ?p ?o\xb7LEAK }}",
    "SELECT * WHERE {{ ?s ?p ?o \u017fERVICE <{0}> {{ ?s ?p ?o }} }}",
    "SELECT * WHERE {{ ?s ?p ?o SERVICE\u00a0<{0}> {{ ?s ?p ?o }} }}",
    "SELECT * WHERE {{ ?s ?p ?o SERVICE\u000b<{0}> {{ ?s ?p ?o }} }}",
    "SELECT * WHERE {{ ?s ?p '''a'''' . LEAK #' \n }}",
    "SELECT * WHERE {{ ?s ?p '''a\\''' LEAK ''' }}",
    "SELECT * WHERE {{ ?s ?p ?o FILTER EXISTS {{ LEAK }} }}",
    "SELECT * WHERE {{ ?s ?p ?o FILTER NOT EXISTS {{ {{ LEAK }} UNION {{ }} }} }}",
    "SELECT * WHERE {{ {{ SELECT * {{ LEAK }} }} }}",
    "SELECT * WHERE {{ ?s ?p ?o }} ORDER BY (EXISTS {{ LEAK }})",
    "SELECT (EXISTS {{ LEAK }} AS ?x) {{ }}",
    "SELECT ?s {{ ?s ?p ?o }} GROUP BY ?s HAVING (EXISTS {{ LEAK }})",
    "SELECT * WHERE {{ ?s ?p ?o MINUS {{ LEAK }} BIND(EXISTS {{ LEAK }} AS ?b) }}",
    "SELECT * FROM <{0}> WHERE {{ ?s ?p ?o }}",
    "SELECT * FROM NAMED <{0}> WHERE {{ ?s ?p ?o }}",
    "SELECT * FROM <file:///etc/hostname> WHERE {{ ?s ?p ?o }}",
    "SELECT * WHERE {{ GRAPH <{0}> {{ ?s ?p ?o }} }}",
    "LOAD <{0}>",
    "SELECT (<{0}>(?s) AS ?x) WHERE {{ ?s ?p ?o }}",
    "SELECT * WHERE {{ ?s <{0}>? ?o FILTER(<{0}>(?o)) }}",
    "BASE <{0}> SELECT * WHERE {{ ?s ?p ?o SERVICE <> {{ ?s ?p ?o }} }}",
]


@pytest.mark.many(6)
@pytest.mark.parametrize("query", HIDDEN)
def test_no_machine_is_asked_however_it_is_hidden(query: str, listener: str) -> None:
    """What is run, if anything, was parsed by both engines in the very form that is run."""
    text = query.replace("LEAK", LEAK).format(listener)
    for engine in each(ENGINES):
        with contextlib.suppress(IndicantError):
            plain = sparql.plain(text, "own.rq").text
            assert "SERVICE" not in {one.text.upper() for one in sparql.tokens(plain, "own.rq")}
            task = {
                "query": plain,
                "engine": engine,
                "form": "csv",
                "everything": [],
                "prefixes": {},
            }
            adhoc.answer(task, GRAPH.encode())


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("query", [HIDDEN[0], HIDDEN[16], HIDDEN[17]])
def test_no_machine_is_asked_by_the_command(query: str, engine: str, listener: str) -> None:
    with contextlib.suppress(IndicantError):
        adhoc.run(query.replace("LEAK", LEAK).format(listener), GRAPH, engine=engine)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <x:y> { ?s ?p ?o } }",
        "SELECT * { FILTER EXISTS { SERVICE <x:y> { ?s ?p ?o } } }",
        "SELECT * { ?s ?p ?o } ORDER BY (EXISTS { { SELECT * { SERVICE ?x { ?s ?p ?o } } } })",
        "SELECT * { GRAPH ?g { ?s ?p ?o } }",
        "SELECT * { FILTER EXISTS { GRAPH ?g { ?s ?p ?o } } }",
        "SELECT * FROM <x:y> { ?s ?p ?o }",
        "ASK FROM NAMED <x:y> { ?s ?p ?o }",
        "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "DESCRIBE <x:y>",
        "SELECT (<x:f>(1) AS ?x) { }",
        "SELECT * { FILTER(EXISTS { BIND(<x:f>(1) AS ?y) }) }",
    ],
)
def test_the_algebra_is_refused_by_what_it_does(query: str) -> None:
    """Not by its words: this is what stands when a word got through."""
    with pytest.raises(IndicantError):
        algebra.check(algebra.parsed(query))


PIECES = (
    "SELECT * WHERE {",
    "}",
    " ",
    "\n",
    "#",
    "\\u0000000A",
    "\\u000A",
    "\\U0000000A",
    "\\",
    "'",
    '"',
    "'''",
    '"""',
    "<",
    ">",
    "<x:y>",
    "<x:('>",
    "?a",
    "FILTER(",
    ")",
    "x",
    "SERVICE <x:y> {",
    "a",
    "true",
    "1",
    ".",
    "@en",
    "^^",
    "x:b",
    "_:b",
    "é",
    "\u2028",
    "\r",
)


@pytest.mark.slow
def test_what_is_let_through_says_the_same_to_everyone() -> None:
    """Of random pieces: the plain form of the plain form is itself, and asks nobody."""
    chance = random.Random(11)  # noqa: S311
    passed = 0
    for _ in range(20_000):
        text = "PREFIX x: <x:> SELECT * WHERE { " + "".join(
            chance.choice(PIECES) for _ in range(chance.randint(1, 12))
        )
        try:
            plain = sparql.plain(text, "own.rq").text
        except IndicantError:
            continue
        passed += 1
        assert "\n" not in plain
        assert "\\u" not in plain.replace("\\\\", "")
        again = [(one.kind, one.text) for one in sparql.tokens(plain, "own.rq")]
        assert ("word", "SERVICE") not in again
        body = [(kind, word) for kind, word in again if kind == "iri"]
        assert len(body) == plain.count("PREFIX i"), "an IRI stands where it could be compared"
        twice = sparql.plain(plain, "own.rq").text
        assert twice.split() == plain.split()
    assert passed > 500


OF_NONE = "RAND NOW UUID STRUUID BNODE CONCAT"
OF_ONE = """STR LANG DATATYPE IRI URI ABS CEIL FLOOR ROUND STRLEN UCASE LCASE ENCODE_FOR_URI YEAR
    MONTH DAY HOURS MINUTES SECONDS TIMEZONE TZ MD5 SHA1 SHA256 SHA384 SHA512 isIRI isURI isBLANK
    isLITERAL isNUMERIC BNODE CONCAT COALESCE"""
OF_TWO = """LANGMATCHES CONTAINS STRSTARTS STRENDS STRBEFORE STRAFTER STRLANG sameTerm REGEX CONCAT
    COALESCE"""
OF_THREE = "IF SUBSTR REGEX REPLACE"
GRAMMAR = [
    """PREFIX x: <http://www.w3.org/2001/XMLSchema#>
    SELECT REDUCED ?a (SAMPLE(DISTINCT ?b) AS ?c) (GROUP_CONCAT(?z; SEPARATOR = ",") AS ?g)
      (AVG(?z) AS ?av) (SUM(?z) AS ?s) (MIN(?z) AS ?mi) (COUNT(*) AS ?n) (COUNT(DISTINCT *) AS ?m)
    WHERE { ?a !(x:a|^x:b) ?b . ?a (x:a/^x:b)*|x:c+|x:d?/x:e ?z . ?a a x:f; x:g ?b, ?c .
      MINUS {?a ?b ?c} BIND(x:integer(?a) AS ?q) BIND(x:integer (?a) AS ?r)
      FILTER(!BOUND(?q)&&-?z<+1||?a*2/3+1-4>1||?b NOT IN (1,2)&&?b IN()||EXISTS{?a ?b ?h})
      VALUES (?u ?v) { (1 UNDEF) ("a"@en "b"^^x:string) } { SELECT * { ?k ?l [] . ?k ?o (1 2) } }
      OPTIONAL { ?a ?b ?w FILTER (?w=-1.5e3) } { } UNION { [ x:a 1 ] x:b true } }
    GROUP BY ?a (?b AS ?bb) HAVING(COUNT (*)>1) (2>1) ORDER BY DESC(?a) ASC (?b) ?c LIMIT 3 OFFSET 2
    """,
    "ASK{?a<x:y> ?b;<x:z> ?c.?c ?d'x'@en,'y'^^<x:t>,1.5,.5,-1,+2e3 .}",
    "SELECT(1 AS?x)(?x+1 AS ?y)(?x -1 AS ?z)(?x-1 AS ?w){}",
    "SELECT DISTINCT*WHERE{?a ^<x:a>/!<x:b>|(<x:c>/a)* ?b FILTER NOT EXISTS{?b a _:c.}}",
    "SELECT * { ?s ?p ?o FILTER(?s<?o&&?o>?s) FILTER(?s<=?o) FILTER (?s>=?o) FILTER(?s!=?o) }",
    "BASE <http://x/y/> PREFIX : <z#> SELECT * { <> :a <../b>, :%41e.f, : . }",
    *(f"SELECT ({name}(?x) AS ?y) {{ }}" for name in OF_ONE.split()),
    *(f"SELECT ({name} ( ) AS ?y) {{ }}" for name in OF_NONE.split()),
    *(f"SELECT ({name} ('a' , 'b') AS ?y) {{ }}" for name in OF_TWO.split()),
    *(f"SELECT ({name}('a','b','c') AS ?y) {{ }}" for name in OF_THREE.split()),
    "SELECT (STRDT('a', <x:t>) AS ?y) (REPLACE('a','b','c','i') AS ?z) { }",
]


@pytest.mark.slow
@pytest.mark.parametrize("text", [*GRAMMAR, *(one.text for one in questions().values())])
def test_the_plain_form_means_the_same(text: str) -> None:
    """To rdflib it has the algebra of what was written, and Oxigraph takes it."""
    plain = sparql.plain(text, "own.rq").text
    assert _comparable(algebra.parsed(plain)) == _comparable(algebra.parsed(text))
    algebra.check(algebra.parsed(plain))
    ox.Store().query(plain)


@pytest.mark.slow
def test_an_escape_in_a_name_is_the_same_to_both_engines() -> None:
    """Where rdflib keeps the backslash."""
    text = "PREFIX : <x:y#> SELECT (:a\\,b\\'\\?%41.c AS ?x) { }"
    for engine in each(ENGINES):
        assert adhoc.run(text, "", engine=engine).rows == ((ox.NamedNode("x:y#a,b'?%41.c"),),)


def _comparable(query: Any) -> str:
    """Write an algebra without the names that are made up anew each time, sets in order."""

    def written(node: Any) -> str:
        if isinstance(node, dict):
            inner = sorted(f"{name}:{written(one)}" for name, one in node.items())
            return f"{getattr(node, 'name', '')}{{{' '.join(inner)}}}"
        triples = isinstance(node, list) and all(isinstance(one, tuple) for one in node)
        if triples or isinstance(node, (set, frozenset)):
            return f"({' '.join(sorted(map(written, node)))})"
        if isinstance(node, (list, tuple)):
            return f"[{' '.join(map(written, node))}]"
        return re.sub(r"rdflib\.term\.BNode\('\w+'\)", "_", repr(node))

    return re.sub(r"\b[Nn][0-9a-f]{32}\b|\bf[0-9a-f]{32}b\d+\b", "_", written(query.algebra))


@pytest.mark.slow
def test_a_string_is_the_same_to_both_engines() -> None:
    """However its characters are written: plain, by name or by number."""
    chance = random.Random(12)  # noqa: S311
    names = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "'": "\\'", "\\": "\\\\"}
    for _ in range(60):
        text = "".join(
            chance.choice("ab\n\r\t\"'\\u0041é\u2028\x85\U0001f600#<>") for _ in range(9)
        )
        quote = chance.choice(('"', "'", '"""', "'''"))

        def written(char: str) -> str:
            forms = [f"\\u{ord(char):04X}" if ord(char) < 0x10000 else f"\\U{ord(char):08X}"]
            forms.append(names.get(char, char))
            return chance.choice(forms)

        query = f"SELECT ({quote}{''.join(map(written, text))}{quote} AS ?x) {{ }}"
        for engine in each(ENGINES):
            task = {
                "query": sparql.plain(query, "own.rq").text,
                "engine": engine,
                "form": "json",
                "everything": [],
                "prefixes": {},
            }
            told = adhoc.answer(task, b"")
            assert told.startswith(b"="), (query, told)
            assert json.loads(told[1:])["results"]["bindings"] == [
                {"x": {"type": "literal", "value": text}}
            ]


# ---------------------------------------------------------------------- time and memory


def doubled(times: int) -> str:
    """Return a query for two words that are repeated as often as two to the power of something."""
    binds = [f"BIND(CONCAT(?v{one}, ?v{one}) AS ?v{one + 1})" for one in range(times)]
    return f'SELECT ?v{times} {{ BIND("some words " AS ?v0) {" ".join(binds)} }}'


@pytest.mark.many(1000)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_long_answer_is_printed_where_nothing_may_be_opened_any_more(engine: str) -> None:
    found = json.loads(adhoc.run_as("json", doubled(17), "", {}, engine=engine))
    (row,) = found["results"]["bindings"]
    assert row["v17"]["value"] == "some words " * 2**17


@pytest.mark.slow
@POSIX
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("times", [23, 40])
def test_an_answer_without_end_is_stopped(times: int, engine: str) -> None:
    """In rows it is one; its bytes are bounded as well, while they are made and when they come."""
    with pytest.raises(IndicantError, match=r"more than 50 MB|needs too much|ended its process"):
        adhoc.run_as("json", doubled(times), "", {}, engine=engine, memory=1_000_000_000)


@pytest.mark.slow
def test_the_time_covers_the_printing() -> None:
    """Wrapping twelve million words for people takes longer than finding them."""
    query = doubled(21)
    assert adhoc.run_as("csv", query, "", {}).count("some words") == 2**21
    with pytest.raises(IndicantError, match="stopped after 3 seconds"):
        adhoc.run_as("text", query, "", {}, seconds=3.0)


def test_an_answer_that_never_ends_is_no_longer_than_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(sandbox.TooMuchError):
        probe("return 'x' * 1_000_000", tmp_path, monkeypatch)


def alive(process: int) -> bool:
    """Tell whether a process runs: one that is dead and not yet buried does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def spent(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for(happens: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = happens()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it never happened")


def children(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task").glob("*/children")
    return [int(one) for file in found for one in file.read_text().split()]


@pytest.mark.slow
@pytest.mark.many(1000)
@LINUX
@pytest.mark.parametrize("engine", ENGINES)
def test_the_process_dies_with_its_parent_at_full_load(engine: str) -> None:
    code = (
        "import sys; from indicant.ask import adhoc\n"
        f"adhoc.run({ENDLESS!r}, {BIG!r}, engine=sys.argv[1], seconds=600)"
    )
    with python(code, engine) as parent:
        child = wait_for(lambda: children(parent.pid))[0]
        wait_for(lambda: spent(child) > 2.5)
        assert alive(child)
        parent.send_signal(signal.SIGKILL)
        parent.communicate(timeout=60)
    wait_for(lambda: not alive(child), 20)


@pytest.mark.parametrize(
    "load",
    [
        "while True: pass",
        f"import pyoxigraph as ox; store = ox.Store(); store.load({BIG!r}, "
        f"format=ox.RdfFormat.N_TRIPLES); list(store.query({ENDLESS!r}))",
    ],
)
def test_the_process_ends_where_only_a_pipe_tells_it(load: str) -> None:
    """Systems that do not know whose child it is close its pipe when the parent is gone."""
    code = f"from indicant.process import sandbox; sandbox.follow_pipe(); print(flush=True)\n{load}"
    with python(code) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: PT018
        process.stdout.readline()
        process.stdin.close()
        assert process.wait(timeout=60) == 1


def test_an_orphan_from_the_start_does_nothing() -> None:
    """The parent may be gone before the process could ask to be told."""
    code = "from indicant.process import sandbox; sandbox.follow_parent(1234567); print('alive')"
    if sys.platform != "win32":
        assert run(code)[:2] == (1, "")


@pytest.mark.slow
@POSIX
@pytest.mark.parametrize("load", ["while True: pass", "time.sleep(600)"])
def test_the_process_ends_by_itself_when_nobody_ends_it(load: str) -> None:
    enter = (
        "import os, time; from indicant.process import sandbox; "
        "sandbox.enter(os.getppid(), 0.5, 10**10)"
    )
    assert run(f"{enter}\n{load}")[0] != 0
