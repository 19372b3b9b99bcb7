"""What the records of other systems count for, as the tables of ``ontology/intake`` have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docparts.markup import heading, plain, sections, table
from indicant.intake.readings import ASIDE, tables

if TYPE_CHECKING:
    from indicant.intake.readings import Reading, RecordType


def standings() -> str:
    """Return, type by type, which status counts for what."""
    found = tables()
    return sections(
        _section(found.types[name], found.readings[name]) for name in sorted(found.readings)
    )


def _section(of: RecordType, rows: tuple[Reading, ...]) -> str:
    ordered = sorted(rows, key=lambda one: (one.rank, one.name))
    return sections(
        (
            heading(3, of.name, f"intake-{of.name.lower()}"),
            plain(of.note) if of.note else "",
            table(
                ("where", "it", "as the standard has it", "clause"),
                [
                    (
                        "; ".join(
                            f"`{element}` {' or '.join(f'`{one}`' for one in sorted(values))}"
                            for element, values in sorted(one.when)
                        ),
                        WORDS[one.standing],
                        plain(one.clause),
                        f"[{page(one.source)}]({one.source})",
                    )
                    for one in ordered
                ],
            ),
        )
    )


def page(address: str) -> str:
    """Return what to call a page of the standard.

    >>> page("http://hl7.org/fhir/R4/valueset-event-status.html")
    'R4 event-status'
    """
    version, page = address.rsplit("/", 2)[-2:]
    return f"{version} {page.removesuffix('.html').removeprefix('valueset-')}"


WORDS = {
    "InError": "is dropped, and counted",
    "CountsForNothing": "counts for nothing",
    "NotDone": "counts for nothing",
    "Absent": "excludes, on the as-of date alone",
    "Proposed": "proposes",
    "AtSomeTime": "had, and perhaps has",
    "Past": "had",
    "Received": "received",
    "Observed": "says what its value says",
    "Ongoing": "received, and is under way",
    "Present": "has",
}


def asides() -> str:
    """Return the types of records of which nothing is read, and why."""
    rows = [
        (f"`{one.name}`", plain(one.note), ", ".join(sorted(one.tells)))
        for one in sorted(tables().types.values(), key=lambda one: one.name)
        if one.kind == ASIDE
    ]
    return table(("type", "why it is set aside", "may tell all the same of a"), rows)


def systems() -> str:
    """Return the names of code systems, and which vocabulary each is."""
    rows = [
        (f"`{name}`", f"`{scheme}`", f"`{prefix}`" if prefix else "")
        for name, (scheme, prefix) in sorted(tables().systems.items())
    ]
    return table(("system", "in the tables of codes", "what stands before a code"), rows)


def answers() -> str:
    """Return the codes by which an observation says whether something is there."""
    rows = [
        (f"`{system}`", f"`{code}`", meaning.lower())
        for (system, code), meaning in sorted(tables().answers.items())
    ]
    return table(("system", "code", "means"), rows)
