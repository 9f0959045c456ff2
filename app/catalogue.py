"""The protocols, needles, tables and rules that come with Trephine; judges none of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType

from app.paths import resources_dir
from planning.anatomy.habitat_rules import HabitatRules
from planning.anatomy.joint_rules import JointRules
from planning.anatomy.roles import RoleTable
from planning.errors import InputError
from planning.model.needle import Needle
from planning.model.protocol import Protocol
from planning.records.habitat_file import read_habitat_rules
from planning.records.joint_file import read_joint_rules
from planning.records.needle_file import read_needles
from planning.records.protocol_file import read_protocol
from planning.records.role_file import read_role_table


def protocol_keys() -> tuple[str, ...]:
    """Return the keys of all protocols, in alphabetical order."""
    return tuple(_files("protocols", ".toml"))


@cache
def protocol(key: str) -> Protocol:
    """Return the protocol of that key.

    Raises
    ------
    InputError
        If there is none; the message names the nearest.
    """
    files = _files("protocols", ".toml")
    if key not in files:
        raise InputError(_unknown("protocol", key, files))
    return read_protocol(files[key].read_bytes(), key)


@cache
def needles() -> Mapping[str, Needle]:
    """Return all needles by key, in the catalogue's order."""
    return MappingProxyType(read_needles((resources_dir() / "needles.json").read_bytes()))


def needle(key: str) -> Needle:
    """Return the needle of that key.

    Raises
    ------
    InputError
        If there is none; the message names the nearest.
    """
    found = needles().get(key)
    if found is None:
        raise InputError(_unknown("needle", key, needles()))
    return found


@cache
def role_tables() -> Mapping[str, RoleTable]:
    """Return all tables that give a segmenter's class names their roles, by key."""
    files = _files("roles", ".json")
    return MappingProxyType(
        {key: read_role_table(path.read_bytes(), key) for key, path in files.items()}
    )


@cache
def joint_rules() -> JointRules:
    """Return which bones form joints, and how far each capsule reaches."""
    return read_joint_rules((resources_dir() / "joints.json").read_bytes())


@cache
def habitat_rules() -> HabitatRules:
    """Return how texture regions are found inside a tumour."""
    return read_habitat_rules((resources_dir() / "habitats.toml").read_bytes())


def _files(folder: str, ending: str) -> dict[str, Path]:
    return {path.stem: path for path in sorted((resources_dir() / folder).glob(f"*{ending}"))}


def _unknown(kind: str, key: str, known: Iterable[str]) -> str:
    keys = list(known)
    near = get_close_matches(key, keys, n=2)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    return f'There is no {kind} "{key}". {hint}Known: {", ".join(keys)}.'
