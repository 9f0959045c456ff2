"""A scene that is taken apart and coloured anew looks as if it had been rendered anew."""

from __future__ import annotations

import numpy as np
import pytest

from app.presenters.heat_map import SKIN_KEY
from app.rendering.heat_sheet import heat_sheet
from app.rendering.needle_props import SceneNeedle
from app.rendering.scene import Look, Scene
from app.rendering.surfaces import build_surfaces
from planning.model.case import Position
from tests.app import heat_phantom
from tests.app.scenes import ball

SIZE = (300, 220)
NEAR = 3  # levels of 255: roundings of two ways to mix colours


@pytest.fixture
def scene():
    made = Scene("#14181e")
    anatomy = heat_phantom.anatomy()
    grid = anatomy.body.grid
    centre = heat_phantom.best().trajectory.tip_lps_mm
    beside = (centre[0] + 25.0, centre[1], centre[2])
    made.set_looks({"bone": Look("#e0d0b0", 1.0, visible=True), "gut": Look("#806090", 0.3, True)})
    made.set_surfaces(
        build_surfaces({"bone": ball(grid, centre, 9.0), "gut": ball(grid, beside, 12.0)})
    )
    made.set_heat_sheet(heat_sheet(anatomy.body, anatomy.skin.points_lps_mm), SKIN_KEY)
    made.look_from(Position.PRONE)
    yield made
    made.close()


def colours(seed: int) -> np.ndarray:
    """Return colours for the skin, smooth over it and different everywhere, some not drawn."""
    points = heat_phantom.anatomy().skin.points_lps_mm
    share = (points - points.min(axis=0)) / np.ptp(points, axis=0)
    rgb = np.roll(255.0 * share, seed, axis=1)
    alpha = np.where(share[:, 2] > 0.8, 0.0, np.where(share[:, 0] > 0.5, 225.0, 40.0))
    return np.column_stack((rgb, alpha)).astype(np.uint8)


def needles() -> tuple[SceneNeedle, ...]:
    path = heat_phantom.best()
    return tuple(
        SceneNeedle(
            entry_lps_mm=(x + 9.0 * n, y, z),
            tip_lps_mm=path.trajectory.tip_lps_mm,
            specimen_lps_mm=path.specimen_lps_mm,
            radius_mm=1.5,
            selected=n == 0,
            colour=(0.3, 0.7, 1.0),
        )
        for x, y, z in (path.trajectory.entry_lps_mm,)
        for n in range(3)
    )


def rendered(scene: Scene, rgba: np.ndarray | None) -> np.ndarray:
    scene.set_heat(rgba)
    return scene.render(*SIZE)[..., :3].astype(int)


@pytest.mark.parametrize("with_needles", [False, True])
def test_other_colours_on_layers_are_those_of_a_rendering(scene, with_needles):
    if with_needles:
        scene.set_needles(needles())
    first = rendered(scene, colours(0))
    layers = scene.layers(*SIZE)
    for seed in (0, 1, 2):
        expected = rendered(scene, colours(seed))
        found = layers.picture(colours(seed)).astype(int)
        assert (found[..., 3] == 255).all()
        away = np.abs(found[..., :3] - expected).max(axis=-1)
        assert away.max() <= NEAR
        assert seed == 0 or (np.abs(expected - first).max(axis=-1) > 30).mean() > 0.1


def test_taking_a_scene_apart_leaves_it_as_it_was(scene):
    scene.set_needles(needles())
    before = rendered(scene, colours(1))
    scene.layers(*SIZE)
    np.testing.assert_array_equal(scene.render(*SIZE)[..., :3], before)


def test_without_a_sheet_the_layers_are_the_picture(scene):
    scene.set_needles(needles())
    expected = rendered(scene, None)
    found = scene.layers(*SIZE).picture(None)
    assert np.abs(found[..., :3].astype(int) - expected).max() <= NEAR
    assert np.ptp(found[..., :3], axis=(0, 1)).min() > 30


def test_a_sheet_behind_what_is_solid_is_not_seen_there(scene):
    """The far side of the body, seen from the front of it, colours no pixel of a bone before it."""
    scene.look_from(Position.SUPINE)
    expected = rendered(scene, colours(2))
    found = scene.layers(*SIZE).picture(colours(2))[..., :3].astype(int)
    assert np.abs(found - expected).max() <= NEAR
