"""What a menu's entry says of itself; holds no entry."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One entry of a menu.

    Parameters
    ----------
    menu : str
        Title of the menu it stands in; ``/`` separates a submenu.
    shortcut : str
        As Qt reads it; empty for none.
    group : str
        Entries of one group are ticked one at a time; empty for plain entries.
    line_before : bool
        Whether a line separates it from the entry above.
    checkable : bool
        Whether it is on or off.
    """

    key: str
    menu: str
    text: str
    shortcut: str = ""
    tip: str = ""
    group: str = ""
    line_before: bool = False
    checkable: bool = False
