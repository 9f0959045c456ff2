"""Reads trajectories that other programs wrote, whatever the format; measures and keeps none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from planning.errors import InputError
from planning.formats import bytes_of
from planning.handover.mni_tag import paths_from_tag
from planning.handover.read_path import End, ReadPath
from planning.handover.rosa import paths_from_rosa
from planning.handover.slicer_markups import MarkupTrajectory, trajectories_from_markups
from planning.image import Volume
from planning.limits import MOST_FARTHEST_MM

ENDINGS = (".mrk.json", ".json", ".tag", ".ros")
"""Of files that hold trajectories."""

_END_MEANS_TIP = (
    "What the end of a line means is not said in {0}: it counts as the deepest point of the tip."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFiles:
    """What files hold.

    Parameters
    ----------
    remarks : tuple of str
        What was assumed and has to be checked.
    """

    paths: tuple[ReadPath, ...]
    remarks: tuple[str, ...] = ()


def read_trajectories(files: Sequence[Path], ct: Volume) -> ReadFiles:
    """Return the trajectories in files of 3D Slicer, CustusX or IBIS, and ROSA, in a CT's frame.

    Parameters
    ----------
    files : sequence of Path
        Markups of one export belong together: a list of tips names what lines leave open.

    Raises
    ------
    InputError
        If a file cannot be read, is none of these, lies in another frame, or all together hold
        no trajectory.
    """
    markups: dict[str, str | bytes] = {}
    paths: list[ReadPath] = []
    remarks: list[str] = []
    for file in files:
        ending = next((e for e in ENDINGS if file.name.lower().endswith(e)), "")
        data = bytes_of(file)
        if ending in (".mrk.json", ".json"):
            markups[file.name] = data
        elif ending == ".tag":
            found = paths_from_tag(_text(data, file.name), file.name)
            paths.extend(found)
            remarks.extend(_remark(found, file.name))
        elif ending == ".ros":
            placed, remark = paths_from_rosa(data.decode("latin-1"), ct, file.name)
            paths.extend(placed)
            remarks.extend(filter(None, (remark, *_remark(placed, file.name))))
        else:
            known = "3D Slicer (.mrk.json), MNI tags (.tag) or ROSA (.ros)"
            raise InputError(f"{file.name} holds no trajectories that can be read; give {known}.")
    lines = _lines(markups)
    paths = [*lines, *paths]
    if not paths:
        names = ", ".join(file.name for file in files) or "nothing"
        raise InputError(f"{names} holds no line from entry to target; draw one and save it again.")
    _require_length(paths)
    return ReadFiles(paths=tuple(paths), remarks=(*_remark(lines, ", ".join(markups)), *remarks))


def _lines(files: Mapping[str, str | bytes]) -> tuple[ReadPath, ...]:
    """Return the lines of markups; their end is the tip's where the files name that too."""
    return tuple(
        ReadPath(
            name=line.name,
            entry_lps_mm=line.entry_lps_mm,
            end_lps_mm=line.target_lps_mm if line.tip_lps_mm is None else line.tip_lps_mm,
            end=_end_of(line),
        )
        for line in trajectories_from_markups(files)
    )


def _remark(paths: Sequence[ReadPath], names: str) -> tuple[str, ...]:
    """Say that the end of lines counts as the tip, unless the file says what it means."""
    if all(path.end for path in paths):
        return ()
    return (_END_MEANS_TIP.format(names),)


def _end_of(line: MarkupTrajectory) -> End:
    if line.tip_lps_mm is not None:
        return End.TIP
    return End.STOP if line.is_ours else End.UNSAID


def _require_length(paths: Sequence[ReadPath]) -> None:
    for path in paths:
        ends = (*path.entry_lps_mm, *path.end_lps_mm)
        if not all(abs(number) <= MOST_FARTHEST_MM for number in ends):  # nor is NaN
            raise InputError(f"{path.name or 'A line'} lies where no patient is; save it again.")
        if path.entry_lps_mm == path.end_lps_mm:
            raise InputError(f"{path.name or 'A line'} begins where it ends; it needs two points.")


def _text(data: bytes, what: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{what} is not text in UTF-8; save it in that encoding.") from error
