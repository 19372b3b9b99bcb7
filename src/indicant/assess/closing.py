"""What a case says of completeness, as OWL: that there is no more than is recorded.

Of a class whose members are all recorded, what a role leads to is none of it or is one of the
records that can be; what a case is complete for from a day on may also be one that happened before.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING

from indicant.compile.owl import listed
from indicant.terms import IND, OWL, RDFS, TYPE, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from indicant.query.rows import Row

_FALSE = f'"false"^^<{XSD}boolean>'


def closed_text(rows: Iterable[Row], missing: Iterable[Row]) -> str:
    """Return axioms about cases as N-Triples.

    Args:
        rows: case, role, class, the statement of completeness if there is one, and a record that
            can be of the class, or nothing; see ``queries/owl/closed.rq``.
        missing: statement, property, bound and limit of what was before, or a truth value as limit
            without a bound; see ``queries/owl/missing.rq``.
    """
    records: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for case, role, cls, by, record in rows:
        found = records[(case or "", role or "", cls or "", by or "")]
        if record is not None:
            found.append(record)
    before: dict[str, list[tuple[str, str | None, str]]] = defaultdict(list)
    for by, name, bound, limit in missing:
        before[by or ""].append((name or "", bound, limit or ""))
    lines: list[str] = []
    for (case, role, cls, by), nodes in records.items():
        lines += _closed(case, role, cls, nodes, before[by] if by else None)
    return "".join(f"{line} .\n" for line in lines)


def _closed(
    case: str,
    role: str,
    cls: str,
    nodes: Sequence[str],
    before: Sequence[tuple[str, str | None, str]] | None,
) -> Iterator[str]:
    parts = [case, role, cls, *nodes, *map(str, before or ())]
    stem = "_:c" + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]
    yield f"<{case}> <{TYPE}> {stem}"
    yield f"{stem} <{TYPE}> <{OWL}Restriction>"
    yield f"{stem} <{OWL}onProperty> <{role}>"
    yield f"{stem} <{OWL}allValuesFrom> {stem}u"
    yield f"{stem}u <{TYPE}> <{OWL}Class>"
    options = [f"{stem}n"]
    yield f"{stem}n <{TYPE}> <{OWL}Class>"
    yield f"{stem}n <{OWL}complementOf> <{cls}>"
    if nodes:
        options.append(f"{stem}o")
        yield f"{stem}o <{TYPE}> <{OWL}Class>"
        yield f"{stem}o <{OWL}oneOf> {stem}p0"
        yield from listed(f"{stem}p", [f"<{node}>" for node in nodes])
    if before is not None:
        options.append(f"{stem}b")
        yield f"{stem}b <{TYPE}> <{OWL}Class>"
        yield f"{stem}b <{OWL}intersectionOf> {stem}q0"
        yield from listed(f"{stem}q", [f"{stem}r{number}" for number in range(len(before))])
        for number, (name, bound, limit) in enumerate(before):
            yield from _before(f"{stem}r{number}", name, bound, limit)
    yield f"{stem}u <{OWL}unionOf> {stem}v0"
    yield from listed(f"{stem}v", options)


def _before(node: str, name: str, bound: str | None, limit: str) -> Iterator[str]:
    yield f"{node} <{TYPE}> <{OWL}Restriction>"
    yield f"{node} <{OWL}onProperty> <{name}>"
    if bound is None:
        yield f"{node} <{OWL}hasValue> {_FALSE}"
        return
    yield f"{node} <{OWL}someValuesFrom> {node}d"
    yield f"{node}d <{TYPE}> <{RDFS}Datatype>"
    yield f"{node}d <{OWL}onDatatype> <{XSD}decimal>"
    yield f"{node}d <{OWL}withRestrictions> {node}e0"
    yield from listed(f"{node}e", [f"{node}f"])
    yield f'{node}f <{bound.replace(IND, XSD)}> "{limit}"^^<{XSD}integer>'
