"""Panels: what they say, what they ask for, and that nothing is cut off."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDropEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QListWidget,
    QMenu,
    QProgressBar,
    QSlider,
    QStyle,
    QStyleOptionButton,
    QTableView,
    QTreeWidget,
    QVBoxLayout,
    QWidget,
)

from app.views.column_scroll import Column, ColumnScroll
from app.views.empty_state import EmptyState
from app.views.message_strip import MessageStrip
from app.views.not_checked_panel import NotCheckedPanel
from app.views.palette import DARK, LIGHT, STEP_PX, apply_palette, colours
from app.views.parts import FewLines, Tick
from app.views.patient_banner import RESEARCH_NOTICE, NotCheckedChip, PatientBanner
from app.views.planning_form import PlanningForm
from app.views.progress_strip import ProgressStrip
from app.views.series_list import SeriesList
from app.views.series_values import SeriesPicture, SeriesRow, SeriesUse
from app.views.structure_list import StructureList
from app.views.structure_values import StructureRow
from app.views.tick_menu import TickMenu
from app.views.trajectory_rows import core_words, under_words
from app.views.trajectory_table import TrajectoryTable
from app.views.values import (
    BannerText,
    Choice,
    NotCheckedRow,
    TrajectoryRow,
)
from app.views.wording import (
    angle_words,
    head_words,
    kept_together,
    side_words,
    stop_words,
    tip_words,
)


@pytest.fixture
def shown(qtbot):
    def _shown(widget, width=360, height=500):
        qtbot.addWidget(widget)
        widget.resize(width, height)
        widget.show()
        QApplication.processEvents()
        return widget

    return _shown


def words(widget) -> list[str]:
    """Return the text of every label that is shown."""
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]


def button(widget, text: str) -> QAbstractButton:
    (found,) = [b for b in widget.findChildren(QAbstractButton) if b.text() == text]
    return found


def test_directions_name_where_the_tip_goes():
    assert side_words(-25.0) == "tip to patient RIGHT"
    assert side_words(25.0) == "tip to patient LEFT"
    assert head_words(7.0) == "tip toward HEAD"
    assert head_words(-7.0) == "tip toward FEET"
    assert head_words(0.2) == "in the slice"
    assert angle_words(-25.3, 7.2) == "25° R, 7° H"
    assert angle_words(0.1, -11.0) == "0°, 11° F"
    assert tip_words(-25.3, 7.2) == "25° right, 7° head"
    assert tip_words(25.3, -7.2) == "25° left, 7° feet"
    assert tip_words(0.1, -11.0) == "no tilt, 11° feet"
    assert tip_words(11.0, 0.3) == "11° left, in slice"
    assert tip_words(None, 0.3) == "not known"
    assert stop_words(60.2, 75.2, "core") == "STOP at 60 mm, then core to 75"


STRUCTURES = (
    StructureRow(key="t", name="lesion", role="tumour", colour="#E69F00", volume_ml=26.04),
    StructureRow(key="h", name="hip", role="bone", volume_ml=412.2, visible=False, opacity=0.3),
    StructureRow(key="s", name="Sacral foramina", role="nerve", missing=True),
)


def test_the_structure_list_shows_names_volumes_and_what_is_missing(shown):
    view = shown(StructureList(), 260)
    view.set_rows(STRUCTURES)
    tree = view.findChild(QTreeWidget)
    rows = [tree.topLevelItem(n) for n in range(3)]
    assert [rows[0].text(0), rows[0].text(2)] == ["lesion", "26.0 ml"]
    assert rows[1].text(2) == "412 ml"
    assert rows[1].checkState(0) is Qt.CheckState.Unchecked
    assert rows[2].text(0) == "Sacral foramina\nno mask, not checked"
    assert rows[2].foreground(0).color().name() == DARK.caution
    assert rows[2].data(0, Qt.ItemDataRole.CheckStateRole) is None


def test_the_structure_list_asks_and_does_not_echo(shown, qtbot):
    view = shown(StructureList(), 260)
    with (
        qtbot.assertNotEmitted(view.visibility_changed),
        qtbot.assertNotEmitted(view.opacity_changed),
    ):
        view.set_rows(STRUCTURES)
    tree = view.findChild(QTreeWidget)
    with qtbot.waitSignal(view.visibility_changed) as heard:
        tree.topLevelItem(1).setCheckState(0, Qt.CheckState.Checked)
    assert heard.args == ["h", True]
    tree.setCurrentItem(tree.topLevelItem(1))
    slider = view.findChild(QSlider)
    assert slider.value() == 30
    with qtbot.waitSignal(view.opacity_changed) as heard:
        slider.setValue(80)
    assert heard.args == ["h", 0.8]
    with qtbot.waitSignal(view.activated) as heard:
        tree.itemActivated.emit(tree.topLevelItem(0), 0)
    assert heard.args == ["t"]
    tree.setCurrentItem(tree.topLevelItem(2))
    assert not slider.isEnabled()
    assert slider.toolTip()


def test_no_structure_name_is_shortened(shown):
    view = shown(StructureList(), 240)
    long = "left inferior gluteal artery and its perforating branches"
    rows = (*STRUCTURES, replace(STRUCTURES[0], key="l", name=long, volume_ml=1234.0))
    view.set_rows(rows)
    QApplication.processEvents()
    tree = view.findChild(QTreeWidget)
    short, tall = (tree.visualItemRect(tree.topLevelItem(n)) for n in (0, 3))
    lines = -(-tree.fontMetrics().horizontalAdvance(long) // tree.columnWidth(0))
    assert tall.height() >= (lines + 1) * tree.fontMetrics().height() - 8 > short.height()


def test_a_name_that_has_room_takes_one_line(shown):
    view = shown(StructureList(), 260)
    name = "Habitat A (71 HU)"
    view.set_rows((*STRUCTURES, replace(STRUCTURES[0], key="l", name=name, volume_ml=15698.0)))
    QApplication.processEvents()
    tree = view.findChild(QTreeWidget)
    short, whole = (tree.visualItemRect(tree.topLevelItem(n)) for n in (0, 3))
    assert tree.topLevelItem(3).text(2) == "15.7 l"
    assert whole.height() == short.height()


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_an_empty_check_box_is_seen(shown, scheme):
    apply_palette(QApplication.instance(), scheme)
    box = shown(Tick("Confirmed"), 200, 40)
    image = box.grab().toImage()
    option = QStyleOptionButton()
    box.initStyleOption(option)
    part = QStyle.SubElement.SE_CheckBoxIndicator
    place = box.style().subElementRect(part, option, box)
    panel = QColor(colours().panel).lightness()
    row = [image.pixelColor(place.left() + n, place.center().y()).lightness() for n in range(3)]
    apply_palette(QApplication.instance(), "dark")
    assert max(abs(light - panel) for light in row) >= 40


def test_without_a_structure_nothing_can_be_faded_and_the_reason_is_said(shown):
    view = shown(StructureList(), 260)
    slider = view.findChild(QSlider)
    view.set_rows(STRUCTURES)
    assert not slider.isEnabled()
    assert slider.toolTip() == "Select a structure that has a mask."
    tree = view.findChild(QTreeWidget)
    tree.setCurrentItem(tree.topLevelItem(0))
    assert slider.isEnabled()
    assert slider.toolTip() == "Opacity of lesion"
    view.set_rows(())
    assert not slider.isEnabled()


def test_a_click_on_a_swatch_offers_colours(shown, qtbot):
    view = shown(StructureList(), 260)
    view.set_rows(STRUCTURES)
    tree = view.findChild(QTreeWidget)
    row = tree.visualItemRect(tree.topLevelItem(0))
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(8, row.center().y()))
    (menu,) = view.findChildren(QMenu)
    with qtbot.waitSignal(view.colour_changed) as heard:
        menu.actions()[1].trigger()
    assert heard.args == ["t", "#56B4E9"]
    menu.close()


def test_the_structure_list_keeps_its_line(shown):
    view = shown(StructureList(), 260)
    view.set_rows(STRUCTURES)
    tree = view.findChild(QTreeWidget)
    tree.setCurrentItem(tree.topLevelItem(1))
    view.set_rows(STRUCTURES[::-1])
    assert view.current_key() == "h"


def row(rank: int, caution: str = "") -> TrajectoryRow:
    return TrajectoryRow(
        key=f"c{rank}",
        rank=rank,
        viable_mm=14.4,
        nearest_mm=22.7,
        nearest_structure="superior gluteal vessels right",
        stop_depth_mm=60.4,
        tip_depth_mm=75.4,
        angle_words=tip_words(-43.0, -11.0),
        entry_slice="image 142",
        score=0.86,
        caution=caution,
        expected_mm=11.12,
        probability=0.684,
    )


def cells(view: TrajectoryTable, line: int) -> dict[str, str]:
    table = view.findChild(QTableView)
    model = table.model()
    return {
        model.headerData(n, Qt.Orientation.Horizontal): model.index(line, n).data()
        for n in range(model.columnCount())
        if not table.isColumnHidden(n)
    }


def test_the_table_shows_whole_depths_and_tissue_to_a_decimal(shown):
    view = shown(TrajectoryTable(), 700)
    view.set_rows((row(1), row(2, "position differs")), "2 of 9")
    assert cells(view, 0) == {
        "#": "1",
        "exp.": "11.1",
        "P": "0.68",
        "viable": "14.4",
        "stop": "60",
        "tip": "75",
        "tip goes to": "43° right, 11° feet",
        "score": "0.86",
    }
    assert cells(view, 1)["#"] == "2 ▲"
    assert "2 of 9" in words(view)


def test_a_narrow_table_keeps_what_steers_the_hand(shown):
    view = shown(TrajectoryTable(), 360)
    view.set_rows(tuple(row(n, "dense") for n in range(1, 13)))
    assert set(cells(view, 0)) == {"#", "exp.", "P", "stop", "tip", "tip goes to"}
    table = view.findChild(QTableView)
    assert table.horizontalHeader().length() <= table.viewport().width()
    assert all(
        table.columnWidth(n) >= table.sizeHintForColumn(n)
        for n in range(table.model().columnCount())
        if not table.isColumnHidden(n)
    )
    tip = table.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "superior gluteal vessels right" in tip
    assert "image 142" in tip


def test_the_second_line_names_slice_and_structure_and_shortens_only_the_name(shown):
    view = shown(TrajectoryTable(), 340)
    view.set_rows((row(1),))
    room = view.findChild(QTableView).viewport().width() - 8
    whole = "entry image 142, nearest superior gluteal vessels right 22.7 mm"
    assert under_words(row(1), 2 * room) == whole
    assert under_words(row(1), room) == whole.replace("nearest ", "")
    narrow = under_words(row(1), 240)
    assert narrow.startswith("entry image 142, s")
    assert narrow.endswith("t 22.7 mm")
    assert "…" in narrow
    assert under_words(replace(row(1), nearest_structure=""), room).endswith(
        "nothing near was checked"
    )


def test_the_second_line_is_drawn_below_the_numbers(shown):
    view = shown(TrajectoryTable(), 340)
    view.set_rows((row(1),))
    with_place = view.grab().toImage()
    view.set_rows((replace(row(1), entry_slice="", nearest_structure=""),))
    assert with_place != view.grab().toImage()


def test_the_table_selects_by_key_silently_and_by_hand_aloud(shown, qtbot):
    view = shown(TrajectoryTable(), 500)
    with qtbot.assertNotEmitted(view.selected):
        view.set_rows(tuple(row(n) for n in range(1, 5)))
        view.set_selected("c2")
    table = view.findChild(QTableView)
    assert table.currentIndex().row() == 1
    with qtbot.waitSignal(view.selected) as heard:
        qtbot.keyClick(table, Qt.Key.Key_Down)
    assert heard.args == ["c3"]
    with qtbot.assertNotEmitted(view.selected):
        view.set_selected("nobody")
    assert not table.selectionModel().hasSelection()


def test_a_click_on_a_title_sorts_and_what_is_not_known_goes_last(shown, qtbot):
    view = shown(TrajectoryTable(), 700)
    first, second, third = (row(n) for n in (1, 2, 3))
    rows = (replace(first, probability=None), replace(second, probability=0.9), third)
    view.set_rows(rows)
    view.set_selected("c3")
    header = view.findChild(QTableView).horizontalHeader()
    with qtbot.assertNotEmitted(view.selected):
        for expected in (["c3", "c2", "c1"], ["c2", "c3", "c1"]):
            place = QPoint(header.sectionPosition(2) + 5, header.height() // 2)
            qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
            shown_keys = [f"c{cells(view, n)['#']}" for n in range(3)]
            assert shown_keys == expected
    table = view.findChild(QTableView)
    assert table.currentIndex().row() == 1  # still c3
    with qtbot.waitSignal(view.selected) as heard:
        qtbot.keyClick(table, Qt.Key.Key_Up)
    assert heard.args == ["c2"]
    view.set_rows(rows)
    assert cells(view, 0)["#"] == "2"  # the sorting stays


def test_a_core_of_the_set_is_marked_in_words_with_room_for_them(shown):
    view = shown(TrajectoryTable(), 500)
    core = replace(row(2), key="C1", label="C1", core="culture")
    view.set_rows((row(1), core))
    table = view.findChild(QTableView)
    assert core_words(core) == "CORE of the set: culture"
    assert core_words(row(1)) == ""
    assert cells(view, 1)["#"] == "C1"
    assert table.rowHeight(1) > table.rowHeight(0)
    assert "CORE of the set: culture" in table.model().index(1, 0).data(Qt.ItemDataRole.ToolTipRole)
    with_words = view.grab().toImage()
    view.set_rows((row(1), replace(core, core="reserve")))
    assert with_words != view.grab().toImage()


def test_an_empty_table_says_why(shown):
    view = shown(TrajectoryTable())
    view.set_rows(())
    view.set_message("No safe trajectory: 412 of 412 come too near a nerve.")
    assert "No safe trajectory: 412 of 412 come too near a nerve." in words(view)


BANNER = BannerText(
    name="SAMPLE^PELVIS^WITH^A^LONG^NAME",
    patient_id="0001",
    sex="F",
    age="51 y",
    series="CT 2026-11-23, series 4, Abdomen and pelvis soft tissue",
    spacing="1.5 x 1.5 x 1.5 mm",
    scanned_position="supine",
    biopsy_position="prone",
    position_differs=True,
    site="right ilium",
    indication="metastasis",
    viability="viable = tumour - necrosis masks",
)


@pytest.mark.parametrize("width", [1100, 1280, 1900])
def test_the_banner_never_shortens_name_position_or_notice(shown, width):
    view = shown(PatientBanner(), width, 44)
    view.set_banner(BANNER)
    QApplication.processEvents()
    for text in (BANNER.name, RESEARCH_NOTICE, "scanned supine, biopsy prone"):
        (label,) = [found for found in view.findChildren(QLabel) if found.text() == text]
        assert label.width() >= label.fontMetrics().horizontalAdvance(text)
        assert label.mapTo(view, label.rect().bottomRight()).x() < width


UNCHECKED = (
    NotCheckedRow(what="sacral foramina", reason="no mask"),
    NotCheckedRow(what="Nearest vessel, Nearest nerve", reason="no mask", things=2),
)


@pytest.mark.parametrize("width", [1150, 1280])
def test_how_much_was_not_checked_is_always_to_be_read(shown, qtbot, width):
    view = shown(PatientBanner(), width, 44)
    view.set_banner(BANNER)
    chip = view.findChild(NotCheckedChip)
    assert chip.isHidden()
    view.set_banner(replace(BANNER, not_checked=UNCHECKED))
    QApplication.processEvents()
    (label,) = [found for found in view.findChildren(QLabel) if "Not checked" in found.text()]
    assert label.text() == "▲ Not checked: 3"
    assert label.width() >= label.fontMetrics().horizontalAdvance(label.text())
    assert label.mapTo(view, label.rect().bottomRight()).x() < width
    assert "sacral foramina: no mask\nNearest vessel, Nearest nerve: no mask" in chip.toolTip()
    with qtbot.waitSignal(view.not_checked_pressed):
        qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(view.not_checked_pressed):
        qtbot.keyClick(chip, Qt.Key.Key_Return)


def test_the_notice_stands_there_before_any_case(shown):
    view = shown(PatientBanner(), 900, 44)
    assert {"No case open", RESEARCH_NOTICE} <= set(words(view))


def test_what_was_not_checked_is_said_with_the_reason(shown):
    view = shown(NotCheckedPanel())
    view.set_rows((NotCheckedRow(what="Gantry", reason="the CT has no isocentre"),))
    QApplication.processEvents()
    assert {"▲ Gantry", "the CT has no isocentre"} <= set(words(view))
    view.set_rows(())
    assert view.isHidden()


def test_the_progress_strip_shows_and_stops(shown, qtbot):
    view = shown(ProgressStrip(), 600, 40)
    view.finish()
    assert view.isHidden()
    view.begin("Planning")
    assert view.isVisible()
    view.set_progress(0.25, "Measuring candidates")
    bar = view.findChild(QProgressBar)
    assert bar.value() / bar.maximum() == pytest.approx(0.25)
    stop = button(view, "Stop")
    with qtbot.waitSignal(view.cancel_requested):
        qtbot.mouseClick(stop, Qt.MouseButton.LeftButton)
    assert not stop.isEnabled()
    view.begin("Planning again")
    assert stop.isEnabled()


def test_a_message_stays_until_dismissed_and_is_not_markup(shown, qtbot):
    view = shown(MessageStrip(), 600, 60)
    view.show_error("<b>ct.nii.gz</b> is not a CT; choose another file.")
    assert view.text() == "<b>ct.nii.gz</b> is not a CT; choose another file."
    assert view.findChildren(QLabel)[1].textFormat() is Qt.TextFormat.PlainText
    with qtbot.waitSignal(view.dismissed):
        qtbot.mouseClick(button(view, "Dismiss"), Qt.MouseButton.LeftButton)
    assert view.isHidden()
    assert view.text() == ""


LONG = " ".join(f"Remark {n} says what to look at before this is trusted." for n in range(1, 11))


@pytest.mark.parametrize(("width", "most"), [(1280, 3), (1600, 2)])
def test_a_long_message_takes_few_lines_and_all_of_them_on_request(shown, qtbot, width, most):
    view = shown(QWidget(), width, 400)
    strip, rows = MessageStrip(), QVBoxLayout(view)
    rows.addWidget(strip)
    rows.addStretch(1)
    strip.show_caution(LONG)
    qtbot.wait(20)
    text = strip.findChild(FewLines)
    line_px = text.fontMetrics().lineSpacing()
    assert text.height() < (most + 1) * line_px
    assert text.shown_lines(text.width())[-1].endswith("…")
    assert len(text.shown_lines(text.width())) == most
    assert text.toolTip() == LONG
    qtbot.mouseClick(button(strip, "More"), Qt.MouseButton.LeftButton)
    qtbot.wait(20)
    lines = text.shown_lines(text.width())
    assert "".join(lines) == LONG
    assert text.height() >= len(lines) * line_px
    assert all(text.fontMetrics().horizontalAdvance(x.strip()) <= text.width() for x in lines)
    qtbot.mouseClick(button(strip, "Less"), Qt.MouseButton.LeftButton)
    strip.show_caution("Short.")
    qtbot.wait(20)
    (more,) = [b for b in strip.findChildren(QAbstractButton) if b.text() in ("More", "Less")]
    assert not more.isVisible()


def test_a_series_with_a_problem_says_it_and_cannot_be_opened(shown, qtbot):
    view = shown(SeriesList(), 700, 300)
    view.set_rows(
        (
            SeriesRow(key="a", title="4  Pelvis", suggested=True),
            SeriesRow(key="b", title="14  Scout", problem="Two slices."),
        ),
        "/data",
    )
    open_button = button(view, "Open this series")
    with qtbot.waitSignal(view.chosen) as heard:
        qtbot.mouseClick(open_button, Qt.MouseButton.LeftButton)
    assert heard.args == ["a"]
    entries = view.findChild(QListWidget)
    entries.setCurrentRow(1)
    assert not open_button.isEnabled()
    assert open_button.toolTip() == "Two slices."
    with qtbot.assertNotEmitted(view.chosen):
        qtbot.keyClick(entries, Qt.Key.Key_Return)
    entries.setCurrentRow(0)
    with qtbot.waitSignal(view.chosen):
        qtbot.keyClick(entries, Qt.Key.Key_Return)


def test_the_button_says_what_a_series_is_good_for_and_why_not_now(shown, qtbot):
    view = shown(SeriesList(), 700, 300)
    view.set_rows(
        (
            SeriesRow(key="pet", title="PET", use=SeriesUse.LAY_OVER, suggested=True),
            SeriesRow(key="rs", title="RS", use=SeriesUse.ADD_MASKS, blocked="Open the CT first."),
        )
    )
    with qtbot.waitSignal(view.lay_over_requested) as heard:
        qtbot.mouseClick(button(view, "Lay it over the CT"), Qt.MouseButton.LeftButton)
    assert heard.args == ["pet"]
    view.select("rs")
    assert not button(view, "Add its structures").isEnabled()
    assert button(view, "Add its structures").toolTip() == "Open the CT first."


def test_a_picture_stands_beside_its_series_and_one_that_cannot_be_read_says_why(shown):
    view = shown(SeriesList(), 700, 360)
    view.set_rows((SeriesRow(key="a", title="A"), SeriesRow(key="b", title="B")))
    grey = np.zeros((40, 20), dtype=np.uint8)
    grey[:20, 10:] = 200  # top right
    view.set_picture("a", SeriesPicture(grey=grey, height_to_width=2.0))
    view.set_picture("b", SeriesPicture(grey=np.zeros((0, 0), np.uint8), problem="b.dcm is cut."))
    QApplication.processEvents()
    entries = view.findChild(QListWidget)
    shot = entries.viewport().grab().toImage()
    place = entries.visualItemRect(entries.item(0))
    left, top = place.left() + 3 * STEP_PX, place.top() + 2 * STEP_PX
    where = {
        (x, y): shot.pixelColor(left + x, top + y).lightness()
        for x in (8, 40, 65)
        for y in (20, 85)
    }
    assert where[65, 20] == pytest.approx(200, abs=2)
    assert max(value for at, value in where.items() if at != (65, 20)) < 3
    view.select("b")
    assert not button(view, "Open this series").isEnabled()
    assert button(view, "Open this series").toolTip() == "b.dcm is cut."
    red = QColor(colours().danger)
    shot, place = entries.viewport().grab().toImage(), entries.visualItemRect(entries.item(1))
    under = range(place.top(), min(place.bottom(), shot.height()))
    assert any(shot.pixelColor(x, y) == red for x in range(130, 260) for y in under)


def test_the_form_emits_choices_of_the_user_only_and_says_why_not(shown, qtbot):
    view = shown(PlanningForm(), 260, 300)
    choices = (Choice("n11", "Bone 11G"), Choice("n14", "Soft 14G"))
    with qtbot.assertNotEmitted(view.needle_chosen):
        view.set_needles(choices, "n14")
    combo = view.findChildren(QComboBox)[0]
    assert combo.currentText() == "Soft 14G"
    with qtbot.waitSignal(view.needle_chosen) as heard:
        combo.setFocus()
        qtbot.keyClick(combo, Qt.Key.Key_Up)
    assert heard.args == ["n11"]
    view.set_core_counts((Choice("auto", "Protocol (3)"), Choice("1", "1")), "1")
    view.set_entries((Choice("auto", "Auto (one)"), Choice("one", "One")), "auto")
    view.set_habitats((Choice("h", "Habitat A"),), frozenset({"h"}))
    combos = {combo.accessibleName(): combo for combo in view.findChildren(QComboBox)}
    with qtbot.waitSignal(view.core_count_chosen) as heard:
        qtbot.keyClick(combos["Cores"], Qt.Key.Key_Up)
    assert heard.args == ["auto"]
    with qtbot.waitSignal(view.entries_chosen) as heard:
        qtbot.keyClick(combos["Entries"], Qt.Key.Key_Down)
    assert heard.args == ["one"]
    ticks = view.findChild(TickMenu)
    with qtbot.waitSignal(view.must_sample_ticked) as heard:
        ticks.menu().actions()[0].trigger()
    assert heard.args == ["h", False]
    plan = button(view, "Plan")
    view.set_plan_enabled("There is no tumour mask; add one to the case.")
    assert not plan.isEnabled()
    assert plan.toolTip() == "There is no tumour mask; add one to the case."
    assert plan.toolTip() in words(view)
    view.set_plan_enabled("")
    with qtbot.waitSignal(view.plan_requested):
        qtbot.mouseClick(plan, Qt.MouseButton.LeftButton)


def test_the_empty_state_takes_one_local_path(shown, qtbot, tmp_path):
    view = shown(EmptyState(), 700, 400)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    with qtbot.waitSignal(view.path_dropped) as heard:
        view.dropEvent(event)
    assert heard.args == [Path(tmp_path)]
    with qtbot.waitSignal(view.sample_requested):
        qtbot.mouseClick(button(view, "Try the sample case"), Qt.MouseButton.LeftButton)


def test_the_light_scheme_has_the_same_roles_and_dresses_what_is_open(shown, qapp):
    view = shown(PatientBanner(), 900, 44)
    assert colours() is DARK
    apply_palette(qapp, "light")
    QApplication.processEvents()
    assert colours() is LIGHT
    (notice,) = [label for label in view.findChildren(QLabel) if label.text() == RESEARCH_NOTICE]
    assert notice.palette().color(notice.foregroundRole()).name() == LIGHT.caution


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255.0 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("table", [DARK, LIGHT])
@pytest.mark.parametrize("role", ["text", "secondary", "accent", "good", "caution", "danger"])
@pytest.mark.parametrize("ground", ["panel", "raised"])
def test_every_tone_is_legible(table, role, ground):
    light, dark = sorted(
        (_luminance(getattr(table, role)), _luminance(getattr(table, ground))), reverse=True
    )
    assert (light + 0.05) / (dark + 0.05) >= 4.5  # WCAG 2.2, 1.4.3


def test_directions_are_said_in_letters_where_words_have_no_room(shown):
    view = shown(TrajectoryTable(), 700)
    view.set_rows(tuple(replace(row(n), short_angles="43° R, 11° F") for n in range(1, 4)))
    assert cells(view, 0)["tip goes to"] == "43° right, 11° feet"
    view.resize(290, 300)
    QApplication.processEvents()
    assert cells(view, 0)["tip goes to"] == "43° R, 11° F"
    view.resize(700, 300)
    QApplication.processEvents()
    assert cells(view, 0)["tip goes to"] == "43° right, 11° feet"


def test_a_column_that_scrolls_is_never_narrower_than_its_content(shown):
    content = Column()
    layout = QVBoxLayout(content)
    label = QLabel("word")
    layout.addWidget(label)
    scroll = shown(ColumnScroll(content), 100, 100)
    bar = scroll.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent, None, scroll)
    before = scroll.minimumSizeHint().width()
    label.setText("a good many words more than there were before")
    QApplication.processEvents()
    assert scroll.minimumSizeHint().width() == content.minimumSizeHint().width() + bar
    assert scroll.minimumSizeHint().width() > before


def test_numbers_and_units_stay_together():
    assert kept_together("Habitat B (275 HU)") == "Habitat B (275\N{NO-BREAK SPACE}HU)"
    assert kept_together("organ at 95 % P(touch) < 0.01").count("\N{NO-BREAK SPACE}") == 2
