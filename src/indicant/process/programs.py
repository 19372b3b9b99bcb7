"""Find a program of the system, and never one that lies where the user happens to be."""

from __future__ import annotations

import os


def find(name: str) -> str | None:
    """Return where a program lies, by the whole folders of the search path alone.

    A system may look into the current folder first, or for an empty entry of the path: what lies
    in a folder that somebody else filled is never run.
    """
    endings = os.environ.get("PATHEXT", ".EXE").split(os.pathsep) if os.name == "nt" else [""]
    for folder in filter(os.path.isabs, os.get_exec_path()):
        for ending in endings:
            place = os.path.join(folder, name + ending)
            if os.path.isfile(place) and os.access(place, os.X_OK):
                return place
    return None
