"""What is to be added to a guideline, and how it gets to its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Added:
    """What is to be added: its IRI, the file, the line where it begins, and the whole new text.

    ``before`` is what the file says without it, if there is one. ``folder`` is the folder that is
    new with the file, if one is, and ``beside`` what else is to be in it, by name. ``notes`` say
    what is stated beyond what was asked for.
    """

    iri: str
    path: Path
    line: int
    text: str
    before: str | None = None
    folder: Path | None = None
    beside: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


def put(added: Added) -> None:
    """Write what was composed into its file, whole or not at all.

    Raises:
        IndicantError: the file cannot be written, or is another by now.
    """
    from indicant.files.atomic import rewrite
    from indicant.files.staging import new_folder, staged

    data = added.text.encode()
    if added.before is not None:
        rewrite(data, added.path, before=added.before.encode())
    elif added.folder is not None:
        with new_folder(added.folder) as work:
            for name, text in ((added.path.name, added.text), *added.beside):
                (work / name).write_bytes(text.encode())
    else:
        with staged(added.path.parent, shown=added.path) as stage:
            stage.file(added.path, data, before=None)
