"""What the installed program is tried on: cases, a control CT, a table of errors; tries nothing."""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from planning.sample.sample_case import write_sample_case

_METAL_HU, _NEEDLE_RADIUS_MM, _OUTSIDE_MM = 3000, 1.2, 40.0
# Decoders are plugins, found at run time; JPEG lossless comes from gdcm, which pydicom cannot call
# to compress, and is tried with real files where they are.
CODINGS: dict[str, UID] = {
    "jpeg-2000": JPEG2000Lossless,
    "jpeg-ls": JPEGLSLossless,
    "rle": RLELossless,
    "big-endian": ExplicitVRBigEndian,
}
NAME_IN_THREE_SCRIPTS = "Yamada^Tarou=山田^太郎=やまだ^たろう"


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Where everything is."""

    folder: Path

    @property
    def case(self) -> Path:
        """The sample case."""
        return self.folder / "case"

    @property
    def plan(self) -> Path:
        """Its plan, by the sources."""
        return self.folder / "plan"


def make_case(folder: Path) -> Material:
    """Write the sample case, and what can be made of it alone."""
    made = Material(folder=folder)
    write_sample_case(made.case)
    for name, syntax in CODINGS.items():
        _variant(made.case, folder / name)
        for file in sorted((made.case / "ct").iterdir()):
            _recode(file, folder / name / "ct" / file.name, syntax)
    _variant(made.case, folder / "names")
    for file in sorted((made.case / "ct").iterdir()):
        image = pydicom.dcmread(file)
        image.PatientName = NAME_IN_THREE_SCRIPTS
        image.save_as(folder / "names" / "ct" / file.name)
    return made


def add_to_plan(made: Material) -> None:
    """Write what follows from a plan and its export.

    A control CT with the planned needle, the lesion as others hand it over, a department's errors.
    """
    files = made.folder / "files"
    for name, kind in (("segmented", "seg"), ("contoured", "rtstruct")):
        _variant(made.case, made.folder / name)
        for file in (made.case / "ct").iterdir():
            (made.folder / name / "ct" / file.name).symlink_to(file)
        _take_lesion_from(made.folder / name, next(files.glob(f"*_{kind}.dcm")))
    next(files.glob("*_entry-tip.tag")).rename(made.folder / "points.tag")
    plan = json.loads((made.plan / "plan.json").read_text(encoding="utf-8"))
    core = plan["core_set"]["cores"][0]["candidate"]
    first = next(one for one in plan["candidates"] if one["id"] == core)
    control = made.folder / "control.nii.gz"
    _with_needle(made.case / "ct", control, first["entry_lps_mm"], first["tip_lps_mm"])
    cohorts = importlib.import_module("tests.simulated_cohort")
    tables = importlib.import_module("planning.cohort.rows_csv")
    rows = cohorts.simulated_cohort(80, operators=("Ada", "Ben"))
    (made.folder / "rows.csv").write_text(tables.rows_to_csv(rows), encoding="utf-8", newline="")


def _variant(case: Path, folder: Path) -> None:
    """Make a case with the masks of another, and a folder for a CT of its own."""
    (folder / "ct").mkdir(parents=True)
    for file in case.iterdir():
        if file.is_file():
            (folder / file.name).symlink_to(file)


def _take_lesion_from(case: Path, objects: Path) -> None:
    """Let a case read its lesion from a DICOM file instead of from a mask."""
    about = (case / "case.toml").read_text(encoding="utf-8")
    (case / "case.toml").unlink()
    source = f'mask = "{objects.as_posix()}"\nlabel = "lesion"'
    about = about.replace('mask = "tumour.nii.gz"', source)
    (case / "case.toml").write_text(about, encoding="utf-8")


def _recode(source: Path, target: Path, syntax: UID) -> None:
    image = pydicom.dcmread(source)
    if syntax.is_compressed:
        image.compress(syntax, generate_instance_uid=False)
        image.save_as(target)
        return
    image.PixelData = image.pixel_array.astype(">u2").tobytes()
    image.file_meta.TransferSyntaxUID = syntax
    pydicom.dcmwrite(target, image, little_endian=False, implicit_vr=False)


def _with_needle(ct: Path, target: Path, entry: list[float], tip: list[float]) -> None:
    """Write a CT with metal along a line, from in front of the skin to the tip."""
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(ct)))
    scan = reader.Execute()
    values = sitk.GetArrayFromImage(scan)
    start, end = np.array(entry), np.array(tip)
    along = (end - start) / np.linalg.norm(end - start)
    length = float(np.linalg.norm(end - start))
    to_lps = np.array(scan.GetDirection()).reshape(3, 3) @ np.diag(scan.GetSpacing())
    j, i = np.indices(values.shape[1:])
    for k in range(len(values)):
        index = np.stack((i, j, np.full_like(i, k)), axis=-1)
        away = index @ to_lps.T + np.array(scan.GetOrigin()) - start
        depth = away @ along
        off = np.sqrt(np.maximum((away**2).sum(-1) - depth**2, 0.0))
        metal = (off < _NEEDLE_RADIUS_MM) & (depth > -_OUTSIDE_MM) & (depth < length)
        values[k][metal] = _METAL_HU
    needle = sitk.GetImageFromArray(values)
    needle.CopyInformation(scan)
    sitk.WriteImage(needle, str(target))
