"""Puts the panel of the case's images together; decides nothing."""

from __future__ import annotations

from app.main_window import MainWindow
from app.presenters.images import ImagesPresenter
from app.session import Session
from app.view_state import ViewState
from app.views.images_panel import ImagesPanel


def add_images(window: MainWindow, session: Session, view_state: ViewState) -> ImagesPresenter:
    """Return the presenter of the images, its panel in the step of that name."""
    panel = ImagesPanel()
    window.add_panel("images", panel)
    return ImagesPresenter(session, view_state, panel, window.slices, window)
