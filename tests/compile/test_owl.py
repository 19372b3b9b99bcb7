"""The ontology is OWL 2 DL, and the compiler and HermiT give the same account of it."""

from __future__ import annotations

import re

import pytest

from indicant.compile.compiled import compile_source
from indicant.compile.hermit import Reasoner
from indicant.compile.owl import ontology_text
from indicant.files.sources import Source, load, resolve
from indicant.terms import OWL, RDF

NO_AXIOM = "Triple in no axiom: "


@pytest.fixture(scope="module")
def source() -> Source:
    return load(resolve(None))


@pytest.mark.slow
def test_the_guideline_is_owl_2_dl_with_all_its_imports(source: Source) -> None:
    """The old parser leaves annotations of dropped headers and spent AllDifferent nodes over."""
    text = ontology_text(source)
    declaration = re.compile(f"^(<.*>) <{RDF}type> <{OWL}AnnotationProperty> .$", re.MULTILINE)
    annotations = set(declaration.findall(text))
    with Reasoner(text, "ntriples") as reasoner:
        violations = reasoner.profile_violations()
    rest = []
    for line in violations:
        triple = line.removeprefix(NO_AXIOM).split(" ")
        spent = triple[1:] == [f"<{RDF}type>", f"<{OWL}AllDifferent>."]
        if not line.startswith(NO_AXIOM) or not (spent or triple[1] in annotations):
            rest.append(line)
    assert rest == []


@pytest.mark.slow
def test_a_violation_of_the_profile_is_reported(source: Source) -> None:
    both = "".join(
        f"<urn:x:p> <{RDF}type> <{OWL}{kind}Property> .\n" for kind in ("Object", "Datatype")
    )
    with Reasoner(ontology_text(source) + both, "ntriples") as reasoner:
        violations = reasoner.profile_violations()
    assert any("urn:x:p" in line for line in violations)


@pytest.mark.slow
def test_compiling_is_the_same_every_time(source: Source) -> None:
    """HermiT agrees with the compiler, or compiling would have raised."""
    assert compile_source(source) == compile_source(source)


def test_without_passages_only_what_is_said_of_them_and_by_them_is_missing(source: Source) -> None:
    lines = set(ontology_text(source).splitlines())
    left = set(ontology_text(source, passages=False).splitlines())
    assert left < lines
    missing = lines - left
    kinds = re.compile(r"^(<.*>) <[^>]*> <[^>]*(?:Passage|TextPositionSelector)> \.$")
    passages = {match[1] for line in missing if (match := kinds.match(line))}
    assert len(passages) > 80
    assert all(passages & set(line.removesuffix(" .").split(" ", 2)) for line in missing)
    assert not any(passages & set(line.removesuffix(" .").split(" ", 2)) for line in left)
