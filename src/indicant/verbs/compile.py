"""``indicant compile``: compile a guideline."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from indicant.command.arguments import add_guideline, guideline_of, seconds

if TYPE_CHECKING:
    import argparse

    from indicant.command.arguments import Verbs


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "compile",
        help="compile a guideline and print the result",
        description="Read a guideline, have the reasoner classify it, compile every criterion to "
        "its prime implicants, and print the graph as N-Triples. It needs indicant[reasoner].",
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
