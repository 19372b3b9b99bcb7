"""Make cases of the persons of tables, one after the other."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.foreign import excerpt
from indicant.intake.casegraph import case_iri
from indicant.intake.decisions import Decider
from indicant.intake.gaps import Gaps
from indicant.intake.readings import ASIDE
from indicant.intake.report import Left, Report
from indicant.intake.supply import unread
from indicant.intake.unknown import UnknownCodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indicant.intake.codes import Terms
    from indicant.intake.completeness import Claims
    from indicant.intake.events import Event, People
    from indicant.intake.patients import Options
    from indicant.intake.report import PatientReport
    from indicant.intake.together import Decided

_FEW: Final = 5


@dataclass
class Persons:
    """Makes cases of the persons of a database, one after the other.

    ``left`` is what is of nobody; ``count`` is how many persons there were.
    """

    terms: Terms
    options: Options
    claims: Claims | None
    source: People
    left: list[Left] = field(default_factory=list)
    adrift: list[tuple[Event, str]] = field(default_factory=list)
    types: Counter[str] = field(default_factory=Counter)
    count: int = 0

    def __post_init__(self) -> None:
        self._unknown = UnknownCodes(self.terms)

    def decided(self) -> Iterator[Decided]:
        """Yield what was decided of each person.

        Raises:
            IndicantError: something cannot be read, there is nobody, or too much.
        """
        gaps: Gaps | None = None
        iris: set[str] = set()
        there: set[str] = set()
        for found in self.source.people():
            self.types.update(found.types)
            person, given = found.person, found.events
            if person is None:
                self._of_nobody(given, found.name, self.source.called)
                continue
            self._unknown.note(given)
            decider = Decider(self.terms, self.options.as_of, person, case_iri(person.name, iris))
            decided = decider.decide(given)
            if self.claims is not None:
                missing = [*self.source.partial, *unread(self.source.beside)]
                gaps = gaps or Gaps(self.terms, self.claims, missing, self.adrift)
                gaps.state(decided)
            self.count += 1
            if self.options.persons:
                there.add(decided.report.patient)
            yield decided
        self._see_that_all_are_there(there, self.source)
        if not self.count:
            raise no_patient(self.source.shown, Counter())

    def report(self, made: list[PatientReport]) -> Report:
        """Return what became of everything, once all persons were read."""
        source = self.source
        report = Report(
            source.shown,
            self.options.as_of.isoformat(),
            made,
            self.left,
            self._unknown.rows(),
            self.types.total(),
            dict(sorted(self.types.items())),
        )
        report.remarks += [f"{one}: what would be in it is not known" for one in source.partial]
        if source.beside:
            shown = ", ".join(excerpt(name) for name in source.beside[:5])
            report.remarks.append(f"not read: {shown}")
        return report

    def _of_nobody(self, found: list[Event], person: str, called: str) -> None:
        """Take note of rows of whom there is no person.

        Whoever has another id is surely another one; rows without an id may be anybody's.
        """
        told = f"there is no person {excerpt(person)}" if person else f"it has no {called}"
        for event in found:
            aside = event.kind == ASIDE and event.refusal is not None
            reason, detail = ("aside", "") if aside else ("no-patient", told)
            origin = event.origin
            self.left.append(Left(origin.reference, reason, detail, origin.file, origin.line))
            if not person:
                self.adrift.append((event, reason))

    def _see_that_all_are_there(self, there: set[str], source: People) -> None:
        missing = [one for one in self.options.persons if one not in there]
        if missing:
            known = source.some(_FEW + 1)
            which = ""
            if 0 < len(known) <= _FEW:
                ordered = sorted(known, key=lambda one: (len(one), one))
                which = f" ({', '.join(map(excerpt, ordered))})"
            raise IndicantError(
                f"there is no {source.called} {', '.join(map(excerpt, missing[:3]))}",
                file=source.shown,
                help=f"name one that is there{which}, or leave out  --person  to read all",
            )


def no_patient(shown: str, subjects: Counter[str]) -> IndicantError:
    """Return the error of a source without a patient, with whom most of its records are about."""
    subject, number = next((one for one in subjects.most_common() if one[0]), ("", 0))
    about = f": {number} of its records are about {excerpt(subject, 80)}" if subject else ""
    return IndicantError(
        f"holds no patient{about}",
        file=shown,
        help="add the Patient resource: who the records are of is never guessed",
    )
