"""Write a compiled guideline as a library of CQL over FHIR R4, to be raced against.

Of each literal there is a define that is true where a record says so, and of each recommendation
one that is true where an implicant meets it, and one where an implicant refutes it. Whatever no
record says is false: that there is no record is never taken for absence, so that nothing is null.
It asks less of a record than the intake does, which also weighs what several records say together,
what is dated after the as-of date or by the components of a panel, and whether the patient is dead.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant.files.rdf import text_of
from indicant.intake import readings
from indicant.intake.events import Coding
from indicant.terms import IND, LABEL, TYPE, local_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from indicant.api.guideline import Guideline
    from indicant.intake.codes import Terms
    from indicant.intake.readings import Reading

RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
_NOT_IN_R4: Final = {
    "MedicationRequest": frozenset[str](),
    "Procedure": frozenset({"focus", "notDone", "notPerformed"}),
}
"""Elements of other releases, which the types of R4 do not have."""
_CONCEPTS: Final = frozenset({"clinicalStatus", "verificationStatus"})
_OWN: Final = "http://terminology.hl7.org/CodeSystem/"
_ANY: Final = "Codes: any"
TYPES: Final = ("Condition", "DiagnosticReport", "MedicationRequest", "Observation", "Procedure")
"""The types of records that are asked."""
_LISTS: Final = frozenset({"focus"})
_FALSE: Final = "false"


@dataclass(frozen=True)
class Literal:
    """An atom that is said to be there, or not: its name, its filler, and the codes that say so."""

    iri: str
    label: str
    filler: str
    present: bool
    is_finding: bool
    codes: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """The name of its define."""
        return f"{'Present' if self.present else 'Absent'}: {self.label}"


@dataclass(frozen=True)
class Logic:
    """What a guideline decides: its IRI, literals, and the implicants of each recommendation.

    ``met`` and ``refuted`` are by local name of a recommendation, each implicant by the IRIs of its
    literals.
    """

    guideline: str
    terms: Terms
    literals: Mapping[str, Literal]
    met: Mapping[str, tuple[tuple[str, ...], ...]]
    refuted: Mapping[str, tuple[tuple[str, ...], ...]]


def logic_of(guideline: Guideline, codes: tuple[str, ...] = ()) -> Logic:
    """Take the implicants of the recommendations of a guideline, as they were compiled.

    ``codes`` are tables of codes beside those of the guideline.
    """
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    text = guideline.assessor.compiled.graph
    for one in ox.parse(text, format=ox.RdfFormat.N_TRIPLES):
        if isinstance(one.object, ox.Literal) and one.object.language not in {None, "en"}:
            continue
        said[text_of(one.subject)][one.predicate.value].append(text_of(one.object))
    terms = guideline.reader(codes)._terms
    establishing: dict[str, set[str]] = defaultdict(set)
    for subject, values in said.items():
        for path in ("proves", "disproves"):
            for literal in values.get(IND + path, ()):
                establishing[literal].add(subject)
    literals = {}
    for iri, values in said.items():
        if IND + "polarity" not in values:
            continue
        atom = said[values[IND + "existential"][0]]
        present = values[IND + "polarity"] == [IND + "Present"]
        fillers = atom[IND + "filler"]
        saying = _codes(terms, establishing[iri], fillers[0], present=present)
        literals[iri] = Literal(
            iri,
            atom[LABEL][0],
            fillers[0],
            present,
            terms.is_kind(fillers[0], "Finding"),
            saying,
        )
    found: dict[str, dict[str, list[tuple[str, ...]]]] = {
        path: {local_name(one): [] for one, values in said.items() if IND + "action" in values}
        for path in ("meets", "refutes")
    }
    for values in said.values():
        for path, by_name in found.items():
            for one in values.get(IND + path, ()):
                if local_name(one) in by_name:
                    by_name[local_name(one)].append(tuple(sorted(values[IND + "literal"])))
    met, refuted = (
        {name: tuple(sorted(found[path][name], key=_short)) for name in sorted(found[path])}
        for path in ("meets", "refutes")
    )
    used = {one for each in (met, refuted) for some in each.values() for of in some for one in of}
    (own,) = (one for one, values in said.items() if IND + "Guideline" in values[TYPE])
    return Logic(own, terms, {one: literals[one] for one in sorted(used)}, met, refuted)


def _short(implicant: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    return len(implicant), implicant


def _codes(
    terms: Terms, classes: Iterable[str], filler: str, *, present: bool
) -> tuple[tuple[str, str], ...]:
    """Return the codes, by what FHIR calls their systems, under which a record says a literal.

    Those of the class itself come first.
    """
    wanted = set(classes)
    named: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for system, (scheme, prefix) in sorted(terms.tables.systems.items()):
        if not system.startswith("urn:"):
            named[scheme].append((system, prefix))
    found = set()
    for scheme, code in terms._rows:
        for system, prefix in named.get(scheme, [(scheme, "")]):
            coding = Coding(system, prefix + code)
            meant = terms.meant([coding])
            said = set(meant.terms if present else meant.denied)
            if said & wanted:
                found.add((filler not in said, system, coding.code))
    return tuple((system, code) for _, system, code in sorted(found))


# ---------------------------------------------------------------------- CQL


def written(logic: Logic, name: str, *, at_once: bool) -> str:
    """Return the library of CQL.

    Either each literal retrieves its records by a value set of its own, or the records of a type
    are retrieved once, by all codes that there are, and each literal looks among them: which runs
    faster, since cql-exec-fhir goes through a whole bundle for each retrieval.
    """
    lines = [f"library {name} version '0.1.0'", "using FHIR version '4.0.1'"]
    if at_once:
        lines.append(f"valueset {_quoted(_ANY)}: '{logic.guideline}'")
    else:
        lines += [
            f"valueset {_quoted(_set(one))}: '{one.iri}'"
            for one in logic.literals.values()
            if one.codes
        ]
    lines += ["parameter AsOf Date", "context Patient"]
    if at_once:
        lines += [_define(f"All: {one}", f"[{one}: {_quoted(_ANY)}]") for one in TYPES]
    for one in sorted(logic.literals.values(), key=lambda one: one.name):
        said = [f"exists ({each})" for each in _records(logic.terms, one, at_once=at_once)]
        lines.append(_define(one.name, "\n  or ".join(said) or _FALSE))
    for answer, by_name in (("Met", logic.met), ("Refuted", logic.refuted)):
        for recommendation, implicants in by_name.items():
            parts = [
                "(" + " and ".join(_quoted(logic.literals[each].name) for each in of) + ")"
                for of in implicants
            ]
            lines.append(_define(f"{answer}: {recommendation}", "\n  or ".join(parts) or _FALSE))
    return "\n".join(lines) + "\n"


def value_sets(logic: Logic) -> dict[str, dict[str, list[dict[str, str]]]]:
    """Return the codes of each value set, as the code service of cql-execution takes them."""
    every = sorted({code for one in logic.literals.values() for code in one.codes})
    sets = {one.iri: one.codes for one in logic.literals.values() if one.codes}
    return {
        iri: {"0": [{"system": system, "code": code} for system, code in codes]}
        for iri, codes in {**sets, logic.guideline: every}.items()
    }


def _define(name: str, body: str) -> str:
    return f"define {_quoted(name)}:\n  {body}"


def _set(literal: Literal) -> str:
    """Return the name of the value set of a literal."""
    return f"Codes: {literal.name}"


def _quoted(name: str) -> str:
    assert not {'"', "\\"} & set(name), name
    return f'"{name}"'


def _records(terms: Terms, literal: Literal, *, at_once: bool) -> list[str]:
    """Return the queries for the records that say a literal."""
    if not literal.codes:
        return []

    def query(kind: str, *standings: str) -> str:
        return _query(terms, literal, kind, frozenset(standings), at_once=at_once)

    finding = literal.is_finding
    if finding and terms.measure([literal.filler]) is not None:
        return []
    if finding:
        standing = readings.PRESENT if literal.present else readings.ABSENT
        meaning = readings.POSITIVE if literal.present else readings.NEGATIVE
        rows = [query("Condition", standing)]
        if not literal.present:
            rows = [f"{one} and (date from R.recordedDate.value) = AsOf" for one in rows]
        seen = query("Observation", readings.OBSERVED)
        day = "(date from (R.effective as FHIR.dateTime).value) = AsOf"
        return [*rows, f"{seen} and {day} and {_answers(terms, meaning)}"]
    if not literal.present:
        return []  # no row says of what is done that it is not
    standings = (readings.RECEIVED, readings.ONGOING)
    kinds = ["Procedure"]
    if any(system == RXNORM for system, _ in literal.codes):
        kinds.append("MedicationRequest")
    found = [query(kind, *standings) for kind in kinds]
    if terms.is_kind(literal.filler, "Investigation"):
        found.append(query("DiagnosticReport", *standings))
        seen = query("Observation", readings.OBSERVED)
        found.append(f"{seen} and R.value is FHIR.Quantity")
    return found


def _query(
    terms: Terms, literal: Literal, kind: str, standings: frozenset[str], *, at_once: bool
) -> str:
    rows = [one for one in terms.tables.readings[kind] if one.standing in standings]
    held = " or ".join(f"({_holding(one)})" for one in rows)
    if not at_once:
        return f"[{kind}: {_quoted(_set(literal))}] R where ({held})"
    medication = kind == "MedicationRequest"
    codes = "((R.medication as FHIR.CodeableConcept).coding)" if medication else "(R.code.coding)"
    among = f"exists ({codes} K where {_one_of(literal.codes)})"
    return f"{_quoted(f'All: {kind}')} R where {among} and ({held})"


def _one_of(codes: Iterable[tuple[str, str]]) -> str:
    """Return the condition that a coding is one of some."""
    by_system: dict[str, list[str]] = defaultdict(list)
    for system, code in codes:
        by_system[system].append(f"'{code}'")
    either = (
        f"(K.system.value = '{system}' and K.code.value in {{{', '.join(listed)}}})"
        for system, listed in by_system.items()
    )
    return f"({' or '.join(either)})"


def _holding(row: Reading) -> str:
    """Return the condition under which a row holds of a record."""
    unknown = _NOT_IN_R4.get(row.record_type, frozenset())
    parts = []
    for element, values in row.when:
        if element in unknown:
            assert readings.MISSING in values, row.name
            continue
        parts.append(_worth(f"R.{element}", element, values))
    return " and ".join(parts)


def _worth(path: str, element: str, values: frozenset[str]) -> str:
    gone = f"Count({path}) = 0" if element in _LISTS else f"{path} is null"
    either = [gone] if readings.MISSING in values else []
    named = sorted(values - {readings.MISSING, readings.PRESENT_AT_ALL})
    if readings.PRESENT_AT_ALL in values:
        either.append(f"{path} is not null")
    if set(named) & {"true", "false"}:
        either += [f"{path}.value = {one}" for one in named]
    elif named and element in _CONCEPTS:
        listed = ", ".join(f"'{one}'" for one in named)
        either.append(
            f"exists ({path}.coding K where StartsWith(K.system.value, '{_OWN}') "
            f"and K.code.value in {{{listed}}})"
        )
    elif named:
        listed = ", ".join(f"'{one}'" for one in named)
        either.append(f"{path}.value in {{{listed}}}")
    return "(" + " or ".join(either) + ")"


def _answers(terms: Terms, meaning: str) -> str:
    """Return the condition that the value of an observation says yes, or no."""
    truth = "true" if meaning == readings.POSITIVE else "false"
    wanted = {meaning} if meaning == readings.POSITIVE else {meaning, readings.NO}
    codes = [one for one, answer in sorted(terms.tables.answers.items()) if answer in wanted]
    return (
        f"((R.value as FHIR.boolean).value = {truth}"
        f" or exists (((R.value as FHIR.CodeableConcept).coding) K where {_one_of(codes)}))"
    )
