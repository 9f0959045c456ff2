"""OpenIGTLink messages as bytes, without their contents: header, extended header, metadata.

Opens no connection. Source: OpenIGTLink protocol 3, `Documents/Protocol/header.md` and
`v3_proposal.md`. A header of version 1 is protocol 1 and 2, one of version 2 is protocol 3.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from planning.errors import InputError
from planning.handover.igtl.crc64 import crc64

PLAIN, WITH_METADATA = 1, 2
"""Header versions."""

HEADER_BYTES = 58
MOST_BODY_BYTES = 1 << 20
"""Of a message that is read."""
MOST_METADATA = 256
"""Entries."""

_HEADER = struct.Struct(">H12s20sQQQ")
_EXTENDED = struct.Struct(">HHII")
_COUNT = struct.Struct(">H")
_ENTRY = struct.Struct(">HHI")
_ASCII, _UTF8 = 3, 106  # MIBenum of IANA's character sets
_MOST_VERSION = 2
_PRINTABLE = range(0x20, 0x7F)


class MessageError(InputError):
    """A message that cannot be understood; those after it can."""


class StreamError(MessageError):
    """Bytes that are no message: where the next one begins cannot be known any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What stands before each message.

    Parameters
    ----------
    timestamp : int
        Seconds since 1970 in the upper 32 bits, their fraction in the lower; 0 for none.
    body_bytes, crc : int
        Length and CRC-64 of what follows.
    """

    version: int
    kind: str
    device: str
    timestamp: int
    body_bytes: int
    crc: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message; its content is still bytes.

    Parameters
    ----------
    kind : str
        Type name, at most 12 letters.
    device : str
        Name of the device, at most 20 letters.
    metadata : mapping of str to str
        Does not go into a header of version 1.
    version : int
        Of the header.
    number : int
        Counted by the sender; 0 where it does not.
    """

    kind: str
    device: str = ""
    content: bytes = b""
    metadata: Mapping[str, str] = field(default_factory=dict)
    timestamp: int = 0
    version: int = WITH_METADATA
    number: int = 0


def timestamp_of(time_ns: int) -> int:
    """Return a time since 1970 in ns as a header's time stamp."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return (seconds & 0xFFFFFFFF) << 32 | (rest << 32) // 1_000_000_000


def message_to_bytes(message: Message) -> bytes:
    """Return a whole message as it goes over the wire.

    Raises
    ------
    MessageError
        If it is too large.
    """
    body = message.content
    if message.version >= WITH_METADATA:
        index, values = _metadata_bytes(message.metadata)
        extended = _EXTENDED.pack(_EXTENDED.size, len(index), len(values), message.number)
        body = extended + body + index + values
    if len(body) > MOST_BODY_BYTES:
        raise MessageError(f"A {message.kind} message of {len(body):,} bytes is too large to send.")
    return (
        _HEADER.pack(
            message.version,
            fixed_text(message.kind, 12),
            fixed_text(message.device, 20),
            message.timestamp,
            len(body),
            crc64(body),
        )
        + body
    )


def header_from_bytes(data: bytes) -> Header:
    """Return the header that 58 bytes hold.

    Raises
    ------
    StreamError
        If they are none.
    """
    if len(data) < HEADER_BYTES:
        raise StreamError("The connection ended within a message.")
    version, kind, device, timestamp, body_bytes, crc = _HEADER.unpack(data[:HEADER_BYTES])
    name = kind.split(b"\0")[0]
    if not PLAIN <= version <= _MOST_VERSION or not name or set(name) - set(_PRINTABLE):
        raise StreamError("What arrived is not OpenIGTLink (no message header was found).")
    return Header(
        version=version,
        kind=name.decode("ascii"),
        device=text_of(device),
        timestamp=timestamp,
        body_bytes=body_bytes,
        crc=crc,
    )


def message_from_bytes(header: Header, body: bytes) -> Message:
    """Return the message of a header and the bytes that follow it.

    Raises
    ------
    MessageError
        If body and checksum disagree, or the lengths in the body do.
    """
    if len(body) != header.body_bytes:
        raise MessageError(f"A {header.kind} message is shorter than its header says.")
    if crc64(body) != header.crc:
        raise MessageError(f"A {header.kind} message arrived damaged (its checksum is wrong).")
    content, metadata, number = body, dict[str, str](), 0
    if header.version >= WITH_METADATA:
        content, metadata, number = _taken_apart(header.kind, body)
    return Message(
        kind=header.kind,
        device=header.device,
        content=content,
        metadata=metadata,
        timestamp=header.timestamp,
        version=header.version,
        number=number,
    )


def fixed_text(text: str, width: int) -> bytes:
    """Return text as ASCII, cut off or filled with zeros; other letters become question marks."""
    return text.encode("ascii", "replace")[:width].ljust(width, b"\0")


def text_of(data: bytes) -> str:
    """Return the text of a field that is filled with zeros."""
    return data.split(b"\0")[0].decode("ascii", "replace")


def _metadata_bytes(metadata: Mapping[str, str]) -> tuple[bytes, bytes]:
    entries, values = [_COUNT.pack(len(metadata))], []
    for key, value in metadata.items():
        name, said = key.encode("utf-8"), value.encode("utf-8")
        entries.append(_ENTRY.pack(len(name), _ASCII if said.isascii() else _UTF8, len(said)))
        values += [name, said]
    return b"".join(entries), b"".join(values)


def _taken_apart(kind: str, body: bytes) -> tuple[bytes, dict[str, str], int]:
    """Return content, metadata and number of a body of protocol 3."""
    wrong = MessageError(f"A {kind} message has an extended header that does not fit its length.")
    if len(body) < _EXTENDED.size:
        raise wrong
    own_bytes, index_bytes, values_bytes, number = _EXTENDED.unpack_from(body)
    end = len(body) - index_bytes - values_bytes
    if own_bytes < _EXTENDED.size or end < own_bytes:
        raise wrong
    return body[own_bytes:end], _metadata(kind, body[end:], index_bytes), number


def _metadata(kind: str, data: bytes, index_bytes: int) -> dict[str, str]:
    if not data:
        return {}
    wrong = MessageError(f"A {kind} message has metadata that do not fit its length.")
    if index_bytes < _COUNT.size:
        raise wrong
    (count,) = _COUNT.unpack_from(data)
    if count > MOST_METADATA or _COUNT.size + count * _ENTRY.size > index_bytes:
        raise wrong
    found, at = dict[str, str](), index_bytes
    for number in range(count):
        entry = _ENTRY.unpack_from(data, _COUNT.size + number * _ENTRY.size)
        key_bytes, encoding, value_bytes = entry
        if at + key_bytes + value_bytes > len(data):
            raise wrong
        key = data[at : at + key_bytes].decode("utf-8", "replace")
        value = data[at + key_bytes : at + key_bytes + value_bytes]
        found[key] = value.decode("ascii" if encoding == _ASCII else "utf-8", "replace")
        at += key_bytes + value_bytes
    return found
