"""PET values: what the tags make of stored integers, and what is said where SUV cannot be made."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import PositronEmissionTomographyImageStorage as PetStorage

from planning.errors import InputError
from planning.imaging.second_image import read_second
from tests.dicom_files import write_series

WEIGHT_KG, DOSE_BQ, HALF_LIFE_S = 70.0, 3.5e8, 3600.0
SLOPES = (0.5, 0.25, 2.0, 0.125)
STORED = np.arange(4 * 3 * 5, dtype=np.int16).reshape(4, 3, 5) * 40
ACTIVITY_BQML = STORED * np.array(SLOPES)[:, None, None]
UNDECAYED = WEIGHT_KG * 1000.0 / DOSE_BQ


def isotope(**values: object) -> Dataset:
    item = Dataset()
    item.RadionuclideTotalDose = DOSE_BQ
    item.RadionuclideHalfLife = HALF_LIFE_S
    item.RadiopharmaceuticalStartTime = "120000"
    for keyword, value in values.items():
        if value is None:
            delattr(item, keyword)
        else:
            setattr(item, keyword, value)
    return item


def pet(folder, *, injected: dict | None = None, extra=None, **values: object):
    """Write and read a PET whose every slice has a slope of its own."""

    def change(dataset: Dataset, k: int) -> None:
        dataset.SOPClassUID = PetStorage
        dataset.RescaleSlope, dataset.RescaleIntercept = SLOPES[k], 0
        dataset.RadiopharmaceuticalInformationSequence = DicomSequence([isotope(**injected or {})])
        # Beds are scanned one after the other; the values are corrected to the first.
        dataset.AcquisitionDate, dataset.AcquisitionTime = "20240229", f"13{2 * k:02d}00"
        for keyword, value in values.items():
            setattr(dataset, keyword, value)
        if extra:
            extra(dataset)

    said = {
        "Modality": "PT",
        "Units": "BQML",
        "CorrectedImage": ["DECY", "ATTN"],
        "DecayCorrection": "START",
        "PatientWeight": WEIGHT_KG,
        "SeriesDate": "20240229",
        "SeriesTime": "130000",
    }
    write_series(folder / "pet", STORED, change=change, **said)
    return read_second(folder / "pet", "pet")


def test_activity_is_decayed_to_the_scan_slice_by_slice(tmp_path):
    read = pet(tmp_path)
    # One hour is one half-life: half of the dose is left, which doubles the SUV.
    np.testing.assert_allclose(read.volume.values, ACTIVITY_BQML * UNDECAYED * 2.0, rtol=1e-6)
    assert (read.volume.unit, read.problem) == ("SUV", "")
    assert read.volume.series.date == "2024-02-29"


def test_activity_corrected_to_the_injection_needs_no_decay(tmp_path):
    read = pet(tmp_path, DecayCorrection="ADMIN", injected={"RadionuclideHalfLife": None})
    np.testing.assert_allclose(read.volume.values, ACTIVITY_BQML * UNDECAYED, rtol=1e-6)


def test_an_injection_before_midnight(tmp_path):
    read = pet(
        tmp_path,
        injected={"RadiopharmaceuticalStartTime": "233000"},
        SeriesTime="003000",
        AcquisitionTime="003000",
    )
    np.testing.assert_allclose(read.volume.values, ACTIVITY_BQML * UNDECAYED * 2.0, rtol=1e-6)


def test_a_dated_injection_goes_before_its_time_of_day(tmp_path):
    injected = {"RadiopharmaceuticalStartDateTime": "20240229110000.00+0100"}
    read = pet(tmp_path, injected=injected)
    np.testing.assert_allclose(read.volume.values, ACTIVITY_BQML * UNDECAYED * 4.0, rtol=1e-6)


def test_a_series_made_later_counts_from_its_first_acquisition(tmp_path):
    read = pet(tmp_path, SeriesTime="180000")
    np.testing.assert_allclose(read.volume.values, ACTIVITY_BQML * UNDECAYED * 2.0, rtol=1e-6)
    assert "first slice's acquisition time" in " ".join(read.volume.notes)


def test_a_series_made_later_counts_from_the_scanners_own_time(tmp_path):
    def private(dataset: Dataset) -> None:
        block = dataset.private_block(0x0009, "GEMS_PETD_01", create=True)
        block.add_new(0x0D, "DT", "20240229140000.00")

    read = pet(tmp_path, SeriesTime="180000", extra=private)
    np.testing.assert_allclose(read.volume.values, ACTIVITY_BQML * UNDECAYED * 4.0, rtol=1e-6)


def test_counts_with_the_makers_factor(tmp_path):
    def private(dataset: Dataset) -> None:
        block = dataset.private_block(0x7053, "Philips PET Private Group", create=True)
        block.add_new(0x00, "DS", "0.003")

    read = pet(tmp_path, Units="CNTS", extra=private)
    np.testing.assert_allclose(read.volume.values, ACTIVITY_BQML * 0.003, rtol=1e-6)
    assert read.volume.unit == "SUV"


def test_suv_as_stored(tmp_path):
    read = pet(tmp_path, Units="GML")
    np.testing.assert_allclose(read.volume.values, ACTIVITY_BQML, rtol=1e-6)
    assert (read.volume.unit, read.volume.notes) == ("SUV", ())


@pytest.mark.parametrize(
    ("values", "injected", "missing"),
    [
        ({"PatientWeight": None}, {}, r"Patient Weight \(0010,1030\) is missing"),
        ({"PatientWeight": 0}, {}, r"\(0010,1030\)"),
        ({}, {"RadionuclideTotalDose": None}, r"\(0018,1074\)"),
        ({}, {"RadionuclideHalfLife": None}, r"\(0018,1075\)"),
        ({}, {"RadiopharmaceuticalStartTime": None}, r"\(0018,1072\)"),
        ({"DecayCorrection": "NONE"}, {}, r"\(0054,1102\) is NONE"),
        ({"CorrectedImage": ["ATTN"]}, {}, r"\(0028,0051\)"),
        (
            {},
            {"RadiopharmaceuticalStartDateTime": "20240201120000"},
            r"within the day before the scan",
        ),
        ({"Units": "CNTS"}, {}, r"\(7053,1000\)"),
    ],
)
def test_what_is_missing_for_suv_is_named_and_values_stay(tmp_path, values, injected, missing):
    read = pet(tmp_path, injected=injected, **values)
    np.testing.assert_allclose(read.volume.values, ACTIVITY_BQML, rtol=1e-6)
    assert read.volume.unit != "SUV"
    assert read.problem == ""
    with pytest.raises(InputError, match=missing):
        raise InputError(" ".join(read.volume.notes))


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"Units": ""}, "Units (0054,1001)"),
        ({"Units": "MLMINML"}, "does not follow uptake"),
        ({"CorrectedImage": ["DECY"]}, "not corrected for attenuation"),
    ],
)
def test_values_that_do_not_follow_uptake_are_a_problem(tmp_path, values, problem):
    assert problem in pet(tmp_path, **values).problem


def test_a_ct_is_no_pet(tmp_path):
    write_series(tmp_path / "ct", STORED)
    with pytest.raises(InputError, match="is not PT"):
        read_second(tmp_path / "ct", "pet")
