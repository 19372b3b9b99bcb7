"""Take the patients of a source, each with a case and with what became of the records."""

from __future__ import annotations

import itertools
import os
import re
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO, Final

from indicant.errors import IndicantError
from indicant.files.rdf import STDIN
from indicant.foreign import excerpt
from indicant.guideline.mappings import read_sssom
from indicant.guideline.names import prefixes_in
from indicant.intake import events
from indicant.intake.casegraph import case_iri
from indicant.intake.codes import Terms
from indicant.intake.completeness import NO_CLAIMS, read_claims
from indicant.intake.decisions import Decider
from indicant.intake.decoding import Broken
from indicant.intake.fhir import Resources, deleted, resolved
from indicant.intake.gaps import Gaps
from indicant.intake.mapping import is_mapped, is_tables, read_mapping
from indicant.intake.persons import Persons, no_patient
from indicant.intake.readings import ASIDE, tables
from indicant.intake.report import Left, Report
from indicant.intake.sieve import Sieve
from indicant.intake.supply import Supply
from indicant.intake.unknown import UnknownCodes

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable, Iterator, Sequence, Set
    from zoneinfo import ZoneInfo

    from indicant.files.rdf import Document
    from indicant.files.sources import Source
    from indicant.guideline.vocabulary import Vocabulary
    from indicant.intake.completeness import Claims
    from indicant.intake.decoding import Record
    from indicant.intake.events import Coding, Event, People, Person
    from indicant.intake.report import Code, PatientReport
    from indicant.intake.together import Decided

MOST_EVENTS: Final = 2_000_000
"""How many findings, acts and observations are held at once: some 2 GB."""
AS_OF_HELP: Final = (
    "say for which day the patient is to be assessed:  --as-of YYYY-MM-DD  (no clock is read)"
)
_FEW: Final = 5_000
"""How many records are kept whole, so that they can be compared with others of the same name."""
_FILE: Final = re.compile(r"[^A-Za-z0-9.-]+")
_PERSON: Final = re.compile(r"0|-?[1-9][0-9]{0,17}")
_NAMED: Final = re.compile(r"(?:(?<=/)|^)(Patient/[A-Za-z0-9.-]{1,64})(?:/_history/.*)?$")


@dataclass(frozen=True)
class Options:
    """How a source is to be read; of a database ``persons`` alone, where any are named."""

    as_of: datetime.date
    zone: ZoneInfo | None = None
    completeness: str | Claims | None = None
    persons: tuple[str, ...] = ()


@dataclass
class Taken:
    """The cases of a source as documents, in the order of its patients, and the report."""

    documents: list[Document]
    report: Report


@dataclass
class Read:
    """What was decided of each patient of a source, the report, and whose records nobody knows."""

    decided: list[Decided]
    report: Report
    adrift: list[tuple[Event, str]]


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its name.

    Raises:
        IndicantError: there is none of that name on this machine.
    """
    import zoneinfo

    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise IndicantError(
            f"unknown time zone '{excerpt(name)}'",
            help="write it as in Europe/Berlin; where no zone is known, install tzdata",
        ) from error


class Intake:
    """Reads sources for one guideline: its terms, its tables of codes, tables of one's own.

    Raises:
        IndicantError: a table cannot be read.
    """

    def __init__(self, source: Source, vocabulary: Vocabulary, codes: Iterable[str] = ()) -> None:
        own = [read_sssom(path) for path in codes]
        self._vocabulary = vocabulary
        self._terms = Terms.of(source, vocabulary, tables(), own)
        self._prefixes = prefixes_in(one.text for one in source.documents)
        self._sieve = Sieve(self._terms)

    def take(
        self,
        path: str,
        options: Options,
        *,
        stdin: BinaryIO | None = None,
        data: bytes | None = None,
        strict: bool = False,
    ) -> Taken:
        """Read all patients of a source.

        Args:
            path: a file, a folder or how a server is reached; ``-`` is ``stdin``.
            options: how to read it.
            stdin: where to read what ``-`` stands for.
            data: what the file holds, where it was read already.
            strict: whether a line that is no record ends it.

        Raises:
            IndicantError: the source cannot be read, or holds no patient.
        """
        if data is None and path != STDIN and is_tables(path):
            return self._take_tables(path, options, self.claims(options.completeness))
        if options.persons:
            raise IndicantError(
                "persons are named of databases alone", file=path, help="leave out  --person"
            )
        shown = "<stdin>" if path == STDIN else path
        return self.gather([Supply(path, stdin, data)], shown, options, strict=strict)

    def gather(
        self,
        supplies: Sequence[Supply],
        shown: str,
        options: Options,
        *,
        strict: bool = False,
        missing: Iterable[str] = (),
    ) -> Taken:
        """Read what several supplies hold as one source; see ``read``."""
        made = self.read(supplies, shown, options, strict=strict, missing=missing)
        documents = []
        for decided, name in zip(made.decided, _files(made.decided), strict=True):
            place = os.path.join(shown, name)
            documents.append(decided.graph.document(place, self._prefixes))
        return Taken(documents, made.report)

    def read(
        self,
        supplies: Sequence[Supply],
        shown: str,
        options: Options,
        *,
        strict: bool = False,
        missing: Iterable[str] = (),
        everybody: Set[str] = frozenset(),
    ) -> Read:
        """Read what several supplies hold as one source, and write nothing.

        Where one of them holds orders that are not given yet, a case says that there are no others.

        Args:
            supplies: what there is; of a record that stands in several, the first counts.
            shown: what the source is called.
            options: how to read it.
            strict: whether a line that is no record ends it.
            missing: why it may not be all, in words.
            everybody: the references of patients who are elsewhere in the source, where it is
                read in parts; a part without a patient is then no error.

        Raises:
            IndicantError: something cannot be read, or there is no patient.
        """
        claims = self.claims(options.completeness)
        drafts = [one for one in supplies if one.drafted]
        reading = Resources(tables(), options.zone, mentions=claims is not None)
        gathered = _Gathered(reading, self._terms, everybody)
        for each in supplies:
            each.sieve = None if drafts else self.sieve(claims)
        for one in itertools.chain.from_iterable(each.records() for each in supplies):
            if isinstance(one, Broken):
                if strict:
                    raise IndicantError(
                        one.message, file=one.file, line=one.line, help="fetch the file again"
                    )
                gathered.broken(one)
            else:
                gathered.take(one)
        gathered.finish(shown)
        made = self._decide(gathered, options)
        elsewhere = [*(why for each in supplies for why in each.missing()), *missing]
        if claims is not None or drafts:
            gaps = Gaps(self._terms, claims or NO_CLAIMS, elsewhere, gathered.adrift)
            for decided in made:
                gaps.state(decided)
                for each in drafts:
                    gaps.state_drafts(decided, each.path, each.missing())
        report = gathered.report(shown, options.as_of, made)
        partial = [why for each in supplies for why in each.partial]
        report.remarks += [f"{why}: what else there is is not known" for why in partial]
        if beside := [name for each in supplies for name in each.beside]:
            names = ", ".join(excerpt(name) for name in beside[:5])
            report.remarks.append(f"not read: {names}")
        return Read(made, report, gathered.adrift)

    def claims(self, given: str | Claims | None) -> Claims | None:
        """Return what is said to be complete, read where it is a file.

        Raises:
            IndicantError: it cannot be read.
        """
        return read_claims(given, self._vocabulary) if isinstance(given, str) else given

    def sieve(self, claims: Claims | None) -> Sieve | None:
        """Return what tells which records need not be read in full, where nothing is complete."""
        return self._sieve if claims is None else None

    @property
    def terms(self) -> Terms:
        """The codes that the tables know, with what of the vocabulary is needed to use them."""
        return self._terms

    def _take_tables(self, path: str, options: Options, claims: Claims | None) -> Taken:
        documents: list[Document] = []
        names: set[str] = set()
        reports: list[PatientReport] = []
        with self.persons(path, options, claims) as found:
            for decided in found.decided():
                reports.append(decided.report)
                place = os.path.join(found.source.shown, _file(decided.report.patient, names))
                documents.append(decided.graph.document(place, self._prefixes))
            return Taken(documents, found.report(reports))

    @contextmanager
    def persons(self, path: str, options: Options, claims: Claims | None) -> Iterator[Persons]:
        """Open a database, or tables of one's own, whose persons are read one by one.

        Raises:
            IndicantError: it cannot be read.
        """
        from indicant.intake.databases import opened
        from indicant.intake.omop import CdmPeople
        from indicant.intake.owntables import OwnPeople, stem

        mapped = read_mapping(path, tables()) if is_mapped(path) else []
        for one in options.persons:
            if not mapped and not _PERSON.fullmatch(one):
                raise IndicantError(f"'{excerpt(one)}' is no person_id", help="it is a number")
        own = {stem(one.file) for one in mapped if one.file}
        database = opened(path, own if mapped else tables().cdm.keys())
        try:
            source: People = (
                OwnPeople(database, mapped, tables(), options.persons)
                if mapped
                else CdmPeople(database, tables(), options.persons)
            )
            yield Persons(self._terms, options, claims, source)
        finally:
            database.close()

    def _decide(self, gathered: _Gathered, options: Options) -> list[Decided]:
        iris: set[str] = set()
        found = []
        for person in gathered.persons.values():
            iri = case_iri(person.name, iris)
            decider = Decider(self._terms, options.as_of, person, iri)
            found.append(decider.decide(gathered.of_person.get(person.key, ())))
        return found


@dataclass
class _Gathered:
    """All that a source holds, put with the patients that it is about."""

    resources: Resources
    terms: Terms
    everybody: Set[str] = frozenset()
    persons: dict[str, Person] = field(default_factory=dict)
    of_person: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    left: list[Left] = field(default_factory=list)
    adrift: list[tuple[Event, str]] = field(default_factory=list)
    records: int = 0
    types: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._digests: dict[str, int | Record] = {}
        self._twice: set[str] = set()
        self._same: dict[str, str] = {}
        self._deleted: set[str] = set()
        self._events: list[tuple[Event, str, str]] = []
        self._substances: dict[str, tuple[Coding, ...]] = {}
        self._alias: dict[str, list[str]] = defaultdict(list)

    def broken(self, one: Broken) -> None:
        """Take note of a line that is no record."""
        self.records += 1
        self.left.append(Left(f"line {one.line}", "broken", one.message, one.file, one.line))

    def take(self, record: Record) -> None:
        """Take a record."""
        self.records += 1
        kind = record.content.get("resourceType")
        self.types[excerpt(kind) if isinstance(kind, str) else "none"] += 1
        who = self.resources.identity(record)
        self._deleted.update(deleted(record))
        if who.key in self._digests:
            if self._digest_of(who.key) != record.digest():
                self._twice.add(who.key)
                self._note_deaths(self.resources.persons(record, who))
            return
        # What it says is put in a word when it is asked for, while there are few that are kept.
        few = len(self._digests) < _FEW
        self._digests[who.key] = record if few else record.digest()
        self._alias[who.reference].append(who.key)
        if record.beside:
            return
        if not record.passed:
            for person in self.resources.persons(record, who):
                if person.refusal is None or person.refusal.reason != "deleted":
                    self.persons[person.key] = person
            for key, codes in self.resources.substance(record, who):
                self._substances[key] = codes
        for event in self.resources.events(record, who):
            self._events.append((event, who.key, record.url))
        if len(self._events) > MOST_EVENTS:
            raise IndicantError(
                f"holds more than {MOST_EVENTS:,} findings, acts and observations",
                file=record.file,
                help="give the records of fewer patients at a time",
            )

    def _digest_of(self, key: str) -> int:
        """Return what a record that was taken has in common with those that are written alike."""
        found = self._digests[key]
        if isinstance(found, int):
            return found
        digest = self._digests[key] = found.digest()
        return digest

    def _note_deaths(self, found: Iterable[Person], keys: Iterable[str] = ()) -> None:
        """Have a patient be dead where one of the records that may be of this patient says so."""
        for one in found:
            for key in keys or (one.key,):
                known = self.persons.get(key)
                if known is not None and one.died and known.died is not True:
                    self.persons[key] = replace(known, died=True)

    def finish(self, shown: str) -> None:
        """Put the records with their patients.

        Raises:
            IndicantError: there is no patient.
        """
        if not self.persons and not self.everybody:
            raise no_patient(shown, Counter(one.subject for one, _, _ in self._events))
        self._identify()
        for key, person in list(self.persons.items()):
            if key.partition("#")[0] in self._twice:
                refusal = events.Refusal("duplicate", "it stands twice, and is not the same")
                self.persons[key] = replace(person, refusal=refusal)
            elif person.origin.reference in self._deleted:
                refusal = events.Refusal("deleted", "it is deleted as well")
                self.persons[key] = replace(person, refusal=refusal)
        for one, key, url in self._events:
            event = one
            if key in self._twice:
                event = replace(event, refusal=events.Refusal("duplicate"))
            elif key in self._same:
                continue
            elif event.origin.reference in self._deleted:
                refusal = events.Refusal("deleted", "handed over, and deleted as well")
                event = replace(event, refusal=refusal)
            if event.substance and not event.codes:
                event = self._with_substance(event, key, url)
            self._place(event, key, url)
        self._events.clear()
        self.persons = {
            key: one for key, one in self.persons.items() if "#" not in key or key in self.of_person
        }
        if not self.persons and not self.everybody:
            raise no_patient(shown, Counter())

    def _identify(self) -> None:
        """Find the records that are one under several names.

        What has no URL of a server may be the record that a server calls alike. Where all are
        written alike there is one, and otherwise none of them counts.
        """
        for keys in self._alias.values():
            served = sum(key.startswith("http") for key in keys)
            if len(keys) < 2 or served == len(keys):
                continue
            if served < 2 and len({self._digest_of(key) for key in keys} | self._spoilt(keys)) == 1:
                self._same.update((key, keys[0]) for key in keys[1:])
                for key in keys[1:]:
                    self.persons.pop(key, None)
            else:
                self._twice.update(keys)
                self._note_deaths([self.persons[key] for key in keys if key in self.persons], keys)

    def _spoilt(self, keys: Iterable[str]) -> set[int]:
        """Return something that is no digest, for each of some records that stands twice."""
        return {-1 - at for at, key in enumerate(keys) if key in self._twice}

    def _with_substance(self, event: Event, key: str, url: str) -> Event:
        """Return an event with the codes of the medication that its record refers to."""
        found = self._found(event.substance, key, url, self._substances) or ""
        if found.partition("#")[0] in self._twice:
            told = f"it refers to {excerpt(event.substance, 80)}, which says two things"
            return replace(event, refusal=event.refusal or events.Refusal("duplicate", told))
        return replace(event, codes=self._substances.get(found, ()))

    def _place(self, event: Event, key: str, url: str) -> None:
        origin = event.origin
        person = self._found(event.subject, key, url, self.persons) if event.subject else None
        if person is not None:
            self.of_person[person].append(event)
            return
        if event.kind == ASIDE or event.refusal is not None:
            reason, detail = (
                (event.refusal.reason, event.refusal.detail) if event.refusal else ("aside", "")
            )
        else:
            reason = "no-patient"
            detail = (
                excerpt(event.subject, 80) if event.subject else "it says of nobody whose it is"
            )
        self.left.append(Left(origin.reference, reason, detail, origin.file, origin.line))
        if not self._is_anothers(event.subject):
            self.adrift.append((event, reason))

    def _is_anothers(self, subject: str) -> bool:
        """Tell whether a reference names a patient who surely is none of those that are here.

        What another server calls alike may be the same patient, and whoever has no name here may
        have one there.
        """
        named = _NAMED.search(subject)
        if named is None:
            return False
        here = {one.origin.reference for one in self.persons.values() if "#" not in one.key}
        if named[1] in self.everybody:
            return False
        return named[1] not in here and all(_NAMED.fullmatch(one) for one in here)

    def _found(self, target: str, key: str, url: str, among: Iterable[str]) -> str | None:
        name = resolved(target, key, url)
        container, mark, part = name.partition("#")
        name = self._same.get(container, container) + mark + part
        if name in among:
            return name
        # What two servers call alike is not one.
        served = url.startswith("http")
        aliases = {
            self._same.get(one, one)
            for one in self._alias.get(name, ())
            if not (served and one.startswith("http"))
        }
        found = [one for one in aliases if one in among]
        return found[0] if len(found) == 1 else None

    def report(self, shown: str, as_of: datetime.date, made: list[Decided]) -> Report:
        """Return what became of everything."""
        return Report(
            shown,
            as_of.isoformat(),
            [one.report for one in made],
            self.left,
            self._unknown(),
            self.records,
            dict(sorted(self.types.items())),
        )

    def _unknown(self) -> list[Code]:
        """Return the codes that no table knows, the most frequent first."""
        found = UnknownCodes(self.terms)
        for of_one in self.of_person.values():
            found.note(of_one)
        return found.rows()


def _files(made: list[Decided]) -> list[str]:
    """Return a name of a file for each case, no two alike, also where case does not count."""
    taken: set[str] = set()
    return [_file(one.report.patient, taken) for one in made]


def _file(patient: str, taken: set[str]) -> str:
    """Return a name of a file for the case of a patient, which no other has."""
    stem = _FILE.sub("-", patient).strip(".-")[:80] or "patient"
    name, number = stem, 1
    while name.lower() in taken:
        number += 1
        name = f"{stem}-{number}"
    taken.add(name.lower())
    return f"{name}.ttl"
