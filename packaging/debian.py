"""Makes a Debian package out of the built folder, and says what it needs of the system."""

from __future__ import annotations

import gzip
import platform
import shutil
import subprocess
from pathlib import Path

import bundle_contents as contents
import system_libraries

HOME = Path("usr/lib/trephine")
# What every Debian has, but what a package that needs it has to name.
_BASE = {"libstdc++.so.6": "libstdc++6", "libgcc_s.so.1": "libgcc-s1", "libX11.so.6": "libx11-6"}
_DESCRIPTION = """\
Description: planner for image-guided tumour biopsies (research use only)
 Trephine loads a CT and the masks of tumour and structures at risk, measures
 every needle path, removes the unsafe ones and says why, and ranks the rest.
 .
 Research use only. Not a medical device.
"""


def dependencies() -> list[str]:
    """Return the Debian packages that bring the system libraries the program is linked with."""
    libraries = system_libraries.DRAWING | system_libraries.WINDOW | _BASE
    glibc = platform.libc_ver()[1]
    return sorted({*libraries.values(), f"libc6 (>= {glibc})"})


def control(*, version: str, architecture: str, installed_kb: int) -> str:
    """Return the file by which Debian knows the package."""
    return (
        f"Package: trephine\nVersion: {version}\nArchitecture: {architecture}\n"
        f"Maintainer: {contents.maintainer()}\nInstalled-Size: {installed_kb}\n"
        f"Depends: {', '.join(dependencies())}\n"
        "Section: science\nPriority: optional\n"
        f"{_DESCRIPTION}"
    )


def make(bundle: Path, folder: Path, work: Path) -> Path:
    """Write the package of a built folder into `folder`; return the file.

    Menu entry, icons and file type go where Debian's own triggers find them, so that the package
    runs no script of its own at installation or removal.
    """
    version = contents.version()
    architecture = _said("dpkg", "--print-architecture")
    root = work.parent / "debian"
    shutil.rmtree(root, ignore_errors=True)
    home, papers = root / HOME, root / "usr/share/doc/trephine"
    home.parent.mkdir(parents=True)
    # Hard links: a copy would take another gigabyte.
    subprocess.run(["cp", "-al", str(bundle), str(home)], check=True)
    shutil.move(home / "share", root / "usr/share")
    papers.mkdir(parents=True)
    shutil.move(home / "LICENSES.txt", papers / "copyright")
    shutil.move(home / "trephine.cdx.json", papers / "trephine.cdx.json")
    with gzip.GzipFile(papers / "changelog.gz", "wb", mtime=0) as packed:
        packed.write((contents.ROOT / "CHANGELOG.md").read_bytes())
    (root / "usr/bin").mkdir()
    (root / "usr/bin/trephine").symlink_to(Path("..", "lib", "trephine", "trephine"))
    kilobytes = sum(f.lstat().st_size for f in root.rglob("*") if not f.is_dir()) // 1024
    about = root / "DEBIAN" / "control"
    about.parent.mkdir()
    about.write_text(
        control(version=version, architecture=architecture, installed_kb=kilobytes),
        encoding="utf-8",
    )
    subprocess.run(["chmod", "-R", "u=rwX,go=rX", str(root)], check=True)
    # Every Debian that has the C library it needs reads zstd; xz takes five times as long.
    file = folder / f"trephine_{version}_{architecture}.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zzstd", "-z12", "--build", str(root), str(file)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    shutil.rmtree(root)
    return file


def _said(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
