"""``indicant export``: the published graph, and what a guideline asks as a questionnaire."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_guideline, guideline_of
from indicant.command.output import tell_findings
from indicant.errors import IndicantError

if TYPE_CHECKING:
    from indicant.command.arguments import Verbs

_EPILOG: Final = """\
examples:
  indicant export graph -o guideline.ttl
  indicant export graph --format jsonld > guideline.jsonld
  indicant export graph --case case.ttl -o case.nq --format nquads
  indicant export questionnaire -o questions.json

A QuestionnaireResponse is a case:  indicant assess response.json --as-of DATE

Everything is in the default graph, whatever the format. All that is imported is in it, and no
owl:imports, which a tool would try to fetch.
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "export",
        help="the published graph, for a triple store, and the questions, for a form",
        description="Write the guideline with all that it imports, its OWL axioms, the compiled "
        "criteria, the hierarchy, codes and evidence as one graph; with a case, also the case and "
        "all that follows for it. Or write what the guideline looks at as a Questionnaire of FHIR "
        "R4.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument("what", choices=("graph", "questionnaire"), help="what to export")
    verb.add_argument(
        "-o", "--output", metavar="FILE", help="write this file, whole or not at all (to stdout)"
    )
    verb.add_argument("--case", metavar="CASE", help="a file with cases; - is standard input")
    verb.add_argument(
        "--format",
        choices=("turtle", "ntriples", "nquads", "trig", "jsonld", "rdfxml"),
        help="how to write the graph (turtle)",
    )
    add_guideline(verb)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks for and return the exit code."""
    from indicant.api.case import Case
    from indicant.ask.published import serialize
    from indicant.assess.assessment import InvalidCase

    guideline = guideline_of(options)
    if options.what == "questionnaire":
        if options.case is not None or options.format is not None:
            raise IndicantError(
                "a questionnaire has neither --case nor --format",
                help="indicant export questionnaire -o questions.json",
            )
        from indicant.exchange.questionnaire import Form

        _write(Form(guideline.assessor).text().encode(), options.output)
        return 0
    try:
        asker = guideline.asker()
        if options.case is not None:
            asker.take(guideline.document(Case.read(options.case, stdin=sys.stdin.buffer)))
    except InvalidCase as error:
        return tell_findings(error)
    data = serialize(asker.graph(), options.format or "turtle", asker.prefixes)
    _write(data, options.output)
    return 0


def _write(data: bytes, output: str | None) -> None:
    from indicant.files.atomic import write

    if output is None:
        sys.stdout.write(data.decode())
    else:
        write(data, output)
