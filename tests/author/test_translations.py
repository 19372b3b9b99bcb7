"""What has no text in a language is listed where it stands, and nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from indicant.author.checks import check
from indicant.author.translations import RULE
from indicant.errors import IndicantError
from indicant.terms import local_name
from places import RAIN
from running import run

if TYPE_CHECKING:
    from pathlib import Path

    from indicant.report.findings import Report

TEXTS = (
    ':Cloud a owl:Class ; rdfs:subClassOf ind:Finding ; rdfs:label "cloud"@en ;\n'
    '    skos:definition "water in the air"@en ;\n'
    '    ind:question "Is it grey?"@en , "Ist es grau?"@de ;\n'
    '    skos:editorialNote "seldom"@en ;\n'
    '    ind:strength "grey"@en .\n'
    ':Fog a owl:Class ; rdfs:subClassOf :Cloud ; rdfs:label "fog"@en , "Nebel"@de-AT ;\n'
    '    ind:phrase "fog about"@en ; ind:absencePhrase "no fog"@en , "kein Nebel"@de .\n'
)


def listed(report: Report) -> set[tuple[str, str]]:
    results = [one for one in report.results if one.rule == RULE]
    assert all(one.level == "note" and one.places and one.help for one in results)
    return {
        (local_name(str(one.data["property"])), f"{local_name(one.about[0])}: {one.data['text']}")
        for one in results
    }


@pytest.mark.slow
def test_what_has_no_text_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "fog.ttl"
    path.write_text(
        "@prefix : <https://example.org/fog/> .\n"
        "@prefix ind: <https://w3id.org/indicant/core/> .\n"
        "@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
        "<https://example.org/fog/> a owl:Ontology ; "
        "owl:imports <https://w3id.org/indicant/core/> .\n" + TEXTS,
        encoding="utf-8",
    )
    wanted = {
        ("label", "Cloud: cloud"),
        ("definition", "Cloud: water in the air"),
        ("phrase", "Fog: fog about"),
    }
    for tag in ("de", "de-CH"):
        report = check([str(path)], reasoner=False, language=tag)
        assert listed(report) == wanted
    without = check([str(path)], reasoner=False)
    assert RULE not in {one.rule for one in without.results}
    assert RULE not in {one.name for one in without.rules}
    french = listed(check([str(path)], reasoner=False, language="fr"))
    assert french == wanted | {
        ("question", "Cloud: Is it grey?"),
        ("label", "Fog: fog"),
        ("absencePhrase", "Fog: no fog"),
    }


@pytest.mark.slow
def test_the_command_lists_it_and_passes() -> None:
    """A note is nothing that is wrong: what is sound in English stays sound."""
    code, out, _ = run("check", str(RAIN), "--no-reasoner", "--lang", "de")
    assert code == 0
    assert "in 'de' for" in out
    found = check([str(RAIN)], reasoner=False, language="de")
    assert out.count("[translation]") == len(listed(found)) > 0


@pytest.mark.many(1000)
@pytest.mark.parametrize("tag", ["en", "EN-gb", "no tag", ""])
def test_english_is_what_is_translated_from(tag: str) -> None:
    with pytest.raises(IndicantError, match="no language to translate into"):
        check([str(RAIN)], reasoner=False, language=tag)


@pytest.mark.slow
def test_the_seed_is_german_throughout() -> None:
    report = check([], reasoner=False, language="de")
    assert RULE in {one.name for one in report.rules}
    assert [one.message for one in report.results if one.rule == RULE] == []
