"""A trajectory as another program's file names it: where it begins and what its end means."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from planning.geometry import Vec3
from planning.model.needle import Needle, Trajectory


class End(StrEnum):
    """What the end of a line means."""

    STOP = "stop"
    TIP = "tip"
    UNSAID = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPath:
    """A trajectory that was read.

    Parameters
    ----------
    end_lps_mm : Vec3
        Where the file's line ends.
    end : End
        What that is: where the hand stops, as Trephine hands targets over, or the deepest point
        of the tip; as that it counts too where the file does not say.
    """

    name: str
    entry_lps_mm: Vec3
    end_lps_mm: Vec3
    end: End = End.UNSAID

    def trajectory(self, needle: Needle) -> Trajectory:
        """Return the path of a needle: to the end, or as far beyond it as this needle goes."""
        line = Trajectory(self.entry_lps_mm, self.end_lps_mm)
        if self.end is not End.STOP:
            return line
        depth_mm = line.insertion_depth_mm + needle.stop_to_tip_mm
        return Trajectory(self.entry_lps_mm, line.at_depth_mm(depth_mm))
