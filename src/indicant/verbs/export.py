"""``indicant export``: the published graph."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_guideline, guideline_of
from indicant.command.output import tell_findings

if TYPE_CHECKING:
    from indicant.command.arguments import Verbs

_EPILOG: Final = """\
examples:
  indicant export graph -o guideline.ttl
  indicant export graph --format jsonld > guideline.jsonld
  indicant export graph --case case.ttl -o case.nq --format nquads

Everything is in the default graph, whatever the format. All that is imported is in it, and no
owl:imports, which a tool would try to fetch.
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "export",
        help="the published graph, for a triple store",
        description="Write the guideline with all that it imports, its OWL axioms, the compiled "
        "criteria, the hierarchy, codes and evidence as one graph; with a case, also the case and "
        "all that follows for it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument("what", choices=("graph",), help="what to export")
    verb.add_argument(
        "-o", "--output", metavar="FILE", help="write this file, whole or not at all (to stdout)"
    )
    verb.add_argument("--case", metavar="CASE", help="a file with cases; - is standard input")
    verb.add_argument(
        "--format",
        choices=("turtle", "ntriples", "nquads", "trig", "jsonld", "rdfxml"),
        default="turtle",
        help="how to write it (turtle)",
    )
    add_guideline(verb)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks for and return the exit code."""
    from indicant.api.case import Case
    from indicant.ask.published import serialize
    from indicant.assess.assessment import InvalidCase
    from indicant.files.atomic import write

    guideline = guideline_of(options)
    try:
        asker = guideline.asker()
        if options.case is not None:
            asker.take(guideline.document(Case.read(options.case, stdin=sys.stdin.buffer)))
    except InvalidCase as error:
        return tell_findings(error)
    data = serialize(asker.graph(), options.format, asker.prefixes)
    if options.output is None:
        sys.stdout.write(data.decode())
    else:
        write(data, options.output)
    return 0
