"""Messages that are right, and all the ways in which they are not; asserts nothing."""

from __future__ import annotations

import struct
from random import Random

import numpy as np

from planning.geometry import unit, vec3
from planning.handover.igtl.contents import Transform, transform_to_bytes
from planning.handover.igtl.wire import PLAIN, Message, message_to_bytes

_X = unit((0.8, 0.1, -0.3))
_Z = unit(np.cross(_X, (0.2, 0.9, 0.1)))
POSE_RAS = Transform((vec3(_X), vec3(np.cross(_Z, _X)), vec3(_Z)), (-11.0, 22.0, 333.0))
"""Of no symmetry."""


def transform(name: str = "Needle", **fields) -> bytes:
    """Return a whole TRANSFORM message."""
    content = transform_to_bytes(POSE_RAS)
    return message_to_bytes(Message(kind="TRANSFORM", device=name, content=content, **fields))


def damaged(rng: Random) -> tuple[bytes, bool]:
    """Return something that is wrong, and whether the connection can go on after it."""
    whole = transform()
    kind = rng.randrange(6)
    if kind == 0:  # a wrong checksum
        at = rng.randrange(58, len(whole))
        return whole[:at] + bytes((whole[at] ^ (1 + rng.randrange(255)),)) + whole[at + 1 :], True
    if kind == 1:  # a body of the wrong length, honestly said
        return message_to_bytes(
            Message(kind="TRANSFORM", content=rng.randbytes(rng.randrange(48)))
        ), True
    if kind == 2:  # no rotation
        content = struct.pack(">12f", *(rng.uniform(-9.0, 9.0) for _ in range(12)))
        return message_to_bytes(Message(kind="TRANSFORM", device="x", content=content)), True
    if kind == 3:  # not a number
        content = struct.pack(">12f", *(float("nan"),) * 12)
        return message_to_bytes(Message(kind="TRANSFORM", content=content)), True
    if kind == 4:  # an extended header that lies
        body = rng.randbytes(12 + rng.randrange(60))
        lying = message_to_bytes(Message(kind="POINT", content=body, version=PLAIN))
        return b"\0\2" + lying[2:], True
    return rng.randbytes(200), False
