"""The sample lesion by formula: body, habitats, necrotic core; knows no other bone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planning.geometry import Vec3, unit, vec3
from planning.sample.shapes import (
    Common,
    Ellipsoid,
    HalfSpace,
    Motion,
    Shape,
    Union,
    Without,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Habitat:
    """One part of the viable tumour.

    Parameters
    ----------
    value : int
        In the habitat mask.
    """

    value: int
    mean_hu: float
    shape: Shape


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleLesion:
    """The lesion in the right posterior ilium.

    Parameters
    ----------
    body : Ellipsoid
        The part that widens the bone.
    outgrowth : Ellipsoid
        The part that has broken through the cortex into the muscle.
    breach : Ellipsoid
        Where the cortex is gone.
    necrosis : Ellipsoid
        Inside the body.
    """

    body: Ellipsoid
    outgrowth: Ellipsoid
    breach: Ellipsoid
    necrosis: Ellipsoid
    habitats: tuple[Habitat, ...]
    necrosis_hu: float = 11.0

    @property
    def centre_lps_mm(self) -> Vec3:
        """Middle of the body."""
        return self.body.centre_lps_mm

    @property
    def tumour(self) -> Shape:
        """Body and outgrowth."""
        return Union((self.body, self.outgrowth))

    @property
    def viable(self) -> Shape:
        """The tumour without its necrotic core."""
        return Without(self.tumour, (self.necrosis,))


def lesion(motion: Motion) -> SampleLesion:
    """Return the lesion, laid out along the right iliac wing and then moved with the patient."""
    along = unit((0.625, 0.78, 0.10))  # in the wing, from front to back
    across = unit(np.cross((0.0, 0.0, 1.0), along))
    outward = across if across[0] < 0 else -across  # toward the gluteal muscles
    up = np.cross(along, outward)
    axes = (vec3(along), vec3(outward), vec3(up))
    centre = np.array([-77.5, 31.5, 98.0])

    def place(a: float, o: float, u: float, radii: Vec3) -> Ellipsoid:
        return Ellipsoid(vec3(centre + a * along + o * outward + u * up), radii, axes).moved(motion)

    body = place(0, 0, 0, (21.0, 13.5, 20.5))
    outgrowth = place(5, 12, 3, (10.0, 7.0, 10.5))
    necrosis = place(-2, -1, -3, (10.0, 7.5, 11.0))
    viable = Without(Union((body, outgrowth)), (necrosis,))
    front = HalfSpace(vec3(centre - 8.0 * along), vec3(unit(along + 0.25 * up))).moved(motion)
    below = HalfSpace(vec3(centre - 7.0 * up), vec3(unit(up - 0.35 * along))).moved(motion)
    sclerotic = Common((viable, front))
    myxoid = Without(Common((viable, below)), (front,))
    cellular = Without(viable, (front, below))
    return SampleLesion(
        body=body,
        outgrowth=outgrowth,
        breach=place(5, 13, 3, (9.0, 9.0, 9.5)),
        necrosis=necrosis,
        habitats=(
            Habitat(value=1, mean_hu=62.0, shape=cellular),
            Habitat(value=2, mean_hu=310.0, shape=sclerotic),
            Habitat(value=3, mean_hu=33.0, shape=myxoid),
        ),
    )
