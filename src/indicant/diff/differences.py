"""Compare two versions of a guideline: what they state, what they recommend, whom they advise."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from indicant.assess.assessor import Assessor, InvalidCase
from indicant.compile.implicants import need_solver
from indicant.compile.model import (
    FINDING,
    INTERVENTION,
    ITSELF,
    And,
    ClassFacet,
    Const,
    Existential,
    Expression,
    IndividualFacet,
    LiteralFacet,
    Not,
    RecordFacet,
    existentials,
    is_kind,
)
from indicant.compile.owl import constant
from indicant.diff.behaviour import SIDES, UNSTATED, Behaviour, BehaviourChange, Names, Unshared
from indicant.diff.revisions import demand_sound, model_of, of_side
from indicant.diff.statements import Statements, TermChange, apart, differences
from indicant.errors import IndicantError
from indicant.files.fence import Fence, fence_of
from indicant.files.rdf import EXTENSIONS, read, visible
from indicant.guideline.names import prefixes_in
from indicant.possible.freedom import Freedom
from indicant.terms import DCTERMS, IND, LABEL, OWL, TYPE, local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from indicant.assess.records import ActionRecord, CaseRecord
    from indicant.compile.derivations import Rule
    from indicant.compile.model import Facet, Model, Recommendation
    from indicant.diff.revisions import Version
    from indicant.files.derivations import Derivation
    from indicant.files.sources import Source, Table
    from indicant.report.findings import Report

SECONDS: Final = 60.0
ASSESSED: Final = "assessed"
REFUSED: Final = "not a valid case"
TOLD: Final = frozenset(("urgency", "phase", "strength", "strength by GRADE", "certainty"))
"""The parts of a recommendation that an answer tells beside the status."""
_PARTS: Final = {
    LABEL: "label",
    DCTERMS + "isPartOf": "guideline",
    IND + "restsOn": "passages",
    IND + "gradeStrength": "strength by GRADE",
}
_ELSEWHERE: Final = frozenset((TYPE, IND + "action", IND + "criterion", IND + "fulfilledBy"))
_EXPRESSIONS: Final = frozenset(("criterion", "fulfilled by"))
_REPLACED: Final = DCTERMS + "isReplacedBy"
_MISSING: Final = "(none)"
_CASES: Final = frozenset(EXTENSIONS) - {".json"}


@dataclass(frozen=True)
class PartChange:
    """A part of a recommendation, and what it is in each version, in words."""

    part: str
    old: str
    new: str


@dataclass(frozen=True)
class RecommendationChange:
    """A recommendation that is ``added``, ``removed``, ``changed`` or ``renamed``."""

    iri: str
    label: str
    change: str
    parts: tuple[PartChange, ...] = ()
    now: str | None = None

    @property
    def told(self) -> tuple[PartChange, ...]:
        """Return the parts that an answer tells beside the status."""
        return tuple(one for one in self.parts if one.part in TOLD)


@dataclass(frozen=True)
class Given:
    """A given case that is answered differently: by which file, about what, and how."""

    file: str
    case: str
    subject: str
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Difference:
    """All that differs between two versions, and what was compared."""

    old: Version
    new: Version
    renamed: tuple[tuple[str, str], ...]
    terms: tuple[TermChange, ...]
    tables: tuple[tuple[str, int, int], ...]
    derivations: tuple[tuple[str, int, int], ...]
    recommendations: tuple[RecommendationChange, ...]
    validity: tuple[str, ...]
    unshared: tuple[Unshared, ...]
    behaviour: tuple[BehaviourChange, ...]
    compared: int
    undecided: tuple[str, ...]
    names: Names
    given: tuple[Given, ...] = ()
    cases: int | None = None

    def report(self) -> Report:
        """Return it as a report, with the changed answers as findings."""
        from indicant.diff.forms import report

        return report(self)

    def __str__(self) -> str:
        """Return what ``indicant diff`` prints."""
        from indicant.diff.forms import as_text

        return as_text(self)

    def to_markdown(self) -> str:
        """Return it as a comment on a pull request."""
        from indicant.diff.forms import as_markdown

        return as_markdown(self)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``indicant diff --format json`` prints."""
        return self.report().to_dict()

    @property
    def changes_advice(self) -> bool:
        """Tell whether some case is answered differently, or told otherwise."""
        return bool(
            self.behaviour
            or self.unshared
            or self.given
            or any(one.told for one in self.recommendations)
        )


def compare(
    old: Version, new: Version, *, seconds: float = SECONDS, cases: Iterable[str] | None = None
) -> Difference:
    """Compare two versions of a guideline.

    Args:
        old: one version.
        new: the other.
        seconds: the time limit for all that is asked about possible cases.
        cases: files with cases to assess with both as well.

    Raises:
        IndicantError: there is no solver, or a version lies outside the profile.
    """
    need_solver("asking about all possible patients")
    rules = [demand_sound(version, side) for version, side in zip((old, new), SIDES, strict=True)]
    deadline = time.monotonic() + seconds
    prefixes = prefixes_in(document.text for one in (new, old) for document in one.source.documents)
    names = Names((old.source, new.source), prefixes)
    before, after = model_of(old, SIDES[0]), model_of(new, SIDES[1])
    renamed = _renamed(old.source, new.source, after)
    mapped = old
    if renamed:
        mapped = replace(old, source=_with_names(old.source, renamed))
        before = model_of(mapped, SIDES[0])
    stated = Statements(mapped.source, prefixes), Statements(new.source, prefixes)
    properties = _properties(mapped.source), _properties(new.source)
    behaviour = Behaviour(
        (before, after),
        properties,
        names,
        {now: name for name, now in renamed.items()},
        deadline,
        seconds,
    )
    behaviour.ask()
    changed = list(_texts(old.source.derivations, new.source.derivations))
    files = None if cases is None else list(cases)
    given = [] if files is None else list(_given(old, new, files, names))
    return Difference(
        old,
        new,
        tuple(sorted(renamed.items())),
        tuple(differences(*stated, without=renamed)),
        tuple(_texts(old.source.tables, new.source.tables)),
        tuple(changed),
        tuple(_recommendations(before, after, stated, names)),
        tuple(_validity(before, after, properties[0] & properties[1], names)),
        tuple(behaviour.unshared()),
        tuple(_with_free(behaviour.found, (before, after), rules)),
        behaviour.compared,
        (*behaviour.undecided, *_not_followed(changed)),
        names,
        tuple(given),
        None if files is None else len(files),
    )


# ---------------------------------------------------------------------- names


def _renamed(old: Source, new: Source, after: Model) -> dict[str, str]:
    """Return the terms that the new version calls otherwise, each with its new name.

    They are deprecated there, replaced by a term that the old version does not know, and no case
    can use them any more.
    """
    known: set[str] = {str(getattr(subject, "value", "")) for _, subject, _, _ in old.triples()}
    deprecated: set[str] = set()
    replaced: dict[str, str] = {}
    for _, subject, predicate, value in new.triples():
        name, path = str(getattr(subject, "value", "")), getattr(predicate, "value", "")
        if path == OWL + "deprecated" and getattr(value, "value", "") in {"true", "1"}:
            deprecated.add(name)
        elif path == _REPLACED and isinstance(value, ox.NamedNode):
            replaced[name] = value.value
    found = {}
    for name in sorted(deprecated & known & set(replaced)):
        target, seen = replaced[name], {name}
        while target in deprecated and target in replaced and target not in seen:
            seen.add(target)
            target = replaced[target]
        usable = after.above.get(name, frozenset()) & {FINDING, INTERVENTION}
        live = name in after.recommendations or usable
        if target not in known and target not in seen and not live:
            found[name] = target
    taken = list(found.values())
    return {name: target for name, target in found.items() if taken.count(target) == 1}


def _with_names(source: Source, renamed: Mapping[str, str]) -> Source:
    """Return a source in which terms have other names."""

    def other(term: object) -> object:
        name = renamed.get(term.value) if isinstance(term, ox.NamedNode) else None
        return term if name is None else ox.NamedNode(name)

    def moved(quad: ox.Quad) -> ox.Quad:
        parts = (quad.subject, quad.predicate, quad.object)
        subject, predicate, value = (other(part) for part in parts)
        if (subject, predicate, value) == parts:
            return quad
        return ox.Quad(subject, predicate, value, quad.graph_name)  # type: ignore[arg-type]

    return replace(
        source,
        documents=tuple(
            replace(document, quads=tuple(moved(quad) for quad in document.quads))
            for document in source.documents
        ),
    )


def _properties(source: Source) -> frozenset[str]:
    """Return the properties that a source declares."""
    kinds = {OWL + "ObjectProperty", OWL + "DatatypeProperty"}
    return frozenset(
        str(getattr(subject, "value", ""))
        for _, subject, predicate, value in source.triples()
        if getattr(predicate, "value", "") == TYPE and getattr(value, "value", "") in kinds
    )


def _with_free(
    found: Iterable[BehaviourChange],
    models: tuple[Model, Model],
    rules: Sequence[Sequence[Rule]],
) -> Iterator[BehaviourChange]:
    """Yield what cases have answered differently, with the derivations that it rests on."""
    sides = [Freedom(some, model) for some, model in zip(rules, models, strict=True)]
    for one in found:
        about = [one.subject, *(name for name in one.known if name is not None)]
        about += [each.iri for each in one.because]
        free = {rule.iri: rule for side in sides for rule in side.about(about)}
        yield replace(one, free=tuple(free[iri] for iri in sorted(free)))


def _not_followed(changed: Iterable[tuple[str, int, int]]) -> Iterator[str]:
    """Yield what is not known where derivations differ: what they write is free in a case."""
    for iri, _, _ in changed:
        yield f"what cases get by the derivation {local_name(iri)}, which differs"


def _texts(
    old: Iterable[Table | Derivation], new: Iterable[Table | Derivation]
) -> Iterator[tuple[str, int, int]]:
    """Yield what differs of texts by name: how many lines are gone and how many are new."""
    before = {one.iri: set(one.text.splitlines()) for one in old}
    after = {one.iri: set(one.text.splitlines()) for one in new}
    for iri in sorted({*before, *after}):
        one, other = before.get(iri, set()), after.get(iri, set())
        if one != other or (iri in before) != (iri in after):
            yield iri, len(one - other), len(other - one)


# ---------------------------------------------------------------------- recommendations


def manchester(expression: Expression, short: Callable[[str], str]) -> str:
    """Return an expression in the Manchester syntax; the order of its parts makes no difference."""
    if isinstance(expression, Existential):
        parts = sorted(_facet(one, short) for one in expression.facets)
        if expression.role == ITSELF:
            return " and ".join(parts)
        how = "some" if expression.least == 1 else f"min {expression.least}"
        if not parts:
            return f"{short(expression.role)} {how} {short(expression.filler)}"
        inner = " and ".join([short(expression.filler), *parts])
        return f"{short(expression.role)} {how} ({inner})"
    if isinstance(expression, Const):
        return "owl:Thing" if expression.value else "owl:Nothing"
    if isinstance(expression, Not):
        return f"not ({manchester(expression.operand, short)})"
    word = " and " if isinstance(expression, And) else " or "
    return word.join(sorted({f"({manchester(part, short)})" for part in expression.operands}))


def _facet(facet: Facet, short: Callable[[str], str]) -> str:
    if isinstance(facet, RecordFacet):
        kinds = sorted(short(one.cls) for one in facet.facets if is_kind(one))
        rest = sorted(_facet(one, short) for one in facet.facets if not is_kind(one))
        what = " and ".join([*kinds, *rest])
        return f"({short(facet.property)} some {f'({what})' if rest else what})"
    if isinstance(facet, ClassFacet):
        return f"({short(facet.property)} some {short(facet.cls)})"
    if isinstance(facet, IndividualFacet):
        return f"({short(facet.property)} value {short(facet.individual)})"
    if isinstance(facet, LiteralFacet):
        return f"({short(facet.property)} value {constant(facet.value)})"
    return f"({short(facet.property)} some {facet.range.text()})"


def _direction(one: Recommendation) -> str:
    return "not for" if one.non_indication else "against" if one.against else "for"


def _recommendations(
    before: Model, after: Model, stated: tuple[Statements, Statements], names: Names
) -> Iterator[RecommendationChange]:
    known, now = before.recommendations, after.recommendations
    gone = [iri for iri in sorted(known) if iri not in now]
    come = [iri for iri in sorted(now) if iri not in known]
    what = {iri: _parts(before, iri, stated[0], names) for iri in known}
    is_now = {iri: _parts(after, iri, stated[1], names) for iri in now}
    renamed = {}
    for iri in gone:
        same = [one for one in come if _signature(is_now[one]) == _signature(what[iri])]
        back = [one for one in gone if _signature(what[one]) == _signature(what[iri])]
        if len(same) == len(back) == 1:
            renamed[iri] = same[0]
    for iri in sorted({*known, *now} - {*renamed.values()}):
        label = names.label(iri)
        other = renamed.get(iri, iri)
        if other not in now:
            yield RecommendationChange(iri, label, "removed", _listed(what[iri], new=False))
        elif iri not in known:
            yield RecommendationChange(iri, label, "added", _listed(is_now[iri], new=True))
        else:
            parts = tuple(_changed(what[iri], is_now[other]))
            if other != iri:
                yield RecommendationChange(iri, label, "renamed", parts, other)
            elif parts:
                yield RecommendationChange(iri, label, "changed", parts)


def _parts(model: Model, iri: str, stated: Statements, names: Names) -> dict[str, str]:
    """Return the parts of a recommendation, each in words; the criterion as what it comes to."""
    one = model.recommendations[iri]
    found = {
        "action": names.short(one.action),
        "direction": _direction(one),
        "criterion": manchester(model.criteria[one.criterion], names.short),
        "name of the criterion": names.short(one.criterion),
    }
    if one.fulfilled_by is not None:
        found["fulfilled by"] = manchester(model.criteria[one.fulfilled_by], names.short)
    for predicate in stated.index[iri]:
        if predicate not in _ELSEWHERE:
            part = _PARTS.get(predicate, local_name(predicate))
            part = (
                part if predicate in _PARTS or predicate.startswith(IND) else names.short(predicate)
            )
            found[part] = ", ".join(stated.values(iri, predicate))
    return found


def _signature(parts: Mapping[str, str]) -> tuple[str | None, ...]:
    """Return what two names of one recommendation have in common."""
    return tuple(parts.get(one) for one in ("action", "direction", "criterion", *sorted(TOLD)))


def _changed(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[PartChange]:
    for part in dict.fromkeys((*old, *new)):
        before, after = old.get(part, _MISSING), new.get(part, _MISSING)
        if before != after:
            yield PartChange(
                part, *(apart(before, after) if part in _EXPRESSIONS else (before, after))
            )


def _listed(parts: Mapping[str, str], *, new: bool) -> tuple[PartChange, ...]:
    wanted = ("action", "direction", "criterion")
    return tuple(
        PartChange(one, _MISSING if new else parts[one], parts[one] if new else _MISSING)
        for one in wanted
    )


# ---------------------------------------------------------------------- valid cases


def _validity(
    before: Model, after: Model, properties: frozenset[str], names: Names
) -> Iterator[str]:
    """Yield in words why a case can be valid for one version and not for the other."""
    roots = {FINDING, INTERVENTION}
    common = set(before.above) & set(after.above)
    for cls in sorted(common):
        if not (before.above[cls] | after.above[cls]) & roots:
            continue
        label = names.label(cls)
        for words, old, new in (
            ("is {} within {}", before.above[cls], after.above[cls]),
            (
                "and {1} {0} exclude each other",
                before.apart.get(cls, frozenset()),
                after.apart.get(cls, frozenset()),
            ),
        ):
            for one in sorted((new ^ old) & common):
                if words.startswith("is") or cls < one:
                    when = "now" if one in new else "no longer"
                    yield f"{label} {words.format(when, names.label(one))}"
        for role in sorted(before.once.get(cls, set()) ^ after.once.get(cls, set())):
            when = "now" if role in after.once.get(cls, ()) else "no longer"
            yield f"{label} is {when} recorded once at most under {names.label(role)}"
    used = {
        facet.property
        for model in (before, after)
        for criterion in model.criteria.values()
        for atom in existentials(criterion)
        for facet in atom.facets
    }
    for name in sorted(used & properties):
        label = names.label(name)
        scored = name in before.scores and name in after.scores  # which no case records
        if before.ranges.get(name) != after.ranges.get(name) and not scored:
            yield f"{label} has another range"
        if before.units.get(name) != after.units.get(name):
            units = (model.units.get(name, "no unit") for model in (before, after))
            yield f"{label} is stated in another unit: {', now '.join(units)}"
        if before.kinds.get(name) != after.kinds.get(name):
            yield f"{label} takes values of other classes"
        if (name in before.functional) != (name in after.functional):
            when = "now" if name in after.functional else "no longer"
            yield f"{label} {when} has one value at most"


# ---------------------------------------------------------------------- given cases


def case_files(folder: str, *, fence: Fence | None = None) -> list[str]:
    """Return the files of a folder, at any depth, that can hold cases; a file is its own.

    Where links may lead is said by the fence, or without one by ``fence_of``.

    Raises:
        IndicantError: there is none, or one leads out.
    """
    path = Path(folder)
    if not path.is_dir():
        return [folder]
    found = [
        str(file)
        for file in visible(path.rglob("*"), path)
        if file.suffix.lower() in _CASES
        and not file.name.startswith("expected.")
        and not file.is_dir()
    ]
    if not found:
        raise IndicantError("holds no case", file=folder, help="a case is a file in Turtle")
    allowed = fence_of(path) if fence is None else fence
    for file in found:
        allowed.follow(Path(file), path)
    return sorted(found)


def _given(old: Version, new: Version, files: list[str], names: Names) -> Iterator[Given]:
    """Assess given cases with both versions and yield what is told differently."""
    assessors = []
    for side, version in zip(SIDES, (old, new), strict=True):
        try:
            assessors.append(Assessor(version.path, fence=version.fence))
        except IndicantError as error:
            raise of_side(error, side) from error
    for file in files:
        document = read(file)
        records: list[dict[str, CaseRecord] | None] = []
        for assessor in assessors:
            try:
                found = assessor.assess(document, everything=True)
                records.append({one["case"]: one for one in found})
            except InvalidCase:
                records.append(None)
        before, after = records
        if before is None or after is None:
            if before is not after:
                what = [ASSESSED if one is not None else REFUSED for one in records]
                yield Given(file, "", "", "the file", *what)
            continue
        for case in sorted(before):
            for subject, label, one, other in _told(before[case], after[case], names):
                if one != other:
                    yield Given(file, case, subject, label, one, other)


def _told(
    before: CaseRecord, after: CaseRecord, names: Names
) -> Iterator[tuple[str, str, str, str]]:
    """Yield what each of two assessments tells of the scope, interventions and recommendations."""
    yield (
        after["guideline"]["iri"] or "",
        "scope",
        before["guideline"]["scope"] or UNSTATED,
        after["guideline"]["scope"] or UNSTATED,
    )
    sides = [{one["action"]: one for one in record["actions"]} for record in (before, after)]
    for action in sorted({*sides[0], *sides[1]}):
        known = [side.get(action) for side in sides]
        statuses = [one["status"] if one else "not-applicable" for one in known]
        yield action, names.label(action), statuses[0], statuses[1]
        if statuses[0] == statuses[1] and statuses[0] != "not-applicable":
            for part in ("urgency", "phase"):
                told = [(one and one[part]) or UNSTATED for one in known]
                yield action, f"{names.label(action)}, {part}", told[0], told[1]
    fulfilled = [_fulfilments(side.values()) for side in sides]
    for iri in sorted(set(fulfilled[0]) & set(fulfilled[1])):
        told = [one[iri] or UNSTATED for one in fulfilled]
        yield iri, f"fulfilment of {names.label(iri)}", told[0], told[1]


def _fulfilments(actions: Iterable[ActionRecord]) -> dict[str, str | None]:
    return {one["iri"]: one["fulfilment"] for each in actions for one in each["recommendations"]}
