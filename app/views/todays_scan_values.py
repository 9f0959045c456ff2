"""What the panel of today's scan is given to show; no widgets, no arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from app.views.scan_fit_values import ScanFitText


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleRow:
    """A mask that moved along and that nobody has checked yet; `key` is its `mask_id`."""

    key: str
    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TodaysScanText(ScanFitText):
    """Everything the panel says besides its pictures.

    Parameters
    ----------
    ask_position : bool
        The scan does not say how the patient lay.
    position : str
        Key of what was answered.
    cannot_carry, cannot_return : str
        Why a button cannot be pressed; empty where it can.
    """

    ask_position: bool = False
    position: str = ""
    cannot_carry: str = ""
    cannot_return: str = ""
