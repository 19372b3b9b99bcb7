"""Read the parts of a source in processes that help: each part is one task.

A process that helps loads the guideline by itself, reads a part as any source is read, and has the
rules say what its records establish. It sends back of each patient the literals, and of the part
what became of its records. What comes of it does not depend on how many processes there are.
"""

from __future__ import annotations

import datetime
import gc
import json
import os
import queue
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from indicant.assess.assessor import Assessor
from indicant.cohort.establishing import Establisher, Found, Given
from indicant.cohort.parting import ALL, Part, Place, adrift_in
from indicant.cohort.plan import plan_of
from indicant.cohort.tally import Tally
from indicant.errors import IndicantError
from indicant.files import bounded
from indicant.files.fence import Fence
from indicant.intake.patients import Intake, Options, zone_of
from indicant.process import sandbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from indicant.cohort.parting import Parts

MOST: Final = 16
"""How many processes help at once, unless more are asked for."""
MEMORY: Final = 1 << 36
"""The limit of address space of a process that helps, in bytes."""
_NEEDS: Final = ("pyoxigraph", "msgspec", "rdflib", "pyparsing", "yaml", "jsonschema")
_MOST_ANSWER: Final = 1 << 31
_TOLD: Final = "told.json"
_AHEAD: Final = 2
"""How many parts for each process are asked for before their turn."""


def usual() -> int:
    """Return how many processes help where nobody says how many: one for each processor."""
    try:
        there = len(os.sched_getaffinity(0))
    except AttributeError:
        there = os.cpu_count() or 1
    return max(1, min(MOST, there))


@dataclass(frozen=True)
class Recipe:
    """How a process that helps loads the guideline and reads patients.

    ``guideline`` is a path; ``fence`` are the folders within which it may read, where they are not
    the usual ones; ``codes`` are tables of one's own.
    """

    guideline: str
    engine: str
    validator: str
    language: str
    use_cache: bool
    fence: tuple[str, ...] | None
    codes: tuple[str, ...]

    def told(self, options: Options) -> dict[str, Any] | None:
        """Return it as JSON can hold it, with how sources are read, if it can."""
        if not isinstance(options.completeness, str | None):
            return None
        return {
            "guideline": self.guideline,
            "engine": self.engine,
            "validator": self.validator,
            "language": self.language,
            "cache": self.use_cache,
            "fence": self.fence,
            "codes": self.codes,
            "asOf": options.as_of.isoformat(),
            "zone": None if options.zone is None else options.zone.key,
            "completeness": options.completeness,
            "folder": os.getcwd(),
        }


class Helpers:
    """Processes that help, and what they are asked for. They end with this."""

    def __init__(self, told: dict[str, Any], count: int) -> None:
        self._workers = [
            sandbox.Worker(__name__, told, b"", needs=_NEEDS, memory=MEMORY, helps=True)
            for _ in range(count)
        ]
        self._free: queue.SimpleQueue[sandbox.Worker] = queue.SimpleQueue()
        for one in self._workers:
            self._free.put(one)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="indicant-cohort")
        self._count = count
        self._over = False

    def warm(self) -> None:
        """Have all processes load the guideline, while something else is done."""
        for _ in self._workers:
            self._threads.submit(self._asked, {"do": "nothing"})

    def answers(self, tasks: Iterable[dict[str, Any]]) -> Iterator[Any]:
        """Yield the answer to each task, in their order.

        Raises:
            IndicantError: a part cannot be read, or a process ended.
        """
        waiting: deque[Any] = deque()
        for task in tasks:
            waiting.append(self._threads.submit(self._asked, task))
            if len(waiting) > _AHEAD * self._count:
                yield _said(waiting.popleft().result())
        while waiting:
            yield _said(waiting.popleft().result())

    def _asked(self, task: dict[str, Any]) -> bytes:
        worker = self._free.get()
        data = json.dumps(task).encode()
        try:
            for again in (False, True):
                try:
                    (answer,) = worker.ask(data, 1, seconds=sandbox.LONGEST, most=_MOST_ANSWER)
                except sandbox.StoppedError as error:
                    if again or self._over:
                        raise _ended(error) from error
                else:
                    return answer
        finally:
            self._free.put(worker)
        raise AssertionError

    def end(self) -> None:
        """End all of them, whatever they do."""
        self._over = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        while True:
            for one in self._workers:
                one.end()
            if self._free.qsize() == self._count:
                return
            time.sleep(0.01)  # somebody is about to ask, or to find out that nobody answers


@contextmanager
def helped(told: dict[str, Any], count: int) -> Iterator[Helpers]:
    """Yield processes that help, which are ended afterwards."""
    helpers = Helpers(told, count)
    try:
        helpers.warm()
        yield helpers
    finally:
        helpers.end()


def _ended(error: sandbox.StoppedError) -> IndicantError:
    return IndicantError(
        f"a process that reads a part of the patients was ended twice: {error}",
        help="where memory is short, let fewer work at once:  --processes 1",
    )


def _said(answer: bytes) -> Any:
    found = json.loads(answer)
    if "error" in found:
        raise IndicantError(**found["error"])
    return found


def found_in(parts: Parts, helpers: Helpers, tally: Tally, *, complete: bool) -> Iterator[Found]:
    """Yield the literals of the patients of a source in parts, part by part.

    Args:
        parts: the source, which was read.
        helpers: who reads the parts.
        tally: takes note of what became of the records.
        complete: whether something is said to be complete, so that all parts have to know the
            records of which nobody knows whose they are.
    """
    _tell(parts)
    folder, numbers = str(parts.folder), range(parts.count)
    if complete:
        asked = [{"do": "adrift", "folder": folder, "part": one} for one in numbers]
        while parts.spread(
            (file, line, reference)
            for answer in helpers.answers(asked)
            for file, line, reference in answer["adrift"]
        ):
            pass
    tasks = (
        {
            "do": "answer",
            "folder": folder,
            "part": one,
            "strangers": sorted(parts.strangers[one], key=str),
        }
        for one in numbers
    )
    for answer in helpers.answers(tasks):
        tally.add(answer["tally"])
        for patient, literals, problem, place in answer["patients"]:
            given = Given(patient, (), place)
            if literals is None:
                yield Found(given, problem=problem)
            else:
                yield Found(given, int(literals, 16))


def _tell(parts: Parts) -> None:
    """Write down what all who help have to know of a source."""
    place = parts.place
    told = {
        "shown": place.shown,
        "partial": list(place.partial),
        "beside": list(place.beside),
        "everybody": sorted(parts.everybody),
        "strangers": sorted(parts.strangers[ALL], key=str),
    }
    (parts.folder / _TOLD).write_text(json.dumps(told), encoding="utf-8")


# ---------------------------------------------------------------------- in the process


@dataclass
class _Known:
    intake: Intake
    options: Options
    establisher: Establisher
    everybody: frozenset[str] = frozenset()
    strangers: set[tuple[str, int | None, str]] = field(default_factory=set)
    place: Place | None = None

    def learn(self, folder: str) -> Place:
        """Return where the parts are, read once what is to be known of the whole source."""
        if self.place is None:
            told = json.loads(bounded.data(os.path.join(folder, _TOLD), _MOST_ANSWER))
            self.place = Place(folder, told["shown"], told["partial"], told["beside"])
            self.everybody = frozenset(told["everybody"])
            self.strangers = {tuple(one) for one in told["strangers"]}
        return self.place


def prepare(told: dict[str, Any]) -> None:
    """Go to the folder from which names of files count."""
    os.chdir(told["folder"])


def begin(told: dict[str, Any], _data: bytes) -> _Known:
    """Load the guideline."""
    fence = None if told["fence"] is None else Fence(tuple(map(Path, told["fence"])))
    assessor = Assessor(
        told["guideline"],
        engine=told["engine"],
        validator=told["validator"],
        language=told["language"],
        use_cache=told["cache"],
        fence=fence,
    )
    intake = Intake(assessor.source, assessor.vocabulary, tuple(told["codes"]))
    options = Options(
        datetime.date.fromisoformat(told["asOf"]),
        None if told["zone"] is None else zone_of(told["zone"]),
        told["completeness"],
    )
    establisher = Establisher(assessor, plan_of(assessor.compiled.graph))
    # What is loaded stays; of records there are many at once, and hardly any refer to each other.
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
    return _Known(intake, options, establisher)


def reply(known: _Known, data: bytes) -> Iterator[bytes]:
    """Answer a task."""
    task = json.loads(data)
    try:
        answer = _answered(known, task)
    except IndicantError as error:
        answer = {
            "error": {
                name: getattr(error, name)
                for name in ("message", "file", "line", "column", "help", "see")
            }
        }
    yield json.dumps(answer).encode()


def _answered(known: _Known, task: dict[str, Any]) -> dict[str, Any]:
    if task["do"] == "nothing":
        return {}
    place = known.learn(task["folder"])
    number = task["part"]
    supply = Part(place, number)
    everybody = known.everybody
    read = known.intake.read([supply], place.shown, known.options, everybody=everybody)
    if task["do"] == "adrift":
        return {"adrift": list(adrift_in(read))}
    strangers = {tuple(one) for one in task["strangers"]}
    if number:
        strangers |= known.strangers
    tally = Tally()
    found = known.establisher.found(tally.take_part(read, number, strangers.__contains__))
    patients: Sequence[Any] = [
        (
            one.given.patient,
            None if one.problem else f"{one.literals:x}",
            one.problem,
            one.given.place,
        )
        for one in found
    ]
    return {"patients": patients, "tally": tally.told()}
