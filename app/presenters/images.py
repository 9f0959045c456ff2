"""The images of the case, and the PET or MR that is laid over the CT; places none of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from PySide6.QtCore import QObject

from app.core_language import tr_core
from app.language import tr
from app.session import Session
from app.view_state import Shown, ViewState
from app.views.images_panel import FusionText, ImagesPanel, SecondImageRow
from app.views.slice_fusion import OverlayImage
from app.views.values import Choice
from planning.image import Volume
from planning.model.case import Case, SecondImage

_KINDS = {"pet": "PET", "mr": "MR"}
_SUV_RANGE = (0.0, 10.0)
_PET_PERCENTILE, _MR_PERCENTILES = 99.0, (1.0, 99.0)
_INSIDE_FROM = 0.02  # of the greatest value: what is fainter is air
_LOOKED_AT = 200_000


class OverlayTarget(Protocol):
    """Whoever lays a second image over the CT."""

    def set_overlay_image(self, overlay: OverlayImage | None) -> None:
        """Lay it over the CT; None lays none."""


class ImagesPresenter(QObject):
    """Lists the images of the case and lays one over the CT in every slice view."""

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        panel: ImagesPanel,
        slices: Sequence[OverlayTarget],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._state = view_state
        self._panel = panel
        self._slices = tuple(slices)
        self._ranges: dict[str, tuple[float, float]] = {}
        self._offered: tuple[tuple[Choice, ...], str] | None = None
        self._laid: tuple[str, float, tuple[float, float]] | None = None
        session.opened.connect(self.show_case)
        session.case_changed.connect(self.follow_case)
        view_state.shown_changed.connect(self.follow_shown)
        panel.second_chosen.connect(self.choose)
        panel.blend_changed.connect(self.set_blend)
        panel.range_changed.connect(self.set_range)

    def show_case(self) -> None:
        """Show another case's images, the CT alone."""
        self._ranges = {}
        self._state.set_shown(replace(self._state.shown, second_image=""))
        self._list_images()
        self._lay(anew=True)

    def follow_case(self, new: Case, old: Case | None) -> None:
        """List the images anew where they are others."""
        if old is not None and (new.second_images, new.notes) != (old.second_images, old.notes):
            self._list_images()

    def choose(self, key: str) -> None:
        """Lay another image over the CT; empty lays none."""
        self._state.set_shown(replace(self._state.shown, second_image=key))

    def set_blend(self, blend: float) -> None:
        """Show more or less of it."""
        self._state.set_shown(replace(self._state.shown, blend=blend))

    def set_range(self, low: float, high: float) -> None:
        """Let its colours span other values."""
        self._ranges[self._state.shown.second_image] = (low, high)
        self._lay()

    def follow_shown(self, shown: Shown) -> None:
        """Lay over the CT what is to be shown."""
        self._offer(shown.second_image)
        self._lay()

    def _list_images(self) -> None:
        case, images = self._session.case, self._session.images
        if case is None or images is None:
            return
        told = [image.problem for image in case.second_images if image.problem]
        notes = (*images.ct.notes, *case.notes)
        others = tuple(note for note in notes if not any(problem in note for problem in told))
        self._panel.set_facts(ct_facts(case, images.ct), tuple(map(tr_core, others)))
        self._panel.set_second_images(
            tuple(_row(image, images.second.get(image.path)) for image in case.second_images)
        )
        self._offered = None
        self._offer(self._state.shown.second_image)

    def _offer(self, current: str) -> None:
        """Offer the readable images, if anything about that has changed."""
        choices = self._choices()
        if self._offered != (choices, current):
            self._offered = (choices, current)
            self._panel.set_choices(choices, current)

    def _choices(self) -> tuple[Choice, ...]:
        case, images = self._session.case, self._session.images
        if case is None or images is None:
            return ()
        readable = (image for image in case.second_images if image.path in images.second)
        return tuple(Choice(image.path, f"{_name(image)}, {image.path}") for image in readable)

    def _lay(self, *, anew: bool = False) -> None:
        """Hand the second image to every slice view, if anything about it has changed."""
        case, images, shown = self._session.case, self._session.images, self._state.shown
        volume = None if images is None else images.second.get(shown.second_image)
        image = _image(case, shown.second_image)
        if volume is None or image is None:
            if anew or self._laid is not None:
                self._laid = None
                self._hand_over(None)
                self._panel.set_fusion(None)
            return
        span = self._ranges.setdefault(image.path, first_range(volume, image.kind))
        if self._laid == (image.path, shown.blend, span) and not anew:
            return
        self._laid = (image.path, shown.blend, span)
        low, high = span
        self._hand_over(
            OverlayImage(
                volume=volume,
                name=_caption(image),
                coloured=image.kind == "pet",
                low=low,
                high=high,
                blend=shown.blend,
            )
        )
        self._panel.set_fusion(
            FusionText(name=_name(image), unit=volume.unit, low=low, high=high, blend=shown.blend)
        )

    def _hand_over(self, overlay: OverlayImage | None) -> None:
        for view in self._slices:
            view.set_overlay_image(overlay)


def first_range(volume: Volume, kind: str) -> tuple[float, float]:
    """Return the values that a second image's colours span before anyone says otherwise.

    SUV from 0 to 10; of an uptake without a unit up to the 99th percentile in the body; of an MR
    from the 1st to the 99th, so that neither noise nor fat beside a coil decides.
    """
    if kind == "pet" and volume.unit == "SUV":
        return _SUV_RANGE
    step = max(1, volume.values.size // _LOOKED_AT)
    some = volume.values.ravel()[::step].astype(np.float64)
    inside = some[some > _INSIDE_FROM * some.max()]
    if len(inside) == 0:
        return 0.0, 1.0
    if kind == "pet":
        low, high = 0.0, float(np.percentile(inside, _PET_PERCENTILE))
    else:
        low, high = (float(value) for value in np.percentile(inside, _MR_PERCENTILES))
    return low, high if high > low else low + 1.0


def ct_facts(case: Case, ct: Volume) -> tuple[tuple[str, str], ...]:
    """Return what is known of the planning CT, caption and words; what is not is left out."""
    series, position = ct.series, case.ct_position
    size = " x ".join(str(count) for count in ct.grid.size_ijk[:2])
    facts = (
        (tr("Series"), series.series_number),
        (tr("Description"), series.description),
        (tr("Date"), _date(series.date)),
        (tr("Spacing"), " x ".join(f"{s:.2f}" for s in ct.grid.spacing_mm) + " mm"),
        (tr("Slices"), tr("{count} of {size}", count=ct.grid.size_ijk[2], size=size)),
        (tr("Scanned"), tr("position unknown") if position is None else tr_core(position.value)),
    )
    return tuple((caption, words) for caption, words in facts if words)


def _row(image: SecondImage, volume: Volume | None) -> SecondImageRow:
    parts = [_name(image), _date(image.date)]
    if volume is not None:
        parts += [volume.series.description, volume.unit]
    words = ", ".join(part for part in (*parts, image.path) if part)
    return SecondImageRow(words, tr_core(image.problem))


def _name(image: SecondImage) -> str:
    return _KINDS.get(image.kind, image.kind)


def _caption(image: SecondImage) -> str:
    """Return what stands in a corner of the views: a doubtful image has to be seen as one."""
    name = _name(image)
    return tr("{name}, only to be looked at", name=name) if image.problem else name


def _image(case: Case | None, path: str) -> SecondImage | None:
    found = () if case is None or not path else case.second_images
    return next((image for image in found if image.path == path), None)


def _date(date: str) -> str:
    """Return a DICOM date (DA, PS3.5 6.2) as ISO 8601; anything else as it is."""
    return f"{date[:4]}-{date[4:6]}-{date[6:]}" if len(date) == 8 and date.isdigit() else date
