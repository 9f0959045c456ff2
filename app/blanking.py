"""Blanks in a text whatever may be somebody's name, or say where a file or computer is."""

from __future__ import annotations

import getpass
import re
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from app import paths
from app.own_registry import place_in_use
from app.remembered import load_remembered
from app.settings import load_settings
from planning.errors import TrephineError
from planning.network.servers_file import read_pacs

_UID = re.compile(r"(?<![\w.])[0-2](?:\.\d+){5,}(?![\w.])")
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])")
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}(?![\w:])", re.IGNORECASE)
_SEPARATORS = r"\n\"'<>|:;,()\\/"
_PATH = re.compile(
    r"(?<![\w.~<])(?:[A-Za-z]:[\\/]|\\\\|/)"
    rf"(?:[^{_SEPARATORS}]+[\\/])*[^\s{_SEPARATORS}]*"
)
_HOME_PATH = re.compile(rf"~[\\/](?:[^{_SEPARATORS}]+[\\/])*[^\s{_SEPARATORS}]*")
_FEWEST_LETTERS = 2
_NEAR = ("127.0.0.1", "0.0.0.0")
_USUAL = frozenset(
    (
        *("localhost", "user", "unknown", "linux", "trephine", "python", "root", "app", "logs"),
        *("tmp", "temp", "home", "data", "mnt", "media", "documents", "desktop", "downloads"),
        *("case", "cases", "sample", "series", "dicom", "ct", "settings"),
    )
)
"""Words that name nobody, though a user, a computer or a case may be called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blanks:
    """What is blanked.

    Parameters
    ----------
    names : tuple of (str, str)
        Words, and what stands in their place.
    kept_paths : tuple of str
        Beginnings of paths that name nobody: the program's own, and those of the system.
    """

    names: tuple[tuple[str, str], ...]
    kept_paths: tuple[str, ...] = ()

    def blanked(self, text: str) -> str:
        """Return a text without them."""
        for name, instead in self.names:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", instead, text, flags=re.IGNORECASE)
        text = _UID.sub("[UID]", text)
        text = _IPV4.sub(lambda found: found[0] if found[0] in _NEAR else "[address]", text)
        text = _IPV6.sub("[address]", text)
        text = _PATH.sub(self._path, text)
        return _HOME_PATH.sub(self._path, text)

    def _path(self, found: re.Match[str]) -> str:
        kept = any(found[0].startswith(start) for start in self.kept_paths)
        return found[0] if kept else "[path]"


def blanks_of_this_computer() -> Blanks:
    """Return what names the user, the computer, archives and cases here."""
    pairs: list[tuple[str, str]] = []
    home = str(Path.home())
    if home not in ("", "/"):
        pairs.append((home, "~"))
    for name in _users():
        pairs.append((name, "[user]"))
    host = socket.gethostname()
    pairs += [(name, "[computer]") for name in {host, host.split(".")[0], _full_name(host)}]
    pairs += [(name, "[archive]") for name in _of_archives()]
    pairs += [(name, "[registry]") for name in _of_registry()]
    pairs += [(name, "[case]") for name in _of_cases()]
    known: dict[str, str] = {}
    for name, instead in pairs:
        if len(name) >= _FEWEST_LETTERS and name.lower() not in _USUAL and name not in _NEAR:
            known.setdefault(name, instead)
    longest_first = sorted(known.items(), key=lambda pair: -len(pair[0]))
    own = [_short(p) for p in (paths.user_data_dir(), paths.user_cache_dir())]
    return Blanks(names=tuple(longest_first), kept_paths=tuple(filter(None, own)))


def _short(path: Path) -> str:
    """Return the beginning of a path as it is once the home is blanked."""
    text, home = str(path), str(Path.home())
    return f"~{text[len(home) :]}" if home != "/" and text.startswith(home) else ""


def _users() -> set[str]:
    found = {Path.home().name}
    with suppress(OSError, KeyError, ImportError):
        found.add(getpass.getuser())
    with suppress(OSError):
        found.add(load_remembered(paths.user_data_dir() / "remembered.json").approver)
    return found


def _full_name(host: str) -> str:
    with suppress(OSError):
        return socket.getfqdn(host)
    return host


def _of_archives() -> set[str]:
    try:
        settings = read_pacs(paths.pacs_file())
    except TrephineError:
        return set()
    found: set[str] = {settings.receiver.ae_title, settings.receiver.listen_on}
    for server in settings.servers:
        host = urlsplit(server.root_url).hostname or ""
        found |= {server.name, server.host, server.called_ae, server.calling_ae}
        found |= {server.root_url, host, server.user}
    own = load_settings(paths.settings_file())[0]
    return found | {own.navigation_host}


def _of_registry() -> set[str]:
    try:
        url = place_in_use().url
    except TrephineError:
        return set()
    return {str(part) for part in (url.host, url.username, url.database) if part}


def _of_cases() -> Iterable[str]:
    """Return names of cases that were opened: a folder may be called after a patient."""
    own = load_settings(paths.settings_file())[0]
    remembered = load_remembered(paths.user_data_dir() / "remembered.json").recent
    for case in filter(None, (*remembered, own.last_folder)):
        path = Path(case)
        yield from (path.name, path.parent.name)
        if path.parent != Path(path.anchor):  # else every path would seem to be that case's
            yield case
