"""Says what the core said in the window's language; the core itself speaks English only.

The core's messages arrive finished, numbers and names filled in: plans, tables and logs keep them
so. Here each is held against the catalogue's templates ("{0} is missing"), whose parts are taken
out and put into the other language's sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from app.language import ENGLISH, catalogue_entries, language, mark, tr

_PART = re.compile(r"\{(\d+)\}")
_BETWEEN = (re.compile(r"(?<=[.;]) "), re.compile(r"(?<=[:,]) "))
_DEEPEST = 3
_FEWEST_LETTERS = 4  # shorter parts are units and numbers
WORDS = (
    *(mark("supine"), mark("prone"), mark("left-decubitus"), mark("right-decubitus")),
    *(mark("metastasis"), mark("myeloma-lymphoma"), mark("infection"), mark("re-biopsy")),
    *(mark("histology"), mark("molecular"), mark("culture"), mark("flow cytometry")),
    *(mark("reserve"), mark("unknown"), mark("none"), mark("left"), mark("right")),
    *(mark("robot"), mark("aiming-device"), mark("navigated"), mark("freehand")),
    *(mark("tumour"), mark("necrosis"), mark("viable"), mark("habitat"), mark("reactive")),
    *(mark("fluid"), mark("collection"), mark("bone"), mark("vessel"), mark("nerve")),
    *(mark("joint"), mark("organ"), mark("lung"), mark("pleura"), mark("canal")),
    *(mark("muscle"), mark("forbidden"), mark("corridor"), mark("no_entry"), mark("skin")),
    *(mark("ignore"), mark("long"), mark("flat"), mark("vertebra"), mark("irregular")),
    *(mark("needle"), mark("guidance"), mark("position"), mark("indication"), mark("protocol")),
    *(mark("entry"), mark("tip"), mark("uptake"), mark("signal"), mark("derived")),
    *(
        mark("1 entry"),
        mark("{0} entries"),
        mark("1 day"),
        mark("{0} days"),
        mark("before"),
        mark("after"),
    ),
    *(mark("no mask"), mark("no masks"), mark("{0} mask"), mark("{0} masks"), mark("whole {0}")),
    *(mark("{0} mask by {1}"), mark("{0} mask of {1}"), mark("less {0}"), mark("checked by {0}")),
    *(mark("Bone trephine {0}"), mark("Powered bone trephine {0}"), mark("Side-notch needle {0}")),
    *(mark("Full-core needle {0}"), mark("Aspiration needle {0}"), mark("Introducer {0}")),
    *(mark("Drilled bone cannula {0}"), mark("Hand drill {0} mm"), mark("coaxial")),
    *(mark("short throw"), mark("through a drilled {0} cannula"), mark("{0} ({1})")),
)
"""Words of the core that people read, and names of needles: what is too short to be told from a key
by whoever collects the core's sentences.
"""


@dataclass(frozen=True, slots=True)
class _Template:
    pattern: re.Pattern[str]
    said: str


def tr_core(text: str) -> str:
    """Return a message of the core in the chosen language; as it is where nobody translated it."""
    return text if language() == ENGLISH else _said(language(), text, _DEEPEST).text


@dataclass(frozen=True, slots=True)
class _Said:
    """A message in the chosen language, and how many of its letters nobody translated."""

    text: str
    left: int


@lru_cache(maxsize=4096)
def _said(code: str, text: str, deepest: int) -> _Said:
    """Try the whole, every template and the sentences one by one; take what leaves least over."""
    bare = text.strip()
    whole = tr(bare)
    if whole != bare or not bare:
        return _Said(text.replace(bare, whole) if bare else text, 0)
    letters = sum(letter.isalpha() for letter in bare)
    best = _Said(text, letters)
    if deepest == 0 or letters < _FEWEST_LETTERS:
        return best
    for found in (*_by_template(code, text, deepest - 1), *_by_sentence(code, text, deepest - 1)):
        if found.left < best.left:
            best = found
    if best.left == letters and bare.endswith((".", ",", ":", ";")):
        unended = _said(code, bare[:-1], deepest)
        return _Said(f"{unended.text}{bare[-1]}", unended.left)
    return best


def _by_template(code: str, text: str, deepest: int) -> Iterator[_Said]:
    for template in _templates(code):
        found = template.pattern.fullmatch(text)
        if found is not None:
            parts = [_said(code, part, deepest) for part in found.groups()]
            said = template.said.format(*(part.text for part in parts))
            yield _Said(said, sum(part.left for part in parts))


def _by_sentence(code: str, text: str, deepest: int) -> Iterator[_Said]:
    for between in _BETWEEN:
        pieces = between.split(text)
        if len(pieces) > 1:
            parts = [_said(code, piece, deepest) for piece in pieces]
            yield _Said(" ".join(part.text for part in parts), sum(part.left for part in parts))


@lru_cache(maxsize=2)
def _templates(code: str) -> tuple[_Template, ...]:
    """Return the templates with parts, those with most words of their own first."""
    del code  # only tells the languages' templates apart
    made = [
        (-len(_PART.sub("", english)), english, said)
        for english, said in catalogue_entries()
        if _PART.search(english)
    ]
    return tuple(
        _Template(re.compile(_pattern(english), re.DOTALL), said)
        for _, english, said in sorted(made)
    )


def _pattern(english: str) -> str:
    """Return a regular expression of a template, one group for each part in the order of it."""
    pieces = [_plain(piece) for piece in _PART.split(english)[::2]]
    pattern = re.escape(pieces[0])
    for before, piece in pairwise(pieces):
        hangs_on = before[-1:].strip()  # such a part begins with its own space, and may be empty
        pattern += f"(.{'*' if hangs_on else '+'}?){re.escape(piece)}"
    return pattern


def _plain(text: str) -> str:
    return text.replace("{{", "{").replace("}}", "}")
