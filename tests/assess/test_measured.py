"""Quantities in units of their own: what they are read as, what follows, and what is told."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from each import each
from indicant import Case, Guideline
from indicant.assess import quantities
from indicant.assess.engine import ENGINES
from indicant.assess.quantities import MOST_UNITS, read_quantities
from indicant.errors import IndicantError
from indicant.files.rdf import parse, text_of
from indicant.guideline.vocabulary import Vocabulary
from indicant.terms import IND
from places import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from indicant import Assessment

EX: Final = "https://example.org/lab/"
PREFIXES: Final = f"""\
@prefix : <https://example.org/case#> .
@prefix cdt: <https://w3id.org/cdt/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ind: <{IND}> .
@prefix lab: <{EX}> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
VOCABULARY: Final = """
<https://example.org/lab/> a owl:Ontology , ind:Guideline ; rdfs:label "laboratory"@en .
lab:Blood a owl:Class ; rdfs:label "blood"@en ; rdfs:subClassOf ind:Finding .
lab:Pulse a owl:Class ; rdfs:label "pulse"@en ; rdfs:subClassOf ind:Finding .
lab:Act a owl:Class ; rdfs:label "act"@en ; rdfs:subClassOf ind:Intervention .
ind:PatientCase rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ind:hasFinding ;
    owl:maxQualifiedCardinality "1"^^xsd:nonNegativeInteger ; owl:onClass lab:Blood ] .
lab:creatinine a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:label "creatinine"@en ;
    rdfs:range xsd:decimal ; ind:unit "mg/dL" ; ind:conversion [ a ind:Conversion ;
        ind:fromUnit "umol/L" ; ind:factor 0.011312 ; dcterms:source <urn:made-up> ] .
lab:hba1c a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:label "glycated haemoglobin"@en ;
    ind:unit "%" ; ind:conversion lab:from-amounts .
lab:from-amounts a ind:Conversion ; ind:fromUnit "mmol/mol" ; ind:factor 0.09 ; ind:offset 2.2 .
lab:egfr a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:label "estimated GFR"@en ;
    rdfs:range xsd:decimal ; ind:unit "mL/min/{1.73_m2}" .
lab:rate a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:label "rate"@en ;
    rdfs:range xsd:decimal ; ind:unit "Hz" .
lab:cells a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:label "cells"@en ;
    rdfs:range xsd:integer ; ind:unit "/uL" .
lab:heat a owl:DatatypeProperty , owl:FunctionalProperty , ind:CaseProperty ;
    rdfs:label "heat"@en ; rdfs:range xsd:decimal ; ind:unit "Cel" .
"""
EVERY: Final = [
    one if one == "oxigraph" else pytest.param(one, marks=pytest.mark.slow) for one in ENGINES
]
SIGNS: Final = {
    "<": "maxExclusive",
    "<=": "maxInclusive",
    ">": "minExclusive",
    ">=": "minInclusive",
}


def facet(name: str, sign: str, number: str) -> str:
    return (
        f"[ a owl:Restriction ; owl:onProperty lab:{name} ; owl:someValuesFrom [ a rdfs:Datatype ; "
        f"owl:onDatatype xsd:decimal ; owl:withRestrictions ( [ xsd:{SIGNS[sign]} {number} ] ) ] ]"
    )


def some(cls: str, name: str, sign: str, number: str) -> str:
    filler = f"[ a owl:Class ; owl:intersectionOf ( lab:{cls} {facet(name, sign, number)} ) ]"
    return f"[ a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom {filler} ]"


def either(*parts: str) -> str:
    return f"[ a owl:Class ; owl:unionOf ( {' '.join(parts)} ) ]"


CRITERIA: Final[Mapping[str, str]] = {
    "raised": some("Blood", "creatinine", ">", "1.2"),
    "normal": some("Blood", "creatinine", "<=", "1.2"),
    "exactly-at-least": some("Blood", "creatinine", ">=", "0.995456"),
    "exactly-more": some("Blood", "creatinine", ">", "0.995456"),
    "sugar": some("Blood", "hba1c", ">=", "6.5"),
    "failing": some("Blood", "egfr", "<", "30"),
    "few": some("Blood", "cells", "<", "500"),
    "above-below": some("Blood", "rate", ">", "0.016666666"),
    "at-least-below": some("Blood", "rate", ">=", "0.016666666"),
    "at-least-above": some("Blood", "rate", ">=", "0.016666667"),
    "below-above": some("Blood", "rate", "<", "0.016666667"),
    "slow": some("Pulse", "rate", "<", "1"),
    "either-way": either(
        some("Blood", "rate", "<=", "0.016666666"), some("Blood", "rate", ">=", "0.016666667")
    ),
    "all-ways": either(some("Blood", "rate", "<", "0.5"), some("Blood", "rate", ">=", "0.5")),
    "hot": facet("heat", ">=", "38"),
}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a guideline with an indication for each criterion."""
    made = tmp_path_factory.mktemp("laboratory")
    advice = [
        f"lab:{name} a owl:Class , ind:Criterion ; owl:equivalentClass {text} .\n"
        f"lab:for-{name} a ind:Indication ; dcterms:isPartOf <{EX}> ; ind:action lab:Act ;\n"
        f"    ind:criterion lab:{name} ; ind:urgency ind:Routine .\n"
        for name, text in CRITERIA.items()
    ]
    (made / "guideline.ttl").write_text(
        PREFIXES
        + VOCABULARY.replace("ind:Guideline ;", f"ind:Guideline ; owl:imports <{IND}> ;")
        + "".join(advice),
        encoding="utf-8",
    )
    return made


@pytest.fixture(scope="session")
def guidelines(folder: Path) -> Mapping[str, Guideline]:
    return {name: Guideline.load(folder, engine=name) for name in ENGINES}


@pytest.fixture(scope="session")
def guideline(guidelines: Mapping[str, Guideline]) -> Guideline:
    return guidelines["oxigraph"]


def turtle(values: str, *, more: str = "", kind: str = "Blood") -> str:
    return (
        f'{PREFIXES}:c a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; '
        f"ind:hasFinding :n ; {more} .\n:n a lab:{kind} ; {values} .\n"
    )


def case(values: str, *, more: str = "", kind: str = "Blood") -> Case:
    return Case.parse(turtle(values, more=more, kind=kind))


def answers(one: Assessment) -> dict[str, str]:
    (action,) = one.actions
    return {
        each_.iri.removeprefix(f"{EX}for-"): each_.answer.value
        for each_ in action.recommendations
        if each_.answer.value != "open"
    }


def told(
    guideline: Guideline, values: str, *, more: str = "", kind: str = "Blood"
) -> dict[str, str]:
    return answers(guideline.assess(case(values, more=more, kind=kind)))


# ---------------------------------------------------------------------- what follows


@pytest.mark.many(3)
@pytest.mark.parametrize("engine", EVERY)
@pytest.mark.parametrize(
    ("quantity", "same"),
    [
        ("88 umol/L", "1.0"),
        ("0.088 mmol/L", "1.0"),
        ("10 mg/L", "1.0"),
        ("1.0 mg/dL", "1.0"),
        ("106.1 umol/L", "1.201"),
        ("177 umol/L", "2.0"),
    ],
)
def test_one_amount_in_two_units_is_on_one_side_of_a_threshold(
    quantity: str, same: str, engine: str, guidelines: Mapping[str, Guideline]
) -> None:
    """The trap: 88 umol/L and 1.0 mg/dL of creatinine, and others with it."""
    one = told(guidelines[engine], f'lab:creatinine "{quantity}"^^cdt:ucum')
    other = told(guidelines[engine], f"lab:creatinine {same}")
    assert one["raised"] == other["raised"]
    assert one["normal"] == other["normal"]
    assert {one["raised"], one["normal"]} == {"met", "refuted"}


@pytest.mark.parametrize("engine", EVERY)
def test_what_is_converted_meets_a_threshold_exactly(
    engine: str, guidelines: Mapping[str, Guideline]
) -> None:
    found = told(guidelines[engine], 'lab:creatinine "88 umol/L"^^cdt:ucum')
    assert found["exactly-at-least"] == "met"
    assert found["exactly-more"] == "refuted"


@pytest.mark.parametrize("engine", EVERY)
@pytest.mark.parametrize(
    ("quantity", "sugar"),
    [("47.7 mmol/mol", "refuted"), ("47.8 mmol/mol", "met"), ("6.5 %", "met")],
)
def test_a_conversion_multiplies_and_then_adds(
    quantity: str, sugar: str, engine: str, guidelines: Mapping[str, Guideline]
) -> None:
    assert told(guidelines[engine], f'lab:hba1c "{quantity}"^^cdt:ucum')["sugar"] == sugar


@pytest.mark.parametrize("engine", EVERY)
def test_what_cannot_be_written_crosses_no_threshold(
    engine: str, guidelines: Mapping[str, Guideline]
) -> None:
    """Once a minute is 0.016 and so on hertz, between two numbers that can be written."""
    assert told(guidelines[engine], 'lab:rate "1 /min"^^cdt:ucum') == {
        "above-below": "met",
        "at-least-below": "met",
        "at-least-above": "refuted",
        "below-above": "met",
        "either-way": "refuted",
        "all-ways": "met",
    }


@pytest.mark.parametrize("engine", EVERY)
@pytest.mark.parametrize(
    ("values", "failing"),
    [
        ('lab:egfr "29.999 mL/min/{1.73_m2}"^^cdt:ucum', "met"),
        ('lab:egfr "1.8 L/h/{1.73_m2}"^^cdt:ucum', "refuted"),
        ('lab:egfr "1.79 L/h/{1.73_m2}"^^cdt:ucum', "met"),
        ('lab:egfr "29 mL/min"^^cdt:ucum', None),
        ('lab:cells "0.4 10*3/uL"^^cdt:ucum', None),
    ],
)
def test_annotations_are_part_of_a_unit(
    values: str, failing: str | None, engine: str, guidelines: Mapping[str, Guideline]
) -> None:
    assert told(guidelines[engine], values).get("failing") == failing


@pytest.mark.parametrize("engine", EVERY)
@pytest.mark.parametrize(
    ("limits", "found"),
    [
        ('ind:minExclusive "1 /min"^^cdt:ucum', {"above-below": "met", "at-least-above": None}),
        ('ind:minInclusive "1 /min"^^cdt:ucum', {"above-below": "met", "at-least-above": None}),
        ('ind:maxInclusive "1 /min"^^cdt:ucum', {"below-above": "met", "above-below": None}),
        (
            'ind:maxExclusive "1 /min"^^cdt:ucum',
            {"below-above": "met", "at-least-above": "refuted"},
        ),
        ('ind:minInclusive "3600 /h"^^cdt:ucum', {"all-ways": "met", "below-above": "refuted"}),
        (
            'ind:minInclusive 0.3 ; ind:maxExclusive "60 /min"^^cdt:ucum',
            {"all-ways": "met", "below-above": "refuted"},
        ),
        (
            'ind:minInclusive "5 foo"^^cdt:ucum ; ind:maxExclusive "1 /h"^^cdt:ucum',
            {"below-above": "met", "all-ways": "met"},
        ),
        ('ind:minInclusive "5 foo"^^cdt:ucum', {"below-above": None, "all-ways": None}),
    ],
)
def test_limits_are_converted_as_values_are(
    limits: str,
    found: Mapping[str, str | None],
    engine: str,
    guidelines: Mapping[str, Guideline],
) -> None:
    values = f"ind:bounds [ a ind:Bounds ; ind:of lab:rate ; {limits} ]"
    answered = told(guidelines[engine], values)
    assert {name: answered.get(name) for name in found} == found


@pytest.mark.parametrize("engine", EVERY)
@pytest.mark.parametrize(
    ("quantity", "hot"),
    [("100.4 [degF]", "met"), ("100.3 [degF]", "refuted"), ("311.15 K", "met"), ("3 m", None)],
)
def test_a_quantity_of_the_patient_is_read(
    quantity: str, hot: str | None, engine: str, guidelines: Mapping[str, Guideline]
) -> None:
    found = told(guidelines[engine], "", more=f'lab:heat "{quantity}"^^cdt:ucum')
    assert found.get("hot") == hot


FACTORS: Final = {
    "mg/dL": Fraction(1),
    "g/L": Fraction(100),
    "ug/mL": Fraction(1, 10),
    "mg/(3.dL)": Fraction(1, 3),
    "umol/L": Fraction("0.011312"),
    "mmol/L": Fraction("11.312"),
    "umol/(7.L)": Fraction("0.011312") / 7,
}


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    digits=st.integers(min_value=-(10**9), max_value=10**9),
    places=st.integers(min_value=0, max_value=12),
    unit=st.sampled_from(sorted(FACTORS)),
)
def test_answers_are_those_of_exact_numbers(
    guideline: Guideline, digits: int, places: int, unit: str
) -> None:
    """Whatever is given, and however many places it has in the unit of the property."""
    text = f"{digits}e-{places} {unit}"
    value = Fraction(digits, 10**places) * FACTORS[unit]
    found = told(guideline, f'lab:creatinine "{text}"^^cdt:ucum')
    if abs(value) >= 10**9 - 1:
        return
    assert found["raised"] == ("met" if value > Fraction("1.2") else "refuted")
    assert found["normal"] == ("met" if value <= Fraction("1.2") else "refuted")
    edge = Fraction("0.995456")
    assert found["exactly-at-least"] == ("met" if value >= edge else "refuted")
    assert found["exactly-more"] == ("met" if value > edge else "refuted")


# ---------------------------------------------------------------------- what counts for nothing


@pytest.mark.parametrize("engine", EVERY)
@pytest.mark.parametrize(
    ("values", "why"),
    [
        ('lab:creatinine "88 mm[Hg]"^^cdt:ucum', "mm[Hg] and mg/dL do not measure the same, and "
         "only from umol/L is it converted"),
        ('lab:creatinine "88 µmol/L"^^cdt:ucum', "µmol/L is no unit of UCUM: umol/L may be meant"),
        ('lab:creatinine "88 furlong"^^cdt:ucum', "furlong is no unit of UCUM"),
        ('lab:creatinine "1e12 mg/dL"^^cdt:ucum',
         "in mg/dL it has more than 9 digits before the point"),
        ('lab:creatinine "-1e12 mg/dL"^^cdt:ucum',
         "in mg/dL it has more than 9 digits before the point"),
        ('lab:creatinine "88"^^cdt:ucum', "it is not a number, a space and a unit of UCUM"),
        ('lab:rate "88 kg"^^cdt:ucum',
         "kg and Hz do not measure the same, and no conversion is declared"),
        ('lab:rate "1 m+999999999"^^cdt:ucum', "an exponent of a unit is at most 30 here"),
        (f'lab:rate "1 {"m" * 70}"^^cdt:ucum', "a unit of UCUM has at most 60 characters here"),
        ('ind:weeks "6 wk"^^cdt:ucum', "the vocabulary declares no unit for it"),
    ],
)  # fmt: skip
def test_what_is_not_converted_leaves_open_and_is_told(
    values: str, why: str, engine: str, guidelines: Mapping[str, Guideline]
) -> None:
    found = guidelines[engine].assess(case(values))
    assert answers(found) == {}
    (warning,) = found.warnings
    assert " shall be " in warning
    assert warning.endswith(f"counts for nothing: {why}")


def test_what_is_not_converted_is_a_finding_with_its_place(guideline: Guideline) -> None:
    (found,) = guideline.check_case(case('lab:creatinine "88 mm[Hg]"^^cdt:ucum'))
    assert (found.severity, found.shape.rpartition("/")[2]) == ("warning", "Node-unit")
    assert found.path == f"{EX}creatinine"
    assert found.line == turtle("").count("\n")


@pytest.mark.parametrize("engine", EVERY)
def test_a_record_of_unknown_value_is_not_known_to_be_another(
    engine: str, guidelines: Mapping[str, Guideline]
) -> None:
    """All pulses are recorded, and one has a rate that nobody can read: it may be a slow one."""
    complete = "ind:recordsAll lab:Pulse"
    found = told(guidelines[engine], "lab:rate 2", more=complete, kind="Pulse")
    assert found["slow"] == "refuted"
    unread = 'lab:rate "2 kg"^^cdt:ucum'
    assert "slow" not in told(guidelines[engine], unread, more=complete, kind="Pulse")


@pytest.mark.parametrize(
    ("values", "shape"),
    [
        ('lab:creatinine 1.0 , "88 umol/L"^^cdt:ucum', "Node-functional"),
        ('lab:creatinine 1.0 , "88 mm[Hg]"^^cdt:ucum', "Node-functional"),
        ('lab:rate "1 /min"^^cdt:ucum , "2 /min"^^cdt:ucum', "Bounds-beside"),
        ('lab:rate 1 , "1 /min"^^cdt:ucum', "Bounds-beside"),
        ('lab:cells "0.0015 10*3/uL"^^cdt:ucum', "Node-datatype"),
        ('lab:cells "1 /[pt_us]"^^cdt:ucum', "Bounds-empty"),
    ],
)
def test_what_is_converted_is_held_to_the_shapes(
    values: str, shape: str, guideline: Guideline
) -> None:
    found = guideline.check_case(case(values))
    assert shape in {one.shape.rpartition("/")[2] for one in found if one.severity == "violation"}
    for one in each(found):
        assert one.line is not None
        assert "/bounds/" not in one.message


def test_one_value_written_twice_is_one(guideline: Guideline) -> None:
    values = 'lab:creatinine "88 umol/L"^^cdt:ucum , "0.088 mmol/L"^^cdt:ucum , 0.995456'
    assert told(guideline, values)["normal"] == "met"
    values = 'lab:rate "1 /min"^^cdt:ucum , "60 /h"^^cdt:ucum'
    assert told(guideline, values)["above-below"] == "met"


def test_only_so_many_units_of_a_document_are_looked_up(
    guideline: Guideline, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_UNITS >= 100
    monkeypatch.setattr(quantities, "MOST_UNITS", 2)
    rates = ('"1 /min"', '"1 /h"', '"1 /d"', '"2 /h"')
    text = turtle(" ; ".join(f"lab:rate {one}^^cdt:ucum" for one in rates))
    found = read_quantities(parse(text, path="a").quads, guideline.assessor.vocabulary)
    assert list(found.unread.values()) == ["more than 2 units of one document are not looked up"]
    assert len(found.made) == 3


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_many_units_that_take_long_take_no_time(guideline: Guideline) -> None:
    """Each is a unit, nests as deeply as there is room, and is there once."""
    nests = [f'"1 {"(" * 20}m.{one}.s{")" * 20}"^^cdt:ucum' for one in range(20_000)]
    quads = parse(turtle(f"lab:rate {' , '.join(nests)}"), path="a").quads
    found = read_quantities(quads, guideline.assessor.vocabulary)
    assert len(found.unread) == 20_000
    told = f"more than {MOST_UNITS} units of one document are not looked up"
    assert list(found.unread.values()).count(told) == 20_000 - MOST_UNITS


@pytest.mark.parametrize(
    "said",
    [
        'lab:p ind:unit "g" , "kg" .',
        'lab:p ind:unit "g" . lab:p ind:conversion [ ind:fromUnit "L" ; ind:factor "x" ] .',
        'lab:p ind:unit "g" . lab:p ind:conversion [ ind:fromUnit "L" ; ind:factor 1 , 2 ] .',
        'lab:p ind:unit "g" . lab:p ind:conversion [ ind:fromUnit "L" , "mL" ; ind:factor 1 ] .',
        'lab:p ind:unit "g" . lab:p ind:conversion [ ind:fromUnit "L" ] .',
        'lab:p ind:unit "g" . lab:p ind:conversion [ ind:factor 1 ] .',
        'lab:p ind:unit "g" . lab:p ind:conversion [ ind:fromUnit "L" ; ind:factor 1 ; '
        "ind:offset 1 , 2 ] .",
        'lab:p ind:unit "g" . lab:p ind:conversion [ ind:fromUnit "bottle" ; ind:factor 1 ] .',
        'lab:p ind:unit "g" .',
        'lab:p ind:unit "pound" .',
        "",
    ],
)
def test_what_a_vocabulary_says_in_two_ways_or_none_converts_nothing(said: str) -> None:
    text = f"{PREFIXES}lab:p a owl:DatatypeProperty . {said}"
    lines = "".join(f"{one.triple} .\n" for one in parse(text, path="a").quads)
    quads = parse(f'{PREFIXES}:n lab:p "1 L"^^cdt:ucum .', path="b").quads
    found = read_quantities(quads, Vocabulary(lines))
    assert len(found.unread) == 1
    assert list(found.checked) == list(quads)
    assert found.counted == []


@pytest.mark.slow
def test_a_large_document_is_read_in_parts(guideline: Guideline) -> None:
    """As one by one, and what is not read stays where it is."""
    cases = [
        f':c{one:04} a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ; '
        f"ind:hasFinding :n{one} . "
        f':n{one} a lab:Blood ; lab:creatinine "{one} {unit}"^^cdt:ucum .'
        for one in range(300)
        for unit in (("umol/L", "mg/L", "kg")[one % 3],)
    ]
    found = guideline.assess_all([Case.parse(PREFIXES + "\n".join(cases))])
    raised = [answers(one).get("raised") for one in found]
    limits = (Fraction("0.011312"), Fraction(1, 10))
    assert raised == [
        None if one % 3 == 2 else "met" if one * limits[one % 3] > Fraction("1.2") else "refuted"
        for one in range(300)
    ]


# ---------------------------------------------------------------------- what is shown


@pytest.mark.slow
def test_a_reason_says_what_was_recorded(guideline: Guideline) -> None:
    found = guideline.assess(case('lab:creatinine "88  umol/L"^^cdt:ucum'))
    record = found.to_dict()
    (reason,) = [
        one for one in record["actions"][0]["because"] if one["recommendation"] == f"{EX}for-normal"
    ]
    assert reason["literal"] == "blood with creatinine at most 1.2 mg/dL"
    assert reason["recorded"] == [
        {
            "node": "https://example.org/case#n",
            "property": f"{EX}creatinine",
            "recorded": "88 umol/L",
            "read": "0.995456 mg/dL",
        }
    ]
    schema = (ROOT / "shapes" / "assessment.schema.json").read_text(encoding="utf-8")
    jsonschema.validate([record], json.loads(schema))
    words = "blood with creatinine at most 1.2 mg/dL (n: 88 umol/L, read as 0.995456 mg/dL)"
    assert words in " ".join(found.to_text(detail="full").split())
    assert words in found.to_markdown(detail="full").replace("\\", "")
    assert words in found.to_html()


def test_a_reason_says_between_what_a_value_lies(guideline: Guideline) -> None:
    found = guideline.assess(case('lab:rate "1 /min"^^cdt:ucum'))
    reasons = found.actions[0].because
    read = {one.read for reason in reasons for one in reason.recorded or ()}
    assert read == {"more than 0.016666666 and less than 0.016666667 Hz"}
    bounds = (
        'ind:bounds [ a ind:Bounds ; ind:of lab:rate ; ind:minInclusive "1 /min"^^cdt:ucum ; '
        "ind:maxExclusive 0.4 ]"
    )
    found = guideline.assess(case(bounds))
    recorded = {one for reason in found.actions[0].because for one in reason.recorded or ()}
    assert {(one.recorded, one.read) for one in recorded} == {
        (
            "at least 1 /min and less than 0.4",
            "more than 0.016666666 and less than 0.4 Hz",
        )
    }


@pytest.mark.parametrize("values", ["lab:creatinine 1.0", 'lab:creatinine "1.0 mg/dL"^^cdt:ucum'])
def test_what_is_in_the_unit_of_the_property_is_not_said_twice(
    values: str, guideline: Guideline
) -> None:
    for action in each(guideline.assess(case(values)).actions):
        for reason in each(action.because):
            assert reason.recorded is None


@pytest.mark.slow
def test_why_says_what_was_recorded_and_the_unit_of_a_number(guideline: Guideline) -> None:
    def statements(values: str) -> Iterator[str]:
        for argument in guideline.assess(case(values)).why("act", facts=1).reasons:
            for fact in argument.because:
                yield from (node.statement for node in fact.nodes)

    assert set(statements('lab:creatinine "88 umol/L"^^cdt:ucum')) >= {
        "creatinine 88 umol/L, read as 0.995456 mg/dL"
    }
    assert "creatinine 1.0 mg/dL" in set(statements("lab:creatinine 1.0"))
    bounds = (
        'ind:bounds [ a ind:Bounds ; ind:of lab:creatinine ; ind:maxExclusive "9 mg/L"^^cdt:ucum ]'
    )
    assert "creatinine less than 9 mg/L, read as less than 0.9 mg/dL" in set(statements(bounds))


@pytest.mark.slow
def test_pages_say_the_unit_of_a_property(guideline: Guideline) -> None:
    pages = {name: page.decode() for name, page in guideline.site().items()}
    assert "mL/min/{1.73_m2}" in pages["reference.html"]
    shown = pages["recommendations/for-failing.html"]
    assert "estimated GFR less than 30 mL/min/{1.73_m2}" in shown


def test_a_graph_says_what_was_recorded(guideline: Guideline) -> None:
    document = parse(turtle('lab:creatinine "88 umol/L"^^cdt:ucum'), path="case.ttl")
    with guideline.assessor.parts(document) as parts:
        (known,) = [list(part.known()) for part in parts]
    said = {(one.predicate.value, str(one.object)) for one in known if "#n" in text_of(one.subject)}
    decimal = '"0.995456"^^<http://www.w3.org/2001/XMLSchema#decimal>'
    assert (f"{EX}creatinine", decimal) in said
    assert (f"{IND}asRecorded", '"88 umol/L"^^<https://w3id.org/cdt/ucum>') in said


def test_edits_take_quantities(guideline: Guideline) -> None:
    before = case("lab:creatinine 1.0")
    found = guideline.assess(before).what_if("Blood:creatinine=177 umol/L")
    (put,) = found.put
    assert put.value == "177 umol/L"
    (taken,) = found.taken_back
    assert taken.value == "1.0"
    before = case('lab:creatinine "88 umol/L"^^cdt:ucum')
    found = guideline.assess(before).what_if("Blood:creatinine=2")
    (taken,) = found.taken_back
    assert taken.value == "88 umol/L"


def test_a_case_from_python_has_quantities(guideline: Guideline) -> None:
    made = Case(as_of="2026-11-22").has("blood", creatinine="177 umol/L")
    assert answers(guideline.assess(made))["raised"] == "met"
    made = Case(as_of="2026-11-22").has("blood", creatinine="177 kg")
    (warning,) = guideline.assess(made).warnings
    assert "177 kg counts for nothing" in warning
    with pytest.raises(IndicantError):
        guideline.assess(Case(as_of="2026-11-22").has("blood", creatinine="much"))
