"""Say which records a guideline needs, and what became of each that was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from indicant.intake import readings
from indicant.intake.decisions import tops_of
from indicant.serve.rows import hook_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from indicant.guideline.wording import Words
    from indicant.intake.codes import Terms

PATIENT: Final = "patient"
"""The key of the patient, whose record every other one is about."""
MOST_CODES: Final = 40
"""To how many codes a search is narrowed: a URL with more would be refused by servers."""
SENT, EMPTY, FAILED, MISSING, BROKEN = "sent", "empty", "failed", "missing", "broken"
"""What became of a key: handed over; null, so that the search found none; an error of the record
system; not there; handed over as something that cannot be read."""
GAPS: Final = frozenset({FAILED, MISSING, BROKEN})
"""Of these nobody knows what there is."""


@dataclass(frozen=True)
class Prefetch:
    """The templates of a guideline by their keys, and the record type that each is about."""

    templates: Mapping[str, str]
    types: Mapping[str, str]
    _known: dict[str, list[str]] = field(default_factory=dict, compare=False, repr=False)

    def keys_for(self, term: str, terms: Terms) -> list[str]:
        """Return the keys under which a record would come that says something of a term."""
        found = self._known.get(term)
        if found is None:
            found = self._known[term] = [
                key
                for key, name in self.types.items()
                if is_kept(name, term, terms) and terms.is_recorded_by(term, name)
            ]
        return found


def is_kept(record_type: str, term: str, terms: Terms) -> bool:
    """Tell whether a record of a type can speak of a class at all."""
    known = terms.tables.types[record_type]
    return any(terms.is_kind(term, top) for top in tops_of(known.kind))


def prefetch_of(terms: Terms, *, narrow: bool) -> Prefetch:
    """Return what is asked for: each type of record of which a code in use can be.

    Args:
        terms: the codes that the tables of a guideline know.
        narrow: whether a search may be narrowed to the codes in use, where they are few. It may
            not where a case is said to be complete: what is not sent could be what is not known.
    """
    templates = {PATIENT: "Patient/{{context.patientId}}"}
    types: dict[str, str] = {}
    tokens: dict[str, list[str]] = {}
    for token, meant in terms.in_use():
        for term in meant:
            tokens.setdefault(term, []).append(token)
    for search in hook_rows().searches:
        # A term has many codes, and what may be recorded of it is found out once.
        here = {
            term
            for term in tokens
            if is_kept(search.record_type, term, terms)
            and terms.is_recorded_by(term, search.record_type)
        }
        if not here:
            continue
        key = search.record_type[0].lower() + search.record_type[1:]
        template = search.template
        own = few(tokens[term] for term in here) if narrow and search.narrowed else None
        if own is not None:
            beside = {
                f"{system}|{code}"
                for (system, code), means in terms.tables.answers.items()
                if means in {readings.ASSERTION, readings.PANEL}
            }
            every = sorted({*own, *beside})
            if len(every) <= MOST_CODES:
                template += f"&{search.narrowed}={','.join(every)}"
        templates[key], types[key] = template, search.record_type
    return Prefetch(templates, types)


def few(each: Iterable[Iterable[str]]) -> set[str] | None:
    """Return all codes of several terms, or nothing where they are too many to be named."""
    found: set[str] = set()
    for some in each:
        found.update(some)
        if len(found) > MOST_CODES:
            return None
    return found


def missing_words(states: Mapping[str, str], words: Words) -> list[str]:
    """Return why not all that is recorded may be here, for what is said to be complete.

    A search that found nothing was answered: that it is no proof of absence is for whoever says
    that records are complete to know.
    """
    return [
        f"{key}: {words('card', state)}"
        for key, state in states.items()
        if state in GAPS and key != PATIENT
    ]


def merged(each: Iterable[Prefetch]) -> dict[str, str]:
    """Return the templates of several guidelines; what they narrow differently is not narrowed."""
    found: dict[str, str] = {}
    for one in each:
        for key, template in one.templates.items():
            if found.setdefault(key, template) != template:
                found[key] = template.partition("&")[0]
    return found
