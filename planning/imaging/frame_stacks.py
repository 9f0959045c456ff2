"""How many frames a file holds, and which stack and moment each belongs to; places no frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pydicom.dataset import Dataset

from planning.imaging.dicom_values import integer_of, text_of
from planning.limits import MOST_FRAMES


def frames_of(dataset: Dataset, path: Path) -> int:
    """Return how many frames a file holds.

    Raises
    ------
    ValueError
        If it cannot hold so many: each takes some room.
    """
    frames = integer_of(dataset, "NumberOfFrames") or 1
    if not 1 <= frames <= min(MOST_FRAMES, path.stat().st_size):
        raise ValueError(f"it cannot hold {frames} frames")
    return frames


def stacks_of(sources: Sequence[Sequence[Dataset]]) -> list[str]:
    """Return the stack and moment of each frame; all empty if there is only one.

    Stacks of one frame each are no stacks: what such a file holds is left together.
    """
    named = [
        tuple(
            next((text for source in frame if (text := text_of(source, keyword))), "")
            for keyword in ("StackID", "TemporalPositionIndex")
        )
        for frame in sources
    ]
    counts = Counter(named)
    if len(counts) < 2 or min(counts.values()) < 2:
        return [""] * len(named)
    differs = [len({name[part] for name in counts}) > 1 for part in (0, 1)]
    words = ("stack", "moment")
    return [
        ", ".join(f"{words[part]} {name[part]}" for part in (0, 1) if differs[part])
        for name in named
    ]
