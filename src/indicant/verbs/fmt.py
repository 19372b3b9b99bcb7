"""``indicant fmt``: the one way to write Turtle."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING, Final

from indicant.command.arguments import add_report_options
from indicant.command.output import tell
from indicant.errors import IndicantError

if TYPE_CHECKING:
    from indicant.command.arguments import Verbs
    from indicant.report.findings import Result

_EPILOG = """\
examples:
  indicant fmt guideline.ttl            rewrite a file
  indicant fmt ontology tests           rewrite all Turtle in two folders
  indicant fmt --check                  say which files of this folder would change
  indicant fmt --diff case.ttl          show what would change
  indicant fmt --order-of HEAD saved.ttl    in the order that the last commit has
  indicant fmt - < case.ttl             from standard input to standard output

Subjects and objects keep their order, properties get the order of the house. Every statement stays
as it is. A file with a comment is refused, since the comment would be lost. Comments of Protégé and
of the OWL API are taken away, with declarations that say nothing and prefixes that nothing uses.
With --order-of, what such a tool turned round stands again as it did in the revision, and what is
new comes last. Line ends of Windows and a byte order mark alone are no fault of form: what to write
into .gitattributes is told. Files of up to 50 MB are read: they take a minute and 2 GB of memory.

exit codes: 0 done, or nothing to do; 1 --check or --diff found something; 2 it could not run
"""
_LINE_ENDS: Final = "has the form, with the line ends or the byte order mark of Windows"
_GIT: Final = "a line  *.ttl text eol=lf  in .gitattributes keeps them out of the working copy"


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "fmt",
        help="write Turtle in the form of the house",
        description="Rewrite Turtle in the form of the house, the same for everybody. A file is "
        "replaced whole or not at all, and left alone when it has the form already.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument(
        "path",
        nargs="*",
        metavar="PATH",
        help="a file, or a folder for all Turtle in it; - is standard input (this folder)",
    )
    how = verb.add_mutually_exclusive_group()
    how.add_argument(
        "--check", action="store_true", help="write nothing, and say what would change"
    )
    how.add_argument(
        "--diff", action="store_true", help="write nothing, and show what would change"
    )
    verb.add_argument(
        "--order-of",
        metavar="REVISION",
        help="keep the order that each file has in this revision of git, as for what Protégé saved",
    )
    add_report_options(verb)
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Format files and return the exit code."""
    from indicant.files import turtle
    from indicant.files.rdf import STDIN

    if not options.check and (options.format != "text" or options.output is not None):
        raise IndicantError("--format and --output are for --check", help="indicant fmt --help")
    if options.order_of is not None and STDIN in options.path:
        raise IndicantError("standard input has no revision", help="give the file by its name")
    paths = turtle.files(options.path or ["."])
    if options.check:
        return _check(options, paths)
    code = 0
    for path in paths:
        try:
            changed = _format(path, options.order_of, show=options.diff)
        except IndicantError as error:
            if len(paths) == 1:
                raise
            code = 2
            tell(error)
        else:
            code = max(code, int(changed and options.diff))
    return code


def _format(path: str, revision: str | None, *, show: bool) -> bool:
    """Rewrite one file, or show how it would be, and return whether it differs."""
    from indicant.files import turtle
    from indicant.files.rdf import STDIN
    from indicant.foreign import plain

    text, name = _text(path)
    if path != STDIN and not revision and _is_laid_out(text, name):
        print(plain(f"{name}: {_LINE_ENDS}; {_GIT}"), file=sys.stderr)
        return False
    result = turtle.tidy(text, file=name, former=_former(path, revision))
    if show:
        import difflib

        lines = difflib.unified_diff(
            _rows(text),
            _rows(result),
            plain(name),
            plain(name),
        )
        for line in lines:
            whole = line.removesuffix("\n")
            sys.stdout.write("\t".join(map(plain, whole.split("\t"))) + "\n")
            if whole == line:
                sys.stdout.write("\\ No newline at end\n")
    elif path == STDIN:
        sys.stdout.write(result)
    elif text != result:
        from indicant.files.atomic import rewrite

        rewrite(result.encode(), path, before=text.encode())

        print(plain(f"formatted {name}"), file=sys.stderr)
    return text != result


def _is_laid_out(text: str, name: str) -> bool:
    """Tell whether a text has the form but for a byte order mark and the line ends of Windows.

    Git puts them in and takes them out by itself, also within texts of several lines.
    """
    from indicant.files import turtle
    from indicant.files.comments import comment

    bare = text.removeprefix("\ufeff")
    if bare.count("\r\n") == bare.count("\n"):
        bare = bare.replace("\r\n", "\n")
    return bare != text and comment(bare) is None and turtle.tidy(bare, file=name) == bare


def _rows(text: str) -> list[str]:
    """Return the lines of a text with their ends, of which there is one kind."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _check(options: argparse.Namespace, paths: list[str]) -> int:
    from indicant.report.findings import Report, Rule
    from indicant.report.forms import deliver

    results: list[Result] = []
    code = 0
    for path in paths:
        try:
            results += _findings(path, options.order_of)
        except IndicantError as error:
            if len(paths) == 1:
                raise
            code = error.exit_code
            tell(error)
    rules = (
        Rule("comment", "no comment in Turtle", "A comment is no statement, and nothing reads it."),
        Rule("form", "Turtle in the form of the house", "indicant fmt writes it."),
        Rule("line-ends", "line ends as git stores them", "Git can turn them by itself."),
    )
    files = f"{len(paths)} file{'s' if len(paths) > 1 else ''}"
    wrong = sum(one.level == "error" for one in results)
    summary = f"{files}, {wrong or 'none'} of them to be changed"
    subject = " ".join(options.path or ["."])
    report = Report("fmt", subject, rules, tuple(results), summary=summary)
    return max(code, deliver(report, options.format, options.output))


def _findings(path: str, revision: str | None) -> list[Result]:
    import shlex

    from indicant.files import turtle
    from indicant.files.comments import CommentError
    from indicant.report.findings import Place, Result

    text, name = _text(path)
    if not revision and _is_laid_out(text, name):
        return [Result("line-ends", "note", _LINE_ENDS, (Place(name),), _GIT)]
    try:
        result = turtle.tidy(text, file=name, former=_former(path, revision))
    except CommentError as error:
        place = Place(name, error.line)
        return [Result("comment", "error", error.message, (place,), error.help)]
    if result == text:
        return []
    place = Place(name, turtle.difference(text, result))
    message = "is not in the form of the house from here on"
    how = f"--order-of {shlex.quote(revision)} " if revision else ""
    return [Result("form", "error", message, (place,), f"indicant fmt {how}{shlex.quote(path)}")]


def _former(path: str, revision: str | None) -> str | None:
    """Return the text that a file has in a revision of git, if one is asked for."""
    if revision is None:
        return None
    from indicant.diff.revisions import text_at

    return text_at(revision, path)


def _text(path: str) -> tuple[str, str]:
    """Return the text of a file, and what to call it."""
    import os

    from indicant.files.atomic import special
    from indicant.files.rdf import STDIN, read_text
    from indicant.files.turtle import MAX_BYTES

    if path != STDIN and os.path.exists(path) and not os.path.isfile(path):
        raise special(path)
    text = read_text(path, stdin=sys.stdin.buffer, limit=MAX_BYTES)
    return text, "<stdin>" if path == STDIN else path
