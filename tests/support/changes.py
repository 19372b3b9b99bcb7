"""Small wrong changes: what a slip of the hand makes of code, rules, shapes, data and templates.

A change replaces one stretch of one file. Each says what it does, so that a survivor can be read
without looking at the file. What cannot change an answer is left out where a look at the text shows
it: annotations, documentation, what an error says.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from places import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Change:
    """One wrong change: characters from ``start`` to ``end`` of a file give way to ``new``."""

    kind: str
    room: str
    path: str
    line: int
    what: str
    start: int
    end: int
    old: str
    new: str
    row: str
    nth: int

    @property
    def key(self) -> str:
        """Return a name that stays while the row and the change stay."""
        told = "\n".join((self.path, self.what, self.row, self.old, self.new, str(self.nth)))
        return hashlib.sha256(told.encode()).hexdigest()[:12]

    def made(self, text: str) -> str:
        """Return the text of the file with the change."""
        return text[: self.start] + self.new + text[self.end :]

    def __str__(self) -> str:
        """Say where and what, on one line."""
        old, new = (" ".join(part.split()) or "nothing" for part in (self.old, self.new))
        return f"{self.path}:{self.line} {self.what}: {old[:90]} -> {new[:90]}"


@dataclass(frozen=True)
class Edit:
    """A change without its place in the tree."""

    what: str
    start: int
    end: int
    new: str


# Python

COMPARED: Final = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
SWAPPED: Final = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}


class _Python:
    """The changes of one module, found in its syntax tree."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0]
        for row in text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(row))
        self.rows = [row.encode() for row in text.splitlines(keepends=True)]

    def at(self, line: int, column: int) -> int:
        return self.starts[line - 1] + len(self.rows[line - 1][:column].decode())

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self.at(node.lineno, node.col_offset)
        return start, self.at(node.end_lineno, node.end_col_offset)

    def edits(self) -> Iterator[Edit]:
        yield from self.of(ast.parse(self.text))

    def of(self, node: ast.AST) -> Iterator[Edit]:
        """Yield the changes at a node and below it, but for what decides no answer."""
        if isinstance(node, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom | ast.Assert):
            return
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            return
        yield from self.here(node)
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "type_params"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from self.of(child)

    def here(self, node: ast.AST) -> Iterator[Edit]:
        if isinstance(node, ast.Compare):
            left: ast.expr = node.left
            for operator, right in zip(node.ops, node.comparators, strict=True):
                yield from self.between(left, right, *COMPARED[type(operator)], "comparison")
                left = right
        elif isinstance(node, ast.BoolOp):
            old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            yield from self.between(node.values[0], node.values[1], old, new, "and for or")
            for value in node.values:
                neutral = "True" if old == "and" else "False"
                yield Edit("a condition lost", *self.span(value), neutral)
        elif isinstance(node, ast.If):
            if not node.orelse and isinstance(node.body[-1], ast.Return | ast.Raise | ast.Continue):
                yield Edit("a guard lost", *self.span(node.test), "False")
            else:
                yield self.negated(node.test)
        elif isinstance(node, ast.IfExp):
            yield self.negated(node.test)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield Edit("a not lost", *self.span(node), self.source(node.operand))
        elif isinstance(node, ast.Constant):
            yield from self.constant(node)
        elif isinstance(node, ast.For | ast.comprehension):
            for test in getattr(node, "ifs", ()):
                yield Edit("a condition lost", *self.span(test), "True")
            rest = f"list({self.source(node.iter)})[1:]"
            yield Edit("the first lost", *self.span(node.iter), rest)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield Edit("a statement lost", *self.span(node), "pass")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in SWAPPED and len(node.args) == 1:
                what = "order lost" if node.func.id == "sorted" else "the other one"
                if node.func.id != "sorted":
                    yield Edit(what, *self.span(node.func), SWAPPED[node.func.id])
                elif not node.keywords:
                    yield Edit(what, *self.span(node.func), "list")
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            old, new = ("+", "-") if isinstance(node.op, ast.Add) else ("-", "+")
            if not _is_text(node.left) and not _is_text(node.right):
                yield from self.between(node.left, node.right, old, new, "plus for minus")

    def source(self, node: ast.expr) -> str:
        start, end = self.span(node)
        return f"({self.text[start:end]})"

    def negated(self, test: ast.expr) -> Edit:
        return Edit("a condition turned", *self.span(test), f"(not {self.source(test)})")

    def between(
        self, left: ast.expr, right: ast.expr, old: str, new: str, what: str
    ) -> Iterator[Edit]:
        start, end = self.span(left)[1], self.span(right)[0]
        found = re.search(re.escape(old).replace(r"\ ", r"\s+"), self.text[start:end])
        if found:
            yield Edit(what, start + found.start(), start + found.end(), new)

    def constant(self, node: ast.Constant) -> Iterator[Edit]:
        if isinstance(node.value, bool):
            yield Edit("the other truth", *self.span(node), str(not node.value))
        elif isinstance(node.value, int):
            yield Edit("one more", *self.span(node), str(node.value + 1))


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr | ast.List | ast.Tuple) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def python(text: str) -> Iterator[Edit]:
    """Yield the changes of a module."""
    yield from _Python(text).edits()


# SPARQL, in files of its own and in shapes

_ROW = re.compile(r"^[ \t]+[^\s#@}].* \.[ \t]*$", re.MULTILINE)
_FILTER = re.compile(r"^[ \t]+(?:FILTER|BIND)\b.*[)}][ \t]*$", re.MULTILINE)
_SPARQL: Final = (
    ("comparison", re.compile(r" <= "), " < "),
    ("comparison", re.compile(r" >= "), " > "),
    ("comparison", re.compile(r" < "), " <= "),
    ("comparison", re.compile(r" > "), " >= "),
    ("comparison", re.compile(r" != "), " = "),
    ("comparison", re.compile(r" = "), " != "),
    ("and for or", re.compile(r" && "), " || "),
    ("or for and", re.compile(r" \|\| "), " && "),
    ("one step for many", re.compile(r"(?<=[\w)])[*+](?=[\s)/|;])"), ""),
    ("exists for not exists", re.compile(r"\bNOT EXISTS\b"), "EXISTS"),
    ("optional required", re.compile(r"\bOPTIONAL (?=\{)"), ""),
    ("minus lost", re.compile(r"\bMINUS (?=\{)"), "OPTIONAL "),
    ("the other one", re.compile(r"\bMIN\("), "MAX("),
    ("the other one", re.compile(r"\bMAX\("), "MIN("),
    ("the other truth", re.compile(r"\btrue\b"), "false"),
    ("the other truth", re.compile(r"\bfalse\b"), "true"),
    ("order turned", re.compile(r"\bDESC\("), "ASC("),
    ("an alternative lost", re.compile(r"(?<=[\w)*+])\|\^?[\w:]+"), ""),
)


def sparql(text: str) -> Iterator[Edit]:
    """Yield the changes of a query; what describes it (``#+``) and its prefixes stay."""
    body = re.search(r"\b(?:WHERE|ASK)\s*\{|^\s*(?:\$this|\?\w+) ", text, re.MULTILINE)
    start = body.end() if body else 0
    for pattern in (_ROW, _FILTER):
        for found in pattern.finditer(text, start):
            if "PREFIX" not in found[0]:
                yield Edit("a pattern lost", found.start(), found.end(), "")
    for what, pattern, new in _SPARQL:
        for found in pattern.finditer(text, start):
            if not text[text.rfind("\n", 0, found.start()) + 1 :].lstrip().startswith("#"):
                yield Edit(what, *found.span(), new)


# Turtle, of shapes and of data

_TEXT = re.compile(r'"""(.*?)"""', re.DOTALL)
_QUOTED = re.compile(r'""".*?"""|"(?:[^"\\\n]|\\.)*"', re.DOTALL)
_COUNT = re.compile(r"(sh:(?:min|max)(?:Count|Length|Inclusive|Exclusive)) (\d+)")
_PAIRS: Final = (
    ("sh:Violation", "sh:Warning"),
    ("sh:IRI", "sh:Literal"),
    ("ind:Indication", "ind:Contraindication"),
    ("ind:hasFinding", "ind:excludes"),
    ("ind:received", "ind:proposes"),
    ("owl:intersectionOf", "owl:unionOf"),
    ("owl:someValuesFrom", "owl:allValuesFrom"),
    ("xsd:minInclusive", "xsd:minExclusive"),
    ("xsd:maxInclusive", "xsd:maxExclusive"),
    ("ind:strength-strong", "ind:strength-weak"),
    ("true", "false"),
)
_NUMBER = re.compile(r"(?:clusive|ind:order|Cardinality) +(\d+)")
_VALUE = re.compile(
    r"ind:(?:urgency|strength|phase|certainty|direction|action|criterion|intervention|shows|order)"
    r' +("[^"\n]+"@en|[\w-]*:[\w-]+)'
)
_STATED = re.compile(r"^    (?!rdfs:label|skos:|dcterms:|rdfs:comment)[\w-]+:.* ;$", re.MULTILINE)
_MEMBER = re.compile(r"^ {8,}[\w-]*:[\w-]+ ?[,)]?$", re.MULTILINE)
# What says what something is called, or what a tool prints, bears on no answer.
_TOLD = (
    "rdfs:label",
    "rdfs:comment",
    "rdfs:isDefinedBy",
    "skos:",
    "dcterms:",
    "owl:version",
    "sh:prefix",
    "vann:",
)


def _swapped(text: str) -> Iterator[Edit]:
    for pair in _PAIRS:
        for old, new in (pair, pair[::-1]):
            for found in re.finditer(rf"(?<![\w\"-]){re.escape(old)}(?![\w\"-])", text):
                yield Edit("the other word", *found.span(), new)


def _numbers(text: str) -> Iterator[Edit]:
    for found in _NUMBER.finditer(text):
        yield Edit("one more", *found.span(1), str(int(found[1]) + 1))


def _statements(text: str) -> Iterator[Edit]:
    for found in _STATED.finditer(text):
        if not found[0].strip().startswith(_TOLD):
            yield Edit("a statement lost", found.start(), found.end() + 1, "")


def _members(text: str) -> Iterator[Edit]:
    for found in _MEMBER.finditer(text):
        if not found[0].endswith((",", ")")):
            yield Edit("a member lost", *found.span(), "")


def shapes(text: str) -> Iterator[Edit]:
    """Yield the changes of a file of shapes, in its SPARQL and around it."""
    inside = [found.span(1) for found in _TEXT.finditer(text)]
    for start, end in inside:
        for edit in sparql(text[start:end]):
            yield Edit(edit.what, start + edit.start, start + edit.end, edit.new)
    around = _QUOTED.sub(lambda found: "~" * len(found[0]), text)
    for found in _COUNT.finditer(around):
        yield Edit("one more", *found.span(2), str(int(found[2]) + 1))
    yield from _swapped(around)
    yield from _statements(around)
    yield from _members(around)


def data(text: str) -> Iterator[Edit]:
    """Yield the changes of an ontology or guideline: another word, one more, a statement lost."""
    around = _QUOTED.sub(lambda found: "~" * len(found[0]), text)
    numbers = re.sub(r'"(\d+)"', r" \1 ", text)
    yield from _swapped(around)
    yield from _numbers(numbers)
    yield from _statements(around)
    yield from _members(around)
    # Another value of the same property, of the file's own.
    held: dict[str, set[str]] = {}
    for found in _VALUE.finditer(text):
        held.setdefault(found[0].split()[0], set()).add(found[1])
    for found in _VALUE.finditer(text):
        others = sorted(held[found[0].split()[0]] - {found[1]})
        if others:
            yield Edit("another value", *found.span(1), others[0])
    for found in re.finditer(r"(?<=ind:restsOn )[\w-]*:s(\d+)", around):
        other = found[0].replace(found[1], f"{int(found[1]) + 1:02}")
        yield Edit("another passage", *found.span(), other)


# Templates of pages

_EXPRESSION = re.compile(r"\{\{.*?\}\}")
_IF = re.compile(r"(\{%-? (?:el)?if )(.*?)( -?%\})")
_FOR = re.compile(r"(\{%-? for .*? in )(.*?)( -?%\})")
_WORDS = re.compile(r"(?<=>)[^<>{}\n]*[a-z]{3,}[^<>{}\n]*(?=<)")


def templates(text: str) -> Iterator[Edit]:
    """Yield the changes of a template: something lost, turned, or too little of it."""
    for found in _EXPRESSION.finditer(text):
        yield Edit("not said", *found.span(), "")
    for found in _IF.finditer(text):
        yield Edit("a condition turned", *found.span(2), f"not ({found[2]})")
    for found in _FOR.finditer(text):
        if " if " not in found[2]:
            yield Edit("the first lost", *found.span(2), f"({found[2]} | list)[1:]")
    for found in _WORDS.finditer(text):
        yield Edit("words lost", *found.span(), "")
    if "{{" not in text and "{%" not in text:
        for found in re.finditer(r"^[ \t]+\S.* ;$", text, re.MULTILINE):
            yield Edit("a statement lost", *found.span(), "")


@dataclass(frozen=True)
class Kind:
    """Where changes of a kind are made, and which tests hold that place."""

    name: str
    files: tuple[str, ...]
    edits: Callable[[str], Iterator[Edit]]
    depth: int
    tests: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def paths(self) -> list[Path]:
        """Return the files, in order."""
        return sorted({path for pattern in self.files for path in ROOT.glob(pattern)})

    def room(self, path: Path) -> str:
        """Name the room that a file lies in."""
        parts = path.relative_to(ROOT).with_suffix("").parts
        return "/".join(parts[: min(self.depth, len(parts))])

    def own(self, path: str) -> tuple[str, ...]:
        """Return the folders of tests that hold a file, those named first to be run first."""
        return next((folders for start, folders in self.tests if path.startswith(start)), ())


KINDS: Final = (
    Kind(
        "python",
        ("src/indicant/**/*.py",),
        python,
        3,
        (
            ("src/indicant/assess/valid", ("shapes", "merge", "assess")),
            ("src/indicant/cli.py", ("verbs", "hostile")),
            ("src/indicant/command/", ("verbs", "hostile")),
            ("src/indicant/foreign.py", ("hostile", "report")),
            ("src/indicant/hooks.py", ("verbs",)),
            ("src/indicant/process/", ("process", "hostile", "ask")),
        ),
    ),
    Kind(
        "rules",
        ("queries/rules/*.rq",),
        sparql,
        3,
        (("", ("assess", "query", "compile", "api", "report", "explain", "possible")),),
    ),
    Kind(
        "queries",
        tuple(
            f"queries/{room}/*.rq"
            for room in (
                "coverage",
                "interactions",
                "merged",
                "owl",
                "pages",
                "questions",
                "verification",
            )
        ),
        sparql,
        2,
        (
            ("queries/coverage", ("test", "verbs")),
            ("queries/interactions", ("merge", "multimorbidity", "ontology")),
            ("queries/merged", ("merge", "ask")),
            ("queries/owl", ("ask", "compile", "assess", "merge")),
            ("queries/pages", ("site", "report")),
            ("queries/questions", ("ask", "explain", "api")),
            ("queries/verification", ("verify", "possible", "author")),
        ),
    ),
    Kind(
        "shapes",
        ("shapes/*.ttl",),
        shapes,
        2,
        (
            ("shapes/case", ("shapes", "assess")),
            ("shapes/assessment", ("assess", "ask", "report")),
            ("shapes/", ("shapes", "check", "author", "ontology", "test", "merge")),
        ),
    ),
    Kind(
        "data",
        ("ontology/**/*.ttl",),
        data,
        4,
        (("", ("ontology", "assess", "test", "shapes", "explain", "check", "possible")),),
    ),
    Kind(
        "templates",
        ("src/indicant/site/templates/*.html", "src/indicant/institution/templates/**/*.template"),
        templates,
        4,
        (
            ("src/indicant/institution", ("institution", "verbs")),
            ("", ("site", "report", "assess")),
        ),
    ),
)


@functools.cache
def of(kind: Kind) -> tuple[Change, ...]:
    """Return all changes of a kind, in the order of the files and of the places in them."""
    return tuple(_of(kind))


def _of(kind: Kind) -> Iterator[Change]:
    for path in kind.paths():
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT).as_posix()
        seen: set[tuple[int, int, str]] = set()
        alike: Counter[tuple[str, str, str, str]] = Counter()
        for edit in sorted(kind.edits(text), key=lambda one: (one.start, one.end, one.new)):
            old = text[edit.start : edit.end]
            at = (edit.start, edit.end, edit.new)
            if at in seen or old == edit.new:
                continue
            seen.add(at)
            begin = text.rfind("\n", 0, edit.start) + 1
            row = text[begin : text.find("\n", edit.start)].strip()
            same = (edit.what, row, old, edit.new)
            alike[same] += 1
            line = text.count("\n", 0, edit.start) + 1
            yield Change(
                kind.name,
                kind.room(path),
                name,
                line,
                edit.what,
                *at[:2],
                old,
                edit.new,
                row,
                alike[same],
            )
