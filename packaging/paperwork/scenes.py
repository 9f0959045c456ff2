"""What the manual's pictures show, in the order of its chapters; writes no text.

Everything is the generated sample case in the real window. A control CT and today's scan are the
sample's CT moved as a whole, the first with a needle drawn in beside the planned one.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication, QTreeWidget, QWidget

from app.application import build_desk
from app.settings import Settings
from app.views.manual_window import ManualWindow
from app.views.palette import apply_palette
from app.views.shortcut_sheet import ShortcutSheet
from paperwork.camera import WHOLE_PX, Camera, PicturesError
from paperwork.moved import write_control_ct, write_todays_scan
from paperwork.other_windows import accuracy, archives, room_sheet
from planning.sample.sample_case import write_sample_case

README_PX = (1600, 1000)
START_PX = (1024, 680)
TALL_PX = (1600, 1500)
"""A window that shows all of a panel."""
README_PICTURE = Path("resources", "docs", "window.png")


def take_all(folder: Path, root: Path, work: Path) -> list[Path]:
    """Make every picture of the manual, and the README's; return what was written.

    Parameters
    ----------
    folder : Path
        Where they go.
    root : Path
        The checkout.
    work : Path
        An empty folder for the sample case and what the window keeps.
    """
    case = write_sample_case(work / "sample")
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    apply_palette(application)
    desk = build_desk(Settings(), data_dir=work / "data")
    desk.window.resize(*WHOLE_PX)
    desk.window.show()
    camera = Camera(application, desk, folder)
    try:
        camera.resize(*START_PX)
        camera.snap("start")
        camera.resize(*WHOLE_PX)
        _look(camera, case.parent / "ct", case)
        _plan(camera, root)
        _choose(camera)
        _own_hand(camera)
        _mend(camera)
        _hand_over(camera, work)
        _todays_scan(camera, work)
        _review(camera, work)
        _other_windows(camera)
        _looks(camera, application)
    finally:
        desk.window.close()
    return camera.made + _next_start(application, folder, work / "data")


def _next_start(application: QApplication, folder: Path, data: Path) -> list[Path]:
    """Keep a picture of what the next start offers of work that was not saved."""
    apply_palette(application)
    desk = build_desk(Settings(), data_dir=data)
    camera = Camera(application, desk, folder)
    camera.resize(*START_PX)
    desk.window.show()
    camera.settle(1.0)
    camera.snap("recovery")
    desk.window.close()
    return camera.made


def _look(camera: Camera, series: Path, case: Path) -> None:
    desk = camera.desk
    desk.open_case(case)
    camera.settle(1.0)
    camera.press("step_structures")
    camera.snap("structures")
    camera.snap_part("banner", desk.window.banner)
    camera.press("step_plan")
    camera.snap_part("needle-and-guidance", desk.window.form)
    if not series.is_dir():
        raise PicturesError("The sample case has no DICOM folder.")


def _plan(camera: Camera, root: Path) -> None:
    window = camera.desk.window
    camera.press("plan")
    window.status.say_planned("")  # how many seconds it took is another number each time
    camera.resize(*README_PX)
    camera.snap("plan", also=root / README_PICTURE)
    camera.resize(*TALL_PX)
    camera.snap_part("trajectories", window.table)
    camera.snap_part("card", window.card)
    window.message.clear_message()
    camera.resize(*WHOLE_PX)
    camera.press("heat_map")
    camera.press("layout_adjust")
    camera.snap("heat-map")
    camera.press("heat_map")
    camera.press("layout_review")
    camera.snap("seven-views")
    camera.press("layout_overview")
    chart = camera.desk.profile._chart
    camera.snap_part("profile", chart)


def _choose(camera: Camera) -> None:
    window, choosing = camera.desk.window, camera.desk.choosing
    camera.resize(*TALL_PX)
    camera.snap_part("what-matters", choosing.matters_panel)
    camera.tab("Choose")
    camera.snap_part("choose", choosing.scatter_panel)
    camera.press("compare")
    camera.desk.trajectories.step(1)
    camera.settle()
    camera.snap_part("compare", choosing.compare_panel)
    camera.desk.trajectories.step(-1)
    camera.press("compare")  # the pinned one, once more, is let go
    camera.tab("Core set")
    camera.snap_part("core-set", window.core_set)
    camera.tab("Trajectory")
    camera.resize(*WHOLE_PX)


def _own_hand(camera: Camera) -> None:
    desk = camera.desk
    stack = desk.session.undo_stack
    before = stack.index()
    camera.press("edit_path")
    edited = desk.hand.edited
    if edited is None:
        raise PicturesError("No trajectory is in the hand.")
    tip = edited.trajectory.tip_lps_mm
    desk.view_state.set_crosshair(tip)
    camera.settle()
    view = desk.window.axial
    start = camera.place_in(view, tip)
    camera.drag(view, tip, (-9, 5), hold=True)
    camera.snap("own-hand")
    camera.release(view, start)
    desk.hand.set_editing(on=False)
    while stack.index() > before:
        camera.press("undo")
    desk.trajectories.step(1)
    desk.trajectories.step(-1)
    desk.window.say("")
    camera.settle()


def _mend(camera: Camera) -> None:
    desk = camera.desk
    camera.press("step_structures")
    tree = desk.window.structures.findChild(QTreeWidget)
    assert tree is not None
    for number in range(tree.topLevelItemCount()):
        item = tree.topLevelItem(number)
        if item is not None and "necrotic" in f"{item.text(0)} {item.text(1)}":
            tree.setCurrentItem(item)
    camera.settle()
    camera.press("brush")
    camera.resize(*README_PX)
    camera.snap("mend-a-mask")
    camera.press("tool_crosshair")
    camera.press("step_plan")
    camera.resize(*WHOLE_PX)
    desk.window.show_step("plan")


def _hand_over(camera: Camera, work: Path) -> None:
    window = camera.desk.window
    camera.press("step_hand_over")
    camera.resize(*README_PX)
    camera.desk.handing_over.set_folder(Path("/exports"))
    camera.snap("hand-over")
    camera.tab("Live")
    camera.snap_part("navigation", _widget(window, "NavigationPanel"))
    camera.tab("Trajectory")
    camera.resize(*WHOLE_PX)
    room_sheet(camera, work / "report")
    camera.press("step_plan")


def _todays_scan(camera: Camera, work: Path) -> None:
    images = camera.desk.session.images
    assert images is not None
    scan = write_todays_scan(images.ct, work / "todays-scan.nii.gz")
    camera.press("step_images")
    camera.desk.todays_scan.open(scan)
    camera.settle(1.0)
    camera.resize(*README_PX)
    camera.snap("todays-scan")
    camera.desk.todays_scan.discard()
    camera.resize(*WHOLE_PX)
    camera.press("step_plan")


def _review(camera: Camera, work: Path) -> None:
    desk = camera.desk
    images = desk.session.images
    assert images is not None
    cores = desk.reviewing.context.cores
    control = write_control_ct(images.ct, cores[0], work / "control-ct.nii.gz")
    camera.press("step_review")
    camera.resize(*README_PX)
    desk.reviewing.control.open(control)
    camera.settle(1.0)
    camera.snap("control-ct")
    desk.reviewing.control.accept()
    camera.settle(1.0)
    found = desk.reviewing.context.review
    if found is None or not found.found:
        raise PicturesError("No needle was found in the control CT.")
    for core in cores:
        desk.reviewing.needles_panel.state_chosen.emit(
            core.candidate_id, "fired" if core is cores[0] else "removed"
        )
        camera.settle()
    desk.reviewing.needles_panel.core_selected.emit(cores[0].candidate_id)
    camera.settle()
    camera.tab("Review")
    camera.snap("review")
    camera.resize(*TALL_PX)
    camera.tab("Needle planes")
    camera.snap_part("needle-planes", _widget(desk.window, "NeedleDrawing"))
    camera.press("step_plan")
    camera.resize(*WHOLE_PX)


def _other_windows(camera: Camera) -> None:
    archives(camera)
    accuracy(camera)


def _looks(camera: Camera, application: QApplication) -> None:
    window = camera.desk.window
    camera.resize(*README_PX)
    camera.press("shortcuts")
    camera.snap("keys")
    sheet = window.findChild(ShortcutSheet)
    assert sheet is not None
    sheet.hide()
    camera.press("manual")
    for other in application.topLevelWidgets():
        if isinstance(other, ManualWindow):
            other.paper_chosen.emit("manual/planning.md", "the-card")
            camera.snap_window("manual-window", other)
            other.close()
    camera.tab("Trajectory")
    camera.press("scheme_light")
    camera.snap("light")


def _widget(window: QWidget, kind: str) -> QWidget:
    """Return the widget of a class that is seen, by the name of the class."""
    for widget in window.findChildren(QWidget):
        if type(widget).__name__ == kind and widget.isVisible():
            return widget
    raise PicturesError(f"The window shows no {kind}.")
