"""Rigid registration of two CTs of one patient on the bone near a place; carries nothing over.

First every shift and a few dozen turns are tried at 6 mm, then the best guesses are fitted at
falling blur, last at full sharpness near the place alone: what a hip or a spine does elsewhere does
not count. How far the bone surfaces then are apart is measured, not taken from the fit. The same
images give the same transform.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from planning.errors import InputError
from planning.geometry import Vec3, vec3
from planning.image import Mask, Patient, Volume
from planning.imaging.bone_fit import Fit, fit, samples_of
from planning.imaging.bone_pictures import Picture, Piece, matched_pictures, piece_of
from planning.imaging.bone_residual import Residual, residual_of
from planning.imaging.bone_search import STEP_MM, search
from planning.imaging.frames import frame_trust
from planning.imaging.transforms import RigidTransform, unmoved
from planning.progress import SILENT, Progress

NEAR_MM = 50.0
"""Within this of the place surfaces are compared."""

_METHOD = "rigid, intensity of bone within 65 mm, least squares with Tukey weights"
_ONE_FRAME = "same frame"
_REACH_MM = 80.0
_SEARCH_REACH_MM = 100.0
_ROOM_MM = 25.0
_FINE_REACH_MM = 65.0
_FINE_ROOM_MM = 6.0  # the coarse fit is right to a millimetre
_COARSE_SPACING_MM = 2.0
_COARSE_BLURS_MM = (4.5, 2.2)
_STARTS = 6
_FINALISTS = 2
_FINE_SAMPLES, _COARSE_SAMPLES = 60_000, 15_000
_WIDE_FALLOFF_MM, _NEAR_FALLOFF_MM = 60.0, 40.0
_LEAST_CORRELATION = 0.35
_CLEARLY_WORSE = 0.08
_LEAST_BONE_POINTS = 300


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Registration:
    """Where points of the fixed image lie in the moving one, and how well that is known.

    Parameters
    ----------
    transform : RigidTransform
        Its "CT" is the fixed image and its "second" the moving one, LPS mm.
    residual : Residual or None
        Distances between the bone surfaces within `NEAR_MM` of the place; None where the two show
        too little bone in common there, and only the eye can judge.
    overlap : float
        Share (0 to 1) of the bone's edges near the place that the moving image shows.
    correlation : float
        Of what both images show of bone, -1 to 1.
    unmoved : Residual or None
        The same distances with both images left where their files put them; None where the two do
        not share a frame of reference and a patient position, or then show nothing in common.
    notes : tuple of str
        What the user should know.
    """

    transform: RigidTransform
    residual: Residual | None
    method: str
    overlap: float
    correlation: float
    unmoved: Residual | None = None
    notes: tuple[str, ...] = ()


def register_rigid(
    fixed: Volume,
    moving: Volume,
    around_lps_mm: ArrayLike,
    *,
    fixed_body: Mask | None = None,
    moving_body: Mask | None = None,
    progress: Progress = SILENT,
) -> Registration:
    """Return how two CTs of one patient fit together around a place in the fixed one.

    They may lie anywhere in their frames, be turned by up to 15 degrees about each axis (front to
    back does not count: LPS follows the patient), differ in spacing, and the moving one may be a
    slab of 40 mm. Needles and implants in either are passed over.

    Parameters
    ----------
    around_lps_mm : array_like, shape (n, 3)
        Points of the lesion in the fixed image.
    fixed_body, moving_body : Mask or None
        Bodies on the images' own grids: the tables do not count then.

    Raises
    ------
    InputError
        If an image is no CT, shows no bone near the place, or the two do not fit together
        anywhere; the message says what to do.
    Cancelled
        If the result is no longer wanted.
    """
    for volume, what in ((fixed, "planning CT"), (moving, "new scan")):
        require_ct(volume, what)
    points = np.asarray(around_lps_mm, dtype=np.float64).reshape(-1, 3)
    about = vec3((points.min(axis=0) + points.max(axis=0)) / 2.0)
    pair = _Pair(fixed, moving, about, fixed_body, moving_body)
    found = _coarse(pair, progress.part(0.0, 0.6))
    best = _fine(pair, found, progress.part(0.6, 1.0))
    progress.report(1.0, "Registered")
    return best


def judged(
    fixed: Volume,
    moving: Volume,
    transform: RigidTransform,
    around_lps_mm: ArrayLike,
    *,
    method: str,
    fixed_body: Mask | None = None,
    moving_body: Mask | None = None,
) -> Registration:
    """Return what a transform that somebody else chose is worth, measured in the same way."""
    points = np.asarray(around_lps_mm, dtype=np.float64).reshape(-1, 3)
    about = vec3((points.min(axis=0) + points.max(axis=0)) / 2.0)
    pair = _Pair(fixed, moving, about, fixed_body, moving_body)
    pictures = pair.pictures(transform)
    result = _at(pictures, transform, about)
    return Registration(
        transform=transform,
        residual=residual_of(*pictures, result, about, NEAR_MM),
        method=method,
        overlap=result.overlap,
        correlation=result.correlation,
    )


def require_ct(volume: Volume, what: str) -> None:
    """Refuse what says of itself that it is no CT.

    Raises
    ------
    InputError
        If its modality is another.
    """
    if volume.series.modality not in ("", "CT"):
        message = (
            f"The {what} is {volume.series.modality}, not CT, so its bone cannot be compared. "
            "Choose a CT series."
        )
        raise InputError(message)


def other_patient(fixed: Patient, moving: Patient) -> str:
    """Say in which way two images name different patients; empty where they do not.

    What either leaves out is not held against it. Names are compared as DICOM groups them, without
    regard to case and empty parts.
    """
    told = []
    for what, here, there in (
        ("ID", fixed.patient_id.strip(), moving.patient_id.strip()),
        ("name", _plain(fixed.name), _plain(moving.name)),
        ("birth date", fixed.birth_date, moving.birth_date),
        ("sex", fixed.sex, moving.sex),
    ):
        if here and there and here != there and not (len(here) == 4 and there.startswith(here)):
            told.append(f'{what} "{here}" and "{there}"')
    return ", ".join(told)


def _plain(name: str) -> str:
    return "^".join(part.strip().casefold() for part in name.split("^")).rstrip("^")


_APART = (
    "The new scan and the planning CT show no bone in common near the lesion. Check that both are "
    "of this region of this patient, and that the lesion lies well inside the new scan."
)


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """Both images with the place that matters."""

    fixed: Volume
    moving: Volume
    about: Vec3
    fixed_body: Mask | None
    moving_body: Mask | None

    def coarse(self) -> tuple[Piece, Piece]:
        """Return the surroundings of the place and the whole of the moving image at 2 mm."""
        spacing_mm, everywhere = _COARSE_SPACING_MM, self.moving.grid.corners_lps_mm()
        here = np.array([self.about])
        return (
            piece_of(
                self.fixed, here, _SEARCH_REACH_MM, body=self.fixed_body, spacing_mm=spacing_mm
            ),
            piece_of(self.moving, everywhere, 0.0, body=self.moving_body, spacing_mm=spacing_mm),
        )

    def pictures(self, transform: RigidTransform) -> tuple[Picture, Picture]:
        """Return both images around the place at full sharpness, as a transform has them meet."""
        here = np.array([self.about])
        there = transform.second_from_ct(here)
        a = piece_of(self.fixed, here, _FINE_REACH_MM, body=self.fixed_body)
        b = piece_of(self.moving, there, _FINE_REACH_MM + _FINE_ROOM_MM, body=self.moving_body)
        return matched_pictures(a, b, transform.rotation)


def _coarse(pair: _Pair, progress: Progress) -> list[Fit]:
    """Return fits at a blur of 2 mm, best first."""
    progress.report(0.0, "Looking for the bone")
    pieces = pair.coarse()
    fixed, moving = (piece.binned(STEP_MM) for piece in pieces)
    guesses = [
        start.transform for start in search(fixed, moving, pair.about, progress.part(0.1, 0.6))
    ]
    starts = _unlike(guesses, pair.about)[:_STARTS]
    if not frame_trust(pair.moving, pair.fixed).problem:
        starts.append(unmoved())
    fits = [Fit(transform=start, correlation=0.0, overlap=1.0) for start in starts]
    for blur_mm, kept, share in zip(
        _COARSE_BLURS_MM, (len(fits), _FINALISTS), ((0.6, 0.9), (0.9, 1.0)), strict=True
    ):
        fits = _at_blur(pieces, pair.about, fits[:kept], blur_mm, progress.part(*share))
    return fits


def _unlike(guesses: Sequence[RigidTransform], about: Vec3) -> list[RigidTransform]:
    """Keep of guesses near each other the first; where their turns alone differ, two."""
    kept: list[RigidTransform] = []
    for guess in guesses:
        there = guess.second_from_ct(about)
        near = [k for k in kept if np.linalg.norm(k.second_from_ct(about) - there) < 3 * STEP_MM]
        if len(near) < 2:
            kept.append(guess)
    return kept


def _at_blur(
    pieces: tuple[Piece, Piece], about: Vec3, starts: list[Fit], blur_mm: float, progress: Progress
) -> list[Fit]:
    """Fit every start at a blur and return the fits, best first."""
    here = np.array([about])
    fixed_piece, whole = pieces[0].around(here, _REACH_MM), pieces[1]
    fits = []
    for number, start in enumerate(starts):
        share = progress.part(number / len(starts), (number + 1) / len(starts))
        share.report(0.0, "Fitting the bone")
        transform = start.transform
        there = whole.around(transform.second_from_ct(here), _REACH_MM + _ROOM_MM)
        fixed, moving = matched_pictures(fixed_piece, there, transform.rotation, blur_mm)
        samples = samples_of(
            fixed, about, reach_mm=_REACH_MM, falloff_mm=_WIDE_FALLOFF_MM, most=_COARSE_SAMPLES
        )
        if len(samples.values) < _LEAST_BONE_POINTS:
            raise InputError(_no_bone())
        fits.append(fit(samples, moving, transform, steps=20, progress=share))
    return sorted(fits, key=lambda found: -found.correlation * min(1.0, 0.5 + found.overlap))


def _fine(pair: _Pair, coarse: list[Fit], progress: Progress) -> Registration:
    """Fit the finalists at full sharpness and measure the better one."""
    best: Fit | None = None
    for number, start in enumerate(coarse[:_FINALISTS]):
        if start.correlation < max(_LEAST_CORRELATION, coarse[0].correlation - _CLEARLY_WORSE):
            continue
        share = progress.part(0.4 * number, 0.4 * (number + 1))
        share.report(0.0, "Fitting the bone")
        fixed, moving = pair.pictures(start.transform)
        samples = samples_of(
            fixed,
            pair.about,
            reach_mm=_FINE_REACH_MM,
            falloff_mm=_NEAR_FALLOFF_MM,
            most=_FINE_SAMPLES,
        )
        found = fit(samples, moving, start.transform, steps=30, progress=share)
        if best is None or found.correlation > best.correlation:
            best, pictures = found, (fixed, moving)
    if best is None or best.correlation < _LEAST_CORRELATION:
        raise InputError(_APART)
    progress.report(0.85, "Measuring how far the surfaces are apart")
    residual = residual_of(*pictures, best, pair.about, NEAR_MM)
    if residual is None:
        raise InputError(_APART)
    return Registration(
        transform=best.transform,
        residual=residual,
        method=_METHOD,
        overlap=best.overlap,
        correlation=best.correlation,
        unmoved=_unmoved(pair),
        notes=_notes(best, pair),
    )


def _unmoved(pair: _Pair) -> Residual | None:
    """Return how far surfaces are apart where the files put them, if one frame is claimed."""
    trust = frame_trust(pair.moving, pair.fixed)
    if trust.problem or not trust.note.startswith(_ONE_FRAME):
        return None
    pictures = pair.pictures(unmoved())
    at = _at(pictures, unmoved(), pair.about)
    return residual_of(*pictures, at, pair.about, NEAR_MM)


def _at(pictures: tuple[Picture, Picture], transform: RigidTransform, about: Vec3) -> Fit:
    """Return what a fit would say of a transform without moving it."""
    fixed, moving = pictures
    samples = samples_of(
        fixed, about, reach_mm=_FINE_REACH_MM, falloff_mm=_NEAR_FALLOFF_MM, most=_FINE_SAMPLES
    )
    return fit(samples, moving, transform, steps=1, progress=SILENT)


def _notes(found: Fit, pair: _Pair) -> tuple[str, ...]:
    notes = []
    if found.overlap < 0.5:
        notes.append(
            f"the new scan shows only {100 * found.overlap:.0f} % of the bone around the lesion"
        )
    trust = frame_trust(pair.moving, pair.fixed)
    if trust.note.startswith(_ONE_FRAME):  # what no header says does not matter here
        notes.append(trust.note)
    return tuple(notes)


def _no_bone() -> str:
    return (
        "There is hardly any bone within 80 mm of the lesion in the planning CT, so nothing holds "
        "the two scans together. Adjust by hand, or plan anew on the new scan."
    )
