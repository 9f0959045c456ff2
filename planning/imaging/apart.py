"""Reads a file in a process of its own, where a library in C may fall over without harm.

For the few formats whose readers cannot be protected by looking at the file before. What comes back
is JSON: nothing that the other process says is ever run here.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from planning.errors import InputError

_PATIENCE_S = 30.0
_MOST_ANSWER = 1 << 20
_MOST_MEMORY = 4 << 30  # bytes of addresses: the libraries alone take one gigabyte


def read_apart(read: Callable[[Path], object], path: Path) -> object:
    """Return what `read` returns, which has to be plain values that JSON knows.

    Parameters
    ----------
    read : callable
        At the top of a module, so that the other process finds it.

    Raises
    ------
    InputError
        As `read` does, and if the other process crashes or takes too long.
    """
    context = multiprocessing.get_context("spawn")  # a fork would copy the locks of other threads
    heard, said = context.Pipe(duplex=False)
    process = context.Process(target=_read_and_say, args=(read, path, said), daemon=True)
    process.start()
    said.close()
    try:
        answer = json.loads(heard.recv_bytes(_MOST_ANSWER)) if heard.poll(_PATIENCE_S) else {}
    except (EOFError, OSError, ValueError):
        answer = {}
    finally:
        heard.close()
        process.kill()
        process.join()
    if "found" in answer:
        found: object = answer["found"]
        return found
    message = f"{path.name} is damaged: whoever reads it crashes or takes too long. Save it again."
    raise InputError(str(answer.get("problem", message)))


def _read_and_say(read: Callable[[Path], object], path: Path, mouth: Connection) -> None:
    """Read the file and say what came of it."""
    with suppress(ImportError, ValueError, OSError):  # of systems that have no such limit
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = {"found": read(path)}
    except InputError as error:
        answer = {"problem": str(error)}
    mouth.send_bytes(json.dumps(answer).encode())
