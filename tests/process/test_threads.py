"""One guideline for many threads and for the children of a fork: nobody gets another's answer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from indicant.ask.answers import Asker
from indicant.assess import lending
from indicant.assess.assessor import Assessor
from indicant.process.sharing import LENT
from shipped import assessor
from together import (
    THREADS,
    VERBS,
    answered,
    assess,
    differing,
    documents,
    mixed,
    umbrella,
    weather,
)

if TYPE_CHECKING:
    from indicant.files.rdf import Document
    from together import Answer, Task


@pytest.mark.slow
def test_threads_are_told_what_one_is_told_alone() -> None:
    assert differing(mixed(200, 1, [assess]), assessor()) == 0


@pytest.mark.slow
def test_every_verb_tells_threads_what_it_tells_one() -> None:
    assert differing(mixed(84, 2, VERBS), assessor()) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "validator", "count"),
    [("rdflib", "shacl", 3), ("oxigraph", "pyshacl", 3)],
)
def test_the_references_tell_threads_what_they_tell_one(
    engine: str, validator: str, count: int
) -> None:
    tasks = [*mixed(count, 3, [assess]), (assess, documents()[-1])]
    assert differing(tasks, assessor(engine, validator), threads=4) == 0


@pytest.mark.slow
def test_the_reasoner_tells_threads_what_it_tells_one() -> None:
    tasks = [(assess, one) for one in weather() * 4]
    assert differing(tasks, umbrella("hermit"), threads=4) == 0


@pytest.mark.slow
def test_an_asker_answers_threads_about_its_own_case() -> None:
    pairs = [(Asker(case=document), document) for document in documents()[:4]]
    alone = [asker.ask("what-is-established") for asker, _ in pairs]
    assert len({one.rows for one in alone}) == len(pairs)
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in range(10):
            asked = pool.map(lambda pair: pair[0].ask("what-is-established"), pairs)
            assert list(asked) == alone


@pytest.mark.slow
def test_what_goes_wrong_in_one_thread_disturbs_no_other() -> None:
    """What is unforeseen leaves nothing behind, and what is refused neither."""
    whole = documents()[0]
    broken = replace(whole, quads=(*whole.quads, None))  # type: ignore[arg-type]
    late = [0]

    def stumble(made: Assessor, document: Document) -> Any:
        with made.parts(document) as parts:
            for part in parts:
                part.records()
                late[0] += 1
                raise ZeroDivisionError

    tasks = mixed(120, 4, [assess])
    for place in range(0, 120, 3):
        tasks[place] = (stumble, whole) if place % 2 else (assess, broken)

    alone = {task: _whatever(task, assessor()) for task in dict.fromkeys(tasks)}
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(lambda task: _whatever(task, assessor()), tasks))
    assert found == [alone[task] for task in tasks]
    assert late[0] > 1
    assert {"AttributeError", "ZeroDivisionError"} <= {kind for kind, _ in found}


def _whatever(task: Task, made: Assessor) -> Answer:
    try:
        return answered(task, made)
    except Exception as error:
        return type(error).__name__, None


def test_an_assessment_that_is_over_tells_nothing() -> None:
    """Its engine may know of somebody else by then."""
    made, document = assessor(), documents()[0]
    with made.parts(document) as parts:
        found = list(parts)
    assert len(found) == 1
    for told in (found[0].records, found[0].known, found[0].describe):
        with pytest.raises(RuntimeError, match="over"):
            told()


def test_an_engine_forgets_a_case_before_it_is_lent_again() -> None:
    made = assessor()
    made.assess(documents()[0])
    with made._engines.lend() as engine:
        assert not list(engine.known())
        assert not engine.ask("which-cases-are-there")


@pytest.mark.slow
def test_nobody_waits_for_ever_for_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even who has all there are, and no more of them are kept than that."""
    monkeypatch.setattr(lending, "PATIENCE", 0.01)
    made, document = Assessor(), documents()[0]
    with ExitStack() as held:
        for _ in range(LENT + 1):
            held.enter_context(made.parts(document))
        assert made.assess(document) == assessor().assess(document)
    assert len(made._engines._idle) == LENT


@pytest.mark.slow
def test_a_reader_of_the_catalogue_does_not_change_it() -> None:
    made = Assessor()
    catalogue = made.catalogue
    tables = [one for one in vars(catalogue).values() if isinstance(one, dict)]
    sizes = list(map(len, tables))
    for table in (catalogue.support, catalogue.counting, catalogue.below, catalogue.tensions):
        assert not table["https://example.org/nothing"]
    for document in documents()[:10]:
        made.assess(document, everything=True)
    places = [place for place, table in enumerate(tables) if table is not catalogue._standing]
    assert [len(tables[place]) for place in places] == [sizes[place] for place in places]


# ---------------------------------------------------------------------- processes

FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system does not fork")


def in_a_process(code: str) -> tuple[str, int, str]:
    """Run code that forks, and end it with all its children where it hangs."""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        told, complaint = process.communicate(timeout=300)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        told, complaint = process.communicate()
        complaint += "it hung"
    return told, process.returncode, complaint


PRELOADED = """
import os, random, threading
from shipped import assessor
from together import answered, assess, documents, explain, mixed, together
made = assessor({engine})
tasks = mixed(60, 7, [assess]) + [(explain, documents()[1])] * 4
alone = [answered(task, made) for task in tasks]
ending = threading.Event()
def busy():
    while not ending.is_set():
        made.assess(documents()[0])
others = [threading.Thread(target=busy) for _ in range({busy})]
for one in others:
    one.start()
workers = []
for _ in range(3):
    worker = os.fork()
    if worker == 0:
        found = together(tasks, made, threads=4)
        raise SystemExit(0 if found == alone else 1)
    workers.append(worker)
codes = [os.waitstatus_to_exitcode(os.waitpid(one, 0)[1]) for one in workers]
ending.set()
for one in others:
    one.join()
print(codes, together(tasks, made, threads=4) == alone)
"""


@pytest.mark.slow
@FORKS
@pytest.mark.parametrize(("engine", "busy"), [("'oxigraph'", 0), ("'oxigraph'", 3)])
def test_workers_go_on_with_a_guideline_that_their_parent_loaded(engine: str, busy: int) -> None:
    """As with gunicorn's preloading, also while other threads of the parent assess."""
    told = in_a_process(PRELOADED.format(engine=engine, busy=busy))
    assert told == ("[0, 0, 0] True\n", 0, "")


@pytest.mark.slow
@FORKS
def test_a_worker_can_use_the_references_and_is_told_which_it_cannot() -> None:
    """Java does not live on in a worker, which ends all the same."""
    code = """
import os
from together import answered, assess, umbrella, weather
tasks = [(assess, one) for one in weather()[::3]]
alone = [answered(task, umbrella("hermit")) for task in tasks]
worker = os.fork()
if worker == 0:
    for one in (umbrella(), umbrella("rdflib"), umbrella("oxigraph", "pyshacl")):
        assert [answered(task, one) for task in tasks] == alone
    print(answered(tasks[0], umbrella("hermit")), flush=True)
    raise SystemExit(0)
print(os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]))
"""
    told = in_a_process(code)
    refused = ("error", "the reasoner cannot be used in a forked process")
    assert told[:2] == (f"{refused}\n0\n", 0), told
