"""Judges where things are kept: folders, compiled kernels, settings, registry; opens none."""

from __future__ import annotations

from app.doctor.facts import Folder, Kernels, RegistryState, SettingsFile
from app.doctor.findings import Finding, State
from app.language import mark

NEEDED_BYTES = {
    "data": 2 << 30,  # unsaved work and fetched series: a CT with its masks takes half a GB
    "cache": 100 << 20,  # kernels and the sample case
    "logs": 10 << 20,
    "temp": 1 << 30,  # an export is put together before it is moved to its place
}
_TITLES = {
    "data": mark("Data folder"),
    "cache": mark("Cache folder"),
    "logs": mark("Log folder"),
    "temp": mark("Temporary folder"),
}
_PRIVATE = ("data", "logs")
_KERNELS = mark("Compiled kernels")
_SETTINGS = mark("Settings")
_REGISTRY = mark("Registry")


def check_folder(folder: Folder) -> Finding:
    """Say whether a folder can be written, is private, near, and has room."""
    found = [folder.path]
    if folder.free_bytes is not None:
        found.append(_ROOM.format(_size(folder.free_bytes)))
    if folder.kind:
        found.append(folder.kind)
    state, advice = _judged(folder)
    return Finding(
        key=f"folder_{folder.name}",
        state=state,
        title=_TITLES[folder.name],
        found=", ".join(found),
        advice=advice,
    )


def _judged(folder: Folder) -> tuple[State, str]:
    if folder.why_not:
        return State.FAULT, _NOT_WRITABLE.format(folder.why_not)
    needed = NEEDED_BYTES[folder.name]
    if folder.free_bytes is not None and folder.free_bytes < needed // 10:
        return State.FAULT, _NO_ROOM.format(_size(needed))
    if folder.is_private is False and folder.name in _PRIVATE:
        return State.FAULT, _NOT_PRIVATE.format(folder.path)
    if folder.free_bytes is not None and folder.free_bytes < needed:
        return State.NOTE, _NO_ROOM.format(_size(needed))
    if folder.is_remote and folder.name == "data":
        return State.NOTE, _REMOTE
    return State.OK, ""


def check_kernels(kernels: Kernels) -> Finding:
    """Say whether the first plan has to compile."""
    found = _COMPILED if kernels.are_compiled else _NOT_COMPILED
    if kernels.are_shipped and not kernels.processor:
        found = _OLD_PROCESSOR
    if kernels.why_not_kept:
        return Finding(
            key="kernels",
            state=State.NOTE,
            title=_KERNELS,
            found=_NOT_KEPT.format(kernels.folder, kernels.why_not_kept),
            advice=_ALLOW,
        )
    state = State.OK if kernels.are_compiled else State.NOTE
    return Finding(key="kernels", state=state, title=_KERNELS, found=found)


def check_settings(settings: SettingsFile) -> Finding:
    """Say what of the settings was not understood."""
    if not settings.is_there:
        return Finding(key="settings", state=State.OK, title=_SETTINGS, found=_FIRST_START)
    if settings.said:
        return Finding(
            key="settings",
            state=State.NOTE,
            title=_SETTINGS,
            found=" ".join(settings.said),
            advice=_SET_ANEW,
        )
    return Finding(
        key="settings", state=State.OK, title=_SETTINGS, found=_READ.format(settings.version)
    )


def check_registry(registry: RegistryState) -> Finding:
    """Say whether the registry can be reached and its trail is whole."""
    if registry.problem:
        return Finding(key="registry", state=State.FAULT, title=_REGISTRY, found=registry.problem)
    if not registry.is_there:
        return Finding(key="registry", state=State.OK, title=_REGISTRY, found=_NO_REGISTRY)
    if registry.problems:
        return Finding(
            key="registry",
            state=State.FAULT,
            title=_REGISTRY,
            found=registry.problems[0],
            advice=_VERIFY,
        )
    found = _TRAIL.format(registry.cases, registry.entries, registry.revision)
    return Finding(key="registry", state=State.OK, title=_REGISTRY, found=found)


def _size(count: int) -> str:
    return f"{count / (1 << 30):.1f} GiB" if count >= 1 << 30 else f"{count / (1 << 20):.0f} MiB"


_ROOM = mark("{0} free")
_NOT_WRITABLE = mark("Nothing can be written there ({0}); allow writing or make room.")
_NO_ROOM = mark("Make room: {0} are needed there.")
_NOT_PRIVATE = mark("Others may look into it; run: chmod 700 {0}")
_REMOTE = mark("It is on a network share: when that is gone, nothing can be kept.")
_COMPILED = mark("ready")
_NOT_COMPILED = mark("none yet; the first plan takes half a minute longer")
_OLD_PROCESSOR = mark(
    "those that came along do not fit this processor; the first plan compiles them"
)
_NOT_KEPT = mark("cannot be kept in {0} ({1}); each start compiles them anew")
_ALLOW = mark("Allow writing or make room there.")
_FIRST_START = mark("none yet; everything is as new")
_SET_ANEW = mark("Set these anew in the window.")
_READ = mark("all understood, version {0}")
_NO_REGISTRY = mark("there is none yet")
_VERIFY = mark("trephine audit verify says everything that is wrong.")
_TRAIL = mark("{0} cases, {1} entries of the audit trail, all whole; schema {2}")
