"""The charts of a cohort as files, without a window; needs Qt's drawing and no display."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import QApplication

from app.presenters.cohort_charts import figures
from app.presenters.cohort_compared import compared_of
from app.views.cohort_saving import ENDINGS, save_figure
from app.views.cohort_values import Figure
from planning.atomic_files import make_folder
from planning.cohort.findings import Findings
from planning.disk_words import not_written
from planning.errors import InputError
from planning.formats import suggestion


def write_figure(shown: Findings, chart: str, file: Path, notice: str) -> Path:
    """Write one chart; its file's ending says as what.

    Raises
    ------
    InputError
        If there is no such chart, or the file cannot be written.
    """
    made = _figures(shown)
    wanted = next((figure for figure in made if figure.key == chart), None)
    if wanted is None:
        known = [figure.key for figure in made]
        raise InputError(f'There is no chart "{chart}"' + suggestion(chart, known, "there are"))
    _save(wanted, file, notice)
    return file


def write_figures(shown: Findings, folder: Path, notice: str, *, force: bool) -> tuple[Path, ...]:
    """Write all charts into a folder, each as SVG and PNG.

    Raises
    ------
    InputError
        If one is there already and `force` is not set, or cannot be written.
    """
    made = _figures(shown)
    files = [(figure, folder / f"{figure.key}{end}") for figure in made for end in ENDINGS]
    for _, file in files:
        if file.exists() and not force:
            raise InputError(f"{file} already exists; choose another folder or add --force.")
    try:
        make_folder(folder)
    except OSError as error:
        raise InputError(not_written(folder, error)) from error
    for figure, file in files:
        _save(figure, file, notice)
    return tuple(file for _, file in files)


def _figures(shown: Findings) -> Sequence[Figure]:
    if QApplication.instance() is None:
        _kept.append(QApplication(["trephine"]))
    return figures(shown, compared_of(shown))


def _save(figure: Figure, file: Path, notice: str) -> None:
    problem = save_figure(figure, notice, file)
    if problem:
        raise InputError(problem)


_kept: list[QApplication] = []  # Qt's application ends with the last name it goes by
