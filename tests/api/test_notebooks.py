"""Notebooks run from top to bottom, and say what they say they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from notebooks import cells_of, run
from places import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

NOTEBOOKS = sorted(EXAMPLES.rglob("*.ipynb"))


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_gives_the_outputs_that_it_keeps(path: Path) -> None:
    """``python tests/support/notebooks.py FILE`` keeps them anew."""
    kept = [cell["outputs"] for cell in cells_of(path) if cell["cell_type"] == "code"]
    assert run(path) == kept
    assert any(kept)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_tells_a_story(path: Path) -> None:
    cells = cells_of(path)
    assert cells[0]["cell_type"] == "markdown"
    assert len({cell["id"] for cell in cells}) == len(cells)
    assert "not a medical device" in "".join(cells[0]["source"])


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS
