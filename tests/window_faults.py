"""Faults of the disk under the window's presenters: what they show, and that the case stays open.

Run by `failing_calls.run_with`, as a program of its own:

    python -m tests.window_faults
"""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from app.autosave import Autosave
from app.exporting import NOTHING_DRAWN
from app.preferences import Preferences
from app.presenters.handing_over import HandOverPresenter
from app.presenters.recovery import RecoveryPresenter
from app.presenters.saving import SavingPresenter
from app.session import Session
from app.settings import Settings
from app.view_state import ViewState
from app.views.export_panel import ExportPanel
from app.views.message_strip import MessageStrip
from app.views.progress_strip import ProgressStrip
from app.views.recovery_strip import RecoveryStrip
from tests.failing_calls import How, arm
from tests.writes import CASE, IMAGES, bytes_below

PATIENCE_S = 30.0
FAILURES = (
    (errno.ENOSPC, "full"),
    (errno.EIO, "failed"),
    (errno.ENOTCONN, "does not answer"),
    (errno.EACCES, "permission denied"),
    (errno.EROFS, "read-only"),
)


class Window:
    """What takes part in writing, without pictures: a session and its presenters."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.session, self.message = folder, Session(), Mock(spec=MessageStrip)
        self.session.open(CASE, IMAGES)
        progress = Mock(spec=ProgressStrip)
        self.saving = SavingPresenter(self.session, progress, self.message)
        self.export = HandOverPresenter(
            self.session,
            ViewState(),
            ExportPanel(),
            progress,
            self.message,
            drawn=NOTHING_DRAWN,
        )
        self.export.set_folder(folder)
        self.heard: list[str] = []
        self.keeper = RecoveryPresenter(
            self.session,
            Mock(spec=RecoveryStrip),
            progress,
            self.message,
            root=folder / "recovery",
            autosave=Autosave(self.heard.append, settle_s=0.0, between_s=0.0),
        )

    @property
    def errors(self) -> list[str]:
        """What the window has shown as an error."""
        return [str(call.args[0]) for call in self.message.show_error.call_args_list]

    def change(self, remarks: str) -> None:
        case = self.session.case
        assert case is not None
        self.session.apply("Write", replace(case, remarks=remarks))

    def wait(self, until: Callable[[], bool]) -> None:
        limit_s = time.monotonic() + PATIENCE_S
        while not until() and time.monotonic() < limit_s:
            QApplication.processEvents()
            time.sleep(0.01)

    def close(self) -> None:
        self.saving.job.shut_down()
        self.export.job.shut_down()
        self.keeper.shut_down()


def _save(window: Window, error: int) -> str:
    """Save twice, the second time with a failing disk; return what is wrong."""
    place = window.folder / "case"
    window.saving.save_to(place)
    window.wait(lambda: not window.saving.job.is_running)
    before = bytes_below(place)
    window.change("unsaved")
    arm(place, 3, How.FAIL_FROM, error)
    window.saving.save()
    window.wait(lambda: bool(window.errors))
    arm(place, 0, How.OFF)
    kept = window.session.case
    if kept is None or kept.remarks != "unsaved" or not window.session.is_unsaved:
        return "the case is not open and unsaved any more"
    return "" if bytes_below(place) == before else "what was saved before was changed"


def _export(window: Window, error: int) -> str:
    window.wait(lambda: window.keeper.autosave.flush(0.0))
    arm(window.folder, 4, How.FAIL_FROM, error)
    window.export.export(("plan", "csv", "slicer"), False)
    window.wait(lambda: bool(window.errors))
    arm(window.folder, 0, How.OFF)
    whole = [p for p in window.folder.iterdir() if not p.name.startswith(".")]
    if [p.name for p in whole if p.name != "recovery"]:
        return f"left {whole}"
    return "" if window.session.case is CASE else "the case is not open any more"


def _autosave(window: Window, error: int) -> str:
    arm(window.folder / "recovery", 1, How.FAIL_FROM, error)
    window.change("one more word")
    window.wait(lambda: bool(window.errors or window.heard))
    arm(window.folder / "recovery", 0, How.OFF)
    window.message.show_error(*window.heard[:1] or window.errors[:1])
    kept = window.session.case
    return "" if kept is not None and kept.remarks == "one more word" else "the change is lost"


def _settings(window: Window, error: int) -> str:
    file = window.folder / "settings.json"
    preferences = Preferences(Settings(), file)
    preferences.not_kept.connect(window.message.show_error)
    preferences.change(text_percent=110)
    before = file.read_bytes()
    arm(window.folder, 1, How.FAIL_FROM, error)
    preferences.change(text_percent=120)
    arm(window.folder, 0, How.OFF)
    if preferences.settings.text_percent != 120:
        return "the setting does not hold"
    return "" if file.read_bytes() == before else "the file was changed"


WAYS = (
    ("save", "case", _save),
    ("export", "cannot be written", _export),
    ("unsaved changes", "Unsaved changes", _autosave),
    ("settings", "settings", _settings),
)


def main() -> int:
    """Try every way with every failure; print what was shown."""
    QApplication([])
    wrong_ones = 0
    for name, names, way in WAYS:
        for error, words in FAILURES:
            with tempfile.TemporaryDirectory() as folder:
                window = Window(Path(folder))
                try:
                    wrong = way(window, error)
                finally:
                    window.close()
                shown = window.errors[-1] if window.errors else ""
                if words not in shown or names not in shown:
                    wrong += " the message does not say it"
            wrong_ones += bool(wrong)
            end = f" WRONG: {wrong}" if wrong else ""
            said = shown.replace(folder, "")
            sys.stdout.write(f"| {errno.errorcode[error]} | window, {name} | {said} |{end}\n")
    sys.stdout.write(f"{len(WAYS) * len(FAILURES)} faults under the window, {wrong_ones} wrong\n")
    return int(wrong_ones > 0)


if __name__ == "__main__":
    raise SystemExit(main())
