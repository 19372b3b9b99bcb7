"""Find the ontology, shapes, queries and compiled guidelines that come with the package."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

CACHE_VARIABLE: Final = "INDICANT_CACHE"


def root() -> Path:
    """Return the folder that holds ``ontology``, ``shapes`` and ``queries``.

    In an installed package that is ``indicant/data``, in a checkout the top of the repository.
    """
    package = Path(__file__).resolve().parent.parent
    data = package / "data"
    return data if data.is_dir() else package.parent.parent


def ontology() -> Path:
    """Return the folder of the ontologies and the guidelines."""
    return root() / "ontology"


def shapes() -> Path:
    """Return the folder of the SHACL shapes."""
    return root() / "shapes"


def queries() -> Path:
    """Return the folder of the SPARQL rules and questions."""
    return root() / "queries"


def compiled() -> Path:
    """Return the folder of the guidelines in compiled form, which need not exist in a checkout."""
    return root() / "compiled"


def cache_dir() -> Path:
    """Return the folder for what can be computed again, without making it.

    It is ``INDICANT_CACHE`` where that is set, else the user's cache folder. It may be missing or
    not writable: who writes there shall go on without.
    """
    own = os.environ.get(CACHE_VARIABLE)
    if own:
        return Path(own)
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"]) / "indicant"
    if sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        return Path(os.environ["LOCALAPPDATA"]) / "indicant" / "cache"
    home = os.path.expanduser("~")  # unlike Path.home(), never raises
    if sys.platform == "darwin":
        return Path(home) / "Library" / "Caches" / "indicant"
    return Path(home) / ".cache" / "indicant"
