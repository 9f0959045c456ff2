"""Left and right, feet and head, and millimetres survive every export: one table over all formats.

Every format is read back by a reader that is not Trephine's wherever there is one. A format that
is added to the table of the export needs its row here, or the first test fails.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkIOGeometry import vtkSTLReader
from vtkmodules.vtkIOMINC import vtkMNITagPointReader

from planning.handover.content import HandOver
from planning.handover.deidentified import deidentified
from planning.handover.export_format import ExportFormat
from planning.handover.export_formats import FORMATS
from planning.handover.needle_bodies import depth_and_distance_mm
from planning.handover.read_path import End
from planning.handover.trajectory_files import read_trajectories
from planning.records.export_folder import read_manifest, write_export
from tests import oblique_case
from tests.printed import plain_text_of

Points = Mapping[str, tuple[float, ...]]
"""Of one trajectory, in LPS mm: some of entry, stop, tip, shallow and deep end of the specimen."""

_SECRET = "told to nobody"

pytestmark = pytest.mark.usefixtures("qapp")  # pictures are drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How a format is read back.

    Parameters
    ----------
    read : callable
        Folder of the export -> points by trajectory and name.
    what : tuple of str
        Which points the format has to hold.
    within_mm : float
        How exactly.
    """

    read: Callable[[Path], Mapping[str, Points]]
    what: tuple[str, ...]
    within_mm: float = 0.01


def from_plan(folder: Path) -> dict[str, Points]:
    plan = json.loads((folder / "plan.json").read_text("utf-8"))
    return {
        c["id"]: {
            "entry": c["entry_lps_mm"],
            "stop": c["stop_lps_mm"],
            "tip": c["tip_lps_mm"],
            "shallow": c["specimen_lps_mm"][0],
            "deep": c["specimen_lps_mm"][1],
        }
        for c in plan["candidates"]
    }


def from_slicer(folder: Path) -> dict[str, Points]:
    found: dict[str, dict[str, tuple[float, ...]]] = {}
    for path in folder.glob("*.mrk.json"):
        (markup,) = json.loads(path.read_text("utf-8"))["markups"]
        assert (markup["coordinateSystem"], markup["coordinateUnits"]) == ("LPS", "mm")
        points = [(p["label"], tuple(p["position"])) for p in markup["controlPoints"]]
        if markup["type"] == "Line":
            own = found.setdefault(_id(markup["name"]), {})
            own["entry"], own["stop"] = points[0][1], points[1][1]
        elif path.name.endswith("_Tip.mrk.json"):
            for label, place in points:
                found.setdefault(_id(label.removesuffix(" tip")), {})["tip"] = place
    return found


def _id(name: str) -> str:
    return f"c{name.removeprefix('Trajectory ')}"


def from_csv(folder: Path) -> dict[str, Points]:
    (path,) = folder.glob("*_candidates.csv")
    with path.open(newline="", encoding="utf-8") as file:
        return {
            row["id"]: {
                what: tuple(float(row[f"{what}_{axis}_lps_mm"]) for axis in "xyz")
                for what in ("entry", "stop", "tip")
            }
            for row in csv.DictReader(file, strict=True)
        }


def from_sr(folder: Path) -> dict[str, Points]:
    (path,) = folder.glob("*_plan-sr.dcm")
    found: dict[str, dict[str, tuple[float, ...]]] = {}
    for group in hd.sr.srread(str(path)).content.get_planar_roi_measurement_groups():
        points = np.asarray(group.roi.value).reshape(-1, 3)
        own = found.setdefault(group.tracking_identifier, {})
        meaning = group.finding_type.value.removeprefix("needle-")
        names = {"path": ("entry", "tip"), "specimen": ("shallow", "deep")}
        own.update(zip(names.get(meaning, (meaning,)), map(tuple, points), strict=True))
    return found


def from_stl(folder: Path) -> dict[str, Points]:
    found: dict[str, dict[str, tuple[float, ...]]] = {}
    for part, names in (("needle", ("entry", "tip")), ("specimen", ("shallow", "deep"))):
        for path in folder.glob(f"*_{part}-*.stl"):
            assert b"SPACE=LPS" in path.read_bytes()[:80]
            reader = vtkSTLReader()
            reader.SetFileName(str(path))
            reader.Update()
            points = vtk_to_numpy(reader.GetOutput().GetPoints().GetData()).astype(float)
            # A flat end is where most corners meet: its centre is the point of all its triangles.
            corners = vtk_to_numpy(reader.GetOutput().GetPolys().GetConnectivityArray())
            ends = np.argsort(np.bincount(corners, minlength=len(points)))[-2:]
            own = found.setdefault(path.stem.rpartition("-")[2], {})
            start = own.get("entry")
            own.update(zip(names, _ordered(points[ends], start), strict=True))
    return found


def _ordered(ends: np.ndarray, start: tuple[float, ...] | None) -> list[tuple[float, ...]]:
    """Return two ends, the shallow one first: nearest the skin, or most to the outside."""
    middle = np.array(oblique_case.grid().centre_lps_mm)

    def depth_mm(end: np.ndarray) -> float:
        outward = -np.linalg.norm(end - middle)
        return float(outward if start is None else np.linalg.norm(end - np.array(start)))

    return [tuple(p) for p in sorted(ends, key=depth_mm)]


def from_tag(folder: Path) -> dict[str, Points]:
    found: dict[str, dict[str, tuple[float, ...]]] = {}
    for path in folder.glob("*.tag"):
        reader = vtkMNITagPointReader()
        reader.SetFileName(str(path))
        reader.Update()
        points = vtk_to_numpy(reader.GetOutput().GetPoints().GetData())
        labels = reader.GetLabelText()
        for number, (x, y, z) in enumerate(points):
            name, _, what = labels.GetValue(number).partition(" ")
            found.setdefault(name, {})[what.replace("target", "stop")] = (-x, -y, z)
    return found


def from_seg(folder: Path) -> dict[str, Points]:
    (path,) = folder.glob("*_seg.dcm")
    seg = hd.seg.segread(path)
    found: dict[str, dict[str, tuple[float, ...]]] = {}
    names = {"needle": ("entry", "tip"), "specimen": ("shallow", "deep")}
    for item in seg.SegmentSequence:
        name, _, part = item.SegmentLabel.partition(" ")
        if part in names:
            volume = seg.get_volume(segment_numbers=[item.SegmentNumber])
            index = np.argwhere(volume.array[..., 0] > 0)
            places = index @ volume.affine[:3, :3].T + volume.affine[:3, 3]
            own = found.setdefault(name, {})
            own.update(zip(names[part], _ordered(_ends(places), own.get("entry")), strict=True))
    return found


def _ends(places: np.ndarray) -> np.ndarray:
    """Return the two ends of the longest axis of a cloud of voxels."""
    middle = places.mean(axis=0)
    axis = np.linalg.svd(places - middle, full_matrices=False)[2][0]
    along = (places - middle) @ axis
    return middle + np.outer((along.min(), along.max()), axis)


def from_rtstruct(folder: Path) -> dict[str, Points]:
    (path,) = folder.glob("*_rtstruct.dcm")
    dataset = pydicom.dcmread(path)
    numbers = {item.ROINumber: str(item.ROIName) for item in dataset.StructureSetROISequence}
    found: dict[str, dict[str, tuple[float, ...]]] = {}
    for item in dataset.ROIContourSequence:
        name, _, what = numbers[item.ReferencedROINumber].partition(" ")
        if item.ContourSequence[0].ContourGeometricType == "POINT":
            place = tuple(float(value) for value in item.ContourSequence[0].ContourData)
            found.setdefault(name, {})[what] = place
    return found


def from_burned_ct(folder: Path) -> dict[str, Points]:
    """Find the path by what differs from the CT: its ends are those of the voxels that do."""
    (slices,) = folder.glob("*_burned-ct")
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(slices)))
    image = reader.Execute()
    source = oblique_case.ct()
    differs = np.argwhere(sitk.GetArrayFromImage(image) != source.values)
    places = np.array(
        [
            image.TransformContinuousIndexToPhysicalPoint(n[::-1].astype(float).tolist())
            for n in differs
        ]
    )
    found = {}
    lines = {c.candidate_id: c.trajectory for c in oblique_case.plan().candidates}
    apart = np.array([depth_and_distance_mm(line, places)[1] for line in lines.values()])
    for number, name in enumerate(lines):
        own = places[apart.argmin(axis=0) == number]
        found[name] = dict(zip(("entry", "tip"), _ordered(_ends(own), None), strict=True))
    return found


def from_captures(folder: Path) -> dict[str, Points]:
    """Find which trajectories are shown, each in a picture of its own: pictures hold no points."""
    found = {}
    for path in sorted(folder.glob("*_captures/*.dcm")):
        dataset = pydicom.dcmread(path)
        assert dataset.pixel_array.std() > 10.0
        assert dataset.BurnedInAnnotation == "NO"
        found[str(dataset.ImageComments).split()[1]] = {}
    return found


def from_pdf(folder: Path) -> dict[str, Points]:
    """Find which trajectories have a page, in the file and in its copy as DICOM."""
    (plain,), (stored,) = folder.glob("*_key-views.pdf"), folder.glob("*_key-views.pdf.dcm")
    dataset = pydicom.dcmread(stored)
    assert dataset.EncapsulatedDocument[: dataset.EncapsulatedDocumentLength] == plain.read_bytes()
    assert shutil.which("pdftotext"), "pdftotext is needed; packaging/bootstrap.py installs it"
    said = subprocess.run(
        ["pdftotext", str(plain), "-"], capture_output=True, text=True, check=True, errors="replace"
    ).stdout
    assert "STOP at" in said
    return {name: {} for name in re.findall(r"Trajectory (\w+) \(", said)}


_ENTRY = re.compile(
    r"Core \d of \d: Trajectory (\d).*?Entry at L ([-\d.]+) P ([-\d.]+) H ([-\d.]+) mm"
)


def from_report(folder: Path) -> dict[str, Points]:
    """Find where each page says that its needle goes in; whole millimetres are said to a tenth."""
    said = _document(folder, "ct-room")
    return {
        f"c{found[1]}": {"entry": tuple(map(float, found.groups()[1:]))}
        for found in _ENTRY.finditer(said)
    }


def from_board_report(folder: Path) -> dict[str, Points]:
    """Find where the needles go in, in the chapter on what has to be resected."""
    said = _document(folder, "tumour-board").partition("Tract to be resected")[2]
    return {
        f"c{found[1]}": {"entry": tuple(map(float, found.groups()[1:]))}
        for found in _ENTRY.finditer(said)
    }


def from_pathology(folder: Path) -> dict[str, Points]:
    """Find which cores have a line to be answered: the map shows where, but says no numbers."""
    said = _document(folder, "pathology-request").partition("For the answer")[2]
    return {f"c{number}": {} for number in re.findall(r"(\d) _+ mm", said)}


def _document(folder: Path, name: str) -> str:
    """Return what a report says, which is the same in the file and in its copy as DICOM."""
    (plain,), (stored,) = folder.glob(f"*_{name}.pdf"), folder.glob(f"*_{name}.pdf.dcm")
    dataset = pydicom.dcmread(stored)
    assert dataset.EncapsulatedDocument[: dataset.EncapsulatedDocumentLength] == plain.read_bytes()
    is_open = dataset.get("PatientIdentityRemoved", "NO") != "YES"
    assert dataset.BurnedInAnnotation == ("YES" if is_open else "NO")
    return plain_text_of(plain.read_bytes())


_LINE = ("entry", "stop", "tip")
_VOXEL_MM = max(oblique_case.grid().spacing_mm)
_ALL = (*_LINE, "shallow", "deep")
ROWS: dict[str, Row] = {
    "plan": Row(read=from_plan, what=_ALL),
    "slicer": Row(read=from_slicer, what=_LINE),
    "csv": Row(read=from_csv, what=_LINE),
    "sr": Row(read=from_sr, what=_ALL),
    "seg": Row(read=from_seg, what=("entry", "tip", "shallow", "deep"), within_mm=_VOXEL_MM),
    "rtstruct": Row(read=from_rtstruct, what=_LINE),
    "burned-ct": Row(read=from_burned_ct, what=("entry", "tip"), within_mm=2.0 * _VOXEL_MM),
    "captures": Row(read=from_captures, what=()),
    "pdf": Row(read=from_pdf, what=()),
    "report": Row(read=from_report, what=("entry",), within_mm=0.1),
    "board-report": Row(read=from_board_report, what=("entry",), within_mm=0.1),
    "pathology": Row(read=from_pathology, what=()),
    "stl": Row(read=from_stl, what=("entry", "tip", "shallow", "deep")),
    "tag": Row(read=from_tag, what=_LINE),
}


def truth(what: HandOver) -> dict[str, Points]:
    return {
        c.candidate_id: {
            "entry": c.trajectory.entry_lps_mm,
            "stop": c.stop_lps_mm,
            "tip": c.trajectory.tip_lps_mm,
            "shallow": c.specimen_lps_mm[0],
            "deep": c.specimen_lps_mm[1],
        }
        for c in what.plan.candidates
    }


def test_every_format_of_the_export_is_read_back_here():
    assert ROWS.keys() == {one.key for one in FORMATS}


def test_the_case_tells_every_mistake_of_a_frame():
    """No sign, exchange of axes or unit leaves the truth where it is."""
    places = np.array(
        [p for points in truth(oblique_case.hand_over()).values() for p in points.values()]
    )
    assert (np.abs(places) > 1.0).all()
    assert min(np.abs(places[:, a] - places[:, b]).max() for a, b in ((0, 1), (0, 2), (1, 2))) > 5.0


@pytest.mark.parametrize("is_deidentified", [False, True], ids=["as it is", "de-identified"])
@pytest.mark.parametrize("one", FORMATS, ids=[one.key for one in FORMATS])
def test_every_point_comes_back_where_it_was(
    one: ExportFormat, is_deidentified: bool, tmp_path: Path
):
    what, row = oblique_case.hand_over(), ROWS[one.key]
    secret = _SECRET if is_deidentified else ""
    write_export(what, [one], tmp_path / "out", secret=secret)
    found = row.read(tmp_path / "out")
    known = truth(deidentified(what, secret) if secret else what)
    assert found.keys() == known.keys()
    for name, points in known.items():
        for part in row.what:
            assert found[name][part] == pytest.approx(points[part], abs=row.within_mm), (name, part)
    frames = {record.frame for record in read_manifest(tmp_path / "out").files}
    assert frames == {one.frame}


@pytest.mark.parametrize("pattern", ["*.mrk.json", "*target.tag", "*tip.tag"])
def test_what_is_written_is_read_again_as_the_same_needle(pattern: str, tmp_path: Path):
    what = oblique_case.hand_over()
    write_export(what, FORMATS, tmp_path / "out")
    read = read_trajectories(sorted((tmp_path / "out").glob(pattern)), what.images.ct)
    assert read.remarks == ()
    assert len(read.paths) == 2
    for path, candidate in zip(read.paths, what.plan.candidates, strict=True):
        again = path.trajectory(what.plan.needle)
        assert again.entry_lps_mm == pytest.approx(candidate.trajectory.entry_lps_mm, abs=1e-5)
        assert again.tip_lps_mm == pytest.approx(candidate.trajectory.tip_lps_mm, abs=1e-5)
        assert path.end in (End.STOP, End.TIP)
