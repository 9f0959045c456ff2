"""Layouts as values: kept as text and read back, and nothing shown that cannot be."""

from __future__ import annotations

import pytest

from app.presenters.layouts import ARRANGEMENTS, MINE, LayoutsPresenter
from app.views.arrangement import PICTURES, Arrangement, as_text, below, beside, from_text

TEXT = '{"root":{"upright":true,"parts":["axial","eye"],"shares":[0.5,0.5]},"large":""}'


def test_review_shows_everything_and_no_layout_shows_anything_twice():
    for arrangement in ARRANGEMENTS.values():
        keys = list(arrangement.root.keys())
        assert len(set(keys)) == len(keys)
        assert set(keys) <= set(PICTURES)
    assert set(ARRANGEMENTS["review"].root.keys()) == set(PICTURES)
    assert set(ARRANGEMENTS["adjust"].root.keys()) == set(PICTURES) - {"coronal", "sagittal"}
    assert set(ARRANGEMENTS["overview"].root.keys()) == {"axial", "scene", "coronal", "sagittal"}


@pytest.mark.parametrize("name", list(ARRANGEMENTS))
def test_an_arrangement_is_kept_as_text(name):
    kept = from_text(as_text(ARRANGEMENTS[name]))
    assert kept is not None
    assert list(kept.root.keys()) == list(ARRANGEMENTS[name].root.keys())
    assert as_text(kept) == as_text(ARRANGEMENTS[name])
    assert len(as_text(ARRANGEMENTS[name])) < 1000


def test_sizes_and_the_large_one_are_kept():
    made = Arrangement(root=below("axial", beside("eye", "scene", shares=(3, 1))), large="eye")
    kept = from_text(as_text(made))
    assert kept is not None
    assert kept.large == "eye"
    assert kept.root.parts[1].shares == (0.75, 0.25)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "7",
        TEXT.replace("eye", "axial"),
        TEXT.replace("eye", "oblique"),
        TEXT.replace('"large":""', '"large":"scene"'),
        TEXT.replace("0.5,0.5", "0.5"),
        TEXT.replace("0.5,0.5", "0.5,-0.5"),
        TEXT.replace("0.5,0.5", "0.5,NaN"),
        TEXT.replace("true", '"yes"'),
        TEXT.replace('["axial","eye"]', "[]").replace("[0.5,0.5]", "[]"),
        '{"root":' * 40,
    ],
)
def test_what_is_no_arrangement_is_none(text):
    assert from_text(TEXT) is not None
    assert from_text(text) is None


class Grid:
    """What lays pictures out, without pictures."""

    def __init__(self) -> None:
        self.shown: list[Arrangement] = []

    def arrangement(self) -> Arrangement:
        return Arrangement(root=beside("axial", "eye", shares=(1.0, 2.0)), large="axial")


def presenter(mine: str = "") -> tuple[LayoutsPresenter, Grid]:
    grid = Grid()
    return LayoutsPresenter(grid.shown.append, grid.arrangement, mine), grid


def test_a_layout_is_chosen_by_name(qapp: object) -> None:
    made, grid = presenter()
    heard: list[str] = []
    made.layout_changed.connect(heard.append)
    made.choose("adjust")
    made.choose("nonsense")
    assert grid.shown == [ARRANGEMENTS["adjust"]]
    assert heard == ["adjust"]
    assert made.shown == "adjust"


def test_my_layout_has_to_be_saved_first(qapp: object) -> None:
    made, grid = presenter()
    why: list[str] = []
    made.mine_changed.connect(why.append)
    made.refresh()
    assert "save them first" in why[-1]
    made.choose(MINE)
    assert grid.shown == []
    made.save_mine()
    assert why[-1] == ""
    assert made.shown == MINE
    again, other_grid = presenter(made.kept)
    again.choose(MINE)
    assert as_text(other_grid.shown[0]) == as_text(grid.arrangement())


def test_a_kept_layout_that_is_not_understood_is_none(qapp: object) -> None:
    made, _ = presenter("{broken")
    assert made.kept == ""
