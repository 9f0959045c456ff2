"""What the packages for each system are told, and what the installed program is tried with."""

from __future__ import annotations

import json
import os
import plistlib
import re
import xml.etree.ElementTree as ET
from pathlib import Path, PureWindowsPath

import pytest

import bundle
import bundle_contents as contents
import bundle_inside
import bundle_papers as papers
import bundle_windows
import debian
import licences
import smoke_commands
import smoke_material
from app.cli import cli
from bundle_papers import Part
from planning import __version__

ROOT = contents.ROOT


def part(name: str, **changes: object) -> Part:
    values: dict[str, object] = {
        "name": name,
        "version": "1.2",
        "licence": "MIT",
        "purl": f"pkg:pypi/{name}@1.2",
        "texts": (),
    }
    return Part(**(values | changes))  # type: ignore[arg-type]


def test_libraries_inside_wheels_have_their_licence_and_a_place_in_the_bill(
    tmp_path: Path,
) -> None:
    own = tmp_path / "LICENSE"
    own.write_text("ours", encoding="utf-8")
    parts = (part("vtk", texts=(own,)), part("requests", texts=(own,)))
    text = papers.notices(parts, own, own)
    assert "expat, inside vtk" in text
    assert "qtbase, inside" not in text, "no Qt in this one"
    assert "PySide6/Qt/lib" in text, "how Qt is replaced"
    bill = json.loads(papers.bill_of_materials(parts, "9.9"))
    refs = [component["bom-ref"] for component in bill["components"]]
    assert len(refs) == len(set(refs))
    linked = {entry["ref"]: entry["dependsOn"] for entry in bill["dependencies"]}
    assert "pkg:generic/expat" in linked["pkg:pypi/vtk@1.2"]
    assert set(linked["pkg:pypi/vtk@1.2"]) <= set(refs)


def test_every_library_inside_a_wheel_may_be_shipped_and_names_a_locked_package() -> None:
    lock = (ROOT / "packaging" / "requirements.lock").read_text(encoding="utf-8")
    locked = set(licences.locked_names(lock))
    known = bundle_inside.inside(locked)
    assert {one.text for one in known} == set(bundle_inside.TEXTS.iterdir())
    for one in known:
        assert not licences.is_forbidden(one.licence), one.name
        assert set(one.of) <= locked, one.name
        assert len(one.text.read_text(encoding="utf-8")) > 1000, one.name


def test_who_answers_for_the_packages_stands_in_one_place(tmp_path: Path) -> None:
    told = debian.control(version="1", architecture="amd64", installed_kb=1)
    assert f"Maintainer: {contents.maintainer()}\n" in told
    assert contents.developer() == contents.maintainer().split(" <")[0]
    assert contents.developer() in bundle.metainfo_text()
    bundle_windows.write_installer_lines(tmp_path / "version.iss")
    lines = (tmp_path / "version.iss").read_text(encoding="utf-8").splitlines()
    assert lines == [
        f'#define Version "{__version__}"',
        f'#define Developer "{contents.developer()}"',
    ]


def test_software_centres_are_told_version_day_and_file_type(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    told = ET.fromstring(bundle.metainfo_text())
    release = told.find("releases/release")
    assert release is not None
    assert release.attrib == {"version": __version__, "date": "1970-01-02"}
    assert told.findtext("id") == contents.APPLICATION_ID
    kind = ET.parse(bundle.LINUX / "trephine-mime.xml").getroot()[0].attrib["type"]
    assert told.findtext("provides/mediatype") == kind
    assert told.findtext("launchable") == "trephine.desktop"
    assert "@" not in bundle.metainfo_text()


def test_the_installer_for_windows_packs_what_the_build_makes(tmp_path: Path) -> None:
    lines = (ROOT / "packaging" / "windows" / "trephine.iss").read_text(encoding="utf-8")
    spec = (ROOT / "packaging" / "trephine.spec").read_text(encoding="utf-8")
    programs = set(re.findall(r'program\("(.+?)"', spec))
    named = set(re.findall(r"\{app\}\\([\w-]+)\.exe", lines))
    assert named == {"trephine-window"} < programs
    here = PureWindowsPath("packaging/windows")
    for used, made in (
        ("..\\..\\dist\\trephine\\*", bundle.BUNDLE / "*"),
        ("..\\..\\build\\icons\\trephine.ico", bundle.ICONS / "trephine.ico"),
        ("..\\..\\build\\version.iss", bundle.WORK / "version.iss"),
        ("..\\..\\LICENSE", ROOT / "LICENSE"),
    ):
        assert used in lines
        assert Path(os.path.normpath(ROOT / (here / used).as_posix())) == made
    sections = re.findall(r"^\[(\w+)\]$", lines, flags=re.MULTILINE)
    assert len(sections) == len(set(sections))
    known = re.findall(r"^Name: (\w+); Description", lines, flags=re.MULTILINE)
    assert set(re.findall(r"Tasks: (\w+)", lines)) <= set(known)
    text = bundle_windows.write_version_resource(tmp_path / "v.txt").read_text(encoding="utf-8")
    compile(text, "v.txt", "eval")  # PyInstaller evaluates it
    assert f"'ProductVersion', {__version__!r}" in text
    assert bundle_windows.four_numbers("1.2rc3") == (1, 23, 0, 0)
    assert bundle_windows.four_numbers("0.10.4.7") == (0, 10, 4, 0)


def test_the_rights_of_the_app_for_macs_are_a_list_of_properties() -> None:
    with (ROOT / "packaging" / "macos" / "entitlements.plist").open("rb") as file:
        rights = plistlib.load(file)
    assert all(name.startswith("com.apple.security.cs.") for name in rights)
    assert set(rights.values()) == {True}


def test_the_installed_program_is_tried_with_every_command() -> None:
    tried = {command.words.split(" ")[0] for command in smoke_commands.COMMANDS}
    offered = {c.name for c in cli.registered_commands if not c.hidden}
    offered |= {group.typer_instance.info.name for group in cli.registered_groups}
    elsewhere = {"open", "demo", "serve", "send", "pacs"}  # smoke_installed, smoke_network
    names = {str(name or "") for name in offered} | {"plan", "measure"}
    callbacks = {c.callback.__name__ for c in cli.registered_commands if c.callback and not c.name}
    hidden = {c.callback.__name__ for c in cli.registered_commands if c.callback and c.hidden}
    assert (names | callbacks) - {""} - hidden <= tried | elsewhere
    used = set(re.findall(r"@/([\w-]+)", " ".join(c.words for c in smoke_commands.COMMANDS)))
    assert set(smoke_material.CODINGS) <= used


def test_what_qt_draws_at_random_is_no_difference_and_everything_else_is(tmp_path: Path) -> None:
    def written(name: str, data: bytes) -> bytes:
        (tmp_path / name).write_bytes(data)
        return smoke_commands.content(tmp_path / name)

    one = b"%PDF uuid:90e85053-af22-44c5-a82b-b5486d545ec1 page <" + b"3" * 72 + b">"
    other = b"%PDF uuid:bb2aa596-255d-45dc-8c7b-cafaec58e098 page <" + b"4" * 72 + b">"
    assert written("a.pdf", one) == written("b.pdf", other)
    assert written("a.pdf.dcm", b"UID 1" + one) == written("b.pdf.dcm", b"UID 22" + other)
    assert written("a.pdf", one) != written("b.pdf", other.replace(b"page", b"Page"))
    assert written("a.csv", one) != written("b.csv", other)
    listed = b'{"bytes": 41234, "sha256": "' + b"a" * 64 + b'", "trajectories": ["C1"]}'
    relisted = listed.replace(b"41234", b"41232").replace(b"aa", b"ab")
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    assert written("here/manifest.json", listed) == written("there/manifest.json", relisted)
    assert written("here/manifest.json", listed) != written(
        "there/manifest.json", relisted.replace(b"C1", b"C2")
    )
