"""The ``indicant`` command."""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from typing import TYPE_CHECKING, Final, NoReturn

from indicant import __version__
from indicant.errors import IndicantError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    import pyoxigraph

    from indicant.assess import CaseRecord, InvalidCase

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


class _Parser(argparse.ArgumentParser):
    """Tells a misuse of the command as every other mistake is told."""

    def error(self, message: str) -> NoReturn:
        raise IndicantError(message, help=f"{self.prog} --help")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = _Parser(
        prog="indicant",
        description="Clinical guidelines as knowledge graphs, assessed exactly.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"indicant {__version__}")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    _add_assess(verbs)
    _add_compile(verbs)
    return top


def _add_assess(verbs: argparse._SubParsersAction[_Parser]) -> None:
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
    _add_guideline(verb)
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


def _add_compile(verbs: argparse._SubParsersAction[_Parser]) -> None:
    verb = verbs.add_parser(
        "compile",
        help="compile a guideline and print the result",
        description="Read a guideline, have the reasoner classify it, compile every criterion to "
        "its prime implicants, and print the graph as N-Triples. It needs indicant[reasoner].",
    )
    _add_guideline(verb)
    verb.add_argument(
        "--seconds",
        type=float,
        default=60.0,
        metavar="N",
        help="the time limit for each criterion (60)",
    )
    verb.set_defaults(run=_compile)


def _add_guideline(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--guideline",
        metavar="NAME",
        help="a guideline by name, folder or file (the one that ships with the package)",
    )


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
        print(f"indicant: {error.strerror or error}", file=sys.stderr)
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

    print(plain(f"indicant: {error}"), file=sys.stderr)
    if error.help:
        print(plain(f"  help: {error.help}"), file=sys.stderr)


def _assess(options: argparse.Namespace) -> int:
    from indicant.assess import Assessor, InvalidCase
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


def _compile(options: argparse.Namespace) -> int:
    from indicant.compiling import compile_source
    from indicant.loading import load, resolve

    compiled = compile_source(load(resolve(options.guideline)), seconds=options.seconds)
    sys.stdout.write(compiled.graph)
    return 0


if __name__ == "__main__":
    sys.exit(main())
