"""What lies along one needle, sampled every tenth of a millimetre; judges nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.tissue import Tissue
from planning.geometry import Float64Array
from planning.model.needle import Trajectory

_STEP_MM = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """Tissue at the middle of many short pieces of the needle's axis, from the skin inward.

    Parameters
    ----------
    depth_mm : ndarray, shape (n,)
        Of each piece's middle, from the entry.
    step_mm, specimen_mm : float
        Length of a piece, and of the specimen.
    bits, habitat : ndarray of uint8, shape (n,)
        See `planning.anatomy.tissue.TissueMap`.
    in_specimen : ndarray of bool, shape (n,)
    """

    points_lps_mm: Float64Array
    depth_mm: Float64Array
    step_mm: float
    specimen_mm: float
    bits: NDArray[np.uint8]
    habitat: NDArray[np.uint8]
    in_specimen: NDArray[np.bool_]

    def length_mm(self, tissue: Tissue) -> float:
        """Return the length inside a tissue."""
        return float(np.count_nonzero(self.bits & tissue)) * self.step_mm

    def first_depth_mm(self, tissue: Tissue) -> float:
        """Return the depth at which a tissue is first met; NaN if it never is."""
        hits = np.flatnonzero(self.bits & tissue)
        if hits.size == 0:
            return float("nan")
        return float(max(0.0, self.depth_mm[hits[0]] - self.step_mm / 2.0))

    def outside_after_entry_mm(self) -> float:
        """Return the length outside the body after the body was first entered."""
        inside = (self.bits & Tissue.BODY) > 0
        if not inside.any():
            return float(len(inside)) * self.step_mm
        return float(np.count_nonzero(~inside[int(np.argmax(inside)) :])) * self.step_mm

    @property
    def specimen(self) -> Samples:
        """The samples inside the specimen alone."""
        keep = self.in_specimen
        count = int(np.count_nonzero(keep))
        # The pieces at both ends are cut by the specimen's ends: all together are its length.
        step_mm = self.specimen_mm / count if count else self.step_mm
        return Samples(
            points_lps_mm=self.points_lps_mm[keep],
            depth_mm=self.depth_mm[keep],
            step_mm=step_mm,
            specimen_mm=self.specimen_mm,
            bits=self.bits[keep],
            habitat=self.habitat[keep],
            in_specimen=self.in_specimen[keep],
        )


def along(anatomy: Anatomy, trajectory: Trajectory) -> Samples:
    """Return the samples of a trajectory from entry to tip."""
    depth = trajectory.insertion_depth_mm
    count = max(1, int(np.ceil(depth / _STEP_MM)))
    middle = (np.arange(count) + 0.5) * depth / count
    points = np.array(trajectory.entry_lps_mm) + middle[:, None] * trajectory.direction_lps
    bits, habitat = anatomy.tissue.at(points)
    deep = depth - anatomy.needle.dead_space_mm
    return Samples(
        points_lps_mm=points,
        depth_mm=middle,
        step_mm=depth / count,
        specimen_mm=max(0.0, min(anatomy.needle.core_length_mm, deep)),
        bits=bits,
        habitat=habitat,
        in_specimen=(middle >= deep - anatomy.needle.core_length_mm) & (middle <= deep),
    )


def habitat_lengths_mm(anatomy: Anatomy, samples: Samples) -> dict[str, float]:
    """Return the specimen's length inside each habitat, in the order of the habitats."""
    specimen = samples.specimen
    return {
        name: float(np.count_nonzero(specimen.habitat == number)) * specimen.step_mm
        for number, name in enumerate(anatomy.tissue.habitat_names, start=1)
    }


def specimen_mean_hu(anatomy: Anatomy, samples: Samples) -> float:
    """Return the mean of the CT, linearly interpolated, over the specimen; NaN without one."""
    points = samples.points_lps_mm[samples.in_specimen]
    if len(points) == 0:
        return float("nan")
    index = anatomy.ct.grid.index_from_lps(points)
    low = np.maximum(np.floor(index.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(index.max(axis=0)).astype(int) + 1, anatomy.ct.grid.size_ijk)
    if (low >= high).any():
        return float("nan")
    block = anatomy.ct.values[low[2] : high[2], low[1] : high[1], low[0] : high[0]]
    values = map_coordinates(
        block.astype(np.float64), (index - low)[:, ::-1].T, order=1, mode="nearest"
    )
    return float(values.mean())
