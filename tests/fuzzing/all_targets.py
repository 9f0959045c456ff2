"""Every fuzzed reader by name, family by family."""

from __future__ import annotations

from importlib import import_module

from tests.fuzzing.target import Target

FAMILIES = {
    "dicom": ("series", "multi_frame", "compressed", "seg", "rtstruct", "pet"),
    "volumes": ("nifti", "nrrd", "metaimage"),
    "wire": ("igtl", "dimse_images", "dimse_answers", "web_answers", "web_images"),
    "texts": ("case_toml", "rules", "documents", "tables", "trajectories", "transforms"),
}
"""Names of the targets; a family's own module is loaded only for it."""

_MODULES = {"dicom": "dicom", "volumes": "volume", "wire": "wire", "texts": "text"}


def target(name: str) -> Target:
    """Return the target of that name."""
    family = next(family for family, names in FAMILIES.items() if name in names)
    module = import_module(f"tests.fuzzing.{_MODULES[family]}_targets")
    found: tuple[Target, ...] = module.TARGETS
    return next(one for one in found if one.name == name)
