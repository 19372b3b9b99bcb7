"""Evidence: the data that ship are those of the tables, and every assessment shows them."""

from __future__ import annotations

import csv
import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import pytest
from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, RDF, SKOS

from each import each
from indicant.assess import prose
from indicant.assess.assessor import Assessor
from indicant.assess.reasons import answering
from indicant.assess.records import RELATIONS, ActionRecord, CaseRecord, EvidenceRecord
from indicant.files import resources
from indicant.files.rdf import Document, parse, read
from indicant.screen import Screens
from indicant.screen.markdown import as_markdown
from indicant.screen.text import as_text
from indicant.terms import local_name
from places import ASSESSED, SHARED
from shipped import assessor

if TYPE_CHECKING:
    from pathlib import Path

TABLE = SHARED / "curation" / "evidence.csv"
GUIDELINE = "neck-pain-after-lumbar-fusion"
CASES = ASSESSED[::6]

IND = Namespace("https://w3id.org/indicant/core/")
BIBO = Namespace("http://purl.org/ontology/bibo/")
CITO = Namespace("http://purl.org/spar/cito/")
FABIO = Namespace("http://purl.org/spar/fabio/")
G = Namespace(f"https://w3id.org/indicant/guideline/{GUIDELINE}/")
WORDS = {
    CITO.agreesWith: "agrees",
    CITO.disputes: "disputes",
    CITO.qualifies: "qualifies",
    CITO.citesAsRelated: "related",
}
UNVERIFIED = (
    "10.3171/2014.4.SPINE14281",
    "24980590",
    "10.3171/2014.4.SPINE14270",
    "10.3171/2009.2.SPINE08722",
    "10.1016/j.jacr.2021.01.020",
)
REWORDED = {"s03-E05", "s38-E54"}
NOT_READ = re.compile(r"not seen|only|bibliographic|header")


@cache
def data() -> Graph:
    """Return the guideline's own files."""
    graph = Graph()
    for file in sorted((resources.ontology() / "guidelines" / GUIDELINE).rglob("*.ttl")):
        if file.name != "example.ttl":
            graph.parse(file)
    return graph


@cache
def links() -> dict[str, tuple[URIRef, str, str, str]]:
    """Return each link's IRI, publication, passage and relation, by its name."""
    found = {}
    for link in data().subjects(RDF.type, IND.EvidenceLink):
        assert isinstance(link, URIRef)
        values = [list(data().objects(link, IND[name])) for name in ("publication", "passage")]
        (publication,), (passage,) = values
        (relation,) = data().objects(link, IND.relation)
        assert isinstance(relation, URIRef)
        found[local_name(str(link))] = (
            link,
            local_name(str(publication)),
            local_name(str(passage)),
            WORDS[relation],
        )
    return found


@cache
def table() -> list[dict[str, str]]:
    """Return the curated table, or skip the test where it is not at hand."""
    if not TABLE.is_file():
        pytest.skip("the curated table is not part of the project and not at hand")
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def example() -> CaseRecord:
    (record,) = assessor().assess(assessor().example(), everything=True)
    return record


def actions(record: CaseRecord) -> dict[str, ActionRecord]:
    return {local_name(one["action"]): one for one in record["actions"]}


def text_of(subject: URIRef, predicate: URIRef) -> str | None:
    """Return the one text that a subject has for a predicate, if any, in English or in none."""
    found = data().objects(subject, predicate)
    values = [one for one in found if getattr(one, "language", None) in {None, "en"}]
    assert len(values) < 2, (subject, predicate)
    return str(values[0]) if values else None


# ---------------------------------------------------------------------- the data


def test_the_numbers_of_publications_and_links() -> None:
    """Of 117 links 38 count as support, 30 dispute, 39 qualify and 10 are related reading."""
    assert len(set(data().subjects(RDF.type, IND.Publication))) == 64
    assert Counter(relation for *_, relation in links().values()) == {
        "agrees": 38,
        "disputes": 30,
        "qualifies": 39,
        "related": 10,
    }


def test_every_row_of_the_table_is_a_link_and_every_link_a_row() -> None:
    """Basis and note are carried; a relation is the table's, or related reading that says why."""
    relations = {"agrees": "agrees", "disputes": "disputes", "nuances": "qualifies"}
    assert len(table()) == len(links()) == 117
    for row in table():
        name = f"{row['statement_id']}-{row['evidence_id']}"
        link, publication, passage, relation = links()[name]
        assert (publication, passage) == (row["evidence_id"], row["statement_id"])
        assert text_of(link, IND.basis) == row["basis"]
        assert (text_of(link, IND.note) == row["note"]) == (name not in REWORDED)
        if relation != relations[row["relation"]]:
            assert relation == "related", name
            assert text_of(link, SKOS.editorialNote), name


def test_what_was_not_read_supports_nothing() -> None:
    """A basis that names what was not seen makes related reading, unless a note says why not."""
    for name, (link, *_, relation) in each(links().items()):
        basis = text_of(link, IND.basis) or ""
        if NOT_READ.search(basis):
            assert relation == "related", name
        if relation == "related" or not re.fullmatch(r"(abstract|recommendation \w+) seen", basis):
            assert text_of(link, SKOS.editorialNote), name


def test_a_link_is_a_plain_cito_triple_as_well() -> None:
    stated = {
        (local_name(str(publication)), local_name(str(passage)), word)
        for relation, word in WORDS.items()
        for publication, passage in data().subject_objects(relation)
    }
    assert stated == {tuple(rest) for _, *rest in links().values()}


def test_publications_are_those_of_the_table_and_know_nothing_more() -> None:
    """Title, authors, venue, year and numbers are the table's; what it lacks is left out."""
    rows = {row["evidence_id"]: row for row in table()}
    assert set(rows) == {local_name(str(one)) for one in data().subjects(RDF.type, IND.Publication)}
    for name, row in rows.items():
        publication = G[name]
        assert text_of(publication, DCTERMS.title) == row["title"]
        assert text_of(publication, BIBO.doi) == (row["doi"] or None)
        assert text_of(publication, BIBO.pmid) == (row["pmid"] or None)
        assert text_of(publication, DCTERMS.issued) == (row["year"] or None)
        authors = text_of(publication, IND.authors)
        assert authors == (None if "not shown" in row["authors"] else row["authors"])
        central = re.search(r"PMC\d+", row["venue"])
        assert text_of(publication, FABIO.hasPubMedCentralId) == (central and central[0])
        venue = text_of(publication, IND.venue)
        assert venue is None or row["venue"].startswith(venue)
        assert venue or "not shown" in row["venue"] or central


def test_nothing_unverified_is_loaded() -> None:
    text = (resources.ontology() / "guidelines" / GUIDELINE / "evidence.ttl").read_text("utf-8")
    assert not [number for number in UNVERIFIED if number in text]


def test_no_publication_is_one_of_the_marks_of_the_source() -> None:
    for mark in range(1, 7):
        citation = G[f"citation-{mark}"]
        assert {predicate for _, predicate in data().subject_predicates(citation)} == {CITO.cites}
        assert set(data().predicates(citation)) <= {
            RDF.type,
            SKOS.notation,
            URIRef("http://www.w3.org/2000/01/rdf-schema#label"),
        }


# ---------------------------------------------------------------------- the record


def test_a_recommendation_shows_the_evidence_of_its_passages() -> None:
    """Each link of each passage, once, as a join of the data gives it."""
    seen = set()
    for action in example()["actions"]:
        for one in action["recommendations"]:
            rests = {
                local_name(str(passage))
                for passage in data().objects(URIRef(one["iri"]), IND.restsOn)
            }
            wanted = sorted(rest for _, *rest in links().values() if rest[1] in rests)
            shown = [
                [local_name(said["publication"]), said["passage"], str(said["relation"])]
                for said in one["evidence"]
            ]
            assert sorted(shown) == wanted, one["iri"]
            order = [list(RELATIONS).index(said["relation"]) for said in one["evidence"]]
            assert order == sorted(order)
            assert one["disputed"] == ("disputes" in {relation for *_, relation in wanted})
            seen.add(one["iri"])
    assert len(seen) == 30


def test_evidence_carries_what_is_needed_to_look_it_up() -> None:
    (said,) = [
        said
        for one in actions(example())["Gabapentin"]["recommendations"]
        for said in one["evidence"]
        if said["relation"] == "disputes"
    ]
    assert said == EvidenceRecord(
        relation="disputes",
        publication=str(G.E28),
        title="Anticonvulsants in the treatment of low back pain and lumbar radicular pain: "
        "a systematic review and meta-analysis",
        authors="Enke O et al.",
        year="2018",
        venue="CMAJ 190(26):E786-E793",
        doi="10.1503/cmaj.171333",
        pmid="29970367",
        pmcid=None,
        passage="s13",
        note="Moderate-to-high-quality evidence that gabapentinoids are ineffective for lumbar "
        "radicular/low back pain, with more adverse events.",
        basis="abstract seen",
        certainty=None,
    )


def test_an_action_is_disputed_by_what_made_its_status() -> None:
    """Advice against opioids and against manipulation is not disputed; early MRI is."""
    disputed = {name: one["disputed"] for name, one in actions(example()).items()}
    assert disputed["CervicalMri"]
    assert disputed["Gabapentin"]
    assert not disputed["LongTermOpioidTherapy"]
    assert not disputed["SpinalManipulation"]
    assert not disputed["SpinalFusion"]
    fusion = actions(example())["SpinalFusion"]
    assert fusion["status"] == "contraindicated"
    assert any(one["disputed"] for one in fusion["recommendations"])


def test_related_reading_disputes_nothing() -> None:
    for action in each(example()["actions"]):
        for one in each(action["recommendations"]):
            relations = {said["relation"] for said in one["evidence"]}
            if relations <= {"agrees", "qualifies", "related"}:
                assert not one["disputed"]


# ---------------------------------------------------------------------- what is printed


def shown(form: str) -> str:
    screens = Screens(assessor(), "full")
    (screen,) = screens.of(assessor().example())
    render = as_text if form == "text" else as_markdown
    return render(screen, screens.words)


def test_text_says_who_disputes_the_action_it_concerns() -> None:
    blocks = re.split(r"\n(?=  [^ ]|\n)", shown("text"))
    (mri, *_), (opioids, *_) = (
        [block for block in blocks if title in block.split("\n")[0]]
        for title in ("recommended: cervical MRI", "contraindicated: long-term opioid therapy")
    )
    flat = " ".join(mri.split())
    assert "disputed ACR Expert Panel on Neurological Imaging 2019" in flat
    assert "doi:10.1016/j.jacr.2019.02.023 (s02, s03)" in flat
    assert "disputed" not in opioids


def test_markdown_tells_for_against_and_qualifying_and_keeps_related_reading_apart() -> None:
    text = shown("markdown")
    section = text[text.index("recommended: cervical MRI") : text.index("thoracic MRI**")]
    passages = section.split("\n    - ")[1:]
    leads = ["- agrees:", "- disputes:", "- qualifies:", "- related reading"]
    for passage in passages:
        places = [passage.find(lead) for lead in leads]
        found = [place for place in places if place > -1]
        assert found == sorted(found)
    assert all(lead in section for lead in leads)
    assert "- **disputed**: ACR Expert Panel" in section
    assert "Consider MRI when radiculopathy present 6 weeks and not improving." in section
    (related,) = [one for one in section.split("\n") if "Blanpied PR et al. 2017" in one]
    assert related.lstrip().startswith("- related reading")


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, "Rain A 2019, doi:10.1/x"),
        ({"doi": None}, "Rain A 2019, PMID 7"),
        ({"doi": None, "pmid": None}, "Rain A 2019, PMC7"),
        ({"doi": None, "pmid": None, "pmcid": None}, "Rain A 2019, J Weather"),
        ({"doi": None, "pmid": None, "pmcid": None, "venue": "Rain A"}, "Rain A 2019"),
        ({"year": None, "authors": None}, "On umbrellas, doi:10.1/x"),
    ],
)
def test_a_reference_is_short_and_leads_to_the_publication(
    changes: dict[str, str | None], wanted: str
) -> None:
    whole = {
        "title": "On umbrellas",
        "authors": "Rain A",
        "year": "2019",
        "venue": "J Weather",
        "doi": "10.1/x",
        "pmid": "7",
        "pmcid": "PMC7",
    }
    assert prose.reference({**whole, **changes}) == wanted  # type: ignore[typeddict-item]


@pytest.mark.many(15)
@pytest.mark.parametrize("file", CASES, ids=lambda file: file.parent.name)
def test_the_graph_says_what_the_record_says(file: Path) -> None:
    """The same links for each decision, and the same publications that dispute each advice."""
    document = read(file)
    (record,) = assessor().assess(document)
    graph = described(document)
    for action in record["actions"]:
        (advice,) = graph.subjects(IND.action, URIRef(action["action"]))
        disputing = {
            said["publication"]
            for one in answering(action["status"], action["recommendations"])
            for said in one["evidence"]
            if said["relation"] == "disputes"
        }
        assert {str(one) for one in graph.objects(advice, IND.disputedBy)} == disputing
        assert bool(disputing) == action["disputed"]
        for one in action["recommendations"]:
            (decision,) = graph.subjects(IND.about, URIRef(one["iri"]))
            told = {
                (
                    local_name(str(graph.value(link, IND.passage))),
                    str(graph.value(link, IND.publication)),
                    WORDS[URIRef(str(graph.value(link, IND.relation)))],
                )
                for link in graph.objects(decision, IND.evidence)
            }
            assert told == {
                (said["passage"], said["publication"], said["relation"]) for said in one["evidence"]
            }


def described(document: Document) -> Graph:
    triples = "".join(f"{triple} .\n" for triple in assessor().describe(document))
    return Graph().parse(data=triples, format="nt")


# ---------------------------------------------------------------------- guidelines of others

RAIN = """\
@prefix : <https://example.org/rain/> .
@prefix cito: <http://purl.org/spar/cito/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

<https://example.org/rain/> a owl:Ontology , ind:Guideline ; owl:imports ind: .
:Rain a owl:Class ; rdfs:subClassOf ind:Finding .
:Umbrella a owl:Class ; rdfs:subClassOf ind:Intervention .
:InRain a owl:Class , ind:Criterion ; rdfs:subClassOf ind:PatientCase ;
    owl:equivalentClass [
        a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom :Rain
    ] .
:take-an-umbrella a ind:Indication ; ind:action :Umbrella ; ind:criterion :InRain ;
    ind:restsOn :p1 .
:p1 a ind:Passage ; dcterms:identifier "p1" ; ind:sha256 "00" ; oa:hasSelector :place ;
    ind:paraphrase "Take one." .
:place oa:start 0 ; oa:end 9 .
"""
LINK = """
:p1-work a ind:EvidenceLink ; ind:publication :work ; ind:passage :p1 ; ind:relation cito:disputes .
"""
CASE = """\
@prefix : <https://example.org/rain/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:today a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; ind:hasFinding [ a :Rain ] .
"""


@pytest.mark.slow
def test_a_guideline_without_evidence_and_one_with_the_least_of_it(tmp_path: Path) -> None:
    """Evidence is optional, and so is all that is known of a publication but its name."""
    pytest.importorskip("pysat")
    document = parse(CASE, path="case.ttl")
    records = []
    for name, text in (("without", RAIN), ("with", RAIN + LINK)):
        file = tmp_path / f"{name}.ttl"
        file.write_text(text, encoding="utf-8")
        (record,) = Assessor(file, use_cache=False).assess(document)
        (action,) = record["actions"]
        records.append(action)
    without, least = records
    assert not without["disputed"]
    assert without["recommendations"][0]["evidence"] == []
    assert least["disputed"]
    (said,) = least["recommendations"][0]["evidence"]
    assert (said["title"], said["authors"], said["note"]) == ("work", None, None)
    assert prose.reference(said) == "work"


def test_a_literal_is_what_a_note_is() -> None:
    """Notes are text in English and in German, bases in English."""
    for link, *_ in each(links().values()):
        for predicate, tags in ((IND.note, ["de", "en"]), (IND.basis, ["en"])):
            values = [one for one in data().objects(link, predicate) if isinstance(one, Literal)]
            assert sorted(one.language or "" for one in values) == tags
