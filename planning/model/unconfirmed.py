"""Whether everything that only a person can say of a review has been said; decides none of it."""

from __future__ import annotations

from planning.model.execution import Review

UNCONFIRMED = "UNCONFIRMED"
"""Stands wherever a review is shown for which somebody has yet to answer."""

REGISTRATION, NEEDLE_STATE = "registration", "needle-state"
_OPTIONS = {REGISTRATION: "--accept-registration", NEEDLE_STATE: "--needle-state STATE"}


def unconfirmed(review: Review) -> tuple[str, ...]:
    """Return what nobody has confirmed: "registration", "needle-state"; nothing in a whole one."""
    is_said = all(needle.state_said for needle in review.needles)
    missing = ((REGISTRATION, review.registration.accepted), (NEEDLE_STATE, is_said))
    return tuple(what for what, is_there in missing if not is_there)


def unconfirmed_words(review: Review) -> str:
    """Say what nobody has confirmed, in a sentence; empty for a review that is confirmed."""
    missing = unconfirmed(review)
    if not missing:
        return ""
    unsaid = [needle.core for needle in review.needles if not needle.state_said]
    whose = "" if len(unsaid) == len(review.needles) else f" ({', '.join(unsaid)})"
    words = {
        REGISTRATION: "registration accepted by nobody",
        NEEDLE_STATE: f"state of the needle{whose} said by nobody",
    }
    return f"{UNCONFIRMED}: {', '.join(words[what] for what in missing)}."


def how_to_confirm(review: Review) -> str:
    """Say what to do about it; empty for a review that is confirmed."""
    options = " ".join(_OPTIONS[what] for what in unconfirmed(review))
    if not options:
        return ""
    return f"To confirm: check the pictures, then add {options}."
