"""What the records of other systems count for, as the tables of ``ontology/intake`` have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docparts.markup import heading, plain, sections, table
from indicant.intake.readings import ASIDE, tables

if TYPE_CHECKING:
    from indicant.intake.readings import Reading, RecordType


def standings(of: str) -> str:
    """Return, type by type of FHIR or table by table of OMOP, which status counts for what."""
    found = tables()
    types = found.cdm if of == "omop" else found.types
    return sections(
        _section(types[name], found.readings[name], of)
        for name in sorted(types)
        if name in found.readings
    )


def _section(of: RecordType, rows: tuple[Reading, ...], standard: str) -> str:
    ordered = sorted(rows, key=lambda one: (one.rank, one.name))
    return sections(
        (
            heading(3, of.name, f"intake-{standard}-{of.name.lower()}"),
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
    >>> page("https://ohdsi.github.io/CommonDataModel/cdm54.html#death")
    'CDM 5.4 death'
    >>> page("https://github.com/OHDSI/Vocabulary-v5.0/wiki/Vocab.-TYPE_CONCEPT")
    'type concepts'
    """
    if "ohdsi" in address.lower():
        return f"CDM 5.4 {address.partition('#')[2]}" if "#" in address else "type concepts"
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
    "Observed": "says what its value says; of a finding, was there on that day",
    "Ongoing": "received, and is under way",
    "Present": "has",
}


def asides(of: str) -> str:
    """Return the types of records, or tables, of which nothing is read, and why."""
    found = tables()
    types = found.cdm if of == "omop" else found.types
    rows = [
        (f"`{one.name}`", plain(one.note), ", ".join(sorted(one.tells)))
        for one in sorted(types.values(), key=lambda one: one.name)
        if one.kind == ASIDE
    ]
    word = "table" if of == "omop" else "type"
    return table((word, "why it is set aside", "may tell all the same of a"), rows)


def vocabularies() -> str:
    """Return what OMOP calls vocabularies, and what they are to the tables of codes."""
    rows = [(f"`{name}`", f"`{scheme}`") for name, scheme in sorted(tables().vocabularies.items())]
    return table(("vocabulary_id", "in the tables of codes"), rows)


def concepts() -> str:
    """Return what concepts say that are known by their numbers."""
    rows = [
        (f"`{column}`", f"`{number}`", f"`{says}`")
        for (column, number), says in sorted(tables().concepts.items())
    ]
    return table(("column", "concept_id", "says"), rows)


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
