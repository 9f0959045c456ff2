"""Changes DICOM files element by element, so that they stay DICOM; knows no meaning of them.

Only explicit little endian, also deflated, is taken apart; other files are changed byte by byte.
"""

from __future__ import annotations

import struct
import zlib
from random import Random

from tests.fuzzing.mutators import FLOATS, NUMBERS, WORDS, bytes_mutated

_PREAMBLE = 132
_LONG = (b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"SQ", b"UN", b"UT", b"UC", b"UR")
_ITEM, _ITEM_END, _SEQUENCE_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0"
_ENDLESS = 0xFFFFFFFF
_PIXELS = b"\xe0\x7f\x10\x00"
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_MOST_FRAGMENTS, _MOST_DEEP = 400, 8
_NUMERIC = {b"US": "<H", b"SS": "<h", b"UL": "<I", b"SL": "<i", b"FD": "<d", b"FL": "<f"}
_SYNTAXES = tuple(
    f"1.2.840.10008.1.2{end}".encode()
    for end in (
        *("", ".1", ".2", ".1.99", ".5", ".4.50", ".4.51", ".4.57", ".4.70", ".4.80", ".4.81"),
        *(".4.90", ".4.91", ".4.201", ".4.203", ".4.100", ".9"),
    )
)

Value = bytes | list["Element"] | list[list["Element"]]


class Element:
    """One element: its value is bytes, items (of elements) or fragments (of bytes)."""

    def __init__(self, tag: bytes, vr: bytes, value: bytes) -> None:
        self.tag, self.vr, self.value = tag, vr, value
        self.items: list[list[Element]] | None = None
        self.fragments: list[bytes] | None = None

    def encoded(self) -> bytes:
        if self.fragments is not None:
            parts = [_ITEM + struct.pack("<I", len(one)) + one for one in self.fragments]
            head = self.tag + self.vr + b"\0\0" + struct.pack("<I", _ENDLESS)
            return head + b"".join(parts) + _SEQUENCE_END + bytes(4)
        value = self.value
        if self.items is not None:
            inner = [b"".join(e.encoded() for e in item) for item in self.items]
            value = b"".join(_ITEM + struct.pack("<I", len(one)) + one for one in inner)
        value += b" " * (len(value) % 2)
        if self.vr in _LONG:
            return self.tag + self.vr + b"\0\0" + struct.pack("<I", len(value)) + value
        return self.tag + self.vr + struct.pack("<H", len(value) & 0xFFFF) + value[:0xFFFF]


class _NotUnderstoodError(Exception):
    """The bytes are not what is taken apart here."""


def dicom_mutated(data: bytes, rng: Random) -> bytes:
    """Change elements, items, fragments, lengths and transfer syntax, sometimes only bytes."""
    if data[128:_PREAMBLE] != b"DICM" or rng.random() < 0.12:
        return bytes_mutated(data, rng)
    try:
        meta_end = _meta_end(data)
        body, is_deflated = data[meta_end:], _DEFLATED in data[:meta_end]
        if is_deflated:
            body = zlib.decompressobj(-zlib.MAX_WBITS).decompress(body, 1 << 22)
        elements, _ = _parsed(body, 0, len(body), 0)
        meta, _ = _parsed(data, _PREAMBLE, meta_end, 0)
    except (_NotUnderstoodError, struct.error, zlib.error, IndexError):
        return bytes_mutated(data, rng)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        if rng.random() < 0.03:
            _other_syntax(meta, rng)
        else:
            _change_one(elements, rng)
    body = b"".join(e.encoded() for e in elements)
    if is_deflated:
        packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
        body = packer.compress(body) + packer.flush()
    return data[:_PREAMBLE] + b"".join(e.encoded() for e in meta) + body


def _meta_end(data: bytes) -> int:
    if data[_PREAMBLE : _PREAMBLE + 4] != b"\x02\x00\x00\x00":
        raise _NotUnderstoodError
    (length,) = struct.unpack_from("<I", data, _PREAMBLE + 8)
    return int(_PREAMBLE + 12 + length)


def _parsed(data: bytes, at: int, end: int, depth: int) -> tuple[list[Element], int]:
    found: list[Element] = []
    if depth > _MOST_DEEP:
        raise _NotUnderstoodError
    while at + 8 <= end:
        tag, vr = data[at : at + 4], data[at + 4 : at + 6]
        if tag in (_ITEM_END, _SEQUENCE_END):
            return found, at + 8
        if not vr.isalpha():
            raise _NotUnderstoodError
        if vr in _LONG:
            (length,), at = struct.unpack_from("<I", data, at + 8), at + 12
        else:
            (length,), at = struct.unpack_from("<H", data, at + 6), at + 8
        element = Element(tag, vr, b"")
        found.append(element)
        if vr == b"SQ":
            at = _items(element, data, at, length, depth)
        elif length == _ENDLESS:
            at = _fragments(element, data, at)
        else:
            element.value, at = data[at : at + length], at + length
    return found, at


def _items(element: Element, data: bytes, at: int, length: int, depth: int) -> int:
    element.items = []
    end = len(data) if length == _ENDLESS else at + length
    while at + 8 <= end:
        tag, (size,) = data[at : at + 4], struct.unpack_from("<I", data, at + 4)
        at += 8
        if tag == _SEQUENCE_END:
            return at
        if tag != _ITEM:
            raise _NotUnderstoodError
        inner_end = len(data) if size == _ENDLESS else at + size
        inner, at = _parsed(data, at, inner_end, depth + 1)
        element.items.append(inner)
    return at


def _fragments(element: Element, data: bytes, at: int) -> int:
    element.fragments = []
    while at + 8 <= len(data) and len(element.fragments) < _MOST_FRAGMENTS:
        tag, (size,) = data[at : at + 4], struct.unpack_from("<I", data, at + 4)
        at += 8
        if tag != _ITEM:
            return at
        element.fragments.append(data[at : at + size])
        at += size
    return at


def _other_syntax(meta: list[Element], rng: Random) -> None:
    for element in meta:
        if element.tag == b"\x02\x00\x10\x00":
            element.value = rng.choice((*_SYNTAXES, b"", b"1.2.3"))


def _change_one(elements: list[Element], rng: Random) -> None:
    if not elements:
        return
    at = rng.randrange(len(elements))
    element, kind = elements[at], rng.random()
    if element.items and rng.random() < 0.8:
        item = rng.randrange(len(element.items))
        if kind < 0.06:
            del element.items[item]
        elif kind < 0.12:
            element.items[item:item] = [element.items[item]] * rng.choice((1, 2, 30))
        else:
            _change_one(element.items[item], rng)
    elif element.fragments and rng.random() < 0.9:
        one = rng.randrange(len(element.fragments))
        if kind < 0.08:
            del element.fragments[one]
        elif kind < 0.14:
            element.fragments.insert(one, element.fragments[one])
        else:
            element.fragments[one] = bytes_mutated(element.fragments[one], rng)
    elif kind < 0.08:
        del elements[at]
    elif kind < 0.1:
        elements.insert(at, element)
    elif kind < 0.13:
        element.tag = rng.choice(elements).tag
    elif kind < 0.16:
        element.vr = rng.choice((b"UN", b"LO", b"DS", b"US", b"SQ", b"OB", b"UI", b"PN"))
    else:
        element.items = element.fragments = None
        element.value = _other_value(element, rng)


def _other_value(element: Element, rng: Random) -> bytes:
    layout = _NUMERIC.get(element.vr)
    if layout is not None and rng.random() < 0.85:
        width = struct.calcsize(layout)
        if layout in ("<d", "<f"):
            numbers = (*FLOATS[:9], float("nan"), float("inf"))
            one = b"".join(struct.pack(layout, rng.choice(numbers)) for _ in range(3))
        else:
            number = rng.choice((rng.choice(NUMBERS), rng.randrange(40)))
            one = (number & ((1 << 8 * width) - 1)).to_bytes(width, "little") * 3
        return one[: width * rng.choice((0, 1, 1, 1, 1, 2, 3))]
    if element.vr in (b"DS", b"IS") and rng.random() < 0.8:
        values = element.value.split(b"\\")
        number = (str(rng.choice(NUMBERS)), repr(rng.choice(FLOATS)), rng.choice(WORDS[:8]))
        values[rng.randrange(len(values))] = rng.choice(number).encode()
        return b"\\".join(values * rng.choice((1, 1, 1, 2, 0)))
    if element.vr in (b"OB", b"OW") or rng.random() < 0.3:
        return bytes_mutated(element.value, rng)
    return rng.choice(WORDS).encode("utf-8", "surrogatepass") * rng.choice((1, 1, 1, 200))
