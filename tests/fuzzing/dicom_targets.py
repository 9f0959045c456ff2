"""The DICOM family: series, multi-frame, compressed pixels, SEG, RTSTRUCT, PET; judges nothing."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import gdcm
import highdicom as hd
import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sr.codedict import codes
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from planning.geometry import Grid
from planning.image import Series, Volume
from planning.imaging.dicom_series import list_folder, read_with_slices
from planning.imaging.second_image import read_second
from planning.imaging.thumbnails import thumbnail_of
from planning.records.file_masks import mask_file, placed_regions
from planning.records.mask_sources import open_source
from tests.dicom_files import (
    FRAME_UID,
    SERIES_UID,
    ct_slice,
    write_contours,
    write_enhanced_ct,
    write_series,
)
from tests.fuzzing.dicom_mutator import dicom_mutated
from tests.fuzzing.mutators import PART, parts_mutated
from tests.fuzzing.target import Target

_MOST_FILES = 12
_SIZE_JI = (12, 10)
_COMPRESSED_JI = (36, 40)  # JPEG 2000 wants some room for its levels


def _stored(count: int = 3, size_ji: tuple[int, int] = _SIZE_JI) -> np.ndarray:
    k, j, i = np.indices((count, *size_ji))
    return (1000 + 40 * j + 3 * i + (i * j) % 7 + 100 * k).astype(np.uint16)


@cache
def planning_ct() -> Volume:
    """A small CT in the frame of reference of all seeds."""
    return Volume(
        grid=Grid(size_ijk=(10, 12, 4), spacing_mm=(1.0, 1.0, 2.0), origin_lps_mm=(0.0, 0.0, 0.0)),
        values=np.zeros((4, 12, 10), dtype=np.int16),
        frame_of_reference_uid=FRAME_UID,
        series=Series(series_uid=SERIES_UID, modality="CT"),
    )


def _put(data: bytes, folder: Path) -> None:
    for number, part in enumerate(data.split(PART)[:_MOST_FILES]):
        (folder / f"IM{number:02d}").write_bytes(part)


def _read_series(data: bytes, folder: Path) -> None:
    _put(data, folder)
    found, _ = list_folder(folder)
    for one in found:
        _ = (one.failure, one.problems, one.kind, one.order)
        if one.middle is not None:
            thumbnail_of(one.middle, one.series.modality)
    key = next((one.key for one in found if not one.problem), "")
    read_with_slices(folder, series_uid=key, modality="" if key else "CT")


def _read_pet(data: bytes, folder: Path) -> None:
    _put(data, folder)
    read_second(folder, "pet")


def _read_masks(data: bytes, folder: Path) -> None:
    path = folder / "masks.dcm"
    path.write_bytes(data)
    found = mask_file(path)
    if found is None:
        open_source(path)
    else:
        placed_regions(found, found.regions, planning_ct())


def _joined(paths: list[Path]) -> bytes:
    return PART.join(path.read_bytes() for path in paths)


def _plain_seeds(folder: Path) -> tuple[bytes, ...]:
    plain = write_series(folder / "a", _stored())
    padded = write_series(
        folder / "b",
        (_stored().astype(int) - 1200).astype(np.int16),
        PixelPaddingValue=-1000,
        RescaleSlope="0.5",
        SeriesInstanceUID=None,
    )
    return _joined(plain), _joined(padded)


def _multi_frame_seeds(folder: Path) -> tuple[bytes, ...]:
    places = [(0.0, 0.0, 2.0 * k) for k in range(3)]
    plain = write_enhanced_ct(folder / "e.dcm", _stored(), places)
    dataset = dcmread(plain)
    dataset.compress(RLELossless, generate_instance_uid=False)
    dataset.save_as(folder / "rle.dcm")
    return plain.read_bytes(), (folder / "rle.dcm").read_bytes()


def _lossless_jpeg(path: Path) -> None:
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    assert reader.Read()
    changer = gdcm.ImageChangeTransferSyntax()
    changer.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
    changer.SetInput(reader.GetImage())
    assert changer.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(path))
    writer.SetFile(reader.GetFile())
    writer.SetImage(changer.GetOutput())
    assert writer.Write()


def _compressed_seeds(folder: Path) -> tuple[bytes, ...]:
    found = []
    for syntax in (RLELossless, JPEGLSLossless, JPEG2000Lossless):
        paths = write_series(folder / syntax, _stored(3, _COMPRESSED_JI))
        for path in paths:
            dataset = dcmread(path)
            dataset.compress(syntax, generate_instance_uid=False)
            dataset.save_as(path)
        found.append(_joined(paths))
    paths = write_series(folder / "jpeg", _stored())
    for path in paths:
        _lossless_jpeg(path)
    found.append(_joined(paths))
    for syntax in (DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian):
        paths = write_series(folder / syntax, _stored())
        for path in paths:
            dataset = dcmread(path)
            dataset.file_meta.TransferSyntaxUID = syntax
            dataset.save_as(path, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=True)
        found.append(_joined(paths))
    return (*found, _joined(_baseline_jpeg(folder / "baseline")))


def _baseline_jpeg(folder: Path) -> list[Path]:
    """Two slices of 8-bit JPEG, which Qt writes."""
    from PySide6.QtCore import QBuffer, QIODevice
    from PySide6.QtGui import QImage

    paths = write_series(folder, _stored())
    for path in paths:
        image = QImage(_SIZE_JI[1], _SIZE_JI[0], QImage.Format.Format_Grayscale8)
        image.fill(90)
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        image.save(buffer, "JPG")
        dataset = dcmread(path)
        dataset.BitsAllocated = dataset.BitsStored = 8
        dataset.HighBit = 7
        dataset.PixelData = encapsulate([bytes(buffer.data().data())])
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.50"
        dataset.save_as(path)
    return paths


def _segmentation(kind: str) -> hd.seg.Segmentation:
    slices = [_ct(k) for k in range(4)]
    inside = np.zeros((4, *_SIZE_JI), dtype=np.uint8)
    inside[1:3, 3:7, 2:6] = 1
    inside[2, 8:10, 2:9] = 1 if kind != "LABELMAP" else 2
    numbers = (1, 2) if kind == "LABELMAP" else (1,)
    described = [
        hd.seg.SegmentDescription(
            segment_number=number,
            segment_label=f"lesion {number}",
            segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
            segmented_property_type=codes.SCT.Neoplasm,
            algorithm_type=hd.seg.SegmentAlgorithmTypeValues.MANUAL,
        )
        for number in numbers
    ]
    made = hd.seg.Segmentation(
        source_images=slices,
        pixel_array=inside * 0.7 if kind == "FRACTIONAL" else inside,
        segmentation_type=kind,
        segment_descriptions=described,
        series_instance_uid="1.2.3.4",
        series_number=9,
        sop_instance_uid="1.2.3.5",
        instance_number=1,
        manufacturer="Trephine",
        manufacturer_model_name="test",
        software_versions="1",
        device_serial_number="1",
    )
    assert isinstance(made, hd.seg.Segmentation)
    return made


def _ct(k: int) -> Dataset:
    made = ct_slice(_stored(4)[k], (0.0, 0.0, 2.0 * k))
    made.SOPInstanceUID = f"1.2.826.0.1.3680043.8.498.9.{k + 1}"
    made.StudyID = made.AccessionNumber = ""
    made.StudyDate = made.StudyTime = made.ReferringPhysicianName = ""
    made.file_meta = _meta(made)
    return made


def _meta(made: Dataset) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = made.SOPClassUID
    meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    return meta


def _seg_seeds(folder: Path) -> tuple[bytes, ...]:
    found = []
    for kind in ("BINARY", "FRACTIONAL", "LABELMAP"):
        _segmentation(kind).save_as(folder / f"{kind}.dcm")
        found.append((folder / f"{kind}.dcm").read_bytes())
    return tuple(found)


def _contour_seeds(folder: Path) -> tuple[bytes, ...]:
    square = np.array([(2.0, 2.0), (7.0, 2.0), (7.0, 8.5), (2.0, 8.0)])
    slices = [np.column_stack([square, np.full(4, 2.0 * k)]) for k in range(3)]
    hole = np.column_stack([square * 0.3 + 2.5, np.full(4, 2.0)])
    plain = write_contours(folder / "a.dcm", {"GTV": [*slices, hole], "skin": slices[:1]})
    exclusive = write_contours(folder / "b.dcm", {"GTV": [*slices, hole]}, kind="CLOSEDPLANAR_XOR")
    return plain.read_bytes(), exclusive.read_bytes()


def _pet_seeds(folder: Path) -> tuple[bytes, ...]:
    def change(dataset: Dataset, _: int) -> None:
        dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.128"
        isotope = Dataset()
        isotope.RadiopharmaceuticalStartTime = "120000.00"
        isotope.RadionuclideTotalDose = "350000000"
        isotope.RadionuclideHalfLife = "6586.2"
        dataset.RadiopharmaceuticalInformationSequence = [isotope]

    paths = write_series(
        folder,
        _stored(),
        change=change,
        Modality="PT",
        Units="BQML",
        DecayCorrection="START",
        CorrectedImage=["ATTN", "DECY"],
        PatientWeight="72.5",
        AcquisitionDate="20240229",
        AcquisitionTime="130000",
        RescaleSlope="1.25",
        RescaleIntercept="0",
    )
    return (_joined(paths),)


_FILES = parts_mutated(dicom_mutated)
TARGETS = (
    Target(name="series", family="dicom", read=_read_series, seeds=_plain_seeds, mutate=_FILES),
    Target(
        name="multi_frame",
        family="dicom",
        read=_read_series,
        seeds=_multi_frame_seeds,
        mutate=_FILES,
    ),
    Target(
        name="compressed", family="dicom", read=_read_series, seeds=_compressed_seeds, mutate=_FILES
    ),
    Target(name="seg", family="dicom", read=_read_masks, seeds=_seg_seeds, mutate=dicom_mutated),
    Target(
        name="rtstruct",
        family="dicom",
        read=_read_masks,
        seeds=_contour_seeds,
        mutate=dicom_mutated,
    ),
    Target(name="pet", family="dicom", read=_read_pet, seeds=_pet_seeds, mutate=_FILES),
)
