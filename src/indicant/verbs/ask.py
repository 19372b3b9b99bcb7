"""``indicant ask``: a question about a guideline or a case."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_guideline, add_language, guideline_of, seconds
from indicant.command.output import tell_findings
from indicant.errors import IndicantError

if TYPE_CHECKING:
    from indicant.command.arguments import Verbs

_EPILOG: Final = """\
examples:
  indicant ask                                           the questions that there are
  indicant ask what-is-recommended case.ttl              a question about a case
  indicant ask what-overrides-what                       a question about the guideline
  indicant ask what-does-it-take recommendation=g:foraminotomy
  indicant ask what-is-open case.ttl --format sparql     the query, for any SPARQL 1.1 engine
  indicant ask --query own.rq case.ttl                   a query of your own

A value is an IRI, a name with a prefix, a local name or a label. A query of your own reads the
graph that  indicant export graph  writes; it is SELECT or ASK, and stopped after --timeout.
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "ask",
        help="a question about a guideline or a case, answered as a table",
        description="Answer one of the questions that ship, or a SPARQL query of your own. Alone, "
        "list the questions.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument(
        "what",
        nargs="*",
        metavar="QUESTION [CASE] [NAME=VALUE …]",
        help="the name of a question, a file with the case where it is about one, - for standard "
        "input, and values for the parameters of the question",
    )
    verb.add_argument("--query", metavar="FILE", help="a SPARQL query; - is standard input")
    verb.add_argument(
        "--example", action="store_true", help="ask about the example case of the guideline"
    )
    verb.add_argument(
        "--format",
        choices=("text", "json", "csv", "tsv", "markdown", "sparql"),
        default="text",
        help="how to print the table: json, csv and tsv are those of SPARQL 1.1; sparql is the "
        "query itself (text)",
    )
    add_guideline(verb)
    add_language(verb)
    verb.add_argument(
        "--engine",
        choices=("oxigraph", "rdflib"),
        default="oxigraph",
        help="who answers (oxigraph)",
    )
    verb.add_argument(
        "--timeout",
        type=seconds,
        default=30.0,
        metavar="N",
        help="the time limit in seconds for a query of your own (30)",
    )
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks for and return the exit code."""
    from indicant.api.case import Case
    from indicant.ask.answers import arguments, listing
    from indicant.ask.questions import question
    from indicant.assess.assessor import InvalidCase
    from indicant.files.rdf import read_text
    from indicant.foreign import as_rdf
    from indicant.query.tables import render

    words, given = arguments(options.what)
    if not words and options.query is None:
        if given or options.example:
            raise IndicantError("no question is named", help="indicant ask  lists them all")
        sys.stdout.write(listing("text" if options.format == "sparql" else options.format))
        return 0
    name = words.pop(0) if options.query is None else None
    if name is not None:
        question(name)
    if len(words) + options.example > 1:
        raise IndicantError("more than one case is given", help="cases can stand in one file")
    if words == ["-"] and options.query == "-":
        raise IndicantError("standard input is given twice", help="name a file for one of them")
    text = None
    if options.query is not None:
        from indicant.ask import adhoc

        text = read_text(options.query, stdin=sys.stdin.buffer, pipes=True, limit=adhoc.MAX_BYTES)
    try:
        guideline = guideline_of(options, engine=options.engine)
        asker = guideline.asker()
        if options.example:
            asker.take(asker.example())
        elif words:
            asker.take(guideline.document(Case.read(words[0], stdin=sys.stdin.buffer)))
        if name is not None and options.format == "sparql":
            sys.stdout.write(as_rdf(asker.query(name, given)))
            return 0
        if name is not None:
            table = asker.ask(name, given)
            told = render(table, options.format, asker.prefixes)
        else:
            assert text is not None  # noqa: S101
            file = "<stdin>" if options.query == "-" else options.query
            form = "text" if options.format == "sparql" else options.format
            told = asker.run_as(form, text, given, name=file, seconds=options.timeout)
    except InvalidCase as error:
        return tell_findings(error, options.lang)
    sys.stdout.write(told)
    return 0
