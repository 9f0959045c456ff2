"""Pictures and reports as DICOM: the same pixels and bytes back, truthful, and free of errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from planning.errors import InputError
from planning.handover.dicom_burned_ct import plan_to_burned_ct
from planning.handover.dicom_capture import picture_to_capture
from planning.handover.dicom_object import DESCRIPTION
from planning.handover.dicom_pdf import pdf_to_dicom
from planning.handover.dicom_seg import plan_to_seg
from planning.handover.dicom_source import source_slices
from planning.image import Patient
from tests.dicom_handover import KINDS, MADE_AT, errors_found, run, scene

_PICTURE = np.random.default_rng(3).integers(0, 256, (31, 41, 3)).astype(np.uint8)
_PDF = b"%PDF-1.4\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\nx"  # an odd number of bytes


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_comes_back_pixel_for_pixel(kind, tmp_path):
    s = scene(**KINDS[kind])
    slices, path = source_slices(s.ct), tmp_path / "picture.dcm"
    picture_to_capture(
        s.plan,
        slices,
        _PICTURE,
        "In line with c1, ä",
        MADE_AT,
        shows_identity=False,
        number=3,
        shown=slices[4:6],
    ).save_as(path, enforce_file_format=True)
    assert errors_found(path) == []
    found = pydicom.dcmread(path)
    assert np.array_equal(found.pixel_array, _PICTURE)
    assert np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(path)))[0], _PICTURE)
    run("dcmj2pnm", "+op", str(path), str(tmp_path / "picture.ppm"))
    by_dcmtk = (tmp_path / "picture.ppm").read_bytes()
    assert by_dcmtk.endswith(_PICTURE.tobytes())
    assert (found.SeriesDescription, found.InstanceNumber) == (DESCRIPTION, 3)
    assert found.BurnedInAnnotation == "NO"
    assert found.ImageType[:2] == ["DERIVED", "SECONDARY"]
    assert found.ImageComments.startswith("In line with c1, ä. Trephine")
    sources = [item.ReferencedSOPInstanceUID for item in found.SourceImageSequence]
    assert sources == [item.SOPInstanceUID for item in slices[4:6]]
    assert found.StudyInstanceUID == slices[0].StudyInstanceUID
    assert str(found.PatientName) == "Muster^Jürgen"


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_comes_back_byte_for_byte(kind, tmp_path):
    s = scene(**KINDS[kind])
    slices, path = source_slices(s.ct), tmp_path / "report.dcm"
    pdf_to_dicom(
        s.plan, slices, _PDF, "Bericht für den CT-Raum", MADE_AT, shows_identity=True
    ).save_as(path, enforce_file_format=True)
    assert errors_found(path) == []
    found = pydicom.dcmread(path)
    assert found.EncapsulatedDocument[: found.EncapsulatedDocumentLength] == _PDF
    run("dcm2pdf", str(path), str(tmp_path / "back.pdf"))
    assert (tmp_path / "back.pdf").read_bytes().rstrip(b"\0") == _PDF
    assert found.DocumentTitle == "Bericht für den CT-Raum"
    assert found.BurnedInAnnotation == "YES"
    assert found.SeriesDescription == DESCRIPTION
    assert len(found.SourceInstanceSequence) == len(slices)


def test_another_patient_leaves_nothing_of_the_first_one(tmp_path):
    s = scene()
    slices = source_slices(s.ct, Patient(name="Case 7", patient_id="A7"))
    written = (
        picture_to_capture(s.plan, slices, _PICTURE, "x", MADE_AT, shows_identity=False),
        pdf_to_dicom(s.plan, slices, _PDF, "x", MADE_AT, shows_identity=False),
    )
    own = source_slices(s.ct)
    identified = picture_to_capture(s.plan, own, _PICTURE, "x", MADE_AT, shows_identity=False)
    assert written[0].SOPInstanceUID != identified.SOPInstanceUID
    for number, dataset in enumerate(written):
        path: Path = tmp_path / f"{number}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        raw = path.read_bytes()
        for word in ("Jürgen", "Muster", "19600203"):
            assert word.encode() not in raw


def test_what_is_no_picture_or_no_pdf_is_refused():
    s = scene()
    slices = source_slices(s.ct)
    with pytest.raises(InputError, match='"Axial" is an array of float64'):
        picture_to_capture(
            s.plan, slices, np.zeros((4, 4, 3)), "Axial", MADE_AT, shows_identity=False
        )
    with pytest.raises(InputError, match="is no PDF"):
        pdf_to_dicom(s.plan, slices, b"<html>", "Report", MADE_AT, shows_identity=False)


def test_changing_an_object_changes_no_other():
    s = scene()
    slices = source_slices(s.ct)
    first = pdf_to_dicom(s.plan, slices, _PDF, "x", MADE_AT, shows_identity=False)
    first.PatientName = "Somebody^Else"
    image = next(plan_to_burned_ct(s.plan, slices, s.plan.candidates, s.ct, MADE_AT))
    image.FrameOfReferenceUID = "1.2.3"
    again = next(plan_to_burned_ct(s.plan, slices, s.plan.candidates, s.ct, MADE_AT))
    assert str(again.PatientName) == "Muster^Jürgen"
    assert again.FrameOfReferenceUID == slices[0].FrameOfReferenceUID != "1.2.3"
    plan_to_seg(s.plan, slices, s.regions, s.ct.grid, MADE_AT)
    assert slices[0].SOPClassUID == slices[1].SOPClassUID
