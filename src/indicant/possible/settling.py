"""Facts and recommendations that no case can settle one way or the other."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indicant.compile.graph import words_of
from indicant.compile.implicants import Literal
from indicant.compile.model import (
    HAD_FINDING,
    HAS_FINDING,
    PROPOSES,
    Existential,
    RecordFacet,
    existentials,
)
from indicant.possible.advice import Statuses
from indicant.possible.circuit import OutOfTimeError
from indicant.possible.space import Space
from indicant.terms import IND, local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from indicant.possible.advice import Advice
    from indicant.possible.circuit import Formula
    from indicant.report.findings import Level

_DAYS: Final = "ind:days is derived from a start and an end, or from weeks: ind:on gives none"
_ONCE: Final = (
    "if a case has one at most, say so:  ind:PatientCase rdfs:subClassOf [ a owl:Restriction ; "
    "owl:onProperty ind:{role} ; owl:maxQualifiedCardinality 1 ; owl:onClass {cls} ]"
)
_BEFORE: Final = (
    "of what a case had there may be any number: where what is present is meant, demand it by "
    "ind:hasFinding"
)
_RELATED: Final = (
    "of what a record leads to there may be more than is recorded: if it is one at most, declare "
    "the property an owl:FunctionalProperty"
)
_COUNTED: Final = "a criterion demands several of them, so that only such a case can settle it"
_UNLESS: Final = "unless it records all {}: there may be another"
_PLANNED: Final = "unless it records all that is proposed: another may be"
_PLAN: Final = "a case that records all plans says so:  ind:recordsAllProposals true"
_RANGE: Final = "demand a value within the range of the property"
_VALUES: Final = "a facet is refuted by another value: declare the others, and that they differ"


@dataclass(frozen=True)
class Unsettled:
    """What no case settles: the kind of anomaly, what it is about, in words, and a remedy.

    What was not decided in time has no message.
    """

    anomaly: str
    level: Level
    about: tuple[str, ...]
    message: str
    help: str


# One piece: each anomaly is told from what was asked before it.
def unsettled(
    advice: Advice, called: Callable[[str], str], *, seconds: float, deadline: float
) -> Iterator[Unsettled]:
    """Yield facets that no case satisfies or refutes, and recommendations that none refutes.

    A facet is refuted where its class is present: where the class itself is absent there is
    nothing that could have it.

    Args:
        advice: what a model advises, compiled.
        called: what terms are called.
        seconds: the time limit for each question.
        deadline: when to stop altogether, as of ``time.monotonic``.
    """
    resting, units = _demanding(advice), advice.model.units
    atoms = sorted(resting, key=repr)
    counted = {(atom.role, atom.filler) for atom in atoms if atom.least > 1}
    plain = {atom: Existential(atom.role, atom.filler, frozenset()) for atom in atoms}
    every = {*atoms, *plain.values(), *advice.existentials()}
    space = Space([advice.model], [every])
    answers = Statuses(advice, space)
    incomplete = Space([advice.model], [every], complete=False)

    def possible(goal: Formula, among: Space = space) -> bool | None:
        try:
            return among.circuit.possible(goal, min(deadline, time.monotonic() + seconds))
        except OutOfTimeError:
            return None

    def refutable(atom: Existential, among: Space) -> bool | None:
        """Tell whether there can be one of the class, and none that is as demanded."""
        absent, none = (among.known(Literal(one, present=False)) for one in (atom, plain[atom]))
        return possible(among.circuit.all_of((absent, -none)), among)

    for atom in atoms:
        if not atom.facets:
            continue
        words, about = words_of(atom, called, units), (atom.filler, *resting[atom])
        can = possible(space.known(Literal(atom, present=True)))
        if not can:
            names = ", ".join(map(local_name, resting[atom]))
            message = f"no case can establish {words}, which is demanded by {names}"
            hint = _DAYS if _is_timed(atom) else _RANGE
            yield _told("unsatisfiable-facet", "warning", about, message, hint, can)
            continue
        can = refutable(atom, incomplete)
        if not can:
            several = not _is_once(advice, atom) and refutable(atom, space)
            message = f"no case with {words_of(plain[atom], called, units)} can refute {words}"
            if several:
                planned = atom.role == PROPOSES
                message += f", {_PLANNED if planned else _UNLESS.format(called(atom.filler))}"
            hint = _hint(atom, several=bool(several))
            if _leads_to_many(advice, atom):
                hint = _RELATED
            if several and (atom.role, atom.filler) in counted:
                hint = _COUNTED
            yield _told("irrefutable-facet", "note", about, message, hint, can)
    for iri in sorted(set(advice.compiled) & set(advice.model.recommendations)):
        if not advice.compiled[iri].met:
            continue
        can = possible(answers.answer(iri, "refuted"))
        if not can:
            message = f"no case can refute {local_name(iri)}: where it is not met it stays open"
            yield _told("irrefutable", "warning", (iri,), message, "", can)


def _is_timed(atom: Existential) -> bool:
    return any(facet.property == IND + "days" for facet in atom.facets)


def _leads_to_many(advice: Advice, atom: Existential) -> bool:
    """Tell whether all that an existential demands is about any number of related records."""
    return all(
        isinstance(facet, RecordFacet) and facet.property not in advice.model.functional
        for facet in atom.facets
    )


def _hint(atom: Existential, *, several: bool) -> str:
    """Return what to do about a facet that few cases refute, or none."""
    hint = _VALUES
    if several and atom.role == HAD_FINDING:
        hint = _BEFORE
    elif several and atom.role == PROPOSES:
        hint = _PLAN
    elif several:
        hint = _ONCE.format(role=local_name(atom.role), cls=local_name(atom.filler))
    return f"{hint}; {_DAYS}" if _is_timed(atom) and atom.role != HAS_FINDING else hint


def _demanding(advice: Advice) -> dict[Existential, list[str]]:
    """Return the recommendations that demand each existential."""
    found: dict[Existential, list[str]] = defaultdict(list)
    for iri, one in sorted(advice.model.recommendations.items()):
        for atom in set(existentials(advice.model.criteria[one.criterion])):
            found[atom].append(iri)
    return found


def _is_once(advice: Advice, atom: Existential) -> bool:
    """Tell whether a case has one at most of what an existential is about."""
    above = advice.model.above.get(atom.filler, frozenset()) | {atom.filler}
    return any(atom.role in advice.model.once.get(one, ()) for one in above)


def _told(
    anomaly: str, level: Level, about: tuple[str, ...], message: str, hint: str, can: bool | None
) -> Unsettled:
    return Unsettled(anomaly, level, about, "" if can is None else message, hint)
