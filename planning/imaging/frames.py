"""When two images may meet: the frame of reference rule; moves nothing and resamples nothing."""

from __future__ import annotations

from planning.errors import FrameError
from planning.image import Volume


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
