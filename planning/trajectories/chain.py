"""Whether needle, introducer and drill are long enough for one path; chooses none of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from planning.model.needle import Needle
from planning.model.needle_chain import NeedleChain
from planning.model.plan import CriterionValues


class Part(StrEnum):
    """A part of the chain, outermost first."""

    INTRODUCER = "introducer"
    DRILL = "drill"
    NEEDLE = "needle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How one part of the chain reaches.

    Parameters
    ----------
    spare_mm : float or None
        Its length beyond what it has to reach; negative where it is too short. None where what it
        has to reach is not known, and for a drill that finds no bone.
    needed : bool
        False for a drill where no bone lies on the way.
    """

    part: Part
    name: str
    spare_mm: float | None
    needed: bool = True


def reaches(needle: Needle, chain: NeedleChain, criteria: CriterionValues) -> tuple[Reach, ...]:
    """Return how each part of a needle's chain reaches on one path.

    The needle has to reach the tip, less what stays in the introducer's hub. The introducer has to
    reach where the hand stops: further in the needle goes alone. A drill goes through the
    introducer; it has to reach the far end of the bone before the lesion.
    """
    found = []
    if chain.introducer is not None:
        spare = _less(chain.introducer.usable_length_mm, criteria.get("stop_depth_mm"))
        found.append(Reach(part=Part.INTRODUCER, name=chain.introducer.name, spare_mm=spare))
    if chain.drill is not None:
        bone_mm = criteria.get("bone_traversal_mm")
        inside_mm = chain.drill.usable_length_mm - needle.introducer_hub_mm
        spare = _less(inside_mm, _drilled_to_mm(criteria)) if bone_mm else None
        found.append(
            Reach(part=Part.DRILL, name=chain.drill.name, spare_mm=spare, needed=bone_mm != 0.0)
        )
    spare = criteria.get("needle_reach_margin_mm")
    found.append(Reach(part=Part.NEEDLE, name=needle.name, spare_mm=spare))
    return tuple(found)


def _less(length_mm: float, depth_mm: float | None) -> float | None:
    return None if depth_mm is None else length_mm - depth_mm


def _drilled_to_mm(criteria: CriterionValues) -> float | None:
    """Return how deep is drilled: through the bone that is met, or to the lesion behind it."""
    cortex, bone = criteria.get("cortex_depth_mm"), criteria.get("bone_traversal_mm")
    if cortex is None or bone is None:
        return None
    lesion = criteria.get("lesion_depth_mm")
    return max(cortex + bone, lesion or 0.0)
