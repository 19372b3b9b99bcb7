"""What a test goes over, which it shall not go over in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")


def each(things: Iterable[T]) -> list[T]:
    """Return things for a loop of assertions; that there are none fails the test.

    >>> each("ab")
    ['a', 'b']
    >>> each([])
    Traceback (most recent call last):
    AssertionError: there is nothing to look at
    """
    found = list(things)
    if not found:
        raise AssertionError("there is nothing to look at")
    return found
