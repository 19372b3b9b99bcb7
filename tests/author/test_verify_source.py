"""The passages of a guideline against copies of its document, whole and damaged."""

from __future__ import annotations

import hashlib
import io
import json
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from indicant import cli
from indicant.author import passages as module
from indicant.author.passages import MAX_BYTES, Origin, Passage, origins, verify, verify_best
from indicant.errors import IndicantError
from indicant.files.sources import load, resolve
from places import SHARED

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCE_FOLDER = SHARED / "source"

DOCUMENT = """\
Umbrellas and rain
When to take one
Take an umbrella whenever it rains. Wind changes that: above gale force leave it at home.
Ünder a rainbow 🌈 none is needed.
Where none is at hand, wait.
"""
QUOTES = {
    "p1": "Take an umbrella whenever it rains.",
    "p2": "leave it at home.",
    "p3": "Ünder a rainbow 🌈 none is needed.",
    "p4": "Where none is at hand, wait.",
}


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def place(quote: str) -> tuple[int, int]:
    """Return where a quote stands in the document, in code points."""
    start = DOCUMENT.index(quote)
    return start, start + len(quote)


def origin(document: str = DOCUMENT, quotes: dict[str, str] = QUOTES) -> Origin:
    """Return the document as a guideline knows it."""
    passages = [
        Passage(f"https://example.org/rain/{name}", name, *place(quote), sha256(quote))
        for name, quote in quotes.items()
    ]
    return Origin("https://example.org/rain/document", "Rain", sha256(document), tuple(passages))


def guideline(document: str = DOCUMENT) -> str:
    """Return a guideline that takes the passages from the document."""
    text = """\
@prefix : <https://example.org/rain/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ind: <https://w3id.org/indicant/core/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .

<https://example.org/rain/> a owl:Ontology , ind:Guideline .
"""
    text += f':document a ind:SourceDocument ; ind:sha256 "{sha256(document)}" .\n'
    for name, quote in QUOTES.items():
        start, end = place(quote)
        text += (
            f':{name} a ind:Passage ; dcterms:identifier "{name}" ; oa:hasSource :document ;\n'
            f'    oa:hasSelector :{name}-position ; ind:sha256 "{sha256(quote)}" .\n'
            f":{name}-position a oa:TextPositionSelector ; oa:start {start} ; oa:end {end} .\n"
        )
    return text


class Room:
    """A folder with a guideline, to run the command in."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def call(self, *arguments: str) -> tuple[int, str, str]:
        """Return the exit code and what was printed and said."""
        self._capsys.readouterr()
        code = cli.main(["verify-source", *arguments])
        captured = self._capsys.readouterr()
        return code, captured.out, captured.err

    def verify(self, content: str | bytes, *options: str) -> tuple[int, str, str]:
        """Run the command on a document with the content."""
        data = content.encode() if isinstance(content, str) else content
        Path("document.txt").write_bytes(data)
        return self.call("document.txt", "--guideline", "rain.ttl", *options)

    def refused(self, content: str | bytes) -> str:
        """Return the one line that says why the command could not run."""
        code, out, err = self.verify(content)
        assert (code, out) == (2, "")
        first, *rest = err.splitlines()
        assert not [line for line in rest if not line.startswith("  help: ")]
        return first.removeprefix("indicant: ")


@pytest.fixture
def room(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Room:
    monkeypatch.chdir(tmp_path)
    Path("rain.ttl").write_text(guideline(), encoding="utf-8")
    return Room(capsys)


def states(text: str, known: Origin | None = None) -> dict[str, tuple[str, int | None]]:
    """Return what becomes of each passage in a text, and where it is found."""
    found = verify(text, known or origin(), file="document.txt")
    return {check.passage.id: (check.state, check.found) for check in found.checks}


# ---------------------------------------------------------------------- what holds


def test_the_document_holds(room: Room) -> None:
    code, out, err = room.verify(DOCUMENT)
    assert (code, err) == (0, "")
    assert out == "document.txt: 4 of 4 passages match, and so does the whole\n"


def test_a_passage_counts_code_points_and_not_bytes_or_utf_16_units() -> None:
    """The third passage holds one beyond the basic plane, and the fourth comes after it."""
    assert place(QUOTES["p4"])[0] != DOCUMENT.encode().index(QUOTES["p4"].encode())
    units = DOCUMENT.encode("utf-16-le").index(QUOTES["p4"].encode("utf-16-le")) // 2
    assert place(QUOTES["p4"])[0] == units - 1
    assert {state for state, _ in states(DOCUMENT).values()} == {"matches"}


def test_text_around_the_passages_may_change(room: Room) -> None:
    """The whole differs, which is told, and every passage stands."""
    code, out, _ = room.verify(DOCUMENT.replace("When to take one", "When to leave it"))
    assert code == 0
    assert out == "document.txt: 4 of 4 passages match; the text around them differs\n"


def test_a_guideline_may_state_no_digest_of_the_whole() -> None:
    known = Origin("urn:d", None, None, origin().passages)
    found = verify(DOCUMENT, known, file="document.txt")
    assert found.holds
    assert list(found.lines()) == [
        "document.txt: 4 of 4 passages match; the guideline states no digest of the whole"
    ]


def test_standard_input_is_a_document_too(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DOCUMENT.encode())))
    code, out, _ = room.call("-", "--guideline", "rain.ttl")
    assert (code, out) == (0, "<stdin>: 4 of 4 passages match, and so does the whole\n")


# ---------------------------------------------------------------------- what does not


@pytest.mark.parametrize("name", QUOTES)
def test_any_change_of_a_passage_fails(name: str, room: Room) -> None:
    """Each character of each passage, changed to another of its kind; nothing else is blamed."""
    start, end = place(QUOTES[name])
    for at in range(start, end):
        text = DOCUMENT[:at] + ("x" if DOCUMENT[at] != "x" else "y") + DOCUMENT[at + 1 :]
        found = states(text)
        assert found.pop(name) == ("changed", None)
        assert {state for state, _ in found.values()} == {"matches"}
    code, out, _ = room.verify(DOCUMENT[:start] + "?" + DOCUMENT[start + 1 :])
    assert code == 1
    line = DOCUMENT.count("\n", 0, start) + 1
    assert out.splitlines() == [
        f"document.txt:{line}: {name} [{start}-{end}] is not found: its text was changed",
        "document.txt: 3 of 4 passages match; the digest of the whole does not",
    ]


@pytest.mark.parametrize("inserted", ["Preface.\n", "🌈", "é", " "])
def test_what_moved_is_found_where_it_stands_now(inserted: str, room: Room) -> None:
    shift = len(inserted)
    found = states(inserted + DOCUMENT)
    assert found == {name: ("moved", place(quote)[0] + shift) for name, quote in QUOTES.items()}
    code, out, _ = room.verify(inserted + DOCUMENT)
    assert code == 1
    start, end = place(QUOTES["p1"])
    line = 3 + inserted.count("\n")
    assert out.splitlines()[0] == (
        f"document.txt:{line}: p1 [{start}-{end}] has moved: "
        f"its text now stands at {start + shift}-{end + shift}"
    )


def test_what_was_taken_away_moves_the_rest_towards_the_front() -> None:
    found = states(DOCUMENT.removeprefix("Umbrellas and rain\n"))
    assert found["p1"] == ("moved", place(QUOTES["p1"])[0] - 19)


def test_the_nearest_of_several_places_is_named() -> None:
    quote = QUOTES["p2"]
    text = f"{quote} {quote}\n" + DOCUMENT.replace(quote, f"no {quote}") + f"{quote}\n" * 5
    assert states(text)["p2"] == ("moved", text.index(f"no {quote}") + 3)


def test_passages_that_changed_places_are_both_found() -> None:
    first, second = QUOTES["p1"], QUOTES["p4"]
    text = DOCUMENT.replace(first, "@").replace(second, first).replace("@", second)
    found = states(text)
    assert found["p1"] == ("moved", text.index(first))
    assert found["p4"] == ("moved", text.index(second))


def test_a_truncated_document_says_where_it_ends(room: Room) -> None:
    start, end = place(QUOTES["p3"])
    code, out, _ = room.verify(DOCUMENT[: start + 5])
    assert code == 1
    last, after = place(QUOTES["p4"])
    cut = start + 5
    assert out.splitlines() == [
        f"document.txt:4: p3 [{start}-{end}] is not found: "
        f"the document breaks off within it, at {cut}",
        f"document.txt:4: p4 [{last}-{after}] is not found: the document ends at {cut}",
        "document.txt: 2 of 4 passages match; the digest of the whole does not",
    ]


@pytest.mark.many(2)
@pytest.mark.parametrize("length", range(1, len(DOCUMENT.rstrip())))
def test_a_document_cut_anywhere_fails(length: int) -> None:
    assert not verify(DOCUMENT[:length], origin(), file="document.txt").holds


def test_windows_line_ends_are_told_apart_from_changes(room: Room) -> None:
    code, out, _ = room.verify(DOCUMENT.replace("\n", "\r\n"))
    assert code == 1
    assert out.splitlines() == [
        "document.txt: does not match as it stands; "
        "compared with plain line ends, where it has those of Windows",
        "document.txt: 4 of 4 passages match, and so does the whole",
    ]


def test_windows_line_ends_do_not_hide_a_change(room: Room) -> None:
    text = DOCUMENT.replace("leave", "Leave").replace("\n", "\r\n")
    code, out, _ = room.verify(text)
    start, end = place(QUOTES["p2"])
    assert code == 1
    assert out.splitlines()[1:] == [
        f"document.txt:3: p2 [{start}-{end}] is not found: its text was changed",
        "document.txt: 3 of 4 passages match; the digest of the whole does not",
    ]


def test_a_document_that_has_windows_line_ends_by_itself_holds() -> None:
    """Nothing is normalised where the copy matches as it stands."""
    text = DOCUMENT.replace("\n", "\r\n")
    passages = tuple(
        Passage(name, name, text.index(quote), text.index(quote) + len(quote), sha256(quote))
        for name, quote in QUOTES.items()
    )
    found = verify(text, Origin("urn:d", None, sha256(text), passages), file="document.txt")
    assert found.holds
    assert found.whole


def test_a_byte_order_mark_is_told(room: Room) -> None:
    code, out, _ = room.verify("\ufeff" + DOCUMENT)
    assert code == 1
    assert out.splitlines() == [
        "document.txt: does not match as it stands; compared without its byte order mark",
        "document.txt: 4 of 4 passages match, and so does the whole",
    ]


# ---------------------------------------------------------------------- what cannot be run


@pytest.mark.many(2)
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "document.txt: the file is empty"),
        (b" \n\n", "document.txt: the file is empty"),
        (DOCUMENT.encode("utf-16"), "document.txt: the text is UTF-16, not UTF-8"),
        (DOCUMENT.encode("utf-16-le"), "document.txt: the text is UTF-16, not UTF-8"),
        (DOCUMENT.encode("utf-16-be"), "document.txt: the text is UTF-16, not UTF-8"),
        (
            DOCUMENT.replace("🌈", "").encode("latin-1"),
            "document.txt:4: the text is not UTF-8: byte 0xDC at position 127",
        ),
        (b"%PDF-1.7\n\x00\x01\x02", "document.txt: is binary, not text: byte 10 is zero"),
        (
            DOCUMENT.encode()[: DOCUMENT.encode().index("🌈".encode()) + 2],
            "document.txt:4: the text is not UTF-8: byte 0xF0 at position 144, "
            "or is cut short there",
        ),
        (b"a" * (MAX_BYTES + 1), "document.txt: larger than the limit of 2 MB"),
    ],
    ids=["empty", "blank", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "pdf", "cut", "large"],
)
def test_what_is_no_text_in_utf_8_is_refused_in_one_line(
    content: bytes, message: str, room: Room
) -> None:
    assert room.refused(content) == message


def test_a_missing_document_and_a_folder_are_refused(room: Room) -> None:
    assert room.call("nowhere.txt", "--guideline", "rain.ttl")[2] == (
        "indicant: nowhere.txt: no such file\n"
    )
    assert room.call(".", "--guideline", "rain.ttl")[2] == (
        "indicant: .: is a directory, not a file\n"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.split(":p1 a ")[0], "takes no passage from a document"),
        (lambda text: text.replace("oa:start ", "oa:start -"), "has no place"),
        (lambda text: text.replace("oa:end ", "oa:end 0.1"), "the passage p1 has no place"),
        (lambda text: text.replace(sha256(QUOTES["p1"]), "abc"), "is no SHA-256: abc"),
        (lambda text: text.replace("oa:start 3", "oa:start 9999"), "the passage p1 has no place"),
    ],
    ids=["none", "negative", "decimal", "digest", "backwards"],
)
def test_a_guideline_whose_passages_stand_nowhere_is_refused(
    change: Callable[[str], str], message: str, room: Room
) -> None:
    Path("rain.ttl").write_text(change(guideline()), encoding="utf-8")
    assert message in room.refused(DOCUMENT)


# ---------------------------------------------------------------------- for programs


def test_json_tells_the_same(room: Room) -> None:
    code, out, _ = room.verify("!" + DOCUMENT.replace(QUOTES["p4"], "Wait."), "--format", "json")
    record: dict[str, Any] = json.loads(out)
    assert code == 1
    assert record["file"] == "document.txt"
    assert record["document"] == "https://example.org/rain/document"
    assert record["readWith"] is None
    assert record["wholeMatches"] is False
    assert record["exhaustive"] is True
    assert record["matching"] == 0
    first, *_, last = record["passages"]
    start, end = place(QUOTES["p1"])
    assert first == {
        "id": "p1",
        "iri": "https://example.org/rain/p1",
        "start": start,
        "end": end,
        "sha256": sha256(QUOTES["p1"]),
        "state": "moved",
        "foundAt": start + 1,
        "line": 3,
    }
    assert (last["state"], last["foundAt"]) == ("changed", None)


def test_of_several_documents_the_one_that_matches_is_meant() -> None:
    other = Origin("urn:other", None, sha256("other"), origin().passages[:1])
    for candidates in ([other, origin()], [origin(), other]):
        assert verify_best(DOCUMENT, candidates, file="d").origin.iri.endswith("/document")


# ---------------------------------------------------------------------- long documents


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_long_document_is_searched_in_bounded_time() -> None:
    """A passage far from its place is found between words; what is gone does not take for ever."""
    filler = "All work and no play makes a document long, and then longer. " * 12_000
    text = filler + DOCUMENT.replace(QUOTES["p4"], "Wait.") + filler[:200_000]
    many = tuple(
        Passage(f"urn:{n}", f"gone-{n}", n, n + 30 + n, sha256(f"gone {n}")) for n in range(40)
    )
    known = Origin("urn:d", None, None, (*origin().passages, *many))
    found = verify(text, known, file="long.txt")
    assert not found.exhaustive
    told = {check.passage.id: check for check in found.checks}
    for name in ("p1", "p2", "p3"):
        assert told[name].found == len(filler) + place(QUOTES[name])[0]
    assert told["p4"].found is None
    assert "near its place or between words" in "\n".join(found.lines())


def test_searching_between_words_finds_what_searching_everywhere_finds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "Preface, of some length. " * 20 + DOCUMENT
    everywhere = states(text)
    monkeypatch.setattr(module, "_WINDOWS", 0)
    monkeypatch.setattr(module, "_NEAR", 0)
    assert states(text) == everywhere
    assert {state for state, _ in everywhere.values()} == {"moved"}


# ---------------------------------------------------------------------- the document itself


@cache
def source_file() -> Path:
    """Return the source document, or skip the test where it is not at hand."""
    files = sorted(SOURCE_FOLDER.glob("*.txt"))
    if not files:
        pytest.skip("the source document is not part of the project and not at hand")
    return files[0]


@cache
def shipped() -> Origin:
    (found,) = origins(load(resolve(None)))
    return found


def test_the_guideline_that_ships_takes_45_passages_from_one_document() -> None:
    assert [one.id for one in shipped().passages] == [f"s{at:02}" for at in range(1, 46)]


def test_all_45_passages_stand_in_the_source_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify-source", str(source_file())]) == 0
    assert "45 of 45 passages match, and so does the whole" in capsys.readouterr().out


@pytest.mark.many(15)
@pytest.mark.parametrize("number", range(45))
def test_a_change_in_any_passage_of_the_source_document_is_named(number: int) -> None:
    """The first, the middle or the last character: that passage fails, and no other."""
    text = source_file().read_bytes().decode()
    passage = shipped().passages[number]
    for at in (passage.start, (passage.start + passage.end) // 2, passage.end - 1):
        changed = text[:at] + "#" + text[at + 1 :]
        found = verify(changed, shipped(), file="copy.txt")
        assert not found.holds
        assert [check.passage for check in found.checks if check.state != "matches"] == [passage]


def test_a_new_sentence_moves_what_comes_after_it() -> None:
    text = source_file().read_bytes().decode()
    middle = shipped().passages[22].end
    found = verify(text[:middle] + " New 🌈." + text[middle:], shipped(), file="copy.txt")
    assert [check.state for check in found.checks] == ["matches"] * 23 + ["moved"] * 22
    for check in found.checks[23:]:
        assert check.found == check.passage.start + 7


def test_origins_raises_for_a_folder_without_passages(tmp_path: Path) -> None:
    file = tmp_path / "bare.ttl"
    file.write_text("<urn:o> a <https://w3id.org/indicant/core/Guideline> .", encoding="utf-8")
    with pytest.raises(IndicantError, match="takes no passage"):
        origins(load(file))
