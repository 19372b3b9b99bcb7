"""Record, text, Markdown, JSON, FHIR, graph and Python API of one assessment say the same.

What they say is compared with what the guideline states and with what is known of the case, both
read by queries of the tests' own, over all cases and over random guidelines.
"""

from __future__ import annotations

import io
import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox
import pytest

import fhir_reader
import rain
import told
from assessed import RANDOM, SOURCES, One, assessed
from indicant.api.assessment import Assessment
from indicant.assess.assessor import Assessor
from indicant.command.output import Output
from indicant.exchange.elements import RELEASES
from indicant.files.rdf import parse
from stated import TYPE
from told import name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from indicant.assess.records import ActionRecord, RecommendationRecord

ORDER: Final = (
    "recommended",
    "conditional",
    "conflicting",
    "contraindicated",
    "undetermined",
    "not-applicable",
)
WORDS: Final = {
    "Recommended": "recommended",
    "Conditional": "conditional",
    "Conflicting": "conflicting",
    "Contraindicated": "contraindicated",
    "Undetermined": "undetermined",
    "Met": "met",
    "Refuted": "refuted",
    "Open": "open",
}
"""What the graph says, in the words of the record."""
LINKS: Final = {
    "agrees": "agreesWith",
    "disputes": "disputes",
    "qualifies": "qualifies",
    "related": "citesAsRelated",
}
BY_SOURCE: Final = pytest.mark.parametrize("source", SOURCES)


def recommendations(one: One) -> dict[str, RecommendationRecord]:
    """Return what the record says of each recommendation, which is the same everywhere."""
    found: dict[str, RecommendationRecord] = {}
    for action in one.record["actions"]:
        for each in action["recommendations"]:
            assert found.setdefault(each["iri"], each) == each
    return found


def printed(form: str, ones: Iterable[One]) -> str:
    """Return what the command prints of records, without what does not apply."""
    stream = io.StringIO()
    output = Output(form, stream)
    output.records([told.applying(one.record) for one in ones])
    output.close()
    return stream.getvalue()


@pytest.mark.slow
@BY_SOURCE
def test_json_fhir_and_the_api_hold_what_the_record_holds(source: str) -> None:
    """Of many cases a few: what writes them looks at no field, and takes its time."""
    ones = assessed(source)
    few = ones[:: max(1, len(ones) // 24)]
    assert json.loads(printed("json", few)) == [told.applying(one.record) for one in few]
    for one in few:
        record = told.applying(one.record)
        found = Assessment(one.assessor, one.document, one.record)
        assert found.to_dict() == record
        assert [each.to_dict() for each in found] == one.record["actions"]
        assert [each.to_dict() for each in found.proposals] == record["proposals"]
        speaking = record.get("guidelines", [record["guideline"]])
        assert [each.to_dict() for each in found.guidelines] == speaking
        assert (found.case, found.as_of.isoformat()) == (record["case"], record["asOf"])
        assert list(found.warnings) == record["warnings"]

        for release in RELEASES:
            made = found.to_fhir(version=release)
            assert fhir_reader.differences(made, [record], release) == []
            assert fhir_reader.directions(made, release) == Counter(
                (each["direction"], each["answer"])
                for action in record["actions"]
                for each in action["recommendations"]
            )

        groups = {
            "Now": found.now,
            "Next": found.next,
            "Later": found.later,
            "In conflict": found.conflicts,
            "Avoid": found.avoid,
            "Open": found.open,
        }
        for head, actions in groups.items():
            wanted = [each for each in one.record["actions"] if told.group_of(each) == head]
            assert [each.action for each in actions] == [each["action"] for each in wanted]


# ---------------------------------------------------------------------- what the record says


def _settled(one: One, iri: str) -> list[tuple[str, frozenset[str]]]:
    """Return the least sets of literals that would settle a recommendation, by the implicants."""
    graph, known = one.stated, one.known
    sets = [
        (each.answer, each.literals - known.established)
        for each in graph.implicants[iri]
        if not any(graph.opposite[literal] in known.established for literal in each.literals)
    ]
    return [each for each in sets if not any(other < each[1] for _, other in sets)]


@pytest.mark.slow
@BY_SOURCE
def test_the_record_says_what_follows(source: str) -> None:
    assert assessed(source)
    for one in assessed(source):
        graph, known, record = one.stated, one.known, one.record
        assert record["case"] == known.iri
        assert {each["action"] for each in record["actions"]} == {
            below
            for each in graph.advice.values()
            for below in (
                graph.alike(each.action)
                if each.direction == "for"
                else {each.action, *graph.below(each.action)}
            )
        }
        for iri, each in recommendations(one).items():
            stated = graph.advice[iri]
            assert each["answer"] == known.answers[iri]
            assert each["direction"] == stated.direction
            assert each["fulfilment"] == graph.fulfilment(stated, known.answers)
            assert (each["label"], each["strength"]) == (stated.label, stated.strength)
            assert (each["gradeStrength"], each["certainty"]) == (stated.grade, stated.certainty)
            assert each.get("guideline") == (
                stated.guideline if len(graph.guidelines) > 1 else None
            )
            rests = graph.rests.get(iri, [])
            assert sorted(one["id"] for one in each["passages"]) == sorted(
                graph.passages[passage] for passage in rests
            )
            evidence = [
                (relation, who, graph.passages[passage], note, basis, certainty)
                for passage in rests
                for relation, who, _, note, basis, certainty in graph.evidence[passage]
            ]
            assert sorted(
                (
                    said["relation"],
                    said["publication"],
                    said["passage"],
                    said["note"] or "",
                    said["basis"] or "",
                    said["certainty"] or "",
                )
                for said in each["evidence"]
            ) == sorted(evidence)
            relations = [said["relation"] for said in each["evidence"]]
            assert relations == sorted(relations, key=[row[0] for row in told.RELATIONS].index)
            assert each["disputed"] == any(row[0] == "disputes" for row in evidence)
            stronger = [
                other
                for other, overridden in graph.pairs("ind:overrides").items()
                if iri in overridden and known.answers.get(graph.advice[other].criterion) == "met"
            ]
            own = known.answers.get(stated.criterion)
            assert each["superseded"] == (bool(stronger) and own != "refuted")
        _scopes(one)


def _scopes(one: One) -> None:
    graph, known, record = one.stated, one.known, one.record
    scope = {iri: found[0] for iri, found in graph.pairs("ind:scope").items()}
    speaking = record.get("guidelines", [record["guideline"]])
    assert ("guidelines" in record) == (len(graph.guidelines) > 1)
    assert [each["iri"] for each in speaking if each["iri"]] == graph.guidelines
    for each in speaking:
        answer = known.answers.get(scope.get(each["iri"] or "", ""))
        assert each["scope"] == answer
    outside = [each for each in speaking if each["scope"] == "refuted"]
    whose = [f"'{each['label']}'" if len(speaking) > 1 else "the guideline" for each in outside]
    assert [each for each in record["warnings"] if each.startswith(told.ODDS)] == [
        told.ODDS + each for each in whose
    ]


@pytest.mark.slow
@BY_SOURCE
def test_what_the_record_says_of_an_action_follows(source: str) -> None:
    assert assessed(source)
    for one in assessed(source):
        graph, known, record = one.stated, one.known, one.record
        statuses = {each["action"]: each["status"] for each in record["actions"]}
        labels = graph.labels
        for action in record["actions"]:
            iri = action["action"]
            assert action["label"] == graph.label(iri)
            assert action["status"] == told.status_of(action)
            counting = graph.counting(iri)
            ordered = sorted(counting, key=lambda each: (each.direction != "for", each.iri))
            assert [each["iri"] for each in action["recommendations"]] == [
                each.iri for each in ordered
            ]
            _soonest(one, action)
            below = sorted(graph.below(iri) & statuses.keys())
            held = [each for each in below if statuses[each] == "contraindicated"]
            advised = action["status"] in {"recommended", "conditional"}
            avoided = action["status"] == "contraindicated"
            assert [each["term"] for each in action["excepting"]] == (held if advised else [])
            assert [each["term"] for each in action["including"]] == (held if avoided else [])
            for each in (*action["excepting"], *action["including"]):
                assert each["label"] == labels.get(each["term"], name(each["term"]))
            assert sorted(action["received"]) == sorted(known.received.get(iri, ()))
            assert action["disputed"] == any(each["disputed"] for each in told.deciding(action))
            _reasons(one, action)
            _awaited(one, action)
            touching = graph.pairs("ind:touches")
            assert [each["iri"] for each in action["tensions"]] == [
                tension
                for tension in graph.tensions
                if {each.iri for each in counting} & set(touching.get(tension, ()))
            ]
        proposed = {each["action"]: each["verdict"] for each in record["proposals"]}
        assert proposed == {each: statuses.get(each, "not-applicable") for each in known.proposed}
        assert len(proposed) == len(record["proposals"])
        keys = [_place(one, action) for action in record["actions"]]
        assert keys == sorted(keys)


def _place(one: One, action: ActionRecord) -> tuple[int, int, int, str]:
    """Return where an action stands: by status, how soon, in which phase, by name."""
    favouring = [each for each in one.stated.counting(action["action"]) if each.direction == "for"]
    places = [one.stated.place(each) for each in favouring] or [(99, 99)]
    return (
        ORDER.index(action["status"]),
        min(soon for soon, _ in places),
        min(phase for _, phase in places),
        action["action"],
    )


def _soonest(one: One, action: ActionRecord) -> None:
    """See that urgency and phase are those of what is for it: the met ones first, the soonest."""
    graph, known = one.stated, one.known
    favouring = [each for each in graph.counting(action["action"]) if each.direction == "for"]
    met = [each for each in favouring if known.answers[each.iri] == "met"]
    candidates = met or [each for each in favouring if known.answers[each.iri] == "open"]
    if not candidates:
        assert (action["urgency"], action["phase"], action["contingent"]) == (None, None, False)
        return
    first = min(candidates, key=lambda each: (*graph.place(each), each.iri))
    stage = graph.stages.get(first.phase or "")
    assert action["urgency"] == first.urgency
    assert action["phase"] == (stage.label if stage else None)
    assert action["contingent"] == bool(stage and stage.contingent)


def _reasons(one: One, action: ActionRecord) -> None:
    """See that reasons are one of the shortest that hold, with every node that attests them."""
    graph, known = one.stated, one.known
    texts = {literal: graph.label(literal) for literal in graph.facts}
    for each in action["recommendations"]:
        iri, answer = each["iri"], each["answer"]
        given = {
            reason["literal"]: reason["nodes"]
            for reason in action["because"]
            if reason["recommendation"] == iri
        }
        assert {
            reason["answer"] for reason in action["because"] if reason["recommendation"] == iri
        } <= {answer}
        if answer == "open":
            assert given == {}
            continue
        holding = [
            each.literals
            for each in graph.implicants[iri]
            if each.answer == answer and each.literals <= known.established
        ]
        least = min(map(len, holding))
        assert given in [
            {texts[literal]: sorted(known.attesting[literal]) for literal in literals}
            for literals in holding
            if len(literals) == least
        ]


def _awaited(one: One, action: ActionRecord) -> None:
    """See that what would settle an action is all that would, fewest first, those for it first."""
    graph = one.stated
    wanted: set[tuple[str, str, frozenset[tuple[str, str, str]]]] = set()
    if action["status"] in {"conditional", "undetermined"}:
        for each in action["recommendations"]:
            if each["answer"] == "open":
                for answer, literals in _settled(one, each["iri"]):
                    missing = frozenset(graph.facts[literal] for literal in literals)
                    wanted.add((each["iri"], answer, missing))
    told_of = [
        (
            each["recommendation"],
            each["answer"],
            frozenset((fact["term"], fact["label"], fact["polarity"]) for fact in each["facts"]),
        )
        for each in action["settledBy"]
    ]
    assert Counter(told_of) == Counter(wanted)  # each once
    side = {each["iri"]: each["direction"] for each in action["recommendations"]}
    order = [
        (side[each["recommendation"]] != "for", len(each["facts"])) for each in action["settledBy"]
    ]
    assert order == sorted(order)
    facts = [fact for each in action["settledBy"] for fact in each["facts"]]
    assert [(fact["term"], fact["label"]) for fact in action["awaiting"]] == list(
        dict.fromkeys((fact["term"], fact["label"]) for fact in facts)
    )
    shown = graph.pairs("ind:establishedBy")
    for awaited in action["awaiting"]:
        by = sorted(shown.get(awaited["term"], ()))
        assert [(one["term"], one["label"]) for one in awaited["investigations"]] == [
            (iri, graph.label(iri)) for iri in by
        ]


# ---------------------------------------------------------------------- what the graph says


class Described:
    """The graph of an assessment, as the command writes it in Turtle."""

    def __init__(self, one: One) -> None:
        stream = io.StringIO()
        output = Output("turtle", stream)
        output.triples(one.assessor.describe(one.document))
        output.close()
        self.objects: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.subjects: dict[str, list[str]] = defaultdict(list)
        for quad in ox.parse(stream.getvalue(), format=ox.RdfFormat.TURTLE):
            assert isinstance(quad.subject, ox.NamedNode)
            assert isinstance(quad.object, (ox.NamedNode, ox.Literal))
            relation = name(quad.predicate.value)
            self.objects[quad.subject.value, relation].add(quad.object.value)
            if quad.predicate.value == TYPE:
                self.subjects[name(quad.object.value)].append(quad.subject.value)

    def one(self, subject: str, relation: str) -> str:
        """Return the one value of something."""
        (found,) = self.objects[subject, relation]
        return found

    def all(self, subject: str, relation: str) -> set[str]:
        """Return the values of something."""
        return self.objects.get((subject, relation), set())


@pytest.mark.slow
@BY_SOURCE
def test_the_graph_says_what_the_record_says(source: str) -> None:
    assert assessed(source)
    for one in assessed(source):
        graph, record = Described(one), one.record
        (assessment,) = graph.subjects["Assessment"]
        assert graph.one(assessment, "assesses") == record["case"]
        assert graph.one(assessment, "asOf") == record["asOf"]
        assert graph.all(assessment, "guideline") == set(one.stated.guidelines)
        decisions = {graph.one(each, "about"): each for each in graph.subjects["Decision"]}
        assert len(decisions) == len(graph.subjects["Decision"])
        found = recommendations(one)
        assert decisions.keys() == found.keys()
        # Nothing is said of what is no part of it, such as a criterion that is no recommendation's.
        parts = {each for some in graph.subjects.values() for each in some}
        assert {each for each, _ in graph.objects} == parts
        for iri, decision in decisions.items():
            _decision(one, graph, decision, found[iri])
        applying = {each["action"]: each for each in told.applying(record)["actions"]}
        advice = {graph.one(each, "action"): each for each in graph.subjects["Advice"]}
        assert graph.all(assessment, "advice") == set(advice.values())
        assert advice.keys() == applying.keys()
        for action, node in advice.items():
            said = applying[action]
            assert WORDS[name(graph.one(node, "status"))] == said["status"]
            for side in ("for", "against"):
                assert graph.all(node, side) == {
                    decisions[each["iri"]]
                    for each in said["recommendations"]
                    if each["direction"] == side
                }
            assert graph.all(node, "disputedBy") == {
                each["publication"]
                for deciding in told.deciding(said)
                for each in deciding["evidence"]
                if each["relation"] == "disputes"
            }


def _decision(one: One, graph: Described, node: str, said: RecommendationRecord) -> None:
    stated, known, iri = one.stated, one.known, said["iri"]
    assert WORDS[name(graph.one(node, "answer"))] == said["answer"]
    assert graph.all(node, "restsOn") == set(stated.rests.get(iri, ()))
    fulfilment = stated.fulfilment(stated.advice[iri], known.answers)
    words = "".join(word.title() for word in (fulfilment or "").split("-"))
    assert {name(one) for one in graph.all(node, "fulfilment")} == ({words} if words else set())
    for relation in ("gradeStrength", "certainty"):
        assert graph.all(node, relation) == set(stated.pairs(f"ind:{relation}").get(iri, ()))
    assert {
        (
            name(graph.one(link, "relation")),
            graph.one(link, "publication"),
            graph.one(link, "passage"),
        )
        for link in graph.all(node, "evidence")
    } == {
        (LINKS[how], who, passage)
        for passage in stated.rests.get(iri, ())
        for how, who, *_ in stated.evidence[passage]
    }
    guideline = stated.advice[iri].guideline
    several = len(stated.guidelines) > 1 and guideline is not None
    assert graph.all(node, "guideline") == ({guideline} if several else set())
    assert graph.all(node, "supersededBy") == (
        {
            other
            for other, overridden in stated.pairs("ind:overrides").items()
            if iri in overridden and known.answers.get(stated.advice[other].criterion) == "met"
        }
        if said["superseded"]
        else set()
    )
    reasons = {
        stated.label(graph.one(reason, "literal")): sorted(graph.all(reason, "node"))
        for reason in graph.all(node, "because")
    }
    action = next(each for each in one.record["actions"] if said in each["recommendations"])
    assert reasons == {
        reason["literal"]: reason["nodes"]
        for reason in action["because"]
        if reason["recommendation"] == iri
    }
    possible = [
        each
        for each in stated.implicants[iri]
        if said["answer"] == "open"
        and not any(stated.opposite[literal] in known.established for literal in each.literals)
    ]
    assert graph.all(node, "settledBy") == {each.iri for each in possible}
    assert graph.all(node, "awaits") == {
        literal for each in possible for literal in each.literals - known.established
    }


# ---------------------------------------------------------------------- what was met with


@pytest.mark.slow
def test_the_random_guidelines_say_all_that_can_be_said() -> None:
    """Otherwise the comparisons above would compare nothing with nothing."""
    met: Counter[str] = Counter()
    for seed in RANDOM:
        for one in assessed(f"dressed {seed}"):
            places = [_place(one, each) for each in one.record["actions"]]
            met["phase against urgency"] += any(
                first[0] == second[0] and first[1] < second[1] and first[2] > second[2]
                for first in places
                for second in places
            )
            met["several guidelines"] += "guidelines" in one.record
            met["proposed"] += bool(one.record["proposals"])
            for action in one.record["actions"]:
                status = action["status"]
                met[status] += 1
                met[f"{status} and disputed"] += action["disputed"]
                met[f"{status} but not"] += bool(action["excepting"])
                met[f"{status} with"] += bool(action["including"])
                met["received"] += bool(action["received"])
                met["contingent"] += action["contingent"]
                met["more than four ways"] += len(action["settledBy"]) > 8
                met["reasons of proposals"] += any(
                    "proposed" in each["literal"] for each in action["because"]
                )
                for each in action["recommendations"]:
                    met[f"{each['direction']}: {each['fulfilment']}"] += 1
                    met["done"] += told.group_of(action) == "Done"
                met["superseded"] += any(each["superseded"] for each in action["recommendations"])
            for guideline in one.record.get("guidelines", [one.record["guideline"]]):
                met[f"scope {guideline['scope']}"] += 1
    wanted = {
        *ORDER,
        *(f"{status} and disputed" for status in ORDER[:5]),
        "recommended but not",
        "conditional but not",
        "contraindicated with",
        "phase against urgency",
        "several guidelines",
        "proposed",
        "received",
        "contingent",
        "more than four ways",
        "reasons of proposals",
        "superseded",
        "scope met",
        "scope open",
        "scope refuted",
        "done",
        "for: fulfilled",
        "for: not-fulfilled",
        "for: not-recorded",
        "against: fulfilled",
        "against: violated",
        "against: not-recorded",
    }
    assert {each for each in wanted if not met[each]} == set()


# ---------------------------------------------------------------------- a guideline of our own


def _advice(name: str, kind: str, action: str, criterion: str, more: str = "") -> str:
    return f":{name} a ind:{kind} ; ind:action :{action} ; ind:criterion :{criterion}{more} .\n"


@pytest.mark.slow
def test_urgency_counts_before_the_phase_and_a_condition_keeps_its_exception(
    tmp_path: Path,
) -> None:
    """What is urgent comes first although its phase is late; "but not" stays while one waits."""
    soon = " ; ind:urgency ind:{} ; ind:phase :{}"
    storm = rain.IN_RAIN.replace(":Rain ]", ":Storm ]").replace(":InRain", ":InStorm")
    text = "".join(
        (
            rain.PREFIXES,
            rain.TERMS,
            ":Storm a owl:Class ; rdfs:subClassOf ind:Finding .\n"
            ":Boots a owl:Class ; rdfs:subClassOf ind:Intervention .\n"
            ":Parasol a owl:Class ; rdfs:subClassOf :Umbrella .\n"
            ':early a ind:Phase ; rdfs:label "early"@en ; ind:order 1 .\n'
            ':late a ind:Phase ; rdfs:label "late"@en ; ind:order 2 .\n',
            f"{rain.IN_RAIN}.\n{storm}.\n",
            _advice("wear", "Indication", "Boots", "InRain", soon.format("Routine", "early")),
            _advice("take", "Indication", "Umbrella", "InRain", soon.format("Urgent", "late")),
            _advice("dry", "Contraindication", "Boots", "InStorm"),
            _advice("fold", "Contraindication", "Umbrella", "InStorm"),
            _advice("leave", "Contraindication", "Parasol", "InRain"),
        )
    )
    path = tmp_path / "guideline.ttl"
    path.write_text(text, encoding="utf-8")
    made = Assessor(path)
    (record,) = made.assess(parse(rain.CASE, path="case.ttl"))
    first, second, third = record["actions"]
    assert [one["status"] for one in record["actions"]] == [
        "conditional",
        "conditional",
        "contraindicated",
    ]
    assert (first["label"], first["urgency"], first["phase"]) == ("Umbrella", "urgent", "late")
    assert (second["label"], second["urgency"], second["phase"]) == ("Boots", "routine", "early")
    assert third["label"] == "Parasol"
    title = "Umbrella (once what is open has been excluded), but not Parasol"
    assert told.title(first) == title
    text = str(Assessment(made, parse(rain.CASE, path="case.ttl"), record))
    assert title in " ".join(text.split())
    order = (
        "NOW",
        "conditional: Umbrella",
        "ASK MEANWHILE",
        "STEPS",
        "conditional: Boots",
        "AVOID",
    )
    assert [text.index(one) for one in order] == sorted(text.index(one) for one in order)
