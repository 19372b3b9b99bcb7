"""What derivations make of cases: the same by every engine, and held to the shapes of cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from indicant.assess.assessor import Assessor, InvalidCase
from indicant.errors import IndicantError
from indicant.files.rdf import parse
from soaking import CRITERIA, EX, HEADER, PREFIXES, SOAKED, TWICE, WET, answers, case, guideline

if TYPE_CHECKING:
    from pathlib import Path

ENGINES = ("oxigraph", "rdflib", "hermit")
DRENCHED = SOAKED.replace("a/ind:subsumedBy ex:Rain", "a/ind:subsumedBy ex:Soaked").replace(
    "?new a ex:Soaked", "?new a ex:Drenched"
)
NAMED = 'BIND(IRI(CONCAT(STR(?rain), "/soaked")) AS ?new)'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return guideline(tmp_path_factory.mktemp("soak"), {"soaked": SOAKED, "drenched": DRENCHED})


@pytest.fixture(scope="module")
def assessor(folder: Path) -> Assessor:
    return Assessor(folder)


def made(tmp_path: Path, rule: str) -> Assessor:
    """Return an assessor with one derivation."""
    return Assessor(guideline(tmp_path, {"soaked": rule}))


def refused(assessor: Assessor, said: str, *more: str) -> tuple[str, ...]:
    """Return what is told of a case that is not assessed for what is derived from it."""
    with pytest.raises(InvalidCase) as raised:
        assessor.assess(case(said, *more))
    return tuple(
        f"{(one.file or '').rpartition('/')[2]}:{one.line}: {one.message}"
        for one in raised.value.findings
        if one.severity == "violation"
    )


# ---------------------------------------------------------------------- what is derived


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_derived_is_a_fact_for_every_engine(folder: Path, engine: str) -> None:
    (found,) = answers(Assessor(folder, engine=engine), case(WET))
    assert (found["soaked"], found["deep"], found["ever"]) == ("met", "met", "met")
    assert found["drenched"] == "open"


@pytest.mark.slow
def test_nothing_follows_from_what_is_not_recorded(assessor: Assessor) -> None:
    dry, unknown, mild = answers(
        assessor,
        case(
            WET.replace("ind:received :walk", "ind:excludes ex:Walk").replace(
                ". :walk a ex:Walk", ""
            ),
            "ind:hasFinding :rain . :rain a ex:Rain",
            WET.replace("7", "3"),
        ),
    )
    assert [one["soaked"] for one in (dry, unknown, mild)] == ["open", "open", "met"]
    assert mild["deep"] == "open"


def test_a_class_below_is_derived_from_as_well(assessor: Assessor) -> None:
    (found,) = answers(assessor, case(WET.replace("ex:Rain", "ex:Storm")))
    assert found["soaked"] == "met"


def test_no_derivation_reads_what_another_one_writes(assessor: Assessor) -> None:
    (found,) = answers(assessor, case(WET))
    assert found["drenched"] == "open"
    recorded = WET + " . :case0 ind:hasFinding [ a ex:Soaked ; ex:depth 2 ]"
    (found,) = answers(assessor, case(recorded))
    assert found["drenched"] == "met"


def test_a_case_is_derived_from_by_itself(assessor: Assessor) -> None:
    rain = "ind:hasFinding :rain . :rain a ex:Rain ; ex:depth 7"
    walk = "ind:received :walk . :walk a ex:Walk"
    assert [one["soaked"] for one in answers(assessor, case(rain, walk, WET))] == [
        "open",
        "open",
        "met",
    ]


def test_what_is_derived_says_from_what_and_by_which(assessor: Assessor) -> None:
    with assessor.parts(case(WET)) as parts:
        (known,) = [{str(one) for one in part.known()} for part in parts]
    node, prov = "https://example.org/case#rain0/soaked", "http://www.w3.org/ns/prov#"
    for source in ("rain0", "walk0"):
        assert f"<{node}> <{prov}wasDerivedFrom> <https://example.org/case#{source}>" in known
    by = f"<{EX}derivations/soaked>"
    assert f"<{node}> <https://w3id.org/indicant/core/derivedBy> {by}" in known


@pytest.mark.slow
def test_a_number_is_computed_alike(tmp_path: Path) -> None:
    rule = SOAKED.replace("ex:depth ?depth ; prov", "ex:weight ?new2 ; prov").replace(
        NAMED, NAMED + " BIND((?depth * 2.50 + 1) / 4 AS ?new2)"
    )
    place = guideline(tmp_path, {"soaked": rule})
    written = []
    for engine in ("oxigraph", "rdflib"):
        with Assessor(place, engine=engine).parts(case(WET)) as parts:
            written += [
                str(one.object)
                for part in parts
                for one in part.known()
                if one.predicate.value == EX + "weight"
            ]
    assert written == ['"4.625"^^<http://www.w3.org/2001/XMLSchema#decimal>'] * 2


@pytest.mark.slow
def test_units_are_converted_before(tmp_path: Path) -> None:
    text = (guideline(tmp_path, {}) / "guideline.ttl").read_text(encoding="utf-8")
    measured = 'rdfs:label "weight"@en ; ind:unit "kg" ;'
    (tmp_path / "guideline.ttl").write_text(
        text.replace('rdfs:label "weight"@en ;', measured), encoding="utf-8"
    )
    (tmp_path / "derivations").mkdir()
    rule = SOAKED.replace("ex:depth ?depth ; prov", "prov").replace(
        "; ex:depth ?depth .", "; ex:weight ?weight . FILTER(?weight >= 2)"
    )
    (tmp_path / "derivations" / "soaked.rq").write_text(rule, encoding="utf-8")
    unit = ' ; ex:weight "{}"^^<https://w3id.org/cdt/ucum>'
    assessor = Assessor(tmp_path)
    for weight, answer in (("2000 g", "met"), ("1999 g", "open")):
        (found,) = answers(assessor, case(WET.replace(" ; ex:depth 7", unit.format(weight))))
        assert found["soaked"] == answer


# ---------------------------------------------------------------------- what does not hold


def test_what_is_derived_passes_the_shapes(assessor: Assessor) -> None:
    told = refused(assessor, WET + " . :case0 ind:excludes ex:Soaked")
    assert len(told) == 1
    assert told[0].startswith("soaked.rq:6: ")
    assert told[0].endswith("as the derivation soaked has it")


@pytest.mark.slow
def test_an_invalid_record_is_told_with_its_derivation(tmp_path: Path) -> None:
    assessor = made(tmp_path, SOAKED.replace("ex:depth ?depth ; prov", "ex:depth 12 ; prov"))
    (told,) = refused(assessor, WET)
    assert told.startswith("soaked.rq:6: ")
    assert "depth" in told
    assert answers(assessor, case("ind:hasFinding [ a ex:Rain ]"))[0]["rain"] == "met"


def test_what_was_recorded_is_told_first(assessor: Assessor) -> None:
    with pytest.raises(InvalidCase) as raised:
        assessor.assess(case(WET.replace("7", "77") + " . :case0 ind:excludes ex:Soaked"))
    assert {one.file for one in raised.value.findings} == {"case.ttl"}


def test_who_records_all_records_what_is_derived_as_well(assessor: Assessor) -> None:
    complete = " . :case0 ind:recordsAll {}"
    for cls in ("ex:Soaked", "ind:Finding"):
        (told,) = refused(assessor, WET + complete.format(cls))
        assert "shall record what is derived of it as well" in told
    also = " . :case0 ind:hasFinding [ a ex:Drenched ; ex:depth {} ]"
    (found,) = answers(assessor, case(WET + also.format(7) + complete.format("ex:Drenched")))
    assert found["soaked"] == "met"
    other = refused(assessor, WET + also.format(3) + complete.format("ex:Soaked"))
    assert any("as well" in one for one in other)
    (found,) = answers(assessor, case(WET + complete.format("ex:Walk")))
    assert found["soaked"] == "met"


@pytest.mark.slow
def test_a_completeness_from_a_day_on_is_about_what_is_dated_since(tmp_path: Path) -> None:
    rule = SOAKED.replace("ex:depth ?depth ; prov", "ind:onset ?day ; prov").replace(
        "; ex:depth ?depth .", "; ind:onset ?day ."
    )
    assessor = made(tmp_path, rule)
    since = (
        " . :case0 ind:completeness [ a ind:Completeness ; ind:of ex:Soaked ;"
        ' ind:since "{}"^^xsd:date ]'
    )
    dated = WET.replace("ex:depth 7", 'ind:onset "2026-10-10"^^xsd:date')
    (told,) = refused(assessor, dated + since.format("2026-10-10"))
    assert "as well" in told
    (found,) = answers(assessor, case(dated + since.format("2026-10-11")))
    assert found["soaked"] == "met"


@pytest.mark.slow
def test_what_is_counted_is_not_both_recorded_and_derived(tmp_path: Path) -> None:
    criteria = {**CRITERIA, "twice": TWICE}
    assessor = Assessor(guideline(tmp_path, {"soaked": SOAKED}, criteria))
    second = " . :case0 ind:hasFinding :rain3 . :rain3 a ex:Rain ; ex:depth 2"
    (found,) = answers(assessor, case(WET + second))
    assert found["twice"] == "met"
    (told,) = refused(assessor, WET + " . :case0 ind:hasFinding [ a ex:Soaked ]")
    assert "both recorded and derived" in told


@pytest.mark.slow
@pytest.mark.many(4)
@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("recorded", ("/soaked", "3"), "a node of its own"),
        ("elsewhere", ("CONCAT(STR(?rain)", "CONCAT(STR(ex:Rain)"), "no node of its own"),
        (
            "quantity",
            ("ex:depth ?depth ; prov", 'ex:depth "7 g"^^<https://w3id.org/cdt/ucum> ; prov'),
            "with a unit",
        ),
        ("places", ("ex:depth ?depth ; prov", "ex:weight ?third ; prov"), "more than 9 places"),
    ],
    ids=lambda one: one if isinstance(one, str) and " " not in one else "",
)
def test_a_record_that_is_none_is_refused(
    tmp_path: Path, name: str, change: tuple[str, str], message: str
) -> None:
    rule = SOAKED.replace(*change).replace(NAMED, NAMED + " BIND(?depth / 3 AS ?third)")
    if name == "elsewhere":
        with pytest.raises(IndicantError, match=message):
            made(tmp_path, rule)
        return
    said = WET + " . :case0 ind:hasFinding :rain3 . :rain3 a ex:Rain"
    assert any(message in one for one in refused(made(tmp_path, rule), said))


@pytest.mark.slow
def test_two_derivations_do_not_write_of_one_node(tmp_path: Path) -> None:
    rules = {"one": SOAKED, "two": SOAKED.replace("ex:Soaked", "ex:Drenched")}
    told = refused(Assessor(guideline(tmp_path, rules)), WET)
    assert any("shall not write of one node, two and one" in one for one in told)


# ---------------------------------------------------------------------- bounds


LOOP = HEADER.format("Never ends.") + (
    """\
CONSTRUCT { ?case ind:hasFinding ?new . ?new a ex:Soaked ; prov:wasDerivedFrom ?rain . }
WHERE {
  ?case a ind:PatientCase ; ind:hasFinding ?rain .
  ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l .
  FILTER(CONCAT(STR(?a), STR(?d), STR(?g), STR(?j)) = "nothing")
  BIND(IRI(CONCAT(STR(?rain), "/soaked")) AS ?new)
}
"""
)


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize("engine", ENGINES[:2])
def test_one_that_does_not_end_is_ended(
    tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indicant.assess.derivations.SECONDS", 6.0)
    place = guideline(tmp_path, {"a-quick-one": SOAKED, "loop": LOOP})
    assessor = Assessor(place, engine=engine)
    with pytest.raises(IndicantError, match="the derivation loop was stopped after 6 seconds"):
        assessor.assess(case(WET))
    assert answers(assessor, case("ind:excludes ex:Rain"))[0]["rain"] == "refuted"


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_one_that_writes_without_end_is_ended(tmp_path: Path) -> None:
    lengths = ", ".join(f'"/", STR(STRLEN(STR(?{one})))' for one in "abc")
    rule = SOAKED.replace(NAMED, f"BIND(IRI(CONCAT(STR(?rain), {lengths})) AS ?new)").replace(
        "WHERE {", "WHERE {\n  ?a ?b ?c ."
    )
    with pytest.raises(IndicantError, match="writes more than 2,000 statements of one case"):
        made(tmp_path, rule).assess(case(WET))


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_text_that_grows_without_end_is_ended(tmp_path: Path) -> None:
    grown = "BIND(STR(?rain) AS ?t0)"
    for number in range(60):
        grown += f" BIND(CONCAT(?t{number}, ?t{number}) AS ?t{number + 1})"
    grown += " BIND(IRI(CONCAT(STR(?rain), ?t60)) AS ?new)"
    with pytest.raises(IndicantError, match="the derivation soaked"):
        made(tmp_path, SOAKED.replace(NAMED, grown)).assess(case(WET))


@pytest.mark.slow
def test_a_document_of_many_cases_is_derived_from_as_each_is(assessor: Assessor) -> None:
    text, prefix = "", PREFIXES
    for number in range(120):
        text += (
            f':c{number} a ind:PatientCase ; ind:asOf "2026-11-22"^^xsd:date ;'
            f" ind:hasFinding :r{number} ; ind:received :w{number} ."
            f" :r{number} a ex:Rain ; ex:depth {number % 10} . :w{number} a ex:Walk .\n"
        )
    found = answers(assessor, parse(prefix + text, path="cases.ttl"))
    assert [one["soaked"] for one in found] == ["met"] * 120
    assert sum(one["deep"] == "met" for one in found) == 60
