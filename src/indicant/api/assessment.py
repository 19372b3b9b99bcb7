"""What a guideline says about one case."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

from indicant.errors import IndicantError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from indicant.api.values import Action, Proposal, Speaker, Status, WhatIf, WhatNext, Why
    from indicant.assess.assessor import Assessor
    from indicant.assess.records import CaseRecord
    from indicant.files.rdf import Document
    from indicant.guideline.wording import Words
    from indicant.screen.records import Detail, ScreenRecord

_FRAME: Final = (
    '<iframe sandbox="" style="width:100%;height:40rem;border:0" '
    'title="assessment" srcdoc="{}"></iframe>'
)


@dataclass(frozen=True, eq=False)
class Assessment:
    """What a guideline says about one case, with reasons; nothing changes it.

    ``assessment["physical therapy"]`` is the action of that name: an IRI, a name with a prefix, a
    local name or a label. Iterating gives all actions, what does not apply last.
    """

    _assessor: Assessor
    _document: Document
    _record: CaseRecord

    @property
    def record(self) -> CaseRecord:
        """What the command prints, as it is shared: who changes it takes a copy, ``to_dict``."""
        return self._record

    @property
    def case(self) -> str:
        """The IRI of the case."""
        return self._record["case"]

    @property
    def as_of(self) -> datetime.date:
        """The day on which the case is known to hold."""
        return datetime.date.fromisoformat(self._record["asOf"])

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is to be noted, such as that the case is outside the scope."""
        return tuple(self._record["warnings"])

    @cached_property
    def guidelines(self) -> tuple[Speaker, ...]:
        """The guideline that spoke, or those that did where several were merged."""
        from indicant.api.values import Speaker, of

        found = self._record.get("guidelines", [self._record["guideline"]])
        return tuple(of(Speaker, one) for one in found)

    @cached_property
    def actions(self) -> tuple[Action, ...]:
        """Every intervention that the guideline speaks of, in the order of the printed report."""
        from indicant.api.values import Action, of

        return tuple(of(Action, one) for one in self._record["actions"])

    @cached_property
    def proposals(self) -> tuple[Proposal, ...]:
        """What the guideline says about what the case proposes."""
        from indicant.api.values import Proposal, of

        return tuple(of(Proposal, one) for one in self._record["proposals"])

    # ------------------------------------------------------------------ by when to act

    @property
    def now(self) -> tuple[Action, ...]:
        """What is recommended at once or urgently, and not known to be done."""
        return self._group("Now")

    @property
    def next(self) -> tuple[Action, ...]:
        """What else is recommended and not known to be done."""
        return self._group("Next")

    @property
    def done(self) -> tuple[Action, ...]:
        """What is recommended and known to be fulfilled."""
        return self._group("Done")

    @property
    def later(self) -> tuple[Action, ...]:
        """What is open until something else has failed."""
        return self._group("Later")

    @property
    def conflicts(self) -> tuple[Action, ...]:
        """What is both recommended and recommended against."""
        return self._group("In conflict")

    @property
    def avoid(self) -> tuple[Action, ...]:
        """What is recommended against."""
        return self._group("Avoid")

    @property
    def open(self) -> tuple[Action, ...]:
        """What nobody can say before more is known; each action says what would settle it."""
        return self._group("Open")

    def _group(self, name: str) -> tuple[Action, ...]:
        from indicant.assess.prose import GROUPS

        belongs = dict(GROUPS)[name]
        return tuple(
            action
            for action, record in zip(self.actions, self._record["actions"], strict=True)
            if belongs(record)
        )

    # ------------------------------------------------------------------ one action

    def __getitem__(self, action: str) -> Action:
        """Return what is said about an intervention.

        Raises:
            IndicantError: there is none of that name, with the nearest ones, or there are several.
        """
        from indicant.explain.why import find_action

        iri = find_action(self._assessor, action, self._document)
        return next(one for one in self.actions if one.action == iri)

    def __iter__(self) -> Iterator[Action]:
        """Iterate over all actions."""
        return iter(self.actions)

    def __len__(self) -> int:
        """Return how many interventions the guideline speaks of."""
        return len(self.actions)

    # ------------------------------------------------------------------ explanations

    def why(self, action: str, *, to: str | None = None, facts: int | None = None) -> Why:
        """Say why an intervention has its status, and which least sets of facts would change it.

        Args:
            action: the intervention, by IRI, prefix, local name or label.
            to: the status that the sets are to lead to, rather than to any other.
            facts: how many facts a set may have.

        Raises:
            IndicantError: there is no such intervention or status.
        """
        from indicant.api.values import Why, of
        from indicant.explain.consequences import LARGEST
        from indicant.explain.why import why

        wanted = None if to is None else _status(to)
        found = why(
            self._assessor,
            self._document,
            action,
            to=None if wanted is None else wanted.value,
            largest=LARGEST if facts is None else facts,
        )
        return of(Why, self._mine(found))

    def what_next(self) -> WhatNext:
        """Rank the open facts by how much each would settle."""
        from indicant.api.values import WhatNext, of
        from indicant.explain.next import next_facts

        return of(WhatNext, self._mine(next_facts(self._assessor, self._document)))

    def what_if(self, *edits: str) -> WhatIf:
        """Say what would change if the case were otherwise.

        Args:
            edits: ``+Term`` (present), ``-Term`` (absent), ``~Term`` (not recorded),
                ``+ever:Term`` (present at some time), ``-ever:Term`` (never present),
                ``Term:property=value`` or ``asOf=DATE``.

        Raises:
            InvalidCase: the edited case does not conform to the case shapes.
            IndicantError: an edit is not understood, or its term or value is unknown.
        """
        from indicant.api.values import WhatIf, of
        from indicant.explain.whatif import what_if

        return of(WhatIf, self._mine(what_if(self._assessor, self._document, list(edits))))

    def _mine(self, records: Iterable[Any]) -> Any:
        """Return the record of this case among those of its document."""
        return next(one for one in records if one["case"] == self.case)

    # ------------------------------------------------------------------ forms

    def to_dict(self, *, everything: bool = False, detail: Detail | None = None) -> dict[str, Any]:
        """Return what ``indicant assess --format json`` prints for the case, made anew.

        Args:
            everything: whether to list what does not apply as well, as ``--all`` does.
            detail: how much, as ``--detail`` has it; without, all of it and each in its place.
        """
        from indicant.api.values import anew

        if detail is not None:
            screen, _ = self._screen(detail, everything=everything)
            return anew(dict(screen))
        return anew(dict(self._record if everything else self._applying()))

    def to_fhir(
        self, *, version: Literal["R4", "R5"] = "R4", everything: bool = False
    ) -> dict[str, Any]:
        """Return what ``indicant assess --format fhir`` prints: a Bundle of type collection.

        Args:
            version: the release of FHIR.
            everything: whether to list what does not apply as well, as ``--all`` does.

        Raises:
            IndicantError: there is no such release here, or a table of codes cannot be read.
        """
        from indicant.api.values import anew
        from indicant.exchange.fhir import Bundle

        bundle = Bundle(self._assessor, version)
        bundle.records([self._record if everything else self._applying()], self._document)
        return anew(bundle.resource())

    def _applying(self) -> CaseRecord:
        """Return the record without what does not apply; the rest is shared with it."""
        from indicant.api.values import Status

        actions = self._record["actions"]
        found = self._record.copy()
        found["actions"] = [one for one in actions if one["status"] != Status.NOT_APPLICABLE.value]
        return found

    def to_text(self, *, detail: Detail = "normal", everything: bool = False) -> str:
        """Return what ``indicant assess`` prints.

        Args:
            detail: how much: ``brief``, ``normal`` or ``full``.
            everything: whether to list what does not apply as well.
        """
        from indicant.screen.text import as_text

        return as_text(*self._screen(detail, everything=everything))

    def to_markdown(self, *, detail: Detail = "normal", everything: bool = False) -> str:
        """Return what ``indicant assess --format markdown`` prints.

        Args:
            detail: how much: ``brief``, ``normal`` or ``full``.
            everything: whether to list what does not apply as well.
        """
        from indicant.screen.markdown import as_markdown

        return as_markdown(*self._screen(detail, everything=everything))

    def __str__(self) -> str:
        """Return what ``indicant assess`` prints."""
        return self.to_text()

    def _screen(self, detail: Detail, *, everything: bool) -> tuple[ScreenRecord, Words]:
        from indicant.screen import Screens

        screens = Screens(
            self._assessor, detail, language=self._assessor.language, everything=everything
        )
        return self._mine(screens.of(self._document)), screens.words

    def __repr__(self) -> str:
        """Return how many interventions have which status."""
        from indicant.api.values import Status

        counts = {status.value: 0 for status in Status}
        for one in self._record["actions"]:
            counts[one["status"]] += 1
        told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
        return f"<Assessment of {self.case} as of {self._record['asOf']}: {told}>"

    def to_html(self, *, detail: Detail = "full") -> str:
        """Return what ``indicant assess --format html`` writes: a page that stands alone.

        Args:
            detail: how much: ``brief``, ``normal`` or ``full``, in which the deeper is folded.

        Raises:
            IndicantError: what makes pages is not installed.
        """
        import io

        from indicant.site.casepage import CasePage

        page = CasePage(
            self._assessor, io.StringIO(), detail=detail, language=self._assessor.language
        )
        page.document(self._document, only=self.case)
        return page.text()

    def _repr_html_(self) -> str:
        """Return the page in a frame of its own, or the text where pages cannot be made."""
        import html

        try:
            return _FRAME.format(html.escape(self.to_html(), quote=True))
        except IndicantError:
            return f"<pre>{html.escape(str(self))}</pre>"


def _status(text: str) -> Status:
    from indicant.api.values import Status

    try:
        return Status(text)
    except ValueError as error:
        raise IndicantError(
            f"there is no status '{text}'", help=f"one of: {', '.join(Status)}"
        ) from error
