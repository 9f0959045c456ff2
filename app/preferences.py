"""The settings while the window is open: one value that changes, kept at once; shows nothing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.logs import log_event
from app.settings import Settings, save_settings


class Preferences(QObject):
    """Holds the settings and writes them whenever they change.

    Signals
    -------
    changed : Settings, Settings
        New and old; receivers compare fields.
    not_kept : str
        They could not be written, and why.
    """

    changed = Signal(object, object)
    not_kept = Signal(str)

    def __init__(
        self, settings: Settings, file: Path | None = None, parent: QObject | None = None
    ) -> None:
        """Begin with settings; `file` is where they are kept, None keeps them nowhere."""
        super().__init__(parent)
        self._settings = settings
        self._file = file
        self._problem = ""

    @property
    def settings(self) -> Settings:
        """What holds now."""
        return self._settings

    def change(self, **fields: object) -> None:
        """Change some of the settings.

        Raises
        ------
        pydantic.ValidationError
            If a value is none that the setting can have: a mistake of the caller.
        """
        old = self._settings
        new = Settings.model_validate({**old.model_dump(), **fields})
        if new == old:
            return
        self._settings = new
        if self._file is not None:
            self._keep(new, old)
        self.changed.emit(new, old)

    def _keep(self, new: Settings, old: Settings) -> None:
        """Write what changed; what keeps that from working is told once, until it works again."""
        problem = save_settings(new, self._file, before=old) if self._file is not None else ""
        if problem and not self._problem:
            log_event("the settings could not be kept")
            self.not_kept.emit(problem)
        self._problem = problem
