"""The tests themselves: each can fail, and none of them depends on how fast a machine is."""

from __future__ import annotations

import ast
import functools
from typing import TYPE_CHECKING

from places import TESTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = sorted(TESTS.rglob("*.py"))
MODULES = [file for file in FILES if file.name.startswith("test_")]
CLOCKS = {"monotonic", "perf_counter", "time", "process_time"}
RUNS_FOR_SURE = (ast.Tuple, ast.List, ast.Dict, ast.Set, ast.Constant)


@functools.cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@functools.cache
def helpers() -> frozenset[str]:
    """Return the names of functions that assert something themselves."""
    return frozenset({"raises", "warns", "fail"}).union(
        node.name
        for file in FILES
        for node in ast.walk(tree(file))
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("test_")
        and any(isinstance(one, ast.Assert) for one in ast.walk(node))
    )


def written(file: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)


def is_certain(loop: ast.For) -> bool:
    """Tell whether a loop runs at least once: what is written out, counted, or given to each."""
    if isinstance(loop.iter, ast.Call):
        first = loop.iter.args[0] if loop.iter.args else None
        if name_of(loop.iter) in ("enumerate", "sorted", "reversed") and first is not None:
            return is_certain(ast.For(loop.target, first, [], []))
        return name_of(loop.iter) in ("each", "range")
    return isinstance(loop.iter, RUNS_FOR_SURE) and bool(ast.unparse(loop.iter).strip("()[]{}"))


def is_bite(node: ast.AST) -> bool:
    """Tell whether a statement fails by itself where something is wrong."""
    if isinstance(node, ast.Assert):
        return True
    if isinstance(node, ast.Call):
        return name_of(node) in helpers()
    return False


def bites(node: ast.AST) -> bool:
    """Tell whether something is asserted below a node for sure, whatever loops go over."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.For) and not is_certain(child):
            continue
        if is_bite(child) or bites(child):
            return True
    return False


def toothless(source: str) -> list[str]:
    """Return the tests of a text that may pass without having looked at anything."""
    return [
        node.name
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and not bites(node)
    ]


def test_every_test_asserts_something_for_sure() -> None:
    """A loop of assertions over what may be empty is none: give it to ``each``."""
    assert len(MODULES) > 50
    assert [
        f"{file.stem} {one.name}" for file in MODULES for one in written(file) if not bites(one)
    ] == []


def test_a_test_that_cannot_fail_is_noticed() -> None:
    assert toothless("def test(): pass") == ["test"]
    assert toothless("def test():\n for one in found():\n  assert one") == ["test"]
    assert toothless("def test():\n for one in ():\n  assert one") == ["test"]
    assert toothless("def test():\n for one in each(found()):\n  assert one") == []
    assert toothless("def test():\n with pytest.raises(ValueError):\n  made()") == []


def timed(module: ast.Module) -> list[int]:
    """Return the lines of a module's assertions that look at a clock."""
    return [
        node.lineno
        for node in ast.walk(module)
        if isinstance(node, ast.Assert)
        for one in ast.walk(node)
        if isinstance(one, ast.Call) and name_of(one) in CLOCKS and not one.args
    ]


def test_no_test_depends_on_how_fast_a_machine_is() -> None:
    """What would not end is ended by a limit, ``pytest.mark.timeout``; nothing is timed."""
    assert [f"{file.stem}:{line}" for file in FILES for line in timed(tree(file))] == []
    assert timed(ast.parse("began = 1\nassert time.monotonic() - began < 1")) == [2]
