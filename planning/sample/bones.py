"""The bones of the sample pelvis as solids, patient left side first; no marrow, no density."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planning.geometry import Float64Array, Vec3, unit, vec3
from planning.sample.shapes import (
    MIRROR,
    Common,
    Ellipsoid,
    HalfSpace,
    Shape,
    Sheet,
    Tube,
    Union,
    Without,
    tube,
)

HEAD_CENTRE_LPS_MM: Vec3 = (86.0, -14.0, 8.0)
"""Centre of the left femoral head, and of its socket."""

HEAD_RADIUS_MM = 22.5
SOCKET_RADIUS_MM = 26.0
_SOCKET_OUTER_MM = 33.0
_SOCKET_OPENING_LPS = (0.70, -0.30, -0.65)

_ILIUM = {  # height: (x, y, half thickness) from the front of the wing to its back
    36: ((95, -42, 7), (92, -33, 10), (90, -21, 11), (86, -7, 12), (80, 8, 11), (76, 17, 8)),
    49: ((104, -47, 7), (99, -35, 8), (95, -21, 9), (88, -6, 10), (81, 8, 10), (75, 18, 8)),
    58: ((110, -49, 7), (104, -32, 7), (98, -16, 8), (88, 0, 9), (79, 14, 9), (70, 27, 8)),
    66: ((115, -50, 7), (108, -30, 6), (99, -9, 7), (83, 10, 8), (70, 28, 9), (60, 45, 8)),
    79: ((124, -56, 6), (117, -31, 4.5), (105, -8, 4.5), (84, 11, 8), (69, 29, 9), (56, 54, 8)),
    94: ((130, -49, 6.5), (124, -22, 4), (106, 0, 3.5), (79, 18, 7), (63, 38, 9), (50, 63, 8.5)),
    109: ((137, -41, 6.5), (128, -14, 4), (108, 3, 3), (78, 21, 6), (63, 40, 9), (50, 66, 7.5)),
    122: ((136, -22, 6.5), (124, -5, 4), (107, 8, 3), (88, 20, 4.5), (72, 32, 7), (60, 50, 6.5)),
    133: ((125, -6, 5.5), (117, 2, 5), (106, 10, 4.5), (94, 18, 4.5), (82, 26, 5.5), (70, 36, 5.5)),
}

_CREST_DROP = (15.0, 3.0, -4.0, -5.0, 1.0, 13.0)
"""How much lower than its middle the iliac crest runs, from the front of the wing to its back."""

_SACRUM = (  # y, z, half width, half thickness in the middle and at the side, side's shift in y
    (13, 107, 50, 11, 7, 9),
    (22, 94, 51, 13, 11, 6),
    (34, 80, 46, 12, 11, 2),
    (47, 67, 38, 10, 9, -2),
    (58, 54, 31, 8, 7, -2),
    (66, 41, 25, 7, 6, -2),
    (71, 28, 18, 6, 5, -3),
    (71, 16, 9, 5, 4, -2),
    (66, 4, 4, 4, 3, 0),
    (58, -5, 2, 3, 2, 0),
)

_CANAL = ((0, 30, 166, 9), (0, 27, 140, 9), (0, 31, 120, 9), (0, 45, 96, 8), (0, 59, 74, 6),
          (0, 68, 57, 4), (0, 74, 44, 3))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Skeleton:
    """The bones, still upright and even on both sides; `right` ones are the left ones mirrored."""

    hip_left: Shape
    hip_right: Shape
    femur_left: Shape
    femur_right: Shape
    sacrum: Shape
    first_sacral_region: Shape
    vertebra_l5: Shape
    vertebra_l4: Shape
    discs: Shape
    canal: Tube
    foramina: Shape
    sacral_canal: Shape
    shafts: Shape
    shaft_marrow: Shape
    joint_capsules: Shape


def skeleton() -> Skeleton:
    """Return all bones."""
    hip, femur, sacrum, canal = _hip(), _femur(), _sacrum(), tube(_CANAL)
    foramina = _foramina()
    l5 = _vertebra(vec3((0, -3, 122)), 18.0)
    l4 = _vertebra(vec3((0, -9, 157)), 6.0)
    hollow = (canal, foramina)
    sacrum_alone = Without(Without(sacrum, hollow), (hip, hip.moved(MIRROR), l5), 2.0)
    return Skeleton(
        hip_left=hip,
        hip_right=hip.moved(MIRROR),
        femur_left=femur,
        femur_right=femur.moved(MIRROR),
        sacrum=sacrum_alone,
        first_sacral_region=_first_sacral_region(),
        vertebra_l5=Without(Without(l5, (canal,)), (hip, hip.moved(MIRROR)), 2.0),
        vertebra_l4=Without(Without(l4, (canal,)), (l5,), 1.5),
        discs=_discs(),
        canal=canal,
        foramina=foramina,
        sacral_canal=Union((tube(_CANAL[3:]), foramina)),
        shafts=_both(tube(((117, 2, -50, 15), (113, 0, -70, 14), (111, -1, -110, 13.5)))),
        shaft_marrow=_both(tube(((116, 2, -52, 9), (113, 0, -70, 8), (111, -1, -110, 7.5)))),
        joint_capsules=_both(Ellipsoid(HEAD_CENTRE_LPS_MM, (SOCKET_RADIUS_MM + 1.0,) * 3)),
    )


def _both(left: Shape) -> Shape:
    return Union((left, left.moved(MIRROR)))


def _hip() -> Shape:
    wing = Sheet(np.array([_wing_row(z, row) for z, row in _ILIUM.items()]))
    ischium = tube(((80, 14, 26, 12), (76, 20, 4, 11), (70, 26, -16, 11), (66, 31, -32, 13),
                    (63, 26, -46, 11)))  # fmt: skip
    ramus = tube(((63, 22, -48, 8.5), (45, -4, -46, 6), (27, -30, -36, 6), (13, -48, -22, 7.5)))
    pubis = tube(((76, -38, 20, 11), (58, -43, 9, 8), (34, -52, -2, 7), (14, -57, -11, 9)))
    column = tube(((97, -43, 40, 9), (90, -41, 28, 10), (76, -38, 18, 11)))
    symphysis = Ellipsoid((9.5, -55.0, -17.0), (7.5, 8.5, 17.0))
    solid = Union((wing, ischium, _socket(), column, pubis, ramus, symphysis), 7.0)
    return Without(solid, (Ellipsoid(HEAD_CENTRE_LPS_MM, (SOCKET_RADIUS_MM,) * 3),))


def _wing_row(height_mm: float, row: tuple[tuple[float, float, float], ...]) -> Float64Array:
    """Return one row of the wing's net; toward the crest it arches."""
    share = max(0.0, (height_mm - 94.0) / 39.0)
    net = [(x, y, height_mm - share * d, r) for (x, y, r), d in zip(row, _CREST_DROP, strict=True)]
    return np.array(net, dtype=np.float64)


def _socket() -> Shape:
    cup = Ellipsoid(HEAD_CENTRE_LPS_MM, (_SOCKET_OUTER_MM,) * 3)
    opening = unit(_SOCKET_OPENING_LPS)
    rim = vec3(np.array(HEAD_CENTRE_LPS_MM) + 4.0 * opening)
    return Common((cup, HalfSpace(rim, vec3(opening))))


def _femur() -> Shape:
    x, y, z = HEAD_CENTRE_LPS_MM
    head = Ellipsoid(HEAD_CENTRE_LPS_MM, (HEAD_RADIUS_MM,) * 3)
    neck = tube(((x, y, z, 17), (105, -6, -6, 14), (118, 0, -18, 17)))
    trochanter = tube(((124, 8, -22, 15), (126, 16, -2, 12), (125, 18, 8, 10)))
    shaft = tube(((120, 2, -24, 18), (117, 2, -45, 16), (113, 0, -70, 14.5), (111, -1, -110, 14)))
    lesser = tube(((110, 6, -44, 9), (101, 13, -46, 7)))
    return Union((Union((head, neck), 4.0), trochanter, shaft, lesser), 6.0)


def _sacrum() -> Shape:
    rows = []
    for y, z, width, middle, side, shift in _SACRUM:
        share = np.linspace(-1.0, 1.0, 9)
        bend = np.abs(share) ** 1.5
        thickness = middle + (side - middle) * bend
        rows.append(np.stack([width * share, y + shift * bend, z + 0 * share, thickness], axis=-1))
    plate = Sheet(np.array(rows))
    promontory = Ellipsoid((0.0, 12.0, 100.0), (25.0, 17.0, 15.0), _tilted(_DISC_TILT_DEG))
    crest = tube(((0, 60, 102, 4), (0, 71, 84, 6), (0, 78, 66, 5), (0, 80, 50, 4)))
    arches = [tube(((s * 27, 42, 100, 7), (s * 17, 56, 94, 5), (0, 66, 90, 5))) for s in (-1, 1)]
    lower = [tube(((s * 28, 52, 76, 6), (s * 14, 68, 72, 5), (0, 75, 70, 5))) for s in (-1, 1)]
    endplate = HalfSpace(_DISC_CENTRE_LPS_MM, _disc_normal())
    whole = Union((plate, promontory, crest, *arches, *lower), 5.0)
    return Common((whole, Union((endplate, _behind_body()), 0.0)))


_DISC_TILT_DEG = 33.0
_DISC_CENTRE_LPS_MM: Vec3 = (0.0, 4.0, 103.0)


def _disc_normal() -> Vec3:
    angle = np.radians(_DISC_TILT_DEG)
    return (0.0, -float(np.sin(angle)), float(np.cos(angle)))


def _behind_body() -> Shape:
    return HalfSpace((0.0, 34.0, 100.0), (0.0, -1.0, 0.0))


def _first_sacral_region() -> Shape:
    below = HalfSpace((0.0, 30.0, 88.0), (0.0, 0.55, -0.83))
    sides = (
        HalfSpace((32.0, 0.0, 0.0), (1.0, 0.0, 0.0)),
        HalfSpace((-32.0, 0.0, 0.0), (-1.0, 0.0, 0.0)),
    )
    around = Ellipsoid((0.0, 25.0, 100.0), (48.0, 48.0, 40.0))
    return Common((around, below, *sides))


def _tilted(angle_deg: float) -> tuple[Vec3, Vec3, Vec3]:
    c, s = float(np.cos(np.radians(angle_deg))), float(np.sin(np.radians(angle_deg)))
    return ((1.0, 0.0, 0.0), (0.0, c, s), (0.0, -s, c))


def _foramina() -> Shape:
    holes = []
    for side in (-1, 1):
        for inner, outer in zip(_ROOTS_INNER, _ROOTS_OUTER, strict=True):
            (y, z), (x_out, y_out, z_out, radius) = inner, outer
            holes.append(tube(((side * 6, y, z, 3.5), (side * x_out, y_out, z_out, radius))))
    return Union(tuple(holes))


_ROOTS_INNER = ((42, 98), (54, 82), (62, 68), (69, 55))
_ROOTS_OUTER = ((21, 14, 82, 5.5), (20, 30, 64, 5.0), (18, 44, 50, 4.5), (15, 54, 38, 4.0))


def _vertebra(centre: Vec3, tilt_deg: float) -> Shape:
    x, y, z = centre
    up = np.array(_tilted(tilt_deg)[2])
    body = Common(
        (
            Ellipsoid(centre, (25.5, 18.0, 26.0), _tilted(tilt_deg)),
            HalfSpace(vec3(np.array(centre) + 13.5 * up), vec3(up)),
            HalfSpace(vec3(np.array(centre) - 12.5 * up), vec3(-up)),
        )
    )
    parts: list[Shape] = [body, tube(((x, y + 40, z - 7, 4.5), (x, y + 62, z - 12, 4.5)))]
    for side in (-1, 1):
        parts += [
            tube(((x + side * 16, y + 10, z + 5, 7), (x + side * 19, y + 24, z + 3, 7))),
            tube(
                (
                    (x + side * 19, y + 24, z + 3, 6),
                    (x + side * 14, y + 34, z - 4, 5),
                    (x, y + 42, z - 6, 4.5),
                )
            ),
            tube(((x + side * 18, y + 20, z + 5, 6), (x + side * 42, y + 20, z + 9, 4.5))),
            tube(((x + side * 20, y + 28, z + 16, 5.5), (x + side * 21, y + 32, z - 12, 6))),
        ]
    return Union(tuple(parts), 3.0)


def _discs() -> Shape:
    lumbosacral = Common(
        (
            Ellipsoid(_DISC_CENTRE_LPS_MM, (25.0, 17.5, 20.0), _tilted(_DISC_TILT_DEG)),
            _slab(_DISC_CENTRE_LPS_MM, _disc_normal(), 7.0),
        )
    )
    above: Vec3 = (0.0, -6.0, 139.5)
    lumbar = Common(
        (Ellipsoid(above, (25.0, 17.5, 20.0), _tilted(12.0)), _slab(above, _tilted(12.0)[2], 5.5))
    )
    return Union((lumbosacral, lumbar))


def _slab(centre: Vec3, normal: Vec3, half_mm: float) -> Shape:
    middle, up = np.array(centre), np.array(normal)
    return Common(
        (
            HalfSpace(vec3(middle + half_mm * up), vec3(up)),
            HalfSpace(vec3(middle - half_mm * up), vec3(-up)),
        )
    )


def lumbar_axis() -> Float64Array:
    """Return the (n, 3) middle of the canal from the top down, for what runs along it."""
    return np.array(_CANAL, dtype=np.float64)[:, :3]
