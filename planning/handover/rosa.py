"""Trajectories of a ROSA case (`.ros`), read only: for a robot no such file is ever written.

The format is not published; this follows what the readers of slicer-rosa-helper and SlicerNetstim
found out: tokens in brackets, points in LPS millimetres from the centre of the first volume,
volumes tied together by 4x4 matrices.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from planning.errors import InputError
from planning.geometry import Float64Array, is_rotation, vec3
from planning.handover.read_path import ReadPath
from planning.image import Volume
from planning.limits import MOST_FARTHEST_MM

_TOKEN = re.compile(r"^\s*\[(\w+)\]\s*$")
_LEAST_FIELDS = 11
_STRAIGHT = 1e-3
_NOT_RIGID = 1e-3
"""How far R R^T may lie from one: 0.05 % of length; the files give six digits."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RosaVolume:
    """An image of a ROSA case.

    Parameters
    ----------
    to_parent : ndarray, shape (4, 4)
        From its own frame (LPS mm from its centre) to that of the volume `parent`.
    """

    series_uid: str
    to_parent: Float64Array
    parent: int


def paths_from_rosa(text: str, ct: Volume, what: str) -> tuple[tuple[ReadPath, ...], str]:
    """Return the trajectories of a ROSA case in a CT's frame, and a remark on how sure that is.

    Raises
    ------
    InputError
        If it holds no trajectory, none of its images is this CT, or the CT is oblique: the frame
        of the file follows the image's axes then, which it does not say.
    """
    blocks = _blocks(text)
    lines = [line for token, held in blocks if token in ("TRAJECTORY", "ELLIPS") for line in held]
    found = [path for line in lines if (path := _path(line, what)) is not None]
    if not found:
        raise InputError(f"{what} holds no trajectory with entry and target.")
    volumes = _volumes(blocks, what)
    number, remark = _which(volumes, ct, what)
    if not np.allclose(np.array(ct.grid.direction_lps), np.eye(3), atol=_STRAIGHT):
        raise InputError(
            f"{what} cannot be placed: its points follow the axes of the image, and those of this "
            "CT are turned against the patient's. Hand the trajectories over in another format."
        )
    from_root = np.asarray(np.linalg.inv(_to_root(volumes, number, what)))
    return tuple(_placed(path, from_root, ct) for path in found), remark


def _blocks(text: str) -> list[tuple[str, list[str]]]:
    """Return the tokens with the lines that follow each."""
    blocks: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        token = _TOKEN.match(line)
        if token is not None:
            blocks.append((token[1], []))
        elif blocks and line.strip():
            blocks[-1][1].append(line.strip())
    return blocks


def _path(line: str, what: str) -> ReadPath | None:
    """Return the trajectory of a line; None for a name or a number before it.

    ``name type colour entryDefined ex ey ez targetDefined tx ty tz length diameter``
    """
    name, *rest = line.split()
    if len(rest) < _LEAST_FIELDS - 1:
        return None
    try:
        numbers = [float(value) for value in rest[:10]]
    except ValueError:
        raise InputError(f'{what}: "{line}" is no trajectory; export it again.') from None
    if not (numbers[2] and numbers[6]):
        return None  # ROSA keeps trajectories whose ends nobody has placed yet
    return ReadPath(name=name, entry_lps_mm=vec3(numbers[3:6]), end_lps_mm=vec3(numbers[7:10]))


def _volumes(blocks: list[tuple[str, list[str]]], what: str) -> tuple[RosaVolume, ...]:
    matrices = [" ".join(held).split() for token, held in blocks if token == "TRdicomRdisplay"]
    uids = [held[0] if held else "" for token, held in blocks if token == "SERIE_UID"]
    parents = [held[0] if held else "0" for token, held in blocks if token == "IMAGERY_3DREF"]
    try:
        return tuple(
            RosaVolume(
                series_uid=uids[number] if number < len(uids) else "",
                to_parent=np.array(matrix, dtype=np.float64).reshape(4, 4),
                parent=int(parents[number]) if number < len(parents) else 0,
            )
            for number, matrix in enumerate(matrices)
        )
    except ValueError:
        raise InputError(f"{what}: an image's matrix has not its 16 numbers.") from None


def _which(volumes: tuple[RosaVolume, ...], ct: Volume, what: str) -> tuple[int, str]:
    """Return which of the volumes the CT is, and a remark where the file does not prove it."""
    uids = [volume.series_uid for volume in volumes]
    uid = ct.series.series_uid
    if uid and uid in uids:
        return uids.index(uid), ""
    if uid and any(uids):
        named = ", ".join(filter(None, uids))
        raise InputError(
            f"{what} was planned on other images: none of its series ({named}) is this CT ({uid}). "
            "Open the CT it was planned on."
        )
    return 0, (
        f"{what} does not prove that this CT is its first image: check the trajectories in the "
        "pictures."
    )


def _to_root(volumes: tuple[RosaVolume, ...], number: int, what: str) -> Float64Array:
    """Return the matrix from a volume's frame to the first one's, link by link."""
    matrix, seen = np.eye(4), set[int]()
    while number != 0:
        if number in seen or not 0 <= number < len(volumes):
            raise InputError(f"{what}: its images refer to each other in a circle, or to none.")
        seen.add(number)
        link = volumes[number].to_parent
        if not _is_rigid(link):
            raise InputError(
                f"{what}: what leads from one of its images to another scales, shears or mirrors, "
                "so it is not rigid. Hand the trajectories over in another format."
            )
        matrix = link @ matrix
        number = volumes[number].parent
    return matrix


def _is_rigid(matrix: Float64Array) -> bool:
    near = bool(np.all(np.abs(matrix) <= MOST_FARTHEST_MM))  # nor is NaN
    return near and matrix[3].tolist() == [0, 0, 0, 1] and is_rotation(matrix[:3, :3], _NOT_RIGID)


def _placed(path: ReadPath, from_root: Float64Array, ct: Volume) -> ReadPath:
    centre = np.array(ct.grid.centre_lps_mm)
    ends = (
        vec3(from_root[:3, :3] @ np.array(point) + from_root[:3, 3] + centre)
        for point in (path.entry_lps_mm, path.end_lps_mm)
    )
    entry, end = ends
    return ReadPath(name=path.name, entry_lps_mm=entry, end_lps_mm=end)
