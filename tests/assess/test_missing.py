"""What is kept of the least sets of missing facts is what would be found anew."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from indicant.assess import missing
from indicant.assess.assessor import Assessor
from reviewed import GUIDELINES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.parametrize("guideline", GUIDELINES, ids=lambda folder: folder.name)
def test_what_is_kept_is_what_is_found_anew(
    guideline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever else is known, and whatever was done to the records that came before."""
    monkeypatch.setattr(missing, "MOST_KEPT", 7)
    catalogue = Assessor(guideline).catalogue
    choose = random.Random(guideline.name)  # noqa: S311
    stems = sorted({iri.rpartition("/")[0] for iri in catalogue.literals})
    advice = sorted(catalogue.implicants)
    told = 0
    for _ in range(40):
        known = {f"{one}/{choose.choice(('present', 'absent'))}" for one in stems} & {
            one for one in catalogue.opposite if choose.random() < choose.choice((0.1, 0.4))
        }
        for iri in choose.sample(advice, 3):
            anew = missing.least(catalogue, iri, missing.possible(catalogue, iri, known))
            for _ in range(2):
                kept = catalogue.least.of(iri, known)
                assert kept == anew
                told += len(kept)
                for record, _ in kept:
                    record["facts"].clear()
    assert told > 100
