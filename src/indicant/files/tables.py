"""Read tables of codes, whose header may stand in a file beside them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from indicant.files.rdf import read_text

if TYPE_CHECKING:
    from collections.abc import Callable

METADATA: Final = ".sssom.yml"


def read_table(
    path: str | os.PathLike[str], admit: Callable[[str], str] = str
) -> tuple[str, str, int]:
    """Return the text of a table, and where its header comes from, if that is another file.

    A table whose first line is no comment has its header in the file of the same name that ends in
    ``.sssom.yml``. It is put in front, as comments, so that the whole is one text. Returned are the
    text, the path of the other file or nothing, and how many lines are from there.

    Args:
        path: the table.
        admit: returns the path under which another file may be read, or raises.

    Raises:
        IndicantError: a file is missing, cannot be read or is not text.
    """
    text = read_text(path)
    name = os.fspath(path)
    metadata = f"{name.removesuffix('.tsv').removesuffix('.sssom')}{METADATA}"
    if text.startswith(("#", "\ufeff#", "{", "<")) or not os.path.lexists(metadata):
        return text, "", 0
    metadata = admit(metadata)
    header = read_text(metadata).removeprefix("\ufeff").splitlines()
    above = "".join(f"#{line}\n" for line in header)
    return above + text.removeprefix("\ufeff"), metadata, len(header)
