"""The ``indicant`` command."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import pkgutil
import re
import sys
from typing import TYPE_CHECKING, Final

import indicant.verbs
from indicant import __version__
from indicant.errors import IndicantError
from indicant.verbs.arguments import Parser, add_guideline, count, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TextIO

    import pyoxigraph

    from indicant.assessing import Assessor, CaseRecord, InvalidCase
    from indicant.reading import Document
    from indicant.verbs.arguments import Verbs

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EPILOG = """\
exit codes: 0 it holds, 1 it ran and found something, 2 it could not run
decision support for professionals who review every reason; not a medical device
"""
_ASSESS_EPILOG = """\
examples:
  indicant assess --example                    the patient of the source document
  indicant assess case.ttl                     what to do now, next, if that fails, and to avoid
  indicant assess ward/*.ttl --format json     an array with one object per case
  indicant assess - < case.ttl                 from standard input
"""


_VERIFY_EPILOG = """\
examples:
  indicant verify-source document.txt
  indicant verify-source - --format json < document.txt
  indicant verify-source leaflet.txt --guideline path/to/folder

exit codes: 0 every passage stands where it should, 1 one does not, 2 it could not run
"""


_ASK_EPILOG = """\
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
_EXPORT_EPILOG = """\
examples:
  indicant export graph -o guideline.ttl
  indicant export graph --format jsonld > guideline.jsonld
  indicant export graph --case case.ttl -o case.nq --format nquads

Everything is in the default graph, whatever the format.
"""


_WHY_EPILOG = """\
examples:
  indicant why case.ttl Bandage                 the reasons, down to the lines of the case
  indicant why case.ttl "walking aid" --to recommended

Below the reasons stand the least sets of facts that would change the status, fewest facts first:
no part of a set does it. "learn" says what is not known yet, "if instead" what would have to be
otherwise than recorded; every recorded statement that contradicts a set is then taken back, and the
rest stays. Where not every size was searched, a last line says so.
"""
_WHATIF_EPILOG = """\
examples:
  indicant whatif case.ttl +Cough -Fever
  indicant whatif case.ttl ~Radiograph "shortness of breath:severity=Mild"
  indicant whatif case.ttl Bandage:weeks=3 asOf=2027-01-31

edits:
  +Term                  it is present, or was received; what excludes it is taken back
  -Term                  it is excluded; nodes of it, or of a class below, are taken back
  ~Term                  whether there is one is not known
  Term:property=value    the node of the class, or the named node, has this value; one is added
                         where there is none
  asOf=DATE              the case is as of another date

A term is an IRI, a name with a prefix, a local name or a label. Edits never take back one another:
a case that contradicts itself once it is edited is a finding. The file is left as it is.
"""
_NEXT_EPILOG = """\
examples:
  indicant next case.ttl
  indicant next case.ttl --all --format json

A fact settles an undetermined or conditional intervention when it alone makes it recommended,
contraindicated, conflicting or not applicable. Facts are ranked by how many interventions they
settle whichever way they turn out (the smaller of the numbers for present and for absent), then by
the sum of the two numbers, then by name.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = Parser(
        prog="indicant",
        description="Clinical guidelines as knowledge graphs, assessed exactly.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"indicant {__version__}")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    _add_assess(verbs)
    _add_why(verbs)
    _add_whatif(verbs)
    _add_next(verbs)
    _add_ask(verbs)
    _add_export(verbs)
    _add_compile(verbs)
    _add_verify_source(verbs)
    for module in sorted(one.name for one in pkgutil.iter_modules(indicant.verbs.__path__)):
        if module != "arguments":
            importlib.import_module(f"indicant.verbs.{module}").add(verbs)
    return top


def _add_assess(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "assess",
        help="what a guideline says about a case, with reasons",
        description="Say what a guideline recommends, contraindicates and leaves open for each "
        "case. A case that breaks a shape is not assessed: its findings go to standard output.",
        epilog=_ASSESS_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument(
        "case",
        nargs="*",
        metavar="CASE",
        help="a file in Turtle, TriG, N-Triples, N-Quads, JSON-LD or RDF/XML; - is standard input",
    )
    verb.add_argument(
        "--example", action="store_true", help="assess the example case of the guideline"
    )
    verb.add_argument(
        "--format",
        choices=("text", "json", "turtle", "markdown"),
        default="text",
        help="how to print the assessments (text)",
    )
    verb.add_argument(
        "--as-of", metavar="DATE", help="assess as of this date, YYYY-MM-DD, not the case's own"
    )
    verb.add_argument("--all", action="store_true", help="list what does not apply as well")
    add_guideline(verb)
    verb.add_argument(
        "--engine",
        choices=("oxigraph", "rdflib", "hermit"),
        default="oxigraph",
        help="who runs the rules; hermit asks the reasoner for every decision (oxigraph)",
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
    verb.set_defaults(run=_assess)


def _add_ask(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "ask",
        help="a question about a guideline or a case, answered as a table",
        description="Answer one of the questions that ship, or a SPARQL query of your own. Alone, "
        "list the questions.",
        epilog=_ASK_EPILOG,
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
    verb.set_defaults(run=_ask)
    verb.mixed = True


def _add_export(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "export",
        help="the published graph, for a triple store",
        description="Write the guideline with all that it imports, its OWL axioms, the compiled "
        "criteria, the hierarchy, codes and evidence as one graph; with a case, also the case and "
        "all that follows for it.",
        epilog=_EXPORT_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument("what", choices=("graph",), help="what to export")
    verb.add_argument(
        "-o", "--output", metavar="FILE", help="write this file, whole or not at all (to stdout)"
    )
    verb.add_argument("--case", metavar="CASE", help="a file with cases; - is standard input")
    verb.add_argument(
        "--format",
        choices=("turtle", "ntriples", "nquads", "trig", "jsonld", "rdfxml"),
        default="turtle",
        help="how to write it (turtle)",
    )
    add_guideline(verb)
    verb.set_defaults(run=_export)


def _add_why(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "why",
        help="why an intervention has its status, and what would change it",
        description="Say why an intervention has its status for a case, down to the lines of the "
        "case and the passages of the source, and which facts would change it.",
        epilog=_WHY_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument("case", metavar="CASE", help="a case; - is standard input")
    verb.add_argument(
        "action", metavar="ACTION", help="an IRI, a name with a prefix, a local name or a label"
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
    _add_told(verb)
    verb.set_defaults(run=_why)


def _add_whatif(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "whatif",
        help="what would change if a case were otherwise",
        description="Apply edits to a copy of a case, and say for which interventions the status "
        "would be another, and why.",
        epilog=_WHATIF_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument("case", metavar="CASE", help="a case; - is standard input")
    verb.add_argument("edit", nargs="*", metavar="EDIT", help="+Term, -Term, ~Term, …")
    _add_told(verb)
    verb.mixed = True
    verb.edits = True
    verb.set_defaults(run=_whatif)


def _add_next(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "next",
        help="what to find out next",
        description="Rank the facts that are open for a case by how much each would settle, with "
        "what to ask and the investigations that show it.",
        epilog=_NEXT_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument("case", metavar="CASE", help="a case; - is standard input")
    verb.add_argument("--all", action="store_true", help="print every open fact")
    _add_told(verb)
    verb.set_defaults(run=_next)


def _add_told(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--format", choices=("text", "json"), default="text", help="how to print it (text)"
    )
    add_guideline(verb)


def _add_compile(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "compile",
        help="compile a guideline and print the result",
        description="Read a guideline, have the reasoner classify it, compile every criterion to "
        "its prime implicants, and print the graph as N-Triples. It needs indicant[reasoner].",
    )
    add_guideline(verb)
    verb.add_argument(
        "--seconds",
        type=seconds,
        default=60.0,
        metavar="N",
        help="the time limit for each criterion (60)",
    )
    verb.set_defaults(run=_compile)


def _add_verify_source(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "verify-source",
        help="whether the passages of a guideline stand in a copy of its document",
        description="Check every passage of a guideline, by its place and its digest, against a "
        "copy of the document that it comes from, as UTF-8 text. What has moved is named with the "
        "nearest place where its text now stands.",
        epilog=_VERIFY_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument("document", metavar="DOCUMENT", help="a text file; - is standard input")
    add_guideline(verb)
    verb.add_argument(
        "--format", choices=("text", "json"), default="text", help="how to print it (text)"
    )
    verb.set_defaults(run=_verify_source)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; a user's mistake leaves no traceback."""
    _open_streams()
    try:
        options = parser().parse_args(arguments)
        code: int = options.run(options)
        sys.stdout.flush()
    except IndicantError as error:
        _tell(error)
        return error.exit_code
    except BrokenPipeError:
        _discard_output()
        return 0
    except OSError as error:
        _discard_output()
        place = f"{error.filename}: " if error.filename else ""
        print(f"indicant: {place}{error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except MemoryError:
        print("indicant: out of memory", file=sys.stderr)
        return 2
    return code


def _open_streams() -> None:
    """Write the same bytes everywhere, and do without a stream that the caller closed."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def _discard_output() -> None:
    """Let what is still to be written vanish, so that the interpreter ends without a word."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(error: IndicantError) -> None:
    from indicant.rendering import plain

    sys.stdout.flush()
    print(plain(f"indicant: {error}"), file=sys.stderr)
    if error.help:
        print(plain(f"  help: {error.help}"), file=sys.stderr)


def _assess(options: argparse.Namespace) -> int:
    from indicant.assessing import Assessor, InvalidCase
    from indicant.reading import read

    if options.example and options.case:
        raise IndicantError("--example takes no case", help="give the one or the other")
    if not options.example and not options.case:
        raise IndicantError("no case is given", help="try  indicant assess --example")
    if options.as_of is not None and not _DATE.fullmatch(options.as_of):
        raise IndicantError(f"'{options.as_of}' is not a date", help="write it as YYYY-MM-DD")
    assessor = Assessor(
        options.guideline,
        engine=options.engine,
        validator=options.validator,
        use_cache=not options.no_cache,
    )
    output = _Output(options.format, sys.stdout)
    code = 0
    for path in options.case or [None]:
        try:
            document = assessor.example() if path is None else read(path, stdin=sys.stdin.buffer)
            if options.format == "turtle":
                output.triples(assessor.describe(document, as_of=options.as_of))
            else:
                output.records(
                    assessor.assess(document, as_of=options.as_of, everything=options.all)
                )
        except InvalidCase as error:
            code = max(code, error.exit_code)
            output.invalid(error)
        except IndicantError as error:
            if len(options.case) < 2:
                raise
            code = max(code, error.exit_code)
            _tell(error)
    output.close()
    return code


class _Output:
    """Prints assessments one after the other in one format."""

    def __init__(self, form: str, stream: TextIO) -> None:
        self._form = form
        self._stream = stream
        self._objects: list[object] = []
        self._triples: dict[object, None] = {}
        self._first = True

    def records(self, records: list[CaseRecord]) -> None:
        if self._form == "json":
            self._objects.extend(records)
            return
        from indicant import rendering

        render = rendering.as_text if self._form == "text" else rendering.as_markdown
        for record in records:
            if not self._first:
                print(
                    "\n" + ("-" * 72 if self._form == "text" else "---") + "\n", file=self._stream
                )
            self._first = False
            self._stream.write(render(record))

    def triples(self, triples: list[pyoxigraph.Triple]) -> None:
        self._triples.update(dict.fromkeys(triples))

    def invalid(self, error: InvalidCase) -> None:
        from dataclasses import asdict

        from indicant.rendering import finding_line

        if self._form == "json":
            file = error.findings[0].file if error.findings else None
            findings = [asdict(finding) for finding in error.findings]
            self._objects.append({"file": file, "findings": findings})
        elif self._form == "turtle":
            for finding in error.findings:
                print(f"# {finding_line(finding)}", file=self._stream)
        else:
            for finding in error.findings:
                print(finding_line(finding), file=self._stream)
        self._stream.flush()
        print(f"indicant: {error}", file=sys.stderr)

    def close(self) -> None:
        if self._form == "json":
            import json

            json.dump(self._objects, self._stream, indent=2, ensure_ascii=False)
            self._stream.write("\n")
        elif self._triples:
            import pyoxigraph

            from indicant.terms import PREFIXES

            text = pyoxigraph.serialize(
                self._triples,  # type: ignore[arg-type]
                format=pyoxigraph.RdfFormat.TURTLE,
                prefixes=PREFIXES,
            )
            self._stream.write((text or b"").decode())


def _ask(options: argparse.Namespace) -> int:
    from indicant.ask import Asker, arguments, listing
    from indicant.assessing import InvalidCase
    from indicant.questions import question
    from indicant.reading import read, read_text
    from indicant.tables import render

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
        from indicant import adhoc

        text = read_text(options.query, stdin=sys.stdin.buffer, limit=adhoc.MAX_BYTES)
    try:
        asker = Asker(options.guideline, engine=options.engine)
        if options.example:
            asker.take(asker.example())
        elif words:
            asker.take(read(words[0], stdin=sys.stdin.buffer))
        if name is not None and options.format == "sparql":
            sys.stdout.write(asker.query(name, given))
            return 0
        if name is not None:
            table = asker.ask(name, given)
        else:
            assert text is not None  # noqa: S101
            file = "<stdin>" if options.query == "-" else options.query
            table = asker.run(text, given, name=file, seconds=options.timeout)
    except InvalidCase as error:
        return _tell_findings(error)
    form = "text" if options.format == "sparql" else options.format
    sys.stdout.write(render(table, form, asker.prefixes))
    return 0


def _export(options: argparse.Namespace) -> int:
    from indicant.ask import Asker
    from indicant.assessing import InvalidCase
    from indicant.export import serialize, write
    from indicant.reading import read

    try:
        asker = Asker(options.guideline)
        if options.case is not None:
            asker.take(read(options.case, stdin=sys.stdin.buffer))
    except InvalidCase as error:
        return _tell_findings(error)
    data = serialize(asker.graph(), options.format, asker.prefixes)
    if options.output is None:
        sys.stdout.write(data.decode())
    else:
        write(data, options.output)
    return 0


def _tell_findings(error: InvalidCase) -> int:
    from indicant.rendering import finding_line

    for finding in error.findings:
        print(finding_line(finding), file=sys.stderr)
    print(f"indicant: {error}", file=sys.stderr)
    return error.exit_code


def _why(options: argparse.Namespace) -> int:
    from indicant import why

    def told(assessor: Assessor, document: Document) -> Iterable[tuple[object, str]]:
        most = None if options.all or options.format == "json" else why.SETS
        found = why.why(
            assessor, document, options.action, to=options.to, largest=options.facts, most=most
        )
        return ((record, why.as_text(record)) for record in found)

    return _tell_of_case(options, told)


def _whatif(options: argparse.Namespace) -> int:
    from indicant import whatif

    def told(assessor: Assessor, document: Document) -> Iterable[tuple[object, str]]:
        found = whatif.what_if(assessor, document, [one.strip() for one in options.edit])
        return ((record, whatif.as_text(record)) for record in found)

    return _tell_of_case(options, told)


def _next(options: argparse.Namespace) -> int:
    from indicant import next as ranking

    def told(assessor: Assessor, document: Document) -> Iterable[tuple[object, str]]:
        most = None if options.all else ranking.SHOWN
        found = ranking.next_facts(assessor, document)
        return ((record, ranking.as_text(record, most=most)) for record in found)

    return _tell_of_case(options, told)


def _tell_of_case(
    options: argparse.Namespace,
    told: Callable[[Assessor, Document], Iterable[tuple[object, str]]],
) -> int:
    """Print what is told of each case of a file, or what does not hold of it."""
    from indicant.assessing import Assessor, InvalidCase
    from indicant.reading import read

    document = read(options.case, stdin=sys.stdin.buffer)
    assessor = Assessor(options.guideline)
    try:
        found = list(told(assessor, document))
    except InvalidCase as error:
        output = _Output(options.format, sys.stdout)
        output.invalid(error)
        output.close()
        return error.exit_code
    if options.format == "json":
        import json

        json.dump([record for record, _ in found], sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        sys.stdout.write("\n".join(text for _, text in found))
    return 0


def _compile(options: argparse.Namespace) -> int:
    from indicant.compiling import compile_source
    from indicant.loading import load, resolve

    compiled = compile_source(load(resolve(options.guideline)), seconds=options.seconds)
    sys.stdout.write(compiled.graph)
    return 0


def _verify_source(options: argparse.Namespace) -> int:
    from indicant.loading import load, resolve
    from indicant.reading import STDIN, read_text
    from indicant.rendering import plain
    from indicant.verify_source import MAX_BYTES, origins, verify_best

    candidates = origins(load(resolve(options.guideline)))
    text = read_text(options.document, stdin=sys.stdin.buffer, limit=MAX_BYTES)
    file = "<stdin>" if options.document == STDIN else options.document
    found = verify_best(text, candidates, file=file)
    if options.format == "json":
        import json

        json.dump(found.record(), sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        for line in found.lines():
            print(plain(line))
    return 0 if found.holds else 1


if __name__ == "__main__":
    sys.exit(main())
