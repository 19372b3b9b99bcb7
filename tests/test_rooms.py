"""A room imports from rooms below it alone, and modules and functions can be read at a sitting."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import indicant
from each import each

SOURCE = Path(indicant.__file__).parent
FLOORS = (
    ("errors", "terms", "foreign"),
    ("files", "process"),
    ("guideline", "query", "report"),
    ("compile",),
    ("assess",),
    ("ask", "explain"),
    ("possible",),
    ("author", "diff", "merge", "site", "test"),
    ("institution",),
    ("api",),
    ("command",),
    ("verbs",),
    ("cli",),
    ("hooks",),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
LONGEST_MODULE = 600
LONGEST_FUNCTION = 60
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")


def named(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).with_suffix("").parts[0]


def imported(path: Path) -> set[str]:
    """Return the rooms that a module imports from, wherever the import stands and whatever for."""
    rooms: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [one.name for one in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{named(path)}:{node.lineno} imports by a relative name"
            module = node.module or ""
            whole = module == "indicant"
            names = [f"{module}.{one.name}" for one in node.names] if whole else [module]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "indicant" and len(parts) > 1 and not parts[1].startswith("__"):
                rooms.add(parts[1])
    return rooms


def test_every_module_has_a_room() -> None:
    assert {room_of(path) for path in MODULES} == FLOOR.keys()


@pytest.mark.many(5)
@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_room_imports_from_rooms_below_it(path: Path) -> None:
    own = room_of(path)
    wrong = sorted(room for room in imported(path) - {own} if FLOOR[room] >= FLOOR[own])
    assert wrong == [], f"{named(path)} imports from {', '.join(wrong)}"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_no_name_of_a_room_is_said_twice(path: Path) -> None:
    assert path.stem != path.parent.name


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_no_module_is_longer_than_one_reads_at_a_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.many(5)
@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_long_function_says_why_it_is_long(path: Path) -> None:
    """The reason is a comment above the function or its decorators: ``# One piece: …``."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in each(ast.walk(ast.parse(text))):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        length = (node.end_lineno or 0) - node.lineno + 1
        first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
        reasoned = re.search(
            r"# One piece: \w.{15}", "\n".join(lines[max(0, first - 4) : first - 1])
        )
        assert length <= LONGEST_FUNCTION or reasoned, f"{named(path)}:{node.lineno} {node.name}"
