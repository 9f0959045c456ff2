"""The drawing of a needle in its planes: on a tab, and large in the place of the views; no sums."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QPushButton, QWidget

from app.assembly.review_files import drawing_of
from app.language import tr
from app.main_window import MainWindow
from app.presenters.layouts import LayoutsPresenter
from app.presenters.review_export import FinishedReview
from app.views.arrangement import Arrangement, beside
from app.views.needle_drawing import NeedleDrawing
from app.views.parts import column
from app.views.plain_tip import plain_tip
from planning.model.plan import Candidate

KEY = "planes"
Finished = Callable[[], FinishedReview | None]
Draw = Callable[[Candidate | None], None]


def add_needle_planes(
    window: MainWindow, layouts: LayoutsPresenter, finished: Finished, *, steps: tuple[str, ...]
) -> Draw:
    """Put the drawing into the window and return what draws a core in it."""
    small, large, button = NeedleDrawing(), NeedleDrawing(), QPushButton()
    large.set_upright(upright=False)
    page = QWidget()
    layout = column(page)
    layout.addWidget(button)
    layout.addWidget(small)
    window.add_tab(page, title=tr("Needle planes"), steps=steps)
    window.grid.add(KEY, large)

    def is_large() -> bool:
        return large.isVisibleTo(window.grid)

    def say() -> None:
        button.setText(tr("Back to the views") if is_large() else tr("Show it large"))

    def toggle() -> None:
        if is_large():
            layouts.choose(layouts.shown)
        else:
            window.grid.arrange(Arrangement(root=beside(KEY)))
        say()

    def leave(*_: object) -> None:
        if is_large():
            toggle()

    def draw(core: Candidate | None) -> None:
        paint, words = drawing_of(finished(), core)
        for drawing in (small, large):
            drawing.set_drawing(paint, words)
        button.setEnabled(paint is not None)
        button.setToolTip(plain_tip(words))

    button.clicked.connect(toggle)
    small.double_clicked.connect(toggle)
    large.double_clicked.connect(toggle)
    layouts.layout_changed.connect(lambda _: say())
    window.step_changed.connect(leave)
    window.escaped.connect(leave)
    say()
    return draw
