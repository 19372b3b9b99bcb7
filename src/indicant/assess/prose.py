"""Render assessments as text or Markdown for a clinician to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from indicant.assess.reasons import answering, graded
from indicant.compile.graph import denied
from indicant.foreign import joined, marked, plain, wrapped
from indicant.terms import local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from indicant.assess.records import (
        ActionRecord,
        CaseRecord,
        EvidenceRecord,
        ReasonRecord,
        RecommendationRecord,
        Stated,
    )
    from indicant.assess.validation import Finding

_SHOWN: Final = 4
_EVIDENCE: Final = (
    ("agreeing", "agrees"),
    ("disputing", "disputes"),
    ("qualifying", "qualifies"),
    ("related reading, not read far enough to count", "related"),
)
_SOON: Final = frozenset({"immediate", "urgent"})


def _done(record: ActionRecord) -> bool:
    return record["status"] in {"recommended", "conditional"} and all(
        one["fulfilment"] == "fulfilled" for one in _answering(record)
    )


def _to_do(record: ActionRecord) -> bool:
    return record["status"] in {"recommended", "conditional"} and not _done(record)


def _now(record: ActionRecord) -> bool:
    return _to_do(record) and record["urgency"] in _SOON


def _next(record: ActionRecord) -> bool:
    return _to_do(record) and record["urgency"] not in _SOON


def _later(record: ActionRecord) -> bool:
    return record["status"] == "undetermined" and record["contingent"]


def _open(record: ActionRecord) -> bool:
    return record["status"] == "undetermined" and not record["contingent"]


GROUPS: Final[tuple[tuple[str, Callable[[ActionRecord], bool]], ...]] = (
    ("Now", _now),
    ("Next", _next),
    ("Done", _done),
    ("If that fails", _later),
    ("In conflict", lambda record: record["status"] == "conflicting"),
    ("Avoid", lambda record: record["status"] == "contraindicated"),
    ("Open", _open),
    ("Does not apply", lambda record: record["status"] == "not-applicable"),
)


def as_text(record: CaseRecord) -> str:
    """Render one assessment as text, grouped by when to act."""
    return joined(_text(record))


def as_markdown(record: CaseRecord) -> str:
    """Render one assessment as Markdown, with what every passage says."""
    return joined(_markdown(record))


def finding_line(finding: Finding) -> str:
    """Render a finding as one line: place, severity, shape, message and suggestion."""
    place = f"{finding.file}:{finding.line}" if finding.line else f"{finding.file}"
    suggestion = f" (did you mean {finding.suggestion}?)" if finding.suggestion else ""
    name = f"shape:{local_name(finding.shape)}"
    return plain(f"{place}: {finding.severity}: {finding.message}{suggestion} [{name}]")


def _heading(record: CaseRecord) -> Iterator[str]:
    guidelines = record.get("guidelines", [record["guideline"]])
    names = [one["label"] or one["iri"] or "guideline" for one in guidelines]
    yield "; ".join(
        f"{name} {one['version'] or ''}".rstrip()
        for name, one in zip(names, guidelines, strict=True)
    )
    yield f"case {record['case']} as of {record['asOf']}"
    for name, one in zip(names, guidelines, strict=True):
        of = name if len(guidelines) > 1 else "the guideline"
        if one["scope"] == "met":
            yield f"within the scope of {of}"
        elif one["scope"] == "open":
            yield f"whether the case is within the scope of {of} is open"
    for warning in record["warnings"]:
        yield f"note: {warning}"


def _answering(record: ActionRecord) -> list[RecommendationRecord]:
    """Return the recommendations that made the status what it is."""
    return answering(record["status"], record["recommendations"])


def reasons(record: ActionRecord) -> Iterator[str]:
    """Yield why a status is what it is: a line for each recommendation that made it so."""
    for one in _answering(record):
        parts = [
            f"{reason['literal']} ({attesting(reason)})"
            for reason in record["because"]
            if reason["recommendation"] == one["iri"]
        ]
        if parts:
            yield "; ".join(parts)


def attesting(reason: ReasonRecord) -> str:
    """Name the nodes that establish a fact, with what was recorded in a unit of its own."""
    recorded = reason.get("recorded", [])
    told = []
    for node in reason["nodes"]:
        values = [
            f"{one['recorded']}, read as {one['read']}" for one in recorded if one["node"] == node
        ]
        told.append(": ".join([local_name(node), *(["; ".join(values)] if values else [])]))
    return ", ".join(told)


def _sources(records: list[ActionRecord]) -> str:
    deciding = [one for record in records for one in _answering(record)]
    passages = {
        passage["id"]: f"{passage['id']} [{passage['start']}-{passage['end']}]"
        for one in deciding
        for passage in one["passages"]
    }
    marks = sorted({mark for one in deciding for mark in one["citations"]})
    text = ", ".join(passages[name] for name in sorted(passages))
    return f"{text}; cites {', '.join(marks)}" if marks else text


def reference(said: EvidenceRecord) -> str:
    """Return a publication as a short reference: who, when, and where to find it."""
    who = said["authors"] or said["title"]
    numbers = (("doi:", said["doi"]), ("PMID ", said["pmid"]), ("", said["pmcid"]))
    place = next((f"{kind}{number}" for kind, number in numbers if number), said["venue"])
    dated = f"{who} {said['year'] or ''}".rstrip()
    return dated if place in {None, who} else f"{dated}, {place}"


def disputed_by(records: list[ActionRecord]) -> str:
    """Name the publications that dispute what actions rest on, each with the passages."""
    found: dict[str, tuple[str, set[str]]] = {}
    for record in records:
        for one in _answering(record):
            for said in one["evidence"]:
                if said["relation"] == "disputes":
                    passages = found.setdefault(said["publication"], (reference(said), set()))[1]
                    passages.add(said["passage"])
    return "; ".join(f"{words} ({', '.join(sorted(at))})" for words, at in found.values())


def strengths(records: list[ActionRecord]) -> str:
    """Return how strongly the source puts what decided, in its own words and by GRADE."""
    deciding = [one for record in records for one in _answering(record)]
    return _joined(_strength(one) for one in deciding)


def _strength(one: RecommendationRecord) -> str:
    words = f'"{one["strength"]}"' if one["strength"] else ""
    grade = graded(one["gradeStrength"], one["certainty"])
    if words and grade:
        return f"{words} (GRADE: {grade})"
    return words or (f"GRADE: {grade}" if grade else "")


def stated(fact: Stated) -> str:
    """Return a fact in words.

    >>> stated({"term": "ex:Rash", "label": "rash", "polarity": "absent"})
    'no rash'
    """
    present = fact["polarity"] == "present"
    return fact["label"] if present else denied(fact["term"], fact["label"])


def settling_lines(record: ActionRecord) -> Iterator[str]:
    """Say what would settle an open action: in its favour first, then against it."""
    sides = {one["iri"]: one["direction"] for one in record["recommendations"]}
    sets: dict[tuple[str, str], list[str]] = {}
    for one in record["settledBy"]:
        facts = " and ".join(stated(fact) for fact in one["facts"])
        sets.setdefault((sides[one["recommendation"]], one["answer"]), []).append(facts)
    words = {
        ("for", "met"): "indicated once known:",
        ("for", "refuted"): "not indicated once known:",
        ("against", "met"): "contraindicated once known:",
        ("against", "refuted"): "a contraindication falls once known:",
    }
    indicating = any(side == "for" for side, _ in sets)
    for (side, answer), lead in words.items():
        options = list(dict.fromkeys(sets.get((side, answer), ())))
        if not options or (indicating and side == "against"):
            continue
        more = f"; or {len(options) - _SHOWN} more" if len(options) > _SHOWN else ""
        yield f"{lead} {'; or '.join(options[:_SHOWN])}{more}"
    if indicating and any(side == "against" for side, _ in sets):
        yield "a contraindication is open as well"


def questions_to_ask(record: ActionRecord) -> Iterator[str]:
    """Ask for what would settle the side that is shown."""
    sides = {one["iri"]: one["direction"] for one in record["recommendations"]}
    indicating = any(sides[one["recommendation"]] == "for" for one in record["settledBy"])
    terms = {
        (named["term"], named["label"])
        for one in record["settledBy"]
        for fact in one["facts"]
        if not indicating or sides[one["recommendation"]] == "for"
        for named in (fact, *fact.get("restsOn", ()))
    }
    told: dict[str, None] = {}
    for awaited in record["awaiting"]:
        if (awaited["term"], awaited["label"]) in terms:
            by = ", ".join(one["label"] for one in awaited["investigations"])
            question = awaited["question"] or f"Is there {awaited['label']}?"
            told.setdefault(f"{question} ({by})" if by else question)
    yield from told


def _wrap(label: str, text: str) -> Iterator[str]:
    yield from wrapped(text, f"    {label:<9}", " " * 13)


def folded(records: Iterable[ActionRecord]) -> Iterator[ActionRecord]:
    """Leave out what is listed under a class above it."""
    found = list(records)
    inner = {term["term"] for record in found for term in record["including"]}
    yield from (record for record in found if record["action"] not in inner)


def speakers(record: CaseRecord) -> dict[str, str]:
    """Return what guidelines are called where several speak, by their IRIs."""
    return {
        one["iri"]: one["label"] or one["iri"]
        for one in record.get("guidelines", [])
        if one["iri"] is not None
    }


def said_by(records: list[ActionRecord], called: Mapping[str, str]) -> str:
    """Name the guidelines that made statuses what they are, where several speak."""
    deciding = [one for record in records for one in _answering(record)]
    return _joined(called.get(one["guideline"]) for one in deciding if "guideline" in one)


def _text(record: CaseRecord) -> Iterator[str]:
    called = speakers(record)
    for line in _heading(record):
        yield from wrapped(line, "", "  ")
    for title, belongs in GROUPS:
        members = list(folded(one for one in record["actions"] if belongs(one)))
        if not members:
            continue
        yield ""
        yield title.upper()
        indicated = [one for one in members if title != "Open" or could_be_indicated(one)]
        for below, labels in _alike(indicated, called):
            yield from wrapped(labels, "  ", "    ")
            yield from below
        rest = [one["label"] for one in members if one not in indicated]
        if rest:
            yield "  nothing indicates these, and a contraindication is open:"
            yield from wrapped(", ".join(rest), "    ")
    for proposal in record["proposals"]:
        yield ""
        yield from wrapped(f"{proposal['label']}: {proposal['verdict']}", "PROPOSED  ", " " * 10)
    yield from _tensions_text(record)


def could_be_indicated(record: ActionRecord) -> bool:
    """Tell whether an indication of an intervention is open."""
    return any(
        one["direction"] == "for" and one["answer"] == "open" for one in record["recommendations"]
    )


def _alike(
    records: list[ActionRecord], called: Mapping[str, str]
) -> Iterator[tuple[list[str], str]]:
    """Put actions that say the same, or await the same, under one heading."""
    groups: dict[tuple[str, ...], list[ActionRecord]] = {}
    for record in records:
        undetermined = record["status"] == "undetermined"
        below = _open_lines(record) if undetermined else _action_lines([record], called)
        groups.setdefault(tuple(below), []).append(record)
    for members in groups.values():
        yield list(_action_lines(members, called)), "; ".join(heading(one) for one in members)


def heading(record: ActionRecord) -> str:
    """Return what an intervention is called, with what is to be known at a glance."""
    title = record["label"]
    if record["status"] == "conditional":
        title += " (once what is open has been excluded)"
    if record["including"]:
        title += f" (with {', '.join(term['label'] for term in record['including'])})"
    if record["excepting"]:
        title += f", but not {', '.join(term['label'] for term in record['excepting'])}"
    return title


def _open_lines(record: ActionRecord) -> Iterator[str]:
    for settling in settling_lines(record):
        yield from _wrap("open", settling)
    for question in questions_to_ask(record):
        yield from _wrap("ask", question)


def _action_lines(records: list[ActionRecord], called: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines under one or more actions that have their reasons in common."""
    first = records[0]
    urgency = _joined(one["urgency"] for one in records)
    phase = _joined(one["phase"] for one in records)
    line = ", ".join(part for part in (urgency, phase, strengths(records)) if part)
    if line:
        yield from _wrap("how", line)
    speaking = said_by(records, called)
    if speaking:
        yield from _wrap("says", speaking)
    for reason in reasons(first):
        yield from _wrap("because", reason)
    yield from _open_lines(first)
    for line in fulfilments(records):
        yield from _wrap("followed", line)
    received = received_already(records)
    if received:
        yield from _wrap("recorded", received)
    sources = _sources(records)
    if sources:
        yield from _wrap("source", sources)
    disputing = disputed_by(records)
    if disputing:
        yield from _wrap("disputed", f"by {disputing}")


def fulfilments(records: list[ActionRecord]) -> Iterator[str]:
    """Say which recommendations that apply have been fulfilled, violated or not, where it is told.

    What is only open asks nobody to do or to leave anything.
    """
    told = {
        one["iri"]: f"{one['label']}: {one['fulfilment'].replace('-', ' ')}"
        for record in records
        for one in _answering(record)
        if one["answer"] == "met" and one["fulfilment"] is not None
    }
    yield from told.values()


def received_already(records: list[ActionRecord]) -> str:
    """Name the nodes of the case by which actions were received already."""
    nodes = _joined(local_name(node) for one in records for node in one["received"])
    return f"received already: {nodes}" if nodes else ""


def _joined(words: Iterable[str | None]) -> str:
    return ", ".join(dict.fromkeys(word for word in words if word))


def _tensions_text(record: CaseRecord) -> Iterator[str]:
    tensions = {
        tension["iri"]: tension for action in record["actions"] for tension in action["tensions"]
    }
    if tensions:
        yield ""
        yield "WHERE THE SOURCE IS AT ODDS WITH ITSELF"
        for iri in sorted(tensions):
            tension = tensions[iri]
            passages = ", ".join(sorted(set(tension["passages"])))
            yield from wrapped(f"{tension['label']} ({passages})", "  ", "    ")
            yield from _wrap("read as", tension["resolution"] or "")


def _markdown(record: CaseRecord) -> Iterator[str]:
    called = speakers(record)
    first, *rest = _heading(record)
    yield f"# {marked(first)}"
    yield ""
    for line in rest:
        yield f"- {marked(line)}"
    for title, belongs in GROUPS:
        members = list(folded(one for one in record["actions"] if belongs(one)))
        if not members:
            continue
        yield ""
        yield f"## {title}"
        for action in members:
            yield ""
            yield f"### {marked(heading(action))}"
            yield ""
            facts = [action["status"], action["urgency"], action["phase"], strengths([action])]
            yield f"- **{marked(', '.join(fact for fact in facts if fact))}**"
            for reason in reasons(action):
                yield f"- because: {marked(reason)}"
            for settling in settling_lines(action):
                yield f"- open: {marked(settling)}"
            for question in questions_to_ask(action):
                yield f"- ask: {marked(question)}"
            for line in fulfilments([action]):
                yield f"- followed: {marked(line)}"
            if action["received"]:
                yield f"- recorded: {marked(received_already([action]))}"
            if action["disputed"]:
                yield f"- **disputed by** {marked(disputed_by([action]))}"
            for one in _answering(action):
                cites = f" (cites {', '.join(one['citations'])})" if one["citations"] else ""
                by = f", {called[one['guideline']]}" if one.get("guideline") in called else ""
                yield f"- {one['direction']}: {marked(one['label'] + cites + by)}"
                for passage in one["passages"]:
                    place = f"{passage['start']}-{passage['end']}"
                    yield f"  - {marked(passage['id'])} [{place}] {marked(passage['paraphrase'])}"
                yield from _evidence_lines(one)
    if record["proposals"]:
        yield ""
        yield "## Proposed"
        yield ""
        for proposal in record["proposals"]:
            yield f"- {marked(proposal['label'])}: {proposal['verdict']}"
    tensions = {
        tension["iri"]: tension for action in record["actions"] for tension in action["tensions"]
    }
    if tensions:
        yield ""
        yield "## Where the source is at odds with itself"
        yield ""
        for iri in sorted(tensions):
            tension = tensions[iri]
            passages = ", ".join(sorted(set(tension["passages"])))
            resolution = marked(tension["resolution"] or "")
            yield f"- **{marked(tension['label'])}** ({marked(passages)}): {resolution}"


def _evidence_lines(record: RecommendationRecord) -> Iterator[str]:
    """Yield what publications say of a recommendation: what is only related comes last, apart."""
    for title, relation in _EVIDENCE:
        members = [said for said in record["evidence"] if said["relation"] == relation]
        if members:
            yield f"  - {title}:"
        for said in members:
            note = f": {said['note']}" if said["note"] else ""
            parts = (said["basis"], graded(None, said["certainty"]))
            read = "; ".join(part for part in parts if part)
            basis = f" ({read})" if read else ""
            yield f"    - {marked(said['passage'])}, {marked(reference(said) + note + basis)}"
