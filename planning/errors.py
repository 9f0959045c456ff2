"""The errors a user can mend; bugs are not among them and reach the excepthook instead."""

from __future__ import annotations


class TrephineError(Exception):
    """Base of every error whose message is written for the person at the screen."""


class InputError(TrephineError):
    """A file, folder or value that was handed in cannot be used.

    The message names the object, what is wrong with it and what to do next.
    """


class FrameError(TrephineError):
    """Two images that do not share one frame of reference were about to meet."""
