"""Which missing facts would settle what is open, and which of them are to be asked for."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Final

from indicant.assess.records import Answer, AwaitedRecord, SettlingRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from indicant.assess.catalogue import Catalogue

Possible = tuple[Answer, frozenset[str]]
"""An answer that can still be had, and the literals that are missing for it."""
Settling = tuple[SettlingRecord, list[str]]
"""A least set of missing facts as it is told, and its literals."""

MOST_KEPT: Final = 4096


def possible(catalogue: Catalogue, iri: str, known: Collection[str]) -> list[Possible]:
    """Return the answers that an open recommendation can have, each with what is missing for it.

    It is what the question *which-answers-are-possible* returns, sooner; a test compares them.

    Args:
        catalogue: what the guideline says.
        iri: the recommendation.
        known: the literals that are established.
    """
    denied = {catalogue.opposite[literal] for literal in known}
    return [
        (answer, literals.difference(known))
        for answer, literals in catalogue.implicants[iri]
        if denied.isdisjoint(literals)
    ]


def least(catalogue: Catalogue, iri: str, sets: Sequence[Possible]) -> list[Settling]:
    """Return the least sets of missing facts that settle one recommendation."""
    facts, places, spoken = catalogue.facts, catalogue.places, catalogue.spoken
    smaller: dict[int, list[frozenset[str]]] = {}
    for size in {len(missing) for _, missing in sets}:
        smaller[size] = [other for _, other in sets if len(other) < size]
    found = []
    told: set[tuple[Answer, frozenset[tuple[str, str, str]]]] = set()
    for answer, missing in sets:
        if any(map(missing.issuperset, smaller[len(missing)])):
            continue
        order = sorted(missing, key=places.__getitem__)
        said = frozenset(map(spoken.__getitem__, order))
        if (answer, said) in told:
            continue
        told.add((answer, said))
        record = SettlingRecord(
            recommendation=iri, answer=answer, facts=[facts[one] for one in order]
        )
        found.append(((len(order), [places[one] for one in order], answer), record, order))
    found.sort(key=itemgetter(0))
    return [(record, order) for _, record, order in found]


class LeastSets:
    """The least sets of missing facts, each found once for what is known of its recommendation.

    Of what is established about a patient, few facts bear on one recommendation, so that the same
    ones come again from patient to patient.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._kept: dict[tuple[str, frozenset[str]], list[Settling]] = {}
        self._bearing: dict[str, frozenset[str]] = {}

    def of(self, iri: str, known: Collection[str]) -> list[Settling]:
        """Return the least sets that settle an open recommendation, in records of their own.

        Args:
            iri: the recommendation.
            known: the literals that are established.
        """
        if iri not in self._bearing:
            opposite = self._catalogue.opposite
            literals = {one for _, some in self._catalogue.implicants[iri] for one in some}
            self._bearing[iri] = frozenset(literals | {opposite[one] for one in literals})
        key = iri, self._bearing[iri].intersection(known)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) == MOST_KEPT:
                self._kept.clear()
            found = least(self._catalogue, iri, possible(self._catalogue, iri, known))
            self._kept[key] = found
        return [
            (
                {
                    "recommendation": iri,
                    "answer": record["answer"],
                    "facts": record["facts"].copy(),
                },
                order,
            )
            for record, order in found
        ]


def settling(
    catalogue: Catalogue,
    status: str,
    ordered: Sequence[str],
    answers: Mapping[str, Answer],
    least_of: Callable[[str], Sequence[Settling]],
) -> list[Settling]:
    """Return the least sets of missing facts that bear on a status, fewest first.

    What would settle an indication comes before what would settle a contraindication.

    Args:
        catalogue: what the guideline says.
        status: the status of an intervention.
        ordered: the recommendations about it.
        answers: their answers, and those of others.
        least_of: the least sets of missing facts of one of them.
    """
    if status not in {"conditional", "undetermined"}:
        return []
    found = [one for iri in ordered if answers[iri] == "open" for one in least_of(iri)]
    known = catalogue.recommendations
    return sorted(
        found,
        key=lambda one: (known[one[0]["recommendation"]].direction != "for", len(one[1])),
    )


def awaited(
    catalogue: Catalogue, settling: Sequence[Settling], known: Collection[str]
) -> list[AwaitedRecord]:
    """Return the facts to be asked for; of a score those that it still depends on."""
    found: dict[tuple[str, str], AwaitedRecord] = {}
    for literal in dict.fromkeys(literal for _, facts in settling for literal in facts):
        for one in catalogue.beneath.get(literal, [literal]):
            if one not in known and catalogue.opposite[one] not in known:
                record = catalogue.awaited[one]
                found.setdefault((record["term"], record["label"]), record)
    return list(found.values())
