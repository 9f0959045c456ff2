"""Which bone is what, by its name, and where each kind lies; measures no cortex."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.laterality import without_side
from planning.anatomy.risks import inside_at
from planning.geometry import Float64Array, Grid, Vec3
from planning.image import Mask
from planning.model.case import Role, Structure

EDGE_DEG = 30.0
"""The misfit at the edge of what is wished; 0 in its middle, or where perpendicular is wished."""


class BoneKind(StrEnum):
    """What a bone is to a needle that has to get through its cortex."""

    LONG = "long"
    FLAT = "flat"
    VERTEBRA = "vertebra"
    IRREGULAR = "irregular"
    UNKNOWN = "unknown"


KINDS: tuple[BoneKind, ...] = tuple(BoneKind)
"""The kinds by the number they have in `BoneMap.kinds`, less one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedBone:
    """One bone, or several of one kind, and the names it goes by.

    Parameters
    ----------
    names : tuple of str
        Without side; a number in a name stands for any number.
    weight_bearing : bool
        Whether a hole in its intact cortex may end in a fracture.
    """

    key: str
    kind: BoneKind
    names: tuple[str, ...]
    weight_bearing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WishedAngles:
    """Angles between needle and cortex normal that are as wished for one kind of bone."""

    from_deg: float
    to_deg: float
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CortexNumbers:
    """When a cortex counts as there, as hard, as resolved and as broken.

    Parameters
    ----------
    intact_hu, shell_hu : float
        Where nothing on the way is as dense, and no ridge stands out so far, there is no cortex.
    cortical_hu : float
        Bone denser than this is cortical, the rest cancellous.
    hard_hu, hard_thickness_mm : float
        From both upward a needle may slip on a cortex.
    blurred_mm : float
        Softer than `hard_hu` a cortex is not resolved, and wider than this it is none.
    resolved_mm, resolved_voxels : float
        A cortex thinner than either is thinner than the CT resolves.
    hidden_mm, rim_mm : float
        How deep a tumour mask may cover a cortex, and a bone mask a tumour's soft part.
    window_minimum_mm2 : float
        Smaller openings are no entry windows.
    in_bone_share, touching_share : float
        A lesion is one of bone if that share of its volume is bone, or of its surface touches it.
    """

    intact_hu: float
    shell_hu: float
    cortical_hu: float
    hard_hu: float
    hard_thickness_mm: float
    blurred_mm: float
    resolved_mm: float
    resolved_voxels: float
    hidden_mm: float
    rim_mm: float
    window_minimum_mm2: float
    in_bone_share: float
    touching_share: float


@dataclass(frozen=True, kw_only=True)
class BoneRules:
    """Bones by name, the angles their cortices want, and the numbers about cortex.

    Parameters
    ----------
    wishes : mapping of BoneKind to WishedAngles
        Has every kind.
    sha256 : str
        Of the file's bytes.
    """

    bones: tuple[NamedBone, ...]
    wishes: Mapping[BoneKind, WishedAngles]
    cortex: CortexNumbers
    sha256: str = ""

    @cached_property
    def by_name(self) -> Mapping[str, NamedBone]:
        """The bones by each of their names, in the form `plain_name` gives."""
        return {plain_name(name): bone for bone in self.bones for name in bone.names}

    def bone_of(self, name: str) -> NamedBone | None:
        """Return the bone a structure's name means, with or without a side, or None."""
        return self.by_name.get(plain_name(name))

    def kind_of(self, name: str) -> BoneKind:
        """Return the kind of the bone a structure's name means."""
        bone = self.bone_of(name)
        return BoneKind.UNKNOWN if bone is None else bone.kind

    def misfit_deg(
        self, incidence_deg: Float64Array, kind_numbers: NDArray[np.integer]
    ) -> Float64Array:
        """Return how far angles to the cortex are from what each bone's kind wants, shape (n,).

        `EDGE_DEG` at both edges of the wished range, one degree more for each degree beyond them,
        and linear inside from 0 at its middle. Where perpendicular is wished, 0 lies there and
        the misfit is the incidence itself (for the usual 0 to 30 deg): one curve judges all.

        Parameters
        ----------
        incidence_deg : ndarray, shape (n,)
            NaN where unknown; the misfit then is.
        kind_numbers : ndarray of int, shape (n,)
            As in `BoneMap.kinds`; 0 counts as unknown.
        """
        wishes = [self.wishes[k] for k in (BoneKind.UNKNOWN, *KINDS)]
        low = np.array([w.from_deg for w in wishes])[kind_numbers]
        high = np.array([w.to_deg for w in wishes])[kind_numbers]
        middle = np.where(low > 0.0, (low + high) / 2.0, 0.0)
        half = high - middle
        away = np.abs(incidence_deg - middle)
        misfit = np.where(away <= half, away * (EDGE_DEG / half), away - half + EDGE_DEG)
        return np.asarray(misfit)


def plain_name(name: str) -> str:
    """Return a name without side, in lower case, with ``#`` for every number."""
    return re.sub(r"\d+", "#", without_side(name))


@dataclass(frozen=True, kw_only=True, eq=False)
class BoneMap:
    """Where bone of which kind lies, tumour or not, on a block of the CT's lattice.

    Parameters
    ----------
    kinds : ndarray of uint8, shape ``grid.shape_kji``
        0 outside bone masks, else one more than the kind's place in `KINDS`. Other than in
        `planning.anatomy.tissue`, bone inside the tumour stays bone.
    masks : tuple of (str, Mask)
        The bone masks by name; where several overlap, the last one counts.
    """

    grid: Grid
    kinds: NDArray[np.uint8]
    masks: tuple[tuple[str, Mask], ...]
    rules: BoneRules

    @cached_property
    def wishes_differ(self) -> bool:
        """Tell whether bones here want to be met at different angles."""
        present = {self.rules.kind_of(name) for name, _ in self.masks}
        angles = {(w.from_deg, w.to_deg) for w in (self.rules.wishes[k] for k in present)}
        return len(angles) > 1

    def kinds_at(self, points_lps_mm: Float64Array) -> NDArray[np.uint8]:
        """Return the kind numbers at (n, 3) points; 0 outside bone and outside the block."""
        index = np.rint(self.grid.index_from_lps(points_lps_mm)).astype(np.intp)
        valid = ((index >= 0) & (index < np.array(self.grid.size_ijk))).all(axis=1)
        found = np.zeros(len(points_lps_mm), dtype=np.uint8)
        i, j, k = index[valid].T
        found[valid] = self.kinds[k, j, i]
        return found

    def name_at(self, point_lps_mm: Vec3) -> str:
        """Return the name of the bone a point lies in; empty outside all."""
        point = np.array([point_lps_mm])
        return next((n for n, m in reversed(self.masks) if inside_at(m, point)[0]), "")


def bone_map(
    near: Grid, structures: tuple[tuple[Structure, Mask], ...], rules: BoneRules
) -> BoneMap:
    """Return the bones of a block of the CT's lattice; those beyond it are left out."""
    kinds = np.zeros(near.shape_kji, dtype=np.uint8)
    masks = []
    for structure, mask in structures:
        overlap = mask.overlap(near) if structure.role is Role.BONE else None
        if overlap is not None and overlap[1].any():
            block, inside = overlap
            kinds[block][inside] = 1 + KINDS.index(rules.kind_of(structure.name))
            masks.append((structure.name, mask))
    kinds.flags.writeable = False
    return BoneMap(grid=near, kinds=kinds, masks=tuple(masks), rules=rules)
