"""The built wheel works on its own: anywhere, without the checkout and without Java."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import indicant
from each import each
from places import ONTOLOGY, ROOT

# One worker builds the wheel, once.
pytestmark = pytest.mark.slow

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DATA = ("ontology", "queries", "shapes")


@dataclass(frozen=True)
class Installed:
    """A virtual environment with the wheel and what the wheel needs at run time, no more."""

    bin: Path
    elsewhere: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment from another folder, without Java on the path."""
        return subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            cwd=self.elsewhere,
            env={"PATH": str(self.bin), "HOME": str(self.elsewhere), "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )


def closure(requirements: list[str]) -> set[str]:
    """Return the names of the installed distributions that the requirements lead to."""
    found: set[str] = set()
    pending = [Requirement(text) for text in requirements]
    while pending:
        requirement = pending.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        name = canonicalize_name(requirement.name)
        if name not in found:
            found.add(name)
            pending += map(Requirement, importlib.metadata.requires(name) or [])
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(out)]
    built = subprocess.run([*command, str(ROOT)], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = next(folder.glob("[bS]*/python*"))
    purelib = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    for name in closure(PROJECT["project"]["dependencies"]):
        distribution = importlib.metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or []} - {"..", "__pycache__"}:
            os.symlink(Path(str(distribution.locate_file(top))), Path(purelib) / top)
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    subprocess.run([*command, "--no-deps", "--no-index", str(wheel)], check=True)
    return Installed(python.parent, tmp_path_factory.mktemp("elsewhere"))


def test_the_wheel_carries_every_data_file(wheel: Path) -> None:
    expected = {
        f"indicant/data/{path.relative_to(ROOT).as_posix()}"
        for name in DATA
        for path in (ROOT / name).rglob("*")
        if path.is_file()
    }
    with zipfile.ZipFile(wheel) as archive:
        assert expected <= set(archive.namelist())
        assert "indicant/py.typed" in archive.namelist()


def test_the_wheel_carries_every_guideline_compiled_its_codes_and_the_plans_of_rules(
    wheel: Path,
) -> None:
    guidelines = list((ONTOLOGY / "guidelines").glob("*/guideline.ttl"))
    with zipfile.ZipFile(wheel) as archive:
        kept = [
            name.split("/")[3:]
            for name in archive.namelist()
            if name.startswith("indicant/data/compiled/")
        ]
    planned = {folder for folder, name in kept if name == "plans.json"}
    said = {folder for folder, name in kept if name == "said.json"}
    assert len(planned) == 1
    assert len(said) == len(guidelines)
    assert len({folder for folder, _ in kept} - planned - said) == len(guidelines) > 0


def test_the_wheel_carries_no_tests_and_no_build_output(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
        assert not [name for name in archive.namelist() if "__pycache__" in name]
    assert tops == {"indicant", f"indicant-{indicant.__version__}.dist-info"}


def test_the_environment_has_no_reasoner(installed: Installed) -> None:
    code = "from indicant.compile.java import available; print(available())"
    assert installed.run("python", "-c", code).stdout == "False\n"


def test_the_command_tells_its_version(installed: Installed) -> None:
    told = installed.run("indicant", "--version")
    assert (told.returncode, told.stderr) == (0, "")
    assert indicant.__version__ in told.stdout


def test_the_command_assesses_the_example_without_java(installed: Installed) -> None:
    told = installed.run("indicant", "assess", "--example", "--format", "json")
    assert told.returncode == 0, told.stderr
    (assessment,) = json.loads(told.stdout)
    assert assessment["actions"]


def test_asking_for_the_reasoner_without_java_says_what_to_install(installed: Installed) -> None:
    told = installed.run("indicant", "assess", "--example", "--engine", "hermit")
    assert told.returncode == 2
    assert "pip install 'indicant[reasoner]'" in told.stderr
    assert "Traceback" not in told.stderr


def test_the_version_is_the_same_everywhere() -> None:
    assert PROJECT["project"]["version"] == indicant.__version__


@pytest.mark.parametrize("file", ["requirements.lock", "tests/spark/requirements.lock"])
def test_the_locks_pin_every_requirement_by_digest_and_name_no_host(file: str) -> None:
    """What Spark needs stands in a lock of its own: it is 400 MB."""
    lock = (ROOT / file).read_text(encoding="utf-8")
    pinned = re.findall(r"^([a-z0-9-]+)==\S+.* \\\n    --hash=sha256:[0-9a-f]{64}", lock, re.M)
    entries = [line for line in lock.splitlines() if line and line[0] not in " #"]
    assert len(pinned) == len(entries)
    assert "://" not in lock
    project = PROJECT["project"]
    is_spark = file != "requirements.lock"
    extras = [
        text
        for name, extra in project["optional-dependencies"].items()
        for text in extra
        if (name == "spark") == is_spark
    ]
    wanted = {
        canonicalize_name(Requirement(text).name) for text in project["dependencies"] + extras
    }
    assert wanted - {"indicant"} <= set(pinned)


def test_every_build_requirement_is_in_the_lock() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for text in each(PROJECT["build-system"]["requires"]):
        assert f"\n{canonicalize_name(Requirement(text).name)}==" in lock
