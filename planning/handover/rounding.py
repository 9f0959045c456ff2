"""How numbers are written into plan files, so that one number has one spelling; reads none."""

from __future__ import annotations

_DECIMALS = 6


def rounded(value: float) -> float:
    """Return a number rounded to 1e-6 of its unit."""
    # Adding zero turns -0.0 into 0.0: two spellings of one number would be two plans.
    return round(float(value), _DECIMALS) + 0.0
