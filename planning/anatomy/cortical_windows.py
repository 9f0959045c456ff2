"""Where a lesion of bone has opened its cortex, and whether a needle can get there; plans none.

Three things are assumed, and each errs toward claiming no window. A bone mask may be eaten away by
the tumour, include it, or reach a few millimetres over its soft-tissue part; a tumour mask may
cover its own cortex; so masks alone open nothing: the CT has to show no density of bone on the way
out either. Dense tumour and cancellous bone above `intact_hu` count as cover, whatever they are,
and so does a fainter ridge that stands out from both sides: a shell too thin to reach its density.
And what bone and tumour enclose in a slice along any axis is inside the bone, masked or not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from planning.anatomy.bones import BoneMap, CortexNumbers
from planning.anatomy.densities import hu_at, ridge_hu
from planning.anatomy.lesion import Lesion
from planning.anatomy.skin import SkinPoints
from planning.geometry import Float64Array, Grid, Vec3, box_around, place_words, vec3
from planning.image import Volume
from planning.model.plan import Notice

_MARGIN_MM = 12.0
_NORMAL_SCALE_MM = 2.0
_RAY_STEP_MM = 0.5
_TOUCHES_MM = 2.0
_PAST_MM = 1.5
# A needle meets an opening no flatter than this to its surface.
_FLATTEST_DEG = 75.0
_WAYS_TRIED = 400
_WAY_STEP_MM = 1.0
_WAY_BEGINS_MM = 3.0
_ALL_NEIGHBOURS = np.ones((3, 3, 3), dtype=np.bool_)

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CorticalWindow:
    """One patch of a lesion's surface that no cortex covers and a needle can reach.

    Parameters
    ----------
    centre_lps_mm, normal_lps : Vec3
        A point on the patch, and the unit vector out of the lesion, averaged over it.
    points_lps_mm : ndarray, shape (n, 3)
        Points spread over the patch.
    """

    centre_lps_mm: Vec3
    normal_lps: Vec3
    area_mm2: float
    points_lps_mm: Float64Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CortexSurvey:
    """What covers a lesion.

    Parameters
    ----------
    in_bone : bool
        Whether it is a lesion of bone at all.
    host : str
        Name of the bone it lies in; empty without one.
    open_share : float
        Share of its surface that no cortex covers, reachable or not.
    windows : tuple of CorticalWindow
        The reachable openings, largest first.
    """

    in_bone: bool = False
    host: str = ""
    open_share: float = 0.0
    windows: tuple[CorticalWindow, ...] = ()

    def window_at(self, point_lps_mm: Vec3, within_mm: float) -> CorticalWindow | None:
        """Return the window that a point on the lesion's surface belongs to, or None."""
        for window in self.windows:
            apart = np.linalg.norm(window.points_lps_mm - np.array(point_lps_mm), axis=1)
            if apart.min() <= within_mm:
                return window
        return None

    def notices(self, *, drills: bool) -> tuple[Notice, ...]:
        """Return what a plan says of the windows; nothing where no drilling could be saved."""
        if not drills or not self.windows:
            return ()
        places = ", ".join(
            f"{place_words(w.centre_lps_mm)} mm ({w.area_mm2:.0f} mm2)" for w in self.windows
        )
        return (
            Notice("cortical_window", f"the cortex is open at {places}: prefer it to drilling"),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Faces:
    """Faces between a tumour's inside and outside voxels, n of them.

    Parameters
    ----------
    voxel_kji : ndarray of int, shape (n, 3)
        The inside voxel.
    area_mm2 : ndarray, shape (n,)
        Its part of the smooth surface: the face times the normal's share along its axis.
    """

    voxel_kji: NDArray[np.intp]
    points_lps_mm: Float64Array
    normals_lps: Float64Array
    area_mm2: Float64Array


def cortical_windows(
    ct: Volume, lesion: Lesion, bones: BoneMap, skin: SkinPoints, *, reach_mm: float
) -> CortexSurvey:
    """Return where a lesion's cortex is open, and whether it is a lesion of bone.

    A piece of the lesion's surface is open if, from `hidden_mm` inside to soft tissue at most
    `rim_mm` outside, the CT nowhere reaches `intact_hu` along the surface's normal, and shows no
    ridge of `shell_hu` there. Soft tissue is
    what is neither bone, tumour nor enclosed by both. Open pieces that touch make a patch; it is a
    window if it is large enough and a straight way of at most `reach_mm` leads there from allowed
    skin through no other bone.
    """
    grid = box_around(bones.grid, lesion.tumour.grid.corners_lps_mm(), _MARGIN_MM).of(bones.grid)
    tumour = lesion.tumour.on(grid)
    bone = _part(bones, grid) > 0
    faces = _faces(grid, tumour)
    numbers = bones.rules.cortex
    is_open, touches = _judged(ct, grid, faces, bone, tumour, numbers)
    total = float(faces.area_mm2.sum())
    share = float((bone & tumour).sum()) / float(tumour.sum())
    touching = float(faces.area_mm2[touches].sum()) / total
    if share < numbers.in_bone_share and touching < numbers.touching_share:
        return CortexSurvey()
    patches = _patches(faces, is_open, tumour.shape, numbers.window_minimum_mm2)
    reachable = [w for w in patches if _is_reachable(w, ct, bones, skin, reach_mm)]
    return CortexSurvey(
        in_bone=True,
        host=_host(grid, tumour, bones),
        open_share=float(faces.area_mm2[is_open].sum()) / total,
        windows=tuple(sorted(reachable, key=lambda w: -w.area_mm2)),
    )


def _part(bones: BoneMap, grid: Grid) -> NDArray[np.uint8]:
    offset = grid.offset_in(bones.grid)
    assert offset is not None, "the block is cut from the map's own lattice"
    i, j, k = (slice(o, o + n) for o, n in zip(offset, grid.size_ijk, strict=True))
    return bones.kinds[k, j, i]


def _faces(grid: Grid, tumour: BoolArray) -> _Faces:
    """Return the faces of a mask, with the normal of its smoothed surface at each."""
    sigma = [_NORMAL_SCALE_MM / h for h in grid.spacing_mm[::-1]]
    level = ndimage.gaussian_filter(tumour.astype(np.float32), sigma, mode="nearest")
    slope = np.stack(list(np.gradient(level, *grid.spacing_mm[::-1])), axis=-1)
    padded = np.pad(tumour, 1)
    inner = (slice(1, -1),) * 3
    voxels, axes = [], []
    for axis in range(3):
        for sign in (-1, 1):
            outside = ~np.roll(padded, -sign, axis)[inner]
            found = np.argwhere(tumour & outside)
            step = np.zeros(3)
            step[axis] = sign
            voxels.append(found)
            axes.append(np.repeat(step[None], len(found), axis=0))
    voxel, axis_kji = np.concatenate(voxels), np.concatenate(axes)
    normal = -slope[voxel[:, 0], voxel[:, 1], voxel[:, 2]].astype(np.float64)
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    normal = np.where(length > 1e-6, normal / np.maximum(length, 1e-6), axis_kji)
    along = np.einsum("na,na->n", normal, axis_kji)
    spacing = np.array(grid.spacing_mm[::-1])
    face_mm2 = np.prod(spacing) / (np.abs(axis_kji) @ spacing)
    return _Faces(
        voxel_kji=voxel,
        points_lps_mm=grid.lps_from_index((voxel + axis_kji / 2.0)[:, ::-1]),
        normals_lps=normal[:, ::-1] @ np.array(grid.direction_lps),
        # A stair's face that looks backward is no surface of its own.
        area_mm2=face_mm2 * np.maximum(along, 0.0),
    )


def _judged(
    ct: Volume,
    grid: Grid,
    faces: _Faces,
    bone: BoolArray,
    tumour: BoolArray,
    numbers: CortexNumbers,
) -> tuple[BoolArray, BoolArray]:
    """Tell which faces no cortex covers, and which touch a bone mask outside the tumour."""
    before = round(numbers.hidden_mm / _RAY_STEP_MM)
    after = round(numbers.rim_mm / _RAY_STEP_MM)
    steps = np.arange(-before, after + 1) * _RAY_STEP_MM
    past = round(_PAST_MM / _RAY_STEP_MM)
    soft = _soft(bone | tumour)
    is_open = np.zeros(len(faces.area_mm2), dtype=np.bool_)
    touches = np.zeros(len(faces.area_mm2), dtype=np.bool_)
    for start in range(0, len(is_open), 20_000):
        part = slice(start, start + 20_000)
        rays = faces.points_lps_mm[part, None] + steps[:, None] * faces.normals_lps[part, None]
        shape = rays.shape[:2]
        hu = np.nan_to_num(hu_at(ct, rays.reshape(-1, 3)), nan=np.inf).reshape(shape)
        outside = steps >= 0.0
        free = _at(soft, grid, rays) & outside
        first = np.where(free.any(axis=1), free.argmax(axis=1), len(steps))
        ends = np.minimum(first + past, len(steps) - 1)
        # Beyond the first soft tissue lies what has nothing to do with this cortex.
        within = np.where(np.arange(len(steps)) <= first[:, None] + past, hu, -np.inf)
        dense = within.max(axis=1) >= numbers.intact_hu
        within = np.where(np.isneginf(within), within[np.arange(shape[0]), ends][:, None], within)
        dense |= ridge_hu(within) >= numbers.shell_hu
        is_open[part] = (first < len(steps)) & ~dense
        near = outside & (steps <= _TOUCHES_MM)
        touches[part] = (_at(bone & ~tumour, grid, rays) & near).any(axis=1)
    return is_open, touches


def _soft(solid: BoolArray) -> BoolArray:
    """Return what is neither solid nor enclosed by it in a slice across any axis."""
    filled = solid.copy()
    for axis in range(3):
        for number, plane in enumerate(np.moveaxis(solid, axis, 0)):
            np.moveaxis(filled, axis, 0)[number] |= ndimage.binary_fill_holes(plane)
    return ~filled


def _at(inside: BoolArray, grid: Grid, points_lps_mm: Float64Array) -> BoolArray:
    index = np.rint(grid.index_from_lps(points_lps_mm)).astype(np.intp)
    valid = ((index >= 0) & (index < np.array(grid.size_ijk))).all(axis=-1)
    found = np.zeros(points_lps_mm.shape[:-1], dtype=np.bool_)
    i, j, k = index[valid].T
    found[valid] = inside[k, j, i]
    return found


def _patches(
    faces: _Faces, is_open: BoolArray, shape: tuple[int, ...], minimum_mm2: float
) -> list[CorticalWindow]:
    voxels = np.zeros(shape, dtype=np.bool_)
    k, j, i = faces.voxel_kji[is_open].T
    voxels[k, j, i] = True
    labels, count = ndimage.label(voxels, _ALL_NEIGHBOURS)
    label_of = np.where(is_open, labels[tuple(faces.voxel_kji.T)], 0)
    area = np.bincount(label_of, weights=faces.area_mm2, minlength=count + 1)
    found = []
    for number in np.flatnonzero(area >= minimum_mm2):
        members = label_of == number
        if number:
            found.append(_window(faces, members, float(area[number])))
    return found


def _window(faces: _Faces, members: BoolArray, area_mm2: float) -> CorticalWindow:
    points, weight = faces.points_lps_mm[members], faces.area_mm2[members]
    mean = weight @ points / weight.sum()
    normal = weight @ faces.normals_lps[members]
    length = float(np.linalg.norm(normal))
    nearest = int(np.argmin(np.linalg.norm(points - mean, axis=1)))
    return CorticalWindow(
        centre_lps_mm=vec3(points[nearest]),
        normal_lps=vec3(normal / length if length > 0.0 else faces.normals_lps[members][nearest]),
        area_mm2=area_mm2,
        points_lps_mm=points,
    )


def _is_reachable(
    window: CorticalWindow, ct: Volume, bones: BoneMap, skin: SkinPoints, reach_mm: float
) -> bool:
    """Tell whether a straight way leads from allowed skin to the window through no bone."""
    centre = np.array(window.centre_lps_mm)
    usable = skin.points_lps_mm[skin.entry_side_ok & ~skin.at_border & ~skin.no_entry]
    way = usable - centre
    length = np.linalg.norm(way, axis=1)
    keep = (length <= reach_mm) & (length > 0.0)
    way, length = way[keep], length[keep]
    steep = way @ np.array(window.normal_lps) / length >= np.cos(np.radians(_FLATTEST_DEG))
    way, length = way[steep], length[steep]
    by_length = np.argsort(length, kind="stable")
    for number in by_length[:: max(1, len(by_length) // _WAYS_TRIED)]:
        depth = np.arange(_WAY_BEGINS_MM, length[number], _WAY_STEP_MM)
        points = centre + depth[:, None] * way[number] / length[number]
        in_bone = bones.kinds_at(points) > 0
        if not in_bone.any():
            return True
        # Not all a bone mask covers is bone; what the CT shows soft does not bar the way.
        if (hu_at(ct, points[in_bone]) < bones.rules.cortex.intact_hu).all():
            return True
    return False


def _host(grid: Grid, tumour: BoolArray, bones: BoneMap) -> str:
    """Return the bone that holds most of the lesion, or the most of its surroundings."""
    inside = {name: mask.on(grid) for name, mask in bones.masks}
    for voxels in (0, 1, 2, 4):
        around = ndimage.binary_dilation(tumour, iterations=voxels) if voxels else tumour
        shared = {name: int((bone & around).sum()) for name, bone in inside.items()}
        if shared and max(shared.values()) > 0:
            return max(shared, key=lambda name: shared[name])
    return ""
