"""Read the cases that a verb is given, be they RDF or patients as FHIR or OMOP has them."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError

if TYPE_CHECKING:
    import argparse

    from indicant.api.among import Patients
    from indicant.api.case import Case
    from indicant.api.guideline import Guideline
    from indicant.api.intake import Taken

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_STDIN: Final = "-"


def add_as_of(verb: argparse.ArgumentParser) -> None:
    """Add the option that says for which day a case is to hold."""
    verb.add_argument(
        "--as-of",
        metavar="DATE",
        help="assess as of this date, YYYY-MM-DD, not the case's own; FHIR and OMOP need it",
    )


def add_reading(verb: argparse.ArgumentParser) -> None:
    """Add the options that say how records of other systems are read."""
    verb.add_argument(
        "--timezone",
        metavar="ZONE",
        help="of FHIR: where the day of an instant counts, as in Europe/Berlin (as it is written)",
    )
    verb.add_argument(
        "--codes",
        action="append",
        default=[],
        metavar="TABLE",
        help="of FHIR and OMOP: an SSSOM table of your own, beside those of the guideline; may be "
        "repeated",
    )
    verb.add_argument(
        "--completeness",
        metavar="FILE",
        help="of FHIR and OMOP: what the records have without a gap, and who says so, in Turtle",
    )
    verb.add_argument(
        "--person",
        action="append",
        default=[],
        metavar="ID",
        help="of OMOP: read the person with this person_id alone; may be repeated",
    )


def add_cohort(verb: argparse.ArgumentParser, *, day: bool = True) -> None:
    """Add the options that ask about patients of one's own rather than about all possible ones."""
    verb.add_argument(
        "--cohort",
        metavar="DATA",
        help="whom among these patients: whatever  indicant cohort  reads, instead of all possible "
        "cases; needs indicant[cohort]",
    )
    if day:
        verb.add_argument(
            "--as-of",
            metavar="DATE",
            help="with --cohort: the day for which patients are assessed, YYYY-MM-DD",
        )
    verb.add_argument(
        "--suppress",
        type=int,
        metavar="N",
        help="with --cohort: withhold numbers of patients from 1 to less than N",
    )
    verb.add_argument(
        "--processes",
        type=int,
        metavar="N",
        help="with --cohort: how many processes read a large source (one for each processor)",
    )
    add_reading(verb)


def check_numbers(options: argparse.Namespace) -> None:
    """See that numbers of the command line that are about a cohort can be meant.

    Raises:
        IndicantError: one cannot.
    """
    if options.suppress is not None and options.suppress < 2:
        raise IndicantError("--suppress takes a number from 2 on", help="--suppress 5  is common")
    if options.processes is not None and options.processes < 1:
        raise IndicantError("--processes takes a number from 1 on", help="leave it out, or give 1")


def patients_of(options: argparse.Namespace, *without: str) -> Patients | None:
    """Return whom a command asks about, or nothing where it asks about all possible patients.

    Args:
        options: the command line.
        without: options that are about all possible patients alone.

    Raises:
        IndicantError: an option means nothing here.
    """
    from indicant.api.among import Patients

    if options.cohort is None:
        for name in ("suppress", "processes", "timezone", "codes", "completeness", "person"):
            if getattr(options, name) not in (None, []):
                raise IndicantError(
                    f"--{name} is about patients", help="name them by  --cohort DATA"
                )
        return None
    for name in without:
        if getattr(options, name):
            raise IndicantError(
                f"--{name} is about all possible cases, and --cohort about patients of yours",
                help="leave one of them out",
            )
    if options.format not in {"text", "json"}:
        raise IndicantError(
            f"of a cohort there is no {options.format}", help="one of: --format text, --format json"
        )
    check_as_of(options)
    check_numbers(options)
    return Patients(
        options.cohort,
        options.as_of,
        options.timezone,
        tuple(options.codes),
        options.completeness,
        tuple(options.person),
        options.suppress,
        options.processes,
    )


def add_intake(verb: argparse.ArgumentParser) -> None:
    """Add the options that say how patients are read, to a verb that reads cases."""
    add_reading(verb)
    verb.add_argument(
        "--explain-intake",
        action="store_true",
        help="of FHIR and OMOP: print on standard error what was used, what was not, and why",
    )


def check_as_of(options: argparse.Namespace) -> None:
    """See that the date of the command line is one.

    Raises:
        IndicantError: it is none.
    """
    if options.as_of is not None and not _DATE.fullmatch(options.as_of):
        raise IndicantError(f"'{options.as_of}' is not a date", help="write it as YYYY-MM-DD")


def taken(
    options: argparse.Namespace,
    guideline: Guideline,
    path: str,
    *,
    data: bytes | None = None,
    strict: bool = False,
) -> Taken:
    """Return the patients of a source of FHIR or OMOP.

    Raises:
        IndicantError: no date is given, or the source cannot be read.
    """
    from indicant.api.intake import take
    from indicant.intake.databases import SERVERS
    from indicant.intake.mapping import is_mapped, is_tables
    from indicant.intake.patients import AS_OF_HELP

    shown = "<stdin>" if path == _STDIN else path
    if options.as_of is None:
        server = path.startswith(SERVERS)
        form = "a table" if is_mapped(path) else "OMOP" if is_tables(path) else "FHIR"
        raise IndicantError(
            f"{form} says for no day what it holds",
            file=None if server else shown,
            help=AS_OF_HELP,
        )
    check_as_of(options)
    return take(
        guideline.reader(tuple(options.codes)),
        path,
        as_of=options.as_of,
        timezone=options.timezone,
        completeness=options.completeness,
        persons=options.person,
        stdin=sys.stdin.buffer,
        data=data,
        strict=strict,
    )


def cases_of(options: argparse.Namespace, guideline: Guideline, path: str) -> list[Case]:
    """Return the cases of a source: the one document of RDF, or each patient of FHIR or OMOP.

    Raises:
        IndicantError: the file cannot be read.
    """
    from indicant.api.case import Case
    from indicant.files import bounded, packed
    from indicant.foreign import plain

    if _is_rdf(path):
        return [Case.read(path)]
    from indicant.intake.databases import SERVERS
    from indicant.intake.mapping import is_tables
    from indicant.intake.supply import LINES, holds_fhir, is_fhir, whole

    data = None
    if path != _STDIN and is_tables(path):
        pass
    elif os.path.isdir(path):
        if not holds_fhir(path):
            return [Case.read(path)]
    elif not packed.bare(path).endswith(LINES):
        data = whole(path, sys.stdin.buffer)
        if not is_fhir(data):
            if len(data) > bounded.MAX_BYTES:
                raise bounded.too_large("<stdin>" if path == _STDIN else path, bounded.MAX_BYTES)
            return [Case._read(data, path)]
        answered = _answered(options, guideline, path, data)
        if answered is not None:
            return [answered]
    found = taken(options, guideline, path, data=data, strict=True)
    named = found.told.source if path.startswith(SERVERS) else path
    for told in found.told.deaths():
        print(plain(f"indicant: {named}: {told}"), file=sys.stderr)
    if options.explain_intake:
        sys.stdout.flush()
        sys.stderr.write(str(found))
    return list(found.cases)


def _answered(
    options: argparse.Namespace, guideline: Guideline, path: str, data: bytes
) -> Case | None:
    """Return the case of a QuestionnaireResponse, or nothing where a document is something else."""
    if b'"QuestionnaireResponse"' not in data:
        return None
    from indicant.exchange.responses import response_in
    from indicant.intake.patients import AS_OF_HELP

    shown = "<stdin>" if path == _STDIN else path
    response = response_in(data, shown)
    if response is None:
        return None
    if options.as_of is None:
        raise IndicantError("FHIR says for no day what it holds", file=shown, help=AS_OF_HELP)
    check_as_of(options)
    return guideline.answered(response, as_of=options.as_of, path=shown)


def _is_rdf(path: str) -> bool:
    """Tell whether a file is RDF by its name, so that what reads FHIR need not be loaded."""
    from indicant.files.rdf import EXTENSIONS

    known = os.path.splitext(path)[1].lower() in EXTENSIONS
    return known and not path.endswith(".json") and not os.path.isdir(path)
