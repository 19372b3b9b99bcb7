"""What the functions that are written for one query have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from indicant.query.plan import NoPlanError, Plan
from indicant.query.values import literal

if TYPE_CHECKING:
    from collections.abc import Set

    from indicant.query.groups import Costs, Sizes
    from indicant.query.values import Value


@dataclass
class Module:
    """What the functions of one query have in common."""

    costs: Costs
    sizes: Sizes
    stated: Set[str]
    constants: dict[Value, str] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    rows: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    remembered: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    count: int = 0

    def fresh(self, kind: str) -> str:
        """Return a name that nothing has yet."""
        self.count += 1
        return f"{kind}{self.count}"

    def constant(self, term: Plan) -> str:
        """Return the name of a term."""
        value = term[1] if term[0] == "i" else literal(term[1], term[2], term[3])
        return self.constants.setdefault(value, f"k{len(self.constants)}")

    def forward(self, term: Plan) -> str:
        """Return the name of the table of a predicate from subjects to objects."""
        return self.tables.setdefault(f"PS.get({self.constant(term)}, E)", f"f{len(self.tables)}")

    def backward(self, term: Plan) -> str:
        """Return the name of the table of a predicate from objects to subjects."""
        return self.tables.setdefault(f"PO.get({self.constant(term)}, E)", f"b{len(self.tables)}")

    def steps(self, path: Plan, start: str, *, back: bool = False) -> str:
        """Return an expression for the nodes to which a path leads, as often as it does."""
        kind, *parts = path
        if kind == "i":
            table = self.backward(path) if back else self.forward(path)
            return f"{table}.get({start}, E)"
        if kind == "alt":
            return "[" + ", ".join(f"*{self.steps(one, start, back=back)}" for one in parts) + "]"
        if kind == "opt":
            return f"{{{start}: None, **dict.fromkeys({self.steps(parts[0], start, back=back)})}}"
        if kind == "plus" and parts[0][0] == "i":
            table = self.backward(parts[0]) if back else self.forward(parts[0])
            return f"reached({table}, {start})"
        if kind == "seq":
            ordered = parts[::-1] if back else parts
            name = self.fresh("x")
            source = self.steps(ordered[0], start, back=back)
            for one in ordered[1:]:
                then = self.fresh("x")
                further = self.steps(one, name, back=back)
                source = f"[{then} for {name} in {source} for {then} in {further}]"
                name = self.fresh("x")
            return source
        raise NoPlanError(f"the path {kind}")
