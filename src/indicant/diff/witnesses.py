"""Write the smallest cases that two versions answer differently, each as a test of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from indicant.diff.behaviour import SIDES, UNSTATED
from indicant.errors import IndicantError
from indicant.files.staging import new_folder
from indicant.possible.facts import write_files
from indicant.terms import local_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from indicant.diff.behaviour import About, BehaviourChange
    from indicant.diff.differences import Difference


def write_witnesses(difference: Difference, folder: str) -> None:
    """Write the witnesses as cases with what each version answers, all of them or none.

    ``old`` and ``new`` hold a folder for each change, with ``case.ttl`` and ``expected.json``, on
    which ``indicant test`` can be run with that version.

    Raises:
        IndicantError: the folder is there already and not empty, or cannot be written.
    """
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise IndicantError(
            "is there already", file=folder, help="name another folder, or remove this one"
        )
    with new_folder(target) as work:
        for one in difference.behaviour:
            _write_witness(one, work)


def _write_witness(change: BehaviourChange, work: Path) -> None:
    answers = (change.old, change.new)
    texts = (change.witness.before or change.witness.turtle, change.witness.turtle)
    subject = {
        "intervention": local_name(change.subject),
        "scope": "scope",
        "fulfilment": f"{local_name(change.subject)}-fulfilment",
    }[change.about]
    words = "-".join(answer.replace(" ", "-") for answer in answers)
    name = "".join(c if c.isalnum() and c.isascii() else "-" for c in f"{subject}-{words}")
    for side, subjects, answer, text in zip(SIDES, change.known, answers, texts, strict=True):
        if answer == UNSTATED or subjects is None:
            continue
        place = work / side.lower() / name
        number = 1
        while place.exists():
            number += 1
            place = work / side.lower() / f"{name}-{number}"
        place.mkdir(parents=True)
        expected: Mapping[About, Mapping[str, object]] = {
            "intervention": {"actions": {subjects: answer}},
            "scope": {"scope": answer},
            "fulfilment": {"fulfilments": {subjects: answer}},
        }
        write_files(place, text, expected[change.about])
