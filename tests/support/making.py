"""Make random guidelines within the profile, and cases of them, and write them in Turtle."""

from __future__ import annotations

import datetime
import itertools
import random
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

import brute
from brute import (
    AGES,
    DAYS,
    ENDS,
    FINDING,
    HAD_FINDING,
    HAS_FINDING,
    INTERVENTION,
    INVESTIGATION,
    ITSELF,
    ONGOING,
    PROPOSES,
    RECEIVED,
    RELATED,
    ROOTS,
    STARTS,
    WEEKS,
    Advice,
    And,
    Case,
    Expression,
    Facet,
    Guideline,
    Iri,
    Is,
    IsA,
    Measure,
    Node,
    Not,
    Or,
    Points,
    Ref,
    Related,
    Some,
    Span,
    Value,
    Within,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

T = TypeVar("T")

EX = "https://example.org/g/"
BASE = "https://example.org/case/"
IND = "https://w3id.org/indicant/core/"
TOP = "ind:PatientCase"
SINCE = (*STARTS, *ENDS)
ROLES = (
    *(HAS_FINDING, HAS_FINDING, HAD_FINDING, HAD_FINDING),
    *(RECEIVED, RECEIVED, RECEIVED, PROPOSES, PROPOSES),
)
"""The roles of existentials, each as often as it is to occur."""
PREFIXES = f"""@prefix : <{BASE}> .
@prefix ex: <{EX}> .
@prefix ind: <{IND}> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
# ---------------------------------------------------------------------- Turtle


def literal(value: Value) -> str:
    """Write a value in Turtle."""
    if isinstance(value, Iri):
        return value.name
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, float):
        return f"{value:e}"
    if isinstance(value, Decimal):
        return format(value, "f") if value.as_tuple().exponent else f"{int(value)}"
    raise TypeError(value)


def span_text(span: Span) -> str:
    """Write a data range in Turtle."""
    if not span.bounds:
        return f"xsd:{span.datatype}"
    bounds = " ".join(f"[ xsd:{kind} {literal(limit)} ]" for kind, limit in span.bounds)
    return (
        f"[ a rdfs:Datatype ; owl:onDatatype xsd:{span.datatype} ; "
        f"owl:withRestrictions ( {bounds} ) ]"
    )


def expression_text(one: Expression) -> str:
    """Write a class expression in Turtle."""
    if isinstance(one, Ref):
        return one.name
    if isinstance(one, Not):
        return f"[ a owl:Class ; owl:complementOf {expression_text(one.part)} ]"
    if isinstance(one, (And, Or)):
        word = "intersectionOf" if isinstance(one, And) else "unionOf"
        parts = " ".join(expression_text(part) for part in one.parts)
        return f"[ a owl:Class ; owl:{word} ( {parts} ) ]"
    if isinstance(one, Points):
        return facet_text(Within(one.score, one.span))
    filler = one.cls
    if one.role == ITSELF:
        facets = " ".join(facet_text(facet) for facet in one.facets)
        return f"[ a owl:Class ; owl:intersectionOf ( ind:PatientCase {facets} ) ]"
    if one.facets:
        facets = " ".join(facet_text(facet) for facet in one.facets)
        filler = f"[ a owl:Class ; owl:intersectionOf ( {one.cls} {facets} ) ]"
    rest = f"owl:someValuesFrom {filler}"
    if one.least > 1:
        number = f'"{one.least}"^^xsd:nonNegativeInteger'
        rest = f"owl:minQualifiedCardinality {number} ; owl:onClass {filler}"
    return f"[ a owl:Restriction ; owl:onProperty {one.role} ; {rest} ]"


def facet_text(facet: Facet) -> str:
    """Write a facet in Turtle."""
    if isinstance(facet, Within):
        rest = f"owl:someValuesFrom {span_text(facet.span)}"
    elif isinstance(facet, Is):
        rest = f"owl:hasValue {literal(facet.value)}"
    elif isinstance(facet, Related) and facet.facets:
        facets = " ".join(facet_text(one) for one in facet.facets)
        rest = f"owl:someValuesFrom [ a owl:Class ; owl:intersectionOf ( {facet.cls} {facets} ) ]"
    else:
        rest = f"owl:someValuesFrom {facet.cls}"
    return f"[ a owl:Restriction ; owl:onProperty {facet.property} ; {rest} ]"


def guideline_text(guideline: Guideline) -> str:
    """Write a guideline in Turtle."""
    lines = [PREFIXES, f"<{EX}> a owl:Ontology ."]
    for cls, parents in (*guideline.classes.items(), *guideline.kinds.items()):
        if cls == "ind:Sex":
            continue
        above = f" ; rdfs:subClassOf {' , '.join(parents)}" if parents else ""
        lines.append(f"{cls} a owl:Class{above} .")
    lines += [
        f"{name} a owl:Class ; owl:equivalentClass {cls} ." for name, cls in guideline.alias.items()
    ]
    for group in guideline.disjoint:
        if len(group) == 2:
            lines.append(f"{group[0]} owl:disjointWith {group[1]} .")
        else:
            lines.append(f"[] a owl:AllDisjointClasses ; owl:members ( {' '.join(group)} ) .")
    for role, cls in guideline.once:
        lines.append(
            f"ind:PatientCase rdfs:subClassOf [ a owl:Restriction ; owl:onProperty {role} ; "
            f'owl:maxQualifiedCardinality "1"^^xsd:nonNegativeInteger ; owl:onClass {cls} ] .'
        )
    for name, span in guideline.data.items():
        if name.startswith("ex:"):
            scope = f" ; rdfs:range {span_text(span)}" if span else ""
            kind = " , ind:CaseProperty" if name == "ex:c0" else ""
            if name == "ex:e0":
                scope += ' ; ind:expression "q0 * q1"'
            elif name == "ex:i0":
                kind, scope = " , ind:Interval", f"{scope} ; ind:to {guideline.gap}"
                scope += "" if guideline.far is None else f" ; ind:upTo {guideline.far}"
            lines.append(f"{name} a owl:DatatypeProperty , owl:FunctionalProperty{kind}{scope} .")
    for name, functional in guideline.objects.items():
        if name.startswith("ex:"):
            kind = " , owl:FunctionalProperty" if functional else ""
            kind += f" ; rdfs:range {guideline.reach[name]}" if name in guideline.reach else ""
            lines.append(f"{name} a owl:ObjectProperty{kind} .")
    lines += [measure_text(name, one) for name, one in guideline.measures.items()]
    for name, (functional, cls) in guideline.links.items():
        kind = " , owl:FunctionalProperty" if functional else ""
        lines.append(f"{name} a owl:ObjectProperty{kind} ; rdfs:range {cls} .")
    own = {one: types for one, types in guideline.individuals.items() if one.startswith("ex:")}
    for name, types in own.items():
        lines.append(f"{name} a owl:NamedIndividual , {' , '.join(types)} .")
    if len(own) > 1:
        lines.append(f"[] a owl:AllDifferent ; owl:distinctMembers ( {' '.join(own)} ) .")
    lines.extend(
        f"{name} a owl:Class , ind:Criterion ; owl:equivalentClass {expression_text(one)} ."
        for name, one in guideline.criteria.items()
    )
    for name, items in guideline.scores.items():
        counted = " , ".join(f"[ ind:criterion {one} ; ind:points {n} ]" for one, n in items)
        kinds = "owl:DatatypeProperty , owl:FunctionalProperty , ind:Score"
        lines.append(f"{name} a {kinds} ; ind:item {counted} .")
    for advice in guideline.advice.values():
        overrides = "".join(f" ; ind:overrides {other}" for other in advice.overrides)
        lines.append(
            f"{advice.name} a ind:{advice.kind} ; ind:action {advice.action} ; "
            f"ind:criterion {advice.criterion}{overrides} ."
        )
    return "\n".join(lines) + "\n"


def measure_text(name: str, one: Measure) -> str:
    """Write a quantity in Turtle."""
    said = [f"{name} a owl:Class , ind:Quantity ; ind:over {one.over}"]
    said.append(f"ind:aggregate ind:{one.aggregate}")
    said += [f"ind:ofProperty {one.value}"] if one.value != "ind:count" else []
    said += [f'ind:within "{one.window}"^^xsd:duration'] if one.window else []
    said += [f"ind:last {one.last}"] if one.last else []
    parts = [*one.also, *(facet_text(facet) for facet in one.where)]
    if len(parts) == 1:
        said.append(f"ind:where {parts[0]}")
    elif parts:
        said.append(f"ind:where [ a owl:Class ; owl:intersectionOf ( {' '.join(parts)} ) ]")
    return f"{' ; '.join(said)} ."


def case_text(cases: Iterable[Case]) -> str:
    """Write cases in Turtle."""
    lines = [PREFIXES]
    for case in cases:
        facts = [f'a ind:PatientCase ; ind:asOf "{case.as_of}"^^xsd:date']
        if case.born is not None:
            facts.append(f'ind:birthDate "{case.born}"^^xsd:date')
        facts += [f"{name} {literal(value)}" for name, value in case.values]
        facts += [f"{node.place} :{node.name}" for node in case.nodes if node.place in ROOTS]
        facts += [f"ind:proposes :{node.name}" for node in case.nodes if node.planned]
        facts += [f"ind:proposes {cls}" for cls in case.proposes]
        facts += [f"ind:excludes {cls}" for by, cls in case.excludes if not by]
        facts += [f"ind:neverHad {cls}" for cls in case.never]
        facts += [f"ind:doesNotPropose {cls}" for cls in case.unplanned]
        if case.all_planned is not None:
            facts.append(f"ind:recordsAllProposals {literal(case.all_planned)}")
        for cls, since in case.complete:
            facts.append(
                f"ind:recordsAll {cls}"
                if since is None
                else f"ind:completeness [ a ind:Completeness ; ind:of {cls} ; "
                f'ind:since "{since}"^^xsd:date ]'
            )
        lines.append(f":{case.name} {' ; '.join(facts)} .")
        for node in case.nodes:
            facts = [f"a {' , '.join(node.types)}"]
            facts += [f"{name} {literal(value)}" for name, value in node.values]
            for name, span in node.within:
                bounds = " ; ".join(f"ind:{kind} {literal(limit)}" for kind, limit in span.bounds)
                facts.append(f"ind:bounds [ a ind:Bounds ; ind:of {name} ; {bounds} ]")
            facts += [f"{name} :{other}" for name, other in node.links]
            begin = "ind:startedOn" if ROOTS.get(node.role) == INTERVENTION else "ind:onset"
            if node.start is not None:
                facts.append(f'{begin} "{node.start}"^^xsd:date')
            if node.end is not None:
                facts.append(f'ind:endedOn "{node.end}"^^xsd:date')
            if node.on is not None:
                facts.append(f'ind:on "{node.on}"^^xsd:date')
            if node.ongoing is not None:
                facts.append(f"ind:ongoing {literal(node.ongoing)}")
            facts += [f"ind:shows :{one.name}" for one in case.nodes if one.place == node.name]
            facts += [f"ind:excludes {cls}" for by, cls in case.excludes if by == node.name]
            lines.append(f":{node.name} {' ; '.join(facts)} .")
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------------- random guidelines


class Maker:
    """Makes random guidelines, and cases that know something about their criteria."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)  # noqa: S311 - not for secrets

    def chance(self, share: float) -> bool:
        """Return true in a share of the calls."""
        return self.random.random() < share

    def one(self, options: Iterable[T]) -> T:
        """Return one of some options."""
        return self.random.choice(list(options))

    # -------------------------------------------------------------- vocabulary

    def advised(self, guideline: Guideline, pool: Sequence[Some], plain: float) -> Guideline:
        """Return a guideline with six criteria made of atoms, each with an indication, for its own.

        Args:
            guideline: what is replaced.
            pool: the atoms.
            plain: how probable it is that an atom is not denied.
        """
        criteria: dict[str, Expression] = {}
        for number in range(6):
            few = self.random.sample(pool, self.one((2, 2, 3, 4)))
            parts: tuple[Expression, ...] = tuple(
                atom if self.chance(plain) else Not(atom) for atom in few
            )
            kinds: list[tuple[type[And | Or], type[And | Or]]] = [(And, Or), (Or, And)]
            kind, other = self.one(kinds)
            half = len(parts) // 2
            if half > 1 and self.chance(0.5):
                parts = (other(parts[:half]), other(parts[half:]))
            criteria[f"ex:C{number}"] = kind(parts)
        advice = {
            f"ex:R{number}": Advice(f"ex:R{number}", "Indication", INTERVENTION, criterion)
            for number, criterion in enumerate(criteria)
        }
        return replace(guideline, criteria=criteria, advice=advice)

    def guideline(self) -> Guideline:
        """Return a guideline within the profile."""
        classes: dict[str, tuple[str, ...]] = {}
        for stem, root in (("F", FINDING), ("I", INTERVENTION)):
            own: list[str] = []
            for number in range(self.random.randint(4, 7)):
                parents = tuple(
                    self.random.sample(own, min(len(own), self.random.choice((0, 1, 1, 1, 2))))
                )
                own.append(f"ex:{stem}{number}")
                classes[own[-1]] = parents or (root,)
        classes["ex:V0"] = (INVESTIGATION,)
        if self.chance(0.5):
            classes["ex:V1"] = ("ex:V0", "ex:I0")
        guideline = Guideline(classes)
        guideline = replace(guideline, disjoint=self._disjoint(guideline))
        guideline = replace(guideline, once=self._once(guideline))
        guideline = self._properties(guideline)
        guideline = replace(guideline, alias=self._alias(guideline))
        pool = self._pool(guideline)
        criteria: dict[str, Expression] = {}
        for number in range(self.random.randint(6, 9)):
            few = self.random.sample(pool, min(len(pool), self.random.randint(2, 5)))
            size = self.random.choice((2, 3, 4, 6, 8, 8, 10))
            body = self._expression(self.random.randint(1, 4), size, few, criteria)
            if self.chance(0.7):
                body = And((Ref(TOP), body))
            criteria[f"ex:C{number}"] = body
        return self._advice(replace(guideline, criteria=criteria))

    def _alias(self, guideline: Guideline) -> dict[str, str]:
        """Return further names for some classes, before and behind them in the alphabet."""
        names = [f"ex:{letter}{number}" for number in range(2) for letter in "AZ"]
        chosen = self.random.sample(names, self.random.choice((0, 0, 1, 2)))
        return {name: self.one(guideline.classes) for name in sorted(chosen)}

    def _disjoint(self, guideline: Guideline) -> tuple[tuple[str, ...], ...]:
        found: tuple[tuple[str, ...], ...] = ()
        for _ in range(self.random.randint(0, 6)):
            stem = self.one("FI")
            members = [cls for cls in guideline.classes if cls.startswith(f"ex:{stem}")]
            group = tuple(self.random.sample(members, self.random.choice((2, 2, 3))))
            trial = replace(guideline, disjoint=(*found, group))
            if all(trial.possible([cls]) for cls in trial.classes):
                found = trial.disjoint
        return found

    def _once(self, guideline: Guideline) -> tuple[tuple[str, str], ...]:
        found: list[tuple[str, str]] = []
        for _ in range(self.random.randint(1, 5)):
            role = self.one((RECEIVED, RECEIVED, HAS_FINDING))
            cls = self.one(cls for cls in guideline.classes if ROOTS[role] in guideline.above[cls])
            if (role, cls) not in found and all(
                role != other
                or cls in guideline.above[limited]
                or limited in guideline.above[cls]
                or guideline.apart(cls, limited)
                for other, limited in found
            ):
                found.append((role, cls))
        return tuple(found)

    def _properties(self, guideline: Guideline) -> Guideline:
        data: dict[str, Span | None] = {
            DAYS: Span("integer"),
            WEEKS: Span("decimal"),
            ONGOING: Span("boolean"),
            **dict.fromkeys(SINCE, Span("integer")),
            **dict.fromkeys(AGES, Span("integer", (("minInclusive", Decimal(0)),))),
        }
        spans: list[Span | None] = [
            None,
            None,
            Span("integer"),
            Span("decimal"),
            Span("integer", (("minInclusive", Decimal(0)), ("maxInclusive", Decimal(5)))),
            Span("decimal", (("minExclusive", Decimal(0)), ("maxExclusive", Decimal("6.5")))),
            Span("integer", (("minInclusive", Decimal(2)),)),
            Span("boolean"),
            Span("string"),
        ]
        for number in range(self.random.randint(2, 3)):
            data[f"ex:d{number}"] = self.one(spans)
        data["ex:c0"] = self.one(spans)
        objects = {"ind:outcome": True, "ind:sex": True}
        reach = {"ind:outcome": "ind:Outcome", "ind:sex": "ind:Sex"}
        kinds: dict[str, tuple[str, ...]] = {}
        individuals: dict[str, tuple[str, ...]] = {
            "ind:Failed": ("ind:Outcome",),
            "ind:Succeeded": ("ind:Outcome",),
            **dict.fromkeys(("ind:Female", "ind:Male", "ind:OtherSex"), ("ind:Sex",)),
        }
        disjoint = list(guideline.disjoint)
        for number in range(self.random.randint(1, 2)):
            objects[f"ex:o{number}"] = self.chance(0.6)
            root, low, high = f"ex:K{number}", f"ex:L{number}", f"ex:M{number}"
            kinds[root] = ()
            if self.chance(0.5):
                reach[f"ex:o{number}"] = root
            parts = [low, high] if self.chance(0.7) else []
            for part in parts:
                kinds[part] = (root,)
            if parts:
                disjoint.append((low, high))
            for each in range(self.random.randint(2, 4)):
                individuals[f"ex:v{number}{each}"] = (self.one(parts or [root]),)
        kinds["ind:Sex"] = ()
        disjoint.append(("ind:Outcome", *(root for root in kinds if not kinds[root])))
        return replace(
            guideline,
            data=data,
            objects=objects,
            reach=reach,
            kinds=kinds,
            individuals=individuals,
            disjoint=tuple(disjoint),
        )

    # -------------------------------------------------------------- criteria

    def _pool(self, guideline: Guideline) -> list[Some]:
        """Return existentials that have much to do with one another."""
        own = {*AGES, "ex:c0", "ind:sex"}
        timed = [name for name in guideline.data if name.startswith("ind:") and name not in own]
        names = [one for one in guideline.data if one not in timed] + [*guideline.objects]
        names = [one for one in names if one not in own]
        names += self.random.sample(timed, self.random.choice((0, 1, 1, 2, 3)))
        few = self.random.sample(names, min(len(names), self.random.randint(2, 4)))
        facets: list[Facet] = []
        while len(facets) < 7:
            facets.append(self._facet(guideline, self.one(few)))
        limited = [cls for _, cls in guideline.once]
        found: dict[Some, None] = {}
        for _ in range(self.random.randint(8, 13)):
            role = self.one(ROLES)
            members = [cls for cls in guideline.above if ROOTS[role] in guideline.above[cls]]
            near = [
                cls
                for cls in members
                if any(
                    one in guideline.above[cls] or cls in guideline.above[one] for one in limited
                )
            ]
            cls = self.one(near if near and self.chance(0.5) else members)
            count = self.random.choice((0, 0, 1, 1, 1, 2, 3))
            chosen = tuple(dict.fromkeys(self.random.sample(facets, count)))
            found[Some(role, cls, chosen)] = None
        for _ in range(self.random.choice((0, 0, 1, 2, 3))):
            name = self.one((*AGES[1:], "ind:sex", "ex:c0", "ex:c0"))
            found[Some(ITSELF, brute.CASE, (self._facet(guideline, name),))] = None
        return list(found)

    def _facet(self, guideline: Guideline, name: str) -> Facet:
        if name in guideline.objects:
            stem = {"ex:o0": "0", "ex:o1": "1"}.get(name)
            kinds = [guideline.reach[name]] if stem is None else [f"ex:{k}{stem}" for k in "KLM"]
            if self.chance(0.45):
                return IsA(name, self.one(k for k in kinds if k in guideline.above))
            mine = [one for one, types in guideline.individuals.items() if {*types} & {*kinds}]
            return Is(name, Iri(self.one(mine)))
        span = guideline.data[name]
        datatype = span.datatype if span else self.one(("integer", "decimal", "boolean", "string"))
        if datatype == "boolean":
            return Is(name, self.chance(0.5))
        if datatype == "string":
            return Is(name, self.one(("a", "b")))
        if self.chance(0.2):
            return Is(name, self._number(name, datatype))
        base = self.one(("integer", "decimal", datatype))
        low, high = sorted((self._number(name, base), self._number(name, base)))
        lower = (self.one(("minInclusive", "minExclusive")), low)
        upper = (self.one(("maxInclusive", "maxExclusive")), high)
        options = ((lower,), (upper,), (lower,), (upper,), (lower, upper), ())
        return Within(name, Span(base, self.one(options)))

    def _number(self, name: str, datatype: str) -> Decimal:
        if name in AGES:
            return Decimal(self.one((0, 1, 12, 17, 18, 24, 216)))
        if name in (DAYS, "ind:daysSinceStart", "ind:daysSinceEnd"):
            return Decimal(self.one((0, 41, 42, 43, 84)))
        if name == WEEKS:
            options = ("5.5", "6", "6.0", "7", "12") if datatype == "decimal" else ("5", "6", "7")
            return Decimal(self.one(options))
        if datatype == "decimal":
            return Decimal(self.one(("0", "1.5", "2", "2.0", "2.5", "3", "4.25", "-0.5")))
        return Decimal(self.one((0, 1, 2, 3, 4, 5, -1)))

    def _expression(
        self, depth: int, leaves: int, pool: Sequence[Some], named: Mapping[str, Expression]
    ) -> Expression:
        """Return an expression of bounded depth and size: HermiT searches, and size is its base."""
        if self.chance(0.28):
            return Not(self._expression(depth, leaves, pool, named))
        if depth == 0 or leaves < 2 or self.chance(0.12):
            small = [name for name, body in named.items() if len(list(_leaves(body))) <= leaves]
            if small and self.chance(0.15):
                return Ref(self.one(small))
            if self.chance(0.03):
                return Ref(self.one((TOP, "owl:Thing", "owl:Nothing")))
            atom = self.one(pool)
            return Or((atom, Not(atom))) if self.chance(0.05) else atom
        count = min(leaves, self.random.choice((2, 2, 2, 3)))
        parts = tuple(
            self._expression(depth - 1, leaves // count, pool, named) for _ in range(count)
        )
        return And(parts) if self.chance(0.5) else Or(parts)

    def _advice(self, guideline: Guideline) -> Guideline:
        actions = [cls for cls, up in guideline.above.items() if INTERVENTION in up]
        actions = self.random.sample(actions, min(len(actions), 5))
        wanted = [*guideline.criteria, *self.random.choices(list(guideline.criteria), k=3)]
        advice: dict[str, Advice] = {}
        for number, criterion in enumerate(wanted):
            kind = self.one(
                (
                    "Indication",
                    "Indication",
                    "Indication",
                    "Contraindication",
                    "Contraindication",
                    "NonIndication",
                )
            )
            name = f"ex:R{number}"
            advice[name] = Advice(name, kind, self.one(actions), criterion)
        for _ in range(self.random.randint(0, 6)):
            one, other = self.random.sample(list(advice), 2)
            trial = advice | {
                one: replace(
                    advice[one],
                    overrides=tuple(dict.fromkeys((*advice[one].overrides, other))),
                )
            }
            if not _cyclic(replace(guideline, advice=trial).overriders()):
                advice = trial
        return replace(guideline, advice=advice)

    # -------------------------------------------------------------- cases

    def case(self, guideline: Guideline, name: str) -> Case:
        """Return a case that knows some of what the criteria ask."""
        as_of = datetime.date(2024, 2, 20) + datetime.timedelta(days=self.random.randint(0, 40))
        case = Case(name, as_of)
        asked = [
            one for body in guideline.criteria.values() for one in brute.atoms_of(guideline, body)
        ]
        asked = list(dict.fromkeys(asked))
        self.random.shuffle(asked)
        known = self.one((0.5, 0.8, 0.95))
        for atom in asked:
            if not self.chance(known):
                continue
            for _ in range(3):
                if atom.role == ITSELF:
                    trial = self._own(guideline, case, atom)
                elif atom.role == PROPOSES or self.chance(0.5):
                    trial = self._with(guideline, case, atom)
                else:
                    trial = self._without(guideline, case, atom)
                if conforms(guideline, trial):
                    case = trial
                    break
        return self._completed(guideline, case, asked)

    def _own(self, guideline: Guideline, case: Case, atom: Some) -> Case:
        """Give the case itself a value."""
        (facet,) = atom.facets
        if facet.property in AGES:
            if case.born is not None or any(name in AGES for name, _ in case.values):
                return case
            number = self._number(facet.property, "integer")
            if self.chance(0.4):
                return replace(case, values=(*case.values, (facet.property, number)))
            each = {"Days": 1, "Months": 31, "Years": 366}[facet.property.removeprefix("ind:ageIn")]
            days = int(number) * each + self.random.randint(-4, 4)
            return replace(case, born=case.as_of - datetime.timedelta(days=max(0, days)))
        node = self._value(guideline, case, Node("own", ITSELF, (), case.values), facet)
        return replace(case, values=node.values)

    def _completed(self, guideline: Guideline, case: Case, asked: Sequence[Some]) -> Case:
        """Let a case say of what it records all there is."""
        if self.chance(0.5):
            return case
        for _ in range(self.one((1, 1, 2))):
            atom = self.one(asked)
            if atom.role == ITSELF:
                continue
            cls = self.one((atom.cls, self.one(sorted(guideline.above[atom.cls]))))
            since = None
            if self.chance(0.4):
                since = case.as_of - datetime.timedelta(days=self.one((0, 30, 42, 43, 84, 400)))
            if atom.role == PROPOSES:
                trial = replace(case, all_planned=self.chance(0.9))
                if self.chance(0.4):
                    trial = replace(case, unplanned=tuple({*case.unplanned, cls}))
            else:
                trial = replace(case, complete=tuple({*case.complete, (cls, since)}))
            if conforms(guideline, trial):
                case = trial
        return case

    def _without(self, guideline: Guideline, case: Case, atom: Some) -> Case:
        above = [
            cls for cls in guideline.above[atom.cls] if ROOTS[atom.role] in guideline.above[cls]
        ]
        cls = atom.cls if self.chance(0.6) else self.one(sorted(above))
        if cls in ROOTS.values() and self.chance(0.8):
            cls = atom.cls
        if atom.role == HAD_FINDING or (atom.role == HAS_FINDING and self.chance(0.1)):
            return replace(case, never=tuple(dict.fromkeys((*case.never, cls))))
        sources = ["", *(node.name for node in case.nodes if node.role == RECEIVED)]
        by = self.one(sources) if self.chance(0.5) else ""
        return replace(case, excludes=tuple(dict.fromkeys((*case.excludes, (by, cls)))))

    def _with(self, guideline: Guideline, case: Case, atom: Some) -> Case:
        below = [cls for cls, up in guideline.above.items() if atom.cls in up]
        up = sorted(
            cls for cls in guideline.above[atom.cls] if ROOTS[atom.role] in guideline.above[cls]
        )
        cls = self.one((atom.cls, atom.cls, self.one(below), self.one(up)))
        if atom.role == PROPOSES and self.chance(0.3):
            return replace(case, proposes=tuple(dict.fromkeys((*case.proposes, cls))))
        role = HAS_FINDING if atom.role == HAD_FINDING and self.chance(0.4) else atom.role
        limited = [
            root for limit, root in guideline.once if limit == role and root in guideline.above[cls]
        ]
        kin = [
            node
            for node in case.nodes
            if node.role == role
            and any(root in guideline.above[one] for root in limited for one in node.types)
        ]
        if kin or self.chance(0.2):
            kin = kin or [node for node in case.nodes if node.role == role]
        if kin:
            old = self.one(kin)
            node = replace(old, types=tuple(dict.fromkeys((*old.types, cls))))
            others = tuple(one for one in case.nodes if one is not old)
        else:
            node = Node(
                f"{case.name}-n{len(case.nodes)}", self._place(guideline, case, role), (cls,)
            )
            others = case.nodes
        if self.chance(0.1):
            node = replace(node, types=tuple(dict.fromkeys((*node.types, self.one(below)))))
        for facet in atom.facets:
            if self.chance(0.85):
                node = self._value(guideline, case, node, facet)
        if self.chance(0.15):
            node = self._dated(case, node, self.random.randint(0, 90))
        if node.role == RECEIVED and self.chance(0.02):
            node = replace(node, planned=True)
        return replace(case, nodes=(*others, node))

    def _place(self, guideline: Guideline, case: Case, role: str) -> str:
        shown = [
            node.name
            for node in case.nodes
            if node.role == RECEIVED
            and any(INVESTIGATION in guideline.above[cls] for cls in node.types)
        ]
        return self.one(shown) if role == HAS_FINDING and shown and self.chance(0.5) else role

    def _dated(self, case: Case, node: Node, days: int) -> Node:
        if node.start is not None or node.role == PROPOSES:
            return node
        end = case.as_of
        if node.role in (RECEIVED, HAD_FINDING):
            if node.end is not None or node.on is not None:
                return node
            if node.ongoing is None and self.chance(0.5):
                end -= datetime.timedelta(days=self.random.randint(0, 400))
                node = replace(node, end=end)
            elif node.role == RECEIVED and node.ongoing is None and self.chance(0.7):
                node = replace(node, ongoing=self.chance(0.8))
        return replace(node, start=end - datetime.timedelta(days=days))

    def _past(self, case: Case, node: Node, name: str, value: int) -> Node:
        """Let something have begun or ended about so many days, months or years ago."""
        if node.role == PROPOSES or {node.start, node.end, node.on} != {None}:
            return node
        each = {"days": 1, "mont": 31, "year": 366}[name[4:8]]
        days = value * each + (self.random.randint(-3, 1) if each > 1 else 0)
        day = case.as_of - datetime.timedelta(days=max(0, days))
        weeks = any(given == WEEKS for given, _ in node.values)
        if node.role == HAS_FINDING:
            return node if weeks else replace(node, start=day)
        if name.endswith("Start"):
            if self.chance(0.3) and not weeks and node.ongoing is None:
                return replace(node, on=day)
            return node if weeks else replace(node, start=day)
        if node.ongoing is not None:
            return node
        if self.chance(0.3) and not weeks:
            return replace(node, on=day)
        node = replace(node, end=day)
        if weeks or self.chance(0.5):
            return node
        return replace(node, start=day - datetime.timedelta(days=self.random.randint(0, 60)))

    def _value(self, guideline: Guideline, case: Case, node: Node, facet: Facet) -> Node:
        """Give a node a value that satisfies a facet as often as not."""
        name = facet.property
        taken = {given for given, _ in node.values}
        taken |= {given for given, _ in node.within}
        taken |= {ONGOING} if node.ongoing is not None else set()
        wanted = self.chance(0.6)
        if name in guideline.objects:
            if guideline.objects[name] and name in taken:
                return node
            options: list[Value] = [
                Iri(one)
                for one, types in guideline.individuals.items()
                if wanted == _accepts(guideline, facet, one, types)
            ]
            mine = "ind:" if name.startswith("ind:") else f"ex:v{name[-1]}"
            near = [one for one in options if isinstance(one, Iri) and one.name.startswith(mine)]
            if near and self.chance(0.9):
                options = [*near]
            value = self.one(options or [Iri("ind:Failed")])
            return replace(node, values=tuple(dict.fromkeys((*node.values, (name, value)))))
        if name in taken:
            return node
        span = guideline.data[name]
        found = [
            Decimal(value.numerator) / Decimal(value.denominator)
            if not isinstance(value, (bool, str, Iri, float, Decimal))
            else value
            for value in brute.samples([facet], span)
            if (span is None or value in span)
            and wanted
            == (
                value in facet.span
                if isinstance(facet, Within)
                else isinstance(facet, Is) and facet.key == brute.key(value)
            )
        ]
        values: list[Value] = [
            round(one, 6) if isinstance(one, Decimal) and one % 1 else one for one in found
        ]
        if values and self.chance(0.1):
            values = self._strangers(facet, span) or values
        if not values:
            return node
        value = self.one(values)
        if name == ONGOING:
            if node.role != RECEIVED or node.end or node.on or not isinstance(value, bool):
                return node
            return replace(node, ongoing=value)
        if name in SINCE:
            if isinstance(value, Decimal) and 0 <= value < 200:
                return self._past(case, node, name, int(value))
            return node
        if name in (DAYS, WEEKS):
            if isinstance(value, Decimal) and 0 <= value < 2000:
                days = int(value if name == DAYS else value * 7)
                if node.role != PROPOSES and self.chance(0.6):
                    return self._dated(case, node, days)
                weeks = Decimal(days) / 7 if name == DAYS else value
                if self.chance(0.3):
                    weeks += Decimal(self.random.randint(1, 13)) / 100
                dated = node.start is not None or node.on is not None
                if WEEKS not in taken and (not dated or self.chance(0.1)):
                    return replace(node, values=(*node.values, (WEEKS, round(weeks, 3) + 0)))
            return node
        if isinstance(value, Decimal) and node.place != ITSELF and self.chance(0.25):
            return self._bounded(guideline, node, name, value)
        if isinstance(value, Decimal) and value == int(value):
            plain = Decimal(int(value))
            tenth = span is None or span.datatype == "decimal"
            value = Decimal(f"{plain}.0") if tenth and self.chance(0.3) else plain
        return replace(node, values=(*node.values, (name, value)))

    def _bounded(self, guideline: Guideline, node: Node, name: str, value: Decimal) -> Node:
        """Let a value be known within bounds, at least one of which a facet may name."""
        step = Decimal(self.one(("0", "0.5", "1", "2")))
        kinds = [("minInclusive", "minExclusive"), ("maxInclusive", "maxExclusive")]
        bounds = [
            (self.one(pair) if step else pair[0], value + sign * step)
            for pair, sign in zip(kinds, (-1, 1), strict=True)
            if self.chance(0.75)
        ]
        span = guideline.data[name]
        within = Span("decimal", tuple(bounds))
        if not bounds or (span is not None and span.datatype not in ("integer", "decimal")):
            return node
        near = brute.samples([Within(name, within)], span)
        if not any(one in within and (span is None or one in span) for one in near):
            return node
        return replace(node, within=(*node.within, (name, within)))

    def _strangers(self, facet: Facet, span: Span | None) -> list[Value]:
        """Return values close to those that a facet names, or that nothing names."""
        near = Decimal(self.random.choice((-1, 1))) / self.random.choice((10, 20, 100))
        bounds = facet.span.bounds if isinstance(facet, Within) else ()
        numbers: list[Value] = [limit + near for _, limit in bounds if isinstance(limit, Decimal)]
        texts: list[Value] = [True, False, "stranger"]
        return [one for one in (*numbers, *texts) if span is None or one in span]

    # -------------------------------------------------------------- versions

    def revised(self, guideline: Guideline) -> Guideline:
        """Return another version of a guideline: one or two things changed, within the profile."""
        for _ in range(self.random.randint(1, 2)):
            change = self.one(
                (
                    self._other_advice,
                    self._other_criterion,
                    self._other_place,
                    self._other_values,
                    self._other_function,
                    self._other_limits,
                    self._other_names,
                )
            )
            guideline = change(guideline)
        return guideline

    def _other_advice(self, guideline: Guideline) -> Guideline:
        name = self.one(guideline.advice)
        one = guideline.advice[name]
        actions = sorted({other.action for other in guideline.advice.values()})
        new = replace(one, action=self.one(actions), criterion=self.one(guideline.criteria))
        if self.chance(0.3):
            new = replace(
                new, kind="Contraindication" if one.kind == "Indication" else "Indication"
            )
        trial = replace(guideline, advice={**guideline.advice, name: new})
        return guideline if _cyclic(trial.overriders()) else trial

    def _other_criterion(self, guideline: Guideline) -> Guideline:
        name = self.one(guideline.criteria)
        if any(Ref(name) in _leaves(one) for one in guideline.criteria.values()):
            return guideline
        pool = [
            atom for body in guideline.criteria.values() for atom in brute.atoms_of(guideline, body)
        ]
        if not pool:
            return guideline
        few = self.random.sample(pool, min(len(pool), 3))
        body = self._expression(2, 4, few, {})
        return replace(guideline, criteria={**guideline.criteria, name: body})

    def _other_place(self, guideline: Guideline) -> Guideline:
        """Move a class elsewhere in the hierarchy."""
        order = list(guideline.classes)
        cls = self.one(order)
        root = FINDING if FINDING in guideline.above[cls] else INTERVENTION
        before = [one for one in order[: order.index(cls)] if root in guideline.above[one]]
        parents = (self.one((root, *before)),)
        return self._sound(
            guideline, replace(guideline, classes={**guideline.classes, cls: parents})
        )

    def _other_values(self, guideline: Guideline) -> Guideline:
        """Let an individual be of another class."""
        own = [one for one in guideline.individuals if one.startswith("ex:")]
        one = self.one(own)
        stem = one[4]
        kinds = [f"ex:{k}{stem}" for k in "KLM" if f"ex:{k}{stem}" in guideline.kinds]
        if not kinds:
            return guideline
        types = (self.one(kinds[1:] or kinds),)
        return replace(guideline, individuals={**guideline.individuals, one: types})

    def _other_function(self, guideline: Guideline) -> Guideline:
        """Let an object property have one value or any number of them."""
        name = self.one(one for one in guideline.objects if one.startswith("ex:"))
        return replace(guideline, objects={**guideline.objects, name: not guideline.objects[name]})

    def _other_limits(self, guideline: Guideline) -> Guideline:
        """Let what occurs once occur more often, or the other way round."""
        once = list(guideline.once)
        if once and self.chance(0.5):
            once.remove(self.one(once))
            return replace(guideline, once=tuple(once))
        cls = self.one(guideline.classes)
        role = HAS_FINDING if FINDING in guideline.above[cls] else RECEIVED
        more = tuple(dict.fromkeys((*once, (role, cls))))
        return self._sound(guideline, replace(guideline, once=more))

    def _other_names(self, guideline: Guideline) -> Guideline:
        """Say that a class has the name of another one as well."""
        if self.chance(0.5):
            return guideline
        used = {one.action for one in guideline.advice.values()}
        leaves = [
            cls
            for cls in guideline.classes
            if cls not in used
            and not any(cls in parents for parents in guideline.classes.values())
            and not any(cls in group for group in guideline.disjoint)
            and not any(cls == other for _, other in guideline.once)
            and cls not in guideline.alias.values()
            and not any(
                cls == atom.cls
                for body in guideline.criteria.values()
                for atom in brute.atoms_of(guideline, body)
            )
        ]
        if not leaves:
            return guideline
        name = self.one(leaves)
        root = FINDING if FINDING in guideline.above[name] else INTERVENTION
        peers = [one for one in guideline.classes if root in guideline.above[one] and one != name]
        classes = {one: up for one, up in guideline.classes.items() if one != name}
        trial = replace(
            guideline, classes=classes, alias={**guideline.alias, name: self.one(peers)}
        )
        return self._sound(guideline, trial)

    @staticmethod
    def _sound(guideline: Guideline, trial: Guideline) -> Guideline:
        """Return the changed guideline where its classes can have members and are told apart."""
        limits = trial.once
        apart = all(
            role != other
            or one in trial.above[two]
            or two in trial.above[one]
            or trial.apart(one, two)
            for (role, one), (other, two) in itertools.combinations(limits, 2)
        )
        return trial if apart and all(trial.possible([cls]) for cls in trial.above) else guideline


class CountingMaker(Maker):
    """Makes guidelines that count things and add up points."""

    def guideline(self) -> Guideline:
        """Return a guideline within the profile."""
        guideline = super().guideline()
        criteria = {
            name: self._counted(guideline, body) for name, body in guideline.criteria.items()
        }
        short = [name for name, body in criteria.items() if len(list(_leaves(body))) <= 4]
        if not short:
            return replace(guideline, criteria=criteria)
        items = self.random.sample(short, min(len(short), self.one((1, 2, 3, 4))))
        score = tuple((name, self.one((1, 1, 1, 2, 3))) for name in items)
        total = sum(points for _, points in score)
        advice = dict(guideline.advice)
        for number in range(3):
            body: Expression = Points("ex:s0", self._span(total))
            if self.chance(0.5):
                other: Expression = Ref(self.one(short))
                if self.chance(0.5):
                    other = Not(other)
                parts = (body, other) if self.chance(0.5) else (other, body)
                body = And(parts) if self.chance(0.5) else Or(parts)
            elif self.chance(0.4):
                body = Or((body, Points("ex:s0", self._span(total))))
            criteria[f"ex:P{number}"] = Not(body) if self.chance(0.2) else body
            name = f"ex:Q{number}"
            actions = [one.action for one in guideline.advice.values()]
            advice[name] = Advice(name, "Indication", self.one(actions), f"ex:P{number}")
        return replace(guideline, criteria=criteria, scores={"ex:s0": score}, advice=advice)

    def _span(self, total: int) -> Span:
        low, high = sorted(self.random.choices(range(total + 2), k=2))
        lower = (self.one(("minInclusive", "minExclusive")), Decimal(low))
        upper = (self.one(("maxInclusive", "maxExclusive")), Decimal(high))
        return Span("integer", self.one(((lower,), (lower,), (upper,), (lower, upper))))

    def _counted(self, guideline: Guideline, one: Expression) -> Expression:
        """Let some existentials demand several things."""
        if isinstance(one, Not):
            return Not(self._counted(guideline, one.part))
        if isinstance(one, (And, Or)):
            return type(one)(tuple(self._counted(guideline, part) for part in one.parts))
        if isinstance(one, Some) and one.role in (HAS_FINDING, RECEIVED) and self.chance(0.3):
            return replace(one, least=self.one((2, 2, 3)))
        return one

    def case(self, guideline: Guideline, name: str) -> Case:
        """Return a case with several things of the kinds that are counted."""
        case = super().case(guideline, name)
        counted = [
            atom
            for body in guideline.criteria.values()
            for atom in brute.atoms_of(guideline, body)
            if atom.least > 1
        ]
        for atom in dict.fromkeys(counted):
            for _ in range(self.one((0, 0, atom.least - 1, atom.least, atom.least + 1))):
                trial = self._with(guideline, case, atom)
                if conforms(guideline, trial):
                    case = trial
        return case


class BesideMaker(Maker):
    """Makes guidelines about one course recorded once and classes above, below and beside it.

    Their criteria are short and share facets, so that what is known of the one course decides
    about what could be another.
    """

    role = RECEIVED

    def guideline(self) -> Guideline:
        """Return a guideline within the profile."""
        self.role = self.one((RECEIVED, HAS_FINDING))
        root = ROOTS[self.role]
        classes: dict[str, tuple[str, ...]] = {"ex:Care": (root,), "ex:Act": (root,)}
        classes["ex:Deed"] = (self.one((root, "ex:Care", "ex:Act")),)
        classes["ex:Course"] = self.one((("ex:Care",), (root,), ("ex:Care", "ex:Deed")))
        classes["ex:Low"] = ("ex:Course",)
        lower = (("ex:Course", "ex:Act"), ("ex:Course", "ex:Deed"), ("ex:Low", "ex:Act"))
        classes["ex:Both"] = self.one(lower)
        classes["ex:Side"] = self.one((("ex:Act",), ("ex:Deed",), ("ex:Act", "ex:Deed")))
        guideline = Guideline(classes, once=((self.role, "ex:Course"),))
        for _ in range(self.random.randint(0, 2)):
            pair = tuple(self.random.sample(list(classes), 2))
            trial = replace(guideline, disjoint=(*guideline.disjoint, pair))
            if all(trial.possible([cls]) for cls in classes):
                guideline = trial
        if self.chance(0.2):
            guideline = replace(guideline, once=(*guideline.once, (self.role, "ex:Low")))
        guideline = self._properties(guideline)
        own = {*AGES, "ex:c0", "ind:sex"}
        every = [one for one in (*guideline.data, *guideline.objects) if one not in own]
        names = self.random.sample(every, 3)
        facets = [self._facet(guideline, self.one(names)) for _ in range(4)]
        roles = (self.role, self.role if self.role == RECEIVED else HAD_FINDING)
        pool = [
            Some(
                self.one(roles),
                self.one(classes),
                tuple(dict.fromkeys(self.random.sample(facets, n))),
            )
            for n in self.random.choices((0, 1, 1, 2, 2, 3), k=7)
        ]
        return self.advised(guideline, pool, 0.5)

    def case(self, guideline: Guideline, name: str) -> Case:
        """Return a case with a course of several kinds, of which something is known."""
        case = Case(name, datetime.date(2024, 2, 20))
        asked = [
            facet
            for body in guideline.criteria.values()
            for atom in brute.atoms_of(guideline, body)
            for facet in atom.facets
        ]
        for number in range(self.one((0, 1, 1, 2))):
            types = tuple(self.random.sample(list(guideline.classes), self.one((1, 2, 2, 3))))
            if number == 0 and self.chance(0.7):
                types = tuple(dict.fromkeys(("ex:Course", *types)))
            before = self.role == HAS_FINDING and self.chance(0.3)
            node = Node(f"{name}-n{number}", HAD_FINDING if before else self.role, types)
            for facet in dict.fromkeys(asked):
                if self.chance(0.4):
                    node = self._value(guideline, case, node, facet)
            trial = replace(case, nodes=(*case.nodes, node))
            if conforms(guideline, trial):
                case = trial
        for _ in range(self.one((0, 0, 1, 2))):
            excluded = (*case.excludes, ("", self.one(guideline.classes)))
            trial = replace(case, excludes=tuple(dict.fromkeys(excluded)))
            if self.role == HAS_FINDING and self.chance(0.5):
                trial = replace(case, never=tuple(dict.fromkeys((*case.never, excluded[-1][1]))))
            if conforms(guideline, trial):
                case = trial
        atoms = [
            atom for body in guideline.criteria.values() for atom in brute.atoms_of(guideline, body)
        ]
        return self._completed(guideline, case, atoms)


def _leaves(one: Expression) -> Iterator[Expression]:
    if isinstance(one, Not):
        yield from _leaves(one.part)
    elif isinstance(one, (And, Or)):
        for part in one.parts:
            yield from _leaves(part)
    else:
        yield one


def _accepts(guideline: Guideline, facet: Facet, one: str, types: Iterable[str]) -> bool:
    if isinstance(facet, IsA):
        return any(facet.cls in guideline.above[cls] for cls in types)
    return isinstance(facet, Is) and facet.value == Iri(one)


def _cyclic(above: Mapping[str, set[str]]) -> bool:
    left = dict(above)
    while left:
        free = [one for one, others in left.items() if not others & left.keys()]
        if not free:
            return True
        for one in free:
            del left[one]
    return False


def conforms(guideline: Guideline, case: Case) -> bool:
    """Tell whether a case contradicts neither itself nor the vocabulary."""
    for node in case.nodes:
        if not guideline.possible(node.types):
            return False
    for one in case.nodes:
        above = {(one.role, up) for cls in one.types for up in guideline.above[cls]}
        if one.role in {HAS_FINDING, RECEIVED} and any(
            up == cls for _, up in above for _, cls in case.excludes
        ):
            return False
        if one.role != RELATED and any(up in case.never for _, up in above):
            return False
        for other in case.nodes:
            shared = above & {
                (other.role, up) for cls in other.types for up in guideline.above[cls]
            }
            if one is not other and shared & {*guideline.once}:
                return False
    planned = [node.types for node in case.nodes if node.role == PROPOSES or node.planned]
    planned += [(cls,) for cls in case.proposes]
    return not any(
        cls in guideline.above[own] for types in planned for own in types for cls in case.unplanned
    )
