"""Keys of edited masks: each version has its own, and all of them lead back to the first."""

from __future__ import annotations

import re
from collections.abc import Collection

_VERSION = re.compile(r"@edit\d+$")


def first_key(mask_id: str) -> str:
    """Return the key that all versions of a mask share."""
    return _VERSION.sub("", mask_id)


def next_key(mask_id: str, taken: Collection[str]) -> str:
    """Return a key for the next version of a mask, one that nothing has yet."""
    first, number = first_key(mask_id), 1
    while f"{first}@edit{number}" in taken:
        number += 1
    return f"{first}@edit{number}"
