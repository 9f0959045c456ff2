"""When two images may meet: the frame of reference rule; moves nothing and resamples nothing."""

from __future__ import annotations

from dataclasses import dataclass

from planning.errors import FrameError
from planning.image import Volume

REGISTER_FIRST = 'Register the two images first and give the "transform" in its [[image]].'
"""What to do about a second image whose place is not to be trusted."""


def frame_note(frame_of_reference_uid: str, ct: Volume, what: str) -> str:
    """Check that something lies in the planning CT's frame; return what the user has to know.

    Same UID: same frame, nothing to say. A missing UID (either side) is accepted and said; that
    the boxes overlap is checked where voxels meet. The UID alone does not tell whether the
    patient moved: two series of one UID in different patient positions have to be compared by
    the caller, who knows the positions.

    Raises
    ------
    FrameError
        If both carry a UID and the two differ.
    """
    here, there = frame_of_reference_uid, ct.frame_of_reference_uid
    if here and there and here != there:
        message = (
            f"{what} lies in another frame of reference ({here}) than the planning CT ({there}). "
            "Register the two images first, or give a mask that was made on this CT."
        )
        raise FrameError(message)
    if here and there:
        return ""
    silent = (
        "neither it nor the planning CT names"
        if not (here or there)
        else ("the planning CT does not name" if here else "it does not name")
    )
    return f"{what}: frame not verifiable, {silent} a frame of reference; positions are trusted."


def origin_note(series_uids: tuple[str, ...], ct: Volume, what: str) -> str:
    """Tell when something that names the series it was drawn on was drawn on another than the CT.

    A shared frame of reference does not tell whether the patient lay in the same way there.
    """
    here = ct.series.series_uid
    if not here or not series_uids or here in series_uids:
        return ""
    return (
        f"{what} was drawn on another series of the same frame of reference; whether the patient "
        "lay in the same way there cannot be seen."
    )


@dataclass(frozen=True, slots=True)
class FrameTrust:
    """Whether a second image may be laid over the planning CT as it is.

    Parameters
    ----------
    note : str
        What speaks for it, as the end of a sentence; empty if nothing does.
    problem : str
        Why it may not, and what to do; empty if it may.
    """

    note: str = ""
    problem: str = ""


def frame_trust(second: Volume, ct: Volume) -> FrameTrust:
    """Judge by their headers whether two images of one patient lie in one frame.

    A shared Frame of Reference UID (0020,0052) is not enough: archives and fusion programs give it
    to examinations between which the patient got up and lay down otherwise. The Patient Position
    codes (0018,5100) must not differ either. Where a UID is missing nothing can be verified.
    Whether the two boxes overlap, and whether the pictures agree, is looked at elsewhere.
    """
    here, there = second.frame_of_reference_uid, ct.frame_of_reference_uid
    if here and there and here != there:
        problem = (
            f"it lies in another frame of reference ({here}) than the planning CT ({there}). "
            f"{REGISTER_FIRST}"
        )
        return FrameTrust(problem=problem)
    lies, lay = second.series.position_code, ct.series.position_code
    if lies and lay and lies != lay:
        shared = "share a frame of reference UID but " if here and there else ""
        problem = (
            f"it and the planning CT {shared}were made in different patient positions ({lies} and "
            f"{lay}), so the patient moved in between. {REGISTER_FIRST}"
        )
        return FrameTrust(problem=problem)
    if not (here and there):
        return FrameTrust(note="frame not verifiable, positions are trusted")
    if not (lies and lay):
        return FrameTrust(note="same frame of reference, patient position not stated")
    return FrameTrust(note=f"same frame of reference and patient position ({lies})")
