"""Tell answers to a questionnaire from other documents of FHIR."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.intake.decoding import Broken
from indicant.intake.supply import Supply

if TYPE_CHECKING:
    from indicant.exchange.elements import Resource

RESPONSE: Final = "QuestionnaireResponse"


def response_in(data: bytes, path: str) -> Resource | None:
    """Return the QuestionnaireResponse that a document is, or nothing where it is something else.

    Raises:
        IndicantError: it cannot be read, or means something else than it says.
    """
    if RESPONSE.encode() not in data:
        return None
    found = []
    for record in Supply(path, data=data).records():
        if isinstance(record, Broken) or record.content.get("resourceType") != RESPONSE:
            return None
        found.append(record)
        if len(found) > 1:
            return None
    if len(found) != 1 or found[0].url or found[0].method:
        return None
    if found[0].odd:
        raise IndicantError(
            f"may mean something else than it says: {', '.join(found[0].odd)}",
            file=path,
            help="nobody here knows what that changes",
        )
    return found[0].content
