"""The window's languages: sentences with parts, the core's finished messages, what is missing."""

from __future__ import annotations

import gettext
from collections.abc import Iterator

import pytest

from app import core_language, language
from app.core_language import tr_core, tr_name
from app.language import choose_language, tr, tr_count

ENTRIES = {
    "STOP at {depth} mm": "STOPP bei {depth} mm",
    "{0} is missing between z = {1} and {2} mm": "Zwischen z = {1} und {2} mm fehlt {0}",
    "Series {0}: {1}": "Serie {0}: {1}",
    "slice {0}": "Schicht {0}",
    "Choose another series.": "Eine andere Serie wählen.",
    "{0}: through a broken cortex{1}, then {2}": "{0}: durch eine offene Kortikalis{1}, dann {2}",
    "{0} ({1})": "{0} [{1}]",
    "a {{brace}} stays around {0}": "eine {{Klammer}} bleibt um {0}",
}


@pytest.fixture
def german(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    made = gettext.NullTranslations()
    made._catalog = ENTRIES  # type: ignore[attr-defined]
    monkeypatch.setattr(made, "gettext", lambda text: ENTRIES.get(text, text))
    monkeypatch.setattr(language, "_catalogue", made)
    monkeypatch.setattr(language, "_language", "xx")
    core_language._said.cache_clear()
    core_language._templates.cache_clear()
    yield
    core_language._said.cache_clear()
    core_language._templates.cache_clear()


def test_a_sentence_is_said_with_its_parts(german):
    assert tr("STOP at {depth} mm", depth=60) == "STOPP bei 60 mm"
    assert tr("never translated {x}", x=1) == "never translated 1"


def test_counts_have_their_own_words():
    assert tr_count("{count} core", "{count} cores", 1) == "1 core"
    assert tr_count("{count} core", "{count} cores", 3) == "3 cores"


def test_a_finished_message_is_said_by_its_template_in_any_order_of_parts(german):
    said = tr_core("Series 4: slice 57 is missing between z = 112.0 and 117.0 mm")
    assert said == "Zwischen z = 112.0 und 117.0 mm fehlt Serie 4: Schicht 57"


def test_sentences_are_said_one_by_one_where_the_whole_is_not_known(german):
    said = tr_core("slice 3 is missing between z = 1 and 2 mm. Choose another series.")
    assert said.endswith("Eine andere Serie wählen.")
    assert "fehlt" in said


def test_a_part_that_hangs_on_a_word_may_be_empty(german):
    said = tr_core("Ilium: through a broken cortex, then bone")
    assert said == "Ilium: durch eine offene Kortikalis, dann bone"
    said = tr_core("Ilium: through a broken cortex (486 mm2), then bone")
    assert said == "Ilium: durch eine offene Kortikalis (486 mm2), dann bone"


def test_details_in_brackets_are_said_on_their_own(german):
    assert tr_core("Choose another series. (slice 4)") == "Eine andere Serie wählen. [Schicht 4]"


def test_pieces_are_said_whatever_they_end_in(german):
    assert tr_core("slice 4, 89 mm") == "Schicht 4, 89 mm"
    assert tr_core("slice 4: Choose another series.") == "Schicht 4: Eine andere Serie wählen."


def test_braces_of_a_message_stay(german):
    assert tr_core("a {brace} stays around it") == "eine {Klammer} bleibt um it"


def test_what_nobody_translated_stays_as_it_is(german):
    assert tr_core("Something new happened.") == "Something new happened."


def test_an_unknown_language_leaves_english():
    assert not choose_language("qq")
    assert language.language() == "en"
    assert tr_core("Choose another series.") == "Choose another series."
    assert choose_language("en")


def test_a_side_and_a_name_are_said_together_if_both_are_known(german, monkeypatch):
    more = {"sacroiliac joint": "Iliosakralgelenk", "right {name}": "{name} rechts"}
    monkeypatch.setattr(language, "_catalogue", _catalogue_of({**ENTRIES, **more}), raising=True)
    core_language._said.cache_clear()
    assert tr_name("right sacroiliac joint") == "Iliosakralgelenk rechts"
    assert tr_name("right colon") == "right colon"
    assert tr_name("slice of ureter") == "slice of ureter", "half a name is none"


def test_what_follows_a_colon_may_hold_commas_of_its_own(german, monkeypatch):
    rule = "the tract lies there, so that both can be excised"
    monkeypatch.setattr(
        language, "_catalogue", _catalogue_of({rule: "der Kanal liegt dort"}), raising=True
    )
    core_language._said.cache_clear()
    core_language._templates.cache_clear()
    assert tr_core(f"tract: {rule}") == "tract: der Kanal liegt dort"


def _catalogue_of(entries: dict[str, str]) -> gettext.NullTranslations:
    made = gettext.NullTranslations()
    made._catalog = entries  # type: ignore[attr-defined]
    made.gettext = lambda text: entries.get(text, text)  # type: ignore[method-assign]
    return made
