"""What a slice view draws over its picture, as the user wishes; draws nothing itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlays:
    """What a slice view draws over its picture.

    Parameters
    ----------
    labels : bool
        Names beside needles, and of the structures under the pointer.
    ghosts : bool
        Trajectories that are neither selected nor cores of the set.
    envelope : bool
        Where 95 % of the needles run.
    fills : bool
        Masks filled; otherwise only outlined.
    """

    labels: bool = True
    ghosts: bool = True
    envelope: bool = True
    fills: bool = True
