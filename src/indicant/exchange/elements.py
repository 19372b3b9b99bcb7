"""Make the elements that resources of FHIR consist of, in the form of a release."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote

from indicant.errors import IndicantError
from indicant.exchange.renderings import EXCHANGE
from indicant.files.rdf import BASE, text_of
from indicant.foreign import marked, prose
from indicant.terms import GENID, IND, PROV, local_name

if TYPE_CHECKING:
    from indicant.files.rdf import Document

Resource = dict[str, Any]
ReleaseName = Literal["R4", "R5"]
RELEASES: Final[tuple[ReleaseName, ...]] = ("R4", "R5")
URI: Final = "urn:ietf:rfc:3986"
"""The system of identifiers that are URIs."""
_OWN: Final = BASE + "fhir/"
"""What a record is called of which the source says no URL: see ``intake``."""
_RECORD: Final = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}")
_NAMELESS: Final = ("urn:uuid:", "urn:oid:")
"""How records are called whose names do not tell their type."""
_LINKS: Final = frozenset(IND + name for name in ("hasFinding", "hadFinding", "shows"))
"""What leads from a case, or from what was done, to a finding."""
_TEXT: Final = 100_000
"""How many characters a text may have; what is longer is cut, and ends in an ellipsis."""


@dataclass(frozen=True)
class Release:
    """What R4 and R5 say differently."""

    name: ReleaseName
    group: str

    @property
    def is_r5(self) -> bool:
        """Tell whether it is R5."""
        return self.name == "R5"

    def concept(self, concept: Resource) -> Resource:
        """Return a concept where R5 has either a concept or a reference."""
        return {"concept": concept} if self.is_r5 else concept

    def one(self, value: Resource) -> Any:
        """Return an element that R4 may have several of, and R5 one."""
        return value if self.is_r5 else [value]

    def several(self, value: Resource) -> Any:
        """Return an element that R5 may have several of, and R4 one."""
        return [value] if self.is_r5 else value

    def supporting(self, references: list[Resource]) -> list[Resource]:
        """Return what supports a service: of R5 either a concept or a reference."""
        return [{"reference": one} for one in references] if self.is_r5 else references


_RELEASES: Final = {
    "R4": Release("R4", "RequestGroup"),
    "R5": Release("R5", "RequestOrchestration"),
}


def release(name: str) -> Release:
    """Return a release by its name.

    Raises:
        IndicantError: there is none of that name.
    """
    found = _RELEASES.get(name)
    if found is None:
        raise IndicantError(f"there is no release '{name}' here", help="one of: R4, R5")
    return found


def text(words: str) -> str:
    r"""Return a text that FHIR takes: on one line, with what is not seen spelt out.

    >>> print(text(" a\u2028b\x1b "))
    a b\u001b
    """
    found = prose(words).strip()
    return found if len(found) <= _TEXT else f"{found[: _TEXT - 1]}…"


def markdown(words: str) -> str:
    """Return a text as Markdown that shows it as it is."""
    return marked(text(words))


def identity(kind: str, *parts: str) -> str:
    """Return the id of a resource, which is another for other parts and never another for the same.

    >>> identity("Bundle", "a") == identity("Bundle", "a") != identity("Bundle", "b")
    True
    """
    name = " ".join(quote(one, safe=":/#") for one in (kind, *parts))
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{EXCHANGE}{name}"))


def link(resource: Resource, *, display: str = "") -> Resource:
    """Return a reference to a resource of the same bundle."""
    found = {"reference": f"urn:uuid:{resource['id']}", "type": resource["resourceType"]}
    return {**found, "display": text(display)} if text(display) else found


def coding_of(iri: str, label: str) -> Resource:
    """Return a term of a vocabulary of ours, or of anybody's RDF, as a code.

    >>> coding_of("https://example.org/Rash", "rash")
    {'system': 'https://example.org/', 'code': 'Rash', 'display': 'rash'}
    >>> coding_of("https://example.org/rash/", "")
    {'system': 'urn:ietf:rfc:3986', 'code': 'https://example.org/rash/'}
    """
    cut = max(iri.rfind("#"), iri.rfind("/")) + 1
    system, code = (iri[:cut], iri[cut:]) if 0 < cut < len(iri) else (URI, iri)
    found = {"system": system, "code": code}
    return {**found, "display": text(label)} if text(label) else found


def extension(url: str, **value: Any) -> Resource:
    """Return an extension with one value, or with extensions of its own (``extension=[…]``)."""
    return {"url": url, **value}


def own(name: str, **value: Any) -> Resource:
    """Return an extension that is called as a property of the guideline language."""
    return extension(IND + name, **value)


def pruned(resource: Resource) -> Resource:
    """Return a resource without elements that hold nothing, which FHIR does not have."""
    return {name: value for name, value in resource.items() if value not in (None, "", [], {})}


class Origins:
    """Knows which records of others the nodes of a document stand for."""

    def __init__(self, document: Document) -> None:
        self._from: dict[str, list[str]] = {}
        self._findings: set[str] = set()
        for quad in document.quads:
            if quad.predicate.value == PROV + "wasDerivedFrom":
                self._from.setdefault(text_of(quad.subject), []).append(text_of(quad.object))
            elif quad.predicate.value in _LINKS:
                self._findings.add(text_of(quad.object))

    def subject(self, case: str) -> Resource:
        """Return who a case is of: the patient's record, or the case by its IRI."""
        sources = sorted(set(self._from.get(case, ())))
        for one in sources:
            if _kind(one) == "Patient" or (len(sources) == 1 and one.startswith(_NAMELESS)):
                return {"reference": _address(one), "type": "Patient"}
        return {"type": "Patient", "identifier": {"system": URI, "value": case}}

    def reasons(self, node: str, case: str, types: frozenset[str]) -> list[Resource]:
        """Return what of a node may stand where a reason is one of these types.

        Of a record whose name does not tell its type, and of a node of the case, it is known
        whether it is a finding; what was done is no reason in the standard.
        """
        return [
            one
            for one in self.of(node, case)
            if one.get("type") in types or ("type" not in one and node in self._findings)
        ]

    def of(self, node: str, case: str) -> list[Resource]:
        """Return the records that a node was derived from, or the node itself by its IRI."""
        if node == case:
            return [self.subject(case)]
        found: list[Resource] = []
        for one in sorted(set(self._from.get(node, ()))):
            kind = _kind(one)
            if kind or one.startswith(_NAMELESS):
                found.append(pruned({"reference": _address(one), "type": kind}))
        if found:
            return found
        made: Resource = {"identifier": {"system": URI, "value": node}}
        if GENID not in node and text(local_name(node)):
            made["display"] = text(local_name(node))
        return [made]


def _kind(iri: str) -> str:
    """Return the type of the record that an IRI names, or nothing."""
    found = _RECORD.fullmatch(_address(iri))
    return found[1] if found else ""


def _address(iri: str) -> str:
    """Return how FHIR refers to a record.

    >>> _address("https://w3id.org/indicant/case/fhir/Condition/a")
    'Condition/a'
    """
    return iri.removeprefix(_OWN)
