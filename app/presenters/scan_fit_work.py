"""Reading a further scan and fitting it to the planning CT, in the background; shows nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.language import mark
from app.presenters.viewing import first_look
from planning.geometry import Float64Array, Vec3, vec3
from planning.image import CaseImages, Mask, Volume
from planning.model.case import Case, Role
from planning.progress import Progress

if TYPE_CHECKING:
    from planning.imaging.dicom_series import SeriesSummary
    from planning.imaging.registration import Registration
    from planning.imaging.transforms import RigidTransform

BY_HAND = mark("adjusted by hand")
NOT_REGISTERED = mark("not registered")
UNMOVED = mark("left as both scans lie: they share a frame of reference and a patient position")
_FINDING_SKIN = mark("Finding the skin")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanChoice:
    """A folder that holds several CT series, so that somebody has to choose."""

    found: tuple[SeriesSummary, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pair:
    """The open case and the new scan, with what has been worked out about both.

    Parameters
    ----------
    bodies : tuple of Mask or None
        Of the planning CT and of the scan; None until they were found.
    places_lps_mm : tuple of Vec3
        Where in the planning CT both have to fit; empty for the lesion.
    """

    case: Case
    images: CaseImages
    scan: Volume
    bodies: tuple[Mask | None, Mask | None] = (None, None)
    places_lps_mm: tuple[Vec3, ...] = ()

    @property
    def lesion(self) -> Mask | None:
        """The mask of the lesion that is planned."""
        tumours = [s for s in self.case.trusted if s.role in (Role.TUMOUR, Role.VIABLE)]
        wanted = [s for s in tumours if s.name == self.case.lesion] or tumours
        return self.images.masks[wanted[0].mask_id] if wanted else None

    @property
    def around_lps_mm(self) -> Float64Array:
        """Points of the planning CT around which both have to fit."""
        if self.places_lps_mm:
            return np.array(self.places_lps_mm)
        lesion = self.lesion
        if lesion is None:
            return np.array([first_look(self.case, self.images)])
        return lesion.cropped().grid.corners_lps_mm()

    @property
    def centre_lps_mm(self) -> tuple[float, float, float]:
        """The middle of those points."""
        points = self.around_lps_mm
        return vec3((points.min(axis=0) + points.max(axis=0)) / 2.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Registered:
    """A registration with the pair it holds for."""

    pair: Pair
    registration: Registration


def read_scan(path: Path, series_uid: str, progress: Progress) -> Volume | ScanChoice:
    """Return the CT at a path, or its CT series if there are several and none was chosen.

    Raises
    ------
    InputError
        If there is no CT, or it cannot be read.
    """
    from planning.imaging.dicom_series import list_series, read_series
    from planning.imaging.registration import require_ct
    from planning.imaging.volume_files import is_volume_file, read_volume

    if is_volume_file(path):
        return read_volume(path)
    if not series_uid:
        found = list_series(path, progress.part(0.0, 0.2))
        usable = tuple(s for s in found if not s.problem and s.series.modality == "CT")
        if len(usable) > 1:
            return ScanChoice(found=usable)
    scan = read_series(path, series_uid=series_uid, progress=progress.part(0.2, 1.0))
    require_ct(scan, mark("new scan"))
    return scan


def register(pair: Pair, progress: Progress) -> Registered:
    """Find both bodies and register the scan.

    Raises
    ------
    InputError
        If nothing holds the two together.
    Cancelled
        If the result is no longer wanted.
    """
    from planning.imaging.registration import register_rigid

    found = with_bodies(pair, progress.part(0.0, 0.25))
    registration = register_rigid(
        found.images.ct,
        found.scan,
        found.around_lps_mm,
        fixed_body=found.bodies[0],
        moving_body=found.bodies[1],
        progress=progress.part(0.25, 1.0),
    )
    return Registered(pair=found, registration=registration)


def judge(pair: Pair, transform: RigidTransform, method: str, progress: Progress) -> Registered:
    """Measure how well a transform that was chosen brings the two together."""
    from planning.imaging.registration import judged

    found = with_bodies(pair, progress)
    registration = judged(
        found.images.ct,
        found.scan,
        transform,
        found.around_lps_mm,
        method=method,
        fixed_body=found.bodies[0],
        moving_body=found.bodies[1],
    )
    return Registered(pair=found, registration=registration)


def with_bodies(pair: Pair, progress: Progress) -> Pair:
    """Return the pair with both bodies found."""
    from planning.anatomy.body import body_of

    planning, scanned = pair.bodies
    progress.report(0.0, _FINDING_SKIN)
    planning = planning if planning is not None else body_of(pair.images.ct)
    progress.report(0.5, _FINDING_SKIN)
    scanned = scanned if scanned is not None else body_of(pair.scan)
    return replace(pair, bodies=(planning, scanned))


def start_by_hand(pair: Pair) -> Registered:
    """Return where to begin where nothing could be registered: lesion in the scan, unturned."""
    from planning.imaging.registration import Registration
    from planning.imaging.transforms import RigidTransform

    centre = np.array(pair.centre_lps_mm)
    shift = np.zeros(3)
    if not pair.scan.grid.contains(centre):
        shift = np.array(pair.scan.grid.centre_lps_mm) - centre
    nothing = Registration(
        transform=RigidTransform(rotation=np.eye(3), shift_mm=vec3(shift)),
        residual=None,
        method=NOT_REGISTERED,
        overlap=0.0,
        correlation=0.0,
    )
    return Registered(pair=pair, registration=nothing)
