"""The verbs of the command, each by its own help."""

from __future__ import annotations

import argparse
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from docparts.markup import fenced, heading, sections
from indicant.cli import parser

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def verbs() -> Mapping[str, argparse.ArgumentParser]:
    """Return the parsers of the verbs by name."""
    (found,) = (
        action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    return found.choices


def text() -> str:
    """Return what each verb says of itself."""
    with _of_eighty_columns():
        return sections(
            f"{heading(2, f'`{name}`', f'verb-{name}')}\n\n{fenced('text', one.format_help())}"
            for name, one in sorted(verbs().items())
        )


@contextmanager
def _of_eighty_columns() -> Iterator[None]:
    """Have argparse break lines as in a terminal of eighty columns, without colours."""
    wanted = {"COLUMNS": "80", "NO_COLOR": "1"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
