"""A program that edits a case at random until it is killed, and says each case it comes to.

Run as ``python -m tests.app.editing_child CASE DATA SEED PAUSE_S BETWEEN_S``. Each line it prints
is the time and the SHA-256 of the case that is open from then on.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from pathlib import Path
from unittest.mock import Mock

from PySide6.QtCore import QCoreApplication

from app.autosave import Autosave
from app.presenters.recovery import RecoveryPresenter
from app.session import Session
from app.views.message_strip import MessageStrip
from app.views.progress_strip import ProgressStrip
from app.views.recovery_strip import RecoveryStrip
from planning.records.case_file import load_case
from planning.records.document_json import case_to_json
from tests.app.operations import bench, do_something
from tests.example_plans import with_cores


def digest(session: Session) -> str:
    return hashlib.sha256(case_to_json(session.case).encode()).hexdigest()


def say(words: str) -> None:
    os.write(1, f"{time.monotonic()} {words}\n".encode())  # whole, even if killed right after


def main() -> None:
    case, data, seed, pause_s, between_s = sys.argv[1:6]
    application = QCoreApplication([])
    session = Session()
    session.case_changed.connect(lambda *_: say(digest(session)))  # before it is kept
    autosave = Autosave(
        lambda problem: say(f"problem {problem}"),
        settle_s=min(0.2, float(between_s)),
        between_s=float(between_s),
    )
    keeper = RecoveryPresenter(
        session,
        Mock(spec=RecoveryStrip),
        Mock(spec=ProgressStrip),
        Mock(spec=MessageStrip),
        root=Path(data),
        autosave=autosave,
    )
    loaded = load_case(Path(case), role_tables={})
    session.open(loaded.case, loaded.images, origin=loaded.origin)
    b = bench(session, with_cores(), int(seed))
    while True:
        step = b.chance.random()
        if step < 0.1:
            session.undo_stack.undo()
        elif step < 0.15:
            session.undo_stack.redo()
        else:
            do_something(b)
        application.processEvents()
        time.sleep(float(pause_s) * b.chance.random())
    assert keeper


if __name__ == "__main__":
    main()
