"""Another value for a limit in one case, and why; judges nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitChange:
    """Another value for a constraint of the protocol in one case.

    Parameters
    ----------
    reason : str
        Needed where the value is looser than the protocol's.
    """

    key: str
    value: float
    reason: str = ""
