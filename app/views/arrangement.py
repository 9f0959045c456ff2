"""Which pictures stand where, as a value that can be kept as text; holds no widgets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

PICTURES = ("axial", "coronal", "sagittal", "scene", "eye", "along_axial", "along_head")
"""Keys of all pictures."""

_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Split:
    """Pictures, or further splits, side by side or one below the other.

    Parameters
    ----------
    upright : bool
        One below the other; else side by side.
    shares : tuple of float
        How much of the length each part takes; any scale.
    """

    upright: bool
    parts: tuple[Split | str, ...]
    shares: tuple[float, ...]

    def keys(self) -> Iterator[str]:
        """Return the pictures' keys from the upper left to the lower right."""
        for part in self.parts:
            if isinstance(part, str):
                yield part
            else:
                yield from part.keys()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """Pictures in their places; `large` is the one that is shown alone, empty for none."""

    root: Split
    large: str = ""


def beside(*parts: Split | str, shares: tuple[float, ...] = ()) -> Split:
    """Return parts side by side."""
    return Split(upright=False, parts=parts, shares=shares or (1.0,) * len(parts))


def below(*parts: Split | str, shares: tuple[float, ...] = ()) -> Split:
    """Return parts one below the other."""
    return Split(upright=True, parts=parts, shares=shares or (1.0,) * len(parts))


def as_text(arrangement: Arrangement) -> str:
    """Return an arrangement as one line of text."""
    kept = {"root": _plain(arrangement.root), "large": arrangement.large}
    return json.dumps(kept, separators=(",", ":"))


def from_text(text: str) -> Arrangement | None:
    """Return the arrangement a text keeps; None where it keeps none that can be shown."""
    try:
        kept = json.loads(text)
        root = _split(kept["root"], 0)
        large = kept["large"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    keys = list(root.keys())
    if len(set(keys)) != len(keys) or not set(keys) <= set(PICTURES):
        return None
    return Arrangement(root=root, large=large) if large in ("", *keys) else None


def _plain(split: Split) -> dict[str, Any]:
    parts = [part if isinstance(part, str) else _plain(part) for part in split.parts]
    shares = [round(share / sum(split.shares), 4) for share in split.shares]
    return {"upright": split.upright, "parts": parts, "shares": shares}


def _split(kept: Any, depth: int) -> Split:
    parts = tuple(p if isinstance(p, str) else _split(p, depth + 1) for p in kept["parts"])
    shares = tuple(float(share) for share in kept["shares"])
    good = len(parts) == len(shares) > 0 and all(0.0 < share <= 1.0 for share in shares)
    if depth > _DEEPEST or not good or not isinstance(kept["upright"], bool):
        message = "not an arrangement"
        raise ValueError(message)
    return Split(kept["upright"], parts, shares)
