"""Makes the bundled font of Chinese, Japanese and Korean letters out of Noto Sans CJK.

Run by hand, seldom: ``python packaging/fonts.py NotoSansCJK-Regular.ttc`` (of Debian's package
fonts-noto-cjk). Names of patients come in every script. Whatever draws a window on Linux brings
letters of Europe and the Near East along, but not these. The licence lies beside the font.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection

TARGET = Path(__file__).resolve().parent.parent / "resources" / "fonts" / "NotoSansCJK-names.otf"
FACE = "Noto Sans CJK JP"
# Standards behind the character sets of DICOM (PS3.3 C.12.1.1.2), as Python calls them.
CHARACTER_SETS = ("shift_jis", "gb2312", "euc_kr")
BIG5_FREQUENT = [(0xA4, 0xC6)]  # the first level of Big5, for names in traditional characters
HANGUL = range(0xAC00, 0xD7A4)
KANA_AND_MARKS = (*range(0x3000, 0x3100), *range(0x3130, 0x3190), *range(0xFF01, 0xFFE7))
IDEOGRAPHS = range(0x4E00, 0xA000)


def wanted() -> set[int]:
    """Return the code points that names are written in."""
    points = {p for p in IDEOGRAPHS if any(_has(p, name) for name in CHARACTER_SETS)}
    for first, last in BIG5_FREQUENT:
        points |= {p for p in IDEOGRAPHS if first <= _lead(p) <= last}
    return points | set(HANGUL) | set(KANA_AND_MARKS)


def main(source: str) -> int:
    """Write the font."""
    faces = TTCollection(source)
    font = next(face for face in faces if face["name"].getDebugName(1) == FACE)
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["BASE", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=sorted(wanted()))
    subsetter.subset(font)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    font.save(TARGET)
    print(f"{TARGET}: {len(wanted())} characters, {TARGET.stat().st_size / 1e6:.1f} MB")
    return 0


def _has(point: int, character_set: str) -> bool:
    try:
        chr(point).encode(character_set)
    except UnicodeEncodeError:
        return False
    return True


def _lead(point: int) -> int:
    try:
        return chr(point).encode("big5")[0]
    except UnicodeEncodeError:
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
