"""What the vocabulary entails among existentials, as propositional clauses.

An existential that holds has a witness. Up to what a criterion can see, a witness is a set of
classes, closed upwards, with a value in one of finitely many *cells* for each property that a
facet restricts: two values are in one cell when the same facets accept them. A true existential
whose least witnesses all satisfy another existential makes that one true; that is all there is to
say about values that may differ from one existential to the next.

A course of a kind that a case has at most once is one record, shared by all existentials over it.
``role some (Course and p and q)`` is therefore the conjunction of its parts, and the parts are
tied together by the one cell in which each property of the record lies.

A facet may demand a record that the witness is related to, which is a witness of its own: of the
classes and the cells that its facets demand. Where a record of which there is one is related to one
other by a property, the two are known together, and what is demanded of the other falls into its
parts as well; otherwise of related records there may be any number.

What a case has by one role it may have by another as well: a witness of ``hasFinding some D`` is
one of ``hadFinding some D``, and never the other way round. Of what a case once had there may be
any number.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from indicant.compile.cells import Cell, Cells
from indicant.compile.intervals import intervals, redundant
from indicant.compile.model import (
    CASE,
    ITSELF,
    And,
    ClassFacet,
    Const,
    Existential,
    Expression,
    Facet,
    Model,
    Not,
    Or,
    Range,
    RangeFacet,
    RecordFacet,
    implied,
    is_kind,
)
from indicant.errors import in_time
from indicant.terms import TYPE, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from indicant.compile.implicants import Compiled, Literal
    from indicant.compile.scores import Ladder

Clause = tuple[int, ...]


@dataclass
class Clauses:
    """Clauses over numbered variables.

    ``variables`` numbers the existentials from one; higher numbers are auxiliary. ``tied`` holds
    the variables that share a clause with an auxiliary one.
    """

    variables: dict[Existential, int]
    clauses: list[Clause] = field(default_factory=list)
    tied: set[int] = field(default_factory=set)
    top: int = 0

    def fresh(self) -> int:
        """Return a new auxiliary variable."""
        self.top += 1
        return self.top

    def add(self, *literals: int) -> None:
        """Add a clause."""
        self.clauses.append(literals)

    def tie(self, *literals: int) -> None:
        """Add a clause, in which some variables may be auxiliary."""
        self.add(*literals)
        if max(map(abs, literals)) > len(self.variables):
            self.tied.update(map(abs, literals))


class Theory(Cells):
    """Answers what a model's vocabulary entails among given existentials."""

    def __init__(self, model: Model) -> None:
        super().__init__(model)
        self._ladders: dict[str, Ladder] = {}
        self._decided: dict[str, tuple[Compiled, ...]] = {}

    # ------------------------------------------------------------------ normal form

    def once(self, existential: Existential) -> str | None:
        """Return the topmost class of courses recorded once that the filler is within, if any."""
        if existential.role == ITSELF:
            return existential.filler
        above = self._model.above.get(existential.filler, frozenset())
        roots = [
            cls
            for cls in sorted(above)
            if existential.role in self._model.once.get(cls, ())
            and not any(
                other != cls and existential.role in self._model.once.get(other, ())
                for other in self._model.above.get(cls, ())
            )
        ]
        return roots[0] if roots else None

    def normal(self, expression: Expression) -> Expression:
        """Split every existential over a course recorded once into its independent parts."""
        if isinstance(expression, Existential):
            root = self.once(expression)
            if root is None:
                return expression
            if expression.least > 1:
                return Const(False)
            if root == CASE:
                return self._of_case(expression)
            parts: list[Expression] = [
                Existential(expression.role, root, frozenset({facet}))
                for facet in sorted(self.parts(expression.facets), key=repr)
            ]
            if expression.filler != root or not parts:
                parts.insert(0, Existential(expression.role, expression.filler))
            return parts[0] if len(parts) == 1 else And(tuple(parts))
        if isinstance(expression, Not):
            return Not(self.normal(expression.operand))
        if isinstance(expression, And):
            return And(tuple(self.normal(part) for part in expression.operands))
        if isinstance(expression, Or):
            return Or(tuple(self.normal(part) for part in expression.operands))
        return expression

    def parts(self, facets: Iterable[Facet]) -> set[Facet]:
        """Return facets of one record, what they demand of one related record each by itself."""
        found: set[Facet] = set()
        for facet in facets:
            if isinstance(facet, RecordFacet) and facet.property in self._model.functional:
                found.update(
                    RecordFacet(facet.property, frozenset({part}))
                    for part in self.parts(facet.facets)
                )
            else:
                found.add(facet)
        return found

    def _of_case(self, atom: Existential) -> Expression:
        """Return what is demanded of a score as that it is at least a number, and not another.

        A case always has it, so that what is known of it is known by such bounds.
        """
        (facet,) = atom.facets
        if facet.property not in self._model.scores:
            return atom
        assert isinstance(facet, RangeFacet)  # noqa: S101
        sums = sorted(self.ladder(facet.property).sums)
        inside = [one for one in sums if Decimal(one) in facet.range]
        if not inside:
            return Const(False)
        beyond = [one for one in sums if one > inside[-1]]
        parts: list[Expression] = []
        if inside[0] > sums[0]:
            parts.append(self._at_least(facet.property, inside[0]))
        if beyond:
            parts.append(Not(self._at_least(facet.property, beyond[0])))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    @staticmethod
    def _at_least(score: str, number: int) -> Existential:
        numbers = Range(integral=True, min_inclusive=Decimal(number))
        return Existential(ITSELF, CASE, frozenset({RangeFacet(score, numbers)}))

    def ladder(self, name: str) -> Ladder:
        """Return the steps in which a score grows.

        Raises:
            OutOfTimeError: they were not found in time.
            IndicantError: its criteria depend on one another in too many ways.
        """
        from indicant.compile.scores import ladder

        if name not in self._ladders:
            self._ladders[name] = ladder(self, self._model, self._model.scores[name])
        return self._ladders[name]

    def decided(self, name: str, *, seconds: float = 60.0) -> tuple[Compiled, ...]:
        """Return the implicants of each step of a score.

        Raises:
            IndicantError: they were not found in time.
        """
        from indicant.compile.implicants import compile_expression

        if name not in self._decided:
            self._decided[name] = tuple(
                compile_expression(step.expression, self, seconds=seconds, about=local_name(name))
                for step in self.ladder(name).steps
            )
        return self._decided[name]

    def runs(self, own: Iterable[Existential]) -> dict[Existential, str]:
        """Return what a number known within bounds establishes for one expression; see there.

        Each existential comes with the property of which it knows an interval.
        """
        return intervals(self, self._model, own)

    def redundant(self, implicant: Iterable[Literal], runs: Mapping[Existential, str]) -> bool:
        """Tell whether an implicant says in several literals what one run says; see there."""
        return redundant(self, self._model, implicant, runs)

    def closure(self, own: Iterable[Existential]) -> set[Existential]:
        """Return existentials in normal form with what a record is to be known by beside them.

        ``role some (Care and p and q)`` is true of a record that satisfies q as soon as
        ``role some (Course and p)`` is, so that q of the record is a fact that a case can
        establish. Another such fact is that the record is of a class beside its kind; it is put
        as a facet on the type. That it is of a class below its kind is an existential of its own.
        And what is counted is there at all.
        """
        model = self._model
        atoms = set(own)
        atoms.update(replace(atom, least=1) for atom in list(atoms))
        records: dict[tuple[str, str], list[Existential]] = defaultdict(list)
        for atom in sorted(atoms, key=repr):
            root = self.once(atom)
            if root is not None:
                records[(atom.role, root)].append(atom)
        free = [
            atom for atom in atoms if atom.facets and atom.least == 1 and self.once(atom) is None
        ]
        for (role, root), record in records.items():
            tied = {facet.property for atom in record for facet in atom.facets}
            kinds = {above for atom in record for above in model.above[atom.filler]}
            for atom in free:
                beside = atom.filler not in model.above[root]
                below = root in model.above[atom.filler]
                if atom.role not in implied(role) or model.disjoint(root, atom.filler):
                    continue
                if tied.isdisjoint(facet.property for facet in atom.facets) and not (
                    beside and atom.filler in kinds
                ):
                    continue
                known = set(atom.facets)
                if beside and below:
                    atoms.add(Existential(role, atom.filler))
                elif beside:
                    known.add(ClassFacet(TYPE, atom.filler))
                atoms.update(
                    Existential(role, root, frozenset({facet})) for facet in self.parts(known)
                )
        return atoms

    # ------------------------------------------------------------------ clauses

    def clauses(self, own: Iterable[Existential], *, deadline: float = float("inf")) -> Clauses:
        """Return what is entailed among existentials in normal form, and nothing else.

        Raises:
            OutOfTimeError: ``deadline``, as of ``time.monotonic``, has passed.
        """
        self._deadline = deadline
        atoms = sorted(set(own), key=repr)
        result = Clauses({atom: number for number, atom in enumerate(atoms, 1)})
        result.top = len(atoms)
        records: dict[tuple[str, str], list[Existential]] = defaultdict(list)
        free: dict[str, list[Existential]] = defaultdict(list)
        for atom in atoms:
            root = self.once(atom)
            if root is None:
                free[atom.role].append(atom)
            else:
                records[(atom.role, root)].append(atom)
        told = {
            role: [atom for other in sorted(implied(role)) for atom in free.get(other, ())]
            for role in {atom.role for atom in atoms}
        }
        for role, members in free.items():
            self._free(members, told[role], result)
            for (other, root), record in records.items():
                if other == role:
                    self._record(root, record, told[role], result)
        for (role, root), record in records.items():
            if role not in free:
                self._record(root, record, told[role], result)
        return result

    def _free(self, own: list[Existential], members: list[Existential], out: Clauses) -> None:
        """Say what existentials of a role entail among those of the roles that it implies."""
        cells = self.cells({facet for atom in members for facet in atom.facets})
        for atom in own:
            in_time(self._deadline)
            variable = out.variables[atom]
            outcomes = self._outcomes(atom, members, cells, out.variables)
            least = [
                outcome
                for outcome in self._timed(outcomes)
                if not any(other < outcome for other in outcomes)
            ]
            if not least:
                out.add(-variable)
            elif len(least) == 1:
                for other in sorted(least[0] - {variable}):
                    out.add(-variable, other)
            else:
                choices = []
                for outcome in sorted(least, key=sorted):
                    choice = out.fresh()
                    choices.append(choice)
                    for other in sorted(outcome - {variable}):
                        out.add(-choice, other)
                        out.tied.add(other)
                out.add(-variable, *choices)
                out.tied.add(variable)

    def _outcomes(
        self,
        atom: Existential,
        members: list[Existential],
        cells: Mapping[str, list[Cell]],
        numbers: Mapping[Existential, int],
    ) -> set[frozenset[int]]:
        """Return the sets of variables that the possible least witnesses of ``atom`` satisfy.

        Of what is counted there are as many witnesses, of one kind or of several.
        """
        above = self._model.above[atom.filler]
        properties = sorted({facet.property for facet in atom.facets})
        options = []
        for name in properties:
            wanted = frozenset(facet for facet in atom.facets if facet.property == name)
            options.append(self.least_values(name, wanted, cells[name]))
        single = set()
        for values in self._timed(itertools.product(*options)):
            satisfied: frozenset[Facet] = frozenset().union(*values)
            single.add(
                frozenset(
                    other
                    for other in members
                    if other.filler in above and other.facets <= satisfied
                )
            )
        found = set()
        several = itertools.combinations_with_replacement(sorted(single, key=repr), atom.least)
        for witnesses in self._timed(several):
            counts = Counter(itertools.chain.from_iterable(witnesses))
            found.add(
                frozenset(numbers[other] for other, count in counts.items() if count >= other.least)
            )
        return found

    def _record(
        self, root: str, record: list[Existential], others: list[Existential], out: Clauses
    ) -> None:
        model = self._model
        exists = out.variables.get(Existential(record[0].role, root))
        if exists is None:
            exists = out.fresh()
            out.tied.update(out.variables[atom] for atom in record)
        if record[0].role == ITSELF:
            out.add(exists)
        kinds = {root: exists}
        facets: dict[Facet, int] = {}
        for atom in record:
            if not atom.facets:
                kinds[atom.filler] = out.variables[atom]
            for facet in atom.facets:
                if isinstance(facet, ClassFacet) and facet.property == TYPE:
                    kinds[facet.cls] = out.variables[atom]
                else:
                    facets[facet] = out.variables[atom]
        for one, variable in self._timed(kinds.items()):
            if one != root:
                out.add(-variable, exists)
            for other, above in kinds.items():
                if one != other and other in model.above[one]:
                    out.add(-variable, above)
                if one < other and model.disjoint(one, other):
                    out.add(-variable, -above)
        there = self._reachable(kinds)
        reach = [atom for atom in others if atom.least == 1 and atom.filler in there]
        demanded = {atom: self.parts(atom.facets) for atom in reach}
        seen = set(facets).union(*demanded.values())
        for facet in sorted(seen - set(facets), key=repr):
            facets[facet] = out.fresh()
        self._values(facets, exists, out)
        for atom, wanted in self._timed(demanded.items()):
            for cls, variable in kinds.items():
                if atom.filler in model.above[cls]:
                    out.add(
                        -variable,
                        *(-facets[facet] for facet in sorted(wanted, key=repr)),
                        out.variables[atom],
                    )
                    used = {variable, *(facets[facet] for facet in wanted)}
                    if max(used) > len(out.variables):
                        out.tied.update(used | {out.variables[atom]})

    def _reachable(self, kinds: Iterable[str]) -> set[str]:
        return {above for cls in kinds for above in self._model.above[cls]}

    def _values(self, facets: Mapping[Facet, int], exists: int, out: Clauses) -> None:
        """Tie the facets of one record, each known by its variable, to the values that it has."""
        for name, cells in self.cells(facets).items():
            here = sorted((facet for facet in facets if facet.property == name), key=repr)
            for facet in here:
                out.add(-facets[facet], exists)
            if not isinstance(here[0], RecordFacet):
                self._value(name, here, cells, exists, facets, out)
            elif name in self._model.functional:
                self._related_one(name, here, exists, facets, out)
            else:
                self._related_several(name, here, cells, facets, out)

    def _related_one(
        self,
        name: str,
        here: list[Facet],
        exists: int,
        facets: Mapping[Facet, int],
        out: Clauses,
    ) -> None:
        """Tie what is demanded of the one record that one record is related to.

        Each facet demands one thing of it.
        """
        model = self._model
        inner = {
            part: facets[one] for one in here if isinstance(one, RecordFacet) for part in one.facets
        }
        kinds = {part.cls: variable for part, variable in inner.items() if is_kind(part)}
        always = model.kinds.get(name, frozenset())
        for cls, variable in kinds.items():
            if cls in always:  # it is of the class wherever anything is known of it
                for other in sorted(set(inner.values()) - {variable}):
                    out.tie(-other, variable)
            if any(model.disjoint(cls, one) for one in always):
                out.add(-variable)
            for other_cls, above in kinds.items():
                if cls != other_cls and other_cls in model.above[cls]:
                    out.tie(-variable, above)
                if cls < other_cls and model.disjoint(cls, other_cls):
                    out.tie(-variable, -above)
        self._values({part: one for part, one in inner.items() if not is_kind(part)}, exists, out)

    def _related_several(
        self,
        name: str,
        here: list[Facet],
        cells: list[Cell],
        facets: Mapping[Facet, int],
        out: Clauses,
    ) -> None:
        """Say what is entailed by that one record is related to some of any number."""
        for facet in here:
            variable = facets[facet]
            least = self.least_values(name, frozenset({facet}), cells)
            if not least:
                out.add(-variable)
            elif len(least) == 1:
                for other in sorted(least[0] - {facet}, key=repr):
                    out.tie(-variable, facets[other])
            else:
                choices = []
                for cell in sorted(least, key=lambda one: sorted(map(repr, one))):
                    choice = out.fresh()
                    choices.append(choice)
                    for other in sorted(cell - {facet}, key=repr):
                        out.add(-choice, facets[other])
                        out.tied.add(facets[other])
                out.add(-variable, *choices)
                out.tied.add(variable)

    def _value(
        self,
        name: str,
        here: list[Facet],
        cells: list[Cell],
        exists: int,
        facets: Mapping[Facet, int],
        out: Clauses,
    ) -> None:
        """Tie the facets on one property of a record to the one cell that its value is in."""
        possible: set[Cell]
        if name in self._model.scores:
            possible = {
                frozenset(facet for facet in here if self.accepts(facet, Decimal(value)))
                for value in self.ladder(name).sums
            }
        elif name in self._model.functional:
            possible = {frozenset(), *cells}
        else:
            possible = {
                frozenset().union(*chosen)
                for size in range(len(cells) + 1)
                for chosen in self._timed(itertools.combinations(cells, size))
            }
        if len(possible) == 2 ** len(here):
            return
        choices = []
        for cell in self._timed(sorted(possible, key=lambda one: sorted(map(repr, one)))):
            choice = out.fresh()
            choices.append(choice)
            for facet in here:
                out.add(-choice, facets[facet] if facet in cell else -facets[facet])
        out.add(-exists, *choices)
        out.tied.update({facets[facet] for facet in here} | {exists})


def simplify(expression: Expression) -> Expression:
    """Fold constants, double complements and nested connectives."""
    if isinstance(expression, Not):
        inner = simplify(expression.operand)
        if isinstance(inner, Const):
            return Const(not inner.value)
        return inner.operand if isinstance(inner, Not) else Not(inner)
    if isinstance(expression, (And, Or)):
        kind = type(expression)
        absorbing = isinstance(expression, Or)
        parts: dict[Expression, None] = {}
        for operand in expression.operands:
            part = simplify(operand)
            if isinstance(part, Const):
                if part.value is absorbing:
                    return part
                continue
            for piece in part.operands if isinstance(part, kind) else (part,):
                parts[piece] = None
        if not parts:
            return Const(not absorbing)
        return next(iter(parts)) if len(parts) == 1 else kind(tuple(parts))
    return expression
