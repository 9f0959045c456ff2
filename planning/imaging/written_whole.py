"""Tells whether an image file holds all that was to be written; decodes no voxel.

ITK's writers do not always notice that a disk was full: the file is then too short, or empty.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from pathlib import Path

_HEADER_BYTES = 1 << 16
_NIFTI_HEADER = 352
_STORED = re.compile(rb"CompressedDataSize = (\d+)\r?\n")
_LOCAL = b"ElementDataFile = LOCAL\n"
_BESIDE = re.compile(rb"ElementDataFile = ([^\r\n]+)")
_TRAILER = 8
_FULL_BYTES = 1 << 20


def is_whole(path: Path, data_bytes: int) -> bool:
    """Tell whether a file that was just written ends where it has to.

    Parameters
    ----------
    data_bytes : int
        How many bytes the voxels take uncompressed.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    size = path.stat().st_size
    name = path.name.lower()
    if name.endswith(".nhdr"):  # the header alone; ITK puts the voxels beside it
        return _is_whole_gzip(path.with_suffix(".raw.gz"), data_bytes)
    if name.endswith((".nrrd", ".nii.gz")):
        return _is_whole_gzip(path, data_bytes + (_NIFTI_HEADER if name.endswith(".gz") else 0))
    if name.endswith((".mha", ".mhd")):
        return _is_whole_meta_image(path, data_bytes)
    return size >= data_bytes + (_NIFTI_HEADER if name.endswith(".nii") else 0)


def _is_whole_gzip(path: Path, unpacked_bytes: int) -> bool:
    """Tell whether gzip data end where they have to, after whatever header stands before them.

    The last four bytes say how long they are unpacked (RFC 1952, 2.3.1).
    """
    if path.stat().st_size <= _TRAILER:
        return False
    with path.open("rb") as file:
        file.seek(-4, os.SEEK_END)
        return int.from_bytes(file.read(4), "little") == unpacked_bytes & 0xFFFFFFFF


def _is_whole_meta_image(path: Path, data_bytes: int) -> bool:
    with path.open("rb") as file:
        head = file.read(_HEADER_BYTES)
    stored = _STORED.search(head)
    wanted = int(stored[1]) if stored else data_bytes
    begins = head.find(_LOCAL)
    if begins >= 0:
        return path.stat().st_size - begins - len(_LOCAL) == wanted
    beside = _BESIDE.search(head)
    return beside is not None and (path.parent / beside[1].decode()).stat().st_size == wanted


def refused(path: Path) -> OSError:
    """Return the error for a file whose writer does not say why it failed."""
    try:
        is_full = shutil.disk_usage(path.parent).free < _FULL_BYTES
    except OSError as error:
        return error
    number = errno.ENOSPC if is_full else errno.EIO
    return OSError(number, os.strerror(number), str(path))
