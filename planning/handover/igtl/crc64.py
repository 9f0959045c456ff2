"""The checksum of OpenIGTLink messages, CRC-64 of ECMA-182; knows no message."""

from __future__ import annotations

from functools import lru_cache

POLYNOMIAL = 0x42F0E1EBA9EA3693
"""Generator of ECMA-182 (annex B) without its leading term."""

_ALL = (1 << 64) - 1
_TOP = 1 << 63


def crc64(data: bytes | bytearray | memoryview) -> int:
    """Return the checksum of some bytes.

    The remainder of ``data(x) x^64`` by the generator, most significant bit first; nothing is put
    in front and nothing inverted, as OpenIGTLink does it.
    """
    table, crc = _table(), 0
    for byte in bytes(data):
        crc = table[(crc >> 56) ^ byte] ^ (crc << 8 & _ALL)
    return crc


@lru_cache(maxsize=1)
def _table() -> tuple[int, ...]:
    return tuple(_remainder(byte << 56) for byte in range(256))


def _remainder(crc: int) -> int:
    for _ in range(8):
        crc = (crc << 1 & _ALL) ^ (POLYNOMIAL if crc & _TOP else 0)
    return crc
