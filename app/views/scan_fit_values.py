"""What a panel that fits a further scan to the planning CT is given to show; no arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.views.parts import Tone
from app.views.values import Choice


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ComparedPicture:
    """One plane with both scans in it.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (n, n, 3)
    letters : tuple of str
        The patient's sides at the left, right, top and bottom edge.
    """

    name: str
    rgb: NDArray[np.uint8]
    letters: tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFitWords:
    """What a panel calls its scan and what it does with it; the same for all cases.

    Parameters
    ----------
    title : str
        Heading of the panel.
    folder_tip, file_tip, discard_tip, keep : str
        Tool tips, and what the button says that leaves both scans where they lie.
    """

    title: str
    folder_tip: str
    file_tip: str
    discard_tip: str
    keep: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFitText:
    """Everything such a panel says besides its pictures.

    Parameters
    ----------
    hint : str
        What to do next.
    scan : str
        Which scan was read, in words; empty before one was.
    series : tuple of Choice
        To choose from where a folder holds several.
    other_patient : str
        In what the two images name different patients; empty where they do not.
    patient_confirmed : bool
        The user said that it is the same patient all the same.
    residual : str
        Distance between bone surfaces, ``0.4 mm``; empty before a registration.
    verdict, tone
        What that means, in a sentence, and its colour.
    facts : tuple of str
        More about the registration, a line each.
    cannot_open, cannot_register, cannot_keep, cannot_discard : str
        Why a button cannot be pressed; empty where it can.
    """

    hint: str = ""
    scan: str = ""
    series: tuple[Choice, ...] = ()
    current_series: str = ""
    other_patient: str = ""
    patient_confirmed: bool = False
    residual: str = ""
    verdict: str = ""
    tone: Tone = "text"
    facts: tuple[str, ...] = ()
    cannot_open: str = ""
    cannot_register: str = ""
    cannot_keep: str = ""
    cannot_discard: str = ""
