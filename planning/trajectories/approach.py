"""From which side needles come, against what rules allow; many needles at once, no verdicts."""

from __future__ import annotations

from planning.anatomy.site_rules import SiteRules
from planning.geometry import Float64Array


def approach_measures(rules: SiteRules, along_lps: Float64Array) -> dict[str, Float64Array]:
    """Return how far off its allowed directions each rule finds needles, in degrees.

    Parameters
    ----------
    along_lps : ndarray, shape (n, 3)
        Unit vectors from entry to tip.

    Returns
    -------
    dict of str to ndarray, shape (n,)
        By the rule's name (``rule:tibia-medial``); 0 where the approach is allowed.
    """
    return {a.rule.name: a.off_deg(along_lps) for a in rules.approaches}
