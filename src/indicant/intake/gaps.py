"""Hold what an institution says of its records being complete to each patient.

It holds of a patient only where nothing of that patient was left out, passed over or not read which
may be what is said to be complete: a record that was not understood is a gap.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.intake import casegraph, events, readings
from indicant.intake.completeness import PLANS, RECORDS_ALL
from indicant.terms import local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from indicant.intake.codes import Terms
    from indicant.intake.completeness import Claim, Claims
    from indicant.intake.events import Coding, Event
    from indicant.intake.together import Decided

_FINDING: Final = "finding"
_INTERVENTION: Final = "intervention"
_PROPOSAL: Final = "proposal"
"""What a record may tell of, as the tables name it."""
_TELLS: Final = {
    events.FINDING: frozenset({_FINDING}),
    events.OBSERVATION: frozenset({_FINDING, _INTERVENTION}),
    events.INVESTIGATION: frozenset({_INTERVENTION}),
    events.INTERVENTION: frozenset({_INTERVENTION}),
    "": frozenset({_FINDING, _INTERVENTION}),
}
HARMLESS: Final = frozenset({"in-error", "not-done", "absent-then"})
"""The reasons for which a record is left out that is nothing which there was."""
_ANYTHING: Final = frozenset({"duplicate", "malformed", "modifier", "rules", "subset", "twice"})
"""The reasons for which what a record says may not be what it means, its codes among it."""
_NO_USE: Final = frozenset({"AllergyIntolerance"})
"""The records whose codes may name a substance without any use of it."""
_FEW: Final = 3


class Gaps:
    """Looks for what a patient has that may be what is said to be complete.

    ``elsewhere`` says in words what of the source is not known; ``adrift`` are the records of which
    nobody knows whose they are, each with the reason for which it was left out.
    """

    def __init__(
        self,
        terms: Terms,
        claims: Claims,
        elsewhere: Iterable[str],
        adrift: Iterable[tuple[Event, str]],
    ) -> None:
        self._terms, self._claims = terms, claims
        self._elsewhere = list(elsewhere)
        self._adrift = list(adrift)

    def state(self, made: Decided) -> None:
        """Say in a case what holds of it, and in its report what does not, and why."""
        remarks = made.report.remarks
        words = [*self._elsewhere, *made.doubts]
        for claim in self._claims.claims:
            since = "" if claim.since is None else f" since {claim.since}"
            said = f"that all of {local_name(claim.cls)} is recorded{since}"
            if claim.since is not None and claim.since > made.graph.as_of:
                remarks.append(f"it is not stated {said}: that is after the as-of date")
            elif gaps := _told(words, self._gaps(made, claim)):
                remarks.append(f"it is not stated {said}: {gaps}")
            else:
                if claim.since is None:
                    made.graph.say(RECORDS_ALL, ox.NamedNode(claim.cls))
                else:
                    made.graph.complete.append((claim.cls, claim.since, claim.who))
                remarks.append(f"{claim.who} says {said}")
        if self._claims.proposals:
            if gaps := _told(words, self._plans(made)):
                remarks.append(f"it is not stated that all proposals are recorded: {gaps}")
            else:
                made.graph.say(PLANS, ox.Literal(True))

    def state_drafts(self, made: Decided, file: str, words: Iterable[str]) -> None:
        """Say that orders which are not given yet are all that is proposed.

        They are by nature all that there are. It is not said where one of them was not understood.

        Args:
            made: the case.
            file: what they are called as a source.
            words: why there may be others.
        """
        left = [one for one in chain(made.left, self._adrift) if one[0].origin.file == file]
        found = [event.origin.reference for event, reason in left if reason not in HARMLESS]
        if gaps := _told([*words], found):
            made.report.remarks.append(f"the orders are not known to be all proposals: {gaps}")
        else:
            made.graph.say(PLANS, ox.Literal(True))

    # ------------------------------------------------------------------ findings and acts

    def _gaps(self, made: Decided, claim: Claim) -> Iterator[str]:
        """Yield the references of what may be of a class."""
        cls = claim.cls
        wanted = _FINDING if self._terms.is_kind(cls, "Finding") else _INTERVENTION
        if wanted == _FINDING:
            for event, terms in made.unsettled:
                if self._related(terms, cls):
                    yield event.origin.reference
        for event, reason in chain(made.left, self._adrift):
            if self._is_gap(made, event, reason, cls, wanted):
                yield event.origin.reference
        for event, terms in made.used:
            if not self._related(terms, cls) and self._says(made, event, cls, wanted):
                yield event.origin.reference

    def _is_gap(self, made: Decided, event: Event, reason: str, cls: str, wanted: str) -> bool:
        """Tell whether a record that was left out may be one of a class, or name one."""
        if reason in _ANYTHING:
            return True
        if event.standing == readings.IN_ERROR or (reason == "deleted" and _is_nothing(event)):
            return False
        if self._is_later(made, event, reason):
            return False
        tells = self._tells(event)
        if event.kind == readings.ASIDE:
            return wanted in tells and (
                cls not in self._claims.codes_all or self._named(made, event.mentions, cls, wanted)
            )
        if self._mentions(made, event, cls, wanted):
            return True
        if reason in HARMLESS or event.standing in {readings.PROPOSED, readings.ABSENT}:
            return False
        if wanted in tells:
            return self._may_be(event, cls)
        own = self._terms.meant(event.codes).near
        return event.origin.record_type not in _NO_USE and self._related(own, cls)

    @staticmethod
    def _is_later(made: Decided, event: Event, reason: str) -> bool:
        begun = event.begin or event.on
        return reason == "late" and begun is not None and begun.first > made.graph.as_of

    def _tells(self, event: Event) -> frozenset[str]:
        if event.kind != readings.ASIDE:
            return _TELLS.get(event.kind, frozenset())
        name, tables = event.origin.record_type, self._terms.tables
        known = tables.types.get(name) or tables.cdm.get(name)
        return frozenset() if known is None else known.tells

    def _may_be(self, event: Event, cls: str) -> bool:
        """Tell whether the codes of a record may be those of a class."""
        if not event.codes:
            return True
        meant = self._terms.meant(event.codes)
        if meant.nameless and not meant.terms:
            return True
        if cls in self._claims.codes_all:
            return self._related(meant.terms, cls)
        return (
            bool(meant.unknown)
            or not meant.near
            or any(one not in meant.terms or self._terms.related(one, cls) for one in meant.near)
        )

    def _says(self, made: Decided, event: Event, cls: str, wanted: str) -> bool:
        """Tell whether a record that is used names a class beside what it is used for."""
        near = self._terms.meant(event.codes).near
        own = event.origin.record_type not in _NO_USE and self._related(near, cls)
        return own or self._mentions(made, event, cls, wanted)

    def _mentions(self, made: Decided, event: Event, cls: str, wanted: str) -> bool:
        """Tell whether something of a class is named in a record, beside what it is about."""
        if event.origin.record_type in _NO_USE and wanted != _FINDING:
            return False
        if wanted == _FINDING and event.concludes and cls not in self._claims.codes_all:
            meant = self._terms.meant(event.concludes)
            if meant.unknown or meant.nameless:
                return True
        return self._named(made, event.mentions, cls, wanted)

    def _named(self, made: Decided, codes: Iterable[Coding], cls: str, wanted: str) -> bool:
        """Tell whether codes name something of a class that the case does not have already."""
        found = [one for one in self._terms.meant(codes).near if self._terms.related(one, cls)]
        if wanted == _FINDING and found:
            there = {
                high
                for node in made.graph.nodes.values()
                if node.link == casegraph.HAS
                for term in node.terms
                for high in self._terms.vocabulary.ancestors(term)
            }
            found = [one for one in found if one not in there]
        return bool(found)

    def _related(self, terms: Iterable[str], cls: str) -> bool:
        return any(self._terms.related(one, cls) for one in terms)

    # ------------------------------------------------------------------ plans

    def _plans(self, made: Decided) -> Iterator[str]:
        """Yield the references of what may be a plan."""
        for event, reason in chain(made.left, self._adrift):
            planned = event.standing in {readings.PROPOSED, readings.NOTHING, ""}
            if event.kind == readings.ASIDE:
                found = _PROPOSAL in self._tells(event)
            elif event.kind not in {events.INTERVENTION, ""}:
                found = reason == "twice"
            elif reason in _ANYTHING:
                found = True
            else:
                gone = reason == "deleted" and _is_nothing(event)
                found = planned and not gone and reason not in HARMLESS
            if found:
                yield event.origin.reference


def _is_nothing(event: Event) -> bool:
    """Tell whether a record that is to be deleted was not handed over either."""
    return not event.origin.record_type and event.status == "DELETE"


def _told(words: Iterable[str], records: Iterable[str]) -> str:
    """Return why something is not stated, or nothing where nothing speaks against it."""
    found = list(dict.fromkeys(words))
    if found:
        return "; ".join(found[:_FEW])
    found = list(dict.fromkeys(records))
    more = f" and {len(found) - _FEW} more" if len(found) > _FEW else ""
    return f"{', '.join(found[:_FEW])}{more} may be such" if found else ""
