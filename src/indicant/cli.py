"""The ``indicant`` command."""

from __future__ import annotations

import argparse
import contextlib
import errno
import importlib
import io
import os
import pkgutil
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

import indicant.verbs
from indicant import __version__
from indicant.command.arguments import Parser
from indicant.command.output import tell, tell_language, tell_recovered
from indicant.errors import DOCUMENTATION, IndicantError
from indicant.process.ending import Ended, EndedError, is_short_of_memory, raise_when_asked, watched

if TYPE_CHECKING:
    from collections.abc import Sequence


TRACEBACK_VARIABLE: Final = "INDICANT_TRACEBACK"
HOME: Final = "https://w3id.org/indicant/"
_FAULT: Final = 70
_NO_MEMORY: Final = "indicant: out of memory"
_NO_READER: Final = 141
"""What a shell says of a program that SIGPIPE ended."""
_LOOP: Final = "Symlink loop"
_EPILOG = f"""\
exit codes: 0 it holds, 1 it ran and found something, 2 it could not run,
{_FAULT} it is at fault itself: set {TRACEBACK_VARIABLE}=1 to see where
documentation: {DOCUMENTATION}
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
        importlib.import_module(f"indicant.verbs.{module}").add(verbs)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; a user's mistake leaves no traceback."""
    if arguments is None:
        speak_utf8()
    closed = _open_streams()
    try:
        if arguments is None:
            raise_when_asked()
        code = _run(arguments)
        sys.stdout.flush()
    except IndicantError as error:
        tell(error)
        return error.exit_code
    except BrokenPipeError:
        _discard_output()
        return _NO_READER
    except OSError as error:
        _discard_output()
        if closed and error.errno == errno.EBADF:
            tell(IndicantError("standard output is closed", help="write to a file, or > /dev/null"))
            return 2
        place = f"{error.filename}: " if error.filename else ""
        tell(IndicantError(f"{place}{error.strerror or error}"))
        return 2
    except EndedError as ended:
        return ended.code
    except KeyboardInterrupt:
        return 130
    except MemoryError:
        print(_NO_MEMORY, file=sys.stderr)
        return 2
    except SystemExit:
        raise
    except RuntimeError as error:
        if str(error).startswith(_LOOP):  # which is no OSError before Python 3.13
            tell(IndicantError(f"cannot be read: {error}"))
            return 2
        return _tell_fault(error)
    except BaseException as error:  # a panic of a library in Rust is no Exception
        return _tell_fault(error)
    return code


def _run(arguments: Sequence[str] | None) -> int:
    """Run a verb and return its exit code, or see that help was printed."""
    try:
        options = parser().parse_args(arguments)
    except SystemExit:
        sys.stdout.flush()
        raise
    if arguments is None and _is_of_many(options):
        ended = watched()
        if ended is not None:
            return _told_of(ended, options)
    if getattr(options, "spoken", False):
        tell_language(options.lang)
    code: int = options.run(options)
    return code


def _is_of_many(options: argparse.Namespace) -> bool:
    """Tell whether a verb answers for many patients, which may take more memory than there is."""
    return options.verb == "cohort" or getattr(options, "cohort", None) is not None


def _told_of(ended: Ended, options: argparse.Namespace) -> int:
    """Tell if a process was ended by the system, and return the exit code."""
    if not ended.signal:
        return ended.code
    output = getattr(options, "output", None)
    if output is not None:
        tell_recovered(output)
    raise IndicantError(
        f"was ended by the system ({ended.signal}), most likely out of memory",
        help="give it more memory, let fewer processes work at once (--processes 1), "
        "or give fewer patients at a time",
    )


def _tell_fault(error: BaseException) -> int:
    """Tell in one line what nobody foresaw, with where to report it, and return the exit code.

    What the error says is left out unless it is asked for, since it may quote a patient. A library
    that is out of memory may raise anything.
    """
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    if os.environ.get(TRACEBACK_VARIABLE):
        traceback.print_exception(error)
    frames = traceback.extract_tb(error.__traceback__)
    if is_short_of_memory():
        print(_NO_MEMORY, file=sys.stderr)
        return 2
    place = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    print(
        f"indicant: a fault of indicant {__version__} itself ({type(error).__name__}{place}), "
        f"please report it: {HOME}  ({TRACEBACK_VARIABLE}=1 shows the traceback)",
        file=sys.stderr,
    )
    return _FAULT


def speak_utf8() -> None:
    """Begin again in UTF-8 mode where the locale would have names of files read otherwise.

    Python does so by itself in the locale C, unless PYTHONUTF8=0 forbids it; in that of ISO 8859-1
    a name in UTF-8 would be shown as two characters for one.
    """
    if os.name == "posix" and sys.getfilesystemencoding().lower() != "utf-8":
        from indicant.process.sandbox import begin_again

        begin_again("-X", "utf8")


def _open_streams() -> bool:
    """Write the same bytes everywhere, do without a stream that the caller closed.

    Return whether that is standard output. Its place is taken by something that cannot be written,
    so that no file gets its number and what was to be said there is not lost in silence.
    """
    closed = sys.stdout is None
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            flags = os.O_WRONLY if name == "stderr" else os.O_RDONLY
            null = open(os.open(os.devnull, flags), mode, encoding="utf-8")  # noqa: SIM115
            setattr(sys, name, null)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    return closed


def _discard_output() -> None:
    """Let what is still to be written vanish, so that the interpreter ends without a word."""
    with contextlib.suppress(OSError, ValueError):  # a stream of Python alone has no number
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
