"""A screen tells what decides first, says once what all rests on, and claims nothing too much."""

from __future__ import annotations

import functools
from collections import Counter
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox
import pytest

import shipped
import told
from assessed import SOURCES, One, assessed, few, inside, lines, named
from each import each
from indicant.assess.assessor import InvalidCase
from indicant.explain.drafts import Draft
from indicant.files.rdf import parse
from indicant.screen import Screens
from indicant.screen.records import DETAILS
from indicant.terms import IND, TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indicant.assess.records import ActionRecord
    from stated import Stated

EVERY: Final = pytest.mark.parametrize("source", SOURCES)
SOON: Final = ("immediate", "urgent")


@pytest.mark.slow
@EVERY
def test_what_is_so_comes_before_what_is_not_and_what_is_particular_before_what_is_not(
    source: str,
) -> None:
    several = 0
    for one in each(few(source)):
        bearing = Counter[str]()
        for iri in one.stated.advice:
            bearing.update(
                {
                    one.stated.label(literal)
                    for implicant in one.stated.implicants[iri]
                    if implicant.answer == "met"
                    for literal in implicant.literals
                }
            )
        signs = {one.stated.label(iri): sign for iri, (_, _, sign) in one.stated.facts.items()}
        by_action = {action["action"]: action for action in one.record["actions"]}
        for line in lines(one.screen("normal")):
            deciding = [told.deciding(by_action[term]) for term in named([line])]
            for row in line.get("why", []) if list(map(len, deciding)) == [1] else []:
                facts = row.split("; ")
                ranks = [(signs[fact] == "absent", bearing[fact]) for fact in facts]
                assert ranks == sorted(ranks)
                several += len(set(ranks)) > 1
    assert several or source not in {"some", "all"}


@pytest.mark.slow
def test_what_all_advice_rests_on_is_said_once_and_of_every_reason() -> None:
    *cases, example = assessed("opioids")
    seen = 0
    for one in (*cases[::9], example):
        screen, brief, full = (one.screen(detail) for detail in ("normal", "brief", "full"))
        common = {fact for some in screen.get("common", {}).values() for fact in some}
        counted = {left["what"]: left["count"] for left in brief["left"]}
        assert counted.get("common", 0) == len(common)
        assert "common" not in full
        assert "common" not in brief
        for line in lines(screen):
            facts = {fact for row in line.get("why", []) for fact in row.split("; ")}
            assert not facts & common or facts <= common
        for action in one.record["actions"]:
            for decided in told.deciding(action):
                reasons = {
                    reason["literal"]
                    for reason in action["because"]
                    if reason["recommendation"] == decided["iri"] and reason["answer"] == "met"
                }
                if reasons:
                    seen += 1
                    assert "18 or older" in reasons & common
    assert seen > 20


@pytest.mark.slow
@pytest.mark.parametrize("source", ["some", "benchmark", "all"])
def test_nothing_is_said_to_be_held_back_that_what_indicates_it_settles(source: str) -> None:
    """The facts that would indicate something are put into the case, and it is assessed again."""
    tried = Counter[bool]()
    for one in each(few(source)):
        held = {
            term
            for line in lines(one.screen("normal"))
            if line.get("open")
            for term in named([line])
        }
        shown = {term for line in lines(one.screen("normal")) for term in named([line])}
        for action in one.record["actions"]:
            if action["action"] not in shown or action["status"] != "undetermined":
                continue
            after = list(_indicated(one, action))
            if None in after or not after:
                continue
            tried[action["action"] in held] += 1
            if action["action"] not in held:
                assert set(after) == {"recommended"}
            elif any(
                other["direction"] == "against" and other["answer"] == "open"
                for other in action["recommendations"]
            ):
                assert set(after) != {"recommended"}
    assert tried[False]
    assert tried[True] or source != "benchmark"


def _indicated(one: One, action: ActionRecord) -> Iterator[str | None]:
    """Yield the status once facts are recorded that would indicate it; none where they cannot be.

    Facts with values, of numbers or of the past are not put in.
    """
    sides = {each["iri"]: each["direction"] for each in action["recommendations"]}
    for settling in action["settledBy"]:
        if (sides[settling["recommendation"]], settling["answer"]) != ("for", "met"):
            continue
        facts = tuple((each["term"], each["label"], each["polarity"]) for each in settling["facts"])
        after = _after(one, facts)
        if after is None:
            yield None
            return
        yield after[action["action"]]


@functools.cache
def _after(one: One, said: tuple[tuple[str, str, str], ...]) -> dict[str, str] | None:
    """Return the status of each action once facts are recorded, or none where they cannot be."""
    draft, case = Draft(one.document), one.record["case"]
    for number, fact in enumerate(said):
        literals = [iri for iri, each in one.stated.facts.items() if each == fact]
        if len(literals) != 1 or literals[0] not in _plain(one.stated):
            return None
        role, (name, _, polarity) = one.stated.roles[literals[0]], fact
        if role not in {"hasFinding", "received"}:
            return None
        term = ox.NamedNode(name)
        if polarity == "present":
            node = ox.NamedNode(f"urn:added:{number}")
            draft.add(case, IND + role, node)
            draft.add(node.value, TYPE, term)
        else:
            draft.add(case, f"{IND}excludes", term)
    try:
        records = one.assessor.assess(draft.document(), everything=True)
    except InvalidCase:
        return None
    (record,) = (each for each in records if each["case"] == case)
    return {each["action"]: each["status"] for each in record["actions"]}


@functools.cache
def _plain(graph: Stated) -> frozenset[str]:
    """Return the facts without a value."""
    rows = graph.rows("?iri ind:existential ?fact . ?fact ind:facetCount 0", "iri")
    return frozenset(iri for (iri,) in rows)


@pytest.mark.slow
@EVERY
def test_where_nothing_is_urgent_it_is_said_what_there_is_to_do(source: str) -> None:
    for one in each(few(source)):
        soon = any(advice.urgency in SOON for advice in one.stated.advice.values())
        for detail in each(DETAILS):
            screen = one.screen(detail)
            assert ("calm" in screen) != bool(screen["now"])
            if "calm" not in screen:
                continue
            calm, actions = screen["calm"], one.record["actions"]
            assert calm["pressing"] == soon
            open_ = [
                action
                for action in actions
                if action["status"] == "undetermined" and action["urgency"] in SOON
            ]
            assert sorted(calm.get("open", [])) == sorted(
                action["label"] for action in open_ if action["action"] not in inside(open_)
            )
            due = [action for action in actions if told.group_of(action) == "Next"]
            due = [action for action in due if action["action"] not in inside(due)]
            late = {stage.label for stage in one.stated.stages.values() if stage.contingent}
            for key, of_later in (("due", False), ("later", True)):
                wanted = [action for action in due if (action["phase"] in late) == of_later]
                found = calm.get(key, [])
                if detail == "brief":
                    assert len(found) == len(wanted)  # type: ignore[arg-type]
                else:
                    assert sorted(map(told.flat, found)) == sorted(map(told.title, wanted))  # type: ignore[call-overload]


def test_a_brief_screen_names_the_facts_that_tell_before_others() -> None:
    """What decides stands among the first four, wherever it stands in the alphabet."""
    made = shipped.assessor()
    terms = [
        "AxialNeckPain",
        "Dextroscoliosis",
        "MuscleSpasm",
        "NeckPain",
        "NeckStiffness",
        "ShoulderAsymmetry",
        "ThoracicBackPain",
        "ThoracicKyphosis",
        "RadicularPain",
    ]
    nodes = " , ".join(f"[ a spine:{term} ]" for term in terms)
    text = f"""@prefix ind: <https://w3id.org/indicant/core/> .
        @prefix spine: <https://w3id.org/indicant/spine/> .
        @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
        <https://example.org/case#case> a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ;
          ind:received [ a spine:LumbarFusion ] ; ind:excludes spine:Mri ;
          ind:hasFinding {nodes} ."""
    document = parse(text.encode(), path="case.ttl")
    (screen,) = Screens(made, "brief").of(document)
    (full,) = Screens(made, "full").of(document)
    shown = screen["told"]["has"]
    assert len(shown) == 4 < len(full["told"]["has"]) == len(terms)
    (now,) = screen["now"]
    assert {"neck pain", "radicular pain"} <= set(now["why"][0].split("; ")) & set(shown)
    left = {each["what"]: each["count"] for each in screen["left"]}
    assert left["facts"] == len(terms) - 4


def test_what_is_said_of_the_patient_of_the_source_says_so() -> None:
    seen = Counter[str]()
    for one in each(assessed("some")):
        own = {
            passage["paraphrase"]
            for action in one.record["actions"]
            for recommendation in action["recommendations"]
            for passage in recommendation["passages"]
            if passage.get("ofItsPatient")
        }
        others = {
            passage["paraphrase"]
            for action in one.record["actions"]
            for recommendation in action["recommendations"]
            for passage in recommendation["passages"]
            if not passage.get("ofItsPatient")
        }
        assert own
        assert others
        for line in lines(one.screen("normal")):
            said = line.get("says")
            if said is None:
                continue
            lead = "of the patient of the source: "
            assert said.removeprefix(lead) in (own if said.startswith(lead) else others)
            seen["own" if said.startswith(lead) else "others"] += 1
    assert seen["own"]
    assert seen["others"] > seen["own"]
