"""What a compiled guideline states, and what is known of a case, by queries of the tests' own."""

from __future__ import annotations

import functools
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from told import name

if TYPE_CHECKING:
    from indicant.assess.assessor import Assessor
    from indicant.files.rdf import Document

IND: Final = "https://w3id.org/indicant/core/"
TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
PREFIXES: Final = """\
PREFIX bibo: <http://purl.org/ontology/bibo/>
PREFIX cito: <http://purl.org/spar/cito/>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX fabio: <http://purl.org/spar/fabio/>
PREFIX ind: <https://w3id.org/indicant/core/>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""
ANSWERS: Final = {"meets": "met", "refutes": "refuted", "leavesOpen": "open"}
Said = tuple[str, str, str, str, str, str]
LAST: Final = 99
"""The order of what states none."""


@dataclass(frozen=True)
class Advice:
    """A recommendation as it is stated."""

    iri: str
    kind: str
    action: str
    criterion: str
    label: str
    strength: str | None
    grade: str | None
    certainty: str | None
    urgency: str | None
    soon: int
    phase: str | None
    guideline: str | None

    @property
    def direction(self) -> str:
        """Tell whether it speaks for its action or against it."""
        return "for" if self.kind == "Indication" else "against"


@dataclass(frozen=True)
class Stage:
    """A phase as it is stated."""

    iri: str
    order: int
    label: str
    definition: str | None
    contingent: bool


@dataclass(frozen=True)
class Implicant:
    """A least set of literals that gives a recommendation an answer."""

    iri: str
    answer: str
    literals: frozenset[str]


@dataclass
class Known:
    """What is known of one case."""

    iri: str
    established: set[str] = field(default_factory=set)
    attesting: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    answers: dict[str, str] = field(default_factory=dict)
    received: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    proposed: set[str] = field(default_factory=set)


class Stated:
    """What a guideline states, whatever the case."""

    def __init__(self, assessor: Assessor) -> None:
        self.assessor = assessor
        self._pairs: dict[str, dict[str, list[str]]] = {}
        self.store = ox.Store()
        self.store.load(assessor.compiled.graph, format=ox.RdfFormat.N_TRIPLES)

    def rows(self, where: str, *names: str) -> list[tuple[str, ...]]:
        """Return the rows of a query, nothing as an empty text; texts in English alone."""
        select = " ".join(f"?{one}" for one in names)
        found = self.store.query(f"{PREFIXES} SELECT DISTINCT {select} WHERE {{ {where} }}")
        assert isinstance(found, ox.QuerySolutions)
        rows = []
        for row in found:
            terms = [row[one] for one in names]
            if any(
                isinstance(one, ox.Literal) and one.language not in {None, "en"} for one in terms
            ):
                continue
            rows.append(tuple("" if one is None else one.value for one in terms))
        return sorted(rows)

    def pairs(self, relation: str) -> dict[str, list[str]]:
        """Return what stands in a relation, by subject, in order."""
        if relation not in self._pairs:
            found = self._pairs[relation] = defaultdict(list)
            for one, other in self.rows(f"?one {relation} ?other", "one", "other"):
                found[one].append(other)
        return self._pairs[relation]

    @functools.cached_property
    def labels(self) -> dict[str, str]:
        """Return what things are called."""
        return {one: texts[0] for one, texts in self.pairs("rdfs:label").items()}

    def label(self, iri: str) -> str:
        """Return what something is called."""
        return self.labels.get(iri, name(iri))

    @functools.cached_property
    def advice(self) -> dict[str, Advice]:
        """Return every recommendation."""
        kinds = {"Indication", "Contraindication", "NonIndication"}
        of = {
            relation: {one: found[0] for one, found in self.pairs(relation).items()}
            for relation in (
                "ind:action",
                "ind:criterion",
                "ind:strength",
                "ind:gradeStrength/skos:notation",
                "ind:certainty/skos:notation",
                "ind:urgency/skos:notation",
                "ind:urgency/ind:order",
                "ind:phase",
                "dcterms:isPartOf",
            )
        }
        action, criterion, strength, grade, certainty, urgency, soon, phase, part = of.values()
        return {
            iri: Advice(
                iri,
                name(kind),
                action[iri],
                criterion[iri],
                self.label(iri),
                strength.get(iri),
                grade.get(iri),
                certainty.get(iri),
                urgency.get(iri),
                int(soon.get(iri, LAST)),
                phase.get(iri),
                part.get(iri),
            )
            for iri, kinds_of in self.pairs("a").items()
            for kind in kinds_of
            if name(kind) in kinds and kind.startswith(IND) and iri in action
        }

    @functools.cached_property
    def stages(self) -> dict[str, Stage]:
        """Return the phases in their order."""
        order = self.pairs("ind:order")
        definition = self.pairs("skos:definition")
        contingent = self.pairs("ind:contingent")
        found = [
            Stage(
                iri,
                int(order[iri][0]) if iri in order else LAST,
                self.label(iri),
                definition[iri][0] if iri in definition else None,
                contingent.get(iri, [""])[0] in {"true", "1"},
            )
            for (iri,) in self.rows("?one a ind:Phase", "one")
        ]
        return {one.iri: one for one in sorted(found, key=lambda one: (one.order, one.iri))}

    @functools.cached_property
    def guidelines(self) -> list[str]:
        """Return the guidelines that there are."""
        return [iri for (iri,) in self.rows("?one a ind:Guideline", "one")]

    @functools.cached_property
    def implicants(self) -> dict[str, list[Implicant]]:
        """Return what gives each recommendation an answer, the shortest first."""
        literals = self.pairs("ind:literal")
        found: dict[str, list[Implicant]] = defaultdict(list)
        for relation, answer in (("meets", "met"), ("refutes", "refuted")):
            for iri, subjects in self.pairs(f"ind:{relation}").items():
                for subject in subjects:
                    if subject in self.advice:
                        one = Implicant(iri, answer, frozenset(literals.get(iri, ())))
                        found[subject].append(one)
        return found

    @functools.cached_property
    def opposite(self) -> dict[str, str]:
        """Return the literal that denies each."""
        sides: dict[str, dict[str, str]] = defaultdict(dict)
        where = "?one ind:existential ?fact ; ind:polarity ?sign"
        for one, fact, sign in self.rows(where, "one", "fact", "sign"):
            sides[fact][name(sign)] = one
        return {
            one: both["Absent" if sign == "Present" else "Present"]
            for both in sides.values()
            for sign, one in both.items()
            if len(both) == 2
        }

    @functools.cached_property
    def facts(self) -> dict[str, tuple[str, str, str]]:
        """Return the term, the name and the polarity of each literal."""
        where = """?one ind:existential ?fact ; ind:polarity ?sign .
            ?fact ind:filler ?term ; rdfs:label ?called"""
        return {
            one: (term, called, name(sign).lower())
            for one, term, called, sign in self.rows(where, "one", "term", "called", "sign")
        }

    @functools.cached_property
    def roles(self) -> dict[str, str]:
        """Return whether each literal is about a finding, or what was received or proposed."""
        where = "?one ind:existential ?fact . ?fact ind:role ?role"
        return {one: name(role) for one, role in self.rows(where, "one", "role")}

    @functools.cached_property
    def within(self) -> dict[str, set[str]]:
        """Return the classes at and above each class."""
        return {one: set(above) for one, above in self.pairs("ind:subsumedBy").items()}

    def below(self, iri: str) -> set[str]:
        """Return the interventions below an intervention."""
        return {one for one, above in self.within.items() if iri in above and one != iri}

    def fulfilment(self, one: Advice, answers: dict[str, str]) -> str | None:
        """Return what has become of a recommendation, by the criterion that it says fulfils it."""
        stated = self.pairs("ind:fulfilledBy").get(one.iri)
        if not stated:
            return None
        undone = "not-fulfilled" if one.direction == "for" else "violated"
        words = {"met": "fulfilled", "refuted": undone, "open": "not-recorded"}
        return words[answers[stated[0]]]

    @functools.cached_property
    def evidence(self) -> dict[str, set[Said]]:
        """Return what publications say of each passage.

        Each with relation, who, of what, note, basis and certainty.
        """
        where = """?one a ind:EvidenceLink ; ind:relation ?how ; ind:publication ?who ;
            ind:passage ?what .
            OPTIONAL { ?one ind:note ?note }
            OPTIONAL { ?one ind:basis ?basis }
            OPTIONAL { ?one ind:certainty/skos:notation ?certainty }"""
        words = {
            "agreesWith": "agrees",
            "disputes": "disputes",
            "qualifies": "qualifies",
            "citesAsRelated": "related",
        }
        found: dict[str, set[Said]] = defaultdict(set)
        names = ("how", "who", "what", "note", "basis", "certainty")
        for how, *rest in self.rows(where, *names):
            who, what, note, basis, certainty = rest
            found[what].add((words[name(how)], who, what, note, basis, certainty))
        return found

    @functools.cached_property
    def tensions(self) -> list[str]:
        """Return where the source is at odds with itself."""
        return [iri for (iri,) in self.rows("?one a ind:Tension", "one")]

    @functools.cached_property
    def rests(self) -> dict[str, list[str]]:
        """Return the passages on which things rest."""
        return self.pairs("ind:restsOn")

    @functools.cached_property
    def passages(self) -> dict[str, str]:
        """Return the short name of each passage."""
        found = self.pairs("dcterms:identifier")
        return {iri: found[iri][0] for (iri,) in self.rows("?one oa:hasSelector ?any", "one")}

    def alike(self, iri: str) -> set[str]:
        """Return an intervention with what is the same by another name."""
        above = self.within.get(iri, set())
        return {iri} | {one for one in above if iri in self.within.get(one, ())}

    def counting(self, action: str) -> list[Advice]:
        """Return what counts for an action: what is for it, and what is against it or above it."""
        above = self.within.get(action, set()) | {action}
        same = self.alike(action)
        return [
            one
            for one in self.advice.values()
            if one.action in (same if one.direction == "for" else above)
        ]

    def place(self, one: Advice) -> tuple[int, int]:
        """Return how soon a recommendation is, and in which phase."""
        return one.soon, self.stages[one.phase].order if one.phase in self.stages else LAST

    def known(self, document: Document) -> Known:
        """Return what is known of the one case of a document."""
        triples = list(self.assessor.begin(document).known())
        objects: dict[tuple[str, str], set[str]] = defaultdict(set)
        for one in triples:
            if not isinstance(one.subject, ox.Triple) and not isinstance(one.object, ox.Triple):
                objects[one.subject.value, one.predicate.value].add(one.object.value)
        (case,) = [
            subject
            for (subject, relation), values in objects.items()
            if relation == TYPE and IND + "PatientCase" in values
        ]
        found = Known(case, objects[case, IND + "establishes"])
        for (subject, relation), values in objects.items():
            if relation == IND + "attests":
                for literal in values:
                    found.attesting[literal].add(subject)
        for relation, answer in ANSWERS.items():
            found.answers |= dict.fromkeys(objects[case, IND + relation], answer)
        for node in objects[case, IND + "received"]:
            for cls in objects[node, TYPE]:
                for action in self.within.get(cls, ()):
                    found.received[action].add(node)
        for plan in objects[case, IND + "proposes"]:
            found.proposed |= {plan} if plan in self.within else objects[plan, TYPE]
        return found


@functools.cache
def stated(assessor: Assessor) -> Stated:
    """Return what a guideline states, read once."""
    return Stated(assessor)
