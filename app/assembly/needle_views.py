"""Needle's eye, views along the needle and their slider: joins them to session and view state."""

from __future__ import annotations

from app.main_window import MainWindow
from app.presenters.needle_views import NeedleViewsPresenter
from app.session import Session
from app.view_state import ViewState


def add_needle_views(
    window: MainWindow, session: Session, view_state: ViewState
) -> NeedleViewsPresenter:
    """Let the views that follow a needle follow the one that is shown."""
    pictures = window.pictures
    return NeedleViewsPresenter(session, view_state, pictures.needle_slices, pictures.depth, window)
