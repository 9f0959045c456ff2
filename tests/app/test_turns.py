"""Work in turns, pictures made anew in their own time, and grounds that are kept."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.presenters.turns import HandPace, Turns
from app.views.render_schedule import RenderSchedule
from app.views.slice_ground import SliceGround


def test_each_piece_has_its_turn_and_only_the_latest_of_a_key_is_done(qapp):
    turns, done = Turns(1), []
    turns.ask("a", lambda: done.append("a1"))
    turns.ask("b", lambda: done.append("b1"))
    turns.ask("a", lambda: done.append("a2"))
    assert done == []
    QTest.qWait(60)
    assert done == ["a2", "b1"], "asked for anew, a key keeps its place"


def test_what_is_asked_for_again_and_again_does_not_keep_the_others_waiting(qapp):
    turns, done = Turns(1), []

    def again() -> None:
        done.append("a")
        if len(done) < 9:
            turns.ask("a", again)

    turns.ask("a", again)
    turns.ask("b", lambda: done.append("b"))
    QTest.qWait(120)
    assert done.index("b") == 1


def test_what_has_waited_for_long_is_done_together_but_not_much_at_once(qapp, monkeypatch):
    now, done = [0.0], []
    monkeypatch.setattr("app.presenters.turns._now_ms", lambda: now[0])
    turns = Turns(1)

    def piece(key: str) -> None:
        done.append(key)
        now[0] += 15.0

    for key in "abcd":
        turns.ask(key, lambda key=key: piece(key))
    now[0] = 200.0
    rounds = []
    for _ in range(400):
        QApplication.processEvents()
        if len(done) != sum(rounds):
            rounds.append(len(done) - sum(rounds))
        if len(done) == 4:
            break
        QTest.qWait(1)
    assert rounds == [2, 2], "30 ms each time, then the hand is heard"


def test_what_is_forgotten_is_not_done(qapp):
    turns, done = Turns(1), []
    turns.ask("a", lambda: done.append("a"))
    turns.forget()
    QTest.qWait(30)
    assert done == []


def test_what_would_meet_the_next_movement_of_the_hand_lets_it_go_first():
    pace = HandPace()
    for now in (0.0, 50.0, 100.0):
        pace.hear(now, (0.0, 0.0))
    assert pace.wait_ms(110.0, 20.0) == 0.0, "there is room before 150"
    assert pace.wait_ms(140.0, 20.0) == pytest.approx(13.0), "it would last until 160"
    assert pace.wait_ms(140.0, 5.0) == 0.0
    assert pace.wait_ms(140.0, 45.0) == 0.0, "there will never be room for that"
    assert pace.wait_ms(160.0, 20.0) == 0.0, "the hand has stopped"


def test_a_hand_that_was_kept_waiting_has_not_slowed_down():
    pace = HandPace()
    for now in (0.0, 50.0, 100.0):
        pace.hear(now, (0.0, 0.0))
    pace.hear(170.0, (130.0, 169.0))  # it had moved at 150, behind a piece of work
    assert pace.wait_ms(195.0, 10.0) > 0.0, "at 200 it moves again"
    pace.hear(900.0, (0.0, 0.0))
    assert pace.wait_ms(940.0, 30.0) == 0.0, "what it did before a rest tells nothing"


def test_pieces_keep_clear_of_the_hand_but_not_for_ever(qapp, monkeypatch):
    now, done = [0.0], []
    monkeypatch.setattr("app.presenters.turns._now_ms", lambda: now[0])
    turns, rests = Turns(1), []
    turns.rested.connect(lambda: rests.append(len(done)))

    def slow() -> None:
        done.append(now[0])
        now[0] += 20.0

    for moved in (0.0, 50.0, 100.0):
        now[0] = moved
        turns.hear_hand()
    turns.ask("slow", slow)
    QTest.qWait(20)
    assert done == [100.0], "nobody knows yet how long it lasts"
    turns.ask("slow", slow)
    now[0] = 140.0
    QTest.qWait(40)
    assert len(done) == 1
    turns.ask("quick", lambda: done.append("quick"))
    QTest.qWait(40)
    assert done[1:] == ["quick"], "what has room goes first"
    now[0] = 150.0
    turns.hear_hand()
    QTest.qWait(40)
    assert done[2:] == [150.0]
    now[0] = 190.0
    turns.ask("slow", slow)
    QTest.qWait(40)
    assert len(done) == 3
    now[0] = 199.0 + 60.0
    QTest.qWait(40)
    assert len(done) == 4
    QTest.qWait(300)
    assert rests == [4]


def test_a_picture_is_made_at_once_or_a_little_later_but_not_for_each_change(qapp):
    schedule, due = RenderSchedule(20), []
    schedule.due.connect(lambda: due.append(True))
    assert schedule.wants(), "there is none yet"
    schedule.done()
    assert not schedule.wants()
    for _ in range(5):
        schedule.soon()
    assert not schedule.wants()
    assert schedule.is_waiting
    QTest.qWait(80)
    assert schedule.wants()
    assert due == [True]
    schedule.done()
    schedule.at_once()
    assert schedule.wants()


def test_a_ground_is_painted_anew_only_where_it_is_of_something_else(qapp):
    ground, painted = SliceGround(), []

    def paint(painter: QPainter) -> None:
        painted.append(True)
        painter.fillRect(0, 0, 4, 4, Qt.GlobalColor.red)

    size = QSize(8, 6)
    first = ground.picture(("slice", 1), size, 2.0, paint)
    assert (first.width(), first.height()) == (16, 12)
    assert first.pixelColor(7, 7) == QColor(Qt.GlobalColor.red)
    assert first.pixelColor(9, 9) == QColor(Qt.GlobalColor.black)
    ground.picture(("slice", 1), size, 2.0, paint)
    assert len(painted) == 1
    ground.picture(("slice", 2), size, 2.0, paint)
    ground.picture(("slice", 2), size, 1.0, paint)
    assert len(painted) == 3
