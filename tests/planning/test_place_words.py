"""How places are named: with their frame, and no side that the origin cannot tell."""

from __future__ import annotations

from planning.geometry import place_words


def test_a_place_says_its_frame() -> None:
    assert place_words((-86.4, 46.2, 106.0)) == "LPS -86, 46, 106"
