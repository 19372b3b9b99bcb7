"""``indicant why``: why an intervention has its status."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_case, add_told, check_case, count
from indicant.command.output import tell_of_case
from indicant.errors import IndicantError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indicant.assess.assessor import Assessor
    from indicant.command.arguments import Verbs
    from indicant.files.rdf import Document

_EPILOG: Final = """\
examples:
  indicant why case.ttl Bandage                 the reasons, down to the lines of the case
  indicant why --example Bandage                of the example case of the guideline
  indicant why case.ttl "walking aid" --to recommended

Below the reasons stand the least sets of facts that would change the status, fewest facts first:
no part of a set does it. "learn" says what is not known yet, "if instead" what would have to be
otherwise than recorded; every recorded statement that contradicts a set is then taken back, and the
rest stays. Where not every size was searched, a last line says so.
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "why",
        help="why an intervention has its status, and what would change it",
        description="Say why an intervention has its status for a case, down to the lines of the "
        "case and the passages of the source, and which facts would change it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_case(verb)
    verb.add_argument(
        "action",
        nargs="?",
        metavar="ACTION",
        help="an IRI, a name with a prefix, a local name or a label",
    )
    verb.add_argument(
        "--to",
        metavar="STATUS",
        choices=(
            "recommended",
            "conditional",
            "conflicting",
            "contraindicated",
            "undetermined",
            "not-applicable",
        ),
        help="only sets of facts that lead to this status",
    )
    verb.add_argument(
        "--facts", type=count, default=4, metavar="N", help="the largest size of a set (4)"
    )
    verb.add_argument("--all", action="store_true", help="print every set that is found")
    add_told(verb)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks for and return the exit code."""
    action = options.action
    if options.example and action is None:
        options.case, action = None, options.case
    check_case(options)
    if action is None:
        raise IndicantError("no intervention is given", help="indicant why CASE ACTION")
    from indicant.explain import why
    from indicant.guideline.wording import Words

    def told(assessor: Assessor, document: Document) -> Iterable[tuple[object, str]]:
        most = None if options.all or options.format == "json" else why.SETS
        found = why.why(assessor, document, action, to=options.to, largest=options.facts, most=most)
        words = Words(assessor.language)
        return ((record, why.as_text(record, words)) for record in found)

    return tell_of_case(options, told)
