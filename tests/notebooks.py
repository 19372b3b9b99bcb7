"""Run the code of a notebook without Jupyter, and hold it to the outputs that it keeps."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any


def cells_of(path: Path) -> list[dict[str, Any]]:
    """Return the cells of a notebook."""
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return found


def run(path: Path) -> list[list[dict[str, Any]]]:
    """Run the code cells of a notebook in its folder, in order, and return their outputs.

    As in Jupyter, what a cell prints is a stream, and the value of a last expression a result; of
    results, the plain text alone is kept.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    outputs = []
    with contextlib.chdir(path.parent):
        for number, cell in enumerate(
            (one for one in cells_of(path) if one["cell_type"] == "code"), 1
        ):
            tree = ast.parse("".join(cell["source"]), f"cell {number}")
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            printed = io.StringIO()
            value = None
            with contextlib.redirect_stdout(printed):
                exec(compile(tree, f"cell {number}", "exec"), names)  # noqa: S102 - our own cells
                if isinstance(last, ast.Expr):
                    expression = ast.Expression(last.value)
                    value = eval(compile(expression, f"cell {number}", "eval"), names)  # noqa: S307
            outputs.append(_outputs(printed.getvalue(), value, number))
    return outputs


def _outputs(printed: str, value: Any, number: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if printed:
        found.append({"name": "stdout", "output_type": "stream", "text": _lines(printed)})
    if value is not None:
        found.append(
            {
                "data": {"text/plain": _lines(repr(value))},
                "execution_count": number,
                "metadata": {},
                "output_type": "execute_result",
            }
        )
    return found


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def main() -> None:
    """Run notebooks, and keep their outputs in them."""
    for name in sys.argv[1:]:
        path = Path(os.path.realpath(name))
        book = json.loads(path.read_text(encoding="utf-8"))
        code = [one for one in book["cells"] if one["cell_type"] == "code"]
        for number, (cell, outputs) in enumerate(zip(code, run(path), strict=True), 1):
            cell["outputs"], cell["execution_count"] = outputs, number
        path.write_text(json.dumps(book, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
