"""Vessels and nerves of the sample pelvis as tubes; each side on its own, since they differ."""

from __future__ import annotations

from dataclasses import dataclass

from planning.sample.shapes import Shape, Tube, Union, tube

_ARTERIES_LEFT = (
    ((2, -36, 152, 7), (12, -37, 134, 5.5), (26, -33, 112, 5.5), (37, -22, 96, 5.5),
     (48, -30, 86, 4.6), (62, -46, 68, 4.5), (73, -63, 46, 4.5), (80, -76, 22, 4.5),
     (82, -80, -4, 4.4), (82, -78, -34, 4.4), (80, -70, -95, 4)),
    ((37, -22, 96, 4.5), (40, -6, 84, 4), (42, 10, 76, 3.5), (41, 20, 66, 3)),
)  # fmt: skip

_ARTERIES_RIGHT = (
    ((2, -36, 152, 7), (-10, -38, 132, 5.5), (-27, -35, 110, 5.5), (-39, -24, 92, 5.5),
     (-50, -33, 80, 4.6), (-63, -49, 62, 4.5), (-74, -66, 42, 4.5), (-80, -77, 18, 4.5),
     (-82, -80, -8, 4.4), (-82, -78, -36, 4.4), (-80, -70, -95, 4)),
    ((-39, -24, 92, 4.5), (-41, -6, 82, 4), (-42, 10, 74, 3.5), (-42, 20, 66, 3)),
)  # fmt: skip

_VEINS_LEFT = (
    ((-14, -28, 140, 7), (2, -25, 128, 6.5), (22, -20, 110, 6.5), (38, -10, 92, 6.5),
     (50, -20, 78, 5.5), (62, -36, 60, 5.5), (69, -54, 40, 5.5), (71, -68, 18, 5.5),
     (71, -72, -8, 5.5), (72, -68, -36, 5), (73, -58, -95, 5)),
    ((38, -10, 92, 5), (38, 6, 80, 4.5), (37, 18, 70, 4)),
)  # fmt: skip

_VEINS_RIGHT = (
    ((-14, -28, 140, 8), (-22, -26, 122, 6.5), (-32, -20, 104, 6.5), (-41, -10, 88, 6.5),
     (-51, -22, 74, 5.5), (-62, -39, 56, 5.5), (-69, -56, 37, 5.5), (-71, -69, 15, 5.5),
     (-71, -72, -10, 5.5), (-72, -68, -36, 5), (-73, -58, -95, 5)),
    ((-41, -10, 88, 5), (-39, 6, 78, 4.5), (-38, 18, 69, 4)),
)  # fmt: skip

_AORTA = ((8, -39, 185, 8.5), (5, -38, 165, 8.2), (2, -36, 152, 7.5))
_VENA_CAVA = ((-20, -33, 185, 10.5), (-17, -31, 160, 10), (-14, -28, 140, 9))

_SCIATIC = ((31, 18, 74, 2.6), (43, 25, 62, 4), (57, 33, 50, 4.6), (72, 40, 36, 4.6),
            (86, 40, 16, 4.6), (94, 37, -8, 4.6), (95, 35, -36, 4.6),
            (92, 32, -95, 4.6))  # fmt: skip

_SUPERIOR_GLUTEAL = (
    ((41, 20, 66, 2.8), (52, 29, 60, 2.8), (66, 38, 57, 2.8), (80, 44, 60, 2.8)),
    ((80, 44, 60, 2.4), (92, 37, 66, 2.2), (106, 26, 72, 2), (118, 12, 80, 1.8),
     (126, -6, 86, 1.6)),
    ((80, 44, 60, 2.4), (84, 51, 68, 2.2), (88, 54, 76, 2), (96, 53, 84, 1.6)),
)  # fmt: skip

_ROOTS = (
    ((12, 34, 88, 2.2), (22, 14, 80, 2.4), (31, 18, 74, 2.6)),
    ((12, 46, 72, 2), (21, 28, 64, 2.2), (43, 25, 62, 2.4)),
    ((11, 58, 58, 1.8), (19, 43, 50, 2), (46, 30, 56, 2.2)),
    ((22, 14, 124, 2.2), (32, 2, 108, 2.4), (36, 6, 92, 2.5), (31, 18, 74, 2.6)),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conduits:
    """Everything that runs through the pelvis and must not be hit."""

    aorta: Shape
    vena_cava: Shape
    artery_left: Shape
    artery_right: Shape
    vein_left: Shape
    vein_right: Shape
    sciatic_left: Tube
    sciatic_right: Tube
    roots: Shape
    gluteal_left: Shape
    gluteal_right: Shape
    calcified: Shape


def conduits() -> Conduits:
    """Return all vessels and nerves, upright."""
    nerve = tube(_SCIATIC)
    calcified = (
        tube(((6, -33, 146, 1.2), (13, -33, 132, 1.6), (18, -32, 124, 0.9))),
        tube(((-20, -40, 122, 1.0), (-30, -37, 106, 1.7), (-34, -34, 101, 0.8))),
        tube(((38, -18, 95, 1.0), (41, -8, 86, 1.4))),
    )
    return Conduits(
        aorta=tube(_AORTA),
        vena_cava=tube(_VENA_CAVA),
        artery_left=_tree(_ARTERIES_LEFT),
        artery_right=_tree(_ARTERIES_RIGHT),
        vein_left=_tree(_VEINS_LEFT),
        vein_right=_tree(_VEINS_RIGHT),
        sciatic_left=nerve,
        sciatic_right=tube(_reflected(_SCIATIC)),
        roots=Union(tuple(tube(r) for root in _ROOTS for r in (root, _reflected(root)))),
        gluteal_left=_tree(_SUPERIOR_GLUTEAL),
        gluteal_right=_tree(tuple(_reflected(branch) for branch in _SUPERIOR_GLUTEAL)),
        calcified=Union(calcified),
    )


_Path = tuple[tuple[float, float, float, float], ...]


def _tree(branches: tuple[_Path, ...]) -> Shape:
    return Union(tuple(tube(branch) for branch in branches))


def _reflected(path: _Path) -> _Path:
    return tuple((-x, y, z, radius) for x, y, z, radius in path)
