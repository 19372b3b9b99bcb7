"""``indicant intake``: patients as other systems record them, as cases."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_guideline, guideline_of
from indicant.command.cases import add_reading, taken

if TYPE_CHECKING:
    from indicant.command.arguments import Verbs

_EPILOG: Final = """\
examples:
  indicant intake patient.json --as-of 2026-11-22                what would be used, and what not
  indicant intake patient.json --as-of 2026-11-22 -o cases       and a case for each patient
  indicant intake export/ --as-of 2026-11-22 --format json       a folder of NDJSON, for a program
  indicant intake cdm.duckdb --as-of 2026-11-22 --person 7       a person of OMOP

Nothing becomes absent because it was not understood, not mapped or not there: what is left out is
told, with the reason. Which status of a record counts for what is a table:
indicant ask which-status-counts-for-what

exit codes: 0 all of it could be read, 1 some lines are no records, 2 it could not run
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "intake",
        help="patients as FHIR or OMOP has them, as cases, and what of them was used",
        description="Read patients from FHIR R4 or R5, from the OMOP CDM 5.4 or from tables of "
        "your own, write a case for each, and say what was used, what was not and why, and which "
        "codes no table knows.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument(
        "source",
        metavar="SOURCE",
        help="a bundle or a resource as JSON, NDJSON, both also packed by gzip or zstd, or "
        "a folder of them, - is standard input; of OMOP a DuckDB file, a folder of Parquet or CSV, "
        "postgresql://… or service=NAME; or a folder of tables with tables.ttl",
    )
    verb.add_argument(
        "-o", "--output", metavar="FOLDER", help="write a case for each patient to a new folder"
    )
    verb.add_argument(
        "--as-of",
        metavar="DATE",
        help="the day for which the cases hold, YYYY-MM-DD; always needed",
    )
    verb.add_argument(
        "--format", choices=("text", "json"), default="text", help="how to print the report (text)"
    )
    add_reading(verb)
    add_guideline(verb)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks for and return the exit code."""
    from indicant.command.output import tell_recovered
    from indicant.files.staging import new_folder
    from indicant.intake.report import to_json

    if options.output is not None:
        tell_recovered(options.output)
    found = taken(options, guideline_of(options), options.source)
    if options.output is not None:
        with new_folder(Path(options.output)) as work:
            for one, patient in zip(found.documents, found.told.patients, strict=True):
                name = Path(one.path).name
                (work / name).write_text(one.text, encoding="utf-8", newline="\n")
                patient.file = os.path.join(options.output, name)
    sys.stdout.write(to_json([found.told]) if options.format == "json" else str(found))
    return 1 if found.told.broken else 0
