"""The verb ``check``: whether guidelines, ontologies and cases are sound."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from indicant.command.arguments import add_guideline, add_report_options, fence, seconds

if TYPE_CHECKING:
    from indicant.command.arguments import Verbs

_EPILOG = """\
examples:
  indicant check                                   the guideline that ships
  indicant check path/to/folder                    a guideline of your own
  indicant check path/to/folder/criteria.ttl       one of its files, read with the others
  indicant check case.ttl --guideline NAME         a case, by the terms of a guideline
  indicant check --document document.txt           the passages as well, against a copy
  indicant check path/to/folder --lang de          what has no text in German, as notes
  indicant check path/to/folder --format sarif -o check.sarif

Checked are syntax, imports, prefixes, terms that nothing declares, the shapes of guidelines and of
the house style, the profile of criteria, circles of overriding, tables of codes and, with
indicant[reasoner], consistency and classes that can have no member, with an explanation.

exit codes: 0 all holds, 1 something does not or could not be decided, 2 it could not run
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "check",
        help="whether a guideline, an ontology or a case is sound, by file and line",
        description="Check guidelines, ontologies and cases by everything that there is to check "
        "them by, and tell all findings at once, each with its file and line and with how to put "
        "it right.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument(
        "path",
        nargs="*",
        metavar="PATH",
        help="a guideline by name or folder, or a file with an ontology or a case; - is a case "
        "from standard input (the guideline that ships)",
    )
    verb.add_argument(
        "--document",
        action="append",
        default=[],
        metavar="FILE",
        help="a copy of the document that the passages come from, as UTF-8 text",
    )
    add_guideline(verb)
    verb.add_argument(
        "--validator",
        choices=("shacl", "pyshacl"),
        default="shacl",
        help="who checks the shapes (shacl)",
    )
    verb.add_argument("--no-reasoner", action="store_true", help="do not ask HermiT")
    verb.add_argument(
        "--seconds",
        type=seconds,
        default=60.0,
        metavar="N",
        help="the time limit for each question to HermiT (60)",
    )
    verb.add_argument(
        "--lang",
        metavar="TAG",
        help="list as well what is shown of a case and has no text in this language",
    )
    add_report_options(verb)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Check, and report in the form that was asked for."""
    from indicant.author.checks import check
    from indicant.report.forms import deliver

    report = check(
        options.path,
        guideline=options.guideline,
        documents=options.document,
        reference=options.validator == "pyshacl",
        reasoner=not options.no_reasoner,
        seconds=options.seconds,
        stdin=sys.stdin.buffer,
        fence=fence(options),
        language=options.lang,
    )
    return deliver(report, options.format, options.output)
