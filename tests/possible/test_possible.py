"""What is possible for a guideline is what a valid case can be answered, no more and no less."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING

import pytest

from each import each
from indicant.compile.model import HAS_FINDING
from indicant.compile.profile import read_model
from indicant.files.rdf import parse
from indicant.files.rdf import text_of as text_of_node
from indicant.possible.advice import Advice, Statuses, advise
from indicant.possible.circuit import FALSE, Circuit, OutOfTimeError
from indicant.possible.facts import Node, Recorded, turtle
from indicant.possible.space import Space
from indicant.terms import IND
from making import BASE, EX, Maker
from oracle import Bench

if TYPE_CHECKING:
    from collections.abc import Mapping


SEEDS = range(9201, 9213)
WORDS = {
    "recommended": "Recommended",
    "conditional": "Conditional",
    "conflicting": "Conflicting",
    "contraindicated": "Contraindicated",
    "undetermined": "Undetermined",
    "not-applicable": "NotApplicable",
}
NEVER = float("inf")


@cache
def made(seed: int) -> tuple[Maker, Bench, Advice, Space, Statuses]:
    maker = Maker(seed)
    bench = Bench(maker.guideline())
    advice = advise(read_model(bench.source))
    space = Space([advice.model], [advice.existentials()])
    return maker, bench, advice, space, Statuses(advice, space)


def statuses(bench: Bench, text: str, engine: str = "oxigraph") -> Mapping[tuple[str, str], str]:
    bench.engines[engine].begin(parse(text, path="case.ttl").quads)
    return {
        (case or "", action or ""): (status or "").removeprefix(IND)
        for case, action, status in bench.engines[engine].ask("what-is-the-status")
    }


def text_of(recorded: Recorded) -> str:
    return turtle(recorded, {"ex": EX})


@pytest.mark.parametrize(
    ("classes", "names"),
    [
        (["Pain"], ["pain"]),
        (["Pain", "Ache", "Pain"], ["pain-1", "ache", "pain-2"]),
        (["Pain", "Pain", "Pain-1"], ["pain-2", "pain-3", "pain-1"]),
        (["Case"], ["case-1"]),
        (["Case", "Case-1"], ["case-2", "case-1"]),
        (["été", "-"], ["t", "node"]),
    ],
)
def test_nodes_of_a_written_case_are_never_taken_for_one_another(
    classes: list[str], names: list[str]
) -> None:
    nodes = tuple(Node(HAS_FINDING, (EX + one,)) for one in classes)
    case = "https://example.org/case#case"
    found = [
        text_of_node(quad.object).removeprefix("https://example.org/case#")
        for quad in parse(text_of(Recorded(nodes)), path="case.ttl").quads
        if text_of_node(quad.subject) == case and quad.predicate.value == HAS_FINDING
    ]
    assert sorted(found) == sorted(names)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_every_possible_status_has_a_valid_case_that_gets_it(seed: int) -> None:
    """What the solver calls possible, the rules answer so, and the shapes accept."""
    _, bench, advice, space, found = made(seed)
    for action in each(advice.actions()):
        for status, where in found.each(action):
            chosen = space.circuit.least(where, NEVER)
            if chosen is None:
                assert not space.circuit.possible(where, NEVER)
                continue
            text = text_of(space.recorded(chosen))
            findings = bench.validator.check(parse(text, path="case.ttl"))
            assert [one.message for one in findings] == [], text
            case = ("https://example.org/case#case", action)
            assert statuses(bench, text)[case] == WORDS[status], text


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize("seed", SEEDS)
def test_no_valid_case_gets_a_status_that_is_not_possible(seed: int) -> None:
    """What the solver calls impossible, no random case is answered."""
    maker, bench, advice, space, found = made(seed)
    possible = {
        (action, WORDS[status])
        for action in advice.actions()
        for status, where in found.each(action)
        if space.circuit.possible(where, NEVER)
    }
    seen = 0
    for number in range(40):
        case = maker.case(bench.guideline, f"c{number}")
        if not bench.valid(case):
            continue
        bench.engines["oxigraph"].begin(bench.document([case]).quads)
        for name, action, status in bench.engines["oxigraph"].ask("what-is-the-status"):
            assert (name or "").startswith(BASE)
            assert (action, (status or "").removeprefix(IND)) in possible
            seen += 1
    assert seen > 20


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS[:1])
def test_hermit_confirms_the_smallest_cases(seed: int) -> None:
    """The reasoner, which knows nothing of implicants, gives the witnesses the same statuses."""
    _, bench, advice, space, found = made(seed)
    told: dict[str, Mapping[tuple[str, str], str]] = {}
    for action in each(advice.actions()):
        for status, where in found.each(action):
            chosen = space.circuit.least(where, NEVER)
            if chosen is not None:
                text = text_of(space.recorded(chosen))
                if text not in told:  # the same case may be the smallest for several
                    told[text] = statuses(bench, text, "hermit")
                case = ("https://example.org/case#case", action)
                assert told[text][case] == WORDS[status], text


@pytest.mark.slow
@pytest.mark.many(2)
@pytest.mark.parametrize("seed", SEEDS[:6])
def test_a_smallest_case_has_no_part_to_spare(seed: int) -> None:
    """Whichever fact is taken away, the status is another or the case is not one."""
    _, bench, advice, space, found = made(seed)
    count = 0
    for action in advice.actions():
        for status, where in found.each(action):
            chosen = space.circuit.least(where, NEVER)
            for one in chosen or ():
                count += 1
                rest = space.recorded((chosen or frozenset()) - {one})
                case = ("https://example.org/case#case", action)
                assert statuses(bench, text_of(rest))[case] != WORDS[status]
    assert count > 0


def test_a_formula_is_true_where_its_parts_say() -> None:
    circuit = Circuit()
    cheap, dear, third = circuit.variable(1), circuit.variable(5), circuit.variable(1)
    circuit.forbid(cheap, third)
    either = circuit.any_of((circuit.all_of((cheap, third)), dear))
    assert circuit.least(either, NEVER) == frozenset({dear})
    assert circuit.least(circuit.any_of((cheap, dear)), NEVER) == frozenset({cheap})
    assert circuit.least(-either, NEVER) == frozenset()
    assert circuit.least(circuit.all_of((cheap, third)), NEVER) is None
    assert circuit.all_of((cheap, -cheap)) == FALSE
    assert circuit.any_of((cheap, -cheap)) == -FALSE
    assert circuit.least(FALSE, NEVER) is None


def test_a_question_out_of_time_has_no_answer() -> None:
    circuit = Circuit()
    holes = 9
    sits = [[circuit.variable(1) for _ in range(holes)] for _ in range(holes + 1)]
    for hole in range(holes):
        for one in range(holes + 1):
            for other in range(one):
                circuit.forbid(sits[one][hole], sits[other][hole])
    goal = circuit.all_of(circuit.any_of(row) for row in sits)
    with pytest.raises(OutOfTimeError):
        circuit.possible(goal, 0.0)
    with pytest.raises(OutOfTimeError):
        circuit.least(goal, time.monotonic() + 0.05)
