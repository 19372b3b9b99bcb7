"""The CQL that reading FHIR is raced against says what was compiled, and gets the same answers."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import pytest

import cql
import racing
from indicant import Guideline
from indicant.terms import IND, LABEL
from places import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

FORMS = pytest.mark.parametrize("at_once", racing.FORMS.values(), ids=racing.FORMS)
_DEFINE = re.compile(r'^define "([^"]+)":\n((?:  .*\n)+)', re.MULTILINE)
_PARTS = f"""
PREFIX ind: <{IND}>
SELECT ?implicant ?recommendation ?met ?label ?polarity {{
  ?recommendation ind:action ?action .
  ?implicant ind:decides ?recommendation ; ind:literal ?literal .
  BIND(EXISTS {{ ?implicant ind:meets ?recommendation }} AS ?met)
  ?literal ind:existential/<{LABEL}> ?label ; ind:polarity ?polarity .
  FILTER(LANG(?label) IN ("", "en"))
}}
"""


@cache
def guideline() -> Guideline:
    return Guideline.load()


@cache
def logic() -> cql.Logic:
    return cql.logic_of(guideline())


@cache
def defines(at_once: bool) -> dict[str, str]:
    """Return the defines of the library, each with what it is defined as."""
    text = cql.written(logic(), "Race", at_once=at_once)
    found = _DEFINE.findall(text)
    assert len(found) == text.count("define ")
    assert len({name for name, _ in found}) == len(found)
    return dict(found)


@FORMS
def test_recommendations_are_their_implicants(at_once: bool) -> None:
    import pyoxigraph as ox

    store = ox.Store()
    store.load(guideline().assessor.compiled.graph.encode(), format=ox.RdfFormat.N_TRIPLES)
    rows: dict[tuple[str, str], set[str]] = {}
    solutions = store.query(_PARTS)
    assert isinstance(solutions, ox.QuerySolutions)
    for one in solutions:
        recommendation = one["recommendation"].value.rpartition("/")[2]
        answer = "Met" if one["met"].value == "true" else "Refuted"
        there = one["polarity"].value == f"{IND}Present"
        literal = f"{'Present' if there else 'Absent'}: {one['label'].value}"
        key = (one["implicant"].value, f"{answer}: {recommendation}")
        rows.setdefault(key, set()).add(literal)
    compiled = Counter((name, frozenset(literals)) for (_, name), literals in rows.items())
    said = Counter(
        (name, frozenset(re.findall(r'"([^"]+)"', part)))
        for name, body in defines(at_once).items()
        if name.startswith(("Met: ", "Refuted: "))
        for part in body.split("\n  or ")
    )
    assert said == compiled
    assert len(said) > 100


@FORMS
def test_nothing_is_absent_for_want_of_a_record(at_once: bool) -> None:
    text = " ".join(defines(at_once).values())
    assert not re.search(r"\bnot\b(?! null)", text)
    for name, body in defines(at_once).items():
        assert body.count("(") == body.count(")"), name
        if name.startswith(("Present: ", "Absent: ")):
            assert body.strip() == "false" or body.strip().startswith("exists ("), name


def test_what_no_record_says_is_false() -> None:
    bodies = {name: body.strip() for name, body in defines(at_once=True).items()}
    assert bodies["Present: earlier lumbar fusion"] != "false"
    assert bodies["Absent: earlier lumbar fusion"] == "false"
    assert bodies["Present: at least 182 days of conservative management"] == "false"


def test_differences_are_seen() -> None:
    ours = {"a": racing.MET, "b": racing.OPEN}
    theirs = racing.answered(
        {"Met: a": True, "Refuted: a": False, "Met: b": False, "Refuted: b": True}
    )
    assert racing.differences(ours, theirs) == [("b", racing.OPEN, racing.REFUTED)]
    with pytest.raises(ValueError, match="neither true nor false: Met: a"):
        racing.answered({"Met: a": None, "Refuted: a": False})


@pytest.mark.slow
@pytest.mark.skipif(bool(racing.missing()), reason=racing.missing() or "all is there")
def test_cql_execution_answers_alike(tmp_path: Path) -> None:
    table = str(racing.coded(logic(), tmp_path))
    more = cql.logic_of(guideline(), (table,))
    runners = racing.running(more, tmp_path, (table,))
    asked = {"patient": json.loads((EXAMPLES / "patient.json").read_text(encoding="utf-8"))}
    asked.update(racing.grafted(EXAMPLES / "patient.json", more))
    said = set()
    for number, (name, content) in enumerate(asked.items()):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        _, ours = runners["indicant"].run(path, 1)
        for form in racing.FORMS:
            _, theirs = runners[form].run(path, 1)
            assert racing.differences(ours, theirs) == [], name
        if number:
            answer, recommendation, _ = name.split(" ")
            assert ours[recommendation] == answer
            said.add((answer, recommendation))
    for one in runners.values():
        one.end()
    assert len(asked) > 80
    assert len({name for answer, name in said if answer == racing.MET}) >= 15
    assert len({name for answer, name in said if answer == racing.REFUTED}) >= 25
