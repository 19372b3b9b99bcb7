"""A screen has what the assessment has: in its place, in order, and what is left out is counted."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox
import pytest

import shipped
import told
from assessed import QUICK, SOURCES, One, assessed, few, inside, lines, named
from indicant.explain.next import next_facts
from indicant.foreign import as_dense_json
from indicant.guideline.wording import Words
from indicant.screen import Screens
from indicant.screen.records import DETAILS, ScreenRecord
from indicant.screen.text import as_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indicant.assess.records import ActionRecord, RecommendationRecord
    from indicant.screen.records import Detail, LineRecord

EVERY: Final = pytest.mark.parametrize("source", SOURCES)
SOON: Final = ("immediate", "urgent")
ROLES: Final = {"hasFinding": "has", "hadFinding": "had", "received": "received"}


# ---------------------------------------------------------------------- budgets


def test_the_example_fits_on_a_screen() -> None:
    made = shipped.assessor()
    sizes = {}
    for detail in DETAILS:
        screens = Screens(made, detail)
        (screen,) = found = screens.of(made.example())
        text = as_text(screen, screens.words)
        sizes[detail] = len(text.splitlines()), len(as_dense_json(found).encode()) + 1
        assert max(map(len, text.splitlines())) <= 100
    assert sizes["brief"][0] <= 40
    assert sizes["normal"][0] <= 100
    assert sizes["brief"][1] <= 8_000
    assert sizes["full"][1] <= 60_000


@pytest.mark.slow
def test_each_publication_is_said_once() -> None:
    one = assessed("some")[-1]
    text = as_dense_json(one.screen("full"))
    shown = {term for line in lines(one.screen("full")) for term in named([line])}
    wanted = {
        said["doi"]
        for action in one.record["actions"]
        if action["action"] in shown
        for each in told.deciding(action)
        for said in each["evidence"]
        if said["doi"]
    }
    assert wanted
    assert {doi: text.count(f'"{doi}"') for doi in wanted} == dict.fromkeys(wanted, 1)


@pytest.mark.slow
@pytest.mark.parametrize("everything", [False, True])
def test_the_screens_that_are_tested_are_those_that_are_shown(*, everything: bool) -> None:
    """What is looked at once for all details is the same as for each."""
    ones = [one for source in ("some", "dressed 1", "benchmark") for one in few(source)[1:3]]
    assert len(ones) == 6
    for one in ones:
        for detail in DETAILS:
            shown = Screens(one.assessor, detail, everything=everything).of(one.document)
            assert one.screen(detail, everything=everything) in shown


# ---------------------------------------------------------------------- what stands where


@pytest.mark.slow
@pytest.mark.parametrize("detail", DETAILS)
@EVERY
def test_every_intervention_stands_in_its_place(source: str, detail: Detail) -> None:
    assert few(source)
    for one in few(source):
        screen, actions = one.screen(detail), told.applying(one.record)["actions"]
        groups: dict[str, list[ActionRecord]] = {}
        for action in actions:
            groups.setdefault(told.group_of(action), []).append(action)
        for part, head in (("now", "Now"), ("conflicts", "In conflict"), ("avoid", "Avoid")):
            members = groups.get(head, [])
            wanted = [each["action"] for each in members if each["action"] not in inside(members)]
            found = named(screen[part])  # type: ignore[literal-required]
            assert (sorted(found), len(set(found))) == (sorted(wanted), len(wanted))
        rest = [each for head in ("Next", "Done", "Later", "Open") for each in groups.get(head, [])]
        unlikely = [each for each in rest if each["status"] == "undetermined"]
        unlikely = [each for each in unlikely if not told.indicated(each)]
        soon = [each for each in unlikely if each["urgency"] in SOON]
        unlikely = [each for each in unlikely if each not in soon]
        shown = [term for step in screen["steps"] for term in named(step["lines"])]
        folded = [label for step in screen["steps"] for label in step.get("folded", [])]
        likely = [each for each in rest if each not in unlikely]
        kept = [
            each
            for each in likely
            if not ("Now" in groups and each["contingent"] and each["status"] == "undetermined")
            or each["urgency"] in SOON
        ]
        waiting = [each for each in likely if each not in kept]
        assert sorted(folded) == sorted(each["label"] for each in waiting)
        if detail == "full":
            kept = likely
        assert sorted(shown) == sorted(each["action"] for each in kept)
        names = screen.get("uncleared", [])
        assert sorted(names) == sorted(each["label"] for each in unlikely)


@pytest.mark.slow
@EVERY
def test_steps_come_in_the_order_of_phases(source: str) -> None:
    assert few(source)
    for one in few(source):
        order = {each.label: each.order for each in one.stated.stages.values()}
        later = {each.label for each in one.stated.stages.values() if each.contingent}
        for detail in DETAILS:
            steps = one.screen(detail)["steps"]
            phases = [step["phase"] for step in steps if step["phase"] in order]
            assert [order[each] for each in phases] == sorted(order[each] for each in phases)
            heads = [step["phase"] for step in steps]
            assert "urgent, and open" not in heads[1:]
            for step in steps:
                verdicts = [line["verdict"] for line in step["lines"]]
                ranks = [{"done": 0, "undetermined": 2}.get(each, 1) for each in verdicts]
                assert ranks == sorted(ranks)
                assert ("note" in step) <= (step["phase"] in later)


# ---------------------------------------------------------------------- what a line says


@pytest.mark.slow
@EVERY
def test_a_line_says_what_the_record_says(source: str) -> None:
    assert few(source)
    for one in few(source):
        by_action = {each["action"]: each for each in one.record["actions"]}
        for detail in ("normal", "full"):
            for line in lines(one.screen(detail)):
                for each in line["actions"]:
                    action = by_action[each["term"]]
                    assert told.flat(each["label"]) == told.title(action)
                    _line(one, line, action, detail)


def _line(one: One, line: LineRecord, action: ActionRecord, detail: str) -> None:
    done = told.group_of(action) == "Done"
    made = told.deciding(action)
    assert line["verdict"] == ("done" if done else action["status"])
    assert line.get("urgency") == action["urgency"]
    assert line.get("strength", []) == told.once(each["strength"] for each in made)
    grades = (told.by_grade(each["gradeStrength"], each["certainty"]) for each in made)
    assert line.get("certainty", []) == told.once(grades)
    counts = {
        how: len({said["publication"] for said in _said(made) if said["relation"] == how})
        for how in ("agrees", "disputes", "qualifies")
    }
    assert line.get("evidence", {}) == {how: count for how, count in counts.items() if count}
    open_ = any(
        each["direction"] == "against" and each["answer"] == "open"
        for each in action["recommendations"]
    )
    assert line.get("open", False) <= (action["status"] in {"conditional", "undetermined"})
    assert (open_ and action["status"] == "conditional") <= line.get("open", False) <= open_
    assert len(line.get("done", [])) == len(action["received"])
    reasons = told.because(action)
    if detail == "full":
        why = list(map(told.flat, line.get("why", [])))
        if action["status"] == "conflicting":
            assert [row.split(": ")[0] for row in why] == sorted(
                (each["direction"] for each in made if _has_reason(action, each)), reverse=True
            )
            why = [row.partition(": ")[2] for row in why]
        assert len(why) == len(reasons)
        assert all(
            sorted(row) == sorted("; ".join(wanted))
            for row, wanted in zip(why, reasons, strict=True)
        )
        iris = [each["iri"] for each in line["warrants"]]
        assert iris == [each["iri"] for each in made]
        assert list(map(told.flat, line.get("followed", []))) == told.followed([action])
    else:
        facts = {
            each["literal"]
            for each in action["because"]
            if each["recommendation"] in {one["iri"] for one in made}
        }
        above = {fact for some in one.screen("normal").get("common", {}).values() for fact in some}
        said = " ".join(line.get("why", []))
        assert all(fact in said or fact in above for fact in facts)
        assert bool(line.get("why")) >= bool(facts)


def _has_reason(action: ActionRecord, one: RecommendationRecord) -> bool:
    return any(each["recommendation"] == one["iri"] for each in action["because"])


def _said(made: list[RecommendationRecord]) -> Iterator[dict[str, str]]:
    for each in made:
        yield from each["evidence"]  # type: ignore[misc]


@pytest.mark.slow
@EVERY
def test_questions_are_those_that_settle_most(source: str) -> None:
    assert few(source)
    for one in few(source)[:12]:
        (ranking,) = (
            each
            for each in next_facts(one.assessor, one.document)
            if each["case"] == one.record["case"]
        )
        first, rest = ranking["facts"][:3], ranking["facts"][3:]
        sentences = [each["question"] or f"Is there {each['label']}?" for each in first]
        for detail in DETAILS:
            screen = one.screen(detail)
            assert [each["term"] for each in screen["ask"]] == [each["term"] for each in first]
            for question, fact, asked in zip(screen["ask"], first, sentences, strict=True):
                alone = sentences.count(asked) == 1
                which = "" if alone else f" Is this so: {fact['label']}?"
                assert question["question"] == asked + which
                for side, key in (("present", "ifPresent"), ("absent", "ifAbsent")):
                    settled = Counter(each["status"] for each in fact[side])  # type: ignore[literal-required]
                    found = question[key]  # type: ignore[literal-required]
                    sums = {
                        each["status"]: len(each["labels"]) + each.get("more", 0) for each in found
                    }
                    silent = "not-applicable"
                    if detail == "brief" and len(settled) > 1:
                        settled.pop(silent, None)
                    assert sums == settled
            further = len(
                {(each["question"] or each["label"], str(each["investigations"])) for each in rest}
            )
            counted = {each["what"]: each["count"] for each in screen["left"]}
            full = len(screen.get("questions", []))
            assert further == (full if detail == "full" else counted.get("questions", 0))


@pytest.mark.slow
@EVERY
def test_tensions_are_those_that_touch_what_is_shown(source: str) -> None:
    assert few(source)
    for one in few(source):
        touching = one.stated.pairs("ind:touches")
        by_action = {each["action"]: each for each in one.record["actions"]}
        labels = {each["label"]: each for each in one.record["actions"]}
        for detail in DETAILS:
            screen = one.screen(detail)
            shown = [by_action[term] for line in lines(screen) for term in named([line])]
            shown += [labels[label] for label in screen.get("uncleared", [])]
            iris = {each["iri"] for action in shown for each in told.deciding(action)}
            wanted = {iri for iri in one.stated.tensions if iris & set(touching.get(iri, ()))}
            counted = {each["what"]: each["count"] for each in screen["left"]}
            if detail == "brief":
                assert counted.get("tensions", 0) == len(wanted)
            else:
                assert [each["label"] for each in screen["tensions"]] == [
                    one.stated.label(iri) for iri in sorted(wanted)
                ]


# ---------------------------------------------------------------------- what the case says


@pytest.mark.slow
@EVERY
def test_what_was_told_is_what_the_case_says(source: str) -> None:
    assert few(source)
    for one in few(source):
        screen = one.screen("full")
        store = ox.Store()
        store.extend(one.document.quads)
        case = ox.NamedNode(one.record["case"])
        for role, part in ROLES.items():
            nodes = [
                quad.object
                for quad in store.quads_for_pattern(case, ox.NamedNode(f"{told_ind()}{role}"), None)
            ]
            said = screen["told"].get(part, [])
            assert len(said) == len(set(nodes))  # type: ignore[arg-type]
            for node in nodes:
                own = [row for row in said if row.endswith(f"({told.name(node.value)})")]  # type: ignore[union-attr, attr-defined]
                assert own
                for quad in store.quads_for_pattern(node, None, None):  # type: ignore[arg-type]
                    if isinstance(quad.object, ox.Literal) and re.fullmatch(
                        r"\d{4}-\d\d-\d\d", quad.object.value
                    ):
                        assert any(quad.object.value in row for row in own)
        path = ox.NamedNode(f"{told_ind()}excludes")
        excluded = [quad.object.value for quad in store.quads_for_pattern(case, path, None)]  # type: ignore[union-attr]
        labels = {one.stated.labels.get(each, told.name(each)) for each in excluded}
        assert labels <= set(screen["told"].get("absent", []))


def told_ind() -> str:
    return "https://w3id.org/indicant/core/"


# ---------------------------------------------------------------------- no danger is hidden


@pytest.mark.slow
@EVERY
def test_what_brevity_leaves_out_is_counted(source: str) -> None:
    assert few(source)
    for one in few(source):
        screen = one.screen("brief")
        by_action = {each["action"]: each for each in one.record["actions"]}
        counted = {each["what"]: each["count"] for each in screen["left"]}
        shown = [by_action[term] for line in lines(screen) for term in named([line])]
        for action in shown:
            line = next(each for each in lines(screen) if action["action"] in named([each]))
            disputed = "disputes" in line.get("evidence", {})
            quiet = action["status"] == "undetermined" and action["urgency"] not in SOON
            assert disputed == (action["disputed"] and not quiet)
        silent = [
            each
            for each in shown
            if each["status"] == "undetermined" and each["urgency"] not in SOON and each["disputed"]
        ]
        assert counted.get("disputed", 0) == len(silent)
        conditions = [each for each in shown if each["status"] == "undetermined"]
        assert counted.get("conditions", 0) == len(conditions)
        conflicts = [
            each["action"] for each in one.record["actions"] if each["status"] == "conflicting"
        ]
        assert set(conflicts) - inside(list(by_action.values())) <= set(named(screen["conflicts"]))
        publications = {
            said["publication"]
            for action in shown
            if action["urgency"] in SOON and action["status"] != "contraindicated"
            for said in _said(told.deciding(action))
            if said["relation"] == "disputes"
        }
        assert counted.get("disputes", 0) == len(publications)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_nothing_after_what_is_urgent_can_be_read_as_hanging_on_its_failure() -> None:
    """Later stages are folded, and say what has to have failed: never what is urgent."""
    urgent = 0
    words = Words()
    for one in (*assessed("all"), *assessed("opioids")):
        for detail in DETAILS:
            screen = one.screen(detail)
            text = " ".join(as_text(screen, words).lower().split())
            for phrase in ("if that", "if this", "if it fails", "should that", "unless that works"):
                assert phrase not in text
            if not screen["now"]:
                continue
            urgent += 1
            by_action = {each["action"]: each for each in one.record["actions"]}
            here = {by_action[term]["phase"] for term in named(screen["now"])}
            stages = one.stated.stages
            shorts = one.stated.pairs("skos:altLabel")
            failing = one.stated.pairs("ind:afterFailureOf")
            for step in screen["steps"]:
                if "fail" in step.get("note", ""):
                    (iri,) = (each for each, st in stages.items() if st.label == step["phase"])
                    assert not {stages[each].label for each in failing[iri]} & here
                    names = [shorts.get(each, [stages[each].label])[0] for each in failing[iri]]
                    assert all(name in step["note"] for name in names)
                later = {each.label for each in stages.values() if each.contingent}
                opened = [each for each in step["lines"] if each["verdict"] == "undetermined"]
                assert not (detail != "full" and step["phase"] in later and opened)
    assert urgent >= 60


@pytest.mark.slow
@pytest.mark.parametrize("source", QUICK)
def test_a_screen_is_what_its_types_say(source: str) -> None:
    msgspec = pytest.importorskip("msgspec")
    assert few(source)
    for one in few(source):
        for detail in DETAILS:
            msgspec.convert(one.screen(detail), type=ScreenRecord, strict=True)
