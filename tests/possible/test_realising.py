"""What verification finds where values are computed is a case that its records bear out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from indicant.assess.assessor import Assessor
from indicant.compile.profile import read_model
from indicant.files.rdf import parse
from indicant.files.sources import load
from indicant.possible.advice import advise
from indicant.possible.circuit import FALSE, Circuit
from indicant.possible.facts import turtle
from indicant.possible.space import Space
from indicant.possible.verification import verify
from measuring import MeasuringMaker
from oracle import Bench, Proofs
from series import EX, HEAD

if TYPE_CHECKING:
    from pathlib import Path

    from indicant.report.findings import Report, Result

NEVER = float("inf")


def some(cls: str, *facets: str) -> str:
    """Return that a case has something of a class with facets."""
    filler = f"[ a owl:Class ; owl:intersectionOf ( :{cls} {' '.join(facets)} ) ]"
    return (
        "[ a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom "
        f"{filler if facets else f':{cls}'} ]"
    )


def within(name: str, bound: str, limit: object, kind: str = "integer") -> str:
    """Return a facet: that a number lies on one side of a limit."""
    return (
        f"[ a owl:Restriction ; owl:onProperty {name} ; owl:someValuesFrom [ a rdfs:Datatype ; "
        f"owl:onDatatype xsd:{kind} ; owl:withRestrictions ( [ xsd:{bound} {limit} ] ) ] ]"
    )


def verified(path: Path, indication: str, contraindication: str) -> Report:
    """Verify a guideline with one advice for something and one against it."""
    text = f"""{HEAD}
:Many a owl:Class , ind:Quantity ; rdfs:subClassOf ind:Finding ; ind:over :Measure ;
    ind:aggregate ind:Count .
:Top a owl:Class , ind:Quantity ; rdfs:subClassOf ind:Finding ; ind:over :Measure ;
    ind:aggregate ind:Highest ; ind:ofProperty :level .
:twice a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range xsd:decimal ;
    ind:expression "level * 2" .
:For a owl:Class , ind:Criterion ; owl:equivalentClass {indication} .
:Against a owl:Class , ind:Criterion ; owl:equivalentClass {contraindication} .
:Act a owl:Class ; rdfs:subClassOf ind:Intervention .
:r a ind:Indication ; ind:action :Act ; ind:criterion :For .
:s a ind:Contraindication ; ind:action :Act ; ind:criterion :Against .
"""
    path.write_text(text, encoding="utf-8")
    return verify(load(path))


LOW, HIGH = within(":level", "maxExclusive", 5, "decimal"), within(":level", "minInclusive", 5)
POSSIBLE = [
    (some("Measure"), some("Many", within("ind:count", "minInclusive", 1))),
    (some("Measure", LOW), some("Top", HIGH)),
    (some("Top", LOW), some("Many", within("ind:count", "minInclusive", 2))),
    (some("Measure", LOW), some("Measure", within(":twice", "maxExclusive", 10, "decimal"))),
]
IMPOSSIBLE = [
    (some("Measure"), some("Many", within("ind:count", "maxInclusive", 0))),
    (some("Measure", HIGH), some("Top", LOW)),
    (some("Top", LOW), some("Measure", within(":twice", "minInclusive", 10, "decimal"), HIGH)),
]


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(POSSIBLE)))
def test_a_conflict_is_shown_by_a_case_that_is_assessed_so(tmp_path: Path, number: int) -> None:
    report = verified(tmp_path / "g.ttl", *POSSIBLE[number])
    (found,) = [one for one in report.results if one.rule == "conflict"]
    assert found.witness is not None
    assessor = Assessor(tmp_path / "g.ttl")
    (record,) = assessor.assess(parse(found.witness, path="case.ttl"), everything=True)
    statuses = {one["action"]: one["status"] for one in record["actions"]}
    assert statuses[f"{EX}Act"] == "conflicting"


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(IMPOSSIBLE)))
def test_what_no_records_bear_out_is_no_conflict(tmp_path: Path, number: int) -> None:
    report = verified(tmp_path / "g.ttl", *IMPOSSIBLE[number])
    assert [one for one in report.results if one.rule == "conflict"] == []
    assert not any("conflict" in one for one in report.undecided)


@pytest.mark.slow
def test_the_solver_alone_would_have_found_one(tmp_path: Path) -> None:
    """The tests above do not pass because there is nothing to be read."""
    verified(tmp_path / "g.ttl", *IMPOSSIBLE[0])
    advice = advise(read_model(load(tmp_path / "g.ttl")))
    space = Space([advice.model], [advice.existentials()])
    goal = space.circuit.all_of(space.fulfilled(advice.compiled[f"{EX}{one}"].met) for one in "rs")
    assert space.circuit.least(goal, NEVER) is not None
    assert space.least(goal, NEVER) is None
    assert space.lessons > 0


def test_what_is_required_holds_wherever_it_matters() -> None:
    circuit = Circuit()
    one, two, three = (circuit.variable(1) for _ in range(3))
    circuit.require([one], circuit.any_of([two, three]))
    assert circuit.least(one, NEVER) in (frozenset({one, two}), frozenset({one, three}))
    circuit.require([one, two], FALSE)
    assert circuit.least(one, NEVER) == frozenset({one, three})
    circuit.require([one, three], FALSE)
    assert circuit.least(one, NEVER) is None
    assert circuit.least(circuit.all_of([two, three]), NEVER) == frozenset({two, three})
    circuit.require([], -two)
    assert circuit.least(circuit.all_of([two, three]), NEVER) is None


@pytest.mark.slow
@pytest.mark.many(3)
@pytest.mark.parametrize("seed", [200, 202, 203])
def test_all_answers_of_a_case_with_quantities_are_possible_together(seed: int) -> None:
    """What rules answer about random cases verification knows of, and the other way round."""
    maker = MeasuringMaker(seed)
    bench = Bench(maker.guideline(), ("oxigraph",))
    proofs = Proofs([bench])
    assert proofs.strays(24) == []
    cases = [maker.case(bench.guideline, f"c{number}") for number in range(20)]
    valid = [one for one in cases if bench.valid(one)]
    assert len(valid) >= 4
    assert [proofs.impossible(one) for one in valid] == [[]] * len(valid)


FEW = (
    HEAD[: HEAD.index(":Thing a owl:Class")]
    + HEAD[HEAD.index(":level a ") :]
    + """
:Mark a owl:Class ; rdfs:subClassOf ind:Finding .
:Fine a owl:Class ; rdfs:subClassOf :Mark .
:Act a owl:Class ; rdfs:subClassOf ind:Intervention .
:Many a owl:Class , ind:Quantity ; rdfs:subClassOf ind:Finding ; ind:over :Fine ;
    ind:aggregate ind:Count .
"""
)


def conflicts(path: Path, number: int) -> tuple[Report, list[Result]]:
    """Verify what is for something where so many are fine, and against it where none is high."""
    mark, high = some("Mark"), some("Mark", HIGH)
    text = f"""{FEW}
:For a owl:Class , ind:Criterion ; owl:equivalentClass
    {some("Many", within("ind:count", "minInclusive", number))} .
:Against a owl:Class , ind:Criterion ; owl:equivalentClass [ a owl:Class ; owl:intersectionOf (
    {mark} [ a owl:Class ; owl:complementOf {high} ] ) ] .
:r a ind:Indication ; ind:action :Act ; ind:criterion :For .
:s a ind:Contraindication ; ind:action :Act ; ind:criterion :Against .
"""
    path.write_text(text, encoding="utf-8")
    report = verify(load(path))
    return report, [one for one in report.results if one.rule == "conflict"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 3, 5, 12])
def test_there_are_as_many_records_as_are_counted(tmp_path: Path, number: int) -> None:
    """No criterion speaks of what is counted, but all there is of a class above is recorded."""
    path = tmp_path / "g.ttl"
    report, found = conflicts(path, number)
    assert not any("conflict" in one for one in report.undecided)
    (one,) = found
    assert one.witness is not None
    (record,) = Assessor(path).assess(parse(one.witness, path="case.ttl"), everything=True)
    statuses = {one["action"]: one["status"] for one in record["actions"]}
    assert statuses[f"{EX}Act"] == "conflicting"


@pytest.mark.slow
def test_where_more_are_counted_than_are_tried_nothing_is_said(tmp_path: Path) -> None:
    report, found = conflicts(tmp_path / "g.ttl", 14)
    assert found == []
    assert any("conflict" in one for one in report.undecided)


def test_of_what_is_excluded_there_are_no_two(tmp_path: Path) -> None:
    """The rules say that there is none, and leave it to the theory that there are no two."""
    several = (
        "[ a owl:Class ; owl:complementOf [ a owl:Restriction ; owl:onProperty ind:hasFinding ; "
        'owl:minQualifiedCardinality "2"^^xsd:nonNegativeInteger ; owl:onClass :Sign ] ]'
    )
    counted = some("Many", within("ind:count", "minInclusive", 1))
    (tmp_path / "g.ttl").write_text(
        f"""{FEW}
:Sign a owl:Class ; rdfs:subClassOf ind:Finding .
:For a owl:Class , ind:Criterion ; owl:equivalentClass [ a owl:Class ; owl:intersectionOf (
    ind:PatientCase {several} {counted} ) ] .
:r a ind:Indication ; ind:action :Act ; ind:criterion :For .
""",
        encoding="utf-8",
    )
    advice = advise(read_model(load(tmp_path / "g.ttl")))
    space = Space([advice.model], [advice.existentials()])
    goal = space.fulfilled(advice.compiled[f"{EX}r"].met)
    chosen = space.least(goal, NEVER)
    assert chosen is not None
    assert f"{EX}Sign" in turtle(space.recorded(chosen), {})
    assert space.lessons == 0
