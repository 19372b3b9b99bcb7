"""Tell how two versions of a guideline differ: for people, for a pull request, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from indicant.diff.behaviour import SIDES
from indicant.files.lines import Lines
from indicant.foreign import code, fenced, joined, marked, markup, prose
from indicant.possible.freedom import told as told_free
from indicant.report.findings import Place, Report, Result, Rule
from indicant.terms import local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from indicant.diff.behaviour import About, BehaviourChange
    from indicant.diff.differences import Difference, RecommendationChange
    from indicant.diff.statements import TermChange
    from indicant.files.sources import Source

RULES: Final = (
    Rule(
        "status-changed",
        "No case that both versions can read is answered differently.",
        "The witness is a smallest case that is. A change that is meant belongs under 'Advice "
        "changed' in the change log.",
    ),
    Rule(
        "scope-changed",
        "No case that both versions can read enters or leaves the scope of the guideline.",
        "The witness is a smallest case that does.",
    ),
    Rule(
        "fulfilment-changed",
        "No case that both versions can read fulfils a recommendation for one version alone.",
        "The witness is a smallest case that does.",
    ),
    Rule(
        "told-otherwise",
        "Recommendations keep their urgency, their phase, their strength and their certainty.",
        "An answer tells them beside the status of the intervention.",
    ),
    Rule(
        "unshared-term",
        "What criteria rest on is known to both versions.",
        "A case that records the term can be read by one version alone, so that its answer "
        "changes from none to some.",
    ),
    Rule("case-changed", "No given case is answered differently."),
    Rule("recommendation-changed", "What a recommendation consists of, in words."),
    Rule(
        "validity-changed",
        "What makes a case valid, as far as both versions know the terms.",
        "A case that is valid for one version alone is not compared.",
    ),
    Rule("renamed-term", "Terms that go by another name, as the new version says."),
    Rule("term-changed", "What is stated of a term."),
    Rule(
        "derivation-changed",
        "Derivations are the same, so that cases get the same records by them.",
        "What a derivation writes is free in a possible case. Assess cases with both versions, "
        "by --cases.",
    ),
)
_RULES: Final[Mapping[About, str]] = {
    "intervention": "status-changed",
    "scope": "scope-changed",
    "fulfilment": "fulfilment-changed",
}
_SECTIONS: Final[Mapping[str, About]] = {
    "behaviour": "intervention",
    "scope": "scope",
    "fulfilment": "fulfilment",
}
_SHOWN: Final = 30
_LINES: Final = 60
_LONGEST: Final = 240
_ROOM: Final = 15_000
"""How much of a comment the cases may take; code hosts cut one off at 65,536 characters."""
_SIGNS: Final = {"added": "+", "removed": "-", "changed": "~", "renamed": "="}


def unchanged(difference: Difference) -> str:
    """Say exactly what was compared where nothing of it changes."""
    return (
        "no case that both versions can read is answered differently "
        f"({_number(difference.compared, 'intervention')} compared)"
    )


def summary(difference: Difference) -> str:
    """Return one line on what differs."""
    parts = []
    actions = {one.subject for one in difference.behaviour if one.about == "intervention"}
    if actions:
        parts.append(
            f"{len(actions)} of {_number(difference.compared, 'intervention')} "
            f"{'is' if len(actions) == 1 else 'are'} answered differently in some case"
        )
    elif not difference.undecided and difference.changes_advice:
        parts.append(
            f"no status differs in a case that both versions can read "
            f"({_number(difference.compared, 'intervention')} compared)"
        )
    elif not difference.undecided:
        parts.append(unchanged(difference))
    if any(one.about == "scope" for one in difference.behaviour):
        parts.append("the scope differs")
    fulfilled = {one.subject for one in difference.behaviour if one.about == "fulfilment"}
    if fulfilled:
        parts.append(f"{_number(len(fulfilled), 'recommendation')} fulfilled by other cases")
    told = [one for one in difference.recommendations if one.told and one.change == "changed"]
    if told:
        parts.append(
            f"{_number(len(told), 'recommendation')} told with another urgency, phase, strength "
            "or certainty"
        )
    if difference.unshared:
        parts.append(
            f"criteria rest on {_number(len(difference.unshared), 'term')} of one version alone"
        )
    if difference.given:
        cases = {(one.file, one.case) for one in difference.given}
        parts.append(f"{_number(len(cases), 'given case')} answered differently")
    elif difference.cases is not None:
        parts.append(f"{_number(difference.cases, 'given file')} answered as before")
    if difference.undecided:
        parts.append(f"{_number(len(difference.undecided), 'question')} not decided")
    if not difference.changes_advice and not difference.undecided:
        parts.append(_stated(difference))
    return "; ".join(parts)


def _stated(difference: Difference) -> str:
    """Say what changes where no advice does."""
    axioms = sum(any(each.axiom for each in (*one.removed, *one.added)) for one in difference.terms)
    rest = len(difference.terms) - axioms
    parts = []
    if axioms:
        parts.append(f"axioms of {_number(axioms, 'term')}")
    if rest:
        parts.append(f"annotations of {_number(rest, 'term')}")
    if difference.tables:
        parts.append(_number(len(difference.tables), "table") + " of codes")
    if difference.derivations:
        parts.append(_number(len(difference.derivations), "derivation"))
    if difference.renamed:
        parts.append(f"the names of {_number(len(difference.renamed), 'term')}")
    return f"only statements change: {', '.join(parts)}" if parts else "all statements are the same"


def _number(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


# ------------------------------------------------------------------------------------------- text


def as_text(difference: Difference) -> str:
    """Tell it as text, the advice first."""
    return joined(_text(difference))


def _text(difference: Difference) -> Iterator[str]:
    short = difference.names.short
    for side, version in zip(SIDES, (difference.old, difference.new), strict=True):
        yield f"{side} {version.name}{_version(version.source)}"
    yield ""
    yield "Advice"
    for subject in dict.fromkeys(one.subject for one in difference.behaviour):
        yield from _behaviour_lines(difference, subject)
    for lack in difference.unshared:
        by = ", ".join(difference.names.label(one) for one in lack.recommendations)
        yield f"  {lack.label}: only {lack.side} knows it, and there rest on it: {by}"
    for change in difference.recommendations:
        for part in change.told if change.change == "changed" else ():
            yield f"  {change.label}: {_part(change, part.part, part.old, part.new)}"
    if not difference.changes_advice and not difference.undecided:
        yield f"  {unchanged(difference)}"
    for line in difference.undecided:
        yield f"  not decided: {line}"
    if difference.given:
        yield ""
        yield "Given cases"
        for one in difference.given:
            case = f" {local_name(one.case)}" if one.case else ""
            yield f"  {one.file}{case}: {one.label}: {one.old} → {one.new}"
    if difference.recommendations:
        yield ""
        yield "Recommendations"
        for change in difference.recommendations:
            now = f" → {short(change.now)}" if change.now else ""
            yield f"  {_SIGNS[change.change]} {short(change.iri)}{now} ({change.label})"
            for part in change.parts:
                yield f"      {_part(change, part.part, part.old, part.new)}"
    if difference.validity:
        yield ""
        yield "Which cases are valid"
        for line in difference.validity:
            yield f"  {line}"
    if difference.renamed:
        yield ""
        yield "Renamed: a case with the old name has to be rewritten"
        for old, new in difference.renamed:
            yield f"  {short(old)} → {short(new)}"
    if difference.terms or difference.tables:
        yield ""
        yield "Terms"
        for term in difference.terms:
            yield from _term_lines(difference, term)
        yield from _texts(difference.tables)
    if difference.derivations:
        yield ""
        yield "Derivations"
        yield from _texts(difference.derivations)
    yield ""
    yield summary(difference)


def _texts(changed: Iterable[tuple[str, int, int]]) -> Iterator[str]:
    for iri, gone, come in changed:
        yield f"  ~ {iri}: {gone} lines removed, {come} added"


def _part(change: RecommendationChange, part: str, old: str, new: str) -> str:
    if change.change == "added":
        return f"{part}: {new}"
    if change.change == "removed":
        return f"{part}: {old}"
    return f"{part}: {old} → {new}"


def _behaviour_lines(difference: Difference, subject: str) -> Iterator[str]:
    changes = [one for one in difference.behaviour if one.subject == subject]
    yield f"  {changes[0].label}"
    for one in changes:
        yield f"    {one.old} → {one.new}, for example: {_facts(one)}"
        for line in _because(one):
            yield f"      {line}"
        if one.free:
            yield f"      {told_free(one.free)}"


def _facts(change: BehaviourChange) -> str:
    return "; ".join(change.witness.facts) or "a case of which nothing is recorded"


def _because(change: BehaviourChange) -> Iterator[str]:
    for one in change.because:
        if one.old is None:
            yield f"{one.label}: new, and {one.new}"
        elif one.new is None:
            yield f"{one.label}: was {one.old}, and is gone"
        else:
            yield f"{one.label}: {one.old} → {one.new}"


def _term_lines(difference: Difference, change: TermChange) -> Iterator[str]:
    short = difference.names.short
    name = short(change.term) if change.term is not None else "axioms without a subject"
    yield f"  {_SIGNS[change.change]} {name}"
    if change.change == "changed":
        for sign, statements in (("-", change.removed), ("+", change.added)):
            for one in statements:
                yield f"      {sign} {short(one.predicate)} {one.value}"


def _version(source: Source) -> str:
    """Return the version that the ontology of the first document states, after a space."""
    from indicant.terms import OWL

    for quad in source.documents[0].quads:
        if quad.predicate.value == OWL + "versionInfo":
            return f" {getattr(quad.object, 'value', '')}"
    return ""


# --------------------------------------------------------------------------------------- Markdown


def as_markdown(difference: Difference) -> str:
    """Tell it as a comment on a pull request: what changes first, witnesses folded."""
    return "\n".join(_markdown(difference)) + "\n"


def _markdown(difference: Difference) -> Iterator[str]:
    yield f"### Guideline: {_headline(difference)}"
    yield ""
    yield f"{marked(summary(difference))}."
    yield ""
    yield f"{code(difference.old.name)} → {code(difference.new.name)}"
    if difference.behaviour:
        yield from _behaviour_in_markdown(difference)
    for title, lines in _sections(difference):
        if lines:
            yield ""
            yield f"**{title}**"
            yield ""
            yield from _items(list(lines))
    if difference.terms or difference.tables or difference.derivations:
        yield from _terms_in_markdown(difference)


def _behaviour_in_markdown(difference: Difference) -> Iterator[str]:
    yield ""
    yield "| intervention | before | now | smallest case |"
    yield "| --- | --- | --- | --- |"
    for one in difference.behaviour[:_SHOWN]:
        cells = (one.label, one.old, one.new, _facts(one))
        yield f"| {' | '.join(marked(_cut(cell)) for cell in cells)} |"
    if len(difference.behaviour) > _SHOWN:
        yield ""
        yield f"And {_number(len(difference.behaviour) - _SHOWN, 'more change')}."
    room = _ROOM
    for number, one in enumerate(difference.behaviour):
        rows = list(_folded(one))
        room -= sum(len(row) + 1 for row in rows)
        if room < 0:
            left = _number(len(difference.behaviour) - number, "more case")
            yield ""
            yield f"{left}: `indicant diff OLD NEW --witnesses DIR`"
            break
        yield from rows


def _sections(difference: Difference) -> tuple[tuple[str, Sequence[str]], ...]:
    """Return what is told as a list, with its title."""
    names = difference.names
    return (
        ("Not decided", difference.undecided),
        (
            "Criteria rest on terms of one version alone",
            [f"{one.label} ({one.side})" for one in difference.unshared],
        ),
        (
            "Given cases",
            [
                f"{one.file} {local_name(one.case)}: {one.label}: {one.old} → {one.new}"
                for one in difference.given
            ],
        ),
        (
            "Recommendations",
            [
                f"{change.change}: {change.label}"
                + "".join(
                    f"; {_part(change, part.part, part.old, part.new)}" for part in change.parts
                )
                for change in difference.recommendations
            ],
        ),
        ("Which cases are valid", difference.validity),
        (
            "Renamed",
            [f"{names.short(old)} → {names.short(new)}" for old, new in difference.renamed],
        ),
    )


def _terms_in_markdown(difference: Difference) -> Iterator[str]:
    yield ""
    yield "<details>"
    yield f"<summary>{_number(len(difference.terms), 'term')} stated differently</summary>"
    yield ""
    text = [line for term in difference.terms[:_SHOWN] for line in _term_lines(difference, term)]
    text += [*_texts(difference.tables), *_texts(difference.derivations)]
    if len(difference.terms) > _SHOWN:
        text.append(f"  and {len(difference.terms) - _SHOWN} more terms")
    if len(text) > _LINES:
        text[_LINES:] = [f"  and {len(text) - _LINES} more lines"]
    yield from fenced("\n".join(prose(_cut(line)) for line in text), "text")
    yield ""
    yield "</details>"


def _folded(change: BehaviourChange) -> Iterator[str]:
    """Yield a witness, folded away."""
    yield ""
    yield "<details>"
    yield f"<summary>{markup(change.label)}: {change.old} → {change.new}</summary>"
    yield ""
    for line in _because(change):
        yield f"- {marked(line)}"
    yield ""
    yield from fenced(change.witness.turtle, "turtle")
    yield ""
    yield "</details>"


def _headline(difference: Difference) -> str:
    if difference.changes_advice:
        return "advice changes"
    return "not decided whether advice changes" if difference.undecided else "no change of advice"


def _items(lines: list[str]) -> Iterator[str]:
    for line in lines[:_SHOWN]:
        yield f"- {marked(_cut(line))}"
    if len(lines) > _SHOWN:
        yield f"- and {len(lines) - _SHOWN} more"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


# ----------------------------------------------------------------------------------------- report


def report(difference: Difference) -> Report:
    """Return it as a report; what changes the advice counts, and nothing else does."""
    found = _Results(difference)
    return Report(
        verb="diff",
        subject=f"{difference.old.name} {difference.new.name}",
        rules=RULES,
        results=tuple(found.all()),
        undecided=difference.undecided,
        summary=summary(difference),
        data=_data(difference),
    )


class _Results:
    """Makes findings of what differs, each with where it stands in the new version."""

    def __init__(self, difference: Difference) -> None:
        self._difference = difference
        self._files: dict[str, str] = {}
        self._lines: dict[str, Lines] = {}
        self._documents = {one.path: one for one in difference.new.source.documents}
        for path, subject, _, _ in difference.new.source.triples():
            self._files.setdefault(str(getattr(subject, "value", "")), path)

    def _places(self, *iris: str | None) -> tuple[Place, ...]:
        """Return where the first of some terms that the new version states stands."""
        for iri in iris:
            path = self._files.get(iri or "")
            if path is not None:
                if path not in self._lines:
                    self._lines[path] = Lines(self._documents[path])
                return (Place(self._file(path), self._lines[path].locate(iri)),)
        return (Place(self._file(self._difference.new.source.documents[0].path)),)

    def _file(self, path: str) -> str:
        """Return the path of a file, of a revision as it is in the repository."""
        revision = self._difference.new.revision
        return path if revision is None else path.removeprefix(f"{revision}:")

    def all(self) -> Iterator[Result]:
        difference = self._difference
        names = difference.names
        for one in difference.behaviour:
            because = "; ".join(_because(one))
            yield Result(
                rule=_RULES[one.about],
                level="warning",
                message=f"{one.label}: {one.old} before, {one.new} now, for example: {_facts(one)}"
                + (f" ({because})" if because else "")
                + (f"; {told_free(one.free)}" if one.free else ""),
                places=self._places(*(each.iri for each in one.because), one.subject),
                about=tuple(dict.fromkeys((one.subject, *(each.iri for each in one.because)))),
                witness=one.witness.turtle,
                data=_behaviour_data(one),
            )
        for lack in difference.unshared:
            by = ", ".join(names.label(each) for each in lack.recommendations)
            yield Result(
                rule="unshared-term",
                level="warning",
                message=f"only {lack.side} knows {lack.label}, on which rest: {by}",
                places=self._places(lack.term, *lack.recommendations),
                about=(lack.term, *lack.recommendations),
            )
        for given in difference.given:
            yield Result(
                rule="case-changed",
                level="warning",
                message=f"{given.label}: {given.old} before, {given.new} now",
                places=(Place(given.file),),
                about=tuple(one for one in (given.case, given.subject) if one),
            )
        for change in difference.recommendations:
            yield from self._of_recommendation(change)
        for line in difference.validity:
            yield Result("validity-changed", "note", line, self._places())
        for old, new in difference.renamed:
            message = f"{names.short(old)} is now {names.short(new)}"
            yield Result("renamed-term", "note", message, self._places(new), about=(old, new))
        for term in difference.terms:
            lines = [line.strip() for line in _term_lines(difference, term)]
            yield Result(
                "term-changed",
                "note",
                "; ".join(lines),
                self._places(term.term),
                about=(term.term,) if term.term is not None else (),
            )
        for iri, gone, come in difference.derivations:
            message = f"{iri}: {gone} lines removed, {come} added"
            yield Result("derivation-changed", "warning", message, self._places(), about=(iri,))
        for iri, gone, come in difference.tables:
            message = f"{iri}: {gone} lines removed, {come} added"
            yield Result("term-changed", "note", message, self._places(), about=(iri,))

    def _of_recommendation(self, change: RecommendationChange) -> Iterator[Result]:
        places = self._places(change.now or change.iri)
        about = (change.iri, *([change.now] if change.now else []))
        told = change.told if change.change == "changed" else ()
        for part in told:
            message = f"{change.label}: {part.part}: {part.old} → {part.new}"
            yield Result("told-otherwise", "warning", message, places, about=about)
        rest = [one for one in change.parts if one not in told]
        if rest or not told:
            parts = "".join(f"; {_part(change, one.part, one.old, one.new)}" for one in rest)
            message = f"{change.label}: {change.change}{parts}"
            yield Result("recommendation-changed", "note", message, places, about=about)


def _behaviour_data(one: BehaviourChange) -> Mapping[str, object]:
    return {
        "subject": one.subject,
        "label": one.label,
        "old": one.old,
        "new": one.new,
        "facts": list(one.witness.facts),
        "witness": one.witness.turtle,
        "witnessForOld": one.witness.before or one.witness.turtle,
        "because": [
            {"iri": each.iri, "label": each.label, "old": each.old, "new": each.new}
            for each in one.because
        ],
        **({"derivations": [rule.iri for rule in one.free]} if one.free else {}),
    }


def _data(difference: Difference) -> Mapping[str, object]:
    return {
        "old": {"name": difference.old.name, "sha256": difference.old.source.digest},
        "new": {"name": difference.new.name, "sha256": difference.new.source.digest},
        "adviceChanges": difference.changes_advice,
        "compared": difference.compared,
        **{
            name: [_behaviour_data(one) for one in difference.behaviour if one.about == about]
            for name, about in _SECTIONS.items()
        },
        "unshared": [
            {"term": one.term, "side": one.side, "recommendations": list(one.recommendations)}
            for one in difference.unshared
        ],
        "cases": difference.cases,
        "given": [
            {
                "file": one.file,
                "case": one.case,
                "subject": one.subject,
                "label": one.label,
                "old": one.old,
                "new": one.new,
            }
            for one in difference.given
        ],
        "recommendations": [
            {
                "iri": one.iri,
                "label": one.label,
                "change": one.change,
                "now": one.now,
                "parts": [
                    {"part": part.part, "old": part.old, "new": part.new} for part in one.parts
                ],
            }
            for one in difference.recommendations
        ],
        "validity": list(difference.validity),
        "renamed": [{"old": old, "new": new} for old, new in difference.renamed],
        "terms": [
            {
                "term": one.term,
                "change": one.change,
                "removed": [_statement(each) for each in one.removed],
                "added": [_statement(each) for each in one.added],
            }
            for one in difference.terms
        ],
        "tables": [
            {"table": iri, "removed": gone, "added": come} for iri, gone, come in difference.tables
        ],
        "derivations": [
            {"derivation": iri, "removed": gone, "added": come}
            for iri, gone, come in difference.derivations
        ],
    }


def _statement(one: object) -> Mapping[str, object]:
    from dataclasses import asdict

    return asdict(one)  # type: ignore[call-overload, no-any-return]
