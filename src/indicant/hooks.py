"""The ``indicant-hook`` command: a verb, as pre-commit runs it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from indicant import cli
from indicant.command.output import tell
from indicant.errors import IndicantError
from indicant.process.ending import raise_when_asked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb, and take no file for one of its options; return the exit code.

    What pre-commit runs is the entry of the hook, the ``args`` of the user and the names of files
    of the repository, with nothing between them, in the top folder of the repository. A name that
    begins with a hyphen would be read as an option.
    """
    if arguments is None:
        cli.speak_utf8()
        raise_when_asked()
    try:
        words = list(named(sys.argv[1:] if arguments is None else arguments))
    except IndicantError as error:
        tell(error)
        return error.exit_code
    return cli.main(words)


def named(words: Iterable[str]) -> Iterator[str]:
    """Yield arguments, so that those that are names of files here cannot be options.

    Raises:
        IndicantError: a file is named like an option that somebody may mean.
    """
    from indicant.files.rdf import EXTENSIONS

    for word in words:
        if not word.startswith("-") or not os.path.lexists(word):
            yield word
        elif os.path.splitext(word)[1].lower() in EXTENSIONS and "=" not in word:
            yield os.path.join(os.curdir, word)
        else:
            raise IndicantError(
                "a file is named like an option", file=word, help="call the file something else"
            )


if __name__ == "__main__":
    sys.exit(main())
