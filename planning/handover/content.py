"""What one export is about: the plan, which trajectories are meant, whose they are; writes none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from planning.errors import InputError
from planning.image import CaseImages, Patient
from planning.model.case import Case
from planning.model.error_model import ErrorModel
from planning.model.plan import Candidate, PlanResult
from planning.progress import Progress

_LONGEST_NAME = 48


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """A picture of the plan: red, green, blue, shape (rows, columns, 3).

    Parameters
    ----------
    trajectories : tuple of str
        Ids of those it shows.
    shows_identity : bool
        Whether the patient's name, number or birth date can be read in it.
    """

    title: str
    pixels: NDArray[np.uint8]
    trajectories: tuple[str, ...] = ()
    shows_identity: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Document:
    """A report of the plan as PDF; `name` becomes part of its file's name."""

    name: str
    title: str
    pdf: bytes
    shows_identity: bool = True


Pictures = Callable[["HandOver", Progress], Iterable[Picture]]
Documents = Callable[["HandOver", Progress], Iterable[Document]]
Reports = Callable[["HandOver", str, Progress], Iterable[Document]]
"""Writes the report of a kind: for the CT room, the tumour board, the pathologist."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HandOver:
    """Everything that a format may be written from.

    Parameters
    ----------
    chosen : tuple of Candidate
        The trajectories that are meant, the one to begin with first.
    made_at : datetime
        When it is exported, with the offset from UTC.
    stem : str
        How the names of its files begin.
    case : Case or None
        None where the plan alone is at hand: what needs structures or the CT cannot be written.
    images : CaseImages or None
        Those of the case.
    is_approved : bool
        Somebody stands for the plan.
    approval_json : str
        The text of `approval.json`; empty for a draft, and where it may not say who.
    error_model : ErrorModel or None
        What the plan counted with; None where that is not known any more.
    pictures, documents, reports : callable or None
        What draws pictures and writes reports of all this, which the core cannot; None where
        nothing does. They get this very value, so that they name nobody where it names nobody.
    is_deidentified : bool
        Nothing in it says any more who the patient is, see `deidentified`.
    """

    plan: PlanResult
    chosen: tuple[Candidate, ...]
    made_at: datetime
    stem: str
    case: Case | None = None
    images: CaseImages | None = None
    is_approved: bool = False
    approval_json: str = ""
    error_model: ErrorModel | None = None
    pictures: Pictures | None = None
    documents: Documents | None = None
    reports: Reports | None = None
    is_deidentified: bool = False

    @property
    def patient(self) -> Patient:
        """Whose plan it is, as far as that is known."""
        if self.case is not None:
            return self.case.patient
        return Patient() if self.images is None else self.images.ct.patient


def chosen_of(plan: PlanResult, ids: Sequence[str] = ()) -> tuple[Candidate, ...]:
    """Return the trajectories that are meant.

    Those that are named (or approved); where none is, the cores of the set; without a set the
    first trajectory.

    Raises
    ------
    InputError
        If the plan has none of such a name.
    """
    cores = () if plan.core_set is None else tuple(c.candidate for c in plan.core_set.cores)
    known = {c.candidate_id: c for c in (*cores, *plan.candidates)}
    for name in ids:
        if name not in known:
            there = ", ".join(known) or "none"
            raise InputError(f'The plan has no trajectory "{name}"; it has {there}.')
    if ids:
        return tuple(known[name] for name in dict.fromkeys(ids))
    return cores or plan.candidates[:1]


def file_stem(case_name: str, made_at: datetime) -> str:
    """Return how the names of exported files begin: case and day, in letters every system takes."""
    plain = unicodedata.normalize("NFKD", case_name).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:_LONGEST_NAME].strip("-")
    return f"{words or 'case'}_{made_at:%Y-%m-%d}"


def safe_name(text: str) -> str:
    """Return a trajectory's id as part of a file's name."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-") or "trajectory"


def require_same_ct(plan: PlanResult, images: CaseImages) -> None:
    """Refuse a case whose CT is not the one that a plan was made on, as far as both say.

    Raises
    ------
    InputError
        Names what differs.
    """
    ct = images.ct
    pairs = (
        ("series", plan.series_uid, ct.series.series_uid),
        ("frame of reference", plan.frame_of_reference_uid, ct.frame_of_reference_uid),
    )
    for what, planned, found in pairs:
        if planned != found and (planned or what == "series"):
            raise InputError(
                f"The case's CT is not the one of the plan: its {what} is {found or 'unnamed'}, "
                f"the plan's {planned or 'unnamed'}. Give the case that the plan was made on."
            )
    for candidate in plan.candidates:
        if not candidate.trajectory.lies_in(ct.grid):
            raise InputError(
                f"Trajectory {candidate.candidate_id} of the plan lies outside the case's CT. "
                "Give the case that the plan was made on."
            )
