"""``indicant translate``: the texts of Turtle as a table for translators, and back."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError

if TYPE_CHECKING:
    from indicant.command.arguments import Verbs

_EPILOG: Final = """\
examples:
  indicant translate guideline --lang de -o texts.tsv      a table for translators
  indicant translate guideline --lang de --take texts.tsv  take it back

The table has a row for each English text that is shown: the file, the term, the property, the text
and its translation, which is empty where there is none. It is text separated by tabs, in UTF-8, and
opens in a spreadsheet. Translators fill the last column. Rows may be left out, and those that stay
empty change nothing. Where a property has several texts in a language nothing says which of them
belong together: what is there already stands in rows without an English text, a translation is
added, and none is taken away. A row whose English text is another by now is refused, with its
line, and so is a second translation of a text, one with characters that cannot be seen, and a
phrase without the places of the English one. Files are written all or none, in the form of the
house; a file with a comment is refused, since the comment would be lost.
"""


def add(verbs: Verbs) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "translate",
        help="the texts of a guideline as a table for translators, and back",
        description="Write a table of the English texts of Turtle files with their translations "
        "into a language, or put the translations of such a table into the files.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument(
        "path", nargs="*", metavar="PATH", help="a file, or a folder for all Turtle in it (here)"
    )
    verb.add_argument("--lang", metavar="TAG", required=True, help="the language, as in  de")
    verb.add_argument("--take", metavar="TABLE", help="the table to put into the files")
    verb.add_argument(
        "-o", "--output", metavar="FILE", help="write this file, whole or not at all (to stdout)"
    )
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the table, or take it."""
    from indicant.author.translating import as_table, rows_of, take
    from indicant.files.atomic import write
    from indicant.foreign import plain

    paths = options.path or ["."]
    if options.take is None:
        table = as_table(rows_of(paths, options.lang))
        if options.output is None:
            sys.stdout.write(table)
        else:
            write(table.encode(), options.output)
        return 0
    if options.output is not None:
        raise IndicantError("--output is for the table that is written", help="leave it out")
    written = take(paths, options.lang, options.take)
    for file in written:
        print(plain(f"written: {file}"))
    if not written:
        print("nothing is new")
    return 0
