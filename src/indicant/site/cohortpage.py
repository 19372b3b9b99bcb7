"""Show the summary of a cohort as one page with plots that needs nothing beside itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from indicant.assess.records import STATUSES
from indicant.site import markup
from indicant.site.layout import text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_MOST: Final = 40
"""How many bars a plot has; its table has all rows."""
_BAR: Final = 22
_WIDE: Final = 340
_GAP: Final = 10
_LABEL: Final = 300
_SIZE: Final = 13.0
DRAWN: Final = tuple(one for one in STATUSES.values() if one != "not-applicable")
"""What is drawn of statuses; what does not apply is left out of the plot."""


@dataclass(frozen=True)
class Part:
    """A part of a bar: which row of the legend it is of, where it stands and how wide it is."""

    kind: int
    x: float
    width: float
    said: str


@dataclass(frozen=True)
class Bar:
    """A bar of a plot: what it is of, where it stands, and its parts."""

    label: str
    y: int
    parts: tuple[Part, ...]
    told: str


@dataclass(frozen=True)
class Plot:
    """Bars on one scale, with a table of the same numbers; one that is withheld is nothing.

    ``legend`` are the words for the parts of a bar, in their order; ``rows`` have the label, and
    the numbers by the ``heads`` of the table.
    """

    name: str
    title: str
    description: str
    legend: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int | None, ...]], ...]
    bars: tuple[Bar, ...]
    height: int
    scale: int
    left_out: int


def as_page(record: Mapping[str, Any]) -> str:
    """Return the summary of a cohort as a page.

    Args:
        record: what ``indicant cohort --format json`` prints.

    Raises:
        IndicantError: Jinja is not installed.
    """
    template = markup.environment().get_template("cohort.html")
    from markupsafe import Markup

    style = markup.style("cohort.css")
    return template.render(
        record=record,
        plots=[one for one in _plots(record) if one.rows],
        style=Markup(style),  # noqa: S704 - our own
        style_source=markup.digest(style),
        wide=_WIDE,
        label_wide=_LABEL,
        bar=_BAR,
        links={},
    )


# One piece: the plots of the page, one after the other, each with what it is made of.
def _plots(record: Mapping[str, Any]) -> Iterable[Plot]:
    yield plot(
        "statuses",
        "What patients are answered",
        "For each intervention, how many patients have which status.",
        DRAWN,
        (*DRAWN, "no advice"),
        [
            (one["label"], [one["patients"][word] for word in (*DRAWN, "not-applicable")])
            for one in record["interventions"]
        ],
    )
    for direction, name, title, no, said in (
        ("for", "done", "Recommended, and done", "not-fulfilled", ("done", "not done")),
        ("against", "left", "Advised against, and left", "violated", ("left", "done all the same")),
    ):
        rows = [
            (
                one["label"],
                [
                    one["patients"]["fulfilled"],
                    one["patients"][no],
                    one["patients"]["not-recorded"],
                    one["patients"]["met"],
                ],
            )
            for one in record["recommendations"]
            if one["direction"] == direction
            and len(one["patients"]) > 1
            and one["patients"]["met"] != 0
        ]
        legend = (*said, "not known")
        yield plot(
            name,
            title,
            "Of those whom a recommendation concerns, for how many it was followed.",
            legend,
            (*legend, "all whom it concerns"),
            rows,
        )
    yield plot(
        "missing",
        "Which facts are missing",
        "For each fact that is not recorded, how many answers wait for it: those that hold a "
        "recommendation which it alone would settle, and the others. The last column tells how "
        "many would close if whoever has no record of this very fact did not have it.",
        ("it alone is wanting", "others are as well"),
        ("it alone is wanting", "others are as well", "patients", "would close if it is absent"),
        [
            (
                one["label"],
                [
                    one["alone"],
                    _less(one["answers"], one["alone"]),
                    one["patients"],
                    one.get("closes"),
                ],
            )
            for one in record["missing"]
        ],
    )


def _less(whole: int | None, part: int | None) -> int | None:
    return None if whole is None or part is None else whole - part


def plot(
    name: str,
    title: str,
    description: str,
    legend: Sequence[str],
    heads: Sequence[str],
    rows: Sequence[tuple[str, Sequence[int | None]]],
) -> Plot:
    """Return a plot of rows; of each the first numbers are drawn, one for each word of the legend.

    Rows without anything to draw are in the table alone.
    """
    drawn = [
        (label, numbers)
        for label, numbers in rows
        if any(one != 0 for one in numbers[: len(legend)])
    ]
    most = max((sum(one or 0 for one in numbers[: len(legend)]) for _, numbers in drawn), default=0)
    scale = _round(most)
    bars = []
    for at, (label, numbers) in enumerate(drawn[:_MOST]):
        x, parts, told = 0.0, [], []
        for kind, number in enumerate(numbers[: len(legend)]):
            shown = "withheld" if number is None else f"{number:,}"
            told.append(f"{shown} {legend[kind]}")
            if number:
                width = number / scale * _WIDE
                parts.append(Part(kind, round(x, 2), round(width, 2), told[-1]))
                x += width
        said = f"{label}: {', '.join(told)}"
        bars.append(Bar(_fitting(label), at * (_BAR + _GAP), tuple(parts), said))
    return Plot(
        name,
        title,
        description,
        tuple(legend),
        tuple(heads),
        tuple((label, tuple(numbers)) for label, numbers in rows),
        tuple(bars),
        max(0, len(bars) * (_BAR + _GAP)),
        scale,
        max(0, len(drawn) - _MOST),
    )


def _fitting(label: str) -> str:
    """Return as much of a label as has room beside a bar."""
    found = label
    while found and text_width(f"{found}…", _SIZE) > _LABEL - 40:
        found = found[:-1]
    return label if found == label else f"{found}…"


def _round(number: int) -> int:
    """Return the next number with one digit and noughts.

    >>> _round(0), _round(7), _round(132), _round(9_001)
    (1, 7, 200, 10000)
    """
    unit = int("1" + "0" * (len(str(number)) - 1))
    return max(1, -(-number // unit) * unit)
