"""Measure a case of sixty records: of the opioid guideline, and of one of ten quantities."""

from __future__ import annotations

import argparse
import datetime
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import series
from indicant.assess.assessor import Assessor
from indicant.files.rdf import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from indicant.files.rdf import Document

RECORDS = 60
GOAL = 12.0
ENGINES = ("oxigraph", "native")
AS_OF = datetime.date(2026, 11, 22)
ORDERS = (
    "ImmediateReleaseOxycodoneOrder",
    "ImmediateReleaseHydrocodoneOrder",
    "ExtendedReleaseMorphineOrder",
    "BenzodiazepineOrder",
)
HEAD = """
@prefix : <https://example.org/case#> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix opioid: <https://w3id.org/indicant/opioid/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:case a ind:PatientCase ; ind:birthDate "1970-03-14"^^xsd:date ; ind:recordsAllProposals true ;
  ind:asOf "2026-11-22"^^xsd:date ; ind:recordsAll opioid:Condition , opioid:MedicationOrder ,
  opioid:OfficeVisit , opioid:EndOfLifeCareOrder ; ind:proposes [ a opioid:%s ;
  opioid:setting opioid:Outpatient ; opioid:supplyDays 28 ; opioid:therapyType opioid:Continuous ;
  opioid:unitsPerDose 1 ; opioid:dosesPerDay 4 ; opioid:strength 10 ] .
"""


def day(ago: int) -> str:
    """Return a day in Turtle, so many before the as-of date."""
    return f'"{AS_OF - datetime.timedelta(ago)}"^^xsd:date'


def on_opioids(choose: random.Random) -> str:
    """Return a patient with orders, visits, tests and conditions of two years and a half."""
    told = [HEAD % ORDERS[0]]
    for _ in range(RECORDS):
        kind = choose.random()
        ago = choose.randrange(900)
        if kind < 0.5:
            order = choose.choice(ORDERS)
            ended = f"ind:endedOn {day(max(0, ago - 14))}"
            until = ended if choose.random() < 0.8 else "ind:ongoing true"
            dose = (
                ""
                if order == ORDERS[-1]
                else (
                    f" ; opioid:supplyDays 14 ; opioid:unitsPerDose 1 ; opioid:dosesPerDay "
                    f"{choose.randint(1, 4)} ; opioid:strength {choose.choice((5, 10, 15))}"
                )
            )
            told.append(
                f":case ind:received [ a opioid:{order} ; ind:startedOn {day(ago)} ; {until} ; "
                f"opioid:setting opioid:Outpatient{dose} ] ."
            )
        elif kind < 0.9:
            what = "OfficeVisit" if kind < 0.75 else "UrineToxicologyTest"
            told.append(f":case ind:received [ a opioid:{what} ; ind:on {day(ago)} ] .")
        else:
            what = choose.choice(("SleepDisorderedBreathing", "SubstanceUseDisorder"))
            told.append(f":case ind:hasFinding [ a opioid:{what} ; ind:onset {day(ago)} ] .")
    return "\n".join(told)


def measured(choose: random.Random) -> str:
    """Return a case of which something was measured sixty times."""
    of = series.Kind()
    records = tuple(
        series.Record("Measure", 3 + 7 * number, (choose.randrange(80),) * 2, True, True)
        for number in range(RECORDS)
    )
    return series.document([series.Case(records, "always", of)])


def ten_quantities() -> str:
    """Return a guideline with ten quantities of each kind, and advice by each."""
    chosen = random.Random(1).sample(series.ALL, 10)  # noqa: S311
    return series.guideline().partition(series.ALL[0].text())[0] + "".join(
        one.text() for one in chosen
    )


def rounds(made: Mapping[str, tuple[Assessor, Document]], count: int) -> dict[str, list[float]]:
    """Return the milliseconds of assessing each, in turns."""
    found: dict[str, list[float]] = {name: [] for name in made}
    for turn in range(count + 5):
        for name, (assessor, document) in made.items():
            started = time.perf_counter()
            assessor.assess(document)
            if turn >= 5:
                found[name].append((time.perf_counter() - started) * 1e3)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40, help="how often to measure each (40)")
    count = parser.parse_args().rounds
    choose = random.Random(4)  # noqa: S311
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "guideline.ttl"
        path.write_text(ten_quantities(), encoding="utf-8")
        cases = {
            "opioids, 60 records": ("opioids-for-pain", on_opioids(choose)),
            "60 records, 10 quantities": (str(path), measured(choose)),
        }
        for name, (guideline, text) in cases.items():
            document = parse(text, path="case.ttl")
            made = {one: (Assessor(guideline, engine=one), document) for one in ENGINES}
            found = rounds(made, count)
            middle = {one: statistics.median(spent) for one, spent in found.items()}
            print(
                f"{name:<28}"
                + "".join(
                    f"{one} {middle[one]:7.2f} ms (least {min(found[one]):.2f})   "
                    for one in ENGINES
                )
                + f"{middle['oxigraph'] / middle['native']:.1f}x   "
                + ("reached" if middle["native"] <= GOAL else f"NOT reached: {GOAL:g} ms")
            )


if __name__ == "__main__":
    main()
