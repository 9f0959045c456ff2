"""How the numbers card says what it is given; computes nothing and has no widgets."""

from __future__ import annotations

from app.language import mark, tr
from app.views.card_values import CardNumbers, ChainRow, NearestRow
from app.views.parts import Tone
from app.views.wording import (
    UNKNOWN,
    chance,
    hand_mm,
    head_words,
    side_words,
    tissue_mm,
    whole_deg,
)

_THEN_WHATEVER = mark("then {then} to {depth} mm")
_THEN = {
    "core": mark("then core to {depth} mm"),
    "fire": mark("then fire to {depth} mm"),
    "advance": mark("then advance to {depth} mm"),
}


def stop_lines(numbers: CardNumbers) -> tuple[str, str]:
    """Say in two lines where the hand stops, and what follows."""
    if numbers.stop_depth_mm is None or numbers.tip_depth_mm is None:
        return tr("STOP {unknown}", unknown=tr(UNKNOWN)), ""
    stop = tr("STOP at {depth} mm,", depth=f"{numbers.stop_depth_mm:.0f}")
    sentence = _THEN.get(numbers.then, _THEN_WHATEVER)
    return stop, tr(sentence, then=numbers.then, depth=f"{numbers.tip_depth_mm:.0f}")


def entry_line(numbers: CardNumbers) -> str:
    """Say on which slice the entry lies; empty where that is not known."""
    return tr("entry on {slice}", slice=numbers.entry_slice) if numbers.entry_slice else ""


def tiles(numbers: CardNumbers) -> tuple[tuple[str, str], ...]:
    """Return the six numbers that stand in large letters, each with its words."""
    return (
        turned_tile(numbers),
        projected_tile(numbers),
        (_number(numbers.bone_mm), bone_words(numbers)),
        (_number(numbers.expected_mm), expected_words(numbers)),
        (chance(numbers.probability), enough_words(numbers)),
        (_number(numbers.worst_case_mm), worst_words(numbers)),
    )


def turned_tile(numbers: CardNumbers) -> tuple[str, str]:
    """Return the angle across the body: against gravity, where the position is known."""
    angle = numbers.gravity_angle_deg
    if angle is not None:
        return whole_deg(angle), f"{side_words(angle)}\n{tr('from the vertical')}"
    angle = numbers.axial_angle_deg
    return whole_deg(angle), f"{side_words(angle)}\n{tr('from the front-back axis')}"


def projected_tile(numbers: CardNumbers) -> tuple[str, str]:
    """Return the angle along the body, as a protractor at the patient's side shows it."""
    angle = numbers.sagittal_projection_angle_deg
    out = numbers.craniocaudal_angle_deg
    if angle is None:
        return whole_deg(out), head_words(out)
    words = f"{head_words(angle)}\n{tr('on a protractor')}"
    if out is not None and whole_deg(out) != whole_deg(angle):  # the one that the table lists
        words = f"{words},\n{tr('{angle} to the slices', angle=whole_deg(out))}"
    return whole_deg(angle), words


def expected_words(numbers: CardNumbers) -> str:
    """Say what the expected length is one of."""
    if numbers.specimen_mm is None:
        return tr("mm viable expected")
    return tr("mm viable expected, of {length}", length=f"{numbers.specimen_mm:.0f}")


def planned_line(numbers: CardNumbers) -> str:
    """Say what the specimen holds if all goes as planned, and of which habitats."""
    if numbers.viable_mm is None:
        return tr("What the specimen holds is not known")
    parts = [f"{name} {tissue_mm(length)}" for name, length in numbers.habitat_mm if length > 0.0]
    length = tissue_mm(numbers.viable_mm)
    if not parts:
        return tr("As planned {length} viable", length=length)
    return tr("As planned {length} viable: {habitats}", length=length, habitats=", ".join(parts))


def enough_words(numbers: CardNumbers) -> str:
    """Say what the probability is one of."""
    if not numbers.enough_mm:  # none without a lesion
        return tr("chance of enough viable")
    return tr("chance of {length} mm viable", length=f"{round(numbers.enough_mm, 1):g}")


def worst_words(numbers: CardNumbers) -> str:
    """Say what a clearance at 95 % means; a negative one is a needle that meets something."""
    if numbers.worst_case_mm is not None and numbers.worst_case_mm <= 0.0:
        words = tr("mm at 95 %: MAY MEET a vessel, nerve or organ")
    else:
        words = tr("mm from vessel, nerve, organ at 95 %")
    touch = tr("P(touch) {chance}", chance=chance(numbers.touch_probability))
    return f"{words}\n{touch}"


def bone_words(numbers: CardNumbers) -> str:
    """Say what the length of bone is, and how the cortex is met."""
    words = tr("mm bone to drill")
    if numbers.cortex_incidence_deg is None:
        return words
    return f"{words}\n{tr('met at {angle}', angle=whole_deg(numbers.cortex_incidence_deg))}"


def depth_line(numbers: CardNumbers) -> str:
    """Say how deep bone and lesion lie."""
    if numbers.cortex_depth_mm is None and numbers.lesion_depth_mm is None:
        no_bone = numbers.bone_mm == 0.0
        return tr("No bone on the way") if no_bone else tr("Depths of bone and lesion not known")
    bone = hand_mm(numbers.cortex_depth_mm)
    lesion = hand_mm(numbers.lesion_depth_mm)
    if numbers.cortex_depth_mm is None and numbers.bone_mm == 0.0:
        return tr("No bone on the way, lesion at {lesion}", lesion=lesion)
    return tr("Bone at {bone}, lesion at {lesion}", bone=bone, lesion=lesion)


def way_in(numbers: CardNumbers) -> tuple[str, ...]:
    """Say what bone and which soft tissues a needle goes through."""
    bone = f"{numbers.bone[:1].upper()}{numbers.bone[1:]}"
    if numbers.crossed is None:
        crossed = tr("Muscles crossed: not known, no mask names any")
    elif numbers.crossed:
        named = ", ".join(f"{name} {tissue_mm(length)}" for name, length in numbers.crossed)
        crossed = tr("Crosses {tissues}", tissues=named)
    else:
        crossed = tr("Crosses no muscle that has a mask")
    return (bone, crossed) if bone else (crossed,)


_TOUCHED_SELDOM = 0.05  # what the 95 % envelope leaves: more than that is not called clear
_CHAIN = {
    "unknown": mark("{name}: not known whether it is long enough ({purpose})"),
    "unused": mark("{name}: not needed, no bone on the way"),
    "short": mark("{name}: too short by {mm} mm ({purpose})"),
    "scarce": mark("{name}: long enough, but only {mm} mm to spare of {least} wanted ({purpose})"),
    "enough": mark("{name}: long enough, {mm} mm to spare ({purpose})"),
}


def chain_lines(rows: tuple[ChainRow, ...]) -> tuple[list[str], list[Tone]]:
    """Say of each part of the needle's chain whether it is long enough."""
    texts: list[str] = []
    tones: list[Tone] = []
    for row in rows:
        spare = row.spare_mm
        tone: Tone = "text"
        if not row.needed:
            stands = "unused"
        elif spare is None:
            stands, tone = "unknown", "caution"
        elif spare < 0.0:
            stands, tone = "short", "danger"
        elif spare < row.least_mm:
            stands, tone = "scarce", "danger"
        else:
            stands = "enough"
        said = {
            "name": row.name,
            "purpose": row.purpose,
            "mm": "" if spare is None else f"{abs(spare):.0f}",
            "least": f"{row.least_mm:g}",
        }
        texts.append(tr(_CHAIN[stands], **said))
        tones.append(tone)
    return texts, tones


def verdict_words(row: NearestRow) -> tuple[Tone, str]:
    """Return how a distance stands to its margin, as colour and in words."""
    depth = hand_mm(row.depth_mm)
    if row.clearance_mm <= 0.0:
        return "danger", tr("HIT: the needle meets it at {depth} depth", depth=depth)
    spare = row.clearance_mm - row.margin_mm
    said = {
        "clear": tissue_mm(row.clearance_mm),
        "depth": depth,
        "spare": f"{abs(spare):.1f}",
        "demanded": f"{round(row.margin_mm, 1):g}",
    }
    if spare < 0.0:
        return "danger", tr(
            "TOO NEAR: {clear} at {depth} depth, {spare} short of the demanded {demanded}", **said
        )
    if spare < row.allowance_mm:
        return "danger", tr(
            "TOO NEAR: {clear} at {depth} depth; {demanded} demanded and {hidden} that voxels hide",
            hidden=f"{row.allowance_mm:.1f}",
            **said,
        )
    likely = (row.touch_probability or 0.0) > _TOUCHED_SELDOM
    tone: Tone = "caution" if likely else "good"
    stands = tr("MAY BE TOUCHED") if likely else tr("clear")
    if row.margin_mm <= 0.0:
        return tone, tr(
            "{stands}: {clear} at {depth} depth, no extra margin demanded", stands=stands, **said
        )
    return tone, tr(
        "{stands}: {clear} at {depth} depth, {spare} beyond the demanded {demanded}",
        stands=stands,
        **said,
    )


def _number(length_mm: float | None) -> str:
    """Say a length that has its unit in the words below."""
    return tr(UNKNOWN) if length_mm is None else f"{length_mm:.1f}"
