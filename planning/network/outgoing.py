"""The DICOM files of a folder that are to be sent; sends none."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread

from planning.errors import InputError
from planning.imaging.dicom_values import UNREADABLE, odd_files_tolerated
from planning.network.faults import NetworkError
from planning.network.servers import PacsServer

_MOST_KINDS = 128  # presentation contexts of one association (PS3.8 section 9.3.2.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A file that is to be sent."""

    path: Path
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax: str


def dicom_files(folder: Path) -> tuple[Outgoing, ...]:
    """Return the DICOM files of a folder and those below it, by name; others are left out.

    Raises
    ------
    InputError
        If there is no such folder, or no DICOM file in it.
    """
    if not folder.exists():
        raise InputError(f"There is no folder {folder}. Give the folder of an export.")
    if folder.is_file():
        paths = [folder]
    else:
        paths = sorted(Path(root) / name for root, _, names in os.walk(folder) for name in names)
    found = tuple(one for one in map(_head, paths) if one is not None)
    if not found:
        raise InputError(
            f"{folder} holds no DICOM files. Export the plan with its DICOM objects first."
        )
    if len({(one.sop_class_uid, one.transfer_syntax) for one in found}) > _MOST_KINDS:
        raise InputError(f"{folder} holds too many kinds of objects. Send its folders one by one.")
    return found


def not_all_sent(server: PacsServer, done: int, wanted: int, reason: str) -> NetworkError:
    """Return the error for files that a server did not take."""
    return NetworkError(
        f'The server "{server.name}" took {done} of {wanted} files; of the others it says: '
        f"{reason}. Ask its administrator to allow them, then send the folder again."
    )


def _head(path: Path) -> Outgoing | None:
    try:
        with odd_files_tolerated():
            meta = dcmread(path, stop_before_pixels=True, specific_tags=["SOPInstanceUID"])
        sop_class = str(meta.file_meta.MediaStorageSOPClassUID)
        instance = str(meta.file_meta.MediaStorageSOPInstanceUID)
        syntax = str(meta.file_meta.TransferSyntaxUID)
    except UNREADABLE:
        return None
    if not (sop_class and instance and syntax):
        return None
    return Outgoing(
        path=path, sop_class_uid=sop_class, sop_instance_uid=instance, transfer_syntax=syntax
    )
