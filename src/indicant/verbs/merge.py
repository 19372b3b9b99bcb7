"""The verb ``merge``: several guidelines together, with what is between them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_outside, fence, seconds
from indicant.command.cases import add_cohort, patients_of
from indicant.report.findings import FORMS

if TYPE_CHECKING:
    from indicant.api.among import Patients
    from indicant.command.arguments import Verbs

_EPILOG: Final = """\
examples:
  indicant merge published/ ours/                          what is between the two
  indicant merge published/ ours/ -o merged.trig           and write them together
  indicant merge a.ttl b.ttl c.ttl --as-of 2026-11-22      resolutions as of a day
  indicant merge a.ttl b.ttl --cohort export/ --as-of 2026-11-22    for whom among yours

Each guideline is a named graph of the file, and so is each ontology that they share; the default
graph says in PROV-O which files a graph comes from. Contradictions are settled by ind:Resolution
in an overlay. Where terms clash or the whole is inconsistent, nothing is written. The file is
assessed like any other guideline:  --guideline merged.trig

With --cohort it is told for whom among patients of yours the guidelines are at odds, and whom they
answer otherwise together than each of them alone; the report is then written by --report alone.

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
    add_cohort(verb, day=False)
    add_outside(verb)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Merge, report and write."""
    from indicant.api.several import merge
    from indicant.files.atomic import write
    from indicant.report.forms import deliver

    patients = patients_of(options)
    if patients is not None:
        return _among(options, patients)
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


def _among(options: argparse.Namespace, patients: Patients) -> int:
    """Say for whom among patients guidelines are at odds."""
    from indicant.api.among import merge_among
    from indicant.command.output import deliver_among
    from indicant.errors import IndicantError
    from indicant.files.atomic import write
    from indicant.report.forms import deliver

    if options.output is not None or options.within:
        raise IndicantError(
            "--output and --within are of the merge itself, and --cohort asks about patients",
            help="merge first, and ask afterwards",
        )
    among, combined = merge_among(
        options.guideline, patients, seconds=options.seconds, fence=fence(options)
    )
    if among is None:
        return deliver(combined.report, options.format, options.report)
    if options.report is not None:
        write(combined.report.render(options.format).encode(), options.report)
    return deliver_among(among, options.format, None)
