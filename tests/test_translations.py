"""The second languages are complete, and say what the window and the core say in English."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import translations
from app.assembly.looks import let_qt_speak
from app.core_language import tr_core
from app.language import choose_language, tr, tr_count


@pytest.fixture
def german() -> Iterator[None]:
    assert choose_language("de")
    yield
    choose_language("en")


@pytest.mark.parametrize("language", translations.languages())
def test_a_catalogue_says_everything(language):
    assert translations.check(language) == []


@pytest.mark.parametrize("language", translations.languages())
def test_every_count_has_its_two_forms(language):
    counted = [m for m in translations.catalogue(language) if isinstance(m.id, tuple)]
    assert counted
    for message in counted:
        assert len(message.string) == 2
        assert all(message.string)


@pytest.mark.parametrize("language", translations.languages())
def test_spaces_around_a_fragment_and_keys_of_the_menus_stay(language):
    for message in translations.catalogue(language):
        english = message.id[0] if isinstance(message.id, tuple) else message.id
        for said in (message.string,) if isinstance(message.string, str) else message.string:
            assert (
                english[: len(english) - len(english.lstrip())]
                == (said[: len(said) - len(said.lstrip())])
            ), english
            assert english.endswith(" ") == said.endswith(" "), english
            assert english.count("&") == said.count("&"), english


def test_the_window_speaks_german(german):
    assert tr("Research use only. Not a medical device.") == (
        "Nur für die Forschung. Kein Medizinprodukt."
    )
    assert tr("STOP at {depth:.0f} mm", depth=61.7) == "STOPP bei 62 mm"
    assert tr_count("{count} core", "{count} cores", 1) == "1 Stanze"
    assert tr_count("{count} core", "{count} cores", 3) == "3 Stanzen"


@pytest.mark.parametrize(
    ("english", "german_words"),
    [
        (
            "ilium (irregular): cortex met at 34 deg, 1.8 mm thick, 2.2 mm along the needle, "
            "12 mm to drill: 3 mm cortical and 9 mm cancellous",
            "ilium (unregelmäßig): Kortikalis getroffen unter 34 Grad, 1.8 mm dick, 2.2 mm entlang "
            "der Nadel, 12 mm zu bohren: 3 mm kortikal und 9 mm spongiös",
        ),
        (
            "too steep to the scan plane: angle to the slices of 24.0 deg on the best path found, "
            "at most 20.0 deg demanded; 4.0 deg are too much",
            "zu steil zur Schichtebene: Winkel zu den Schichten von 24.0 deg auf dem besten "
            "gefundenen Nadelweg, höchstens 20.0 deg gefordert; 4.0 deg sind zu viel",
        ),
        (
            "PET of 2026-01-05, 3 days before the CT: uptake of at least 40 % of the lesion's 99th "
            "percentile, less necrosis mask by model X 1.2, checked by AB",
            "PET, 2026-01-05, 3 Tage vor dem CT: Anreicherung von mindestens 40 % des "
            "99. Perzentils der Läsion, abzüglich Nekrosemaske von model X 1.2, geprüft von AB",
        ),
        (
            "slices are missing (1 between instance 23 and instance 24, 4.00 mm apart; and at 3 "
            "more places), where neighbours are usually 2.00 mm apart. Load the complete series.",
            "Schichten fehlen (1 zwischen Instanz 23 und Instanz 24, 4.00 mm auseinander; und an 3 "
            "weiteren Stellen), wo Nachbarn gewöhnlich 2.00 mm auseinanderliegen. Die vollständige "
            "Serie laden.",
        ),
        ("no mask of any vessel", "keine Maske: Gefäß"),
        ("Scanned supine, biopsy prone", "CT in Rückenlage, Biopsie in Bauchlage"),
        ("enters a joint or its capsule", "dringt in ein Gelenk oder seine Kapsel ein"),
    ],
)
def test_the_core_s_finished_messages_come_out_german(german, english, german_words):
    assert tr_core(english) == german_words


def test_names_and_keys_in_quotation_marks_are_never_translated(german):
    assert tr_core('case.toml, [case] has no key "nedle"; did you mean "needle"?') == (
        'case.toml, [case] hat keinen Schlüssel "nedle"; gemeint vielleicht „needle“?'
    )


def test_english_again_afterwards():
    assert tr("Plan first: there is nothing to compare.").startswith("Plan first")


def test_qt_s_own_buttons_speak_german(german, qapp, monkeypatch):
    put_in = []
    monkeypatch.setattr(
        qapp, "installTranslator", lambda t: put_in.append(t) or True, raising=False
    )
    assert let_qt_speak(qapp)
    (translator,) = put_in
    assert translator.translate("QPlatformTheme", "Cancel") == "Abbrechen"
