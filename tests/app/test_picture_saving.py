"""A saved picture shows the view and says what it may be used for."""

from __future__ import annotations

from PySide6.QtGui import QImage

from app.views.picture_saving import save_picture
from app.views.slice_view import SliceView
from tests.app.scenes import grid_of, marked_volume


def test_a_view_is_saved_as_png_above_its_notice(qtbot, tmp_path):
    view = SliceView("axial")
    qtbot.addWidget(view)
    view.resize(200, 150)
    view.set_volume(marked_volume(grid_of("plain"), (10.0, 5.0, 0.0)))
    view.show()
    assert save_picture(view, "Research use only.", tmp_path / "axial") == ""
    saved, shown = QImage(str(tmp_path / "axial.png")), view.grab().toImage()
    assert saved.width() == 200
    assert 160 < saved.height() < 190
    assert all(saved.pixelColor(x, 75) == shown.pixelColor(x, 75) for x in range(200))
    strip = [saved.pixelColor(x, y).lightness() for x in range(200) for y in range(152, 170)]
    assert max(strip) > 120  # words


def test_a_narrow_picture_breaks_its_notice_into_lines(qtbot, tmp_path):
    view = SliceView("axial")
    qtbot.addWidget(view)
    view.resize(130, 150)
    notice = "Research use only. Not a medical device. Trephine 0.1.0"
    heights = []
    for words in ("Research", notice):
        assert save_picture(view, words, tmp_path / "a.png") == ""
        heights.append(QImage(str(tmp_path / "a.png")).height())
    assert heights[1] > heights[0] + 10


def test_what_cannot_be_saved_is_said(qtbot, tmp_path):
    view = SliceView("axial")
    qtbot.addWidget(view)
    assert "PNG" in save_picture(view, "", tmp_path / "axial.jpg")
    assert "cannot be written" in save_picture(view, "", tmp_path / "missing" / "a.png")
