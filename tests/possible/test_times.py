"""What is known of what happened before a day."""

from __future__ import annotations

from decimal import Decimal

import pytest

from indicant.compile.model import ENDS, HAD_FINDING, HAS_FINDING, ONGOING, RECEIVED, STARTS, Range
from indicant.possible.facts import AS_OF
from indicant.possible.times import earlier


@pytest.mark.parametrize("role", [HAS_FINDING, HAD_FINDING, RECEIVED])
def test_what_happened_before_a_day_began_and_an_intervention_ended_before_it(role: str) -> None:
    """The day before 45 days before 1 January 2026 is 46 days, and one month, ago."""
    least = [Range(min_inclusive=Decimal(one)) for one in (46, 1, 0)]
    expected: dict[str, object] = dict(zip(STARTS, least, strict=True))
    if role == RECEIVED:
        expected |= dict(zip(ENDS, least, strict=True)) | {ONGOING: False}
    assert earlier(role, 45, AS_OF) == expected
