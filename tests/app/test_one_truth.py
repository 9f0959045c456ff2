"""One candidate, one truth: card, profile, views, plan.json, table and markups say the same.

What is compared is what people and programs get to read: the texts in the card's labels, the words
and places on the chart, the needles handed to the views, and the files' bytes.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from app import catalogue
from app.application import build_desk
from app.desk import Desk
from app.planning_setup import core_request, plan_case, setup_of
from app.views.profile_axes import ProfileAxes
from app.views.profile_chart import ProfileChart
from app.views.profile_values import ProfileShown
from app.views.values import NeedlePath
from planning.anatomy.anatomy import Anatomy
from planning.handover.plan_json import plan_to_json
from planning.handover.slicer_markups import plan_to_markups, trajectories_from_markups
from planning.handover.tables import plan_to_csv
from planning.model.plan import PlanResult
from planning.records.case_file import LoadedCase, load_case
from planning.sample.sample_case import write_sample_case

COUNT = 10


@dataclass(frozen=True, kw_only=True)
class Planned:
    loaded: LoadedCase
    anatomy: Anatomy
    plan: PlanResult


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    folder = tmp_path_factory.mktemp("sample")
    path = write_sample_case(folder, in_plane_size=160, slice_spacing_mm=3.0)
    loaded = load_case(path, role_tables=catalogue.role_tables())
    setup = setup_of(loaded.case)
    cores = core_request(loaded.case, setup)
    anatomy, plan = plan_case(loaded.case, loaded.images, setup, cores=cores)
    assert len(plan.candidates) >= COUNT
    return Planned(loaded=loaded, anatomy=anatomy, plan=plan)


class Window:
    """The real window with the plan, and what its views were given."""

    def __init__(self, desk: Desk, planned: Planned) -> None:
        self.desk = desk
        self.needles: tuple[NeedlePath, ...] = ()
        view = desk.window.axial
        hand_on = view.set_needles

        def record(needles: tuple[NeedlePath, ...]) -> None:
            self.needles = needles
            hand_on(needles)

        view.set_needles = record
        case, plan = planned.loaded.case, planned.plan
        desk.session.open(case, planned.loaded.images)
        desk.window.show_pictures()
        desk.session.set_anatomy(planned.anatomy)
        desk.session.apply("Plan", replace(case, plan=plan))

    def select(self, key: str) -> None:
        self.desk.view_state.select(key)
        QApplication.processEvents()

    @property
    def card(self) -> list[str]:
        """The texts of the card's labels that are shown."""
        return _texts(self.desk.window.card)

    @property
    def chart(self) -> ProfileChart:
        (found,) = self.desk.window.findChildren(ProfileChart)
        return found

    @property
    def needle(self) -> NeedlePath:
        (selected,) = (needle for needle in self.needles if needle.selected)
        return selected


def _texts(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]


@pytest.fixture
def window(qtbot, planned: Planned) -> Iterator[Window]:
    desk = build_desk()
    qtbot.addWidget(desk.window)
    desk.window.resize(1600, 1000)
    desk.window.show()
    yield Window(desk, planned)
    desk.window.close()


def number(texts: list[str], pattern: str) -> float:
    """Return the number that one of some texts says, by a pattern with one group."""
    found = [m.group(1) for text in texts if (m := re.search(pattern, text))]
    assert found, f"nothing says {pattern}"
    return float(found[0])


def above(texts: list[str], caption: str) -> float:
    """Return the large number that stands above a caption."""
    at = next(n for n, text in enumerate(texts) if text.startswith(caption))
    return float(texts[at - 1].rstrip("°").lstrip("<> "))


def test_ten_candidates_say_the_same_everywhere(window: Window, planned: Planned) -> None:
    plan = planned.plan
    written = {c["id"]: c for c in json.loads(plan_to_json(plan))["candidates"]}
    table = {row["id"]: row for row in csv.DictReader(io.StringIO(plan_to_csv(plan)))}
    markups = plan_to_markups(plan)
    lines = {line.name: line for line in trajectories_from_markups(markups)}
    keys = [c.candidate_id for c in plan.candidates[:COUNT]]
    seen = set()
    for key in keys:
        window.select(key)
        said, record, row = window.card, written[key], table[key]
        ranked = key.startswith("T")  # others go by their own names
        name = f"{record['rank']:02d}" if ranked else key
        line = lines[f"Trajectory {record['rank'] if ranked else key}"]
        _depths(said, record, row, window)
        _points(window.needle, record, row, line)
        _angles(said, record, row, markups[f"trajectory-{name}.mrk.json"])
        _tissue(said, record, row, window)
        _nearest(said, record, row, window)
        _score(said, record, row)
        seen.add(tuple(said))
    assert len(seen) == COUNT, "every candidate has its own card"


def _depths(said: list[str], record: Any, row: dict[str, str], window: Window) -> None:
    stop, tip = record["criteria"]["stop_depth_mm"], record["criteria"]["insertion_depth_mm"]
    assert number(said, r"^STOP at (\d+) mm,$") == round(stop)
    assert number(said, r"^then core to (\d+) mm$") == round(tip)
    assert float(row["stop_depth_mm"]) == pytest.approx(stop, abs=0.001)
    assert float(row["insertion_depth_mm"]) == pytest.approx(tip, abs=0.001)
    shown, axes = _shown(window.chart)
    assert (shown.stop_words, shown.tip_words) == (f"STOP {stop:.0f}", f"tip {tip:.0f}")
    assert axes.depth_at_px(axes.x_px(shown.stop_mm)) == pytest.approx(stop, abs=1e-3)
    assert axes.depth_at_px(axes.x_px(shown.tip_mm)) == pytest.approx(tip, abs=1e-3)
    start, end = (np.array(point) for point in record["specimen_lps_mm"])
    entry = np.array(record["entry_lps_mm"])
    ends = [float(np.linalg.norm(point - entry)) for point in (start, end)]
    assert shown.specimen_mm == pytest.approx(ends, abs=1e-3)


def _points(needle: NeedlePath, record: Any, row: dict[str, str], line: Any) -> None:
    for name, drawn in (
        ("entry", needle.entry_lps_mm),
        ("stop", needle.stop_lps_mm),
        ("tip", needle.tip_lps_mm),
    ):
        assert drawn == pytest.approx(record[f"{name}_lps_mm"], abs=1e-5)
        cells = [float(row[f"{name}_{axis}_lps_mm"]) for axis in "xyz"]
        assert drawn == pytest.approx(cells, abs=1e-3)
    for drawn_end, end in zip(needle.specimen_lps_mm, record["specimen_lps_mm"], strict=True):
        assert drawn_end == pytest.approx(end, abs=1e-5)
    assert line.entry_lps_mm == pytest.approx(needle.entry_lps_mm, abs=1e-5)
    assert line.target_lps_mm == pytest.approx(needle.stop_lps_mm, abs=1e-5)
    assert line.tip_lps_mm == pytest.approx(needle.tip_lps_mm, abs=1e-5)


def _angles(said: list[str], record: Any, row: dict[str, str], markup: str) -> None:
    measured = {m["name"]: m["value"] for m in json.loads(markup)["markups"][0]["measurements"]}
    entry, tip = (np.array(record[f"{name}_lps_mm"]) for name in ("entry", "tip"))
    for key, positive, negative, zero, part in (
        ("gravity_angle_deg", "LEFT", "RIGHT", "straight down", 0),
        ("sagittal_projection_angle_deg", "HEAD", "FEET", "in the slice", 2),
    ):
        angle = record["criteria"][key]
        assert float(row[key]) == pytest.approx(angle, abs=0.001)
        assert measured[key] == pytest.approx(angle, abs=1e-4)
        ending = "from the vertical" if part == 0 else "on a protractor"
        (words,) = (text for text in said if ending in text)
        assert above(said, words) == round(abs(angle))
        if abs(angle) < 0.5:
            assert zero in words
            continue
        goes = positive if angle > 0 else negative
        assert goes in words
        # The words are true of the points themselves: x to the left, z to the head.
        assert (tip - entry)[part] * angle > 0


def _tissue(said: list[str], record: Any, row: dict[str, str], window: Window) -> None:
    criteria = record["criteria"]
    assert above(said, "mm viable expected") == pytest.approx(
        criteria["expected_viable_length_mm"], abs=0.0501
    )
    chance = criteria["viable_probability"]
    if 0.01 <= chance <= 0.99:
        assert above(said, "chance of") == pytest.approx(chance, abs=0.00501)
    assert above(said, "mm bone to drill") == pytest.approx(
        criteria["bone_traversal_mm"], abs=0.0501
    )
    for key in ("expected_viable_length_mm", "viable_probability", "bone_traversal_mm"):
        assert float(row[key]) == pytest.approx(criteria[key], abs=0.001)
    shown, _ = _shown(window.chart)
    bone = sum(
        min(band.to_mm, shown.tip_mm) - max(band.from_mm, 0.0)
        for band in shown.bands
        if band.name == "hip right" and band.from_mm < shown.tip_mm and band.to_mm > 0.0
    )
    assert bone == pytest.approx(criteria["bone_traversal_mm"], abs=0.1)
    if criteria["cortex_depth_mm"] is not None:
        assert number(said, r"^Bone at (\d+) mm") == round(criteria["cortex_depth_mm"])
    assert number(said, r"lesion at (\d+) mm") == round(criteria["lesion_depth_mm"])
    first = next(b.from_mm for b in shown.bands if b.name.startswith(("Habitat", "lesion")))
    assert first == pytest.approx(criteria["lesion_depth_mm"], abs=0.1)
    assert number(said, r"^As planned ([\d.]+) mm viable") == pytest.approx(
        criteria["viable_length_mm"], abs=0.0501
    )


def _nearest(said: list[str], record: Any, row: dict[str, str], window: Window) -> None:
    nearest = record["nearest"][0]
    name = nearest["structure"].replace("_", " ")
    verdict = said[said.index(name) + 1]
    assert number([verdict], r"(-?[\d.]+) mm at") == pytest.approx(
        nearest["clearance_mm"], abs=0.0501
    )
    assert number([verdict], r"at (\d+) mm depth") == round(nearest["depth_mm"])
    assert row["nearest_structure"].replace("_", " ") == name
    assert float(row["nearest_clearance_mm"]) == pytest.approx(nearest["clearance_mm"], abs=0.001)
    shown, _ = _shown(window.chart)
    of_it = shown.nearest == shown.structures.index(name)
    assert of_it.any()
    half_voxel = 1.5
    assert np.nanmin(shown.nearest_mm[of_it]) == pytest.approx(
        nearest["clearance_mm"], abs=half_voxel
    )
    at = shown.number_at(nearest["depth_mm"])
    assert shown.nearest_mm[at] <= nearest["clearance_mm"] + half_voxel
    # What the chart says at that depth is what the card says.
    window.desk.view_state.point_at_depth(float(shown.depths_mm[at]))
    head = window.chart.head()
    assert f"{shown.nearest_mm[at]:.1f} mm" in head
    window.desk.view_state.point_at_depth(None)


def _score(said: list[str], record: Any, row: dict[str, str]) -> None:
    assert number(said, r"^WHY THIS SCORE: ([\d.]+)$") == pytest.approx(
        record["score"], abs=0.00501
    )
    assert float(row["score"]) == pytest.approx(record["score"], abs=0.001)
    largest = max(record["contributions"].values())
    told = [float(m.group(1)) for text in said if (m := re.search(r" (\d+) %$", text))]
    assert told[0] == pytest.approx(100.0 * largest, abs=0.501)


def _shown(chart: ProfileChart) -> tuple[ProfileShown, ProfileAxes]:
    shown, axes = chart.shown, chart.axes()
    assert shown is not None
    assert axes is not None
    return shown, axes


def test_a_wrong_word_would_be_noticed(window: Window, planned: Planned) -> None:
    """The comparison reads the window: another candidate's card does not pass."""
    first, second = planned.plan.candidates[:2]
    window.select(first.candidate_id)
    written = {c["id"]: c for c in json.loads(plan_to_json(planned.plan))["candidates"]}
    row = next(
        r
        for r in csv.DictReader(io.StringIO(plan_to_csv(planned.plan)))
        if r["id"] == second.candidate_id
    )
    with pytest.raises(AssertionError):
        _depths(window.card, written[second.candidate_id], row, window)


def test_the_sample_has_no_grid_and_a_long_enough_needle(window: Window, planned: Planned) -> None:
    window.select(planned.plan.candidates[0].candidate_id)
    said = window.card
    assert not any("wire" in text for text in said)
    spare = planned.plan.candidates[0].criteria["needle_reach_margin_mm"]
    assert number(said, r"long enough, (\d+) mm to spare") == round(spare)
