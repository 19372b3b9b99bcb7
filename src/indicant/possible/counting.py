"""That what is counted is as many records as are recorded, where these are all there are.

The rules tell it as well, of one case at a time, and there are many cases with too few records.
"""

from __future__ import annotations

import itertools
import math
from decimal import Decimal
from typing import TYPE_CHECKING

from indicant.compile.implicants import at_least
from indicant.compile.model import MOST_COUNTED, RECEIVED, Range, implied
from indicant.possible.kinds import NONE, Kinds, Slot
from indicant.possible.options import Option
from indicant.possible.parts import Complete, Excluded, Never, Part, Typed, Valued
from indicant.terms import IND

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from indicant.compile.model import Quantity
    from indicant.possible.circuit import Circuit, Formula
    from indicant.possible.nodes import Candidate

Records = dict[tuple[str, Slot], tuple[list[str], list[str], list[Option]]]
"""By role and kind, the classes of the one record of a kind: its own, all, and its values."""


def require_records(
    version: int,
    circuit: Circuit,
    kinds: Kinds,
    parts: Mapping[Part, Formula],
    nodes: Sequence[tuple[Candidate, Formula]],
    records: Records,
) -> None:
    """Let each count of a version be of so many records, where a case says that these are all.

    Args:
        version: which of the versions.
        circuit: what is taught.
        kinds: the classes that cases use.
        parts: the variable of each part of a case.
        nodes: the records of which there may be any number.
        records: those of which there is one.
    """
    above = kinds.models[version].above
    for name, quantity in kinds.models[version].quantities.items():
        if quantity.aggregate != IND + "Count":
            continue
        there = _there(version, circuit, kinds, parts, nodes, records, quantity)
        closed = [
            parts[part]
            for cls in sorted(above[quantity.over])
            for part in (
                Complete(cls, None),
                Excluded(cls) if quantity.role == RECEIVED else Never(cls),
            )
            if part in parts
        ]
        for place, (_, named, options) in records.items():
            typed = [parts[Typed(*place, cls)] for cls in named if name in above.get(cls, NONE)]
            for option in options if typed else ():
                least = _least(option.entry.value)
                if option.entry.property == quantity.value and 0 < least <= MOST_COUNTED:
                    enough = at_least(
                        [(one, 1) for one in there], least, circuit.all_of, circuit.any_of
                    )
                    valued = parts[Valued(*place, option)]
                    for cls, said in itertools.product(typed, closed):
                        circuit.require((cls, valued, said), enough)


def _there(
    version: int,
    circuit: Circuit,
    kinds: Kinds,
    parts: Mapping[Part, Formula],
    nodes: Sequence[tuple[Candidate, Formula]],
    records: Records,
    quantity: Quantity,
) -> list[Formula]:
    """Return where each record is there that a quantity may be computed from."""

    def may_be(classes: Collection[str]) -> bool:
        return all(kinds.may_be(version, classes, one) for one in (quantity.over, *quantity.also))

    found = [
        number
        for one, number in nodes
        if quantity.role in implied(one.node.role) and may_be(one.node.classes)
    ]
    found += [
        circuit.any_of(parts[Typed(role, slot, cls)] for cls in named if may_be((cls,)))
        for (role, slot), (_, named, _) in records.items()
        if quantity.role in implied(role)
    ]
    return found


def _least(value: object) -> int:
    """Return the least whole number that a value can be, or nought."""
    if isinstance(value, Range):
        value = next((one for one in (value.min_inclusive, value.min_exclusive) if one), 0)
    return math.ceil(value) if isinstance(value, Decimal) else 0
