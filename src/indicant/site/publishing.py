"""Put the files of a site into a folder, all of them or none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.files import bounded
from indicant.files.staging import recover, staged

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFEST: Final = ".indicant-site"


def check(folder: str | os.PathLike[str]) -> None:
    """Refuse a folder that would not be replaced, before anything is made.

    Raises:
        IndicantError: the folder holds something else than a site of ours.
    """
    try:
        _check(Path(os.path.realpath(folder)), os.fspath(folder))
    except OSError as error:
        reason = error.strerror or str(error)
        raise IndicantError(f"cannot be read: {reason}", file=os.fspath(folder)) from error


def publish(files: Mapping[str, bytes], folder: str | os.PathLike[str]) -> None:
    """Write a site whole or not at all.

    A folder that is there already is replaced if it is empty, or a site that was written before and
    to which nothing was added.

    Raises:
        IndicantError: the folder holds something else, or cannot be written.
    """
    shown = os.fspath(folder)
    target = Path(os.path.realpath(shown))
    recover(target)
    check(folder)
    with staged(target.parent, shown=shown) as stage:
        new = stage.folder(target, replace=True)
        manifest = "".join(f"{name}\n" for name in sorted(files))
        for name, data in {**files, MANIFEST: manifest.encode()}.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def _check(target: Path, shown: str) -> None:
    """Refuse to replace what is not a site of ours."""
    if target.exists() and not target.is_dir():
        raise IndicantError("is a file, not a folder", file=shown)
    if not target.is_dir():
        return
    found = {
        path.relative_to(target).as_posix()
        for path in target.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    if not found:
        if any(target.iterdir()):
            raise IndicantError("the folder is not empty", file=shown, help="name another one")
        return
    if MANIFEST not in found:
        raise IndicantError(
            "the folder is not empty, and no site that indicant wrote",
            file=shown,
            help="name a new or an empty folder",
        )
    own = set(bounded.text(target / MANIFEST).splitlines()) | {MANIFEST}
    strange = sorted(found - own)
    if strange:
        raise IndicantError(
            f"the folder holds what indicant did not write: {strange[0]}",
            file=shown,
            help="move it away, or name a new folder",
        )
