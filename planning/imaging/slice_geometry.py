"""From single slices to one even, rectangular stack, or to the reason why there is none.

Uses position, orientation and pixel spacing only: never the gantry tilt tag, never the slice
thickness. Reads no files and knows no modality.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from filecmp import cmp as same_bytes

import numpy as np
from numpy.typing import NDArray

from planning.errors import InputError
from planning.geometry import Float64Array, Grid, Vec3, toward_head, unit, vec3
from planning.imaging.dicom_headers import SliceHeader

ALSO = " Also, "
"""Stands between the reasons why slices make no stack, where there are several."""

LEAST_SLICES = 3
"""Two slices show neither whether spacing is even nor what lies between them."""

POSITION_TOLERANCE_MM = 0.1
"""How far a slice may lie from its place in an even stack: scanners round positions to 0.1 mm, and
a missing slice or a change of spacing moves the others by more."""

AXIS_TOLERANCE = 1e-3
"""Between direction cosines of one series: 0.06 degrees, as far as `Grid` calls axes orthogonal."""

_PIXEL_SPACING_TOLERANCE_MM = 1e-4  # adds up to 0.05 mm over a slice of 512 pixels
_AXIS_NAMES = "xyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Slices in the order of the grid's k axis.

    Parameters
    ----------
    normal_lps : Vec3
        Of the slices, turned toward the head.
    copies : int
        Files passed over because they equal another file byte by byte.
    """

    grid: Grid
    slices: tuple[SliceHeader, ...]
    normal_lps: Vec3
    copies: int


@dataclass(frozen=True, slots=True)
class _Line:
    """Where the slices lie along their normal, and how far off one straight line beside it."""

    slices: tuple[SliceHeader, ...]
    along_mm: Float64Array
    sideways_mm: Float64Array  # (n, 3), relative to the first slice
    axis: int  # the LPS axis closest to the normal, for naming slices

    def name(self, index: int) -> str:
        return slice_name(self.slices[index], self.axis)


def stack_of(slices: Sequence[SliceHeader]) -> Stack:
    """Arrange slices into one regular grid.

    The k axis follows the right hand rule (i x j), so slices may run toward the feet.

    Raises
    ------
    InputError
        If they form no even, unsheared, rectangular stack; the message names the slices and every
        reason that was found.
    """
    _check_uniform(slices)
    i_axis, j_axis = _in_plane_axes(slices[0])
    normal = np.cross(i_axis, j_axis)
    line, copies = _without_copies(_line(slices, normal))
    _check_line(line)
    positions = np.array([s.position_lps_mm for s in line.slices])
    step = (positions[-1] - positions[0]) / (len(positions) - 1)
    spacing = line.slices[0].pixel_spacing_mm
    assert spacing is not None, "checked above"
    grid = Grid(
        size_ijk=(*line.slices[0].size_ij, len(line.slices)),
        spacing_mm=(*spacing, float(np.linalg.norm(step))),
        origin_lps_mm=vec3(positions[0]),
        direction_lps=(vec3(i_axis), vec3(j_axis), vec3(unit(step))),
    )
    return Stack(grid=grid, slices=line.slices, normal_lps=toward_head(vec3(normal)), copies=copies)


def slice_name(header: SliceHeader, axis: int) -> str:
    """Name a slice for the user: its instance number and where it lies on an LPS axis (0, 1, 2)."""
    name = header.path.name
    if header.instance_number is not None:
        name = f"instance {header.instance_number}"
    if header.position_lps_mm is None:
        return name
    return f"{name} ({_AXIS_NAMES[axis]} {header.position_lps_mm[axis]:.2f} mm)"


def _check_uniform(slices: Sequence[SliceHeader]) -> None:
    bare = [
        s
        for s in slices
        if s.position_lps_mm is None or s.i_axis_lps is None or s.pixel_spacing_mm is None
    ]
    if bare:
        some = (
            f"{len(bare)} of its {len(slices)} images" if len(slices) > len(bare) else "its images"
        )
        message = (
            f"{some} carry no position, orientation or pixel spacing (the first: "
            f"{bare[0].path.name}), so they cannot be placed in the patient. Choose a series of "
            "slices."
        )
        raise InputError(message)
    turned = _turned(slices)
    if turned:
        raise InputError(turned)
    _check_same(slices, "size", lambda s: s.size_ij, 0.0)
    _check_same(slices, "pixel spacing", _pixel_spacing, _PIXEL_SPACING_TOLERANCE_MM)


def _turned(slices: Sequence[SliceHeader]) -> str:
    axes = np.array([_orientation(s) for s in slices])
    differs = np.abs(axes - axes[0]).max(axis=1)
    if differs.max() <= AXIS_TOLERANCE:
        return ""
    odd = int(np.argmax(differs > AXIS_TOLERANCE))
    # The angle of the rotation that turns one slice's axes into the other's, from its trace.
    frames = [np.array([a[:3], a[3:], np.cross(a[:3], a[3:])]) for a in (axes[0], axes[odd])]
    cosine = (np.trace(frames[0] @ frames[1].T) - 1.0) / 2.0
    angle_deg = float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
    return (
        f"its slices change orientation: {_named_file(slices[odd])} is turned by {angle_deg:.1f} "
        f"degrees against {_named_file(slices[0])}. Several acquisitions share this series; export "
        "the one you need alone."
    )


def _named_file(header: SliceHeader) -> str:
    if header.instance_number is None:
        return header.path.name
    return f"instance {header.instance_number} ({header.path.name})"


def _pixel_spacing(header: SliceHeader) -> tuple[float, ...]:
    return header.pixel_spacing_mm or ()


def _orientation(header: SliceHeader) -> tuple[float, ...]:
    return (*(header.i_axis_lps or ()), *(header.j_axis_lps or ()))


def _check_same(
    slices: Sequence[SliceHeader],
    what: str,
    values_of: Callable[[SliceHeader], tuple[float, ...]],
    tolerance: float,
) -> None:
    values = np.array([values_of(s) for s in slices], dtype=np.float64)
    differs = np.abs(values - values[0]).max(axis=1) > tolerance
    if not differs.any():
        return
    odd = int(np.argmax(differs))
    message = (
        f"its slices differ in {what}: {_named_file(slices[0])} has {_numbers(values[0])}, "
        f"{_named_file(slices[odd])} has {_numbers(values[odd])}. Several acquisitions share this "
        "series; export the one you need alone."
    )
    raise InputError(message)


def _numbers(values: Float64Array) -> str:
    return "(" + ", ".join(f"{value:.5g}" for value in values) + ")"


def _in_plane_axes(header: SliceHeader) -> tuple[Float64Array, Float64Array]:
    i_axis, j_axis = np.array(header.i_axis_lps), np.array(header.j_axis_lps)
    lengths = np.linalg.norm([i_axis, j_axis], axis=1)
    if np.abs(lengths - 1.0).max() > AXIS_TOLERANCE or abs(i_axis @ j_axis) > AXIS_TOLERANCE:
        message = (
            "its orientation (0020,0037) does not hold two perpendicular unit vectors: "
            f"{_numbers(i_axis)} and {_numbers(j_axis)}. Export the series again."
        )
        raise InputError(message)
    i_axis = unit(i_axis)
    return i_axis, unit(j_axis - (j_axis @ i_axis) * i_axis)


def _line(slices: Sequence[SliceHeader], normal: Float64Array) -> _Line:
    positions = np.array([s.position_lps_mm for s in slices], dtype=np.float64)
    order = np.argsort(positions @ normal, kind="stable")
    from_first = positions[order] - positions[order[0]]
    along = from_first @ normal
    sideways = from_first - along[:, None] * normal
    ordered = tuple(slices[n] for n in order)
    return _Line(ordered, along, sideways, int(np.argmax(np.abs(normal))))


def _without_copies(line: _Line) -> tuple[_Line, int]:
    """Drop slices whose file equals, byte by byte, that of the slice kept before at their place."""
    kept: list[int] = []
    for n, header in enumerate(line.slices):
        before = line.slices[kept[-1]] if kept else None
        is_copy = (
            before is not None
            and line.along_mm[n] - line.along_mm[kept[-1]] < POSITION_TOLERANCE_MM / 10
            and before.path != header.path
            and before.frame == header.frame
            and same_bytes(before.path, header.path, shallow=False)
        )
        if not is_copy:
            kept.append(n)
    slices = tuple(line.slices[n] for n in kept)
    copies = len(line.slices) - len(kept)
    return _Line(slices, line.along_mm[kept], line.sideways_mm[kept], line.axis), copies


def _check_line(line: _Line) -> None:
    count = len(line.slices)
    if count < LEAST_SLICES:
        held = "1 slice" if count == 1 else f"{count} slices"
        message = (
            f"it has {held}; a volume needs at least {LEAST_SLICES}. Load the complete series."
        )
        raise InputError(message)
    duplicates = _duplicates(line)
    if duplicates:
        raise InputError(duplicates)
    problems = [text for text in (_uneven(line), _sheared(line)) if text]
    if problems:
        raise InputError(ALSO.join(problems))


def _duplicates(line: _Line) -> str:
    gaps = np.diff(line.along_mm)
    same = np.flatnonzero(gaps < _tolerance_mm(gaps) / 10)
    if same.size == 0:
        return ""
    first = int(same[0])
    sharing = np.union1d(same, same + 1).size
    return (
        f"{sharing} of its {len(line.slices)} slices share their position with another, "
        f"first {line.name(first)} and {line.name(first + 1)}. Several phases or "
        "reconstructions are mixed; export the one you need alone."
    )


def _tolerance_mm(gaps_mm: Float64Array) -> float:
    """Never more than a quarter of the usual slice distance, however thin the slices are."""
    usual = _usual_mm(gaps_mm)
    return min(POSITION_TOLERANCE_MM, usual / 4) if usual > 0 else POSITION_TOLERANCE_MM


def _usual_mm(gaps_mm: Float64Array) -> float:
    """Return the lower median, so that one wide gap of two does not become half the rule."""
    return float(np.sort(gaps_mm)[(gaps_mm.size - 1) // 2])


def _uneven(line: _Line) -> str:
    gaps = np.diff(line.along_mm)
    tolerance = _tolerance_mm(gaps)
    even = np.linspace(0.0, line.along_mm[-1], len(line.slices))
    off = np.abs(line.along_mm - even)
    if off.max() <= tolerance:
        return ""
    usual = _usual_mm(gaps)
    multiple = gaps / usual
    odd = np.flatnonzero(np.abs(gaps - usual) > tolerance)
    if odd.size == 0:
        worst = int(np.argmax(off))
        return (
            f"its slice distance drifts: {line.name(worst)} lies {off[worst]:.2f} mm from its "
            "place in an even stack. Choose a reconstruction with one slice distance."
        )
    is_missing = np.abs(multiple - np.rint(multiple)).max() * usual <= 2 * tolerance
    if is_missing and multiple.min() > 0.5:
        return _missing(line, odd, gaps, usual)
    return _changing(line, gaps)


def _missing(line: _Line, odd: NDArray[np.intp], gaps: Float64Array, usual: float) -> str:
    places = [
        f"{round(gaps[n] / usual) - 1} between {line.name(n)} and {line.name(n + 1)}, "
        f"{gaps[n]:.2f} mm apart"
        for n in odd[:3]
    ]
    more = f"; and at {odd.size - 3} more places" if odd.size > 3 else ""
    return (
        f"slices are missing ({'; '.join(places)}{more}), where neighbours are usually "
        f"{usual:.2f} mm apart. Load the complete series."
    )


def _changing(line: _Line, gaps: Float64Array) -> str:
    rounded = np.round(gaps, 2)
    counts = Counter(rounded.tolist()).most_common()
    kinds = ", ".join(f"{gap:.2f} mm ({n}x)" for gap, n in counts[:5])
    change = 1 + int(np.argmax(np.abs(np.diff(gaps)) > _tolerance_mm(gaps)))
    return (
        f"its slices are unevenly spaced: {kinds}{', ...' if len(counts) > 5 else ''}; the first "
        f"change is between {line.name(change)} and {line.name(change + 1)}. Choose a "
        "reconstruction with one slice distance."
    )


def _sheared(line: _Line) -> str:
    length = line.along_mm[-1]
    lean = line.sideways_mm[-1] / length
    tilt_deg = float(np.degrees(np.arctan(np.linalg.norm(lean))))
    if np.linalg.norm(lean) > AXIS_TOLERANCE:
        return (
            f"its stack is sheared: the slices lean {tilt_deg:.1f} degrees against the direction "
            "they are stacked in (gantry tilt). Choose a reconstruction without tilt."
        )
    off = np.linalg.norm(line.sideways_mm - line.along_mm[:, None] * lean, axis=1)
    worst = int(np.argmax(off))
    if off[worst] <= POSITION_TOLERANCE_MM:
        return ""
    return (
        f"its slices are shifted sideways: {line.name(worst)} lies {off[worst]:.2f} mm beside the "
        "others. Choose a series that was acquired in one piece."
    )
