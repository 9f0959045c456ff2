"""The manual in its window: contents, links, search; the real papers, offscreen."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QUrl
from PySide6.QtGui import QGuiApplication, QImage, QTextDocument
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QTreeWidget
from pytestqt.qtbot import QtBot
from typer.testing import CliRunner

from app import language
from app import papers as papers_module
from app.assembly.help import ManualOpener
from app.cli import cli
from app.main_window import MainWindow
from app.papers import papers
from app.presenters.manual import ManualPresenter
from app.views.manual_window import ManualWindow
from app.views.palette import apply_palette

_PICTURE = QTextDocument.ResourceType.ImageResource.value


@pytest.fixture
def manual(qtbot: QtBot) -> ManualPresenter:
    made = ManualPresenter()
    qtbot.addWidget(made.view)
    made.open()
    return made


def contents(view: ManualWindow) -> QTreeWidget:
    (tree,) = view.findChildren(QTreeWidget)
    return tree


def button(view: ManualWindow, text: str) -> QPushButton:
    (found,) = [b for b in view.findChildren(QPushButton) if b.text() == text]
    return found


def test_all_papers_are_listed_and_the_first_is_open(manual):
    tree = contents(manual.view)
    titles = [tree.topLevelItem(n).text(0) for n in range(tree.topLevelItemCount())]
    assert titles == [paper.title for paper in papers()]
    assert manual.view.page.toPlainText().startswith("Papers")
    assert tree.topLevelItem(0).child(0).text(0) == "The manual"


def test_a_heading_in_the_contents_goes_there(manual):
    tree = contents(manual.view)
    item = next(
        tree.topLevelItem(n)
        for n in range(tree.topLevelItemCount())
        if tree.topLevelItem(n).text(0) == "Planning"
    )
    tree.itemClicked.emit(item, 0)
    assert manual.view.page.verticalScrollBar().value() == 0
    (inside,) = [
        item.child(n) for n in range(item.childCount()) if item.child(n).text(0) == "By hand"
    ]
    tree.itemClicked.emit(inside, 0)
    assert manual.view.page.verticalScrollBar().value() > 1000


def test_links_between_papers_are_followed_and_there_is_a_way_back(manual):
    manual.show("manual/first-plan.md")
    manual.follow("../intended-use.md")
    assert manual.view.page.toPlainText().startswith("Intended use and limits")
    back = button(manual.view, "Back")
    back.click()
    assert manual.view.page.toPlainText().startswith("First plan")
    back.click()
    assert manual.view.page.toPlainText().startswith("Papers")
    assert not back.isEnabled()
    assert back.toolTip() == "Nothing was read before."


def test_an_address_on_the_internet_is_copied_and_never_opened(manual, monkeypatch):
    monkeypatch.setattr("PySide6.QtGui.QDesktopServices.openUrl", lambda _: pytest.fail("opened"))
    before = manual.view.page.toPlainText()
    manual.view.page.anchorClicked.emit(QUrl("https://example.org/a"))
    assert QGuiApplication.clipboard().text() == "https://example.org/a"
    assert manual.view.message.text().startswith("Copied: https://example.org/a.")
    assert manual.view.page.toPlainText() == before


def test_pictures_come_from_the_installation_alone_and_fit(manual):
    manual.show("manual/first-plan.md")
    page = manual.view.page
    shown = page.loadResource(_PICTURE, QUrl("../pictures/plan.png"))
    assert isinstance(shown, QImage)
    assert 400 < shown.width() / shown.devicePixelRatio() <= page.viewport().width() - 48
    for name in ("https://example.org/x.png", "file:///x.png", "../../../logo/trephine.svg", "no"):
        assert page.loadResource(_PICTURE, QUrl(name)) is None
    assert page.horizontalScrollBar().maximum() == 0


def test_every_paper_can_be_shown_without_a_picture_missing(manual, monkeypatch):
    asked: list[str] = []
    real = manual.view.page._read
    monkeypatch.setattr(
        manual.view.page, "_read", lambda name: asked.append(name) or _there(real(name), name)
    )
    for paper in papers():
        manual.show(paper.key)
        QApplication.processEvents()
    assert len(asked) > 20


def _there(data: bytes | None, name: str) -> bytes:
    assert data, name
    return data


def test_words_are_found_again_from_the_beginning(manual):
    manual.show("risks.md")
    (line,) = manual.view.findChildren(QLineEdit)
    line.setText("gantry")
    line.returnPressed.emit()
    first = manual.view.page.textCursor().position()
    line.returnPressed.emit()
    assert manual.view.page.textCursor().position() > first
    for _ in range(12):
        line.returnPressed.emit()
    assert manual.view.page.textCursor().selectedText().lower() == "gantry"
    line.setText("no such word")
    line.returnPressed.emit()
    assert manual.view.message.text() == '"no such word" is not in this paper.'


def test_another_look_keeps_the_place(manual, qtbot):
    manual.show("risks.md")
    bar = manual.view.page.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    at_the_top = manual.view.page.cursorForPosition(QPoint(0, 0)).block().text()
    try:
        apply_palette(QApplication.instance(), "light")
        qtbot.wait(250)
        assert manual.view.page.cursorForPosition(QPoint(0, 0)).block().text() == at_the_top
        assert abs(bar.value() / bar.maximum() - 0.5) < 0.05
    finally:
        apply_palette(QApplication.instance())


def test_in_another_language_it_says_that_the_papers_are_english(qtbot):
    language.choose_language("de")
    try:
        made = ManualPresenter()
        qtbot.addWidget(made.view)
        made.open()
        assert made.view.message.text().startswith("Nur das erste Kapitel")
        assert made.view.windowTitle() == "Handbuch"
    finally:
        language.choose_language("en")


def test_an_installation_without_papers_says_so(qtbot, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(papers_module, "papers_dir", lambda: tmp_path)
    made = ManualPresenter()
    qtbot.addWidget(made.view)
    made.open()
    assert made.view.message.text().endswith("Install Trephine again.")


def test_the_menu_opens_it_once_and_it_closes_with_the_window(qtbot):
    window = MainWindow()
    qtbot.addWidget(window)
    opener = ManualOpener(window)
    opener.open()
    first = opener._presenter
    opener.open()
    assert opener._presenter is first
    assert first.view.isVisible()
    window.closing.emit()
    assert not first.view.isVisible()


def test_the_command_says_where_the_papers_are():
    said = CliRunner().invoke(cli, ["manual"])
    assert said.exit_code == 0
    lines = dict(line.split(": ", 1) for line in said.output.splitlines())
    assert Path(lines["Risks"]).is_file()
    assert Path(lines["First plan"]).name == "first-plan.md"
