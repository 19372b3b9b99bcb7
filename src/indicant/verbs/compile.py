"""``indicant compile``: compile a guideline."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_guideline, guideline_of, seconds

if TYPE_CHECKING:
    from indicant.command.arguments import Verbs

_EPILOG: Final = """\
examples:
  indicant compile > compiled.nt                       the guideline that ships
  indicant compile --guideline policy/ --seconds 300   a folder, with more time
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "compile",
        help="compile a guideline and print the result",
        description="Read a guideline, have the reasoner classify it, compile every criterion to\n"
        "its prime implicants, and print the graph as N-Triples. It needs indicant[reasoner].",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_guideline(verb)
    verb.add_argument(
        "--seconds",
        type=seconds,
        default=60.0,
        metavar="N",
        help="the time limit for each criterion (60)",
    )
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks for and return the exit code."""
    from indicant.foreign import as_rdf

    compiled = guideline_of(options).compile(seconds=options.seconds)
    sys.stdout.write(as_rdf(compiled.graph))
    return 0
