"""What a user can do to a case, as a table of random operations; asserts nothing.

To have further operations tried by the undo test and by the crash test, add a row to `OPERATIONS`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from unittest.mock import Mock

import numpy as np

from app import catalogue
from app.presenters.cores import CoresPresenter
from app.presenters.plan_life import PlanLifePresenter
from app.presenters.planning import Planned, PlanningPresenter
from app.session import Session
from app.view_state import ViewState
from app.views.approval_panel import ApprovalPanel
from app.views.core_set_panel import CoreSetPanel
from app.views.message_strip import MessageStrip
from app.views.planning_form import PlanningForm
from app.views.progress_strip import ProgressStrip
from app.views.remarks_panel import RemarksPanel
from planning.image import Mask
from planning.model.case import Guidance, Indication, OwnPath, Position, Role, Structure
from planning.model.core_set import Purpose
from planning.model.limit import LimitChange
from planning.model.needle import Trajectory
from planning.model.plan import PlanResult


@dataclass(frozen=True, kw_only=True, eq=False)
class Bench:
    """A session with everything that changes its case, without windows."""

    session: Session
    state: ViewState
    planning: PlanningPresenter
    cores: CoresPresenter
    life: PlanLifePresenter
    plan: PlanResult
    chance: random.Random


def bench(session: Session, plan: PlanResult, seed: int) -> Bench:
    state = ViewState()
    message = Mock(spec=MessageStrip)
    return Bench(
        session=session,
        state=state,
        planning=PlanningPresenter(
            session, Mock(spec=PlanningForm), Mock(spec=ProgressStrip), message
        ),
        cores=CoresPresenter(session, state, Mock(spec=CoreSetPanel)),
        life=PlanLifePresenter(
            session, state, Mock(spec=ApprovalPanel), Mock(spec=RemarksPanel), message
        ),
        plan=plan,
        chance=random.Random(seed),
    )


def choose_needle(b: Bench) -> None:
    b.planning.choose_needle(b.chance.choice(sorted(catalogue.needles())))


def choose_guidance(b: Bench) -> None:
    b.planning.choose_guidance(b.chance.choice(list(Guidance)).value)


def choose_position(b: Bench) -> None:
    b.planning.choose_position(b.chance.choice([*Position, "as-scanned"]))


def choose_indication(b: Bench) -> None:
    b.planning.choose_indication(b.chance.choice(list(Indication)).value)


def choose_core_count(b: Bench) -> None:
    b.planning.choose_core_count(b.chance.choice(["auto", "1", "2", "3"]))


def choose_entries(b: Bench) -> None:
    b.planning.choose_entries(b.chance.choice(["auto", "one", "several"]))


def choose_must_sample(b: Bench) -> None:
    structure = b.chance.choice(b.session.case.structures)
    b.planning.choose_must_sample(structure.mask_id, b.chance.random() < 0.5)


def plan(b: Bench) -> None:
    case, score = b.session.case, b.chance.random()
    first, *others = b.plan.candidates
    made = replace(b.plan, candidates=(replace(first, score=score), *others))
    b.planning.take(Planned(case=case, anatomy=b.session.anatomy, plan=made, seconds=0.0))


def refine(b: Bench) -> None:
    """Let the latest step lead on, as work that comes in later does."""
    if b.session.undo_stack.canUndo():  # else it would complete the opened case
        notes = (f"note {b.chance.random()}",)
        b.session.amend(replace(b.session.case, notes=notes))


def choose_purpose(b: Bench) -> None:
    core_set = b.session.case.plan.core_set if b.session.case.plan else None
    if core_set is not None:
        core = b.chance.choice(core_set.cores)
        b.cores.choose_purpose(core.candidate.candidate_id, b.chance.choice(list(Purpose)).value)


def write_remarks(b: Bench) -> None:
    letters = "".join(b.chance.choices('abc äß\n"\\', k=b.chance.randrange(9)))
    b.life.write_remarks(b.session.case.remarks[:20] + letters)


def weigh(b: Bench) -> None:
    weights = (("yield", b.chance.random()), ("safety", b.chance.random()))
    b.session.apply("Weigh", replace(b.session.case, weights=weights), merge_key="weights")


def limit(b: Bench) -> None:
    change = LimitChange(key="reach", value=b.chance.uniform(-3, 3), reason="tried")
    b.session.apply("Limit", replace(b.session.case, limits=(change,)))


def drag_own_path(b: Bench) -> None:
    case = b.session.case
    number = b.chance.randrange(3)
    for _ in range(b.chance.randrange(1, 4)):
        ends = [tuple(b.chance.uniform(-100, 100) for _ in range(3)) for _ in range(2)]
        path = OwnPath(path_id=f"M{number}", trajectory=Trajectory(*ends))
        kept = tuple(p for p in b.session.case.own_paths if p.path_id != path.path_id)
        b.session.apply(
            "Move", replace(b.session.case, own_paths=(*kept, path)), merge_key=f"drag {id(case)}"
        )


def change_structure(b: Bench) -> None:
    case = b.session.case
    changed = b.chance.choice(case.structures)
    wish: Mapping[str, object] = b.chance.choice(
        (
            {"role": b.chance.choice(list(Role))},
            {"margin_mm": b.chance.choice([None, b.chance.uniform(0, 10)])},
            {"colour": f"#{b.chance.randrange(16**6):06x}"},
            {"excluded_because": b.chance.choice(["", "poor"])},
            {"stale_because": b.chance.choice(["", "moved"])},
            {"name": f"structure {b.chance.randrange(100)}"},
        )
    )
    structures = tuple(replace(s, **wish) if s is changed else s for s in case.structures)
    b.session.apply("Change a structure", replace(case, structures=structures))


def paint(b: Bench) -> None:
    case, images = b.session.case, b.session.images
    structure = b.chance.choice(case.structures)
    before = images.masks[structure.mask_id]
    inside = before.inside.copy()
    inside[tuple(b.chance.randrange(n) for n in inside.shape)] ^= True
    mask_id = f"edit:{b.chance.getrandbits(64):x}"
    b.session.add_masks({mask_id: Mask(grid=before.grid, inside=inside)})
    structures = tuple(
        replace(s, mask_id=mask_id) if s is structure else s for s in case.structures
    )
    b.session.apply("Paint", replace(case, structures=structures, plan=None))


def draw_new(b: Bench) -> None:
    case, grid = b.session.case, b.session.images.ct.grid
    mask_id = f"new:{b.chance.getrandbits(64):x}"
    inside = np.zeros(grid.shape_kji, np.bool_)
    inside[b.chance.randrange(grid.shape_kji[0])] = True
    b.session.add_masks({mask_id: Mask(grid=grid, inside=inside)})
    drawn = Structure(name=f"drawn {mask_id}", role=Role.ORGAN, mask_id=mask_id)
    b.session.apply("Draw", replace(case, structures=(*case.structures, drawn)))


def remove(b: Bench) -> None:
    case = b.session.case
    if len(case.structures) > 2:
        gone = b.chance.choice(case.structures)
        rest = tuple(s for s in case.structures if s is not gone)
        b.session.apply("Remove", replace(case, structures=rest))


OPERATIONS: tuple[Callable[[Bench], None], ...] = (
    choose_needle,
    choose_guidance,
    choose_position,
    choose_indication,
    choose_core_count,
    choose_entries,
    choose_must_sample,
    plan,
    refine,
    choose_purpose,
    write_remarks,
    weigh,
    limit,
    drag_own_path,
    change_structure,
    paint,
    draw_new,
    remove,
)


def do_something(b: Bench) -> str:
    """Do one random thing and return its name."""
    operation = b.chance.choice(OPERATIONS)
    operation(b)
    return operation.__name__
