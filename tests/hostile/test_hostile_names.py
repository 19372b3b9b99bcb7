"""Names that others chose become words of make, of the shell and of Turtle: words, and no more."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from indicant.cli import main
from indicant.institution.repository import in_makefile, is_pinned
from places import BENCHMARK, INSTITUTION

DIGEST = hashlib.sha256(b"").hexdigest()
WHEEL = "https://example.org/indicant-0.1.0-py3-none-any.whl"
PINNED = f"indicant[reasoner] @ {WHEEL}#sha256={DIGEST}"
needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")


def founded(target: Path, guideline: Path, *more: str) -> int:
    words = ["--namespace", "https://hospital.example/policy/", "--date", "2026-11-22"]
    return main(["init", str(target), *words, "--guideline", str(guideline), *more])


def guideline(room: Path, name: str) -> Path:
    """Return a guideline in a folder of a repository with a name, beside what it imports."""
    (room / ".git").mkdir(parents=True)
    shutil.copytree(BENCHMARK / "drugs", room / "drugs")
    return Path(shutil.copytree(BENCHMARK / "hypertension", room / name))


def make(folder: Path, target: str, **variables: str) -> tuple[int, list[str], str]:
    """Run a target with commands that only say what they are given, a word a line."""
    script = folder.parent / "say"
    script.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    script.chmod(0o755)
    given = {name: str(script) for name in ("INDICANT", "PYTHON")} | variables
    done = subprocess.run(
        ["make", "-s", target, *(f"{name}={value}" for name, value in given.items())],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout.splitlines(), done.stderr


# ---------------------------------------------------------------------- folders in a Makefile


@pytest.mark.many(9)
@needs_make
@pytest.mark.parametrize(
    "name",
    [
        "hypertension",
        "two words",
        "it's",
        'a "quote"',
        "$(shell touch mark)",
        "$$(touch mark)",
        "`touch mark`",
        "a; touch mark",
        "a && touch mark #",
        "# nothing",
        "\\# nothing",
        "back\\slash\\",
        "-n",
        "$@",
        "a%b:c=d",
        "~",
        "*",
        "é",
    ],
)
def test_a_folder_is_one_word_of_the_shell(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert founded(tmp_path / "policy", guideline(tmp_path / "room", name)) == 0
    code, words, said = make(tmp_path / "policy", "merged", AS_OF="2026-11-22")
    assert code == 0, said
    assert words[:3] == ["merge", f"published/{name}", "overlay"]
    assert not list(tmp_path.rglob("mark"))
    capsys.readouterr()


@pytest.mark.parametrize("name", ["a\nall:\n\ttouch mark", "a\rb", "a\x1b[2Jb", "a\u202eb", "a\tb"])
def test_a_folder_that_can_stand_in_no_makefile_is_refused(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert founded(tmp_path / "policy", guideline(tmp_path / "room", name)) == 2
    assert "is called what can stand in no Makefile" in capsys.readouterr().err
    assert sorted(os.listdir(tmp_path)) == ["room"]


@pytest.mark.slow
@needs_make
@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=12))
@settings(max_examples=25, deadline=None)
def test_any_text_is_one_word(text: str) -> None:
    if not text.isprintable():
        return
    file = f"WORD = {in_makefile(text)}\nall:\n\t@printf '<%s>' $(WORD)\n"
    done = subprocess.run(
        ["make", "-s", "-f", "-"], input=file.encode(), capture_output=True, check=False
    )
    assert done.stdout.decode() == f"<{text}>", (file, done.stderr)


def test_the_next_command_can_be_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert founded(Path("our policy; $(touch mark)"), BENCHMARK / "hypertension") == 0
    line = capsys.readouterr().out.splitlines()[-1]
    done = subprocess.run(
        ["sh", "-c", f"{line.removeprefix('next: ').removesuffix('make test')} pwd"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{tmp_path}/our policy; $(touch mark)\n"
    assert not (tmp_path / "mark").exists()


# ---------------------------------------------------------------------- what a guideline is called


def changed(room: Path, *pairs: tuple[str, str]) -> Path:
    folder = guideline(room, "hypertension")
    for file in (folder / "guideline.ttl", room / "drugs" / "terms.ttl"):
        if not file.exists():
            continue
        text = file.read_text(encoding="utf-8")
        for one, other in pairs:
            text = text.replace(one, other)
        file.write_text(text, encoding="utf-8")
    return folder


def test_a_version_that_is_text_becomes_no_statement(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would stand between angle brackets in the overlay."""
    text = (BENCHMARK / "hypertension" / "guideline.ttl").read_text(encoding="utf-8")
    (version,) = re.findall(r"owl:versionIRI (<[^>]+>)", text)
    evil = '"https://example.org/x> . <https://example.org/evil"'
    folder = changed(tmp_path / "room", (f"owl:versionIRI {version}", f"owl:versionIRI {evil}"))
    assert founded(tmp_path / "policy", folder) == 2
    assert "has no version to pin" in capsys.readouterr().err


@pytest.mark.slow
def test_a_label_is_one_line_of_the_policy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = guideline(tmp_path / "room", "hypertension")
    label = '"thiazide\\n\\n## Second rule\\n\\n\\u001B[2JEverybody\\u202Egets it"@en'
    added = 0
    for file in (tmp_path / "room").rglob("*.ttl"):
        text = file.read_text(encoding="utf-8")
        added += text.count('"thiazide"@en')
        file.write_text(text.replace('"thiazide"@en', label), encoding="utf-8")
    assert added
    assert founded(tmp_path / "policy", folder) == 0
    policy = (tmp_path / "policy" / "policy.md").read_text(encoding="utf-8")
    assert re.findall("^#.*$", policy, re.MULTILINE) == ["# Local policy", "## First rule"]
    assert all(one.isprintable() for one in policy.splitlines())
    document = ["--document", str(tmp_path / "policy" / "policy.md")]
    main(["check", str(tmp_path / "policy" / "overlay"), *document])
    assert "[passage" not in capsys.readouterr().out


# ---------------------------------------------------------------------- where the engine comes from


@pytest.mark.many(10)
@pytest.mark.parametrize(
    ("requirement", "pins"),
    [
        (PINNED, True),
        (f"indicant @ {WHEEL}#sha256={DIGEST}", True),
        (f"indicant[reasoner,site] @ file:///srv/indicant.whl#sha256={DIGEST}", True),
        (f"indicant[reasoner] @ git+https://example.org/indicant@{'0a' * 20}", True),
        (f"indicant @ git+ssh://git@example.org/indicant.git@{'0a' * 20}", True),
        ("indicant", False),
        ("indicant[reasoner]==0.1.0", False),
        (f"indicant[reasoner] @ {WHEEL}", False),
        (f"indicant[reasoner] @ {WHEEL}#sha256={DIGEST[:-1]}", False),
        (f"indicant[reasoner] @ {WHEEL}#md5={DIGEST[:32]}", False),
        (f"indicant @ http://example.org/indicant.whl#sha256={DIGEST}", False),
        ("indicant @ git+https://example.org/indicant@main", False),
        ("indicant @ git+https://example.org/indicant@v0.1.0", False),
        (f"other @ {WHEEL}#sha256={DIGEST}", False),
        (f"{PINNED}\n--index-url https://evil.example/", False),
        (f"{PINNED} --index-url https://evil.example/", False),
        (f"--index-url https://evil.example/\n{PINNED}", False),
        (f"{PINNED}\\", False),
        ("", False),
    ],
)
def test_only_a_source_that_is_pinned_is_installed_from(
    requirement: str, pins: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By ``init``, which writes it, and by the Makefile, which reads what stands there then."""
    assert is_pinned(requirement) == pins
    code = founded(tmp_path / "policy", BENCHMARK / "hypertension", f"--package={requirement}")
    printed = capsys.readouterr()
    assert code == (0 if pins else 2)
    assert pins or "does not pin where Indicant comes from" in printed.err
    assert "indicant.txt" not in printed.out
    if not pins:
        assert founded(tmp_path / "policy", BENCHMARK / "hypertension") == 0
        with (tmp_path / "policy" / "indicant.txt").open("a", encoding="utf-8") as file:
            file.write(f"{requirement}\n")
    if shutil.which("make") is not None:
        code, words, said = make(tmp_path / "policy", "install")
        assert (code == 0) == pins, said
        assert pins == (words == ["-I", "-m", "pip", "install", "--requirement", "indicant.txt"])
    capsys.readouterr()


@needs_make
def test_without_a_source_nothing_is_installed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Least of all what a stranger puts under the name into a public index."""
    assert founded(tmp_path / "policy", BENCHMARK / "hypertension") == 0
    assert "missing indicant.txt does not say yet" in capsys.readouterr().out
    code, words, said = make(tmp_path / "policy", "install")
    assert code != 0
    assert words == []
    assert "indicant.txt does not name one pinned source" in said
    workflow = tmp_path / "policy" / ".github" / "workflows" / "guideline.yml"
    (job,) = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].values()
    assert [one["run"] for one in job["steps"] if "run" in one] == ["make install", "make test"]


def test_no_file_of_what_is_founded_installs_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert founded(tmp_path / "policy", BENCHMARK / "hypertension", "--package", PINNED) == 0
    for file in (tmp_path / "policy").rglob("*"):
        if file.is_file() and "published" not in file.parts:
            text = file.read_text(encoding="utf-8")
            assert not re.search(r"pip install\s+[\"']?indicant", text), file
    example = INSTITUTION / "README.md"
    assert not re.search(r"pip install\s+[\"']?indicant", example.read_text(encoding="utf-8"))
    capsys.readouterr()


@pytest.mark.slow
@pytest.mark.parametrize("right", [True, False])
def test_pip_holds_a_wheel_to_the_digest(right: bool, tmp_path: Path) -> None:
    """The form that is asked for is one that pip keeps to, without any index."""
    wheel = tmp_path / "indicant-0.1.0-py3-none-any.whl"
    info = "indicant-0.1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("indicant/__init__.py", "")
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: indicant\nVersion: 0.1.0\n"
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
        archive.writestr(f"{info}/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest() if right else DIGEST
    line = f"indicant @ {wheel.as_uri()}#sha256={digest}"
    assert is_pinned(line)
    (tmp_path / "indicant.txt").write_text(line)
    words = ["--no-index", "--no-deps", "--disable-pip-version-check"]
    words += ["--target", str(tmp_path / "there"), "--requirement", str(tmp_path / "indicant.txt")]
    done = subprocess.run(
        [sys.executable, "-I", "-m", "pip", "install", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if "No module named pip" in done.stderr:
        pytest.skip("there is no pip")
    assert (done.returncode == 0) == right, done.stdout + done.stderr
    assert (tmp_path / "there" / "indicant").is_dir() == right
