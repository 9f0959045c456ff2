"""Whether a deflated file unfolds to what memory can hold; keeps nothing of it, reads no element.

pydicom unfolds a whole file of the deflated transfer syntax (PS3.5 A.5) before it reads the first
element: a file of 20 MB may hold 20 GB.
"""

from __future__ import annotations

import zlib
from pathlib import Path

from planning.limits import MOST_INFLATED_BYTES

_DEFLATED = b"1.2.840.10008.1.2.1.99"
_META_AT, _LENGTH_AT = 132, 140
_META_TAG = b"\x02\x00\x00\x00"
_PIECE = 1 << 16
_ROOM = 1 << 20


def require_inflatable(path: Path, head: bytes | None = None) -> None:
    """Refuse a deflated file that unfolds to too much, without unfolding it in memory.

    Parameters
    ----------
    head : bytes or None
        The beginning of the file, where it has been read.

    Raises
    ------
    ValueError, zlib.error, OSError
        If it does, is damaged, or cannot be read.
    """
    with path.open("rb") as stream:
        start = stream.read(_PIECE) if head is None else head
        if _DEFLATED not in start or start[_META_AT : _META_AT + 4] != _META_TAG:
            return
        meta_bytes = int.from_bytes(start[_LENGTH_AT : _LENGTH_AT + 4], "little")
        stream.seek(_LENGTH_AT + 4 + meta_bytes)
        unfolding, found = zlib.decompressobj(-zlib.MAX_WBITS), 0
        while piece := unfolding.unconsumed_tail or stream.read(_PIECE):
            found += len(unfolding.decompress(piece, _ROOM))
            if found > MOST_INFLATED_BYTES:
                raise ValueError("it unfolds to more than any study holds")
