"""Makes the sample case: a CT, its masks and `case.toml` in one folder; plans nothing."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from planning.atomic_files import whole_folder, write_whole
from planning.disk_words import not_written
from planning.errors import InputError
from planning.geometry import Grid
from planning.imaging.written_whole import is_whole, refused
from planning.progress import SILENT, Progress
from planning.sample.dicom_slices import write_slices
from planning.sample.geometry import SAMPLE, SamplePelvis
from planning.sample.painting import inside_of
from planning.sample.scan import Scan, scan
from planning.sample.tissues import LABELS

FIELD_OF_VIEW_MM = 400.0
IN_PLANE_SIZE = 512
SLICE_SPACING_MM = 1.25

_CENTRE_XY_LPS_MM = (3.0, -8.0)
_LOWEST_MM, _HEIGHT_MM = -83.0, 250.0
_SEED = 20260115
_CASE_FILE = "case.toml"

_HEAD = """\
# The sample case: a made-up patient. Written by Trephine, version 1 of the sample.
schema_version = 1

[case]
name = "Sample: right iliac lesion"
planning_ct = "ct"
patient_position = "prone"
indication = "unknown"
site = "ilium"
lesion = "lesion"
needle = "bone-11g-100"
protocol = "bone-ct"
"""

_STRUCTURES = (
    ("tumour", "lesion", "tumour.nii.gz"),
    ("necrosis", "necrotic core", "necrosis.nii.gz"),
    ("habitat", "habitats", "habitats.nii.gz"),
    ("nerve", "right sciatic nerve", "sciatic_nerve_right.nii.gz"),
    ("nerve", "left sciatic nerve", "sciatic_nerve_left.nii.gz"),
    ("vessel", "right superior gluteal vessels", "superior_gluteal_vessels_right.nii.gz"),
    ("vessel", "left superior gluteal vessels", "superior_gluteal_vessels_left.nii.gz"),
    ("nerve", "lumbosacral plexus", "lumbosacral_plexus.nii.gz"),
    ("canal", "sacral canal and foramina", "sacral_canal.nii.gz"),
    ("organ", "uterus", "uterus.nii.gz"),
)


def write_sample_case(
    folder: Path,
    *,
    in_plane_size: int = IN_PLANE_SIZE,
    slice_spacing_mm: float = SLICE_SPACING_MM,
    force: bool = False,
    progress: Progress = SILENT,
) -> Path:
    """Write the sample case into `folder` and return the path of its `case.toml`.

    A sample case that is already there is kept as it is, unless `force`.

    Parameters
    ----------
    in_plane_size : int
        Columns and rows of a slice; with the slice spacing it makes the case coarser and quicker.

    Raises
    ------
    InputError
        If the folder holds another case, or cannot be written.
    Cancelled
        If the case is no longer wanted.
    """
    case_file = folder / _CASE_FILE
    if case_file.exists() and not force:
        if case_file.read_text(encoding="utf-8") == _case_text():
            return case_file
        message = f"{case_file} is another case; choose an empty folder, or say --force."
        raise InputError(message)
    grid = sample_grid(in_plane_size, slice_spacing_mm)
    try:
        if folder.exists() and any(folder.iterdir()):
            case_file.unlink(missing_ok=True)
            _write(folder, grid, progress)
        else:
            with whole_folder(folder) as unfinished:
                _write(unfinished, grid, progress)
    except OSError as error:
        raise InputError(not_written(folder, error)) from error
    return case_file


def sample_grid(
    in_plane_size: int = IN_PLANE_SIZE, slice_spacing_mm: float = SLICE_SPACING_MM
) -> Grid:
    """Return the scan's grid: rows run toward the patient's right, columns toward the front."""
    pixel_mm = FIELD_OF_VIEW_MM / in_plane_size
    x, y = (c + (FIELD_OF_VIEW_MM - pixel_mm) / 2.0 for c in _CENTRE_XY_LPS_MM)
    return Grid(
        size_ijk=(in_plane_size, in_plane_size, round(_HEIGHT_MM / slice_spacing_mm)),
        spacing_mm=(pixel_mm, pixel_mm, slice_spacing_mm),
        origin_lps_mm=(x, y, _LOWEST_MM + slice_spacing_mm / 2.0),
        direction_lps=((-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0)),
    )


def _write(folder: Path, grid: Grid, progress: Progress) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    picture = scan(SAMPLE, grid, seed=_SEED, progress=progress.part(0.0, 0.7))
    masks = _masks(SAMPLE, picture)
    names = {str(value): name for name, value in sorted(LABELS.items(), key=lambda item: item[1])}
    text = json.dumps(names, indent=1) + "\n"
    (folder / "anatomy_labels.json").write_text(text, encoding="utf-8", newline="\n")
    with ThreadPoolExecutor(1) as pool:
        written = [
            pool.submit(_write_mask, values, grid, folder / file) for file, values in masks.items()
        ]
        write_slices(picture, folder / "ct", progress.part(0.7, 1.0))
        for done in written:
            done.result()
    write_whole(folder / _CASE_FILE, _case_text().encode("utf-8"))  # last: with it, it is one
    progress.report(1.0, "The sample case is ready")


def _masks(pelvis: SamplePelvis, picture: Scan) -> dict[str, NDArray[np.uint8]]:
    grid, lesion, conduits = picture.grid, pelvis.lesion, pelvis.conduits
    habitats = np.zeros(grid.shape_kji, dtype=np.uint8)
    for habitat in lesion.habitats:
        habitats[inside_of(habitat.shape, grid)] = habitat.value
    solids = {
        "tumour.nii.gz": lesion.tumour,
        "necrosis.nii.gz": lesion.necrosis,
        "sciatic_nerve_right.nii.gz": conduits.sciatic_right,
        "sciatic_nerve_left.nii.gz": conduits.sciatic_left,
        "superior_gluteal_vessels_right.nii.gz": conduits.gluteal_right,
        "superior_gluteal_vessels_left.nii.gz": conduits.gluteal_left,
        "lumbosacral_plexus.nii.gz": conduits.roots,
        "sacral_canal.nii.gz": pelvis.bones.sacral_canal,
        "uterus.nii.gz": pelvis.viscera.womb,
    }
    masks = {file: inside_of(solid, grid).view(np.uint8) for file, solid in solids.items()}
    return {"anatomy.nii.gz": picture.labels, "habitats.nii.gz": habitats, **masks}


def _write_mask(values: NDArray[np.uint8], grid: Grid, path: Path) -> None:
    image = sitk.GetImageFromArray(values)
    image.SetSpacing(grid.spacing_mm)
    image.SetOrigin(grid.origin_lps_mm)
    image.SetDirection(np.array(grid.direction_lps).T.ravel().tolist())
    try:
        sitk.WriteImage(image, str(path), useCompression=True, compressionLevel=1)
    except RuntimeError as error:  # SimpleITK knows no other kind
        raise refused(path) from error
    if not is_whole(path, values.nbytes):
        raise refused(path)


def _case_text() -> str:
    parts = [_HEAD]
    for role, name, mask in _STRUCTURES:
        entries = (f'role = "{role}"', f'name = "{name}"', f'mask = "{mask}"', _MADE_BY)
        parts.append("\n".join(("[[structure]]", *entries)) + "\n")
    labels = ("[[labels]]", 'mask = "anatomy.nii.gz"', 'names = "anatomy_labels.json"',
              'roles = "totalsegmentator"', _MADE_BY)  # fmt: skip
    parts.append("\n".join(labels) + "\n")
    return "\n".join(parts)


_MADE_BY = 'made_by = "formula of the sample case"'
