"""Trajectories of other programs as ones placed by hand, on the user's request; reads no format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.core_language import tr_core
from app.language import tr, tr_count
from app.presenters.own_paths import OwnPaths, can_be
from app.views.message_strip import MessageStrip
from planning.errors import TrephineError


class ImportPathsPresenter(QObject):
    """Reads files of trajectories and adds what lies in the CT, as one step that can be undone.

    Signals
    -------
    imported
        Trajectories were added.
    """

    imported = Signal()

    def __init__(
        self, paths: OwnPaths, message: MessageStrip, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._paths, self._message = paths, message

    def read(self, files: Sequence[Path]) -> None:
        """Add the trajectories that files hold."""
        from planning.handover.trajectory_files import read_trajectories

        anatomy = self._paths.ready()
        if anatomy is None or not files:
            return
        try:
            read = read_trajectories(files, anatomy.ct)
        except TrephineError as error:
            self._message.show_error(tr_core(str(error)))
            return
        named = [(path.name, path.trajectory(anatomy.needle)) for path in read.paths]
        inside = [(name, path) for name, path in named if can_be(anatomy, path)]
        outside = [name for name, path in named if not can_be(anatomy, path)]
        left_out = (
            tr("Outside this CT, and so left out: {names}.", names=", ".join(outside))
            if outside
            else ""
        )
        if not inside:
            self._message.show_error(left_out)
            return
        step = tr_count("Import {count} trajectory", "Import {count} trajectories", len(inside))
        ids = self._paths.add([path for _, path in inside], step)
        if not ids:
            return
        pairs = zip(ids, (name for name, _ in inside), strict=True)
        said = tr("Imported: {names}.", names=", ".join(f"{i} ({n})" if n else i for i, n in pairs))
        cautions = [*filter(None, [left_out]), *map(tr_core, read.remarks)]
        show = self._message.show_caution if cautions else self._message.show_note
        show(" ".join([said, *cautions]))
        self.imported.emit()
