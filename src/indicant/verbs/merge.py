"""The verb ``merge``: several guidelines together, with what is between them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_outside, fence, seconds
from indicant.report.findings import FORMS

if TYPE_CHECKING:
    from indicant.command.arguments import Verbs

_EPILOG: Final = """\
examples:
  indicant merge published/ ours/                          what is between the two
  indicant merge published/ ours/ -o merged.trig           and write them together
  indicant merge a.ttl b.ttl c.ttl --as-of 2026-11-22      resolutions as of a day

Each guideline is a named graph of the file, and so is each ontology that they share; the default
graph says in PROV-O which files a graph comes from. Contradictions are settled by ind:Resolution
in an overlay. Where terms clash or the whole is inconsistent, nothing is written. The file is
assessed like any other guideline:  --guideline merged.trig

exit codes: 0 nothing is left to settle, 1 something is, 2 it could not run
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "merge",
        help="put guidelines together and find what is between them",
        description="Put guidelines together, each in a graph of its own, with where it comes "
        "from. Terms that clash, contradictions, duplicate advice, alternatives and what one "
        "recommendation repairs of another are reported, with a case for each.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument(
        "guideline", nargs="+", metavar="GUIDELINE", help="a guideline by name, folder or file"
    )
    verb.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write the merged graph, TriG or N-Quads by its suffix, whole or not at all",
    )
    verb.add_argument(
        "--as-of", metavar="DATE", help="the day on which resolutions shall hold, YYYY-MM-DD"
    )
    verb.add_argument(
        "--within",
        action="store_true",
        help="report what is within one guideline as well, as is done for a single one",
    )
    verb.add_argument(
        "--seconds",
        type=seconds,
        default=60.0,
        metavar="N",
        help="the time limit for the search over all possible cases (60)",
    )
    verb.add_argument(
        "--format",
        choices=FORMS,
        default="text",
        help="how to print what is found: sarif is SARIF 2.1.0, junit is JUnit XML, github the "
        "annotations of GitHub workflows (text)",
    )
    verb.add_argument(
        "--report", metavar="FILE", help="write the report to this file, whole or not at all"
    )
    add_outside(verb)
    verb.set_defaults(run=run)
    verb.mixed = True


def run(options: argparse.Namespace) -> int:
    """Merge, report and write."""
    from indicant.api.several import merge
    from indicant.files.atomic import write
    from indicant.report.forms import deliver

    combined = merge(
        options.guideline,
        as_of=options.as_of,
        within=options.within,
        seconds=options.seconds,
        output=options.output,
        fence=fence(options),
    )
    if options.output is not None and combined.data is not None:
        write(combined.data, options.output)
    return deliver(combined.report, options.format, options.report)
