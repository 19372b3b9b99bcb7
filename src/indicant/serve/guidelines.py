"""The guidelines that a service has, loaded once, and what each says to a hook."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from indicant.assess.assessor import Assessor, with_date
from indicant.errors import IndicantError
from indicant.exchange.responses import response_in
from indicant.files.common import Known, read_once
from indicant.files.rdf import EXTENSIONS, parse, text_of
from indicant.guideline.wording import Words
from indicant.intake.casegraph import PROPOSES
from indicant.intake.decoding import Record
from indicant.intake.patients import Intake, Options
from indicant.intake.supply import Supply
from indicant.serve.cards import Told, cards_of
from indicant.serve.hookrequest import EXTENSION
from indicant.serve.prefetch import (
    BROKEN,
    EMPTY,
    FAILED,
    MISSING,
    PATIENT,
    SENT,
    merged,
    missing_words,
    prefetch_of,
)
from indicant.serve.refusals import Refused, refused
from indicant.serve.rows import DRAFTS, hook_rows
from indicant.terms import IND, TYPE, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pyoxigraph import Quad

    from indicant.exchange.questionnaire import Form
    from indicant.files.rdf import Document
    from indicant.intake.decoding import Broken
    from indicant.intake.patients import Taken
    from indicant.intake.report import PatientReport
    from indicant.serve.hookrequest import Asked
    from indicant.serve.prefetch import Prefetch
    from indicant.serve.rows import Hook
    from indicant.serve.settings import Settings

FHIR: Final = "fhir"
"""What a document is called that is FHIR and not RDF."""
ALL: Final = "all"
"""What the services are called that ask every guideline."""
MOST_PATIENTS: Final = 20
"""How many patients a request may be about: what is answered of one may be 1.5 MB."""
MOST_STATEMENTS: Final = 10_000
"""How many statements a case may have that is sent: some thousand records of a patient."""
_SLUG: Final = re.compile(r"[^a-z0-9]+")


class Served:
    """One guideline, with what reads patients for it and what it asks record systems for."""

    def __init__(
        self,
        assessor: Assessor,
        settings: Settings,
        completeness: str | None,
        known: Known | None = None,
    ) -> None:
        """Take it.

        Args:
            assessor: the guideline.
            settings: the settings of the service.
            completeness: the file that says what of its terms is recorded without a gap.
            known: the files that were read for others.

        Raises:
            IndicantError: a table or the file cannot be read.
        """
        self.assessor, self.settings, self._known = assessor, settings, known or Known()
        self.name = called(assessor)
        # What is named is read at once, so that a mistake in it is told at the start.
        eager = completeness is not None or settings.codes
        self.claims = self.reader.claims(completeness) if eager else None

    @cached_property
    def reader(self) -> Intake:
        """What reads patients for it."""
        with read_once(self._known):
            return Intake(self.assessor.source, self.assessor.vocabulary, self.settings.codes)

    @cached_property
    def prefetch(self) -> Prefetch:
        """What it asks record systems for."""
        return prefetch_of(self.reader.terms, narrow=self.claims is None)

    @cached_property
    def form(self) -> Form:
        """What it asks as a questionnaire; what the codes are called is read when one is wanted."""
        from indicant.exchange.questionnaire import Form

        return Form(self.assessor)

    @cached_property
    def label(self) -> str:
        """What it is called."""
        given = self.assessor.catalogue.guidelines
        return next((label for _, label, *_ in given if label), self.name)

    def warm(self) -> None:
        """Do what takes long once, before anybody waits for it."""
        self.assessor.warm()
        _ = self.prefetch, self.label

    # ------------------------------------------------------------------ hooks

    def cards(self, asked: Asked, day: str, service: str) -> Answered:
        """Return what it says to a hook, or what it lacks.

        Raises:
            Refused: something that was sent is no record of FHIR.
        """
        states = {
            key: _state(asked.prefetch[key]) if key in asked.prefetch else MISSING
            for key in self.prefetch.templates
        }
        others = {key: _state(one) for key, one in asked.prefetch.items() if key not in states}
        if not _has_patient(asked):
            return Answered([], states)
        states[PATIENT] = SENT
        if not asked.drafts and not any(map(_is_more, asked.prefetch.values())):
            return Answered([], states)
        try:
            taken = self._taken(asked, day, states, others)
            mine = [one for one in taken.report.patients if one.reference == asked.patient]
            if len(mine) != 1:
                raise Refused(422, f"there are {len(mine)} records of the patient of the context")
            at = taken.report.patients.index(mine[0])
            (record,) = self.assessor.assess(taken.documents[at])
        except IndicantError as error:
            raise refused(error) from error
        told = Told(
            record=record,
            patient=mine[0],
            left=[*mine[0].left, *taken.report.left],
            states=states,
            drafts=asked.drafts,
            proposed=_proposed(taken.documents[at], mine[0], asked.drafts),
            has_drafts=asked.hook.has_drafts,
            terms=self.reader.terms,
            prefetch=self.prefetch,
            instance=asked.instance,
            service=service,
            words=Words(self.assessor.language),
        )
        return Answered(cards_of(told), states, answered=True)

    def _taken(
        self, asked: Asked, day: str, states: dict[str, str], others: dict[str, str]
    ) -> Taken:
        """Return the patients of a request, the orders that are not given yet first.

        What stands under a key and cannot be read is noted as that in ``states`` or ``others``.
        """
        supplies: list[Supply] = []
        if asked.hook.has_drafts:
            supplies.append(Supply(DRAFTS, data=asked.raw[DRAFTS], drafted=True))
        for key in sorted(asked.prefetch):
            known = states if key in states else others
            if asked.prefetch[key] is None or known[key] in {EMPTY, FAILED}:
                continue
            one = _Held(f"prefetch {key}", data=asked.raw[f"prefetch {key}"])
            try:
                one.hold(asked.server)
            except IndicantError:
                known[key] = BROKEN
            else:
                supplies.append(one)
        options = Options(datetime.date.fromisoformat(day), self.settings.zone, self.claims)
        missing = missing_words({**states, **others}, Words(self.assessor.language))
        return self.reader.gather(supplies, "request", options, strict=True, missing=missing)

    # ------------------------------------------------------------------ documents

    def read(self, data: bytes, form: str, day: str | None) -> list[Document]:
        """Return the cases of a document that was sent.

        Args:
            data: the document.
            form: ``fhir``, or the ending of the name of a file of RDF.
            day: the day that is asked for, in place of the one of the case.

        Raises:
            IndicantError: it cannot be read.
            Refused: it is about too many patients, or says too much.
        """
        if form != FHIR:
            document = parse(data, path=f"request.{form}", format=EXTENSIONS[f".{form}"])
            demand_few(document.quads)
            return [document if day is None else with_date(document, day)]
        known = datetime.date.fromisoformat(self.settings.day(day))
        answered = response_in(data, "request.json")
        if answered is not None:
            return [self.form.case(answered, known, "request.json")]
        options = Options(known, self.settings.zone, self.claims)
        taken = self.reader.take("request.json", options, data=data, strict=True)
        if len(taken.documents) > MOST_PATIENTS:
            raise _too_many()
        return taken.documents


def demand_few(quads: Sequence[Quad]) -> None:
    """Do nothing where statements are about few enough patients, and not too many.

    Raises:
        Refused: they are too many.
    """
    if len(quads) > MOST_STATEMENTS:
        raise Refused(413, f"there are more than {MOST_STATEMENTS} statements in it")
    if cases_in(quads) > MOST_PATIENTS:
        raise _too_many()


def cases_in(quads: Sequence[Quad]) -> int:
    """Return how many cases statements are about."""
    cases = {
        text_of(one.subject)
        for one in quads
        if one.predicate.value == TYPE and text_of(one.object) == IND + "PatientCase"
    }
    return len(cases)


def _too_many() -> Refused:
    return Refused(
        413,
        f"there are more than {MOST_PATIENTS} patients in it",
        help="ask for a few at a time; indicant cohort answers for many",
    )


class _Held(Supply):
    """What a source holds, read at once, so that it is known whether it can be."""

    def hold(self, server: str) -> None:
        """Read it; a record that stands alone is one of the server, of which others have the URL.

        Raises:
            IndicantError: it cannot be read.
        """
        self._kept = list(super().records())
        for one in self._kept:
            if not server or not isinstance(one, Record) or one.place or one.url:
                continue
            kind, name = one.content.get("resourceType"), one.content.get("id")
            if isinstance(name, str):
                one.url = f"{server}{kind}/{name}"

    def records(self) -> Iterator[Record | Broken]:
        """Yield what was read."""
        return iter(self._kept)


@dataclass(frozen=True)
class Answered:
    """What a guideline says to a hook: cards, and whether it could say anything at all."""

    cards: list[dict[str, Any]]
    states: Mapping[str, str]
    answered: bool = False


def _proposed(
    document: Document, patient: PatientReport, drafts: frozenset[str]
) -> dict[str, list[str]]:
    """Return of which classes the orders are that are not given yet, by their references."""
    kinds: dict[str, list[str]] = {}
    nodes: list[str] = []
    for quad in document.quads:
        if quad.predicate.value == TYPE:
            kinds.setdefault(text_of(quad.subject), []).append(text_of(quad.object))
        elif quad.predicate.value == PROPOSES:
            nodes.append(text_of(quad.object))
    classes = {local_name(one): kinds.get(one, []) for one in nodes}
    return {
        used.reference: classes[used.node]
        for used in patient.used
        if used.reference in drafts and used.node in classes
    }


def _state(said: object) -> str:
    """Tell what became of a key from what stands under it.

    Raises:
        Refused: it is neither null nor a resource.
    """
    if said is None:
        return EMPTY
    if not isinstance(said, dict) or not isinstance(said.get("resourceType"), str):
        raise Refused(400, "a value of prefetch is neither null nor a resource of FHIR")
    if said["resourceType"] == "OperationOutcome":
        return FAILED
    if said["resourceType"] == "Bundle" and not said.get("entry"):
        return EMPTY
    return SENT


def _records(said: object) -> list[Any]:
    """Return the records that stand under a key."""
    if not isinstance(said, dict):
        return []
    if said.get("resourceType") != "Bundle":
        return [said]
    entries = said.get("entry")
    there = entries if isinstance(entries, list) else []
    return [one["resource"] for one in there if isinstance(one, dict) and "resource" in one]


def _has_patient(asked: Asked) -> bool:
    """Tell whether the record of the patient stands under any key."""
    return any(
        isinstance(one, dict) and f"{one.get('resourceType')}/{one.get('id')}" == asked.patient
        for said in asked.prefetch.values()
        for one in _records(said)
    )


def _is_more(said: object) -> bool:
    """Tell whether something stands under a key that is neither a patient nor an error."""
    return any(
        isinstance(one, dict) and one.get("resourceType") not in ("OperationOutcome", "Patient")
        for one in _records(said)
    )


def called(assessor: Assessor) -> str:
    """Return what a guideline is called in the names of its services."""
    return _SLUG.sub("-", assessor.path.stem.lower()).strip("-")


def _by_guideline(given: Iterable[str], names: list[str]) -> dict[str, str]:
    """Return the files that say what is complete, by the guidelines in whose terms they do.

    Raises:
        IndicantError: it is not said of which guideline one is, or there are two of one.
    """
    found: dict[str, str] = {}
    for text in given:
        before, mark, file = text.partition("=")
        said = bool(mark) and before in names
        name = before if said else names[0]
        if not said and len(names) > 1:
            raise IndicantError(
                "it is not said in whose terms the file of completeness speaks",
                file=text,
                help=f"--completeness NAME=FILE, where NAME is one of: {', '.join(names)}",
            )
        if name in found:
            raise IndicantError(f"{name} has two files of completeness", file=text)
        found[name] = file if said else text
    return found


class Guidelines:
    """All guidelines of a service, by the names of their services, in one language.

    ``others`` are the same in the other languages that the service speaks.
    """

    def __init__(
        self,
        names: Iterable[str | None],
        settings: Settings,
        language: str | None = None,
        known: Known | None = None,
    ) -> None:
        """Load them in a language; without one, in all of the service, of which this is the first.

        Args:
            names: the guidelines.
            settings: the settings of the service.
            language: the language.
            known: the files that were read already; what is read here is there afterwards.

        Raises:
            IndicantError: one cannot be read, or two are called alike.
        """
        known = Known() if known is None else known
        names = list(names)
        self.language = language or settings.languages[0]
        self.settings, self.words = settings, Words(self.language)
        self.others: tuple[Guidelines, ...] = ()
        if language is None:
            more = dict.fromkeys(settings.languages[1:])
            self.others = tuple(Guidelines(names, settings, one, known) for one in more)
        self.each: dict[str, Served] = {}
        with read_once(known):
            assessors = [Assessor(name, language=self.language) for name in names]
        files = _by_guideline(settings.completeness, [called(one) for one in assessors])
        for assessor in assessors:
            made = Served(assessor, settings, files.get(called(assessor)), known)
            if made.name in {*self.each, ALL}:
                raise IndicantError(f"two guidelines are called {made.name}")
            self.each[made.name] = made

    def named(self, name: str | None) -> Served:
        """Return the guideline of a name; without one, the only one or the first.

        Raises:
            Refused: there is none.
        """
        if not name:
            return next(iter(self.each.values()))
        if name not in self.each:
            names = ", ".join(self.each)
            raise Refused(404, "there is no such guideline here", help=f"one of: {names}")
        return self.each[name]

    @cached_property
    def services(self) -> dict[str, tuple[Hook, tuple[Served, ...]]]:
        """The services of CDS Hooks by their ids: of each guideline, and of all together."""
        found: dict[str, tuple[Hook, tuple[Served, ...]]] = {}
        for hook in hook_rows().hooks:
            for name, one in self.each.items():
                found[f"{name}-{hook.name}"] = (hook, (one,))
            if len(self.each) > 1:
                found[f"{ALL}-{hook.name}"] = (hook, tuple(self.each.values()))
        return found

    def discovery(self) -> dict[str, Any]:
        """Return what the service tells clients that it can do."""
        named = {
            name: ", ".join(one.label for one in some) for name, (_, some) in self.services.items()
        }
        return {
            "services": [
                {
                    "hook": hook.name,
                    "title": f"{named[name]}: {hook.name}",
                    "description": self.words("card", "service", of=named[name]),
                    "id": name,
                    "prefetch": merged([one.prefetch for one in some]),
                }
                for name, (hook, some) in self.services.items()
            ]
        }

    def answer(self, name: str, asked: Asked) -> dict[str, Any]:
        """Return what a service answers to a request.

        Raises:
            Refused: nothing could be answered, or what was sent cannot be used.
        """
        day = self.settings.day(asked.day)
        _, some = self.services[name]
        answered = [one.cards(asked, day, f"{name} {one.name}") for one in some]
        if not any(one.answered for one in answered):
            states = {k: v for one in answered for k, v in one.states.items() if v != SENT}
            told = ", ".join(sorted(states))
            raise Refused(
                412,
                "nothing can be answered without the record of the patient and at least one other",
                help=f"not prefetched, or without a record: {told}",
            )
        return {
            "cards": [card for one in answered for card in one.cards],
            "extension": {EXTENSION: {"asOf": day, **self._zone()}},
        }

    def _zone(self) -> dict[str, str]:
        return {"timezone": self.settings.timezone} if self.settings.timezone else {}
