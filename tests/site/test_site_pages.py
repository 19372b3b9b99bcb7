"""The pages of a site say what the guideline states, read by queries of the tests' own."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

import reading_back
import told
from indicant import __version__
from indicant.ask.answers import Asker
from indicant.ask.questions import questions
from indicant.site.casepage import lines_of
from pathways import KEY_OF_SITE, Way
from reading_back import items, only, within, words
from site_reader import (
    SITES,
    Reader,
    hold_evidence,
    hold_list,
    linked,
    lists,
    place_of,
    read,
    sections,
)
from told import flat, name

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from stated import Advice

NOTICE: Final = "Decision support for professionals who review every reason. Not a medical device."
NAVIGATION: Final = {
    "Guideline": "index.html",
    "Terms": "terms.html",
    "Criteria": "criteria.html",
    "Source": "source.html",
    "Evidence": "evidence.html",
    "Questions": "questions.html",
    "Reference": "reference.html",
    "Example": "example.html",
}

pytestmark = pytest.mark.slow


# ---------------------------------------------------------------------- criteria, source, evidence


def _said(texts: list[str]) -> list[str]:
    """Return what stands in a row of paragraphs, of which a blank one stands as well."""
    return [flat(one) for one in texts if one]


@SITES
def test_the_criteria_say_what_they_decide(source: str) -> None:
    reader = read(source)
    stated = reader.stated
    found = within(reader.site.main("criteria.html"), "section", "criterion")
    owl = {one.iri: "".join(word.text for word in one.owl) for one in reader.site.content.criteria}
    criteria = sorted({iri for (iri,) in stated.rows("?one a ind:Criterion", "one")})
    assert [one.get("id") for one in found] == [name(iri) for iri in criteria]
    for iri, one in zip(criteria, found, strict=True):
        deciding = [each.iri for each in stated.advice.values() if each.criterion == iri]
        rests = stated.rests.get(iri, [])
        last = f"Decides {reader.words(deciding)}. " if deciding else ""
        last += f"Rests on {reader.words(rests)}." if rests else ""
        wanted = [stated.label(iri), reader.said(iri, "skos:definition"), owl[iri], last or " "]
        assert [words(part) for part in one] == [
            flat(each) for each in wanted if each or each is last
        ]
        assert linked(one[-1]) == reader.links([*deciding, *rests])


@SITES
def test_the_source_says_what_rests_on_it(source: str) -> None:
    reader = read(source)
    stated = reader.stated
    main = reader.site.main("source.html")
    found = within(main, "section", "passage")
    marks = {iri: each[0] for iri, each in stated.pairs("skos:notation").items()}
    cites = stated.pairs("cito:cites")

    def place(iri: str) -> tuple[int, int]:
        start, end = place_of(reader, iri).split("–")  # noqa: RUF001 - a range
        return int(start), int(end)

    ordered = sorted(stated.passages, key=lambda iri: (place(iri), iri))
    assert [one.get("id") for one in found] == [name(iri) for iri in ordered]
    for iri, one in zip(ordered, found, strict=True):
        resting = [each for each, passages in sorted(stated.rests.items()) if iri in passages]
        cited = sorted(marks[mark] for mark in cites.get(iri, ()))
        last = f"Cites {', '.join(cited)}. " if cited else ""
        last += f"On it rest {reader.words(resting)}. " if resting else ""
        speaking: list[str] = []
        for relation, _, _ in told.RELATIONS:
            said = sorted(stated.evidence[iri], key=lambda row: row[1])
            who = [row[1] for row in said if row[0] == relation]
            last += f"{relation.capitalize()}: {reader.words(who)}. " if who else ""
            speaking += who
        wanted = [
            f"{stated.passages[iri]} [{place_of(reader, iri)}]",
            reader.said(iri, "ind:section"),
            reader.said(iri, "ind:paraphrase"),
            last or " ",
            f"SHA-256 {reader.said(iri, 'ind:sha256')}",
        ]
        assert [words(part) for part in one] == [
            flat(each) for each in wanted if each or each is last
        ]
        assert linked(one[-2]) == reader.links([*resting, *speaking])
    _noted(reader, main)


def _noted(reader: Reader, main: Element) -> None:
    """See that every tension, omission and fact is told, the facts apart."""
    touching, rests = reader.stated.pairs("ind:touches"), reader.stated.rests
    parts = sections(main)
    heads = {"Where the source is unclear": False, "Facts that are no advice": True}
    for head, facts in heads.items():
        wanted = [iri for iri, kind in sorted(reader.notes.items()) if (kind == "fact") == facts]
        found = parts.get(head, [])
        assert [one.get("id") for one in found] == [f"_note-{name(iri)}" for iri in wanted]
        for iri, one in zip(wanted, found, strict=True):
            advised = [each for each in touching.get(iri, ()) if each in reader.stated.advice]
            read = reader.said(iri, "ind:resolution")
            last = f"Rests on {reader.words(rests[iri])}. " if iri in rests else ""
            last += f"Touches {reader.words(advised)}." if advised else ""
            texts = [
                reader.stated.label(iri),
                reader.said(iri, "dcterms:description"),
                f"Read as: {read}" if read else "",
                last,
            ]
            assert [words(part) for part in one] == [flat(each) for each in texts if each]
            assert reading_back.classes(one) == ["note", reader.notes[iri]]
            assert linked(one) == reader.links([*rests.get(iri, ()), *advised])


@SITES
def test_the_evidence_says_what_it_speaks_to(source: str) -> None:
    reader = read(source)
    stated = reader.stated
    main = reader.site.main("evidence.html")
    said = [(how, who, what) for what, rows in stated.evidence.items() for how, who, *_ in rows]
    number = len(stated.rows("?one a ind:EvidenceLink", "one"))
    lead = words(only(main, "p", "lead"))
    assert lead.startswith(
        f"{len(reader.publications)} publications, found independently of the source, "
        f"with {number} links to its passages. What was not read far enough is related reading"
    )
    listed = list(only(main, "ul", "publications"))
    assert len(listed) == len(reader.publications)
    for (iri,), one in zip(reader.publications, listed, strict=True):
        first, second = one
        title = reader.said(iri, "dcterms:title")
        assert words(first).removeprefix(flat(reader.places[iri][1])).strip() == title
        assert linked(first) == [reader.link(iri)]
        found = []
        for part in within(second, "span", "relation"):
            relation = words(only(part, "b"))
            assert reading_back.classes(part) == ["relation", relation]
            assert (" reading " in words(part)) == (relation == "related")
            found += [(relation, *link) for link in linked(part)]
        wanted = [(how, *reader.link(what)) for how, who, what in said if who == iri]
        assert sorted(found) == sorted(wanted)


@SITES
def test_the_page_of_a_publication_says_what_it_speaks_to(source: str) -> None:
    reader = read(source)
    stated = reader.stated
    for (iri,) in reader.publications:
        path = reader.places[iri][0]
        parts = sections(reader.site.main(path))
        kind, title, by, at = parts[""]
        texts = {
            part: reader.said(iri, part)
            for part in ("ind:authors", "dcterms:issued", "ind:venue", "bibo:doi", "bibo:pmid")
        }
        authors, year, venue, doi, pmid = texts.values()
        central = reader.said(iri, "fabio:hasPubMedCentralId")
        assert words(kind) == "publication"
        assert words(title) == reader.said(iri, "dcterms:title")
        found = authors + (f" ({year})" if year else "") + (f", {venue}" if venue else "")
        assert words(by) == flat(found)
        places = [
            *([(f"https://doi.org/{doi}", f"doi:{doi}")] if doi else []),
            *([(f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/", f"PMID {pmid}")] if pmid else []),
            *([(f"https://pmc.ncbi.nlm.nih.gov/articles/{central}/", central)] if central else []),
        ]
        assert reading_back.links(at) == places
        nothing = "No DOI and no PubMed number is known."
        assert words(at) == (", ".join(said for _, said in places) or nothing)
        said = [
            (how, [what], note, told.read(basis, certainty))
            for what, rows in stated.evidence.items()
            for how, who, _, note, basis, certainty in rows
            if who == iri
        ]
        hold_evidence(
            reader, path, parts["What it says about the source"], said, "Nothing is recorded."
        )
        spoken = {what for _, (what,), _, _ in said}
        touched = [each for each in stated.advice if spoken & set(stated.rests.get(each, ()))]
        (listed,) = parts["Which advice rests on these passages"]
        hold_list(reader, path, listed, touched)


# ---------------------------------------------------------------------- the first page


@SITES
def test_the_first_page_shows_the_pathway(source: str) -> None:
    reader = read(source)
    stated = reader.stated
    main = reader.site.main("index.html")
    pictures = [reading_back.picture(one) for one in within(main, "svg")]
    wanted = []
    for iri in stated.guidelines:
        picture = Way(stated, iri).picture()
        boxes = [
            replace(
                box,
                href=_at(reader, box.href),
                entries=[replace(one, href=_at(reader, one.href)) for one in box.entries],
            )
            for box in picture.boxes
        ]
        wanted.append(replace(picture, boxes=boxes))
    assert [replace(one, labels=sorted(one.labels)) for one in pictures] == wanted
    assert {words(one) for one in within(main, "p", "key")} == {KEY_OF_SITE}


def _at(reader: Reader, iri: str) -> str:
    return reader.places[iri][0] if iri in reader.places else ""


@SITES
def test_the_first_page_says_the_pathway_in_words(source: str) -> None:
    reader = read(source)
    stated = reader.stated
    main = reader.site.main("index.html")
    columns = within(main, "div", "columns")
    assert len(columns) == len(stated.guidelines)
    for guideline, column in zip(stated.guidelines, columns, strict=True):
        way = Way(stated, guideline)
        section = list(column)[1]
        parts = lists(section[1:])
        scope = stated.pairs("ind:scope").get(guideline, [])
        assert words(section[0]) == "In words"
        begin = parts.pop("", [])
        assert [words(one) for one in begin] == [
            f"It begins with a case that is {flat(stated.label(iri))}." for iri in scope
        ]
        for stage in way.stages:
            *defined, listed = parts.pop(flat(stage.label))
            failing = way.failing(stage.iri)
            own = "a later stage of care, on conditions of its own"
            entered = f"only after {failing}" if failing else own
            later = f"; {entered}" if stage.contingent else ""
            assert [words(one) for one in defined] == [
                flat(f"{stage.definition}{later}") for _ in [1] if stage.definition
            ]
            hold_list(reader, "index.html", listed, [one.iri for one in way.members(stage.iri)])
        if way.around:
            (listed,) = parts.pop("Ahead of the phases")
            assert [(words(one), linked(one)) for one in listed] == [
                _ahead(reader, one) for one in way.around
            ]
        if way.anytime:
            (listed,) = parts.pop("At any phase")
            hold_list(reader, "index.html", listed, [one.iri for one in way.anytime])
        assert parts == {}


def _ahead(reader: Reader, one: Advice) -> tuple[str, list[tuple[str, str]]]:
    overrides = reader.stated.pairs("ind:overrides").get(one.iri, [])
    found = f"✓ for {one.label}" + (f", {one.urgency}" if one.urgency else "")
    found += f", for {reader.stated.label(one.criterion)}"
    found += f". It overrides {reader.words(overrides)}" if overrides else ""
    return flat(found), reader.links([one.iri, one.criterion, *overrides])


@SITES
def test_the_first_page_counts_what_it_rests_on(source: str) -> None:
    reader = read(source)
    stated = reader.stated
    main = reader.site.main("index.html")
    rests = items(within(main, "section")[-1][-1])
    documents = [
        f"The document “{title}”, SHA-256 {digest}. Its sentences are not copied: passages are "
        "given by position, digest and paraphrase."
        for _, title, digest in stated.rows(
            "?one a ind:Guideline ; dcterms:source ?file . "
            "?file dcterms:title ?title ; ind:sha256 ?digest",
            "one",
            "title",
            "digest",
        )
    ]
    kinds = list(reader.notes.values())

    def count(number: int, noun: str, plural: str = "") -> str:
        return f"{number} {noun if number == 1 else plural or noun + 's'}"

    criteria = len(stated.rows("?one a ind:Criterion", "one"))
    assert rests == [
        *documents,
        f"{count(len(stated.passages), 'passage')}, and "
        f"{count(len(reader.publications), 'publication')}, which agree with them, dispute them "
        "or qualify them.",
        f"{count(kinds.count('tension'), 'tension')}, where the source is at odds with itself, and "
        f"{count(kinds.count('omission'), 'omission')}.",
        f"{count(criteria, 'criterion', 'criteria')}, in words and as OWL.",
    ]
    heads = [words(one) for one in within(main, "h2", "guideline")]
    labels = [
        flat(f"{stated.label(iri)} {reader.said(iri, 'owl:versionInfo')}")
        for iri in stated.guidelines
    ]
    assert heads == (labels if len(labels) > 1 else [])
    (title,) = within(main, "h1")
    titles = [reader.said(iri, "dcterms:title") for iri in stated.guidelines]
    names = "; ".join(stated.label(iri) for iri in stated.guidelines)
    assert words(title) == (names if len(titles) > 1 else titles[0] or names)
    lead = [words(one) for one in main if "lead" in reading_back.classes(one)]
    description = reader.said(stated.guidelines[0], "dcterms:description")
    assert lead == ([] if len(titles) > 1 else [description])


# ---------------------------------------------------------------------- every page


@SITES
def test_every_page_says_what_it_is(source: str) -> None:
    reader = read(source)
    stated = reader.stated
    several = len(stated.guidelines) > 1
    label = flat("; ".join(stated.label(iri) for iri in stated.guidelines))
    version = "" if several else reader.said(stated.guidelines[0], "owl:versionInfo")
    licence = "" if several else reader.said(stated.guidelines[0], "dcterms:license")
    made = f"Made by indicant {__version__} from the knowledge graph."
    for path, page in reader.site.parsed.items():
        footer = only(page, "footer")
        said = f"Licence: {licence}. {made}" if licence else made
        assert [words(one) for one in footer] == [NOTICE, said]
        top = only(page, "p", "name")
        assert words(top) == flat(f"{label} {version}")
        assert linked(top, path) == [("index.html", label)]
        navigation = within(page, "nav")[0]
        assert linked(navigation, path) == [(place, said) for said, place in NAVIGATION.items()]
        current = [words(one) for one in within(navigation, "a") if one.get("aria-current")]
        assert current == [said for said, place in NAVIGATION.items() if place == path]
        title = words(within(page, "title")[0])
        main = only(page, "main")
        head = words(within(main, "h1")[0])
        wanted_title = label if path == "index.html" else f"{head} · {label}"
        assert title == (label if title == label and head == label else wanted_title)


@SITES
def test_the_example_says_what_its_record_says(source: str) -> None:
    reader = read(source)
    example = reader.site.example
    assert example is not None
    main = reader.site.main("example.html")
    found = reading_back.assessment(main)
    assert replace(found, pictures=[]) == told.shown(example.screen("full"), "site")
    lines = lines_of(example.screen("full"))
    warrants = [one for line in lines for one in line.get("warrants", ())]
    shown = {one["iri"] for one in warrants}
    own = [link for link in linked(main) if link[1] == "Its own page"]
    assert {place for place, _ in own} <= {reader.places[iri][0] for iri in shown}
    assert len(own) == len(warrants)


@SITES
def test_the_search_lists_everything_once(source: str) -> None:
    reader = read(source)
    main = reader.site.main("search.html")
    listed = only(main, "ul", "entries")
    found = {(linked(one)[0], words(only(one, "span", "kind"))): words(one) for one in listed}
    assert len(found) == len(listed)
    count = f"{len(listed)} entries. Without scripts, use the search of the browser on this page."
    assert words(within(main, "p")[0]) == count
    for iri in reader.stated.advice:
        assert (reader.link(iri), "recommendation") in found
    for iri, kind in reader.notes.items():
        said = found[reader.link(iri), kind]
        assert said == flat(
            f"{reader.stated.label(iri)} {kind} {reader.said(iri, 'dcterms:description')}"
        )
    for iri, short in reader.stated.passages.items():
        place, _ = reader.link(iri)
        said = found[(place, f"passage {short}"), "source"]
        assert said == flat(f"passage {short} source {reader.said(iri, 'ind:paraphrase')}")


@pytest.mark.slow
def test_a_question_shows_the_rows_that_answer_it() -> None:
    reader = read("seed")
    asker = Asker(None)
    asker.take(reader.stated.assessor.example())
    asked = within(reader.site.main("questions.html"), "li")
    assert len(asked) == len(reader.site.parsed) - len(
        [path for path in reader.site.parsed if not path.startswith("questions/")]
    )
    tables = cut = 0
    for one in asked:
        ((place, summary),) = linked(one)
        main = reader.site.main(place)
        question = place.removeprefix("questions/").removesuffix(".html")
        assert words(within(main, "h1")[0]) == summary
        assert words(within(main, "p", "kind")[0]) == f"question {question}"
        parts = sections(main)
        stored = questions()[question]
        assert [words(part) for part in parts["Query"]] == [flat(stored.text)]
        before = [words(part) for part in parts[""][2:]]
        description = [flat(stored.description)] if stored.description else []
        assert before == [*description, f"indicant ask {stored.usage()}"]
        told_of = parts["Answer"]
        lead = [words(part) for part in told_of if part.tag == "p"]
        given = {
            pair.partition("=")[0]: pair.partition("=")[2]
            for line in lead
            if line.startswith("Given ")
            for pair in line.removeprefix("Given ").removesuffix(".").split(", ")
        }
        table = asker.ask(question, given)
        rows = [[words(cell) for cell in row] for part in told_of for row in within(part, "tr")]
        if not table.rows:
            assert rows == []
            assert "No rows." in lead
            continue
        tables += 1
        assert rows[0] == list(table.columns)
        assert len(rows) - 1 == min(100, len(table.rows))
        assert (f"The first 100 of {len(table.rows)} rows." in lead) == (len(table.rows) > 100)
        cut += len(table.rows) > 100
        for row, terms in zip(rows[1:], table.rows, strict=False):
            for cell, term in zip(row, terms, strict=True):
                shown = "" if term is None else flat(str(term.value))
                assert (cell == "") == (shown == "")
                assert re.split(r"[/#]", shown)[-1].endswith(cell.rpartition(":")[2]) or cell
        about = "For the example case of the guideline."
        section = "About a case" if about in lead else "About the guideline"
        heads = _under(reader.site.main("questions.html"), section)
        assert place in heads
        assert summary in words(reader.site.main(place))
    assert tables > 50
    assert cut


def _under(main: Element, head: str) -> set[str]:
    (listed,) = sections(main)[head]
    return {place for place, _ in linked(listed)}
