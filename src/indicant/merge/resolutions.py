"""Read how an overlay settles conflicts between guidelines, and what of it holds on a day."""

from __future__ import annotations

import datetime
import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.errors import IndicantError
from indicant.merge.collection import Added, place_of, text_of
from indicant.report.findings import Result
from indicant.terms import DCTERMS, IND, LABEL, PROV, TYPE, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from indicant.files.rdf import Document
    from indicant.merge.collection import Collected
    from indicant.report.findings import Place

RESOLUTION: Final = IND + "Resolution"
OVERRIDES: Final = IND + "overrides"
_WANTED: Final = (
    (PROV + "wasAttributedTo", "prov:wasAttributedTo", "who took it"),
    (DCTERMS + "date", "dcterms:date", "when it was taken"),
    (IND + "rationale", "ind:rationale", "why"),
)


@dataclass(frozen=True)
class Resolution:
    """A decision that one recommendation gives way to another, as it is recorded."""

    iri: str
    overriding: str
    overridden: tuple[str, ...]
    who: str
    date: str
    why: str
    start: str | None
    end: str | None
    document: Document

    @property
    def place(self) -> Place:
        """Return where it is recorded."""
        return place_of(self.document, self.iri)

    def told(self) -> str:
        """Return the decision in words: why, by whom and when."""
        until = f", until {self.end}" if self.end else ""
        return f"{self.why} ({self.who}, {self.date}{until})"


def resolutions(collected: Collected, as_of: str | None) -> tuple[list[Resolution], list[Result]]:
    """Return the resolutions that hold on a day, and what is wrong with them or with others.

    Raises:
        IndicantError: one holds from or until a day, and no day is given.
    """
    found: list[Resolution] = []
    results: list[Result] = []
    known = set(collected.owners())
    for document in collected.documents:
        for iri in _subjects(document):
            one = _read(collected, document, iri, results)
            if one is None:
                continue
            if as_of is None and (one.end is not None or one.start is not None):
                place = place_of(document, iri)
                raise IndicantError(
                    f"{local_name(iri)} holds for a time only, and no clock is read",
                    file=place.file,
                    line=place.line,
                    help="say on which day the guidelines are merged:  --as-of YYYY-MM-DD",
                )
            results += _dangling(one, known)
            late = _out_of_date(one, as_of)
            if late is not None:
                results.append(late)
            elif {one.overriding, *one.overridden} <= known:
                found.append(one)
    results += _contradictory(found)
    return found, results


def overriding(found: Iterable[Resolution]) -> list[Added]:
    """Return what resolutions that hold add to the merged graph."""
    return [
        Added(one.overriding, OVERRIDES, other, one.iri)
        for one in found
        for other in one.overridden
    ]


def _subjects(document: Document) -> list[str]:
    return list(
        dict.fromkeys(
            text_of(quad.subject)
            for quad in document.quads
            if quad.predicate.value == TYPE and text_of(quad.object) == RESOLUTION
        )
    )


def _read(
    collected: Collected, document: Document, iri: str, results: list[Result]
) -> Resolution | None:
    values: dict[str, list[str]] = {}
    for quad in document.quads:
        if text_of(quad.subject) == iri:
            values.setdefault(quad.predicate.value, []).append(text_of(quad.object))
    winners = values.get(IND + "overriding", [])
    losers = tuple(values.get(IND + "overridden", []))
    place = place_of(document, iri)
    if len(winners) != 1 or not losers:
        results.append(
            _result(
                "resolution",
                "error",
                f"{local_name(iri)} does not say which recommendation gives way to which",
                place,
                "a resolution has one ind:overriding, and ind:overridden once or more",
                iri,
            )
        )
        return None
    missing = [(name, word) for path, name, word in _WANTED if not values.get(path)]
    if missing:
        results.append(
            _result(
                "resolution",
                "warning",
                f"{local_name(iri)} does not say {_list(word for _, word in missing)}",
                place,
                f"add {_list(name for name, _ in missing)}",
                iri,
            )
        )
    dates = {
        path: _date(values.get(path, []), iri, place)
        for path in (DCTERMS + "date", IND + "validFrom", IND + "validUntil")
    }
    who = values.get(PROV + "wasAttributedTo", [""])[0]
    return Resolution(
        iri,
        winners[0],
        losers,
        _called(collected, who) if who else "nobody named",
        dates[DCTERMS + "date"] or "undated",
        next(iter(values.get(IND + "rationale", [])), "no reason is given"),
        dates[IND + "validFrom"],
        dates[IND + "validUntil"],
        document,
    )


def _date(values: list[str], iri: str, place: Place) -> str | None:
    if not values:
        return None
    try:
        return datetime.date.fromisoformat(values[0]).isoformat()
    except ValueError as error:
        raise IndicantError(
            f"{local_name(iri)}: '{values[0]}' is not a date",
            file=place.file,
            line=place.line,
            help='write it as in  "2026-01-31"^^xsd:date',
        ) from error


def _called(collected: Collected, iri: str) -> str:
    for document in collected.documents:
        for quad in document.quads:
            if (
                quad.predicate.value == LABEL
                and text_of(quad.subject) == iri
                and isinstance(quad.object, ox.Literal)
                and quad.object.language in {None, "en"}
            ):
                return quad.object.value
    return local_name(iri)


def _dangling(one: Resolution, known: set[str]) -> Iterator[Result]:
    for path, iri in (
        (IND + "overriding", one.overriding),
        *((IND + "overridden", other) for other in one.overridden),
    ):
        if iri not in known:
            near = difflib.get_close_matches(iri, sorted(known), n=1, cutoff=0.8)
            yield _result(
                "dangling-resolution",
                "error",
                f"{local_name(one.iri)} names <{iri}>, which is no recommendation of these "
                "guidelines",
                place_of(one.document, one.iri, path, iri),
                f"did you mean {local_name(near[0])}?"
                if near
                else "merge the guideline that makes it, or take the resolution out",
                one.iri,
            )


def _out_of_date(one: Resolution, as_of: str | None) -> Result | None:
    start = one.start or (one.date if one.date != "undated" else None)
    if as_of is None:
        return None
    if one.end is not None and one.end < as_of:
        return _result(
            "expired-resolution",
            "error",
            f"{local_name(one.iri)} held until {one.end} and not on {as_of}",
            place_of(one.document, one.iri, IND + "validUntil"),
            "decide again, and give the decision a new ind:validUntil",
            one.iri,
        )
    if start is not None and start > as_of:
        return _result(
            "early-resolution",
            "warning",
            f"{local_name(one.iri)} holds from {start} and not on {as_of}",
            place_of(one.document, one.iri, IND + "validFrom"),
            "merge as of a later day",
            one.iri,
        )
    return None


def _contradictory(found: Iterable[Resolution]) -> Iterator[Result]:
    by: dict[tuple[str, str], Resolution] = {}
    for one in found:
        for other in one.overridden:
            by[(one.overriding, other)] = one
    for (winner, loser), first in sorted(by.items(), key=lambda item: item[0]):
        second = by.get((loser, winner))
        if second is not None and winner <= loser:
            yield Result(
                "contradictory-resolutions",
                "error",
                f"{local_name(winner)} overrides {local_name(loser)} by {local_name(first.iri)}, "
                f"and the other way round by {local_name(second.iri)}",
                tuple(dict.fromkeys((first.place, second.place))),
                "keep one of the two",
                (first.iri, second.iri),
            )


def _result(rule: str, level: str, message: str, place: Place, hint: str, iri: str) -> Result:
    return Result(rule, "error" if level == "error" else "warning", message, (place,), hint, (iri,))


def _list(words: Iterable[str]) -> str:
    found = list(words)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"
