"""What every voxel around the needle is made of, at full resolution; no distances."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.lesion import Lesion
from planning.anatomy.risks import RiskStructure
from planning.arrays import fixed
from planning.compiled import compiled
from planning.geometry import Float64Array, Grid
from planning.image import Mask, Volume
from planning.model.case import Case, Indication, Role, Structure


class Tissue(IntFlag):
    """What a voxel is made of, as far as a needle cares; bits may overlap."""

    TUMOUR = 1
    VIABLE = 2
    NECROSIS = 4
    BONE = 8
    FORBIDDEN = 16
    CORRIDOR = 32
    BODY = 64
    AT_RISK = 128


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TissueMap:
    """Bits and habitat numbers of the voxels of a block of the CT's lattice.

    Parameters
    ----------
    bits : ndarray of uint8, shape ``grid.shape_kji``
        `Tissue`.
    habitat : ndarray of uint8, shape ``grid.shape_kji``
        1 for the first of `habitat_names`, and so on; 0 for none.
    """

    grid: Grid
    bits: NDArray[np.uint8]
    habitat: NDArray[np.uint8]
    habitat_names: tuple[str, ...]

    def at(self, points_lps_mm: Float64Array) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return the bits and habitat numbers of (n, 3) points; 0 outside the block."""
        valid, (k, j, i) = self._index(points_lps_mm)
        bits = np.zeros(len(points_lps_mm), dtype=np.uint8)
        habitat = np.zeros(len(points_lps_mm), dtype=np.uint8)
        bits[valid], habitat[valid] = self.bits[k, j, i], self.habitat[k, j, i]
        return bits, habitat

    def _index(
        self, points_lps_mm: Float64Array
    ) -> tuple[NDArray[np.bool_], tuple[NDArray[np.intp], ...]]:
        index = np.rint(self.grid.index_from_lps(points_lps_mm)).astype(np.intp)
        valid = np.asarray(((index >= 0) & (index < np.array(self.grid.size_ijk))).all(axis=1))
        i, j, k = index[valid].T
        return valid, (k, j, i)

    def on(self, grid: Grid) -> TissueMap:
        """Return the part on a smaller block of the same lattice."""
        block = _block_of(grid, self.grid)
        return TissueMap(
            grid=grid,
            bits=self.bits[block],
            habitat=self.habitat[block],
            habitat_names=self.habitat_names,
        )

    def hu_of(self, ct: Volume) -> NDArray[np.int16]:
        """Return the CT's values on this block, rounded to whole HU."""
        block = _block_of(self.grid, ct.grid)
        values = ct.values[block]
        whole = values if values.dtype == np.int16 else np.clip(np.rint(values), -32768, 32767)
        return np.asarray(whole, dtype=np.int16)


def _block_of(part: Grid, whole: Grid) -> tuple[slice, ...]:
    offset = part.offset_in(whole)
    assert offset is not None, "the block is cut from the other's lattice"
    return tuple(slice(o, o + n) for o, n in zip(offset[::-1], part.shape_kji, strict=True))


def tissue_map(
    near: Grid,
    case: Case,
    structures: tuple[tuple[Structure, Mask], ...],
    lesion: Lesion | None,
    body: Mask,
    *,
    risks: tuple[RiskStructure, ...],
    forbidden: tuple[Mask, ...] = (),
) -> TissueMap:
    """Return the tissue around the needle.

    Bone inside the tumour counts as tumour. A collection is forbidden unless infection is the
    question, in which case it is a target.

    Parameters
    ----------
    forbidden : tuple of Mask
        What rules forbid besides the structures marked so.
    """
    bits = np.zeros(near.shape_kji, dtype=np.uint8)
    for structure, mask in structures:
        bit = _BIT_OF_ROLE.get(structure.role)
        if structure.role is Role.COLLECTION and case.indication is not Indication.INFECTION:
            bit = Tissue.FORBIDDEN
        if bit is not None:
            _mark(bits, near, mask, bit)
    for mask in forbidden:
        _mark(bits, near, mask, Tissue.FORBIDDEN)
    _mark(bits, near, body, Tissue.BODY)
    for risk in risks:
        _mark(bits, near, risk.mask, Tissue.AT_RISK)
    habitat = np.zeros(near.shape_kji, dtype=np.uint8)
    names: tuple[str, ...] = ()
    if lesion is not None:
        _add_lesion(near, lesion, bits, habitat)
        names = tuple(name for name, _ in lesion.habitats)
    bits.flags.writeable = habitat.flags.writeable = False
    return TissueMap(grid=near, bits=bits, habitat=habitat, habitat_names=names)


def _mark(bits: NDArray[np.uint8], near: Grid, mask: Mask, bit: Tissue) -> None:
    offset = mask.offset_kji(near)
    _mark_inside(bits, fixed(mask.inside).view(np.uint8), offset, np.uint8(bit))


@compiled  # type: ignore[untyped-decorator]
def _mark_inside(
    bits: NDArray[np.uint8],
    inside: NDArray[np.uint8],
    offset_kji: tuple[int, int, int],
    bit: np.uint8,
) -> None:  # pragma: no cover
    """Set a bit where a mask is that begins at some voxel of the bits, or outside them."""
    k, j, i = offset_kji
    depth, height, width = inside.shape
    low = max(i, 0)
    high = max(low, min(i + width, bits.shape[2]))
    for kk in range(max(k, 0), min(k + depth, bits.shape[0])):
        for jj in range(max(j, 0), min(j + height, bits.shape[1])):
            row, mask = bits[kk, jj, low:high], inside[kk - k, jj - j, low - i :]
            for n in range(len(row)):
                # All bits of 0 - 1 are set.
                row[n] |= (np.uint8(0) - mask[n]) & bit


_BIT_OF_ROLE = {
    Role.BONE: Tissue.BONE,
    Role.FORBIDDEN: Tissue.FORBIDDEN,
    Role.CORRIDOR: Tissue.CORRIDOR,
}


def _add_lesion(
    near: Grid, lesion: Lesion, bits: NDArray[np.uint8], habitat: NDArray[np.uint8]
) -> None:
    tumour = lesion.tumour.overlap(near)
    if tumour is not None:
        block, inside = tumour
        bits[block][inside] &= np.uint8(255 - Tissue.BONE)
    _mark(bits, near, lesion.tumour, Tissue.TUMOUR)
    _mark(bits, near, lesion.viable, Tissue.VIABLE)
    if lesion.necrosis is not None:
        _mark(bits, near, lesion.necrosis, Tissue.NECROSIS)
    for number, (_, mask) in enumerate(lesion.habitats, start=1):
        part = mask.overlap(near)
        if part is not None:
            block, inside = part
            habitat[block][inside] = number
