"""What is kept of tables of codes is what the tables say, and what is damaged is read anew."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from each import each
from indicant.errors import IndicantError
from indicant.files import cache
from indicant.files.sources import gather, installed
from indicant.intake import said
from indicant.intake.codes import Terms, keep_shipped, sources_of, tables_of
from indicant.intake.events import Coding
from indicant.intake.readings import tables
from indicant.intake.said import Said
from intaking import CODES, TERMS, vocabulary

if TYPE_CHECKING:
    from pathlib import Path

    from indicant.guideline.mappings import MappingSet


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which is kept what was read."""
    monkeypatch.setenv("INDICANT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def never() -> list[MappingSet]:
    """Read no table."""
    raise AssertionError("a table was read")


def alike(one: Said, other: Said) -> bool:
    """Tell whether both say the same, in the same order."""
    return [*one.rows.items()] == [*other.rows.items()] and one.pairs == other.pairs


@pytest.mark.slow
def test_what_is_kept_is_what_the_tables_of_each_guideline_say(folder: Path) -> None:
    count = 0
    for path in each(installed().values()):
        sources = sources_of(gather(path))
        read = Said.read(sources, tables_of(sources[0]))
        assert alike(Said.of(sources, partial(tables_of, sources[0])), read)
        again = Said.of(sources, never)
        assert alike(again, read)
        assert (again.measured, again.recorded, again.recorders) == (
            read.measured,
            read.recorded,
            read.recorders,
        )
        count += len(read.rows)
    assert count > 6_000
    assert len(list(folder.iterdir())) == len(installed())


def test_what_is_damaged_is_read_anew(folder: Path) -> None:
    sources = sources_of(gather(TERMS))
    right = Said.of(sources, lambda: tables_of(sources[0]))
    (kept,) = folder.iterdir()
    file = kept / "said.json"
    text = file.read_text(encoding="utf-8")
    for spoiled in each((text[: len(text) // 2], text.replace("names", "gnomes"), "")):
        file.write_text(spoiled, encoding="utf-8")
        assert alike(Said.of(sources, lambda: tables_of(sources[0])), right)
        assert file.read_text(encoding="utf-8") == text
    kept.chmod(0o777)
    assert alike(Said.of(sources, lambda: tables_of(sources[0])), right)


def test_a_table_that_cannot_be_read_is_told_again_and_again(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "terms"
    copy.mkdir()
    for file in TERMS.parent.iterdir():
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".tsv":
            text = text.replace("skos:exactMatch", "nowhere:exactMatch")
        (copy / file.name).write_text(text, encoding="utf-8")
    source = gather(copy / TERMS.name)
    for _ in range(2):
        with pytest.raises(IndicantError, match="prefix 'nowhere:' is not declared"):
            Terms.of(source, vocabulary(), tables())
    assert not folder.exists()


def test_another_table_has_another_name(tmp_path: Path) -> None:
    before = said.key_of(sources_of(gather(TERMS)))
    copy = tmp_path / "terms"
    copy.mkdir()
    for file in TERMS.parent.iterdir():
        text = file.read_text(encoding="utf-8")
        (copy / file.name).write_text(text, encoding="utf-8")
    assert said.key_of(sources_of(gather(copy / TERMS.name))) == before
    for file in each(sorted(copy.glob("*.tsv"))):
        text = file.read_text(encoding="utf-8")
        file.write_text(text + text.splitlines()[-1] + "\n", encoding="utf-8")
        assert said.key_of(sources_of(gather(copy / TERMS.name))) != before
        file.write_text(text, encoding="utf-8")


def test_tables_of_ones_own_are_beside_and_not_kept(folder: Path) -> None:
    source = gather(TERMS)
    (own,) = [one for one in tables_of(source) if one.matches][:1]
    plain = Terms.of(source, vocabulary(), tables())
    more = Terms.of(source, vocabulary(), tables(), [own])
    after = Terms.of(source, vocabulary(), tables())
    (scheme, code), *_ = said.rows_in([own])
    asked = [Coding(scheme or CODES, code)]
    assert plain.meant(asked) == after.meant(asked)
    assert more.meant(asked).terms == plain.meant(asked).terms
    assert len(list(folder.iterdir())) == 1


@pytest.mark.slow
def test_the_wheel_carries_what_is_said_of_codes_in_each_guideline(tmp_path: Path) -> None:
    made = keep_shipped(tmp_path / "compiled")
    assert len(made) == len(installed())
    for one in each(made):
        assert cache.shipped(tmp_path / "compiled", one.name, ("said.json",)) is not None
