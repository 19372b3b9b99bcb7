"""``indicant whence``: which guideline each statement of a merged graph comes from."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from indicant.command.arguments import Verbs

_EPILOG: Final = """\
examples:
  indicant whence merged.trig                      the files that each graph was read from
  indicant whence merged.trig "walking aid"        what is said of a term, and by which guideline
  indicant whence merged.trig --format tsv

A term is an IRI, a name with a prefix, a local name or a label. The queries are plain SPARQL 1.1,
in queries/merged, for any engine that knows named graphs.
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "whence",
        help="which guideline each statement of a merged graph comes from",
        description="Say which files the graphs of a merge were read from, or which guideline "
        "makes each statement about a term.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument("merged", metavar="MERGED", help="a merged graph, TriG or N-Quads")
    verb.add_argument("term", nargs="?", metavar="TERM", help="what the statements are about")
    verb.add_argument(
        "--format",
        choices=("text", "json", "csv", "tsv", "markdown"),
        default="text",
        help="how to print the table: json, csv and tsv are those of SPARQL 1.1 (text)",
    )
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the table."""
    from indicant.api.several import whence
    from indicant.query.tables import render

    table = whence(options.merged, options.term)
    sys.stdout.write(render(table, options.format, table.prefixes))
    return 0
