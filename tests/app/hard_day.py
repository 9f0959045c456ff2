"""A hard day for the program: hostile patients, damaged files, faults; run as a process of its own.

    python -m tests.app.hard_day FOLDER

What it is given about the patient is in `SECRETS`; the test looks for that where it must not be.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

NAME, PATIENT_ID, BIRTH_DATE = "Quirrenbach^Zyprian", "PIDXQ-771234", "19470817"
STUDY, SERIES, FRAME = "1.2.826.0.1.77712.1", "1.2.826.0.1.77712.2", "1.2.826.0.1.77712.3"
SECRETS = ("Quirrenbach", "Zyprian", PATIENT_ID, BIRTH_DATE, "1947-08-17", "1.2.826.0.1.77712")
"""What belongs to the patient, as it is written in files."""

HOSTILE = ("%s%n{0}", "<b>", "\x1b[31m", "'; drop table cases; --", "\u202e", "x" * 300)


def write_files(folder: Path) -> Path:
    """Write a DICOM series of the patient, and damaged files of every kind that know the name."""
    from tests import dicom_files

    stored = np.random.default_rng(5).integers(0, 2000, (8, 24, 20)).astype(np.int16)
    who = {
        "PatientName": NAME,
        "PatientID": PATIENT_ID,
        "PatientBirthDate": BIRTH_DATE,
        "StudyInstanceUID": STUDY,
        "SeriesInstanceUID": SERIES,
        "FrameOfReferenceUID": FRAME,
    }
    paths = dicom_files.write_series(folder / "ct", stored, **who)
    data = paths[0].read_bytes()
    bad = folder / "bad"
    bad.mkdir()
    rng = np.random.default_rng(6)
    for number in range(12):
        spoilt = bytearray(data)
        for place in rng.integers(132, len(spoilt), 60):
            spoilt[place] = int(rng.integers(256))
        (bad / f"{number}.dcm").write_bytes(bytes(spoilt if number % 2 else data[: 400 + number]))
    text = f'{{"{NAME}": "{PATIENT_ID}", "schema_version": "{SERIES}"'
    names = ("plan.json", "case.toml", "a.mrk.json", "a.tag", "a.ros", "a.nii", "a.nrrd", "a.mha")
    for name in names:
        (bad / name).write_text(f"NRRD0004\n{text}", encoding="utf-8")
    return folder / "ct"


def readers(folder: Path) -> Iterator[Callable[[], object]]:
    """Yield everything that reads a file, on every damaged file."""
    from app import reading
    from planning.handover.plan_json import plan_from_json
    from planning.imaging.dicom_series import list_series, read_with_slices
    from planning.imaging.volume_files import read_volume
    from planning.progress import SILENT
    from planning.records.case_file import load_case
    from planning.records.review_file import read_review

    for path in sorted((folder / "bad").iterdir()):
        yield lambda path=path: load_case(path, role_tables={})
        yield lambda path=path: read_volume(path)
        yield lambda path=path: plan_from_json(path.read_bytes())
        yield lambda path=path: read_review(path)
        yield lambda path=path: reading.load_or_list(path, "", SILENT)
    yield lambda: list_series(folder / "bad")
    yield lambda: read_with_slices(folder / "bad")


def faults() -> Iterator[Callable[[], object]]:
    """Yield what raises, warns or logs with the patient in its words."""
    from sqlalchemy import create_engine, text

    told = f"{NAME} {PATIENT_ID} {BIRTH_DATE} {SERIES}"

    def raise_bug() -> None:
        raise RuntimeError(told)

    def in_thread() -> None:
        thread = threading.Thread(target=raise_bug, name=NAME)
        thread.start()
        thread.join()

    def in_database() -> None:
        with create_engine("sqlite://").begin() as connection:
            connection.execute(text("insert into missing values (:name)"), {"name": told})

    class Dropped:
        def __del__(self) -> None:
            raise ValueError(told)

    def warn() -> None:
        warnings.warn(told, stacklevel=1)

    def log_as_library() -> None:
        for name in ("pydicom", "pynetdicom", "sqlalchemy.engine", "highdicom", "urllib3"):
            logging.getLogger(name).warning("%s", told)

    def qt_says() -> None:
        from PySide6.QtCore import qWarning

        qWarning(told)

    def ask_nobody() -> None:
        from planning.network import pacs
        from planning.network.matches import Query
        from planning.network.servers import PacsServer

        server = PacsServer(name="none", called_ae="NONE", host="127.0.0.1", port=9, timeout_s=2)
        pacs.find_studies(server, Query(patient_name=NAME, patient_id=PATIENT_ID))

    yield from (raise_bug, in_thread, in_database, Dropped, warn, log_as_library, qt_says)
    yield ask_nobody


def main(folder: Path) -> None:
    """Live through the day and end as a program that is killed."""
    from app import safekeeping

    safekeeping.begin()
    ct = write_files(folder)
    from app.application import start

    application, desk = start(ct)
    until_s = time.monotonic() + 60.0

    def wait(done: Callable[[], bool]) -> None:
        while not done() and time.monotonic() < until_s:
            application.processEvents()
            time.sleep(0.01)

    wait(lambda: desk.session.case is not None and not desk.is_busy)
    assert desk.session.case is not None, "the patient's CT is open"
    for words in HOSTILE:
        patient = replace(desk.session.case.patient, name=NAME + words)
        case = replace(desk.session.case, patient=patient, remarks=f"{NAME} {words}")
        desk.session.apply("Write", case)
    for act in (*readers(folder), *faults()):
        try:
            act()
        except Exception as error:  # noqa: BLE001 (as the window's own hook takes it)
            sys.excepthook(type(error), error, error.__traceback__)
        application.processEvents()
    with suppress(TimeoutError):
        wait(lambda: desk.life.recovery is None or desk.life.recovery.autosave.flush(0.1))
    sys.stdout.write("lived\n")
    sys.stdout.flush()
    os._exit(0)  # nothing is closed: what a killed program leaves


if __name__ == "__main__":
    main(Path(sys.argv[1]))
