"""What the export's panel shows, as values; decides nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FormatRow:
    """One format.

    Parameters
    ----------
    cannot : str
        Why it cannot be written; empty where it can.
    """

    key: str
    text: str
    cannot: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportText:
    """All of the panel.

    Parameters
    ----------
    meant : str
        Which trajectories are handed over.
    folder, into : str
        Where the export goes, and the folder that is made there for it.
    cannot : str
        Why nothing can be exported; empty where something can.
    """

    rows: tuple[FormatRow, ...] = ()
    meant: str = ""
    folder: str = ""
    into: str = ""
    cannot: str = ""
