"""The guideline as a whole: the advice it owes its source, and nothing in it that is idle."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pytest
from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS

from each import each
from indicant.files import resources
from indicant.files.rdf import read
from indicant.files.sources import load, resolve
from indicant.terms import local_name
from places import ASSESSED
from shipped import assessor

if TYPE_CHECKING:
    from rdflib.term import Node

IND = Namespace("https://w3id.org/indicant/core/")
SPINE = Namespace("https://w3id.org/indicant/spine/")
G = Namespace("https://w3id.org/indicant/guideline/neck-pain-after-lumbar-fusion/")
FOR = {IND.Indication}
AGAINST = {IND.Contraindication, IND.NonIndication}


@dataclass(frozen=True)
class Row:
    """Advice that the source gives, the recommendations that encode it, and its passages."""

    advice: str
    actions: dict[str, str]
    passages: str
    against: bool = False
    urgency: str = "Routine"
    phase: str | None = None

    @property
    def recommendations(self) -> list[URIRef]:
        """Return the recommendations of the row."""
        return [G[name] for name in self.actions]

    @property
    def passage_names(self) -> list[str]:
        """Return the passages of the row, ranges written out."""
        names: list[str] = []
        for part in self.passages.split():
            first, _, last = part.partition("-")
            names += [f"s{at:02}" for at in range(int(first[1:]), int((last or first)[1:]) + 1)]
        return names


ROWS = [
    Row(
        "MRI of both regions at once",
        {"cervical-mri": "CervicalMri", "thoracic-mri": "ThoracicMri"},
        "s02-s05",
        urgency="Immediate",
        phase="diagnostic-workup",
    ),
    Row(
        "formal physical therapy with exercise",
        {
            "formal-physical-therapy": "FormalPhysicalTherapy",
            "core-strengthening": "CoreStrengthening",
            "cervical-stabilization": "CervicalStabilizationExercise",
            "postural-retraining": "PosturalRetraining",
        },
        "s06-s09 s12 s41 s42",
        phase="phase-1",
    ),
    Row(
        "manual therapy and gentle mobilization",
        {
            "manual-therapy": "ManualTherapy",
            "soft-tissue-mobilization": "SoftTissueMobilization",
            "cervical-mobilization": "CervicalMobilization",
        },
        "s10",
        phase="phase-1",
    ),
    Row(
        "no manipulation",
        {"no-manipulation": "SpinalManipulation"},
        "s11",
        against=True,
        phase="phase-1",
    ),
    Row(
        "gabapentin or pregabalin",
        {"gabapentin": "Gabapentin", "pregabalin": "Pregabalin"},
        "s13 s14",
        phase="phase-2",
    ),
    Row(
        "NSAID and muscle relaxant",
        {"nsaid": "Nsaid", "muscle-relaxant": "MuscleRelaxant"},
        "s15",
        phase="phase-2",
    ),
    Row(
        "no long-term opioids",
        {"no-long-term-opioids": "LongTermOpioidTherapy"},
        "s16",
        against=True,
        phase="phase-2",
    ),
    Row(
        "epidural injection",
        {"cervical-epidural-steroid-injection": "CervicalEpiduralSteroidInjection"},
        "s17 s18",
        phase="phase-3",
    ),
    Row(
        "facet joint injection",
        {"facet-joint-injection": "FacetJointInjection"},
        "s17 s19 s20",
        phase="phase-3",
    ),
    Row(
        "urgent referral",
        {"urgent-neurosurgical-referral": "UrgentNeurosurgicalReferral"},
        "s21-s24",
        urgency="Urgent",
    ),
    Row(
        "six months of conservative care",
        {"six-months-of-conservative-care": "ConservativeManagement"},
        "s25 s26",
    ),
    Row(
        "no operation before them",
        {"six-months-before-surgery": "SpinalSurgery"},
        "s25 s26",
        against=True,
    ),
    Row(
        "decompression alone",
        {"foraminotomy": "Foraminotomy"},
        "s27",
        phase="surgical-decision",
    ),
    Row(
        "no fusion for isolated radiculopathy",
        {"fusion-not-for-isolated-radiculopathy": "SpinalFusion"},
        "s28",
        against=True,
    ),
    Row(
        "no operation for degeneration alone, and no consultation before six months",
        {
            "surgery-not-for-degeneration-alone": "SpinalSurgery",
            "consultation-after-six-months": "SurgicalConsultation",
        },
        "s29-s32",
        against=True,
    ),
    Row(
        "conservative care for degeneration alone",
        {"conservative-care-for-degeneration": "ConservativeManagement"},
        "s29 s31 s32",
    ),
    Row(
        "no operation for a stable deformity",
        {"surgery-not-for-stable-deformity": "SpinalSurgery"},
        "s35",
        against=True,
    ),
    Row(
        "no fusion for images alone or for mild change",
        {
            "fusion-not-for-imaging-alone": "SpinalFusion",
            "fusion-not-for-mild-change": "SpinalFusion",
        },
        "s36-s38",
        against=True,
    ),
    Row(
        "no operation for bone spurs",
        {"surgery-not-for-osteophytes": "SpinalSurgery"},
        "s39 s40",
        against=True,
    ),
    Row(
        "no operation before formal physical therapy",
        {"physical-therapy-before-surgery": "SpinalSurgery"},
        "s42 s24",
        against=True,
    ),
]


@cache
def whole() -> Graph:
    """Return the guideline with all that it imports."""
    text = "".join(
        f"{quad.triple} .\n"
        for document in load(resolve(None)).documents
        for quad in document.quads
    )
    return Graph().parse(data=text, format="nt")


@cache
def cases() -> Graph:
    """Return the cases of the tests and the example of the guideline, merged."""
    merged = Graph()
    for file in [*ASSESSED, *sorted(resources.ontology().rglob("example.ttl"))]:
        merged.parse(file)
    return merged


def recommendations() -> set[URIRef]:
    """Return every recommendation of the guideline."""
    return {
        node
        for kind in FOR | AGAINST
        for node in whole().subjects(RDF.type, kind)
        if isinstance(node, URIRef)
    }


def criteria_of(recommendation: URIRef) -> set[URIRef]:
    """Return the criterion of a recommendation and the criteria that it refers to."""
    graph = whole()
    criteria = set(graph.subjects(RDF.type, IND.Criterion))
    queue = list(graph.objects(recommendation, IND.criterion))
    seen = set()
    while queue:
        node = queue.pop()
        if node in seen:
            continue
        seen.add(node)
        queue += [value for _, _, value in graph.triples((node, None, None))]
    return {node for node in seen & criteria if isinstance(node, URIRef)}


def row_id(row: Row) -> str:
    return row.advice.replace(" ", "-")


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_the_advice_is_there(row: Row) -> None:
    """Each recommendation of a row speaks of its action, in its direction, as soon as it is due."""
    graph = whole()
    for name, action in row.actions.items():
        recommendation = G[name]
        kinds = set(graph.objects(recommendation, RDF.type))
        assert kinds & (AGAINST if row.against else FOR), name
        assert graph.value(recommendation, IND.action) == SPINE[action], name
        assert graph.value(recommendation, IND.urgency) == IND[row.urgency], name
        phase = graph.value(recommendation, IND.phase)
        assert phase == (G[row.phase] if row.phase else None), name
        assert str(graph.value(recommendation, IND.strength) or "").strip(), name


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_the_advice_rests_on_its_passages(row: Row) -> None:
    """A recommendation of the row, its criterion, or a fact or tension about it names each one."""
    graph = whole()
    speakers: set[object] = set()
    for recommendation in row.recommendations:
        speakers |= {recommendation, *criteria_of(recommendation)}
        speakers |= set(graph.subjects(IND.touches, recommendation))
    for name in row.passage_names:
        assert set(graph.subjects(IND.restsOn, G[name])) & speakers, name


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_the_advice_carries_its_passages(row: Row) -> None:
    """The recommendations themselves name a passage of the row, so that the answer shows it."""
    for recommendation in each(row.recommendations):
        shown = {local_name(str(one)) for one in whole().objects(recommendation, IND.restsOn)}
        assert shown & set(row.passage_names), recommendation


def test_every_recommendation_is_advice_of_the_source() -> None:
    """No recommendation lies outside the rows, none is in two, and there are thirty."""
    listed = [recommendation for row in ROWS for recommendation in row.recommendations]
    assert len(listed) == len(set(listed)) == 30
    assert recommendations() == set(listed)


def test_what_stands_under_a_phase_belongs_to_it() -> None:
    """A recommendation that rests on a passage of a numbered phase is in that phase."""
    graph = whole()
    found = set()
    for recommendation in recommendations():
        for passage in graph.objects(recommendation, IND.restsOn):
            section = str(graph.value(passage, IND.section))
            at = section.find("Phase ")
            if at >= 0:
                found.add(section[at + 6])
                assert graph.value(recommendation, IND.phase) == G[f"phase-{section[at + 6]}"]
    assert found == {"1", "2", "3"}


def test_phases_and_urgencies_are_used_and_ordered() -> None:
    graph = whole()
    for kind, link in ((IND.Phase, IND.phase), (IND.Urgency, IND.urgency)):
        found = set(graph.subjects(RDF.type, kind))
        assert found == set(graph.objects(None, link))
        orders = []
        for one in found:
            order = graph.value(one, IND.order)
            assert isinstance(order, Literal)
            orders.append(order.toPython())
        assert sorted(orders) == list(range(1, len(found) + 1))


def test_alternatives_name_each_other() -> None:
    pairs = set(whole().subject_objects(IND.alternativeTo))
    assert (G.gabapentin, G.pregabalin) in pairs
    assert {(other, one) for one, other in pairs} == pairs


@pytest.mark.parametrize(
    "passages",
    [
        {"s24", "s26", "s07"},
        {"s02", "s06", "s08", "s26", "s32"},
        {"s30", "s32", "s43"},
        {"s33"},
    ],
    ids=lambda passages: "-".join(sorted(passages)),
)
def test_the_tension_is_told_with_its_resolution(passages: set[str]) -> None:
    """One tension rests on these passages, says how it is read, and shows up in advice."""
    graph = whole()
    found = [
        tension
        for tension in graph.subjects(RDF.type, IND.Tension)
        if passages <= {local_name(str(one)) for one in graph.objects(tension, IND.restsOn)}
    ]
    assert len(found) == 1
    assert str(graph.value(found[0], IND.resolution))
    touched = set(graph.objects(found[0], IND.touches))
    assert touched
    assert touched <= recommendations()


def test_tensions_show_up_in_the_answers_that_they_touch() -> None:
    (record,) = assessor().assess(assessor().example(), everything=True)
    for action in each(record["actions"]):
        shown = {tension["iri"] for tension in action["tensions"]}
        due = {
            str(tension)
            for one in action["recommendations"]
            for tension in whole().subjects(IND.touches, URIRef(one["iri"]))
            if (tension, RDF.type, IND.Tension) in whole()
        }
        assert shown == due, action["action"]


def test_the_list_that_is_cut_off_gives_no_advice() -> None:
    """The last list of the source is recorded as an omission, and nothing else rests on it."""
    (omission,) = whole().subjects(IND.restsOn, G.s45)
    assert (omission, RDF.type, IND.Omission) in whole()
    assert (omission, IND.touches, G["urgent-neurosurgical-referral"]) in whole()


def test_facts_tensions_and_omissions_are_about_advice() -> None:
    graph = whole()
    for kind in (IND.Fact, IND.Tension):
        for one in graph.subjects(RDF.type, kind):
            assert set(graph.objects(one, IND.touches)), one
            assert set(graph.objects(one, IND.restsOn)), one


def test_every_class_of_the_domain_is_used() -> None:
    """A criterion, an action, a case or a value uses it, or it lies above what is used."""
    graph = whole()
    used: set[Node] = set(graph.objects(None, IND.action))
    used |= set(graph.objects(None, IND.establishedBy))
    used |= set(graph.objects(None, OWL.someValuesFrom))
    for head in graph.objects(None, OWL.intersectionOf):
        used |= set(Collection(graph, head))
    used |= set(cases().objects(None, RDF.type)) | set(cases().objects(None, IND.excludes))
    used |= set(cases().objects(None, IND.proposes))
    values = set(cases().objects(None, SPINE.severity))
    used |= {kind for value in values for kind in graph.objects(value, RDF.type)}
    above = {up for one in used for up in graph.transitive_objects(one, RDFS.subClassOf)}
    domain = {one for one in graph.subjects(RDF.type, OWL.Class) if str(one).startswith(str(SPINE))}
    assert len(domain) > 70
    assert {local_name(str(one)) for one in domain - above} == set()


def test_every_finding_and_intervention_is_in_a_case_or_above_one() -> None:
    """What can be recorded is recorded, excluded or proposed by some case, itself or below it."""
    graph = whole()
    told = set(cases().objects(None, RDF.type)) | set(cases().objects(None, IND.excludes))
    told |= set(cases().objects(None, IND.proposes))
    asked = set(graph.objects(None, OWL.someValuesFrom))
    for head in graph.objects(None, OWL.intersectionOf):
        asked |= set(Collection(graph, head))
    above = {up for one in told for up in graph.transitive_objects(one, RDFS.subClassOf)}
    wanted = {one for one in asked if str(one).startswith(str(SPINE))}
    assert {local_name(str(one)) for one in wanted - above} == set()


def test_every_individual_and_property_of_the_domain_is_used() -> None:
    """A case has the value, or something in the ontology points at it."""
    graph = whole()
    values = set(cases().objects())
    values |= {value for _, link, value in graph if link not in {RDF.first, RDF.type}}
    for individual in graph.subjects(RDF.type, OWL.NamedIndividual):
        if str(individual).startswith(str(SPINE)):
            assert individual in values, individual
    for kind in (OWL.ObjectProperty, OWL.DatatypeProperty):
        for prop in graph.subjects(RDF.type, kind):
            if str(prop).startswith(str(SPINE)):
                assert set(cases().subject_objects(prop)), prop


@pytest.mark.slow
def test_every_overriding_changes_an_answer() -> None:
    """For some case the overridden one would be met, and one overriding one alone prevents it."""
    stated = set(whole().subject_objects(IND.overrides))
    assert len(stated) >= 3
    query = """PREFIX ind: <https://w3id.org/indicant/core/>
        SELECT ?case ?stronger ?weaker WHERE {
          ?case ind:meets ?condition , ?own ; ind:refutes ?weaker .
          ?stronger ind:criterion ?condition ; ind:overrides ?weaker .
          ?weaker ind:criterion ?own .
        }"""
    shown: set[tuple[str, str]] = set()
    for file in ASSESSED:
        with assessor().parts(read(file)) as parts:
            rows = [row for part in parts for row in part.select(query)]
        for _, overriding, overridden in rows:
            if [row[2] for row in rows].count(overridden) == 1:
                shown.add((str(overriding), str(overridden)))
    for stronger, weaker in stated:
        assert (str(stronger), str(weaker)) in shown, (stronger, weaker)


@pytest.mark.slow
def test_every_non_indication_gives_way_to_what_is_indicated() -> None:
    """None of them is met for a case for which an indication below it is met."""
    kinds = {str(one) for one in whole().subjects(RDF.type, IND.NonIndication)}
    assert len(kinds) == 4
    for file in ASSESSED:
        (record,) = assessor().assess(read(file), everything=True)
        for action in record["actions"]:
            answers = {one["iri"]: one["answer"] for one in action["recommendations"]}
            favoured = {one["direction"] for one in action["recommendations"]} >= {"for"}
            if favoured and any(
                one["answer"] == "met"
                for one in action["recommendations"]
                if one["direction"] == "for"
            ):
                assert all(answers[iri] == "refuted" for iri in kinds & set(answers)), file


def test_the_guideline_names_its_document() -> None:
    graph = whole()
    (guideline,) = graph.subjects(RDF.type, IND.Guideline)
    (document,) = graph.objects(guideline, DCTERMS.source)
    assert (document, RDF.type, IND.SourceDocument) in graph
    assert graph.value(guideline, IND.scope) == G.InScope
