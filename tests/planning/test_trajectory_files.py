"""Trajectories of other programs: frame and unit, what an end means, and clear words otherwise."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from planning.errors import InputError
from planning.geometry import Grid
from planning.handover.mni_tag import paths_from_tag
from planning.handover.read_path import End
from planning.handover.rosa import paths_from_rosa
from planning.handover.stl_meshes import mesh_from_stl, mesh_to_stl, tube
from planning.handover.trajectory_files import read_trajectories
from planning.image import Series, Volume
from tests import example_plans, oblique_case

ENTRY, END = (-12.5, 88.25, 41.125), (-30.0, 20.5, 55.25)
GRID = Grid(size_ijk=(11, 21, 31), spacing_mm=(2.0, 3.0, 4.0), origin_lps_mm=(-100.0, 50.0, 7.0))
CENTRE = np.array((-90.0, 80.0, 67.0))


def ct(uid: str = "1.2.3.1", grid: Grid = GRID) -> Volume:
    values = np.zeros(grid.shape_kji, np.int16)
    return Volume(grid=grid, values=values, series=Series(series_uid=uid))


def line(system: str | None = "LPS", units: object = "mm", **more: object) -> dict[str, object]:
    sign = -1.0 if system == "RAS" else 1.0
    scale = 1000.0 if units in ("um", ["um", "UCUM", "micrometer"]) else 1.0
    points = [(sign * scale * x, sign * scale * y, scale * z) for x, y, z in (ENTRY, END)]
    named = {} if system is None else {"coordinateSystem": system, "coordinateUnits": units}
    controls = [{"id": str(n), "label": f"L-{n}", "position": p} for n, p in enumerate(points)]
    return {"type": "Line", "name": "L", **named, "controlPoints": controls, **more}


def saved(folder: Path, *markups: dict[str, object], name: str = "L.mrk.json") -> Path:
    path = folder / name
    path.write_text(json.dumps({"@schema": "x", "markups": markups}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("system", "units"),
    [
        ("LPS", "mm"),
        ("RAS", "mm"),
        ("RAS", "um"),
        ("LPS", ["um", "UCUM", "micrometer"]),
        ("RAS", ["mm", "UCUM", "millimeter"]),
        (None, None),
    ],
)
def test_lines_of_slicer_come_in_every_frame_and_unit(system, units, tmp_path: Path):
    read = read_trajectories([saved(tmp_path, line(system, units))], ct())
    (path,) = read.paths
    assert path.name == "L"
    assert path.entry_lps_mm == pytest.approx(ENTRY)
    assert path.end_lps_mm == pytest.approx(END)
    assert path.end is End.UNSAID
    assert "counts as the deepest point" in read.remarks[0]
    assert path.trajectory(example_plans.SPRUNG).tip_lps_mm == pytest.approx(END)


def test_the_end_of_our_own_line_is_the_stop_also_after_slicer_saved_it(tmp_path: Path):
    markup = line()
    first, last = markup["controlPoints"]
    last |= {
        "label": "target",
        "description": "Trephine 0.1.0. Research use only. Not a medical device.",
    }
    read = read_trajectories([saved(tmp_path, {**markup, "controlPoints": [first, last]})], ct())
    (path,) = read.paths
    assert path.end is End.STOP
    assert read.remarks == ()
    needle = example_plans.SPRUNG
    again = path.trajectory(needle)
    assert again.stop_lps_mm(needle) == pytest.approx(END)
    assert again.insertion_depth_mm == pytest.approx(np.linalg.norm(np.subtract(END, ENTRY)) + 22.0)


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        (line(controlPoints=[]), "a line needs two points, it has 0"),
        (line() | {"type": "Fiducial"}, "holds no line from entry to target; draw one"),
        (line() | {"coordinateSystem": "IJK"}, "coordinates in IJK and mm cannot be read"),
        (line() | {"coordinateUnits": "m"}, "coordinates in LPS and m cannot be read"),
        (
            line(controlPoints=[{"label": "a", "position": [1, 2, 3]}] * 2),
            "L begins where it ends",
        ),
    ],
)
def test_what_a_markups_file_lacks_is_said(markup, said: str, tmp_path: Path):
    with pytest.raises(InputError, match=said):
        read_trajectories([saved(tmp_path, markup)], ct())


def test_other_files_are_refused_in_words(tmp_path: Path):
    (tmp_path / "x.fcsv").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"x\.fcsv holds no trajectories that can be read; give"):
        read_trajectories([tmp_path / "x.fcsv"], ct())
    with pytest.raises(InputError, match="cannot be read"):
        read_trajectories([tmp_path / "nowhere.tag"], ct())
    (tmp_path / "x.tag").write_bytes(b"MNI Tag Point File\xff")
    with pytest.raises(InputError, match="is not text in UTF-8"):
        read_trajectories([tmp_path / "x.tag"], ct())


def test_tag_points_of_others_are_pairs_in_ras():
    text = (
        "MNI Tag Point File\nVolumes = 1;\n% of another program\nPoints =\n"
        ' 12.5 -88.25 41.125 1.0 -1 -1 "a \\"b\\""\n 30 -20.5 55.25;\n'
    )
    (path,) = paths_from_tag(text, "x.tag")
    assert path.name == 'a "b"'
    assert path.entry_lps_mm == pytest.approx(ENTRY)
    assert path.end_lps_mm == pytest.approx(END)
    assert path.end is End.UNSAID


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Points = 1 2 3;", "does not begin with"),
        ("MNI Tag Point File\nVolumes = 2;\nPoints =\n 1 2 3 4 5 6;", "points of 2 volumes"),
        ("MNI Tag Point File\nVolumes = 1;\nPoints =\n 1 2 3", "end with a semicolon"),
        ("MNI Tag Point File\nVolumes = 1;\nPoints =\n 1 2 3;", "holds 1 points"),
        ("MNI Tag Point File\nVolumes = 1;\nPoints =\n 1 2\n 1 2 3;", '"1 2" is no tag point'),
        ("MNI Tag Point File\nVolumes = 1;\nPoints =\n;", "holds 0 points"),
    ],
)
def test_what_a_tag_file_lacks_is_said(text: str, said: str):
    with pytest.raises(InputError, match=said):
        paths_from_tag(text, "x.tag")


TURN = "0 -1 0 5  1 0 0 -7  0 0 1 3  0 0 0 1"
IDENTITY = "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"
ROSA = "\r\n".join(
    [
        *("[BEGIN]", "[TRdicomRdisplay]", IDENTITY, "[VOLUME]", r"\DICOM\1.2.3.1\T1"),
        *("[IMAGERY_NAME]", "T1", "[SERIE_UID]", "1.2.3.1", "[IMAGERY_3DREF]", "0"),
        *("[TRdicomRdisplay]", TURN, "[VOLUME]", r"\DICOM\1.2.3.2\CT"),
        *("[IMAGERY_NAME]", "CT", "[SERIE_UID]", "1.2.3.2", "[IMAGERY_3DREF]", "0"),
        *("[TRAJECTORY]", "2", "RSPL 0 123 1 -3.5 16.25 9.125 1 2.5 -1.25 -8.0 200.0 2.0"),
        *("[SECURITY_ZONE]", "0.00 10.00 10.00"),
        *("[ELLIPS]", "0", "RCUN 0 456 1 7.0 -13.5 3.25 1 -0.5 -5.0 1.5 200.0 2.0"),
        *("[ELLIPS]", "0", "LATER 0 456 0 0 0 0 0 0 0 0 200.0 2.0", "[END]", ""),
    ]
)


def test_rosa_counts_from_the_centre_of_its_image():
    (first, second), remark = paths_from_rosa(ROSA, ct(), "x.ros")
    assert remark == ""
    assert (first.name, second.name) == ("RSPL", "RCUN")
    assert first.entry_lps_mm == pytest.approx(np.add(CENTRE, (-3.5, 16.25, 9.125)))
    assert first.end_lps_mm == pytest.approx(np.add(CENTRE, (2.5, -1.25, -8.0)))
    assert second.end_lps_mm == pytest.approx(np.add(CENTRE, (-0.5, -5.0, 1.5)))


def test_rosa_points_are_moved_to_the_image_that_is_open():
    """The second image is tied to the first by a quarter turn and a shift."""
    (first, _), remark = paths_from_rosa(ROSA, ct("1.2.3.2"), "x.ros")
    assert remark == ""
    x, y, z = np.subtract(first.entry_lps_mm, CENTRE)
    assert (-y + 5.0, x - 7.0, z + 3.0) == pytest.approx((-3.5, 16.25, 9.125))


def test_rosa_says_what_it_cannot_prove_and_refuses_what_it_cannot_know(tmp_path: Path):
    unnamed = ct("")
    _, remark = paths_from_rosa(ROSA, unnamed, "x.ros")
    assert "does not prove that this CT is its first image" in remark
    with pytest.raises(InputError, match=r"none of its series \(1\.2\.3\.1, 1\.2\.3\.2\)"):
        paths_from_rosa(ROSA, ct("9.9"), "x.ros")
    with pytest.raises(InputError, match="turned against the patient's"):
        paths_from_rosa(ROSA, replace(oblique_case.ct(), series=unnamed.series), "x.ros")
    with pytest.raises(InputError, match="holds no trajectory"):
        paths_from_rosa("[BEGIN]\n[TRAJECTORY]\n0\n", ct(), "x.ros")
    with pytest.raises(InputError, match="is no trajectory; export it again"):
        paths_from_rosa(ROSA.replace("16.25", "many"), ct(), "x.ros")
    with pytest.raises(InputError, match="not its 16 numbers"):
        paths_from_rosa(ROSA.replace(TURN, "1 2 3"), ct(), "x.ros")
    circle = ROSA.replace(
        "[IMAGERY_3DREF]\r\n0\r\n[TRAJECTORY]", "[IMAGERY_3DREF]\r\n1\r\n[TRAJECTORY]"
    )
    with pytest.raises(InputError, match="in a circle"):
        paths_from_rosa(circle, ct("1.2.3.2"), "x.ros")
    (tmp_path / "x.ros").write_text(ROSA, encoding="latin-1", newline="")
    assert len(read_trajectories([tmp_path / "x.ros"], ct()).paths) == 2


@pytest.mark.parametrize(
    "matrix",
    [
        "1 0 0 0  0 1 0 0  0 0 0 0  0 0 0 1",  # could not be inverted
        "2 0 0 0  0 2 0 0  0 0 2 0  0 0 0 1",  # would have doubled every depth
        "-1 0 0 0  0 1 0 0  0 0 1 0  0 0 0 1",  # would have changed sides
        "1 0 0 0  0 1 0 0  0 0 1 0  0 0 0 2",
        "1 0 0 nan  0 1 0 0  0 0 1 0  0 0 0 1",
        "1e300 0 0 0  0 1 0 0  0 0 1 0  0 0 0 1",
    ],
)
def test_images_of_a_robots_case_are_tied_rigidly_or_not_at_all(matrix: str) -> None:
    with pytest.raises(InputError, match="not rigid"):
        paths_from_rosa(ROSA.replace(TURN, matrix), ct("1.2.3.2"), "x.ros")


@pytest.mark.parametrize("end", [(30.0, -4.0, 80.0), (10.0, 20.0, 90.0), (10.0, 25.0, 30.0)])
def test_a_tube_is_closed_turned_outward_and_of_the_volume_of_its_polygon(end):
    sides, diameter = 24, 3.05
    mesh = tube((10.0, 20.0, 30.0), end, diameter, sides)
    length = np.linalg.norm(np.subtract(end, (10.0, 20.0, 30.0)))
    area = sides / 2.0 * np.sin(2.0 * np.pi / sides) * (diameter / 2.0) ** 2
    assert mesh.volume_mm3 == pytest.approx(area * length)
    again = mesh_from_stl(mesh_to_stl(mesh, "needle"), "x.stl")
    assert np.allclose(again.triangles_lps_mm, mesh.triangles_lps_mm, atol=1e-4)
    edges = [
        (tuple(t[a]), tuple(t[b]))
        for t in again.triangles_lps_mm
        for a, b in ((0, 1), (1, 2), (2, 0))
    ]
    assert sorted(edges) == sorted((b, a) for a, b in edges)  # each edge once in each direction


def test_an_stl_that_says_no_space_or_is_cut_short_is_refused():
    data = mesh_to_stl(tube(ENTRY, END, 2.0), "needle")
    mirrored = mesh_from_stl(data.replace(b"SPACE=LPS", b"SPACE=RAS"), "x.stl")
    straight = mesh_from_stl(data, "x.stl")
    assert np.allclose(mirrored.triangles_lps_mm * (-1, -1, 1), straight.triangles_lps_mm)
    with pytest.raises(InputError, match="in LPS or RAS"):
        mesh_from_stl(data.replace(b"SPACE=LPS", b"         "), "x.stl")
    with pytest.raises(InputError, match="no whole binary STL"):
        mesh_from_stl(data[:-1], "x.stl")
