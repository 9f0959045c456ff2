"""Kill the program at any moment: the next start offers what was done, to within five seconds."""

from __future__ import annotations

import errno
import os
import random
import stat
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.autosave import Autosave
from app.presenters.recovery import RecoveryPresenter
from app.recovery_shelf import RecoveryShelf
from app.session import Session
from app.views.message_strip import MessageStrip
from app.views.progress_strip import ProgressStrip
from app.views.recovery_strip import RecoveryStrip
from planning.geometry import Grid
from planning.image import CaseImages, Mask, Series, Volume
from planning.model.case import Case, SecondImage
from planning.records import recovery
from planning.records.case_file import load_case
from planning.records.case_writer import save_case
from planning.records.document_json import case_to_json
from tests.app.killing import edit_and_kill, lost_s

AT_MOST_LOST_S = 5.0


@pytest.fixture
def saved(tmp_path: Path, case: Case, images: CaseImages) -> Path:
    save_case(case, images, tmp_path / "case")
    return tmp_path / "case"


class Desk:
    """A session that keeps its changes under a folder, as one run of the program does."""

    def __init__(self, root: Path, *, wait: bool = False) -> None:
        self.session = Session()
        self.strip, self.message = Mock(spec=RecoveryStrip), Mock(spec=MessageStrip)
        pause = {} if wait else {"settle_s": 0.0, "between_s": 0.0}
        self.heard: list[str] = []
        self.keeper = RecoveryPresenter(
            self.session,
            self.strip,
            Mock(spec=ProgressStrip),
            self.message,
            root=root,
            autosave=Autosave(self.heard.append, **pause),
        )
        self.keeper.look()

    def open(self, folder: Path) -> None:
        loaded = load_case(folder, role_tables={})
        self.session.open(loaded.case, loaded.images, origin=loaded.origin)

    def write(self, text: str) -> None:
        self.session.apply("Write", replace(self.session.case, remarks=text))

    def die(self) -> None:
        """End as a killed program does: nothing is closed, only the locks are gone."""
        assert self.keeper.autosave.flush()
        self.keeper._shelf.close()

    def offered(self) -> list[str]:
        return [call.args[1] for call in self.strip.set_offer.call_args_list]

    def key(self) -> str:
        return self.strip.set_offer.call_args.args[0]


@pytest.fixture
def desks(qapp: object, tmp_path: Path) -> Iterator[list[Desk]]:
    made: list[Desk] = []
    yield made
    for desk in made:
        desk.keeper.autosave.close()


def start(desks: list[Desk], tmp_path: Path, **how: bool) -> Desk:
    desks.append(Desk(tmp_path / "data" / "recovery", **how))
    return desks[-1]


@pytest.mark.parametrize("seed", range(2))
def test_a_killed_program_loses_at_most_five_seconds(
    qapp: object, tmp_path: Path, saved: Path, seed: int
) -> None:
    alive_s = random.Random(seed).uniform(0.3, 3.0)
    killed_s, told = edit_and_kill(
        saved, tmp_path / "data", seed=seed, alive_s=alive_s, pause_s=0.02
    )
    assert len(told) > 3
    assert lost_s(saved, tmp_path / "data", killed_s, told) < AT_MOST_LOST_S


def test_dying_while_writing_leaves_one_whole_state(
    qapp: object, tmp_path: Path, saved: Path
) -> None:
    """Written without a pause, so that the kill falls into the writing."""
    for seed in range(100, 102):
        data = tmp_path / f"data-{seed}"
        killed_s, told = edit_and_kill(
            saved, data, seed=seed, alive_s=0.3 + 0.1 * (seed % 5), pause_s=0.001, between_s=0.0
        )
        assert lost_s(saved, data, killed_s, told) < AT_MOST_LOST_S


def test_the_next_start_offers_the_work_and_brings_it_back(
    desks: list[Desk], tmp_path: Path, saved: Path, qtbot: QtBot
) -> None:
    first = start(desks, tmp_path)
    first.open(saved)
    first.write("half a thought")
    first.die()
    next_one = start(desks, tmp_path)
    assert next_one.offered()[0].startswith('Recover "Iliac lesion", unsaved changes of 20')
    with qtbot.waitSignal(next_one.keeper.recovered, timeout=20_000):
        next_one.keeper.recover(next_one.key())
    assert case_to_json(next_one.session.case) == case_to_json(first.session.case)
    assert next_one.session.is_unsaved
    assert next_one.session.folder == saved
    next_one.write("a whole thought")  # goes on being kept
    next_one.die()
    assert len(start(desks, tmp_path).offered()) == 1


def test_edited_masks_come_back_voxel_by_voxel(
    desks: list[Desk], tmp_path: Path, saved: Path, qtbot: QtBot
) -> None:
    first = start(desks, tmp_path)
    first.open(saved)
    case, grid = first.session.case, first.session.images.ct.grid
    inside = np.random.default_rng(5).random(grid.shape_kji) > 0.5
    name = "../../edit: 1*?\\"
    first.session.add_masks({name: Mask(grid=grid, inside=inside)})
    lesion = replace(case.structures[-1], mask_id=name)
    first.session.apply("Paint", replace(case, structures=(*case.structures[:-1], lesion)))
    first.die()
    second = start(desks, tmp_path)
    with qtbot.waitSignal(second.keeper.recovered, timeout=20_000):
        second.keeper.recover(second.key())
    assert np.array_equal(second.session.images.masks[name].inside, inside)
    assert second.session.images.masks[name].grid == grid


def test_a_case_that_is_in_no_file_comes_back_with_its_images(
    desks: list[Desk], tmp_path: Path, case: Case, images: CaseImages, qtbot: QtBot
) -> None:
    first = start(desks, tmp_path)
    first.session.open(case, images)
    first.write("x")
    first.die()
    second = start(desks, tmp_path)
    with qtbot.waitSignal(second.keeper.recovered, timeout=20_000):
        second.keeper.recover(second.key())
    assert np.array_equal(second.session.images.ct.values, images.ct.values)
    assert second.session.images.ct.grid == images.ct.grid
    assert second.session.images.ct.series == images.ct.series
    assert second.session.images.masks.keys() == images.masks.keys()


def test_an_image_added_since_comes_back_with_its_place_and_unit(
    desks: list[Desk], tmp_path: Path, saved: Path, qtbot: QtBot
) -> None:
    first = start(desks, tmp_path)
    first.open(saved)
    grid = Grid(size_ijk=(5, 4, 3), spacing_mm=(4.0, 4.0, 6.0), origin_lps_mm=(-9.0, -8.0, 120.0))
    values = np.random.default_rng(6).random(grid.shape_kji).astype(np.float32)
    pet = Volume(grid=grid, values=values, unit="SUV", series=Series(modality="PT"))
    first.session.add_second("PT 4", pet, ())
    image = SecondImage(kind="pet", path="PT 4", problem="the patient moved")
    first.session.apply("Add", replace(first.session.case, second_images=(image,)))
    first.die()
    second = start(desks, tmp_path)
    with qtbot.waitSignal(second.keeper.recovered, timeout=20_000):
        second.keeper.recover(second.key())
    assert second.session.case.second_images == (image,)
    back = second.session.images.second["PT 4"]
    assert np.array_equal(back.values, values)
    assert (back.grid, back.unit, back.series.modality) == (grid, "SUV", "PT")
    second.write("kept on")
    second.die()
    third = start(desks, tmp_path)
    with qtbot.waitSignal(third.keeper.recovered, timeout=20_000):
        third.keeper.recover(third.key())
    assert np.array_equal(third.session.images.second["PT 4"].values, values)


def test_a_running_program_keeps_its_work_to_itself(
    desks: list[Desk], tmp_path: Path, saved: Path
) -> None:
    first = start(desks, tmp_path)
    first.open(saved)
    first.write("mine")
    assert first.keeper.autosave.flush()
    assert start(desks, tmp_path).offered() == []


def test_what_is_saved_or_undone_leaves_nothing_behind(
    desks: list[Desk], tmp_path: Path, saved: Path
) -> None:
    first = start(desks, tmp_path)
    first.open(saved)
    first.write("x")
    first.session.undo_stack.undo()
    assert not first.session.is_unsaved
    first.die()
    assert start(desks, tmp_path).offered() == []
    second = start(desks, tmp_path)
    second.open(saved)
    second.write("y")
    session = second.session
    done = save_case(session.case, session.images, saved, origin=session.origin)
    session.mark_saved(session.case, done.origin)
    second.keeper.shut_down()
    assert start(desks, tmp_path).offered() == []


def test_a_clean_end_keeps_what_is_unsaved(desks: list[Desk], tmp_path: Path, saved: Path) -> None:
    first = start(desks, tmp_path, wait=True)
    first.open(saved)
    first.write("not saved")
    first.keeper.shut_down()
    assert len(start(desks, tmp_path).offered()) == 1


def test_opening_another_case_keeps_the_unsaved_one(
    desks: list[Desk], tmp_path: Path, saved: Path
) -> None:
    first = start(desks, tmp_path)
    for text in ("one", "two"):
        first.open(saved)
        first.write(text)
    first.die()
    second = start(desks, tmp_path)
    assert "(1 more after it)" in second.offered()[0]
    second.keeper.discard(second.key())
    assert len(second.offered()) == 2
    second.keeper.later(second.key())
    second.strip.clear_offer.assert_called()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_only_the_user_may_read_it(desks: list[Desk], tmp_path: Path, saved: Path) -> None:
    first = start(desks, tmp_path)
    first.open(saved)
    first.write("x")
    assert first.keeper.autosave.flush()
    root = tmp_path / "data" / "recovery"
    for path in (root, *root.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        if path.suffix != ".lock":
            assert mode == (0o700 if path.is_dir() else 0o600), path


def test_discarded_work_is_put_aside_for_a_week(
    desks: list[Desk], tmp_path: Path, saved: Path
) -> None:
    first = start(desks, tmp_path)
    first.open(saved)
    first.write("x")
    first.die()
    second = start(desks, tmp_path)
    second.keeper.discard(second.key())
    aside = list((tmp_path / "data" / "recovery" / "aside").iterdir())
    assert (aside[0] / "state.json").exists()
    assert start(desks, tmp_path).offered() == []
    since, _, key = aside[0].name.partition("-")
    aside[0].rename(aside[0].with_name(f"{int(since) - 8 * 86400}-{key}"))
    start(desks, tmp_path)
    assert not list((tmp_path / "data" / "recovery" / "aside").iterdir())


def kept_folder(tmp_path: Path) -> Path:
    return next(p for p in (tmp_path / "data" / "recovery").iterdir() if p.is_dir())


def test_a_damaged_state_falls_back_to_the_one_before(
    desks: list[Desk], tmp_path: Path, saved: Path, qtbot: QtBot
) -> None:
    first = start(desks, tmp_path)
    first.open(saved)
    for text in ("before", "latest"):
        first.write(text)
        assert first.keeper.autosave.flush()
    first.die()
    state = kept_folder(tmp_path) / "state.json"
    data = bytearray(state.read_bytes())
    data[len(data) // 2] ^= 1
    state.write_bytes(data)
    second = start(desks, tmp_path)
    with qtbot.waitSignal(second.keeper.recovered, timeout=20_000):
        second.keeper.recover(second.key())
    assert second.session.case.remarks == "before"


@pytest.mark.parametrize("harm", [b"", b"x" * 100, b"0" * 64 + b"\n{}"])
def test_what_cannot_be_read_is_said_and_stays_until_it_is_discarded(
    desks: list[Desk], tmp_path: Path, saved: Path, harm: bytes
) -> None:
    first = start(desks, tmp_path)
    first.open(saved)
    first.write("x")
    first.die()
    for state in kept_folder(tmp_path).glob("state*.json"):
        state.write_bytes(harm)
    second = start(desks, tmp_path)
    assert "is damaged" in second.offered()[0]
    assert second.strip.set_offer.call_args.args[2], "recovering it is not offered"
    assert kept_folder(tmp_path).exists()


def test_a_newer_version_is_refused_in_words(
    desks: list[Desk], tmp_path: Path, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = start(desks, tmp_path)
    first.open(saved)
    with monkeypatch.context() as patch:
        patch.setattr(recovery, "NEWEST_VERSION", 9)
        first.write("x")
        first.die()
    assert "update Trephine" in start(desks, tmp_path).offered()[0]


def test_changed_or_vanished_files_are_named_and_the_work_stays(
    desks: list[Desk], tmp_path: Path, saved: Path, qtbot: QtBot
) -> None:
    first = start(desks, tmp_path)
    first.open(saved)
    first.write("x")
    first.die()
    second = start(desks, tmp_path)
    hidden = saved.with_name("hidden")
    saved.rename(hidden)
    with qtbot.waitSignal(second.keeper.job.ended, timeout=20_000):
        second.keeper.recover(second.key())
    assert "does not exist" in second.message.show_error.call_args.args[0]
    hidden.rename(saved)
    text = (saved / "case.toml").read_text("utf-8")
    tumour, nerve = (
        next(line for line in text.splitlines() if line.startswith(f'mask = "masks/{name}'))
        for name in ("lesion", "sciatic")
    )
    swapped = text.replace(tumour, "#").replace(nerve, tumour).replace("#\n", f"{nerve}\n")
    (saved / "case.toml").write_text(swapped, "utf-8")
    with qtbot.waitSignal(second.keeper.job.ended, timeout=20_000):
        second.keeper.recover(second.key())
    said = second.message.show_error.call_args.args[0]
    assert 'the mask of "' in said
    assert "what was kept stays" in said
    (saved / "case.toml").write_text(text, "utf-8")
    with qtbot.waitSignal(second.keeper.recovered, timeout=20_000):
        second.keeper.recover(second.key())
    assert second.session.case.remarks == "x"


def test_a_full_disk_is_said_once_and_tried_again(
    desks: list[Desk], tmp_path: Path, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.autosave.RETRY_S", 0.02)
    first = start(desks, tmp_path)
    first.open(saved)
    is_full = [True]
    write = recovery.write_whole

    def full(path: Path, data: bytes, **how: bool) -> None:
        if is_full[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(path, data, **how)

    monkeypatch.setattr(recovery, "write_whole", full)
    first.write("x")
    until_s = time.monotonic() + 20.0
    while not first.heard and time.monotonic() < until_s:
        time.sleep(0.01)
    time.sleep(0.2)
    assert len(first.heard) == 1
    assert "the disk is full" in first.heard[0]
    is_full[0] = False
    while len(first.heard) < 2 and time.monotonic() < until_s:
        time.sleep(0.01)
    assert first.heard[1] == "", "and once it is kept, that is said"
    first.die()
    assert len(start(desks, tmp_path).offered()) == 1


def test_a_folder_that_cannot_be_made_is_said(
    desks: list[Desk], tmp_path: Path, saved: Path
) -> None:
    (tmp_path / "data").write_text("a file", encoding="utf-8")
    first = start(desks, tmp_path)
    first.open(saved)
    first.write("x")
    assert "cannot be kept" in first.message.show_error.call_args.args[0]
    assert first.session.case.remarks == "x"


def test_a_drag_of_thousands_of_steps_is_kept_about_once_a_second(
    desks: list[Desk], tmp_path: Path, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = start(desks, tmp_path, wait=True)
    first.open(saved)
    kept = []
    keep = recovery.RecoveryFolder.keep
    monkeypatch.setattr(
        recovery.RecoveryFolder,
        "keep",
        lambda self, *given: (kept.append(time.monotonic()), keep(self, *given)),
    )
    until_s, number = time.monotonic() + 2.6, 0
    while time.monotonic() < until_s:
        number += 1
        case = replace(first.session.case, remarks=str(number))
        first.session.apply("Drag", case, merge_key="drag")
        time.sleep(0.002)
    assert 2 <= len(kept) <= 4
    assert kept[0] < until_s - 2.0


def test_locks_of_the_dead_do_not_pile_up(qapp: object, tmp_path: Path) -> None:
    shelf = RecoveryShelf(tmp_path / "shelf")
    shelf.new_key()
    shelf.close()
    again = RecoveryShelf(tmp_path / "shelf")
    again.offers()
    again.close()
    assert not list((tmp_path / "shelf").iterdir())
