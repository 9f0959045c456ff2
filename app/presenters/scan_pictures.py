"""Keeps the pictures of both scans true to the registration; judges nothing."""

from __future__ import annotations

from app.language import mark, tr
from app.presenters.scan_fit_work import Registered
from app.rendering.comparison import Plane, compared, planes_of
from app.views.scan_fit_panel import ScanFitPanel
from app.views.scan_fit_values import ComparedPicture

_NAMES = {"axial": mark("Axial"), "coronal": mark("Coronal"), "sagittal": mark("Sagittal")}


class ScanPictures:
    """Three planes through the lesion, in colours or as a checkerboard."""

    def __init__(self, panel: ScanFitPanel) -> None:
        self._panel = panel
        self._planes: tuple[Plane, ...] = ()  # the planning CT's part, sampled once
        self._registered: Registered | None = None
        self._checkerboard = False

    def show(self, registered: Registered) -> None:
        """Show both scans as this registration brings them together."""
        self._registered = registered
        if not self._planes:
            pair = registered.pair
            self._planes = planes_of(
                pair.images.ct, pair.lesion, pair.centre_lps_mm, pair.case.biopsy_position
            )
        scan, transform = registered.pair.scan, registered.registration.transform
        self._panel.set_pictures(
            tuple(
                ComparedPicture(
                    name=tr(_NAMES[plane.orientation]),
                    rgb=compared(plane, scan, transform, checkerboard=self._checkerboard),
                    letters=plane.letters,
                )
                for plane in self._planes
            )
        )

    def show_checkerboard(self, wanted: bool) -> None:  # noqa: FBT001 (a signal's argument)
        """Show tiles of both scans in place of colours."""
        self._checkerboard = wanted
        if self._registered is not None:
            self.show(self._registered)

    def clear(self) -> None:
        """Show nothing; the next scan is sampled anew."""
        self._planes, self._registered = (), None
        self._panel.set_pictures(())
