"""Asks Qt and VTK what they draw with, in a process of its own, which they may end; judges nothing.

The process prints one line of JSON. Whatever Qt and VTK write before it is left alone.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from app import system_needs
from app.doctor.facts import Drawing, FontFile
from app.paths import resources_dir
from app.telling import has_screen
from planning.errors import TrephineError

PROBE = "probe-drawing"
_PATIENCE_S = 60.0
_CODE = str(Path(__file__).resolve().parents[2])
_SAID = re.compile(r"OpenGL (vendor|renderer|version) string:\s*(.+)")
_CJK = {"Chinese": "患", "Japanese": "あ", "Korean": "환"}
_WHOLE_SUM = 0xB1B0AFBA  # OpenType 1.9, table "head", checkSumAdjustment
_SFNT = (b"OTTO", b"\x00\x01\x00\x00", b"true")


def ask_what_draws() -> Drawing:
    """Return what draws here; a process that dies on it says so, and takes nothing along."""
    wholeness = {file.name: is_whole_font(file.read_bytes()) for file in _font_files()}
    has_x = sys.platform.startswith("linux") and bool(os.environ.get("DISPLAY"))
    missing = tuple(system_needs.missing(system_needs.needed(screen=has_x)).items())
    said, problem = _asked()
    loads: dict[str, bool] = said.get("fonts", {})
    return Drawing(
        problem=problem,
        platform=said.get("platform", ""),
        vendor=said.get("vendor", ""),
        renderer=said.get("renderer", ""),
        opengl=said.get("version", ""),
        fonts=tuple(
            FontFile(name=name, is_whole=whole, loads=loads.get(name))
            for name, whole in wholeness.items()
        ),
        cjk_families=tuple(said.get("cjk", ())),
        missing=missing,
    )


def is_whole_font(data: bytes) -> bool:
    """Tell whether an OpenType file has the sum that it had when it was made."""
    if data[:4] not in _SFNT or len(data) % 4:
        return False
    words = memoryview(data).cast("I")
    total = sum(words)
    if sys.byteorder == "little":
        total = sum(int.from_bytes(data[i : i + 4], "big") for i in range(0, len(data), 4))
    return total & 0xFFFFFFFF == _WHOLE_SUM


def main() -> None:
    """Print what draws in this process."""
    from PySide6.QtGui import QFontDatabase, QGuiApplication, QRawFont
    from PySide6.QtWidgets import QApplication

    application = QApplication(sys.argv[:1])
    said: dict[str, Any] = {"platform": QGuiApplication.platformName(), "fonts": {}}
    for file in _font_files():
        said["fonts"][file.name] = QFontDatabase.addApplicationFont(str(file)) >= 0
    cjk = []
    for family in QFontDatabase.families():
        font = QRawFont.fromFont(QFontDatabase.font(family, "", 12))
        if font.familyName() == family and all(map(font.supportsCharacter, _ordinals())):
            cjk.append(family)
    said["cjk"] = cjk
    said |= _opengl()
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
    del application
    os._exit(0)  # how a driver takes itself apart is not asked


def _opengl() -> dict[str, str]:
    from vtkmodules.vtkRenderingCore import vtkRenderWindow

    from app.rendering.opengl import draws

    window: Any = vtkRenderWindow()
    if not draws(window):
        return {}
    window.SetOffScreenRendering(1)
    window.SetShowWindow(False)  # noqa: FBT003
    window.Render()
    return {key: value.strip() for key, value in _SAID.findall(window.ReportCapabilities())}


def _ordinals() -> list[int]:
    return [ord(letter) for letter in _CJK.values()]


def _font_files() -> list[Path]:
    try:
        return sorted((resources_dir() / "fonts").glob("*.otf"))
    except TrephineError:
        return []


def _asked() -> tuple[dict[str, Any], str]:
    installed = getattr(sys, "frozen", False)
    code = "from app.doctor.drawing_probe import main; main()"
    command = [sys.executable, PROBE] if installed else [sys.executable, "-c", code]
    search = os.pathsep.join(filter(None, (_CODE, os.environ.get("PYTHONPATH", ""))))
    environment = {**os.environ, "PYTHONPATH": search}
    if not has_screen() and not environment.get("QT_QPA_PLATFORM"):
        environment["QT_QPA_PLATFORM"] = "offscreen"
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, timeout=_PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        return {}, f"no answer within {_PATIENCE_S:.0f} s"
    except OSError as error:
        return {}, error.strerror or type(error).__name__
    for line in reversed(done.stdout.decode("utf-8", "replace").splitlines()):
        with suppress(ValueError):
            said = json.loads(line)
            if isinstance(said, dict):
                return said, ""
    return {}, _last_words(done.returncode, done.stderr.decode("utf-8", "replace"))


def _last_words(code: int, stderr: str) -> str:
    """Return why a process said nothing: what it wrote last, or the signal that ended it."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    failed = [line for line in lines if "Error" in line or "failed to start" in line]
    if failed or not code < 0:
        return (failed or lines or [f"exit code {code}"])[-1][:200]
    return f"the process was ended by signal {-code}"
