"""Answer by HermiT over the OWL of case and criteria: the reference for what is entailed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from indicant.assess.closing import closed_text
from indicant.assess.engine import DECIDING, OxigraphEngine
from indicant.compile.owl import ontology_text, score_axioms
from indicant.files import bounded, resources
from indicant.terms import GENID, IND, OWL, RDF, TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from indicant.compile.model import Score
    from indicant.files.sources import Source


class HermitEngine(OxigraphEngine):
    """The rules on Oxigraph, with every decision made by HermiT over the OWL of case and criteria.

    For reference: what is met, refuted or open rests on no compiled implicant.
    """

    repeats = False

    def __init__(self, graph: str, source: Source) -> None:
        super().__init__(graph)
        scores = _scores(source)
        self._ontology = ontology_text(source) + score_axioms(scores)
        kind = ox.NamedNode(IND + "Criterion")
        self._criteria = {
            quad.subject.value
            for quad in self._store.quads_for_pattern(None, ox.NamedNode(TYPE), kind)
            if isinstance(quad.subject, ox.NamedNode)
            and not scores  # which speak of criteria, whose definitions have to stay then
        }
        self._subjects: dict[str, tuple[str, set[str]]] = {}
        for subject, criterion, stronger in self.select(_owl("effective-criteria")):
            assert subject is not None and criterion is not None  # noqa: S101, PT018
            others = self._subjects.setdefault(subject, (criterion, set()))[1]
            if stronger is not None:
                others.add(stronger)

    def _apply(self, stratum: int, texts: Sequence[str]) -> set[str]:
        if stratum != DECIDING:
            return self._derive(texts)
        self._decide()
        return set()

    def case_as_owl(self) -> str:
        """Return the cases as OWL assertions, in N-Triples."""
        parts: list[bytes] = []
        for name in (
            "facts",
            "related",
            "itself",
            "bounds",
            "different",
            "exclusions",
            "lacking",
            "proposals",
        ):
            found = self._store.query(_owl(name), use_default_graph_as_union=True)
            assert isinstance(found, ox.QueryTriples)  # noqa: S101
            parts.append(found.serialize(format=ox.RdfFormat.N_TRIPLES) or b"")
        closed = closed_text(self.select(_owl("closed")), self.select(_owl("missing")))
        return _named(b"".join(parts).decode() + closed)

    def _decide(self) -> None:
        from indicant.compile.hermit import Reasoner

        names = {subject: f"urn:indicant:effective:{n}" for n, subject in enumerate(self._subjects)}
        lines = [self._ontology, self.case_as_owl()]
        for subject, (criterion, others) in self._subjects.items():
            lines.extend(_effective(names[subject], criterion, sorted(others)))
        answers: list[tuple[object, object, object]] = []
        defined = {*names.values(), *self._criteria}
        with Reasoner("\n".join(lines), "ntriples", defined=defined) as reasoner:
            for case, _ in self.ask("which-cases-are-there"):
                for subject, name in names.items():
                    assert case is not None  # noqa: S101
                    node, about = ox.NamedNode(case), ox.NamedNode(subject)
                    if reasoner.entails_type(_named(case), name):
                        answers.append((node, ox.NamedNode(IND + "meets"), about))
                    elif reasoner.refutes_type(_named(case), name):
                        answers.append((node, ox.NamedNode(IND + "refutes"), about))
        self._add(answers)


def _named(text: str) -> str:
    """Return a text in which names that stand for blank nodes are names like others.

    The OWL API takes them for blank nodes, of which nobody can say that they differ.
    """
    return text.replace(GENID, "/node/")


def _scores(source: Source) -> list[Score]:
    """Return the scores of a source, sorted."""
    from indicant.compile.profile import read_model

    return sorted(read_model(source).scores.values(), key=lambda one: one.iri)


def _owl(name: str) -> str:
    return bounded.text(resources.queries() / "owl" / f"{name}.rq")


def _effective(name: str, criterion: str, others: Sequence[str]) -> Iterator[str]:
    """Yield the triples that define a class as one criterion and none of some others."""
    stem = f"_:{name.replace(':', '')}"
    yield f"<{name}> <{TYPE}> <{OWL}Class> ."
    yield f"<{name}> <{OWL}equivalentClass> {stem} ."
    yield f"{stem} <{TYPE}> <{OWL}Class> ."
    yield f"{stem} <{OWL}intersectionOf> {stem}l0 ."
    parts = [f"<{criterion}>"]
    for number, other in enumerate(others):
        part = f"{stem}n{number}"
        parts.append(part)
        yield f"{part} <{TYPE}> <{OWL}Class> ."
        yield f"{part} <{OWL}complementOf> <{other}> ."
    for number, part in enumerate(parts):
        rest = f"{stem}l{number + 1}" if number + 1 < len(parts) else f"<{RDF}nil>"
        yield f"{stem}l{number} <{RDF}first> {part} ."
        yield f"{stem}l{number} <{RDF}rest> {rest} ."
