"""``indicant assess``: what a guideline says about a case."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_guideline, add_language, guideline_of
from indicant.command.cases import add_as_of, add_intake, cases_of, check_as_of
from indicant.command.output import Output, tell
from indicant.errors import IndicantError

if TYPE_CHECKING:
    from collections.abc import Callable

    from indicant.api.guideline import Guideline
    from indicant.command.arguments import Verbs
    from indicant.exchange.fhir import Printed
    from indicant.files.rdf import Document
    from indicant.site.casepage import CasePage

    Page = CasePage | Printed
    Take = Callable[[Document], None]

_EPILOG: Final = """\
examples:
  indicant assess --example                    the patient of the source document
  indicant assess case.ttl                     what to do now, what to ask, the steps, what to avoid
  indicant assess case.ttl --detail brief      on one screen, with what was left out
  indicant assess ward/*.ttl --format json     an array with one object per case
  indicant assess case.ttl --format html > page.html
  indicant assess - < case.ttl                 from standard input
  indicant assess patient.json --as-of 2026-11-22   a bundle of FHIR, each patient of it
  indicant assess case.ttl --format fhir       a Bundle with the answer, requests and open data
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "assess",
        help="what a guideline says about a case, with reasons",
        description="Say what a guideline recommends, contraindicates and leaves open for each "
        "case. A case that breaks a shape is not assessed: its findings go to standard output.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument(
        "case",
        nargs="*",
        metavar="CASE",
        help="a file in Turtle, TriG, N-Triples, N-Quads, JSON-LD or RDF/XML, FHIR as JSON or "
        "NDJSON, or tables of OMOP as intake takes them; - is standard input",
    )
    verb.add_argument(
        "--example", action="store_true", help="assess the example case of the guideline"
    )
    verb.add_argument(
        "--format",
        choices=("text", "json", "turtle", "markdown", "html", "fhir"),
        default="text",
        help="how to print the assessments; html needs indicant[site] (text)",
    )
    verb.add_argument(
        "--detail",
        choices=("brief", "normal", "full"),
        help="how much text, markdown, html and json show: brief fits on one screen and counts "
        "what it leaves out, full has the sources and the evidence as well (normal; html: full; "
        "json without it: the whole record of the assessment, for programs)",
    )
    verb.add_argument(
        "--fhir-version",
        choices=("R4", "R5"),
        help="the release of FHIR to write, with --format fhir (R4)",
    )
    add_as_of(verb)
    verb.add_argument("--all", action="store_true", help="list what does not apply as well")
    add_intake(verb)
    add_guideline(verb)
    add_language(verb)
    verb.add_argument(
        "--engine",
        choices=("auto", "oxigraph", "native", "rdflib", "hermit"),
        default="auto",
        help="who runs the rules: Oxigraph and, for many cases, native loops (auto), or one of "
        "them; hermit asks the reasoner for every decision",
    )
    verb.add_argument(
        "--validator",
        choices=("shacl", "pyshacl"),
        default="shacl",
        help="who checks the case against its shapes (shacl)",
    )
    verb.add_argument(
        "--no-cache", action="store_true", help="neither read nor keep compiled guidelines"
    )
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks for and return the exit code."""
    from indicant.assess.assessment import InvalidCase

    if options.example and options.case:
        raise IndicantError("--example takes no case", help="give the one or the other")
    if not options.example and not options.case:
        raise IndicantError("no case is given", help="try  indicant assess --example")
    if options.fhir_version and options.format != "fhir":
        raise IndicantError("--fhir-version is for --format fhir", help="add  --format fhir")
    if options.detail and options.format in {"turtle", "fhir"}:
        raise IndicantError(
            f"--detail is not for --format {options.format}, which leaves nothing out",
            help="leave it away, or choose  --format text",
        )
    check_as_of(options)
    guideline = guideline_of(
        options,
        engine=options.engine,
        validator=options.validator,
        use_cache=not options.no_cache,
    )
    output, take = _opened(options, guideline)
    code = 0
    for path in options.case or [None]:
        try:
            cases = [guideline.example()] if path is None else cases_of(options, guideline, path)
        except IndicantError as error:
            if len(options.case) < 2:
                raise
            code = max(code, error.exit_code)
            tell(error)
            continue
        for case in cases:
            try:
                take(_dated(guideline.document(case), options.as_of))
            except InvalidCase as error:
                code = max(code, error.exit_code)
                output.invalid(error)
            except IndicantError as error:
                if len(options.case) + len(cases) < 3:
                    raise
                code = max(code, error.exit_code)
                tell(error)
    output.close()
    return code


def _dated(document: Document, as_of: str | None) -> Document:
    from indicant.assess.assessor import with_date

    return document if as_of is None else with_date(document, as_of)


def _opened(options: argparse.Namespace, guideline: Guideline) -> tuple[Output | Page, Take]:
    """Return where assessments are printed, and what assesses the cases of a document there."""
    assessor, everything, form = guideline.assessor, options.all, options.format
    if form == "fhir":
        from indicant.exchange.fhir import Printed

        bundle = Printed(assessor, sys.stdout, options.fhir_version or "R4")
        return bundle, lambda document: bundle.records(
            assessor.assess(document, everything=everything), document
        )
    if form == "html":
        from indicant.site.casepage import CasePage

        page = CasePage(
            assessor,
            sys.stdout,
            detail=options.detail or "full",
            language=options.lang,
            everything=everything,
        )
        return page, page.document
    output = Output(form, sys.stdout, options.lang)
    if form == "turtle":
        return output, lambda document: output.triples(assessor.describe(document))
    if form == "json" and options.detail is None:
        return output, lambda document: output.records(
            assessor.assess(document, everything=everything)
        )
    from indicant.screen import Screens

    screens = Screens(
        assessor, options.detail or "normal", language=options.lang, everything=everything
    )
    return output, lambda document: output.screens(screens.of(document), screens.words)
