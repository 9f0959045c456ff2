"""Slicer's .seg.nrrd: every segment lies where SimpleITK puts its voxels, and is found by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from planning.anatomy.roles import RoleTable
from planning.errors import InputError
from planning.geometry import Grid, vec3
from planning.image import Mask, Volume
from planning.imaging.slicer_segments import is_slicer_segmentation, read_slicer_segmentation
from planning.imaging.volume_files import image_of
from planning.model.case import Role
from planning.records.case_file import load_case
from planning.records.mask_sources import SlicerSource, Wanted, open_source

_LAYERS, _SHAPE = 2, (5, 7, 9)


def _oblique() -> Grid:
    axes, _ = np.linalg.qr(np.random.default_rng(4).normal(size=(3, 3)))
    axes *= np.sign(np.linalg.det(axes))
    k, j, i = _SHAPE
    return Grid(
        size_ijk=(i, j, k),
        spacing_mm=(0.7, 1.1, 2.3),
        origin_lps_mm=(-30.0, 41.0, 205.0),
        direction_lps=(vec3(axes[0]), vec3(axes[1]), vec3(axes[2])),
    )


def _layers() -> np.ndarray:
    """Return two layers: tumour and nerve beside each other, and bone over both."""
    layers = np.zeros((_LAYERS, *_SHAPE), dtype=np.uint8)
    layers[0, 1:3, 2:5, 1:4] = 1
    layers[0, 3, 1, 5:8] = 4
    layers[1, 0:4, 1:6, 3:7] = 1
    return layers


_FIELDS = {
    "Segmentation_MasterRepresentation": "Binary labelmap",
    "Segmentation_ReferenceImageExtentOffset": "12 40 3",
    "Segment0_ID": "Segment_1",
    "Segment0_Name": "Tumör links",
    "Segment0_LabelValue": "1",
    "Segment0_Layer": "0",
    "Segment0_Extent": "13 15 42 44 4 5",
    "Segment1_ID": "Segment_2",
    "Segment1_Name": "sciatic nerve",
    "Segment1_LabelValue": "4",
    "Segment1_Layer": "0",
    "Segment2_ID": "Segment_3",
    "Segment2_Name": "bone",
    "Segment2_LabelValue": "1",
    "Segment2_Layer": "1",
}
_WHERE = {"Tumör links": (0, 1), "sciatic nerve": (0, 4), "bone": (1, 1)}


def _write(path: Path, layers: np.ndarray, grid: Grid, fields: dict[str, str]) -> Path:
    """Write by SimpleITK, which puts the fields into the header as Slicer does."""
    images = [image_of(layer, grid) for layer in layers]
    image = sitk.Compose(images) if len(images) > 1 else images[0]
    for key, value in fields.items():
        image.SetMetaData(key, value)
    sitk.WriteImage(image, str(path), useCompression=True)
    return path


def _write_as_text(path: Path, layers: np.ndarray, grid: Grid, *, space: str) -> Path:
    """Write the header by hand, in Slicer's layout and in either space."""
    flip = np.array([-1.0, -1.0, 1.0]) if space == "right-anterior-superior" else np.ones(3)
    steps = np.array(grid.direction_lps) * np.array(grid.spacing_mm)[:, None] * flip
    origin = np.array(grid.origin_lps_mm) * flip
    i, j, k = grid.size_ijk
    header = [
        "NRRD0004",
        "type: unsigned char",
        "dimension: 4",
        f"space: {space}",
        f"sizes: {len(layers)} {i} {j} {k}",
        "space directions: none " + " ".join(_vector(step) for step in steps),
        "kinds: list domain domain domain",
        "encoding: raw",
        f"space origin: {_vector(origin)}",
        *(f"{key}:={value}" for key, value in _FIELDS.items()),
    ]
    raw = np.moveaxis(layers, 0, -1).astype(np.uint8).tobytes()
    path.write_bytes(("\n".join(header) + "\n\n").encode() + raw)
    return path


def _vector(values: np.ndarray) -> str:
    return "(" + ",".join(f"{x:.12g}" for x in values) + ")"


def _centres_of(mask: Mask) -> np.ndarray:
    points = mask.grid.lps_from_index(np.argwhere(mask.inside)[:, ::-1])
    return np.unique(np.round(points, 4), axis=0)


def _centres_by_itk(layer: np.ndarray, value: int, grid: Grid) -> np.ndarray:
    image = image_of(layer, grid)
    places = [
        image.TransformIndexToPhysicalPoint(tuple(map(int, kji[::-1])))
        for kji in np.argwhere(layer == value)
    ]
    return np.unique(np.round(places, 4), axis=0)


@pytest.mark.parametrize(
    "writer", ["SimpleITK", "left-posterior-superior", "right-anterior-superior"]
)
def test_every_segment_lies_where_it_was_drawn(tmp_path, writer):
    grid, layers, path = _oblique(), _layers(), tmp_path / "a.seg.nrrd"
    if writer == "SimpleITK":
        _write(path, layers, grid, _FIELDS)
    else:
        _write_as_text(path, layers, grid, space=writer)
    assert is_slicer_segmentation(path)
    found = read_slicer_segmentation(path)
    assert [s.name for s in found.segments] == list(_WHERE)
    for segment in found.segments:
        layer, value = _WHERE[segment.name]
        expected = _centres_by_itk(layers[layer], value, grid)
        assert np.array_equal(_centres_of(found.mask(segment)), expected)
    assert len(_centres_of(found.union())) == np.count_nonzero(layers.any(axis=0))


def test_one_layer_and_files_of_old(tmp_path):
    grid, layers = _oblique(), _layers()
    plain = {
        key: value for key, value in _FIELDS.items() if key.startswith(("Segment0", "Segment1"))
    }
    one = read_slicer_segmentation(_write(tmp_path / "one.seg.nrrd", layers[:1], grid, plain))
    assert [s.layer for s in one.segments] == [0, 0]
    assert one.mask(one.segments[1]).inside.sum() == 3
    # Before Slicer 4.11 each segment had a layer of its own, and nothing said so.
    of_old = {"Segment0_ID": "A", "Segment0_Name": "first", "Segment1_ID": "B"}
    two = (layers > 0).astype(np.uint8)
    old = read_slicer_segmentation(_write(tmp_path / "old.nrrd", two, grid, of_old))
    assert [(s.name, s.layer, s.value) for s in old.segments] == [("first", 0, 1), ("B", 1, 1)]
    expected = _centres_by_itk(two[1], 1, grid)
    assert np.array_equal(_centres_of(old.mask(old.segments[1])), expected)


def _refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_slicer_segmentation(path)
    return str(caught.value)


def test_files_that_cannot_be_segments_say_why(tmp_path):
    grid, layers = _oblique(), _layers()
    cases = {
        "Segment2_Layer": ("3", 'segment "bone" is in layer 3, but the file has 2'),
        "Segment1_LabelValue": ("four", 'Segment1_LabelValue is "four"'),
        "Segmentation_MasterRepresentation": ("Fractional labelmap", "holds fractions"),
    }
    for key, (value, said) in cases.items():
        path = _write(tmp_path / "a.seg.nrrd", layers, grid, {**_FIELDS, key: value})
        assert said in _refusal(path)
    path = _write(tmp_path / "b.nrrd", layers, grid, {})
    assert not is_slicer_segmentation(path)
    assert "names no segments" in _refusal(path)
    empty = _write(tmp_path / "c.seg.nrrd", np.zeros_like(layers), grid, _FIELDS)
    found = read_slicer_segmentation(empty)
    with pytest.raises(InputError, match=r'"Tumör links".* is empty'):
        found.mask(found.segments[0])


def test_a_segment_is_named_by_name_id_or_value(tmp_path):
    grid = Grid(size_ijk=(9, 7, 5), spacing_mm=(1.0, 1.0, 2.0), origin_lps_mm=(3.0, 4.0, 5.0))
    ct = Volume(grid=grid, values=np.zeros(grid.shape_kji, np.int16))
    source = open_source(_write(tmp_path / "a.nrrd", _layers(), grid, _FIELDS))
    assert isinstance(source, SlicerSource)

    def count(label: int | str | None) -> int:
        mask, _ = source.placed(Wanted(label, "mask", "case.toml"), ct)
        return int(mask.inside.sum())

    assert count("bone") == count("Segment_3") == 4 * 5 * 4
    assert count("sciatic nerve") == count(4) == 3
    assert count(None) == np.count_nonzero(_layers().any(axis=0))
    with pytest.raises(InputError, match='has 2 segments "1"; it holds Tumör links, sciatic'):
        count(1)
    with pytest.raises(InputError, match='no segment "liver"'):
        count("liver")


def test_a_case_names_segments_and_takes_all_of_them_by_role(tmp_path):
    grid = Grid(size_ijk=(9, 7, 5), spacing_mm=(1.0, 1.0, 2.0), origin_lps_mm=(3.0, 4.0, 5.0))
    sitk.WriteImage(
        image_of(np.full(grid.shape_kji, 40, np.int16), grid), str(tmp_path / "ct.nrrd")
    )
    _write(tmp_path / "all.seg.nrrd", _layers(), grid, _FIELDS)
    (tmp_path / "case.toml").write_text(
        'schema_version = 1\n[case]\nplanning_ct = "ct.nrrd"\n'
        '[[structure]]\nrole = "tumour"\nmask = "all.seg.nrrd"\nlabel = "Tumör links"\n'
        '[[labels]]\nmask = "all.seg.nrrd"\nroles = "own"\n',
        encoding="utf-8",
    )
    table = RoleTable(key="own", roles={"sciatic nerve": Role.NERVE, "bone": Role.BONE})
    loaded = load_case(tmp_path, role_tables={"own": table})
    found = {s.name: s for s in loaded.case.structures}
    assert {name: s.role for name, s in found.items()} == {
        "Tumör links": Role.TUMOUR,
        "sciatic nerve": Role.NERVE,
        "bone": Role.BONE,
    }
    for name, (layer, value) in _WHERE.items():
        mask = loaded.images.masks[found[name].mask_id]
        assert np.array_equal(mask.on(grid), _layers()[layer] == value)
