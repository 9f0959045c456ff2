"""Needles and specimens as binary STL: closed tubes in LPS millimetres; draws nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.errors import InputError
from planning.geometry import Float64Array, Vec3, unit

SIDES = 48
"""Of a tube; its corners lie on the needle's surface, so that it is nowhere thicker."""

_HEADER_BYTES = 80
_FACET = np.dtype(
    [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attributes", "<u2")], align=False
)
_SPACES = {"LPS": (1.0, 1.0, 1.0), "RAS": (-1.0, -1.0, 1.0)}


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles, shape (n, 3, 3), LPS mm; seen from outside their corners turn left."""

    triangles_lps_mm: Float64Array

    @property
    def volume_mm3(self) -> float:
        """What it encloses, by the divergence theorem; negative if it is turned inside out."""
        a, b, c = np.moveaxis(self.triangles_lps_mm - self.triangles_lps_mm[0, 0], 1, 0)
        return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6.0)


def tube(start_lps_mm: Vec3, end_lps_mm: Vec3, diameter_mm: float, sides: int = SIDES) -> Mesh:
    """Return a closed tube with flat ends."""
    axis = unit(np.subtract(end_lps_mm, start_lps_mm))
    across = unit(np.cross(axis, np.eye(3)[np.argmin(np.abs(axis))]))
    turns = np.linspace(0.0, 2.0 * np.pi, sides, endpoint=False)
    ring = diameter_mm / 2.0 * np.outer(np.cos(turns), across)
    ring += diameter_mm / 2.0 * np.outer(np.sin(turns), np.cross(axis, across))
    low, high = np.array(start_lps_mm) + ring, np.array(end_lps_mm) + ring
    after = np.roll(np.arange(sides), -1)
    start, end = (np.broadcast_to(p, (sides, 3)) for p in (start_lps_mm, end_lps_mm))
    parts = (
        (low, low[after], high),
        (low[after], high[after], high),
        (start, low[after], low),
        (end, high, high[after]),
    )
    return Mesh(np.concatenate([np.stack(part, axis=1) for part in parts]))


def mesh_to_stl(mesh: Mesh, title: str) -> bytes:
    """Return a mesh as binary STL.

    The header says ``SPACE=LPS``, which 3D Slicer reads, and the unit, which STL has no place for.
    """
    triangles = mesh.triangles_lps_mm
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    facets = np.zeros(len(triangles), dtype=_FACET)
    facets["normal"] = normals / np.linalg.norm(normals, axis=1, keepdims=True)
    facets["corners"] = triangles
    said = f" SPACE=LPS UNIT=mm {title}".encode("ascii", "replace")
    header = (b"Trephine" + said)[:_HEADER_BYTES].ljust(_HEADER_BYTES)
    return header + np.uint32(len(triangles)).tobytes() + facets.tobytes()


def mesh_from_stl(data: bytes, what: str) -> Mesh:
    """Return the mesh of a binary STL whose header says in which space it lies.

    Raises
    ------
    InputError
        If it is no whole binary STL, or says no space.
    """
    header, body = data[:_HEADER_BYTES].decode("ascii", "replace"), data[_HEADER_BYTES + 4 :]
    space = next((name for name in _SPACES if f"SPACE={name}" in header), "")
    count = int.from_bytes(data[_HEADER_BYTES : _HEADER_BYTES + 4], "little")
    if len(data) < _HEADER_BYTES + 4 or len(body) != count * _FACET.itemsize:
        raise InputError(f"{what} is no whole binary STL; export it again.")
    if not space:
        raise InputError(f"{what} does not say whether it is in LPS or RAS; export it with SPACE=.")
    facets: NDArray[np.void] = np.frombuffer(body, dtype=_FACET)
    return Mesh(facets["corners"].astype(np.float64) * _SPACES[space])
