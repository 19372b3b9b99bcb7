"""Guidelines compiled once: for both workers, for every test that does not test compiling.

What is kept lies in ``build/compiled``, by the digest of the guideline and of the compiler, so that
a change of either is compiled anew. Nothing is written to the folder of whoever runs the tests.

Of what ships each file is parsed once for a process, however often a test loads a guideline, and
anew where the file or how it is called is another.
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Final

from indicant.compile.compiled import obtain
from indicant.files import rdf, sources
from places import ONTOLOGY, ROOT

if TYPE_CHECKING:
    from indicant.compile.compiled import CompiledGuideline
    from indicant.files.rdf import Document
    from indicant.files.sources import Source

FOLDER: Final = str(ROOT / "build" / "compiled")
VARIABLE: Final = "INDICANT_CACHE"


def keep() -> None:
    """Have whatever is compiled from now on kept, unless somebody says where."""
    os.environ.setdefault(VARIABLE, FOLDER)
    vars(sources)["read"] = _read


@functools.lru_cache(maxsize=500)
def _once(name: str, *_: int) -> Document:
    return rdf.read(name)


def _read(path: str) -> Document:
    if not os.path.abspath(path).startswith(f"{ONTOLOGY}{os.sep}"):
        return rdf.read(path)
    found = os.stat(path)
    return _once(path, found.st_ino, found.st_mtime_ns, found.st_size)


def compiled(source: Source) -> CompiledGuideline:
    """Return a guideline compiled; a program beside the tests, which makes many, keeps none."""
    return obtain(source, use_cache=os.environ.get(VARIABLE) == FOLDER)
