"""The simulation of a cluster, which the documentation quotes, does what is said of it."""

from __future__ import annotations

import pytest

from cluster_bench import simulated


def test_workers_with_the_same_to_do_end_together() -> None:
    run = simulated([10.0] * 12, 4, beginning=2.0)
    assert (run.seconds, run.worked, run.lost) == (32.0, 120.0, 0)


def test_nobody_ends_before_the_longest_portion() -> None:
    assert simulated([100.0, *[1.0] * 50], 10).seconds == pytest.approx(100.0)
    assert simulated([*[1.0] * 50, 100.0], 10).seconds == pytest.approx(105.0)


def test_what_a_dead_worker_did_is_done_again_and_no_more() -> None:
    lengths = [600.0] * 200
    run = simulated(lengths, 10, dying=1.0)
    assert run.lost > 10
    assert sum(lengths) < run.worked < sum(lengths) + 600.0 * run.lost
    assert run.seconds > simulated(lengths, 10).seconds
