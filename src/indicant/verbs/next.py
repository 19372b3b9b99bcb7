"""``indicant next``: what to find out next."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_case, add_told, check_case
from indicant.command.output import tell_of_case

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indicant.assess.assessor import Assessor
    from indicant.command.arguments import Verbs
    from indicant.files.rdf import Document

_EPILOG: Final = """\
examples:
  indicant next --example
  indicant next case.ttl
  indicant next case.ttl --all --format json

A fact settles an undetermined or conditional intervention when it alone makes it recommended,
contraindicated, conflicting or not applicable. First come facts that would indicate something
urgent or immediate. Facts are ranked by how many interventions they settle whichever way they turn
out (the smaller of the numbers for present and for absent), then by the sum of the two numbers.
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "next",
        help="what to find out next",
        description="Rank the facts that are open for a case by how much each would settle, with "
        "what to ask and the investigations that show it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_case(verb)
    verb.add_argument("--all", action="store_true", help="print every open fact")
    add_told(verb)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks for and return the exit code."""
    check_case(options)
    from indicant.explain import next as ranking
    from indicant.guideline.wording import Words

    def told(assessor: Assessor, document: Document) -> Iterable[tuple[object, str]]:
        most = None if options.all else ranking.SHOWN
        found = ranking.next_facts(assessor, document)
        words = Words(assessor.language)
        return ((record, ranking.as_text(record, most=most, words=words)) for record in found)

    return tell_of_case(options, told)
