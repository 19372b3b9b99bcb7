"""Write a SPARQL query so that every parser reads the same tokens in it."""

from __future__ import annotations

import bisect
import functools
import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

import pyoxigraph as ox

from indicant.errors import IndicantError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indicant.query.rows import Term

_BASE: Final = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_MORE: Final = f"{_BASE}_\\-0-9\u00b7\u0300-\u036f\u203f-\u2040"
_PLX: Final = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_CODE: Final = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
_WORD: Final = re.compile(
    r"""
      BASE | PREFIX | SELECT | DISTINCT | REDUCED | AS | ASK | WHERE | GROUP | BY | HAVING | ORDER
    | ASC | DESC | LIMIT | OFFSET | VALUES | UNDEF | OPTIONAL | BIND | MINUS | UNION | FILTER | IN
    | NOT | EXISTS | A | TRUE | FALSE | SEPARATOR
    | COUNT | SUM | MIN | MAX | AVG | SAMPLE | GROUP_CONCAT
    | STR | LANG | LANGMATCHES | DATATYPE | BOUND | IRI | URI | BNODE | RAND | ABS | CEIL | FLOOR
    | ROUND | CONCAT | STRLEN | UCASE | LCASE | ENCODE_FOR_URI | CONTAINS | STRSTARTS | STRENDS
    | STRBEFORE | STRAFTER | YEAR | MONTH | DAY | HOURS | MINUTES | SECONDS | TIMEZONE | TZ | NOW
    | UUID | STRUUID | MD5 | SHA1 | SHA256 | SHA384 | SHA512 | COALESCE | IF | STRLANG | STRDT
    | SAMETERM | ISIRI | ISURI | ISBLANK | ISLITERAL | ISNUMERIC | REGEX | SUBSTR | REPLACE
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_READ: Final = "ask by SELECT or ASK"
_WRITING: Final = ("writes, and nothing is ever written", _READ)
_GRAPH: Final = ("is refused: there is one graph, and it has no name", None)
_REFUSED: Final[dict[str, tuple[str, str | None]]] = {
    "ADD": _WRITING,
    "CLEAR": _WRITING,
    "COPY": _WRITING,
    "CREATE": _WRITING,
    "DELETE": _WRITING,
    "DROP": _WRITING,
    "INSERT": _WRITING,
    "LOAD": _WRITING,
    "MOVE": _WRITING,
    "USING": _WRITING,
    "WITH": _WRITING,
    "SERVICE": ("is refused: no other machine is ever asked", None),
    "FROM": _GRAPH,
    "GRAPH": _GRAPH,
    "CONSTRUCT": ("gives no table", _READ),
    "DESCRIBE": ("gives no table", _READ),
}
_CHARACTERS: Final = {
    "t": "\t",
    "b": "\b",
    "n": "\n",
    "r": "\r",
    "f": "\f",
    '"': '"',
    "'": "'",
    "\\": "\\",
}
_ESCAPES: Final = {char: f"\\{name}" for name, char in _CHARACTERS.items() if name != "'"}
_ESCAPE: Final = re.compile(rf"{_CODE}|\\(.?)", re.DOTALL)
_ESCAPED: Final = re.compile(r'[\t\b\n\r\f"\\]')
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_IRI: Final = re.compile(r"[^<>\"{}|^`\\\x00-\x20]*")
_EXPRESSION: Final = re.compile(r"[&,();$?']")
_SHOWN: Final = 40
_MODIFIERS: Final = frozenset(("DISTINCT", "REDUCED"))
_NAMED: Final = frozenset(("iri", "name"))
_OPERANDS: Final = frozenset(("blank", "iri", "language", "name", "number", "string", "variable"))


@dataclass(frozen=True)
class Token:
    """A token of a query: its kind, what stands there, where, and whether it stands apart."""

    kind: str
    text: str
    start: int
    apart: bool = False
    prefix: str = ""
    local: str = ""


@dataclass(frozen=True)
class Plain:
    """A query of which no two parsers can read different tokens, and where each of them came from.

    There is no comment and no line break in it, every string is short and in double quotes, no
    escape stands for a character that could be written, and each IRI has a prefix of its own. So
    what stands in it behind ``<`` is always compared. ``everything`` are its variables, in order,
    where it asks for all of them; ``form`` is the word that says what it gives, as in ``SELECT``.
    """

    text: str
    places: tuple[tuple[int, int], ...]
    everything: tuple[str, ...] = ()
    form: str = ""

    def place(self, column: int) -> int:
        """Return where in the query as it was given a column stands, counted in bytes from 1."""
        here = len(self.text.encode()[: max(column - 1, 0)].decode(errors="ignore"))
        found = bisect.bisect_right(self.places, (here, -1))
        if found < len(self.places) and self.places[found][0] == here:
            return self.places[found][1]
        if not found:
            return 0
        start, original = self.places[found - 1]
        return original + here - start


def error_at(message: str, text: str, place: int, name: str, advice: str | None) -> IndicantError:
    """Return an error about a place in a query."""
    line = text.count("\n", 0, place) + 1
    column = place - text.rfind("\n", 0, place)
    return IndicantError(message, file=name, line=line, column=column, help=advice)


def literal_text(term: Term) -> str:
    r"""Return a term as SPARQL, with escapes that every parser reads alike.

    >>> literal_text(ox.Literal("a\tb", language="en"))
    '"a\\tb"@en'
    """
    if not isinstance(term, ox.Literal):
        return str(term)
    if term.language:
        direction = f"--{term.direction}" if term.direction is not None else ""
        return f"{_quoted(term.value)}@{term.language}{direction}"
    plain = str(ox.Literal("", datatype=term.datatype))
    return _quoted(term.value) + plain.removeprefix('""')


@functools.cache
def _token() -> re.Pattern[str]:
    """Return what a token is; to compile it takes longer than to assess a case."""
    return re.compile(
        rf"""
          (?P<skip> (?: [ \t\r\n] | \#[^\n\r]* )++ )
        | (?P<string> \"{{3}}(?:[^"\\]|\\.|"{{1,2}}(?!"))*+\"{{3}}
                    | '{{3}}(?:[^'\\]|\\.|'{{1,2}}(?!'))*+'{{3}}
                    | "(?:[^"\\\n\r]|\\.)*+" | '(?:[^'\\\n\r]|\\.)*+' )
        | (?P<iri> <(?:[^<>"{{}}|^`\\\x00-\x20]|{_CODE})*+> )
        | (?P<variable> [?$][{_BASE}_0-9][{_BASE}_0-9\u00b7\u0300-\u036f\u203f-\u2040]* )
        | (?P<blank> _:[{_BASE}_0-9](?:[{_MORE}.]*[{_MORE}])? )
        | (?P<language> @[A-Za-z]+(?:-[A-Za-z0-9]+)* )
        | (?P<name> (?P<prefix>(?:[{_BASE}](?:[{_MORE}.]*[{_MORE}])?)?) :
                    (?P<local>(?: (?:[{_BASE}_:0-9]|{_PLX})
                                  (?: (?:[{_MORE}.:]|{_PLX})* (?:[{_MORE}:]|{_PLX}) )? )?) )
        | (?P<number> [0-9]+\.[0-9]*[eE][+-]?[0-9]+ | \.?[0-9]+[eE][+-]?[0-9]+
                    | [0-9]*\.[0-9]+ | [0-9]+ )
        | (?P<word> [A-Za-z][A-Za-z0-9_]* )
        | (?P<sign> \^\^ | && | \|\| | [!<>]= | [][{{}}(),;.=!<>+*/|^?-] )
        """,
        re.VERBOSE | re.DOTALL,
    )


def tokens(text: str, name: str) -> Iterator[Token]:
    """Yield the tokens of a query.

    Raises:
        IndicantError: something is no token of SPARQL 1.1.
    """
    before: Token | None = None
    here, apart, based = 0, False, False
    while here < len(text):
        match = _token().match(text, here)
        if match is None:
            raise _no_token(text, here, name)
        kind, found = match.lastgroup or "", match[0]
        if match["name"] is not None:
            kind = "name"
        if kind == "iri" and before is not None and not based and _compares(before, found):
            kind, found = "sign", "<"
        here += len(found)
        if kind == "skip":
            apart = True
            continue
        before = Token(
            kind, found, match.start(), apart, match["prefix"] or "", match["local"] or ""
        )
        based = based or (kind == "word" and found.upper() == "BASE")
        apart = False
        yield before


def _compares(before: Token, found: str) -> bool:
    """Tell whether what looks like an IRI begins with an operator: ``?a<?b&&?c>?d``.

    Without a base an IRI has a scheme, and what compares follows something that can be compared.
    A misjudgement ends in an error, never in another query: it decides what is written.
    """
    comparable = before.kind in _OPERANDS or before.text in {")", "true", "false"}
    return comparable and _SCHEME.match(found, 1) is None and _EXPRESSION.search(found) is not None


def _no_token(text: str, place: int, name: str) -> IndicantError:
    char = text[place]
    if text[place : place + 2] in {"\\u", "\\U"}:
        message = "an escape is refused where it is neither in a string nor in an IRI"
        return error_at(message, text, place, name, "write the character itself")
    if char in "\"'":
        return error_at("syntax error: the string does not end", text, place, name, None)
    return error_at(f"syntax error: {char!a} is no part of SPARQL", text, place, name, None)


def body_at(text: str, name: str) -> int:
    """Return where the pattern of a query begins: behind its first brace.

    Raises:
        IndicantError: it has none.
    """
    for token in tokens(text, name):
        if token.text == "{":
            return token.start + 1
    raise IndicantError("the query has no pattern to give values to", file=name)


def plain(
    text: str, name: str, *, builds: bool = False, describes: bool = False, base: str = ""
) -> Plain:
    """Return a query in the form that every parser reads alike.

    Args:
        text: the query.
        name: what to call it in an error.
        builds: whether it may build a graph, by CONSTRUCT.
        describes: whether it may ask for one, by DESCRIBE.
        base: where relative IRIs begin, unless it says so itself.

    Raises:
        IndicantError: it writes, asks another machine, names a graph, builds one, uses a prefix
            that it does not declare, or is no SPARQL 1.1.
    """
    allowed = {*(["CONSTRUCT"] if builds else []), *(["DESCRIBE"] if describes else [])}
    return _Writer(text, name, allowed, base).written()


class _Writer:
    """The prefixes that a query declares, and the IRIs that it names."""

    def __init__(self, text: str, name: str, allowed: set[str], base: str) -> None:
        self._text, self._name, self._allowed = text, name, allowed
        self._base = base
        self._prefixes: dict[str, str] = {}
        self._iris: dict[str, tuple[int, int]] = {}

    def written(self) -> Plain:
        """Return the query in plain form."""
        found = list(tokens(self._text, self._name))
        body = found[self._prologue(found) :]
        everything = _everything(body)
        form = body[0].text.upper() if body else ""
        written: list[str] = []
        places: list[tuple[int, int]] = []
        length = 0
        for before, token in itertools.pairwise((None, *body)):
            assert token is not None  # noqa: S101
            text = self._said(token)
            if form == "DESCRIBE" and token is body[1] and everything:
                # One of the parsers knows no star here.
                text = " ".join(f"?{one}" for one in everything)
            gap = " " if before is not None and _parted(before, token) else ""
            written.append(gap + text)
            places.append((length + len(gap), token.start))
            length += len(gap) + len(text)
        head = ""
        declared: list[tuple[int, int]] = []
        for iri, (number, start) in self._iris.items():
            declared.append((len(head), start))
            head += f"PREFIX i{number}: <{iri}> "
        shifted = [(len(head) + here, start) for here, start in places]
        end = (len(head) + length, len(self._text.rstrip()))
        return Plain(head + "".join(written), (*declared, *shifted, end), everything, form)

    def _prologue(self, found: list[Token]) -> int:
        """Read the declarations and return how many tokens they are."""
        here = 0
        while here < len(found) and found[here].kind == "word":
            word = found[here].text.upper()
            if word == "BASE" and here + 1 < len(found) and found[here + 1].kind == "iri":
                self._base = self._iri(found[here + 1])
                here += 2
            elif (
                word == "PREFIX"
                and here + 2 < len(found)
                and (found[here + 1].kind, found[here + 1].local) == ("name", "")
                and found[here + 2].kind == "iri"
            ):
                self._prefixes[found[here + 1].prefix] = self._iri(found[here + 2])
                here += 3
            elif word in {"BASE", "PREFIX"}:
                help_ = "write  PREFIX name: <IRI>" if word == "PREFIX" else "write  BASE <IRI>"
                raise self._error("syntax error: no declaration", found[here].start, help_)
            else:
                break
        return here

    def _said(self, token: Token) -> str:
        if token.kind == "string":
            size = 3 if token.text[:3] in {'"""', "'''"} else 1
            return _quoted(self._decoded(token, size))
        if token.kind == "iri":
            return self._prefixed(self._iri(token), token)
        if token.kind == "name":
            if token.prefix not in self._prefixes:
                raise self._undeclared(token)
            local = re.sub(r"\\(.)", r"\1", token.local)
            return self._prefixed(self._prefixes[token.prefix] + local, token)
        if token.kind == "word":
            self._check_word(token)
        return token.text

    def _prefixed(self, iri: str, token: Token) -> str:
        number, _ = self._iris.setdefault(iri, (len(self._iris), token.start))
        return f"i{number}:"

    def _iri(self, token: Token) -> str:
        """Return a whole IRI, taken from the base where it is relative."""
        iri = self._decoded(token, 1)
        if not _IRI.fullmatch(iri):
            raise self._error("an escape stands for what no IRI has", token.start)
        whole = iri
        if self._base and not _SCHEME.match(iri):
            whole = urljoin(self._base, iri)
            # An empty fragment, as namespaces have, would be lost.
            if iri.endswith("#") and not whole.endswith("#"):
                whole += "#"
        if not _SCHEME.match(whole):
            raise self._error(
                f"syntax error: <{iri}> is no whole IRI", token.start, "it begins with a scheme"
            )
        return whole

    def _decoded(self, token: Token, size: int) -> str:
        """Return what is quoted, with every escape as the character that it stands for."""

        def char(match: re.Match[str]) -> str:
            if match[1] is not None:
                if match[1] not in _CHARACTERS:
                    message = f"syntax error: {ascii(match[0])[1:-1]} is no escape"
                    raise self._error(message, token.start + size + match.start())
                return _CHARACTERS[match[1]]
            number = int(match[0][2:], 16)
            if number > 0x10FFFF or 0xD800 <= number < 0xE000:
                message = f"syntax error: {match[0]} is no character"
                raise self._error(message, token.start + size + match.start())
            return chr(number)

        return _ESCAPE.sub(char, token.text[size:-size])

    def _check_word(self, token: Token) -> None:
        word = token.text.upper()
        if word in self._allowed:
            return
        if word in _REFUSED:
            message, advice = _REFUSED[word]
            raise self._error(f"{word} {message}", token.start, advice)
        if not _WORD.fullmatch(word):
            raise self._error(
                f"syntax error: '{token.text[:_SHOWN]}' is no word of SPARQL 1.1", token.start
            )

    def _undeclared(self, token: Token) -> IndicantError:
        from indicant.files.rdf import namespace_of

        prefix = token.prefix + ":"
        return self._error(
            f"prefix '{prefix}' is not declared",
            token.start,
            f"add  PREFIX {prefix} <{namespace_of(prefix)}>",
        )

    def _error(self, message: str, place: int, advice: str | None = None) -> IndicantError:
        return error_at(message, self._text, place, self._name, advice)


def _everything(body: list[Token]) -> tuple[str, ...]:
    words = [token.text.upper() for token in body[:3] if token.text.upper() not in _MODIFIERS]
    if words[:2] not in (["SELECT", "*"], ["DESCRIBE", "*"]):
        return ()
    return tuple(dict.fromkeys(one.text[1:] for one in body if one.kind == "variable"))


def _quoted(text: str) -> str:
    return '"' + _ESCAPED.sub(lambda match: _ESCAPES[match[0]], text) + '"'


def _parted(before: Token, token: Token) -> bool:
    """Tell whether a blank goes between two tokens: unless one of the parsers would mind it."""
    if token.kind == "language" or token.text == "^^" or before.text == "^^":
        return False
    if token.text == "(" and before.kind in {"word", *_NAMED}:
        return False
    if token.text in {"*", "+", "?"} and (before.text in {")", "a"} or before.kind in _NAMED):
        return False
    return token.kind != "number" or before.text not in {"+", "-"} or token.apart
