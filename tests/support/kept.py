"""Guidelines compiled once: for both workers, for every test that does not test compiling.

What is kept lies in ``build/compiled``, by the digest of the guideline and of the compiler, so that
a change of either is compiled anew. Nothing is written to the folder of whoever runs the tests.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from indicant.compile.compiled import obtain
from places import ROOT

if TYPE_CHECKING:
    from indicant.compile.compiled import CompiledGuideline
    from indicant.files.sources import Source

FOLDER: Final = str(ROOT / "build" / "compiled")
VARIABLE: Final = "INDICANT_CACHE"


def keep() -> None:
    """Have whatever is compiled from now on kept, unless somebody says where."""
    os.environ.setdefault(VARIABLE, FOLDER)


def compiled(source: Source) -> CompiledGuideline:
    """Return a guideline compiled; a program beside the tests, which makes many, keeps none."""
    return obtain(source, use_cache=os.environ.get(VARIABLE) == FOLDER)
