"""What is computed of a possible case, as the rules compute it.

That a case has so many records and no more, and what a count of them says, hang together by
arithmetic and by the calendar, of which a solver knows nothing. What it finds is therefore read by
the rules before it is shown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from indicant.assess.engine import OxigraphEngine
from indicant.compile.graph import GraphWriter, existential_iri
from indicant.compile.model import ITSELF, MOST_COUNTED, PROPOSES
from indicant.compile.scores import scores_of
from indicant.files.rdf import parse
from indicant.possible.circuit import FALSE
from indicant.possible.facts import Node, turtle
from indicant.possible.parts import Complete, Excluded, Never, Typed, Valued, assembled

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from indicant.compile.model import Existential, Model
    from indicant.compile.theory import Theory
    from indicant.possible.circuit import Circuit, Formula
    from indicant.possible.facts import Recorded
    from indicant.possible.kinds import Kinds, Slot
    from indicant.possible.parts import Part

MOST_TRIES: Final = 60
"""How many cases are read for one question, before it is left undecided."""
_ESTABLISHED: Final = """
PREFIX ind: <https://w3id.org/indicant/core/>
SELECT DISTINCT ?literal WHERE { ?case a ind:PatientCase ; ind:establishes ?literal }
"""


class Reading:
    """The rules over a model, as far as they tell which existentials a case establishes."""

    def __init__(self, model: Model, theory: Theory, atoms: Iterable[Existential]) -> None:
        known = list(atoms)
        writer = GraphWriter(None, model, theory)
        writer.hierarchy()
        writer.existentials(known)
        writer.proofs(known)
        writer.overlaps(known)
        writer.asked(known)
        writer.quantities()
        writer.formulas()
        writer.distances()
        self._engine = OxigraphEngine(writer.text())
        self._literals = {
            f"{existential_iri(atom)}/{'present' if present else 'absent'}": (atom, present)
            for atom in known
            for present in (True, False)
        }

    def read(self, recorded: Recorded) -> tuple[set[tuple[Existential, bool]], set[str]]:
        """Return what a case establishes, and what it records otherwise than it is computed."""
        document = parse(turtle(recorded, {}), path="case.ttl")
        self._engine.begin(document.quads)
        rows = self._engine.select(_ESTABLISHED)
        established = {self._literals[iri] for (iri,) in rows if iri in self._literals}
        return established, {row[1] or "" for row in self._engine.contradictions()}


class Realiser:
    """Teaches a circuit what the rules read of cases that it takes for possible.

    Args:
        circuit: what is taught.
        kinds: the classes that cases use, in each version.
        things: the part of a case that each variable stands for.
        classes: which classes the one record of each kind can be of.
        known: for each version, where each existential is known to hold, and not to hold.
        where: where a case is one of these.
        as_of: the day from which they count back.
    """

    def __init__(
        self,
        circuit: Circuit,
        kinds: Kinds,
        things: Mapping[Formula, Part],
        classes: Mapping[tuple[str, Slot], Sequence[str]],
        known: Sequence[Mapping[tuple[Existential, bool], Formula]],
        where: Formula,
        as_of: datetime.date,
    ) -> None:
        self._circuit = circuit
        self._kinds = kinds
        self._things = things
        self._classes = classes
        self._known = known
        self._where = where
        self._as_of = as_of
        self._readings: dict[int, Reading] = {}
        self._whole: set[tuple[int, str]] = set()

    def may_miss(self, beneath: Collection[Formula]) -> bool:
        """Tell whether a case of more records than are tried may be what a question is about.

        Only what was learned of all that is recorded of a quantity would be otherwise with more.
        """
        return any(
            abs(self._known[version][(atom, present)]) in beneath
            for version, name in self._whole
            if self._kinds.demanded(version, name) > MOST_COUNTED
            for atom in self._kinds.speaking_of(version, name)
            for present in (True, False)
        )

    def taught(
        self, chosen: frozenset[Formula], recorded: Recorded, beneath: Collection[Formula]
    ) -> int:
        """Return how much of a case the rules read otherwise, and teach it.

        Of what a question does not depend on they may read what they will.

        Args:
            chosen: the variables that are true.
            recorded: the case that these stand for.
            beneath: what a question depends on.
        """
        lessons = 0
        for version, model in enumerate(self._kinds.models):
            if not model.computes:
                continue
            if version not in self._readings:
                own = [one for one in self._kinds.atoms[version] if not scores_of([one], model)]
                self._readings[version] = Reading(model, self._kinds.theories[version], own)
            established, wrong = self._readings[version].read(recorded)
            for about in sorted(wrong):
                self._deny(version, chosen, about)
            lessons += len(wrong)
            for (atom, present), known in self._known[version].items():
                told = (atom, present) in established
                if atom.least > 1 and not present:
                    # Where there is none there are no two, which the rules leave to the theory.
                    told = told or (replace(atom, least=1), False) in established
                if abs(known) not in beneath or scores_of([atom], model):
                    continue
                if told != self._circuit.holds(known, chosen):
                    self._say(version, chosen, (atom, present), known, told=told)
                    lessons += 1
        return lessons

    def _deny(self, version: int, chosen: frozenset[Formula], about: str) -> None:
        """Let no case be what contradicts itself, whatever else it says."""

        def contradicts(some: Recorded) -> bool:
            return about in self._readings[version].read(some)[1]

        core = self._core(version, chosen, contradicts)
        quantities = [about] if about in self._kinds.models[version].quantities else []
        self._learn(version, core, chosen, quantities, FALSE)

    def _say(
        self,
        version: int,
        chosen: frozenset[Formula],
        literal: tuple[Existential, bool],
        known: Formula,
        *,
        told: bool,
    ) -> None:
        """Let a literal be known, or not be, where a case says the same of what it rests on.

        It stays known where a case says more, unless this has or denies the quantity itself.
        """
        model = self._kinds.models[version]
        about = [one for one in model.quantities if literal[0].filler in model.above[one]]
        if not told:
            self._learn(version, None, chosen, about, -known)
            return

        def establishes(some: Recorded) -> bool:
            return literal in self._readings[version].read(some)[0]

        core = self._core(version, chosen, establishes)
        itself = {name: model.above[name] for name in about}
        unless = [
            number
            for number, part in self._things.items()
            if number not in chosen
            and (
                (
                    isinstance(part, Typed)
                    and not itself.keys().isdisjoint(self._kinds.above(part.cls))
                )
                or (
                    isinstance(part, (Excluded, Never))
                    and any(part.cls in above for above in itself.values())
                )
            )
        ]
        self._learn(version, core, chosen, about, self._circuit.any_of((known, *unless)))

    def _core(
        self, version: int, chosen: frozenset[Formula], holds: Callable[[Recorded], bool]
    ) -> frozenset[Formula] | None:
        """Return as few of what a case says as something holds by, that holds whatever is added.

        Nothing is returned where it rests on the case saying no more: on its being complete.
        """
        core = frozenset(
            one
            for one in chosen
            if one in self._things and self._matters(version, self._things[one], ())
        )
        if not holds(self._recorded(core)):
            return None
        for one in sorted(core):
            fewer = core - {one}
            if holds(self._recorded(fewer)):
                core = fewer
        said = [self._things[one] for one in core]
        return None if any(isinstance(one, (Complete, Excluded, Never)) for one in said) else core

    def _recorded(self, chosen: Iterable[Formula]) -> Recorded:
        parts = (self._things[one] for one in sorted(chosen) if one in self._things)
        return assembled(parts, self._as_of)

    def _learn(
        self,
        version: int,
        core: frozenset[Formula] | None,
        chosen: frozenset[Formula],
        quantities: Sequence[str],
        then: Formula,
    ) -> None:
        """Let something be so in every case that says what a core does.

        Without one it is so in every case that says the same of what some quantities rest on, and
        without any of these, the same of all that is recorded.
        """
        then = self._circuit.any_of((then, -self._where))
        if core is not None:
            self._circuit.require(core, then)
            return
        self._whole.update((version, name) for name in quantities)
        parts = [
            number
            for number, part in self._things.items()
            if self._matters(version, part, quantities)
        ]
        true = [number for number in parts if number in chosen]
        others = [number for number in parts if number not in chosen]
        self._circuit.require(true, self._circuit.any_of((then, *others)))

    def _matters(self, version: int, part: Part, quantities: Sequence[str]) -> bool:
        """Tell whether what is computed may depend on a part of a case."""
        model = self._kinds.models[version]
        classes: Collection[str]
        if isinstance(part, (Node, Typed, Valued)):
            if part.role in (PROPOSES, ITSELF):
                return False
            if isinstance(part, Node):
                classes = part.classes
            elif isinstance(part, Typed):
                classes = (part.cls,)
            else:
                classes = self._classes[(part.role, part.slot)]
        elif isinstance(part, (Complete, Excluded, Never)):
            classes = (part.cls,)
        else:
            return False
        wanted = {one for name in quantities for one in (name, model.quantities[name].over)}
        return not quantities or any(
            self._kinds.overlaps(version, cls, one) for cls in classes for one in wanted
        )
