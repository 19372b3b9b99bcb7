"""Find the cases of a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from indicant.errors import IndicantError
from indicant.files.fence import fence_of
from indicant.files.rdf import EXTENSIONS, read, visible

if TYPE_CHECKING:
    import os

    from indicant.files.fence import Fence
    from indicant.files.rdf import Document


def cases_of(folder: str | os.PathLike[str], *, fence: Fence | None = None) -> dict[str, Document]:
    """Return the cases of a folder by name.

    A case is a file of the folder, named as the file is, or the file ``case.ttl`` of a folder in
    it, named as that folder is. Where links may lead is said by the fence, or without one by
    ``fence_of``.

    Raises:
        IndicantError: the folder is none, or holds no case, or one that leads out.
    """
    path = Path(folder)
    if not path.is_dir():
        raise IndicantError("is not a folder", file=str(path), help="--cases names a folder")
    files = {
        one.parent.name if one.stem == "case" and one.parent != path else one.stem: one
        for one in sorted(visible([*path.glob("*"), *path.glob("*/case.*")], path))
        if one.is_file() and one.suffix in EXTENSIONS and one.suffix != ".json"
    }
    if not files:
        raise IndicantError("holds no case", file=str(path))
    allowed = fence_of(path) if fence is None else fence
    for file in files.values():
        allowed.follow(file, path)
    return {name: read(file) for name, file in sorted(files.items())}
