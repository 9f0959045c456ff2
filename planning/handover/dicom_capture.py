"""Pictures of a plan as DICOM Secondary Capture, for archives and screens; draws no picture."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from planning.errors import InputError
from planning.handover.dicom_object import (
    ObjectKind,
    long_text,
    new_object,
    one_of_each_file,
    references,
)
from planning.handover.notice import notice_of
from planning.model.plan import PlanResult

_COLOURS = 3


def picture_to_capture(
    plan: PlanResult,
    slices: Sequence[Dataset],
    picture: NDArray[np.uint8],
    title: str,
    made_at: datetime,
    *,
    shows_identity: bool,
    number: int = 1,
    shown: Sequence[Dataset] = (),
) -> Dataset:
    """Return one picture as an image of the patient the slices are of.

    Parameters
    ----------
    slices : sequence of Dataset
        Of the CT, as `dicom_source.source_slices` returns them.
    picture : ndarray of uint8, shape (rows, columns, 3)
        Red, green, blue; the upper left corner first.
    title : str
        What it shows, in words.
    shows_identity : bool
        Whether name, number or birth date of the patient can be read in it (0028,0301).
    number : int
        Its number among the pictures of the plan.
    shown : sequence of Dataset
        Those of the slices that it was made from; all of them if none is named.

    Raises
    ------
    InputError
        If the array is no colour picture.
    """
    if picture.dtype != np.uint8 or picture.ndim != _COLOURS or picture.shape[2] != _COLOURS:
        message = (
            f'The picture "{title}" is an array of {picture.dtype} and shape {picture.shape}; give '
            "one of 8 bits with red, green and blue for each pixel."
        )
        raise InputError(message)
    pixels = np.ascontiguousarray(picture).tobytes()
    of = (title, str(number), sha256(pixels).hexdigest())
    dataset = new_object(ObjectKind.CAPTURE, plan, slices, made_at, *of, number=number)
    dataset.ConversionType = "WSD"  # made by a workstation
    dataset.ImageType = ["DERIVED", "SECONDARY"]
    dataset.Laterality = ""
    dataset.PatientOrientation = ""  # several views may be in one picture
    dataset.ImageComments = long_text(f"{title}. {notice_of(plan)}")
    dataset.DerivationDescription = long_text(title)
    dataset.SourceImageSequence = references(shown or one_of_each_file(slices))
    dataset.BurnedInAnnotation = "YES" if shows_identity else "NO"
    dataset.SamplesPerPixel = _COLOURS
    dataset.PhotometricInterpretation = "RGB"
    dataset.PlanarConfiguration = 0
    dataset.Rows, dataset.Columns = picture.shape[:2]
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelRepresentation = 0
    dataset.PixelData = pixels + b"\0" * (len(pixels) % 2)
    return dataset
