"""Pack what tests give to be read, by all that it may be packed by."""

from __future__ import annotations

import gzip
import sys
from typing import TYPE_CHECKING, Final

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable

SKIPPED: Final = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"
"""A frame of zstd that is skipped: some programs begin with one."""


def by_zstd(data: bytes) -> bytes:
    """Pack as ``zstd`` does that writes to a file, with a sum by which it is checked."""
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})


def in_frames(data: bytes) -> bytes:
    """Pack each half by itself, as programs do that use several processors."""
    middle = len(data) // 2
    return SKIPPED + by_zstd(data[:middle]) + SKIPPED + by_zstd(data[middle:])


def in_members(data: bytes) -> bytes:
    """Pack each half by itself by gzip, as ``cat`` puts packed files together."""
    middle = len(data) // 2
    return gzip.compress(data[:middle]) + gzip.compress(data[middle:])


def too_wide(size: int) -> bytes:
    """Pack so many noughts so that to unpack them 256 MB have to be held."""
    options: dict[int, int] = {zstd.CompressionParameter.window_log: 28}
    one = zstd.ZstdCompressor(options=options)
    parts = [one.compress(bytes(1_000_000)) for _ in range(size // 1_000_000)]
    return b"".join(parts) + one.flush()


PACKINGS: Final[dict[str, tuple[str, Callable[[bytes], bytes]]]] = {
    "gzip": (".gz", gzip.compress),
    "zstd": (".zst", by_zstd),
    "gzip in members": (".gz", in_members),
    "zstd in frames": (".zst", in_frames),
}
"""How a packed file is named, and what packs it."""


def spoilt(name: str, data: bytes) -> dict[str, bytes]:
    """Return data packed so, cut off, with what does not belong there behind it, and changed."""
    ending, pack = PACKINGS[name]
    whole = pack(data)
    middle = len(whole) // 2
    changed = bytes((whole[middle] ^ 255,))
    magic = b"\x1f\x8b\x08" if ending == ".gz" else b"\x28\xb5\x2f\xfd"
    return {
        "half": whole[:middle],
        "all but a byte": whole[:-1],
        "garbage behind": whole + b"garbage",
        "noughts and garbage": whole + bytes(8) + b"x",
        "a beginning behind": whole + magic,
        "changed": whole[:middle] + changed + whole[middle + 1 :],
        "nothing": b"" if ending == ".zst" else whole[:4],
    }
