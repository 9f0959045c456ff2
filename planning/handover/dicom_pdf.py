"""A report of a plan as DICOM Encapsulated PDF, for archives; writes no report itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from pydicom.dataset import Dataset

from planning.errors import InputError
from planning.handover.dicom_object import (
    ObjectKind,
    long_text,
    new_object,
    one_of_each_file,
    references,
)
from planning.model.plan import PlanResult

_FIRST_BYTES = b"%PDF-"


def pdf_to_dicom(
    plan: PlanResult,
    slices: Sequence[Dataset],
    pdf: bytes,
    title: str,
    made_at: datetime,
    *,
    shows_identity: bool,
    number: int = 1,
) -> Dataset:
    """Return a PDF file as a document of the patient the slices are of.

    Parameters
    ----------
    slices : sequence of Dataset
        Of the CT, as `dicom_source.source_slices` returns them.
    title : str
        Of the document (0042,0010).
    shows_identity : bool
        Whether name, number or birth date of the patient can be read in it (0028,0301).
    number : int
        Its number among the documents of the plan.

    Raises
    ------
    InputError
        If the bytes are no PDF.
    """
    if not pdf.startswith(_FIRST_BYTES):
        message = f'The document "{title}" is no PDF; make it again.'
        raise InputError(message)
    of = (title, str(number), sha256(pdf).hexdigest())
    dataset = new_object(ObjectKind.PDF, plan, slices, made_at, *of, number=number)
    dataset.ConversionType = "WSD"  # made by a workstation
    dataset.AcquisitionDateTime = made_at.strftime("%Y%m%d%H%M%S")
    dataset.BurnedInAnnotation = "YES" if shows_identity else "NO"
    dataset.SourceInstanceSequence = references(one_of_each_file(slices))
    dataset.DocumentTitle = long_text(title)
    dataset.ConceptNameCodeSequence = []
    dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    dataset.EncapsulatedDocumentLength = len(pdf)
    dataset.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    return dataset
