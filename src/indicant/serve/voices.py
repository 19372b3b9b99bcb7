"""Speak to each client in the language that it likes best, of those that a service speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from indicant.serve.asking import Asking
from indicant.serve.patientpage import PatientPage
from indicant.serve.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from indicant.serve.guidelines import Guidelines
    from indicant.serve.protocol import Endpoint


@dataclass(frozen=True)
class Voice:
    """What is answered in one language: the guidelines that speak it, questions and pages."""

    guidelines: Guidelines
    asking: Asking
    patient: PatientPage
    workbench: Workbench

    @property
    def language(self) -> str:
        """The tag of the language."""
        return self.guidelines.language


class Voices:
    """All languages that a service speaks; the first is for whoever asks for none of them."""

    def __init__(self, guidelines: Guidelines, endpoint: Endpoint) -> None:
        """Take the guidelines in the first language, which know those in the others."""
        self.each = tuple(
            Voice(one, Asking(one), PatientPage(one), Workbench(one, endpoint))
            for one in (guidelines, *guidelines.others)
        )

    def of(self, accepted: str) -> Voice:
        """Return the one for a client, by what it accepts: the field of HTTP of that name."""
        wanted = chosen(accepted, [one.language for one in self.each])
        return next(one for one in self.each if one.language == wanted)

    def headers(self, voice: Voice) -> dict[str, str]:
        """Return what an answer tells of its language."""
        told = {"Content-Language": voice.language}
        return told | {"Vary": "Accept-Language"} if len(self.each) > 1 else told


def chosen(accepted: str, spoken: Sequence[str]) -> str:
    """Return which of some languages a client gets; one that accepts none gets the first.

    It is found by lookup (RFC 4647): what is liked best comes first, each range is made shorter
    until a language is called so, and a language that is refused by a weight of nought is not
    taken for another range.

    >>> chosen("fr, de-AT;q=0.8, en;q=0.5", ["en", "de"]), chosen("*", ["de", "en"])
    ('de', 'de')
    >>> chosen("", ["en", "de"]), chosen("de;q=0, *", ["de", "en"]), chosen("pt", ["en"])
    ('en', 'en', 'en')
    """
    ranges = list(_ranges(accepted))
    refused = {name for weight, name in ranges if not weight}
    left = [one for one in spoken if one.lower() not in refused] or [*spoken]
    for _, name in sorted((one for one in ranges if one[0]), key=lambda one: -one[0]):
        tag = name
        while tag:
            found = next((one for one in left if tag in {one.lower(), "*"}), None)
            if found is not None:
                return found
            tag = tag.rpartition("-")[0]
    return left[0]


def _ranges(accepted: str) -> Iterable[tuple[float, str]]:
    """Yield the ranges of languages, each with its weight; what is none is left out."""
    for part in accepted.lower().split(","):
        name, _, more = part.partition(";")
        _, _, weight = more.partition("q=")
        try:
            yield float(weight or 1), name.strip()
        except ValueError:
            continue
