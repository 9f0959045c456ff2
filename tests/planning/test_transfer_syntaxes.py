"""The same slices in every usual transfer syntax: the values are the truth's, or it is said.

Files of other writers are held against their truth in test_awkward_dicom.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import gdcm
import numpy as np
import pytest
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from planning.imaging.dicom_series import list_series, read_series
from planning.imaging.thumbnails import thumbnail_of
from tests.dicom_files import write_enhanced_ct, write_series

_HIGH_THROUGHPUT = base64.b64decode(
    "/0//UQApQAAAAAAQAAAADAAAAAAAAAAAAAAAEAAAAAwAAAAAAAAAAAABDwEB/1AACAACAAAACv9SAAwAAgABAAUEBE"
    "AB/1wAEyCIkJCQkJCQkJCQkJCQiIiI/2QAFwABT3BlbkpQSCBWZXIgMC4yNi4zLv+QAAoAAAAAAM4AAf+TwAAmv/YF"
    "B3QAAMAAEsAAEwD2AAd0AKz+Agd0AMAAEsAAEsAAEYAgqGKzADH+MjMAAOMAwAAVUAAFdAABVkgAAP5J9yU2lgDCgH"
    "BpONhAEIHudJWYACAKkpf+QWcz6bYAwAAtiAAF0cAALaDVBAgStgF0+ISk/kOVNCvkq4mukT197QARIwhQNi6LJFAG"
    "EAAxAmdAOWAAAAW2AAAJuhZUKvTym49SAZvmqEjkKKWmLFzTxSalOobbqn6u8h/7pF4A/9k="
)
"""`_slice(0, (12, 16))` by OpenJPH, reversible: nothing installed here writes this codec."""


def _slice(number: int, size_ji: tuple[int, int] = (36, 40)) -> np.ndarray:
    j, i = np.indices(size_ji)
    return (1000 + 40 * j + 3 * i + ((i * j) % 7) + 100 * number).astype(np.uint16)


def _stored(count: int = 4) -> np.ndarray:
    return np.stack([_slice(k) for k in range(count)])


def _implicit(path: Path) -> None:
    dataset = dcmread(path)
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.save_as(path, implicit_vr=True, little_endian=True)


def _big_endian(path: Path) -> None:
    dataset = dcmread(path)
    dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").byteswap().tobytes()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    list(dataset.iterall())  # every element is decoded before it is written the other way round
    swapped = Dataset(dict(dataset.items()))
    swapped.file_meta = dataset.file_meta
    dcmwrite(path, swapped, implicit_vr=False, little_endian=False)


def _deflated(path: Path) -> None:
    dataset = dcmread(path)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.save_as(path)


def _compressed(syntax: str, **options: object) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        dataset = dcmread(path)
        dataset.compress(syntax, generate_instance_uid=False, **options)
        dataset.save_as(path)

    return change


def _lossless_jpeg(kind: object) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        reader = gdcm.ImageReader()
        reader.SetFileName(str(path))
        assert reader.Read()
        changer = gdcm.ImageChangeTransferSyntax()
        changer.SetTransferSyntax(gdcm.TransferSyntax(kind))
        changer.SetInput(reader.GetImage())
        assert changer.Change()
        writer = gdcm.ImageWriter()
        writer.SetFileName(str(path))
        writer.SetFile(reader.GetFile())
        writer.SetImage(changer.GetOutput())
        assert writer.Write()

    return change


_SYNTAXES: dict[str, Callable[[Path], None]] = {
    "explicit little endian": lambda path: None,
    "implicit little endian": _implicit,
    "explicit big endian": _big_endian,
    "deflated": _deflated,
    "RLE": _compressed(RLELossless),
    "JPEG lossless, first selection": _lossless_jpeg(gdcm.TransferSyntax.JPEGLosslessProcess14_1),
    "JPEG lossless": _lossless_jpeg(gdcm.TransferSyntax.JPEGLosslessProcess14),
    "JPEG-LS": _compressed(JPEGLSLossless),
    "JPEG 2000": _compressed(JPEG2000Lossless),
}


@pytest.mark.parametrize("name", _SYNTAXES)
@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
def test_values_are_the_same_in_every_syntax(tmp_path, name, signed):
    stored = _stored()
    if signed:
        stored = (stored.astype(int) - 1200).astype(np.int16)  # both signs occur
    paths = write_series(tmp_path, stored, spacing_ij=(0.7, 0.9))
    plain = read_series(tmp_path)
    assert np.array_equal(plain.values, stored.astype(int) - 1024)
    for path in paths:
        _SYNTAXES[name](path)
    volume = read_series(tmp_path)
    assert np.array_equal(volume.values, plain.values)
    assert volume.grid == plain.grid
    assert volume.patient == plain.patient
    assert volume.notes == plain.notes
    (summary,) = list_series(tmp_path)
    assert summary.middle is not None
    assert thumbnail_of(summary.middle, "CT").problem == ""


def test_high_throughput_jpeg_2000_is_read(tmp_path):
    paths = write_series(tmp_path, np.stack([_slice(0, (12, 16))] * 3))
    for path in paths:
        dataset = dcmread(path)
        dataset.PixelData = encapsulate([_HIGH_THROUGHPUT])
        dataset["PixelData"].VR = "OB"
        dataset.file_meta.TransferSyntaxUID = HTJ2KLossless
        dataset.save_as(path)
    volume = read_series(tmp_path)
    assert np.array_equal(volume.values, np.stack([_slice(0, (12, 16)).astype(int) - 1024] * 3))


def test_compression_with_loss_is_near_the_truth_and_said(tmp_path):
    for path in write_series(tmp_path, _stored(), LossyImageCompression="01"):
        _compressed(JPEGLSNearLossless, jls_error=3)(path)
    volume = read_series(tmp_path)
    assert np.abs(volume.values - (_stored().astype(int) - 1024)).max() <= 3
    assert "compressed with loss" in " ".join(volume.notes)


def _transcoded(dataset: Dataset, syntax: str) -> None:
    if syntax == ImplicitVRLittleEndian:
        dataset.file_meta.TransferSyntaxUID = syntax
    elif syntax != ExplicitVRLittleEndian:
        dataset.compress(syntax, generate_instance_uid=False)


@pytest.mark.parametrize(
    "syntax",
    [
        ExplicitVRLittleEndian,
        ImplicitVRLittleEndian,
        RLELossless,
        JPEGLSLossless,
        JPEG2000Lossless,
    ],
)
def test_frames_of_one_file_are_the_same_in_every_syntax(tmp_path, syntax):
    stored = _stored()
    positions = [(1.0, 2.0, 30.0 - 3.0 * k) for k in range(4)]
    path = write_enhanced_ct(tmp_path / "enhanced.dcm", stored, positions)
    plain = read_series(path)
    dataset = dcmread(path)
    _transcoded(dataset, syntax)
    dataset.save_as(path, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=True)
    volume = read_series(path)
    slopes = np.arange(1, 5)[:, None, None]  # each frame scales its own way
    assert np.array_equal(volume.values, (stored.astype(int) * slopes - 1000)[::-1])
    assert volume.grid == plain.grid
