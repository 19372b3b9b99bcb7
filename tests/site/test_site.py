"""The pages of a guideline: every link leads somewhere, all text is text, all or nothing."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from each import each
from indicant import cli
from indicant.ask.questions import questions
from indicant.assess.assessor import Assessor
from indicant.errors import IndicantError
from indicant.files import staging
from indicant.files.rdf import read
from indicant.site import content as gathering
from indicant.site import layout, markup, pages, pictures, publishing
from indicant.site.content import slugs
from indicant.site.tables import gather
from indicant.terms import IND, local_name
from places import ASSESSED, BROKEN, SEVEN_MONTHS
from shipped import assessor
from sites import HOSTILE, gathered, hostile, seed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VOID: Final = frozenset({"br", "img", "input", "link", "meta"})
VERDICTS: Final = {"fires": "met", "silent": "refuted", "open": "open"}
RUNNING: Final = frozenset({"script", "iframe", "object", "embed", "img", "base", "marquee"})

pytestmark = pytest.mark.slow


class Page(HTMLParser):
    """What a page holds: its elements, the text of some, its links; tags have to be balanced."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element."""
        found = dict(attrs)
        assert len(found) == len(attrs), f"<{tag}> has an attribute twice"
        self.elements.append((tag, found))
        if found.get("id") is not None:
            self.ids.append(str(found["id"]))
        if tag not in VOID:
            self._open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element that holds nothing."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the element that was opened last."""
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Take text into every element that it is in."""
        for tag in set(self._open):
            self.texts[tag][-1] += data

    @property
    def links(self) -> list[str]:
        """Return everything that an element points to."""
        names = ("href", "src", "action", "srcset", "data", "poster")
        return [str(found[name]) for _, found in self.elements for name in names if name in found]


SITES: Final[dict[str, Callable[[], Mapping[str, bytes]]]] = {"seed": seed, "hostile": hostile}


@cache
def parsed(site: str) -> dict[str, Page]:
    return {
        path: Page(data.decode()) for path, data in SITES[site]().items() if path.endswith(".html")
    }


# ---------------------------------------------------------------------- the pages of a site


@pytest.mark.slow
@pytest.mark.parametrize("site", SITES)
def test_every_link_leads_somewhere(site: str) -> None:
    files, found = SITES[site](), parsed(site)
    for path, page in each(found.items()):
        assert len(page.ids) == len(set(page.ids)), path
        for link in page.links:
            if link.startswith(("https://", "http://")) or link == "data:,":
                continue
            assert not re.match(r"[a-z]+:", link, re.IGNORECASE), (path, link)
            place, _, anchor = link.partition("#")
            target = os.path.normpath(os.path.join(os.path.dirname(path), place)) if place else path
            assert target in files, (path, link)
            if anchor:
                assert anchor in found[target].ids, (path, link)


@pytest.mark.slow
@pytest.mark.parametrize("site", SITES)
def test_every_page_is_reached_from_the_first(site: str) -> None:
    found = parsed(site)
    seen, queue = {"index.html"}, ["index.html"]
    while queue:
        path = queue.pop()
        for link in found[path].links:
            place = link.partition("#")[0]
            target = os.path.normpath(os.path.join(os.path.dirname(path), place)) if place else path
            if target in found and target not in seen:
                seen.add(target)
                queue.append(target)
    assert seen == set(found)


@pytest.mark.slow
def test_everything_has_a_page_of_its_own() -> None:
    content, files = gathered(), seed()
    wanted = {f"recommendations/{local_name(one.iri)}.html" for one in content.recommendations}
    wanted |= {f"publications/{local_name(one.iri)}.html" for one in content.publications}
    wanted |= {f"questions/{name}.html" for name in questions()}
    for folder, root in (("findings", IND + "Finding"), ("interventions", IND + "Intervention")):
        wanted |= {
            f"{folder}/{local_name(iri)}.html" for iri in content.hierarchy[root] if iri != root
        }
    assert {path for path in files if "/" in path} == wanted


@pytest.mark.slow
def test_a_recommendation_s_page_holds_its_whole_warrant() -> None:
    content = gathered()
    passages = {one.iri: one for one in content.passages}
    criteria = {one.iri: one for one in content.criteria}
    for one in each(content.recommendations):
        text = " ".join(parsed("seed")[f"recommendations/{one.slug}.html"].texts["main"])
        for iri in one.passages:
            passage = passages[iri]
            assert passage.id in text
            assert f"[{passage.start}–{passage.end}]" in text  # noqa: RUF001 - a range
            assert passage.paraphrase is not None
            assert passage.paraphrase in text
            for said in content.evidence:
                if said.passage == iri and said.note is not None:
                    assert said.note in text
        criterion = criteria[one.criterion or ""]
        assert criterion.definition is not None
        assert criterion.definition in text
        assert "".join(word.text for word in criterion.owl) in text


def test_the_cases_of_a_recommendation_stand_under_what_they_are_named_for() -> None:
    by_name = {local_name(one.iri): one for one in gathered().recommendations}
    for folder in each(sorted(path.parent.name for path in ASSESSED)):
        found = re.fullmatch(r"(.+?)-(fires|silent|open)-.+", folder)
        assert found is not None
        page = seed()[f"recommendations/{by_name[found[1]].slug}.html"].decode()
        assert f'<details class="case {VERDICTS[found[2]]}"><summary>{folder}</summary>' in page


def test_the_reference_has_every_declared_term() -> None:
    ids = set(parsed("seed")["reference.html"].ids)
    assert {one.slug for one in gathered().terms} <= ids


def test_the_search_lists_what_has_a_page() -> None:
    listed = {link.partition("#")[0] for link in parsed("seed")["search.html"].links}
    assert {path for path in seed() if "/" in path} <= listed


@pytest.mark.slow
def test_nothing_is_loaded_from_elsewhere_and_only_the_search_has_a_script() -> None:
    for site in each(SITES):
        for path, page in each(parsed(site).items()):
            tags = [tag for tag, _ in page.elements]
            assert tags.count("script") == (path == "search.html"), path
            assert not RUNNING.intersection(tags) - {"script"}, path
            for tag, found in page.elements:
                assert not any(name.startswith("on") for name in found), (path, tag)
                assert "style" not in found, (path, tag)
                if tag == "link":
                    assert str(found["href"]).endswith("site.css") or found["rel"] == "icon"


def test_the_policy_of_the_search_page_admits_its_script_alone() -> None:
    page = parsed("seed")["search.html"]
    (script,) = page.texts["script"]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policies = [found.get("content") for tag, found in page.elements if "http-equiv" in found]
    assert policies[0] is not None
    assert f"script-src 'sha256-{digest}'" in policies[0]
    others = [data.decode() for path, data in seed().items() if path == "index.html"]
    assert "script-src" not in others[0]


@pytest.mark.parametrize("site", SITES)
def test_every_picture_has_a_name_and_says_the_same_in_words(site: str) -> None:
    drawn = 0
    for path, page in parsed(site).items():
        for tag, found in page.elements:
            if tag == "svg":
                drawn += 1
                names = str(found["aria-labelledby"]).split()
                assert len(names) == 2
                assert set(names) <= set(page.ids), path
        for text in page.texts.get("desc", []):
            assert len(text.split()) > 5, path
    assert drawn >= 3


def test_the_pathway_in_words_names_every_recommendation() -> None:
    (words, *_) = parsed("seed")["index.html"].texts["desc"]
    for one in each(gathered().recommendations):
        assert one.label in words


@pytest.mark.slow
def test_same_input_same_bytes(tmp_path: Path) -> None:
    script = (
        "import sys; from indicant import cli;"
        f"sys.exit(cli.main(['site', {str(tmp_path / 'out')!r}, '--guideline', {str(HOSTILE)!r}]))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
    written = {
        path.relative_to(tmp_path / "out").as_posix(): path.read_bytes()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file() and path.name != publishing.MANIFEST
    }
    assert written == hostile()


# ---------------------------------------------------------------------- text is text


def test_hostile_labels_are_shown_as_they_are() -> None:
    page = parsed("hostile")["index.html"]
    assert page.texts["h1"] == ["<b>bold</b> & ]]> -->"]
    assert page.texts["title"][0].startswith("</title><script>window.hacked = 1</script>")
    assert "{{ 7 * 7 }}" in page.texts["main"][0]
    assert "phase \ufffd with" in " ".join(page.texts["h3"])
    assert "المرحلة الثانية" in page.texts["h3"]


def test_an_address_that_is_none_of_the_web_is_no_link() -> None:
    for page in each(parsed("hostile").values()):
        for link in each(page.links):
            assert "javascript" not in link.lower()
            assert "hacked" not in link


def test_names_that_differ_by_case_alone_have_files_of_their_own() -> None:
    found = slugs(["https://example.org/a/Pain", "https://example.org/a/pain"])
    assert len({name.lower() for name in found.values()}) == 2
    assert slugs(["https://example.org/a/../b?<c>"])["https://example.org/a/../b?<c>"].isascii()


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_any_label_is_read_back_from_its_page(label: str) -> None:
    content = gathered()
    one = replace(content.recommendations[0], label=label)
    path, data = next(pages._Pages(replace(content, recommendations=(one,)))._recommendations())
    page = Page(data.decode())
    (heading,) = page.texts["h1"]
    shown = markup._FORBIDDEN.sub("\ufffd", label).replace("\r\n", "\n").replace("\r", "\n")
    assert heading.replace("\r\n", "\n").replace("\r", "\n") == shown
    assert path == f"recommendations/{one.slug}.html"
    assert not RUNNING.intersection(tag for tag, _ in page.elements)


@settings(max_examples=100, deadline=None)
@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80),
    st.integers(min_value=20, max_value=300),
)
def test_lines_keep_every_character_and_fit(text: str, width: int) -> None:
    lines = layout.wrapped(text, width, 12)
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        assert len(line) <= 1 or layout.text_width(line, 12) <= width


# ---------------------------------------------------------------------- pictures


def test_no_box_of_the_pathway_covers_another() -> None:
    content = gathered()
    boxes = pictures.draw_pathway(content, pictures.pathway(content)).boxes
    assert len(boxes) > 8
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            assert (
                one.y + one.height <= other.y
                or other.y + other.height <= one.y
                or one.x + one.width <= other.x
                or other.x + other.width <= one.x
            )


def test_the_pathway_follows_order_and_urgency() -> None:
    content = gathered()
    way = pictures.pathway(content)
    steps = [(one.kind, one.contingent) for one in way.steps]
    assert steps == [
        ("start", False),
        ("phase", False),
        ("decision", False),
        ("phase", False),
        ("phase", False),
        ("decision", False),
        ("phase", True),
        ("decision", False),
        ("phase", True),
    ]
    ((at, around),) = way.around
    assert (at, [local_name(one.iri) for one in around.members]) == (
        2,
        ["urgent-neurosurgical-referral"],
    )
    shown = [one.iri for step in (*way.steps, around) for one in step.members]
    shown += [one.iri for one in way.anytime.members] if way.anytime else []
    assert sorted(shown) == sorted(one.iri for one in content.recommendations)


def test_a_pathway_needs_no_phases() -> None:
    content = gathered()
    loose = tuple(replace(one, phase=None) for one in content.recommendations)
    bare = replace(content, phases=(), recommendations=loose)
    assert pictures.draw_pathway(bare, pictures.pathway(bare)).boxes
    empty = replace(bare, recommendations=(), guideline=gathering.Guideline())
    assert pictures.draw_pathway(empty, pictures.pathway(empty)).boxes == ()


def test_several_guidelines_have_a_pathway_each() -> None:
    content = gathered()
    first = content.recommendations[0]
    other = replace(content.guideline, iri="https://example.org/other/", label="other")
    moved = (replace(first, guideline=other.iri), *content.recommendations[1:])
    both = replace(content, guidelines=(content.guideline, other), recommendations=moved)
    ours, theirs = gathering.apart(both)
    assert [one.iri for one in theirs.recommendations] == [first.iri]
    assert len(ours.recommendations) == len(content.recommendations) - 1
    path, data = pages._Pages(both)._index()
    assert path == "index.html"
    assert Page(data.decode()).texts["h2"].count("Pathway") == 2


def test_class_expressions_are_said_in_manchester_syntax() -> None:
    other = Assessor(str(HOSTILE))
    found = gather(other, {"ex": "https://example.org/hostile/", "ind": IND})
    (text,) = [
        "".join(word.text for word in one.owl)
        for one in found.criteria
        if one.iri.endswith("Otherwise")
    ]
    assert text == (
        "ind:PatientCase\n"
        "and ((ind:hasFinding some (ex:Pain\n"
        "            and (ind:days some (<>[>= 14]))))\n"
        "    or (not (ind:hasFinding some ex:pain)))"
    ).replace("<>", "http://www.w3.org/2001/XMLSchema#integer")


BARE = f"""@prefix ex: <https://example.org/bare/> .
@prefix ind: <{IND}> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

<https://example.org/bare/> a owl:Ontology , ind:Guideline .
ex:Ache a owl:Class ; rdfs:subClassOf ind:Finding .
ex:Rest a owl:Class ; rdfs:subClassOf ind:Intervention ; rdfs:label "Ruhe"@de .
ex:Aching a owl:Class , ind:Criterion ; owl:equivalentClass [
    a owl:Restriction ; owl:onProperty ind:hasFinding ; owl:someValuesFrom ex:Ache ] .
ex:rest-awhile a ind:Indication ; ind:action ex:Rest ; ind:criterion ex:Aching .
"""


def test_what_says_no_more_than_it_must_is_shown_all_the_same(tmp_path: Path) -> None:
    """By its name, where it has no label in English or none at all."""
    file = tmp_path / "guideline.ttl"
    file.write_text(BARE, encoding="utf-8")
    content = gather(Assessor(file), {"ex": "https://example.org/bare/"})
    (one,) = content.recommendations
    assert (one.label, one.strength, one.urgency, one.phase) == ("rest-awhile", None, None, None)
    assert [(each.label, each.definition) for each in content.criteria] == [("Aching", None)]
    labels = {each.iri: each.label for each in content.terms}
    assert labels["https://example.org/bare/Ache"] == "Ache"
    assert labels["https://example.org/bare/Rest"] == "Rest"
    assert pages.build(str(file))


def test_the_licence_is_linked_and_every_field_has_a_name() -> None:
    licence = gathered().guideline.licence
    assert licence
    for data in each([data for name, data in seed().items() if name.endswith(".html")]):
        page = Page(data.decode())
        links = [found["href"] for _, found in page.elements if found.get("rel") == "license"]
        assert links == [licence]
    search = Page(seed()["search.html"].decode())
    named = {found["for"] for tag, found in search.elements if tag == "label"}
    assert named == {found["id"] for tag, found in search.elements if tag == "input"} != set()
    assert all(text.strip() for tag in ("label", "button") for text in search.texts[tag])


# ---------------------------------------------------------------------- the page of a case


def case_page(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert cli.main(["assess", *arguments, "--format", "html"]) == code
    return capsys.readouterr().out


@pytest.mark.slow
def test_the_page_of_a_case_needs_nothing_beside_itself(capsys: pytest.CaptureFixture[str]) -> None:
    text = case_page(capsys, "--example")
    page = Page(text)
    for link in page.links:
        assert link == "data:," or (link.startswith("#") and link[1:] in page.ids)
    assert not RUNNING.intersection(tag for tag, _ in page.elements)
    (style,) = page.texts["style"]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src &#39;sha256-{digest}&#39;" in text or f"'sha256-{digest}'" in text
    assert len(page.ids) == len(set(page.ids))
    assert sum(tag == "details" for tag, _ in page.elements) > 10


@pytest.mark.slow
def test_the_pathway_marks_where_the_patient_is(capsys: pytest.CaptureFixture[str]) -> None:
    text = case_page(capsys, "--example")
    marked = re.findall(r'<g class="box (\w+) here', text)
    assert marked == ["phase", "phase"]
    (record,) = assessor().assess(assessor().example(), everything=True)
    standing = pictures.standings(record)
    for one in gathered().recommendations:
        assert one.iri in standing
    here = {local_name(iri) for iri, stands in standing.items() if stands.here}
    assert here == {"cervical-mri", "thoracic-mri", "gabapentin", "pregabalin"}


@pytest.mark.slow
def test_the_page_says_what_the_text_says(capsys: pytest.CaptureFixture[str]) -> None:
    case = str(SEVEN_MONTHS)
    page = Page(case_page(capsys, case))
    text = " ".join(page.texts["main"][0].split())
    (record,) = assessor().assess(read(Path(case)))
    for action in record["actions"]:
        assert action["label"] in text
    assert "contraindicated spinal fusion (including" in text
    assert "= no advice for or against, which is no go-ahead" not in text
    everything = Page(case_page(capsys, case, "--all")).texts["main"][0]
    assert "= no advice for or against, which is no go-ahead" in " ".join(everything.split())


@pytest.mark.slow
def test_several_cases_share_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    case = str(SEVEN_MONTHS)
    broken = str(BROKEN)
    page = Page(case_page(capsys, case, broken, case, code=1))
    assert len(page.texts["article"]) == 2
    assert "shall be ≤ 5" in page.texts["main"][0]
    assert len(page.ids) == len(set(page.ids))


def test_a_case_is_text_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    page = Page(case_page(capsys, "--example", "--guideline", str(HOSTILE)))
    assert "%22%3E%3Cscript%3E" in page.texts["main"][0]
    assert not RUNNING.intersection(tag for tag, _ in page.elements)


# ---------------------------------------------------------------------- all or nothing


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_site_replaces_itself_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "site"
    publishing.publish({"a/b.html": b"1", "index.html": b"2"}, target)
    publishing.publish({"index.html": b"3"}, target)
    assert files_in(target) == {"index.html": b"3", publishing.MANIFEST: b"index.html\n"}
    (target / "CNAME").write_text("example.org")
    with pytest.raises(IndicantError, match="holds what indicant did not write: CNAME"):
        publishing.publish({"index.html": b"4"}, target)
    assert files_in(target)["index.html"] == b"3"
    assert [path.name for path in target.parent.iterdir()] == ["site"]


def test_a_folder_of_something_else_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    assert cli.main(["site", str(tmp_path)]) == 2
    assert "no site that indicant wrote" in capsys.readouterr().err
    assert files_in(tmp_path) == {"thesis.txt": b"years of work"}
    assert cli.main(["site", str(tmp_path / "thesis.txt")]) == 2
    assert "is a file, not a folder" in capsys.readouterr().err


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    target = tmp_path / "site"
    target.mkdir()
    publishing.publish({"index.html": b"1"}, target)
    assert (target / "index.html").read_bytes() == b"1"
    assert target.stat().st_mode & 0o700 == 0o700


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_write_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    target = tmp_path / "site"
    publishing.publish({"index.html": b"old"}, target)
    before = files_in(tmp_path)
    plain = Path.write_bytes

    def fail(path: Path, data: bytes) -> int:
        if path.name == "z.html":
            raise failure
        return plain(path, data)

    monkeypatch.setattr(Path, "write_bytes", fail)
    expected = IndicantError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        publishing.publish({"index.html": b"new", "z.html": b"new"}, target)
    assert files_in(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


@pytest.mark.parametrize("swaps", [True, False])
def test_a_swap_that_fails_is_taken_back(
    swaps: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether or not the system can exchange two names in one step."""
    target = tmp_path / "site"
    publishing.publish({"index.html": b"old"}, target)
    plain = os.rename
    moved: list[Path] = []

    def fail(*_: object) -> bool:
        raise OSError(5, "Input/output error")

    def second(one: Path, other: Path) -> None:
        moved.append(other)
        if len(moved) == 2:
            fail()
        plain(one, other)

    monkeypatch.setattr(staging, "exchange", fail if swaps else lambda *_: False)
    monkeypatch.setattr(os, "rename", second)
    with pytest.raises(IndicantError, match="cannot be written: Input/output error"):
        publishing.publish({"index.html": b"new"}, target)
    assert (target / "index.html").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_place_that_cannot_be_written_is_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", fail)
    with pytest.raises(IndicantError, match="cannot be written: Permission denied"):
        publishing.publish({"index.html": b"1"}, tmp_path / "site")
    (tmp_path / "file").write_text("x")
    monkeypatch.undo()
    with pytest.raises(IndicantError, match="cannot be written"):
        publishing.publish({"index.html": b"1"}, tmp_path / "file" / "site")


@pytest.mark.parametrize(
    ("missing", "needing"),
    [
        ("jinja2", markup.environment.__wrapped__),
        ("pygraphviz", lambda: layout.place({"a": (10, 10)}, [])),
    ],
)
def test_what_makes_pages_is_named_where_it_is_missing(
    missing: str, needing: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(IndicantError) as caught:
        needing()
    assert caught.value.help == "pip install 'indicant[site]'"


@pytest.mark.slow
def test_cases_that_are_none_stop_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert cli.main(["site", str(out), "--cases", str(tmp_path / "none")]) == 2
    assert "is not a folder" in capsys.readouterr().err
    cases = BROKEN.parent
    assert cli.main(["site", str(out), "--cases", str(cases), "--guideline", str(HOSTILE)]) == 1
    assert "violation" in capsys.readouterr().out
    assert not out.exists()


def test_names_of_things_never_meet_the_ids_of_a_page() -> None:
    content = gathered()
    first = content.passages[0]
    clash = replace(first, iri="https://example.org/_main", slug=slugs(["x/_main"])["x/_main"])
    notes = (replace(content.notes[0], slug=first.slug), *content.notes[1:])
    both = replace(content, passages=(clash, *content.passages), notes=notes)
    _, data = pages._Pages(both)._page("source.html", "Source", said_about={})
    page = Page(data.decode())
    assert len(page.ids) == len(set(page.ids))


@pytest.mark.slow
def test_a_case_may_be_called_anything(tmp_path: Path) -> None:
    from indicant.site.cases import cases_of

    text = (HOSTILE / "example.ttl").read_text(encoding="utf-8")
    two = text + text[text.index(":case") :].replace(":case", ":other").replace("Cscript", "Ca")
    (tmp_path / "do-it-fires: <b>.ttl").write_text(two, encoding="utf-8")
    files = pages.build(str(HOSTILE), cases_of(tmp_path))
    page = Page(files["recommendations/do-it.html"].decode())
    assert page.texts["summary"][-2:] == ["do-it-fires: <b>: case", "do-it-fires: <b>: other"]
    assert two in page.texts["pre"]
