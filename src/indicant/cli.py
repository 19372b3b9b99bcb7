"""The ``indicant`` command."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import pkgutil
import sys
from typing import TYPE_CHECKING

import indicant.verbs
from indicant import __version__
from indicant.errors import IndicantError
from indicant.printing import tell
from indicant.verbs.arguments import Parser

if TYPE_CHECKING:
    from collections.abc import Sequence


_EPILOG = """\
exit codes: 0 it holds, 1 it ran and found something, 2 it could not run
decision support for professionals who review every reason; not a medical device
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = Parser(
        prog="indicant",
        description="Clinical guidelines as knowledge graphs, assessed exactly.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"indicant {__version__}")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    for module in sorted(one.name for one in pkgutil.iter_modules(indicant.verbs.__path__)):
        if module != "arguments":
            importlib.import_module(f"indicant.verbs.{module}").add(verbs)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; a user's mistake leaves no traceback."""
    _open_streams()
    try:
        options = parser().parse_args(arguments)
        code: int = options.run(options)
        sys.stdout.flush()
    except IndicantError as error:
        tell(error)
        return error.exit_code
    except BrokenPipeError:
        _discard_output()
        return 0
    except OSError as error:
        _discard_output()
        place = f"{error.filename}: " if error.filename else ""
        tell(IndicantError(f"{place}{error.strerror or error}"))
        return 2
    except KeyboardInterrupt:
        return 130
    except MemoryError:
        print("indicant: out of memory", file=sys.stderr)
        return 2
    return code


def _open_streams() -> None:
    """Write the same bytes everywhere, and do without a stream that the caller closed."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def _discard_output() -> None:
    """Let what is still to be written vanish, so that the interpreter ends without a word."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
