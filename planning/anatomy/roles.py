"""What each class of a segmenter means to a needle, by a table; never by guessing from the name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from planning.model.case import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleTable:
    """The roles of one segmenter's classes.

    Parameters
    ----------
    key : str
        Name under which case files ask for it.
    roles : mapping of str to Role
        By class name, spelled exactly as the segmenter does.
    """

    key: str
    roles: Mapping[str, Role]

    def assigned(self, names: Iterable[str]) -> tuple[dict[str, Role], tuple[str, ...]]:
        """Return the roles of the names that are known, and the names that are not, in order."""
        known: dict[str, Role] = {}
        unknown: list[str] = []
        for name in names:
            if name in self.roles:
                known[name] = self.roles[name]
            else:
                unknown.append(name)
        return known, tuple(dict.fromkeys(unknown))
