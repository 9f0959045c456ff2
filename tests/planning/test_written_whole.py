"""An image file that is too short is noticed: ITK's writers do not always notice a full disk."""

from __future__ import annotations

import errno
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from planning.geometry import Grid
from planning.image import Volume
from planning.imaging import volume_files, written_whole
from planning.imaging.volume_files import write_volume
from planning.imaging.written_whole import is_whole

GRID = Grid(size_ijk=(7, 5, 3), spacing_mm=(1.0, 2.0, 3.0), origin_lps_mm=(0.0, 0.0, 0.0))
VALUES = np.random.default_rng(1).integers(-999, 999, GRID.shape_kji).astype(np.int16)


@pytest.mark.parametrize("name", ["a.nrrd", "a.mha", "a.nii.gz", "a.nii"])
def test_whole_files_are_whole_and_shorter_ones_are_not(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_volume(Volume(grid=GRID, values=VALUES), path)
    assert is_whole(path, VALUES.nbytes)
    data = path.read_bytes()
    for cut in (0, 1, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:cut])
        assert not is_whole(path, VALUES.nbytes), cut


@pytest.mark.parametrize(("name", "beside"), [("a.nhdr", "a.raw.gz"), ("a.mhd", "a.zraw")])
def test_voxels_beside_their_header_are_looked_at(tmp_path: Path, name: str, beside: str) -> None:
    path, voxels = tmp_path / name, tmp_path / beside
    write_volume(Volume(grid=GRID, values=VALUES), path)
    assert is_whole(path, VALUES.nbytes)
    data = voxels.read_bytes()
    for cut in (0, 1, len(data) // 2, len(data) - 1):
        voxels.write_bytes(data[:cut])
        assert not is_whole(path, VALUES.nbytes), cut


def test_a_writer_that_says_nothing_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(image: object, path: str, **_: object) -> None:
        Path(path).touch()

    Usage = namedtuple("Usage", "total used free")
    monkeypatch.setattr(volume_files.sitk, "WriteImage", silent)
    monkeypatch.setattr(written_whole.shutil, "disk_usage", lambda _: Usage(1, 1, 0))
    with pytest.raises(OSError, match="No space") as caught:
        write_volume(Volume(grid=GRID, values=VALUES), tmp_path / "a.nrrd")
    assert caught.value.errno == errno.ENOSPC
