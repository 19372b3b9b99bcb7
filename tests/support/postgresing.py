"""Start a PostgreSQL server of its own for tests, on a socket in a folder that goes with it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACES: Final = "/usr/lib/postgresql/*/bin"
SECONDS: Final = 120


def program(name: str) -> str | None:
    """Return where a program of PostgreSQL is, on the path or where Debian has it."""
    found = shutil.which(name)
    if found is not None:
        return os.path.realpath(found)
    there = sorted(Path("/").glob(f"{_PLACES[1:]}/{name}"))
    return str(there[-1]) if there else None


def missing() -> str:
    """Return why no server can be started, or nothing."""
    if program("initdb") is None:
        return "there is no initdb: apt-get install postgresql"
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        return "there is no setpriv, and PostgreSQL does not run as root"
    return ""


def _user() -> list[str]:
    """Return what starts a program as somebody who is not root."""
    if os.geteuid() != 0:
        return []
    import pwd

    nobody = pwd.getpwnam("nobody")
    return ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Start a server, give how it is reached, and end it."""
    folder = Path(tempfile.mkdtemp(prefix="indicant-pg-", dir="/tmp"))
    data = folder / "data"
    ours = _user()
    initdb, ctl = program("initdb"), program("pg_ctl")
    assert initdb is not None
    assert ctl is not None
    try:
        if ours:
            shutil.chown(folder, "nobody")
        _run([*ours, initdb, "-D", str(data), "-U", "owner", "-A", "trust", "--no-sync", "-E=UTF8"])
        options = f"-c listen_addresses='' -c fsync=off -k {folder}"
        log = str(folder / "log")
        _run([*ours, ctl, "-D", str(data), "-w", "-l", log, "-o", options, "start"])
        try:
            yield f"postgresql://owner:open-sesame@/postgres?host={folder}"
        finally:
            _run([*ours, ctl, "-D", str(data), "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(words: list[str]) -> None:
    subprocess.run(
        words,
        cwd="/",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=SECONDS,
        check=True,
    )


def emptied(dsn: str) -> None:
    """Take away what tests before have made on a server."""
    import psycopg

    own = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema|public$)'"
    with psycopg.connect(dsn) as connection:
        for (name,) in connection.execute(own).fetchall():
            connection.execute(f'DROP SCHEMA "{name}" CASCADE'.encode())
