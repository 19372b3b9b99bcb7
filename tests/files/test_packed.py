"""What is packed is unpacked as it is read, or it is told what is wrong with it."""

from __future__ import annotations

import gzip
import io
from typing import TYPE_CHECKING

import pytest

from each import each
from indicant.errors import IndicantError
from indicant.files import packed
from packing import PACKINGS, SKIPPED, by_zstd, spoilt, too_wide

if TYPE_CHECKING:
    from typing import BinaryIO

DATA = b"".join(b"%d: a line of text\n" % number for number in range(20_000))


def drained(file: BinaryIO) -> bytes:
    return b"".join(iter(lambda: file.read(10_000), b""))


@pytest.mark.parametrize("name", PACKINGS)
def test_it_is_read_as_it_was_packed(name: str) -> None:
    ending, pack = PACKINGS[name]
    data = pack(DATA)
    assert packed.is_packed(data)
    assert drained(packed.stream(io.BytesIO(data), f"a.ndjson{ending}")) == DATA
    assert drained(packed.stream(io.BytesIO(data), f"A.NDJSON{ending.upper()}")) == DATA
    assert packed.content(data, "a", len(DATA)) == DATA
    assert packed.bare(f"a.ndjson{ending}") == "a.ndjson"


def test_what_is_not_packed_stays() -> None:
    file = io.BytesIO(DATA)
    assert packed.stream(file, "a.ndjson") is file
    assert packed.content(DATA, "a", 1) is DATA
    assert not packed.is_packed(b"")
    assert packed.is_packed(SKIPPED)
    assert packed.bare("a.gz.ndjson") == "a.gz.ndjson"


@pytest.mark.parametrize("name", PACKINGS)
def test_what_is_cut_off_or_spoilt_is_told(name: str) -> None:
    ending, _ = PACKINGS[name]
    for what, data in each(spoilt(name, DATA).items()):
        with pytest.raises(packed.FAULTS) as caught:
            drained(packed.stream(io.BytesIO(data), f"a{ending}"))
        told = packed.spoilt(caught.value, f"a{ending}", 7)
        assert str(told).startswith(f"a{ending}:7: is packed by {ending[1:3]}"), what
        assert told.message.endswith("cut off or spoilt"), what
        assert told.help
        if packed.is_packed(data):
            with pytest.raises(IndicantError, match="cut off or spoilt"):
                packed.content(data, f"a{ending}", len(DATA))


@pytest.mark.slow
def test_no_more_is_unpacked_than_the_limit() -> None:
    bombs = gzip.compress(bytes(300_000_000), 1), by_zstd(bytes(300_000_000)), too_wide(1_000_000)
    for data in each(bombs[:2]):
        assert len(data) < 3_000_000
        with pytest.raises(IndicantError, match="larger than the limit of 1 MB"):
            packed.content(data, "a", 1_000_000)
    with pytest.raises(IndicantError, match="window of more than 128 MB") as caught:
        packed.content(bombs[2], "a", 10_000_000)
    assert "--long" in str(caught.value.help)
