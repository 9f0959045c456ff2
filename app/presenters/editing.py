"""Masks mended by hand: strokes of the brush and work on a whole mask; each is one step to undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from PySide6.QtCore import QObject, Signal

from app.core_language import tr_core
from app.jobs import LatestJob
from app.language import tr
from app.presenters.locking import why_locked
from app.presenters.mask_work import EditedMask, work_words, worked
from app.presenters.numbers import spoken
from app.presenters.structure_changes import (
    DRAWN_BY_HAND,
    NOTHING_DRAWN,
    as_edited,
    exchanged,
    free_name,
    role_of_new,
    structure_of,
    with_more,
)
from app.session import Session
from app.view_state import ViewState
from app.views.brush_tool import BrushTool, resized
from app.views.editing_panel import LEAST_RADIUS_MM, MOST_RADIUS_MM, EditingPanel
from app.views.structure_list import StructureList
from app.views.structure_values import Brush, BrushMode, DrawnStroke, EditKind, EditRequest
from app.views.values import Choice
from planning.editing.joining import added, empty_mask, taken_away
from planning.editing.naming import first_key, next_key
from planning.editing.strokes import swept, within_hu
from planning.errors import TrephineError
from planning.image import Mask
from planning.model.case import Case, Structure

RADIUS_STEP = 1.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Target:
    """What is edited: a structure of the open case and its mask, under the key of its line."""

    structure: Structure
    mask: Mask


def _today() -> str:
    return date.today().isoformat()


class EditingPresenter(QObject):
    """Edits the mask of the structure that is current in the list.

    Signals
    -------
    brush_changed : Brush
        The brush was set otherwise, or put away.
    can_edit_changed : str
        Empty if the current structure can be edited; otherwise why not.
    said : str
        What came of an edit, where nothing else shows it.
    """

    brush_changed = Signal(object)
    can_edit_changed = Signal(str)
    said = Signal(str)

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        structure_list: StructureList,
        panel: EditingPanel,
        tool: BrushTool,
        *,
        today: Callable[[], str] = _today,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._state = view_state
        self._list = structure_list
        self._panel = panel
        self._tool = tool
        self._today = today
        self._key = ""
        self._brush = Brush()
        self.job = LatestJob(self)
        self.job.finished.connect(self.take)
        self.job.failed.connect(self._fail)
        structure_list.current_changed.connect(self.choose)
        view_state.styles_changed.connect(self._show_colour)
        session.case_changed.connect(self._follow_case)
        panel.brush_set.connect(self.set_brush)
        panel.asked.connect(self.ask)
        tool.stroke_drawn.connect(self.take_stroke)
        self.refresh()

    @property
    def brush(self) -> Brush:
        """How the brush is set."""
        return self._brush

    @property
    def target_name(self) -> str:
        """What is edited, as it is read; empty for nothing."""
        target = self._target()
        return "" if target is None else _name(target)

    @property
    def painted(self) -> str:
        """Key of the line of the structure under the brush; empty while the brush is put away."""
        return "" if self._brush.mode is BrushMode.OFF else self._key

    def choose(self, key: str) -> None:
        """Edit the structure of this line from now on."""
        self._key = key
        self.refresh()

    def set_brush(self, brush: Brush) -> None:
        """Set the brush otherwise; it stays put away while nothing can be edited."""
        if brush.mode is not BrushMode.OFF and self._why_not():
            brush = replace(brush, mode=BrushMode.OFF)
        self._brush = brush
        self._panel.set_brush(brush)
        self._tool.set_brush(brush)
        self.brush_changed.emit(brush)

    def set_mode(self, mode: BrushMode) -> None:
        """Take the brush or the eraser, or put both away."""
        if mode is not self._brush.mode:
            self.set_brush(replace(self._brush, mode=mode))

    def change_radius(self, steps: int) -> None:
        """Make the brush larger, or smaller for negative steps."""
        factor = RADIUS_STEP**steps
        self.set_brush(resized(self._brush, factor, LEAST_RADIUS_MM, MOST_RADIUS_MM))
        self.said.emit(tr("Brush radius {radius:.1f} mm", radius=self._brush.radius_mm))

    def take_stroke(self, drawn: DrawnStroke) -> None:
        """Add what the brush swept over to the current mask, or take it away."""
        target, images = self._target(), self._session.images
        if target is None or images is None:
            return
        brush = swept(drawn.stroke, images.ct.grid)
        if drawn.erases:
            made, text = taken_away(target.mask, brush), tr("Erase on {name}", name=_name(target))
        else:
            if self._brush.hu is not None:
                brush = within_hu(brush, images.ct, self._brush.hu)
            made, text = added(target.mask, brush), tr("Paint on {name}", name=_name(target))
        self._change(target.structure, made, text)

    def ask(self, request: EditRequest) -> None:
        """Do something to the whole mask, in the background."""
        if request.kind is EditKind.NEW:
            self.begin()
            return
        if request.kind is EditKind.DUPLICATE:
            self.duplicate()
            return
        target, images, case = self._target(), self._session.images, self._session.case
        if target is None or images is None or case is None:
            return
        other = structure_of(case, request.other)
        other_mask = images.masks[other.mask_id] if other is not None else None
        text = work_words(request, _name(target), spoken(other.name) if other is not None else "")
        structure, mask, ct = target.structure, target.mask, images.ct
        at = self._state.crosshair_lps_mm
        self.job.start(
            text,
            lambda _: EditedMask(
                structure=structure,
                mask=worked(mask, request, ct=ct, other=other_mask, at_lps_mm=at),
                text=text,
            ),
        )
        self.said.emit(f"{text} ...")

    def take(self, edited: EditedMask) -> None:
        """Make a finished mask the structure's, if that is still as it was."""
        case = self._session.case
        if case is not None and any(s is edited.structure for s in case.structures):
            self._change(edited.structure, edited.mask, edited.text)

    def begin(self) -> None:
        """Add a structure without an inside, to be painted."""
        case, images = self._session.case, self._session.images
        if case is None or images is None:
            return
        name = free_name(case, tr("New structure"))
        structure = Structure(
            name=name,
            role=role_of_new(case),
            mask_id=next_key(f"drawn:{name}", images.masks),
            made_by=DRAWN_BY_HAND,
            date=self._today(),
            excluded_because=NOTHING_DRAWN,
        )
        mask = empty_mask(images.ct.grid, images.ct.frame_of_reference_uid)
        self._add(structure, mask, tr("New structure"))

    def duplicate(self) -> None:
        """Add a copy of the current structure, derived ones too, under another name."""
        case, images, source = self._session.case, self._session.images, self._source()
        if case is None or images is None or source is None:
            return
        structure, mask = source
        name = free_name(case, tr("{name} copy", name=structure.name))
        copy = replace(
            structure,
            name=name,
            mask_id=next_key(f"drawn:{name}", images.masks),
            made_by=structure.made_by or structure.derived_from,
            derived_from="",
        )
        self._add(copy, mask, tr("Duplicate {name}", name=spoken(structure.name)))

    def _add(self, structure: Structure, mask: Mask, text: str) -> None:
        case = self._session.case
        assert case is not None, "only asked for while a case is open"
        self._session.add_masks({structure.mask_id: mask})
        if not self._session.apply(text, with_more(case, structure)):
            return
        self._key = first_key(structure.mask_id)
        self._list.set_current(self._key)

    def _change(self, structure: Structure, mask: Mask, text: str) -> None:
        case, images = self._session.case, self._session.images
        assert case is not None, "only asked for while a case is open"
        assert images is not None, "only asked for while a case is open"
        if mask is images.masks[structure.mask_id]:
            self.said.emit(tr("{what}: nothing to change.", what=text))
            return
        key = next_key(structure.mask_id, images.masks)
        self._session.add_masks({key: mask})
        edited = as_edited(structure, key, mask, self._today())
        if not self._session.apply(text, exchanged(case, structure, edited)):
            self.said.emit("")  # refused, which the window says where it stays
            return
        self.said.emit(
            tr(
                "{what}: {before:.1f} ml before, {after:.1f} ml now.",
                what=text,
                before=images.masks[structure.mask_id].volume_ml,
                after=mask.volume_ml,
            )
        )

    def _fail(self, error: TrephineError) -> None:
        self.said.emit(tr_core(str(error)))

    def _follow_case(self, new: Case | None, old: Case | None) -> None:
        if (
            new is None
            or old is None
            or new.structures is not old.structures
            or new.approval is not old.approval
        ):
            self.refresh()

    def _target(self) -> _Target | None:
        case, images = self._session.case, self._session.images
        structure = structure_of(case, self._key) if case is not None else None
        if structure is None or images is None:
            return None
        return _Target(structure=structure, mask=images.masks[structure.mask_id])

    def _source(self) -> tuple[Structure, Mask] | None:
        """Return what would be copied: the current structure, be it given or derived."""
        if (target := self._target()) is not None:
            return target.structure, target.mask
        anatomy = self._session.anatomy
        derived: Sequence[tuple[Structure, Mask]] = anatomy.derived if anatomy is not None else ()
        return next((pair for pair in derived if pair[0].mask_id == self._key), None)

    def _why_not(self) -> str:
        if self._session.case is None:
            return tr("Open a case first.")
        if locked := why_locked(self._session.case):
            return locked
        if self._target() is not None:
            return ""
        if self._source() is not None:
            return tr("This structure is derived: duplicate it to change the copy.")
        return tr("Select a structure in the list, or begin a new one.")

    def refresh(self) -> None:
        """Show what is edited, or why nothing can be."""
        target, why_not, case = self._target(), self._why_not(), self._session.case
        self._panel.set_target("" if target is None else _name(target), why_not)
        self._panel.set_can_add(
            new="" if case is not None else tr("Open a case first."),
            copy="" if self._source() else tr("Select a structure that has a mask."),
        )
        others = () if case is None else case.structures
        self._panel.set_others(
            tuple(
                Choice(first_key(s.mask_id), spoken(s.name))
                for s in others
                if target is None or s is not target.structure
            )
        )
        self._show_colour()
        if why_not:
            self.set_mode(BrushMode.OFF)
        self.can_edit_changed.emit(why_not)

    def _show_colour(self) -> None:
        target = self._target()
        style = self._state.style(target.structure.mask_id) if target is not None else None
        if style is not None:
            self._tool.set_colour(style.colour)


def _name(target: _Target) -> str:
    return spoken(target.structure.name)
