"""Decodes JPEG pictures with GDCM in a process of its own; chooses no pictures.

GDCM alone decodes lossless and 12-bit JPEG here, and ends the whole program on some damaged ones.
The process is begun with the first picture and used again for the next; one that dies takes only
its picture with it. What goes to and fro is JSON and bytes.
"""

from __future__ import annotations

import json
import multiprocessing
from contextlib import suppress
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.utils import pixel_array

from planning.limits import MOST_SLICE_PIXELS

_PATIENCE_S = 30.0
_MOST_ANSWER = 8 * MOST_SLICE_PIXELS
_MOST_MEMORY = 6 << 30  # bytes of addresses: the libraries alone take one gigabyte
_NUMBERS = (
    *("Rows", "Columns", "SamplesPerPixel", "PlanarConfiguration", "BitsAllocated", "BitsStored"),
    *("HighBit", "PixelRepresentation"),
)
_COLOURS = "PhotometricInterpretation"


class _Decoder:
    """The other process, as long as it lives."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would copy other threads' locks
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, about: dict[str, Any], codestream: bytes) -> NDArray[Any]:
        """Return the picture of a codestream.

        Raises
        ------
        ValueError
            If GDCM cannot decode it.
        EOFError, OSError
            If the process has died or is silent; it is of no use any more then.
        """
        self._line.send_bytes(json.dumps(about).encode())
        self._line.send_bytes(codestream)
        if not self._line.poll(_PATIENCE_S):
            raise EOFError
        said = json.loads(self._line.recv_bytes())
        if "problem" in said:
            raise ValueError(str(said["problem"]))
        held = self._line.recv_bytes(_MOST_ANSWER)
        return np.frombuffer(held, dtype=np.dtype(str(said["dtype"]))).reshape(said["shape"]).copy()

    def end(self) -> None:
        """End the process."""
        self._line.close()
        self._process.kill()
        self._process.join()


_running: list[_Decoder] = []
_lock = Lock()


def decoded_by_gdcm(dataset: Dataset, codestream: bytes, *, raw: bool) -> NDArray[Any]:
    """Return the pixels of one frame.

    Parameters
    ----------
    dataset : Dataset
        Says how large the picture is and how it is stored.
    raw : bool
        As stored; else colours are turned into red, green and blue.

    Raises
    ------
    ValueError
        If they are damaged.
    """
    about: dict[str, Any] = {"raw": raw, "syntax": str(dataset.file_meta.TransferSyntaxUID)}
    about |= {name: int(dataset[name].value) for name in _NUMBERS if name in dataset}
    about[_COLOURS] = str(dataset.get(_COLOURS, "MONOCHROME2"))
    with _lock:
        if not _running:
            _running.append(_Decoder())
        try:
            return _running[0].ask(about, codestream)
        except (EOFError, OSError) as error:
            _running.pop().end()
            raise ValueError("the decoder crashed or took too long") from error


def _serve(line: Connection) -> None:
    """Decode what is asked for until nobody asks any more."""
    with suppress(ImportError, ValueError, OSError):  # of systems that have no such limit
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(EOFError, OSError, KeyboardInterrupt):
        while True:
            about, codestream = json.loads(line.recv_bytes()), line.recv_bytes()
            try:
                found = _picture(about, codestream)
            except Exception as error:  # noqa: BLE001 (whatever it is, it is told)
                reason = next((t for t in str(error).splitlines() if not t.endswith(":")), "")
                line.send_bytes(json.dumps({"problem": reason or type(error).__name__}).encode())
                continue
            said = {"dtype": found.dtype.str, "shape": found.shape}
            line.send_bytes(json.dumps(said).encode())
            line.send_bytes(found.tobytes())


def _picture(about: dict[str, Any], codestream: bytes) -> NDArray[Any]:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = about["syntax"]
    for name in (*_NUMBERS, _COLOURS):
        if name in about:
            setattr(dataset, name, about[name])
    dataset.PixelData = encapsulate([codestream])
    return np.ascontiguousarray(pixel_array(dataset, index=0, raw=about["raw"]))
