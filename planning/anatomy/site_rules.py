"""Which of the surgeon's rules hold for a case, and on which structures; measures no needle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from planning.anatomy.approach import AllowedApproach, allowed_approach, lesion_side
from planning.anatomy.compartments import NamedTissue, named_tissues
from planning.anatomy.lesion import Lesion
from planning.anatomy.pooled import along_lps
from planning.anatomy.rule_changes import changed_rules, demanded_of
from planning.anatomy.sites import plain_name, site_of
from planning.image import CaseImages, Mask
from planning.model.case import Case, Indication
from planning.model.plan import NotChecked, Notice
from planning.model.protocol import Protocol
from planning.model.site import Part, Rule, RuleKind


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Avoided:
    """A structure, or a part of it, that one rule keeps needles out of.

    Parameters
    ----------
    name : str
        Of the structure.
    mask : Mask
        Without the tumour, which is what the needle is for.
    """

    rule: Rule
    name: str
    mask: Mask


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SiteRules:
    """The rules that hold for one case.

    Parameters
    ----------
    protocol : Protocol
        With the hard rules among its constraints and without what the case switched off.
    criteria : tuple of Rule
        Cautions on a measured quantity.
    tissues : tuple of NamedTissue
        What a needle may cross, by name.
    """

    protocol: Protocol
    avoided: tuple[Avoided, ...]
    approaches: tuple[AllowedApproach, ...]
    criteria: tuple[Rule, ...]
    tissues: tuple[NamedTissue, ...]
    not_checked: tuple[NotChecked, ...]
    notices: tuple[Notice, ...]

    @property
    def forbidden(self) -> tuple[Mask, ...]:
        """What hard rules forbid."""
        return tuple(a.mask for a in self.avoided if a.rule.kind is RuleKind.HARD)


def site_rules(
    case: Case, images: CaseImages, protocol: Protocol, lesion: Lesion | None
) -> SiteRules:
    """Return the rules that hold for the case's site and indication.

    Raises
    ------
    InputError
        If the case changes a rule or a constraint that does not exist, or may not be changed so.
    """
    site = site_of(case, protocol)
    key = site.key if site is not None else ""
    meant = tuple(r for r in protocol.rules if r.holds(key, case.indication))
    rules, change_notices = changed_rules(case, protocol, meant)
    avoided = tuple(a for r in rules if r.avoid for a in _avoided(r, case, images, lesion))
    asked = [r for r in rules if r.approach is not None]
    side = lesion_side(case, images.masks, lesion) if asked else None
    approaches = tuple(a for r in asked if (a := allowed_approach(r, side)) is not None)
    return SiteRules(
        protocol=demanded_of(case, protocol, site, rules),
        avoided=avoided,
        approaches=approaches,
        criteria=tuple(r for r in rules if r.criterion and r.kind is RuleKind.CAUTION),
        tissues=named_tissues(case, images, protocol.compartments),
        not_checked=tuple(_unmeasured(rules, avoided, approaches)),
        notices=(*_surgeon(case), *change_notices, *_said(rules, avoided)),
    )


def _avoided(
    rule: Rule, case: Case, images: CaseImages, lesion: Lesion | None
) -> Iterator[Avoided]:
    for tissue in named_tissues(case, images, ()):
        if any(word in plain_name(tissue.name) for word in rule.avoid):
            mask = _without_tumour(_part_of(tissue.mask, rule.part), lesion)
            yield Avoided(rule=rule, name=tissue.name, mask=mask)


def _part_of(mask: Mask, part: Part) -> Mask:
    if part is Part.ALL or not mask.inside.any():
        return mask
    y = np.broadcast_to(along_lps(mask.grid, 1), mask.inside.shape)
    front, back = float(y[mask.inside].min()), float(y[mask.inside].max())
    return replace(mask, inside=mask.inside & (y > front + (back - front) / 3.0))


def _without_tumour(mask: Mask, lesion: Lesion | None) -> Mask:
    if lesion is None:
        return mask
    return replace(mask, inside=mask.inside & ~lesion.tumour.on(mask.grid))


def _unmeasured(
    rules: tuple[Rule, ...],
    avoided: tuple[Avoided, ...],
    approaches: tuple[AllowedApproach, ...],
) -> Iterator[NotChecked]:
    """Yield reminders, and rules that lack the masks or the side they need."""
    for rule in rules:
        if rule.kind is RuleKind.REMINDER:
            yield NotChecked(rule.name, rule.text)
        drawn = [plain_name(a.name) for a in avoided if a.rule is rule]
        missing = [w for w in rule.avoid if not any(w in name for name in drawn)]
        if missing:
            yield NotChecked(rule.name, f"no mask of {', '.join(missing)}: {rule.text}")
        if rule.approach is not None and all(a.rule is not rule for a in approaches):
            reason = "nothing tells left from right, or two things disagree; name the side in site"
            yield NotChecked(rule.name, f"{reason}: {rule.text}")


def _said(rules: tuple[Rule, ...], avoided: tuple[Avoided, ...]) -> Iterator[Notice]:
    """Yield notes, and what is forbidden by which hard rule."""
    for rule in rules:
        if rule.kind is RuleKind.NOTE:
            yield Notice(rule.name, rule.text)
        names = dict.fromkeys(plain_name(a.name) for a in avoided if a.rule is rule)
        if names and rule.kind is RuleKind.HARD:
            yield Notice(rule.name, f"{', '.join(names)} forbidden by rule {rule.key}: {rule.text}")


def _surgeon(case: Case) -> tuple[Notice, ...]:
    if case.surgeon or case.indication.behaves_as is not Indication.PRIMARY:
        return ()
    text = "the approach is to be agreed with the operating surgeon; none is named"
    return (Notice("surgeon", text),)
