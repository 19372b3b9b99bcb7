"""Read SSSOM tables as their specification has them: a header in YAML, and rows of slots."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.foreign import excerpt
from indicant.terms import OWL, RDF, RDFS, SKOS, XSD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import yaml

SSSOM: Final = "https://w3id.org/sssom/"
SEMAPV: Final = "https://w3id.org/semapv/vocab/"
BUILT_IN: Final = {
    "linkml": "https://w3id.org/linkml/",
    "owl": OWL,
    "rdf": RDF,
    "rdfs": RDFS,
    "semapv": SEMAPV,
    "skos": SKOS,
    "sssom": SSSOM,
    "xsd": XSD,
}
_MULTIVALUED: Final = """
    author_id author_label cardinality_scope creator_id creator_label curation_rule
    curation_rule_text mapping_set_source match_string object_match_field object_preprocessing
    reviewer_id reviewer_label see_also subject_match_field subject_preprocessing
"""
MULTIVALUED: Final = frozenset(_MULTIVALUED.split())
_REFERENCES: Final = """
    author_id creator_id curation_rule issue_tracker_item mapping_justification mapping_source
    mapping_tool_id object_id object_match_field object_preprocessing object_source predicate_id
    record_id reviewer_id subject_id subject_match_field subject_preprocessing subject_source
"""
REFERENCES: Final = frozenset(_REFERENCES.split())
_PROPAGATED: Final = """
    cardinality_scope curation_rule curation_rule_text mapping_date mapping_provider
    mapping_tool mapping_tool_id mapping_tool_version object_match_field object_preprocessing
    object_source object_source_version object_type predicate_type similarity_measure
    subject_match_field subject_preprocessing subject_source subject_source_version subject_type
"""
PROPAGATED: Final = frozenset(_PROPAGATED.split())
"""The slots of a set that are those of all its rows, where no row has one of its own."""
LITERAL: Final = "rdfs literal"
COMPOSED: Final = "composed entity expression"
_NEEDED: Final = ("mapping_set_id",)
_COLUMNS: Final = ("subject_id", "predicate_id", "object_id", "mapping_justification")
_WHOLE: Final = frozenset({"subject_id", "predicate_id", "object_id"})
"""What would be another term if its end was cut off."""
_OLD_JUSTIFICATIONS: Final = {
    "Complex": "semapv:CompositeMatching",
    "HumanCurated": "semapv:ManualMappingCuration",
    "Lexical": "semapv:LexicalMatching",
    "Logical": "semapv:LogicalMatching",
    "SemanticSimilarity": "semapv:SemanticSimilarityThresholdMatching",
    "Unspecified": "semapv:UnspecifiedMatching",
}
_MOST_HEADER: Final = 300_000
_MOST_LEVELS: Final = 10
_LOCAL: Final = re.compile(r"[^\s<>\"{}|\\^`]+")
_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_WEB: Final = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
_PART: Final = re.compile(r"(?:[^|\\]|\\.?)*", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\([|\\])")


@dataclass(frozen=True)
class Row:
    """One row: its slots, those of the set among them, with the IRIs that CURIEs stand for."""

    line: int
    slots: dict[str, tuple[str, ...]]
    written: dict[str, str] = field(repr=False)

    def one(self, slot: str) -> str:
        """Return the value of a slot that has one at most, or nothing."""
        return next(iter(self.slots.get(slot, ())), "")


@dataclass(frozen=True)
class Sheet:
    """A table as it was read: the slots of the set, its prefixes and its rows."""

    header: dict[str, tuple[str, ...]]
    prefixes: dict[str, str]
    rows: tuple[Row, ...] = field(repr=False)


@dataclass(frozen=True)
class Origin:
    """The file that a table is in, and the one with its header, if that is another.

    Of the latter ``above`` lines stand, commented out, before those of the table.
    """

    path: str
    metadata: str = ""
    above: int = 0

    def error(self, message: str, line: int, advice: str | None = None) -> IndicantError:
        """Return the error of a line."""
        if line <= self.above:
            return IndicantError(message, file=self.metadata, line=line, help=advice)
        return IndicantError(message, file=self.path, line=line - self.above, help=advice)


def parse(text: str, origin: Origin) -> Sheet:
    """Parse a table that begins with its header.

    What the specification does not know is left out: slots of the header, and columns.

    Raises:
        IndicantError: a header, column or row is missing, cut off or not understood.
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    cut = bool(lines[-1])
    if not cut:
        lines.pop()
    start = next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))
    header, prefixes = _header([line[1:] for line in lines[:start]], origin)
    if start == len(lines):
        raise origin.error("the table has a header and no columns", start)
    cells = _cells(lines[start:], start, origin)
    first, names = next(cells, (start + 1, []))
    _check_columns(names, origin, first)
    if cut and (names[-1] in _WHOLE or len(lines) == start + 1):
        raise origin.error(
            "the last line has no end",
            len(lines),
            "the table may be cut off; if it is whole, end its last line",
        )
    rows = []
    written = list(cells)
    for line, values in written:
        short = len(names) - len(values)
        if (short > 0 and line == written[-1][0]) or any(values[len(names) :]):
            raise origin.error(
                f"the row has {len(values)} of {len(names)} columns",
                line,
                "the table may be cut off; if it is whole, end the row with a tab for each that is "
                "empty"
                if short > 0
                else "there is nothing that these could be a value of",
            )
        # A row that others follow is not cut off: what it leaves out at its end is empty.
        values = [*values[: len(names)], *([""] * short)]
        given = {name: value for name, value in zip(names, values, strict=True) if value.strip()}
        if given:
            rows.append(_row(given, prefixes, origin, line))
    return Sheet(header, prefixes, _propagated(header, rows))


def _propagated(header: Mapping[str, tuple[str, ...]], rows: Sequence[Row]) -> tuple[Row, ...]:
    """Give the rows the slots of the set that are theirs, unless one has a value of its own."""
    common = {
        name: values
        for name, values in header.items()
        if name in PROPAGATED and not any(name in row.slots for row in rows)
    }
    return tuple(Row(row.line, {**common, **row.slots}, row.written) for row in rows)


# ---------------------------------------------------------------------- header


def _header(
    lines: Sequence[str], origin: Origin
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    if not lines:
        raise origin.error(
            "the table has no header",
            1,
            "an SSSOM table begins with lines such as  #mapping_set_id: https://…, or has them, "
            "without the  #, in a file beside it that is called the same and ends in .sssom.yml",
        )
    margin = min((len(one) - len(one.lstrip(" ")) for one in lines if one.strip()), default=0)
    entries = _yaml("\n".join(line[margin:] for line in lines), origin)
    prefixes: dict[str, str] = {}
    found: dict[str, tuple[str, ...]] = {}
    at: dict[str, int] = {}
    for name, line, value in entries:
        at[name] = line
        if name == "curie_map":
            prefixes = _prefixes(value, origin, line)
        elif isinstance(value, str):
            found[name] = (value,)
        elif isinstance(value, list) and all(isinstance(one, str) for one in value):
            found[name] = tuple(one for one in value if isinstance(one, str))
    prefixes |= BUILT_IN
    for name in _NEEDED:
        if name not in found:
            raise origin.error(f"the header has no {name}", 1, f"add  #{name}: https://…")
    for name in REFERENCES & found.keys():
        found[name] = tuple(_reference(one, prefixes) or one for one in found[name])
    for name in (*_NEEDED, "license", "object_source"):
        if name in found and not _IRI.fullmatch(found[name][0]):
            shown = excerpt(found[name][0], 80)
            raise origin.error(f"{name} is no IRI: {shown}", at[name])
    return found, prefixes


def _reference(value: str, prefixes: Mapping[str, str]) -> str | None:
    """Return the IRI that a reference of the header is or abbreviates."""
    prefix, _, local = value.partition(":")
    if prefix in prefixes and _LOCAL.fullmatch(local):
        return prefixes[prefix] + local
    return None


def _prefixes(value: object, origin: Origin, line: int) -> dict[str, str]:
    if not isinstance(value, dict):
        raise origin.error("curie_map is no list of prefixes", line, "write  #  PREFIX: https://…")
    found: dict[str, str] = {}
    for name, (number, namespace) in value.items():
        if not isinstance(namespace, str) or not _IRI.fullmatch(namespace):
            raise origin.error(f"the prefix {excerpt(name)} stands for no IRI", number)
        found[name] = namespace
    return found


def _yaml(text: str, origin: Origin) -> list[tuple[str, int, object]]:
    """Return the entries of a header with their lines, every value as it is written.

    A value is a text, a list, or a dictionary of pairs of a line and a value. What YAML 1.1 and 1.2
    read differently, numbers, dates and truth values, stays text. Null is no value.
    """
    import yaml

    if len(text) > _MOST_HEADER:
        raise origin.error(f"the header has more than {_MOST_HEADER:,} characters", 1)
    try:
        tree = _loader()(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        told = excerpt(str(error.problem or error.context or "it is no YAML"), 80)
        line = 1 if mark is None else min(mark.line, text.count("\n")) + 1
        raise origin.error(
            f"this line of the header is not understood: {told}", line, "write  #name: value"
        ) from error
    except yaml.YAMLError as error:
        raise origin.error("the header has a character that YAML does not allow", 1) from error
    if not isinstance(tree, yaml.MappingNode):
        raise origin.error("this line of the header is not understood", 1, "write  #name: value")
    top = _value(tree, origin)
    assert isinstance(top, dict)  # noqa: S101
    return [(name, line, value) for name, (line, value) in top.items() if value is not None]


def _value(node: yaml.Node, origin: Origin) -> object:
    import yaml

    if isinstance(node, yaml.SequenceNode):
        return [one for one in (_value(part, origin) for part in node.value) if one is not None]
    if isinstance(node, yaml.MappingNode):
        found: dict[str, tuple[int, object]] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if not name:
                raise origin.error("this line of the header is not understood", line)
            if name in found:
                raise origin.error(
                    f"{excerpt(name)} is there twice, first in line {found[name][0]}", line
                )
            found[name] = line, _value(value, origin)
        return found
    assert isinstance(node, yaml.ScalarNode)  # noqa: S101
    empty = node.style is None and node.value in ("", "~", "null", "Null", "NULL")
    return None if empty else node.value


def _loader() -> type[yaml.BaseLoader]:
    """Return a reader of YAML that knows no anchors, aliases, tags or directives.

    The specification forbids them: with aliases a few lines could stand for very many.
    """
    import yaml

    class Loader(yaml.BaseLoader):
        depth = 0

        def compose_document(self) -> yaml.Node | None:
            start = self.peek_event()  # type: ignore[no-untyped-call]
            if start.version is not None or start.tags:
                raise yaml.MarkedYAMLError(problem="a directive", problem_mark=start.start_mark)
            return super().compose_document()

        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            event = self.peek_event()  # type: ignore[no-untyped-call]
            alias = isinstance(event, yaml.AliasEvent)
            if alias or event.anchor is not None or getattr(event, "tag", None) is not None:
                what = "an alias" if alias else "an anchor or a tag"
                raise yaml.MarkedYAMLError(problem=what, problem_mark=event.start_mark)
            if self.depth > _MOST_LEVELS:
                raise yaml.MarkedYAMLError(
                    problem=f"more than {_MOST_LEVELS} levels", problem_mark=event.start_mark
                )
            self.depth += 1
            found = super().compose_node(parent, index)
            self.depth -= 1
            return found

    return Loader


# ---------------------------------------------------------------------- rows


def _check_columns(names: list[str], origin: Origin, line: int) -> None:
    old = "match_type" in names
    for name in _COLUMNS:
        literal = f"{name.removesuffix('_id')}_type" in names
        if name not in names and not literal and not (old and name == "mapping_justification"):
            commas = "," in "".join(names) and len(names) == 1
            raise origin.error(
                f"the column {name} is missing",
                line,
                "columns are separated by tabs, not by commas"
                if commas
                else f"the columns are {excerpt(', '.join(names), 200)}",
            )
    if len(set(names)) < len(names):
        raise origin.error("a column is there twice", line)


def _cells(lines: list[str], before: int, origin: Origin) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader((f"{line}\n" for line in lines), delimiter="\t", strict=True)
    while True:
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise origin.error(
                f"the row cannot be read: {error}", before + reader.line_num
            ) from error
        if values:
            yield before + reader.line_num, values


def _row(given: dict[str, str], prefixes: Mapping[str, str], origin: Origin, line: int) -> Row:
    if "mapping_justification" not in given and "match_type" in given:
        old = given["match_type"]
        if old not in _OLD_JUSTIFICATIONS:
            raise origin.error(f"match_type is none of SSSOM: {excerpt(old)}", line)
        given = {**given, "mapping_justification": _OLD_JUSTIFICATIONS[old]}
    slots: dict[str, tuple[str, ...]] = {}
    for name, value in given.items():
        values = _parts(value) if name in MULTIVALUED else (value,)
        if name in REFERENCES:
            needed = name in _COLUMNS
            values = tuple(_expanded(one, prefixes, origin, line, name, needed) for one in values)
        slots[name] = values
    for name in _COLUMNS:
        side = name.removesuffix("_id")
        if name not in slots and slots.get(f"{side}_type") != (LITERAL,):
            raise origin.error(f"the row has no {name}", line)
    return Row(line, slots, given)


def _parts(value: str) -> tuple[str, ...]:
    r"""Return the values of a slot that has several, between unescaped bars.

    >>> _parts(r"Alice\\Bob|Charlie\\|David\\\|Eve\\"), _parts(r"C\C|a\|b")
    (('Alice\\Bob', 'Charlie\\', 'David\\|Eve\\'), ('C\\C', 'a|b'))
    """
    found, at = [], 0
    while at <= len(value):
        match = _PART.match(value, at)
        assert match is not None  # noqa: S101
        found.append(_ESCAPED.sub(r"\1", match[0]))
        at = match.end() + 1
    return tuple(one for one in found if one)


def _expanded(
    value: str, prefixes: Mapping[str, str], origin: Origin, line: int, name: str, needed: bool
) -> str:
    """Return the IRI that a CURIE stands for; what nothing depends on may be something else."""
    prefix, colon, local = value.partition(":")
    if prefix in prefixes and _LOCAL.fullmatch(local):
        return prefixes[prefix] + local
    if not needed:
        return value
    shown = excerpt(value, 80)
    if _WEB.fullmatch(value):
        raise origin.error(
            f"{name} shall be a CURIE, and '{shown}' is an IRI",
            line,
            "declare its prefix below  #curie_map:  and write it with that",
        )
    if not colon or not _LOCAL.fullmatch(local):
        raise origin.error(f"{name} shall be a CURIE, and '{shown}' is none", line)
    raise origin.error(
        f"prefix '{excerpt(prefix)}:' is not declared",
        line,
        f"add  #  {excerpt(prefix)}: https://…  below  #curie_map:",
    )
