"""Errors become sentences, and neither they nor the log carry values of a case."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.logs import log_event, log_fault, start_log, stop_log
from app.messages import install_excepthook, sentence_of
from planning.errors import InputError
from planning.progress import Cancelled


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "logs" / "trephine.log"
    assert start_log(path)
    yield path
    stop_log()


@pytest.fixture
def hooks() -> Iterator[None]:
    before = sys.excepthook, threading.excepthook
    yield
    sys.excepthook, threading.excepthook = before


def _caught(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:  # noqa: BLE001
        return caught


def test_an_input_error_says_what_it_says() -> None:
    assert sentence_of(InputError("ct.nii.gz is missing.")) == "ct.nii.gz is missing."
    assert sentence_of(Cancelled()) == ""
    assert "memory" in sentence_of(MemoryError())


def test_a_bug_names_its_place_but_no_value() -> None:
    text = sentence_of(_caught(KeyError("DOE^JANE")))
    assert "KeyError at app/test_messages.py:" in text
    assert "DOE" not in text


def test_the_log_holds_the_place_but_no_value(log: Path) -> None:
    log_event("started")
    log_fault(_caught(ValueError("DOE^JANE has no slices")))
    written = log.read_text()
    assert "started" in written
    assert "ValueError at app/test_messages.py:" in written
    assert "DOE" not in written


def test_a_log_that_cannot_be_written_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not start_log(tmp_path / "file" / "trephine.log")


def test_the_hook_shows_words_and_logs_only_bugs(log: Path, hooks: None) -> None:
    shown: list[str] = []
    install_excepthook(shown.append)
    for error in (_caught(InputError("no CT")), _caught(Cancelled()), _caught(IndexError("x"))):
        sys.excepthook(type(error), error, error.__traceback__)
    assert shown[0] == "no CT"
    assert len(shown) == 2
    assert "IndexError" in log.read_text()
    assert "InputError" not in log.read_text()


def test_the_hook_hears_threads_too(log: Path, hooks: None) -> None:
    shown: list[str] = []
    install_excepthook(shown.append)

    def faulty() -> None:
        raise LookupError

    thread = threading.Thread(target=faulty)
    thread.start()
    thread.join()
    assert len(shown) == 1
    assert "LookupError" in shown[0]
