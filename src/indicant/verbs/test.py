"""``indicant test``: hold a guideline to cases with what is expected of the answers."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_guideline, add_report_options, guideline_of, seconds

if TYPE_CHECKING:
    from indicant.command.arguments import Verbs

_EPILOG: Final = """\
examples:
  indicant test                              every case below the folder tests
  indicant test tests/assess --fail-under 100
  indicant test ward --format junit -o results.xml
  indicant test ward --suggest ward/missing  the cases that are missing, smallest first

A case is a folder with case.ttl and expected.json. What expected.json states is held against the
answer; what it leaves out may be anything:
  {
    "actions": {"Bandage": "undetermined"},         a status
    "answers": {"bandage-at-night": "open"},        met, refuted or open
    "awaiting": {"Bandage": ["Swelling", "..."]},   these facts, ... and others
    "proposals": {"Radiograph": "contraindicated"},
    "breaks": ["Node-range"]                        a case that is not to be assessed
  }
"criteria", "scope", "superseded", "fulfilments" and "excepting" can be stated likewise, and for a
file with several cases all of it under "cases", by name. A folder may instead list each finding
of its case in expected.txt, as  LINE SHAPE.

Beside a case that is suggested stands what is answered to it: whether that is right is for its
author to say.

exit codes: 0 every case is answered as expected, 1 one is not or --fail-under is not reached,
2 it could not run
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "test",
        help="whether cases are answered as expected, and what no case exercises",
        description="Run folders of cases, compare each answer with what is expected, and tell "
        "which recommendations, criteria, facts and shapes no case exercises.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument(
        "folder", nargs="*", metavar="DIR", help="folders with cases at any depth (tests)"
    )
    verb.add_argument(
        "--fail-under",
        type=_percent,
        metavar="PERCENT",
        help="the least share of recommendations, of criteria, of facts and, where a case is "
        "expected to break one, of shapes that the cases are to exercise",
    )
    verb.add_argument(
        "--suggest",
        metavar="DIR",
        help="write a case, the smallest there is, for each answer and fact that no case "
        "exercises; needs indicant[reasoner]",
    )
    verb.add_argument(
        "--seconds",
        type=seconds,
        default=60.0,
        metavar="N",
        help="the time limit for each case that is suggested (60)",
    )
    add_report_options(verb)
    add_guideline(verb)
    verb.set_defaults(run=run)


def _percent(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"'{text}' is not between 0 and 100")
    return value


def run(options: argparse.Namespace) -> int:
    """Run the cases and report."""
    from indicant.command.output import tell_recovered
    from indicant.report.forms import deliver

    if options.suggest is not None:
        tell_recovered(options.suggest)
    guideline = guideline_of(options)
    outcome = guideline.test(*options.folder or ["tests"], fail_under=options.fail_under)
    report = outcome.report
    if options.suggest is not None:
        from indicant.test.suggestions import suggest, tell

        found = suggest(
            guideline.assessor, outcome.coverage, options.suggest, seconds=options.seconds
        )
        report = tell(report, found)
    return deliver(report, options.format, options.output)
