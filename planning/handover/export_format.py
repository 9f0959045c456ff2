"""What a format of the export is: its name, what it needs, who writes it; lists none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto

from planning.handover.content import HandOver
from planning.progress import Progress


class Need(Enum):
    """What a format may need besides the plan."""

    CT = auto()
    STRUCTURES = auto()
    PICTURES = auto()
    DOCUMENTS = auto()
    REPORTS = auto()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OutFile:
    """One file of an export.

    Parameters
    ----------
    name : str
        Relative to the export's folder, with ``/`` between the parts. One that ends in ``.dcm`` is
        DICOM, which says in its own words that it is de-identified.
    trajectories : tuple of str
        Ids of those it refers to; empty for all of the plan.
    """

    name: str
    data: bytes
    trajectories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFormat:
    """One thing a plan can be written as.

    Parameters
    ----------
    key : str
        As the command line names it.
    label : str
        What a person reads, of two words at least.
    frame : str
        In which frame and unit its coordinates are; empty where it has none.
    write : callable
        Yields the files one by one, so that a whole CT never stands in memory.
    needs : tuple of Need
        What it cannot be written without, besides the plan.
    """

    key: str
    label: str
    frame: str
    write: Callable[[HandOver, Progress], Iterable[OutFile]]
    needs: tuple[Need, ...] = ()

    def cannot_write(self, what: HandOver) -> str:
        """Return why it cannot be written; empty where it can."""
        if Need.CT in self.needs and what.images is None:
            return "It needs the planning CT: give the case that the plan was made on."
        if Need.STRUCTURES in self.needs and what.case is None:
            return "It needs the structures: give the case that the plan was made on."
        if Need.PICTURES in self.needs and what.pictures is None:
            return "There is nothing here that draws pictures of the plan."
        if Need.REPORTS in self.needs and what.reports is None:
            return "There is nothing here that writes reports of the plan."
        if Need.DOCUMENTS in self.needs and what.documents is None:
            return "There is nothing here that writes reports of the plan."
        if not what.chosen:
            return "The plan holds no trajectory to hand over."
        return ""
