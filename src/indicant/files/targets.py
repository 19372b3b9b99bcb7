"""Find what a path stands for that somebody wants to have checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.files.fence import real
from indicant.files.rdf import visible
from indicant.files.sources import (
    ENDINGS,
    GUIDELINE_FILE,
    GUIDELINE_STEM,
    guideline_file,
    is_guideline_file,
    rdf_files,
)

if TYPE_CHECKING:
    from pathlib import Path

_ABOVE: Final = 3


def targets(path: Path) -> list[Path]:
    """Return what a path stands for: itself, or the guidelines, ontologies and cases below it.

    Raises:
        IndicantError: the folder holds none.
    """
    if not path.is_dir() or guideline_file(path) is not None:
        return [path]
    files = rdf_files(path)
    if files:
        return files
    found = visible(path.rglob(f"{GUIDELINE_STEM}.*"), path)
    below = sorted({file.parent for file in found if is_guideline_file(file)})
    if below:
        return below
    for ending in ENDINGS:
        files = sorted(visible(path.rglob(f"*{ending}"), path))
        if files:
            return files
    raise IndicantError(
        "the folder holds nothing to check",
        file=str(path),
        help=f"give a folder with a {GUIDELINE_FILE}, or files in Turtle",
    )


def root_of(path: Path) -> Path | None:
    """Return the folder of the guideline that a file may be part of."""
    place = real(path)
    for folder in list(place.parents)[:_ABOVE]:
        file = guideline_file(folder)
        if file is not None:
            return None if file == place else folder
    return None
