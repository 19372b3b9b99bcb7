"""What is withheld cannot be worked out from what is told."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from each import each
from indicant.cohort import suppression
from indicant.cohort.suppression import withheld

Cell = tuple[str, ...]


def table(seed: int) -> tuple[dict[Cell, int], list[list[Cell]]]:
    """Return a random table with the sums of its rows and its columns."""
    dice = random.Random(seed)  # noqa: S311
    rows = [f"r{number}" for number in range(dice.randrange(1, 5))]
    columns = [f"c{number}" for number in range(dice.randrange(1, 5))]
    numbers: dict[Cell, int] = {
        (row, column): dice.choice((0, 0, 1, 2, 4, 7, 30, 200))
        for row in rows
        for column in columns
    }
    sums: list[list[Cell]] = []
    for row in rows:
        parts: list[Cell] = [(row, column) for column in columns]
        numbers[row, "all"] = sum(numbers[one] for one in parts)
        sums.append([*parts, (row, "all")])
    for column in (*columns, "all"):
        parts = [(row, column) for row in rows]
        numbers["all", column] = sum(numbers[one] for one in parts)
        sums.append([*parts, ("all", column)])
    sums.append([*(("all", column) for column in columns), ("all", "all")])
    return numbers, sums


def worked_out(
    numbers: dict[Cell, int], sums: list[list[Cell]], hidden: set[Cell]
) -> dict[Cell, Fraction]:
    """Return what follows from all sums of what is withheld, by elimination with fractions."""
    unknown = sorted(hidden)
    lines = []
    for *parts, total in sums:
        line = [Fraction(0)] * (len(unknown) + 1)
        for one, sign in [*((each_, 1) for each_ in parts), (total, -1)]:
            if one in hidden:
                line[unknown.index(one)] += sign
            else:
                line[-1] -= sign * numbers[one]
        lines.append(line)
    done = 0
    for column in range(len(unknown)):
        pivot = next((at for at in range(done, len(lines)) if lines[at][column]), None)
        if pivot is None:
            continue
        lines[done], lines[pivot] = lines[pivot], lines[done]
        lines[done] = [value / lines[done][column] for value in lines[done]]
        for at, line in enumerate(lines):
            if at != done and line[column]:
                times = line[column]
                lines[at] = [a - times * b for a, b in zip(line, lines[done], strict=True)]
        done += 1
    found = {}
    for line in lines[:done]:
        named = [at for at, value in enumerate(line[:-1]) if value]
        if len(named) == 1:
            found[unknown[named[0]]] = line[-1]
    return found


@pytest.mark.parametrize("seed", range(150))
def test_nothing_that_is_withheld_follows_from_what_is_told(seed: int) -> None:
    numbers, sums = table(seed)
    hidden = withheld(numbers, sums, 5)
    assert {one for one, number in numbers.items() if 0 < number < 5} <= hidden
    left = {
        one
        for one in worked_out(numbers, sums, hidden)
        if any(one in row and not hidden.issuperset(row) for row in sums)
    }
    assert left == set()


def test_numbers_that_are_large_enough_are_told() -> None:
    numbers = {("a",): 9, ("b",): 0, ("all",): 9}
    assert withheld(numbers, [[("a",), ("b",), ("all",)]], 5) == set()


def test_one_small_number_takes_another_with_it_and_two_may_be_enough() -> None:
    numbers = {("a",): 3, ("b",): 40, ("c",): 50, ("all",): 93}
    sums = [[("a",), ("b",), ("c",), ("all",)]]
    assert withheld(numbers, sums, 5) == {("a",), ("b",)}
    assert withheld({**numbers, ("b",): 4}, sums, 5) == {("a",), ("b",)}
    assert withheld({**numbers, ("b",): 1}, sums, 5) == {("a",), ("b",), ("c",)}


def test_where_too_many_hang_together_all_of_them_are_withheld(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    numbers, sums = next(
        found
        for found in each(map(table, range(100)))
        if 3 < len(withheld(found[0], found[1], 5)) < len(found[0])
    )
    fewer = withheld(numbers, sums, 5)
    monkeypatch.setattr(suppression, "MOST", 1)
    assert fewer < withheld(numbers, sums, 5)
