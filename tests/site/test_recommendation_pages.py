"""The page of a recommendation says what the guideline states, read by queries of our own."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import pytest

import reading_back
from reading_back import items, only, pairs, within, words
from site_reader import (
    SIGN,
    SITES,
    Reader,
    hold_evidence,
    linked,
    lists,
    place_of,
    read,
    sections,
)
from told import by_grade, flat, in_words, name
from told import read as read_as_graded

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from stated import Advice

FIRES: Final = (
    ("met", "It fires", "meet it"),
    ("refuted", "It stays silent", "refute it"),
    ("open", "It stays open", "leave it open"),
)
MANY: Final = {"dressed 1", "dressed 4"}
"""Where a recommendation is met in more ways than a page shows at once."""
pytestmark = pytest.mark.slow


def _facts(reader: Reader, one: Advice) -> list[tuple[str, str]]:
    overriding = reader.stated.pairs("ind:overrides")
    overridden = sorted(other for other, found in overriding.items() if one.iri in found)
    found = [
        ("strength", f"“{one.strength}”" if one.strength else ""),
        ("GRADE", by_grade(one.grade, one.certainty)),
        ("urgency", one.urgency or ""),
        ("phase", reader.stated.label(one.phase) if one.phase else ""),
        ("overrides", reader.words(overriding.get(one.iri, []))),
        ("gives way to", reader.words(overridden)),
    ]
    return [(lead, flat(said)) for lead, said in found if said]


@SITES
def test_the_page_of_a_recommendation_says_what_it_is(source: str) -> None:
    reader = read(source)
    stated = reader.stated
    definition = stated.pairs("skos:definition")
    for iri, one in stated.advice.items():
        path = reader.places[iri][0]
        main = reader.site.main(path)
        parts = sections(main)
        kind, title, facts = parts[""]
        sign = only(kind, "span", "sign")
        assert words(sign) == SIGN[one.kind]
        assert reading_back.classes(sign)[1] == ("yes" if one.kind == "Indication" else "no")
        assert words(kind) == f"{SIGN[one.kind]} {flat(stated.label(one.action))}"
        assert linked(kind, path) == [reader.link(one.action)]
        assert words(title) == flat(one.label)
        assert [(lead, words(said)) for lead, said in pairs(facts)] == _facts(reader, one)
        overriding = stated.pairs("ind:overrides")
        assert linked(facts, path) == reader.links(
            [
                *([one.phase] if one.phase else []),
                *overriding.get(iri, []),
                *sorted(other for other, found in overriding.items() if iri in found),
            ],
        )
        about = parts["For which cases"][0]
        assert linked(about, path) == [reader.link(one.criterion)]
        defined = definition.get(one.criterion)
        assert words(about) == flat(
            stated.label(one.criterion) + (f": {defined[0]}" if defined else "")
        )


@SITES
def test_the_page_of_a_recommendation_has_every_set_of_facts(source: str) -> None:
    reader = read(source)
    stated = reader.stated
    rank = stated.pairs("ind:rank")
    longest = 0
    for iri in stated.advice:
        parts = sections(reader.site.main(reader.places[iri][0]))["For which cases"]
        wanted: dict[str, list[str]] = {"met": [], "refuted": []}
        ranked = sorted(stated.implicants[iri], key=lambda one: int(rank[one.iri][0]))
        for one in ranked:
            facts = sorted(stated.label(literal) for literal in one.literals)
            if facts:
                wanted[one.answer].append(flat("; ".join(facts)))
        found: dict[str, list[str]] = {"met": [], "refuted": []}
        answer = ""
        for part in parts:
            said = words(part)
            if part.tag == "h3":
                assert said == "It is met when all of one of these is known"
                answer = "met"
            elif said.startswith("It is refuted when all of one of these is known ("):
                answer = "refuted"
                count = words(only(part[0], "summary"))
                lead = "It is refuted when all of one of these is known"
                assert count == f"{lead} ({len(wanted['refuted'])})"
            elif part.tag == "details" and answer:
                assert words(part[0]) == f"{len(wanted[answer]) - len(found[answer])} more"
            for sets in within(part, "ol", "sets"):
                assert int(sets.get("start", "1")) == len(found[answer]) + 1
                found[answer] += items(sets)
            for table in within(part, "table", "sets"):
                found[answer] += _ways(table, len(found[answer]) + 1)
        assert found == wanted
        longest = max(longest, *(len(sets) for sets in wanted.values()))
    assert longest > 8 or source not in MANY


def _ways(table: Element, first: int) -> list[str]:
    """Return the sets of facts of a table: a row for each fact, a column for each set."""
    head, *rows = within(table, "tr")
    columns = [words(one) for one in head][1:]
    assert columns == [str(first + place) for place in range(len(columns))]
    sets: list[list[str]] = [[] for _ in columns]
    for row in rows:
        fact, *marks = row
        for place, mark in enumerate(marks):
            assert words(mark) in {"", "●"}
            sets[place] += [words(fact)] if words(mark) else []
    return ["; ".join(sorted(facts)) for facts in sets]


@SITES
def test_the_page_of_a_recommendation_begins_with_what_matters(source: str) -> None:
    reader = read(source)
    stated = reader.stated
    definition = stated.pairs("skos:definition")
    overriding = stated.pairs("ind:overrides")
    for iri, one in stated.advice.items():
        path = reader.places[iri][0]
        (glance,) = sections(reader.site.main(path))["At a glance"]
        said = dict(pairs(glance))
        told = {lead: words(each) for lead, each in said.items()}
        defined = definition.get(one.criterion, [stated.label(one.criterion)])[0]
        assert told["for whom"] == flat(defined)
        lead = "Do" if one.direction == "for" else "Leave"
        soon = f", {one.urgency}" if one.urgency else ""
        assert told["what"] == flat(f"{lead}: {one.label}{soon}")
        if one.direction == "for":
            against = [each.iri for each in stated.counting(one.action) if each.direction != "for"]
            held = [each for each in against if each not in overriding.get(iri, [])]
        else:
            held = [other for other, found in overriding.items() if iri in found]
        assert sorted(linked(said["unless"], path)) == sorted(reader.links(sorted(held)))
        if not held:
            assert told["unless"] == "the guideline holds nothing against it"
        others = stated.pairs("ind:alternativeTo").get(iri, [])
        assert linked(said["instead"], path) == reader.links(sorted(others))
        strength = f"“{one.strength}”" if one.strength else "not stated"
        grade = by_grade(one.grade, one.certainty)
        certainty = f"GRADE: {grade}" if grade else "certainty not stated"
        assert told["strength"] == flat(f"{strength}; {certainty}")
        done = stated.pairs("ind:fulfilledBy").get(iri, [])
        assert linked(said["fulfilled by"], path) == reader.links(done)
        assert told["harms"] or told["benefits"]


@SITES
def test_the_page_of_a_recommendation_says_what_it_rests_on(source: str) -> None:
    reader = read(source)
    stated = reader.stated
    marks = {iri: found[0] for iri, found in stated.pairs("skos:notation").items()}
    cites = stated.pairs("cito:cites")
    touching = stated.pairs("ind:touches")
    for iri in stated.advice:
        path = reader.places[iri][0]
        parts = sections(reader.site.main(path))
        rests = stated.rests.get(iri, [])
        quotes = parts["What the source says"]
        assert [words(one) for one in quotes] == (
            [
                _quoted(reader, passage, sorted(marks[mark] for mark in cites.get(passage, ())))
                for passage in rests
            ]
            or ["No passage is recorded."]
        )
        assert [link for one in quotes for link in linked(one, path)] == reader.links(rests)
        noted = [note for note in sorted(reader.notes) if iri in touching.get(note, ())]
        unclear = parts.get("Where the source is unclear", [])
        wanted = [
            flat(
                f"{reader.notes[note]}: {stated.label(note)} "
                f"{reader.said(note, 'dcterms:description')} {_read_as(reader, note)}"
            )
            for note in noted
        ]
        assert [" ".join(words(part) for part in one) for one in unclear] == wanted
        assert [link for one in unclear for link in linked(one, path)] == reader.links(noted)
        said = [
            (relation, [who, passage], note, read_as_graded(basis, certainty))
            for passage in rests
            for relation, who, _, note, basis, certainty in sorted(stated.evidence[passage])
        ]
        hold_evidence(
            reader,
            path,
            parts["Evidence for and against"],
            said,
            "No publication speaks to its passages.",
        )


def _read_as(reader: Reader, note: str) -> str:
    found = reader.said(note, "ind:resolution")
    return f"Read as: {found}" if found else ""


def _quoted(reader: Reader, passage: str, marks: list[str]) -> str:
    section = reader.said(passage, "ind:section")
    cited = f", cites {', '.join(marks)}" if marks else ""
    found = f"{reader.stated.passages[passage]} {section} [{place_of(reader, passage)}]{cited} "
    return flat(found + reader.said(passage, "ind:paraphrase"))


@SITES
def test_the_page_of_a_recommendation_says_what_cases_get(source: str) -> None:
    reader = read(source)
    answered = 0
    for iri in reader.stated.advice:
        parts = sections(reader.site.main(reader.places[iri][0]))["Cases"]
        own: dict[str, list[tuple[str, list[str]]]] = defaultdict(list)
        other: dict[str, int] = defaultdict(int)
        for case, one in sorted(reader.site.cases.items()):
            action = next(
                each
                for each in one.record["actions"]
                if iri in {given["iri"] for given in each["recommendations"]}
            )
            (given,) = [each for each in action["recommendations"] if each["iri"] == iri]
            if _belongs(reader, case) != iri:
                other[given["answer"]] += 1
                continue
            own[given["answer"]].append((case, _told_of_case(reader, case, iri)))
        wanted = [
            (f"{title} ({answer})", f"case {answer}", case, rows)
            for answer, title, _ in FIRES
            for case, rows in own[answer]
        ]
        found = []
        for head, listed in lists(parts).items():
            for part in listed:
                if part.tag == "details":
                    rows = [_row(one) for one in part[1:]]
                    found.append((head, part.get("class"), words(part[0]), rows))
        assert found == wanted
        answered += len(found)
        rest = [words(part) for part in parts if part.tag == "p"]
        counts = ", ".join(f"{other[answer]} {does}" for answer, _, does in FIRES)
        assert rest == [f"Of {sum(other.values())} other cases, {counts}."]
    assert answered


def _row(one: Element) -> str:
    return " ".join(items(one)) if one.tag == "ul" else words(one)


def _belongs(reader: Reader, case: str) -> str | None:
    names = [iri for iri in reader.stated.advice if case.startswith(f"{name(iri)}-")]
    return max(names, key=lambda iri: len(name(iri)), default=None)


def _told_of_case(reader: Reader, case: str, iri: str) -> list[str]:
    one = reader.site.cases[case]
    action = next(
        each
        for each in one.record["actions"]
        if iri in {given["iri"] for given in each["recommendations"]}
    )
    reasons = [
        f"{reason['literal']} ({', '.join(map(name, reason['nodes']))})"
        for reason in action["because"]
        if reason["recommendation"] == iri
    ]
    ways = [
        "; ".join(
            in_words(fact["term"], fact["label"], fact["polarity"], fact.get("said", ""))
            for fact in each["facts"]
        )
        for each in action["settledBy"]
        if each["recommendation"] == iri
    ]
    more = [f"{len(ways) - 6} more"] if len(ways) > 6 else []
    rows = ["because:", " ".join(reasons)] if reasons else []
    rows += ["settled if:", " ".join(ways[:6] + more)] if ways else []
    return [flat(row) for row in (*rows, reader.site.documents[case].text or "")]
