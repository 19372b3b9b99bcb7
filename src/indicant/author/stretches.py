"""Find the stretch of a document that somebody quotes, whatever its lines and spaces are."""

from __future__ import annotations

import bisect
import itertools
import re
from typing import Final

from indicant.errors import IndicantError

MOST: Final = 1_000
"""Among how many places one can be named."""
_MOST_LINES: Final = 8


def stretch(text: str, quote: str, nth: int | None = None, *, file: str) -> tuple[int, int]:
    r"""Return where quoted words stand in a text, in code points with the end exclusive.

    Any white space in the quote stands for any in the text, and that around the quote for nothing:
    lines that are broken elsewhere, runs of spaces and indents do not matter. All else does.

    >>> stretch("Take\n  an umbrella.\n", " Take an umbrella. ", file="leaflet.txt")
    (0, 19)

    Args:
        text: the document.
        quote: the words.
        nth: which of several places is meant, counted from one.
        file: what to call the document in an error.

    Raises:
        IndicantError: there are no words, or they stand nowhere, in several places of which none
            is named, or not in as many.
    """
    words = quote.split()
    if not words:
        raise IndicantError("a passage is a stretch of words", help="give them with --quote")
    if nth is not None and nth < 1:
        raise IndicantError(f"there is no place {nth}", help="--nth counts places from 1")
    places = _places(text, " ".join(words))
    if not places:
        raise IndicantError(
            "the words do not stand there", file=file, help="copy them as they are, with all signs"
        )
    if len(places) > MOST:
        raise IndicantError(
            f"the words stand there more than {MOST:,} times", file=file, help="quote more"
        )
    if nth is None and len(places) > 1:
        raise IndicantError(
            f"the words stand there {len(places)} times: {_lines(text, places)}",
            file=file,
            help=f"say which with  --nth 1  to  --nth {len(places)},  or quote more",
        )
    if nth is not None and nth > len(places):
        times = "once" if len(places) == 1 else f"{len(places)} times"
        raise IndicantError(
            f"there is no place {nth}: the words stand there {times}, {_lines(text, places)}",
            file=file,
        )
    return places[(nth or 1) - 1]


def _places(text: str, quote: str) -> list[tuple[int, int]]:
    """Return where words stand, one place more than the most if there are too many.

    They are looked for in the words of the text with one space between each.
    """
    stretches = [match.span() for match in re.finditer(r"\S+", text)]
    flat = " ".join(text[start:end] for start, end in stretches)
    begins = list(
        itertools.accumulate((end - start + 1 for start, end in stretches[:-1]), initial=0)
    )

    def place(at: int) -> int:
        number = bisect.bisect_right(begins, at) - 1
        return stretches[number][0] + at - begins[number]

    found: list[tuple[int, int]] = []
    at = flat.find(quote)
    while at >= 0 and len(found) <= MOST:
        found.append((place(at), place(at + len(quote) - 1) + 1))
        at = flat.find(quote, at + 1)
    return found


def _lines(text: str, places: list[tuple[int, int]]) -> str:
    r"""Say on which lines places begin, of many only the first.

    >>> _lines("a\na a\n", [(0, 1), (2, 3), (4, 5)])
    'lines 1, 2 and 2'
    """
    numbers, line, at = [], 1, 0
    for start, _ in places[:_MOST_LINES]:
        line += text.count("\n", at, start)
        at = start
        numbers.append(str(line))
    more = len(places) - len(numbers)
    last = f"{more} more" if more else numbers.pop() if len(numbers) > 1 else ""
    shown = ", ".join(numbers) + (f" and {last}" if last else "")
    return f"line{'s' if len(places) > 1 else ''} {shown}"
