"""Makes the papers of resources/docs anew: generated parts, drawings, and the manual's pictures.

    python packaging/papers.py              the generated parts and drawings
    python packaging/papers.py --pictures   the same, and every picture of the manual and the README
    python packaging/papers.py --check      only say what is not as the sources say it now

What people wrote stays as it is: generated parts stand between marks.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "packaging")]
PICTURES = ROOT / "resources" / "docs" / "pictures"
_OPERATOR = "radiologist"
"""Whose name stands in the pictures, instead of that of who makes them."""


def main() -> int:
    """Do what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="change nothing; say what is outdated")
    what.add_argument("--pictures", action="store_true", help="also make every picture")
    asked = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if asked.pictures:
        take_pictures()
    outdated = outdated_papers()
    if asked.check:
        for path in outdated:
            print(f"{path} is not what the sources say now.")
        print("Run: python packaging/papers.py" if outdated else "The papers are up to date.")
        return 1 if outdated else 0
    for path, text in outdated.items():
        (ROOT / path).write_text(text, encoding="utf-8", newline="\n")
        print(f"Written: {path}")
    return 0


def outdated_papers() -> dict[Path, str]:
    """Return the papers whose generated parts differ from the sources, as they have to be."""
    from paperwork.parts import papers_now

    found = {}
    for path, text in papers_now(ROOT).items():
        there = ROOT / path
        if not there.is_file() or there.read_text(encoding="utf-8") != text:
            found[path] = text
    return found


def take_pictures() -> None:
    """Make every picture anew, with settings, cache and a case of their own."""
    os.environ["LOGNAME"] = os.environ["USER"] = _OPERATOR
    if sys.platform.startswith("linux"):
        os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    from app.paths import prepare_kernel_cache

    prepare_kernel_cache()
    from paperwork.scenes import take_all

    PICTURES.mkdir(parents=True, exist_ok=True)
    before = set(PICTURES.glob("*.png"))
    with tempfile.TemporaryDirectory(prefix="trephine-papers-") as work:
        made = take_all(PICTURES, ROOT, Path(work))
    for path in before - set(made):
        path.unlink()
        print(f"Removed: {path.name}, which no scene makes")


if __name__ == "__main__":
    raise SystemExit(main())
