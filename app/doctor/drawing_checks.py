"""Judges what draws the window: libraries, OpenGL, fonts; asks none of them."""

from __future__ import annotations

import re

from app.doctor.facts import Drawing
from app.doctor.findings import Finding, State
from app.language import mark
from app.system_needs import line_that_installs

_SOFTWARE = ("llvmpipe", "softpipe", "swrast", "software", "swiftshader", "gdi generic", "basic")
_LEAST_OPENGL = (3, 2)

_SCREEN = mark("Window")
_OPENGL = mark("OpenGL")
_FONTS = mark("Fonts")


def check_screen(drawing: Drawing) -> Finding:
    """Say whether Qt can open a window here."""
    if drawing.missing:
        missing = dict(drawing.missing)
        line = line_that_installs(missing)
        return Finding(
            key="window",
            state=State.FAULT,
            title=_SCREEN,
            found=_LACKS.format(", ".join(missing)),
            advice=_INSTALL.format(line) if line else _INSTALL_THEM,
        )
    if drawing.problem:
        return Finding(
            key="window",
            state=State.FAULT,
            title=_SCREEN,
            found=_NONE.format(drawing.problem),
            advice=_START_ON_A_DESKTOP,
        )
    if drawing.platform in ("offscreen", "minimal"):
        return Finding(
            key="window",
            state=State.NOTE,
            title=_SCREEN,
            found=_NO_SCREEN,
            advice=_START_ON_A_DESKTOP,
        )
    return Finding(key="window", state=State.OK, title=_SCREEN, found=drawing.platform)


def check_opengl(drawing: Drawing) -> Finding:
    """Say what draws in 3-D: nothing, software, or a graphics card."""
    if drawing.problem:
        return Finding(key="opengl", state=State.NOTE, title=_OPENGL, found=_NOT_ASKED)
    if not drawing.opengl:
        return Finding(
            key="opengl",
            state=State.NOTE,
            title=_OPENGL,
            found=_NO_OPENGL,
            advice=_DRIVER,
        )
    found = ", ".join(filter(None, (drawing.vendor, drawing.renderer, drawing.opengl)))
    if version(drawing.opengl) < _LEAST_OPENGL:
        return Finding(key="opengl", state=State.NOTE, title=_OPENGL, found=found, advice=_TOO_OLD)
    if is_software(drawing):
        return Finding(
            key="opengl",
            state=State.NOTE,
            title=_OPENGL,
            found=_BY_SOFTWARE.format(found),
            advice=_FASTER,
        )
    return Finding(key="opengl", state=State.OK, title=_OPENGL, found=found)


def check_fonts(drawing: Drawing) -> Finding:
    """Say whether names in every script can be shown."""
    broken = [font.name for font in drawing.fonts if not font.is_whole or font.loads is False]
    if broken or not drawing.fonts:
        return Finding(
            key="fonts",
            state=State.FAULT,
            title=_FONTS,
            found=_BROKEN.format(", ".join(broken)) if broken else _NO_FONTS,
            advice=_INSTALL_AGAIN,
        )
    if not drawing.cjk_families and not drawing.problem:
        return Finding(
            key="fonts", state=State.NOTE, title=_FONTS, found=_NO_CJK, advice=_INSTALL_AGAIN
        )
    families = ", ".join(drawing.cjk_families[:3])
    found = _WHOLE.format(families) if families else _WHOLE_UNTRIED
    return Finding(key="fonts", state=State.OK, title=_FONTS, found=found)


def is_software(drawing: Drawing) -> bool:
    """Tell whether no graphics card draws."""
    said = f"{drawing.renderer} {drawing.vendor}".lower()
    return any(word in said for word in _SOFTWARE)


def version(opengl: str) -> tuple[int, int]:
    """Return main and minor number of OpenGL's version; zeros where it says none."""
    found = re.search(r"(\d+)\.(\d+)", opengl)
    return (int(found[1]), int(found[2])) if found else (0, 0)


_LACKS = mark("this computer lacks {0}")
_INSTALL = mark("Install it with: {0}")
_INSTALL_THEM = mark("Install them with the system's package program.")
_NONE = mark("Qt opens no window: {0}")
_NO_SCREEN = mark("there is no screen; commands work, the window does not")
_START_ON_A_DESKTOP = mark("Start Trephine on a desktop.")
_NO_OPENGL = mark("there is none that can be used; slices and plans work, 3-D stays empty")
_NOT_ASKED = mark("not known, as no window opens")
_DRIVER = mark("Install the driver of the graphics card, or Mesa for drawing by software.")
_TOO_OLD = mark("3-D needs OpenGL 3.2; install a newer driver.")
_BY_SOFTWARE = mark("{0}, by software")
_FASTER = mark("3-D turns slowly; the driver of a graphics card makes it faster.")
_BROKEN = mark("missing or damaged: {0}")
_NO_FONTS = mark("the bundled fonts are missing")
_INSTALL_AGAIN = mark("Install Trephine again; cases and settings stay.")
_NO_CJK = mark("no font shows Chinese, Japanese or Korean letters")
_WHOLE = mark("bundled ones whole; Chinese, Japanese and Korean by {0}")
_WHOLE_UNTRIED = mark("bundled ones whole; not tried out")
