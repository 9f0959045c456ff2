"""A sample of the candidates that keep every limit, to show what there was to choose from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.progress import SILENT, Progress
from planning.trajectories.candidates import lattice
from planning.trajectories.elimination import verdicts
from planning.trajectories.near_misses import pairs, thinned
from planning.trajectories.screening import Measures

_TRIED_AT_MOST = 250_000
_SHOWN_AT_MOST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cloud:
    """Measures of some candidates that keep every limit, from the nearest voxels.

    Parameters
    ----------
    measures : mapping of str to ndarray, shape (n,)
    tried : int
        Candidates that were measured for it, spread evenly over all.
    """

    measures: Measures
    tried: int

    def __len__(self) -> int:
        return len(next(iter(self.measures.values()), ()))


def cloud(anatomy: Anatomy, progress: Progress = SILENT) -> Cloud:
    """Return a sample of an anatomy's candidates that keep every limit, the same at each call.

    Raises
    ------
    Cancelled
        If it is no longer wanted.
    """
    lesion, fields = anatomy.lesion, anatomy.fields
    if lesion is None or fields is None:
        return Cloud(measures={}, tried=0)
    progress.report(0.0, "Sampling candidates")
    needles = pairs(thinned(lattice(anatomy, lesion), _TRIED_AT_MOST))
    if len(needles) == 0:
        return Cloud(measures={}, tried=0)
    found = verdicts(anatomy, fields, needles, settle_scores=False)
    count = len(found.kept)
    some = np.unique(np.linspace(0, count - 1, min(count, _SHOWN_AT_MOST)).round().astype(int))
    progress.report(1.0, "Candidates are sampled")
    if count == 0:
        return Cloud(measures={}, tried=len(needles))
    return Cloud(
        measures={key: values[some] for key, values in found.measures.items()}, tried=len(needles)
    )
