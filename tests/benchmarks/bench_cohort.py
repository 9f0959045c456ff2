"""How long it takes until a cohort of 10 000 cases is open: registry, statistics, all charts.

Run apart, on an idle machine: ``python tests/benchmarks/bench_cohort.py [CASES]``. Storing cases
first takes minutes; it is not measured.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from app import catalogue
from app.cohort_source import rows_of_registry
from app.presenters.cohort_charts import figures
from app.presenters.cohort_compared import compared_of
from app.views.cohort_painting import paint_figure
from app.views.palette import DARK
from planning.cohort.findings import findings
from planning.cohort.grouping import Grouping
from planning.cohort.learning import fit_error_model
from planning.model.case import Guidance
from planning.model.cohort import CohortRows
from planning.records.registry.connection import open_registry
from planning.records.registry.place import place_of
from planning.records.registry.storing import store_rows
from tests.simulated_cohort import simulated_cohort
from tests.simulated_registry import simulated_rows


def main() -> None:
    """Print the seconds of each step."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    QApplication(["bench"])
    with tempfile.TemporaryDirectory() as folder:
        place = place_of(str(Path(folder) / "registry.sqlite"), Path(folder))
        registry = open_registry(place, catalogue.registry_fields(), "bench", make=True)
        started = time.perf_counter()
        store_rows(registry, simulated_rows(cases))
        print(f"{time.perf_counter() - started:7.2f} s storing {cases} cases (not counted)")
        stored = _timed("reading the registry", lambda: rows_of_registry(str(place)))
    _open(stored, "of the registry")
    made = simulated_cohort(cases, operators=tuple("ABCDEFGHIJ"))
    _open(made, "with ten operators")
    preset = catalogue.error_models()[Guidance.NAVIGATED]
    _timed("learning", lambda: fit_error_model(made, preset, catalogue.cohort_rules()))


def _open(rows: CohortRows, what: str) -> None:
    rules = catalogue.cohort_rules()
    findings(rows.where(rows.case == rows.case[0]), rules)  # imports of its own come first
    shown = _timed(
        f"statistics and findings {what}, {len(rows)} cores",
        lambda: findings(rows, rules, by=Grouping.OPERATOR),
    )
    drawn = _timed("all charts", lambda: figures(shown, compared_of(shown)))
    for figure in drawn:
        _timed(f"painting {figure.key}", lambda figure=figure: _paint(figure))


def _paint(figure) -> None:
    image = QImage(1100, 700, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    paint_figure(painter, figure, QRectF(0.0, 0.0, 1100.0, 700.0), DARK)
    painter.end()


def _timed(what: str, work):
    started = time.perf_counter()
    found = work()
    print(f"{time.perf_counter() - started:7.2f} s {what}", flush=True)
    return found


if __name__ == "__main__":
    main()
