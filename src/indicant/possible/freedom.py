"""Tell which answers rest on what derivations may write, which is free in a possible case.

Any possible case may have such records anyway, so that what is found of all of them holds; yet a
case that is shown may be one to which a derivation adds something, or one that has a record without
what it would be derived from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indicant.compile.model import ITSELF, existentials
from indicant.compile.scores import scores_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from indicant.compile.derivations import Rule
    from indicant.compile.model import Existential, Expression, Model


class Freedom:
    """The derivations of a guideline, and what of its model they may bear on."""

    def __init__(self, rules: Sequence[Rule], model: Model) -> None:
        """Take the derivations and the model."""
        self._rules, self._model = rules, model
        self._below = model.below() if rules else {}
        self._found: dict[Expression, tuple[Rule, ...]] = {}

    def about(self, iris: Iterable[str]) -> list[Rule]:
        """Return the derivations that may bear on what recommendations and others are answered.

        Args:
            iris: recommendations, criteria, guidelines, interventions; of others nothing is told.
        """
        if not self._rules:
            return []
        found = {
            rule.iri: rule
            for iri in iris
            for criterion in self._criteria(iri)
            for rule in self._of(criterion)
        }
        return [found[iri] for iri in sorted(found)]

    def _criteria(self, iri: str) -> Iterator[str]:
        """Yield the criteria that the answers about something rest on."""
        model = self._model
        if iri in model.criteria:
            yield iri
        if iri in model.scopes:
            yield model.scopes[iri]
        one = model.recommendations.get(iri)
        if one is not None:
            yield one.criterion
            if one.fulfilled_by is not None:
                yield one.fulfilled_by
        for other in model.recommendations.values():
            if (
                iri in other.overrides
                or (iri == other.guideline and iri in model.scopes)
                or other.action == model.same.get(iri, iri)
                or (other.against and other.action in model.above.get(iri, ()))
            ):
                yield other.criterion

    def _of(self, criterion: str) -> tuple[Rule, ...]:
        expression = self._model.criteria.get(criterion)
        if expression is None:
            return ()
        if expression not in self._found:
            classes = set(self._classes(existentials(expression), set()))
            below = [self._below.get(cls, {cls}) for cls in classes]
            self._found[expression] = tuple(
                rule
                for rule in self._rules
                if any(
                    not self._below.get(cls, {cls}).isdisjoint(one)
                    for cls in rule.classes
                    for one in below
                )
            )
        return self._found[expression]

    def _classes(self, atoms: Iterable[Existential], seen: set[str]) -> Iterator[str]:
        """Yield the classes whose records decide existentials, through scores and quantities."""
        model = self._model
        for atom in atoms:
            if atom.role != ITSELF:
                yield atom.filler
                quantity = model.quantities.get(atom.filler)
                if quantity is not None:
                    yield quantity.over
                continue
            for score in set(scores_of([atom], model)) - seen:
                seen.add(score)
                for criterion, _ in model.scores[score].items:
                    expression = model.criteria.get(criterion)
                    if expression is not None:
                        yield from self._classes(existentials(expression), seen)


def told(rules: Sequence[Rule]) -> str:
    """Return in words that something rests on what derivations may write, nothing without any."""
    names = " and ".join(rule.name for rule in rules)
    verb = "writes is" if len(rules) == 1 else "write is"
    return f"what {names} {verb} taken as free" if rules else ""
