"""Read what an institution says of its records being complete, and hold it to each patient.

What is said of a source holds of a patient only where nothing of that patient was left out which
may be what is said to be complete: a record that was not understood is a gap.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.errors import IndicantError
from indicant.files.lines import locate
from indicant.files.rdf import read, text_of
from indicant.intake import events, readings
from indicant.intake.readings import INTAKE
from indicant.terms import IND, LABEL, PROV, TYPE, local_name

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from indicant.files.rdf import Document
    from indicant.guideline.vocabulary import Vocabulary
    from indicant.intake.codes import Terms
    from indicant.intake.decisions import Decided
    from indicant.intake.events import Event

SOURCE: Final = INTAKE + "Source"
_ALL, _WITHIN, _OF, _SINCE, _PLANS = (
    IND + name for name in ("recordsAll", "completeness", "of", "since", "recordsAllProposals")
)
_CODES: Final = INTAKE + "codesAll"
_WHO: Final = PROV + "wasAttributedTo"
_HARMLESS: Final = frozenset({"in-error", "not-done", "aside", "deleted", "absent-then"})
"""The reasons for which a record is left out that is nothing which there was."""
_FEW: Final = 3


@dataclass(frozen=True)
class Claim:
    """That a source records all of a class, from a day on or always, and who says so."""

    cls: str
    since: datetime.date | None
    who: str


@dataclass(frozen=True)
class Claims:
    """What an institution says of a source."""

    path: str
    claims: tuple[Claim, ...]
    codes_all: frozenset[str]
    proposals: bool = False


def read_claims(path: str | os.PathLike[str], vocabulary: Vocabulary) -> Claims:
    """Read a file of completeness.

    Raises:
        IndicantError: it cannot be read, or says something else, or not who says it.
    """
    return _File(read(path), vocabulary).claims()


class _File:
    """Reads one file, and refuses what would be passed over in silence."""

    def __init__(self, document: Document, vocabulary: Vocabulary) -> None:
        self._document, self._vocabulary = document, vocabulary
        self._said: dict[str, dict[str, list[ox.NamedNode | ox.Literal]]] = {}
        for quad in document.quads:
            values = self._said.setdefault(text_of(quad.subject), {})
            values.setdefault(quad.predicate.value, []).append(quad.object)  # type: ignore[arg-type]

    def claims(self) -> Claims:
        """Return what the file says."""
        sources = [one for one, said in self._said.items() if self._is_a(said, SOURCE)]
        if len(sources) != 1:
            raise IndicantError(
                f"the file says something of {len(sources)} sources",
                file=self._document.path,
                help="describe one:  <https://example.org/records> a intake:Source",
            )
        (source,) = sources
        said = self._said[source]
        allowed = {TYPE, LABEL, _ALL, _WITHIN, _PLANS, _CODES, _WHO}
        for path in said:
            if path not in allowed and path.startswith((IND, INTAKE)):
                self._refuse(source, path, f"{local_name(path)} says nothing of a source")
        who = self._who(source, said)
        found = [Claim(self._class(source, _ALL, one), None, who) for one in said.get(_ALL, ())]
        found += [self._within(source, one, who) for one in said.get(_WITHIN, ())]
        for subject, told in self._said.items():
            nodes = [source, *map(text_of, said.get(_WITHIN, ()))]
            if subject not in nodes and self._is_a(told, IND + "Completeness"):
                self._refuse(subject, None, "the completeness is that of no source")
        plans = [text_of(one) for one in said.get(_PLANS, ())]
        if plans not in ([], ["true"], ["false"]):
            self._refuse(source, _PLANS, "whether all proposals are recorded is true or false")
        return Claims(
            self._document.path,
            tuple(found),
            frozenset(self._class(source, _CODES, one) for one in said.get(_CODES, ())),
            plans == ["true"],
        )

    @staticmethod
    def _is_a(said: dict[str, list[ox.NamedNode | ox.Literal]], kind: str) -> bool:
        return any(text_of(one) == kind for one in said.get(TYPE, ()))

    def _who(self, node: str, said: dict[str, list[ox.NamedNode | ox.Literal]]) -> str:
        found = said.get(_WHO, [])
        if len(found) != 1 or not isinstance(found[0], ox.NamedNode):
            self._refuse(
                node, _WHO, "it is not said who says so: prov:wasAttributedTo names one, by an IRI"
            )
        return text_of(found[0])

    def _within(self, source: str, node: object, who: str) -> Claim:
        name = text_of(node)
        said = self._said.get(name, {})
        of, since = said.get(_OF, []), said.get(_SINCE, [])
        if len(of) != 1 or len(since) != 1 or not self._is_a(said, IND + "Completeness"):
            self._refuse(
                name if said else source,
                None if said else _WITHIN,
                "a completeness is [ a ind:Completeness ; ind:of CLASS ; ind:since DATE ]",
            )
        try:
            day = datetime.date.fromisoformat(text_of(since[0]))
        except ValueError:
            self._refuse(name, _SINCE, 'ind:since is a day, as "2024-01-01"^^xsd:date')
        own = self._who(name, said) if _WHO in said else who
        return Claim(self._class(name, _OF, of[0]), day, own)

    def _class(self, node: str, path: str, value: object) -> str:
        name = text_of(value)
        above = self._vocabulary.ancestors(name)
        if name not in self._vocabulary.classes or above.isdisjoint(
            {IND + "Finding", IND + "Intervention"}
        ):
            self._refuse(
                node, path, f"{local_name(name)} is no class of findings or of interventions", name
            )
        return name

    def _refuse(self, node: str, path: str | None, message: str, value: str | None = None) -> None:
        line = locate(self._document, node, path, value)
        raise IndicantError(
            message, file=self._document.path, line=line, see="howto/fhir.html#completeness"
        )


class Gaps:
    """Looks for what a patient has that may be what is said to be complete."""

    def __init__(self, terms: Terms, claims: Claims, elsewhere: Iterable[str]) -> None:
        self._terms, self._claims = terms, claims
        self._elsewhere = list(elsewhere)

    def state(self, made: Decided) -> None:
        """Say in a case what holds of it, and in its report what does not, and why."""
        for claim in self._claims.claims:
            gaps = [*self._elsewhere, *self._gaps(made, claim)]
            since = "" if claim.since is None else f" since {claim.since}"
            said = f"that all of {local_name(claim.cls)} is recorded{since}"
            if gaps:
                made.report.remarks.append(f"it is not stated {said}: {_told(gaps)}")
            elif claim.since is None:
                made.graph.say(_ALL, ox.NamedNode(claim.cls))
                made.report.remarks.append(f"{claim.who} says {said}")
            elif claim.since <= made.graph.as_of:
                made.graph.complete.append((claim.cls, claim.since, claim.who))
                made.report.remarks.append(f"{claim.who} says {said}")
        if self._claims.proposals:
            gaps = [*self._elsewhere, *self._plans(made)]
            if gaps:
                made.report.remarks.append(
                    f"it is not stated that all proposals are recorded: {_told(gaps)}"
                )
            else:
                made.graph.say(_PLANS, ox.Literal(True))

    def _gaps(self, made: Decided, claim: Claim) -> Iterable[str]:
        finding = self._terms.is_kind(claim.cls, "Finding")
        kinds = (
            {events.FINDING, events.OBSERVATION, ""}
            if finding
            else {events.INTERVENTION, events.INVESTIGATION, events.OBSERVATION, ""}
        )
        for event, terms in made.unsettled if finding else ():
            if any(self._terms.related(one, claim.cls) for one in terms):
                yield event.origin.reference
        coded = claim.cls in self._claims.codes_all
        for event, reason in made.left:
            if (
                event.kind in kinds
                and reason not in _HARMLESS
                and event.standing
                not in {
                    readings.PROPOSED,
                    readings.ABSENT,
                }
            ):
                begun = event.begin or event.on
                if reason == "late" and begun is not None and begun.first > made.graph.as_of:
                    continue
                if self._may_be(event, claim.cls, coded=coded):
                    yield event.origin.reference

    def _may_be(self, event: Event, cls: str, *, coded: bool) -> bool:
        """Tell whether a record that was left out may be one of a class."""
        if not event.codes:
            return True
        meant = self._terms.meant(event.codes)
        if meant.nameless and not meant.terms:
            return True
        if coded:
            return any(self._terms.related(one, cls) for one in meant.terms)
        return (
            bool(meant.unknown)
            or not meant.near
            or any(one not in meant.terms or self._terms.related(one, cls) for one in meant.near)
        )

    def _plans(self, made: Decided) -> Iterable[str]:
        for event, reason in made.left:
            planned = event.standing in {readings.PROPOSED, readings.NOTHING, ""}
            if event.kind in {events.INTERVENTION, ""} and planned and reason not in _HARMLESS:
                yield event.origin.reference


def _told(gaps: Iterable[str]) -> str:
    found = list(dict.fromkeys(gaps))
    more = f" and {len(found) - _FEW} more" if len(found) > _FEW else ""
    return f"{', '.join(found[:_FEW])}{more} may be such"
