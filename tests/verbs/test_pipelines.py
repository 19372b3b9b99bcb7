"""What other people's pipelines run: the action and the hooks, as their runners run them."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

import running
import serving
from indicant.cli import main, parser
from places import BENCHMARK, INSTITUTION, RAIN, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS: list[dict[str, Any]] = yaml.safe_load(
    (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
)
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a PATH on which there is the command of this checkout."""
    folder = tmp_path_factory.mktemp("bin")
    serving.script(folder, "indicant")
    serving.script(folder, "indicant-hook", "indicant.hooks")
    (folder / "python").symlink_to(sys.executable)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def environment(path: str, **more: str) -> dict[str, str]:
    return running.environment(PATH=path, **more)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a folder with the small guidelines of the benchmark."""
    folder = Path(shutil.copytree(BENCHMARK, tmp_path / "repository"))
    (folder / ".git").mkdir()
    return folder


def case(repository: Path, status: str) -> Path:
    """Add a case to a repository, with the status that is expected, and return where that is."""
    folder = repository / "tests" / "thiazide"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.ttl").write_text(
        "@prefix : <https://example.org/case#> .\n"
        "@prefix ind: <https://w3id.org/indicant/core/> .\n"
        "@prefix mm: <https://example.org/multimorbidity/terms/> .\n"
        "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n\n"
        ':case a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; ind:hasFinding :pressure .\n'
        ":pressure a mm:Hypertension .\n"
    )
    (folder / "expected.json").write_text(json.dumps({"actions": {"Thiazide": status}}))
    return folder / "expected.json"


# ---------------------------------------------------------------------- the action


@dataclass
class Runner:
    """Runs the steps of a composite action in bash, as GitHub's runner does."""

    folder: Path
    path: str
    inputs: dict[str, str]
    temp: Path
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    def value(self, text: str) -> str:
        """Return a text with its expressions replaced."""
        return _EXPRESSION.sub(lambda found: self._of(found[1]), str(text))

    def _of(self, expression: str) -> str:
        known = {"runner.temp": str(self.temp), "github.action_path": str(ROOT)}
        if expression in known:
            return known[expression]
        scope, _, rest = expression.partition(".")
        if scope == "inputs":
            given = ACTION["inputs"][rest]["default"]
            return self.inputs[rest] if rest in self.inputs else self.value(given)
        identifier, outputs, name = rest.split(".")
        assert (scope, outputs) == ("steps", "outputs"), expression
        return self.outputs.get(identifier, {}).get(name, "")

    def run(self, step: dict[str, Any]) -> int:
        """Run one step with the shell and the flags that the runner gives it."""
        script = self.temp / "step.sh"
        output = self.temp / "output"
        script.write_text(step["run"])
        output.write_text("")
        more = {name: self.value(text) for name, text in step.get("env", {}).items()}
        done = serving.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.folder,
            env=environment(self.path, GITHUB_OUTPUT=str(output), **more),
        )
        lines = [line.partition("=") for line in output.read_text().splitlines()]
        self.outputs[step.get("id", "")] = {name: value for name, _, value in lines}
        self.said[step["name"]] = done.stdout + done.stderr
        return done.returncode

    def all(self) -> int:
        """Run every step but the installation, and return the last exit code."""
        code = 0
        for step in STEPS:
            if "run" in step and step["name"] != "Install":
                code = self.run(step)
                assert code == 0 or step["name"] == "Outcome", self.said
        return code


def runner(tmp_path: Path, folder: Path, path: str, **inputs: str) -> Runner:
    temp = tmp_path / "runner"
    temp.mkdir()
    return Runner(folder, path, {key.replace("_", "-"): one for key, one in inputs.items()}, temp)


@pytest.mark.slow
def test_the_action_checks_tests_verifies_and_reports(tmp_path: Path, path: str) -> None:
    """A guideline that stands alone, with its document and a case."""
    folder = Path(shutil.copytree(RAIN, tmp_path / "repository" / "overlay"))
    file = folder / "guideline.ttl"
    text = file.read_text(encoding="utf-8")
    settled = '"left at home"@en ;\n    ind:overrides :take-an-umbrella ;'
    file.write_text(text.replace('"left at home"@en ;', settled), encoding="utf-8")
    rain = folder.parent / "tests" / "rain"
    rain.mkdir(parents=True)
    (rain / "case.ttl").write_text(
        "@prefix : <https://example.org/rain/> .\n"
        "@prefix ind: <https://w3id.org/indicant/core/> .\n"
        "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n\n"
        '[] a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ;\n'
        "    ind:hasFinding [ a :Rain ] ; ind:excludes :Storm .\n"
    )
    (rain / "expected.json").write_text(json.dumps({"actions": {"Umbrella": "recommended"}}))
    run = runner(tmp_path, folder.parent, path, document="overlay/document.txt")
    assert run.all() == 0, run.said
    reports = Path(run.outputs["prepare"]["reports"])
    assert {one.name for one in reports.iterdir()} == {"check.sarif", "test.sarif", "verify.sarif"}
    assert run.outputs["merge"]["guideline"] == "overlay"
    for report in reports.iterdir():
        (told,) = json.loads(report.read_text(encoding="utf-8"))["runs"]
        assert told["tool"]["driver"]["name"] == "indicant"
        assert "error" not in {one["level"] for one in told["results"]}


@pytest.mark.slow
def test_the_action_fails_with_a_contradiction_and_still_reports(
    repository: Path, tmp_path: Path, path: str
) -> None:
    """Ibuprofen for the joints and not for the blood pressure: reported, annotated, exit 1."""
    more = {"tests": "", "verify": "false", "as_of": "2026-11-22"}
    published = "osteoarthritis diabetes"
    run = runner(tmp_path, repository, path, overlay="hypertension", published=published, **more)
    assert run.all() == 1
    assert run.outputs["merge"]["code"] == "1"
    report = Path(run.outputs["prepare"]["reports"]) / "merge.sarif"
    (told,) = json.loads(report.read_text(encoding="utf-8"))["runs"]
    assert [one["ruleId"] for one in told["results"]] == ["contradiction", "repair"]
    lines = [one for one in run.said["Annotate"].splitlines() if "guideline-" not in one]
    (contradiction,) = [one for one in lines if "title=contradiction" in one]
    assert re.match(
        r"::error title=contradiction,file=[^,:]+/guideline.ttl,line=\d+::", contradiction
    )
    assert any(one.startswith("::notice title=repair,") for one in lines)


def test_the_workflow_of_the_example_gives_what_the_action_takes() -> None:
    file = INSTITUTION / ".github" / "workflows" / "guideline.yml"
    (job,) = yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"].values()
    given = job["steps"][-1]["with"]
    assert given.keys() <= ACTION["inputs"].keys()
    assert (INSTITUTION / given["overlay"]).is_dir()
    assert (INSTITUTION / given["document"]).is_file()
    assert (ROOT / given["published"].removeprefix(".indicant/")).is_dir()


@pytest.mark.slow
def test_the_action_fails_where_something_cannot_run(tmp_path: Path, path: str) -> None:
    run = runner(
        tmp_path, tmp_path, path, overlay="nowhere", tests="", verify="false", fail_under="0"
    )
    assert run.all() == 2
    assert "nowhere" in run.said["Check"]


@pytest.mark.slow
def test_inputs_never_become_code(tmp_path: Path, path: str) -> None:
    """No script has an expression in it; what is given reaches it as a variable."""
    assert [step["name"] for step in STEPS if "${{" in step.get("run", "")] == []
    mark = tmp_path / "mark"
    run = runner(
        tmp_path,
        tmp_path,
        path,
        overlay=f"$(touch {mark})",
        tests=f"; touch {mark}",
        verify="false",
    )
    assert run.all() == 2
    assert not mark.exists()


@pytest.mark.slow
def test_guidelines_are_merged_however_they_are_listed(
    repository: Path, tmp_path: Path, path: str
) -> None:
    """One a line, as workflows write lists: the contradiction is with the second one."""
    more = {"tests": "", "verify": "false", "as_of": "2026-11-22"}
    published = "diabetes\n\n  osteoarthritis \n"
    run = runner(tmp_path, repository, path, overlay="hypertension", published=published, **more)
    assert run.all() == 1
    (told,) = json.loads(
        (Path(run.outputs["prepare"]["reports"]) / "merge.sarif").read_text(encoding="utf-8")
    )["runs"]
    assert "contradiction" in {one["ruleId"] for one in told["results"]}


@pytest.mark.slow
def test_a_list_of_no_guideline_is_none(tmp_path: Path, path: str) -> None:
    shutil.copytree(RAIN, tmp_path / "repository" / "overlay")
    more = {"tests": "", "verify": "false"}
    run = runner(tmp_path, tmp_path / "repository", path, published=" \n ", **more)
    assert run.all() == 0, run.said
    assert run.outputs["merge"] == {"guideline": "overlay", "code": "0"}


@pytest.mark.many(2)
@pytest.mark.parametrize(
    "name",
    ["overlay", "tests", "document", "as_of", "fail_under", "verify", "upload", "package"],
)
@pytest.mark.parametrize("value", ["{}\ncode=0", "{}\r", "{}\x1b[2J", "\n{}", "{}\n"])
def test_a_line_break_in_an_input_is_refused(
    name: str, value: str, tmp_path: Path, path: str
) -> None:
    """It would end the line of an output, and begin another one."""
    run = runner(tmp_path, tmp_path, path, **{name: value.format("true")})
    (step,) = [one for one in STEPS if one["name"] == "Prepare"]
    assert run.run(step) == 2
    assert run.outputs["prepare"] == {}
    (said,) = run.said["Prepare"].splitlines()
    assert said.startswith(f"::error title=input::{name.upper()} has a line break")


@pytest.mark.parametrize(
    "given",
    [
        {"verify": "True"},
        {"verify": "yes"},
        {"verify": ""},
        {"upload": "1"},
        {"overlay": ""},
        {"fail_under": ""},
        {"package": ""},
        {"published": "a\rb"},
    ],
)
def test_an_input_that_means_nothing_is_refused(
    given: dict[str, str], tmp_path: Path, path: str
) -> None:
    """Not to verify because somebody wrote True would be a gate that stands open."""
    run = runner(tmp_path, tmp_path, path, **given)
    (step,) = [one for one in STEPS if one["name"] == "Prepare"]
    assert run.run(step) == 2
    assert run.said["Prepare"].startswith("::error title=input::")


def test_inputs_are_looked_at_first_and_all_of_them() -> None:
    assert STEPS[0]["name"] == "Prepare"
    looked_at = {_EXPRESSION.findall(one)[0].partition(".") for one in STEPS[0]["env"].values()}
    assert {one[2] for one in looked_at if one[0] == "inputs"} == {
        *ACTION["inputs"].keys() - {"python-version"}
    }


@pytest.mark.slow
def test_a_folder_named_like_an_option_is_a_folder(tmp_path: Path, path: str) -> None:
    """What is checked is the folder, and nothing is written where its name seems to say."""
    folder = tmp_path / "repository"
    for name in ("-overlay", "-h", "--published"):
        shutil.copytree(RAIN, folder / name)
    shutil.copytree(BENCHMARK, folder / "mm")
    before = set(folder.rglob("*"))
    tests = {"tests": "--help", "verify": "true"}
    run = runner(tmp_path, folder, path, overlay="-h", document="-h/document.txt", **tests)
    run.all()
    assert json.loads((Path(run.outputs["prepare"]["reports"]) / "check.sarif").read_text())
    assert "--help: no such folder" in run.said["Test"]
    assert run.outputs["test"]["code"] == "2"
    assert (Path(run.outputs["prepare"]["reports"]) / "verify.sarif").is_file()
    shutil.rmtree(tmp_path / "runner")
    run = runner(tmp_path, folder, path, overlay="-overlay", published="--published", tests="")
    run.all()
    assert (Path(run.outputs["prepare"]["reports"]) / "merge.sarif").is_file(), run.said
    assert before == set(folder.rglob("*"))


@pytest.mark.slow
def test_reports_of_another_run_are_not_told_again(tmp_path: Path, path: str) -> None:
    """An action that is used twice in a job finds the reports of the first time."""
    shutil.copytree(RAIN, tmp_path / "repository" / "overlay")
    run = runner(tmp_path, tmp_path / "repository", path, tests="", verify="false")
    (tmp_path / "runner" / "indicant").mkdir()
    (tmp_path / "runner" / "indicant" / "old.sarif").write_text("{}")
    assert run.all() == 0, run.said
    folders = [one for one in (tmp_path / "runner").iterdir() if one.is_dir()]
    assert len(folders) == 2


def test_a_step_without_an_outcome_fails_the_whole(tmp_path: Path, path: str) -> None:
    (step,) = [one for one in STEPS if one["name"] == "Outcome"]
    run = runner(tmp_path, tmp_path, path)
    for name in ("check", "merge", "test", "verify"):
        run.outputs[name] = {"code": "0"}
    assert run.run(step) == 0
    for code in ("", "0 0", "x", "-1"):
        run.outputs["merge"] = {"code": code}
        assert run.run(step) == 2


def test_the_action_installs_itself(tmp_path: Path, path: str) -> None:
    """The step asks pip for the folder of the action, with the reasoner."""
    (step,) = [one for one in STEPS if one["name"] == "Install"]
    log = tmp_path / "log"
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "python").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {shlex.quote(str(log))}\n')
    (folder / "python").chmod(0o755)
    run = runner(tmp_path, tmp_path, f"{folder}{os.pathsep}{path}")
    assert run.run(step) == 0
    assert log.read_text().split("\n")[:3] == ["-I", "-m", "pip"]
    assert f"{ROOT}[reasoner]" in log.read_text().split("\n")


def test_the_action_is_well_formed() -> None:
    assert ACTION["runs"]["using"] == "composite"
    assert all(set(one) >= {"description"} for one in ACTION["inputs"].values())
    for step in STEPS:
        assert ("run" in step) != ("uses" in step)
        assert "run" not in step or step["shell"] == "bash"
    (upload,) = [one for one in STEPS if one.get("uses", "").startswith("github/codeql-action")]
    assert "always()" in upload["if"]
    expressions = set(_EXPRESSION.findall((ROOT / "action.yml").read_text(encoding="utf-8")))
    used = {one.partition(".")[2] for one in expressions if one.startswith("inputs.")}
    assert used | {"upload"} == set(ACTION["inputs"])
    identifiers = {one["id"] for one in STEPS if "id" in one}
    asked = {one.split(".")[1] for one in expressions if one.startswith("steps.")}
    assert asked <= identifiers


@pytest.mark.parametrize(
    "step", [one for one in STEPS if "run" in one], ids=lambda one: one["name"]
)
def test_every_script_is_bash(step: dict[str, Any]) -> None:
    done = subprocess.run(["bash", "-n"], input=step["run"], text=True, check=False)
    assert done.returncode == 0


# ---------------------------------------------------------------------- the hooks


def hook(name: str) -> dict[str, Any]:
    (found,) = [one for one in HOOKS if one["id"] == name]
    return found


def commit(name: str, folder: Path, files: list[str], path: str, *more: str) -> tuple[int, str]:
    """Run a hook as pre-commit does: its entry, its arguments, and the files that match."""
    one = hook(name)
    command = [*shlex.split(one["entry"]), *one.get("args", []), *more]
    if one.get("pass_filenames", True):
        command += [file for file in files if re.search(one["files"], file)]
    done = serving.run(command, cwd=folder, env=environment(path))
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_the_form_is_put_right_and_the_commit_stopped(repository: Path, path: str) -> None:
    """A hook that changes a file fails the commit: pre-commit sees the change by itself."""
    file = repository / "hypertension" / "guideline.ttl"
    tidy = file.read_bytes()
    files = ["hypertension/guideline.ttl", "README.md"]
    assert commit("indicant-fmt", repository, files, path)[0] == 0
    assert file.read_bytes() == tidy
    file.write_bytes(tidy.replace(b"    a ind:Indication ;", b"  a   ind:Indication;"))
    assert commit("indicant-fmt", repository, files, path)[0] == 0
    assert file.read_bytes() == tidy


@pytest.mark.many(1000)
@pytest.mark.parametrize("more", [(), ("--check",), ("--diff",), ("--check", "--format", "json")])
def test_a_file_named_like_an_option_is_a_file(
    more: tuple[str, ...], repository: Path, path: str
) -> None:
    """Whatever the user's args are, which come between the entry and the files."""
    folder = repository / "hypertension"
    files = ["-oguideline.ttl", "guideline.ttl", "-h.ttl", "--.ttl"]
    text = (folder / "guideline.ttl").read_bytes()
    untidy = text.replace(b"    a ind:Indication ;", b"  a   ind:Indication;")
    for name in files[::2]:
        (folder / name).write_bytes(untidy)
    (folder / files[3]).write_bytes(untidy)
    code, said = commit("indicant-fmt", folder, files, path, *more)
    assert (folder / "guideline.ttl").read_bytes() == text
    assert code == (1 if more else 0), said
    for name in (files[0], *files[2:]):
        assert (folder / name).read_bytes() == (untidy if more else text)
        assert name in said
    assert sorted(os.listdir(folder)) == sorted([*files, "catalog-v001.xml"])


@pytest.mark.slow
def test_a_file_named_like_an_option_is_checked(repository: Path, path: str) -> None:
    """And nothing is written over the guideline."""
    folder = repository / "hypertension"
    text = (folder / "guideline.ttl").read_text(encoding="utf-8")
    (folder / "-oguideline.ttl").write_text(text.replace("mm:Thiazide", "mm:Thiazid"))
    code, said = commit("indicant-check", folder, ["-oguideline.ttl"], path)
    assert code == 1
    assert "-oguideline.ttl:" in said
    assert "[undefined-term]" in said
    assert (folder / "guideline.ttl").read_text(encoding="utf-8") == text


@pytest.mark.many(1000)
@pytest.mark.parametrize("name", ["--check", "-h", "--output=guideline.ttl", "--version"])
def test_a_file_that_could_be_an_option_is_refused(name: str, repository: Path, path: str) -> None:
    """Whether it is one or the user's own argument, nobody can tell."""
    (repository / name).write_text("")
    before = (repository / "hypertension" / "guideline.ttl").read_bytes()
    code, said = commit("indicant-fmt", repository, ["hypertension/guideline.ttl"], path, name)
    assert code == 2
    assert f"{name}: a file is named like an option" in said
    assert (repository / "hypertension" / "guideline.ttl").read_bytes() == before


@pytest.mark.slow
def test_a_mistake_in_a_file_stops_the_commit(repository: Path, path: str) -> None:
    file = repository / "hypertension" / "guideline.ttl"
    files = ["hypertension/guideline.ttl"]
    file.write_text(file.read_text(encoding="utf-8").replace("mm:Thiazide", "mm:Thiazid"))
    code, said = commit("indicant-check", repository, files, path)
    assert code == 1
    assert "hypertension/guideline.ttl:" in said
    assert "[undefined-term]" in said


@pytest.mark.slow
def test_a_case_that_is_answered_otherwise_stops_the_commit(repository: Path, path: str) -> None:
    more = ("--guideline", "hypertension")
    case(repository, "recommended")
    assert commit("indicant-test", repository, [], path, *more)[0] == 0
    case(repository, "contraindicated")
    code, said = commit("indicant-test", repository, [], path, *more)
    assert code == 1
    assert "expected.json" in said


@pytest.mark.parametrize("one", HOOKS, ids=lambda one: one["id"])
def test_a_hook_is_well_formed(one: dict[str, Any]) -> None:
    """Every entry is a verb, and what pip adds is what the extra of the package has."""
    assert {"id", "name", "description", "entry", "language", "files"} <= one.keys()
    assert one["language"] == "python"
    assert re.search(one["files"], "overlay/guideline.ttl")
    command, verb = one["entry"].split()
    assert command in PROJECT["project"]["scripts"]
    assert parser().parse_args([verb]).verb == verb
    if "additional_dependencies" in one:
        extra = PROJECT["project"]["optional-dependencies"]["reasoner"]
        assert one["additional_dependencies"] == extra


def test_the_hooks_need_no_reasoner_to_format(repository: Path) -> None:
    assert "additional_dependencies" not in hook("indicant-fmt")
    assert main(["fmt", "--check", str(repository / "hypertension")]) == 0
