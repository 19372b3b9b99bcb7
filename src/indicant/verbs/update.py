"""``indicant update``: what a newer version of the pinned guideline changes for an institution."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_outside, add_report_options, fence, seconds
from indicant.command.cases import add_cohort, patients_of

if TYPE_CHECKING:
    from indicant.command.arguments import Verbs

_EPILOG: Final = """\
examples:
  indicant update                      compare with the guideline that the package brings
  indicant update --from path/to/new   compare with another version of it
  indicant update --check              only whether the copy is the one that is pinned
  indicant update --cohort export/ --as-of 2026-11-22    whom among patients of yours it changes
  indicant update --take               put the newer version in its place, and pin that

Both versions are merged with the overlay, and the merged guidelines are compared over all possible
cases: whom would the institution answer otherwise, with a smallest case for each change? Reported
too is what the merge with the newer version newly finds, a resolution that dangles for one.

exit codes: 0 nothing changes or it was taken, 1 something changes or the copy is not the pinned
one, 2 it could not run
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "update",
        help="what a newer version of a published guideline changes for an institution",
        description="Say what a newer version of the guideline that an overlay is laid over would "
        "change for this institution, and take it if asked to.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument(
        "directory", nargs="?", default=".", metavar="DIR", help="its repository (here)"
    )
    what = verb.add_mutually_exclusive_group()
    what.add_argument(
        "--check", action="store_true", help="only whether the copy is the one that is pinned"
    )
    what.add_argument("--take", action="store_true", help="take it, and pin it")
    verb.add_argument(
        "--from",
        dest="source",
        metavar="NAME",
        help="the newer version, by name, folder or file (the one that is installed)",
    )
    verb.add_argument(
        "--as-of", metavar="DATE", help="the day on which resolutions shall hold, YYYY-MM-DD"
    )
    verb.add_argument(
        "--seconds",
        type=seconds,
        default=60.0,
        metavar="N",
        help="the time limit for the search over all possible cases (60)",
    )
    add_report_options(verb)
    add_cohort(verb, day=False)
    add_outside(verb)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare, check or take."""
    from indicant.api.repository import Repository
    from indicant.command.output import deliver_among, tell_recovered
    from indicant.report.forms import deliver

    tell_recovered(options.directory)
    patients = patients_of(options, "check", "take")
    if patients is not None:
        from indicant.api.among import update_among

        among = update_among(
            options.directory,
            patients,
            source=options.source,
            seconds=options.seconds,
            fence=fence(options),
        )
        return deliver_among(among, options.format, options.output)
    repository = Repository(options.directory, allow_outside=options.outside)
    if options.check:
        report = repository.check()
    else:
        report = repository.update(
            options.source, take=options.take, as_of=options.as_of, seconds=options.seconds
        )
    return deliver(report, options.format, options.output)
