"""Looks at ITK's text files of transforms before ITK does, which crashes on missing numbers.

Places nothing: what is sound is read by ITK.
"""

from __future__ import annotations

import math

from planning.errors import InputError
from planning.limits import MOST_TRANSFORM_BYTES

_HEAD = ("#Insight", "Transform", "File", "V1.0")
_COMPOSITE = "CompositeTransform"
_COUNTS: dict[str, tuple[int, tuple[int, ...]]] = {
    "Euler3DTransform": (6, (3, 4)),
    "CenteredEuler3DTransform": (9, (0, 1)),
    "VersorRigid3DTransform": (6, (3,)),
    "VersorTransform": (3, (3,)),
    "QuaternionRigidTransform": (7, (3,)),
    "Rigid3DTransform": (12, (3,)),
    "AffineTransform": (12, (3,)),
    "MatrixOffsetTransformBase": (12, (3,)),
    "ScalableAffineTransform": (12, (3,)),
    "FixedCenterOfRotationAffineTransform": (12, (3,)),
    "Similarity3DTransform": (7, (3,)),
    "ScaleTransform": (3, (3,)),
    "ScaleVersor3DTransform": (9, (3,)),
    "ScaleSkewVersor3DTransform": (15, (3,)),
    "ComposeScaleSkewVersor3DTransform": (12, (3,)),
    "TranslationTransform": (3, (0,)),
    "IdentityTransform": (0, (0,)),
}
"""Numbers of parameters and of fixed parameters, of transforms that keep lines straight."""

_PRECISIONS = ("double", "float")
_MOST_TRANSFORMS = 100
_FARTHEST = 1.0e9


def require_sound(data: bytes, name: str) -> None:
    """Refuse a text that is no transform file, or one whose transforms cannot be rigid.

    Raises
    ------
    InputError
        If so; the message names the file.
    """
    try:
        lines = data[:MOST_TRANSFORM_BYTES].decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise no_transform(name) from error
    if not lines or tuple(lines[0].split()) != _HEAD:
        raise no_transform(name)
    blocks: list[dict[str, str]] = []
    for line in lines[1:]:
        key, colon, value = line.partition(":")
        if line.startswith("#") or not line.strip():
            continue
        if not colon or (key != "Transform" and not blocks):
            raise no_transform(name)
        if key == "Transform":
            blocks.append({})
        if key in blocks[-1]:
            raise no_transform(name)
        blocks[-1][key] = value.strip()
    if not 1 <= len(blocks) <= _MOST_TRANSFORMS:
        raise no_transform(name)
    for number, block in enumerate(blocks):
        _check(block, name, is_first=number == 0, is_alone=len(blocks) == 1)


def _check(block: dict[str, str], name: str, *, is_first: bool, is_alone: bool) -> None:
    kind, _, sort = block["Transform"].partition("_")
    precision, _, dimensions = sort.partition("_")
    if precision not in _PRECISIONS or (kind != _COMPOSITE and kind not in _COUNTS):
        raise bends(name)
    if dimensions != "3_3":
        raise bends(name)
    if kind == _COMPOSITE:
        if not is_first or is_alone or set(block) != {"Transform"}:
            raise no_transform(name)
        return
    wanted, fixed = _COUNTS[kind]
    if set(block) != {"Transform", "Parameters", "FixedParameters"}:
        raise no_transform(name)
    if _count(block["Parameters"], name) != wanted:
        raise no_transform(name)
    if _count(block["FixedParameters"], name) not in fixed:
        raise no_transform(name)


def _count(text: str, name: str) -> int:
    """Return how many numbers there are, each of which has to be one."""
    words = text.split()
    try:
        numbers = [float(word) for word in words]
    except ValueError as error:
        raise no_transform(name) from error
    if not all(math.isfinite(number) and abs(number) <= _FARTHEST for number in numbers):
        raise no_transform(name)
    return len(numbers)


def no_transform(name: str) -> InputError:
    """Return the error for a file that holds no transform."""
    return InputError(
        f"{name} cannot be read as a transform. Save it again from the program that registered the "
        "images, as an ITK transform."
    )


def bends(name: str) -> InputError:
    """Return the error for a transform that does not keep a needle straight."""
    return InputError(
        f"{name} holds a transform that bends space or is not 3-D. Register rigidly: only a "
        "rotation with a shift keeps a needle straight."
    )
