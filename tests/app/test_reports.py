"""Reports say what the plan says, on the right side, to whom they may, and within their pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from app.language import choose_language
from app.presenters.looks import first_styles
from app.reports.document import KINDS, report
from app.reports.lesion_words import parts_of
from app.reports.source import source_of
from app.reports.words import NOT_STATED
from planning.geometry import vec3
from planning.handover.content import HandOver
from planning.handover.deidentified import deidentified
from planning.image import Mask
from planning.model.case import Role, Structure
from planning.model.clinical import Clinical
from planning.model.core_set import Core, CoreSet, Purpose, Tract
from planning.model.plan import NotChecked, Notice
from planning.progress import SILENT
from planning.records.approval_file import plan_sha256
from tests import oblique_case
from tests.printed import Word, facts_of, inflated, plain_text_of, text_of, words_of

pytestmark = pytest.mark.usefixtures("qapp")

STORY = Clinical(
    question="Which tumour is it?",
    hypothesis="chondrosarcoma",
    level="S1",
    breath_phase="shallow expiration",
    incision="along the crest",
)
_PAGE_PT = (595.3, 841.9)
_MARGIN_PT = 28.0


def pdf_of(what: HandOver, kind: str) -> bytes:
    (document,) = report(what, kind, SILENT)
    return document.pdf


def with_story(story: Clinical = STORY) -> HandOver:
    what = oblique_case.hand_over()
    assert what.case is not None
    return replace(what, case=replace(what.case, clinical=story))


def sided(right: bool) -> HandOver:
    """Return the case with a pair of hip bones, and lesion and needle on one side of it."""
    what = oblique_case.hand_over()
    case, images = what.case, what.images
    assert case is not None
    assert images is not None
    grid = images.ct.grid
    k, j, i = np.indices(grid.shape_kji)
    points = grid.lps_from_index(np.stack([i, j, k], axis=-1).reshape(-1, 3))
    middle = np.array(grid.centre_lps_mm)
    sign = -1.0 if right else 1.0

    def ball(x_mm: float, radius_mm: float) -> Mask:
        away = np.linalg.norm(points - middle - (x_mm, 0.0, 0.0), axis=1)
        inside = (away < radius_mm).reshape(grid.shape_kji)
        return Mask(grid=grid, inside=inside, frame_of_reference_uid=oblique_case.FRAME)

    masks = {"left": ball(34.0, 8.0), "right": ball(-34.0, 8.0), "at": ball(sign * 25.0, 6.0)}
    bones = tuple(
        Structure(name=f"hip_{side}", role=Role.BONE, mask_id=side) for side in ("left", "right")
    )
    pair = tuple(  # two estimates of the midline are wanted
        Structure(name=f"femur_{side}", role=Role.BONE, mask_id=side) for side in ("left", "right")
    )
    lesion = Structure(name="lesion", role=Role.TUMOUR, mask_id="at")
    entry = vec3(middle + np.array((sign * 20.0, 12.0, 0.0)))
    moved = replace(
        what.chosen[0],
        trajectory=replace(what.chosen[0].trajectory, entry_lps_mm=entry),
    )
    return replace(
        what,
        case=replace(case, structures=(lesion, *bones, *pair)),
        images=replace(images, masks=masks),
        chosen=(moved,),
    )


@pytest.fixture(scope="module")
def pages(qapp: object) -> dict[str, bytes]:
    return {kind: pdf_of(with_story(), kind) for kind in KINDS}


@pytest.fixture
def german() -> Iterator[None]:
    choose_language("de")
    yield
    choose_language("en")


def test_every_page_says_whose_it_is_and_what_it_may_be_used_for(pages: dict[str, bytes]):
    what = with_story()
    for pdf in pages.values():
        count = int(re.search(r"Pages:\s+(\d+)", facts_of(pdf))[1])
        said = text_of(pdf)
        for words in (
            *("Mustermann, Jürgen Ö", "ID PID-4711-X, born 1960-02-03, sex M"),
            *("Research use only. Not a medical device.", f"Trephine {what.plan.software_version}"),
            *(plan_sha256(what.plan), "Approved by Weber, 2026-11-26 12:00"),
        ):
            assert said.count(words) >= count, words
        assert f"Page {count} of {count}" in said


def test_the_room_sheet_has_the_numbers_of_the_plan(pages: dict[str, bytes]):
    said, read = text_of(pages["room"]), plain_text_of(pages["room"])
    assert "Pages: 2" in " ".join(facts_of(pages["room"]).split())  # one page for each core
    for number, candidate in enumerate(with_story().chosen, start=1):
        criteria = candidate.criteria
        assert f"Core {number} of 2: Trajectory {number}" in said
        assert f"STOP at {criteria['stop_depth_mm']:.0f} mm," in said
        assert f"then fire to {criteria['insertion_depth_mm']:.0f} mm" in said
        x, y, z = candidate.trajectory.entry_lps_mm
        assert f"Entry at L {x:.1f} P {y:.1f} H {z:.1f} mm (LPS)" in read
        for near in candidate.nearest:
            assert f"{near.clearance_mm:.1f} mm at {near.depth_mm:.0f} mm depth" in read
    for words in ("Breath phase shallow expiration", "level: S1", "prone; SCANNED supine"):
        assert words in said
    for words in ("TIME-OUT", "Tattoo:", "Skin mark and tattoo", "Not checked", "nerve Mustermann"):
        assert words in said
    assert "the skin moves when the patient turns" in read


def test_the_board_report_says_why_who_and_what_else(pages: dict[str, bytes]):
    said = text_of(pages["board"]) + plain_text_of(pages["board"])
    for words in (
        *("Which tumour is it?", "chondrosarcoma", "Dr. Weber", "along the crest"),
        *("model X: made by a program (AI or formula)", "2026-11-21", "NOBODY STATED"),
        *("tumour mask by model X of 2026-11-21, checked by Weber", "Rejected alternatives"),
        *("1,000 paths were tried", "600", "398", "too close to a vessel", "Incision line"),
    ):
        assert words in said, words


def test_what_nobody_said_is_not_invented():
    what = with_story(Clinical())
    assert what.case is not None
    what = replace(what, case=replace(what.case, surgeon="", remarks=""), approval_json="")
    said = text_of(pdf_of(replace(what, is_approved=False), "board"))
    for name in ("Why biopsy", "Hypothesis", "Operating surgeon", "Level", "Incision line"):
        assert f"{name} {NOT_STATED}" in said
    assert "Nobody has approved this plan." in said
    assert "DRAFT, NOT APPROVED" in said


@pytest.mark.parametrize("right", [True, False])
def test_left_and_right_are_those_of_the_masks(right: bool):
    what, side, other = sided(right), *(("RIGHT", "LEFT") if right else ("LEFT", "RIGHT"))
    for kind in KINDS:
        said = text_of(pdf_of(what, kind))
        assert f"{side}: ilium" in said
        assert f"{other}: ilium" not in said
    said = plain_text_of(pdf_of(what, "room"))
    assert f"20 mm to patient {side} of the midline" in said
    assert f"{side} ilium" in said
    assert "patient RIGHT on the right" in said  # prone, seen from the feet
    case = what.case
    assert case is not None
    supine = replace(
        what,
        plan=replace(what.plan, patient_position="supine"),
        case=replace(case, patient_position=case.ct_position),
    )
    assert "patient RIGHT on the left" in plain_text_of(pdf_of(supine, "room"))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_deidentified_report_names_nobody(kind: str):
    pdf = pdf_of(deidentified(with_story(), "a secret"), kind)
    held = inflated(pdf).lower()
    said = text_of(pdf) + facts_of(pdf)
    for word in (
        *("Mustermann", "Jürgen", "Weber", "Becken", "PID-4711-X", "ACC998877", "ST5566"),
        *("1960-02-03", "03.02.1960", "2026", "1.2.826.77", "066Y", "Läsion links"),
        *STORY_WORDS,
    ):
        assert word.lower() not in said.lower(), word
        for encoding in ("utf-8", "latin-1", "utf-16-be", "utf-16-le"):
            assert word.lower().encode(encoding) not in held, word
    assert "De-identified: Case" in said
    assert "Approved; by whom was removed" in said
    open_said = text_of(pdf_of(with_story(), kind)) + facts_of(pdf_of(with_story(), kind))
    assert "Mustermann" in open_said  # the search finds what it looks for
    assert "2026" in open_said


STORY_WORDS = ("Which tumour", "chondrosarcoma", "shallow expiration", "along the crest")


def crowded() -> HandOver:
    """Return the case with names as long as they come, a dozen structures and five cores."""
    what = with_story()
    case, images = what.case, what.images
    assert case is not None
    assert images is not None
    long = "musculus_extraordinarius_longissimus_et_latissimus_dexter_pars_profunda"
    nerve = case.structures[1]
    structures = (
        case.structures[0],
        *(replace(nerve, name=f"{long}_{n}", made_by=f"Modell {n} " * 6) for n in range(12)),
    )
    near = what.chosen[0].nearest[0]
    first = replace(
        what.chosen[0],
        nearest=tuple(replace(near, structure=f"{long}_{n}", clearance_mm=n) for n in range(4)),
        compartments=tuple((f"{long}_{n}", 3.0) for n in range(5)),
        warnings=tuple(Notice(f"n{n}", f"{n}: {'eine lange Warnung ' * 6}") for n in range(5)),
    )
    chosen = tuple(replace(first, candidate_id=f"c{n}", rank=n) for n in range(1, 6))
    cores = tuple(
        Core(
            candidate=c,
            purpose=Purpose.FLOW_CYTOMETRY,
            container="fresh, in saline or transport medium",
            advice="To the laboratory at once.",
            tissue_mm3=40.0,
        )
        for c in chosen
    )
    core_set = CoreSet(
        cores=cores,
        expected_mm={"viable": 12.5},
        coverage={"enough": 0.75},
        effective_habitats=1.0,
        gap=0.0,
        scenarios=256,
        tested=40,
        spacing_mm=0.0,
        method="",
        tract=Tract(entries=5, length_mm=79.0, structures=tuple(f"{long}_{n}" for n in range(5))),
    )
    plan = replace(
        what.plan,
        case_name="Ein Fall mit einem wirklich sehr langen Namen " * 4,
        candidates=chosen,
        core_set=core_set,
        not_checked=tuple(NotChecked(f"{long}_{n}", "no mask") for n in range(20)),
    )
    name = "Freifrau von und zu Hohenstein-Wolkenburg^Maximiliane Alexandra Theodora^^Prof. Dr."
    patient = replace(case.patient, name=name, patient_id="9" * 64)
    story = replace(STORY, question="Warum diese Biopsie gemacht wird. " * 40)
    return replace(
        what,
        plan=plan,
        chosen=chosen,
        case=replace(case, structures=structures, patient=patient, clinical=story, plan=plan),
        images=images,
    )


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_long_names_in_german_stay_within_the_page_and_off_each_other(german: None, kind: str):
    pdf = pdf_of(crowded(), kind)
    words = list(words_of(pdf))
    assert len(words) > 200
    for word in words:
        assert word.left >= _MARGIN_PT, word
        assert word.right <= _PAGE_PT[0] - _MARGIN_PT, word
        assert word.top >= _MARGIN_PT - 4.0, word
        assert word.bottom <= _PAGE_PT[1] - _MARGIN_PT + 10.0, word
    assert [both for both in _near(words) if both[0].overlap(both[1]) > 0.15] == []
    said = plain_text_of(pdf)
    assert said.count("longissimus") > 5 or kind == "pathology"
    assert said.replace(" ", "").count("9" * 64) >= 1  # not one digit of the number is cut off
    assert "geboren 1960-02-03" in said
    if kind == "room":
        assert said.count("TEAM-TIME-OUT") == said.count("Höhe: S1") == 5


def _near(words: list[Word]) -> Iterator[tuple[Word, Word]]:
    """Yield the pairs that could overlap: neighbours in height on one page."""
    by_band: dict[tuple[int, int], list[Word]] = {}
    for word in words:
        for band in range(int(word.top) // 12, int(word.bottom) // 12 + 1):
            by_band.setdefault((word.page, band), []).append(word)
    for together in by_band.values():
        yield from combinations(together, 2)


def test_everything_that_was_not_checked_is_on_the_sheet(german: None):
    said = plain_text_of(pdf_of(crowded(), "room")).replace(" ", "")
    for number in range(20):
        assert said.count(f"pars profunda {number}:".replace(" ", "")) >= 5, number


def test_habitats_have_the_colours_of_the_window():
    source = source_of(oblique_case.hand_over(), SILENT)
    assert source.lesion is not None
    names = ("B", "A")
    structures = tuple(
        Structure(name=name, role=Role.HABITAT, mask_id=name, colour=colour)
        for name, colour in zip(names, ("", "#112233"), strict=True)
    )
    mask = source.lesion.tumour
    lesion = replace(source.lesion, habitats=(*((n, mask) for n in names), ("computed", mask)))
    case = replace(source.case, structures=(*source.case.structures, *structures))
    shown = {
        name: colour for name, colour, _ in parts_of(replace(source, case=case, lesion=lesion))
    }
    styles = first_styles(case.structures)
    assert (shown["B"], shown["A"]) == (styles["B"].colour, "#112233")
    assert "computed" in shown
