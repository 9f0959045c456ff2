"""Measuring distances and HU in the slice views, by one tool at a time; measures nothing itself."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from app.views.slice_view import SliceView
from app.views.values import Measurement, Tool


class MeasuringPresenter(QObject):
    """Gives every slice view the same tool, and passes on what was measured.

    Signals
    -------
    tool_changed : Tool
    said : str
        What was measured, in words.
    """

    tool_changed = Signal(object)
    said = Signal(str)

    def __init__(self, slices: Sequence[SliceView], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._slices = tuple(slices)
        self._tool = Tool.CROSSHAIR
        for view in self._slices:
            view.measured.connect(self.say)
            view.tool_requested.connect(self.choose)

    @property
    def tool(self) -> Tool:
        """What the left mouse button does."""
        return self._tool

    def choose(self, tool: Tool) -> None:
        """Let the left mouse button do something else."""
        self._tool = tool
        for view in self._slices:
            view.set_tool(tool)
        self.tool_changed.emit(tool)

    def say(self, measurement: Measurement) -> None:
        """Pass on a finished measurement."""
        self.said.emit(measurement.text)

    def clear(self) -> None:
        """Remove all measurements."""
        for view in self._slices:
            view.clear_measurements()
