"""Whether VTK can draw on this computer, and a scene only if it can; draws nothing itself.

Asked for a window where there is no OpenGL 3.2, VTK hands out one that draws by software of its
own (OSMesa), whether or not that is there: rendering in it would end the process.
"""

from __future__ import annotations

import ctypes
from typing import Any, Final

import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  (registers the OpenGL classes)
from vtkmodules.vtkRenderingCore import vtkRenderWindow

from app.rendering.scene import Scene

_LAST_RESORT = "vtkOSOpenGLRenderWindow"
_NO_DRAWING: Final = ("vtkOpenGLRenderWindow", "vtkRenderWindow")
_OSMESA: Final = (
    *("libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so"),
    *("osmesa.dll", "libOSMesa.8.dylib", "libOSMesa.dylib"),
)


def draws(window: Any) -> bool:
    """Tell whether a window that VTK has handed out can be drawn in; costs nothing where it can."""
    name = window.GetClassName()
    if name == _LAST_RESORT:
        return any(_loads(library) for library in _OSMESA)
    return name not in _NO_DRAWING


def scene_if_it_can_be_drawn(background: str) -> Scene | None:
    """Return an empty scene; None where this computer has no OpenGL that VTK can use."""
    window = vtkRenderWindow()
    return Scene(background, window) if draws(window) else None


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
