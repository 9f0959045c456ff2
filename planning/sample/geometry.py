"""The sample patient, exact and complete: every solid where it lies in LPS mm; no voxels, no HU."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np

from planning.sample import muscles
from planning.sample.bones import Skeleton, skeleton
from planning.sample.lesion import SampleLesion, lesion
from planning.sample.shapes import MIRROR, Motion, Shape, Tube
from planning.sample.torso import Torso
from planning.sample.vessels import Conduits, conduits
from planning.sample.viscera import Viscera, viscera

_Group = TypeVar("_Group", Skeleton, "Muscles", Conduits, Viscera)

_TILT_DEG = 2.5
_ROLL_DEG = 1.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Muscles:
    """The muscles, each side by itself."""

    gluteus_maximus_left: Shape
    gluteus_maximus_right: Shape
    gluteus_medius_left: Shape
    gluteus_medius_right: Shape
    gluteus_minimus_left: Shape
    gluteus_minimus_right: Shape
    autochthon_left: Shape
    autochthon_right: Shape
    iliopsoas_left: Shape
    iliopsoas_right: Shape
    others: tuple[Shape, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SamplePelvis:
    """Everything that is inside the sample patient.

    The pelvis is tilted and rolled a little against the table, so that left and right, and a
    plane of the body and a plane of the scanner, are never the same by accident.
    """

    torso: Torso
    bones: Skeleton
    muscles: Muscles
    conduits: Conduits
    viscera: Viscera
    lesion: SampleLesion

    @property
    def nerves(self) -> tuple[Tube, Tube]:
        """The left and the right sciatic nerve."""
        return self.conduits.sciatic_left, self.conduits.sciatic_right


def sample_pelvis() -> SamplePelvis:
    """Return the patient; solids come straight from their formulas and cost nothing yet."""
    tilt = patient_tilt()
    return SamplePelvis(
        torso=Torso(),
        bones=_moved(skeleton(), tilt),
        muscles=_moved(_muscles(), tilt),
        conduits=_moved(conduits(), tilt),
        viscera=_moved(viscera(), tilt),
        lesion=lesion(tilt),
    )


def patient_tilt() -> Motion:
    """Return how the upright, even patient of the other modules was laid on the table."""
    tilt, roll = np.radians(_TILT_DEG), np.radians(_ROLL_DEG)
    about_y = np.array(
        [[np.cos(tilt), 0, np.sin(tilt)], [0, 1, 0], [-np.sin(tilt), 0, np.cos(tilt)]]
    )
    about_z = np.array(
        [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
    )
    return Motion(about_z @ about_y, np.array([-1.5, 0.0, 0.0]))


def _muscles() -> Muscles:
    maximus, medius = muscles.gluteus_maximus(), muscles.gluteus_medius()
    minimus, erector = muscles.gluteus_minimus(), muscles.erector_spinae()
    psoas, others = muscles.iliopsoas(), muscles.others()
    return Muscles(
        gluteus_maximus_left=maximus,
        gluteus_maximus_right=maximus.moved(MIRROR),
        gluteus_medius_left=medius,
        gluteus_medius_right=medius.moved(MIRROR),
        gluteus_minimus_left=minimus,
        gluteus_minimus_right=minimus.moved(MIRROR),
        autochthon_left=erector,
        autochthon_right=erector.moved(MIRROR),
        iliopsoas_left=psoas,
        iliopsoas_right=psoas.moved(MIRROR),
        others=others + tuple(muscle.moved(MIRROR) for muscle in others),
    )


def _moved(group: _Group, motion: Motion) -> _Group:
    """Return the same group of solids with each of them moved."""
    changes: dict[str, Any] = {}
    for field in fields(group):
        value = getattr(group, field.name)
        if isinstance(value, tuple):
            changes[field.name] = tuple(solid.moved(motion) for solid in value)
        else:
            changes[field.name] = value.moved(motion)
    return replace(group, **changes)


SAMPLE = sample_pelvis()
