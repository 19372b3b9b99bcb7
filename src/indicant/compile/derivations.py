"""Take the derivations of a guideline: CONSTRUCT queries that stay true whatever else is recorded.

What they write is decided by their text alone, and so is that they are monotone: no operator of
their algebra takes anything back when more is recorded. Neither is left to a run.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from indicant.compile.grounds import Query, grounds
from indicant.compile.model import FINDING, HAD_FINDING, HAS_FINDING, INTERVENTION, RECEIVED
from indicant.errors import IndicantError
from indicant.files.derivations import DERIVATION
from indicant.query import sparql
from indicant.terms import DCTERMS, IND, LABEL, OWL, PROV, TYPE, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from indicant.compile.grounds import Ground
    from indicant.compile.model import Existential, Model
    from indicant.files.derivations import Derivation
    from indicant.files.sources import Source
    from indicant.guideline.vocabulary import Vocabulary

SOURCE: Final = PROV + "wasDerivedFrom"
BOUNDED: Final = IND + "bounds"
WRITTEN: Final = {HAS_FINDING: FINDING, HAD_FINDING: FINDING, RECEIVED: INTERVENTION}
"""By which properties a case gets a record, and what that is."""
_OF_RECORDS: Final = frozenset(
    IND + name for name in ("endedOn", "on", "ongoing", "onset", "outcome", "startedOn", "weeks")
)
_LIMITS: Final = frozenset(
    IND + name for name in ("maxExclusive", "maxInclusive", "minExclusive", "minInclusive")
)
_BOUNDS: Final = IND + "Bounds"
_HEADER: Final = re.compile(r"#\+ (\w+): (.*\S)\s*")
_FIELDS: Final = frozenset(("summary", "description", "see"))
_PROPERTIES: Final = (OWL + "DatatypeProperty", OWL + "ObjectProperty")
_OF_CASE: Final = (IND + "CaseProperty", IND + "Score")

_COUNTING: Final = frozenset(("Count", "Mean", "Sum"))

_SILENT: Final = (
    "silence is never a fact: what is derived has to stay true whatever else is recorded"
)
_CHANGES: Final = "gives something else each time, and the same case shall get the same answer"
_GROUPS: Final = f"counts or compares what is recorded, and {_SILENT}"
_BY_CLASS: Final = "declare an ind:Quantity, which knows what may be missing"
_PLACES: Final = f"takes some of many, and {_SILENT}"
_STANDS: Final = "write its pattern where it stands"
_UNEQUAL: Final = "is not the same for every engine"
_REFUSED: Final[dict[str, tuple[str, str]]] = {
    "OPTIONAL": (
        f"tells what is not recorded from what is, and {_SILENT}",
        "write one derivation with the pattern, and one without",
    ),
    "MINUS": (f"takes away, and {_SILENT}", "ask for what is recorded: ind:excludes, ind:neverHad"),
    "EXISTS": (
        f"may be denied, and {_SILENT}",
        "write the pattern itself; where it shall be absent ask for ind:excludes or ind:neverHad",
    ),
    "BOUND": (f"tells what is not recorded, and {_SILENT}", "leave it out: what is used is bound"),
    "COALESCE": (
        f"puts something in the place of what is not known, and {_SILENT}",
        "write one derivation for what is known",
    ),
    "UNDEF": ("leaves a variable unbound", "write a value, or a UNION"),
    **dict.fromkeys(
        ("GROUP", "HAVING", "COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"),
        (_GROUPS, _BY_CLASS),
    ),
    **dict.fromkeys(
        ("LIMIT", "OFFSET", "ORDER", "BY", "ASC", "DESC", "REDUCED"), (_PLACES, "leave it out")
    ),
    "SELECT": ("is refused within a derivation", _STANDS),
    "DISTINCT": ("is refused: a graph has each statement once", "leave it out"),
    "ASK": ("derives nothing", "derive records by CONSTRUCT"),
    "DESCRIBE": ("derives nothing that is known beforehand", "derive records by CONSTRUCT"),
    "SERVICE": ("is refused: no other machine is ever asked", "read the case and the vocabulary"),
    **dict.fromkeys(
        ("GRAPH", "FROM", "NAMED"),
        ("is refused: there is one graph, and it has no name", "write the pattern without it"),
    ),
    **dict.fromkeys(
        ("NOW", "RAND", "UUID", "STRUUID"), (_CHANGES, "take ind:asOf of the case as the day")
    ),
    "BNODE": (
        "makes a node without a name",
        'BIND(IRI(CONCAT(STR(?record), "/derived")) AS ?new)',
    ),
    **dict.fromkeys(
        ("REGEX", "REPLACE"), (_UNEQUAL, "CONTAINS, STRSTARTS, STRENDS, STRBEFORE and STRAFTER are")
    ),
    **dict.fromkeys(
        (
            *("YEAR", "MONTH", "DAY", "HOURS", "MINUTES", "SECONDS", "TIMEZONE", "TZ"),
            *("MD5", "SHA1", "SHA256", "SHA384", "SHA512", "LANGMATCHES", "STRLANG"),
            "ENCODE_FOR_URI",
        ),
        (_UNEQUAL, "of a date  xsd:integer(SUBSTR(STR(?date), 1, 4))  is the year"),
    ),
    **dict.fromkeys(
        (
            *("ADD", "CLEAR", "COPY", "CREATE", "DELETE", "DROP", "INSERT", "LOAD", "MOVE"),
            *("USING", "WITH"),
        ),
        ("changes a graph, and what is recorded is never changed", "derive records by CONSTRUCT"),
    ),
}


@dataclass(frozen=True)
class Rule:
    """A derivation that was taken: its query in plain form, and what it may write.

    ``line`` is where it begins to build. ``roles`` are the properties by which a case gets its
    records, ``classes`` those that the records are typed by, ``properties`` what else they say.
    ``counted`` are the classes that criteria and quantities count and that its records may be of.
    """

    iri: str
    name: str
    label: str
    description: str
    line: int
    text: str
    roles: tuple[str, ...]
    classes: tuple[str, ...]
    properties: tuple[str, ...]
    counted: tuple[str, ...] = ()


def take(source: Source, vocabulary: Vocabulary) -> tuple[Rule, ...]:
    """Return the derivations of a source.

    Raises:
        IndicantError: one is refused; the error names its line.
    """
    found = []
    for one in read(source.derivations, vocabulary):
        if isinstance(one, IndicantError):
            raise one
        found.append(one)
    return tuple(found)


def refusals(source: Source, vocabulary: Vocabulary) -> Iterator[IndicantError]:
    """Yield why derivations of a source are refused, an error for each."""
    for one in read(source.derivations, vocabulary):
        if isinstance(one, IndicantError):
            yield one


def read(derivations: Sequence[Derivation], vocabulary: Vocabulary) -> list[Rule | IndicantError]:
    """Return derivations as they are run, or for each why it is refused.

    That is because it is no SPARQL, is not monotone, reaches out, or writes what it may not.
    """
    found: dict[int, Rule | IndicantError] = {}
    begun: dict[int, tuple[dict[str, str], int, Query]] = {}
    for here, one in enumerate(derivations):
        try:
            header = _header(one.text, one.path)
            line = _hold_to_words(one.text, one.path)
            plain = sparql.plain(one.text, one.path, builds=True)
            begun[here] = header, line, Query(plain, one.text, one.path)
        except IndicantError as error:
            found[here] = error
    told = grounds([query for _, _, query in begun.values()])
    for (here, (header, line, query)), known in zip(begun.items(), told, strict=True):
        one = derivations[here]
        try:
            if isinstance(known, IndicantError):
                raise known
            written = _Template(known, vocabulary, one.path, line).checked()
            words = header["summary"], header.get("description", "")
            found[here] = Rule(one.iri, one.name, *words, line, query.plain.text, *written)
        except IndicantError as error:
            found[here] = _placed(error, one.path, line)
    return [found[here] for here in range(len(derivations))]


def with_counted(
    rules: Sequence[Rule], model: Model, atoms: Iterable[Existential]
) -> tuple[Rule, ...]:
    """Return derivations with the classes of which several are counted that they may write.

    A record that is derived may be one that is recorded as well, which makes two of one there.
    """
    wanted = {one.filler for one in atoms if one.least > 1}
    wanted |= {
        cls
        for one in model.quantities.values()
        if one.last is not None or local_name(one.aggregate) in _COUNTING
        for cls in (one.over, *one.also)
    }
    below = model.below()
    return tuple(
        replace(
            rule,
            counted=tuple(
                sorted(
                    cls
                    for cls in wanted
                    if any(below.get(cls, set()) & below.get(one, set()) for one in rule.classes)
                )
            ),
        )
        for rule in rules
    )


def to_json(rules: Sequence[Rule]) -> str:
    """Return derivations as text, to be kept."""
    return json.dumps([asdict(rule) for rule in rules], ensure_ascii=False)


def from_json(text: str) -> tuple[Rule, ...]:
    """Return what ``to_json`` wrote."""
    rows: list[dict[str, Any]] = json.loads(text)
    return tuple(_kept(row) for row in rows)


def _kept(row: dict[str, Any]) -> Rule:
    told: dict[str, Any] = {
        name: tuple(one) if isinstance(one, list) else one for name, one in row.items()
    }
    return Rule(**told)


def described(rules: Sequence[Rule]) -> Iterator[tuple[str, str, str | tuple[str]]]:
    """Yield what a compiled guideline says of its derivations; a text stands alone in a tuple."""
    for rule in rules:
        yield rule.iri, TYPE, DERIVATION
        yield rule.iri, LABEL, (rule.label,)
        if rule.description:
            yield rule.iri, DCTERMS + "description", (rule.description,)
        for cls in rule.classes:
            yield rule.iri, IND + "derives", cls


def _placed(error: IndicantError, name: str, line: int) -> IndicantError:
    if error.file is not None:
        return error
    return IndicantError(error.message, file=name, line=line, help=error.help)


def _header(text: str, name: str) -> dict[str, str]:
    """Return the header, which is YAML behind ``#+``, a field on a line."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("#+"):
            continue
        field = _HEADER.fullmatch(line)
        if field is None or field[1] not in _FIELDS or field[1] in found:
            raise IndicantError(
                "this line of the header is not understood",
                file=name,
                line=number,
                help="write  #+ summary: …  , and if need be  #+ description: …",
            )
        found[field[1]] = field[2]
    if "summary" not in found:
        raise IndicantError(
            "has no summary",
            file=name,
            line=1,
            help="begin with  #+ summary: What is derived, in one sentence.",
        )
    return found


def _hold_to_words(text: str, name: str) -> int:
    """Refuse every word that could take something back, and return the line of CONSTRUCT."""
    line = 0
    found = list(sparql.tokens(text, name))
    for here, token in enumerate(found):
        word = token.text.upper() if token.kind == "word" else ""
        place = token.start
        if token.kind == "blank" or token.text == "[":
            raise sparql.error_at(
                "a node without a name is refused",
                text,
                place,
                name,
                "name what is read by a variable, and what is written by  "
                'BIND(IRI(CONCAT(STR(?record), "/derived")) AS ?new)',
            )
        if word in {"BASE", "PREFIX"} or (word and found[here - 1].text == "@"):
            continue
        if word == "NOT":
            following = found[here + 1].text.upper() if here + 1 < len(found) else ""
            if following == "EXISTS":
                raise sparql.error_at(
                    f"NOT EXISTS asks for what is not recorded, and {_SILENT}",
                    text,
                    place,
                    name,
                    "ask for what is recorded instead: ind:excludes, ind:neverHad",
                )
        if word in _REFUSED:
            message, help_ = _REFUSED[word]
            raise sparql.error_at(f"{word} {message}", text, place, name, help_)
        if word == "CONSTRUCT" and not line:
            line = text.count("\n", 0, place) + 1
    if not line:
        raise IndicantError(
            "builds nothing",
            file=name,
            line=1,
            help="a derivation is a CONSTRUCT that writes records",
        )
    return line


class _Template:
    """What a derivation writes, held to what it may."""

    def __init__(self, found: Ground, vocabulary: Vocabulary, name: str, line: int) -> None:
        self._ground, self._vocabulary = found, vocabulary
        self._name, self._line = name, line
        self._said: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._records: dict[str, set[str]] = defaultdict(set)
        self._limits: set[str] = set()

    def checked(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Return by which properties records are written, of which classes, and with what."""
        if not self._ground.template:
            raise self._error(
                "builds nothing of its own", "CONSTRUCT { … } WHERE { … } says what is written"
            )
        for subject, predicate, value in self._ground.template:
            if predicate.startswith("?"):
                raise self._error(
                    f"writes by a property that is not known beforehand, {predicate}",
                    "write the property itself",
                )
            self._take(subject, predicate, value)
        properties: set[str] = set()
        for subject, said in self._said.items():
            properties |= self._node(subject, said)
        for record in self._records:
            self._record(record)
        for bounds in self._limits:
            self._hold_bounds(bounds)
        if not self._records:
            raise self._error(
                "gives no case a record",
                "?case ind:hasFinding ?new . ?new a …  or ind:hadFinding, ind:received",
            )
        classes = {
            cls
            for record in self._records
            for predicate, value in self._said[record]
            if predicate == TYPE
            for cls in self._classes(value)
        }
        roles = {role for found in self._records.values() for role in found}
        return tuple(sorted(roles)), tuple(sorted(classes)), tuple(sorted(properties))

    def _take(self, subject: str, predicate: str, value: str) -> None:
        if predicate in WRITTEN:
            if subject not in self._ground.cases:
                raise self._error(
                    f"gives a record to {subject}, which it does not hold to be a case",
                    f"add  {subject} a ind:PatientCase .  to the pattern",
                )
            self._hold_made(value)
            self._records[value].add(predicate)
            return
        self._hold_made(subject, predicate)
        self._said[subject].append((predicate, value))
        if predicate == BOUNDED:
            self._hold_made(value)
            self._limits.add(value)

    def _hold_made(self, node: str, predicate: str | None = None) -> None:
        """Refuse to write about a node that is not of its own."""
        if node in self._ground.made:
            return
        if node in self._ground.cases and predicate is not None:
            raise self._error(
                f"writes {self._short(predicate)} of a case",
                "a derivation writes records only: ind:hasFinding, ind:hadFinding and ind:received "
                "of a case, and what a record of its own says",
            )
        raise self._error(
            f"writes about {self._short(node)}, which is no node of its own",
            f'name it by  BIND(IRI(CONCAT(STR(?record), "/{self._stem()}")) AS ?new)',
        )

    def _node(self, subject: str, said: Sequence[tuple[str, str]]) -> set[str]:
        """Hold what is said of a node to what a record, or its bounds, may say."""
        if subject in self._limits and subject not in self._records:
            return set()
        if subject not in self._records:
            raise self._error(
                f"writes about {subject} and gives it to no case",
                f"?case ind:hasFinding {subject} .  or ind:hadFinding, ind:received",
            )
        properties: set[str] = set()
        for predicate, value in said:
            if predicate == SOURCE:
                if not value.startswith("?") or value in self._ground.made:
                    raise self._error(
                        f"derives {subject} from {self._short(value)}, which is no record",
                        "name by a variable what was recorded",
                    )
            elif predicate not in {TYPE, BOUNDED}:
                self._hold_property(predicate)
                properties.add(predicate)
        properties |= {
            value
            for predicate, bounds in said
            if predicate == BOUNDED
            for path, value in self._said[bounds]
            if path == IND + "of"
        }
        return properties

    def _hold_property(self, predicate: str) -> None:
        known = self._vocabulary.triples
        kinds = {kind for kind in _PROPERTIES if (predicate, TYPE, kind) in known}
        own = predicate.startswith(IND) and predicate not in _OF_RECORDS
        if own or any((predicate, TYPE, kind) in known for kind in _OF_CASE):
            raise self._error(
                f"writes {self._short(predicate)}, which no derivation may",
                "a record says its class, its dates, ind:outcome, ind:bounds and the properties "
                "that a vocabulary declares of records",
            )
        if not kinds:
            raise self._error(
                f"writes {self._short(predicate)}, which no vocabulary declares",
                "declare it as an owl:DatatypeProperty or an owl:ObjectProperty",
            )

    def _record(self, record: str) -> None:
        """Hold a record to a class of its kind and to what it is derived from."""
        said = self._said.get(record, [])
        if not any(predicate == SOURCE for predicate, _ in said):
            raise self._error(
                f"does not say what {record} is derived from",
                f"{record} prov:wasDerivedFrom ?record  names each record that it rests on",
            )
        classes = [
            cls for predicate, value in said if predicate == TYPE for cls in self._classes(value)
        ]
        if not classes:
            raise self._error(f"does not say what {record} is", f"{record} a …  , a class")
        for role in self._records[record]:
            for cls in classes:
                if WRITTEN[role] not in self._vocabulary.ancestors(cls):
                    kind = "finding" if WRITTEN[role] == FINDING else "intervention"
                    raise self._error(
                        f"writes by {self._short(role)} a {self._short(cls)}, which is no class of "
                        f"{kind}s that a vocabulary declares",
                        "findings stand by ind:hasFinding or ind:hadFinding, interventions by "
                        "ind:received",
                    )

    def _classes(self, value: str) -> tuple[str, ...]:
        if not value.startswith("?"):
            return (value,)
        if value not in self._ground.listed:
            raise self._error(
                f"writes a class that is not known beforehand, {value}",
                f"write the class itself, or list the classes by  VALUES {value} {{ … }}",
            )
        return self._ground.listed[value]

    def _hold_bounds(self, bounds: str) -> None:
        """Hold bounds to one property and to limits."""
        said = self._said.get(bounds, [])
        of = [value for predicate, value in said if predicate == IND + "of"]
        others = {predicate for predicate, _ in said} - {TYPE, IND + "of", *_LIMITS}
        types = {value for predicate, value in said if predicate == TYPE}
        if others or types != {_BOUNDS} or len(of) != 1 or of[0].startswith("?"):
            raise self._error(
                f"writes {bounds} otherwise than as bounds of one property",
                f"{bounds} a ind:Bounds ; ind:of …  ; ind:minInclusive ?least .",
            )
        if not of[0].startswith(IND):
            self._hold_property(of[0])
        elif of[0] != IND + "weeks":
            raise self._error(
                f"writes bounds of {self._short(of[0])}, which no derivation may",
                "of what the vocabulary measures, and of ind:weeks",
            )

    def _stem(self) -> str:
        return re.sub(r".*/|\.rq$", "", self._name) or "derived"

    def _short(self, term: str) -> str:
        if term.startswith("?"):
            return term
        stem = "ind:" if term.startswith(IND) else "prov:" if term.startswith(PROV) else ""
        return stem + local_name(term) if "://" in term else term

    def _error(self, message: str, help_: str) -> IndicantError:
        return IndicantError(message, file=self._name, line=self._line, help=help_)
