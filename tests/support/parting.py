"""How tests are parted among processes: by module, and modules that share what they make together.

What a module makes once for all of its tests is made once and not by each process; so are the
cases and sites of ``assessed`` and ``sites``. pytest-xdist parts by marks with ``loadgroup``, for
which it writes a group behind the name of a test; pytest from 9.2 on makes the name anew, so that
the group is lost and every test is on its own.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

TOGETHER: Final[Mapping[str, str]] = {
    "tests/assess/test_forms.py": "site",
    "tests/exchange/test_bundle.py": "site",
    "tests/exchange/test_questionnaire.py": "site",
    "tests/exchange/test_round_trip.py": "site",
    "tests/exchange/test_validators.py": "site",
    "tests/screen/test_layers.py": "site",
    "tests/screen/test_screen_forms.py": "site",
    "tests/screen/test_telling.py": "site",
    "tests/site/test_case_pages.py": "site",
    "tests/site/test_recommendation_pages.py": "site",
    "tests/site/test_site.py": "site",
    "tests/site/test_site_pages.py": "site",
    "tests/site/test_term_pages.py": "site",
}
"""Modules that share more than the guideline that ships."""


def part_of(name: str) -> str:
    """Return what a test is run with.

    >>> part_of("tests/site/test_site.py::test[a::b]"), part_of("tests/a.py::test")
    ('site', 'tests/a.py')
    """
    module = name.partition("::")[0]
    return TOGETHER.get(module, module)


class ByModule(LoadScopeScheduling):  # type: ignore[misc]
    """Gives each process one part after another, in the order in which tests were found."""

    def _split_scope(self, nodeid: str) -> str:
        return part_of(nodeid)


def long_first(items: list[pytest.Item]) -> None:
    """Put the parts with most slow tests first, so that none is left for one process at the end."""
    slow = Counter(part_of(item.nodeid) for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: (-slow[part_of(item.nodeid)], part_of(item.nodeid)))
