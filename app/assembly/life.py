"""Approval, saving, recovery and recent cases: their panels, strips and menu entries, wired."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from getpass import getuser
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from app.language import tr
from app.main_window import MainWindow
from app.presenters.plan_life import PlanLifePresenter
from app.presenters.recovery import RecoveryPresenter
from app.presenters.saving import SavingPresenter
from app.remembered import Remembered, load_remembered, save_remembered, with_recent
from app.session import Session
from app.view_state import ViewState
from app.views.approval_panel import ApprovalPanel
from app.views.empty_state import RecentRow
from app.views.plain_tip import plain_tip
from app.views.progress_strip import ProgressStrip
from app.views.recovery_strip import RecoveryStrip
from app.views.remarks_panel import RemarksPanel

_STEP = "hand_over"
_RECENT_MENU = "Case/Open recent"


@dataclass(slots=True, eq=False)
class _Memory:
    """What is remembered between starts, and where; without a folder for this run alone."""

    file: Path | None
    held: Remembered = field(default_factory=Remembered)

    def change(self, held: Remembered) -> None:
        """Remember something else from now on."""
        self.held = held
        if self.file is not None:
            save_remembered(held, self.file)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Life:
    """The presenters of a plan's and a case's life; `recovery` is None where nothing is kept."""

    plan: PlanLifePresenter
    saving: SavingPresenter
    recovery: RecoveryPresenter | None
    note_opened: Callable[[Path], None]
    """Tells that a case was opened from a path, to be listed as recent."""


def add_life(
    window: MainWindow, session: Session, view_state: ViewState, *, data_dir: Path | None = None
) -> Life:
    """Put approval, notes, saving, recovery and recent cases into the window.

    Parameters
    ----------
    data_dir : Path or None
        Where unsaved changes and recent cases are kept; None keeps neither.
    """
    panel, remarks, progress = ApprovalPanel(), RemarksPanel(), ProgressStrip()
    window.add_panel(_STEP, panel, on_top=True)
    window.add_panel(_STEP, remarks)
    window.add_strip(progress)
    plan = PlanLifePresenter(session, view_state, panel, remarks, window.message, parent=window)
    saving = SavingPresenter(session, progress, window.message, parent=window)
    recovery = None
    if data_dir is not None:
        strip = RecoveryStrip()
        window.add_strip(strip)
        recovery = RecoveryPresenter(
            session, strip, progress, window.message, root=data_dir / "recovery", parent=window
        )
    memory = _Memory(None if data_dir is None else data_dir / "remembered.json")
    if memory.file is not None:
        memory.held = load_remembered(memory.file)
    _wire_plan(window, plan, panel, memory)
    _wire_saving(window, saving, panel)
    note_opened = _wire_recent(window, saving, memory)
    _wire_recovery(window, recovery, note_opened)
    return Life(plan=plan, saving=saving, recovery=recovery, note_opened=note_opened)


def _wire_plan(
    window: MainWindow, plan: PlanLifePresenter, panel: ApprovalPanel, memory: _Memory
) -> None:
    actions = window.actions_by_key

    def follow_step(step: str) -> None:
        plan.show(shown=step == _STEP)

    def go_there() -> None:
        window.show_step(_STEP)
        if window.left.is_folded:
            window.toggle_left()

    window.step_changed.connect(follow_step)
    actions["approve"].triggered.connect(go_there)
    actions["fork"].triggered.connect(plan.fork)
    plan.can_fork_changed.connect(lambda reason: window.set_reason("fork", reason))
    plan.approved_by.connect(
        lambda who: memory.change(memory.held.model_copy(update={"approver": who}))
    )
    panel.set_who(memory.held.approver or _user_name())
    plan.refresh()


def _wire_saving(window: MainWindow, saving: SavingPresenter, panel: ApprovalPanel) -> None:
    actions = window.actions_by_key

    def ask_where(name: str) -> None:
        suggested = Path(window.last_folder or Path.home()) / name
        chosen, _ = QFileDialog.getSaveFileName(
            window, tr("Save the case as a new folder"), str(suggested)
        )
        if chosen:
            saving.save_to(Path(chosen))

    def show_reason(reason: str) -> None:
        for key in ("save", "save_as"):
            window.set_reason(key, reason)
        panel.set_save_reason(reason)

    def show_title(name: str, unsaved: bool) -> None:  # noqa: FBT001 (a signal's argument)
        window.setWindowTitle(f"{name}[*] - Trephine" if name else "Trephine")
        window.setWindowModified(unsaved)

    actions["save"].triggered.connect(saving.save)
    actions["save_as"].triggered.connect(saving.save_as)
    panel.save_requested.connect(saving.save)
    saving.folder_wanted.connect(ask_where)
    saving.can_save_changed.connect(show_reason)
    saving.title_changed.connect(show_title)
    saving.said.connect(window.say)
    saving.refresh()


def _wire_recent(
    window: MainWindow, saving: SavingPresenter, memory: _Memory
) -> Callable[[Path], None]:
    menu = window.menus_by_title[_RECENT_MENU]

    def show() -> None:
        rows = tuple(recent_row(Path(name)) for name in memory.held.recent)
        window.empty.set_recent(rows)
        menu.clear()
        for row in rows:
            action = menu.addAction(row.name)
            action.setEnabled(not row.problem)
            action.setToolTip(plain_tip(row.problem or row.path))
            action.triggered.connect(lambda _=False, row=row: window.open_case(Path(row.path)))
        menu.setEnabled(bool(rows))

    def note(path: Path) -> None:
        memory.change(with_recent(memory.held, path))
        show()

    window.empty.recent_requested.connect(window.open_case)
    menu.aboutToShow.connect(show)
    saving.saved.connect(note)
    show()
    return note


def _wire_recovery(
    window: MainWindow, recovery: RecoveryPresenter | None, note_opened: Callable[[Path], None]
) -> None:
    if recovery is None:
        window.set_reason("recover", tr("Nothing is kept in this run."))
        return

    def show(path: Path | None) -> None:
        window.show_pictures()
        if path is not None:
            note_opened(path)
            window.last_folder = str(path.parent)

    recovery.recovered.connect(show)
    recovery.said.connect(window.say)
    recovery.can_recover_changed.connect(lambda reason: window.set_reason("recover", reason))
    window.actions_by_key["recover"].triggered.connect(recovery.show_offer)
    recovery.look()


def recent_row(path: Path) -> RecentRow:
    """Return a recent case as it is listed, with a problem where it is not there any more."""
    name = path.parent.name if path.name == "case.toml" else path.name
    problem = "" if path.exists() else tr("{path} is not there any more.", path=path)
    return RecentRow(path=str(path), name=name, problem=problem)


def _user_name() -> str:
    try:
        return getuser()
    except (OSError, KeyError, ImportError):  # no name in the environment, none on the system
        return ""
