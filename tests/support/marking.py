"""What is slow, for ``make quick`` to leave out: the rest still stands for all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _pytest.mark import ParameterSet

One = TypeVar("One")


def thinned(items: Iterable[One], every: int = 20) -> list[One | ParameterSet]:
    """Return what a test is given one by one, all of it marked slow but one in so many."""
    return [
        one if place % every == 0 else pytest.param(one, marks=pytest.mark.slow)
        for place, one in enumerate(items)
    ]
