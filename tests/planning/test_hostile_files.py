"""Files and folders made to do harm: bombs, giant headers, pipes, names; all are harmless."""

from __future__ import annotations

import gzip
import os
import struct
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from planning.errors import InputError
from planning.formats import bytes_of
from planning.imaging import dicom_scan, inflating
from planning.imaging.dicom_series import list_series, read_series
from planning.imaging.dicom_values import odd_files_tolerated
from planning.imaging.structure_set import modality_of, read_structure_set
from planning.imaging.volume_files import read_label_map, read_volume
from planning.network.arrival import Arrival, safe_name
from planning.plain_text import plain, plain_lines, table_cell, text_of_cell
from planning.progress import Cancelled, Progress
from planning.records.case_file import load_case
from planning.records.mask_sources import open_source
from tests.dicom_files import write_contours, write_enhanced_ct, write_series

MOST_MB = 60
HOSTILE = "\x1b]0;owned\x07<img src=x>\u202egnp\0..\\../\n=cmd()"


@contextmanager
def little_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MOST_MB << 20
    finally:
        tracemalloc.stop()


def stored(count: int = 3) -> np.ndarray:
    return np.arange(count * 20, dtype=np.uint16).reshape(count, 4, 5)


def test_a_deflated_file_that_unfolds_to_gigabytes_is_not_unfolded(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(inflating, "MOST_INFLATED_BYTES", 32 << 20)
    (path, *_) = write_series(tmp_path, stored())
    dataset = dcmread(path)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.save_as(path)
    data = path.read_bytes()
    body_at = 144 + int.from_bytes(data[140:144], "little")
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = zlib.decompressobj(-15).decompress(data[body_at:]) + b"\x00\x00"
    packed = packer.compress(body) + b"".join(packer.compress(bytes(1 << 20)) for _ in range(64))
    path.write_bytes(data[:body_at] + packed + packer.flush())
    assert path.stat().st_size < 1 << 20
    with little_memory():
        with pytest.raises(InputError):
            read_series(path)
        with pytest.raises(InputError, match="unfolds to more"):
            read_structure_set(path)
        assert modality_of(path) == ""


def test_a_header_of_four_gigapixels_is_refused(tmp_path) -> None:
    write_series(tmp_path / "one", stored(), Rows=65535, Columns=65535)
    with little_memory(), pytest.raises(InputError, match=r"65535 x 65535 x 3 voxels"):
        read_series(tmp_path / "one")
    write_series(tmp_path / "two", stored(), Rows=8000, Columns=8000)
    with little_memory(), pytest.raises(InputError, match="fewer pixels than its header claims"):
        read_series(tmp_path / "two")


def test_a_small_run_length_file_of_giant_frames_is_refused(tmp_path) -> None:
    path = write_enhanced_ct(tmp_path / "e.dcm", stored(), [(0.0, 0.0, 2.0 * k) for k in range(3)])
    dataset = dcmread(path)
    dataset.compress(RLELossless, generate_instance_uid=False)
    dataset.Rows = dataset.Columns = 40_000
    dataset.save_as(path)
    with little_memory(), pytest.raises(InputError, match="more than any scan has"):
        read_series(tmp_path)


def _nifti(folder: Path, sizes: tuple[int, ...]) -> tuple[Path, bytes]:
    path = folder / "a.nii"
    sitk.WriteImage(sitk.GetImageFromArray(stored().astype(np.int16)), str(path))
    data = bytearray(path.read_bytes())
    struct.pack_into(f"<{len(sizes)}h", data, 42, *sizes)
    return path, bytes(data)


@pytest.mark.parametrize("sizes", [(30000, 30000, 30000), (1024, 1024, 900)])
@pytest.mark.parametrize("packed", [False, True])
def test_a_giant_nifti_is_refused(sizes, packed: bool, tmp_path) -> None:
    path, data = _nifti(tmp_path, sizes)
    if packed:
        path = path.with_suffix(".nii.gz")
        data = gzip.compress(data + bytes(1 << 20))
    path.write_bytes(data)
    with little_memory(), pytest.raises(InputError, match=r"claims .* values"):
        read_volume(path)


def _with_line(path: Path, old: bytes, new: bytes) -> Path:
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("a.nrrd", b"sizes: 5 4 3", b"sizes: 60000 60000 60000", "more than any scan"),
        ("a.nrrd", b"sizes: 5 4 3", b"sizes: 1000 1000 1000", "fewer"),
        ("a.nrrd", b"sizes: 5 4 3", b"sizes: -5 4 3", "names no size"),
        ("a.nrrd", b"type: short", b"type: block", "kind of values"),
        ("a.nrrd", b"endian:", b"data file: /etc/passwd\nendian:", "says so needlessly"),
        ("a.nhdr", b"data file: a.raw", b"data file: ../b.raw", "another folder"),
        ("a.nhdr", b"data file: a.raw", b"data file: /etc/passwd", "another folder"),
        ("a.nhdr", b"data file: a.raw", b"data file: %s%n.raw 1 9 1", "several files"),
        ("a.nhdr", b"data file: a.raw", b"data file: LIST", "several files"),
        ("a.nhdr", b"data file: a.raw", b"data file: b.raw", "is not beside it"),
        ("a.mha", b"DimSize = 5 4 3", b"DimSize = 60000 60000 60000", "more than any scan"),
        ("a.mha", b"DimSize = 5 4 3", b"DimSize = 1000 1000 900", "fewer"),
        ("a.mhd", b"ElementDataFile = a.raw", b"ElementDataFile = ../a.raw", "another folder"),
        ("a.mhd", b"ElementDataFile = a.raw", b"ElementDataFile = %d.raw 1 9 1", "several files"),
        ("a.mha", b"Offset = 0 0 0", b"Offset = 0 0 inf", "lies nowhere"),
    ],
)
def test_headers_that_claim_or_lead_elsewhere_are_refused(
    name: str, old: bytes, new: bytes, said: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    sitk.WriteImage(sitk.GetImageFromArray(stored().astype(np.int16)), str(path))
    assert read_volume(path).grid.size_ijk == (5, 4, 3)
    with little_memory(), pytest.raises(InputError, match=said):
        read_volume(_with_line(path, old, new))


def test_a_packed_file_that_claims_more_than_packing_can_hold_is_refused(tmp_path) -> None:
    path = tmp_path / "a.nrrd"
    image = sitk.GetImageFromArray(stored().astype(np.int16))
    sitk.WriteImage(image, str(path), useCompression=True)
    with little_memory(), pytest.raises(InputError, match="fewer"):
        read_volume(_with_line(path, b"sizes: 5 4 3", b"sizes: 900 900 900"))


def test_a_zip_is_no_case_whatever_lies_in_it(tmp_path) -> None:
    """Nothing is ever unpacked: a dropped zip is told from a folder, and refused."""
    import zipfile

    path = tmp_path / "case.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("../../evil.dcm", b"x")
    with pytest.raises(InputError, match="holds no DICOM images"):
        load_case(path, role_tables={})
    assert list(tmp_path.iterdir()) == [path]


needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")


@needs_pipes
@pytest.mark.parametrize(
    "read",
    [
        bytes_of,
        open_source,
        read_volume,
        read_label_map,
        read_structure_set,
        lambda path: load_case(path, role_tables={}),
    ],
)
@pytest.mark.parametrize("name", ["pipe", "pipe.nii", "case.toml"])
def test_a_pipe_is_not_waited_for(read: Callable[[Path], object], name: str, tmp_path) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(InputError):
        read(tmp_path / name)


@needs_pipes
def test_pipes_devices_and_loops_in_a_folder_are_passed_over(tmp_path) -> None:
    write_series(tmp_path / "ct", stored())
    os.mkfifo(tmp_path / "ct" / "pipe")
    (tmp_path / "ct" / "loop").symlink_to(tmp_path / "ct")
    (tmp_path / "ct" / "itself").symlink_to(tmp_path / "ct" / "itself")
    (tmp_path / "ct" / "zero").symlink_to("/dev/zero")
    assert read_series(tmp_path / "ct").grid.size_ijk == (5, 4, 3)
    text = 'schema_version = 1\n[case]\nplanning_ct = "/dev/zero"\n'
    (tmp_path / "case.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="planning_ct"):
        load_case(tmp_path, role_tables={})


def test_a_folder_with_more_files_than_a_study_is_refused_and_others_can_be_given_up(
    tmp_path, monkeypatch
) -> None:
    for number in range(400):
        (tmp_path / f"{number}").touch()
    assert list_series(tmp_path) == ()
    with pytest.raises(Cancelled):
        list_series(tmp_path, Progress(is_cancelled=lambda: True))
    monkeypatch.setattr(dicom_scan, "MOST_FILES", 300)
    with pytest.raises(InputError, match="more than 300 files"):
        list_series(tmp_path)


def test_a_text_that_is_larger_than_any_is_not_read(tmp_path) -> None:
    path = tmp_path / "plan.json"
    with path.open("wb") as file:
        file.truncate(100 << 20)  # takes no room on the disk
    with little_memory(), pytest.raises(InputError, match="at most 67 MB are read"):
        bytes_of(path)


def test_hostile_names_lose_what_only_machines_obey(tmp_path) -> None:
    def change(dataset: Dataset, _: int) -> None:
        dataset.SeriesDescription = "x" * 1_000_000
        dataset.PatientID = HOSTILE.replace("\\", "")
        dataset.SeriesInstanceUID = "../../etc"

    with odd_files_tolerated():
        write_series(tmp_path, stored(), change=change, PatientName="A^\x1b[31mB\u202eC")
    volume = read_series(tmp_path)
    said = (volume.patient.name, volume.patient.patient_id, volume.series.description)
    assert all(text.isprintable() for text in said)
    assert "\u202e" not in volume.patient.name
    assert len(volume.series.description) == 1024


def test_contours_with_hostile_names_are_named_plainly(tmp_path) -> None:
    ring = np.array([(1.0, 1.0, 0.0), (3.0, 1.0, 0.0), (3.0, 3.0, 0.0)])
    with odd_files_tolerated():
        path = write_contours(tmp_path / "r.dcm", {"GTV\x1b[2J\u202e": [ring]})
    assert read_structure_set(path).names == ("GTV[2J",)


@pytest.mark.parametrize("uid", ["../../x", "/etc/passwd", "a\0b", "..", ".", "", "CON", "1/2"])
def test_an_identifier_that_is_a_path_names_no_other_place(uid: str, tmp_path) -> None:
    name = safe_name(uid)
    assert (tmp_path / name).resolve().parent == tmp_path.resolve()
    arrival = Arrival(tmp_path / "in" / "series", most_images=3, most_bytes=1000)
    arrival.take(uid, (b"x",))
    kept = arrival.keep()
    assert [path.parent for path in kept.iterdir()] == [kept]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_plain_texts() -> None:
    assert plain("Müller^Ä 中文 שלום") == "Müller^Ä 中文 שלום"
    assert plain("a\x1b[31mb\x9bc\u202ed\ud800\te") == "a[31mbcd? e"
    assert plain("x" * 2000) == "x" * 1023 + "…"
    assert plain_lines("a\x07\r\nb\u2066") == "a\nb"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "'=1", "'", "plain", ""])
def test_a_cell_is_no_formula_and_reads_back(text: str) -> None:
    cell = table_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t"))
    assert text_of_cell(cell) == text
