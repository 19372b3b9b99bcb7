"""Catalogs lead where OASIS and Protégé say, within the fence, and what goes astray is told."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import pytest

from each import each
from indicant.author.checks import check
from indicant.files import catalogs
from indicant.files.catalogs import Catalog, catalog_text, reference_to
from indicant.files.fence import OPEN, Fence
from indicant.files.sources import gather, shipped_catalog

if TYPE_CHECKING:
    from pathlib import Path

    from indicant.errors import IndicantError

NAMESPACE: Final = "urn:oasis:names:tc:entity:xmlns:xml:catalog"
X: Final = "https://example.org/x"


def catalog_of(folder: Path, rows: str, name: str = "catalog-v001.xml") -> Catalog:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f'<catalog xmlns="{NAMESPACE}">{rows}</catalog>', encoding="utf-8")
    return Catalog(path, OPEN)


def led(folder: Path, rows: str, name: str = X) -> str | None:
    """Return where a catalog leads a name to, seen from its folder."""
    found = catalog_of(folder, rows).get(name)
    return None if found is None else os.path.relpath(found, os.path.realpath(folder))


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        (f'<uri name="{X}" uri="a.ttl"/><uri name="{X}" uri="b.ttl"/>', "a.ttl"),
        (f'<uri name="{X}" uri="sub%20dir/%C3%A4.ttl"/>', "sub dir/ä.ttl"),
        (f'<uri name="{X}" uri="sub dir/ä.ttl"/>', "sub dir/ä.ttl"),
        (f'<uri name="{X}" uri="50%25.ttl"/>', "50%.ttl"),
        (f'<uri name="{X}" uri="file:a.ttl"/>', "a.ttl"),
        (f'<uri name="{X}" uri="../up.ttl"/>', "../up.ttl"),
        (f'<uri name="{X}/ä" uri="no.ttl"/><uri name="{X}" uri=" a.ttl "/>', "a.ttl"),
        (f'<group xml:base="deep/"><uri name="{X}" uri="a.ttl"/></group>', "deep/a.ttl"),
        (f'<group xml:base=""><uri name="{X}" uri="a.ttl"/></group>', "a.ttl"),
        (
            '<group xml:base="a/"><group xml:base="b/">'
            f'<uri name="{X}" uri="c.ttl"/></group></group>',
            "a/b/c.ttl",
        ),
        (f'<uri xml:base="deep/" name="{X}" uri="a.ttl"/>', "deep/a.ttl"),
        (f'<group id="1"/><group><uri name="{X}" uri="a.ttl"/></group>', "a.ttl"),
        (
            f'<group><uri name="{X}" uri="a.ttl"/></group><uri name="{X}" uri="b.ttl"/>',
            "a.ttl",
        ),
        ('<rewriteURI uriStartString="https://example.org/" rewritePrefix="in/"/>', "in/x"),
        (
            '<rewriteURI uriStartString="https://example.org/" rewritePrefix="no/"/>'
            f'<rewriteURI uriStartString="{X}" rewritePrefix="long.ttl"/>'
            '<rewriteURI uriStartString="https://" rewritePrefix="no/"/>',
            "long.ttl",
        ),
        (
            f'<rewriteURI uriStartString="{X}" rewritePrefix="no"/><uri name="{X}" uri="a.ttl"/>',
            "a.ttl",
        ),
        ('<uriSuffix uriSuffix="/x" uri="a.ttl"/>', "a.ttl"),
        (f'<system systemId="{X}" uri="a.ttl"/>', None),
        (f'<uri name="{X}"/><uri uri="a.ttl"/>', None),
        (f'<uri name="{X}" uri="https://example.org/a.ttl"/>', None),
        (f'<uri name="{X}" uri="file://server/a.ttl"/>', None),
        (f'<uri name="{X}" uri="http://[/"/>', None),
        (f'<uri name="{X}" uri="http://e.org/"/><uri name="{X}" uri="a.ttl"/>', "a.ttl"),
    ],
)
def test_a_name_is_led_as_the_standard_says(tmp_path: Path, rows: str, place: str | None) -> None:
    assert led(tmp_path / "home", rows) == place


@pytest.mark.parametrize("start", ["file:", "file://", "FILE:", "file://localhost", ""])
def test_a_file_is_spelled_in_many_ways(tmp_path: Path, start: str) -> None:
    (tmp_path / "a b.ttl").touch()
    place = (tmp_path / "a b.ttl").as_uri().removeprefix("file://")
    assert led(tmp_path, f'<uri name="{X}" uri="{start}{place}"/>') == "a b.ttl"


def test_a_name_with_other_characters_is_the_same_name(tmp_path: Path) -> None:
    rows = '<uri name="https://example.org/ä%20b" uri="a.ttl"/>'
    assert led(tmp_path, rows, "https://example.org/%C3%A4%20b") == "a.ttl"
    assert led(tmp_path, rows, "https://example.org/ä%20b") == "a.ttl"
    assert [name for name, _ in catalog_of(tmp_path, rows).items()] == ["https://example.org/ä%20b"]


def test_catalogs_lead_on_to_others(tmp_path: Path) -> None:
    catalog_of(tmp_path / "sub", f'<uri name="{X}" uri="here.ttl"/>', "next.xml")
    catalog_of(tmp_path, f'<uri name="{X}" uri="no.ttl"/>', "later.xml")
    rows = '<nextCatalog catalog="sub/next.xml"/><nextCatalog catalog="later.xml"/>'
    assert led(tmp_path, rows) == "sub/here.ttl"
    assert led(tmp_path, f'{rows}<uri name="{X}" uri="own.ttl"/>') == "own.ttl"
    assert led(tmp_path, rows, "https://example.org/y") is None


def test_a_delegate_alone_answers_for_its_names(tmp_path: Path) -> None:
    catalog_of(tmp_path, f'<uri name="{X}" uri="short.ttl"/>', "short.xml")
    catalog_of(tmp_path, f'<uri name="{X}/1" uri="one.ttl"/>', "long.xml")
    catalog_of(tmp_path, f'<uri name="{X}/2" uri="no.ttl"/>', "next.xml")
    rows = (
        '<delegateURI uriStartString="https://example.org/" catalog="short.xml"/>'
        f'<delegateURI uriStartString="{X}/" catalog="long.xml"/>'
        '<nextCatalog catalog="next.xml"/>'
    )
    found = [led(tmp_path, rows, f"{X}{end}") for end in ("", "/1", "/2")]
    assert found == ["short.ttl", "one.ttl", None]


@pytest.mark.timeout(60)
def test_circles_of_catalogs_end(tmp_path: Path) -> None:
    rows = "".join(f'<nextCatalog catalog="{name}.xml"/>' for name in "ab" * 40)
    for name in "ab":
        catalog_of(tmp_path, f'<nextCatalog catalog="catalog-v001.xml"/>{rows}', f"{name}.xml")
    assert led(tmp_path, rows) is None
    assert led(tmp_path, '<nextCatalog catalog="catalog-v001.xml"/>') is None


@pytest.mark.timeout(60)
def test_not_endlessly_many_catalogs_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogs, "MOST_CATALOGS", 5)
    for at in range(20):
        catalog_of(
            tmp_path,
            f'<nextCatalog catalog="{at + 1}.xml"/><uri name="{X}/{at}" uri="a"/>',
            f"{at}.xml",
        )
    first = Catalog(tmp_path / "0.xml", OPEN)
    assert first.get(f"{X}/3") is not None
    assert first.get(f"{X}/9") is None


def test_what_is_passed_over_is_told(tmp_path: Path) -> None:
    """What lies outside or elsewhere is not looked at, and a spoilt catalog spoils no other."""
    (tmp_path / "outside.xml").write_text("<catalog", encoding="utf-8")
    home = tmp_path / "home"
    home.mkdir()
    (home / "spoilt.xml").write_text("<catalog", encoding="utf-8")
    for place, reason in each(
        (
            ("https://example.org/c.xml", "is no file, and nothing is ever fetched"),
            ("../outside.xml", "lies outside"),
            ("missing.xml", "is not there"),
            ("spoilt.xml", "not an XML catalog"),
        )
    ):
        catalog_of(home, f'<nextCatalog catalog="{place}"/>')
        found = Catalog(home / "catalog-v001.xml", Fence((home,)))
        assert found.get(X) is None
        assert len(found.passed_over) == 1
        assert reason in found.passed_over[0]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    places = {f"{X}&1": "my terms/50%.ttl", X: "a:b.ttl", f"{X}#": "ä/'\".ttl"}
    text = catalog_text({iri: reference_to(place) for iri, place in places.items()})
    (tmp_path / "catalog-v001.xml").write_text(text, encoding="utf-8")
    found = Catalog(tmp_path / "catalog-v001.xml", OPEN)
    assert {
        iri: os.path.relpath(place, os.path.realpath(tmp_path)) for iri, place in found.items()
    } == places


def ontology(folder: Path, name: str, iri: str, *imports: str) -> Path:
    asked = "".join(f" ; owl:imports <{one}>" for one in imports)
    path = folder / name
    path.write_text(
        f"@prefix owl: <http://www.w3.org/2002/07/owl#> .\n<{iri}> a owl:Ontology{asked} .\n",
        encoding="utf-8",
    )
    return path


def mistakes(path: Path) -> list[IndicantError]:
    found: list[IndicantError] = []
    gather(path, found)
    return found


@pytest.mark.slow
def test_an_import_that_leads_to_another_ontology_is_told(tmp_path: Path) -> None:
    root = ontology(tmp_path, "root.ttl", "https://example.org/root", X, f"{X}/v/", f"{X}/w")
    ontology(tmp_path, "other.ttl", "https://example.org/other")
    (tmp_path / "v.ttl").write_text(
        f"@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        f"<https://example.org/v> a owl:Ontology ; owl:versionIRI <{X}/v> .\n",
        encoding="utf-8",
    )
    (tmp_path / "w.ttl").write_text("<urn:x:a> <urn:x:b> 1 .", encoding="utf-8")
    rows = {X: "other.ttl", f"{X}/v/": "v.ttl", f"{X}/w": "w.ttl"}
    catalog_of(
        tmp_path, "".join(f'<uri name="{one}" uri="{place}"/>' for one, place in rows.items())
    )
    (astray,) = gather(root).astray
    assert (astray.iri, astray.found, astray.line) == (X, "https://example.org/other", 2)
    found = [one for one in check([str(root)], reasoner=False).results if one.rule == "import"]
    assert [(one.level, one.message.split(" leads to ")[0]) for one in found] == [
        ("warning", f"owl:imports <{X}>")
    ]
    assert found[0].message.endswith("other.ttl, which is <https://example.org/other>")


def test_an_ontology_may_import_itself_and_what_imports_it(tmp_path: Path) -> None:
    root = ontology(tmp_path, "root.ttl", "https://example.org/root", X, "https://example.org/root")
    ontology(tmp_path, "x.ttl", X, "https://example.org/root")
    catalog_of(tmp_path, f'<uri name="{X}" uri="x.ttl"/>')
    assert mistakes(root) == []
    assert gather(root).astray == ()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("http://w3id.org/indicant/core/", "did you mean  <https://w3id.org/indicant/core/>,"),
        ("https://example.org/y", "did you mean  <http://example.org/y>,  with http: ?"),
        ("https://example.org/z", 'add  <uri name="https://example.org/z" uri="…"/>  to'),
    ],
)
def test_a_name_with_the_other_scheme_is_known(tmp_path: Path, asked: str, told: str) -> None:
    catalog_of(tmp_path, '<uri name="http://example.org/y" uri="y.ttl"/>')
    (error,) = mistakes(ontology(tmp_path, "root.ttl", "https://example.org/root", asked))
    assert error.message.startswith(f"owl:imports <{asked}> is mapped to no file")
    assert (error.help or "").startswith(told)


def test_what_a_catalog_passes_over_is_told_where_a_name_is_missing(tmp_path: Path) -> None:
    catalog_of(tmp_path, '<nextCatalog catalog="https://example.org/c.xml"/>')
    (error,) = mistakes(ontology(tmp_path, "root.ttl", "https://example.org/root", X))
    assert "<https://example.org/c.xml> is no file" in (error.help or "")


def test_what_ships_is_taken_where_a_place_in_full_is_not_to_be_had(tmp_path: Path) -> None:
    """A guideline is not held to where its author had installed the package."""
    iri = "https://w3id.org/indicant/spine/module/anatomy"
    home = tmp_path / "home"
    outside = ontology(tmp_path, "anatomy.ttl", iri)
    for place in (outside, tmp_path / "missing.ttl", home / "missing.ttl"):
        catalog_of(home, f'<uri name="{iri}" uri="{place.as_uri()}"/>')
        found = gather(ontology(home, "root.ttl", "https://example.org/root", iri))
        shipped = os.path.realpath(shipped_catalog()[iri])
        assert shipped in {os.path.realpath(one.path) for one in found.documents}
    own = ontology(home, "anatomy.ttl", iri)
    catalog_of(home, f'<uri name="{iri}" uri="{own.as_uri()}"/>')
    found = gather(home / "root.ttl")
    assert os.path.realpath(own) in {os.path.realpath(one.path) for one in found.documents}
    catalog_of(home, f'<uri name="{iri}" uri="missing.ttl"/>')
    (error,) = mistakes(home / "root.ttl")
    assert error.message == "no such file"
