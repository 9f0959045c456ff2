"""Names from files that look like HTML, or order a terminal about: shown letter by letter."""

from __future__ import annotations

import io

import pytest
from PySide6.QtGui import Qt

from app.terminal import PlainConsole, plain_table
from app.views.parts import ElidedWords, Words
from app.views.plain_tip import plain_tip
from planning.cohort.rows_csv import rows_from_csv, rows_to_csv
from tests.simulated_cohort import simulated_cohort

HTML = "<b>Doe</b><img src='http://example.org/x.png'><a href='file:///etc/passwd'>John</a>"


@pytest.mark.parametrize("text", [HTML, "<qt>x</qt>", "a\n<i>b</i>", "<h1>big</h1>\x1b[2J"])
def test_a_tool_tip_is_never_taken_for_html(text: str) -> None:
    assert Qt.mightBeRichText(text.replace("a\n", ""))
    tip = plain_tip(text)
    assert not Qt.mightBeRichText(tip)
    assert tip.replace("\u200b", "") == text.replace("\x1b", "")


def test_an_ordinary_tool_tip_stays_as_it_is() -> None:
    for text in ("Margin < 5 mm and > 2 mm", "Fit it (Ctrl+F)", "", "one\ntwo"):
        assert plain_tip(text) == text


@pytest.mark.usefixtures("qapp")
def test_labels_show_markup_as_letters() -> None:
    for label in (Words(HTML), ElidedWords()):
        label.setText(HTML)
        assert label.textFormat() is Qt.TextFormat.PlainText
        assert label.text() == HTML
        assert not Qt.mightBeRichText(label.toolTip())


def test_a_terminal_gets_no_orders_from_a_name() -> None:
    out = PlainConsole(file=io.StringIO(), highlight=False, width=80, force_terminal=True)
    table = plain_table("name")
    table.add_row("a\x1b]0;owned\x07b\u202ec")
    out.print(table)
    out.print("d\x1b[2Je\x9b1mf\rg", soft_wrap=True)
    said = out.file.getvalue()
    assert "]0;owned" in said  # as letters
    for order in ("\x1b]", "\x1b[2J", "\x07", "\x9b", "\r", "\u202e"):
        assert order not in said


def test_operators_names_are_no_formulas_and_read_back() -> None:
    rows = simulated_cohort(6, operators=("=cmd|' /C calc'!A0", "'quoted", "+1", "Weber"))
    text = rows_to_csv(rows)
    assert ",=cmd" not in text
    assert '"=cmd' not in text
    back = rows_from_csv(text.encode(), "x.csv")
    assert sorted(set(back.operator)) == sorted(set(rows.operator))
