"""One tool at a time in every slice view, and what was measured is said."""

from __future__ import annotations

from unittest.mock import Mock

from app.presenters.measuring import MeasuringPresenter
from app.views.slice_view import SliceView
from app.views.values import Measurement, Tool


def test_every_slice_view_gets_the_tool(qapp: object) -> None:
    slices = [Mock(spec=SliceView) for _ in range(3)]
    presenter, heard = MeasuringPresenter(slices), []
    presenter.tool_changed.connect(heard.append)
    presenter.said.connect(heard.append)
    presenter.choose(Tool.DISTANCE)
    presenter.say(
        Measurement(
            tool=Tool.DISTANCE, points_lps_mm=((0.0, 0.0, 0.0), (3.0, 4.0, 0.0)), text="5.0 mm"
        )
    )
    presenter.clear()
    for view in slices:
        view.set_tool.assert_called_once_with(Tool.DISTANCE)
        view.clear_measurements.assert_called_once_with()
    assert presenter.tool is Tool.DISTANCE
    assert heard == [Tool.DISTANCE, "5.0 mm"]
