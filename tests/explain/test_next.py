"""Next: the ranking of open facts, recomputed by editing the case and assessing it anew."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Final

import pytest

from each import each
from forcing import CASES, EXAMPLES, engine, forced, ruling, situation
from indicant.assess.assessor import Assessor, InvalidCase
from indicant.explain.next import NextRecord, OpenFactRecord, as_text, next_facts
from indicant.explain.whatif import what_if
from indicant.files.rdf import parse, read
from indicant.terms import local_name
from places import ASSESS, TESTS
from running import hold_to_one_line, run
from shipped import PREFIXES, assessor

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [path.parent.name if path.parent.name != "examples" else path.stem for path in CASES]
EMPTY = PREFIXES + ':a a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date .\n'
SETTLED = {"recommended", "contraindicated", "conflicting", "not-applicable"}
BY_VALUE = {
    "at least 182 days of conservative management": (
        "ConservativeManagement:weeks=26",
        "ConservativeManagement:weeks=25",
    ),
    "failed conservative management": (
        "ConservativeManagement:outcome=Failed",
        "ConservativeManagement:outcome=Succeeded",
    ),
    "at least 42 days of formal physical therapy": (
        "FormalPhysicalTherapy:weeks=6",
        "FormalPhysicalTherapy:weeks=5",
    ),
    "significant foraminal stenosis": (
        "ForaminalStenosis:severity=Significant",
        "-ForaminalStenosis",
    ),
    "motor weakness of MRC grade 4 or less": ("MotorWeakness:mrcGrade=4", "-MotorWeakness"),
    "mild degenerative spine change": (
        "DegenerativeSpineChange:severity=Mild",
        "",
    ),
}


def ranking(path: Path) -> NextRecord:
    (record,) = next_facts(assessor(), read(path))
    return record


def statuses(path: Path) -> dict[str, str]:
    (record,) = assessor().assess(read(path), everything=True)
    return {one["action"]: one["status"] for one in record["actions"]}


PRESSING: Final = {
    "manual-therapy-fires-spasm-but-not-manipulation": {"CervicalMri", "ThoracicMri"},
    "urgent-neurosurgical-referral-open-root-compression": {"ThoracicMri"},
    "urgent-neurosurgical-referral-fires-myelopathy": {"CervicalMri", "ThoracicMri"},
}
"""Cases by what is urgent or immediate of them and would take several facts."""


def edits(fact: OpenFactRecord) -> tuple[str, str]:
    """Return the edits that make a fact present and absent."""
    return BY_VALUE.get(fact["label"], (f"+{fact['term']}", f"-{fact['term']}"))


@pytest.mark.slow
@pytest.mark.parametrize("path", CASES[::2], ids=NAMES[::2])
def test_what_a_fact_settles_is_what_an_edited_case_says(path: Path) -> None:
    before = statuses(path)
    document = read(path)
    record = ranking(path)
    assert record["open"] == sum(one not in SETTLED for one in before.values())
    seen = 0
    for fact in record["facts"]:
        told = (fact["present"], fact["absent"])
        for edit, settled in zip(edits(fact), told, strict=True):
            if not edit:
                continue
            try:
                (difference,) = what_if(assessor(), document, [edit])
            except InvalidCase:
                continue
            if difference["takenBack"]:
                continue
            after = before | {one["action"]: one["after"] for one in difference["differences"]}
            assert {one["action"]: one["status"] for one in settled} == {
                action: after[action]
                for action in before
                if before[action] not in SETTLED and after[action] in SETTLED
            }, (fact["label"], edit)
            seen += 1
    assert seen


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.parametrize("path", CASES[:6], ids=NAMES[:6])
def test_what_a_fact_settles_is_what_the_rules_say_once_it_holds(path: Path) -> None:
    """Every open fact, whichever way, however it is worded."""
    document, here = situation(path)
    before = statuses(path)
    numbers = {
        one.fact: ruling().entailment.number[iri]
        for iri, one in assessor().catalogue.literals.items()
        if one.polarity == "present"
    }
    for fact in each(ranking(path)["facts"]):
        number = numbers[fact["label"]]
        for which, settled in ((number, fact["present"]), (number ^ 1, fact["absent"])):
            after = forced(engine(), document, here, 1 << which)
            assert {one["action"]: one["status"] for one in settled} == {
                action: status
                for action, status in after.items()
                if before[action] not in SETTLED and status in SETTLED
            }


@pytest.mark.slow
@pytest.mark.many(2)
@pytest.mark.parametrize("path", CASES[:6], ids=NAMES[:6])
def test_the_facts_are_those_awaited_and_ranked_by_the_measure(path: Path) -> None:
    record = ranking(path)
    (assessed,) = assessor().assess(read(path))
    awaited = {
        (one["term"], one["label"]) for action in assessed["actions"] for one in action["awaiting"]
    }
    assert {(one["term"], one["label"]) for one in record["facts"]} == awaited
    for fact in record["facts"]:
        counts = len(fact["present"]), len(fact["absent"])
        assert (fact["least"], fact["sum"]) == (min(counts), sum(counts))
    pressing = {
        one["action"] for one in assessed["actions"] if one["urgency"] in {"urgent", "immediate"}
    }
    keys = [
        (
            0
            if any(
                each["action"] in pressing and each["status"] in {"recommended", "conflicting"}
                for each in (*one["present"], *one["absent"])
            )
            else 2 - bool(one["presentTowards"] or one["absentTowards"]),
            -one["least"],
            -one["sum"],
            one["term"],
        )
        for one in record["facts"]
    ]
    assert keys == sorted(keys)


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [ASSESS / f"{name}/case.ttl" for name in PRESSING], ids=PRESSING.keys()
)
def test_a_step_towards_what_is_urgent_is_part_of_a_least_set_that_indicates_it(path: Path) -> None:
    """By the rules: the facts together indicate it, and without any of them they do not."""
    document, here = situation(path)
    numbers = {
        one.fact: ruling().entailment.number[iri]
        for iri, one in assessor().catalogue.literals.items()
        if one.polarity == "present"
    }
    (assessed,) = assessor().assess(document)
    steps: dict[str, set[int]] = {}
    for fact in ranking(path)["facts"]:
        for key, number in (("presentTowards", 0), ("absentTowards", 1)):
            for one in fact[key]:  # type: ignore[literal-required]
                steps.setdefault(one["term"], set()).add(numbers[fact["label"]] ^ number)
    assert {local_name(one) for one in steps} == PRESSING[path.parent.name]
    for action in assessed["actions"]:
        wanted = steps.get(action["action"], set())
        least: list[set[int]] = []
        for size in range(1, 4) if wanted else ():
            for some in itertools.combinations(sorted(wanted), size):
                if any(one <= {*some} for one in least):
                    continue
                mask = sum(1 << one for one in some)
                if here.given(mask) is None:
                    continue
                after = forced(engine(), document, here, mask)[action["action"]]
                if after in {"recommended", "conflicting"}:
                    assert size > 1, "else it would be settled alone"
                    least.append({*some})
        assert set().union(*least) == wanted, action["label"]


@pytest.mark.slow
def test_what_would_indicate_something_urgent_is_asked_first_in_every_language() -> None:
    """Whatever settles more: whoever has a minute asks what cannot wait."""
    path = ASSESS / "urgent-neurosurgical-referral-open-compression-of-unknown-kind" / "case.ttl"
    orders = []
    for language in ("en", "de"):
        made = Assessor(language=language)
        (record,) = next_facts(made, read(path))
        first = record["facts"][0]
        assert "UrgentNeurosurgicalReferral" in {
            local_name(one["action"]) for one in first["present"] if one["status"] == "recommended"
        }
        orders.append([(one["term"], one["least"], one["sum"]) for one in record["facts"]])
    assert orders[0] == orders[1]
    assert max(least for _, least, _ in orders[0]) > orders[0][0][1]


def test_each_fact_comes_with_its_question_and_what_shows_it() -> None:
    facts = {one["label"]: one for one in ranking(EXAMPLES[1])["facts"]}
    compression = facts["neural compression"]
    assert compression["question"] is not None
    assert compression["question"].endswith("?")
    assert [one["label"] for one in compression["investigations"]] == [
        "cervical MRI",
        "thoracic MRI",
    ]
    assert not facts["acute phase"]["investigations"]
    rows = assessor().ask("which-literals-are-there")
    for fact in facts.values():
        shown = {row[6] for row in rows if row[3] == fact["term"] and row[6]}
        assert {one["term"] for one in fact["investigations"]} == shown


def test_the_text_names_the_first_and_counts_the_rest() -> None:
    record = ranking(EXAMPLES[1])
    text = as_text(record, most=3)
    assert text.startswith(f"case {record['case']} as of 2026-11-22\n")
    assert f"{record['open']} interventions undetermined or conditional" in text
    assert f"1. {record['facts'][0]['label']}\n" in text
    assert f"and {len(record['facts']) - 3} more: --all" in text
    assert "shown by cervical MRI, thoracic MRI" in text
    assert "more: --all" not in as_text(record, most=None)


def test_where_nothing_is_open_nothing_is_asked() -> None:
    excluded = ", ".join(
        f"<{iri}>"
        for iri in sorted(assessor().vocabulary.classes)
        if "/spine/" in iri
        and any(
            root in assessor().vocabulary.ancestors(iri)
            for root in (
                "https://w3id.org/indicant/core/Finding",
                "https://w3id.org/indicant/core/Intervention",
            )
        )
    )
    text = PREFIXES + (
        f':a a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; ind:excludes {excluded} .\n'
    )
    (record,) = next_facts(assessor(), parse(text, path="case.ttl"))
    assert (record["open"], record["facts"]) == (0, [])
    assert "0 interventions undetermined or conditional" in as_text(record)


@pytest.mark.slow
def test_what_follows_from_what_is_known_is_not_asked() -> None:
    """Whoever was never there was not there twice either: the theory says so, and no statement."""
    opioids = Assessor("opioids-for-pain")
    text = (
        "@prefix ind: <https://w3id.org/indicant/core/> . "
        "@prefix opioid: <https://w3id.org/indicant/opioid/> . "
        "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . "
        '<urn:x:a> a ind:PatientCase ; ind:asOf "2026-11-30"^^xsd:date ; ind:ageInYears 45 '
    )

    def asked(more: str) -> set[str]:
        document = parse(f"{text}{more} .".encode(), path="case.ttl", format="turtle")
        (record,) = next_facts(opioids, document)
        return {one["term"] for one in record["facts"]}

    visit = "https://w3id.org/indicant/opioid/OfficeVisit"
    assert visit in asked("")
    assert asked("; ind:excludes opioid:OfficeVisit") == asked("") - {visit}


def test_two_cases_are_ranked_apart() -> None:
    text = EMPTY + EMPTY[len(PREFIXES) :].replace(":a a", ":b a").replace(
        " .\n", " ; ind:hasFinding [ a spine:Myelopathy ] .\n"
    )
    first, second = next_facts(assessor(), parse(text, path="case.ttl"))
    (alone,) = next_facts(assessor(), parse(EMPTY, path="case.ttl"))
    assert first == alone | {"case": first["case"]}
    assert second["open"] < first["open"]


@pytest.mark.slow
def test_the_same_case_gives_the_same_bytes() -> None:
    assert json.dumps(ranking(EXAMPLES[0])) == json.dumps(ranking(EXAMPLES[0]))


@pytest.mark.slow
def test_the_command_prints_text_and_json() -> None:
    path = EXAMPLES[1]
    assert run("next", str(path)) == (0, as_text(ranking(path)), "")
    assert run("next", str(path), "--all") == (0, as_text(ranking(path), most=None), "")
    code, out, _ = run("next", str(path), "--format", "json")
    assert code == 0
    assert json.loads(out) == json.loads(json.dumps([ranking(path)]))


@pytest.mark.parametrize(
    "arguments",
    [
        ("next",),
        ("next", "missing.ttl"),
        ("next", str(EXAMPLES[0]), "more"),
        ("next", str(EXAMPLES[0]), "--format", "xml"),
        ("next", str(EXAMPLES[0]), "--guideline", "nothing"),
    ],
)
def test_a_misuse_is_one_line(arguments: tuple[str, ...]) -> None:
    hold_to_one_line(*arguments)


@pytest.mark.slow
def test_a_case_that_breaks_a_shape_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "case.ttl"
    path.write_text(EMPTY.replace("ind:asOf", "ind:asof"), encoding="utf-8")
    code, out, err = run("next", str(path))
    assert code == 1
    assert "violation" in out
    assert err.startswith("indicant: ")


COUNTING = TESTS / "ask" / "counting"


@pytest.mark.slow
def test_it_asks_whether_all_is_recorded_where_that_would_settle_something() -> None:
    here = Assessor(COUNTING / "guideline.ttl")
    text = (COUNTING / "case.ttl").read_text(encoding="utf-8").replace("ind:recordsAll", "ex:seen")
    text = text.replace("    ex:seen knee:Pain ;\n", "")
    found = {one["case"]: one for one in next_facts(here, parse(text, path="case.ttl"))}
    hurting = found["https://example.org/ward#hurting"]
    (asked,) = hurting["complete"]
    assert asked["question"] == "Is every pain recorded?"
    assert [(one["label"], one["status"]) for one in asked["settles"]] == [
        ("splint", "recommended")
    ]
    assert "Is every pain recorded?\n   if so    settles 1: splint recommended" in as_text(hurting)
    whole = (COUNTING / "case.ttl").read_text(encoding="utf-8")
    again = {one["case"]: one for one in next_facts(here, parse(whole, path="case.ttl"))}
    assert again["https://example.org/ward#hurting"]["complete"] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", CASES[::6], ids=NAMES[::6])
def test_what_completeness_is_said_to_settle_it_does(path: Path) -> None:
    record = ranking(path)
    before = statuses(path)
    text = path.read_text(encoding="utf-8")
    for one in record["complete"]:
        more = f"<{record['case']}> <https://w3id.org/indicant/core/recordsAll> <{one['term']}> ."
        (told,) = assessor().assess(parse(f"{text}\n{more}\n", path=str(path)), everything=True)
        after = {action["action"]: action["status"] for action in told["actions"]}
        settled = {
            action: status
            for action, status in after.items()
            if status in SETTLED and before[action] not in SETTLED
        }
        assert {each["action"]: each["status"] for each in one["settles"]} == settled
    assert record["open"] == sum(status not in SETTLED for status in before.values())
