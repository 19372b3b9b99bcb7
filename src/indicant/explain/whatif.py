"""Say what would change for a case if some of what it records were different."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypedDict

import pyoxigraph as ox

from indicant.assess.assessor import InvalidCase, with_date
from indicant.assess.prose import attesting
from indicant.compile.model import AGES
from indicant.errors import IndicantError
from indicant.explain.consequences import ORDER
from indicant.explain.drafts import Draft
from indicant.explain.names import EDITS, EVER, CaseNames
from indicant.files.rdf import text_of
from indicant.foreign import joined, wrapped
from indicant.guideline.wording import Words
from indicant.terms import IND, TYPE, XSD, local_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from indicant.assess.assessor import Assessor
    from indicant.assess.records import Answer, CaseRecord, ReasonRecord, Status
    from indicant.assess.validation import Finding
    from indicant.files.rdf import Document

ADD: Final = "+"
EXCLUDE: Final = "-"
FORGET: Final = "~"
SET: Final = "="
AS_OF: Final = "asOf"
_CASE: Final = IND + "PatientCase"
_EXCLUDES: Final = IND + "excludes"
_NEVER: Final = IND + "neverHad"
_HAS: Final = IND + "hasFinding"
_HAD: Final = IND + "hadFinding"
_OVER: Final = frozenset((IND + "endedOn", IND + "on"))
"""What says of a finding that it is no longer there."""


@dataclass(frozen=True)
class Edit:
    """A change to a case: a class is added, excluded or forgotten, or a value is set.

    ``term`` is the IRI of a class or of a node of the case; for another as-of date it is empty.
    ``ever`` tells whether it is about the past as well: that a finding was there, or never was.
    """

    kind: Literal["+", "-", "~", "="]
    term: str
    path: str | None = None
    value: ox.NamedNode | ox.Literal | None = None
    ever: bool = False


class StatementRecord(TypedDict):
    """A statement of a case in words, subject, property and value."""

    subject: str
    path: str
    value: str


class TurnRecord(TypedDict):
    """A recommendation whose answer is another, and the facts that decide it now."""

    recommendation: str
    label: str
    direction: Literal["for", "against"]
    before: Answer
    after: Answer
    because: list[ReasonRecord]


class DifferenceRecord(TypedDict):
    """An intervention of which the guideline says something else."""

    action: str
    label: str
    before: Status
    after: Status
    turns: list[TurnRecord]


class WhatIfRecord(TypedDict):
    """What would change for one case."""

    case: str
    asOf: str
    edits: list[str]
    takenBack: list[StatementRecord]
    put: list[StatementRecord]
    warnings: list[str]
    scope: list[Answer | None]
    differences: list[DifferenceRecord]


class InvalidEdit(InvalidCase):
    """A case that conforms to the case shapes, and no longer does once it is edited."""

    what = "edited"

    def __init__(self, findings: list[Finding]) -> None:
        """Take every finding; none has a line, since the file does not say what the edits do."""
        super().__init__([replace(finding, line=None) for finding in findings])


def what_if(assessor: Assessor, document: Document, edits: list[str]) -> list[WhatIfRecord]:
    """Assess every case of a document as it is and as it would be.

    What an edit contradicts is taken back: who adds a class takes back what excludes it, who
    excludes one takes back the nodes of it, and who sets an end of a finding that it is present.
    Edits never take back one another, so that edits which contradict each other break a shape.

    Args:
        assessor: the guideline.
        document: what ``files.rdf.read`` returned; it is left as it is.
        edits: ``+Term``, ``-Term``, ``~Term``, ``+ever:Term``, ``-ever:Term``,
            ``Term:property=value`` or ``asOf=DATE``.

    Raises:
        InvalidCase: a case does not conform to the case shapes.
        InvalidEdit: it does not once it is edited.
        IndicantError: an edit is not understood, or its term or value is unknown.
    """
    if not edits:
        raise IndicantError("no edit is given", help=EDITS)
    before = assessor.assess(document, everything=True)
    names = CaseNames(assessor, document)
    parsed = [_parsed(text, names) for text in edits]
    draft = Draft(document)
    editor = _Editor(assessor, draft, [record["case"] for record in before])
    editor.apply(parsed)
    edited = draft.document()
    for edit in parsed:
        if edit.kind == SET and not edit.term and edit.value is not None:
            edited = with_date(edited, edit.value.value)
    try:
        after = assessor.assess(edited, everything=True)
    except InvalidCase as error:
        raise InvalidEdit(list(error.findings)) from error
    old, new = dict.fromkeys(document.quads), dict.fromkeys(edited.quads)
    return [
        WhatIfRecord(
            case=one["case"],
            asOf=two["asOf"],
            edits=edits,
            takenBack=[_statement(quad) for quad in old if quad not in new],
            put=[_statement(quad) for quad in new if quad not in old],
            warnings=two["warnings"],
            scope=[one["guideline"]["scope"], two["guideline"]["scope"]],
            differences=differences_of(one, two),
        )
        for one, two in zip(before, after, strict=True)
    ]


def _statement(quad: ox.Quad) -> StatementRecord:
    return StatementRecord(
        subject=text_of(quad.subject), path=quad.predicate.value, value=text_of(quad.object)
    )


def differences_of(before: CaseRecord, after: CaseRecord) -> list[DifferenceRecord]:
    """Return the interventions of which another assessment says something else, and why."""
    old = {one["action"]: one for one in before["actions"]}
    found = []
    for new in after["actions"]:
        was = old[new["action"]]
        if was["status"] == new["status"]:
            continue
        answers = {one["iri"]: one["answer"] for one in was["recommendations"]}
        found.append(
            DifferenceRecord(
                action=new["action"],
                label=new["label"],
                before=was["status"],
                after=new["status"],
                turns=[
                    TurnRecord(
                        recommendation=one["iri"],
                        label=one["label"],
                        direction=one["direction"],
                        before=answers[one["iri"]],
                        after=one["answer"],
                        because=[
                            reason
                            for reason in new["because"]
                            if reason["recommendation"] == one["iri"]
                        ],
                    )
                    for one in new["recommendations"]
                    if answers[one["iri"]] != one["answer"]
                ],
            )
        )
    return sorted(found, key=lambda one: (ORDER.index(one["after"]), one["label"]))


# ---------------------------------------------------------------------- edits


def _parsed(text: str, names: CaseNames) -> Edit:
    """Read one edit, and find the terms that it names."""
    if text[:1] in (ADD, EXCLUDE, FORGET):
        ever = text[:1] != FORGET and text[1:].startswith(EVER)
        term = text[1:].removeprefix(EVER) if ever else text[1:]
        if not term.strip():
            raise IndicantError(f"'{text}' names no term", help=EDITS)
        if "=" in text:
            raise IndicantError(
                f"'{text}' both edits a term and sets a value",
                help=f"to set a value, write  {text[1:]}",
            )
        found = names.classes.find(term)
        if ever and not names.is_finding(found):
            raise IndicantError(
                f"'{text}' is about an intervention, and what was received counts for all time",
                help=f"write  {text[0]}{term}",
            )
        return Edit(text[0], found, ever=ever)  # type: ignore[arg-type]
    left, equals, value = text.partition("=")
    if not equals:
        raise IndicantError(f"'{text}' is no edit", help=EDITS)
    if not value:
        raise IndicantError(f"'{text}' gives no value", help=EDITS)
    if left in (AS_OF, f"ind:{AS_OF}"):
        return Edit(SET, "", IND + AS_OF, ox.Literal(value, datatype=ox.NamedNode(XSD + "date")))
    term, path = names.split(left)
    return Edit(SET, term, path, names.value(path, value))


class _Editor:
    """Applies edits to a draft: first all that is taken back, then all that is put in."""

    def __init__(self, assessor: Assessor, draft: Draft, cases: list[str]) -> None:
        self._vocabulary = assessor.vocabulary
        self._draft = draft
        self._cases = cases
        self._added: set[str] = set()
        self._over: set[str] = set()

    def apply(self, edits: list[Edit]) -> None:
        """Apply edits, whatever their order."""
        self._over = {edit.term for edit in edits if edit.path in _OVER}
        for edit in edits:
            if edit.kind in (EXCLUDE, FORGET):
                self._take_nodes(edit.term, ever=edit.ever or edit.kind == FORGET)
        for edit in edits:
            if edit.kind in (ADD, FORGET):
                self._take_exclusions(edit.term, ever=edit.ever)
        given: dict[tuple[str, str], object] = {}
        for case in self._cases:
            for edit in edits:
                if edit.kind == EXCLUDE:
                    path = _NEVER if edit.ever else _EXCLUDES
                    self._draft.add(case, path, ox.NamedNode(edit.term))
                elif edit.kind == ADD and not self._nodes(case, edit.term, ever=edit.ever):
                    self._added.add(self._node(case, edit.term, ever=edit.ever))
            for edit in edits:
                if edit.kind == SET and edit.term:
                    self._set(case, edit, given)

    def _below(self, cls: str) -> set[str]:
        return {cls, *self._vocabulary.descendants(cls)}

    def _take_nodes(self, cls: str, *, ever: bool) -> None:
        below = self._below(cls)
        typed: dict[str, list[str]] = {}
        for quad in self._draft.matching(None, TYPE):
            if text_of(quad.object) in below:
                typed.setdefault(text_of(quad.subject), []).append(text_of(quad.object))
        for node, classes in typed.items():
            if self._recorded(node, ever=ever):
                self._draft.declassify(node, classes)

    def _recorded(self, node: str, *, ever: bool) -> bool:
        """Tell whether a node is a finding or was received, and is not merely proposed."""
        links = {quad.predicate.value for quad in self._draft.matching(None, None, node)}
        past = {_HAD} if ever else set()
        return bool(links & {_HAS, IND + "received", IND + "shows", *past})

    def _take_exclusions(self, cls: str, *, ever: bool) -> None:
        """Take back what says that there is nothing of a class, or that there never was."""
        above = self._vocabulary.ancestors(cls)
        for path in (_NEVER,) if ever else (_NEVER, _EXCLUDES):
            self._draft.remove(
                quad
                for quad in list(self._draft.matching(None, path))
                if text_of(quad.object) in above
            )

    def _nodes(self, case: str, cls: str, *, ever: bool) -> list[str]:
        """Return the nodes of a case that are of a class or of one below."""
        below = self._below(cls)
        linked = []
        for link in (_HAS, IND + "received", *([_HAD] if ever else [])):
            for quad in self._draft.matching(case, link):
                linked.append(text_of(quad.object))
                linked += [
                    text_of(one.object)
                    for one in self._draft.matching(text_of(quad.object), IND + "shows")
                ]
        return [
            node
            for node in dict.fromkeys(linked)
            if any(text_of(one.object) in below for one in self._draft.matching(node, TYPE))
        ]

    def _node(self, case: str, cls: str, *, ever: bool) -> str:
        """Add a node of a class to a case."""
        stem = f"{case}/what-if/{local_name(cls)}"
        node, number = stem, 1
        while any(self._draft.matching(node, None)):
            number += 1
            node = f"{stem}-{number}"
        finding = IND + "Finding" in self._vocabulary.ancestors(cls)
        link = (_HAD if ever else _HAS) if finding else IND + "received"
        self._draft.add(case, link, ox.NamedNode(node))
        self._draft.add(node, TYPE, ox.NamedNode(cls))
        return node

    def _set(self, case: str, edit: Edit, given: dict[tuple[str, str], object]) -> None:
        assert edit.path is not None and edit.value is not None  # noqa: S101, PT018
        if edit.term in self._vocabulary.classes:
            nodes = self._nodes(case, edit.term, ever=True)
            if len(nodes) > 1:
                exact = [node for node in nodes if any(self._draft.matching(node, TYPE, edit.term))]
                nodes = exact if len(exact) == 1 else nodes
            if len(nodes) > 1:
                names = ", ".join(local_name(node) for node in nodes)
                raise IndicantError(
                    f"the case records several nodes of {local_name(edit.term)}: {names}",
                    help="name the node in place of the class",
                )
            over = edit.term in self._over
            if not nodes:
                self._take_exclusions(edit.term, ever=over)
            node = nodes[0] if nodes else self._node(case, edit.term, ever=over)
        else:
            node = edit.term
        if edit.path in _OVER and node not in self._added:
            for quad in list(self._draft.matching(None, _HAS, node)):
                self._draft.remove([quad])
                self._draft.add(text_of(quad.subject), _HAD, ox.NamedNode(node))
        before = [text_of(quad.object) for quad in self._draft.matching(node, edit.path)]
        if (node, edit.path) not in given:
            for path in _replaced(edit.path, edit.value):
                if (node, path) not in given:
                    self._draft.remove(self._draft.matching(node, path))
        given[(node, edit.path)] = edit.value
        self._draft.add(node, edit.path, edit.value)
        self._draft.drop_alone(before)


_AGES: Final = tuple(local_name(one) for one in AGES)
_DATES_APART: Final[Mapping[str, tuple[str, ...]]] = {
    "startedOn": ("on", "weeks"),
    "endedOn": ("on", "ongoing", "weeks"),
    "onset": ("on", "weeks"),
    "on": ("endedOn", "ongoing", "onset", "startedOn", "weeks"),
    "weeks": ("endedOn", "on", "onset", "startedOn"),
    "ongoing": (),
    "birthDate": _AGES,
    **{one: ("birthDate", *(other for other in _AGES if other != one)) for one in _AGES},
}
"""What is recorded of when something was, and what says otherwise as soon as that is set."""


def _replaced(path: str, value: ox.NamedNode | ox.Literal) -> list[str]:
    """Return the properties of a node that are taken back where one is set."""
    others = _DATES_APART.get(path.removeprefix(IND), ())
    if path == IND + "ongoing" and value.value in {"true", "1"}:
        others = ("endedOn", "on")
    return [path, *(IND + name for name in others)]


# ---------------------------------------------------------------------- text


def as_text(record: WhatIfRecord, words: Words | None = None) -> str:
    """Render what would change, intervention by intervention."""
    return joined(_text(record, words or Words()))


def _text(record: WhatIfRecord, words: Words) -> Iterator[str]:
    edits = " ".join(record["edits"])
    yield from _wrap(0, words("whatif", "if", case=words.case(record), edits=edits))
    for key, statements in (("without", record["takenBack"]), ("with", record["put"])):
        lead = words.padded("whatif", key, ("without", "with"))
        for statement in statements:
            yield from wrapped(_stated(statement), f"  {lead}  ", " " * (len(lead) + 4))
    for warning in record["warnings"]:
        yield from _wrap(0, words("heading", "note", warning=warning))
    before, after = (words("answer", one) if one else str(one) for one in record["scope"])
    if before != after:
        yield words("whatif", "scope", before=before, after=after)
    if not record["differences"]:
        yield words("whatif", "nothing")
    for one in record["differences"]:
        was, now = (words("verdict", each) for each in (one["before"], one["after"]))
        yield from _wrap(0, f"{one['label']}: {was} -> {now}")
        for turn in one["turns"]:
            side = words("line", turn["direction"])
            was, now = (words("answer", each) for each in (turn["before"], turn["after"]))
            yield from _wrap(2, f"{side}: {turn['label']}: {was} -> {now}")
            for reason in turn["because"]:
                yield from _wrap(4, f"{reason['literal']} ({attesting(reason, words)})")


def _stated(statement: StatementRecord) -> str:
    path = "a" if statement["path"] == TYPE else local_name(statement["path"])
    value = statement["value"]
    value = local_name(value) if "://" in value else value
    return f"{local_name(statement['subject'])} {path} {value}"


def _wrap(indent: int, text: str) -> list[str]:
    return wrapped(text, " " * indent, " " * (indent + 2))
