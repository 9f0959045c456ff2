"""Control CTs with needles whose pose is known, made from a CT without; holds no assertions.

It shares nothing with what finds needles: metal is grains seen by `needle_physics`, the skin is
where the clean CT falls to half way between air and fat along the needle's own axis.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from planning.geometry import Grid, Vec3, unit, vec3
from planning.image import Volume
from planning.imaging.transforms import RigidTransform, unmoved
from tests.moved_scans import rescanned
from tests.needle_physics import Grains, Scanner, metal_hu

GRAIN_MM = 0.2
_COARSE_VIEWS = 60
SOFT = Scanner(cutoff_per_mm=0.85)
SHARP = Scanner(cutoff_per_mm=1.25, edge=0.35)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What is put into the patient.

    Parameters
    ----------
    inner_mm : float
        Bore; 0 with the stylet in.
    tip : str
        "trocar" (three facets), "cone", "bevel" or "blunt".
    tip_deg : float
        Between axis and facet.
    length_mm : float
        Tip to hub.
    hub : str
        "plastic", "metal" or "none".
    outer_mm, outer_from_tip_mm : float
        An introducer around it, and where that ends.
    notch_mm : float
        Length of a side notch that begins 5 mm behind the tip.
    """

    diameter_mm: float
    inner_mm: float = 0.0
    tip: str = "trocar"
    tip_deg: float = 20.0
    length_mm: float = 120.0
    metal: str = "steel"
    hub: str = "plastic"
    outer_mm: float = 0.0
    outer_from_tip_mm: float = 0.0
    notch_mm: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A device in the patient, in the frame of the CT it is put into.

    Parameters
    ----------
    tip_lps_mm : Vec3
        On the axis, abreast of the deepest metal.
    sagitta_mm : float
        Of the arc between entry and tip, in the direction `roll_deg` gives.
    roll_deg : float
        About the axis; turns bevel, notch and arc.
    """

    device: Device
    entry_lps_mm: Vec3
    tip_lps_mm: Vec3
    sagitta_mm: float = 0.0
    roll_deg: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bolt:
    """A cylinder of an implant, from end to end."""

    from_lps_mm: Vec3
    to_lps_mm: Vec3
    diameter_mm: float
    metal: str = "titanium"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NeedleScan:
    """A control CT and what is in it.

    Parameters
    ----------
    control : Volume
    planned : tuple of Placed
        In the frame of the CT the scan was made from.
    entries_lps_mm, tips_lps_mm : tuple of Vec3
        In the control's frame; an entry on the skin.
    moved : RigidTransform
        From the first CT's frame into the control's.
    """

    control: Volume
    planned: tuple[Placed, ...]
    entries_lps_mm: tuple[Vec3, ...]
    tips_lps_mm: tuple[Vec3, ...]
    moved: RigidTransform


def skin_entry(volume: Volume, tip_lps_mm, outward) -> Vec3 | None:
    """Return where a line from a tip leaves the body of a CT for good; None where it never does."""
    steps = np.arange(0.0, 260.0, 0.25)
    points = np.array(tip_lps_mm) + steps[:, None] * unit(outward)
    index = volume.grid.index_from_lps(points)
    values = ndimage.map_coordinates(
        volume.values, index.T[::-1], order=1, output=np.float64, cval=np.nan
    )
    dense = np.flatnonzero(values > -400.0)
    runs = np.convolve(values > -400.0, np.ones(20), mode="valid")  # 5 mm of tissue: no tube
    solid = np.flatnonzero(runs == 20)
    if len(dense) == 0 or len(solid) == 0:
        return None
    last = solid[-1] + 19
    beyond = values[last + 1 : last + 40]
    if len(beyond) < 39 or not np.all(beyond < -400.0):  # NaN: the body goes on outside the scan
        return None
    share = (values[last] + 400.0) / (values[last] - values[last + 1])
    return vec3(points[last] + share * (points[last + 1] - points[last]))


def with_needles(
    volume: Volume,
    needles: tuple[Placed, ...],
    *,
    slice_mm: float,
    slab_mm: float,
    moved: RigidTransform | None = None,
    bolts: tuple[Bolt, ...] = (),
    pixel_mm: float = 0.8,
    width_mm: float = 320.0,
    noise_hu: float = 15.0,
    scanner: Scanner = SOFT,
    top_hu: float = 3071.0,
    table: bool = False,
    around_lps_mm: Vec3 | None = None,
    seed: int = 1,
) -> NeedleScan:
    """Return what a scanner makes of a moved patient with needles in.

    Parameters
    ----------
    needles, bolts
        In the frame of `volume`.
    top_hu : float
        Where the scale ends: 3071, or more with an extended one.
    around_lps_mm : Vec3 or None
        Middle of the slab in `volume`; by default between the first needle's entry and tip.
    """
    moved = moved or unmoved()
    rng = np.random.default_rng(seed)
    if around_lps_mm is None:
        ends = np.array([needles[0].entry_lps_mm, needles[0].tip_lps_mm])
        around_lps_mm = vec3(ends.mean(axis=0))
    clean = rescanned(
        volume, moved, around_lps_mm=around_lps_mm, slab_mm=slab_mm, slice_mm=slice_mm,
        pixel_mm=pixel_mm, width_mm=width_mm, noise_hu=0.0, interpolator=sitk.sitkLinear,
    )  # fmt: skip
    values = clean.values.astype(np.float32)
    if table:
        _add_table(values)
        _add_rails(values, clean.grid)
    for needle in needles:
        _add_plastic_hub(values, clean, needle, moved)
    grains = _all_grains(needles, bolts, moved, rng)
    if grains:
        values += _metal(clean, grains, scanner, rng)
    values += _noise(values.shape, noise_hu, rng)
    values = np.rint(np.clip(values, -1024.0, top_hu)).astype(np.int16)
    return NeedleScan(
        control=replace(clean, values=values),
        planned=needles,
        entries_lps_mm=tuple(vec3(moved.second_from_ct(n.entry_lps_mm)) for n in needles),
        tips_lps_mm=tuple(vec3(moved.second_from_ct(n.tip_lps_mm)) for n in needles),
        moved=moved,
    )


def _metal(clean: Volume, grains: list[Grains], scanner: Scanner, rng) -> np.ndarray:
    grid = clean.grid
    slices = grid.size_ijk[2]
    rows = max(1, round(grid.spacing_mm[2] / 1.0))
    pitch = grid.spacing_mm[2] / rows
    z = grid.origin_lps_mm[2] + (np.arange(slices * rows) - (rows - 1) / 2.0) * pitch
    x = grid.origin_lps_mm[0] + np.arange(grid.size_ijk[0]) * grid.spacing_mm[0]
    y = grid.origin_lps_mm[1] + np.arange(grid.size_ijk[1]) * grid.spacing_mm[1]
    water = _WaterPaths(clean, rows)
    added = metal_hu(grains, water, x_mm=x, y_mm=y, rows_z_mm=z, scanner=scanner, rng=rng)
    return added.reshape(slices, rows, len(y), len(x)).mean(axis=1)


class _WaterPaths:
    """Paths through the body, from coarse pixels of each slice."""

    def __init__(self, clean: Volume, rows: int) -> None:
        self._rows = rows
        grid = clean.grid
        step = max(1, round(4.0 / grid.spacing_mm[0]))
        k, j, i = clean.values.shape
        cut = clean.values[:, : j // step * step, : i // step * step].astype(np.float32)
        blocks = cut.reshape(k, j // step, step, i // step, step).mean(axis=(2, 4))
        self._water = np.clip(blocks / 1000.0 + 1.0, 0.0, None)
        self._pixel_mm = step * grid.spacing_mm[0]
        middle = (step - 1) / 2.0
        self._x = (
            grid.origin_lps_mm[0] + (np.arange(i // step) * step + middle) * grid.spacing_mm[0]
        )
        self._y = (
            grid.origin_lps_mm[1] + (np.arange(j // step) * step + middle) * grid.spacing_mm[1]
        )
        self._bin_mm = 2.0 * self._pixel_mm
        corners = np.abs(np.array(grid.corners_lps_mm()))[:, :2]
        self._half_mm = float(np.hypot(*corners.max(axis=0))) + self._bin_mm
        self._of, self._paths = -1, np.zeros((0, 0))

    def __call__(self, views: np.ndarray, offsets: np.ndarray, row: int) -> np.ndarray:
        number = row // self._rows
        if number != self._of:
            self._of, self._paths = number, self._projected(self._water[number])
        view = views / np.pi * _COARSE_VIEWS
        place = (offsets + self._half_mm) / self._bin_mm
        return ndimage.map_coordinates(self._paths, (view, place), order=1, mode="nearest")

    def _projected(self, image: np.ndarray) -> np.ndarray:
        """Return paths in few views and wide bins: (views, offsets), the last view the first's."""
        x, y = np.meshgrid(self._x, self._y)
        inside = image > 0.05
        x, y, mass = x[inside], y[inside], image[inside] * self._pixel_mm**2 / self._bin_mm
        size = int(2.0 * self._half_mm / self._bin_mm) + 2
        out = np.zeros((_COARSE_VIEWS + 1, size))
        for v in range(_COARSE_VIEWS + 1):
            angle = v * np.pi / _COARSE_VIEWS
            place = (x * np.cos(angle) + y * np.sin(angle) + self._half_mm) / self._bin_mm
            whole = place.astype(int)
            out[v] += np.bincount(whole, mass * (1.0 - place + whole), size)
            out[v] += np.bincount(whole + 1, mass * (place - whole), size)
        return out


def _noise(shape, noise_hu: float, rng) -> np.ndarray:
    """Return noise with a grain of somewhat more than a pixel, as filtered back-projection has."""
    white = rng.normal(0.0, 1.0, shape).astype(np.float32)
    grained = ndimage.gaussian_filter(white, (0.0, 0.7, 0.7))
    return grained * np.float32(noise_hu / grained.std())


def axes_of(needle: Placed) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the unit vector from tip to entry, and two across it, turned by the roll."""
    back = unit(np.subtract(needle.entry_lps_mm, needle.tip_lps_mm))
    aside = unit(np.cross(back, np.eye(3)[np.argmin(np.abs(back))]))
    other = np.cross(back, aside)
    c, s = np.cos(np.deg2rad(needle.roll_deg)), np.sin(np.deg2rad(needle.roll_deg))
    return back, c * aside + s * other, c * other - s * aside


def in_patient(needle: Placed, local_mm: np.ndarray) -> np.ndarray:
    """Map points of a device (across, across, from the tip backward) to LPS mm."""
    back, aside, other = axes_of(needle)
    depth = float(np.linalg.norm(np.subtract(needle.entry_lps_mm, needle.tip_lps_mm)))
    s = local_mm[:, 2]
    x = s / depth
    bow = 4.0 * needle.sagitta_mm * np.where(x <= 1.0, x * (1.0 - x), 1.0 - x)
    return (
        np.array(needle.tip_lps_mm)
        + s[:, None] * back
        + (local_mm[:, :1] + bow[:, None]) * aside
        + local_mm[:, 1:2] * other
    )


def _all_grains(needles, bolts, moved: RigidTransform, rng) -> list[Grains]:
    out = []
    for needle in needles:
        device = needle.device
        local = _filled(device, rng)
        at = moved.second_from_ct(in_patient(needle, local))
        out.append(Grains(at_mm=at, volume_mm3=GRAIN_MM**3, metal=device.metal))
        if device.hub == "metal":
            cell = 0.4
            hub = _cells(rng, 3.5, device.length_mm, device.length_mm + 12.0, cell)
            hub = hub[np.hypot(hub[:, 0], hub[:, 1]) <= 3.5]
            at = moved.second_from_ct(in_patient(needle, hub))
            out.append(Grains(at_mm=at, volume_mm3=cell**3, metal="titanium"))
    for bolt in bolts:
        radius = bolt.diameter_mm / 2.0
        length = float(np.linalg.norm(np.subtract(bolt.to_lps_mm, bolt.from_lps_mm)))
        cell = 0.3
        local = _cells(rng, radius, 0.0, length, cell)
        local = local[np.hypot(local[:, 0], local[:, 1]) <= radius]
        placed = Placed(
            device=Device(diameter_mm=bolt.diameter_mm),
            entry_lps_mm=bolt.to_lps_mm, tip_lps_mm=bolt.from_lps_mm,
        )  # fmt: skip
        at = moved.second_from_ct(in_patient(placed, local))
        out.append(Grains(at_mm=at, volume_mm3=cell**3, metal=bolt.metal))
    return out


def _cells(rng, radius: float, start: float, end: float, cell: float) -> np.ndarray:
    """Return one point at random in each cell of a block around the axis."""
    across = np.arange(-radius - cell, radius + cell, cell)
    along = np.arange(start, end, cell)
    a, b, s = np.meshgrid(across, across, along, indexing="ij")
    points = np.stack([a.ravel(), b.ravel(), s.ravel()], axis=1)
    return points + rng.uniform(0.0, cell, points.shape)


def _filled(device: Device, rng) -> np.ndarray:
    """Return grains of a device: across, across, from the tip backward."""
    radius = max(device.diameter_mm, device.outer_mm) / 2.0
    points = _cells(rng, radius, 0.0, device.length_mm, GRAIN_MM)
    a, b, s = points.T
    rho = np.hypot(a, b)
    r, slope = device.diameter_mm / 2.0, 1.0 / np.tan(np.deg2rad(device.tip_deg))
    begins = {
        "blunt": np.zeros_like(s),
        "cone": rho * slope,
        "bevel": (a + r) * slope,
        "trocar": slope
        * np.max([a * np.cos(t) + b * np.sin(t) for t in np.deg2rad([0.0, 120.0, 240.0])], axis=0),
    }[device.tip]
    inside = (rho <= r) & (rho >= device.inner_mm / 2.0) & (s >= begins)
    if device.notch_mm:
        inside &= ~((b > 0.1 * r) & (s > 5.0) & (s < 5.0 + device.notch_mm))
    if device.outer_mm:
        tube = (rho > r + 0.05) & (rho <= device.outer_mm / 2.0)
        inside |= tube & (s >= device.outer_from_tip_mm)
    return points[inside]


def _add_plastic_hub(values, clean: Volume, needle: Placed, moved: RigidTransform) -> None:
    device = needle.device
    if device.hub != "plastic":
        return
    ends = np.array([[0, 0, device.length_mm], [0, 0, device.length_mm + 30.0]])
    near, far = moved.second_from_ct(in_patient(needle, ends))
    axis = unit(far - near)
    k, j, i = np.indices(values.shape, sparse=True)
    grid = clean.grid
    x = grid.origin_lps_mm[0] + i * grid.spacing_mm[0] - near[0]
    y = grid.origin_lps_mm[1] + j * grid.spacing_mm[1] - near[1]
    z = grid.origin_lps_mm[2] + k * grid.spacing_mm[2] - near[2]
    along = x * axis[0] + y * axis[1] + z * axis[2]
    across = np.sqrt(np.maximum(x * x + y * y + z * z - along * along, 0.0))
    hub = (along >= 0.0) & (along <= 30.0) & (across <= 8.0)
    values[hub] = np.maximum(values[hub], 180.0)


def _add_table(values: np.ndarray) -> None:
    """Put a shell of a table behind the patient, where there is air."""
    rows = values.shape[1]
    shell = np.zeros(values.shape, dtype=bool)
    shell[:, rows - 22 : rows - 20] = True
    shell[:, rows - 6 : rows - 4] = True
    values[shell & (values < -400.0)] = 150.0


def _add_rails(values: np.ndarray, grid: Grid) -> None:
    """Put two wires along the table, as thick as needles; they make no streaks."""
    _, j, i = np.indices((1, *values.shape[1:]), sparse=True)
    row, columns = values.shape[1] - 13, (round(0.2 * i.size), round(0.75 * i.size))
    for column in columns:
        away = np.hypot(j - row, i - column) * grid.spacing_mm[0]
        values += np.float32(4000.0) * np.clip(1.5 - away, 0.0, 1.0).astype(np.float32)
