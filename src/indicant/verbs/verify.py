"""The verb ``verify``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_language, add_outside, add_report_options, seconds

if TYPE_CHECKING:
    from indicant.command.arguments import Verbs

_EPILOG: Final = """\
examples:
  indicant verify                                      the guideline that ships with the package
  indicant verify path/to/guideline --witnesses out    with a case for everything that is found
  indicant verify a b --format sarif -o verify.sarif   two guidelines, each by itself

What is looked for, over all cases that can be recorded: conflict, dead, gap, redundant,
undecidable, overriding-cycle, idle-overriding, idle-acceptance. What is meant is accepted in the
guideline's own data, by ind:accepts, with the reason. A witness is a smallest case: no other shows
the finding with fewer facts.

exit codes: 0 nothing is found but what is accepted, 1 something is found or was not decided within
its time, 2 it could not run
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "verify",
        help="conflicts, gaps and dead advice, for all possible patients",
        description="Look for what is wrong with a guideline as a whole, over all cases that can "
        "be recorded, and show each finding with a smallest case. It needs indicant[reasoner].",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument(
        "guideline",
        nargs="*",
        metavar="GUIDELINE",
        help="a guideline by name, folder or file (the one that ships with the package)",
    )
    verb.add_argument(
        "--witnesses",
        metavar="DIR",
        help="write the cases there, in a folder for each finding, with what is expected of them",
    )
    verb.add_argument(
        "--seconds",
        type=seconds,
        default=60.0,
        metavar="N",
        help="the time limit for each criterion and each question (60)",
    )
    verb.add_argument(
        "--limit",
        type=seconds,
        default=600.0,
        metavar="N",
        help="the time limit for each guideline, in seconds (600)",
    )
    add_language(verb)
    add_report_options(verb)
    add_outside(verb)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Verify each guideline and print one report."""
    from indicant.api.guideline import Guideline
    from indicant.command.output import tell_recovered
    from indicant.possible.verification import together, write_witnesses
    from indicant.report.forms import deliver

    if options.witnesses is not None:
        tell_recovered(options.witnesses)
    reports = [
        Guideline.load(name, language=options.lang, allow_outside=options.outside).verify(
            seconds=options.seconds, limit=options.limit
        )
        for name in options.guideline or [None]
    ]
    report = together(reports)
    if options.witnesses is not None:
        write_witnesses(report, options.witnesses)
    return deliver(report, options.format, options.output)
