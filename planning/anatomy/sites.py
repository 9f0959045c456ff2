"""Which site a case is planned at, and how names are compared with words; judges nothing."""

from __future__ import annotations

from planning.anatomy.laterality import without_side
from planning.model.case import Case
from planning.model.protocol import Protocol
from planning.model.site import Site

GENERIC_SITE = "generic"


def site_of(case: Case, protocol: Protocol) -> Site | None:
    """Return the site a case names, by key or else by the first of its words; else the generic."""
    wanted = case.site.lower().replace("_", " ")
    by_key = {s.key.replace("-", " "): s for s in protocol.sites}
    if wanted.replace("-", " ") in by_key:
        return by_key[wanted.replace("-", " ")]
    named = (s for s in protocol.sites if wanted and any(w in wanted for w in s.words))
    return next(named, by_key.get(GENERIC_SITE))


def plain_name(name: str) -> str:
    """Return a name in lower case, without side, with spaces: what words are sought in."""
    return without_side(name).replace("_", " ")
