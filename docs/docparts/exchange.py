"""How our language is said in the codes of others, by the tables of ``ontology/exchange``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docparts.intake import page
from docparts.markup import heading, plain, sections, table
from indicant.exchange.renderings import EXCHANGE, tables
from indicant.terms import IND

if TYPE_CHECKING:
    from indicant.exchange.renderings import Rendering


def renderings() -> str:
    """Return, element by element, which code says what."""
    by: dict[str, list[Rendering]] = {}
    for row in tables().renderings.values():
        by.setdefault(row.element, []).append(row)
    return sections(_section(element, by[element]) for element in sorted(by, key=_title))


def _title(element: str) -> str:
    return element.rsplit("/", 1)[-1]


def _section(element: str, rows: list[Rendering]) -> str:
    systems = {row.system for row in rows if row.system}
    title = _title(element)
    ordered = sorted(rows, key=lambda one: (one.rank, one.code, one.of))
    return sections(
        (
            heading(3, f"`{title}`", f"exchange-{title.lower().replace('.', '-')}"),
            f"Codes of `{systems.pop()}`." if systems else "",
            table(
                ("of", "code", "as the standard has it", "why so", "clause"),
                [
                    (
                        named(one.of),
                        f"`{one.code}`",
                        plain(one.clause),
                        plain(one.note),
                        f"[{page(one.source)}]({one.source})",
                    )
                    for one in ordered
                ],
            ),
        )
    )


def named(iri: str) -> str:
    """Return a term by its prefix, and anything else as it is.

    >>> named(IND + "Met"), named("http://loinc.org")
    ('`ind:Met`', '`http://loinc.org`')
    """
    for prefix, space in (("ind:", IND), ("exchange:", EXCHANGE)):
        if iri.startswith(space):
            return f"`{prefix}{iri.removeprefix(space)}`"
    return f"`{iri}`"


def extensions() -> str:
    """Return the extensions of our own, and where each stands."""
    rows = [
        (
            named(one.url),
            ", ".join(f"`{element}`" for element in one.elements),
            f"`{one.value}`",
            plain(one.note),
        )
        for one in sorted(tables().extensions.values(), key=lambda one: one.url)
    ]
    return table(("address", "stands in", "value", "what it says"), rows)
