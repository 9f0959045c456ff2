"""Bowel, bladder and womb of the sample pelvis as solids; different on the two sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planning.sample.shapes import Ellipsoid, Tube, tube

_RECTUM = ((0, 34, -48, 9), (0, 38, -34, 12), (2, 42, -12, 17), (5, 44, 12, 19), (3, 44, 34, 16),
           (-2, 36, 50, 13))  # fmt: skip
_SIGMOID = ((-2, 36, 50, 13), (10, 22, 62, 13), (30, 4, 64, 13), (44, -20, 58, 13),
            (40, -44, 62, 14), (56, -56, 78, 14), (80, -58, 92, 14))  # fmt: skip
_DESCENDING = ((80, -58, 92, 14), (98, -46, 104, 15), (108, -36, 122, 15), (110, -28, 145, 16),
               (110, -24, 185, 16))  # fmt: skip
_CAECUM = ((-72, -70, 76, 14), (-82, -64, 90, 22), (-92, -58, 108, 25), (-98, -48, 135, 25),
           (-102, -42, 185, 24))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Viscera:
    """The soft organs of the pelvis."""

    rectum: Tube
    sigmoid: Tube
    descending: Tube
    caecum: Tube
    small_bowel: tuple[Tube, ...]
    bladder: Ellipsoid
    womb: Ellipsoid
    ovary: Ellipsoid


def viscera() -> Viscera:
    """Return all organs, upright."""
    tilt = float(np.radians(35.0))
    c, s = float(np.cos(tilt)), float(np.sin(tilt))
    return Viscera(
        rectum=tube(_RECTUM),
        sigmoid=tube(_SIGMOID),
        descending=tube(_DESCENDING),
        caecum=tube(_CAECUM),
        small_bowel=tuple(_loop(k) for k in range(9)),
        bladder=Ellipsoid((12.0, -52.0, 28.0), (34.0, 23.0, 21.0)),
        womb=Ellipsoid((-10.0, -3.0, 42.0), (24.0, 17.0, 31.0),
                       ((1.0, 0.0, 0.0), (0.0, c, -s), (0.0, s, c))),
        ovary=Ellipsoid((-46.0, -8.0, 46.0), (11.0, 9.0, 13.0)),
    )  # fmt: skip


def _loop(number: int) -> Tube:
    """Return one meander of the small bowel, lying in front of the spine and above the bladder."""
    height = 64.0 + 14.5 * number
    turns = np.linspace(0.0, 1.0, 22)
    half_width = 40.0 + 3.0 * number
    sign = 1.0 if number % 2 == 0 else -1.0
    x = sign * half_width * (2 * turns - 1) + 6.0 * np.sin(11.0 * turns + number)
    y = -66.0 + 14.0 * np.sin(4.0 * np.pi * turns + 0.9 * number)
    z = height + 7.0 * np.cos(5.0 * np.pi * turns + 1.7 * number)
    radius = 10.0 + 1.6 * np.sin(7.0 * np.pi * turns + number)
    return tube([(float(a), float(b), float(c), float(r))
                 for a, b, c, r in zip(x, y, z, radius, strict=True)])  # fmt: skip
