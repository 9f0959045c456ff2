"""Masks that moved to another CT with a case and that nobody has checked there; moves none."""

from __future__ import annotations

from dataclasses import replace

from planning.model.case import Case, Structure


def stale(case: Case) -> tuple[Structure, ...]:
    """Return the structures whose masks nobody has checked on this CT."""
    return tuple(s for s in case.structures if s.stale_because)


def checked_off(case: Case, mask_id: str) -> Case:
    """Return the case with a mask no longer stale; what was planned with it stale goes.

    The mask itself is what it was, so its margin and its name stay.
    """
    structures = tuple(
        replace(s, stale_because="") if s.mask_id == mask_id else s for s in case.structures
    )
    return replace(case, structures=structures, plan=None)
