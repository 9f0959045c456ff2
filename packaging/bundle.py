"""Builds the program that needs no Python: one folder, its papers, and packages of it.

Started by ``python3 packaging/bootstrap.py bundle``; what goes in stands in bundle_contents.py.
``--archive`` packs the folder as tar.xz, ``--deb`` makes the Debian package of it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from importlib.metadata import version as version_of
from pathlib import Path

import app_icons
import bundle_contents as contents
import bundle_papers as papers
import bundle_windows
import debian

ROOT = contents.ROOT
DIST, WORK = ROOT / "dist", ROOT / "build"
BUNDLE = DIST / "trephine"
ICONS = WORK / "icons"
LINUX = ROOT / "packaging" / "linux"
_COMPILERS = ("numba", "llvmlite", "numpy")


class BundleError(Exception):
    """The bundle is not as it has to be."""


def main(arguments: list[str]) -> int:
    """Build what is asked for; return the exit code."""
    parser = argparse.ArgumentParser(prog="bundle", description=__doc__.splitlines()[0])
    parser.add_argument("--archive", action="store_true", help="pack the folder as tar.xz")
    parser.add_argument("--deb", action="store_true", help="make the Debian package")
    wanted = parser.parse_args(arguments)
    began_s = time.monotonic()
    try:
        build()
        print(report(), flush=True)
        if wanted.archive:
            print(f"Archive: {archive()}", flush=True)
        if wanted.deb:
            print(f"Debian package: {debian.make(BUNDLE, DIST, ICONS)}", flush=True)
    except (BundleError, LookupError, subprocess.CalledProcessError) as error:
        print(f"\nNo bundle: {error}", file=sys.stderr)
        return 1
    print(f"{BUNDLE} is ready after {time.monotonic() - began_s:.0f} s.")
    return 0


def build() -> None:
    """Build the folder, with icon, licences, bill of materials and compiled kernels."""
    pngs = app_icons.draw(ICONS)
    icon = {
        "win32": lambda: app_icons.for_windows(pngs, ICONS / "trephine.ico"),
        "darwin": lambda: app_icons.for_mac(pngs, ICONS / "trephine.icns"),
    }.get(sys.platform)
    if sys.platform == "win32":
        bundle_windows.write_installer_lines(WORK / "version.iss")
    freeze(icon() if icon else None)
    drop_symbols(BUNDLE)
    write_papers()
    add_desktop_files(BUNDLE / "share", pngs)
    compile_kernels(BUNDLE)


def freeze(icon: Path | None) -> None:
    """Let PyInstaller put the program and all it needs into one folder."""
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR"]
    command += ["--distpath", str(DIST), "--workpath", str(WORK)]
    variables = os.environ | {"PYTHONPATH": str(ROOT), "TREPHINE_ICON": str(icon or "")}
    # What goes by the order of a set, or by the time, is the same in every build.
    variables |= {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": str(source_date())}
    if sys.platform == "win32":
        resource = bundle_windows.write_version_resource(WORK / "version_resource.txt")
        variables["TREPHINE_VERSION_RESOURCE"] = str(resource)
    spec = str(ROOT / "packaging" / "trephine.spec")
    print("Freezing the program; this takes some minutes", flush=True)
    subprocess.run([*command, spec], check=True, cwd=ROOT, env=variables)


def drop_symbols(bundle: Path) -> None:
    """Take out of libraries what only a debugger reads; on Linux, a tenth of the whole.

    Qt stays as it was published, as the LGPL would have it told otherwise, and so do libraries that
    were rewritten for their wheel, which no longer bear it.
    """
    if sys.platform != "linux" or shutil.which("strip") is None:
        return
    libraries = [
        str(file)
        for file in sorted((bundle / "_internal").rglob("*.so*"))
        if not file.is_symlink() and contents.may_lose_symbols(file.relative_to(bundle).as_posix())
    ]
    subprocess.run(["strip", "--strip-unneeded", *libraries], check=True)


def write_papers() -> None:
    """Write the licences of everything inside into one file, and the bill of materials."""
    inside = json.loads((WORK / "trephine" / "contents.json").read_text(encoding="utf-8"))
    if forbidden := contents.gpl_libraries(inside):
        raise BundleError(f"under the GPL: {', '.join(forbidden)}")
    lock = (ROOT / "packaging" / "requirements.lock").read_text(encoding="utf-8")
    from_linux = [file for file in inside if contents.is_from_linux(file)]
    parts = (
        papers.python_itself(),
        *papers.python_parts(inside, lock),
        *papers.system_parts(from_linux),
    )
    fonts = ROOT / "resources" / "fonts" / "OFL.txt"
    text = papers.notices(parts, ROOT / "LICENSE", fonts)
    (BUNDLE / "LICENSES.txt").write_text(text, encoding="utf-8")
    bill = papers.bill_of_materials(parts, contents.version())
    (BUNDLE / "trephine.cdx.json").write_text(bill, encoding="utf-8")


def add_desktop_files(share: Path, pngs: dict[int, Path]) -> None:
    """Put menu entry, icons and file type where Linux looks for them below a prefix."""
    if sys.platform != "linux":
        return
    icons = share / "icons" / "hicolor"
    targets = {LINUX / "trephine.desktop": share / "applications" / "trephine.desktop"}
    metainfo = share / "metainfo" / f"{contents.APPLICATION_ID}.metainfo.xml"
    targets[LINUX / "trephine-mime.xml"] = share / "mime" / "packages" / "trephine.xml"
    targets[app_icons.DRAWING] = icons / "scalable" / "apps" / "trephine.svg"
    targets |= {png: icons / f"{px}x{px}" / "apps" / "trephine.png" for px, png in pngs.items()}
    for source, target in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    metainfo.parent.mkdir()
    metainfo.write_text(metainfo_text(), encoding="utf-8")


def metainfo_text() -> str:
    """Return what software centres show, with the version and its day."""
    text = (LINUX / "trephine.metainfo.xml").read_text(encoding="utf-8")
    day = time.strftime("%Y-%m-%d", time.gmtime(source_date()))
    told = {"@VERSION@": contents.version(), "@DEVELOPER@": contents.developer(), "@DATE@": day}
    for word, value in told.items():
        text = text.replace(word, value)
    return text


def source_date() -> int:
    """Return the time of the sources (s since 1970): ``SOURCE_DATE_EPOCH``, or the last commit."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    if shutil.which("git"):
        command = ["git", "log", "-1", "--format=%ct"]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
        if done.returncode == 0:
            return int(done.stdout)
    return int((ROOT / "planning" / "__init__.py").stat().st_mtime)


def compile_kernels(bundle: Path) -> None:
    """Let the finished program compile its kernels once, to be copied at each user's first start.

    The sample case is planned in the window besides: what that compiles is what users need.
    """
    kernels = kernels_of(bundle)
    shutil.rmtree(kernels, ignore_errors=True)
    kernels.mkdir(parents=True)
    (kernels / "mark").write_text(kernel_mark() + "\n", encoding="ascii")
    scratch = WORK / "kernels"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    variables = os.environ | {"NUMBA_CACHE_DIR": str(kernels)}
    print("Compiling the kernels with the program itself", flush=True)
    for command in (["compile-kernels"], ["demo", "--headless", "-o", str(scratch / "demo")]):
        run = [str(program(bundle)), *command]
        said = subprocess.run(
            run, check=False, cwd=scratch, env=variables, capture_output=True, text=True
        )
        if said.returncode != 0:
            raise BundleError(f"{' '.join(command)} ended with:\n{said.stderr[-2000:]}")
    for unfinished in kernels.rglob("*.tmp.*"):
        unfinished.unlink()


def kernel_mark(root: Path = ROOT) -> str:
    """Return a word for what the kernels are compiled from, and with what."""
    mark = hashlib.sha256(sys.version.encode())
    for package in _COMPILERS:
        mark.update(f"{package} {version_of(package)}\n".encode())
    for file in sorted((*root.glob("planning/**/*.py"), *root.glob("app/rendering/**/*.py"))):
        mark.update(file.relative_to(root).as_posix().encode() + b"\n" + file.read_bytes())
    return mark.hexdigest()[:16]


def program(bundle: Path) -> Path:
    """Return the program of a bundle."""
    return bundle / ("trephine.exe" if sys.platform == "win32" else "trephine")


def kernels_of(bundle: Path) -> Path:
    """Return where a bundle keeps the kernels it ships."""
    return bundle / "_internal" / "kernels"


def report(bundle: Path = BUNDLE) -> str:
    """Return what takes how much of the disk, in words.

    Raises
    ------
    BundleError
        If it is more than what may be asked of a hospital's workstation.
    """
    parts = contents.shares(bundle)
    total = sum(part.megabytes for part in parts)
    lines = [f"{part.megabytes:7.0f} MB  {_named(part.name)}" for part in parts]
    if total > contents.MOST_UNPACKED_MB:
        raise BundleError("\n".join([*lines, f"{total:.0f} MB are too many."]))
    return "\n".join([*lines, f"{total:7.0f} MB  altogether"])


def _named(part: str) -> str:
    purpose = contents.PURPOSES.get(part, "")
    return f"{part}: {purpose}" if purpose else part


def archive() -> Path:
    """Pack the folder as tar.xz, without the traces of who packed it; return the file.

    Raises
    ------
    BundleError
        If the file is larger than it may be.
    """
    file = DIST / f"trephine-{contents.version()}-{sys.platform}.tar.xz"
    owner = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner"]
    packer = "xz -2 -T0"  # a tenth larger than with -6, in a third of the time
    command = ["tar", *owner, "-C", str(DIST), "-I", packer, "-cf", str(file), BUNDLE.name]
    subprocess.run(command, check=True)
    megabytes = file.stat().st_size / 1e6
    if megabytes > contents.MOST_PACKED_MB:
        raise BundleError(f"{file.name} has {megabytes:.0f} MB; that is too much.")
    return file


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
