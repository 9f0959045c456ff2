"""Reads a case in a process of its own, beside the window being made; opens nothing itself.

Reading and the making of the window are both Python, which one lock lets run by turns only. So the
program forks, early and on Linux alone: what is read comes back through an unnamed socket, its
arrays in memory that both processes see. Elsewhere, and whenever the other process ends without an
answer, the case is read here. Pickled is only what this program's own copy says to it: nothing from
a file or from another computer comes this way.
"""

from __future__ import annotations

import mmap
import os
import pickle
import select
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from app.forking import can_fork
from app.reading import Load, load_or_list
from planning.errors import TrephineError
from planning.progress import Progress

_TOLD, _BLOCKS, _READ, _FAILED = "told", "blocks", "read", "failed"
_SHARED_FROM_BYTES = 1 << 16  # smaller ones travel with the rest
_MOST_AT_ONCE = 200  # of the 253 files that Linux lets one message carry
_PACKET_BYTES = 1 << 16
_ASKED_EVERY_S = 0.05


def begin_reading(path: Path, load: Load = load_or_list) -> Load:
    """Begin to read a case in another process and return what waits for it.

    Returns
    -------
    callable
        Takes what `load` takes, once, and returns or raises what it does.
    """
    if not can_fork():
        return load
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    child = os.fork()
    if child == 0:
        ours.close()
        _read_and_end(theirs, path, load)
    theirs.close()
    return _Waiting(ours, child, load)


class _Waiting:
    """The end of the socket at which the window stands."""

    def __init__(self, heard: socket.socket, child: int, load: Load) -> None:
        self._heard = heard
        self._child = child
        self._load = load
        self._blocks: list[memoryview] = []
        self._told = (0.0, "")

    def __call__(self, path: Path, series_uid: str, progress: Progress) -> object:
        """Return what the other process has read, or read it here if it could not.

        Raises
        ------
        TrephineError
            As reading does.
        Cancelled
            If it is no longer wanted; the other process is then ended.
        """
        try:
            kind, answer = self._answer(progress)
        finally:
            self._end()
        if kind == _READ:
            return pickle.loads(answer, buffers=self._blocks)
        if kind == _FAILED:
            raise pickle.loads(answer)
        return self._load(path, series_uid, progress)

    def _answer(self, progress: Progress) -> tuple[str, bytes]:
        """Return what the other process says at last; no kind if it ended without a word."""
        while True:
            progress.report(*self._told)
            if not select.select([self._heard], [], [], _ASKED_EVERY_S)[0]:
                continue
            packet, files, _, _ = socket.recv_fds(self._heard, _PACKET_BYTES, _MOST_AT_ONCE)
            if not packet:
                return "", b""
            kind, said = pickle.loads(packet)
            blocks = [_seen(file, one) for file, one in zip(files, said, strict=False)]
            if kind == _TOLD:
                self._told = said
            elif kind == _BLOCKS:
                self._blocks += blocks
            else:
                return kind, bytes(blocks[0])

    def _end(self) -> None:
        self._heard.close()
        with suppress(ProcessLookupError):
            os.kill(self._child, signal.SIGKILL)  # all it had to say is said
        with suppress(ChildProcessError):
            os.waitpid(self._child, 0)


def _read_and_end(mouth: socket.socket, path: Path, load: Load) -> NoReturn:
    """Read the case and say what came of it; whatever goes wrong, the copy ends here."""
    try:
        progress = Progress(lambda *told: _say(mouth, _TOLD, told))
        try:
            kind, answer = _READ, _complete(load(path, "", progress))
        except TrephineError as error:
            kind, answer = _FAILED, error
        shared: list[pickle.PickleBuffer] = []
        packed = pickle.dumps(answer, 5, buffer_callback=lambda one: _is_small(one, shared))
        for begin in range(0, len(shared), _MOST_AT_ONCE):
            some = [one.raw() for one in shared[begin : begin + _MOST_AT_ONCE]]
            _hand_over(mouth, _BLOCKS, some)
        _hand_over(mouth, kind, [memoryview(packed)])
    finally:
        os._exit(0)  # without a word of what went wrong: that shows where it is read again


def _complete(answer: object) -> object:
    """Wait for what reading left to a thread of its own, which stays behind in this process."""
    from planning.records.case_file import LoadedCase

    if isinstance(answer, LoadedCase):
        _ = answer.images.ct.values_sha256
    return answer


def _is_small(buffer: pickle.PickleBuffer, shared: list[pickle.PickleBuffer]) -> bool:
    """Tell whether an array travels with the rest; keep it to be shared otherwise."""
    if buffer.raw().nbytes < _SHARED_FROM_BYTES:
        return True
    shared.append(buffer)
    return False


def _say(mouth: socket.socket, kind: str, said: object) -> None:
    mouth.send(pickle.dumps((kind, said)))


def _hand_over(mouth: socket.socket, kind: str, blocks: list[memoryview]) -> None:
    """Put blocks into memory that the window's process will see, and give it the files of it."""
    files = [os.memfd_create("trephine-case") for _ in blocks]
    for file, block in zip(files, blocks, strict=True):
        os.truncate(file, block.nbytes)
        with mmap.mmap(file, block.nbytes) as shared:
            shared[:] = block
    said = [(block.nbytes, block.readonly) for block in blocks]
    socket.send_fds(mouth, [pickle.dumps((kind, said))], files)
    for file in files:
        os.close(file)


def _seen(file: int, said: tuple[int, bool]) -> memoryview:
    """Return the block in a file that was handed over; it lasts as long as it is used."""
    length, is_read_only = said
    try:
        view = memoryview(mmap.mmap(file, length))
    finally:
        os.close(file)
    return view.toreadonly() if is_read_only else view
