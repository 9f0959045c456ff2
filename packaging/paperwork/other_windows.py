"""Pictures of what stands beside the window: archives, the department's accuracy, a printed sheet.

Patients, servers and cases in them are made up; nothing is asked over a network.
"""

from __future__ import annotations

import importlib
import shutil
import subprocess
from pathlib import Path

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QTabWidget, QTreeWidget

from app.main_window import RESEARCH_USE
from app.presenters.cohort import CohortPresenter
from app.presenters.pacs import _series_row, _study_row
from app.views.cohort_window import CohortWindow
from app.views.pacs_values import ReceiverFields, ServerFields
from app.views.pacs_window import PacsWindow
from paperwork.camera import Camera, PicturesError
from planning.network.matches import SeriesMatch, StudyMatch

_CASES, _SEED = 200, 5
_STUDIES = (
    ("DOE^JANE", "CT pelvis, biopsy planning", ("CT",), 3),
    ("DOE^JOHN", "PET-CT whole body", ("CT", "PT"), 7),
    ("DORSET^ANN", "MR hip with contrast, left", ("MR",), 11),
)
_SERIES = (("Scout", 2), ("Pelvis 1.0 bone", 412), ("Pelvis 3.0 soft tissue", 138))
_SHEET_DPI = 75


def archives(camera: Camera) -> None:
    """Keep pictures of the archives' search and of their servers."""
    window = PacsWindow()
    window.resize(900, 560)
    window.set_servers(("Department PACS", "Research (web)"), "Department PACS")
    window.set_ready("")
    found = [
        StudyMatch(
            study_uid=f"1.{number}",
            patient_name=name,
            patient_id=f"P-{1000 + number}",
            birth_date="1962-03-14",
            date=f"2026-01-{10 + number}",
            description=description,
            accession="",
            modalities=modalities,
            series_count=count,
        )
        for number, (name, description, modalities, count) in enumerate(_STUDIES)
    ]
    window.search.set_studies([_study_row(one) for one in found])
    window.search.set_hint(f"{len(found)} studies")
    _select(window.search.studies, 0)
    of_study = [
        SeriesMatch(
            study_uid="1.0",
            series_uid=f"1.0.{number}",
            modality="CT",
            number=str(number),
            description=description,
            date="2026-01-10",
            image_count=count,
        )
        for number, (description, count) in enumerate(_SERIES, start=1)
    ]
    window.search.set_series([_series_row(one) for one in of_study])
    _select(window.search.series, 1)
    window.show()
    camera.snap_window("archives", window)
    window.servers.set_settings(
        [
            ServerFields(name="Department PACS", called_ae="ARCHIVE", host="10.0.3.7"),
            ServerFields(
                name="Research (web)", is_web=True, root_url="https://pacs.example/dicom-web"
            ),
        ],
        ReceiverFields(),
    )
    window.show_servers()
    camera.snap_window("servers", window)
    window.close()


def accuracy(camera: Camera) -> None:
    """Keep pictures of the department's accuracy with simulated cases."""
    simulated = importlib.import_module("tests.simulated_cohort")
    rows = simulated.simulated_cohort(_CASES, operators=("Ada", "Ben"), drift=0.0, seed=_SEED)
    window = CohortWindow()
    window.resize(1100, 700)
    presenter = CohortPresenter(window, lambda: rows, model_file=None, notice=RESEARCH_USE)
    window.open()
    _wait(camera, presenter)
    camera.snap_window("accuracy-table", window)
    tabs = window.findChild(QTabWidget)
    assert tabs is not None, "of charts"
    for title in ("Tips", "Control"):
        for number in range(tabs.count()):
            if tabs.tabText(number) == title:
                tabs.setCurrentIndex(number)
        _wait(camera, presenter)
        camera.snap_window(f"accuracy-{title.lower()}", window)
    presenter.job.shut_down()
    window.close()


def room_sheet(camera: Camera, folder: Path) -> None:
    """Keep pictures of the sheet for the CT room and of the pathology request.

    Raises
    ------
    PicturesError
        If poppler's `pdftoppm` is missing, or nothing was written.
    """
    folder.mkdir(parents=True)
    desk = camera.desk
    desk.handing_over.set_folder(folder)
    desk.handing_over.export(("report", "pathology"), is_deidentified=False)
    camera.settle(1.0)
    program = shutil.which("pdftoppm")
    if program is None:
        raise PicturesError("pdftoppm is missing: install poppler-utils.")
    for name, pattern in (("room-sheet", "*room*.pdf"), ("pathology", "*pathology*.pdf")):
        files = sorted(folder.rglob(pattern))
        if not files:
            raise PicturesError(f"No {pattern} was written to {folder}.")
        page = folder / name
        command = [program, "-png", "-r", str(_SHEET_DPI), "-f", "1", "-l", "1", "-singlefile"]
        subprocess.run([*command, str(files[0]), str(page)], check=True)
        camera.keep_image(name, QImage(str(page.with_suffix(".png"))))


def _select(tree: QTreeWidget, number: int) -> None:
    item = tree.topLevelItem(number)
    assert item is not None, "listed before"
    tree.setCurrentItem(item)


def _wait(camera: Camera, presenter: CohortPresenter) -> None:
    camera.settle()
    while presenter.job.is_running:
        camera.settle()
