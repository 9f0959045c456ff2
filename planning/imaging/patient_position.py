"""How the patient lay, from what DICOM calls it; knows no images."""

from __future__ import annotations

from planning.model.case import Position

_POSITION_OF_CODE = {
    "P": Position.PRONE,
    "S": Position.SUPINE,
    "DL": Position.LEFT_DECUBITUS,
    "DR": Position.RIGHT_DECUBITUS,
}


def position_of_code(position_code: str) -> Position | None:
    """Return how the patient lay, from Patient Position (0018,5100); None where it says nothing.

    Head or feet first does not matter here: LPS coordinates already follow the patient.
    """
    return _POSITION_OF_CODE.get(position_code.strip().upper()[2:])
