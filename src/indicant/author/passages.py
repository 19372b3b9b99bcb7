"""Check the passages of a guideline against a copy of the document that they come from."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypedDict

from indicant.assess.engine import OxigraphEngine
from indicant.compile.owl import ontology_text
from indicant.errors import IndicantError
from indicant.terms import local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from indicant.files.sources import Source

State = Literal["matches", "moved", "changed"]

MAX_BYTES: Final = 2_000_000
_WINDOWS: Final = 4_000_000
_NEAR: Final = 5_000
_AS_IT_IS: Final = ""
_PLACE: Final = re.compile(r"\d{1,9} \d{1,9}", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Passage:
    """Where a passage stands, in code points with the end exclusive, and its digest."""

    iri: str
    id: str
    start: int
    end: int
    sha256: str


@dataclass(frozen=True)
class Origin:
    """A document that passages come from, in the order in which they stand."""

    iri: str
    title: str | None
    sha256: str | None
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class Check:
    """What became of a passage: ``found`` is where its text now starts, if it stands anywhere."""

    passage: Passage
    state: State
    found: int | None
    line: int


class PassageCheckRecord(TypedDict):
    """What became of a passage, for a program to read."""

    id: str
    iri: str
    start: int
    end: int
    sha256: str
    state: State
    foundAt: int | None
    line: int


class VerificationRecord(TypedDict):
    """What became of the passages of a document, for a program to read."""

    file: str
    document: str
    title: str | None
    readWith: str | None
    wholeMatches: bool | None
    exhaustive: bool
    matching: int
    passages: list[PassageCheckRecord]


@dataclass(frozen=True)
class Verification:
    """A copy of a document held against the passages that a guideline takes from it.

    ``reading`` is empty where the copy was taken as it stands, and else says what had to be left
    out of it before its passages matched best. ``whole`` tells whether the digest of the whole
    matches, and is not known where the guideline states none. ``exhaustive`` tells whether what
    is not found was looked for at every position.
    """

    file: str
    origin: Origin
    reading: str
    whole: bool | None
    exhaustive: bool
    length: int
    checks: tuple[Check, ...]

    @property
    def matching(self) -> int:
        """Return how many passages match where they stand."""
        return sum(check.state == "matches" for check in self.checks)

    @property
    def holds(self) -> bool:
        """Tell whether every passage matches in the copy as it stands."""
        return self.matching == len(self.checks) and self.reading == _AS_IT_IS

    def record(self) -> VerificationRecord:
        """Return what ``indicant verify-source --format json`` prints."""
        return VerificationRecord(
            file=self.file,
            document=self.origin.iri,
            title=self.origin.title,
            readWith=self.reading or None,
            wholeMatches=self.whole,
            exhaustive=self.exhaustive,
            matching=self.matching,
            passages=[
                PassageCheckRecord(
                    id=check.passage.id,
                    iri=check.passage.iri,
                    start=check.passage.start,
                    end=check.passage.end,
                    sha256=check.passage.sha256,
                    state=check.state,
                    foundAt=check.found,
                    line=check.line,
                )
                for check in self.checks
            ],
        )

    def lines(self) -> Iterator[str]:
        """Yield what to tell a person: what does not match, then how much does."""
        if self.reading:
            yield f"{self.file}: does not match as it stands; compared {self.reading}"
        for check in self.checks:
            if check.state != "matches":
                yield f"{self.file}:{check.line}: {self.told(check)}"
        total = len(self.checks)
        summary = f"{self.file}: {self.matching} of {total} passages match"
        if self.whole is None:
            yield f"{summary}; the guideline states no digest of the whole"
        elif self.whole:
            yield f"{summary}, and so does the whole"
        elif self.matching == total:
            yield f"{summary}; the text around them differs"
        else:
            yield f"{summary}; the digest of the whole does not"

    def told(self, check: Check) -> str:
        """Say what became of a passage."""
        passage = check.passage
        place = f"{passage.id} [{passage.start}-{passage.end}]"
        if check.found is not None:
            end = check.found + passage.end - passage.start
            return f"{place} has moved: its text now stands at {check.found}-{end}"
        if passage.start >= self.length:
            return f"{place} is not found: the document ends at {self.length}"
        if passage.end > self.length:
            return f"{place} is not found: the document breaks off within it, at {self.length}"
        if self.exhaustive:
            return f"{place} is not found: its text was changed"
        return f"{place} is not found near its place or between words: its text was changed"


def origins(source: Source) -> list[Origin]:
    """Return the documents that a guideline takes passages from.

    Raises:
        IndicantError: it takes none, or a passage has no place.
    """
    rows = OxigraphEngine(ontology_text(source)).ask("where-does-each-passage-stand")
    found: dict[str, Origin] = {}
    for document, title, whole, iri, name, start, end, digest in rows:
        assert document is not None and iri and digest is not None  # noqa: S101, PT018
        name = name or local_name(iri)
        place = f"{start} {end}"
        if not _PLACE.fullmatch(place) or int(start or 0) >= int(end or 0):
            raise IndicantError(
                f"the passage {name} has no place: it would stand from {start} to {end}",
                help="oa:start and oa:end count code points from zero, the end exclusive",
            )
        if not _SHA256.fullmatch(digest):
            raise IndicantError(
                f"the digest of the passage {name} is no SHA-256: {digest}",
                help="ind:sha256 is written in lower case hexadecimal",
            )
        passage = Passage(iri, name, int(start or 0), int(end or 0), digest)
        before = found[document].passages if document in found else ()
        found[document] = Origin(document, title, whole, (*before, passage))
    if not found:
        raise IndicantError(
            "the guideline takes no passage from a document",
            help="a passage has oa:hasSource, oa:hasSelector and ind:sha256",
        )
    return list(found.values())


def verify(text: str, origin: Origin, *, file: str) -> Verification:
    """Hold a copy of a document against the passages that come from it.

    Args:
        text: the copy, with the line ends and the byte order mark that it has.
        origin: one of what ``origins`` returned.
        file: what to call the copy.
    """
    reading, chosen = max(
        _readings(text).items(), key=lambda one: _matching(one[1], origin.passages)
    )
    missing = {one for one in origin.passages if not _stands(chosen, one, one.start)}
    places, exhaustive = _search(chosen, missing)
    checks = []
    for one in origin.passages:
        state: State = "matches"
        found: int | None = one.start
        if one in missing:
            found = min(places[one.sha256], key=lambda at: (abs(at - one.start), at), default=None)
            state = "changed" if found is None else "moved"
        at = min(one.start if found is None else found, len(chosen))
        checks.append(Check(one, state, found, chosen.count("\n", 0, at) + 1))
    whole = None if origin.sha256 is None else _digest(chosen) == origin.sha256
    return Verification(file, origin, reading, whole, exhaustive, len(chosen), tuple(checks))


def verify_best(text: str, candidates: Iterable[Origin], *, file: str) -> Verification:
    """Hold a copy against that of several documents which it matches best."""
    return max(
        (verify(text, origin, file=file) for origin in candidates),
        key=lambda one: (one.whole is True, one.matching / len(one.checks)),
    )


def _readings(text: str) -> dict[str, str]:
    """Return the ways to take a copy, the plainest first."""
    found = {_AS_IT_IS: text}
    unmarked = text.removeprefix("\ufeff")
    plain = unmarked.replace("\r\n", "\n").replace("\r", "\n")
    if unmarked != text:
        found["without its byte order mark"] = unmarked
    if plain != unmarked:
        also = "" if unmarked == text else " and without its byte order mark"
        found[f"with plain line ends, where it has those of Windows{also}"] = plain
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _stands(text: str, passage: Passage, start: int) -> bool:
    return _digest(text[start : start + passage.end - passage.start]) == passage.sha256


def _matching(text: str, passages: Iterable[Passage]) -> int:
    return sum(_stands(text, passage, passage.start) for passage in passages)


def _search(text: str, missing: Iterable[Passage]) -> tuple[dict[str, list[int]], bool]:
    """Return where the digests of passages occur in a text, and whether all of it was searched.

    A long text is searched around each passage's place and wherever words begin and end.
    """
    by_length: dict[int, list[Passage]] = defaultdict(list)
    for passage in missing:
        by_length[passage.end - passage.start].append(passage)
    places: dict[str, list[int]] = defaultdict(list)
    exhaustive = len(text) * len(by_length) <= _WINDOWS
    begins, ends = ([], bytearray()) if exhaustive else _edges(text)
    data = text.encode() if text.isascii() else None
    for length, passages in by_length.items():
        last = len(text) - length
        starts: Iterable[int] = range(last + 1)
        if not exhaustive:
            near = {
                start
                for one in passages
                for start in range(max(one.start - _NEAR, 0), min(one.start + _NEAR, last) + 1)
            }
            near.update(start for start in begins if start <= last and ends[start + length])
            starts = sorted(near)
        wanted = {bytes.fromhex(one.sha256): one.sha256 for one in passages}
        for start in starts:
            if data is None:
                window = text[start : start + length].encode()
            else:
                window = data[start : start + length]
            name = wanted.get(hashlib.sha256(window).digest())
            if name is not None:
                places[name].append(start)
    return places, exhaustive


def _edges(text: str) -> tuple[list[int], bytearray]:
    """Return where words and marks begin, and for each position whether they can end there."""
    begins = []
    ends = bytearray(len(text) + 1)
    before = " "
    for at, character in enumerate(f"{text} "):
        if before.isalnum() != character.isalnum() or before.isspace() or character.isspace():
            if not character.isspace():
                begins.append(at)
            ends[at] = not before.isspace()
        before = character
    return begins, ends
