"""Merge guidelines: read them, hold them against one another, and say what is between them."""

from __future__ import annotations

import datetime
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indicant.compile.axioms import Axioms
from indicant.compile.overriding import effective
from indicant.compile.profile import read_model
from indicant.errors import IndicantError
from indicant.foreign import plain
from indicant.guideline.mappings import of_source
from indicant.guideline.names import prefixes_in
from indicant.merge.clashes import clashes, consistent, matched
from indicant.merge.collection import FORMATS, collect, memberships, serialize, settled
from indicant.merge.interactions import RULES as INTERACTIONS
from indicant.merge.interactions import interactions
from indicant.merge.resolutions import overriding, resolutions
from indicant.report.findings import Place, Report, Result, Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indicant.files.fence import Fence
    from indicant.files.sources import Source
    from indicant.merge.collection import Added, Collected
    from indicant.merge.resolutions import Resolution

CLASHES: Final = (
    Rule(
        "version",
        "every ontology is there in one version",
        "The same ontology IRI with another versionIRI or other content would mix two versions.",
    ),
    Rule(
        "definition",
        "every term has one definition",
        "A term that two files declare and define differently means two things.",
    ),
    Rule(
        "axioms",
        "every term is declared with the same axioms wherever it is declared",
        "What only adds to a term of somebody else does not declare it.",
    ),
    Rule("label", "every label is the label of one term", "People choose terms by their labels."),
    Rule("namespace", "every guideline has a namespace of its own", "Names would meet one day."),
    Rule(
        "same",
        "what tables match exactly can be the same",
        "Two terms of one ontology are two on purpose.",
    ),
    Rule(
        "inconsistent",
        "the guidelines together have a model, with a member for each class",
        "HermiT names a smallest set of axioms that cannot hold together.",
    ),
    Rule(
        "profile", "the guidelines together are within the profile", "See the line that it names."
    ),
    Rule("copy", "no file is there twice", "Two copies of one ontology are merged once."),
    Rule(
        "excerpt",
        "every ontology is small enough to be merged whole",
        "Of a larger one the terms in use are taken, with all that is above them.",
    ),
)
RESOLUTIONS: Final = (
    Rule(
        "resolution",
        "every resolution says what gives way to what, who decided, when and why",
        "ind:overriding, ind:overridden, prov:wasAttributedTo, dcterms:date and ind:rationale.",
    ),
    Rule(
        "dangling-resolution",
        "every resolution is about recommendations that are there",
        "The guideline may have renamed or dropped what was decided about.",
    ),
    Rule(
        "expired-resolution",
        "no resolution has expired",
        "A decision with an end is to be taken again.",
    ),
    Rule("early-resolution", "no resolution is still to come", "It does not hold on that day."),
    Rule(
        "contradictory-resolutions",
        "no two resolutions say the opposite",
        "Which of two recommendations gives way would depend on the order of reading.",
    ),
)
REFUSING: Final = frozenset(
    (
        "version",
        "definition",
        "axioms",
        "same",
        "inconsistent",
        "profile",
        "resolution",
        "contradictory-resolutions",
    )
)


@dataclass(frozen=True)
class Combined:
    """What a merge comes to: what was found, and the graph unless it is refused."""

    report: Report
    data: bytes | None


def combine(
    names: Sequence[str],
    *,
    as_of: str | None = None,
    within: bool = False,
    seconds: float = 60.0,
    output: str | None = None,
    fence: Fence | None = None,
) -> Combined:
    """Merge guidelines given by name, folder or file.

    Args:
        names: the guidelines.
        as_of: the day on which resolutions shall hold, ``YYYY-MM-DD``.
        within: whether to report what is within one guideline as well.
        seconds: the time limit for the search over all possible cases.
        output: the name of the file to be written, which says in which format.
        fence: where files of the guidelines may lie; without, the repository of each.

    Raises:
        IndicantError: something cannot be read, the day is none, the name asks for no format, or
            a resolution holds for a time and no day is given.
    """
    _check(as_of, output)
    progress = _Progress()
    collected = collect(names, progress, fence=fence)
    progress.done()
    results = [*collected.results, *_without_a_reading(collected)]
    undecided: list[str] = []
    added = memberships(collected)
    same: list[Added] = []
    if not _refused(results):
        same, unlike = matched(collected, of_source(collected.source()))
        results += [*unlike, *clashes(collected, same)]
    decided, wrong = resolutions(collected, as_of)
    results += wrong
    if not _refused(results):
        added += [*overriding(decided), *same]
        document = settled(collected, added)
        try:
            results += consistent(collected, document, same, seconds=seconds)
        except IndicantError as error:
            undecided.append(f"whether the guidelines are consistent: {error.message}")
    if not _refused(results):
        source = collected.source(document)
        between, open_ = _between(collected, source, decided, within, seconds)
        results += between
        undecided += open_
    refused = _refused(results)
    data = None
    if output is not None and not refused:
        data = serialize(collected, added, output, as_of)
    return Combined(_report(names, collected, results, undecided, output, refused), data)


def _between(
    collected: Collected,
    source: Source,
    decided: Sequence[Resolution],
    within: bool,
    seconds: float,
) -> tuple[list[Result], list[str]]:
    """Return what is between recommendations and what is left open, or why that is not known."""
    try:
        model = read_model(source)
        effective(model)
    except IndicantError as error:
        place: tuple[Place, ...] = tuple(one.place for one in decided)
        if error.file is not None:
            place = (Place(error.file, error.line),)
        return [Result("profile", "error", error.message, place, error.help)], []
    prefixes = prefixes_in(one.text for one in collected.documents)
    return interactions(collected, source, model, decided, prefixes, within=within, seconds=seconds)


def _check(as_of: str | None, output: str | None) -> None:
    if as_of is not None:
        try:
            datetime.date.fromisoformat(as_of)
        except ValueError as error:
            raise IndicantError(
                f"'{as_of}' is not a date", help="write it as YYYY-MM-DD"
            ) from error
    if output is not None and Path(output).suffix.lower() not in FORMATS:
        raise IndicantError(
            "a merged graph is TriG or N-Quads", file=output, help="end the name in .trig or .nq"
        )


def _without_a_reading(collected: Collected) -> list[Result]:
    """Return the first that OWL gives no reading, before a reasoner takes one of several."""
    try:
        Axioms(collected.source()).hold_to_grammar()
    except IndicantError as error:
        place = () if error.file is None else (Place(error.file, error.line),)
        return [Result("profile", "error", error.message, place, error.help)]
    return []


def _refused(results: Sequence[Result]) -> bool:
    return any(one.rule in REFUSING and one.level == "error" for one in results)


def _report(
    names: Sequence[str],
    collected: Collected,
    results: Sequence[Result],
    undecided: Sequence[str],
    output: str | None,
    refused: bool,
) -> Report:
    guidelines = [part for part in collected.parts if part.guideline]
    shared = len(collected.parts) - len(guidelines)
    count = f"{len(guidelines)} guideline{'s' if len(guidelines) != 1 else ''}"
    parts = [f"{count} and {shared} shared ontolog{'ies' if shared != 1 else 'y'}"]
    between = {
        rule.name: sum(one.rule == rule.name and one.accepted is None for one in results)
        for rule in INTERACTIONS
    }
    for name, number in between.items():
        if number:
            word = "pair of alternatives" if name == "alternatives" else name
            parts.append(f"{number} {word if number == 1 else _plural(word)}")
    settled_ = sum(one.accepted is not None for one in results)
    if settled_:
        parts.append(f"{settled_} settled")
    other = sum(one.rule not in between and one.level != "note" for one in results)
    if other:
        parts.append(f"{other} other finding{'s' if other != 1 else ''}")
    if refused:
        parts.append("refused: nothing was written" if output else "refused")
    elif output is not None:
        parts.append(f"written to {output}")
    return Report(
        "merge",
        " ".join(names),
        (*CLASHES, *RESOLUTIONS, *INTERACTIONS),
        tuple(results),
        tuple(undecided),
        "; ".join(parts),
        data={
            "guidelines": [part.name for part in guidelines],
            "ontologies": [part.name for part in collected.parts if not part.guideline],
            "interactions": between,
            "written": None if refused else output,
        },
    )


def _plural(words: str) -> str:
    """Return the plural of a noun, which comes first.

    >>> _plural("pair of alternatives"), _plural("repair")
    ('pairs of alternatives', 'repairs')
    """
    noun, space, rest = words.partition(" ")
    return f"{noun}s{space}{rest}"


class _Progress:
    """Names what is being read, with a bar where it takes long, on a terminal only."""

    _WIDTH: Final = 30

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()

    def __call__(self, what: str, share: float | None = None) -> None:
        if not self._shown:
            return
        bar = ""
        if share is not None:
            full = round(min(share, 1.0) * self._WIDTH)
            bar = f"[{'#' * full}{'.' * (self._WIDTH - full)}] {min(share, 1.0):4.0%} "
        print(f"\r\x1b[K{bar}reading {plain(what)}"[:200], end="", file=sys.stderr, flush=True)

    def done(self) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
