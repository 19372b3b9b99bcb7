"""``indicant cohort``: many patients at once."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_guideline, guideline_of
from indicant.command.cases import add_reading, check_as_of, check_numbers

if TYPE_CHECKING:
    from collections.abc import Callable

    from indicant.command.arguments import Verbs

_EPILOG: Final = """\
examples:
  indicant cohort export/ --as-of 2026-11-22                      NDJSON: how many get what
  indicant cohort export/ --as-of 2026-11-22 -o answers           and a row for each patient
  indicant cohort cdm.duckdb --as-of 2026-11-22 -o answers --rows csv
  indicant cohort export/ --as-of 2026-11-22 --guideline new --against old    whom it changes
  indicant cohort export/ --as-of 2026-11-22 --format html > report.html    a page with plots
  indicant cohort cases/ --strata sites.csv --suppress 5          a folder of cases, by site
  indicant cohort export/ --as-of 2026-11-22 --engine dask        on all cores of this machine
  indicant cohort export/ --as-of 2026-11-22 -o answers --resume working    go on when ended

Every patient is answered as  indicant assess  answers. Whose facts cannot all hold, or whose case
is not valid, is told and gets no answer.

exit codes: 0 all were answered, 1 some were not, some lines are no records, or another version
answers otherwise, 2 it could not run
"""


# One piece: each option with its words, in the order of the help.
def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "cohort",
        help="many patients at once: who gets what, what was done, and which facts are missing",
        description="Answer for all patients of a source at once, add the answers up, and say "
        "which missing facts leave how many of them open. Needs indicant[cohort].",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument(
        "data",
        metavar="DATA",
        help="whatever  indicant intake  reads, or a folder of cases or a file of them",
    )
    verb.add_argument(
        "-o", "--output", metavar="FOLDER", help="write a row for each patient to a new folder"
    )
    verb.add_argument(
        "--as-of",
        metavar="DATE",
        help="the day for which patients are assessed, YYYY-MM-DD; cases have one of their own",
    )
    verb.add_argument(
        "--format",
        choices=("text", "json", "html", "measure-report"),
        default="text",
        help="how to print the summary: html is a page with plots that needs nothing beside "
        "itself, measure-report a FHIR MeasureReport (R4) for each recommendation (text)",
    )
    verb.add_argument(
        "--rows",
        choices=("parquet", "csv", "ndjson"),
        default="parquet",
        help="how to write the rows (parquet)",
    )
    verb.add_argument(
        "--all", action="store_true", help="write rows for what does not apply as well"
    )
    verb.add_argument(
        "--strata",
        metavar="FILE",
        help="a table (CSV) with the columns patient and stratum: count each stratum as well",
    )
    verb.add_argument(
        "--suppress",
        type=int,
        metavar="N",
        help="withhold numbers of patients from 1 to less than N, and those that give them away",
    )
    verb.add_argument(
        "--against",
        metavar="OLD",
        help="another version of the guideline: whom among these patients does it answer otherwise",
    )
    verb.add_argument(
        "--processes",
        type=int,
        metavar="N",
        help="how many processes read a large source of FHIR (one for each processor)",
    )
    _add_engine(verb)
    add_reading(verb)
    add_guideline(verb)
    verb.set_defaults(run=run)


def _add_engine(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--engine",
        choices=("local", "spark", "dask"),
        default="local",
        help="what reads the patients: this process, or several, by indicant[spark] or [dask]",
    )
    verb.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="where the cluster is: a master of Spark, a scheduler of Dask (this machine)",
    )
    verb.add_argument(
        "--resume",
        metavar="FOLDER",
        help="keep in this folder what is found, portion by portion, and go on there where a run "
        "for the same was ended; it is removed once all were answered",
    )


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks for and return the exit code."""
    from indicant.api.cohort import answer
    from indicant.api.guideline import Guideline
    from indicant.command.output import tell_recovered
    from indicant.foreign import as_json

    check_as_of(options)
    check_numbers(options)
    if options.output is not None:
        tell_recovered(options.output)
    guideline = guideline_of(options)
    against = None
    if options.against is not None:
        against = Guideline.load(options.against, allow_outside=options.outside)
    found = answer(
        guideline,
        options.data,
        as_of=options.as_of,
        timezone=options.timezone,
        codes=tuple(options.codes),
        completeness=options.completeness,
        persons=tuple(options.person),
        output=None if options.output is None else Path(options.output),
        rows=options.rows,
        everything=options.all,
        strata=options.strata,
        suppress=options.suppress,
        against=against,
        processes=options.processes,
        engine=options.engine,
        cluster=options.cluster,
        resume=None if options.resume is None else Path(options.resume),
        progress=_progress() if sys.stderr.isatty() else None,
    )
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    if options.format == "json":
        printed = as_json(found.record) + "\n"
    elif options.format == "measure-report":
        printed = as_json(found.to_measure_reports()) + "\n"
    else:
        printed = found.to_html() if options.format == "html" else str(found)
    sys.stdout.write(printed)
    return 0 if found.is_whole and not found.is_changed else 1


def _progress() -> Callable[[int], None]:
    """Return what tells on a terminal how many patients there were."""

    def tell(count: int) -> None:
        sys.stderr.write(f"\r{count:,} patients")
        sys.stderr.flush()

    return tell
