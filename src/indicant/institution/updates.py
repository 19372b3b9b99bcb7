"""Say what a newer version of a pinned guideline changes for an institution, and take it."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.files import bounded, sources
from indicant.files.fence import Fence, fence_of, fixed_fence_of, real
from indicant.files.lines import locate
from indicant.files.members import is_kept
from indicant.files.rdf import read_text, visible
from indicant.files.sources import CATALOG, CORE, installed, load
from indicant.files.staging import staged
from indicant.institution.repository import (
    OVERLAY,
    PUBLISHED,
    Published,
    catalog,
    copy,
    own_documents,
    published_of,
)
from indicant.report.findings import Place, Report, Result, Rule
from indicant.terms import IND

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from indicant.diff.differences import Difference

SHA256: Final = IND + "sha256"
_NUMBER: Final = re.compile(r"[0-9]+")
RULES: Final = (
    Rule(
        "pin",
        "the published guideline is the one that is pinned, by version and digest",
        "A published guideline is not edited: what is decided otherwise belongs into the overlay. "
        "A newer one is taken by 'indicant update --take'.",
    ),
    Rule(
        "advice",
        "the newer version answers every possible case as the pinned one does",
        "Each finding is an intervention that some case is answered otherwise about, once the "
        "overlay is laid over the newer version, with a smallest such case.",
    ),
    Rule(
        "term",
        "the newer version knows every term that advice rests on in the pinned one, and no other",
        "Such a term makes cases that only one of the versions can be asked about.",
    ),
    Rule(
        "recommendation",
        "the newer version makes the same recommendations",
        "What was added, removed or changed, whether or not it changes an answer.",
    ),
)


@dataclass(frozen=True)
class Merged:
    """A version with the overlay on it, as a file, and what was found between the two.

    ``moved`` says where what lies in a folder of work really is.
    """

    name: str
    file: Path
    report: Report
    moved: Mapping[str, str]


@dataclass(frozen=True)
class Pin:
    """Which version of which guideline an overlay is laid over, and where that is stated."""

    version_iri: str
    digest: str
    place: Place


@dataclass(frozen=True)
class Followed:
    """An overlay, what it pins, and the copy of the published guideline that it reads.

    ``fence`` is where all that may lie.
    """

    folder: Path
    overlay: Path
    pin: Pin
    copy: Published
    fence: Fence


@dataclass(frozen=True)
class Change:
    """What another version would change: all that differs, and what merging it newly finds."""

    difference: Difference
    report: Report


def followed(folder: Path, *, fence: Fence | None = None) -> Followed:
    """Read what an institution's repository pins.

    Args:
        folder: the repository, with the overlay in its folder ``overlay``, or the overlay itself.
        fence: where files may lie; without, in that repository.

    Raises:
        IndicantError: nothing is pinned there, or more than one guideline is.
    """
    if not folder.is_dir():
        raise IndicantError("there is no such folder", file=str(folder))
    overlay = folder / OVERLAY if (folder / OVERLAY).is_dir() else folder
    allowed = fence_of(overlay) if fence is None else fence
    source = load(overlay, fence=allowed)
    pins: list[tuple[Pin, Path]] = []
    for document in own_documents(source):
        for quad in document.quads:
            name = str(getattr(quad.subject, "value", ""))
            if quad.predicate.value == SHA256 and name in document.imports:
                place = Place(document.path, locate(document, name, SHA256, None))
                pin = Pin(name, str(getattr(quad.object, "value", "")), place)
                pins.append((pin, Path(document.path).parent))
    if len(pins) != 1:
        raise IndicantError(
            "pins no published guideline" if not pins else "pins more than one guideline",
            file=str(overlay),
            help="state ind:sha256 of one owl:imports, as 'indicant init' does",
        )
    pin, beside = pins[0]
    target = sources.catalog(beside / CATALOG, allowed).get(pin.version_iri)
    if target is None:
        raise IndicantError(
            f"<{pin.version_iri}> is not in the catalog",
            file=str(beside / CATALOG),
            help=f'add  <uri name="{pin.version_iri}" uri="…"/>',
        )
    target = allowed.follow(target, overlay)
    root = target.parent if target.name == sources.GUIDELINE_FILE else target
    return Followed(folder, overlay, pin, published_of(root, fence=allowed), allowed)


def checked(one: Followed) -> Report:
    """Report whether the copy is the one that is pinned."""
    results = []
    if one.copy.version_iri != one.pin.version_iri:
        results.append(
            _of_pin(
                one, f"<{one.pin.version_iri}> is pinned, and <{one.copy.version_iri}> is there"
            )
        )
    elif one.copy.digest != one.pin.digest:
        results.append(
            _of_pin(one, f"{one.copy.version} is pinned, and its copy has another digest")
        )
    summary = None
    if not results:
        summary = f"<{one.copy.iri}> {one.copy.version} is as it is pinned"
    return Report("update", str(one.folder), RULES, tuple(results), summary=summary)


def _of_pin(one: Followed, message: str) -> Result:
    return Result(
        "pin",
        "error",
        message,
        (one.pin.place, Place(str(one.copy.root))),
        "put it back as it was published; 'indicant update --take' puts what is installed there",
        (one.pin.version_iri,),
        data={"pinned": one.pin.digest, "found": one.copy.digest},
    )


def newer(
    one: Followed, given: str | None, *, fence: Fence | None = None, taken: bool = False
) -> Published:
    """Return the version to compare with: the one given, or else the one that is installed.

    Its files lie within the fence, or without one, and if it is to be taken, in its own repository.

    Raises:
        IndicantError: there is none, or more than one, or it is another guideline.
    """
    if given is not None:
        path = sources.resolve(given)
        found = published_of(path, fence=fixed_fence_of(path) if taken else fence)
        if found.iri != one.copy.iri:
            raise IndicantError(
                f"is <{found.iri}>, and <{one.copy.iri}> is pinned",
                file=given,
                help="name a version of the pinned guideline",
            )
        return found
    known = [published_of(path) for path in installed().values()]
    same = [found for found in known if found.iri == one.copy.iri]
    if len(same) > 1:
        raise IndicantError(
            f"<{one.copy.iri}> is installed more than once: "
            + ", ".join(str(found.root) for found in same),
            help="name the folder of its newer version by --from",
        )
    if same:
        return same[0]
    raise IndicantError(
        f"<{one.copy.iri}> is not installed",
        help="name the folder of its newer version by --from",
    )


def is_older(one: Published, other: Published) -> bool:
    """Tell whether a version comes before another, by the numbers in the two."""
    numbers = [
        [int(part[:4_000]) for part in _NUMBER.findall(each.version)] for each in (one, other)
    ]
    return numbers[0] < numbers[1]


def compared(one: Followed, other: Published, *, as_of: str | None, seconds: float) -> Change:
    """Merge the overlay with both versions, and compare the two merged guidelines.

    Raises:
        IndicantError: a version cannot be merged with the overlay, or there is no solver.
    """
    from indicant.diff.differences import compare
    from indicant.diff.revisions import Version

    with both_merged(one, other, as_of=as_of, seconds=seconds) as sides:
        versions = [Version(side.name, side.file, load(side.file)) for side in sides]
        difference = compare(versions[0], versions[1], seconds=seconds)
        known = {_key(result) for result in sides[0].report.results}
        results = [
            replace(result, places=tuple(_moved(place, sides[1].moved) for place in result.places))
            for result in sides[1].report.results
            if _key(result) not in known
        ]
    return Change(difference, replace(sides[1].report, results=tuple(results)))


@contextmanager
def both_merged(
    one: Followed, other: Published, *, as_of: str | None, seconds: float
) -> Iterator[tuple[Merged, Merged]]:
    """Yield the overlay merged with the pinned version and with another one.

    Raises:
        IndicantError: a version cannot be merged with the overlay.
    """
    from indicant.merge.combination import combine

    with _laid_over(one, other) as (root, overlay), _workplace() as work:
        sides = (
            (f"{one.copy.version} (pinned)", _given(one.copy.root), one.overlay, work / "old.trig"),
            (f"{other.version} (other)", root, overlay, work / "new.trig"),
        )
        moved = {str(overlay): str(one.overlay), str(root): str(other.root.parent)}
        merged = []
        for name, published, laid, file in sides:
            combined = combine(
                [str(published), str(laid)],
                as_of=as_of,
                seconds=seconds,
                output=str(file),
                fence=one.fence.within(overlay.parent),
            )
            if combined.data is None:
                worst = next(one for one in combined.report.counting if one.level == "error")
                raise IndicantError(
                    f"{name} cannot be merged with the overlay: {worst.message}", help=worst.help
                )
            file.write_bytes(combined.data)
            merged.append(Merged(name, file, combined.report, moved))
        yield merged[0], merged[1]


def told(one: Followed, other: Published, change: Change) -> Report:
    """Report what a newer version would change for the institution."""
    difference = change.difference
    results = [*_advice(one, difference), *_terms(one, difference)]
    results += [*_recommendations(one, difference), *change.report.results]
    count = len(difference.behaviour)
    parts = [
        f"{one.copy.version}, which is pinned, compared with {other.version}",
        f"{count} changes of status, over {difference.compared} interventions and scopes"
        if count
        else f"no change of status, over {difference.compared} interventions and scopes"
        if not difference.undecided
        else "some answers were not compared",
        f"{len(difference.terms)} terms differ",
        "take it by  indicant update --take",
    ]
    return Report(
        "update",
        str(one.folder),
        (*RULES, *change.report.rules),
        tuple(results),
        (*difference.undecided, *change.report.undecided),
        "; ".join(parts),
    )


def _advice(one: Followed, difference: Difference) -> Iterator[Result]:
    for change in difference.behaviour:
        causes = ", ".join(
            f"{each.label} ({each.old or 'not there'} -> {each.new or 'not there'})"
            for each in change.because
        )
        yield Result(
            "advice",
            "warning",
            f"{change.label}: {change.old} -> {change.new}, by {causes}"
            if causes
            else f"{change.label}: {change.old} -> {change.new}",
            (one.pin.place,),
            about=(change.subject, *(each.iri for each in change.because)),
            witness=change.witness.turtle,
            data={"old": change.old, "new": change.new, "facts": list(change.witness.facts)},
        )


def _terms(one: Followed, difference: Difference) -> Iterator[Result]:
    for each in difference.unshared:
        yield Result(
            "term",
            "warning",
            f"only {each.side} knows {each.label}, on which {len(each.recommendations)} "
            f"recommendation{'s rest' if len(each.recommendations) != 1 else ' rests'} there",
            (one.pin.place,),
            about=(each.term, *each.recommendations),
        )


def _recommendations(one: Followed, difference: Difference) -> Iterator[Result]:
    for change in difference.recommendations:
        parts = "; ".join(f"{part.part}: {part.old} -> {part.new}" for part in change.parts)
        yield Result(
            "recommendation",
            "warning" if change.told else "note",
            f"{change.change}: {change.label}" + (f" ({parts})" if parts else ""),
            (one.pin.place,),
            about=(change.iri,),
        )


def take(one: Followed, other: Published) -> tuple[str, ...]:
    """Replace the copy by another version, pin that, and return the files that were written.

    The copy is replaced where it lies within the repository. One that lies elsewhere is left
    alone, and only the pin is renewed: the catalog has to lead to the other version already.
    Copy and pin change together or not at all; see ``staging``.

    Raises:
        IndicantError: the copy is elsewhere and is not that version, or cannot be written.
    """
    held = one.folder / PUBLISHED
    within = (
        held.is_dir() and not held.is_symlink() and real(one.copy.root).is_relative_to(real(held))
    )
    if not within and one.copy.digest != other.digest:
        raise IndicantError(
            "lies outside the repository and is not replaced",
            file=str(one.copy.root),
            help="put the newer version there, or have the catalog lead to it",
        )
    texts = dict(_repinned(one, one.overlay, other))
    with staged(one.folder) as stage:
        if within and one.copy.digest != other.digest:
            work = stage.folder(held, replace=True)
            places = {
                iri: held / place.relative_to(work) for iri, place in copy(other, work).items()
            }
            file = one.overlay / CATALOG
            before = texts[file][0] if file in texts else read_text(file)
            texts[file] = before, _catalog_with(one, one.overlay, places)
        for path, (before, after) in sorted(texts.items()):
            stage.file(path, after.encode(), before=before.encode())
    return tuple(str(path) for path in sorted(texts))


def _repinned(
    one: Followed, folder: Path, other: Published
) -> Iterator[tuple[Path, tuple[str, str]]]:
    """Yield the files of an overlay that name the version or the digest: before and after."""
    pairs = ((one.pin.version_iri, other.version_iri), (one.pin.digest, other.digest))
    for path in _own_files(folder, one.fence):
        if path.suffix != ".ttl" and path.name != CATALOG:
            continue
        text = bounded.text(path)
        changed = text
        for old, new in pairs:
            changed = changed.replace(old, new)
        if changed != text:
            yield path, (text, changed)


def _own_files(folder: Path, fence: Fence) -> list[Path]:
    """Return the ontologies, catalogs and tables of a folder, which no link leads out of."""
    every = visible(sorted(folder.rglob("*")), folder)
    found = [path for path in every if is_kept(path.name) and path.is_file()]
    for path in found:
        fence.follow(path, folder)
    return found


def _catalog_with(one: Followed, folder: Path, new: Mapping[str, Path]) -> str:
    """Return the catalog of the overlay, to be put into a folder, with another version in it.

    What it says of the core is left out: that comes with the package, for both versions alike.
    """
    overlay = real(one.overlay)
    held = real(one.folder / PUBLISHED)
    places = {}
    for iri, place in sources.catalog(overlay / CATALOG, one.fence).items():
        if place.is_relative_to(overlay):
            places[iri] = folder / place.relative_to(overlay)
        elif not place.is_relative_to(held) and not iri.startswith(CORE):
            places[iri] = place
    places.pop(one.pin.version_iri, None)
    return catalog(folder, places | dict(new))


@contextmanager
def _laid_over(one: Followed, other: Published) -> Iterator[tuple[Path, Path]]:
    """Lay a copy of the overlay over another version, and yield both places."""
    with _workplace() as work:
        places = copy(other, work / PUBLISHED)
        overlay = work / OVERLAY
        for path in _own_files(one.overlay, one.fence):
            target = overlay / path.relative_to(one.overlay)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(bounded.data(path))
        for path, (_, text) in list(_repinned(one, overlay, other)):
            path.write_text(text, encoding="utf-8")
        text = _catalog_with(one, overlay, places)
        (overlay / CATALOG).write_text(text, encoding="utf-8")
        yield _given(places[other.iri]), overlay


@contextmanager
def _workplace() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="indicant-") as name:
        yield real(name)


def _given(root: Path) -> Path:
    """Return how a guideline is named on the command line, from its own file."""
    return root.parent if root.name == sources.GUIDELINE_FILE else root


def _key(result: Result) -> tuple[object, ...]:
    return result.rule, result.about, result.message


def _moved(place: Place, moved: Mapping[str, str]) -> Place:
    for old, new in moved.items():
        resolved = str(real(place.file))
        if resolved.startswith(old + os.sep):
            return replace(place, file=new + resolved[len(old) :])
    return place
