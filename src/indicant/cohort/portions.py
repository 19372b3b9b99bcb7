"""Part a source into portions by patient, and find of one portion what its records establish.

A portion is read by whoever is told its number and the folder, in any process that sees it, and
what is found is written there under that number, whole or not at all. Who does it twice writes the
same twice in one place, so that nothing is counted twice whatever failed in between.
"""

from __future__ import annotations

import functools
import json
import os
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl
import pyoxigraph as ox

from indicant.cohort.establishing import Found, Given
from indicant.cohort.helping import Known, task, tell
from indicant.cohort.parting import ALL, Place, UnpartedError, parts_of
from indicant.cohort.sources import size_of
from indicant.cohort.tally import Tally
from indicant.errors import IndicantError
from indicant.files import bounded
from indicant.files.rdf import STDIN
from indicant.intake.mapping import is_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from indicant.cohort.helping import Recipe
    from indicant.cohort.sources import Source
    from indicant.intake.patients import Options

SETUP: Final = "setup.json"
MOST_BYTES: Final = 10_000_000_000
"""How large what has to be known may be: some 30 bytes for each patient."""
MOST_PATIENTS: Final = 5_000
"""How many patients a portion has where they are read before they are parted."""
_FOUND: Final = {
    "patient": pl.String,
    "literals": pl.Binary,
    "problem": pl.String,
    "place": pl.String,
}
_GIVEN: Final = {"patient": pl.String, "place": pl.String, "quads": pl.String}


@dataclass
class Setup:
    """What has to be known to read a portion.

    ``recipe`` is how to load the guideline and to read, see ``Recipe.told``, files by where they
    are; ``day`` is one for all cases, in place of their own. ``is_fhir`` says that portions are
    parts of a source of FHIR; else they are patients that were read already. ``strangers`` are by
    part the records of which another part tells, under "all" those of which the first one does.
    """

    recipe: dict[str, Any]
    day: str | None
    path: str
    is_fhir: bool = False
    count: int = 0
    partial: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    everybody: list[str] = field(default_factory=list)
    strangers: dict[str, list[list[Any]]] = field(default_factory=dict)

    @classmethod
    def of(cls, recipe: Recipe, options: Options | None, day: str | None, path: str) -> Setup:
        """Return what has to be known whatever the source."""
        told = recipe.told(options)
        assert told is not None  # noqa: S101 - completeness is stated in a file
        stated = told["completeness"]
        told["codes"] = [os.path.abspath(one) for one in told["codes"]]
        told["completeness"] = None if stated is None else os.path.abspath(stated)
        return cls(told, day, path)


def many(source: Source) -> int:
    """Return into how many portions a source of FHIR is put: several for each core, and more."""
    return max(2 * (os.cpu_count() or 1), parts_of(size_of(source.path)))


def prepare(source: Source, setup: Setup, folder: Path, parts: int) -> Tally:
    """Put a source into portions, and return what is known of it before they are read.

    Args:
        source: where patients are read from.
        setup: by which guideline; it is completed, and written into the folder.
        folder: an empty folder that all who work see under this name.
        parts: into how many parts FHIR is put at least.

    Raises:
        IndicantError: something cannot be read.
    """
    fhir = source.options is not None and source.path != STDIN and not is_tables(source.path)
    if not (fhir and _part(source, setup, folder, parts)):
        _spill(source, setup, folder)
    text = json.dumps(asdict(setup))
    (folder / SETUP).write_text(text, encoding="utf-8", newline="\n")
    return source.tally


def _part(source: Source, setup: Setup, folder: Path, count: int) -> bool:
    """Put FHIR into parts, unless it is to be read as one."""
    try:
        parts = source.parted(folder, count)
    except UnpartedError:
        for one in folder.iterdir():
            one.unlink()
        return False
    source.spread(parts)
    setup.is_fhir, setup.count = True, count
    setup.partial, setup.beside = list(parts.place.partial), list(parts.place.beside)
    setup.everybody = sorted(parts.everybody)
    setup.strangers = {
        "all" if number == ALL else str(number): sorted(map(list, places), key=repr)
        for number, places in parts.strangers.items()
    }
    return True


def _spill(source: Source, setup: Setup, folder: Path) -> None:
    """Read all patients, and write what their cases say, a few thousand in a file."""
    rows: list[tuple[str, str, str]] = []

    def write() -> None:
        frame = pl.DataFrame(rows, schema=_GIVEN, orient="row")
        frame.write_parquet(folder / f"given-{setup.count:06}.parquet")
        setup.count += 1
        rows.clear()

    source.processes = 1
    for one in source.patients():
        assert isinstance(one, Given)  # noqa: S101 - no process helped
        quads = ox.serialize(one.quads, format=ox.RdfFormat.N_QUADS)
        assert quads is not None  # noqa: S101
        rows.append((one.patient, one.place, quads.decode()))
        if len(rows) >= MOST_PATIENTS:
            write()
    if rows or not setup.count:
        write()


# ------------------------------------------------------------------ where a portion is read


def work(folder: str, number: int) -> int:
    """Find what the patients of a portion establish, write it, and return how many there are.

    Raises:
        IndicantError: something cannot be read or written.
    """
    return _Worker.of(folder).work(number)


class _Worker:
    """Reads portions of one source, with what is loaded once for all of them."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        setup = kept_setup(self._folder)
        self._setup, self._known = setup, Known(setup.recipe, setup.day)
        place = Place(folder, setup.path, setup.partial, setup.beside)
        self._known.learn(place, setup.everybody, setup.strangers.get("all", ()))

    @staticmethod
    def of(folder: str) -> _Worker:
        """Return the one of a folder, made once in a process for what the folder holds now."""
        status = (Path(folder) / SETUP).stat()
        return _worker(folder, (status.st_ino, status.st_mtime_ns, status.st_size))

    def work(self, number: int) -> int:
        """Find what the patients of a portion establish, and write it."""
        tally, known = Tally(), self._known
        if self._setup.is_fhir:
            own = self._setup.strangers.get(str(number), ())
            found = known.found(number, own, tally)
        else:
            found = known.establisher.found(self._given(number))
        rows = [(one.given.patient, one.literals, one.problem, one.given.place) for one in found]
        _keep(self._folder, number, rows, tally.told(), len(known.plan.literals))
        return len(rows)

    def _given(self, number: int) -> Iterator[Given]:
        frame = pl.read_parquet(self._folder / f"given-{number:06}.parquet")
        for patient, place, text in frame.iter_rows():
            yield Given(patient, list(ox.parse(text, format=ox.RdfFormat.N_QUADS)), place)


@functools.lru_cache(2)
def _worker(folder: str, _now: tuple[int, ...]) -> _Worker:
    return _Worker(folder)


def _keep(
    folder: Path,
    number: int,
    rows: Sequence[tuple[str, int, str, str]],
    told: Mapping[str, Any],
    literals: int,
) -> None:
    """Write what was found of a portion, whole or not at all."""
    size = (literals + 7) // 8
    packed = [
        (patient, found.to_bytes(size, "little"), problem, where)
        for patient, found, problem, where in rows
    ]
    frame = pl.DataFrame(packed, schema=_FOUND, orient="row")
    place = _place_of(folder, number)
    aside = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        frame.write_parquet(aside, metadata={"tally": json.dumps(told)})
        aside.replace(place)
    except OSError as error:
        raise IndicantError(
            f"cannot be written: {error.strerror}", file=str(place), help="make room there"
        ) from error


def _place_of(folder: Path, number: int) -> Path:
    return folder / f"found-{number:06}.parquet"


# ------------------------------------------------------------------ on this machine


def kept_setup(folder: Path) -> Setup:
    """Return what an earlier run wrote that put a source into portions."""
    return Setup(**json.loads(bounded.text(folder / SETUP, MOST_BYTES)))


def left(folder: Path, count: int) -> list[int]:
    """Return the portions of which it is not there what was found, or not whole."""
    return [number for number in range(count) if not _is_whole(_place_of(folder, number))]


def _is_whole(place: Path) -> bool:
    try:
        json.loads(pl.read_parquet_metadata(place)["tally"])
        return pl.read_parquet(place).schema == pl.Schema(_FOUND)
    except (OSError, KeyError, ValueError, pl.exceptions.PolarsError):
        return False


def read_here(
    source: Source, setup: Setup, folder: Path, numbers: Sequence[int], literals: int
) -> Iterator[int]:
    """Find what patients of portions establish, and yield how many there are in each.

    Processes that help do so where the source has some, and hand back what they find.

    Raises:
        IndicantError: something cannot be read or written.
    """
    with source.helpers() if setup.is_fhir and numbers else nullcontext() as helpers:
        if helpers is None:
            for number in numbers:
                yield work(str(folder), number)
            return
        place = Place(str(folder), setup.path, setup.partial, setup.beside)
        tell(place, setup.everybody, setup.strangers.get("all", ()))
        tasks = (task(str(folder), one, setup.strangers.get(str(one), ())) for one in numbers)
        for number, answer in zip(numbers, helpers.answers(tasks), strict=True):
            rows = [
                (patient, int(found or "0", 16), problem, where)
                for patient, found, problem, where in answer["patients"]
            ]
            _keep(folder, number, rows, answer["tally"], literals)
            yield len(rows)


# ------------------------------------------------------------------ what was found


def gathered(folder: Path, count: int, tally: Tally) -> Iterator[Found]:
    """Yield what was found of each patient, portion by portion, and add up what was told.

    Raises:
        IndicantError: a portion is missing.
    """
    for number in range(count):
        place = _place_of(folder, number)
        if not place.exists():
            raise IndicantError(
                f"portion {number} of {count} was read, and what was found is not here",
                file=str(place),
                help="set TMPDIR to a folder that all who work see under the same name",
            )
        tally.add(json.loads(pl.read_parquet_metadata(place)["tally"]))
        for patient, literals, problem, where in pl.read_parquet(place).iter_rows():
            yield Found(Given(patient, (), where), int.from_bytes(literals, "little"), problem)
