"""How numbers are said on screen: units always, directions name the tip; no widgets."""

from __future__ import annotations

from app.language import mark, tr
from planning.geometry import Vec3

UNKNOWN = mark("not known")
_STRAIGHT_BELOW_DEG = 0.5
_SURE = 0.01
_LITRE_ML = 1000.0
_LIKELIHOODS = (
    (0.10, mark("very unlikely")),
    (1.0 / 3.0, mark("unlikely")),
    (2.0 / 3.0, mark("about even")),
    (0.90, mark("likely")),
    (float("inf"), mark("very likely")),
)


def hand_mm(depth_mm: float | None) -> str:
    """Say a depth the hand uses: whole millimetres."""
    return tr(UNKNOWN) if depth_mm is None else f"{depth_mm:.0f} mm"


def tissue_mm(length_mm: float | None) -> str:
    """Say a length measured in tissue: one decimal."""
    return tr(UNKNOWN) if length_mm is None else f"{length_mm:.1f} mm"


def whole_deg(angle_deg: float | None) -> str:
    """Say the size of an angle: whole degrees, without sign."""
    return tr(UNKNOWN) if angle_deg is None else f"{abs(angle_deg):.0f}°"


def side_words(axial_angle_deg: float | None) -> str:
    """Say to which side the tip goes; positive is patient left."""
    left, right = tr("tip to patient LEFT"), tr("tip to patient RIGHT")
    return _toward(axial_angle_deg, left, right, tr("straight down"))


def head_words(craniocaudal_angle_deg: float | None) -> str:
    """Say whether the tip goes toward head or feet; positive is toward the head."""
    head, feet = tr("tip toward HEAD"), tr("tip toward FEET")
    return _toward(craniocaudal_angle_deg, head, feet, tr("in the slice"))


def angle_words(axial_angle_deg: float | None, craniocaudal_angle_deg: float | None) -> str:
    """Say where the tip goes, short enough for a table: ``25° R, 7° H``."""
    if axial_angle_deg is None or craniocaudal_angle_deg is None:
        return tr(UNKNOWN)
    side = _toward(axial_angle_deg, " L", " R", "")
    head = _toward(craniocaudal_angle_deg, " H", " F", "")
    return f"{whole_deg(axial_angle_deg)}{side}, {whole_deg(craniocaudal_angle_deg)}{head}"


def tip_words(axial_angle_deg: float | None, craniocaudal_angle_deg: float | None) -> str:
    """Say where the tip goes in words, for a line of the table: ``25° right, 7° head``."""
    if axial_angle_deg is None or craniocaudal_angle_deg is None:
        return tr(UNKNOWN)
    left, right = tr("{angle} left"), tr("{angle} right")
    side = _toward(axial_angle_deg, left, right, tr("no tilt"))
    head = _toward(craniocaudal_angle_deg, tr("{angle} head"), tr("{angle} feet"), tr("in slice"))
    first = side.format(angle=whole_deg(axial_angle_deg))
    return f"{first}, {head.format(angle=whole_deg(craniocaudal_angle_deg))}"


def stop_words(stop_depth_mm: float | None, tip_depth_mm: float | None, then: str) -> str:
    """Say what the hand does: ``STOP at 60 mm, then core to 75``."""
    if stop_depth_mm is None or tip_depth_mm is None:
        return tr(UNKNOWN)
    return tr(
        "STOP at {stop} mm, then {then} to {tip}",
        stop=f"{stop_depth_mm:.0f}",
        then=then,
        tip=f"{tip_depth_mm:.0f}",
    )


def kept_together(text: str) -> str:
    """Return a text whose numbers are not parted from their units where lines break."""
    for parted in (" HU", " %", "< ", "> "):
        text = text.replace(parted, parted.replace(" ", "\N{NO-BREAK SPACE}"))
    return text


def chance(probability: float | None) -> str:
    """Say a probability with two decimals; what is nearly certain is not called certain."""
    if probability is None:
        return tr(UNKNOWN)
    if probability < _SURE:
        return f"< {_SURE:g}"
    if probability > 1.0 - _SURE:
        return f"> {1.0 - _SURE:g}"
    return f"{probability:.2f}"


def likelihood(probability: float) -> str:
    """Say a probability in words.

    Source: the calibrated terms of the IPCC's guidance note on uncertainties (Mastrandrea et al.
    2010).
    """
    return next(tr(words) for limit, words in _LIKELIHOODS if probability < limit)


def volume_words(volume_ml: float | None) -> str:
    """Say a volume: one decimal below 100 ml, litres from 1000 ml."""
    if volume_ml is None:
        return ""
    if volume_ml >= _LITRE_ML:
        return f"{volume_ml / _LITRE_ML:.1f} l"
    return f"{volume_ml:.1f} ml" if volume_ml < 100.0 else f"{volume_ml:.0f} ml"


def position_words(point_lps_mm: Vec3) -> str:
    """Say a point in patient LPS mm."""
    x, y, z = point_lps_mm
    return f"L {x:.1f}  P {y:.1f}  H {z:.1f} mm"


def _toward(angle_deg: float | None, positive: str, negative: str, straight: str) -> str:
    if angle_deg is None:
        return tr(UNKNOWN)
    if abs(angle_deg) < _STRAIGHT_BELOW_DEG:
        return straight
    return positive if angle_deg > 0 else negative
