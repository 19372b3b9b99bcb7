"""Every file is read by one function, which waits for nobody and has a limit."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import indicant
from indicant.errors import IndicantError
from indicant.files import bounded
from indicant.files.rdf import read, read_text

SOURCE = Path(indicant.__file__).parent
# Where files are opened to be written, or a stream is opened that was closed.
WRITERS = {"files/cache.py", "cli.py", "files/members.py"}
OPENERS = {"open", "fdopen", "read_text", "read_bytes", "copytree", "copyfile", "copyfileobj"}
OPENERS |= {"copy", "copy2", "move"}


def calls() -> list[tuple[str, int, str]]:
    """Return where the package calls something that opens a file by its name."""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            function = node.func
            if isinstance(function, ast.Name):
                name, of = function.id, ""
            elif isinstance(function, ast.Attribute):
                name, of = function.attr, ast.unparse(function.value)
            else:
                continue
            if name in OPENERS and not (name in {"copy", "move"} and of != "shutil"):
                found.append((path.relative_to(SOURCE).as_posix(), node.lineno, f"{of}.{name}"))
    return found


@pytest.mark.slow
def test_no_file_is_read_otherwise() -> None:
    """Members of archives are opened by the archive, locks and new files by who writes them."""
    archives = {("files/archives.py", "members.open"), ("compile/java.py", "archive.open")}
    locks = {("files/staging.py", "os.open"), ("files/staging.py", "part.open")}
    locks |= {("files/cache.py", "os.open"), ("cohort/resuming.py", "os.open")}
    others = archives | locks | {("files/atomic.py", "os.open"), ("files/atomic.py", "os.fdopen")}
    others |= {("files/staging.py", "shutil.copy2")}  # what is about to be replaced, kept aside
    others |= {("serve/feedback.py", "os.open")}  # which is added to, and never read
    others |= {("cohort/parting.py", ".open")}  # which is written while a source is parted
    others |= {("process/ending.py", ".open")}  # in which the system tells of this process
    seen = {name for name, _, _ in calls()}
    assert seen >= WRITERS | {name for name, _ in others} | {"files/bounded.py"}
    for name, line, called in calls():
        if called == ".read_text" or name == "files/bounded.py" or (name, called) in others:
            continue
        text = (SOURCE / name).read_text(encoding="utf-8").splitlines()[line - 1]
        writes = name in WRITERS and ('"xb"' in text or "os.devnull" in text)
        assert writes, f"{name}:{line} opens a file by {called}, and files/bounded.py is to"


def test_every_read_of_bounded_has_a_limit() -> None:
    text = (SOURCE / "files" / "bounded.py").read_text(encoding="utf-8")
    reads = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "read"
    ]
    assert reads
    assert all(node.args for node in reads)


@pytest.mark.skipif(os.name == "nt", reason="pipes and devices are those of POSIX")
@pytest.mark.parametrize("kind", ["pipe", "socket", "device", "folder", "missing", "loop", "zero"])
def test_what_is_no_file_is_told_at_once(tmp_path: Path, kind: str) -> None:
    import socket

    path = str(tmp_path / "it")
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path)
    elif kind == "device":
        path = "/dev/zero"
    elif kind == "folder":
        os.mkdir(path)
    elif kind == "loop":
        os.symlink("it", path)
    elif kind == "zero":
        path += "\0"
    for reader in (read, read_text, bounded.data, bounded.text):
        with pytest.raises(IndicantError) as caught:
            reader(path)
        assert caught.value.file == path
        if kind in ("pipe", "socket", "device"):
            assert caught.value.message == f"is a {kind}, not a file"


def test_a_link_is_followed_unless_told_not_to(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "b").symlink_to("a")
    assert bounded.data(tmp_path / "b") == b"x"
    with pytest.raises(IndicantError, match="is a link, not a file"):
        bounded.data(tmp_path / "b", follow=False)


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    """Also one that holds more than its size says, as those of the system do."""
    path = tmp_path / "a"
    for size in (0, 1, 65_535, 65_536, 65_537, 200_000):
        path.write_bytes(b"x" * size)
        assert len(bounded.data(path, 200_000)) == size
        assert len(bounded.data(path, size)) == size
        if size:
            with pytest.raises(IndicantError, match="larger than the limit"):
                bounded.data(path, size - 1)
    if sys.platform == "linux":
        assert os.stat("/proc/self/maps").st_size == 0
        assert len(bounded.data("/proc/self/maps")) > 1000
        with pytest.raises(IndicantError, match="larger than the limit"):
            bounded.data("/proc/self/maps", 1000)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="descriptors have no names there")
def test_a_pipe_that_the_caller_opened_is_read(tmp_path: Path) -> None:
    """As the shell does for ``<(…)``, and as ``/dev/stdin`` is."""
    for name, command in (
        ("/dev/stdin", "echo '<a:a> <a:b> <a:c> .' | $PYTHON -c \"$CODE\" /dev/stdin"),
        ("/dev/fd/", "$PYTHON -c \"$CODE\" <(sleep 0.2; echo '<a:a> <a:b> <a:c> .')"),
    ):
        code = "import sys; from indicant.files.rdf import read; "
        code += "print(sys.argv[1], len(read(sys.argv[1]).quads))"
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env={**os.environ, "PYTHON": sys.executable, "CODE": code},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stdout.startswith(name)
        assert done.stdout.endswith(" 1\n")
