"""What the navigation panel and the pictures are given of a tracked needle; no widgets, no sums."""

from __future__ import annotations

from dataclasses import dataclass

from app.views.parts import Tone
from app.views.values import Choice
from planning.geometry import Vec3


@dataclass(frozen=True, slots=True, kw_only=True)
class NavigationWish:
    """How a link is wished for: keys of the choices, and an address."""

    role: str = "serve"
    host: str = "127.0.0.1"
    port: int = 18944
    frame: str = "RAS"
    axis: str = "+z"
    protocol: str = "3"


@dataclass(frozen=True, slots=True, kw_only=True)
class NavigationText:
    """What the panel says of the link.

    Parameters
    ----------
    cautions : tuple of str
        Sentences that have to be known.
    is_open : bool
        There is a link, or it is being tried to get one: its address cannot be changed.
    cannot_start, cannot_send : str
        Empty, or why not.
    sent : str
        What is handed over.
    arrived : str
        How much has come in, and what was wrong with it.
    """

    state: str = ""
    tone: Tone = "secondary"
    cautions: tuple[str, ...] = ()
    is_open: bool = False
    cannot_start: str = ""
    cannot_send: str = ""
    sent: str = ""
    arrived: str = ""
    tools: tuple[Choice, ...] = ()
    tool: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveText:
    """The numbers of a tracked needle.

    Parameters
    ----------
    figures : tuple of (str, str)
        Number in large type, and what it is; empty for none.
    stale : bool
        They are not of now.
    """

    title: str = ""
    empty: str = ""
    figures: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    warning: str = ""
    stale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePath:
    """A tracked needle as the pictures draw it, in LPS mm.

    Parameters
    ----------
    hub_lps_mm : Vec3 or None
        None where only the tip is known.
    """

    label: str
    tip_lps_mm: Vec3
    hub_lps_mm: Vec3 | None
    radius_mm: float
    stale: bool = False
