"""The verb ``diff``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_outside, fence, seconds
from indicant.command.cases import add_cohort, patients_of
from indicant.errors import IndicantError
from indicant.report.findings import FORMS

if TYPE_CHECKING:
    from indicant.command.arguments import Verbs

_EPILOG: Final = """\
examples:
  indicant diff old/guideline new/guideline            two folders or files
  indicant diff git:HEAD path/to/guideline             what has changed since the last commit
  indicant diff v1.0:path/to/guideline main:path/to/guideline --format markdown
  indicant diff old new --witnesses out                a case for each change of an answer
  indicant diff old new --cases ward                   and what changes for given cases
  indicant diff old new --cohort export/ --as-of 2026-11-22    whom among patients of yours

A version is a folder, a file, the name of an installed guideline, a wheel that one ships in
(WHEEL:NAME where there are several), or a revision of git: REV:path, with the path from the top of
the repository or, after ./, from here; git:REV is the path of the other version at that revision.
Nothing is fetched.

What is compared: what is stated of each term, whatever the order and the blank nodes; what each
recommendation consists of; and the answers to all cases that both versions can read.

exit codes: 0 the advice is the same, 1 it changes for some case or something was not decided within
its time, 2 it could not run
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "diff",
        help="whom another version of a guideline answers differently",
        description="Compare two versions of a guideline: terms, recommendations, and the answers "
        "to all cases that can be recorded, each change with a smallest case. It needs "
        "indicant[reasoner].",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument("old", metavar="OLD", help="a folder, a file, a name, a wheel, a revision")
    verb.add_argument("new", metavar="NEW", help="the same, of the version to compare with it")
    verb.add_argument(
        "--cases", metavar="DIR", help="assess the cases of this folder or file with both as well"
    )
    verb.add_argument(
        "--witnesses",
        metavar="DIR",
        help="write the smallest cases to this folder, with what each version answers",
    )
    verb.add_argument(
        "--seconds",
        type=seconds,
        default=60.0,
        metavar="N",
        help="the time limit for all that is asked about possible cases (60)",
    )
    verb.add_argument(
        "--format",
        choices=(*FORMS, "markdown"),
        default="text",
        help="how to print it: markdown is a comment for a pull request, sarif is SARIF 2.1.0, "
        "junit is JUnit XML, github the annotations of GitHub workflows (text)",
    )
    verb.add_argument(
        "-o", "--output", metavar="FILE", help="write this file, whole or not at all (to stdout)"
    )
    add_cohort(verb)
    add_outside(verb)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare two versions and tell how they differ."""
    import sys

    from indicant.api.several import compare
    from indicant.command.output import deliver_among, tell_recovered
    from indicant.diff.witnesses import write_witnesses
    from indicant.files.atomic import write

    patients = patients_of(options, "cases", "witnesses")
    allowed = fence(options)
    if patients is not None:
        from indicant.api.among import diff_among

        among = diff_among(options.old, options.new, patients, fence=allowed)
        return deliver_among(among, options.format, options.output)
    if options.as_of is not None:
        raise IndicantError("--as-of is the day of patients", help="name them by  --cohort DATA")
    if options.witnesses is not None:
        tell_recovered(options.witnesses)
    difference = compare(
        options.old,
        options.new,
        cases=options.cases,
        seconds=options.seconds,
        fence=allowed,
        fence_of_new=allowed,
    )
    found = difference.report()
    if options.format == "text":
        text = str(difference)
    elif options.format == "markdown":
        text = difference.to_markdown()
    else:
        text = found.render(options.format)
    if options.witnesses is not None:
        write_witnesses(difference, options.witnesses)
    if options.output is None:
        sys.stdout.write(text)
    else:
        write(text.encode("utf-8", "backslashreplace"), options.output)
    return int(not found.holds)
