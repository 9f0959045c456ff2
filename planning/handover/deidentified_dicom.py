"""Says in a DICOM file that it is de-identified, and leaves no date in it; changes nothing else."""

from __future__ import annotations

from io import BytesIO

from pydicom import dcmread
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

_METHOD = "Trephine: basic profile without options, pixels untouched"
_PROFILE = Code("113100", "DCM", "Basic Application Confidentiality Profile")
_NO_DATES = {"DA": "19000101", "DT": "19000101000000", "TM": "000000"}
_NOT_NEEDED = ("InstanceCreationDate", "InstanceCreationTime", "TimezoneOffsetFromUTC")


def marked_deidentified(data: bytes) -> bytes:
    """Return a file of DICOM with what the profile demands of a de-identified one.

    Every date and time that a writer has put in is one that stands for none, and Patient Identity
    Removed, the method and Longitudinal Temporal Information Modified are said.

    Source: PS3.15 E.1.1, E.3; PS3.3 C.7.1.1, C.12.1.
    """
    dataset = dcmread(BytesIO(data))
    for keyword in _NOT_NEEDED:
        if keyword in dataset:
            delattr(dataset, keyword)
    dataset.walk(_without_date)
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = _METHOD
    dataset.DeidentificationMethodCodeSequence = [_coded(_PROFILE)]
    dataset.LongitudinalTemporalInformationModified = "REMOVED"
    target = BytesIO()
    dataset.save_as(target, enforce_file_format=True)
    return target.getvalue()


def _without_date(_: Dataset, element: DataElement) -> None:
    if element.VR in _NO_DATES and element.value:
        element.value = _NO_DATES[element.VR]


def _coded(code: Code) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator = code.value, code.scheme_designator
    item.CodeMeaning = code.meaning
    return item
