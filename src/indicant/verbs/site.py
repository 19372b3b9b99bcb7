"""The verb ``site``: a guideline as pages to look at."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_guideline, add_language, guideline_of

if TYPE_CHECKING:
    from indicant.command.arguments import Verbs

_EPILOG: Final = """\
examples:
  indicant site public
  indicant site public --cases tests/assess
  indicant site public --guideline path/to/folder

Open public/index.html in a browser, or publish the folder as it is: links are relative, nothing is
loaded from elsewhere, and everything but the search works without scripts. It is written whole or
not at all. It needs indicant[site].
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "site",
        help="a guideline as pages to look at, for a browser or a web server",
        description="Write a website about a guideline: its pathway, a page for each "
        "recommendation, finding, intervention, publication and question, the source, the terms, "
        "and a search.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument(
        "folder", metavar="DIR", help="a new or empty folder, or one that holds such a site"
    )
    verb.add_argument(
        "--cases",
        metavar="DIR",
        help="a folder of cases to show with the recommendations whose names they begin with",
    )
    add_guideline(verb)
    add_language(verb)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the site."""
    import sys

    from indicant.assess.assessment import InvalidCase
    from indicant.assess.prose import finding_line
    from indicant.command.output import tell_recovered
    from indicant.foreign import plain
    from indicant.site.publishing import check, publish

    tell_recovered(options.folder)
    check(options.folder)
    try:
        files = guideline_of(options).site(options.cases)
    except InvalidCase as error:
        for finding in error.findings:
            print(finding_line(finding))
        print(f"indicant: {error}", file=sys.stderr)
        return error.exit_code
    publish(files, options.folder)
    print(plain(f"{len(files)} files in {options.folder}; open {options.folder}/index.html"))
    return 0
