"""Read resources of FHIR R4 and R5 as events."""

from __future__ import annotations

import contextlib
import functools
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

import pyoxigraph as ox

from indicant.files.rdf import BASE
from indicant.foreign import excerpt
from indicant.intake import events
from indicant.intake.elements import (
    MalformedError,
    a_list,
    an_object,
    codings,
    reference,
    status_values,
    texts,
    value_of,
    when,
)
from indicant.intake.events import Event, Origin, Person, Refusal
from indicant.intake.mentions import concluded, mentioned
from indicant.intake.readings import ASIDE, NOTHING, Tables
from indicant.intake.sieve import CODE_IN, PERSON_IN, element_of
from indicant.intake.times import Times

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from indicant.intake.decoding import Record
    from indicant.intake.events import Coding
    from indicant.intake.readings import Reading, RecordType

FHIR_BASE: Final = f"{BASE}fhir/"
_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")
_ABSOLUTE: Final = re.compile(r"(?:https?://|urn:(?:uuid|oid):)[^\s<>\"{}|\\^`\x00-\x20]{1,500}")
_OUTRIGHT: Final = re.compile(r"(?:https?|urn):", re.IGNORECASE)
_SERVED: Final = re.compile(r"(https?://.+/)[A-Za-z]+/[A-Za-z0-9.-]{1,64}(?:/_history/[^/]*)?")
_LAST: Final = re.compile(r"(?:(?<=/)|^)([A-Za-z]+/[A-Za-z0-9.-]{1,64})(?:/_history/[^/]*)?$")
_VERSION: Final = re.compile(r"/_history/[^/]*$")
_LONGEST: Final = 60
_MOST_KEPT: Final = 10_000
_PERSON_IN: Final = {"Immunization": "patient", "AllergyIntolerance": "patient"}
_NARROWING: Final = ("bodySite", "bodyStructure", "specimen", "method", "stage", "severity")
"""What makes a record say less than its code: that there is none of it is true of less, too."""
_BESIDE: Final = frozenset({events.PATIENT, events.SUBSTANCE, ASIDE})
_SHOWN_OF_STATUS: Final = ("status", "verificationStatus", "clinicalStatus", "intent")


class Identity(NamedTuple):
    """What a resource is called: its key, its reference, its IRI, and a name for people."""

    key: str
    reference: str
    iri: str
    name: str


@dataclass
class Resources:
    """Reads one resource after the other.

    ``zone`` says at which place the day of an instant counts; ``mentions``, whether the codes are
    looked for that stand beside that of what a record is about.
    """

    tables: Tables
    zone: ZoneInfo | None = None
    mentions: bool = False
    anonymous: int = field(default=0, repr=False)
    _readings: dict[tuple[str | frozenset[str], ...], Reading | None] = field(
        default_factory=dict, repr=False
    )

    def identity(self, record: Record) -> Identity:
        """Return what a resource is called, by its URL, its type and id, or where it stands."""
        kind = record.content.get("resourceType")
        shown = kind if isinstance(kind, str) and _ID.fullmatch(kind) else "Resource"
        given = record.content.get("id")
        name = given if isinstance(given, str) and _ID.fullmatch(given) else ""
        url = record.url if is_url(record.url) else ""
        if not name:
            tail = re.split(r"[/:]", url)[-1] if url else ""
            name = tail if _ID.fullmatch(tail) else ""
        if not name:
            self.anonymous += 1
            place = record.place or f"line {record.line or 1}"
            name = place.replace(" ", "-")
            own = url or f"{FHIR_BASE}{quote(shown)}/{quote(name)}?{self.anonymous}"
            return Identity(own, f"{shown} ({place})", own, f"{name}-{self.anonymous}")
        path = f"{shown}/{name}"
        return Identity(url or path, path, url or f"{FHIR_BASE}{path}", name)

    def refusal(self, record: Record) -> Refusal | None:
        """Return why nothing of a resource counts, whatever it says."""
        if _OUTRIGHT.match(record.url) and not is_url(record.url):
            return Refusal("malformed", "its fullUrl is no URL")
        for one in record.odd:
            if one == "modifierExtension":
                return Refusal("modifier", "an extension may turn it into its opposite")
            if one == "implicitRules":
                return Refusal("rules", "rules that are not known here may change what it means")
            return Refusal("twice", one)
        if record.method and record.method not in {"POST", "PUT"}:
            return Refusal("deleted", f"the bundle asks for {excerpt(record.method)}")
        if _is_subset(record.content):
            return Refusal("subset", "the server left parts of it out")
        if record.mode == "outcome":
            return Refusal("aside", "a message of the server")
        return None

    def persons(self, record: Record, who: Identity) -> Iterator[Person]:
        """Yield the patient that a resource is, or those that it contains."""
        if record.content.get("resourceType") == "Patient":
            yield self._person(record, record.content, who)
        contained = record.content.get("contained")
        for one in contained if isinstance(contained, list) else []:
            if isinstance(one, dict) and one.get("resourceType") == "Patient":
                own = one.get("id")
                if isinstance(own, str) and _ID.fullmatch(own):
                    inner = Identity(
                        f"{who.key}#{own}", f"{who.reference}#{own}", f"{who.iri}#{own}", own
                    )
                    yield self._person(record, one, inner)

    def _person(self, record: Record, content: dict[str, Any], who: Identity) -> Person:
        origin = Origin(who.reference, who.iri, "Patient", record.file, record.line)
        refusal = self.refusal(record)
        made = Person(who.key, who.name, origin, refusal=refusal, died=_is_dead(content) or None)
        if refusal is not None:
            return made
        try:
            died = when(content.get("deceasedDateTime"), "deceasedDateTime", self.zone)
            return replace(
                made,
                born=when(content.get("birthDate"), "birthDate", None),
                gender=texts(content.get("gender"), "gender"),
                note=_note(content),
                died=died or made.died,
            )
        except MalformedError as error:
            return replace(made, refusal=Refusal("malformed", str(error)))

    def substance(self, record: Record, who: Identity) -> Iterator[tuple[str, tuple[Coding, ...]]]:
        """Yield the codes of the medications that a resource is or contains, by their keys."""
        contained = record.content.get("contained")
        found = [
            (f"{who.key}#{one['id']}", one)
            for one in (contained if isinstance(contained, list) else [])
            if isinstance(one, dict) and isinstance(one.get("id"), str)
        ]
        for key, content in ((who.key, record.content), *found):
            if content.get("resourceType") == "Medication" and not record.odd:
                status = content.get("status")
                try:
                    codes = codings(content.get("code"), "code")
                except MalformedError:
                    codes = ()
                yield key, () if status == "entered-in-error" else codes

    def events(self, record: Record, who: Identity) -> list[Event]:
        """Return what a resource says of somebody: of a panel several, of others one."""
        content = record.content
        kind = content.get("resourceType")
        name = kind if isinstance(kind, str) else ""
        known = self.tables.types.get(name)
        origin = Origin(who.reference, who.iri, name, record.file, record.line)
        if not name:
            why = self.refusal(record) or Refusal("malformed", "it has no resourceType")
            return [Event(origin, "", refusal=why, status=excerpt(record.method))]
        if known is None:
            return [Event(origin, "", refusal=Refusal("unknown-type", excerpt(name)))]
        inner = list(self._contained(content, origin))
        if known.kind == ASIDE:
            return [*self._aside(content, known, origin), *inner]
        if known.kind in {events.PATIENT, events.SUBSTANCE}:
            return inner
        return [*self._of_patient(record, Event(origin, known.kind)), *inner]

    def _aside(self, content: dict[str, Any], known: RecordType, origin: Origin) -> Iterator[Event]:
        """Yield what is set aside: whose it is, and what it names."""
        if known.name == "OperationOutcome" and (told := _troubles(content)):
            yield Event(origin, "", refusal=Refusal("incomplete", told))
            return
        if known.name == "Bundle" and (gone := _deletions(content)):
            names = excerpt(", ".join(gone), _LONGEST)
            empty = origin._replace(record_type="")
            yield Event(empty, "", refusal=Refusal("deleted", names), status="DELETE")
            return
        made = Event(origin, ASIDE, refusal=Refusal("aside", known.note))
        if known.tells:
            for element in PERSON_IN:
                if element in content and not made.subject:
                    with contextlib.suppress(MalformedError):
                        made.subject = reference(content[element], element)
            if self.mentions:
                made.mentions = mentioned(content, ())
        yield made

    def _contained(self, content: dict[str, Any], origin: Origin) -> Iterator[Event]:
        """Yield what stands within a resource and would say something if it stood by itself."""
        contained = content.get("contained")
        for one in contained if isinstance(contained, list) else []:
            kind = one.get("resourceType") if isinstance(one, dict) else None
            known = self.tables.types.get(kind) if isinstance(kind, str) else None
            if known is not None and known.kind not in _BESIDE:
                made = Event(origin, known.kind, refusal=Refusal("contained", known.name))
                with contextlib.suppress(MalformedError):
                    made.codes = self._codes(one, known.name)
                    person = _PERSON_IN.get(known.name, "subject")
                    made.subject = reference(one.get(person), person)
                yield made

    def _of_patient(self, record: Record, made: Event) -> list[Event]:
        """Return what a resource of a type that is read says."""
        content, name = record.content, made.origin.record_type
        try:
            person = _PERSON_IN.get(name, "subject")
            made.subject = reference(content.get(person), person)
            made.codes = self._codes(content, name)
            if self.mentions:
                made.mentions = mentioned(content, _own(name))
                made.concludes = concluded(content, name)
            made.narrowed = ", ".join(one for one in _NARROWING if one in content)
            made.refusal = self.refusal(record)
            if made.refusal is not None:
                return [made]
            if record.passed:
                self._standing(content, made)
                return [made]
            if made.kind == events.OBSERVATION and not record.drafted:
                return self._observed(content, made)
            self._read(content, made)
        except MalformedError as error:
            made.refusal = Refusal("malformed", str(error))
        if record.drafted:
            made.standing = self.tables.as_draft(name, made.standing)
        return [made]

    def _codes(self, content: dict[str, Any], name: str) -> tuple[Coding, ...]:
        element = element_of(name, content)
        return codings(content.get(element), element)

    def _read(self, content: dict[str, Any], made: Event) -> None:
        """Fill in the standing of an event and its times."""
        if CODE_IN.get(made.origin.record_type) == "medication":
            element = "medicationReference" if "medicationReference" in content else "medication"
            made.substance = reference(content.get(element), element) if element in content else ""
        self._standing(content, made)
        Times(self.zone).tell(content, made)

    def _standing(
        self, content: dict[str, Any], made: Event, own: dict[str, Any] | None = None
    ) -> None:
        """Fill in the standing of an event; of a part, what it says itself counts as well."""
        name = made.origin.record_type
        both = content if own is None else {**content, **own}
        values = {one: status_values(both, one) for one in self.tables.elements[name]}
        reading = self._reading(name, values)
        told = [
            f"{element} {_status(both[element])}" for element in _SHOWN_OF_STATUS if element in both
        ]
        made.standing = NOTHING if reading is None else reading.standing
        made.reading = reading
        made.status = ", ".join(told) or "no status"

    def _reading(self, name: str, values: dict[str, frozenset[str]]) -> Reading | None:
        """Return the row that counts for a record of a type, found once for the same values."""
        key: tuple[str | frozenset[str], ...] = (name, *values.values())
        if key not in self._readings:
            if len(self._readings) >= _MOST_KEPT:
                self._readings.clear()
            self._readings[key] = self.tables.reading_of(name, values.__getitem__)
        return self._readings[key]

    def _observed(self, content: dict[str, Any], made: Event) -> list[Event]:
        """Return what an observation found, and what each of its components found."""
        Times(self.zone).tell(content, made)
        made.value = value_of(content)
        self._standing(content, made)
        if "component" not in content:
            return [made]
        found = [] if made.value is None else [made]
        for number, each in enumerate(a_list(content["component"], "component"), 1):
            part = an_object(each, "component")
            codes = codings(part.get("code"), "component.code")
            one = replace(made, codes=codes, part=number, value=None, panel=made.codes)
            found.append(one)
            try:
                one.value = value_of(part)
            except MalformedError as error:
                one.refusal = Refusal("malformed", str(error))
            self._standing(content, one, {"dataAbsentReason": part.get("dataAbsentReason")})
        return found or [made]


def resolved(target: str, who: str, base: str) -> str:
    """Return the key by which a reference is to be found.

    >>> resolved("Patient/1", "Condition/2", "")
    'Patient/1'
    >>> resolved("#p", "Condition/2", "")
    'Condition/2#p'
    >>> resolved("Patient/1/_history/3", "x", "https://a.example/fhir/Condition/2")
    'https://a.example/fhir/Patient/1'
    """
    target = _VERSION.sub("", target)
    if target.startswith("#"):
        return who + target
    if _ABSOLUTE.fullmatch(target):
        return target
    served = _SERVED.fullmatch(base)
    return served[1] + target if served else target


@functools.lru_cache(_MOST_KEPT)
def is_url(text: str) -> bool:
    """Tell whether a text is an absolute URL, which may be the name of a record.

    >>> is_url("https://a.example/fhir/Condition/1"), is_url("http://[::1"), is_url("urn:uuid:1")
    (True, False, True)
    """
    if not _ABSOLUTE.fullmatch(text):
        return False
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True


def deleted(record: Record) -> list[str]:
    """Return the type and id of each record that one asks to be deleted."""
    if record.method == "DELETE":
        found = _LAST.search(record.target)
        return [found[1]] if found else []
    return _deletions(record.content) if record.content.get("resourceType") == "Bundle" else []


def _deletions(content: dict[str, Any]) -> list[str]:
    """Return what a bundle asks to be deleted, where it asks for nothing else."""
    entries = content.get("entry")
    found = []
    for one in entries if isinstance(entries, list) else []:
        request = one.get("request") if isinstance(one, dict) else None
        asked = request if isinstance(request, dict) and "resource" not in one else {}
        target = asked.get("url") if asked.get("method") == "DELETE" else None
        last = _LAST.search(target) if isinstance(target, str) else None
        if last is None:
            return []
        found.append(last[1])
    return found


def _own(name: str) -> tuple[str, ...]:
    """Return the elements of a record of a type that say what it is about."""
    element = CODE_IN.get(name, "code")
    return (element, "medicationCodeableConcept", "component")


def _is_dead(content: dict[str, Any]) -> bool:
    """Tell whether a patient's record says anything else than that the patient lives."""
    given = {key: one for key, one in content.items() if key.lstrip("_").startswith("deceased")}
    return any(one not in (None, False) for one in given.values())


def _note(content: dict[str, Any]) -> str:
    """Return what a patient's record says of itself: that it is not the only one, or not used."""
    links = content.get("link")
    for one in links if isinstance(links, list) else []:
        if isinstance(one, dict) and one.get("type") == "replaced-by":
            return "the record of the patient was replaced by another one"
    if links:
        return "the patient has another record"
    given = content.get("active", content.get("_active"))
    return "" if given in (None, True) else "the record of the patient is not in use"


def _troubles(content: dict[str, Any]) -> str:
    """Return what a server tells that it could not hand over, or did otherwise."""
    issues = content.get("issue")
    for one in issues if isinstance(issues, list) and issues else [None]:
        if not isinstance(one, dict):
            return "a message without an issue"
        if one.get("severity") not in {"information", "success"} or one.get("code") not in {
            "informational",
            "success",
        }:
            return f"{_status(one.get('severity'))}: {_status(one.get('code'))}"
    return ""


def _is_subset(content: dict[str, Any]) -> bool:
    """Tell whether a server says that it left parts of a resource out."""
    meta = content.get("meta")
    tags = meta.get("tag") if isinstance(meta, dict) else None
    return any(
        isinstance(one, dict) and one.get("code") == "SUBSETTED"
        for one in (tags if isinstance(tags, list) else [])
    )


def _status(value: Any) -> str:
    """Return a status as a message shows it."""
    if isinstance(value, str):
        return excerpt(value, _LONGEST)
    try:
        codes = [one.code for one in codings(value, "status")]
    except MalformedError:
        codes = []
    return excerpt(" ".join(codes) or "without a code", _LONGEST)
