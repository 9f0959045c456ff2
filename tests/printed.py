"""What a PDF says, as programs of other people read it, and where its words stand; judges none."""

from __future__ import annotations

import re
import shutil
import subprocess
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_PAGE = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', re.DOTALL)
_WORD = re.compile(
    r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>'
)


@dataclass(frozen=True)
class Word:
    """One word and its box in points, from the upper left corner of its page."""

    page: int
    text: str
    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: Word) -> float:
        """Return the share of the smaller box that both cover; letters alone, not their line."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self._foot, other._foot) - max(self._head, other._head)
        if self.page != other.page or wide <= 0.0 or high <= 0.0:
            return 0.0
        return wide * high / min(self._area, other._area)

    @property
    def _head(self) -> float:
        return self.top + 0.25 * (self.bottom - self.top)

    @property
    def _foot(self) -> float:
        return self.bottom - 0.25 * (self.bottom - self.top)

    @property
    def _area(self) -> float:
        return (self.right - self.left) * (self._foot - self._head)


def text_of(pdf: bytes) -> str:
    """Return all text, its white space made single."""
    return " ".join(_run("pdftotext", "-layout", "-", "-", given=pdf).split())


def plain_text_of(pdf: bytes) -> str:
    """Return all text in the order in which it is read, its white space made single."""
    return " ".join(_run("pdftotext", "-", "-", given=pdf).split())


def words_of(pdf: bytes) -> Iterator[Word]:
    """Yield every word."""
    said = _run("pdftotext", "-bbox", "-", "-", given=pdf)
    for number, page in enumerate(_PAGE.finditer(said)):
        for word in _WORD.finditer(page[3]):
            left, top, right, bottom = map(float, word.groups()[:4])
            yield Word(number, unescape(word[5]), left, top, right, bottom)


def facts_of(pdf: bytes) -> str:
    """Return what the file says of itself."""
    return _run("pdfinfo", "-", given=pdf)


def inflated(pdf: bytes) -> bytes:
    """Return the file's bytes, and behind them those of every stream it holds compressed."""
    found = [pdf]
    for stream in _STREAM.finditer(pdf):
        try:
            found.append(zlib.decompress(stream[1]))
        except zlib.error:
            continue  # a picture, or held as it is
    return b"\n".join(found)


def _run(program: str, *arguments: str, given: bytes) -> str:
    assert shutil.which(program), f"{program} is needed; packaging/bootstrap.py installs it"
    done = subprocess.run([program, *arguments], input=given, capture_output=True, check=True)
    return done.stdout.decode("utf-8")
