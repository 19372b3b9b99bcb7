"""Which derivations are taken, and that all that could take something back is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from each import each
from indicant.compile.derivations import Rule, from_json, read, to_json
from indicant.errors import IndicantError
from indicant.files.derivations import Derivation
from indicant.files.sources import load
from indicant.guideline.vocabulary import Vocabulary, slim_vocabulary
from running import run
from soaking import EX, HEADER, SOAKED, guideline

if TYPE_CHECKING:
    from pathlib import Path

BUILDS: Final = "CONSTRUCT {\n  ?case ind:hasFinding ?new ."
PATTERN: Final = "?case a ind:PatientCase ; ind:hasFinding ?rain ; ind:received ?walk ."
LAST: Final = 'BIND(IRI(CONCAT(STR(?rain), "/soaked")) AS ?new)'
SILENT: Final = "silence is never a fact"


def with_pattern(text: str) -> str:
    """Return the derivation with more in its pattern."""
    return SOAKED.replace(LAST, f"{text}\n  {LAST}")


def with_template(text: str) -> str:
    """Return the derivation with more in what it writes."""
    return SOAKED.replace("ex:depth ?depth ; prov", f"ex:depth ?depth ; {text} ; prov")


def building(template: str, pattern: str = PATTERN) -> str:
    """Return a derivation of its own."""
    return f"{HEADER.format('One of its own.')}CONSTRUCT {{ {template} }}\nWHERE {{ {pattern} }}\n"


REFUSED: Final = {
    "not exists": (with_pattern("FILTER NOT EXISTS { ?rain ind:onset ?day }"), SILENT, 14),
    "exists denied": (with_pattern("FILTER(!EXISTS { ?rain ind:onset ?day })"), SILENT, 14),
    "minus": (with_pattern("MINUS { ?rain ind:onset ?day }"), SILENT, 14),
    "optional": (with_pattern("OPTIONAL { ?rain ind:onset ?day }"), SILENT, 14),
    "unbound": (with_pattern("FILTER(!BOUND(?day))"), SILENT, 14),
    "coalesce": (with_pattern("BIND(COALESCE(?day, 0) AS ?one)"), SILENT, 14),
    "count": (
        with_pattern("{ SELECT (COUNT(?rain) AS ?n) WHERE { ?rain a ex:Rain } }"),
        "SELECT",
        14,
    ),
    "group": (SOAKED + "GROUP BY ?case", "GROUP", 16),
    "order": (SOAKED + "ORDER BY ?case", "ORDER", 16),
    "limit": (SOAKED + "LIMIT 1", "takes some of many", 16),
    "offset": (SOAKED + "OFFSET 1", "takes some of many", 16),
    "undef": (with_pattern("VALUES ?n { UNDEF }"), "unbound", 14),
    "service": (with_pattern("SERVICE <http://127.0.0.1/> { ?a ?b ?c }"), "no other machine", 14),
    "graph": (with_pattern("GRAPH ?g { ?a ?b ?c }"), "there is one graph", 14),
    "from": (SOAKED.replace("WHERE", "FROM <file:///etc/passwd> WHERE"), "there is one graph", 10),
    "now": (with_pattern("BIND(NOW() AS ?now)"), "something else each time", 14),
    "rand": (with_pattern("FILTER(RAND() < 0.5)"), "something else each time", 14),
    "uuid": (with_pattern("BIND(UUID() AS ?one)"), "something else each time", 14),
    "bnode": (with_pattern("BIND(BNODE() AS ?one)"), "without a name", 14),
    "blank written": (building("?case ind:hasFinding [ a ex:Soaked ]"), "without a name", 6),
    "blank named": (
        building("?case ind:hasFinding _:new . _:new a ex:Soaked"),
        "without a name",
        6,
    ),
    "select": (f"{HEADER.format('x')}SELECT * WHERE {{ ?a ?b ?c }}", "SELECT", 6),
    "ask": (f"{HEADER.format('x')}ASK {{ ?a ?b ?c }}", "ASK", 6),
    "describe": (f"{HEADER.format('x')}DESCRIBE <urn:a>", "DESCRIBE", 6),
    "insert": (f"{HEADER.format('x')}INSERT DATA {{ <urn:a> <urn:b> 1 }}", "INSERT", 6),
    "extension": (with_pattern("FILTER(ex:wet(?rain))"), "none of a derivation", 6),
    "regex": (
        with_pattern('FILTER(REGEX(STR(?rain), "(a+)+$"))'),
        "not the same for every engine",
        14,
    ),
    "list of numbers": (with_pattern("FILTER(?depth IN (1, 2))"), "IN a list of other", 6),
    "both denied": (with_pattern("FILTER(!(?depth > 1 && ?depth < 3))"), "&& within", 6),
    "exponent": (with_pattern("FILTER(?depth > 1e0)"), "double", 6),
    "length of time": (
        with_pattern('FILTER(?depth - 1 < "P7D"^^xsd:dayTimeDuration)'),
        "dayTimeDuration",
        6,
    ),
    "days added": (
        with_pattern('FILTER(?day < ?day + "P7D"^^xsd:dayTimeDuration)').replace(
            "; ex:depth ?depth .", "; ex:depth ?depth ; ind:onset ?day ."
        ),
        "dayTimeDuration",
        6,
    ),
    "cast of a fraction": (with_pattern("BIND(xsd:integer(?depth / 2) AS ?n)"), "a cast of", 6),
    "cast to a date": (with_pattern('BIND(xsd:date("x") AS ?n)'), "none of a derivation", 6),
    "written otherwise": (
        with_pattern("BIND(?depth * 2.50 AS ?n) FILTER(STRLEN(STR(?n)) = 1)"),
        "how a computed number is written",
        6,
    ),
    "place computed": (with_pattern('FILTER(SUBSTR("abc", ?depth) = "c")'), "SUBSTR from", 6),
    "place before": (with_pattern('FILTER(SUBSTR("abc", 0, 2) = "a")'), "SUBSTR from", 6),
    "year": (with_pattern("FILTER(YEAR(?depth) > 2)"), "not the same for every engine", 14),
    "any property but some": (
        with_pattern("?rain !ind:onset ?any ."),
        "every property but some",
        6,
    ),
    "condition out of scope": (
        with_pattern("{ ?rain ind:onset ?day FILTER(?depth > 3) }"),
        "?depth, which is not bound there",
        6,
    ),
    "bound in one part": (
        SOAKED.replace(
            "; ex:depth ?depth .", ". { ?rain ex:depth ?depth } UNION { ?walk a ex:Walk }"
        ),
        "?depth, which is not bound in every solution",
        6,
    ),
    "short form": (f"{HEADER.format('x')}CONSTRUCT WHERE {{ ?a ?b ?c }}", "nothing of its own", 6),
    "exclusion": (building("?case ind:excludes ex:Soaked"), "ind:excludes of a case", 6),
    "exclusion of a record": (with_template("ind:excludes ex:Rain"), "ind:excludes, which no", 6),
    "completeness": (building("?case ind:recordsAll ex:Soaked"), "ind:recordsAll of a case", 6),
    "proposal": (building("?case ind:proposes ?walk"), "ind:proposes of a case", 6),
    "age": (building("?case ind:ageInYears 70"), "ind:ageInYears of a case", 6),
    "status": (with_template("ind:establishes ex:Rain"), "ind:establishes, which no", 6),
    "what is shown": (with_template("ind:shows ?rain"), "ind:shows, which no", 6),
    "computed": (with_template("ind:daysSinceStart 3"), "ind:daysSinceStart, which no", 6),
    "by which": (with_template("ind:derivedBy ex:other"), "ind:derivedBy, which no", 6),
    "undeclared": (with_template("ex:dept 3"), "no vocabulary declares", 6),
    "label": (
        with_template("<http://www.w3.org/2000/01/rdf-schema#label> 'x'"),
        "no vocabulary",
        6,
    ),
    "of what is recorded": (
        SOAKED.replace(BUILDS, f"{BUILDS} ?rain ex:depth 3 ."),
        "?rain, which is no node",
        6,
    ),
    "of the guideline": (
        SOAKED.replace(BUILDS, f"{BUILDS} ex:soaked a ind:Indication ."),
        "no node of its own",
        6,
    ),
    "recorded again": (
        building("?case ind:hasFinding ?walk"),
        "?walk, which is no node of its own",
        6,
    ),
    "of no case": (SOAKED.replace("?case a ind:PatientCase ; ", "?case "), "hold to be a case", 6),
    "property not known": (
        SOAKED.replace("ex:depth ?depth ; prov", "?how ?depth ; prov").replace(
            "?rain a/", "?rain ?how ?any . ?rain a/"
        ),
        "not known beforehand, ?how",
        6,
    ),
    "class not known": (
        SOAKED.replace("?new a ex:Soaked", "?new a ?what").replace(
            "?rain a/", "?rain a ?what . ?rain a/"
        ),
        "not known beforehand, ?what",
        6,
    ),
    "intervention as a finding": (
        SOAKED.replace("?new a ex:Soaked", "?new a ex:Walk"),
        "no class of findings",
        6,
    ),
    "finding as an intervention": (
        SOAKED.replace(BUILDS, "CONSTRUCT {\n  ?case ind:received ?new ."),
        "no class of interventions",
        6,
    ),
    "criterion": (
        SOAKED.replace("?new a ex:Soaked", "?new a ex:IsSoaked"),
        "no class of findings",
        6,
    ),
    "of no class": (SOAKED.replace("?new a ex:Soaked ; ", "?new "), "does not say what ?new is", 6),
    "from nothing": (SOAKED.replace(" ; prov:wasDerivedFrom ?rain , ?walk", ""), "derived from", 6),
    "from a constant": (SOAKED.replace("?rain , ?walk .", "ex:Rain ."), "which is no record", 6),
    "named for nothing": (
        SOAKED.replace("STR(?rain), ", '"https://example.org/case#case0", '),
        "no node of its own",
        6,
    ),
    "bounds of no property": (
        with_template("ind:bounds ?within")
        .replace(BUILDS, f"{BUILDS} ?within a ind:Bounds .")
        .replace(LAST, f'{LAST} BIND(IRI(CONCAT(STR(?rain), "/b")) AS ?within)'),
        "bounds of one property",
        6,
    ),
    "no summary": (SOAKED.partition("\n")[2], "has no summary", 1),
    "header": (SOAKED.replace("#+ summary", "#+ sumary"), "not understood", 1),
    "prefix": (SOAKED.replace("PREFIX prov:", "PREFIX pro:"), "'prov:' is not declared", 8),
    "no sparql": (SOAKED.replace("WHERE {", "WHERE ((("), "syntax error", 10),
    "prose": ("#+ summary: x\nWho walked in the rain is soaked.\n", "builds nothing", 1),
}

TAKEN: Final = {
    "as it is": SOAKED,
    "values": SOAKED.replace("?new a ex:Soaked", "?new a ?what").replace(
        LAST,
        "VALUES (?kind ?what) { (ex:Storm ex:Drenched) (ex:Rain ex:Soaked) } "
        f"?rain a ?kind . {LAST}",
    ),
    "union": SOAKED.replace(
        "?walk a/ind:subsumedBy ex:Walk .", "{ ?walk a ex:Walk } UNION { ?walk a ex:Towel }"
    ),
    "conditions": with_pattern(
        "?rain ind:onset ?day ."
        " FILTER(?depth > 3 && ?rain NOT IN (ex:Rain, 'a') || STRSTARTS(STR(?rain), 'x'))"
        ' FILTER(STRDT("2026-01-01", xsd:date) < ?day - "P7D"^^xsd:dayTimeDuration)'
        " BIND(IF(?depth < 5, 1, xsd:integer('2')) * -?depth / 2.0 + ROUND(1.5) AS ?computed)"
    ),
    "bounds": SOAKED.replace("ex:depth ?depth ; prov", "ind:bounds ?within ; prov")
    .replace(
        BUILDS, f"{BUILDS} ?within a ind:Bounds ; ind:of ex:weight ; ind:minInclusive ?depth ."
    )
    .replace(LAST, f'{LAST} BIND(IRI(CONCAT(STR(?rain), "/within")) AS ?within)'),
    "for ever": with_pattern("?rain ind:subsumedBy* ?above . ?a ?b ?above ."),
}


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    source = load(guideline(tmp_path_factory.mktemp("taken"), {}))
    return Vocabulary(slim_vocabulary([triple[1:] for triple in source.triples()]))


def derivations(texts: dict[str, str]) -> list[Derivation]:
    """Return texts as derivations."""
    return [
        Derivation(f"{EX}derivations/{name}", "soaked.rq", text) for name, text in texts.items()
    ]


@pytest.mark.slow
def test_all_that_could_take_something_back_is_refused(vocabulary: Vocabulary) -> None:
    found = read(derivations({name: text for name, (text, _, _) in REFUSED.items()}), vocabulary)
    for (name, (_, message, line)), error in each(list(zip(REFUSED.items(), found, strict=True))):
        assert isinstance(error, IndicantError), name
        assert message in error.message, (name, error.message)
        assert (error.file, error.line) == ("soaked.rq", line), (name, error.message)


@pytest.mark.slow
def test_every_word_that_is_refused_says_what_to_write(vocabulary: Vocabulary) -> None:
    found = read(derivations({name: text for name, (text, _, _) in REFUSED.items()}), vocabulary)
    silent = {
        name
        for name, error in zip(REFUSED, found, strict=True)
        if isinstance(error, IndicantError) and not error.help
    }
    assert silent <= {"no sparql", "prose"}


@pytest.mark.slow
def test_what_only_adds_is_taken(vocabulary: Vocabulary) -> None:
    found = read(derivations(TAKEN), vocabulary)
    for name, rule in each(list(zip(TAKEN, found, strict=True))):
        assert isinstance(rule, Rule), (name, rule)
        assert rule.roles == ("https://w3id.org/indicant/core/hasFinding",)
        assert EX + "Soaked" in rule.classes
    values, bounds = found[1], found[4]
    assert isinstance(values, Rule)
    assert values.classes == (EX + "Drenched", EX + "Soaked")
    assert isinstance(bounds, Rule)
    assert bounds.properties == (EX + "weight",)


@pytest.mark.slow
def test_what_was_taken_is_kept_as_it_is(vocabulary: Vocabulary) -> None:
    rules = [one for one in read(derivations(TAKEN), vocabulary) if isinstance(one, Rule)]
    assert list(from_json(to_json(rules))) == rules


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_one_that_is_never_understood_is_refused(
    vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indicant.compile.grounds.SECONDS", 3.0)
    deep = with_pattern(f"FILTER({'(' * 3000}?depth > 3{')' * 3000})")
    found = read(derivations({"deep": deep, "soaked": SOAKED}), vocabulary)
    assert isinstance(found[0], IndicantError)
    assert isinstance(found[1], Rule)


@pytest.mark.slow
def test_every_verb_refuses_it_and_check_tells_all(tmp_path: Path) -> None:
    rules = {name: REFUSED[name.replace("-", " ")][0] for name in ("minus", "not-exists")}
    place = guideline(tmp_path, rules)
    code, out, _ = run("check", str(place), "--no-reasoner")
    assert code == 1
    assert out.count("[derivation]") == 2
    assert "minus.rq:14:3: error: MINUS takes away" in out
    code, out, _ = run("check", str(place / "derivations" / "minus.rq"), "--no-reasoner")
    assert (code, out.count("[derivation]")) == (1, 1)
    for verb in (["assess", "--example", "--guideline", str(place)], ["verify", str(place)]):
        code, _, err = run(*verb)
        assert code == 2
        assert "minus.rq:14:3: " in err
