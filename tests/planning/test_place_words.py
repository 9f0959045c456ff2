"""How places are named: by the side they lie on, never by a signed axis."""

from __future__ import annotations

from planning.geometry import place_words


def test_a_place_says_its_side() -> None:
    assert place_words((-86.4, 46.2, 106.0)) == "R 86, P 46, H 106"
    assert place_words((12.0, -3.6, -250.0)) == "L 12, A 4, F 250"
