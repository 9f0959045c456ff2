"""What the panels of the review step are given to show; no widgets, no arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from app.views.parts import Tone
from app.views.scan_fit_values import ScanFitText
from app.views.values import Choice
from planning.geometry import Vec3


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlText(ScanFitText):
    """Everything the panel of the control CT says besides its pictures.

    Parameters
    ----------
    cautions : tuple of str
        What speaks against comparing the two scans, a sentence each.
    accepted : str
        That the registration holds, and how good it is; empty before anybody accepted it.
    reviews : tuple of Choice
        Control CTs of the case to choose from, where there are several.
    unread : str
        Which reviewed control CT is not at hand, so that the review can only be read.
    cannot_accept, cannot_read : str
        Why a button cannot be pressed; empty where it can.
    """

    cautions: tuple[str, ...] = ()
    accepted: str = ""
    reviews: tuple[Choice, ...] = ()
    current_review: str = ""
    unread: str = ""
    cannot_accept: str = ""
    cannot_read: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedleRow:
    """One needle of the control CT; `key` is the number it is called by."""

    key: str
    name: str
    facts: str
    doubts: tuple[str, ...] = ()
    tone: Tone = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreAnswerRow:
    """One planned core, and what is said of its needle.

    Parameters
    ----------
    needles, states : tuple of Choice
        To choose from.
    needle, state : str
        Keys of what is chosen; empty where nothing is yet.
    note : str
        What came of it, or what is still to be said.
    selected : bool
        It is the core that all views speak of.
    """

    key: str
    name: str
    needles: tuple[Choice, ...]
    states: tuple[Choice, ...]
    needle: str = ""
    state: str = ""
    note: str = ""
    tone: Tone = "secondary"
    selected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedlesText:
    """Everything the panel of needles and cores says.

    Parameters
    ----------
    hint : str
        What to do next.
    is_marking : bool
        Two points are being marked in the slices.
    cannot_find, cannot_mark, cannot_answer, cannot_export, cannot_store : str
        Why something cannot be done; empty where it can.
    """

    hint: str = ""
    needles: tuple[NeedleRow, ...] = ()
    cores: tuple[CoreAnswerRow, ...] = ()
    is_marking: bool = False
    cannot_find: str = ""
    cannot_mark: str = ""
    cannot_answer: str = ""
    cannot_export: str = ""
    cannot_store: str = ""


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One line of what was planned and what came of it; empty where it is not known."""

    what: str
    planned: str
    executed: str
    tone: Tone = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCardText:
    """Everything that is said of one reviewed core.

    Parameters
    ----------
    verdict, tone
        Within tolerance or not, in a sentence, and its colour.
    figures : tuple of (str, str)
        The numbers that count most, each with its words.
    errors : tuple of str
        All errors, a sentence each.
    knowledge : str
        How it is known where the specimen came from, where that is not by sight.
    sampled, kept : tuple of ComparedRow
        What the specimen held, and which distances were kept, beside the plan's.
    warnings : tuple of str
    """

    title: str = ""
    verdict: str = ""
    tone: Tone = "text"
    figures: tuple[tuple[str, str], ...] = ()
    errors: tuple[str, ...] = ()
    knowledge: str = ""
    sampled: tuple[ComparedRow, ...] = ()
    kept: tuple[ComparedRow, ...] = ()
    warnings: tuple[str, ...] = ()
    empty: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutedPath:
    """One executed needle as the views draw it, all points in planning LPS mm.

    Parameters
    ----------
    deepest_lps_mm : Vec3
        The deepest point it ever reached; beyond the tip where that is only inferred.
    specimen_lps_mm : tuple of Vec3 or None
        None where nobody said yet what the needle is of.
    stands_out : bool
        It belongs to the core that all views speak of.
    """

    key: str
    label: str
    entry_lps_mm: Vec3
    tip_lps_mm: Vec3
    deepest_lps_mm: Vec3
    radius_mm: float
    specimen_lps_mm: tuple[Vec3, Vec3] | None = None
    stands_out: bool = False
