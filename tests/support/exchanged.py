"""Bundles of FHIR of all cases that there are, made once for the tests that look at them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

import told
from assessed import SOURCES, One, assessed, each_of
from indicant.assess.assessor import Assessor
from indicant.exchange.elements import RELEASES
from indicant.exchange.fhir import Bundle
from indicant.files.rdf import read
from places import EXAMPLES, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indicant.assess.records import CaseRecord
    from indicant.exchange.elements import ReleaseName

import pytest

WRITTEN: Final = (
    "complete",
    "contraindication",
    "either-way",
    "fulfilled",
    "indication",
    "non-indication",
    "overrides",
    "proposes",
    "score",
    "units",
)
"""Examples of the language with what the others do not have."""
SMALL: Final = sorted(path.parent for path in (EXAMPLES / "guidelines").glob("*/guideline.ttl"))
BY_RELEASE: Final = pytest.mark.parametrize("release", RELEASES)
BY_SOURCE: Final = pytest.mark.parametrize(
    "source",
    [
        *SOURCES,
        "written",
        pytest.param("opioids", marks=pytest.mark.slow),
        pytest.param("small", marks=pytest.mark.slow),
    ],
)


@functools.cache
def ones(source: str) -> tuple[One, ...]:
    """Return the cases of a source; to those that others compare it adds more."""
    if source == "opioids":
        *cases, example = assessed("opioids")
        return (*cases[::2], example)
    if source == "written":
        return tuple(_written())
    if source == "small":
        return tuple(
            one
            for folder in SMALL
            for one in each_of(
                Assessor(folder), [read(file) for file in sorted(folder.glob("tests/*/case.ttl"))]
            )
        )
    return assessed(source)


def _written() -> Iterator[One]:
    for name in WRITTEN:
        folder = ROOT / "docs" / "examples" / name
        files = [folder / f"{one}.ttl" for one in ("met", "open", "refuted")]
        cases = [read(file) for file in files if file.is_file()]
        yield from each_of(Assessor(folder / "guideline.ttl"), cases)


def bundle(one: One, release: ReleaseName, *, everything: bool = False) -> dict[str, Any]:
    """Return the bundle of one case."""
    made = Bundle(one.assessor, release)
    made.records([shown(one, everything=everything)], one.document)
    return made.resource()


def shown(one: One, *, everything: bool = False) -> CaseRecord:
    """Return the record that a bundle has to say."""
    return one.record if everything else told.applying(one.record)
