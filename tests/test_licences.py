"""The licence gate tells what may be shipped; reads invented metadata and the real lock."""

from __future__ import annotations

from email.message import Message
from pathlib import Path

import pytest

import licences
from licences import Listed

PACKAGING = Path(licences.__file__).parent


@pytest.mark.parametrize(
    "licence",
    [
        "GPL-3.0-only",
        "GPL-2.0-or-later",
        "AGPL-3.0-or-later",
        "MIT AND GPL-3.0-only",
        "GPL-2.0-only OR GPL-3.0-only",
        "GPL-3.0-only AND (BSD-3-Clause OR MIT)",
        "GNU General Public License v3 (GPLv3)",
        "GNU Affero General Public License v3",
    ],
)
def test_gpl_is_refused_and_cannot_be_listed_away(licence):
    assert "may not be shipped" in licences.judge(licence, None, "x")
    assert "may not be shipped" in licences.judge(licence, Listed("MIT", "it says so"), "x")


@pytest.mark.parametrize(
    "licence",
    [
        "MIT",
        "BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0",
        "BSD-2-Clause AND Apache-2.0 WITH LLVM-exception",
        "BSD-3-Clause AND GPL-3.0-or-later WITH GCC-exception-3.1",
        "GPL-3.0-only OR MIT",
        "Apache-2.0 OR BSD-2-Clause",
    ],
)
def test_permissive_licences_pass(licence):
    assert licences.judge(licence, None, "x") == ""


@pytest.mark.parametrize("licence", ["", "LGPL-3.0-only", "EUPL-1.2", "see LICENSE file"])
def test_what_cannot_be_judged_has_to_be_listed(licence):
    assert "list it" in licences.judge(licence, None, "x")
    assert licences.judge(licence, Listed("LGPL-3.0-only", "replaceable file"), "x") == ""


def test_a_listed_licence_needs_a_reason_and_may_not_be_the_gpl():
    assert "no reason" in licences.judge("", Listed("MIT", " "), "x")
    assert "may not be shipped" in licences.judge("", Listed("GPL-3.0-only", "we like it"), "x")


def test_the_expression_comes_before_classifiers_and_free_text():
    package = Message()
    package["License"] = "Some text\nover lines"
    assert licences.declared_licence(package) == "Some text"
    package["Classifier"] = "License :: OSI Approved"
    package["Classifier"] = "License :: OSI Approved :: MIT License"
    package["Classifier"] = "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"
    both = "MIT AND GNU General Public License v3 (GPLv3)"
    assert licences.declared_licence(package) == both
    assert licences.is_forbidden(both)
    package["License-Expression"] = "ISC"
    assert licences.declared_licence(package) == "ISC"


def test_names_are_read_once_from_a_lock_with_markers():
    lock = "# a comment\nnumpy==2.4 ; python_full_version < '3.12' \\\n    --hash=sha256:0\n"
    lock += "numpy==2.5 ; python_full_version >= '3.12' \\\n    --hash=sha256:1\nscipy==1.0\n"
    assert licences.locked_names(lock) == ("numpy", "scipy")


def test_an_unknown_key_in_the_list_is_an_error():
    with pytest.raises(TypeError):
        licences.read_list('[x]\nlicence = "MIT"\nreason = "r"\nlink = "y"\n')


def test_everything_in_the_runtime_lock_may_be_shipped(capsys):
    assert licences.main() == 0
    named = licences.locked_names((PACKAGING / "requirements.lock").read_text(encoding="utf-8"))
    assert {"numpy", "pyside6-essentials", "vtk"} <= set(named)
    assert f"{len(named)} packages" in capsys.readouterr().out


def test_a_bundled_font_needs_its_licence_beside_it(tmp_path):
    assert licences.unlicensed_fonts(licences.FONTS) == []
    (tmp_path / "Letters.otf").write_bytes(b"")
    assert "Letters.otf" in licences.unlicensed_fonts(tmp_path)[0]
    (tmp_path / "OFL.txt").write_text("Letters.otf\nSIL OPEN FONT LICENSE Version 1.1\n")
    assert licences.unlicensed_fonts(tmp_path) == []
