"""Volumes, label maps and masks in NIfTI, NRRD and MetaImage files; everything in LPS mm.

Knows no clinical meaning; DICOM is read elsewhere.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from planning.errors import InputError
from planning.geometry import Box, Grid, Vec3, box_of, toward_head, vec3
from planning.image import Mask, Volume
from planning.imaging.narrowing import narrowed
from planning.imaging.nifti_length import is_complete
from planning.imaging.volume_headers import NIFTI, reader_of, require_sound
from planning.imaging.written_whole import is_whole, refused
from planning.plain_text import plain

SUFFIXES = (".nii", ".nii.gz", ".nrrd", ".nhdr", ".mha", ".mhd")
"""What `read_volume`, `read_label_map` and the writers take."""

# ITK's own remarks stay off the terminal: what matters comes back as an exception. Said once, for
# files are read beside each other.
sitk.ProcessObject.GlobalWarningDisplayOff()

_MOST_FIELD_LETTERS = 1 << 16
_LARGEST_LABEL = np.iinfo(np.int32).max


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelMap:
    """Whole numbers on a grid; 0 is outside everything.

    Parameters
    ----------
    labels : ndarray of int, shape ``grid.shape_kji``
        Made read-only here; no negative values.
    name : str
        Of the file, for messages.
    frame_of_reference_uid : str
        Empty for the formats read here: none of them carries it.
    """

    grid: Grid
    labels: NDArray[np.integer[Any]]
    name: str = "The label map"
    frame_of_reference_uid: str = ""

    def __post_init__(self) -> None:
        self.labels.flags.writeable = False

    def cropped(self) -> LabelMap:
        """Return the same labels on the smallest block that holds them, one voxel if it is empty.

        A case keeps many maps while it is read; most voxels of most of them are outside.
        """
        box = _box_of_labels(self.labels) or Box((0, 0, 0), (1, 1, 1))
        return replace(self, grid=box.of(self.grid), labels=self.labels[box.slices_kji].copy())


def is_volume_file(path: Path) -> bool:
    """Tell by its name whether these readers are for this file."""
    return path.name.lower().endswith(SUFFIXES)


def read_volume(path: Path) -> Volume:
    """Read a scalar 3-D image.

    The slice normal is taken to be the grid axis closest to the body's long axis. The values are
    passed on as they are: the file does not say whether they are Hounsfield units.

    Raises
    ------
    InputError
        If the file is missing, damaged, not 3-D, not scalar, sheared or holds NaN.
    """
    grid, image = _read(path)
    try:
        narrow = narrowed(sitk.GetArrayFromImage(image))
    except InputError as error:
        message = f"{path.name}: {error} Replace them by a number first."
        raise InputError(message) from error
    return Volume(grid=grid, values=narrow, slice_normal_lps=_slice_normal(grid))


def read_label_map(path: Path) -> LabelMap:
    """Read a 3-D image of whole, non-negative numbers; they may be stored as floats.

    Raises
    ------
    InputError
        As `read_volume`, and if a value is a fraction or negative.
    """
    grid, image = _read(path)
    return LabelMap(
        grid=grid, labels=_labels_of(sitk.GetArrayFromImage(image), path.name), name=path.name
    )


def read_cropped_label_map(path: Path) -> LabelMap:
    """Do as `read_label_map` and `LabelMap.cropped`, in half the time: the whole is not copied.

    Raises
    ------
    InputError
        As `read_label_map`.
    """
    grid, image = _read(path)
    # The view reads the image's own memory, which this call keeps: nothing of it may be returned.
    seen = _labels_of(sitk.GetArrayViewFromImage(image), path.name)
    return LabelMap(grid=grid, labels=seen, name=path.name).cropped()


def _labels_of(values: NDArray[Any], name: str) -> NDArray[np.integer[Any]]:
    if np.issubdtype(values.dtype, np.floating):
        if not np.array_equal(values, np.rint(values)):  # also catches NaN
            message = (
                f"{name} holds fractions, so it is no label map. Give a mask of whole numbers "
                "(a probability map has to be cut at a threshold first)."
            )
            raise InputError(message)
        low, high = values.min(), values.max()
        if abs(low) <= _LARGEST_LABEL and high <= _LARGEST_LABEL:
            values = values.astype(np.int32)
    if values.min() < 0 or values.max() > _LARGEST_LABEL:
        message = (
            f"{name} holds labels from {values.min()} to {values.max()}; labels are 0 "
            "(outside) and positive whole numbers. Is it an image instead of a mask?"
        )
        raise InputError(message)
    return values


def _box_of_labels(labels: NDArray[np.integer[Any]]) -> Box | None:
    """Return the smallest block that holds every label; none may be negative."""
    filled = np.flatnonzero(labels.max(axis=(1, 2)))
    if not len(filled):
        return None
    first, after = int(filled[0]), int(filled[-1]) + 1
    box = box_of(labels[first:after] != 0)
    assert box is not None, "a slice that holds a label was found"
    (i0, j0, _), (i1, j1, _) = box.low_ijk, box.high_ijk
    return Box((i0, j0, first), (i1, j1, after))


def read_layers(path: Path) -> tuple[Grid, NDArray[Any], dict[str, str]]:
    """Read a 3-D image of one or several values per voxel, and the fields of its header.

    Returns
    -------
    Grid, ndarray of shape (layers, k, j, i), dict of str

    Raises
    ------
    InputError
        If the file is missing, damaged, not 3-D or sheared.
    """
    image = _read_image(path)
    fields = _fields(image)
    values = sitk.GetArrayFromImage(image)
    if image.GetDimension() != 3:
        raise InputError(f"{path.name} holds {image.GetDimension()} dimensions, not three.")
    layers = values[None] if values.ndim == 3 else np.moveaxis(values, -1, 0)
    return _grid(image, path), layers, fields


def read_fields(path: Path) -> dict[str, str]:
    """Return the fields of an image file's header, without its values; none where it is damaged."""
    try:
        require_sound(path)
        reader = _reader(path)
        reader.ReadImageInformation()
    except (InputError, RuntimeError):
        return {}
    return _fields(reader)


def write_mask(mask: Mask, path: Path, grid: Grid | None = None) -> None:
    """Write a mask as 0 and 1, compressed; on `grid` (same lattice) or on its own block.

    Raises
    ------
    InputError
        If the suffix is unknown.
    OSError
        If the file cannot be written.
    """
    inside = mask.inside if grid is None else mask.on(grid)
    _write(inside.astype(np.uint8), grid or mask.grid, path)


def write_label_map(label_map: LabelMap, path: Path) -> None:
    """Write a label map, compressed.

    Raises
    ------
    InputError
        If the suffix is unknown.
    OSError
        If the file cannot be written.
    """
    _write(label_map.labels, label_map.grid, path)


def write_volume(volume: Volume, path: Path) -> None:
    """Write a volume's values and grid, compressed; nothing of patient or series.

    Raises
    ------
    InputError
        If the suffix is unknown.
    OSError
        If the file cannot be written.
    """
    _write(volume.values, volume.grid, path)


def image_of(array: NDArray[Any], grid: Grid) -> Any:
    """Return an array on a grid as a SimpleITK image (which is in LPS mm, too)."""
    image = sitk.GetImageFromArray(array)
    image.SetOrigin(grid.origin_lps_mm)
    image.SetSpacing(grid.spacing_mm)
    image.SetDirection(np.array(grid.direction_lps).T.ravel().tolist())
    return image


def _read(path: Path) -> tuple[Grid, Any]:
    """Return the grid of a file and its SimpleITK image."""
    image = _three_dimensional(_read_image(path), path)
    return _grid(image, path), image


def _read_image(path: Path) -> Any:
    _check_suffix(path)
    if not path.is_file():
        message = f"There is no file {path}. Check the name and the folder."
        raise InputError(message)
    require_sound(path)
    if reader_of(path) == NIFTI and not is_complete(path):
        raise InputError(_reading_message(path, "cut off"))
    try:
        return _reader(path).Execute()
    except RuntimeError as error:
        raise InputError(_reading_message(path, str(error))) from error


def _reader(path: Path) -> Any:
    """Return ITK's reader for the file's name; asked, ITK would try a dozen formats on it."""
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.SetImageIO(reader_of(path))
    return reader


def _fields(source: Any) -> dict[str, str]:
    """Return the fields of a header, whatever letters they hold."""
    found: dict[str, str] = {}
    for key in source.GetMetaDataKeys():
        with suppress(UnicodeDecodeError, TypeError):  # SimpleITK knows no encoding but UTF-8
            found[key] = plain(str(source.GetMetaData(key)), _MOST_FIELD_LETTERS)
    return found


def _check_suffix(path: Path) -> None:
    if not is_volume_file(path):
        message = f"{path.name} is of no known kind; known are {', '.join(SUFFIXES)}."
        raise InputError(message)


def _reading_message(path: Path, reason: str) -> str:
    if "orthonormal" in reason or "determinant" in reason:
        return (
            f"{path.name}: the image's axes are sheared or scaled. Resample it to a rectangular "
            "grid first."
        )
    return f"{path.name} cannot be read: it is damaged or not what its name says. Copy it again."


def _three_dimensional(image: Any, path: Path) -> Any:
    if image.GetDimension() == 4 and image.GetSize()[3] == 1:
        image = image[:, :, :, 0]
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        size = "x".join(str(n) for n in image.GetSize())
        message = (
            f"{path.name} is no single 3-D image (size {size}, "
            f"{image.GetNumberOfComponentsPerPixel()} values per voxel). Extract one volume first."
        )
        raise InputError(message)
    return image


def _grid(image: Any, path: Path) -> Grid:
    axes = np.array(image.GetDirection()).reshape(3, 3).T
    i, j, k = image.GetSize()
    try:
        return Grid(
            size_ijk=(i, j, k),
            spacing_mm=vec3(image.GetSpacing()),
            origin_lps_mm=vec3(image.GetOrigin()),
            direction_lps=(vec3(axes[0]), vec3(axes[1]), vec3(axes[2])),
        )
    except InputError as error:
        message = f"{path.name}: {error}"
        raise InputError(message) from error


def _slice_normal(grid: Grid) -> Vec3:
    axes = np.array(grid.direction_lps)
    return toward_head(vec3(axes[int(np.argmax(np.abs(axes[:, 2])))]))


def _write(array: NDArray[Any], grid: Grid, path: Path) -> None:
    _check_suffix(path)
    try:
        sitk.WriteImage(image_of(array, grid), str(path), useCompression=True)
    except RuntimeError as error:
        raise refused(path) from error
    # ITK does not notice that a small file got nothing on a full disk.
    if not is_whole(path, array.nbytes):
        raise refused(path)
