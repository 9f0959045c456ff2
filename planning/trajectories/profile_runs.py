"""Which named structure a needle's axis passes through from where to where; measures no distance.

Where masks overlap the one that matters most to a needle gives the name. What a run counts as (bone
to drill, viable tumour ...) is the planner's own reading and does not depend on the name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.tissue import Tissue
from planning.geometry import Float64Array
from planning.image import Mask
from planning.model.case import Role
from planning.model.needle import Trajectory
from planning.trajectories.sampling import along

SOFT_TISSUE = "soft tissue"
AIR = "outside the body"

_DEAD = "necrosis"
_AT_RISK: tuple[Role, ...] = (
    Role.NERVE,
    Role.VESSEL,
    Role.CANAL,
    Role.ORGAN,
    Role.LUNG,
    Role.PLEURA,
)
_TELLING = Tissue.TUMOUR | Tissue.VIABLE | Tissue.NECROSIS | Tissue.BONE | Tissue.FORBIDDEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch of a needle's axis inside one structure.

    Parameters
    ----------
    from_mm, to_mm : float
        Depths from the entry.
    name : str
        Of the structure; `SOFT_TISSUE` or `AIR` where no mask says more.
    key : str
        The structure's `mask_id`; empty where the case has no such structure.
    role : Role or None
        Of the structure.
    tissue : Tissue
        What the planner counts it as.
    """

    from_mm: float
    to_mm: float
    name: str
    key: str
    role: Role | None
    tissue: Tissue

    @property
    def length_mm(self) -> float:
        """How long it is."""
        return self.to_mm - self.from_mm


def length_in_mm(runs: tuple[Run, ...], tissue: Tissue, *, from_mm: float, to_mm: float) -> float:
    """Return the length of the runs that count as a tissue, between two depths."""
    return sum(
        max(0.0, min(run.to_mm, to_mm) - max(run.from_mm, from_mm))
        for run in runs
        if run.tissue & tissue
    )


def first_mm(runs: tuple[Run, ...], tissue: Tissue) -> float | None:
    """Return the depth under the skin at which a tissue is first met; None if it never is."""
    met = (max(0.0, run.from_mm) for run in runs if run.tissue & tissue and run.to_mm > 0.0)
    return next(met, None)


def runs_along(
    anatomy: Anatomy, trajectory: Trajectory, *, before_mm: float, beyond_mm: float
) -> tuple[Run, ...]:
    """Return the runs from `before_mm` before the skin to `beyond_mm` past the tip."""
    samples = along(anatomy, trajectory)
    step, tip_mm = samples.step_mm, trajectory.insertion_depth_mm
    before, beyond = round(before_mm / step), round(beyond_mm / step)
    depth = np.concatenate(
        [
            (np.arange(-before, 0) + 0.5) * step,
            samples.depth_mm,
            tip_mm + (np.arange(beyond) + 0.5) * step,
        ]
    )
    points = np.array(trajectory.entry_lps_mm) + depth[:, None] * trajectory.direction_lps
    bits, habitat = anatomy.tissue.at(points)
    names = _Names(anatomy)
    number = names.numbers_at(points, bits, habitat)
    code = number.astype(np.int64) << 8 | (bits & int(_TELLING))
    starts = np.concatenate([[0], np.flatnonzero(np.diff(code)) + 1])
    ends = np.concatenate([starts[1:], [len(code)]])
    edges = np.concatenate([depth - step / 2.0, depth[-1:] + step / 2.0])
    # The skin lies on an edge: samples begin there.
    edges[before], edges[before + len(samples.depth_mm)] = 0.0, tip_mm
    return tuple(
        Run(
            from_mm=float(edges[a]),
            to_mm=float(edges[b]),
            name=(name := names.named[int(number[a])]),
            key=names.key(name),
            role=names.role(name),
            tissue=Tissue(int(bits[a] & int(_TELLING))),
        )
        for a, b in zip(starts.tolist(), ends.tolist(), strict=True)
    )


class _Names:
    """The names that parts of an axis may have, and where they hold."""

    def __init__(self, anatomy: Anatomy) -> None:
        self._anatomy = anatomy
        known = (*anatomy.case.trusted, *(s for s, _ in anatomy.derived))
        self._known = {s.name: s for s in reversed(known)}
        self._necrosis = next((s.name for s in known if s.role is Role.NECROSIS), _DEAD)
        self.named = [AIR, SOFT_TISSUE]

    def key(self, name: str) -> str:
        """Return the `mask_id` of the structure of that name; empty where there is none."""
        structure = self._known.get(name)
        return "" if structure is None else structure.mask_id

    def role(self, name: str) -> Role | None:
        """Return the role of the structure of that name."""
        structure = self._known.get(name)
        return None if structure is None else structure.role

    def numbers_at(
        self, points: Float64Array, bits: NDArray[np.uint8], habitat: NDArray[np.uint8]
    ) -> NDArray[np.intp]:
        """Return for each point the number of its name in `named`."""
        found = ((bits & int(Tissue.BODY)) > 0).astype(np.intp)
        index = np.rint(self._anatomy.ct.grid.index_from_lps(points)).astype(np.intp)
        layers = _layers(self._anatomy)
        met = (layers.low_ijk <= index.max(axis=0)) & (layers.high_ijk > index.min(axis=0))
        for number in np.flatnonzero(met.all(axis=1)):
            name, mask = layers.masks[number]
            at = _inside(mask, layers.low_ijk[number], index)
            if at.size:
                found[at] = self._add(name)
        self._name_lesion(found, bits, habitat)
        return found

    def _name_lesion(
        self, found: NDArray[np.intp], bits: NDArray[np.uint8], habitat: NDArray[np.uint8]
    ) -> None:
        lesion = self._anatomy.lesion
        if lesion is None:
            return
        parts = [(lesion.name, (bits & int(Tissue.TUMOUR)) > 0)]
        numbered = enumerate(self._anatomy.tissue.habitat_names, start=1)
        parts += [(name, habitat == number) for number, name in numbered]
        parts.append((self._necrosis, (bits & int(Tissue.NECROSIS)) > 0))
        for name, at in parts:
            if at.any():
                found[at] = self._add(name)

    def _add(self, name: str) -> int:
        self.named.append(name)
        return len(self.named) - 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Layers:
    """What may give a stretch its name, and where on the CT's lattice it lies; later ones stay."""

    masks: tuple[tuple[str, Mask], ...]
    low_ijk: NDArray[np.intp]
    high_ijk: NDArray[np.intp]


@lru_cache(maxsize=1)
def _layers(anatomy: Anatomy) -> _Layers:
    masks = tuple(_least_important_first(anatomy))
    offsets = [mask.offset_kji(anatomy.ct.grid)[::-1] for _, mask in masks]
    low = np.array(offsets, dtype=np.intp).reshape(-1, 3)
    sizes = np.array([mask.grid.size_ijk for _, mask in masks], dtype=np.intp).reshape(-1, 3)
    return _Layers(masks=masks, low_ijk=low, high_ijk=low + sizes)


def _least_important_first(anatomy: Anatomy) -> Iterator[tuple[str, Mask]]:
    """Yield the named masks; one that matters more to a needle comes later."""
    yield from ((tissue.name, tissue.mask) for tissue in anatomy.rules.tissues)
    # A joint's mask reaches into its bones: there the drill matters, not the capsule.
    joints = (r for r in anatomy.risks if r.structure.role is Role.JOINT)
    yield from ((r.structure.name, r.mask) for r in joints)
    yield from anatomy.bones.masks
    others = [r for r in anatomy.risks if r.structure.role in _AT_RISK]
    others.sort(key=lambda r: -_AT_RISK.index(r.structure.role))
    yield from ((r.structure.name, r.mask) for r in others)


def _inside(mask: Mask, low_ijk: NDArray[np.intp], index_ijk: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return which of (n, 3) voxels a mask holds that begins at a voxel of the same lattice."""
    own = index_ijk - low_ijk
    at = np.flatnonzero(((own >= 0) & (own < mask.grid.size_ijk)).all(axis=1))
    i, j, k = own[at].T
    return np.asarray(at[mask.inside[k, j, i]])
