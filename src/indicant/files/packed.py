"""Unpack what is packed by gzip or zstd, as it is read, and no more of it than a limit."""

from __future__ import annotations

import gzip
import io
import re
import sys
import zlib
from typing import BinaryIO, Final

from indicant.errors import IndicantError
from indicant.files import bounded

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACKINGS: Final = {".gz": "gzip", ".zst": "zstd"}
"""By what a file is packed whose name ends so."""
FAULTS: Final = (EOFError, zlib.error, gzip.BadGzipFile, zstd.ZstdError)
"""What is raised by reading what is cut off or spoilt."""
_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")
"""How a frame of zstd begins, or one that is skipped."""
_WINDOW: Final[dict[int, int]] = {zstd.DecompressionParameter.window_log_max: 27}
"""Up to 128 MB are held to unpack a frame, as every reader of zstd does that is not told more."""
_TOO_WIDE: Final = "too much memory"


def bare(name: str) -> str:
    """Return the name of a file without what says that it is packed.

    >>> bare("Condition.000.ndjson.zst"), bare("case.ttl")
    ('Condition.000.ndjson', 'case.ttl')
    """
    for one in PACKINGS:
        if name.endswith(one):
            return name.removesuffix(one)
    return name


def is_packed(data: bytes) -> bool:
    """Tell whether data begin as something packed."""
    return _packing(data) is not None


def stream(file: BinaryIO, name: str) -> BinaryIO:
    """Return what yields the content of an open file, unpacked if its name says that it is packed.

    Reading raises one of ``FAULTS`` where it is cut off or spoilt; see ``spoilt``.
    """
    for ending, packing in PACKINGS.items():
        if name.lower().endswith(ending):
            return io.BufferedReader(_opened(file, packing))
    return file


def content(data: bytes, shown: str, limit: int) -> bytes:
    """Return data, unpacked if they are packed.

    Args:
        data: the data.
        shown: how their file is called.
        limit: how many bytes there may be in the end.

    Raises:
        IndicantError: they are cut off or spoilt, or more than the limit.
    """
    packing = _packing(data)
    if packing is None:
        return data
    try:
        found = io.BufferedReader(_opened(io.BytesIO(data), packing)).read(limit + 1)
    except FAULTS as error:
        raise spoilt(error, shown) from error
    if len(found) > limit:
        raise bounded.too_large(shown, limit)
    return found


def spoilt(error: Exception, shown: str, line: int | None = None) -> IndicantError:
    """Return what is told of a file that could not be unpacked."""
    if _TOO_WIDE in str(error):
        return IndicantError(
            "is packed by zstd with a window of more than 128 MB",
            file=shown,
            line=line,
            help="pack it anew, without  --long  or  --ultra",
        )
    packing = "zstd" if isinstance(error, zstd.ZstdError) else _named(shown)
    return IndicantError(
        f"is packed by {packing}, and cut off or spoilt",
        file=shown,
        line=line,
        help="fetch the file again",
    )


def _named(shown: str) -> str:
    return next((one for end, one in PACKINGS.items() if shown.lower().endswith(end)), "gzip")


def _packing(data: bytes) -> str | None:
    if data.startswith(_GZIP):
        return "gzip"
    return "zstd" if _ZSTD.match(data) else None


def _opened(file: BinaryIO, packing: str) -> gzip.GzipFile | zstd.ZstdFile:
    if packing == "zstd":
        return zstd.ZstdFile(file, options=_WINDOW)
    return gzip.GzipFile(fileobj=file)
