"""The documents show what the command prints: every example in them is run."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

import running
import serving
from each import each
from indicant.cli import parser
from places import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PROMPT = "$ "
MORE = ">"
WALK = "<!-- walk -->"
TUTORIAL = "docs/tutorial/first-guideline.md"
ELLIPSIS = "..."
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A command in a document with the output shown under it."""

    document: str
    line: int
    command: str
    output: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def blocks(language: str) -> list[tuple[str, int, str]]:
    """Return the blocks of a language in the documents: document, first line and text."""
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    return [
        (str(path.relative_to(ROOT)), text.count("\n", 0, block.start(2)) + 1, block[2])
        for path in sorted(documents)
        for text in [path.read_text(encoding="utf-8")]
        for block in _BLOCK.finditer(text)
        if block[1] == language
    ]


def examples(document: str, start: int, text: str) -> list[Example]:
    r"""Split a block at its prompts; a command goes on behind further ones.

    >>> [one.output for one in examples("a.md", 1, "$ echo a\na\n\n$ echo b\nb\n")]
    [('a',), ('b',)]
    >>> [one.command for one in examples("a.md", 1, "$ cat <<'END'\n> a\n> END\na\n> b\n")]
    ["cat <<'END'\na\nEND"]
    """
    found: list[Example] = []
    for number, line in enumerate(text.splitlines(), start):
        if line.startswith(PROMPT):
            found.append(Example(document, number, line.removeprefix(PROMPT), ()))
            continue
        if not found:
            continue
        last = found[-1]
        if not last.output and (line == MORE or line.startswith(f"{MORE} ")):
            command = f"{last.command}\n{line[2:]}"
            found[-1] = Example(document, last.line, command, ())
        else:
            found[-1] = Example(document, last.line, last.command, (*last.output, line))
    return [Example(one.document, one.line, one.command, _trimmed(one.output)) for one in found]


def _trimmed(lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("\n".join(lines).rstrip("\n").split("\n")) if any(lines) else ()


def shows(expected: tuple[str, ...], actual: list[str]) -> bool:
    """Return whether lines are those expected, where ``...`` stands for any number of them.

    >>> shows(("a", "...", "d"), ["a", "b", "c", "d"])
    True
    >>> shows(("a", "...", "c"), ["a", "b", "c", "d"])
    False
    """
    pattern = "".join(
        r"(?:.*\n)*?" if line == ELLIPSIS else re.escape(line) + r"\n" for line in expected
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in actual)) is not None


WALKS = sorted(
    str(path.relative_to(ROOT))
    for path in ROOT.glob("docs/**/*.md")
    if WALK in path.read_text(encoding="utf-8").splitlines()
)
"""Documents whose commands build on one another, from an empty folder."""
COMMANDS = [
    example
    for block in blocks("console")
    for example in examples(*block)
    if example.document not in WALKS
]


def steps(document: str) -> list[Example]:
    """Return the commands of a walk in their order."""
    return [one for block in blocks("console") if block[0] == document for one in examples(*block)]


def test_the_readme_shows_the_command_at_work() -> None:
    assert "README.md" in {example.document for example in COMMANDS}


def test_every_block_of_a_console_shows_a_command_and_what_it_prints() -> None:
    for block in each(blocks("console")):
        shown = examples(*block)
        assert shown, block
        if block[0] not in WALKS:
            assert all(example.output for example in shown), block
            assert all(example.command.startswith("indicant ") for example in shown), block


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Put a command called indicant before all others, which runs the code that is tested."""
    folder = tmp_path_factory.mktemp("bin")
    serving.script(folder, "indicant")
    return running.environment(
        COLUMNS="80",
        INDICANT_CACHE=str(tmp_path_factory.mktemp("cache")),
        PATH=os.pathsep.join([str(folder), os.environ.get("PATH", os.defpath)]),
    )


def held(example: Example, folder: Path, environment: dict[str, str]) -> None:
    """Run a command of a document in a folder, and compare what it prints with what is shown."""
    done = serving.run(["sh", "-c", example.command], cwd=folder, env=environment, merged=True)
    actual = done.stdout.splitlines()
    if ELLIPSIS in example.output:
        assert shows(example.output, actual), f"{example}\n{done.stdout}"
    else:
        assert actual == list(example.output), example


posix = pytest.mark.skipif(os.name != "posix", reason="the examples are for a POSIX shell")


@pytest.mark.slow
@posix
@pytest.mark.parametrize("example", COMMANDS, ids=str)
def test_the_command_prints_what_the_document_shows(
    example: Example, environment: dict[str, str]
) -> None:
    held(example, ROOT, environment)


@pytest.mark.slow
@posix
@pytest.mark.parametrize("document", [one for one in WALKS if one != TUTORIAL])
def test_a_walk_leads_where_it_says(
    document: str, environment: dict[str, str], tmp_path: Path
) -> None:
    for step in each(steps(document)):
        held(step, tmp_path, environment)


@pytest.mark.slow
@posix
def test_the_walk_of_a_first_guideline_leads_there(
    environment: dict[str, str], tmp_path: Path
) -> None:
    for step in steps(TUTORIAL):
        held(step, tmp_path, environment)
    assert (tmp_path / "public" / "recommendations" / "take-an-umbrella.html").is_file()
    commands = ("check rain", "verify rain", "test cases --guideline rain", "fmt --check rain")
    for command in commands:
        done = serving.run(["indicant", *command.split()], cwd=tmp_path, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("block", blocks("python"), ids=lambda block: f"{block[0]}:{block[1]}")
def test_the_python_of_the_documents_runs(
    block: tuple[str, int, str], environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block[2]],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.slow
@pytest.mark.many(2)
@pytest.mark.parametrize(
    "document", sorted({one[0] for one in blocks("pycon")}), ids=lambda one: str(one)
)
def test_a_python_session_of_a_document_goes_as_shown(
    document: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All sessions of a document are one, from its top."""
    monkeypatch.chdir(ROOT)
    text = "\n".join(block[2] for block in blocks("pycon") if block[0] == document)
    session = doctest.DocTestParser().get_doctest(text, {}, document, document, 0)
    assert session.examples
    said: list[str] = []
    failed = doctest.DocTestRunner(verbose=False).run(session, out=said.append).failed
    assert failed == 0, "".join(said)


@pytest.mark.parametrize(
    "command",
    [
        line
        for language in ("", "sh", "console")
        for _, _, text in blocks(language)
        for line in text.splitlines()
        if line.startswith("indicant ")
    ],
)
def test_a_command_that_is_not_run_is_one_at_least(command: str) -> None:
    words = shlex.split(re.split(r" {3}| [<>|&]", command)[0], comments=True)
    assert callable(parser().parse_args(words[1:]).run)
