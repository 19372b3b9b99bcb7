"""``indicant export``: the published graph, its questions as a form, its decisions as SQL."""

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
  indicant export sql -o guideline.sql                      over a table of facts of patients
  indicant export sql --from columns --table clinic.wide    over a row for each patient

SQL answers of the literals that the table has, closed under the vocabulary: with a fact also all
that it entails, as  patterns.parquet  of  indicant cohort -o FOLDER  has it. Where a fact stands
alone, what asks for one that follows from it stays open. Rows without a patient are left out.

A QuestionnaireResponse is a case:  indicant assess response.json --as-of DATE

Everything is in the default graph, whatever the format. All that is imported is in it, and no
owl:imports, which a tool would try to fetch.
"""
_CALLED: Final = {"graph": "a graph", "questionnaire": "a questionnaire", "sql": "sql"}


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "export",
        help="the published graph, for a triple store, its questions as a form, decisions as SQL",
        description="Write the guideline with all that it imports, its OWL axioms, the compiled "
        "criteria, the hierarchy, codes and evidence as one graph; with a case, also the case and "
        "all that follows for it. Or write what the guideline looks at as a Questionnaire of FHIR "
        "R4, or what it decides as SQL for DuckDB, DataFusion and PostgreSQL.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument("what", choices=("graph", "questionnaire", "sql"), help="what to export")
    verb.add_argument(
        "-o", "--output", metavar="FILE", help="write this file, whole or not at all (to stdout)"
    )
    verb.add_argument("--case", metavar="CASE", help="a file with cases; - is standard input")
    verb.add_argument(
        "--format",
        choices=("turtle", "ntriples", "nquads", "trig", "jsonld", "rdfxml"),
        help="how to write the graph (turtle)",
    )
    verb.add_argument(
        "--from",
        dest="shape",
        choices=("facts", "columns"),
        help="what SQL reads: a row for each patient and fact, or one for each patient (facts)",
    )
    verb.add_argument("--table", metavar="NAME", help="what SQL reads is called (as with --from)")
    verb.add_argument(
        "--prefix", metavar="NAME", help="what the views of SQL begin with (indicant)"
    )
    verb.add_argument(
        "--consistent",
        action="store_true",
        default=None,
        help="no patient that SQL reads has facts that cannot all hold: look for none",
    )
    add_guideline(verb)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks for and return the exit code."""
    from indicant.api.case import Case
    from indicant.ask.published import serialize
    from indicant.assess.assessment import InvalidCase

    _refuse(options)
    guideline = guideline_of(options)
    if options.what == "questionnaire":
        from indicant.exchange.questionnaire import Form

        _write(Form(guideline.assessor).text().encode(), options.output)
        return 0
    if options.what == "sql":
        from indicant.exchange.sql import Sql

        made = Sql(
            guideline.assessor,
            options.shape or "facts",
            options.table,
            "indicant" if options.prefix is None else options.prefix,
            consistent=bool(options.consistent),
        )
        _write(made.text().encode(), options.output)
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


def _refuse(options: argparse.Namespace) -> None:
    """Refuse what is said of something else than what is exported."""
    graph = {"--case": options.case, "--format": options.format}
    sql = {
        "--from": options.shape,
        "--table": options.table,
        "--prefix": options.prefix,
        "--consistent": options.consistent,
    }
    others = {"graph": sql, "questionnaire": graph | sql, "sql": graph}[options.what]
    given = [one for one, value in others.items() if value is not None]
    if given:
        raise IndicantError(
            f"{_CALLED[options.what]} has no {given[0]}",
            help=f"indicant export {options.what} --help  tells what there is",
        )


def _write(data: bytes, output: str | None) -> None:
    from indicant.files.atomic import write

    if output is None:
        sys.stdout.write(data.decode())
    else:
        write(data, output)
