"""Read the parts of a source in processes that help: each part is one task.

A process that helps loads the guideline by itself, reads a part as any source is read, and has the
rules say what its records establish. It sends back of each patient the literals, and of the part
what became of its records. What comes of it does not depend on how many processes there are.
"""

from __future__ import annotations

import datetime
import functools
import gc
import json
import os
import queue
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
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
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from indicant.cohort.parting import Parts
    from indicant.intake.patients import Read

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

    def told(self, options: Options | None) -> dict[str, Any] | None:
        """Return it as JSON can hold it, with how sources of records are read, if it can."""
        completeness = None if options is None else options.completeness
        if not isinstance(completeness, str | None):
            return None
        zone = None if options is None else options.zone
        return {
            "guideline": self.guideline,
            "engine": self.engine,
            "validator": self.validator,
            "language": self.language,
            "cache": self.use_cache,
            "fence": None if self.fence is None else list(self.fence),
            "codes": list(self.codes),
            "asOf": None if options is None else options.as_of.isoformat(),
            "zone": None if zone is None else zone.key,
            "completeness": completeness,
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
    tell(parts.place, parts.everybody, parts.strangers[ALL])
    folder, numbers = str(parts.folder), range(parts.count)
    if complete:
        asked = [{"do": "adrift", "folder": folder, "part": one} for one in numbers]
        while parts.spread(
            (file, line, reference)
            for answer in helpers.answers(asked)
            for file, line, reference in answer["adrift"]
        ):
            pass
    for answer in helpers.answers(task(folder, one, parts.strangers[one]) for one in numbers):
        tally.add(answer["tally"])
        for patient, literals, problem, place in answer["patients"]:
            given = Given(patient, (), place)
            if literals is None:
                yield Found(given, problem=problem)
            else:
                yield Found(given, int(literals, 16))


def task(folder: str, number: int, strangers: Iterable[Sequence[Any]]) -> dict[str, Any]:
    """Return what a process is asked that is to find what the patients of a part establish."""
    own = sorted(map(list, strangers), key=str)
    return {"do": "answer", "folder": folder, "part": number, "strangers": own}


def tell(place: Place, everybody: Iterable[str], strangers: Iterable[Sequence[Any]]) -> None:
    """Write down what all who help have to know of a source; see ``Parts``."""
    told = {
        "shown": place.shown,
        "partial": list(place.partial),
        "beside": list(place.beside),
        "everybody": sorted(everybody),
        "strangers": sorted(strangers, key=str),
    }
    (Path(place.folder) / _TOLD).write_text(json.dumps(told), encoding="utf-8")


# ---------------------------------------------------------------------- in the process


class Known:
    """What a process knows that reads parts: the guideline, and of a source what is of all parts.

    Args:
        told: how to load the guideline and to read, see ``Recipe.told``.
        day: a day for all cases, in place of their own.
    """

    def __init__(self, told: Mapping[str, Any], day: str | None = None) -> None:
        self._told = told
        fence = told["fence"]
        self._assessor = Assessor(
            told["guideline"],
            engine=told["engine"],
            validator=told["validator"],
            language=told["language"],
            use_cache=told["cache"],
            fence=None if fence is None else Fence(tuple(map(Path, fence))),
        )
        self.plan = plan_of(self._assessor.compiled.graph)
        self.establisher = Establisher(self._assessor, self.plan, day)
        self.place: Place | None = None
        self.everybody: frozenset[str] = frozenset()
        self.strangers: set[tuple[str, int | None, str]] = set()

    @functools.cached_property
    def intake(self) -> Intake:
        """Return what reads records."""
        made = self._assessor
        return Intake(made.source, made.vocabulary, tuple(self._told["codes"]))

    @functools.cached_property
    def options(self) -> Options:
        """Return how records are read."""
        told = self._told
        return Options(
            datetime.date.fromisoformat(told["asOf"]),
            None if told["zone"] is None else zone_of(told["zone"]),
            told["completeness"],
        )

    def learn(
        self, place: Place, everybody: Iterable[str], strangers: Iterable[Sequence[Any]]
    ) -> None:
        """Take what is to be known of a source as a whole; see ``Parts``."""
        self.place, self.everybody = place, frozenset(everybody)
        self.strangers = {(file, line, reference) for file, line, reference in strangers}

    def read(self, number: int) -> Read:
        """Read a part of the source."""
        assert self.place is not None  # noqa: S101
        supply = Part(self.place, number)
        shown = self.place.shown
        return self.intake.read([supply], shown, self.options, everybody=self.everybody)

    def found(self, number: int, own: Iterable[Sequence[Any]], tally: Tally) -> Iterator[Found]:
        """Yield the literals of the patients of a part.

        Args:
            number: which part.
            own: where the records stand of which another part tells.
            tally: takes note of what became of the records.
        """
        strangers = {(file, line, reference) for file, line, reference in own}
        if number:
            strangers |= self.strangers
        read = self.read(number)
        yield from self.establisher.found(tally.take_part(read, number, strangers.__contains__))


def prepare(told: dict[str, Any]) -> None:
    """Go to the folder from which names of files count."""
    os.chdir(told["folder"])


def begin(told: dict[str, Any], _data: bytes) -> Known:
    """Load the guideline."""
    known = Known(told)
    _ = known.intake, known.options
    # What is loaded stays; of records there are many at once, and hardly any refer to each other.
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
    return known


def reply(known: Known, data: bytes) -> Iterator[bytes]:
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


def _answered(known: Known, task: dict[str, Any]) -> dict[str, Any]:
    if task["do"] == "nothing":
        return {}
    if known.place is None:
        _learn(known, task["folder"])
    number = task["part"]
    if task["do"] == "adrift":
        return {"adrift": list(adrift_in(known.read(number)))}
    tally = Tally()
    patients: Sequence[Any] = [
        (
            one.given.patient,
            None if one.problem else f"{one.literals:x}",
            one.problem,
            one.given.place,
        )
        for one in known.found(number, task["strangers"], tally)
    ]
    return {"patients": patients, "tally": tally.told()}


def _learn(known: Known, folder: str) -> None:
    """Read once what is to be known of the whole source."""
    told = json.loads(bounded.data(os.path.join(folder, _TOLD), _MOST_ANSWER))
    place = Place(folder, told["shown"], told["partial"], told["beside"])
    known.learn(place, told["everybody"], told["strangers"])
