"""Every name of the charset files can be read where the system brings letters of Europe only."""

from __future__ import annotations

import os
import subprocess
import sys

from app.presenters.patient_words import names_words
from planning.imaging.dicom_series import list_series

_NAMES = {
    "SCSARAB": "قباني, لنزار",
    "SCSFREN": "Buc, Jérôme",
    "SCSGERM": "Äneas, Rüdiger",
    "SCSGREEK": "Διονυσιος",
    "H31EXAMPLE": "Yamada, Tarou (山田, 太郎 / やまだ, たろう)",
    "H32EXAMPLE": "ﾔﾏﾀﾞ, ﾀﾛｳ (山田, 太郎 / やまだ, たろう)",
    "SCSHBRW": "שרון, דבורה",
    "I2EXAMPLE": "Hong, Gildong (洪, 吉洞 / 홍, 길동)",
    "2008-4": "やまだ, たろう",
    "2008-3": "김희중",
    "SCSRUSS": "Люкceмбypг",
    "X1EXAMPLE": "Wang, XiaoDong (王, 小東)",
    "X2EXAMPLE": "Wang, XiaoDong (王, 小东)",
}
"""By patient ID, as DICOM PS3.5 annexes H to K spell them."""

_DRAWN = """
import sys
from PySide6.QtGui import QFont, QGuiApplication, QImage, QPainter
from app.fonts import add_fonts

application = QGuiApplication([])
families = add_fonts()
assert families, "the bundled font was not taken"

def drawn(letter):
    image = QImage(48, 48, QImage.Format.Format_Grayscale8)
    image.fill(0)
    painter = QPainter(image)
    painter.setPen("white")
    font = QFont()
    font.setPixelSize(32)
    painter.setFont(font)
    painter.drawText(4, 38, letter)
    painter.end()
    return bytes(image.constBits())

box = drawn("\\U0010fffd")  # of private use: no font has it
unseen = [letter for letter in sys.argv[1] if drawn(letter) in (box, drawn(" "))]
print("unseen:", "".join(unseen))
"""


def test_names_of_every_character_set_are_read_right(data_dir):
    found = {
        s.patient.patient_id: names_words(s.patient_names)
        for s in list_series(data_dir / "awkward" / "charsets")
    }
    assert found == _NAMES


def test_letters_that_a_bare_system_lacks_are_drawn_by_the_bundled_font(tmp_path):
    """Without any font of the system: what is drawn then comes from the bundled one."""
    (tmp_path / "fonts.conf").write_text(
        f"<fontconfig><cachedir>{tmp_path}</cachedir></fontconfig>", encoding="ascii"
    )
    letters = "".join(sorted({c for name in _NAMES.values() for c in name if ord(c) > 0x2E7F}))
    assert len(letters) > 25
    done = subprocess.run(
        [sys.executable, "-c", _DRAWN, letters],
        env=os.environ | {"FONTCONFIG_FILE": str(tmp_path / "fonts.conf")},
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    assert done.stdout.strip() == "unseen:"


def test_a_name_given_twice_is_read_once():
    assert names_words(("Muster^Änne", "Muster^Änne")) == "Muster, Änne"
    assert names_words(("", "^Anna")) == "Anna"
    assert names_words(()) == ""
