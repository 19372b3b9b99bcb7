"""Say in words what a case says: what is present, absent, past, received, planned and complete."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, cast

import pyoxigraph as ox

from indicant.files.rdf import text_of
from indicant.terms import IND, PROV, RDFS, TYPE, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from indicant.guideline.vocabulary import Vocabulary
    from indicant.guideline.wording import Words
    from indicant.screen.records import ToldRecord

_ROLES: Final = {
    IND + "hasFinding": "has",
    IND + "hadFinding": "had",
    IND + "received": "received",
    IND + "proposes": "proposes",
}
_CLASSES: Final = {
    IND + "excludes": "absent",
    IND + "neverHad": "never",
}
_DATES: Final = tuple(IND + name for name in ("startedOn", "endedOn", "onset", "on"))
_LENGTH: Final = IND + "weeks"
_ONGOING: Final = IND + "ongoing"
_SPOKEN: Final = frozenset(
    (
        TYPE,
        RDFS + "label",
        IND + "asOf",
        IND + "shows",
        IND + "excludes",
        IND + "bounds",
        IND + "completeness",
        IND + "recordsAll",
        IND + "recordsAllProposals",
        IND + "doesNotPropose",
        _LENGTH,
        _ONGOING,
        *_DATES,
        *_ROLES,
        *_CLASSES,
    )
)
"""What is said in words of its own, or stands elsewhere."""
_FORTNIGHT: Final = 14
_DEEPEST: Final = 1
"""How far what is shown is described: no more than each link once, however they run."""

ORDER: Final = ("about", "has", "had", "received", "proposes", "absent", "never", "complete")


class Facts:
    """What one case says; nodes are described by their classes, dates and values.

    Args:
        quads: the statements of the document of the case.
        labels: what terms are called.
        vocabulary: the terms that a case may use.
        words: the words of the program.
        lasted: how many days nodes lasted.
    """

    def __init__(
        self,
        quads: Iterable[ox.Quad],
        labels: Mapping[str, str],
        vocabulary: Vocabulary,
        words: Words,
        lasted: Mapping[str, int],
    ) -> None:
        self._labels, self._vocabulary, self._words, self._lasted = (
            labels,
            vocabulary,
            words,
            lasted,
        )
        self._about: dict[str, dict[str, list[ox.NamedNode | ox.Literal]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for quad in quads:
            values = self._about[text_of(quad.subject)][quad.predicate.value]
            if quad.object not in values and not isinstance(quad.object, ox.Triple):
                values.append(quad.object)  # type: ignore[arg-type]

    def told(
        self, case: str, *, named: bool = False, weights: Mapping[str, int] | None = None
    ) -> ToldRecord:
        """Return what a case says, each part in the order of its words.

        Args:
            case: its IRI.
            named: whether to add the names of the nodes, by which reasons point at them.
            weights: how much nodes and classes tell; those that tell most come first.
        """
        own, heavy = self._about[case], weights or {}
        telling: dict[str, int] = {}
        found: dict[str, list[str]] = {part: [] for part in ORDER}
        for path, part in _ROLES.items():
            for value in own.get(path, ()):
                node = text_of(value)
                said = self.node(node)
                name = local_name(node)
                found[part].append(f"{said} ({name})" if named and node in self._about else said)
                telling[found[part][-1]] = heavy.get(node, 0)
        for path, part in _CLASSES.items():
            for value in own.get(path, ()):
                found[part].append(self._label(text_of(value)))
                telling[found[part][-1]] = heavy.get(text_of(value), 0)
        found["about"] = self._values(case)
        found["complete"] = self._complete(own)
        not_planned = [self._label(text_of(one)) for one in own.get(IND + "doesNotPropose", ())]
        lead = self._label(IND + "doesNotPropose")
        found["absent"] += [f"{lead}: {one}" for one in not_planned]
        order = {
            part: sorted(set(one), key=lambda said: (-telling.get(said, 0), said))
            for part, one in found.items()
        }
        return cast("ToldRecord", {part: said for part, said in order.items() if said})

    def node(self, node: str, depth: int = 0) -> str:
        """Describe a node by its classes, its dates and values, and what it shows and excludes."""
        about = self._about.get(node)
        if about is None:
            return self._label(node)
        types = [text_of(one) for one in about.get(TYPE, ())]
        above = {up for one in types for up in self._vocabulary.ancestors(one) if up != one}
        own = sorted(self._label(one) for one in types if one not in above) or [local_name(node)]
        parts = [*self._times(node), *self._values(node)]
        for path, key in ((IND + "shows", "shows"), (IND + "excludes", "excludes")):
            things = sorted(
                self.node(text_of(one), depth + 1)
                if key == "shows" and depth < _DEEPEST
                else self._label(text_of(one))
                for one in about.get(path, ())
            )
            if things:
                parts.append(self._words("told", key, things=", ".join(things)))
        if depth:
            return ", ".join([", ".join(own), *parts])
        return ", ".join(own) + (f" ({'; '.join(parts)})" if parts else "")

    def _times(self, node: str) -> list[str]:
        about = self._about[node]
        start, end, onset, day = (self._first(about.get(path)) for path in _DATES)
        found = []
        if start and end:
            found.append(self._words("told", "between", start=start, end=end))
        else:
            for key, date in (("since", start or onset), ("until", end), ("on", day)):
                if date:
                    found.append(self._words("told", key, date=date))
        lasted = self._lasted.get(node)
        weeks = self._first(about.get(_LENGTH))
        if lasted is not None:
            long = lasted >= _FORTNIGHT
            n = lasted // 7 if long else lasted
            found.append(self._length("weeks" if long else "days", str(n)))
        elif weeks:
            found.append(self._length("weeks", weeks))
        ongoing = self._first(about.get(_ONGOING))
        if ongoing:
            going = ongoing in {"true", "1"}
            found.append(self._words("told", "ongoing" if going else "ended"))
        return found

    def _length(self, unit: str, number: str) -> str:
        many = "one" if number in {"1", "1.0"} else "many"
        return self._words("told", f"{unit}-{many}", n=self._words.decimal(number))

    def _values(self, node: str) -> list[str]:
        """Return the other properties of a node, each with its values."""
        found = []
        for path, values in sorted(self._about[node].items()):
            if path in _SPOKEN or path not in self._vocabulary.properties:
                continue
            unit = self._vocabulary.units.get(path)
            unit = None if unit == "1" else unit
            for value in values:
                said = self._value(value)
                plain = isinstance(value, ox.Literal) and " " not in said
                found.append(
                    f"{self._label(path)} {said}{f' {unit}' if unit and plain else ''}".strip()
                )
        return found

    def _value(self, value: ox.NamedNode | ox.Literal) -> str:
        if isinstance(value, ox.Literal):
            return value.value
        node = text_of(value)
        return self._labels.get(node) or local_name(node)

    def _complete(self, own: Mapping[str, list[ox.NamedNode | ox.Literal]]) -> list[str]:
        words = self._words
        found = [
            words("told", "all-of", what=self._label(text_of(one)))
            for one in own.get(IND + "recordsAll", ())
        ]
        for one in own.get(IND + "completeness", ()):
            about = self._about[text_of(one)]
            since = self._first(about.get(IND + "since"))
            for cls in about.get(IND + "of", ()):
                what = self._label(text_of(cls))
                said = (
                    words("told", "all-since", what=what, date=since)
                    if since
                    else words("told", "all-of", what=what)
                )
                who = self._first(about.get(PROV + "wasAttributedTo"))
                found.append(words("told", "stated-by", what=said, who=who) if who else said)
        if self._first(own.get(IND + "recordsAllProposals")) in {"true", "1"}:
            found.append(words("told", "all-proposals"))
        return found

    def _label(self, term: str) -> str:
        return self._labels.get(term) or local_name(term)

    @staticmethod
    def _first(values: Iterable[ox.NamedNode | ox.Literal] | None) -> str:
        return next(iter(sorted(map(text_of, values or ()))), "")
