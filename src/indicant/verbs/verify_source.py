"""``indicant verify-source``: hold passages against a document."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_guideline, guideline_of

if TYPE_CHECKING:
    from indicant.command.arguments import Verbs

_EPILOG: Final = """\
examples:
  indicant verify-source document.txt
  indicant verify-source - --format json < document.txt
  indicant verify-source leaflet.txt --guideline path/to/folder

exit codes: 0 every passage stands where it should, 1 one does not, 2 it could not run
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "verify-source",
        help="whether the passages of a guideline stand in a copy of its document",
        description="Check every passage of a guideline, by its place and its digest, against a "
        "copy of the document that it comes from, as UTF-8 text. What has moved is named with the "
        "nearest place where its text now stands.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument("document", metavar="DOCUMENT", help="a text file; - is standard input")
    add_guideline(verb)
    verb.add_argument(
        "--format", choices=("text", "json"), default="text", help="how to print it (text)"
    )
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks for and return the exit code."""
    from indicant.foreign import as_json, plain

    found = guideline_of(options).verify_source(options.document, stdin=sys.stdin.buffer)
    if options.format == "json":
        sys.stdout.write(as_json(found.record()) + "\n")
    else:
        for line in found.lines():
            print(plain(line))
    return 0 if found.holds else 1
