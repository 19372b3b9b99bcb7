"""Let many threads ask one guideline, and count the answers that one thread would not get.

``python tests/support/together.py 10000`` compares as many answers as asked for.
"""

from __future__ import annotations

import functools
import random
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import rain
from indicant.assess.assessor import Assessor, InvalidCase
from indicant.errors import IndicantError
from indicant.explain.next import next_facts
from indicant.explain.whatif import what_if
from indicant.explain.why import why
from indicant.files.rdf import Document, parse, read
from indicant.test.coverage import Coverage, goals
from indicant.test.suite import exercised_by
from places import ASSESSED, RAIN
from shipped import PREFIXES, assessor

if TYPE_CHECKING:
    from collections.abc import Sequence

THREADS = 8
INVALID = (
    ":case a ind:PatientCase ; ind:hasFinding [ a spine:NeckPain ] .",
    ':case a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; '
    "ind:hasFinding [ a spine:CordCompression ] ; ind:excludes spine:CordCompression .",
    ':case a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; ind:hasFinding [ a spine:Pian ] .',
    ":nobody a spine:NeckPain .",
)
Answer = tuple[str, Any]
Verb = Callable[[Assessor, Document], Any]
Task = tuple[Verb, Document]


@functools.cache
def documents() -> tuple[Document, ...]:
    """Return cases that differ, the same names in all, every tenth of them invalid."""
    valid = [read(path) for path in ASSESSED]
    invalid = [parse(PREFIXES + text, path="case.ttl") for text in INVALID]
    return (*valid, *invalid * (len(valid) // 10 // len(invalid)))


@functools.cache
def umbrella(engine: str = "oxigraph", validator: str = "shacl") -> Assessor:
    """Return a small guideline, which a reasoner that knows no implicants is quick about."""
    return Assessor(RAIN, engine=engine, validator=validator)


@functools.cache
def weather() -> tuple[Document, ...]:
    """Return cases of the small guideline that differ, the same names in all, one of them invalid.

    They rain or not, storm or not, and neither is said or both.
    """
    case = f'{rain.CASE_PREFIXES}:case a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date'
    said = ("", " ; ind:hasFinding [ a rain:{} ]", " ; ind:excludes rain:{}")
    texts = [case + wet.format("Rain") + windy.format("Storm") for wet in said for windy in said]
    texts.append(case + " ; ind:excludes rain:Drought")
    return tuple(parse(f"{text} .", path="case.ttl") for text in texts)


def assess(made: Assessor, document: Document) -> Any:
    return made.assess(document)


def assess_everything(made: Assessor, document: Document) -> Any:
    return made.assess(document, everything=True, as_of="2026-12-24")


def describe(made: Assessor, document: Document) -> Any:
    return made.describe(document)


def explain(made: Assessor, document: Document) -> Any:
    return why(made, document, "foraminotomy", largest=1)


def imagine(made: Assessor, document: Document) -> Any:
    return what_if(made, document, ["+spine:CordCompression", "asOf=2026-12-24"])


def rank(made: Assessor, document: Document) -> Any:
    return next_facts(made, document)


def exercise(made: Assessor, document: Document) -> Any:
    return exercised_by(made, document, Coverage(goals(made)))


def ask(made: Assessor, document: Document) -> Any:
    return made.begin(document).ask("what-is-established")


VERBS = (assess_everything, describe, explain, imagine, rank, exercise, ask)


def answered(task: Task, made: Assessor) -> Answer:
    """Return what is told, be it that a case is refused."""
    verb, document = task
    try:
        return "told", verb(made, document)
    except InvalidCase as error:
        return "refused", (str(error), error.findings)
    except IndicantError as error:
        return "error", str(error)


def together(tasks: Sequence[Task], made: Assessor, threads: int = THREADS) -> list[Answer]:
    """Return what threads are told that start at once and change often."""
    start = threading.Barrier(threads)

    def work(first: int) -> list[Answer]:
        start.wait(60)
        return [answered(task, made) for task in tasks[first::threads]]

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    try:
        with ThreadPoolExecutor(threads) as pool:
            shares = list(pool.map(work, range(threads)))
    finally:
        sys.setswitchinterval(interval)
    found: list[Answer] = [("", None)] * len(tasks)
    for first, share in enumerate(shares):
        found[first::threads] = share
    return found


def differing(tasks: Sequence[Task], made: Assessor, threads: int = THREADS) -> int:
    """Count the answers that are not those that the same tasks get one after the other."""
    alone = {task: answered(task, made) for task in dict.fromkeys(tasks)}
    assert {"told", "refused"} <= {kind for kind, _ in alone.values()}
    found = together(tasks, made, threads)
    return sum(alone[task] != answer for task, answer in zip(tasks, found, strict=True))


def mixed(count: int, seed: int, verbs: Sequence[Verb]) -> list[Task]:
    """Return tasks by chance, each a verb with a case."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    return [(chance.choice(verbs), chance.choice(documents())) for _ in range(count)]


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    wrong = differing(mixed(asked, 5, [assess] * 20 + list(VERBS)), assessor())
    print(f"{asked} answers in {THREADS} threads, {wrong} not those of one thread")
    sys.exit(bool(wrong))
