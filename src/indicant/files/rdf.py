"""Read RDF files into quads, safely and without ever reading from the network."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Final
from urllib.parse import quote, urljoin

from indicant import terms
from indicant.errors import IndicantError
from indicant.files import bounded
from indicant.files.bounded import MAX_BYTES as MAX_BYTES
from indicant.files.syntaxes import is_turtle, refuse_other
from indicant.foreign import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import pyoxigraph

STDIN: Final = "-"
MAX_DEPTH: Final = 100
MAX_STATEMENTS: Final = 500_000
_MOST_ATTRIBUTES: Final = 1_000
BASE: Final = "https://w3id.org/indicant/case/"

TURTLE: Final = "turtle"
N_TRIPLES: Final = "ntriples"
N_QUADS: Final = "nquads"
TRIG: Final = "trig"
JSON_LD: Final = "jsonld"
RDF_XML: Final = "rdfxml"

EXTENSIONS: Final = {
    ".ttl": TURTLE,
    ".turtle": TURTLE,
    ".nt": N_TRIPLES,
    ".nq": N_QUADS,
    ".trig": TRIG,
    ".jsonld": JSON_LD,
    ".json": JSON_LD,
    ".rdf": RDF_XML,
    ".owl": RDF_XML,
    ".xml": RDF_XML,
}
_UNDECLARED = re.compile(r"The prefix ([^ ]*:) has not been declared|Unknown prefix ([^ ]*:)")
_POSITION = re.compile(r"^Parser error at line \d+[^:]*: ")
_TRIPLE_TERMS = 100
_SHOWN: Final = 40
_QUOTED: Final = 200
_LONGEST: Final = 160
_FEW: Final = 5


@dataclass(frozen=True)
class Document:
    """One file as it was read.

    ``path`` is what the user gave; ``quads`` are in the order of the text, with every blank node
    named; ``imports`` are the ontologies it asks for, none of which has been fetched, and
    ``no_imports`` the texts that stand where an IRI shall. ``foreign`` are the ontologies in it
    that are somebody else's, ``aside`` the statements of theirs that are only data, and ``own`` the
    ontology of statements in no named graph, where any is foreign.
    """

    path: str
    text: str = field(repr=False)
    format: str
    quads: tuple[pyoxigraph.Quad, ...] = field(repr=False)
    imports: tuple[str, ...] = ()
    genid: str = ""
    no_imports: tuple[str, ...] = ()
    aside: tuple[pyoxigraph.Quad, ...] = field(default=(), repr=False)
    foreign: frozenset[str] = frozenset()
    own: str = ""

    @classmethod
    def of(
        cls, path: str, quads: tuple[pyoxigraph.Quad, ...], genid: str, written: Callable[[], str]
    ) -> Document:
        """Return statements as a document of Turtle, whose text is written when it is first read.

        Who assesses many patients of whom he has the statements reads the text of those alone
        with whom something is wrong.
        """
        made = cls(path, "", TURTLE, quads, genid=genid)
        del made.__dict__["text"]
        made.__dict__["_written"] = written
        return made

    def __getattr__(self, name: str) -> str:
        """Write the text, which is all that may not be there yet."""
        if name != "text" or "_written" not in self.__dict__:
            raise AttributeError(name)
        text: str = self.__dict__["_written"]()
        self.__dict__["text"] = text
        return text


def read(
    path: str | os.PathLike[str],
    *,
    stdin: BinaryIO | None = None,
    format: str | None = None,  # noqa: A002 - the word every RDF library uses
    limit: int = MAX_BYTES,
    pipes: bool = False,
) -> Document:
    """Read a file, or standard input for ``-``, into a document.

    The format follows from the extension; where that says nothing, from how the text begins, which
    also tells Turtle that is called ``.owl``. A pipe is read only where somebody may have named it:
    its writer is waited for.

    Raises:
        IndicantError: the file is missing, too large, not text or not RDF.
    """
    name = os.fspath(path)
    data = (
        _bytes_of_stdin(stdin, limit) if name == STDIN else bounded.data(name, limit, pipes=pipes)
    )
    chosen = format or EXTENSIONS.get(os.path.splitext(name)[1].lower())
    return parse(data, path=name, format=chosen)


def read_text(
    path: str | os.PathLike[str],
    *,
    stdin: BinaryIO | None = None,
    limit: int = MAX_BYTES,
    pipes: bool = False,
) -> str:
    """Read a file of text, or standard input for ``-``, as UTF-8 and as it stands.

    Raises:
        IndicantError: the file is missing, empty, too large or not text in UTF-8.
    """
    name = os.fspath(path)
    shown = "<stdin>" if name == STDIN else name
    try:
        data = (
            _bytes_of_stdin(stdin, limit)
            if name == STDIN
            else bounded.data(name, limit, pipes=pipes)
        )
    except IndicantError as error:
        raise IndicantError(error.message, file=shown) from error
    text = _decode(data, shown)
    if not text.strip():
        raise IndicantError("the file is empty", file=shown)
    return text


def visible(paths: Iterable[Path], below: Path) -> list[Path]:
    """Return the paths below a folder that neither are hidden nor stand in a hidden folder there.

    What is not in its place yet, or was left behind by a run that was killed, is hidden.
    """
    return [
        path
        for path in paths
        if not any(part.startswith(".") for part in path.relative_to(below).parts)
    ]


def parse(
    content: str | bytes,
    *,
    path: str,
    format: str | None = None,  # noqa: A002 - the word every RDF library uses
) -> Document:
    """Parse text that has been read already.

    Relative IRIs are resolved against ``https://w3id.org/indicant/case/`` and the name of the
    file without its extension, so that no path of a machine enters the graph. Blank nodes become
    ``…/.well-known/genid/b1`` and so on, in the order in which they appear.

    >>> text = "[] a <https://w3id.org/indicant/core/PatientCase> ."
    >>> parse(text, path="ward/seven.ttl").quads[0].subject.value
    'https://w3id.org/indicant/case/seven/.well-known/genid/b1'

    In a document without a case they hang on the IRI of its ontology, and where it has none on
    its digest, since such documents are read together.

    Raises:
        IndicantError: the content is not text, not RDF, or not safe to parse.
    """
    import pyoxigraph

    name = "<stdin>" if path == STDIN else path
    text = content if isinstance(content, str) else _decode(content, name)
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise IndicantError("the file is empty", file=name, help=_EXAMPLE_HELP)
    if format is not None and format not in _CHECKS:
        raise IndicantError(
            f"unknown format '{format}'", file=name, help=f"one of: {', '.join(_CHECKS)}"
        )
    refuse_other(text, name)
    chosen = format or _sniff(text)
    if chosen == RDF_XML and is_turtle(text):
        chosen = TURTLE
    _CHECKS[chosen](text, name)
    base = base_of(path)
    parsed = _statements(text, chosen, base, name)
    genid = _genid(parsed, base, text)
    quads = _name_blank_nodes(parsed, genid, name)
    asked = [quad.object for quad in quads if quad.predicate.value == _IMPORTS]
    names = [one for one in asked if isinstance(one, pyoxigraph.NamedNode)]
    texts = [one.value for one in asked if isinstance(one, pyoxigraph.Literal)]
    imports = dict.fromkeys(one.value for one in names)
    return Document(path, text, chosen, quads, tuple(imports), genid, tuple(texts))


def base_of(path: str) -> str:
    """Return what relative IRIs of a file are resolved against.

    >>> base_of("ward/seven.ttl")
    'https://w3id.org/indicant/case/seven'
    """
    stem = "stdin" if path == STDIN else os.path.splitext(os.path.basename(path))[0]
    return BASE + quote(os.fsencode(stem), safe="")


def resolved(reference: str, base: str) -> str:
    """Return an IRI as a parser reads it where a base is in force.

    >>> resolved("#", "https://example.org/rain"), resolved("urn:x:", "https://example.org/rain")
    ('https://example.org/rain#', 'urn:x:')
    """
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", reference):
        return reference
    try:
        joined = urljoin(base, reference)
    except ValueError:
        return reference
    return joined + "#" if reference.endswith("#") and not joined.endswith("#") else joined


def _statements(text: str, form: str, base: str, name: str) -> list[pyoxigraph.Quad]:
    import pyoxigraph

    rdf_format = {
        TURTLE: pyoxigraph.RdfFormat.TURTLE,
        N_TRIPLES: pyoxigraph.RdfFormat.N_TRIPLES,
        N_QUADS: pyoxigraph.RdfFormat.N_QUADS,
        TRIG: pyoxigraph.RdfFormat.TRIG,
        JSON_LD: pyoxigraph.RdfFormat.JSON_LD,
        RDF_XML: pyoxigraph.RdfFormat.RDF_XML,
    }[form]
    try:
        statements = pyoxigraph.parse(text, format=rdf_format, base_iri=base)
        parsed = list(itertools.islice(statements, MAX_STATEMENTS + 1))
    except SyntaxError as error:
        raise _syntax_error(error, text, name) from error
    except (MemoryError, ValueError) as error:
        raise IndicantError(
            f"cannot be parsed: {_complaint(str(error), text)}", file=name
        ) from error
    if len(parsed) > MAX_STATEMENTS:
        raise IndicantError(
            f"holds more than {MAX_STATEMENTS:,} statements", file=name, help="split the file"
        )
    if not parsed and form == JSON_LD and '"resourceType"' in text:
        raise IndicantError("is FHIR, and no RDF", file=name, help=_FHIR_HELP)
    if not parsed:
        raise IndicantError("the file holds no statements", file=name, help=_EXAMPLE_HELP)
    return parsed


_IMPORTS: Final = f"{terms.OWL}imports"
_FHIR_HELP = "indicant intake FILE --as-of YYYY-MM-DD -o FOLDER  makes cases of it"
_EXAMPLE_HELP = "indicant assess --example  shows what a case looks like"


def _bytes_of_stdin(stdin: BinaryIO | None, limit: int) -> bytes:
    import sys

    data = (stdin or sys.stdin.buffer).read(limit + 1)
    if len(data) > limit:
        raise bounded.too_large("<stdin>", limit)
    return data


def _decode(data: bytes, name: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise IndicantError(
            "the text is UTF-16, not UTF-8", file=name, help="save the file as UTF-8"
        )
    nul = data.find(b"\0")
    if nul >= 0:
        sparse = data[:400].count(b"\0") * 3 > len(data[:400])
        if sparse:
            raise IndicantError(
                "the text is UTF-16, not UTF-8", file=name, help="save the file as UTF-8"
            )
        raise IndicantError(f"is binary, not text: byte {nul + 1} is zero", file=name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        controls = sum(byte < 9 or 13 < byte < 32 for byte in data[:400])
        if controls * 20 > len(data[:400]):
            raise IndicantError("is binary, not text", file=name) from error
        cut = ", or is cut short there" if error.reason == "unexpected end of data" else ""
        byte = f"byte 0x{data[error.start]:02X} at position {error.start + 1}"
        raise IndicantError(
            f"the text is not UTF-8: {byte}{cut}",
            file=name,
            line=data.count(b"\n", 0, error.start) + 1,
            help="save the file as UTF-8",
        ) from error


def _sniff(text: str) -> str:
    start = text.lstrip()[:200]
    if re.match(r"\{|\[\s*\{", start):
        return JSON_LD
    if start.startswith(("<?xml", "<rdf:RDF", "<!DOCTYPE", "<!--")):
        return RDF_XML
    return TURTLE


def _check_turtle(text: str, name: str) -> None:
    if text.count("<<") > _TRIPLE_TERMS:
        raise IndicantError("holds too many statements about statements", file=name)


def _check_json(text: str, name: str) -> None:
    import json

    remote: list[str] = []

    def inspect(pairs: list[tuple[str, object]]) -> dict[str, object]:
        for key, value in pairs:
            if key == "@context":
                values = value if isinstance(value, list) else [value]
                remote.extend(item for item in values if isinstance(item, str))
            elif key == "@import" and isinstance(value, str):
                remote.append(value)
        return dict(pairs)

    try:
        # Numbers stay text: only what is around them is looked at here.
        tree = json.loads(text, object_pairs_hook=inspect, parse_int=str, parse_float=str)
    except RecursionError as error:
        raise _too_deep(name) from error
    except json.JSONDecodeError as error:
        raise IndicantError(
            f"not JSON: {error.msg}", file=name, line=error.lineno, column=error.colno
        ) from error
    level, depth = [tree], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep(name)
        level = [
            child
            for node in level
            if isinstance(node, (dict, list))
            for child in (node.values() if isinstance(node, dict) else node)
        ]
    if remote:
        position = max(text.find(json.dumps(remote[0], ensure_ascii=False)), 0)
        address = excerpt(remote[0], _LONGEST) if re.fullmatch(r"\S*", remote[0]) else "…"
        raise IndicantError(
            f"the remote context {address} is not fetched",
            file=name,
            line=text.count("\n", 0, position) + 1,
            help='write the context into the file, as in  "@context": {"ind": "' + terms.IND + '"}',
        )


def _check_xml(text: str, name: str) -> None:
    from xml.parsers import expat

    parser = expat.ParserCreate("utf-8")
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        if len(attributes) > _MOST_ATTRIBUTES:
            raise IndicantError(
                f"the element {tag[:80]} has more than {_MOST_ATTRIBUTES:,} attributes",
                file=name,
                line=parser.CurrentLineNumber,
                help="write them as elements",
            )
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep(name, parser.CurrentLineNumber)

    def end(_tag: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_arguments: object) -> None:
        raise IndicantError(
            "a document type declaration is not read, because of what entities can do",
            file=name,
            line=parser.CurrentLineNumber,
            help="write the IRIs in full and remove  <!DOCTYPE …>",
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise IndicantError(
            f"not XML: {expat.errors.messages[error.code]}",
            file=name,
            line=error.lineno,
            column=error.offset + 1,
        ) from error


_CHECKS: Final[dict[str, Callable[[str, str], None]]] = {
    TURTLE: _check_turtle,
    TRIG: _check_turtle,
    N_TRIPLES: _check_turtle,
    N_QUADS: _check_turtle,
    JSON_LD: _check_json,
    RDF_XML: _check_xml,
}


def _too_deep(name: str, line: int | None = None) -> IndicantError:
    return IndicantError(f"nested more than {MAX_DEPTH} levels deep", file=name, line=line)


def _syntax_error(error: SyntaxError, text: str, name: str) -> IndicantError:
    message = _POSITION.sub("", error.msg).strip()
    lines = re.split(r"\r\n|\r|\n", text.rstrip())
    line, column = error.lineno, error.offset
    if line is not None and line > len(lines):
        line, column = len(lines), len(lines[-1]) + 1
    undeclared = _UNDECLARED.search(message)
    prefix = (undeclared.group(1) or undeclared.group(2)) if undeclared else ""
    if 0 < len(prefix) <= _SHOWN:
        return IndicantError(
            f"prefix '{prefix}' is not declared",
            file=name,
            line=line,
            column=column,
            help=f"add  @prefix {prefix} <{namespace_of(prefix)}> .",
        )
    return IndicantError(
        f"syntax error: {_complaint(message, text)}", file=name, line=line, column=column
    )


def _complaint(message: str, text: str) -> str:
    """Return what a parser says of a text, without what it quotes of it beyond a word.

    What stands there may be of a patient; the place says where to look for it.

    >>> _complaint('"Mary, aged 80" is not a valid predicate', ':a "Mary, aged 80" :b .')
    '"…" is not a valid predicate'
    >>> _complaint("ex:rained is not a valid RDF object", ":a :b ex:rained .")
    'ex:rained is not a valid RDF object'
    """
    if len(message) > 2 * _QUOTED:
        message = f"{message[:_QUOTED]} … {message[-_QUOTED:]}"
    message = re.sub(r'".*"', '"…"', message, flags=re.DOTALL)
    known = text.casefold()
    words = re.findall(r"[^\s'\"]+|\s+|['\"]", message)
    found: list[str] = []
    at = 0
    while at < len(words):
        end = at
        while end < len(words) and "".join(words[at : end + 1]).casefold() in known:
            end += 1
        while end > at and words[end - 1].isspace():
            end -= 1
        run = "".join(words[at:end])
        if len(run.split()) > 1 and len(run) > _FEW:
            found.append("…")
            at = end
        else:
            found.append(excerpt(words[at], _SHOWN))
            at += 1
    return excerpt("".join(found), _LONGEST)


def namespace_of(prefix: str) -> str:
    """Look a prefix, with its colon, up among those that the ontologies of the package use."""
    from indicant.files import resources

    pattern = re.compile(rf"^(?:@prefix|PREFIX) {re.escape(prefix)} <([^>]+)>", re.MULTILINE)
    for file in sorted(resources.ontology().rglob("*.ttl")):
        found = pattern.search(bounded.text(file))
        if found:
            return found.group(1)
    return "…"


def _genid(quads: Iterable[pyoxigraph.Quad], base: str, text: str) -> str:
    """Choose where blank nodes are named, so that documents read together never share a name."""
    import pyoxigraph

    kinds: dict[str, list[str]] = {f"{terms.OWL}Ontology": [], f"{terms.IND}PatientCase": []}
    for quad in quads:
        if quad.predicate.value == terms.TYPE and isinstance(quad.object, pyoxigraph.NamedNode):
            found = kinds.get(quad.object.value)
            if found is not None:
                found.append(
                    quad.subject.value if isinstance(quad.subject, pyoxigraph.NamedNode) else ""
                )
    ontologies, cases = kinds.values()
    if cases:
        root = base
    elif ontologies and ontologies[0]:
        root = ontologies[0].rstrip("/#")
    else:
        root = f"{base}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    return root + terms.GENID


def _name_blank_nodes(
    quads: list[pyoxigraph.Quad], genid: str, name: str
) -> tuple[pyoxigraph.Quad, ...]:
    import pyoxigraph

    names: dict[pyoxigraph.BlankNode, pyoxigraph.NamedNode] = {}
    result = []
    for quad in quads:
        subject, value, graph = quad.subject, quad.object, quad.graph_name
        if isinstance(value, pyoxigraph.Triple) or isinstance(subject, pyoxigraph.Triple):
            raise IndicantError("a statement about a statement is not read", file=name)
        changed = False
        if isinstance(subject, pyoxigraph.BlankNode):
            if subject not in names:
                names[subject] = pyoxigraph.NamedNode(f"{genid}b{len(names) + 1}")
            subject, changed = names[subject], True
        if isinstance(value, pyoxigraph.BlankNode):
            if value not in names:
                names[value] = pyoxigraph.NamedNode(f"{genid}b{len(names) + 1}")
            value, changed = names[value], True
        if isinstance(graph, pyoxigraph.BlankNode):
            if graph not in names:
                names[graph] = pyoxigraph.NamedNode(f"{genid}b{len(names) + 1}")
            graph, changed = names[graph], True
        result.append(pyoxigraph.Quad(subject, quad.predicate, value, graph) if changed else quad)
    return tuple(result)


def undirected(term: object) -> object:
    """Return a term without the direction of writing that RDF 1.2 can give a text with a language.

    Shapes, HermiT and rdflib know texts with a language alone, and nothing depends on the
    direction: what is to be kept or written keeps the term as it is.
    """
    if getattr(term, "direction", None) is None:
        return term
    import pyoxigraph

    return pyoxigraph.Literal(text_of(term), language=getattr(term, "language", None))


def text_of(term: object) -> str:
    """Return the IRI of a term, or its lexical form; of a triple, nothing."""
    return getattr(term, "value", "")
