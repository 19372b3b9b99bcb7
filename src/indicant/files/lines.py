"""Find the line of a file on which a statement stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from indicant import terms
from indicant.files.rdf import N_QUADS, N_TRIPLES, TRIG, TURTLE, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pyoxigraph

    from indicant.files.rdf import Document

_FIRST: Final = terms.RDF + "first"
_REST: Final = terms.RDF + "rest"
_TOKEN: Final = re.compile(
    r"""
      (?P<skip> \s+ | \#[^\n\r]* )
    | (?P<string> \"{3}(?:[^"\\]|\\.|"{1,2}(?!"))*\"{3}
                | '{3}(?:[^'\\]|\\.|'{1,2}(?!'))*'{3}
                | "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' )
    | (?P<beyond> << | \{\| | ~ )
    | (?P<iri> <[^>]*> )
    | (?P<type> \^\^ )
    | (?P<at> @[A-Za-z0-9-]+ )
    | (?P<mark> [\[\](){},;.] )
    | (?P<word> (?: \\. | [^\s<>"'\[\](){},;\#^@\\] )+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_RDF_PREFIX: Final = re.compile(rf"prefix\s+([\w.-]*):\s*<{re.escape(terms.RDF)}>", re.IGNORECASE)
_WITHIN: Final = re.compile(r"[\w-]")
_MOST_SCANNED: Final = 2_000_000_000
"""How many characters are looked through, in all, for what no scanner finds."""
_MOST_TRIED: Final = 10_000
_SUBJECT, _PREDICATE, _OBJECT, _AFTER, _ITEM = range(5)


def locate(
    document: Document,
    subject: str | None,
    predicate: str | None = None,
    object: str | None = None,  # noqa: A002 - the word RDF uses
) -> int | None:
    """Return the line on which a statement of a document stands, counted from one.

    The best there is: the statement itself, else one with the same subject and predicate, else
    where the subject first stands, else where the text first mentions the object or the subject.
    IRIs are given in full, literals by their lexical form.
    """
    return Lines(document).locate(subject, predicate, object)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a statement stands: the lines of its subject and of its object."""

    subject: int
    object: int


_Pattern = tuple[str | None, str | None, str | None]


class Lines:
    """The lines of the statements of one document."""

    def __init__(self, document: Document) -> None:
        """Scan the text once."""
        self._document = document
        self._rows = tuple(_rows(document))
        self._indexes: dict[tuple[bool, ...], dict[int, int]] = {}
        self._mentions: dict[_Pattern, int | None] = {}
        self._left = _MOST_SCANNED

    def locate(
        self,
        subject: str | None,
        predicate: str | None = None,
        object: str | None = None,  # noqa: A002 - the word RDF uses
    ) -> int | None:
        """Do as the function of that name does."""
        if predicate is not None or object is not None:
            found = self.exact(subject, predicate, object)
            if found is None and subject is not None and predicate is not None:
                found = self.exact(subject, predicate, None)
            if found is not None:
                return found
        if subject is not None:
            place = self._place((subject, None, None))
            if place is not None:
                return place.subject
            place = self._place((None, None, subject))
            if place is not None:
                return place.object
        pattern = (subject, predicate, object)
        if pattern not in self._mentions:
            self._mentions[pattern] = self._mention(*pattern)
        return self._mentions[pattern]

    def subjects(self) -> dict[str, int]:
        """Return the line on which each subject first stands."""
        found: dict[str, int] = {}
        for quad, place in self._rows:
            if place is not None:
                found.setdefault(text_of(quad.subject), place.subject)
        return found

    def exact(
        self,
        subject: str | None,
        predicate: str | None,
        object: str | None,  # noqa: A002
    ) -> int | None:
        """Return the line of the first statement that has all the given parts."""
        place = self._place((subject, predicate, object))
        return None if place is None else place.object

    def _place(self, pattern: _Pattern) -> _Place | None:
        """Return where the first statement with these parts stands.

        An index for each combination of parts is made when it is first asked for. It holds hashes,
        since the texts of half a million statements would take more room than the statements.
        """
        given = tuple(part is not None for part in pattern)
        index = self._indexes.get(given)
        if index is None:
            index = self._indexes[given] = {}
            for number, (quad, place) in enumerate(self._rows):
                if place is not None:
                    index.setdefault(hash(_masked(quad, given)), number)
        number = index.get(hash(pattern), -1)
        if number < 0:
            return None
        quad, place = self._rows[number]
        if _masked(quad, given) == pattern:
            return place
        rows = ((quad, place) for quad, place in self._rows if place is not None)
        return next((place for quad, place in rows if _masked(quad, given) == pattern), None)

    @cached_property
    def _starts(self) -> list[int]:
        """Return where each line but the first starts."""
        return [match.end() for match in re.finditer(r"\n", self._document.text)]

    @cached_property
    def _kinds(self) -> dict[str, str]:
        """Return the first class of each node that has no name."""
        genid = self._document.genid
        found: dict[str, str] = {}
        for quad, _ in self._rows:
            if quad.predicate.value == terms.TYPE:
                subject = text_of(quad.subject)
                if subject.startswith(genid):
                    found.setdefault(subject, text_of(quad.object))
        return found

    def _mention(self, subject: str | None, predicate: str | None, value: str | None) -> int | None:
        position = -1
        if subject is not None and subject.startswith(self._document.genid):
            subject = self._kinds.get(subject)
        for term in (subject, predicate, value):
            if term is not None:
                found = self._find(term, max(position, 0))
                position = found if found >= 0 else position
        if position < 0 and value is not None:
            position = self._find(value, 0)
        return None if position < 0 else bisect_right(self._starts, position) + 1

    def _find(self, term: str, start: int) -> int:
        """Return where a text first mentions a term, or -1; after much looking, that always."""
        if self._left < 0:
            return -1
        text = self._document.text
        self._left -= len(text) - start
        found = text.find(term, start)
        if found >= 0:
            return found
        name = terms.local_name(term)
        if not name:
            return -1
        self._left -= len(text) - start
        for _ in range(_MOST_TRIED):
            found = text.find(name, start)
            if found < 0:
                return -1
            start = found + len(name)
            if not _WITHIN.match(text[max(found - 1, 0) : found]) and not _WITHIN.match(
                text, start
            ):
                return found
        return -1


class Places:
    """Where the statements of several documents stand."""

    def __init__(self, documents: Iterable[Document]) -> None:
        """Scan none of the texts before it is asked about."""
        self._documents = list(documents)
        self._lines: dict[str, Lines] = {}
        self._by_subject: dict[str, list[Document]] = {}
        self._parents: dict[str, str] = {}
        for document in self._documents:
            for quad in document.quads:
                subject = text_of(quad.subject)
                known = self._by_subject.setdefault(subject, [])
                if document not in known[-1:]:
                    known.append(document)
                if terms.GENID in text_of(quad.object):
                    self._parents.setdefault(text_of(quad.object), subject)

    def find(
        self, focus: str | None, path: str | None, value: str | None
    ) -> tuple[str, int] | None:
        """Return the file and the line of a statement, or else of what it is about.

        What is said of an anonymous node may stand nowhere but with what leads to that node.
        """
        for subject, predicate, given in (
            (focus, path, value),
            (value, path, None),
            (focus, path, None),
        ):
            if subject is None or predicate is None:
                continue
            for document in self._by_subject.get(subject, ()):
                line = self._of(document).exact(subject, predicate, given)
                if line is not None:
                    return document.path, line
        for node in self.ancestry(focus or ""):
            for document in self._by_subject.get(node, ()):
                line = self._of(document).locate(node)
                if line is not None:
                    return document.path, line
        return None

    def ancestry(self, node: str) -> Iterator[str]:
        """Yield a node, what first leads to it, and so on up to what nothing anonymous is in."""
        seen: set[str] = set()
        while node not in seen:
            yield node
            seen.add(node)
            node = self._parents.get(node, node)

    def _of(self, document: Document) -> Lines:
        if document.path not in self._lines:
            self._lines[document.path] = Lines(document)
        return self._lines[document.path]


def _masked(quad: pyoxigraph.Quad, given: tuple[bool, ...]) -> _Pattern:
    return (
        text_of(quad.subject) if given[0] else None,
        quad.predicate.value if given[1] else None,
        text_of(quad.object) if given[2] else None,
    )


def _rows(document: Document) -> Iterator[tuple[pyoxigraph.Quad, _Place | None]]:
    places = _SCANNERS.get(document.format, _nowhere)(document)
    for quad in document.quads:
        listed = quad.predicate.value in (_FIRST, _REST)
        yield quad, None if listed else next(places, None)


def _nowhere(_document: Document) -> Iterator[_Place]:
    return iter(())


def _scan_lines(document: Document) -> Iterator[_Place]:
    """Scan N-Triples or N-Quads: one statement to a line, lists included."""
    quads = iter(document.quads)
    for number, line in enumerate(re.split(r"\r\n|\n|\r", document.text), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            quad = next(quads, None)
            if quad is not None and quad.predicate.value not in (_FIRST, _REST):
                yield _Place(number, number)


def _scan_turtle(document: Document) -> Iterator[_Place]:
    """Scan Turtle or TriG in the order in which its parser emits statements.

    The text is known to be valid. The links of lists are left out, however written. Where the
    count differs from that of the parser, as it does with syntax this scanner does not know,
    there is no answer.
    """
    expected = sum(quad.predicate.value not in (_FIRST, _REST) for quad in document.quads)
    starts = [match.end() for match in re.finditer(r"\n", document.text)]
    spans = list(_statements(document.text))
    if len(spans) != expected:
        return
    for subject, value in spans:
        yield _Place(bisect_right(starts, subject) + 1, bisect_right(starts, value) + 1)


@dataclass
class _Frame:
    """A statement, a ``[…]`` or a ``(…)`` that is being scanned."""

    state: int
    subject: int = 0
    value: int = 0
    links: bool = False


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            yield "beyond", text[position], position
            return
        kind, token, start = match.lastgroup or "", match.group(), position
        position = match.end()
        if kind == "word" and len(token) > 1:
            kept = token.rstrip(".")
            if kept and not token[: len(kept)].endswith("\\"):
                position -= len(token) - len(kept)
                token = kept
        if kind == "word" and set(token) == {"."}:
            kind = "mark"
        if kind != "skip":
            yield kind, token, start


# One piece: each token is judged by the state that those before it have left.
def _statements(text: str) -> Iterator[tuple[int, int]]:
    """Yield the offsets of the subject and the object of each statement.

    The parser learns only from the next token that a string has no datatype, and turns round
    the statements that one token completes: a string before a ``]`` comes after what the ``]``
    completes.
    """
    stack = [_Frame(_SUBJECT)]
    links = _words_for_links(text)
    pending = 0
    held: tuple[int, int] | None = None
    for kind, token, start in _tokens(text):
        if kind == "beyond":
            return
        if pending:
            pending -= 1
            continue
        frame = stack[-1]
        if held is not None and token != "]":
            yield held
            held = None
        if kind == "type":
            pending = 1
        elif kind == "at":
            if frame.state == _SUBJECT:
                pending = {"@prefix": 3, "@base": 2}.get(token, 0)
        elif kind == "mark" and token in "[(":
            if token == "(" and frame.state == _OBJECT and not frame.links:
                yield frame.subject, start
            frame.value = start
            stack.append(_Frame(_PREDICATE if token == "[" else _ITEM, start))
        elif kind == "mark" and token in "])":
            stack.pop()
            if not stack:
                return
            frame = stack[-1]
            if frame.state == _OBJECT:
                if token == "]" and not frame.links:
                    yield frame.subject, frame.value
                frame.state = _AFTER
            elif frame.state == _SUBJECT:
                frame.subject, frame.state = frame.value, _PREDICATE
            if held is not None:
                yield held
                held = None
        elif kind == "mark":
            frame.state = {",": _OBJECT, ";": _PREDICATE}.get(token, _SUBJECT)
        elif frame.state == _SUBJECT:
            directive = token.upper() if kind == "word" else ""
            if directive in ("PREFIX", "BASE"):
                pending = 2 if directive == "PREFIX" else 1
            elif directive != "GRAPH":
                frame.subject, frame.state = start, _PREDICATE
        elif frame.state == _PREDICATE:
            frame.state, frame.links = _OBJECT, token in links
        elif frame.state == _OBJECT:
            frame.state = _AFTER
            if frame.links:
                continue
            if kind == "string":
                held = frame.subject, start
            else:
                yield frame.subject, start


def _words_for_links(text: str) -> frozenset[str]:
    """Return how a text may write the properties that link a list, other than by ``(…)``."""
    names = _RDF_PREFIX.findall(text)
    return frozenset(
        [f"<{iri}>" for iri in (_FIRST, _REST)]
        + [f"{name}:{terms.local_name(iri)}" for name in names for iri in (_FIRST, _REST)]
    )


_SCANNERS: Final[dict[str, Callable[[Document], Iterator[_Place]]]] = {
    TURTLE: _scan_turtle,
    TRIG: _scan_turtle,
    N_TRIPLES: _scan_lines,
    N_QUADS: _scan_lines,
}
