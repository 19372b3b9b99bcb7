"""Answer what the commands answer, for a document that is sent: assess, why, next and whatif."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from indicant.errors import IndicantError
from indicant.explain.next import next_facts
from indicant.explain.whatif import what_if
from indicant.explain.why import find_action, why
from indicant.foreign import as_json
from indicant.intake.supply import is_fhir
from indicant.serve.guidelines import FHIR, cases_in
from indicant.serve.hookrequest import checked_day, checked_json
from indicant.serve.refusals import Refused, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from indicant.assess.assessor import Assessor
    from indicant.files.rdf import Document
    from indicant.serve.guidelines import Guidelines

FORMS: Final = {
    "application/fhir+json": FHIR,
    "application/ld+json": "jsonld",
    "application/n-quads": "nq",
    "application/n-triples": "nt",
    "application/rdf+xml": "rdf",
    "application/trig": "trig",
    "text/turtle": "ttl",
}
"""What a document that is sent may be, by its media type."""
JSON: Final = "application/json"
STATUSES: Final = (
    "recommended",
    "conditional",
    "conflicting",
    "contraindicated",
    "undetermined",
    "not-applicable",
)
_FEWEST, _MOST = 1, 8
FACTS: Final = 4
TRIES: Final = 20_000
"""At how many sets of facts a request is looked for changes, for all patients together."""
_COMMON: Final = frozenset({"guideline", "asOf"})


class Envelope(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A document with what is asked of it, as one object of JSON."""

    case: msgspec.Raw
    guideline: str | None = None
    as_of: str | None = None
    all: bool | None = None
    action: str | None = None
    to: str | None = None
    facts: int | None = None
    edits: list[str] | None = None


@dataclass(frozen=True)
class Question:
    """A document that was sent, and what is asked of it."""

    data: bytes
    form: str
    asked: Mapping[str, Any] = field(default_factory=dict)


def question(body: bytes, media_type: str, query: Iterable[tuple[str, str]]) -> Question:
    """Return what a request asks.

    Args:
        body: the document, or an object with it.
        media_type: what the body is said to be, without parameters.
        query: the parameters of the URL.

    Raises:
        Refused: it is nothing that is taken.
    """
    asked: dict[str, Any] = {}
    for name, value in query:
        if name in asked:
            raise Refused(400, "a parameter is given twice")
        asked[name] = value
    if not body.strip():
        raise Refused(400, "the body is empty", help="send a case")
    if media_type in FORMS:
        return Question(body, FORMS[media_type], asked)
    if media_type != JSON:
        raise Refused(
            415, "the media type is not taken", help=f"one of: {', '.join([*FORMS, JSON])}"
        )
    said = checked_json(body)
    if not isinstance(said, dict):
        raise Refused(400, "the body is no object of JSON")
    if "case" not in said:
        return Question(body, FHIR if is_fhir(body) else "jsonld", asked)
    try:
        given = msgspec.json.decode(body, type=Envelope)
    except (msgspec.MsgspecError, RecursionError) as error:
        names = ", ".join(Envelope.__struct_encode_fields__)
        raise Refused(400, "the object is none with a case", help=f"it has: {names}") from error
    for name in Envelope.__struct_encode_fields__:
        if name != "case" and said.get(name) is not None:
            if name in asked:
                raise Refused(400, "a parameter is given twice")
            asked[name] = said[name]
    if isinstance(said["case"], str):
        return Question(said["case"].encode(), "ttl", asked)
    raw = bytes(given.case)
    return Question(raw, FHIR if is_fhir(raw) else "jsonld", asked)


class Asking:
    """Answers questions with the guidelines of a service."""

    def __init__(self, guidelines: Guidelines) -> None:
        """Take the guidelines."""
        self._guidelines = guidelines

    def assess(self, given: Question) -> str:
        """Return what ``indicant assess --format json`` prints.

        Raises:
            Refused: the document or a parameter is no good.
        """
        _only(given, _COMMON | {"all"})
        everything = _flag(given.asked.get("all"))
        return self._answer(
            given, lambda assessor, one, _: assessor.assess(one, everything=everything)
        )

    def why(self, given: Question) -> str:
        """Return what ``indicant why --format json`` prints.

        Raises:
            Refused: the document or a parameter is no good.
        """
        _only(given, _COMMON | {"action", "to", "facts"})
        action, to = given.asked.get("action"), given.asked.get("to")
        if not action:
            raise Refused(400, "no action is named", help="action=…, an IRI, a name or a label")
        if to is not None and to not in STATUSES:
            raise Refused(400, "there is no such status", help=f"one of: {', '.join(STATUSES)}")
        largest = _number(given.asked.get("facts"))

        def told(assessor: Assessor, one: Document, cases: int) -> Iterable[object]:
            try:
                find_action(assessor, action, one)
            except IndicantError as error:
                raise Refused(
                    404,
                    "the guideline advises about no such intervention, or several are called so",
                    help="POST /assess?all=true lists them",
                ) from error
            return why(assessor, one, action, to=to, largest=largest, tries=TRIES // cases)

        return self._answer(given, told)

    def next(self, given: Question) -> str:
        """Return what ``indicant next --format json`` prints.

        Raises:
            Refused: the document or a parameter is no good.
        """
        _only(given, _COMMON)
        return self._answer(given, lambda assessor, one, _: next_facts(assessor, one))

    def whatif(self, given: Question) -> str:
        """Return what ``indicant whatif --format json`` prints.

        Raises:
            Refused: the document, an edit or a parameter is no good.
        """
        _only(given, _COMMON | {"edits"})
        edits = given.asked.get("edits")
        if not isinstance(edits, list) or not edits:
            raise Refused(
                400,
                "no edits are given",
                help='{"case": …, "edits": ["+Term"]}; never in the URL, which others may record',
            )
        words = [one.strip() for one in edits]
        return self._answer(given, lambda assessor, one, _: what_if(assessor, one, words))

    def _answer(
        self, given: Question, told: Callable[[Assessor, Document, int], Iterable[object]]
    ) -> str:
        """Return what is told of each document, given how many cases there are in all of them."""
        day = given.asked.get("asOf")
        day = None if day is None else checked_day(day)
        served = self._guidelines.named(given.asked.get("guideline"))
        found: list[object] = []
        try:
            documents = served.read(given.data, given.form, day)
            count = max(1, sum(cases_in(one.quads) for one in documents))
            for document in documents:
                found += told(served.assessor, document, count)
        except IndicantError as error:
            raise refused(error) from error
        return as_json(found) + "\n"


def _only(given: Question, names: frozenset[str]) -> None:
    if not given.asked.keys() <= names:
        raise Refused(
            400, "a parameter is not known here", help=f"one of: {', '.join(sorted(names))}"
        )


def _flag(given: object) -> bool:
    if given in (None, True, False):
        return bool(given)
    if given in ("true", "false"):
        return given == "true"
    raise Refused(400, "all is true or false")


def _number(given: object) -> int:
    if given is None:
        return FACTS
    if isinstance(given, str) and given.isascii() and given.isdecimal() and len(given) < 3:
        given = int(given)
    if isinstance(given, int) and not isinstance(given, bool) and _FEWEST <= given <= _MOST:
        return given
    raise Refused(400, f"facts is a number from {_FEWEST} to {_MOST}")
