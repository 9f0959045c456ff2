"""What the values of a PET series mean, and the factor that makes them SUV; reads no pixels.

Sources: DICOM PS3.3 C.8.9.1 (PET Series) and C.8.9.2 (PET Isotope); the vendor-neutral pseudo-code
for SUV of the QIBA FDG-PET/CT profile (RSNA), whose private elements of GE and Philips are used.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pydicom.dataset import Dataset

from planning.imaging.dicom_values import number_of, text_of, words_of

_GE_BLOCK = (0x0009, "GEMS_PETD_01", 0x0D)
_PHILIPS_SUV = (0x7053, "Philips PET Private Group", 0x00)
_PHILIPS_ACTIVITY = (0x7053, "Philips PET Private Group", 0x09)

_PROPORTIONAL = {
    "BQML": "Bq/ml",
    "CNTS": "counts",
    "CPS": "counts per second",
    "PROPCNTS": "proportional to counts",
    "PROPCPS": "proportional to counts per second",
    "CM2ML": "SUV by body surface",
    "GML": "SUV",
}
"""Units (0054,1001) in which twice the uptake is twice the value."""

_ONE_DAY = timedelta(days=1)
_LONGEST_UPTAKE = timedelta(hours=24)

_TAGS = {
    "PatientWeight": "(0010,1030)",
    "RadionuclideTotalDose": "(0018,1074)",
    "RadionuclideHalfLife": "(0018,1075)",
    "RadiopharmaceuticalStartTime": "(0018,1072)",
}


TIME_TAGS = ("AcquisitionDate", "AcquisitionTime", "AcquisitionDateTime")
"""Keywords to read of every slice: when its acquisition began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uptake:
    """What PET values are.

    Parameters
    ----------
    factor : float
        Multiplies the (rescaled) values.
    unit : str
        Of the values after that: ``SUV`` where it could be made, else what the series has.
    notes : tuple of str
        How it was made, or which element was missing for it.
    problem : str
        Why values do not follow uptake at all; empty when they do.
    """

    factor: float = 1.0
    unit: str = ""
    notes: tuple[str, ...] = ()
    problem: str = ""


class _MissingError(Exception):
    """An element that SUV needs is absent or unusable; says which."""


def uptake_of(header: Dataset, first_acquired: datetime | None) -> Uptake:
    """Return how the values of a PET series become SUV by body weight (SUVbw).

    ``SUV = activity [Bq/ml] * weight [g] / dose [Bq]``, the dose decayed to the moment the values
    are corrected to: that of the scan for Decay Correction START, none for ADMIN.

    Parameters
    ----------
    header : Dataset
        Of one slice, without pixels.
    first_acquired : datetime or None
        Earliest begin of acquisition among all slices.
    """
    units = text_of(header, "Units")
    problem = _not_uptake(header, units)
    if problem:
        return Uptake(unit=units, problem=problem)
    if units == "GML":
        kind = text_of(header, "SUVType") or "BW"
        notes = () if kind == "BW" else (f"SUV by {kind} as stored, not by body weight",)
        return Uptake(unit="SUV", notes=notes)
    try:
        factor, how = _suv_factor(header, units, first_acquired)
    except _MissingError as missing:
        told = f"values stay in {_PROPORTIONAL[units]}, no SUV was made: {missing}"
        return Uptake(unit=_PROPORTIONAL[units], notes=(told,))
    return Uptake(factor=factor, unit="SUV", notes=(how,) if how else ())


def _not_uptake(header: Dataset, units: str) -> str:
    if not units:
        return (
            "the unit of its values is missing (Units (0054,1001)), so they may be anything. "
            "Export the original PET series, or give it as a file with unit in its [[image]]."
        )
    if units not in _PROPORTIONAL:
        return (
            f"its values are in {units} (Units (0054,1001)), which does not follow uptake. Choose "
            "the series in Bq/ml or SUV."
        )
    corrected = words_of(header, "CorrectedImage")
    if corrected and "ATTN" not in corrected:
        return (
            "it is not corrected for attenuation (Corrected Image (0028,0051)), so deep uptake "
            "looks weaker than it is. Choose the corrected series."
        )
    return ""


def _suv_factor(header: Dataset, units: str, first_acquired: datetime | None) -> tuple[float, str]:
    if units == "CNTS":
        known = _private_number(header, _PHILIPS_SUV)
        if known:
            return known, "SUV from counts by the maker's own factor (7053,1000)"
        activity = _private_number(header, _PHILIPS_ACTIVITY)
        if not activity:
            raise _MissingError("no factor from counts to activity (7053,1000) or (7053,1009)")
        factor, how = _from_activity(header, first_acquired)
        return activity * factor, how
    if units != "BQML":
        raise _MissingError("there is no rule from this unit to SUV")
    return _from_activity(header, first_acquired)


def _from_activity(header: Dataset, first_acquired: datetime | None) -> tuple[float, str]:
    isotopes = header.get("RadiopharmaceuticalInformationSequence") or ()
    isotope = next(iter(isotopes), Dataset())
    weight_kg = _positive(header, "PatientWeight")
    dose_bq = _positive(isotope, "RadionuclideTotalDose")
    correction = text_of(header, "DecayCorrection")
    corrected = words_of(header, "CorrectedImage")
    if corrected and not {"DECY", "DECAY"} & set(corrected):
        raise _MissingError(
            "the values are not corrected for decay, by Corrected Image (0028,0051)"
        )
    if correction == "ADMIN":
        return weight_kg * 1000.0 / dose_bq, ""
    if correction != "START":
        name = f"is {correction}" if correction else "is missing"
        raise _MissingError(f"Decay Correction (0054,1102) {name}, neither START nor ADMIN")
    half_life_s = _positive(isotope, "RadionuclideHalfLife")
    scanned, how = _scan_start(header, first_acquired)
    waited_s = _since_injection(isotope, scanned).total_seconds()
    decayed_bq = dose_bq * 2.0 ** (-waited_s / half_life_s)
    return weight_kg * 1000.0 / decayed_bq, how


def _scan_start(header: Dataset, first_acquired: datetime | None) -> tuple[datetime, str]:
    """Return the moment values are corrected to, and what had to be assumed for it.

    The series' own time, unless it lies after the first acquisition: then the series was made
    afterwards, and GE's private scan time or the first acquisition itself is used.
    """
    series = _moment(text_of(header, "SeriesDate"), text_of(header, "SeriesTime"))
    if series is not None and (first_acquired is None or series <= first_acquired):
        return series, ""
    private = _private_moment(header)
    if private is not None:
        return private, "decay was counted from the scanner's own scan time (0009,100D)"
    if first_acquired is None:
        raise _MissingError("Series Date and Time (0008,0031) are missing")
    return first_acquired, (
        "the series was made after its acquisition; decay was counted from the first slice's "
        "acquisition time"
    )


def _since_injection(isotope: Dataset, scanned: datetime) -> timedelta:
    """Return the time from injection to scan; a time without a date may lie before midnight."""
    injected = _stamp(text_of(isotope, "RadiopharmaceuticalStartDateTime"))
    waited = None if injected is None else scanned - injected
    if waited is None:
        clock = text_of(isotope, "RadiopharmaceuticalStartTime")
        injected = _moment(scanned.strftime("%Y%m%d"), clock)
        if injected is None:
            raise _missing("RadiopharmaceuticalStartTime")
        waited = scanned - injected
        waited += _ONE_DAY if waited < timedelta(0) else timedelta(0)
    if not timedelta(0) <= waited <= _LONGEST_UPTAKE:
        raise _MissingError(
            "the injection, by Radiopharmaceutical Start (0018,1072 or 0018,1078), does not lie "
            "within the day before the scan"
        )
    return waited


def _positive(source: Dataset, keyword: str) -> float:
    number = number_of((source,), keyword)
    if number is None or number <= 0:
        raise _missing(keyword)
    return number


def _missing(keyword: str) -> _MissingError:
    words = "".join(f" {c}" if c.isupper() else c for c in keyword).strip()
    return _MissingError(f"{words} {_TAGS[keyword]} is missing")


def acquired_at(header: Dataset) -> datetime | None:
    """Return when the acquisition of a slice began (0008,002A, or 0008,0022 and 0008,0032)."""
    date, time = text_of(header, "AcquisitionDate"), text_of(header, "AcquisitionTime")
    return _moment(date, time) or _stamp(text_of(header, "AcquisitionDateTime"))


def _moment(date: str, time: str) -> datetime | None:
    return _stamp(date.replace(".", "") + time.replace(":", "")) if date and time else None


def _stamp(text: str) -> datetime | None:
    """Return a DICOM date and time (DT, PS3.5 section 6.2); any offset from UTC is left out.

    Times of one scanner are only compared with each other.
    """
    whole, _, fraction = text.partition("+")[0].partition(".")
    try:
        moment = datetime.strptime(whole[:14].ljust(14, "0"), "%Y%m%d%H%M%S")
    except ValueError:
        return None
    digits = fraction.partition("-")[0][:6]
    return moment + timedelta(microseconds=int(digits.ljust(6, "0")) if digits.isdigit() else 0)


def _private_number(header: Dataset, place: tuple[int, str, int]) -> float | None:
    try:
        number = float(_private(header, place))
    except (TypeError, ValueError):
        return None
    return number if number > 0 else None


def _private_moment(header: Dataset) -> datetime | None:
    return _stamp(_private(header, _GE_BLOCK))


def _private(header: Dataset, place: tuple[int, str, int]) -> str:
    group, creator, element = place
    try:
        value = header.private_block(group, creator)[element].value
    except KeyError:
        return ""
    # Implicit VR stores private elements as bytes.
    return value.decode("ascii", "ignore").strip(" \0") if isinstance(value, bytes) else str(value)
