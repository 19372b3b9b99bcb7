"""What is computed of a possible case, as the rules compute it.

That a case has so many records and no more, and what a count of them says, hang together by
arithmetic and by the calendar, of which a solver knows nothing. What it finds is therefore read by
the rules before it is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from indicant.assess.engine import OxigraphEngine
from indicant.compile.graph import GraphWriter, existential_iri
from indicant.files.rdf import parse
from indicant.possible.facts import turtle

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indicant.compile.model import Existential, Model
    from indicant.compile.theory import Theory
    from indicant.possible.facts import Recorded

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
