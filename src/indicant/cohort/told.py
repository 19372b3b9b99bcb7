"""A summary of a cohort as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from indicant.cohort.kernel import STATUS_WORDS
from indicant.foreign import excerpt, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_MOST: Final = 15
_FEW: Final = 5
_LABEL: Final = 60
_TOLD: Final = 400
_HEADS: Final = {
    "recommended": "recom.",
    "conditional": "condit.",
    "conflicting": "conflict",
    "contraindicated": "contra.",
    "undetermined": "undeterm.",
    "not-applicable": "no advice",
}
_STATES: Final = {
    "inconsistent": "with facts that cannot all hold",
    "invalid": "with a case that is not valid",
    "twice": "who stand several times",
}


def as_text(record: Mapping[str, Any]) -> str:
    """Return a summary as text, from what a program reads."""
    lines = _headed(record)
    lines += ["", "INTERVENTIONS", *_statuses(record["interventions"])]
    if "against" in record:
        lines += _changed(record["against"])
    lines += _done(record["recommendations"])
    lines += _missing(record["missing"])
    lines += _closing(record["missing"])
    if record.get("strata"):
        lines += ["", "STRATA"]
        for row in record["strata"]:
            lines.append(
                f"  {_number(row['patients']['total']):>9}  {excerpt(row['stratum'], _LABEL)}"
            )
        lines.append("  what is recommended in each: --format json")
    lines += _not_assessed(record["notAssessed"])
    if "intake" in record:
        lines += _intake(record["intake"])
    return joined(lines)


def among_text(record: Mapping[str, Any]) -> str:
    """Return as text whom other guidelines answer otherwise."""
    lines = _headed(record)
    if record["brokenLines"]:
        lines.append(f"{_number(record['brokenLines'])} lines are no records")
    if "conflicting" in record:
        lines += ["", "ADVISED AND ADVISED AGAINST AT ONCE"]
        for row in record["conflicting"]:
            lines.append(f"  {_number(row['patients']):>9}  {excerpt(row['label'], _LABEL)}")
        if not record["conflicting"]:
            lines.append("  nothing, for nobody")
    for told in record["against"]:
        lines += _changed(told)
    return joined(lines)


def _headed(record: Mapping[str, Any]) -> list[str]:
    guidelines = "; ".join(one["label"] or one["iri"] or "" for one in record["guidelines"])
    as_of = f", as of {record['asOf']}" if record["asOf"] else ""
    told = record["patients"]
    lines = [f"{record['source']}: {guidelines}{as_of}"]
    others = [
        f"{_number(told[state])} {words}" for state, words in _STATES.items() if told[state] != 0
    ]
    lines.append(
        f"{_number(told['total'])} patient{'' if told['total'] == 1 else 's'}: "
        + ", ".join([f"{_number(told['assessed'])} assessed", *others])
    )
    if "withheldBelow" in record:
        least = record["withheldBelow"]
        lines.append(f"-: withheld, since below {least} or since it would give such a one away")
    return lines


def _number(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _statuses(rows: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    yield "  " + " ".join(f"{_HEADS[one]:>9}" for one in STATUS_WORDS)
    for row in rows:
        numbers = row["patients"]
        if any(numbers[one] != 0 for one in STATUS_WORDS[:-1]):
            cells = " ".join(f"{_number(numbers[one]):>9}" for one in STATUS_WORDS)
            yield f"  {cells}  {excerpt(row['label'], _LABEL)}"
    idle = [
        row["label"] for row in rows if all(row["patients"][one] == 0 for one in STATUS_WORDS[:-1])
    ]
    if idle:
        yield f"  no advice for anybody: {', '.join(excerpt(one, _LABEL) for one in idle)}"


def _done(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return of what is advised how often it was followed, as far as it is said what fulfils it."""
    said = [row for row in rows if len(row["patients"]) > 1 and row["patients"]["met"] != 0]
    sides = {
        "for": ("RECOMMENDED, AND DONE", "fulfilled", "not-fulfilled", "done", "not done"),
        "against": (
            "ADVISED AGAINST, AND LEFT",
            "fulfilled",
            "violated",
            "left",
            "done all the same",
        ),
    }
    lines: list[str] = []
    for direction, (title, yes, no, kept, broken) in sides.items():
        some = [row for row in said if row["direction"] == direction]
        if not some:
            continue
        lines += ["", title, f"  {'advised':>9} {kept:>9} {broken:>17} {'not known':>9}"]
        for row in some:
            told = row["patients"]
            lines.append(
                f"  {_number(told['met']):>9} {_number(told[yes]):>9} {_number(told[no]):>17} "
                f"{_number(told['not-recorded']):>9}  {excerpt(row['label'], _LABEL)}"
            )
    return lines


def _changed(told: Mapping[str, Any]) -> list[str]:
    """Return whom another version answers otherwise, and which recommendations make it so."""
    version = "; ".join(
        " ".join(filter(None, (one["label"] or one["iri"], one["version"])))
        for one in told["guidelines"]
    )
    lines = [
        "",
        f"AGAINST {excerpt(version, 120)}",
        f"  answered otherwise: {_number(told['changed'])} of {_number(told['compared'])} patients",
    ]
    lines += [
        f"  not answered there: {_number(row['patients'])}: {excerpt(row['told'], 160)}"
        for row in told["notAnswered"][:_FEW]
    ]
    for kind in ("interventions", "recommendations"):
        for row in told[kind][:_MOST]:
            change = f"{row['before'] or 'not there'} -> {row['after'] or 'not there'}"
            lines.append(
                f"  {_number(row['patients']):>9}  {change:<32}  {excerpt(row['label'], _LABEL)}"
            )
        if len(told[kind]) > _MOST:
            lines.append(f"  and {len(told[kind]) - _MOST} more: --format json lists all")
    return lines


def _missing(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    if not rows:
        return []
    lines = ["", "MISSING FACTS", "    answers     alone  patients"]
    for row in rows[:_MOST]:
        cells = " ".join(f"{_number(row[one]):>9}" for one in ("answers", "alone", "patients"))
        lines.append(f"  {cells}  {excerpt(row['label'], _LABEL)}")
    if len(rows) > _MOST:
        lines.append(f"  and {len(rows) - _MOST} more: --format json lists all")
    return lines


def _closing(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return which facts would close most open answers if they were absent where not recorded.

    It is of this fact alone: others that the same records would establish stay as they are.
    """
    some = [row for row in rows if row.get("closes")]
    if not some:
        return []
    lines = ["", "IF WHOEVER HAS NO RECORD OF A FACT DID NOT HAVE IT"]
    first = sorted(some, key=lambda one: (-one["closes"], one["label"]))[:_FEW]
    lines += [
        f"  {_number(row['closes']):>9}  open answers would close: {excerpt(row['label'], _LABEL)}"
        for row in first
    ]
    return lines


def _not_assessed(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    lines: list[str] = []
    for state, words in _STATES.items():
        some = [row for row in rows if row["state"] == state]
        if not some:
            continue
        lines += ["", f"NOT ASSESSED, {words}"]
        for row in some[:_FEW]:
            lines.append(f"  {_number(row['patients']):>9}  {excerpt(row['told'], _TOLD)}")
        if len(some) > _FEW:
            lines.append(f"  and {len(some) - _FEW} more: --format json lists all")
    return lines


def _intake(told: Mapping[str, Any]) -> list[str]:
    lines = ["", f"RECORDS: {_number(told['records'])}, {_number(told['used'])} used"]
    lines += [f"  {excerpt(one, 160)}" for one in told["remarks"]]
    if told["dead"] != 0:
        lines.append(f"  {_number(told['dead'])} patients are dead on the as-of date, or may be")
    for row in told["broken"][:_FEW]:
        lines.append(f"  {row['file']}:{row['line']}: {row['message']}")
    if told["brokenLines"] > _FEW:
        lines.append(f"  and {told['brokenLines'] - min(_FEW, len(told['broken'])):,} more lines")
    for row in told["notUsed"]:
        lines.append(f"  {_number(row['records']):>9}  {row['meaning']}")
    for row in told["stated"]:
        lines.append(f"  {_number(row['patients']):>9}  patients: {excerpt(row['said'], 120)}")
    codes = told["unknownCodes"]
    if codes:
        lines += ["", "CODES THAT NO TABLE KNOWS", "    records  patients  code"]
        for row in codes[:_FEW]:
            lines.append(
                f"  {_number(row['records']):>9} {_number(row['patients']):>9}  "
                f"{excerpt(row['system'], 60)}|{excerpt(row['code'], 40)}  "
                f"{excerpt(row['display'], 48)}"
            )
        more = len(codes) - _FEW + told["unknownCodesNotListed"]
        if more > 0:
            lines.append(f"  and {more:,} more: --format json lists {len(codes):,}")
    return lines
