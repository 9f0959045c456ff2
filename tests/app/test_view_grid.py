"""Pictures edge to edge, pulled, shown alone and back, in a real window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget
from pytestqt.qtbot import QtBot

from app.presenters.layouts import ARRANGEMENTS
from app.view_grid import ViewGrid
from app.views.arrangement import PICTURES


@pytest.fixture
def grid(qtbot: QtBot) -> ViewGrid:
    made = ViewGrid({key: QWidget() for key in PICTURES}, ARRANGEMENTS["overview"])
    qtbot.addWidget(made)
    made.resize(901, 701)
    made.show()
    qtbot.wait(1)
    return made


def seen(grid: ViewGrid) -> dict[str, QWidget]:
    return {key: w for key, w in grid._pictures.items() if w.isVisible()}


def area(grid: ViewGrid) -> int:
    return sum(w.width() * w.height() for w in seen(grid).values())


def settle(grid: ViewGrid, qtbot: QtBot) -> None:
    """Wait until the pictures fill the grid but for the lines between them."""
    lines = 4 * (grid.width() + grid.height())
    qtbot.waitUntil(lambda: 0 <= grid.width() * grid.height() - area(grid) < lines)


@pytest.mark.parametrize("name", list(ARRANGEMENTS))
def test_a_layout_shows_its_pictures_and_they_touch(
    grid: ViewGrid, qtbot: QtBot, name: str
) -> None:
    grid.arrange(ARRANGEMENTS[name])
    settle(grid, qtbot)
    assert set(seen(grid)) == set(ARRANGEMENTS[name].root.keys())
    gaps = grid.width() * grid.height() - area(grid)
    assert 0 < gaps < 4 * (grid.width() + grid.height())
    for widget in seen(grid).values():
        assert min(widget.width(), widget.height()) > 100


def test_the_parts_are_as_large_as_the_layout_says(grid: ViewGrid, qtbot: QtBot) -> None:
    pictures = seen(grid)
    assert len({(w.width(), w.height()) for w in pictures.values()}) == 1
    grid.arrange(ARRANGEMENTS["adjust"])
    settle(grid, qtbot)
    eye, scene = grid._pictures["eye"], grid._pictures["scene"]
    assert eye.width() / scene.width() == pytest.approx(1.5, abs=0.03)


@pytest.mark.parametrize("name", list(ARRANGEMENTS))
def test_one_is_shown_alone_and_all_come_back_as_they_were(
    grid: ViewGrid, qtbot: QtBot, name: str
) -> None:
    grid.arrange(ARRANGEMENTS[name])
    settle(grid, qtbot)
    before = {key: w.geometry() for key, w in seen(grid).items()}
    for key in before:
        grid.toggle_large(key)
        assert set(seen(grid)) == {key}
        qtbot.waitUntil(lambda key=key: grid._pictures[key].size() == grid.size())
        grid.toggle_large(key)
        settle(grid, qtbot)
        qtbot.waitUntil(lambda: {k: w.geometry() for k, w in seen(grid).items()} == before)


def test_escape_shows_all_again(grid: ViewGrid, qtbot: QtBot) -> None:
    grid.set_large("coronal")
    with qtbot.waitSignal(grid.large_changed) as heard:
        qtbot.keyClick(grid, Qt.Key.Key_Escape)
    assert heard.args == [""]
    assert len(seen(grid)) == 4


def test_what_was_pulled_and_the_large_one_are_read_back(grid: ViewGrid, qtbot: QtBot) -> None:
    grid.findChild(QSplitter).setSizes([200, 500])
    settle(grid, qtbot)
    height = grid._pictures["axial"].height()
    assert height == pytest.approx(200, abs=2)
    grid.set_large("scene")
    kept = grid.arrangement()
    assert kept.large == "scene"
    grid.arrange(ARRANGEMENTS["review"])
    assert grid.large == ""
    grid.arrange(kept)
    assert set(seen(grid)) == {"scene"}
    grid.set_large("")
    settle(grid, qtbot)
    assert grid._pictures["axial"].height() == pytest.approx(height, abs=2)


def test_layouts_can_be_changed_again_and_again(grid: ViewGrid, qtbot: QtBot) -> None:
    for _ in range(20):
        for arrangement in ARRANGEMENTS.values():
            grid.arrange(arrangement)
    qtbot.wait(10)
    assert len(grid.findChildren(QSplitter)) == 3  # the last one's, and no others
