"""What the verbs of the command line have in common: their parser and the options of many."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

from indicant.errors import IndicantError
from indicant.files.fence import FLAG, OPEN, Fence
from indicant.report.findings import FORMS

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence

    from indicant.api.guideline import Guideline

_GUARD: Final = "\0"
_EDIT: Final = re.compile(r"-(?!h$)[^-].*", re.DOTALL)


class Parser(argparse.ArgumentParser):
    """Tells a misuse of the command as every other mistake is told."""

    mixing = False
    """Whether options and arguments are told apart just now, each in a pass of its own."""
    edits = False
    """Whether what begins with one hyphen is an argument, which then gets a space before it."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Do as the base class, with arguments and options in any order where they may be."""
        if self.edits and args is not None:
            args = [f" {one}" if _EDIT.fullmatch(one) else one for one in args]
        if self.mixing or not self._may_mix():
            return super().parse_known_args(args, namespace)
        self.mixing = True
        try:
            known, rest = self.parse_known_intermixed_args(
                None if args is None else _guarded(args), namespace
            )
        finally:
            self.mixing = False
        for name, value in vars(known).items():
            setattr(known, name, _unguarded(value))
        return known, [_unguarded(one) for one in rest]

    def _may_mix(self) -> bool:
        """Tell whether there may be fewer arguments or more, which the base class ends too soon."""
        known = [one.nargs for one in self._get_positional_actions()]
        return argparse.PARSER not in known and not {"?", "*", "+"}.isdisjoint(map(str, known))

    def error(self, message: str) -> NoReturn:
        """Raise a misuse as an error, with where to look it up."""
        raise IndicantError(message, help=f"{self.prog} --help")


def _guarded(args: Sequence[str]) -> list[str]:
    """Return arguments without ``--``, so that what stood behind it cannot be an option.

    The base class forgets that in the second of the two passes that it makes.
    """
    words = list(args)
    if "--" not in words:
        return words
    end = words.index("--")
    return words[:end] + [_GUARD + one if one[:1] == "-" else one for one in words[end + 1 :]]


def _unguarded(value: Any) -> Any:
    if isinstance(value, list):
        return [_unguarded(one) for one in value]
    return value.removeprefix(_GUARD) if isinstance(value, str) else value


if TYPE_CHECKING:
    Verbs = argparse._SubParsersAction[Parser]


def count(text: str) -> int:
    """Read a number above zero."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not more than zero")
    return value


def seconds(text: str) -> float:
    """Read a length of time in seconds, above zero."""
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"'{text}' is not more than zero")
    return value


def day(text: str) -> datetime.date:
    """Read a day of the calendar."""
    import datetime

    try:
        return datetime.date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is no date, YYYY-MM-DD") from error


def add_report_options(verb: argparse.ArgumentParser) -> None:
    """Add the options that say in which form to write a report, and where."""
    verb.add_argument(
        "--format",
        choices=FORMS,
        default="text",
        help="how to print what is found: sarif is SARIF 2.1.0, junit is JUnit XML, github the "
        "annotations of GitHub workflows (text)",
    )
    verb.add_argument(
        "-o", "--output", metavar="FILE", help="write this file, whole or not at all (to stdout)"
    )


def add_guideline(verb: argparse.ArgumentParser, *, outside: bool = True) -> None:
    """Add the option that names the guideline and, unless told not to, that of ``add_outside``."""
    verb.add_argument(
        "--guideline",
        metavar="NAME",
        help="a guideline by name, folder or file (the one that ships with the package)",
    )
    if outside:
        add_outside(verb)


def add_outside(verb: argparse.ArgumentParser) -> None:
    """Add the option that lets a guideline ask for files of other places than its own."""
    verb.add_argument(
        FLAG,
        action="store_true",
        dest="outside",
        help="read also what catalogs and links lead to outside the guideline's folder and git "
        "repository; only for guidelines that you trust",
    )


def guideline_of(options: argparse.Namespace, **choices: Any) -> Guideline:
    """Return the guideline that the command line names, in its language.

    Raises:
        IndicantError: there is none of that name.
    """
    from indicant.api.guideline import Guideline

    return Guideline.load(
        options.guideline,
        language=getattr(options, "lang", "en"),
        allow_outside=options.outside,
        **choices,
    )


def fence(options: argparse.Namespace) -> Fence | None:
    """Return where files of a guideline may lie, as the option has it: anywhere, or its own."""
    return OPEN if options.outside else None


def add_told(verb: argparse.ArgumentParser) -> None:
    """Add the options of a verb that tells something of a case."""
    from indicant.command.cases import add_as_of, add_intake

    verb.add_argument(
        "--format", choices=("text", "json"), default="text", help="how to print it (text)"
    )
    add_as_of(verb)
    add_intake(verb)
    add_guideline(verb)
    add_language(verb)


def add_case(verb: argparse.ArgumentParser) -> None:
    """Add the case that a verb tells something of, or the example in its place."""
    verb.add_argument("case", nargs="?", metavar="CASE", help="a case; - is standard input")
    verb.add_argument(
        "--example", action="store_true", help="take the example case of the guideline"
    )


def check_case(options: argparse.Namespace) -> None:
    """See that there is a case or the example.

    Raises:
        IndicantError: there is neither, or both.
    """
    if options.example and options.case is not None:
        raise IndicantError("--example takes no case", help="give the one or the other")
    if not options.example and options.case is None:
        raise IndicantError("no case is given", help=f"try  indicant {options.verb} --example")


def add_language(verb: argparse.ArgumentParser) -> None:
    """Add the option that chooses the language of the texts of a guideline."""
    verb.set_defaults(spoken=True)
    verb.add_argument(
        "--lang",
        default="en",
        metavar="TAG",
        help="the language of labels and other texts of the guideline; where there is none, it "
        "is English (en)",
    )
