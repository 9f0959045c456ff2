"""What the list of series is handed: plain values, in words where a person reads them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray


class SeriesUse(Enum):
    """What can be done with a series."""

    OPEN = "open"
    LAY_OVER = "lay_over"
    ADD_MASKS = "add_masks"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRow:
    """One series of a folder.

    Parameters
    ----------
    key : str
        Names it among the series of its folder.
    title, patient, facts : str
        Its number and description; whom it shows; modality, date, size and spacing.
    modality : str
        Stands in the place of the picture where there is none.
    problem : str
        What is wrong with it; empty when it can be used.
    notes : str
        What to know about one that can be used.
    use : SeriesUse
        What can be done with it.
    blocked : str
        Why that cannot be done now, though nothing is wrong with it; empty if it can.
    """

    key: str
    title: str
    patient: str = ""
    facts: str = ""
    modality: str = ""
    problem: str = ""
    notes: str = ""
    use: SeriesUse = SeriesUse.OPEN
    blocked: str = ""
    suggested: bool = False
    has_picture: bool = True

    @property
    def reason(self) -> str:
        """Why its button is dim; empty if it is not."""
        return self.problem or self.blocked


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeriesPicture:
    """What a series looks like.

    Parameters
    ----------
    grey : ndarray of uint8, shape (rows, columns)
        Empty where there is no picture.
    height_to_width : float
        Of the picture; its pixels need not be square.
    problem : str
        Why there is none.
    """

    grey: NDArray[np.uint8]
    height_to_width: float = 1.0
    problem: str = ""
