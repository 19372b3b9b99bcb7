"""Which recommendation gives way to which, and what its criterion is without those above it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicant.compile.model import And, Not, oversize
from indicant.errors import IndicantError
from indicant.terms import local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from indicant.compile.model import Expression, Model


def effective(model: Model) -> dict[str, Expression]:
    """Return the effective criterion of every recommendation.

    It is the recommendation's own criterion and not that of any recommendation that overrides it,
    stated or, for a non-indication, implied.

    Raises:
        IndicantError: recommendations override one another in a circle.
    """
    above = overriders(model)
    _refuse_cycle(above)
    return {iri: without(model, iri, above[iri]) for iri in model.recommendations}


def without(model: Model, iri: str, others: Iterable[str]) -> Expression:
    """Return the criterion of a recommendation and not those of others."""
    own = model.criteria[model.recommendations[iri].criterion]
    negated = [
        Not(model.criteria[model.recommendations[other].criterion]) for other in sorted(others)
    ]
    if not negated:
        return own
    whole = And((own, *negated))
    too_large = oversize(whole)
    if too_large is not None:
        raise IndicantError(
            f"{local_name(iri)} without what overrides it: {too_large}",
            help="let fewer recommendations override it",
        )
    return whole


def overriders(model: Model) -> dict[str, set[str]]:
    """Return, per recommendation, those that override it."""
    above: dict[str, set[str]] = {iri: set() for iri in model.recommendations}
    for iri, recommendation in model.recommendations.items():
        for other in recommendation.overrides:
            above[other].add(iri)
    indications: dict[str, list[str]] = {}
    for iri, one in model.recommendations.items():
        if not one.against:
            for cls in model.above[one.action]:
                indications.setdefault(cls, []).append(iri)
    for iri, one in model.recommendations.items():
        if one.non_indication:
            above[iri].update(
                other
                for other in indications.get(one.action, ())
                if model.recommendations[other].guideline == one.guideline
            )
    return above


def fulfilling(model: Model) -> dict[str, str]:
    """Return the criterion that fulfils each recommendation which says so."""
    return {
        iri: one.fulfilled_by
        for iri, one in model.recommendations.items()
        if one.fulfilled_by is not None
    }


def weighed(model: Model) -> list[str]:
    """Return the criteria that are answered beside the recommendations.

    They are the scopes of guidelines, what fulfils a recommendation, what decides whether one
    is superseded, and what a score counts.
    """
    above = overriders(model)
    found = set(model.scopes.values())
    found.update(fulfilling(model).values())
    found.update(criterion for one in model.scores.values() for criterion, _ in one.items)
    for iri, others in above.items():
        found.update(model.recommendations[one].criterion for one in others)
        if others:
            found.add(model.recommendations[iri].criterion)
    return sorted(found)


def _refuse_cycle(above: Mapping[str, set[str]]) -> None:
    state: dict[str, int] = {}
    for start in sorted(above):
        if start in state:
            continue
        state[start] = 1
        stack = [(start, iter(sorted(above[start])))]
        while stack:
            iri, others = stack[-1]
            for other in others:
                if state.get(other) == 1:
                    names = [entry[0] for entry in stack]
                    cycle = [*names[names.index(other) :], other]
                    raise IndicantError(
                        "recommendations override one another in a circle: "
                        + " is overridden by ".join(local_name(name) for name in cycle),
                        help="take one ind:overrides out of the circle",
                    )
                if other not in state:
                    state[other] = 1
                    stack.append((other, iter(sorted(above[other]))))
                    break
            else:
                state[iri] = 2
                stack.pop()
