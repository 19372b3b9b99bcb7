"""Ask HermiT, an OWL 2 DL reasoner, about one RDF graph without leaving the process."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from indicant.compile.java import TURNS, one_line, start, translated
from indicant.errors import IndicantError
from indicant.terms import NOT_XML

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    import pyoxigraph

Format = Literal["jsonld", "nquads", "ntriples", "rdfxml", "trig", "turtle"]

_OWL: Final = "http://www.w3.org/2002/07/owl#"
_RDF_TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_THING: Final = f"{_OWL}Thing"
_NOTHING: Final = f"{_OWL}Nothing"
_ONTOLOGY_PROPERTIES: Final = frozenset(
    _OWL + name
    for name in (
        "backwardCompatibleWith",
        "imports",
        "incompatibleWith",
        "priorVersion",
        "versionIRI",
    )
)
_NAME_AT_END: Final = re.compile(r"[^\W\d][\w.-]*$")


class Reasoner:
    """HermiT over one RDF graph that is read as an OWL 2 DL ontology.

    The graph is taken as it is: named graphs are merged, ontology headers are dropped and no
    ``owl:imports`` is followed. Data values of datatypes outside the OWL 2 datatype map, such as
    ``xsd:date``, are left out of the reasoning.

    The Java virtual machine starts with the first reasoner and lives as long as the process;
    a process forked after that cannot use it. Threads take turns: whoever has a reasoner in a
    ``with`` block has Java to itself.

    Args:
        rdf: the graph.
        format: its syntax.
        timeout: how many seconds a question may take.
        defined: classes that an ``owl:equivalentClass`` defines and that nothing else is said
            of. Their definitions are put aside but for questions about them, which makes no
            difference to any other, and those are answered sooner.

    Raises:
        IndicantError: the text is not RDF, an axiom is beyond HermiT, memory or time ran out, or
            there is no Java runtime.

    >>> turtle = "@prefix owl: <http://www.w3.org/2002/07/owl#> . <urn:A> a owl:Class ."
    >>> with Reasoner(turtle, "turtle") as reasoner:
    ...     reasoner.is_consistent()
    True
    """

    def __init__(
        self,
        rdf: str | bytes,
        format: Format,  # noqa: A002 - the word every RDF library uses
        *,
        timeout: float | None = None,
        defined: Collection[str] = (),
    ) -> None:
        document = _as_rdfxml(rdf, format)
        java = start()
        self._java = java
        self._timeout = -1 if timeout is None else max(1, int(timeout * 1000))
        self._consistent: bool | None = None
        with translated():
            self._manager = java.OWLManager.createOWLOntologyManager()
            self._factory = self._manager.getOWLDataFactory()
            self._ontology = self._manager.createOntology()
            self._syntax = java.RDFXMLParser().parse(
                java.StringDocumentSource(document),
                self._ontology,
                java.OWLOntologyLoaderConfiguration(),
            )
            self._definitions, self._always = self._take_definitions(defined)
            self._in_force: set[str] = set()
            self._hermit = java.Reasoner(self._configuration(), self._ontology)

    def __enter__(self) -> Self:
        """Wait for one's turn and return the reasoner itself."""
        self._turn = TURNS.value
        self._turn.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the reasoner and end the turn."""
        try:
            self.close()
        finally:
            self._turn.release()

    def close(self) -> None:
        """Give the memory back; the reasoner cannot be asked anything after that."""
        with TURNS.value:
            self._hermit.dispose()
            self._manager.removeOntology(self._ontology)

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """Put a question, and interrupt it once its time is over.

        HermiT itself limits each of the tasks that a question consists of, not all of them.
        """
        if self._timeout < 0:
            with translated():
                yield
            return
        clock = threading.Timer(self._timeout / 1_000, self._hermit.interrupt)
        clock.daemon = True
        with translated():
            clock.start()
            try:
                yield
            finally:
                clock.cancel()

    def is_consistent(self) -> bool:
        """Return whether the ontology has a model."""
        if self._consistent is None:
            with self._asked():
                self._consistent = bool(self._hermit.isConsistent())
        return self._consistent

    def unsatisfiable(self) -> list[str]:
        """Return the IRIs of the named classes that can have no member, sorted.

        Raises:
            IndicantError: the ontology is inconsistent.
        """
        self._demand_consistency()
        self._attend(*self._definitions)
        with self._asked():
            node = self._hermit.getUnsatisfiableClasses()
            return sorted(self._names(node) - {_NOTHING})

    def subsumptions(self) -> set[tuple[str, str]]:
        """Return every pair of different named classes of which the first is below the second.

        Transitive; equivalent classes come in both orders; an unsatisfiable class is below every
        other; ``owl:Thing`` and ``owl:Nothing`` are left out.

        Raises:
            IndicantError: the ontology is inconsistent.
        """
        self._demand_consistency()
        above: dict[frozenset[str], set[str]] = {}

        def visit(bottom: Any) -> None:
            stack: list[tuple[frozenset[str], list[Any] | None, Any]] = [
                (frozenset(self._names(bottom)), None, bottom)
            ]
            while stack:
                names, parents, node = stack.pop()
                if names in above:
                    continue
                if parents is None:
                    parents = list(
                        self._hermit.getSuperClasses(node.getRepresentativeElement(), True)
                    )
                    stack.append((names, parents, node))
                    stack += [(frozenset(self._names(one)), None, one) for one in parents]
                else:
                    over = (above[frozenset(self._names(one))] for one in parents)
                    above[names] = set(names).union(*over)

        self._attend(*self._definitions)
        with self._asked():
            self._hermit.precomputeInferences(self._java.InferenceType.CLASS_HIERARCHY)
            visit(self._hermit.getBottomClassNode())
        hidden = {_THING, _NOTHING}
        return {
            (lower, upper)
            for names, supers in above.items()
            for lower in names - hidden
            for upper in supers - hidden
            if lower != upper
        }

    def entails_type(self, individual: str, cls: str) -> bool:
        """Return whether the individual is a member of the class in every model.

        Raises:
            IndicantError: the ontology is inconsistent.
        """
        self._attend(cls)
        # A named class asked for by itself is answered by HermiT's instance manager, which can
        # miss members as long as the classes are not classified. A conjunction is always tested.
        top = self._factory.getOWLThing()
        return self._is_instance(
            individual, self._factory.getOWLObjectIntersectionOf(self._class(cls), top)
        )

    def refutes_type(self, individual: str, cls: str) -> bool:
        """Return whether the individual is a member of the class in no model.

        Raises:
            IndicantError: the ontology is inconsistent.
        """
        self._attend(cls)
        return self._is_instance(individual, self._class(cls).getObjectComplementOf())

    def entails_subclass(self, sub: str, sup: str) -> bool:
        """Return whether every member of one class is a member of the other in every model.

        Raises:
            IndicantError: the ontology is inconsistent.
        """
        self._attend(sub, sup)
        return not self._is_satisfiable(self._class(sub), self._class(sup).getObjectComplementOf())

    def entails_disjoint(self, a: str, b: str) -> bool:
        """Return whether two classes have a common member in no model.

        Raises:
            IndicantError: the ontology is inconsistent.
        """
        self._attend(a, b)
        return not self._is_satisfiable(self._class(a), self._class(b))

    def explain_unsatisfiable(self, cls: str) -> list[str]:
        """Return a smallest set of axioms that leave a class without members, none if it has some.

        No axiom of the set can be left out. The axioms are in Manchester syntax with local names.
        The explanation of ``owl:Thing`` is that of an inconsistent ontology.
        """
        self._attend(*self._definitions)
        expression = self._class(cls)
        with translated():
            axioms = sorted(self._ontology.getLogicalAxioms(), key=str)
            if not self._clashes(axioms, expression):
                return []
            renderer = self._java.ManchesterRenderer()
            return sorted(
                one_line(renderer.render(axiom))
                for axiom in _smallest(axioms, lambda part: self._clashes(part, expression))
            )

    def profile_violations(self) -> list[str]:
        """Return what puts the graph outside OWL 2 DL, one line each, sorted.

        Triples that are no part of any axiom are among them.
        """
        self._attend(*self._definitions)
        with translated():
            report = self._java.OWL2DLProfile().checkOntology(self._ontology)
            violations = {one_line(violation) for violation in report.getViolations()}
            metadata = self._syntax.getOntologyLoaderMetaData()
            violations |= {
                f"Triple in no axiom: {one_line(triple)}"
                for triple in metadata.getUnparsedTriples()
                # Counted as unparsed although it became a class assertion.
                if not _is_anonymous_type(triple)
            }
        return sorted(violations)

    def _configuration(self) -> Any:
        java = self._java
        configuration = java.Configuration()
        configuration.ignoreUnsupportedDatatypes = True
        configuration.individualTaskTimeout = self._timeout
        # The approximate blocking that HermiT prefers where there are nominals, as in every
        # "has value", buys nothing here; the plainest strategy is the easiest to trust.
        configuration.blockingStrategyType = java.BlockingStrategyType.ANYWHERE
        configuration.directBlockingType = java.DirectBlockingType.PAIR_WISE
        return configuration

    def _clashes(self, axioms: Sequence[Any], expression: Any) -> bool:
        """Return whether the axioms leave the class without members."""
        ontology = self._manager.createOntology(self._java.HashSet(axioms))
        hermit = self._java.Reasoner(self._configuration(), ontology)
        try:
            return not (hermit.isConsistent() and hermit.isSatisfiable(expression))
        finally:
            hermit.dispose()
            self._manager.removeOntology(ontology)

    def _demand_consistency(self) -> None:
        if not self.is_consistent():
            raise IndicantError("the ontology is inconsistent, so that everything follows from it")

    def _is_instance(self, individual: str, expression: Any) -> bool:
        self._demand_consistency()
        with translated():
            named = self._factory.getOWLNamedIndividual(self._java.IRI.create(individual))
            return bool(self._hermit.hasType(named, expression, False))

    def _is_satisfiable(self, *conjuncts: Any) -> bool:
        self._demand_consistency()
        with translated():
            conjunction = self._factory.getOWLObjectIntersectionOf(*conjuncts)
            return bool(self._hermit.isSatisfiable(conjunction))

    def _class(self, iri: str) -> Any:
        return self._factory.getOWLClass(self._java.IRI.create(iri))

    def _take_definitions(
        self, defined: Collection[str]
    ) -> tuple[dict[str, tuple[Any, set[str]]], set[str]]:
        """Take the definitions of some classes out of the ontology.

        Each comes with the other classes of the kind that it mentions. What the definitions that
        could not be taken mention is returned as well.
        """
        found: dict[str, tuple[Any, set[str]]] = {}
        left = sorted(set(defined))
        # Of "A is B" and "B is some C", B has two definitions until A has been taken.
        while alone := [iri for iri in left if len(self._definitions_of(iri)) == 1]:
            for iri in alone:
                axioms = self._definitions_of(iri)
                if axioms:
                    mentioned = {str(cls.getIRI()) for cls in axioms[0].getClassesInSignature()}
                    found[iri] = axioms[0], mentioned.intersection(defined) - {iri}
                    self._manager.removeAxiom(self._ontology, axioms[0])
            left = [iri for iri in left if iri not in found]
        mentioned = {
            str(cls.getIRI())
            for iri in left
            for axiom in self._definitions_of(iri)
            for cls in axiom.getClassesInSignature()
        }
        return found, mentioned & found.keys()

    def _definitions_of(self, iri: str) -> list[Any]:
        return list(self._ontology.getEquivalentClassesAxioms(self._class(iri)))

    def _attend(self, *classes: str) -> None:
        """Put the definitions that some classes rest on, and no others, back into force."""
        needed: set[str] = set()
        queue = [iri for iri in {*classes, *self._always} if iri in self._definitions]
        while queue:
            iri = queue.pop()
            if iri not in needed:
                needed.add(iri)
                queue.extend(self._definitions[iri][1] & self._definitions.keys())
        if needed == self._in_force:
            return
        with translated():
            for iri in self._in_force - needed:
                self._manager.removeAxiom(self._ontology, self._definitions[iri][0])
            for iri in needed - self._in_force:
                self._manager.addAxiom(self._ontology, self._definitions[iri][0])
            self._in_force = needed
            self._hermit.dispose()
            self._hermit = self._java.Reasoner(self._configuration(), self._ontology)

    @staticmethod
    def _names(node: Any) -> set[str]:
        return {str(entity.getIRI()) for entity in node.getEntities()}


_SAYABLE: Final = {code: 0xF0000 + code for code in NOT_XML}
"""For each character that XML cannot say, one of private use, so that what differed still does."""


def _as_rdfxml(rdf: str | bytes, syntax: Format) -> str:
    """Return the graph as RDF/XML, the one syntax whose old parser is beyond doubt."""
    import pyoxigraph

    formats = {
        "jsonld": pyoxigraph.RdfFormat.JSON_LD,
        "nquads": pyoxigraph.RdfFormat.N_QUADS,
        "ntriples": pyoxigraph.RdfFormat.N_TRIPLES,
        "rdfxml": pyoxigraph.RdfFormat.RDF_XML,
        "trig": pyoxigraph.RdfFormat.TRIG,
        "turtle": pyoxigraph.RdfFormat.TURTLE,
    }
    triples: dict[pyoxigraph.Triple, None] = {}
    try:
        for quad in pyoxigraph.parse(rdf, format=formats[syntax]):
            if not _is_header(quad.triple):
                triples[_spoken(quad.triple)] = None
    except SyntaxError as error:
        raise IndicantError(one_line(error.msg)) from error
    for triple in triples:
        if _NAME_AT_END.search(triple.predicate.value) is None:
            raise IndicantError(
                f"the property <{triple.predicate.value}> does not end in a name",
                help="its last part shall begin with a letter or an underscore",
            )
    document = pyoxigraph.serialize(triples, format=pyoxigraph.RdfFormat.RDF_XML)
    return (document or b"").decode().translate(_SAYABLE)


def _spoken(triple: pyoxigraph.Triple) -> pyoxigraph.Triple:
    """Return a triple in a language that HermiT reads, which knows none of one letter (x-de).

    Nor does it know in which direction a text is written.
    """
    import pyoxigraph

    value = triple.object
    if not isinstance(value, pyoxigraph.Literal) or value.language is None:
        return triple
    private = value.language.find("-") == 1
    if not private and value.direction is None:
        return triple
    language = f"qaa-{value.language}" if private else value.language
    text = pyoxigraph.Literal(value.value, language=language)
    return pyoxigraph.Triple(triple.subject, triple.predicate, text)


def _is_header(triple: pyoxigraph.Triple) -> bool:
    predicate = triple.predicate.value
    if predicate in _ONTOLOGY_PROPERTIES:
        return True
    return predicate == _RDF_TYPE and str(triple.object) == f"<{_OWL}Ontology>"


def _is_anonymous_type(triple: Any) -> bool:
    kind = triple.getObject()
    return str(triple.getPredicate().getResource()) == _RDF_TYPE and bool(kind.isAnonymous())


def _smallest(axioms: Sequence[Any], clashes: Callable[[Sequence[Any]], bool]) -> list[Any]:
    """Return a part of the axioms that clashes and of which no axiom can be left out.

    Source: Junker, QuickXplain, AAAI 2004.
    """

    def search(given: list[Any], grown: bool, candidates: list[Any]) -> list[Any]:
        if grown and clashes(given):
            return []
        if len(candidates) == 1:
            return candidates
        middle = len(candidates) // 2
        first, second = candidates[:middle], candidates[middle:]
        of_second = search(given + first, True, second)
        of_first = search(given + of_second, bool(of_second), first)
        return of_first + of_second

    return search([], False, list(axioms)) if axioms else []
