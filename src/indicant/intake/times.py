"""Read when a record was, and what an order says of how long and how often."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from indicant.intake.decoding import Number
from indicant.intake.elements import a_list, an_object, codings, texts, value_of, when
from indicant.intake.events import Event, Moment, Value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

_RECORDED_IN: Final = ("recordedDate", "recorded", "authoredOn", "dateAsserted", "issued")
_WHEN_IN: Final = {
    "Observation": "effective",
    "DiagnosticReport": "effective",
    "Procedure": "performed occurrence",
    "MedicationStatement": "effective",
    "MedicationAdministration": "effective occurence occurrence",
    "Immunization": "occurrence",
    "Encounter": "period actualPeriod",
}
"""Where a resource says when it was; R4 and R5 differ, and R5 once by a slip."""
_LASTING: Final = frozenset(
    {"Encounter", "MedicationAdministration", "MedicationStatement", "Procedure"}
)
_PLAIN_REPEAT: Final = frozenset(
    {"boundsPeriod", "boundsDuration", "frequency", "period", "periodUnit", "id"}
)
"""The elements of a timing beside which a frequency is one; others make it a bound, or none."""
_OLDEST: Final = 150
_AGE: Final = re.compile(r"[0-9]{1,5}")
_FEW: Final = re.compile(r"[1-9][0-9]{0,3}")
_PERIODS: Final = frozenset({"min", "h", "d", "wk"})


@dataclass(frozen=True)
class Times:
    """Reads the times of records; ``zone`` says at which place the day of an instant counts."""

    zone: ZoneInfo | None = None

    def tell(self, content: dict[str, Any], made: Event) -> None:
        """Fill in when an event was."""
        name = made.origin.record_type
        dates = [when(content[one], one, self.zone) for one in _RECORDED_IN if one in content]
        made.recorded = max((one for one in dates if one is not None), key=_last, default=None)
        if name in {"Condition", "AllergyIntolerance"}:
            made.begin = self._point(content, "onset")
            made.end = self._point(content, "abatement")
            made.since = None if made.begin else self._within(content, "onset")
            made.age = _age(content, "onset")
        elif name in {"MedicationRequest", "ServiceRequest"}:
            made.begin = when(content.get("authoredOn"), "authoredOn", self.zone)
            made.until = self._until(content)
            made.opens = self._opens(content)
            made.elements = tuple(_ordered(content))
            ended = "" if made.reading is None else made.reading.ended_in
            made.end = when(content.get(ended), ended, self.zone)
        elif name == "MedicationDispense":
            made.begin = when(content.get("whenHandedOver"), "whenHandedOver", self.zone)
            made.since = when(content.get("whenPrepared"), "whenPrepared", self.zone)
        else:
            elements = _WHEN_IN.get(name, "").split()
            any(self._span(content, one, made) for one in elements)
            ages = [one for one in (_age(content, element) for element in elements) if one]
            made.age = ages[0] if ages else None

    def _opens(self, content: dict[str, Any]) -> Moment | None:
        """Return when the first part of what was ordered was to begin, where all of them say so."""
        supply = an_object(content.get("dispenseRequest"), "dispenseRequest")
        period = an_object(supply.get("validityPeriod"), "validityPeriod")
        found = [when(period.get("start"), "start", self.zone)]
        starts: list[Moment | None] = []
        for one in a_list(content.get("dosageInstruction"), "dosageInstruction"):
            timing = an_object(an_object(one, "dosageInstruction").get("timing"), "timing")
            repeat = an_object(timing.get("repeat"), "repeat")
            bounds = an_object(repeat.get("boundsPeriod"), "boundsPeriod")
            given = [*a_list(timing.get("event"), "timing.event"), bounds.get("start")]
            days = [when(each, "timing", self.zone) for each in given if each is not None]
            starts.append(min((each for each in days if each), key=_first, default=None))
        if all(starts):
            found.append(min((one for one in starts if one), key=_first, default=None))
        return max((one for one in found if one), key=_first, default=None)

    def _until(self, content: dict[str, Any]) -> Moment | None:
        """Return when the first part of what was ordered was to end, where that is recorded."""
        supply = an_object(content.get("dispenseRequest"), "dispenseRequest")
        periods = [an_object(supply.get("validityPeriod"), "validityPeriod")]
        for one in a_list(content.get("dosageInstruction"), "dosageInstruction"):
            timing = an_object(an_object(one, "dosageInstruction").get("timing"), "timing")
            repeat = an_object(timing.get("repeat"), "repeat")
            periods.append(an_object(repeat.get("boundsPeriod"), "boundsPeriod"))
        ends = [when(one.get("end"), "end", self.zone) for one in periods]
        return min((one for one in ends if one is not None), key=_first, default=None)

    def _point(self, content: dict[str, Any], element: str) -> Moment | None:
        """Return when something began or ended; a period says between which days that was."""
        at = when(content.get(f"{element}DateTime"), f"{element}DateTime", self.zone)
        if at is not None:
            return at
        period = an_object(content.get(f"{element}Period"), f"{element}Period")
        start = when(period.get("start"), f"{element}Period.start", self.zone)
        end = when(period.get("end"), f"{element}Period.end", self.zone)
        if start is None or end is None or end.last < start.first:
            return None
        return Moment(start.first, end.last)

    def _within(self, content: dict[str, Any], element: str) -> Moment | None:
        """Return what a period with one end alone says of when something began."""
        period = an_object(content.get(f"{element}Period"), f"{element}Period")
        start = when(period.get("start"), f"{element}Period.start", self.zone)
        end = when(period.get("end"), f"{element}Period.end", self.zone)
        if start is None and end is not None:
            return Moment(datetime.date.min, end.last)
        return start

    def _timing(self, content: dict[str, Any], element: str, made: Event) -> bool:
        """Fill in when an event was from a timing, whose days are those of one event together."""
        timing = an_object(content.get(f"{element}Timing"), f"{element}Timing")
        given = a_list(timing.get("event"), "timing.event")
        days = [one for one in (when(each, "timing", self.zone) for each in given) if one]
        repeat = an_object(timing.get("repeat"), "repeat")
        bounds = an_object(repeat.get("boundsPeriod"), "boundsPeriod")
        if days:
            made.on = Moment(min(map(_first, days)), max(map(_last, days)))
        elif bounds:
            made.begin = when(bounds.get("start"), "boundsPeriod.start", self.zone)
            made.end = when(bounds.get("end"), "boundsPeriod.end", self.zone)
        return bool(days or bounds)

    def _span(self, content: dict[str, Any], element: str, made: Event) -> bool:
        """Fill in when an event was, if this element says so, and tell whether it does.

        Of a medication that is taken at an instant nobody says that it began or ended then. What
        is observed, and not what lasts, was on some day between the ends of a period.
        """
        for ending in ("DateTime", "Instant"):
            at = when(content.get(element + ending), element + ending, self.zone)
            if at is not None:
                if made.origin.record_type == "MedicationStatement":
                    dates = [one for one in (made.recorded, at) if one is not None]
                    made.recorded = max(dates, key=_last)
                else:
                    made.on = at
                return True
        name = element if element in {"period", "actualPeriod"} else f"{element}Period"
        if name not in content:
            return self._timing(content, element, made)
        period = an_object(content.get(name), name)
        begin = when(period.get("start"), f"{name}.start", self.zone)
        end = when(period.get("end"), f"{name}.end", self.zone)
        if begin is None or end is None:
            made.begin, made.end = begin, end
        elif begin.day and begin.day == end.day:
            made.on = begin
        elif made.origin.record_type in _LASTING or end.last < begin.first:
            made.begin, made.end = begin, end
        else:
            made.on = Moment(begin.first, end.last)
        return True


def _ordered(content: dict[str, Any]) -> Iterator[tuple[str, Value]]:
    """Yield what an order says of how much is handed out, and how often a dose is taken.

    Raises:
        MalformedError: an element is not what the standard has it to be.
    """
    categories = tuple(
        one
        for each in a_list(content.get("category"), "category")
        for one in codings(each, "category")
    )
    if categories:
        yield "OrderCategory", Value(codes=categories)
    supply = an_object(content.get("dispenseRequest"), "dispenseRequest")
    lasts = value_of(
        {"valueQuantity": supply["expectedSupplyDuration"]}
        if "expectedSupplyDuration" in supply
        else {}
    )
    if lasts is not None:
        yield "SupplyDuration", lasts
    instructions = a_list(content.get("dosageInstruction"), "dosageInstruction")
    if len(instructions) != 1:
        return
    only = an_object(instructions[0], "dosageInstruction")
    timing = an_object(only.get("timing"), "timing")
    repeat = an_object(timing.get("repeat"), "repeat")
    needed = [key for key in only if key.startswith("asNeeded") and only[key] is not False]
    if needed or "event" in timing or not repeat.keys() <= _PLAIN_REPEAT:
        return
    period, unit = repeat.get("period"), texts(repeat.get("periodUnit"), "periodUnit")
    often = repeat.get("frequency", Number("1"))
    given = (one for one in (period, often) if isinstance(one, Number))
    if unit in _PERIODS and sum(_FEW.fullmatch(one) is not None for one in given) == 2:
        every = f"/{unit}" if period == "1" else f"/({period}.{unit})"
        yield "DoseFrequency", Value(number=str(often), unit=every)


_YEARS: Final = {"a": 1, "mo": 12, "wk": 52, "d": 365}
"""How many of a unit of age a year has at least."""


def _age(content: dict[str, Any], element: str) -> tuple[int, int] | None:
    """Return between which ages something began, in years; nothing where none is understood."""
    given = an_object(content.get(f"{element}Age"), f"{element}Age")
    span = an_object(content.get(f"{element}Range"), f"{element}Range")
    low = _years(given or an_object(span.get("low"), "low"))
    high = _years(given or an_object(span.get("high"), "high"))
    if low is None and high is None:
        return None
    least = 0 if low is None or given.get("comparator") in {"<", "<="} else low
    return least, (_OLDEST if high is None or given.get("comparator") in {">", ">="} else high + 1)


def _years(given: dict[str, Any]) -> int | None:
    number, unit = given.get("value"), given.get("code", "a")
    if not isinstance(number, Number) or unit not in _YEARS:
        return None
    whole = number.partition(".")[0]
    return int(whole) // _YEARS[unit] if _AGE.fullmatch(whole) else None


def _first(one: Moment) -> Any:
    return one.first


def _last(one: Moment) -> Any:
    return one.last
