"""Judges computer and program: versions, files, memory, clock, earlier ends; gathers nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from app.doctor.facts import Machine
from app.doctor.findings import Finding, State
from app.language import mark

LEAST_MEMORY_BYTES = 4 << 30
"""A pelvis of 400 slices with its masks takes about 1.5 GB while it is planned."""
LEAST_FREE_BYTES = 3 << 29
FEWEST_PROCESSORS = 2
_TOLERANCE = timedelta(days=1)  # time zones, and files from a computer whose clock is a little off

_VERSIONS = mark("Versions")
_PROGRAM = mark("Program files")
_MEMORY = mark("Memory and processors")
_CLOCK = mark("Clock")
_ENDS = mark("Earlier runs")


def check_versions(machine: Machine) -> Finding:
    """Say what runs here; a library that is missing is a fault."""
    kind = "installed" if machine.is_installed else "from sources"
    names = ", ".join(f"{name} {version}" for name, version in machine.packages if version)
    found = f"Trephine {machine.version} ({kind}), Python {machine.python}, {names}, on "
    missing = [name for name, version in machine.packages if not version]
    return Finding(
        key="versions",
        state=State.FAULT if missing else State.OK,
        title=_VERSIONS,
        found=f"{found}{machine.system}",
        advice=_REINSTALL.format(", ".join(missing)) if missing else "",
    )


def check_program(damaged: Sequence[tuple[str, str]]) -> Finding:
    """Say whether every table that comes with the program can be read."""
    if not damaged:
        return Finding(key="program", state=State.OK, title=_PROGRAM, found=_WHOLE)
    name, problem = damaged[0]
    others = "" if len(damaged) == 1 else _AND_MORE.format(len(damaged) - 1)
    return Finding(
        key="program",
        state=State.FAULT,
        title=_PROGRAM,
        found=" ".join(filter(None, (_DAMAGED.format(name, problem), others))),
        advice=_INSTALL_AGAIN,
    )


def check_memory(machine: Machine) -> Finding:
    """Say whether memory and processors are enough to plan a case."""
    title, found = _MEMORY, [_PROCESSORS.format(machine.processors)]
    if machine.memory_bytes is None:
        return Finding(key="memory", state=State.OK, title=title, found=found[0])
    found.insert(0, _INSTALLED.format(_gib(machine.memory_bytes)))
    free = machine.free_memory_bytes
    if free is not None:
        found.insert(1, _FREE.format(_gib(free)))
    state, advice = State.OK, ""
    if machine.processors < FEWEST_PROCESSORS:
        state, advice = State.NOTE, _SLOW
    if free is not None and free < LEAST_FREE_BYTES:
        state, advice = State.NOTE, _CLOSE_OTHERS
    if machine.memory_bytes < LEAST_MEMORY_BYTES:
        state, advice = State.NOTE, _LITTLE.format(_gib(LEAST_MEMORY_BYTES))
    return Finding(key="memory", state=state, title=title, found=", ".join(found), advice=advice)


def check_clock(machine: Machine) -> Finding:
    """Say whether the clock can be right: approvals, exports and the audit trail carry its time."""
    now, title = machine.now, _CLOCK
    if now < machine.program_at - _TOLERANCE:
        return Finding(
            key="clock",
            state=State.FAULT,
            title=title,
            found=_BEFORE_PROGRAM.format(f"{now:%Y-%m-%d %H:%M}", f"{machine.program_at:%Y-%m-%d}"),
            advice=_SET_IT,
        )
    newest = machine.newest_file_at
    if newest is not None and now < newest - _TOLERANCE:
        return Finding(
            key="clock",
            state=State.FAULT,
            title=title,
            found=_BEFORE_FILES.format(f"{now:%Y-%m-%d %H:%M}", f"{newest:%Y-%m-%d}"),
            advice=_SET_IT,
        )
    return Finding(key="clock", state=State.OK, title=title, found=f"{now:%Y-%m-%d %H:%M}")


def check_ends(crashes: Sequence[str]) -> Finding:
    """Say how earlier runs ended by themselves."""
    if not crashes:
        return Finding(key="ends", state=State.OK, title=_ENDS, found=_ALL_WELL)
    return Finding(
        key="ends",
        state=State.NOTE,
        title=_ENDS,
        found=_ENDED.format(len(crashes), crashes[0]),
        advice=_SUPPORT,
    )


def _gib(count: int) -> str:
    return f"{count / (1 << 30):.1f} GiB"


_REINSTALL = mark("{0} is missing; install Trephine again.")
_WHOLE = mark("all tables can be read")
_DAMAGED = mark("{0} cannot be read: {1}")
_AND_MORE = mark("And {0} more.")
_INSTALL_AGAIN = mark("Install Trephine again; cases and settings stay.")
_PROCESSORS = mark("{0} processors")
_INSTALLED = mark("{0} of memory")
_FREE = mark("{0} of it free")
_SLOW = mark("Planning will take long.")
_CLOSE_OTHERS = mark("Close other programs before opening a large case.")
_LITTLE = mark("Large cases may not open; {0} are enough for most.")
_BEFORE_PROGRAM = mark("{0}, which is before this program was made ({1})")
_BEFORE_FILES = mark("{0}, which is before files were written here ({1})")
_SET_IT = mark("Set the clock; approvals, exports and the audit trail carry its time.")
_ALL_WELL = mark("none ended by itself")
_ENDED = mark("{0} ended by themselves; the latest: {1}")
_SUPPORT = mark(
    "Send whoever looks after Trephine a support file: trephine doctor --support FILE.zip"
)
