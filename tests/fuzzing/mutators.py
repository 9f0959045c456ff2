"""Changes files so that they stay near to valid ones: bytes, lines, JSON, TOML, headers.

A mutator takes bytes and a source of chance and returns other bytes. What it does not understand
it changes byte by byte.
"""

from __future__ import annotations

import gzip
import json
import struct
import tomllib
import zlib
from collections.abc import Callable
from random import Random
from typing import Any

from planning.handover.igtl.crc64 import crc64
from planning.records.toml_text import toml_text

Mutator = Callable[[bytes, Random], bytes]

PART = b"\x00=PART=\x00"
"""Divides the files of an input that is several."""

_LONGEST = 1 << 13

NUMBERS = (
    *(0, 1, -1, 2, 3, 7, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 1 << 31, (1 << 31) - 1),
    *(-(1 << 31), 1 << 32, (1 << 63) - 1, 1 << 63, 1 << 64, 10**19, 10**40, -(10**19)),
)
FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, 1e-320, 1e-9, 1e9, 1e38, 1e308, -1e308)
WORDS = (
    *("", "0", "1", "-1", "nan", "inf", "-inf", "1e400", "1e308", "99999999999999999999", "0x10"),
    *("true", "null", "a" * 300, "../../../etc/passwd", "/dev/zero", "/dev/stdin", "%s%n%d", "\0"),
    *("\x1b[31m", "\u202egnp.exe", "<b>bold</b><img src=x>", "=cmd|' /C calc'!A0", "\ud83d\ude00"),
    *("\r\n", "\\", '"', "'", "[", "{", "\u00e4\u00f6\u4e2d", "1\\2", "1_000", "\u0661", "..", "~"),
)


def bytes_mutated(data: bytes, rng: Random) -> bytes:
    """Flip, put in, take out, double, move and cut off bytes."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 8))):
        at = rng.randrange(len(changed) + 1)
        kind = rng.randrange(7)
        if kind == 0 and at < len(changed):
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 1 and at < len(changed):
            changed[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        elif kind == 2:
            changed[at:at] = rng.randbytes(rng.choice((1, 2, 4, 8, 40)))
        elif kind == 3:
            del changed[at : at + rng.choice((1, 2, 4, 16, 200))]
        elif kind == 4:
            width = rng.choice((1, 2, 4, 8))
            number = rng.choice(NUMBERS) & ((1 << 8 * width) - 1)
            changed[at : at + width] = number.to_bytes(width, rng.choice(("little", "big")))
        elif kind == 5:
            changed[at:at] = changed[at : at + rng.choice((1, 4, 16, 200))]
        elif rng.random() < 0.2:
            del changed[at:]
    return bytes(changed)


def lines_mutated(data: bytes, rng: Random) -> bytes:
    """Change words, take out, double and exchange lines of a text."""
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        return bytes_mutated(data, rng)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
        kind = rng.randrange(8)
        if kind == 0:
            lines.insert(other, lines[at])
        elif kind == 1 and len(lines) > 1:
            del lines[at]
        elif kind == 2:
            lines[at], lines[other] = lines[other], lines[at]
        elif kind == 3:
            lines[at] = lines[at][:_LONGEST] * rng.choice((2, 50))  # four times 50 are millions
        else:
            lines[at] = _with_other_word(lines[at], rng)
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _with_other_word(line: str, rng: Random) -> str:
    divider = rng.choice((" ", " ", ",", "=", ":", ";", '"'))
    words = line.split(divider)
    at = rng.randrange(len(words))
    if rng.random() < 0.2:
        words.insert(at, rng.choice(WORDS))
    else:
        number = str(rng.choice(NUMBERS)) if rng.random() < 0.5 else repr(rng.choice(FLOATS))
        words[at] = rng.choice((rng.choice(WORDS), number))
    return divider.join(words)


def json_mutated(data: bytes, rng: Random) -> bytes:
    """Change values, names and nesting of a JSON document."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return bytes_mutated(data, rng)
    document = _tree_mutated(document, rng)
    if rng.random() < 0.01:
        document = _nested(rng.choice((50, 500, 2000)))
    try:
        return json.dumps(document, indent=rng.choice((None, 1))).encode("utf-8", "surrogatepass")
    except RecursionError:
        return b"[" * 100_000


def toml_mutated(data: bytes, rng: Random) -> bytes:
    """Change values, names and nesting of a TOML document."""
    if rng.random() < 0.3:
        return lines_mutated(data, rng)
    try:
        changed = _tree_mutated(tomllib.loads(data.decode("utf-8")), rng)
        return toml_text(changed if isinstance(changed, dict) else {"a": changed}).encode("utf-8")
    except (ValueError, RecursionError, AssertionError, TypeError, AttributeError):
        return bytes_mutated(data, rng)


def _nested(depth: int) -> Any:
    inner: Any = 1
    for number in range(depth):
        inner = [inner] if number % 2 else {"a": inner}
    return inner


def _tree_mutated(value: Any, rng: Random) -> Any:
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        value = _once_mutated(value, rng, deep=0.9)
    return value


def _once_mutated(value: Any, rng: Random, *, deep: float) -> Any:
    if isinstance(value, dict) and value and rng.random() < deep:
        key = rng.choice(list(value))
        kind = rng.random()
        changed = dict(value)
        if kind < 0.06:
            del changed[key]
        elif kind < 0.1:
            changed[rng.choice((rng.choice(WORDS), str(rng.choice(NUMBERS))))] = changed.pop(key)
        elif kind < 0.13:
            changed[rng.choice(list(value))] = changed[key]
        else:
            changed[key] = _once_mutated(changed[key], rng, deep=deep)
        return changed
    if isinstance(value, list) and value and rng.random() < deep:
        at = rng.randrange(len(value))
        kind = rng.random()
        if kind < 0.08:
            return value[:at] + value[at + 1 :]
        if kind < 0.16:
            return value[:at] + [value[at]] * rng.choice((2, 3, 40)) + value[at:]
        return [*value[:at], _once_mutated(value[at], rng, deep=deep), *value[at + 1 :]]
    if isinstance(value, str) and value and rng.random() < 0.5:
        at = rng.randrange(len(value) + 1)
        return value[:at] + rng.choice(WORDS) + value[at + rng.randrange(3) :]
    return _anything(rng)


def _anything(rng: Random) -> Any:
    kind = rng.randrange(8)
    if kind == 0:
        return rng.choice(NUMBERS)
    if kind == 1:
        return rng.choice((*FLOATS, float("nan"), float("inf"), float("-inf")))
    if kind in (2, 3):
        return rng.choice(WORDS)
    if kind == 4:
        return rng.choice((True, False, None))
    if kind == 5:
        return [_anything(rng) for _ in range(rng.randrange(5))]
    return {} if kind == 6 else rng.randrange(-10, 10)


def parts_mutated(inner: Mutator) -> Mutator:
    """Return what changes one part of an input of several, or their number and order."""

    def mutated(data: bytes, rng: Random) -> bytes:
        parts = data.split(PART)
        at = rng.randrange(len(parts))
        kind = rng.random()
        if kind < 0.03 and len(parts) > 1:
            del parts[at]
        elif kind < 0.06 and len(parts) < 12:
            parts.insert(rng.randrange(len(parts)), parts[at])
        elif kind < 0.09 and len(parts) > 1:
            other = rng.randrange(len(parts))
            parts[at], parts[other] = parts[other], parts[at]
        else:
            parts[at] = inner(parts[at], rng)
        return PART.join(parts)

    return mutated


def after_first_byte(inner: Mutator) -> Mutator:
    """Return what mostly leaves the first byte as it is, which says how the rest is read."""

    def mutated(data: bytes, rng: Random) -> bytes:
        first = data[:1] if rng.random() < 0.97 else bytes((rng.randrange(256),))
        return first + inner(data[1:], rng)

    return mutated


def unpacked(inner: Mutator) -> Mutator:
    """Return what changes the content of a gzip or, mostly without, the bytes of others."""

    def mutated(data: bytes, rng: Random) -> bytes:
        if data[:2] != b"\x1f\x8b" or rng.random() < 0.1:
            return inner(data, rng)
        try:
            plain = zlib.decompressobj(31).decompress(data, 1 << 22)
        except zlib.error:
            return bytes_mutated(data, rng)
        return gzip.compress(inner(plain, rng), 1, mtime=0)

    return mutated


_NIFTI_FIELDS = (
    *(("h", at) for at in range(40, 56, 2)),
    *(("h", at) for at in (70, 72, 74, 252, 254)),
    *(("f", at) for at in range(76, 108, 4)),
    *(("f", at) for at in (108, 112, 116, *range(256, 328, 4))),
    *(("i", at) for at in (0, 32)),
    *(("B", at) for at in (38, 39, 123)),
)


def nifti_mutated(data: bytes, rng: Random) -> bytes:
    """Change fields of the header of a NIfTI-1 file, sometimes bytes."""
    if len(data) < 348 or rng.random() < 0.25:
        return bytes_mutated(data, rng)
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3))):
        kind, at = rng.choice(_NIFTI_FIELDS)
        if kind == "f":
            value = rng.choice((*FLOATS[:9], float("nan"), float("inf"), rng.uniform(-400, 400)))
            struct.pack_into("<f", changed, at, value)
        else:
            width = struct.calcsize(kind)
            number = rng.choice((rng.choice(NUMBERS), rng.randrange(20)))
            changed[at : at + width] = (number & ((1 << 8 * width) - 1)).to_bytes(width, "little")
    return bytes(changed)


def header_lines_mutated(data: bytes, rng: Random) -> bytes:
    """Change the lines at the head of NRRD and MetaImage files; the pixels stay behind them."""
    for end in (b"\n\n", b"ElementDataFile = LOCAL\n"):
        at = data.find(end)
        if at > 0 and rng.random() < 0.85:
            return lines_mutated(data[: at + len(end)], rng) + data[at + len(end) :]
    return bytes_mutated(data, rng)


_IGTL_HEADER = struct.Struct(">H12s20sQQQ")


def igtl_mutated(data: bytes, rng: Random) -> bytes:
    """Change messages of a stream; mostly the lengths and checksums fit again afterwards."""
    messages, at = [], 0
    while at + _IGTL_HEADER.size <= len(data) and len(messages) < 20:
        header = list(_IGTL_HEADER.unpack_from(data, at))
        body = data[at + _IGTL_HEADER.size :][: min(header[4], 1 << 16)]
        messages.append((header, body))
        at += _IGTL_HEADER.size + len(body)
    if not messages or rng.random() < 0.15:
        return bytes_mutated(data, rng)
    number = rng.randrange(len(messages))
    header, body = messages[number]
    kind = rng.random()
    if kind < 0.1:
        header = _other_header(header, rng)
    elif kind < 0.15:
        messages.append(messages[number])
    elif kind < 0.2:
        header[1] = rng.choice(messages)[0][1]
    else:
        body = bytes_mutated(body, rng)
    messages[number] = (header, body)
    out = []
    for head, held in messages:
        honest = [*head[:4], len(held), crc64(held)] if rng.random() < 0.97 else head
        out.append(_IGTL_HEADER.pack(*honest) + held)
    return b"".join(out) + data[at:]


def _other_header(header: list[Any], rng: Random) -> list[Any]:
    """Return a header with another version, type, device or time."""
    kind = rng.choice((b"TRANSFORM", b"TDATA", b"POINT", b"GET_CAPABIL", b"STT_TDATA", b"IMAGE"))
    changes = ((0, rng.choice((1, 2, 3, 0))), (1, kind), (2, rng.randbytes(20)), (3, 1 << 63))
    at, value = rng.choice(changes)
    return [*header[:at], value, *header[at + 1 :]]


def chosen(*mutators: Mutator) -> Mutator:
    """Return what uses one of several mutators."""
    return lambda data, rng: rng.choice(mutators)(data, rng)
