"""A pytest plug-in for ``mutants.py``: says how long tests take, and runs those it is given.

``--told FILE`` gets a JSON line for each test: its name, whether it passed, its seconds.
``--picked FILE`` names the tests to run, in this order; ``--within SECONDS`` ends the run.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from io import TextIOWrapper


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("picking")
    group.addoption("--told", default=None, help="where to say how long each test took")
    group.addoption("--picked", default=None, help="a file that names the tests to run")
    group.addoption("--within", default=0.0, type=float, help="seconds after which no test begins")


def pytest_configure(config: pytest.Config) -> None:
    told = config.getoption("told")
    if told and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Teller(Path(told)), "teller")
    picked = config.getoption("picked")
    if picked:
        names = Path(picked).read_text(encoding="utf-8").splitlines()
        config.pluginmanager.register(Picker(names, config.getoption("within")), "picker")


class Teller:
    """Writes down what each test took, with what was set up for it."""

    def __init__(self, file: Path) -> None:
        self.file: TextIOWrapper = file.open("w", encoding="utf-8")
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up the seconds, and write them down once the test is over."""
        name = report.nodeid
        self.seconds[name] += report.duration
        if not report.passed:
            self.failed.add(name)
        if report.when == "teardown":
            row = {
                "test": name,
                "passed": name not in self.failed,
                "seconds": round(self.seconds.pop(name), 3),
                "slow": "slow" in report.keywords,
            }
            self.file.write(json.dumps(row) + "\n")
            self.file.flush()


class Picker:
    """Runs the tests that are named, in the order of the names, while there is time."""

    def __init__(self, names: list[str], within: float) -> None:
        self.order = {name: at for at, name in enumerate(names)}
        self.within = within
        self.began = 0.0

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Keep the tests that are named, and sort them."""
        kept = [item for item in items if item.nodeid in self.order]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
        items[:] = sorted(kept, key=lambda item: self.order[item.nodeid])
        self.began = time.monotonic()

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin no test once the time is over."""
        if self.within and time.monotonic() - self.began > self.within:
            item.session.shouldstop = "the time is over"
            pytest.skip("the time is over")
