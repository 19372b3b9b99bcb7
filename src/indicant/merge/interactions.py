"""Find how recommendations of different guidelines bear on one another, with a case for each."""

from __future__ import annotations

import importlib.util
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.files import bounded, resources
from indicant.merge.collection import place_of, text_of
from indicant.possible.advice import Statuses, advise
from indicant.possible.circuit import FALSE, OutOfTimeError
from indicant.possible.facts import turtle
from indicant.possible.space import Space
from indicant.report.findings import Place, Result, Rule
from indicant.terms import IND, TYPE, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from indicant.compile.model import Model
    from indicant.files.sources import Source
    from indicant.merge.collection import Collected
    from indicant.merge.resolutions import Resolution
    from indicant.possible.circuit import Formula

RULES: Final = (
    Rule(
        "contradiction",
        "no two guidelines advise for and against the same intervention in one case",
        "A contraindication holds for its intervention and for everything below it. Settle it by "
        "an ind:Resolution that says which recommendation gives way, or narrow a criterion.",
    ),
    Rule(
        "duplication",
        "advice that two guidelines give alike",
        "Both are for, or both against, the same intervention or one that is a kind of the other. "
        "It is named and does not count.",
    ),
    Rule(
        "alternatives",
        "different interventions that two guidelines advise for one goal",
        "Perhaps one of the two is enough. It is named and does not count.",
    ),
    Rule(
        "repair",
        "advice about an intervention that causes what another one treats",
        "The effects are data: ind:Effect. It is named and does not count.",
    ),
    Rule(
        "exception",
        "advice for an intervention, with a part of it ruled out by another guideline",
        "Not a contradiction: this, but not that. It is named and does not count.",
    ),
)
KINDS: Final = tuple(rule.name for rule in RULES)


@dataclass(frozen=True)
class _Pair:
    kind: str
    one: str
    other: str
    about: str | None = None


class _Prospect:
    """All possible cases, as one reading of the overriding has it."""

    def __init__(self, model: Model, seconds: float, deadline: float) -> None:
        self.advice = advise(model, seconds=seconds, deadline=deadline)
        self.space = Space([model], [self.advice.existentials()])
        self._statuses = Statuses(self.advice, self.space)
        self._deadline = deadline

    def both(self, pair: _Pair) -> Formula:
        """Return where both recommendations are met.

        Raises:
            KeyError: one of them was not compiled within its time.
        """
        return self.space.circuit.all_of(
            self._statuses.answer(iri, "met") for iri in (pair.one, pair.other)
        )

    def possible(self, pair: _Pair) -> bool:
        """Tell whether one case can meet both.

        Raises:
            OutOfTimeError: that was not decided in time.
            KeyError: the same, of one of the recommendations.
        """
        goal = self.both(pair)
        return goal != FALSE and self.space.circuit.possible(goal, self._deadline)

    def witness(
        self, group: Sequence[_Pair], prefixes: Mapping[str, str], about: str
    ) -> str | None:
        """Return a smallest case that meets all of a group, or else its first pair, as Turtle.

        Raises:
            OutOfTimeError: none was found in time.
        """
        together = self.space.circuit.all_of(self.both(pair) for pair in group)
        chosen = self.space.least(together, self._deadline)
        if chosen is None:
            chosen = self.space.least(self.both(group[0]), self._deadline)
        if chosen is None:
            return None
        return turtle(self.space.recorded(chosen), prefixes, about=about)


def interactions(
    collected: Collected,
    source: Source,
    model: Model,
    found: Sequence[Resolution],
    prefixes: Mapping[str, str],
    *,
    within: bool = False,
    seconds: float = 60.0,
) -> tuple[list[Result], list[str]]:
    """Return the interactions between recommendations, and what the time did not allow to decide.

    Args:
        collected: the guidelines.
        source: the same with what resolutions add.
        model: what was read from that.
        found: the resolutions that hold.
        prefixes: namespaces for the witnesses, by prefix.
        within: whether to report those within one guideline as well.
        seconds: the time limit for all of it.
    """
    deadline = time.monotonic() + seconds
    pairs = _pairs(source, model, collected.owners(), within)
    if not pairs:
        return [], []
    if importlib.util.find_spec("pysat") is None:
        return [], ["what one case can meet: pip install 'indicant[reasoner]'"]
    settled = _Prospect(model, seconds, deadline)
    before = _Prospect(_unsettled(model, found), seconds, deadline) if found else None
    decisions = {
        frozenset((one.overriding, other)): one for one in found for other in one.overridden
    }
    teller = _Teller(collected, source, model, prefixes)
    groups: dict[tuple[str, ...], list[_Pair]] = defaultdict(list)
    undecided: list[str] = []
    results: list[Result] = []
    for pair in pairs:
        try:
            if settled.possible(pair):
                groups[_group(pair, model)].append(pair)
                continue
            decision = decisions.get(frozenset((pair.one, pair.other)))
            if pair.kind == "contradiction" and decision and before and before.possible(pair):
                case = before.witness([pair], prefixes, teller.title(pair))
                results.append(
                    replace(teller.result([pair], case), accepted=decision.told(), help=None)
                )
        except (OutOfTimeError, KeyError):
            undecided.append(f"{pair.kind} of {local_name(pair.one)} and {local_name(pair.other)}")
    accepted = _accepted(collected)
    for group in groups.values():
        first = group[0]
        try:
            case = settled.witness(group, prefixes, teller.title(first))
        except OutOfTimeError:
            case = None
            undecided.append(f"a witness of the {first.kind} of {teller.title(first)}")
        results.append(_weighed(teller.result(group, case), first.kind, accepted))
    results.sort(key=lambda one: (KINDS.index(one.rule), one.accepted is not None, one.message))
    return results, undecided


def _pairs(source: Source, model: Model, owners: Mapping[str, str], within: bool) -> list[_Pair]:
    """Return the candidates between guidelines, or all of them."""
    return [
        pair
        for pair in _candidates(source, model)
        if pair.one in owners
        and pair.other in owners
        and (within or owners[pair.one] != owners[pair.other])
    ]


def _weighed(result: Result, kind: str, accepted: Sequence[tuple[frozenset[str], str]]) -> Result:
    """Return a finding as accepted, if a guideline accepts the contradiction."""
    reasons = [why for about, why in accepted if about <= set(result.about)]
    if kind == "contradiction" and reasons:
        return replace(result, accepted=reasons[0], help=None)
    return result


def _accepted(collected: Collected) -> list[tuple[frozenset[str], str]]:
    """Return the conflicts that guidelines accept in every case, with the reason."""
    rows: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for document in collected.documents:
        for quad in document.quads:
            rows[text_of(quad.subject)][quad.predicate.value].append(text_of(quad.object))
    return [
        (frozenset(one[IND + "concerns"]), next(iter(one[IND + "rationale"]), "accepted"))
        for _, one in sorted(rows.items())
        if IND + "Acceptance" in one[TYPE]
        and IND + "Conflict" in one[IND + "anomaly"]
        and one[IND + "concerns"]
        and not one[IND + "scope"]
    ]


def _unsettled(model: Model, found: Iterable[Resolution]) -> Model:
    """Return the model without what resolutions add."""
    settled = {(one.overriding, other) for one in found for other in one.overridden}
    return replace(
        model,
        recommendations={
            iri: replace(
                one,
                overrides=frozenset(
                    other for other in one.overrides if (iri, other) not in settled
                ),
            )
            for iri, one in model.recommendations.items()
        },
    )


def _group(pair: _Pair, model: Model) -> tuple[str, ...]:
    """Return what findings are told by: contradictions each, others by their interventions."""
    if pair.kind in {"contradiction", "exception"}:
        return pair.kind, pair.one, pair.other
    actions = sorted(model.recommendations[iri].action for iri in (pair.one, pair.other))
    return pair.kind, *actions


def _candidates(source: Source, model: Model) -> list[_Pair]:
    """Return the pairs that are related by their actions, effects and goals, each once."""
    store = ox.Store()
    wanted = {IND + name for name in ("action", "effectOf", "causes", "treats", "goal")}
    types = {IND + name for name in ("Indication", "Contraindication", "NonIndication")}
    for _, subject, predicate, value in source.triples():
        if text_of(predicate) in wanted or text_of(value) in types:
            store.add(ox.Quad(subject, predicate, value))  # type: ignore[arg-type]
    predicate = ox.NamedNode(IND + "subsumedBy")
    store.extend(
        ox.Quad(ox.NamedNode(cls), predicate, ox.NamedNode(other))
        for cls, above in model.above.items()
        for other in above
    )
    found: dict[tuple[str, frozenset[str], str | None], _Pair] = {}
    for kind in KINDS:
        query = bounded.text(resources.queries() / "interactions" / f"{kind}.rq")
        rows = store.query(query)
        assert isinstance(rows, ox.QuerySolutions)  # noqa: S101
        names = [one.value for one in rows.variables]
        about = next((name for name in ("goal", "finding") if name in names), None)
        for row in rows:
            one, other = row["recommendation"], row["other"]
            finding = None if about is None else text_of(row[about])
            pair = _Pair(kind, text_of(one), text_of(other), finding)
            found.setdefault((kind, frozenset((pair.one, pair.other)), finding), pair)
    return [
        pair
        for pair in found.values()
        if {pair.one, pair.other} <= model.recommendations.keys() and pair.one != pair.other
    ]


class _Teller:
    """Says an interaction in words, with the places to look at."""

    def __init__(
        self, collected: Collected, source: Source, model: Model, prefixes: Mapping[str, str]
    ) -> None:
        self._model = model
        self._prefixes = prefixes
        self._owners = collected.owners()
        self._collected = collected
        self._parts = {part.name: part for part in collected.parts}
        self._labels = source.labels()
        self._actions = {
            text_of(subject): text_of(value)
            for _, subject, predicate, value in source.triples()
            if text_of(predicate) == IND + "action"
        }

    def label(self, iri: str) -> str:
        return self._labels.get(iri, local_name(iri))

    def _side(self, iri: str) -> str:
        against = self._model.recommendations[iri].against
        part = self._parts[self._owners[iri]]
        return (
            f"{'against' if against else 'for'} {self.label(self._actions[iri])} "
            f"({part.label}: {local_name(iri)})"
        )

    def title(self, pair: _Pair) -> str:
        return f"{self._side(pair.one)} and {self._side(pair.other)}"

    def _told(self, group: Sequence[_Pair], names: Iterable[str], about: str) -> str:
        both = " and ".join(self._side(iri) for iri in names)
        kind = group[0].kind
        if kind == "repair":
            harms = dict.fromkeys(self._side(pair.one) for pair in group)
            cures = dict.fromkeys(self._side(pair.other) for pair in group)
            return (
                f"{' and '.join(harms)}, which causes {about}; "
                f"{' and '.join(cures)}, which treats it"
            )
        return {
            "contradiction": both,
            "duplication": f"the same advice twice: {both}",
            "alternatives": f"alternatives for {about}: {both}",
            "exception": f"this, but not that: {both}",
        }[kind]

    def _place(self, iri: str) -> Place:
        for document in self._parts[self._owners[iri]].documents:
            if any(text_of(quad.subject) == iri for quad in document.quads):
                return place_of(document, iri)
        raise AssertionError(iri)

    def result(self, group: Sequence[_Pair], witness: str | None) -> Result:
        first = group[0]
        names = list(dict.fromkeys(iri for pair in group for iri in (pair.one, pair.other)))
        findings = sorted({pair.about for pair in group if pair.about is not None})
        about = ", ".join(self.label(one) for one in findings)
        return Result(
            first.kind,
            "error" if first.kind == "contradiction" else "note",
            self._told(group, names, about),
            tuple(self._place(iri) for iri in names),
            "settle it with an ind:Resolution in an overlay"
            if first.kind == "contradiction"
            else None,
            tuple(names),
            witness=witness,
            data={
                "kind": first.kind,
                "actions": sorted({self._actions[iri] for iri in names}),
                "recommendations": names,
                "guidelines": sorted({self._owners[iri] for iri in names}),
                "findings": findings,
            },
        )
