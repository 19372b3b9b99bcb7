"""The shapes of the house style: what each of them refuses, and that engines agree on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from places import SHAPES
from shaping import (
    broken,
    broken_fast,
    core_text,
    described,
    expected,
    expected_shapes,
    hold_to_one_message_each,
    name,
    printed,
    seed,
    side_by_side,
    text_of,
)

if TYPE_CHECKING:
    from pathlib import Path

FOLDERS = sorted((SHAPES / "vocabulary").glob("*-*"))
FILE = "vocabulary"
pytestmark = pytest.mark.usefixtures("_prepared")


@pytest.mark.many(5)
@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_an_ontology_gets_its_findings(folder: Path) -> None:
    assert printed(broken_fast(FILE, core_text() + text_of(folder / "ontology.ttl"))) == expected(
        folder
    )


@pytest.mark.slow
def test_engines_agree() -> None:
    graph = side_by_side(FOLDERS, "ontology.ttl")
    assert broken_fast(FILE, graph) == broken(FILE, graph)


@pytest.mark.slow
def test_what_ships_conforms() -> None:
    assert broken_fast(FILE, seed()) == set()


def test_every_shape_is_broken_by_an_ontology() -> None:
    assert described(FILE) == expected_shapes(FOLDERS)


def test_every_shape_says_what_shall_hold() -> None:
    hold_to_one_message_each(FILE)
