"""What was found on a computer, as values; judges nothing. None and empty mean: not to be known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The computer and the program.

    Parameters
    ----------
    packages : tuple of (str, str)
        Libraries that matter, and their versions; an empty version where one is missing.
    now, program_at : datetime
        The clock, and the date of the newest of the program's own files.
    newest_file_at : datetime or None
        Date of the newest file among the user's data.
    """

    version: str
    is_installed: bool
    system: str
    python: str
    packages: tuple[tuple[str, str], ...]
    processors: int
    memory_bytes: int | None
    free_memory_bytes: int | None
    now: datetime
    program_at: datetime
    newest_file_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FontFile:
    """A bundled font: whether its bytes are as they were made, and whether Qt takes it."""

    name: str
    is_whole: bool
    loads: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What draws the window, asked in a process of its own.

    Parameters
    ----------
    problem : str
        Why nothing is known, in one line; empty if something is.
    platform : str
        Qt's way to the screen.
    vendor, renderer, opengl : str
        As OpenGL gives them; empty where VTK cannot draw.
    cjk_families : tuple of str
        Families by which Chinese, Japanese or Korean letters can be shown.
    missing : tuple of (str, str)
        Libraries of the system that are missing, and their packages.
    """

    problem: str = ""
    platform: str = ""
    vendor: str = ""
    renderer: str = ""
    opengl: str = ""
    fonts: tuple[FontFile, ...] = ()
    cjk_families: tuple[str, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder Trephine writes to.

    Parameters
    ----------
    why_not : str
        Why nothing can be written; empty if something can.
    is_private : bool or None
        Whether the user alone may look into it; None where rights are kept otherwise.
    kind : str
        Kind of the file system.
    """

    name: str
    path: str
    why_not: str
    is_private: bool | None
    kind: str
    is_remote: bool
    free_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernels:
    """Compiled kernels: whether they came along, are there, and can be kept."""

    folder: str
    are_shipped: bool
    are_compiled: bool
    why_not_kept: str
    processor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """The settings: their version, and a sentence for each that was dropped."""

    is_there: bool
    version: int
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryState:
    """The registry, and what a check of its trail found.

    Parameters
    ----------
    problem : str
        Why it cannot be opened.
    problems : tuple of str
        What is wrong with the trail.
    """

    place: str
    is_there: bool
    problem: str = ""
    revision: str = ""
    entries: int = 0
    cases: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAnswer:
    """An image archive and whether it answers.

    Parameters
    ----------
    problem : str
        Why it does not.
    expires : datetime or None
        Until when its certificate holds.
    """

    name: str
    address: str
    problem: str
    took_s: float
    expires: datetime | None = None
    was_asked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A port this computer listens on when asked to."""

    name: str
    address: str
    port: int
    why_not: str
    is_own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that was found.

    Parameters
    ----------
    damaged : tuple of (str, str)
        Files of the program that cannot be read, and why.
    servers_problem : str
        Why the file of servers cannot be read.
    crashes : tuple of str
        How earlier runs ended by themselves, the latest first.
    """

    machine: Machine
    damaged: tuple[tuple[str, str], ...]
    drawing: Drawing
    folders: tuple[Folder, ...]
    kernels: Kernels
    settings: SettingsFile
    registry: RegistryState
    servers: tuple[ServerAnswer, ...]
    servers_problem: str
    ports: tuple[Port, ...]
    crashes: tuple[str, ...]
