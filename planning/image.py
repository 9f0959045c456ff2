"""Images as values: a grid with pixels, and what the acquisition said about them; no files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planning.geometry import HEAD_LPS, Box, Grid, Vec3, box_of

VoxelArray = NDArray[np.int16] | NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Who was scanned, as far as the images say; empty strings where they do not.

    Parameters
    ----------
    name : str
        As DICOM stores it, ``family^given^middle^prefix^suffix``, or free text.
    birth_date : str
        ``YYYY-MM-DD``.
    age : str
        As DICOM stores it, for example ``052Y``.
    """

    name: str = ""
    patient_id: str = ""
    sex: str = ""
    birth_date: str = ""
    age: str = ""

    @property
    def readable_name(self) -> str:
        """The name as it is shown: ``Family, Given Middle``."""
        parts = [part.strip() for part in self.name.split("^")]
        given = " ".join(part for part in (*parts[3:4], *parts[1:3], *parts[4:]) if part)
        return ", ".join(part for part in (parts[0], given) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What the acquisition said about itself; empty or None where it was silent.

    Parameters
    ----------
    sop_class_uid : str
        What kind of DICOM object its files are.
    study_id, study_date, study_time, accession_number : str
        Of the examination, for objects that are to be filed with it.
    date, time : str
        ``YYYY-MM-DD`` and ``HH:MM:SS``, as those of the study.
    position_code : str
        Patient Position (0018,5100), for example ``HFS`` or ``FFP``.
    isocentre_lps_mm : Vec3 or None
        Data Collection Center (Patient) (0018,9313).
    instance_numbers : tuple of int
        Instance Number (0020,0013) for each slice, in the order of the grid's k axis.
    table_positions_mm : tuple of float
        Slice Location (0020,1041) for each slice, in the order of the grid's k axis.
    sop_instance_uids : tuple of str
        SOP Instance UID (0008,0018) of the file of each slice, in the order of the grid's k axis.
    """

    modality: str = ""
    sop_class_uid: str = ""
    study_uid: str = ""
    study_id: str = ""
    study_date: str = ""
    study_time: str = ""
    accession_number: str = ""
    series_uid: str = ""
    series_number: str = ""
    description: str = ""
    date: str = ""
    time: str = ""
    position_code: str = ""
    isocentre_lps_mm: Vec3 | None = None
    instance_numbers: tuple[int, ...] = ()
    table_positions_mm: tuple[float, ...] = ()
    sop_instance_uids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Volume:
    """A scalar image: Hounsfield units for CT, what `unit` says for a second image.

    Parameters
    ----------
    values : ndarray, shape ``grid.shape_kji``
        int16 where every value is whole, else float32; made read-only here.
    slice_normal_lps : Vec3
        Unit normal of the acquired slices, turned toward the head.
    frame_of_reference_uid : str
        Frame of Reference UID (0020,0052); empty where the file carries none.
    unit : str
        Of the values, for example ``SUV``; empty for Hounsfield units and where none is known.
    notes : tuple of str
        What the reader decided and the user should know.
    """

    grid: Grid
    values: VoxelArray
    slice_normal_lps: Vec3 = HEAD_LPS
    frame_of_reference_uid: str = ""
    series: Series = Series()
    patient: Patient = Patient()
    unit: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_shape(self.grid, self.values.shape)
        self.values.flags.writeable = False

    @cached_property
    def values_sha256(self) -> str:
        """SHA-256 of the values alone, computed once: a large CT takes a quarter of a second."""
        return hashlib.sha256(np.ascontiguousarray(self.values).data).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mask:
    """The inside of one structure on a grid; everything beyond the grid is outside.

    Parameters
    ----------
    grid : Grid
        Usually only the block of the planning CT's voxels that the structure needs.
    inside : ndarray of bool, shape ``grid.shape_kji``
        Made read-only here. A voxel counts as inside with its whole cube.
    frame_of_reference_uid : str
        Frame of Reference UID (0020,0052); empty where the file carries none.
    """

    grid: Grid
    inside: NDArray[np.bool_]
    frame_of_reference_uid: str = ""

    def __post_init__(self) -> None:
        _check_shape(self.grid, self.inside.shape)
        self.inside.flags.writeable = False

    @property
    def volume_ml(self) -> float:
        """Volume of the inside."""
        return int(np.count_nonzero(self.inside)) * self.grid.voxel_volume_mm3 / 1000.0

    def cropped(self, margin_voxels: int = 0) -> Mask:
        """Return the same mask on the smallest grid that holds it (one voxel if it is empty).

        A mask that cannot become smaller is returned itself, not copied, unless a larger array
        would have to be kept for it.
        """
        box = box_of(self.inside, margin_voxels) or Box((0, 0, 0), (1, 1, 1))
        flags = self.inside.flags
        if box.size_ijk == self.grid.size_ijk and flags.owndata and flags.c_contiguous:
            return self
        return Mask(
            grid=box.of(self.grid),
            inside=self.inside[box.slices_kji].copy(),
            frame_of_reference_uid=self.frame_of_reference_uid,
        )

    def offset_kji(self, grid: Grid) -> tuple[int, int, int]:
        """Return where on `grid` this mask's first voxel lies, outside of it too.

        Raises
        ------
        ValueError
            If the two grids do not share one lattice; resample the mask first.
        """
        offset = self.grid.offset_in(grid)
        if offset is None:
            message = "the mask lies on another lattice than the grid it is wanted on"
            raise ValueError(message)
        i, j, k = offset
        return (k, j, i)

    def overlap(self, grid: Grid) -> tuple[tuple[slice, slice, slice], NDArray[np.bool_]] | None:
        """Return where on `grid` this mask lies, and its inside there; None if nowhere.

        Raises
        ------
        ValueError
            If the two grids do not share one lattice; resample the mask first.
        """
        offset = self.offset_kji(grid)[::-1]
        here, there = [], []
        for start, size, room in zip(offset, self.grid.size_ijk, grid.size_ijk, strict=True):
            low, high = max(start, 0), min(start + size, room)
            if low >= high:
                return None
            there.append(slice(low, high))
            here.append(slice(low - start, high - start))
        return (there[2], there[1], there[0]), self.inside[here[2], here[1], here[0]]

    def on(self, grid: Grid) -> NDArray[np.bool_]:
        """Return a new array, shape ``grid.shape_kji``, with this mask's part of `grid`.

        Raises
        ------
        ValueError
            If the two grids do not share one lattice; resample the mask first.
        """
        target = np.zeros(grid.shape_kji, dtype=np.bool_)
        overlap = self.overlap(grid)
        if overlap is not None:
            block, inside = overlap
            target[block] = inside
        return target

    def centroid_lps_mm(self) -> Vec3 | None:
        """Mean position of the inside voxels, or None for an empty mask."""
        box = box_of(self.inside)
        if box is None:
            return None
        index_kji = np.argwhere(self.inside[box.slices_kji]).mean(axis=0)
        index_ijk = index_kji[::-1] + np.array(box.low_ijk)
        x, y, z = self.grid.lps_from_index(index_ijk).tolist()
        return (x, y, z)


def mean_inside(volume: Volume, mask: Mask) -> float:
    """Return the mean value of a volume inside a mask on its lattice that holds some voxel.

    Raises
    ------
    ValueError
        If the two do not share one lattice, or nothing of the mask lies in the volume.
    """
    overlap = mask.cropped().overlap(volume.grid)
    if overlap is None or not overlap[1].any():
        message = "nothing of the mask lies in the volume"
        raise ValueError(message)
    block, inside = overlap
    return float(volume.values[block][inside].mean(dtype=np.float64))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CaseImages:
    """The arrays a case speaks of by key: its planning CT, its masks and its second images.

    Every mask lies on a block of the planning CT's own lattice.

    Parameters
    ----------
    second : mapping of str to Volume
        PET and MR by their path in the case, each on its own grid, placed in the CT's frame. Those
        that could not be read are missing. Only what viability comes from has been compared with
        the CT: read the notes of the others before trusting their place.
    """

    ct: Volume
    masks: Mapping[str, Mask]
    second: Mapping[str, Volume] = field(default_factory=dict)


def _check_shape(grid: Grid, shape: tuple[int, ...]) -> None:
    if shape != grid.shape_kji:
        message = f"an array of shape {shape} does not fit a grid of shape {grid.shape_kji}"
        raise ValueError(message)
