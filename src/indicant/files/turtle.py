"""Write Turtle in the one form of the house, without losing or adding a statement."""

from __future__ import annotations

import functools
import itertools
import os
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

from indicant import terms
from indicant.errors import IndicantError
from indicant.files.comments import COMMENT_HELP, CommentError, comment
from indicant.files.nesting import BASES, FIRST, NIL, REST, ROOT, Graph, digest_of, parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pyoxigraph as ox

    from indicant.files.nesting import Node, Term

MAX_BYTES: Final = 50_000_000
WIDTH: Final = 100
MAX_NESTED: Final = 24

_NAMESPACES: Final = {
    "bibo": "http://purl.org/ontology/bibo/",
    "cito": "http://purl.org/spar/cito/",
    "dcterms": terms.DCTERMS,
    "fabio": "http://purl.org/spar/fabio/",
    "ind": terms.IND,
    "oa": "http://www.w3.org/ns/oa#",
    "owl": terms.OWL,
    "rdf": terms.RDF,
    "rdfs": terms.RDFS,
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": terms.SKOS,
    "xsd": terms.XSD,
}
_ORDERED: Final = """
    rdf:type rdfs:label skos:prefLabel skos:altLabel skos:hiddenLabel skos:definition
    skos:notation dcterms:identifier oa:hasSource oa:hasSelector oa:start oa:end
    dcterms:description dcterms:license dcterms:title dcterms:creator dcterms:source
    ind:sha256 ind:section ind:paraphrase ind:ofItsPatient ind:scope
    ind:authors ind:venue dcterms:issued bibo:doi bibo:pmid fabio:hasPubMedCentralId owl:sameAs
    ind:publication ind:passage ind:relation ind:note ind:basis
    dcterms:isPartOf ind:action ind:criterion ind:strength ind:gradeStrength ind:certainty
    ind:urgency ind:phase
    ind:fulfilledBy ind:alternativeTo ind:overrides
    rdfs:subClassOf rdfs:subPropertyOf owl:equivalentClass owl:equivalentProperty owl:inverseOf
    rdfs:domain rdfs:range owl:disjointWith owl:deprecated dcterms:isReplacedBy
    ind:asOf ind:hasFinding ind:hadFinding ind:received ind:on ind:onset ind:startedOn ind:endedOn
    ind:ongoing ind:weeks ind:days ind:bounds ind:of ind:minInclusive ind:minExclusive
    ind:maxInclusive ind:maxExclusive ind:shows ind:excludes ind:neverHad ind:proposes ind:outcome
    owl:onProperty owl:onDatatype owl:withRestrictions owl:someValuesFrom owl:allValuesFrom
    owl:hasValue owl:qualifiedCardinality owl:minQualifiedCardinality
    owl:maxQualifiedCardinality owl:onClass owl:onDataRange
    rdf:first rdf:rest
    sh:targetClass sh:targetNode sh:targetSubjectsOf sh:targetObjectsOf sh:path
    sh:minCount sh:maxCount sh:class sh:datatype sh:nodeKind sh:node sh:in sh:hasValue
    sh:equals sh:disjoint sh:lessThan sh:lessThanOrEquals sh:minExclusive sh:minInclusive
    sh:maxExclusive sh:maxInclusive sh:minLength sh:maxLength sh:languageIn
    sh:uniqueLang sh:pattern sh:flags
    sh:qualifiedValueShape sh:qualifiedValueShapesDisjoint
    sh:qualifiedMinCount sh:qualifiedMaxCount sh:not sh:and sh:or sh:xone sh:property
    sh:closed sh:ignoredProperties sh:deactivated sh:severity sh:message sh:description
    sh:sparql sh:prefixes sh:ask sh:select sh:construct sh:prefix sh:namespace
    skos:editorialNote owl:versionIRI owl:versionInfo owl:imports skos:scopeNote
    ind:mappedBy sh:declare ind:resolution ind:restsOn ind:touches
    cito:cites cito:agreesWith cito:disputes cito:qualifies cito:citesAsRelated
    ind:contingent ind:order ind:site ind:lacksCode ind:question ind:establishedBy
"""
_ORDER: Final = {
    _NAMESPACES[name.split(":")[0]] + name.split(":")[1]: index
    for index, name in enumerate(_ORDERED.split())
}
_TYPE: Final = terms.RDF + "type"
_STRING: Final = terms.XSD + "string"
_SHORT: Final = {
    terms.XSD + "boolean": re.compile(r"true|false"),
    terms.XSD + "integer": re.compile(r"[+-]?[0-9]+"),
    terms.XSD + "decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+"),
    terms.XSD + "double": re.compile(r"[+-]?([0-9]+\.[0-9]*|\.?[0-9]+)[eE][+-]?[0-9]+"),
}
_START: Final = (
    r"0-9A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u2070-\u218f"
    r"\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe\uff00-\uffef\U00010000-\U000effff"
)
_INSIDE: Final = rf"{_START}\u00b7\u0300-\u036f\u203f-\u2040-"
_HIDDEN: Final = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff"
)
_IN_SHORT: Final = re.compile(rf'["\\\t\n{_HIDDEN}]')
_IN_LONG: Final = re.compile(rf'"(?="")|"\Z|[\\{_HIDDEN}]')
_ESCAPES: Final = {
    '"': r"\"",
    "\\": r"\\",
    "\t": r"\t",
    "\b": r"\b",
    "\n": r"\n",
    "\r": r"\r",
    "\f": r"\f",
}
_BLANK_LABEL: Final = re.compile(r"_:([\w.\u00b7-]+)")


@functools.cache
def _local() -> re.Pattern[str]:
    """Return what a name can be behind its prefix; it takes long to compile."""
    return re.compile(rf"[{_START}][{_INSIDE}]*")


def tidy(text: str, *, file: str, former: str | None = None) -> str:
    """Write a document in Turtle in the form of the house.

    Subjects and objects keep their order. Properties get the order of the house, and what it does
    not know comes last. Prefixes are sorted, one for each namespace, and ``@base`` is resolved.
    Blank nodes and lists are nested where they can be, to a depth of 24. The statements are the
    same: the result is read back before it is returned.

    Of a file that a tool wrote, as its comments tell, what the tool added is taken away: these
    comments, declarations that say nothing, and usual prefixes that nothing uses.

    Args:
        text: the document.
        file: what to call it in an error.
        former: the document as it was before: subjects, objects and operands get its order, and
            namespaces its prefixes; what is new comes last.

    >>> print(tidy("PREFIX e: <https://example.org/#> e:a e:p 1,2; a e:B.", file="a.ttl"), end="")
    @prefix e: <https://example.org/#> .
    <BLANKLINE>
    e:a
        a e:B ;
        e:p 1 , 2 ;
    .

    Raises:
        IndicantError: the text is not Turtle, holds a comment or no statement, or says something
            that this form cannot: a triple term, or a relative IRI that cannot be kept.
    """
    text = text.removeprefix("\ufeff")
    graph = _read(text, file, BASES[0], former)
    line = comment(text)
    if line is not None:
        raise CommentError(
            "holds a comment, which would be lost", file=file, line=line, help=COMMENT_HELP
        )
    result = _Writer(graph).text()
    if digest_of(parsed(result, BASES[0])) != graph.digest:
        raise IndicantError("cannot be written without changing a statement", file=file)
    if graph.relative and _Writer(_read(text, file, BASES[1], former)).text() != result:
        raise IndicantError(
            "has a relative IRI that depends on where the file is",
            file=file,
            help="declare a @base, or write the IRI in full",
        )
    return result


def statements(text: str, *, file: str) -> Iterator[tuple[str, str, Term]]:
    """Yield what a document says of things that have a name: their IRI, the property, the value.

    Raises:
        IndicantError: the text is not Turtle, or holds no statement.
    """
    import pyoxigraph as ox

    for node, properties in _read(text.removeprefix("\ufeff"), file, BASES[0], None).nodes.items():
        if isinstance(node, ox.NamedNode):
            for path, values in properties.items():
                yield from ((node.value, path, value) for value in values)


def retold(
    text: str,
    *,
    file: str,
    texts: Mapping[tuple[str, str], Sequence[str]],
    language: str,
) -> str:
    """Return a document in the form of the house, with other texts in one language.

    Args:
        text: the document.
        file: what to call it in an error.
        texts: what is said instead, by the IRI of a thing that the document speaks of and by
            property.
        language: the tag of these texts; those in other languages stay.

    Raises:
        IndicantError: the text is not Turtle, or holds a comment, which would be lost.
    """
    import pyoxigraph as ox

    graph = _read(tidy(text, file=file), file, BASES[0], None)
    for (subject, path), said in texts.items():
        values = graph.nodes[ox.NamedNode(subject)][path]
        gone = [
            place
            for place, one in enumerate(values)
            if isinstance(one, ox.Literal) and (one.language or "").lower() == language.lower()
        ]
        new: list[Term] = [ox.Literal(one, language=language) for one in said]
        first = gone[0] if gone else len(values)
        kept = [one for place, one in enumerate(values) if place not in gone]
        graph.nodes[ox.NamedNode(subject)][path] = [*kept[:first], *new, *kept[first:]]
    return tidy(_Writer(graph).text(), file=file)


def _read(text: str, file: str, base: str, former: str | None) -> Graph:
    """Return the statements of a text, in the order of a former one if there is one."""
    if former is None:
        return Graph(text, file, base)
    from indicant.files.ordering import follow

    before = Graph(former.removeprefix("\ufeff"), f"{file} as it was", base)
    graph = Graph(text, file, base, before)
    follow(graph, before)
    return graph


def difference(before: str, after: str) -> int:
    r"""Return the first line on which two texts differ, counted from one.

    >>> difference("a\nb\n", "a\nc\n")
    2
    """
    pairs = itertools.zip_longest(before.split("\n"), after.split("\n"))
    return next((line for line, (one, other) in enumerate(pairs, 1) if one != other), 1)


def files(paths: Iterable[str]) -> list[str]:
    """Return the files that paths stand for; of a folder, the Turtle at any depth, sorted.

    Hidden folders are left out, and folders that are links are not entered. A file that is reached
    twice counts once.

    Raises:
        IndicantError: a folder cannot be read or has a link that leads out, or a file is of another
            format by its name.
    """
    from pathlib import Path

    from indicant.files.fence import fixed_fence_of, real
    from indicant.files.rdf import EXTENSIONS, STDIN, TURTLE

    paths = list(paths)
    given = [real(path) for path in paths if path != STDIN]
    found: dict[str, str] = {}
    for path in paths:
        below = path != STDIN and os.path.isdir(path)
        for name in _below(path) if below else (path,):
            form = EXTENSIONS.get(os.path.splitext(name)[1].lower())
            if not below and form not in (None, TURTLE):
                raise IndicantError(
                    f"is {form} by its name, and only Turtle is formatted",
                    file=name,
                    help="a file in Turtle ends in .ttl",
                )
            if form == TURTLE and below and os.path.islink(name) and real(name) not in given:
                fence = fixed_fence_of(Path(path))
                for folder in given:
                    fence = fence.within(folder)
                fence.follow(Path(name), Path(path))
            if form == TURTLE or not below:
                found.setdefault(name if name == STDIN else os.path.realpath(name), name)
    return list(found.values())


def _below(folder: str) -> Iterator[str]:
    def stop(error: OSError) -> NoReturn:
        reason = error.strerror or str(error)
        raise IndicantError(f"cannot be read: {reason}", file=error.filename or folder) from error

    for root, folders, names in os.walk(folder, onerror=stop):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (os.path.normpath(os.path.join(root, name)) for name in sorted(names))


class _Writer:
    """Writes a graph once."""

    def __init__(self, graph: Graph) -> None:
        import pyoxigraph

        self._graph = graph
        self._blank = pyoxigraph.BlankNode
        self._named = pyoxigraph.NamedNode
        self._namespaces = sorted(graph.prefixes, key=lambda one: (-len(one), one))
        self._iris: dict[str, str] = {}
        self._used: set[str] = set()
        self._labels: dict[ox.BlankNode, str] = {}
        self._taken: set[str] | None = None
        self._apart: list[ox.BlankNode] = []

    def text(self) -> str:
        """Return the document."""
        blocks: list[str] = []
        for node in self._graph.nodes:
            if node in self._graph.nested:
                continue
            blocks.append(self._block(node))
            while self._apart:
                waiting, self._apart = self._apart, []
                blocks += [self._block(one) for one in waiting]
        header = "".join(
            f"@prefix {name}: <{self._reference(namespace)}> .\n"
            for name, namespace in sorted(
                (name, namespace) for namespace, name in self._graph.prefixes.items()
            )
            if namespace in self._used or not self._graph.is_idle(namespace)
        )
        return "\n".join([header, *blocks] if header else blocks)

    def _block(self, node: Node) -> str:
        if not isinstance(node, self._blank):
            subject = self._iri(node.value)
        elif node in self._labels or node in self._graph.referrers:
            subject = self._label(node)
        else:
            subject = "[]"
        return f"{subject}\n{self._properties(node, 1)}.\n"

    def _properties(self, node: Node, level: int) -> str:
        pad = "    " * level
        between = f" ,\n{pad}    "
        lines: list[str] = []
        properties = self._graph.nodes[node]
        for predicate in sorted(properties, key=_rank):
            name = pad + ("a" if predicate == _TYPE else self._iri(predicate))
            texts = [self._object(value, level) for value in properties[predicate]]
            for nests, group in itertools.groupby(texts, lambda text: "\n" in text):
                if nests:
                    lines += [f"{name} {text} ;\n" for text in group]
                    continue
                several = list(group)
                line = f"{name} {' , '.join(several)} ;\n"
                if len(line) > WIDTH + 1:
                    line = f"{name} {between.join(several)} ;\n"
                lines.append(line)
        return "".join(lines)

    def _object(self, term: Term, level: int) -> str:
        if isinstance(term, self._named):
            return "()" if term.value == NIL else self._iri(term.value)
        if not isinstance(term, self._blank):
            return self._literal(term)
        if term not in self._graph.nested:
            return self._label(term)
        if term not in self._graph.nodes:
            return "[]"
        if level > MAX_NESTED:
            self._apart.append(term)
            return self._label(term)
        if term in self._graph.lists:
            return self._list(term, level)
        return f"[\n{self._properties(term, level + 1)}{'    ' * level}]"

    def _list(self, head: ox.BlankNode, level: int) -> str:
        items: list[Term] = []
        cell: Any = head
        while isinstance(cell, self._blank):
            properties = self._graph.nodes[cell]
            items += properties[FIRST]
            cell = properties[REST][0]
        pad = "    " * (level + 1)
        texts = [self._object(item, level + 1) for item in items]
        line = f"( {' '.join(texts)} )"
        if "\n" not in line and len(line) + 4 * level <= WIDTH:
            return line
        return "(\n" + "".join(f"{pad}{text}\n" for text in texts) + "    " * level + ")"

    def _iri(self, iri: str) -> str:
        text = self._iris.get(iri)
        if text is None:
            text = self._iris[iri] = self._short(iri) or f"<{self._reference(iri)}>"
        return text

    def _short(self, iri: str) -> str | None:
        for namespace in self._namespaces:
            if iri.startswith(namespace) and _local().fullmatch(iri, len(namespace)):
                self._used.add(namespace)
                return f"{self._graph.prefixes[namespace]}:{iri[len(namespace) :]}"
        return None

    def _reference(self, iri: str) -> str:
        """Return an IRI as it stands between angle brackets: relative if it was."""
        base = self._graph.base
        if not iri.startswith(f"{ROOT}/"):
            return iri
        if iri == base or iri.startswith((f"{base}#", f"{base}?")):
            return iri[len(base) :]
        folder, up = base[: base.rindex("/") + 1], ""
        while not iri.startswith(folder):
            folder, up = folder[: folder.rindex("/", 0, -1) + 1], f"{up}../"
        rest = up + iri[len(folder) :]
        bare = not rest or rest.startswith("/") or ":" in rest.split("/")[0]
        return f"./{rest}" if bare else rest

    def _literal(self, term: ox.Literal) -> str:
        value, datatype = term.value, term.datatype.value
        short = _SHORT.get(datatype)
        if short is not None and short.fullmatch(value):
            return value
        if "\n" in value:
            text = f'"""{_IN_LONG.sub(_escape, value)}"""'
        else:
            text = f'"{_IN_SHORT.sub(_escape, value)}"'
        if term.language is not None:
            direction = f"--{term.direction}" if term.direction is not None else ""
            return f"{text}@{_language(term.language)}{direction}"
        return text if datatype == _STRING else f"{text}^^{self._iri(datatype)}"

    def _label(self, node: ox.BlankNode) -> str:
        """Return what a blank node is called: its own name, or a new one where it had none."""
        label = self._labels.get(node)
        if label is None:
            if self._taken is None:
                self._taken = {one.rstrip(".") for one in _BLANK_LABEL.findall(self._graph.text)}
            label = node.value
            if label not in self._taken:
                number = len(self._labels) + 1
                while f"b{number}" in self._taken:
                    number += 1
                label = f"b{number}"
                self._taken.add(label)
            self._labels[node] = label
        return f"_:{label}"


def _rank(predicate: str) -> int:
    return _ORDER.get(predicate, len(_ORDER))


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _ESCAPES.get(character) or f"\\u{ord(character):04X}"


def _language(tag: str) -> str:
    """Return a language tag in the case that RFC 5646 recommends.

    >>> _language("zh-hant-tw"), _language("de"), _language("en-x-us")
    ('zh-Hant-TW', 'de', 'en-x-us')
    """
    first, *rest = tag.lower().split("-")
    parts = [first]
    for part in rest:
        if len(parts[-1]) > 1 and len(part) == 2:
            part = part.upper()
        elif len(parts[-1]) > 1 and len(part) == 4:
            part = part.capitalize()
        parts.append(part)
    return "-".join(parts)
