"""Say in words what a case has recorded, so that whoever reads advice sees what it rests on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indicant.files.rdf import text_of
from indicant.serve.answers import ASKED, CASE, OF, UNANSWERED, WHEN
from indicant.terms import IND, PROV, TYPE, local_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from indicant.files.rdf import Document
    from indicant.guideline.wording import Words

_SINCE: Final = IND + "since"
_GROUPS: Final = (
    ("proposes",),
    ("hasFinding",),
    ("hadFinding",),
    ("received",),
    ("excludes",),
    ("neverHad",),
    ("doesNotPropose", "recordsAllProposals"),
    ("recordsAll", "completeness"),
    ("unanswered",),
)
"""What a case says, by the properties that say it; the first gives a kind its title."""
_TITLES: Final = {IND + name: names[0] for names in _GROUPS for name in names}
_OWN: Final = "patient"
_HIDDEN: Final = frozenset({TYPE, PROV + "wasDerivedFrom", IND + "derivedBy"})
_DEEPEST: Final = 4
_TRUTHS: Final = frozenset({"true", "false"})


@dataclass(frozen=True)
class Item:
    """Something that a case says: in words, and by what it can be taken back."""

    words: str
    path: str
    value: str
    known: bool = True


def recorded(
    document: Document, case: str, label: Callable[[str], str], speak: Words
) -> list[tuple[str, list[Item]]]:
    """Return what a case says, by kind, each with a title.

    Args:
        document: the case.
        case: its IRI.
        label: what a term is called.
        speak: the words of the program.
    """
    said: dict[str, list[tuple[str, str, bool]]] = defaultdict(list)
    for quad in document.quads:
        row = (quad.predicate.value, text_of(quad.object), _shown(quad.object) is not None)
        said[text_of(quad.subject)].append(row)
    words = _Told(said, label, speak)
    found: dict[str, list[Item]] = defaultdict(list)
    for path, value, _ in said[case]:
        if path in {IND + "asOf", *_HIDDEN} or (path == TYPE and value == CASE):
            continue
        title = _TITLES.get(path, _OWN)
        if path == UNANSWERED:
            of = {one: what for one, what, _ in said[value]}
            asked = of.get(OF) or of.get(ASKED, "")
            known = any(
                one == of.get(ASKED) and any(what == of.get(OF) for _, what, _ in said[node])
                for one, node, _ in said[case]
            )
            if known:
                words_of = speak("recorded", "more", what=label(asked))
                found[title].append(Item(words_of, path, value, known=False))
                continue
            more = f" ({label(of.get(ASKED, ''))})" if OF in of else ""
            found[title].append(Item(f"{label(asked)}{more}", path, value, known=False))
        elif path == IND + "completeness":
            of = {one: what for one, what, _ in said[value]}
            text = speak("recorded", "since", what=label(of.get(OF, "")), day=of.get(_SINCE, ""))
            found[title].append(Item(text, path, value))
        elif title == _OWN:
            text = value if not value.startswith("http") else label(value)
            found[title].append(Item(f"{label(path)}: {text}", path, ""))
        else:
            found[title].append(Item(words.of(value), path, value))
    order = [_OWN, *(names[0] for names in _GROUPS)]
    return [
        (speak("recorded", title), sorted(found[title], key=lambda one: (one.words, one.value)))
        for title in order
        if title in found
    ]


class _Told:
    """Says of a record what it is and what its values are."""

    def __init__(
        self,
        said: dict[str, list[tuple[str, str, bool]]],
        label: Callable[[str], str],
        speak: Words,
    ) -> None:
        self._said, self._label, self._speak = said, label, speak

    def of(self, node: str, depth: int = 0) -> str:
        """Return a record in words: its classes, then its values."""
        rows = self._said.get(node)
        if not rows:
            return self._label(node)
        classes = [self._label(value) for path, value, _ in rows if path == TYPE]
        values = list(self._values(node, depth)) if depth < _DEEPEST else []
        name = ", ".join(sorted(classes)) or local_name(node)
        return f"{name} ({'; '.join(values)})" if values else name

    def _values(self, node: str, depth: int) -> Iterator[str]:
        for path, value, literal in sorted(self._said[node]):
            if path in _HIDDEN:
                continue
            if path == WHEN:
                yield self._speak("recorded", "no-day", date=value)
            elif path == IND + "bounds":
                yield self._speak("recorded", "bounds")
            elif literal:
                said = self._speak("recorded", value) if value in _TRUTHS else value
                yield f"{self._label(path)} {said}"
            else:
                yield f"{self._label(path)} {self.of(value, depth + 1)}"


def _shown(term: object) -> str | None:
    """Return the text of a literal, or nothing of anything else."""
    return text_of(term) if hasattr(term, "datatype") else None
