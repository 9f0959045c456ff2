"""The protocols, needles and other tables that come with Trephine; judges none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.language import mark
from app.paths import own_error_models_file, resources_dir
from planning.anatomy.habitat_rules import HabitatRules
from planning.anatomy.joint_rules import JointRules
from planning.anatomy.roles import RoleTable
from planning.errors import InputError
from planning.model.carry_rules import CarryRules
from planning.model.case import Guidance
from planning.model.core_set import SpecimenRules
from planning.model.error_model import ErrorModel
from planning.model.needle import Needle
from planning.model.needle_chain import NeedleChain
from planning.model.protocol import Protocol
from planning.model.site import SiteTable
from planning.model.viability import ViabilityRules
from planning.radiomics.settings import RadiomicSettings

if TYPE_CHECKING:
    from planning.anatomy.bones import BoneRules
    from planning.anatomy.skin_grid import SkinGridRules
    from planning.anatomy.skin_landmarks import Landmark
    from planning.cohort.published import PublishedAccuracy
    from planning.cohort.rules import CohortRules
    from planning.records.registry.fields import FieldTable

_NO_SUCH = mark('There is no {0} "{1}".')
_PERHAPS = mark("Did you mean {0}?")
_KNOWN = mark("Known: {0}.")
_NOTHING_LEARNED = mark(
    "There is no error model of your own yet; fit one with: trephine cohort --error-model own"
)
_NO_MODEL = mark(
    '{0} holds no error model for guidance "{1}", only for {2}; choose that guidance, fit a model '
    "for this one, or plan with the preset."
)

OWN_ERRORS, PRESET_ERRORS = "own", "preset"
"""Choice of the error models fitted to one's own cases."""


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
    from planning.records.protocol_file import read_protocol

    files = _files("protocols", ".toml")
    if key not in files:
        raise InputError(_unknown("protocol", key, files))
    return read_protocol(files[key].read_bytes(), key, sites())


def read_ahead() -> None:
    """Read what every case is planned with, so that the first one shown need not wait for it."""
    for key in protocol_keys():
        protocol(key)
    needles()
    error_models()


@cache
def sites() -> SiteTable:
    """Return the sites and rules that all protocols share."""
    from planning.records.site_file import read_sites

    return read_sites((resources_dir() / "sites.toml").read_bytes())


@cache
def needles() -> Mapping[str, Needle]:
    """Return all needles by key, in the catalogue's order."""
    from planning.records.needle_file import read_needles

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
def needle_chains() -> Mapping[str, NeedleChain]:
    """Return what each needle of the catalogue is used through, by the needle's key."""
    from planning.records.needle_file import read_chains

    return MappingProxyType(read_chains((resources_dir() / "needles.json").read_bytes()))


@cache
def landmarks() -> tuple[Landmark, ...]:
    """Return the points of bone that a hand can feel."""
    from planning.records.landmark_file import read_landmarks

    return read_landmarks((resources_dir() / "landmarks.toml").read_bytes())


@cache
def skin_grid_rules() -> SkinGridRules:
    """Return what a grid of markers on the skin looks like."""
    from planning.records.skin_grid_file import read_skin_grid_rules

    return read_skin_grid_rules((resources_dir() / "skin_grid.toml").read_bytes())


@cache
def role_tables() -> Mapping[str, RoleTable]:
    """Return all tables that give a segmenter's class names their roles, by key."""
    from planning.records.role_file import read_role_table

    files = _files("roles", ".json")
    return MappingProxyType(
        {key: read_role_table(path.read_bytes(), key) for key, path in files.items()}
    )


@cache
def joint_rules() -> JointRules:
    """Return which bones form joints, and how far each capsule reaches."""
    from planning.records.joint_file import read_joint_rules

    return read_joint_rules((resources_dir() / "joints.json").read_bytes())


@cache
def error_models() -> Mapping[Guidance, ErrorModel]:
    """Return the preset error model of each way of guiding needles."""
    from planning.records.error_model_file import read_error_models

    return MappingProxyType(read_error_models((resources_dir() / "error_models.toml").read_bytes()))


def own_error_model(choice: str, guidance: Guidance) -> ErrorModel | None:
    """Return the error model that was asked for; None for the preset.

    Parameters
    ----------
    choice : str
        Empty or `PRESET_ERRORS` for the preset, `OWN_ERRORS` for the file among the user's data,
        else a file's name.

    Raises
    ------
    InputError
        If the file cannot be read, or holds no model for that guidance.
    """
    from planning.formats import bytes_of
    from planning.records.error_model_file import read_own_error_models

    if choice in ("", PRESET_ERRORS):
        return None
    file = own_error_models_file() if choice == OWN_ERRORS else Path(choice)
    if choice == OWN_ERRORS and not file.exists():
        raise InputError(_NOTHING_LEARNED)
    found = read_own_error_models(bytes_of(file), error_models(), file.name)
    if guidance not in found:
        raise InputError(_NO_MODEL.format(file.name, guidance, ", ".join(found)))
    return found[guidance]


@cache
def cohort_rules() -> CohortRules:
    """Return how cohorts are summed up, watched and learned from."""
    from planning.records.cohort_file import read_cohort_rules

    return read_cohort_rules((resources_dir() / "cohort.toml").read_bytes())


@cache
def published_accuracy() -> tuple[PublishedAccuracy, ...]:
    """Return what other systems were measured at."""
    from planning.records.cohort_file import read_published

    return read_published((resources_dir() / "published_accuracy.toml").read_bytes())


@cache
def specimen_rules() -> SpecimenRules:
    """Return where cores go, and into what."""
    from planning.records.specimen_file import read_specimen_rules

    return read_specimen_rules((resources_dir() / "specimens.toml").read_bytes())


@cache
def radiomics() -> RadiomicSettings:
    """Return how features of a lesion are measured."""
    from planning.records.radiomics_file import read_radiomic_settings

    return read_radiomic_settings((resources_dir() / "radiomics.toml").read_bytes())


@cache
def registry_fields() -> FieldTable:
    """Return what the registry keeps, and what each field may hold."""
    from planning.records.registry.fields import read_registry_fields

    return read_registry_fields((resources_dir() / "registry_fields.toml").read_bytes())


@cache
def viability_rules() -> ViabilityRules:
    """Return from which brightness on PET and MR count as viable tumour."""
    from planning.records.viability_file import read_viability_rules

    return read_viability_rules((resources_dir() / "viability.toml").read_bytes())


@cache
def bone_rules() -> BoneRules:
    """Return what each bone is, how it wants to be met, and when a cortex counts as broken."""
    from planning.records.bone_file import read_bone_rules

    return read_bone_rules((resources_dir() / "bones.toml").read_bytes())


@cache
def carry_rules() -> CarryRules:
    """Return what becomes of masks on another CT, and when a registration is good."""
    from planning.records.carry_over_file import read_carry_rules

    return read_carry_rules((resources_dir() / "carry_over.toml").read_bytes())


@cache
def habitat_rules() -> HabitatRules:
    """Return how texture regions are found inside a tumour."""
    from planning.records.habitat_file import read_habitat_rules

    return read_habitat_rules((resources_dir() / "habitats.toml").read_bytes())


def _files(folder: str, ending: str) -> dict[str, Path]:
    return {path.stem: path for path in sorted((resources_dir() / folder).glob(f"*{ending}"))}


def _unknown(kind: str, key: str, known: Iterable[str]) -> str:
    keys = list(known)
    near = get_close_matches(key, keys, n=2)
    hint = _PERHAPS.format(" or ".join(near)) if near else ""
    return " ".join(
        filter(None, (_NO_SUCH.format(kind, key), hint, _KNOWN.format(", ".join(keys))))
    )
