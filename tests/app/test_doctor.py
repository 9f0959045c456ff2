"""Each check, fed any machine: what is a fault, what is worth a note, and what advice is given."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from app.doctor import drawing_checks, keeping_checks, machine_checks, network_checks
from app.doctor.drawing_probe import is_whole_font
from app.doctor.examination import examine
from app.doctor.facts import (
    Drawing,
    Facts,
    Folder,
    FontFile,
    Kernels,
    Machine,
    Port,
    RegistryState,
    ServerAnswer,
    SettingsFile,
)
from app.doctor.findings import Finding, State, is_sound
from app.doctor.report import as_document, as_text, summary
from app.paths import resources_dir
from app.system_needs import line_that_installs

NOW = datetime(2026, 11, 26, 12, 0)
GIB = 1 << 30
MACHINE = Machine(
    version="0.1.0",
    is_installed=True,
    system="Debian",
    python="3.11.7",
    packages=(("Qt", "6.11.3"), ("VTK", "9.7.2")),
    processors=8,
    memory_bytes=16 * GIB,
    free_memory_bytes=8 * GIB,
    now=NOW,
    program_at=NOW - timedelta(days=30),
    newest_file_at=NOW - timedelta(hours=1),
)
DRAWING = Drawing(
    platform="xcb",
    vendor="Intel",
    renderer="Mesa Intel(R) UHD Graphics",
    opengl="4.6 (Core Profile) Mesa 22.3.6",
    fonts=(FontFile(name="a.otf", is_whole=True, loads=True),),
    cjk_families=("Noto Sans CJK JP",),
)
FOLDER = Folder(
    name="data",
    path="~/x",
    why_not="",
    is_private=True,
    kind="ext4",
    is_remote=False,
    free_bytes=100 * GIB,
)
KERNELS = Kernels(
    folder="~/k", are_shipped=True, are_compiled=True, why_not_kept="", processor="x86-64-v3"
)
SETTINGS = SettingsFile(is_there=True, version=1, said=())
REGISTRY = RegistryState(place="~/r", is_there=True, revision="0003", entries=9, cases=4)
SERVER = ServerAnswer(name="Archive", address="PACS@host:104", problem="", took_s=0.2)
PORT = Port(name="receiver", address="127.0.0.1", port=11112, why_not="")
FACTS = Facts(
    machine=MACHINE,
    damaged=(),
    drawing=DRAWING,
    folders=tuple(replace(FOLDER, name=name) for name in ("data", "cache", "logs", "temp")),
    kernels=KERNELS,
    settings=SETTINGS,
    registry=REGISTRY,
    servers=(SERVER,),
    servers_problem="",
    ports=(PORT, replace(PORT, name="navigation", port=18944)),
    crashes=(),
)


def test_a_good_machine_has_nothing_but_ok() -> None:
    findings = examine(FACTS)
    assert {finding.state for finding in findings} == {State.OK}
    assert not any(finding.advice for finding in findings)
    assert is_sound(findings)
    assert summary(findings) == "Nothing is in the way of working with Trephine here."


MACHINES = [
    (replace(MACHINE, packages=(("Qt", ""),)), "versions", State.FAULT, "Qt is missing"),
    (replace(MACHINE, memory_bytes=2 * GIB), "memory", State.NOTE, "4.0 GiB are enough"),
    (replace(MACHINE, free_memory_bytes=GIB), "memory", State.NOTE, "Close other programs"),
    (replace(MACHINE, processors=1), "memory", State.NOTE, "take long"),
    (replace(MACHINE, now=NOW - timedelta(days=40)), "clock", State.FAULT, "Set the clock"),
    (replace(MACHINE, now=NOW - timedelta(days=3)), "clock", State.FAULT, "Set the clock"),
]


@pytest.mark.parametrize(("machine", "key", "state", "advice"), MACHINES)
def test_a_machine_that_lacks_something(
    machine: Machine, key: str, state: State, advice: str
) -> None:
    found = _by_key(replace(FACTS, machine=machine))[key]
    assert found.state is state
    assert advice in found.advice


def test_a_clock_an_hour_behind_a_file_is_no_fault_and_a_machine_that_says_little_is_none() -> None:
    behind = replace(MACHINE, newest_file_at=NOW + timedelta(hours=1))
    silent = replace(MACHINE, memory_bytes=None, free_memory_bytes=None, newest_file_at=None)
    for machine in (behind, silent):
        assert machine_checks.check_clock(machine).state is State.OK
        assert machine_checks.check_memory(machine).state is State.OK


DRAWINGS = [
    ({"missing": (("libEGL.so.1", "libegl1"),)}, "window", State.FAULT, "libEGL.so.1"),
    ({"problem": "no plugin"}, "window", State.FAULT, "no plugin"),
    ({"platform": "offscreen"}, "window", State.NOTE, "no screen"),
    ({"opengl": ""}, "opengl", State.NOTE, "3-D stays empty"),
    ({"opengl": "2.1 Mesa"}, "opengl", State.NOTE, "2.1 Mesa"),
    ({"renderer": "llvmpipe (LLVM 15)"}, "opengl", State.NOTE, "by software"),
    ({"renderer": "GDI Generic"}, "opengl", State.NOTE, "by software"),
    ({"fonts": ()}, "fonts", State.FAULT, "are missing"),
    ({"fonts": (FontFile(name="b", is_whole=False, loads=True),)}, "fonts", State.FAULT, "b"),
    ({"fonts": (FontFile(name="b", is_whole=True, loads=False),)}, "fonts", State.FAULT, "b"),
    ({"cjk_families": ()}, "fonts", State.NOTE, "Chinese"),
]


@pytest.mark.parametrize(("change", "key", "state", "found"), DRAWINGS)
def test_what_draws(change: dict[str, object], key: str, state: State, found: str) -> None:
    drawing = replace(DRAWING, **change)
    finding = _by_key(replace(FACTS, drawing=drawing))[key]
    assert finding.state is state
    assert found in finding.found


@pytest.mark.parametrize(
    ("opengl", "version"), [("4.6.0 NVIDIA 535", (4, 6)), ("3.10 x", (3, 10)), ("none", (0, 0))]
)
def test_the_version_of_opengl_is_read(opengl: str, version: tuple[int, int]) -> None:
    assert drawing_checks.version(opengl) == version


FOLDERS = [
    ({"why_not": "Read-only file system"}, "data", State.FAULT, "Read-only file system"),
    ({"is_private": False}, "data", State.FAULT, "chmod 700 ~/x"),
    ({"is_private": False}, "temp", State.OK, ""),
    ({"is_private": None}, "data", State.OK, ""),
    ({"free_bytes": GIB}, "data", State.NOTE, "2.0 GiB are needed"),
    ({"free_bytes": 1000}, "data", State.FAULT, "2.0 GiB are needed"),
    ({"free_bytes": 50 << 20}, "logs", State.OK, ""),
    ({"free_bytes": None}, "data", State.OK, ""),
    ({"is_remote": True, "kind": "nfs4"}, "data", State.NOTE, "network share"),
    ({"is_remote": True, "kind": "nfs4"}, "cache", State.OK, ""),
]


@pytest.mark.parametrize(("change", "name", "state", "advice"), FOLDERS)
def test_a_folder(change: dict[str, object], name: str, state: State, advice: str) -> None:
    found = keeping_checks.check_folder(replace(FOLDER, name=name, **change))
    assert found.state is state
    assert advice in found.advice


def test_less_room_is_never_better() -> None:
    order = [State.OK, State.NOTE, State.FAULT]
    rooms = [100 * GIB, 3 * GIB, 2 * GIB, GIB, GIB // 4, 1 << 20, 0]
    states = [
        order.index(keeping_checks.check_folder(replace(FOLDER, free_bytes=room)).state)
        for room in rooms
    ]
    assert all(before <= after for before, after in pairwise(states))
    assert (states[0], states[-1]) == (0, 2)


def test_kernels_settings_and_registry() -> None:
    assert keeping_checks.check_kernels(replace(KERNELS, are_compiled=False)).state is State.NOTE
    old = keeping_checks.check_kernels(replace(KERNELS, processor="", are_compiled=False))
    assert "do not fit this processor" in old.found
    kept = keeping_checks.check_kernels(replace(KERNELS, why_not_kept="full"))
    assert (kept.state, "(full)" in kept.found) == (State.NOTE, True)
    said = keeping_checks.check_settings(replace(SETTINGS, said=('The setting "x"',)))
    assert (said.state, said.found) == (State.NOTE, 'The setting "x"')
    broken = keeping_checks.check_registry(replace(REGISTRY, problems=("Audit entry 3 gone",)))
    assert (broken.state, broken.found) == (State.FAULT, "Audit entry 3 gone")
    away = keeping_checks.check_registry(replace(REGISTRY, problem="does not answer"))
    assert away.state is State.FAULT
    none = keeping_checks.check_registry(RegistryState(place="~/r", is_there=False))
    assert none.state is State.OK


def test_archives_and_ports() -> None:
    fails = network_checks.check_server(replace(SERVER, problem="refused"), NOW)
    assert (fails.state, fails.found) == (State.FAULT, "refused")
    soon = replace(SERVER, expires=NOW + timedelta(days=10))
    assert network_checks.check_server(soon, NOW).state is State.NOTE
    later = replace(SERVER, expires=NOW + timedelta(days=300))
    assert network_checks.check_server(later, NOW).state is State.OK
    assert network_checks.check_server(replace(SERVER, was_asked=False), NOW).found == "not asked"
    assert _by_key(replace(FACTS, servers_problem="broken"))["servers"].state is State.FAULT
    assert _by_key(replace(FACTS, servers=()))["servers"].found == "none configured"
    held = network_checks.check_port(replace(PORT, why_not="Address already in use"))
    assert held.state is State.NOTE
    own = network_checks.check_port(replace(PORT, why_not="in use", is_own=True))
    assert own.state is State.OK
    far = network_checks.check_port(replace(PORT, address="0.0.0.0"))
    assert (far.state, "firewall" in far.advice) == (State.NOTE, True)


def test_damaged_tables_and_earlier_ends() -> None:
    damaged = (("needles.json", "no needle"), ("sites.toml", "x"))
    found = _by_key(replace(FACTS, damaged=damaged))["program"]
    assert found.state is State.FAULT
    assert found.found == "needles.json cannot be read: no needle And 1 more."
    ends = _by_key(replace(FACTS, crashes=("2026-11-26 Aborted", "older")))["ends"]
    assert (ends.state, "2 ended by themselves" in ends.found) == (State.NOTE, True)


def test_the_report_says_every_finding_and_the_advice() -> None:
    findings = examine(replace(FACTS, machine=replace(MACHINE, now=NOW - timedelta(days=40))))
    text = as_text(findings)
    assert "Fault  Clock: 2026-10-17 12:00, which is before this program was made" in text
    assert "       -> Set the clock" in text
    assert text.count("\n") == len(findings) + 3
    document = json.loads(json.dumps(as_document(findings, "0.1.0")))
    assert document["sound"] is False
    assert [row["key"] for row in document["findings"]] == [f.key for f in findings]


def test_a_bundled_font_is_whole_and_any_changed_byte_is_seen() -> None:
    (file,) = (resources_dir() / "fonts").glob("*.otf")
    data = file.read_bytes()
    assert is_whole_font(data)
    for place in (5, len(data) // 2, len(data) - 1):
        changed = bytearray(data)
        changed[place] ^= 1
        assert not is_whole_font(bytes(changed))
    assert not is_whole_font(data[:-4])
    assert not is_whole_font(b"")


def test_the_line_that_installs_fits_the_package_program() -> None:
    lacking = {"libEGL.so.1": "libegl1", "libGL.so.1": "libgl1"}
    assert line_that_installs(lacking, ["apt-get"]) == "sudo apt-get install libegl1 libgl1"
    dnf = line_that_installs(lacking, ["dnf"])
    assert dnf == "sudo dnf install 'libEGL.so.1()(64bit)' 'libGL.so.1()(64bit)'"
    assert line_that_installs(lacking, []) == ""


def _by_key(facts: Facts) -> dict[str, Finding]:
    return {finding.key: finding for finding in examine(facts)}
