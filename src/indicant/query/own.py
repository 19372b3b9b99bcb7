"""What a guideline alone says: the parts of a group that are the same for every document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indicant.query.groups import Item, Sizes, optional_of, touched_by

if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from indicant.query.plan import Plan
    from indicant.query.scopes import Bound


@dataclass(frozen=True)
class Own:
    """What a guideline says with predicates of its own.

    ``sizes`` are of the guideline; with the predicates that are ``stated`` documents say something
    as well, or rules.
    """

    sizes: Sizes
    stated: Set[str]

    def together(
        self, first: Item, items: Sequence[Item], open_to: Sequence[Item], bound: Bound
    ) -> list[Item]:
        """Return what is best looked for together with what is done first, which is among it.

        It begins at one node that is known, or at none, and never leads away from what the
        guideline says. Where that is one thing alone, there is nothing to be kept.

        Args:
            first: what is done next.
            items: what is left to be done after it.
            open_to: those of them that can be done in any order.
            bound: the variables that are bound before.
        """
        if first.kind != "triple" or not self._says(first.plan, frozenset()):
            return []
        keys = first.variables & bound.keys()
        told = set(first.variables)
        if len(keys) > 1 or not all(bound[one] for one in keys) or keys == told:
            return []
        found, left = [first], list(open_to)
        while further := next((one for one in left if self._goes(one, told, keys, bound)), None):
            left.remove(further)
            found.append(further)
            told |= further.variables
        before: list[Item] = []
        for one in items:
            if one.kind in {"group", "key"}:
                break
            if any(one is other for other in found):
                continue
            new = optional_of(one)
            if (
                new is None
                or new in bound
                or not one.variables - {new} <= told
                or not self._says(one.plan[0][1][0], told)
                or any(new in touched_by(other) for other in before)
            ):
                before.append(one)
            else:
                found.append(one)
        return found if len(found) > 1 else []

    def _goes(self, item: Item, told: Set[str], keys: Set[str], bound: Bound) -> bool:
        """Tell whether a triple leads on from what is told, and from nothing else."""
        return (
            item.kind == "triple"
            and item.variables & bound.keys() <= keys
            and not item.variables.isdisjoint(told)
            and self._says(item.plan, told)
        )

    def _says(self, triple: Plan, told: Set[str]) -> bool:
        """Tell whether a triple leads from a node of the guideline to what it says of that.

        Of a node that is told it may say something with a predicate that others use as well: of
        other nodes.
        """
        subject, path, value = triple
        if path[0] != "i" or subject[0] != "v" or subject == value:
            return False
        own = path[1] not in self.stated
        return self.sizes.has(path[1]) and (own or subject[1] in told)
