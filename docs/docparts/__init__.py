"""Fill the pages of the reference with what code, ontology, shapes and examples say themselves.

A page has ``<!-- part: NAME -->`` or ``<!-- part: NAME ARGUMENT -->`` on a line of its own where
such a part belongs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from docparts import (
    examples,
    exchange,
    hooks,
    intake,
    questions,
    records,
    rules,
    shapes,
    terms,
    verbs,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PARTS: Final[Mapping[str, Callable[[str], str]]] = {
    "answers": lambda _: intake.answers(),
    "asides": intake.asides,
    "cards": lambda _: hooks.levels(),
    "concepts": lambda _: intake.concepts(),
    "example": examples.example,
    "extensions": lambda _: exchange.extensions(),
    "overrides": lambda _: hooks.overrides(),
    "refusals": lambda _: examples.refusals(),
    "questions": lambda _: questions.text(),
    "records": records.typed,
    "renderings": lambda _: exchange.renderings(),
    "rules": rules.text,
    "schema": records.schema,
    "searches": lambda _: hooks.searches(),
    "shapes": shapes.text,
    "standings": intake.standings,
    "systems": lambda _: intake.systems(),
    "terms": terms.text,
    "vocabulary": lambda _: examples.vocabulary(),
    "vocabularies": lambda _: intake.vocabularies(),
    "verbs": lambda _: verbs.text(),
}
_PART: Final = re.compile(r"^<!-- part: ([\w-]+)(?: (\S+))? -->$", re.MULTILINE)


def filled(text: str) -> str:
    """Return the text of a page with its parts in their places.

    Raises:
        KeyError: there is no such part.

    >>> filled("<!-- a remark -->")
    '<!-- a remark -->'
    """
    return _PART.sub(lambda found: PARTS[found[1]](found[2] or "").strip("\n"), text)
