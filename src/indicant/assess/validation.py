"""Check a case against shapes before it is assessed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from indicant import terms
from indicant.assess.facts import shortener, written
from indicant.assess.parts import CASE, parted
from indicant.assess.quantities import read_quantities
from indicant.assess.related import with_related
from indicant.errors import IndicantError
from indicant.files.habits import is_idle_in_case
from indicant.files.rdf import text_of
from indicant.foreign import excerpt
from indicant.guideline.languages import ENGLISH, told_in
from indicant.guideline.vocabulary import Vocabulary
from indicant.guideline.wording import Words, languages
from indicant.process.sharing import RDFLIB

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    import pyoxigraph
    import shacl
    from rdflib import Graph
    from rdflib.term import Node

    from indicant.files.rdf import Document

Severity = Literal["violation", "warning", "info"]

__all__ = ["Finding", "Validator", "Vocabulary", "locate_findings"]

SHACL: Final = "http://www.w3.org/ns/shacl#"
MESSAGE: Final = SHACL + "message"
SHAPE: Final = "https://w3id.org/indicant/shape/"
ASSERTION: Final = SHAPE + "Assertion-plain"
MORE: Final = SHAPE + "More-findings"
"""Not a shape: what is told after the last finding where there are more than are listed."""
MOST_FINDINGS: Final = 1_000
_MOST_COUNTED: Final = 10_000
_MOST_SUGGESTED: Final = 200
_LONGEST_NAME: Final = 100
_LONGEST_TEXT: Final = 1_000

_AXIOMS: Final = frozenset(
    terms.RDFS + name for name in ("subClassOf", "subPropertyOf", "domain", "range")
)
_PLAIN_OWL: Final = frozenset(
    terms.OWL + name
    for name in (
        "backwardCompatibleWith",
        "differentFrom",
        "imports",
        "incompatibleWith",
        "priorVersion",
        "sameAs",
        "sourceIndividual",
        "versionIRI",
        "versionInfo",
    )
)
_PLAIN_TYPES: Final = frozenset(
    terms.OWL + name for name in ("NamedIndividual", "Ontology", "Thing")
)
_META_TYPES: Final = frozenset(
    (terms.RDFS + "Class", terms.RDFS + "Datatype", terms.RDF + "Property")
)
_IRI: Final = re.compile(r"[a-z][a-z0-9+.-]*:/*[^\s<>\"{}|\\^`]+")
_NAMED: Final = re.compile(r"<([^<>]*)>")
_END: Final = re.compile(r'(?<!\\)\$(?=\\?")')
_SHOWN: Final = 40
_LONGEST: Final = 400


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold of a case.

    ``shape``, ``focus`` and ``path`` are IRIs; ``value`` is an IRI or the lexical form of a
    literal. Where a rule of a case concerns one of its nodes, the node is the value. ``file``,
    ``line`` and ``suggestion`` are known once the finding has been located.
    """

    shape: str
    severity: Severity
    message: str
    focus: str | None
    path: str | None
    value: str | None
    file: str | None = None
    line: int | None = None
    suggestion: str | None = None


class Validator:
    """Shapes and a vocabulary, compiled once for many cases."""

    def __init__(
        self, shapes_turtle: str, vocabulary_ntriples: str, language: str = ENGLISH
    ) -> None:
        """Compile shapes given as Turtle, and the output of :func:`slim_vocabulary`.

        What they say is said in a language, and in English where they do not speak it.
        """
        import shacl

        self.vocabulary, self.words = Vocabulary(vocabulary_ntriples), Words(language)
        self._turtle = told_in(shapes_turtle, MESSAGE, language)
        self._shapes = shacl.Shapes.from_turtle(self._turtle)

    def check(self, document: Document, *, reference: bool = False) -> list[Finding]:
        """Return what does not hold of the cases of a document, each with its line.

        Args:
            document: what ``files.rdf.read`` returned.
            reference: whether pySHACL is to be the engine.

        Raises:
            IndicantError: the document holds no case.
        """
        return self.checking(document, reference=reference)()

    def checking(
        self, document: Document, *, reference: bool = False
    ) -> Callable[[], list[Finding]]:
        """Prepare what ``check`` does, and return what goes on with it, mostly beside others."""
        prepare = self._preparing_for_pyshacl if reference else self._preparing
        kinds = {
            text_of(quad.object) for quad in document.quads if quad.predicate.value == terms.TYPE
        }
        ontology = CASE not in kinds and terms.OWL + "Ontology" in kinds
        validate = list if ontology else prepare(document.quads)

        def check() -> list[Finding]:
            found = validate()
            if not found and CASE not in kinds:
                raise IndicantError(
                    f"the file holds {'an ontology and ' if ontology else ''}no case",
                    file="<stdin>" if document.path == "-" else document.path,
                    help=terms.hint_of_scheme(document.text)
                    or "give the node of the patient the type ind:PatientCase",
                )
            return locate_findings(document, found, self.vocabulary, self.words)

        return check

    def validate(self, quads: Iterable[pyoxigraph.Quad]) -> list[Finding]:
        """Return what does not hold, without lines.

        Of very many findings some are left out, and that there are is then a finding itself.
        """
        return self._preparing(quads)()

    def _preparing(self, quads: Iterable[pyoxigraph.Quad]) -> Callable[[], list[Finding]]:
        read = read_quantities(quads, self.vocabulary, self.words)
        facts, found = self._split(read.checked)
        parts = parted(facts, self.vocabulary).complete()
        texts: Iterable[str] = map(self._graph_of, parts)
        if len(parts) == 1:
            texts = list(texts)

        def validate() -> list[Finding]:
            for text in texts:
                if len(found) >= _MOST_COUNTED:
                    found.append(more_findings(0, counted=False))
                    break
                found.extend(_findings(self._shapes, text))
            return _unique(read.told(found))

        return validate

    def _graph_of(self, facts: Sequence[pyoxigraph.Quad]) -> str:
        """Return a part of a document with what the shapes need to know of its terms."""
        text = written(facts)
        if any(f"<{name}>" in text for name in self.vocabulary.leading):
            text = written(with_related(facts, self.vocabulary))
        # Most words of a text stand in it many times.
        return text + self.vocabulary.excerpt(_NAMED.findall(" ".join(set(text.split(" ")))))

    def validate_with_pyshacl(self, quads: Iterable[pyoxigraph.Quad]) -> list[Finding]:
        """Do the same with pySHACL, the reference, on the whole vocabulary."""
        return self._preparing_for_pyshacl(quads)()

    def _preparing_for_pyshacl(
        self, quads: Iterable[pyoxigraph.Quad]
    ) -> Callable[[], list[Finding]]:
        read = read_quantities(quads, self.vocabulary, self.words)
        facts, found = self._split(read.checked)
        text = written(with_related(facts, self.vocabulary))

        def validate() -> list[Finding]:
            more = _run_pyshacl(self._turtle, text + self.vocabulary.ntriples)
            return _unique(read.told([*found, *more]))

        return validate

    def description(self, shape: str) -> str | None:
        """Return why a shape is there and how to put a finding right."""
        return _shape_texts(self._turtle).get((shape, "description"))

    def _split(
        self, quads: Iterable[pyoxigraph.Quad]
    ) -> tuple[list[pyoxigraph.Quad], list[Finding]]:
        """Part the facts of a case from statements about terms, which a case may not make."""
        vocabulary = self.vocabulary
        facts: list[pyoxigraph.Quad] = []
        axioms: dict[tuple[str, str], str] = {}
        for quad in quads:
            subject, path = text_of(quad.subject), quad.predicate.value
            if path == terms.TYPE:
                kind = text_of(quad.object)
                if is_idle_in_case(subject, kind):
                    continue
                if kind.startswith(terms.OWL) or kind in _META_TYPES:
                    refused = kind not in _PLAIN_TYPES
                else:
                    refused = subject in vocabulary
            elif path in _AXIOMS or (path.startswith(terms.OWL) and path not in _PLAIN_OWL):
                refused = True
            else:
                refused = path in vocabulary.properties and subject in vocabulary
            if not refused:
                facts.append(quad)
            elif (subject, path, value := text_of(quad.object)) not in vocabulary.triples:
                axioms.setdefault((subject, path), value)
        if not axioms:
            return facts, []
        message = _shape_texts(self._turtle).get((ASSERTION, "message"), "")
        return facts, [
            Finding(ASSERTION, "violation", message.replace("{?path}", path), subject, path, value)
            for (subject, path), value in axioms.items()
        ]


def validate_graph(shapes_turtle: str, ntriples: str, *, reference: bool = False) -> list[Finding]:
    """Return what does not hold of a graph as it stands, without lines.

    Args:
        shapes_turtle: the shapes.
        ntriples: the graph.
        reference: whether pySHACL is to be the engine.
    """
    if reference:
        return _unique(_run_pyshacl(shapes_turtle, ntriples))
    import shacl

    return _unique(_findings(shacl.Shapes.from_turtle(shapes_turtle), ntriples))


def more_findings(count: int, *, counted: bool = True, words: Words | None = None) -> Finding:
    """Return the finding that there are others that are not listed."""
    speak = words or Words()
    least = "" if counted else speak("refused", "least")
    message = speak("refused", "more", least=least, n=f"{count:,}")
    return Finding(MORE, "violation", message, None, None, str(count))


def is_least(finding: Finding) -> bool:
    """Tell whether a finding that there are more says how many at least."""
    number = int(finding.value or 0)
    uncounted = (
        more_findings(number, counted=False, words=Words(language)) for language in languages()
    )
    return finding.message in {one.message for one in uncounted}


def locate_findings(
    document: Document,
    findings: Sequence[Finding],
    vocabulary: Vocabulary,
    words: Words | None = None,
) -> list[Finding]:
    """Add to each finding its file, its line and, for an unknown term, the nearest known one.

    Messages get the short names that the document itself uses.
    """
    if not findings:
        return []
    from indicant.files.lines import Lines

    lines = Lines(document)
    about = _About(document, findings)
    shorten = shortener(document)
    file = "<stdin>" if document.path == "-" else document.path
    counted = MORE not in {finding.shape for finding in findings}
    placed = sorted(
        (
            (lines.locate(*about.statement(finding)), finding)
            for finding in findings
            if finding.shape != MORE
        ),
        key=lambda one: (one[0] or 0, one[1].shape, one[1].message),
    )
    nearest = _Nearest()
    located = []
    for line, finding in placed[:MOST_FINDINGS]:
        unknown = _unknown_term(about, finding, vocabulary)
        value, message = finding.value or "", finding.message
        if not _IRI.fullmatch(value) and len(value) > _SHOWN:
            message = message.replace(value, excerpt(value, _SHOWN))
            value = excerpt(value, _SHOWN)
        message = excerpt(_IRI.sub(lambda match: shorten(match.group()), message), _LONGEST)
        named = excerpt(shorten(unknown or value or finding.focus or ""), _LONGEST)
        if named and named not in message:
            message = f"{message}: {named}"
        located.append(
            replace(
                finding,
                message=message,
                value=finding.value and finding.value[:_LONGEST_TEXT],
                file=file,
                line=line,
                suggestion=_suggestion(about, finding, unknown, vocabulary, shorten, nearest),
            )
        )
    unique = {
        (item.shape, item.line, item.path, item.value, item.message): item
        for item in reversed(located)
    }
    listed = sorted(unique.values(), key=lambda item: (item.line or 0, item.shape, item.message))
    left = len(placed) - len(located)
    if left or not counted:
        listed.append(replace(more_findings(left, counted=counted, words=words), file=file))
    return listed


class _About:
    """What a document states of the nodes that findings are about."""

    def __init__(self, document: Document, findings: Iterable[Finding]) -> None:
        nodes: set[str | None] = set()
        for finding in findings:
            nodes |= {finding.focus, finding.value}
        self._values: dict[tuple[str, str], dict[str | None, None]] = {}
        self._subjects: set[str] = set()
        for quad in document.quads:
            subject = text_of(quad.subject)
            if subject in nodes:
                self._subjects.add(subject)
                key = (subject, quad.predicate.value)
                self._values.setdefault(key, {})[text_of(quad.object)] = None

    def values(self, node: str | None, path: str | None) -> Collection[str | None]:
        """Return what a node has for a property."""
        return self._values.get((node or "", path or ""), {}).keys()

    def statement(self, finding: Finding) -> tuple[str | None, str | None, str | None]:
        """Return the statement that shows a finding best, or as much of one as there is."""
        focus, path, value = finding.focus, finding.path, finding.value
        if value in self.values(focus, path):
            return focus, path, value
        if self.values(value, path):
            return value, path, None
        if self.values(focus, path):
            return focus, path, None
        if value in self._subjects:
            return value, None, None
        return focus, None, None


def _unknown_term(about: _About, finding: Finding, vocabulary: Vocabulary) -> str | None:
    """Return the term that a finding does not know, if that is what it is about."""
    name = finding.shape.removeprefix(SHAPE)
    if name == "Term-predicate":
        return finding.path
    if name in ("Node-type", "Exclusion-class", "Case-proposed"):
        known = finding.value is None or finding.value in vocabulary
        return None if known else finding.value
    node = finding.focus if name == "Case-role" else finding.value
    path = finding.path if name == "Node-choice" else terms.TYPE
    if name in ("Term-class", "Case-role", "Node-choice"):
        for value in about.values(node, path):
            if value is not None and value not in vocabulary and value not in _PLAIN_TYPES:
                return value
    return None


def _suggestion(
    about: _About,
    finding: Finding,
    unknown: str | None,
    vocabulary: Vocabulary,
    shorten: Callable[[str], str],
    nearest: _Nearest,
) -> str | None:
    name, value = finding.shape.removeprefix(SHAPE), finding.value or ""
    kinds = list(about.values(value, terms.TYPE))
    if name == "Exclusion-class" and kinds:
        return shorten(kinds[0]) if kinds[0] in vocabulary.classes else None
    if name in ("Case-finding", "Case-received", "Investigation-shows") and not kinds:
        root = terms.IND + ("Intervention" if name == "Case-received" else "Finding")
        found = (
            value
            if value in vocabulary.classes
            else nearest.to(value, root, lambda: vocabulary.descendants(root))
        )
        return found and f"[ a {shorten(found)} ]"
    if unknown is None:
        return None

    def choices() -> Iterable[str]:
        if name == "Term-predicate":
            return vocabulary.properties
        if name == "Node-choice":
            return vocabulary.individuals_of(vocabulary.ranges.get(finding.path or ""))
        if name == "Case-role":
            return [CASE]
        return [
            *vocabulary.descendants(terms.IND + "Finding"),
            *vocabulary.descendants(terms.IND + "Intervention"),
        ]

    among = f"{name} {finding.path}" if name == "Node-choice" else name
    found = nearest.to(unknown, among, choices)
    return None if found is None else shorten(found)


class _Nearest:
    """Finds the known name that comes nearest to an unknown one, a bounded number of times."""

    def __init__(self) -> None:
        self._names: dict[str, dict[str, str]] = {}
        self._found: dict[tuple[str, str], str | None] = {}

    def to(self, term: str, among: str, choices: Callable[[], Iterable[str]]) -> str | None:
        """Return the nearest of some choices, which have a name themselves."""
        from difflib import get_close_matches

        key = _plain_name(term)
        if (key, among) in self._found:
            return self._found[key, among]
        if len(key) > _LONGEST_NAME or len(self._found) >= _MOST_SUGGESTED:
            return None
        if among not in self._names:
            names = self._names[among] = {}
            for choice in sorted(choices()):
                names.setdefault(_plain_name(choice), choice)
        close = get_close_matches(key, list(self._names[among]), n=1, cutoff=0.75)
        found = self._names[among][close[0]] if close else None
        self._found[key, among] = found
        return found


def _plain_name(iri: str) -> str:
    return re.sub(r"[^a-z0-9]", "", terms.local_name(iri).casefold())


def _findings(shapes: shacl.Shapes, ntriples: str) -> list[Finding]:
    """Run the shapes, and stop at more results than anybody reads, each of which takes memory."""
    report = shapes.validate_text(ntriples, format="ntriples", max_results=_MOST_COUNTED)
    found = [
        Finding(
            shape=_unquote(result.root_shape) or "",
            severity=_severity(result.severity),
            message=result.message or "",
            focus=_unquote(result.focus_node),
            path=_unquote(result.path),
            value=result.value_plain,
        )
        for result in report.results
    ]
    if len(found) >= _MOST_COUNTED:
        found.append(more_findings(0, counted=False))
    return found


def _run_pyshacl(shapes_turtle: str, data_ntriples: str) -> list[Finding]:
    with RDFLIB.value:
        return _run_pyshacl_alone(shapes_turtle, data_ntriples)


def _run_pyshacl_alone(shapes_turtle: str, data_ntriples: str) -> list[Finding]:
    import logging

    import pyoxigraph
    import pyshacl
    from rdflib import BNode, Graph, URIRef
    from rdflib import Literal as RdfLiteral

    def term(value: object) -> Node:
        if isinstance(value, pyoxigraph.NamedNode):
            return URIRef(value.value)
        if isinstance(value, pyoxigraph.BlankNode):
            return BNode(value.value)
        if not isinstance(value, pyoxigraph.Literal):
            raise TypeError(value)
        datatype = None if value.datatype.value == terms.XSD + "string" else value.datatype.value
        if value.language is not None:
            return RdfLiteral(value.value, lang=value.language)
        return RdfLiteral(value.value, datatype=datatype and URIRef(datatype), normalize=False)

    log = logging.getLogger("rdflib.term")
    quiet, log.disabled = log.disabled, True
    data = Graph()
    for quad in pyoxigraph.parse(data_ntriples, format=pyoxigraph.RdfFormat.N_TRIPLES):
        data.add((term(quad.subject), term(quad.predicate), term(quad.object)))
    shapes = _shapes_graph(shapes_turtle)
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes, inference="none")
    log.disabled = quiet
    if not isinstance(report, Graph):
        raise IndicantError(f"pySHACL could not run: {report}")

    def value_of(result: Node, name: str) -> str | None:
        value = report.value(result, URIRef(SHACL + name))
        return None if value is None else str(value)

    found = []
    for result in report.objects(None, URIRef(SHACL + "result")):
        path = report.value(result, URIRef(SHACL + "resultPath"))
        message = value_of(result, "resultMessage")
        found.append(
            Finding(
                shape=value_of(result, "sourceShape") or "",
                severity=_severity(value_of(result, "resultSeverity") or ""),
                message=message or "",
                focus=value_of(result, "focusNode"),
                path=str(path) if isinstance(path, URIRef) else None,
                value=value_of(result, "value"),
            )
        )
    return found


@lru_cache(maxsize=4)
def _shapes_graph(turtle: str) -> Graph:
    from rdflib import Graph

    return Graph().parse(data=_ended(turtle), format="turtle")


def _ended(turtle: str) -> str:
    r"""Return shapes whose patterns end for Python where they end for XPath and SPARQL.

    To Python, ``$`` is also the place before a last line break. Put is that no character follows.

    >>> print(_ended('sh:pattern "^[0-9]+$"'))
    sh:pattern "^[0-9]+(?![^.]|[.])"
    >>> print(_ended(r'sh:select "FILTER (REGEX(?a, \"^[0-9]$\"))"'))
    sh:select "FILTER (REGEX(?a, \"^[0-9](?![^.]|[.])\"))"
    """
    return _END.sub("(?![^.]|[.])", turtle)


@lru_cache(maxsize=4)
def _shape_texts(turtle: str) -> dict[tuple[str, str], str]:
    import pyoxigraph

    quads = list(pyoxigraph.parse(turtle, format=pyoxigraph.RdfFormat.TURTLE))
    shape_of = {
        text_of(quad.object): text_of(quad.subject)
        for quad in quads
        if quad.predicate.value == SHACL + "sparql"
    }
    texts = {}
    for quad in quads:
        node, kind = text_of(quad.subject), quad.predicate.value.removeprefix(SHACL)
        if kind in ("message", "description"):
            texts[shape_of.get(node, node), kind] = text_of(quad.object)
    return texts


def _severity(name: str) -> Severity:
    known: dict[str, Severity] = {"warning": "warning", "info": "info"}
    return known.get(name.removeprefix(SHACL).lower(), "violation")


def _unique(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(
        dict.fromkeys(findings),
        key=lambda item: (item.shape, item.focus or "", item.path or "", item.value or ""),
    )


def _unquote(term: str | None) -> str | None:
    """Take the brackets off an IRI; a path that is more than one property has no name."""
    if term is None:
        return None
    if term.startswith("<") and term.endswith(">") and "<" not in term[1:]:
        return term[1:-1]
    return term if term.startswith("_:") else None
