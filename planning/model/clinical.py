"""What people know of a biopsy that no image says, for its reports; free text, judges nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinical:
    """Why a biopsy is made and how; every field is empty where nobody said it.

    Parameters
    ----------
    question : str
        What the biopsy has to answer.
    hypothesis : str
        What the lesion is thought to be.
    level : str
        Of the spine or the limb, as it is confirmed in the time-out.
    breath_phase : str
        In which the needle is placed, as in the planning CT or otherwise.
    incision : str
        Where the surgeon's incision will run.
    """

    question: str = ""
    hypothesis: str = ""
    level: str = ""
    breath_phase: str = ""
    incision: str = ""
