"""The texts of Turtle files in another language, as a table for translators."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Translations:
    """The texts of some files that are shown, and what stands for them in a language.

    Args:
        paths: Turtle files, or folders for all Turtle in them.
        language: the language to translate into, as in ``de`` or ``pt-BR``.
    """

    def __init__(self, paths: Sequence[str | os.PathLike[str]], language: str) -> None:
        self._paths, self._language = [os.fspath(one) for one in paths], language

    def table(self) -> str:
        """Return a row for each English text: file, term, property, text and translation.

        Raises:
            IndicantError: a file cannot be read, or the language is none to translate into.
        """
        from indicant.author.translating import as_table, rows_of

        return as_table(rows_of(self._paths, self._language))

    def take(self, table: str | os.PathLike[str]) -> list[str]:
        """Put the translations of a table into the files, all or none, and return which changed.

        Raises:
            IndicantError: a row is about no text of these files, or of another text by now, or a
                file cannot be written.
        """
        from indicant.author.translating import take

        return take(self._paths, self._language, table)
