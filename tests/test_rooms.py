"""A room imports from rooms below it alone, and modules and functions can be read at a sitting."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import indicant

SOURCE = Path(indicant.__file__).parent
FLOORS = (
    ("errors", "terms", "foreign"),
    ("files", "process"),
    ("guideline", "query", "report"),
    ("compile", "intake"),
    ("assess",),
    ("ask", "explain"),
    ("cohort", "possible", "screen"),
    ("author", "diff", "exchange", "merge", "site", "test"),
    ("institution", "serve"),
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
def test_a_room_imports_from_rooms_below_it() -> None:
    wrong = [
        f"{named(path)} imports from {room}"
        for path in MODULES
        for room in sorted(imported(path) - {room_of(path)})
        if FLOOR[room] >= FLOOR[room_of(path)]
    ]
    assert wrong == []


def test_no_tests_lie_in_a_folder_of_cases() -> None:
    """Where a name has a hyphen nobody looks for tests; it has to be said of a thousand folders."""
    tests = Path(__file__).parent
    folders = {path.relative_to(tests).parent for path in tests.rglob("test_*.py")}
    assert len(folders) > 20
    assert [str(one) for one in folders if "-" in str(one)] == []


def test_no_name_of_a_room_is_said_twice() -> None:
    assert [named(path) for path in MODULES if path.stem == path.parent.name] == []


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_no_module_is_longer_than_one_reads_at_a_sitting() -> None:
    assert [named(path) for path in MODULES if len(lines_of(path)) > LONGEST_MODULE] == []


def unexplained(path: Path) -> list[str]:
    """Return the long functions of a module without ``# One piece: …`` above them."""
    lines = lines_of(path)
    found = []
    for node in ast.walk(ast.parse("\n".join(lines))):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        length = (node.end_lineno or 0) - node.lineno + 1
        first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
        above = "\n".join(lines[max(0, first - 4) : first - 1])
        if length > LONGEST_FUNCTION and not re.search(r"# One piece: \w.{15}", above):
            found.append(f"{path.stem}:{node.lineno} {node.name}")
    return found


def test_a_long_function_says_why_it_is_long(tmp_path: Path) -> None:
    assert [one for path in MODULES for one in unexplained(path)] == []
    long = tmp_path / "long.py"
    long.write_text("def f():\n" + "    pass\n" * LONGEST_FUNCTION, encoding="utf-8")
    assert len(unexplained(long)) == 1
