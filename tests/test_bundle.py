"""What is packed into the installed program, and how it finds the kernels that come with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage

import app_icons
import bundle
import bundle_contents as contents
import bundle_papers as papers
import debian
from app import paths, shipped_kernels
from bundle_papers import Part
from planning import __version__
from planning.errors import TrephineError
from planning.trajectories import placement

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


def test_only_the_modules_of_vtk_that_are_imported_go_along(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "one.py").write_text(
        "import os\nfrom vtkmodules.vtkFiltersCore import vtkTubeFilter\n"
        "def later():\n    import vtkmodules.vtkImagingCore\n"
    )
    found = contents.vtk_modules(tmp_path)
    assert set(found) - set(contents.VTK_ALWAYS) == {
        "vtkmodules.vtkFiltersCore",
        "vtkmodules.vtkImagingCore",
    }
    assert set(contents.VTK_ALWAYS) < set(contents.vtk_modules())


def test_the_version_stands_in_one_place() -> None:
    assert contents.version() == __version__
    assert f'"{__version__}"' not in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("place", "is_left_out"),
    [
        ("PySide6/Qt/translations/qtbase_de.qm", False),
        ("PySide6/Qt/translations/qtbase_fr.qm", True),
        ("PySide6\\translations\\qtbase_fr.qm", True),
        ("PySide6/Qt/lib/libQt6Quick.so.6", True),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", False),
        ("PySide6/Qt/plugins/platforms/libqoffscreen.so", False),
        ("scipy/stats/_sobol_direction_numbers.npz", False),
        ("resources/needles.json", False),
    ],
)
def test_what_nobody_needs_stays_out(place: str, *, is_left_out: bool) -> None:
    assert contents.is_left_out(place) is is_left_out


def test_a_library_of_linux_goes_along_only_where_something_inside_needs_it() -> None:
    libraries = {
        "plugin.so": "/venv/lib/python3.11/site-packages/qt/plugin.so",
        "_ssl.so": "/usr/lib/python3.11/lib-dynload/_ssl.so",
        "libssl.so.3": "/usr/lib/x86_64-linux-gnu/libssl.so.3",
        "libcrypto.so.3": "/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
        "libGL.so.1": "/lib/x86_64-linux-gnu/libGL.so.1",
        "libxcb-cursor.so.0": "/usr/lib/x86_64-linux-gnu/libxcb-cursor.so.0",
        "libgtk-3.so.0": "/usr/lib/x86_64-linux-gnu/libgtk-3.so.0",
        "libdrawn-by-gl.so": "/usr/lib/x86_64-linux-gnu/libdrawn-by-gl.so",
    }
    needs = {
        "plugin.so": ["libGL.so.1", "libxcb-cursor.so.0", "libc.so.6"],
        "_ssl.so": ["libssl.so.3"],
        "libssl.so.3": ["libcrypto.so.3"],
        "libGL.so.1": ["libdrawn-by-gl.so"],
    }
    kept = contents.without_the_system(libraries, lambda file: needs.get(Path(file).name, []))
    assert kept == {"plugin.so", "_ssl.so", "libssl.so.3", "libcrypto.so.3"}


def test_qt_and_rewritten_libraries_keep_their_symbols() -> None:
    assert contents.may_lose_symbols("_internal/vtkmodules/libvtkCommonCore.so")
    assert not contents.may_lose_symbols("_internal/PySide6/Qt/lib/libQt6Core.so.6")
    assert not contents.may_lose_symbols("_internal/scipy.libs/libscipy_openblas.so")


def test_libraries_under_the_gpl_are_found_by_name() -> None:
    files = ("/usr/lib/libreadline.so.8", "/usr/lib/libz.so.1", "x/libgdbm.so.6", "readline.py")
    assert contents.gpl_libraries(files) == ("/usr/lib/libreadline.so.8", "x/libgdbm.so.6")


def test_the_report_names_what_is_large_and_adds_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, megabytes in (("numpy/a", 1), ("numpy.libs/b", 2), ("vtk/c", 5), ("small/d", 1)):
        file = tmp_path / "_internal" / name
        file.parent.mkdir(parents=True)
        file.write_bytes(bytes(megabytes * 1_000_000))
    (tmp_path / "_internal" / "link").symlink_to("vtk/c")
    found = contents.shares(tmp_path, at_least_mb=2.5)
    assert [(s.name, s.megabytes) for s in found] == [
        ("vtk", 5.0),
        ("numpy", 3.0),
        ("everything else", 1.0),
    ]
    monkeypatch.setattr(contents, "MOST_UNPACKED_MB", 8)
    with pytest.raises(bundle.BundleError, match="9 MB are too many"):
        bundle.report(tmp_path)


def test_the_bill_of_materials_names_every_part_and_is_the_same_every_time() -> None:
    parts = (part("one", hashes=("ab", "cd")), part("two", licence="BSD License, see file"))
    text = papers.bill_of_materials(parts, "9.9")
    assert text == papers.bill_of_materials(parts, "9.9")
    bill = json.loads(text)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["version"] == "9.9"
    one, two = bill["components"]
    assert one["purl"] == "pkg:pypi/one@1.2"
    assert one["licenses"] == [{"expression": "MIT"}]
    assert [entry["value"] for entry in one["properties"]] == ["ab", "cd"]
    assert two["licenses"] == [{"license": {"name": "BSD License, see file"}}]
    assert bill["dependencies"][0]["dependsOn"] == [one["bom-ref"], two["bom-ref"]]


def test_installed_packages_are_found_by_their_files_with_licence_and_hash() -> None:
    import numpy.linalg
    import PySide6

    lock = "numpy==2.4 \\\n    --hash=sha256:abc \\\n    --hash=sha256:def\nother==1\n"
    parts = papers.python_parts([str(numpy.linalg.__file__), str(PySide6.__file__)], lock)
    assert [p.name for p in parts] == ["numpy", "pyside6-essentials"]
    assert parts[0].hashes == ("abc", "def")
    assert parts[0].texts, "its licence lies in its own files"
    assert parts[1].licence == "LGPL-3.0-only"
    assert {"LGPL-3.0.txt", "GPL-3.0.txt"} <= {text.name for text in parts[1].texts}


def test_a_part_without_any_licence_stops_the_build(tmp_path: Path) -> None:
    own = tmp_path / "LICENSE"
    own.write_text("ours", encoding="utf-8")
    text = papers.notices([part("one", texts=(own,))], own, own)
    assert "one 1.2 (MIT)" in text
    with pytest.raises(LookupError, match="two comes without a licence"):
        papers.notices([part("two", licence="")], own, own)


def test_the_debian_package_names_what_the_program_needs() -> None:
    text = debian.control(version="1.2", architecture="amd64", installed_kb=7)
    fields = dict(line.split(": ", 1) for line in text.splitlines() if not line.startswith(" "))
    assert (fields["Package"], fields["Version"]) == ("trephine", "1.2")
    depends = fields["Depends"].split(", ")
    assert {"libgl1", "libegl1", "libxcb-cursor0", "libstdc++6"} <= set(depends)
    assert any(entry.startswith("libc6 (>= 2.") for entry in depends)


def test_the_menu_entry_opens_a_case_and_the_file_type_is_its_own() -> None:
    lines = (bundle.LINUX / "trephine.desktop").read_text(encoding="utf-8").splitlines()
    entry = dict(line.split("=", 1) for line in lines if "=" in line)
    kind = ET.parse(bundle.LINUX / "trephine-mime.xml").getroot()[0].attrib["type"]
    assert entry["Exec"] == "trephine open %f"
    assert kind in entry["MimeType"].split(";")
    assert entry["Icon"] == "trephine"


def test_the_icon_is_drawn_in_every_size(tmp_path: Path) -> None:
    folder = f"__import__('pathlib').Path({str(tmp_path)!r})"
    code = f"import app_icons; app_icons.draw({folder}, (16, 64))"
    search = os.pathsep.join([str(ROOT), str(ROOT / "packaging")])
    subprocess.run(
        [sys.executable, "-c", code], check=True, env=os.environ | {"PYTHONPATH": search}
    )
    image = QImage(str(tmp_path / "64.png"))
    assert (image.width(), image.height()) == (64, 64)
    assert image.pixelColor(0, 0).alpha() == 0, "rounded corners"
    assert image.pixelColor(45, 37).name() == "#e69f00", "the lesion, right of and below the middle"
    assert QImage(str(tmp_path / "16.png")).width() == 16
    assert paths.logo_file() == app_icons.DRAWING


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the tests' own process look like the installed program, with one shipped kernel."""
    shipped = tmp_path / "program" / "kernels"
    (shipped / "some.module").mkdir(parents=True)
    (shipped / "some.module" / "kernel.nbi").write_bytes(b"compiled")
    (shipped / "mark").write_text("feed\n", encoding="ascii")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(shipped_kernels, "_SHIPPED", shipped)
    monkeypatch.setattr(paths, "user_cache_dir", lambda: tmp_path / "cache")
    for name in ("CACHE_DIR", "CACHE_LOCATOR_CLASSES", "CPU_NAME", "CPU_FEATURES"):
        monkeypatch.setenv(f"NUMBA_{name}", "")
    return shipped


def test_the_installed_program_brings_its_kernels_into_the_users_cache(
    installed: Path, tmp_path: Path
) -> None:
    folder = paths.prepare_kernel_cache()
    assert folder == tmp_path / "cache" / "kernels" / "feed"
    assert (folder / "some.module" / "kernel.nbi").read_bytes() == b"compiled"
    assert [path.name for path in folder.parent.iterdir()] == ["feed"], "nothing half done is left"
    assert os.environ["NUMBA_CACHE_LOCATOR_CLASSES"] == "app.shipped_kernels.KernelPlace"
    (folder / "some.module" / "kernel.nbi").write_bytes(b"own")
    paths.prepare_kernel_cache()
    assert (folder / "some.module" / "kernel.nbi").read_bytes() == b"own", "copied once"


def test_where_no_cache_can_be_written_the_shipped_kernels_are_read_in_place(
    installed: Path, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("a file where the folder would be")
    assert paths.prepare_kernel_cache() == installed


def test_a_kernels_place_does_not_depend_on_the_folder_of_the_start(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths.prepare_kernel_cache()
    code = placement.executions.__wrapped__
    one = shipped_kernels.KernelPlace.from_function(code, "planning/x.py")
    monkeypatch.chdir(tmp_path)
    other = shipped_kernels.KernelPlace.from_function(code, "planning/x.py")
    assert one.get_cache_path() == other.get_cache_path()
    assert Path(one.get_cache_path()).is_dir()
    assert one.get_source_stamp() == "feed"
    assert one.get_disambiguator() == str(code.__code__.co_firstlineno)


def test_an_older_processor_compiles_for_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = " ".join(sorted(shipped_kernels._LEVEL_3))
    for text, name in ((f"flags : {flags}", "x86-64-v3"), ("flags : sse avx", "")):
        listed = tmp_path / "cpuinfo"
        listed.write_text(text)
        monkeypatch.setattr(shipped_kernels, "_PROCESSORS", listed)
        monkeypatch.setattr(shipped_kernels.platform, "machine", lambda: "x86_64")
        monkeypatch.setattr(sys, "platform", "linux")
        assert shipped_kernels.common_processor() == name


def test_the_mark_of_the_kernels_changes_with_the_sources(tmp_path: Path) -> None:
    kernel = tmp_path / "planning" / "kernel.py"
    kernel.parent.mkdir()
    kernel.write_text("one")
    before = bundle.kernel_mark(tmp_path)
    assert bundle.kernel_mark(tmp_path) == before
    kernel.write_text("two")
    assert bundle.kernel_mark(tmp_path) != before


def test_a_missing_table_of_errors_is_said_and_not_taken_for_perfect_needles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from scipy.stats import qmc

    placement.executions.cache_clear()
    monkeypatch.setattr(qmc.Sobol, "random", lambda _self, n: np.full((n, 6), 0.5))
    with pytest.raises(TrephineError, match="installation is incomplete"):
        placement.executions(64, heavy_tails=False)
    monkeypatch.undo()
    placement.executions.cache_clear()
    assert placement.executions(64, heavy_tails=False).std() == pytest.approx(1.0, abs=0.05)
