"""Our contours onto voxels against plastimatch, an independent program; holds no closed forms."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from planning.geometry import Grid
from planning.imaging.dicom_series import read_series
from planning.imaging.rtstruct import roi_onto
from planning.imaging.structure_set import read_structure_set
from planning.imaging.volume_files import LabelMap, read_label_map
from tests.dicom_files import write_contours, write_series

_LEAST_DICE = 0.98


@pytest.mark.parametrize("patient", ["003", "018", "035", "042"])
def test_real_contours_agree_with_an_independent_program(data_dir, tmp_path, patient):
    """Measured with plastimatch 1.9.4: a Dice of 1.000 for each of the four."""
    folder = data_dir / "sarcoma" / f"STS_{patient}" / "CT"
    ct, contours = read_series(folder / "image"), folder / "mask" / "RS.dcm"
    mask, _ = roi_onto(read_structure_set(contours), "GTV_Mass_CT", ct)
    theirs = _peer(folder / "image", contours, "GTV_Mass_CT", tmp_path)
    assert np.allclose(theirs.grid.corners_lps_mm(), ct.grid.corners_lps_mm(), atol=0.01)
    assert np.count_nonzero(mask.inside) > 5000
    assert _dice(mask.on(ct.grid), theirs.labels > 0) >= _LEAST_DICE


@pytest.mark.parametrize("kind", ["CLOSED_PLANAR", "CLOSEDPLANAR_XOR"])
@pytest.mark.parametrize("shape", ["islands", "keyhole", "hole", "crossing"])
def test_drawn_shapes_agree_with_an_independent_program(tmp_path, shape, kind):
    grid = Grid(size_ijk=(60, 50, 5), spacing_mm=(0.8, 1.1, 2.5), origin_lps_mm=(-31, 12, 40))
    positions = [grid.lps_from_index((0, 0, k)) for k in range(5)]
    write_series(
        tmp_path / "ct",
        np.zeros((5, 50, 60), dtype=np.uint16),
        positions=[tuple(map(float, p)) for p in positions],
        spacing_ij=(0.8, 1.1),
    )
    contours = [
        grid.lps_from_index(np.column_stack([corners, np.full(len(corners), k)]))
        for k in (1, 2, 3)
        for corners in _SHAPES[shape]
    ]
    # To plastimatch the kind of contour is unknown: it is told how to combine plain ones. And a
    # hole drawn as a contour of its own is a hole to us by either kind.
    path = write_contours(tmp_path / "rs.dcm", {"region": contours}, kind=kind)
    plain = write_contours(tmp_path / "plain.dcm", {"region": contours})
    ct = read_series(tmp_path / "ct")
    mask, _ = roi_onto(read_structure_set(path), "region", ct)
    exclusive = kind == "CLOSEDPLANAR_XOR" or shape == "hole"
    theirs = _peer(tmp_path / "ct", plain, "region", tmp_path, exclusive=exclusive)
    ours = mask.on(theirs.grid)
    assert ours.any(axis=(1, 2)).tolist() == [False, True, True, True, False]
    assert _dice(ours, theirs.labels > 0) >= _LEAST_DICE


def _ring(i: float, j: float, radius_i: float, radius_j: float) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    return np.column_stack([i + radius_i * np.cos(angle), j + radius_j * np.sin(angle)])


def _keyhole(outer: np.ndarray, inner: np.ndarray) -> np.ndarray:
    return np.concatenate([outer, outer[:1], inner[:1], inner[::-1], outer[:1]])


_OUTER, _INNER = _ring(28.3, 22.7, 20.1, 15.2), _ring(31.2, 20.4, 9.7, 6.3)
_SHAPES = {
    "islands": [_ring(14.2, 13.1, 9.3, 7.7), _ring(42.6, 30.4, 11.2, 12.9)],
    "keyhole": [_keyhole(_OUTER, _INNER)],
    "hole": [_OUTER, _INNER],
    "crossing": [_ring(22.2, 20.1, 13.3, 11.7), _ring(36.6, 28.4, 13.2, 11.9)],
}


def _peer(
    image: Path, contours: Path, roi: str, scratch: Path, *, exclusive: bool = False
) -> LabelMap:
    """Return the region as plastimatch makes it, on the lattice of the CT."""
    assert shutil.which("plastimatch"), "plastimatch is needed; packaging/bootstrap.py installs it"
    out = scratch / "peer"
    command = ["plastimatch", "convert", "--input", str(contours), "--referenced-ct", str(image)]
    command += ["--output-prefix", str(out), "--prefix-format", "nrrd"]
    command += ["--xor-contours"] if exclusive else []
    subprocess.run(command, check=True, capture_output=True)
    return read_label_map(out / f"{roi}.nrrd")


def _dice(a: np.ndarray, b: np.ndarray) -> float:
    return float(2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b)))
