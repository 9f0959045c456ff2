"""Looks at the header of an image file before a library in C does: what it claims has to be there.

The reading libraries believe a header: they make room for what it announces, follow the file names
in it anywhere, and put them together by patterns. What is not sound is refused here; values are
read elsewhere.
"""

from __future__ import annotations

import gzip
import math
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from planning.errors import InputError
from planning.limits import MOST_FARTHEST_MM, MOST_INFLATED_BYTES, MOST_INFLATION, MOST_VOXELS

NIFTI, NRRD, META_IMAGE = "NiftiImageIO", "NrrdImageIO", "MetaImageIO"
"""What SimpleITK calls its readers."""

_MOST_HEADER = 16 << 20  # bytes; a segmentation of 60 structures has 30 kB
_MOST_LAYERS = 1 << 12
_NIFTI_HEADER = 540  # bytes: the longer of the two headers
_NIFTI_BITS = {2: 8, 4: 16, 8: 32, 16: 32, 32: 64, 64: 64, 128: 24, 256: 8, 512: 16, 768: 32}
_NIFTI_BITS |= {1024: 64, 1280: 64, 1792: 128, 2304: 32}
_NRRD_TYPES = {
    **dict.fromkeys(("char", "signedchar", "int8", "int8_t"), 1),
    **dict.fromkeys(("uchar", "unsignedchar", "uint8", "uint8_t"), 1),
    **dict.fromkeys(("short", "shortint", "signedshort", "signedshortint"), 2),
    **dict.fromkeys(("ushort", "unsignedshort", "unsignedshortint"), 2),
    **dict.fromkeys(("int16", "int16_t", "uint16", "uint16_t"), 2),
    **dict.fromkeys(("int", "signedint", "uint", "unsignedint", "float"), 4),
    **dict.fromkeys(("int32", "int32_t", "uint32", "uint32_t"), 4),
    **dict.fromkeys(("longlong", "longlongint", "signedlonglong", "signedlonglongint"), 8),
    **dict.fromkeys(("ulonglong", "unsignedlonglong", "unsignedlonglongint", "double"), 8),
    **dict.fromkeys(("int64", "int64_t", "uint64", "uint64_t"), 8),
}
"""Bytes of a value, by the names of types without their spaces."""
_NRRD_FREE = frozenset(("content", "datafile", "labels", "units", "sampleunits"))
_NRRD_FIELDS = _NRRD_FREE | frozenset(
    (
        *("type", "dimension", "sizes", "encoding", "endian", "space", "spacedimension"),
        *("spacedirections", "spaceorigin", "spaceunits", "spacings", "thicknesses", "number"),
        *("axismins", "axismaxs", "centers", "centerings", "kinds", "blocksize", "min", "max"),
        *("oldmin", "oldmax", "lineskip", "byteskip", "measurementframe"),
    )
)
_OWN_KEY = re.compile(r"[^:\s][^:]{0,500}:=")
_LONGEST_WORD, _LONGEST_VALUE = 100, 1000
_META_TYPES = {
    **dict.fromkeys(("MET_CHAR", "MET_UCHAR", "MET_ASCII_CHAR"), 1),
    **dict.fromkeys(("MET_SHORT", "MET_USHORT"), 2),
    **dict.fromkeys(("MET_INT", "MET_UINT", "MET_FLOAT"), 4),
    **dict.fromkeys(("MET_LONG", "MET_ULONG", "MET_LONG_LONG", "MET_ULONG_LONG"), 8),
    **dict.fromkeys(("MET_DOUBLE",), 8),
}
_PACKED, _PLAIN, _WRITTEN_OUT = ("gzip", "gz"), ("raw",), ("ascii", "txt", "text")
_HERE = "LOCAL"
_NUMBER = re.compile(r"[+-]?\d{1,18}")
_BETWEEN = re.compile(r"[\s(),]+")
_META_PLACES = (
    *("TransformMatrix", "Rotation", "Orientation", "Offset", "Position", "Origin"),
    *("CenterOfRotation", "ElementSpacing", "ElementSize"),
)
_NOWHERE = "it lies nowhere: places in its header are no numbers, or beyond any patient"
_PATTERN = re.compile(r"%|^LIST\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """What a header says of the values.

    Parameters
    ----------
    sizes : tuple of int
        Along each axis, layers among them.
    value_bytes : int
        Of one value.
    room : int
        Bytes that there are for the values.
    way : str
        ``raw``, ``gzip`` or ``ascii``.
    """

    sizes: tuple[int, ...]
    value_bytes: int
    room: int
    way: str = "raw"


class _UnsoundError(Exception):
    """A header that contradicts itself, the file or common sense; says why."""


def reader_of(path: Path) -> str:
    """Return which of SimpleITK's readers a file is for, by its name."""
    name = path.name.lower()
    if name.endswith((".nii", ".nii.gz")):
        return NIFTI
    return NRRD if name.endswith((".nrrd", ".nhdr")) else META_IMAGE


def require_sound(path: Path) -> None:
    """Refuse an image file whose header cannot be true, or that leads to other places.

    Raises
    ------
    InputError
        If so; the message says what is wrong.
    """
    looks = {NIFTI: _nifti, NRRD: _nrrd, META_IMAGE: _meta_image}
    try:
        _require_true(looks[reader_of(path)](path))
    except _UnsoundError as error:
        raise InputError(f"{path.name} cannot be read: {error}. Copy or save it again.") from error
    except (OSError, EOFError, ValueError, OverflowError, struct.error, zlib.error) as error:
        message = (
            f"{path.name} cannot be read: it is damaged or not what its name says. Copy it again."
        )
        raise InputError(message) from error


def _require_true(claim: _Claim) -> None:
    if not claim.sizes or min(claim.sizes) < 1:
        raise _UnsoundError("its header names no size")
    voxels = math.prod(claim.sizes)
    size = " x ".join(map(str, claim.sizes))
    if voxels > MOST_VOXELS:
        raise _UnsoundError(f"its header claims {size} values, more than any scan has")
    claimed = voxels * claim.value_bytes
    if claim.way == "raw" and claim.room < claimed:
        raise _UnsoundError(f"its header claims {size} values, the file holds fewer")
    if claim.way == "ascii" and claim.room < 2 * voxels - 1:
        raise _UnsoundError(f"its header claims {size} values, the file holds fewer")
    if claim.way == "gzip":
        if claimed > MOST_INFLATION * max(claim.room, 1):
            raise _UnsoundError(f"its header claims {size} values, the file holds fewer")
        if claimed > MOST_INFLATED_BYTES:
            gigabytes = MOST_INFLATED_BYTES / 1e9
            raise _UnsoundError(f"it unfolds to more than {gigabytes:.1f} GB; save it uncompressed")


def _nifti(path: Path) -> _Claim:
    is_packed = path.name.lower().endswith(".gz")
    if is_packed:
        with gzip.open(path) as packed:
            header = packed.read(_NIFTI_HEADER)
    else:
        with path.open("rb") as stream:
            header = stream.read(_NIFTI_HEADER)
    sizes, code, start = _nifti_fields(header)
    if code not in _NIFTI_BITS:
        raise _UnsoundError("its kind of values is unknown")
    size = path.stat().st_size
    return _Claim(
        sizes=sizes,
        value_bytes=max(1, _NIFTI_BITS[code] // 8),
        room=size if is_packed else size - start,
        way="gzip" if is_packed else "raw",
    )


def _nifti_fields(header: bytes) -> tuple[tuple[int, ...], int, int]:
    """Return the sizes, the code of the values' type, and where the values begin."""
    for order in "<>":
        if header[:4] == struct.pack(f"{order}i", 348):
            dims = struct.unpack_from(f"{order}8h", header, 40)
            (code,) = struct.unpack_from(f"{order}h", header, 70)
            (start,) = struct.unpack_from(f"{order}f", header, 108)
            places = struct.unpack_from(f"{order}3f", header, 80)
            places += struct.unpack_from(f"{order}18f", header, 256)
        elif header[:4] == struct.pack(f"{order}i", 540):
            dims = struct.unpack_from(f"{order}8q", header, 16)
            (code,) = struct.unpack_from(f"{order}h", header, 12)
            (start,) = struct.unpack_from(f"{order}q", header, 168)
            places = struct.unpack_from(f"{order}3d", header, 112)
            places += struct.unpack_from(f"{order}18d", header, 352)
        else:
            continue
        if not 1 <= dims[0] <= 7 or not 0 <= start < 1 << 40:
            raise _UnsoundError("its header contradicts itself")
        # The library turns axes of infinite length without end, and voxels of no size into 1 mm.
        if not all(abs(place) <= MOST_FARTHEST_MM for place in places):
            raise _UnsoundError(_NOWHERE)
        return tuple(dims[1 : 1 + dims[0]]), int(code), int(start)
    raise _UnsoundError("it is no NIfTI file")


def _nrrd(path: Path) -> _Claim:
    header, values_at = _head(path, b"\n\n", b"\r\n\r\n")
    lines = header.decode("latin-1").splitlines()
    if not re.fullmatch(r"NRRD000\d", lines[0].strip() if lines else ""):
        raise _UnsoundError("it is no NRRD file")
    fields = _nrrd_fields(lines[1:])
    sizes = _numbers(fields.get("sizes", ""))
    if len(sizes) != _number(fields.get("dimension", "")) or len(sizes) > 8:
        raise _UnsoundError("its header contradicts itself")
    kind = fields.get("type", "").lower().replace(" ", "")
    if kind not in _NRRD_TYPES:
        raise _UnsoundError("its kind of values is unknown")
    _require_places(*(fields.get(name, "") for name in ("spacedirections", "spaceorigin")))
    file = fields.get("datafile")
    if (file is None) == path.name.lower().endswith(".nhdr"):
        raise _UnsoundError("it does not say where its values are, or says so needlessly")
    data = path if file is None else _beside(path, file)
    start = values_at if file is None else 0
    way, skipped = _nrrd_way(fields)
    return _Claim(
        sizes=sizes,
        value_bytes=_NRRD_TYPES[kind],
        room=data.stat().st_size - start - skipped,
        way=way,
    )


def _nrrd_fields(lines: list[str]) -> dict[str, str]:
    """Return the fields of a header without its comments and its keys of other programs.

    The library writes what it does not understand into a message of fixed length, and past its end.
    """
    fields: dict[str, str] = {}
    for line in lines:
        if line.startswith("#") or _OWN_KEY.match(line):
            continue
        name, colon, value = line.partition(":")
        field, value = name.strip().lower().replace(" ", ""), value.strip()
        if not colon or field not in _NRRD_FIELDS or field in fields:
            raise _UnsoundError(f'its header holds a line that is none: "{line[:40]}"')
        longest = max(map(len, value.split()), default=0)
        if (longest > _LONGEST_WORD and field not in _NRRD_FREE) or len(value) > _LONGEST_VALUE:
            raise _UnsoundError(f'its header says something endless about "{name.strip()}"')
        fields[field] = value
    return fields


def _nrrd_way(fields: dict[str, str]) -> tuple[str, int]:
    """Return how the values are stored, and how many bytes before them are skipped."""
    encoding = fields.get("encoding", "").lower()
    ways = {**dict.fromkeys(_PACKED, "gzip"), **dict.fromkeys(_PLAIN, "raw")}
    ways |= dict.fromkeys(_WRITTEN_OUT, "ascii")
    if encoding not in ways:
        raise _UnsoundError(f'values stored as "{encoding[:20]}" are not read')
    skip = _number(fields.get("byteskip", "0"))
    lines = _number(fields.get("lineskip", "0"))
    if skip < -1 or lines < 0 or (skip and ways[encoding] != "raw"):
        raise _UnsoundError("its header contradicts itself")
    return ways[encoding], max(skip, 0) + lines


def _meta_image(path: Path) -> _Claim:
    header, values_at = _meta_head(path)
    fields: dict[str, str] = {}
    for line in header.decode("latin-1").splitlines():
        name, sign, value = line.partition("=")
        if not sign or fields.setdefault(name.strip(), value.strip()) != value.strip():
            raise _UnsoundError("its header contradicts itself")
    sizes = _numbers(fields.get("DimSize", ""))
    channels = _number(fields.get("ElementNumberOfChannels", "1"))
    if len(sizes) != _number(fields.get("NDims", "")) or not 1 <= len(sizes) <= 4:
        raise _UnsoundError("its header contradicts itself")
    if not 1 <= channels <= _MOST_LAYERS or fields.get("ElementType") not in _META_TYPES:
        raise _UnsoundError("its kind of values is unknown")
    _require_places(*(fields.get(name, "") for name in _META_PLACES))
    if fields.get("BinaryData", "True").lower() not in ("true", "1"):
        raise _UnsoundError("its values are written out as text, which is not read")
    file = fields.get("ElementDataFile", "")
    data, start = (path, values_at) if file == _HERE else (_beside(path, file), 0)
    skip = _number(fields.get("HeaderSize", "0"))
    is_packed = fields.get("CompressedData", "").lower() in ("true", "1")
    if skip < -1 or (skip and is_packed):
        raise _UnsoundError("its header contradicts itself")
    room = data.stat().st_size - start - max(skip, 0)
    if is_packed and not 0 <= _number(fields.get("CompressedDataSize", "0")) <= room:
        raise _UnsoundError("the file is shorter than its header says")
    return _Claim(
        sizes=(*sizes, channels),
        value_bytes=_META_TYPES[fields["ElementType"]],
        room=room,
        way="gzip" if is_packed else "raw",
    )


def _meta_head(path: Path) -> tuple[bytes, int]:
    """Return the header of a MetaImage, and where what follows it begins."""
    found = b""
    with path.open("rb") as stream:
        while line := stream.readline(_MOST_HEADER):
            found += line
            if line.startswith(b"ElementDataFile"):
                return found, len(found)
            if len(found) >= _MOST_HEADER:
                break
    raise _UnsoundError("it is no MetaImage file")


def _head(path: Path, *ends: bytes) -> tuple[bytes, int]:
    """Return what stands before the first empty line, and where what follows it begins."""
    with path.open("rb") as stream:
        start = stream.read(_MOST_HEADER)
    found = [(at, len(end)) for end in ends if (at := start.find(end)) >= 0]
    if not found:
        if len(start) == _MOST_HEADER:
            raise _UnsoundError("its header has no end")
        return start, len(start)
    at, length = min(found)
    return start[:at], at + length


def _beside(path: Path, name: str) -> Path:
    """Return the file of values that a header names; only one in its own folder is taken.

    Raises
    ------
    _UnsoundError
        If it is several, is elsewhere or not there.
    """
    if not name or _PATTERN.search(name) or any(ord(letter) < 0x20 for letter in name):
        raise _UnsoundError("its values are in several files; save it as one")
    if Path(name).name != name or name in (".", ".."):
        raise _UnsoundError("its values are in another folder; put the two files together")
    beside = path.parent / name
    if not beside.is_file():
        raise _UnsoundError(f'the file "{name}" with its values is not beside it')
    return beside


def _require_places(*texts: str) -> None:
    """Refuse axes and places that are no numbers, or beyond any patient."""
    for word in _BETWEEN.split(" ".join(texts)):
        if word in ("", "none"):
            continue
        try:
            is_near = abs(float(word)) <= MOST_FARTHEST_MM
        except ValueError:
            is_near = False
        if not is_near:
            raise _UnsoundError(_NOWHERE)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(_number(word) for word in text.split())


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise _UnsoundError("its header contradicts itself")
    return int(text)
