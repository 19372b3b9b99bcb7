"""Tell which records can count for nothing, whatever they say, without reading them in full.

Of a chart most records are bills, or have codes that no table knows. Nothing of them reaches a
case, so of these alone it is not looked for what else is odd about them; every record of which
anything may count is read by the decoder that sees names that stand twice, and numbers as they are
written. Where something is said to be complete, what a record says beside its code matters as well,
and nothing passes through here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from indicant.intake import events
from indicant.intake.decoding import whole_of
from indicant.intake.elements import MalformedError, codings
from indicant.intake.readings import ASIDE
from indicant.intake.splitting import MALFORMED, is_plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from indicant.intake.codes import Terms
    from indicant.intake.events import Coding

MOST_OF_ONE: Final = 2_000_000
"""How many bytes a record may have that is not read in full: it has at most half as many parts."""
CODE_IN: Final = {
    "Immunization": "vaccineCode",
    "Encounter": "type",
    "MedicationRequest": "medication",
    "MedicationStatement": "medication",
    "MedicationAdministration": "medication",
    "MedicationDispense": "medication",
}
"""Where a resource says what it is about, if not in its ``code``."""
PERSON_IN: Final = ("subject", "patient", "for", "individual")
"""Where a resource says whom it is about."""
_MOST_NESTED: Final = 400
"""How many objects and lists a line may have that is looked at without being read."""
_READ_IN_FULL: Final = frozenset({"Bundle", "Composition", "OperationOutcome"})


class _Head(msgspec.Struct, rename={"for_": "for"}):
    resourceType: Any = None  # noqa: N815 - as FHIR has it
    id: Any = None
    contained: Any = None
    subject: Any = None
    patient: Any = None
    for_: Any = None
    individual: Any = None


class Entry(msgspec.Struct):
    """What of an entry of a bundle says which record it is, and what is to be done with it."""

    fullUrl: Any = None  # noqa: N815 - as FHIR has it
    request: Any = None
    search: Any = None
    resource: _Head | None = None


_NAMES: Final = _Head.__struct_encode_fields__
_ENTRY: Final = msgspec.json.Decoder(Entry)
_HEAD: Final = msgspec.json.Decoder(_Head)


def glanced(line: bytes) -> dict[str, Any] | None:
    r"""Return what a line says, where it surely is a record, with nothing odd about whose it is.

    What is returned is for seeing what the record is and whose, before it is read: whatever this
    takes the decoder takes as well, and it finds the same there.

    >>> glanced(b'{"resourceType": "Basic", "id": "a"}')
    {'resourceType': 'Basic', 'id': 'a'}
    >>> glanced(b'{"resourceType": "Basic", "id": 1}'), glanced(b'{"a": NaN}')
    (None, None)
    """
    if len(line) > MOST_OF_ONE or line.count(b"{") + line.count(b"[") > _MOST_NESTED:
        return None
    try:
        found = whole_of(line)
    except MALFORMED:
        return None
    if type(found) is not dict or "contained" in found:
        return None
    kind = found.get("resourceType")
    if type(kind) is not str or kind in _READ_IN_FULL or type(found.get("id")) is not str:
        return None
    for name in PERSON_IN:
        one = found.get(name)
        if one is not None and (type(one) is not dict or type(one.get("reference", "")) is not str):
            return None
    return found


class Sieve:
    """Looks at records before they are read, for one guideline and its tables of codes."""

    def __init__(self, terms: Terms) -> None:
        """Take what is known of codes."""
        self._terms, self._types = terms, terms.tables.types
        referred = {events.PATIENT, events.SUBSTANCE}
        self._referred = [one for one, known in self._types.items() if known.kind in referred]

    def entry(self, data: bytes, *, plain: bool) -> tuple[Entry, dict[str, Any]] | None:
        """Return an entry of which nothing can count, with what is to be told of it.

        ``plain`` says that the names of its elements hide nothing.
        """
        if len(data) > MOST_OF_ONE or not (plain or is_plain(data)):
            return None
        try:
            entry = _ENTRY.decode(data)
            head = entry.resource
            if head is None:
                return None
            told = self._told(head, lambda: whole_of(data)["resource"])
        except MALFORMED:
            return None
        return None if told is None else (entry, told)

    def line(self, data: bytes) -> dict[str, Any] | None:
        """Return what is to be told of a record of which nothing can count."""
        if len(data) > MOST_OF_ONE or not is_plain(data):
            return None
        try:
            data.decode("utf-8")
            return self._told(_HEAD.decode(data), lambda: whole_of(data))
        except MALFORMED:
            return None

    def _told(self, head: _Head, whole: Callable[[], Any]) -> dict[str, Any] | None:
        kind = head.resourceType
        known = self._types.get(kind) if isinstance(kind, str) else None
        if known is None or kind in _READ_IN_FULL or not self._is_plain_within(head.contained):
            return None
        if known.kind == ASIDE:
            given = msgspec.structs.astuple(head)
            return {
                key: value for key, value in zip(_NAMES, given, strict=True) if value is not None
            }
        if known.kind in {events.PATIENT, events.SUBSTANCE}:
            return None
        content = whole()
        return content if self._says_nothing(kind, content) else None

    def _is_plain_within(self, contained: Any) -> bool:
        """Tell whether a record contains nobody, and nothing that another one refers to."""
        if contained is None:
            return True
        if not isinstance(contained, list):
            return False
        return all(
            isinstance(one, dict) and one.get("resourceType") not in self._referred
            for one in contained
        )

    def _says_nothing(self, kind: str, content: dict[str, Any]) -> bool:
        """Tell whether a record has codes, and whether no table knows any of them."""
        if "component" in content:
            return False
        try:
            codes = codings(content.get(element_of(kind, content)), "code")
        except MalformedError:
            return False
        return bool(codes) and not any(map(self._is_known, codes)) and not self._near(codes)

    def _is_known(self, code: Coding) -> bool:
        return self._terms.answer(code) is not None

    def _near(self, codes: tuple[Coding, ...]) -> bool:
        return bool(self._terms.meant(codes).near)


def element_of(kind: str, content: dict[str, Any]) -> str:
    """Return the element in which a resource says what it is about."""
    element = CODE_IN.get(kind, "code")
    if element == "medication" and "medicationCodeableConcept" in content:
        return "medicationCodeableConcept"
    return element
