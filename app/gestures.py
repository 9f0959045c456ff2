"""What the mouse and the keys do in the views, in words for the shortcut sheet; does none of it."""

from __future__ import annotations

from app.language import mark

GESTURES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        mark("In a slice view"),
        (
            (mark("Left"), mark("point; with another tool measure, pull or paint")),
            (mark("Right drag"), mark("set the window; a click opens the menu")),
            (mark("Middle drag, Shift + left"), mark("move the picture")),
            (mark("Wheel, Up, Down"), mark("scroll; Page Up and Page Down by ten")),
            (mark("Ctrl + wheel, +, -"), mark("zoom")),
            (mark("Home"), mark("fit the whole slice")),
            (mark("Double click"), mark("make a view large, or small again")),
            (mark("Esc"), mark("give up what is under way; make a large view small again")),
        ),
    ),
    (
        mark("In the needle's eye and along the needle"),
        (
            (mark("Wheel, Up, Down"), mark("go along the needle; Page Up and Page Down by ten")),
            (mark("Left, along the needle"), mark("point, and look at that depth")),
            (mark("Home"), mark("fit the whole needle")),
        ),
    ),
    (
        mark("In the 3-D view"),
        (
            (mark("Left drag"), mark("turn")),
            (mark("Middle drag, Shift + left"), mark("move the picture")),
            (mark("Wheel, right drag"), mark("zoom")),
            (mark("Home"), mark("look from the biopsy side")),
            (mark("Right click"), mark("open the menu")),
        ),
    ),
    (
        mark("While a needle is marked by two points"),
        (
            (mark("Left"), mark("set its hub side, then its tip, in any slice view")),
            (mark("Backspace"), mark("take the hub side back")),
            (mark("Esc"), mark("give up")),
        ),
    ),
    (
        mark("On the skin, while its heat map is shown"),
        (
            (mark("Pointing"), mark("say the score of an entry there, or why it is rejected")),
            (mark("Click"), mark("place the entry there")),
        ),
    ),
)
"""Title, and rows of how and what."""
