"""The patient's body in a CT, without table, mattress, clothes and tubes; finds no organ in it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from planning.anatomy.body_kernel import INSIDE, WAITING, largest_by_label, refine_slice
from planning.anatomy.distance import signed_distance_mm
from planning.errors import InputError
from planning.geometry import HEAD_LPS, Grid
from planning.image import Mask, Volume

BoolArray = NDArray[np.bool_]

# Half way between air (-1000 HU) and skin: where the skin lies in a blurred image.
_SKIN_HU = -400
# Shells of tables and mattresses, tubes, wires and folded sheets are thinner than twice this; every
# part of a body that a biopsy needle enters is thicker.
_THIN_RADIUS_MM = 4.0
_COARSE_MM = 3.0
_PART_FRACTION = 0.005
_WALL_FRACTION = 0.7
_PART_HALF_THICKNESS_MM = 8.0
_CROSS = ndimage.generate_binary_structure(2, 1)
_IN_SLICE = np.stack([np.zeros_like(_CROSS), _CROSS, np.zeros_like(_CROSS)])
_THREADS = 2
_ALL_AROUND = np.ones((3, 3, 3), dtype=np.bool_)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Shape:
    """A coarse picture of the body: where it surely is, and where its surface may run."""

    deep: BoolArray
    body: BoolArray
    near: BoolArray


@dataclass(frozen=True, slots=True)
class _Blocks:
    """How the voxels along one axis are grouped into coarse ones; the last one takes the rest."""

    size: int
    factor: int

    @property
    def count(self) -> int:
        return max(self.size // self.factor, 1)

    @property
    def centres(self) -> NDArray[np.intp]:
        return np.minimum(np.arange(self.count) * self.factor + self.factor // 2, self.size - 1)

    @property
    def numbers(self) -> NDArray[np.intp]:
        return np.minimum(np.arange(self.size) // self.factor, self.count - 1)


def body_of(ct: Volume) -> Mask:
    """Return the body on the grid of the CT: everything under the skin, air inside it included.

    The body is what stays of the tissue (above -400 HU) once everything thinner than 8 mm is
    opened away; several large parts (arms, the other leg) all count. Cavities that are closed in
    a slice across the patient's long axis are filled, so that lungs, bowel gas and an airway cut
    open at the first or last slice are inside; so are cavities that a side of the volume cuts,
    where the cut is surrounded by tissue. A volume without air is body throughout.

    Position and orientation of the patient do not matter. A cushion as dense as tissue that
    touches the skin cannot be told from it.

    Raises
    ------
    InputError
        If nothing in the volume is as dense as tissue.
    """
    axis = _long_axis(ct.grid)
    values = np.moveaxis(ct.values, axis, 0)
    order = [axis, *(a for a in range(3) if a != axis)]
    spacing_mm = np.array(ct.grid.spacing_mm[::-1])[order]
    factors = np.maximum(1, (_COARSE_MM / spacing_mm).astype(int))
    blocks = [_Blocks(n, int(f)) for n, f in zip(values.shape, factors, strict=True)]
    tissue = values[np.ix_(*(b.centres for b in blocks))] > _SKIN_HU
    if not tissue.any():
        message = (
            f"The planning CT holds nothing denser than {_SKIN_HU} HU, so no body can be found; "
            "check that it is a CT in Hounsfield units."
        )
        raise InputError(message)
    shape = _shape_of(tissue, spacing_mm * factors)
    inside = np.empty(ct.grid.shape_kji, dtype=np.bool_)
    _refine(values, shape, blocks, np.moveaxis(inside, axis, 0))
    return Mask(grid=ct.grid, inside=inside, frame_of_reference_uid=ct.frame_of_reference_uid)


def _long_axis(grid: Grid) -> int:
    """Return the array axis that runs most nearly along the patient."""
    along = np.abs(np.array(grid.direction_lps) @ np.array(HEAD_LPS))
    return 2 - int(np.argmax(along))


def _shape_of(tissue: BoolArray, spacing_mm: NDArray[np.float64]) -> _Shape:
    """Return where the body lies among coarse voxels; axis 0 is the patient's long axis."""
    opened = _opened(tissue, spacing_mm)
    body = _with_cavities(opened)
    thinly_walled = _cavities_walled_by(opened, tissue) & ~body
    if thinly_walled.any():
        body = _with_cavities(_opened(tissue | thinly_walled, spacing_mm))
    return _Shape(
        deep=ndimage.binary_erosion(body, _ALL_AROUND, border_value=1),
        body=body,
        near=ndimage.binary_dilation(body, _ALL_AROUND),
    )


def _opened(tissue: BoolArray, spacing_mm: NDArray[np.float64]) -> BoolArray:
    """Return the large parts of the tissue without what is thin."""
    thickness = _distance_inside_mm(tissue, spacing_mm, 2.0 * _PART_HALF_THICKNESS_MM)
    core = _large_parts(thickness > _THIN_RADIUS_MM, thickness)
    if not core.any():
        return tissue
    reach = _THIN_RADIUS_MM + float(spacing_mm.max()) / 2.0
    return tissue & (_distance_inside_mm(~core, spacing_mm, reach) <= reach)


def _distance_inside_mm(
    inside: BoolArray, spacing_mm: NDArray[np.float64], at_most_mm: float
) -> NDArray[np.float32]:
    """Return each inside voxel's distance to the nearest outside voxel, centre to centre.

    The rim of the volume is no outside: a body that is cut there goes on behind it. Beyond
    `at_most_mm` the answer is any larger number.
    """
    if inside.all():
        return np.full(inside.shape, np.inf, dtype=np.float32)
    distance = signed_distance_mm(~inside, spacing_mm.tolist(), at_most_mm=at_most_mm)
    return np.maximum(distance, np.float32(0.0), out=distance)


def _large_parts(core: BoolArray, thickness: NDArray[np.float32]) -> BoolArray:
    """Return the connected parts that are large and thick enough to be body."""
    labels, count = ndimage.label(core)
    if count == 0:
        return core
    sizes, thickest = (a[1:] for a in largest_by_label(labels, thickness, count))
    enough = min(_PART_HALF_THICKNESS_MM, float(thickest[np.argmax(sizes)]) / 2.0)
    keep = (sizes >= _PART_FRACTION * sizes.max()) & (thickest >= enough)
    return np.concatenate([[False], keep])[labels]


def _with_cavities(body: BoolArray) -> BoolArray:
    """Return the body with its cavities filled, slice by slice.

    On the sides of the volume, air surrounded by body counts as closed too: there a side cuts
    through a cavity.
    """
    air = ~body
    for side in (air[:, 0, :], air[:, -1, :], air[:, :, 0], air[:, :, -1]):
        np.logical_and(side, ~ndimage.binary_fill_holes(~side), out=side)
    labels, outside = _air_in_slices(air)
    return np.asarray(~outside[labels])


def _air_in_slices(air: BoolArray) -> tuple[NDArray[np.int32], BoolArray]:
    """Return the patches of air in each slice, and for each number whether it reaches the rim."""
    labels: NDArray[np.int32] = np.empty(air.shape, dtype=np.int32)
    count = ndimage.label(air, _IN_SLICE, output=labels)
    outside: BoolArray = np.zeros(count + 1, dtype=np.bool_)
    for rim in (labels[:, 0, :], labels[:, -1, :], labels[:, :, 0], labels[:, :, -1]):
        outside[rim] = True
    outside[0] = False
    return labels, outside


def _cavities_walled_by(body: BoolArray, tissue: BoolArray) -> BoolArray:
    """Return the closed air whose wall is mostly body: a lung under a chest wall thinned away.

    The gap between a back and a curved table is closed as well, but half of its wall is table.
    """
    labels, outside = _air_in_slices(~tissue)
    wall = np.zeros(outside.size)
    of_body = np.zeros(outside.size)
    for axis in (1, 2):
        number, solid = np.moveaxis(labels, axis, 0), np.moveaxis(body, axis, 0)
        for near, far in ((slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))):
            face = (number[near] > 0) & (number[far] == 0)
            wall += np.bincount(number[near][face], minlength=outside.size)
            of_body += np.bincount(number[near][face & solid[far]], minlength=outside.size)
    closed = ~outside & (of_body >= _WALL_FRACTION * wall)
    closed[0] = False
    return np.asarray(closed[labels])


def _refine(
    values: NDArray[np.int16] | NDArray[np.float32],
    shape: _Shape,
    blocks: list[_Blocks],
    inside: BoolArray,
) -> None:
    """Fill `inside`: deep coarse voxels as a whole, fine voxels of tissue near the surface.

    Tissue just outside the coarse body counts only where it hangs together with it in its slice,
    so that a mattress under the skin does not leave crumbs.
    """
    slices, rows, columns = (b.numbers for b in blocks)
    always = shape.deep.view(np.uint8).take(columns, axis=2)
    if_tissue = np.where(shape.body, INSIDE, shape.near * WAITING).take(columns, axis=2)
    steps = max(blocks[1].factor, blocks[2].factor) + 1
    skin_hu = values.dtype.type(_SKIN_HU)
    fine = inside.view(np.uint8)

    def refine(k: int) -> None:
        n = slices[k]
        refine_slice(values[k], skin_hu, always[n], if_tissue[n], rows, steps, fine[k])

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(refine, range(len(values))))
