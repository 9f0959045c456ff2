"""The real pelvis at the size a scanner delivers, 512 x 512 x 400; measures no time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from app import catalogue
from planning.geometry import Grid, vec3
from planning.image import CaseImages, Mask, Volume
from planning.records.case_file import LoadedCase, load_case

SIZE_IJK = (512, 512, 400)


def big_pelvis(data_dir: Path) -> LoadedCase:
    """Return the pelvis with its CT interpolated and its masks carried over by nearest voxel."""
    small = load_case(data_dir / "pelvis", role_tables=catalogue.role_tables())
    images = small.images
    grid = _finer(images.ct.grid, SIZE_IJK)
    ct = replace(images.ct, grid=grid, values=_interpolated(images.ct, grid))
    assert ct.values_sha256, "computed here, as loading does"
    masks = {key: _nearest(mask, images.ct.grid, grid) for key, mask in images.masks.items()}
    return replace(small, images=CaseImages(ct=ct, masks=masks))


def _finer(grid: Grid, size_ijk: tuple[int, int, int]) -> Grid:
    """Return a grid of another size between the same outer faces."""
    factor = np.array(grid.size_ijk) / np.array(size_ijk)
    return Grid(
        size_ijk=size_ijk,
        spacing_mm=vec3(np.array(grid.spacing_mm) * factor),
        origin_lps_mm=vec3(grid.lps_from_index(factor / 2.0 - 0.5)),
        direction_lps=grid.direction_lps,
    )


def _interpolated(ct: Volume, grid: Grid) -> np.ndarray:
    image = sitk.GetImageFromArray(ct.values)
    for target, source in ((image, ct.grid),):
        target.SetSpacing(source.spacing_mm)
        target.SetOrigin(source.origin_lps_mm)
        target.SetDirection(np.array(source.direction_lps).T.ravel().tolist())
    resampled = sitk.Resample(
        image,
        grid.size_ijk,
        sitk.Transform(),
        sitk.sitkLinear,
        grid.origin_lps_mm,
        grid.spacing_mm,
        np.array(grid.direction_lps).T.ravel().tolist(),
        -1000,
        sitk.sitkInt16,
    )
    return sitk.GetArrayFromImage(resampled)


def _nearest(mask: Mask, small: Grid, big: Grid) -> Mask:
    offset = mask.grid.offset_in(small)
    assert offset is not None, "loaded masks lie on the CT's lattice"
    low, size, index = [], [], []
    for axis in range(3):
        share = small.size_ijk[axis] / big.size_ijk[axis]
        source = np.rint((np.arange(big.size_ijk[axis]) + 0.5) * share - 0.5) - offset[axis]
        wanted = np.flatnonzero((source >= 0) & (source < mask.grid.size_ijk[axis]))
        low.append(int(wanted[0]))
        size.append(len(wanted))
        index.append(source[wanted].astype(int))
    inside = mask.inside[np.ix_(index[2], index[1], index[0])]
    grid = big.cropped((low[0], low[1], low[2]), (size[0], size[1], size[2]))
    return Mask(grid=grid, inside=inside, frame_of_reference_uid=mask.frame_of_reference_uid)
