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
_ENDS = ".,:;"
_DEEPEST = 5
_FEWEST_LETTERS = 4  # shorter parts are units and numbers
_SIDES = {"left": mark("left {name}"), "right": mark("right {name}")}
_LONGEST = 600  # of one sentence; matching takes much longer the longer a text is
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
    *(mark("under"), mark("outside"), mark("lies"), mark("lie"), mark("hard"), mark("caution")),
    *(mark("mask"), mark("habitats"), mark("entropy"), mark("density"), mark("coaxial")),
)
"""Single words of the core that people read: only sentences can be told from its keys."""
FRAGMENTS = (
    *(mark("no mask"), mark("no masks"), mark("no trusted mask")),
    *(mark("viable mask"), mark("viable masks"), mark("tumour masks"), mark("necrosis masks")),
    *(mark("tumour mask by {0}"), mark("tumour mask by {0} of {1}"), mark("tumour mask of {0}")),
    *(mark("viable mask by {0}"), mark("viable mask by {0} of {1}"), mark("viable mask of {0}")),
    *(mark("necrosis mask by {0}"), mark("necrosis mask by {0} of {1}")),
    *(mark("necrosis mask of {0}"), mark("whole {0}"), mark("{0}, less {1}")),
    *(mark("{0}, checked by {1}"), mark("{0}, origin not stated")),
    *(mark("PET of {0}"), mark("MR of {0}"), mark("the PET"), mark("the MR")),
    *(mark("{0}, 1 day before the CT"), mark("{0}, {1} days before the CT")),
    *(mark("{0}, 1 day after the CT"), mark("{0}, {1} days after the CT")),
    *(mark("1 slice"), mark("{0} slices"), mark("1 entry"), mark("{0} entries")),
    *(mark("blocked: {0}"), mark("opens: {0}"), mark("guidance {0}"), mark("needle {0}")),
    *(mark("needle {0} ({1})"), mark("strategy {0}: {1}"), mark("and on the same path {0}")),
    *(mark("{0} is on: {1}"), mark("{0} is now {1}: {2}"), mark("{0}, but {1}")),
    *(mark("Reading {0}"), mark("Series {0}"), mark("Series {0}: {1}"), mark("instance {0}")),
    *(mark("label {0}"), mark("Habitat {0}"), mark('Protocol "{0}"'), mark('{0} needs a "{1}".')),
    *(mark("below {0} {1}"), mark("{0} to {1} {2}"), mark("operator {0}")),
    *(mark("facet joint {0}"), mark("{0} mm thick"), mark("more than {0}"), mark("{0} ({1})")),
    *(mark("thinner than the CT resolves: at most {0} mm"), mark("and at {0} more places")),
    *(mark("Bone trephine {0}"), mark("Powered bone trephine {0}"), mark("Side-notch needle {0}")),
    *(mark("Full-core needle {0}"), mark("Aspiration needle {0}"), mark("Introducer {0}")),
    *(mark("Drilled bone cannula {0}"), mark("Hand drill {0} mm"), mark("short throw")),
    mark("through a drilled {0} cannula"),
)
"""Pieces of the core's sentences, and names of needles, that hold too few words to be told from its
keys and formats.
"""


@dataclass(frozen=True, slots=True)
class _Template:
    pattern: re.Pattern[str]
    said: str
    names: frozenset[int]
    """Parts in quotation marks: names and keys, which are never translated."""


def tr_core(text: str) -> str:
    """Return a message of the core in the chosen language; as it is where nobody translated it."""
    return text if language() == ENGLISH else _said(language(), text, _DEEPEST).text


def tr_name(name: str) -> str:
    """Return a structure's name in the chosen language if all of it is known there; else as it is.

    Names come from files as well: half of one in another language would be none.
    """
    if language() == ENGLISH:
        return name
    said = _said(language(), name, _DEEPEST)
    return said.text if said.left < _FEWEST_LETTERS else name


@dataclass(frozen=True, slots=True)
class _Said:
    """A message in the chosen language, and how many of its letters nobody translated."""

    text: str
    left: int


@lru_cache(maxsize=4096)
def _said(code: str, text: str, deepest: int) -> _Said:
    """Try the whole, every template and the sentences one by one; take what leaves least over."""
    bare = text.strip()
    if not bare:
        return _Said(text, 0)
    for known in (text, bare):
        if (whole := tr(known)) != known:
            return _Said(text.replace(known, whole), 0)
    letters = sum(letter.isalpha() for letter in bare)
    best = _Said(text, letters)
    if deepest == 0 or letters < _FEWEST_LETTERS:
        return best
    for way in (_by_side, _by_template, _by_sentence, _by_colon):
        for found in way(code, text, deepest - 1):
            best = found if found.left < best.left else best
    if best.left == letters and bare[-1] in _ENDS:
        unended = _said(code, bare[:-1], deepest)
        return _Said(text.replace(bare, f"{unended.text}{bare[-1]}"), unended.left)
    return best


def _by_template(code: str, text: str, deepest: int) -> Iterator[_Said]:
    for template in _templates(code) if len(text) <= _LONGEST else ():
        found = template.pattern.fullmatch(text)
        if found is not None:
            parts = [
                _Said(part, 0) if number in template.names else _said(code, part, deepest)
                for number, part in enumerate(found.groups())
            ]
            said = template.said.format(*(part.text for part in parts))
            yield _Said(said, sum(part.left for part in parts))


def _by_sentence(code: str, text: str, deepest: int) -> Iterator[_Said]:
    for between in _BETWEEN:
        pieces = between.split(text)
        if len(pieces) > 1:
            parts = [_said(code, piece, deepest) for piece in pieces]
            yield _Said(" ".join(part.text for part in parts), sum(part.left for part in parts))


def _by_colon(code: str, text: str, deepest: int) -> Iterator[_Said]:
    """Try what stands before the first colon and what follows, which may hold commas of its own."""
    before, colon, after = text.partition(": ")
    if colon:
        head, tail = _said(code, f"{before}:", deepest), _said(code, after, deepest)
        yield _Said(f"{head.text} {tail.text}", head.left + tail.left)


def _by_side(code: str, text: str, deepest: int) -> Iterator[_Said]:
    """Try a side of the body and a name, of which all has to be known."""
    side, _, name = text.partition(" ")
    if side in _SIDES and name:
        said = _said(code, name, deepest)
        if said.left < _FEWEST_LETTERS and said.text != name:
            yield _Said(tr(_SIDES[side], name=said.text), 0)


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
        _Template(re.compile(_pattern(english), re.DOTALL), said, _names(english))
        for _, english, said in sorted(made)
    )


def _pattern(english: str) -> str:
    """Return a regular expression of a template, one group for each part in the order of it."""
    pieces = _PART.split(english)[::2]
    return "(.*?)".join(re.escape(_plain(piece)) for piece in pieces)


def _names(english: str) -> frozenset[int]:
    """Return which parts of a template, counted from left, stand in quotation marks."""
    pieces = _PART.split(english)[::2]
    return frozenset(
        number
        for number, (before, after) in enumerate(pairwise(pieces))
        if before.endswith('"') and after.startswith('"')
    )


def _plain(text: str) -> str:
    return text.replace("{{", "{").replace("}}", "}")
