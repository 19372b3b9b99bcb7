"""What all tests share: examples that come again, and an address at which nobody may call."""

from __future__ import annotations

import gc
import os
import signal
import socket
import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

import kept
import parting
import preparing
from places import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xdist.remote import Producer
    from xdist.scheduler import Scheduling

# A red run is red again: examples follow from the test, not from the clock. To look for others,
# HYPOTHESIS_PROFILE=explore.
settings.register_profile("repeat", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("explore", deadline=None, print_blob=True, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeat"))
kept.keep()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling | None:
    """Part tests among processes by module."""
    if config.getvalue("dist") not in ("loadfile", "loadgroup"):
        return None
    config.option.loadscopereorder = False
    return parting.ByModule(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark as slow all but one in so many of what a test marked ``many`` is given one by one.

    Several processes begin with what takes longest.
    """
    seen: Counter[str] = Counter()
    for item in items:
        many = item.get_closest_marker("many")
        if many is not None:
            function = item.nodeid.partition("[")[0]
            if seen[function] % many.args[0]:
                item.add_marker(pytest.mark.slow)
            seen[function] += 1
    if hasattr(config, "workerinput"):
        parting.long_first(items)


def pytest_collection_finish() -> None:
    """Look no more at what lives as long as the tests do, and less often at the rest."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Let go of what a module of tests remembers for itself, once it is done.

    Stores and Java's ontologies hang on a few small objects each, some of them in circles, for
    which Python, which counts objects and not what they hold, would look too late. What is left
    lives as long as the tests do, and is looked at no more.
    """
    if nextitem is not None and nextitem.path == item.path:
        return
    module = item.getparent(pytest.Module)
    if module is not None and item.path.is_relative_to(ROOT / "tests"):
        for remembered in vars(module.obj).values():
            forget = getattr(remembered, "cache_clear", None)
            if forget is not None and remembered.__module__ == module.obj.__name__:
                forget()
    gc.collect()
    gc.freeze()


@pytest.fixture
def uncalled() -> Iterator[str]:
    """Yield the address of a listener on loopback; the test fails if anybody calls there."""
    calls: list[object] = []

    def accept() -> None:
        while True:
            try:
                caller, _ = listening.accept()
            except OSError:
                return
            calls.append(caller.getsockname())
            caller.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        with socket.create_connection(("127.0.0.1", listening.getsockname()[1])) as probe:
            probe.recv(1)
        assert calls, "the listener hears who calls"
        calls.clear()
        yield address
        # What was sent off before has arrived once a later call has.
        with socket.create_connection(("127.0.0.1", listening.getsockname()[1])) as last:
            last.recv(1)
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(10)
    assert len(calls) == 1, f"somebody called {address}"


@pytest.fixture
def _prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pySHACL have its queries parsed once, not for each node, which takes most of its time."""
    preparing.prepare_queries(monkeypatch)


@pytest.fixture
def hanging_up() -> Iterator[None]:
    """Let what hangs up do so, where those who run the tests told them not to, as nohup does."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
