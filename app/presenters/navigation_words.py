"""What is said of a navigation link and of a tracked needle; connects nothing and draws nothing."""

from __future__ import annotations

from app.core_language import tr_core
from app.language import mark, tr, tr_count
from app.presenters.shown import title_of
from app.views.navigation_values import LiveText, NavigationWish
from app.views.parts import Tone
from planning.execution.live_needle import LivePlacement
from planning.handover.igtl.link_values import LinkCounts, LinkPhase, LinkState
from planning.handover.igtl.plan_messages import HandedPlan
from planning.model.plan import Candidate, PlanResult

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_WHOLE_MM = 0.5
_SIDES = (
    (mark("{mm} mm to patient LEFT"), mark("{mm} mm to patient RIGHT")),
    (mark("{mm} mm to the BACK"), mark("{mm} mm to the FRONT")),
    (mark("{mm} mm to the HEAD"), mark("{mm} mm to the FEET")),
)


def state_words(state: LinkState, wish: NavigationWish) -> tuple[str, Tone]:
    """Return how the link is, and the tone of it."""
    address = f"{wish.host}:{wish.port}"
    serves = wish.role == "serve"
    if state.phase is LinkPhase.WAITING:
        return tr("Waiting on {address} for others to connect.", address=address), "text"
    if state.phase is LinkPhase.CONNECTING:
        return tr("Connecting to {address} ...", address=address), "text"
    if state.phase is LinkPhase.CONNECTED and serves:
        said = tr_count("{count} program is connected.", "{count} programs are connected.",
                        len(state.peers))  # fmt: skip
        return f"● {said}", "good"
    if state.phase is LinkPhase.CONNECTED:
        return "● " + tr("Connected to {address}.", address=address), "good"
    if state.phase is LinkPhase.FAILED:
        again = "" if serves else " " + tr("Trying again.")
        return f"✕ {tr_core(state.reason)}{again}", "danger"
    return tr("Not connected."), "secondary"


def cautions(wish: NavigationWish, *, approved: bool, has_plan: bool) -> tuple[str, ...]:
    """Return what has to be known before a link is made, or while there is one."""
    open_to_all = wish.role == "serve" and wish.host not in LOOPBACK
    return tuple(
        filter(
            None,
            (
                tr(
                    "Everybody on this network can read the plan and send a needle: the protocol "
                    "has neither password nor encryption."
                )
                if open_to_all
                else "",
                tr("The plan is not approved.") if has_plan and not approved else "",
            ),
        )
    )


def sent_words(handed: HandedPlan | None) -> str:
    """Return what is handed over."""
    if handed is None:
        return tr("No plan is handed over: plan, then select a trajectory.")
    names = ", ".join(candidate.candidate_id for candidate in handed.candidates)
    return tr("Handed over: {names}, with the STOP as target and the tip beside it.", names=names)


def arrived_words(counts: LinkCounts, per_second: float) -> str:
    """Return how much has come in, and what was wrong with it."""
    if not (counts.messages or counts.refused or counts.unread):
        return ""
    said = tr("{rate} positions a second.", rate=f"{per_second:.0f}")
    if counts.refused:
        refused = tr_count("{count} refused", "{count} refused", counts.refused)
        said += f" {refused}: {tr_core(counts.last)}"
    return said


def live_words(
    candidate: Candidate, plan: PlanResult, name: str, placement: LivePlacement, age_s: float | None
) -> LiveText:
    """Return the numbers of a tracked needle.

    Parameters
    ----------
    age_s : float or None
        How old they are; None while they are fresh.
    """
    angle = placement.angle_deg
    figures = (
        (f"{placement.to_axis_mm:.1f}", tr("mm off the axis")),
        (f"{abs(placement.to_go_mm):.0f}", _to_go_words(placement)),
        ("?", tr("angle not known: only the tip is tracked"))
        if angle is None
        else (f"{angle:.0f}", tr("deg off the planned direction")),
    )
    return LiveText(
        title=tr(
            "{tool} against {trajectory}",
            tool=name,
            trajectory=title_of(candidate, plan.core_set),
        ),
        figures=figures,
        lines=tuple(filter(None, (_side_words(placement), _straight_words(placement)))),
        warning="" if age_s is None else stale_words(age_s),
        stale=age_s is not None,
    )


def stale_words(age_s: float) -> str:
    """Return that nothing has come for a while."""
    return "▲ " + tr(
        "No data for {seconds} s: the needle may be elsewhere.", seconds=f"{age_s:.0f}"
    )


def _to_go_words(placement: LivePlacement) -> str:
    past = placement.to_go_mm <= -_WHOLE_MM
    if placement.fired:
        return tr("mm PAST the planned tip") if past else tr("mm to the planned tip")
    return tr("mm PAST the STOP") if past else tr("mm to go to the STOP")


def _straight_words(placement: LivePlacement) -> str:
    off = f"{placement.off_mm:.1f}"
    if placement.fired:
        return tr("{mm} mm straight from the planned tip", mm=off)
    return tr("{mm} mm straight from the STOP", mm=off)


def _side_words(placement: LivePlacement) -> str:
    """Say where the tip lies beside the planned axis, by the patient's sides."""
    parts = [
        tr(toward if value > 0.0 else against, mm=f"{abs(value):.0f}")
        for value, (toward, against) in zip(placement.off_axis_lps_mm, _SIDES, strict=True)
        if abs(value) >= _WHOLE_MM
    ]
    if not parts:
        return tr("The tip is on the planned axis.")
    return tr("The tip lies {where}.", where=", ".join(parts))
