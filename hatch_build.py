"""Put the data and the compiled guidelines into the wheel, so that it needs no reasoner."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DATA = ("ontology", "queries", "shapes")


class WheelData(BuildHookInterface[Any]):
    """Add what a standard wheel carries beside the code; an editable one finds it in the tree."""

    PLUGIN_NAME = "custom"
    _folder: Path | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile into a temporary folder and have the wheel take it, with the data."""
        if version == "editable":
            return
        included = build_data["force_include"]
        for name in DATA:
            included[str(Path(self.root) / name)] = f"indicant/data/{name}"
        source = str(Path(self.root) / "src")
        sys.path.insert(0, source)
        try:
            from indicant.assess.native import keep_plans
            from indicant.compile.compiled import compile_shipped
            from indicant.intake.codes import keep_shipped
        finally:
            sys.path.remove(source)
        self._folder = Path(tempfile.mkdtemp(prefix="indicant-"))
        folder = self._folder
        for written in (*compile_shipped(folder), keep_plans(folder), *keep_shipped(folder)):
            if not written.exists():
                raise FileNotFoundError(f"{written.name} was not compiled")
        included[str(self._folder)] = "indicant/data/compiled"

    def finalize(self, *_: Any) -> None:
        """Remove the temporary folder."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
