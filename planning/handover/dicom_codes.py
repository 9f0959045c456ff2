"""What a plan's regions and points are in codes: SNOMED CT, own ones where it has none."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from planning.model.case import Role

OWN_SCHEME = "99TREPHINE"
"""Coding scheme of what no public one names; local schemes begin with 99 (PS3.3 8.2)."""

PATH = Code("needle-path", OWN_SCHEME, "Planned needle path from skin to tip")
ENTRY = Code("needle-entry", OWN_SCHEME, "Where the needle enters the skin")
STOP = Code("needle-stop", OWN_SCHEME, "Where the hand stops the needle")
TIP = Code("needle-tip", OWN_SCHEME, "Deepest point of the needle's tip")
SPECIMEN = Code("needle-specimen", OWN_SCHEME, "Part of the path that the specimen comes from")
ERROR_BAND = Code("needle-band", OWN_SCHEME, "Room that 95 % of corrected needles keep to")

CONCEPT = codes.SCT.SpatialAndRelationalConcept
"""Category of what is no part of the patient."""

_ANATOMY = codes.SCT.AnatomicalStructure
_ABNORMAL = codes.SCT.MorphologicallyAbnormalStructure


def _own(value: str, meaning: str) -> Code:
    return Code(value, OWN_SCHEME, meaning)


ROLE_CODES: Mapping[Role, tuple[Code, Code]] = MappingProxyType(
    {
        Role.TUMOUR: (_ABNORMAL, codes.SCT.Neoplasm),
        Role.NECROSIS: (_ABNORMAL, codes.SCT.Necrosis),
        Role.VIABLE: (_ABNORMAL, _own("viable-tumour", "Viable part of a tumour")),
        Role.HABITAT: (_ABNORMAL, _own("habitat", "Sub-region of alike tissue in a tumour")),
        Role.REACTIVE: (_ABNORMAL, _own("reactive", "Reactive tissue about a tumour")),
        Role.FLUID: (codes.SCT.BodySubstance, codes.SCT.BodyFluid),
        Role.COLLECTION: (_ABNORMAL, _own("collection", "Collection or haematoma")),
        Role.BONE: (_ANATOMY, codes.SCT.Bone),
        Role.VESSEL: (_ANATOMY, codes.SCT.BloodVessel),
        Role.NERVE: (_ANATOMY, codes.SCT.Nerve),
        Role.JOINT: (_ANATOMY, codes.SCT.Joint),
        Role.ORGAN: (_ANATOMY, codes.SCT.Organ),
        Role.LUNG: (_ANATOMY, codes.SCT.Lung),
        Role.PLEURA: (_ANATOMY, codes.SCT.Pleura),
        Role.CANAL: (_ANATOMY, codes.SCT.VertebralCanal),
        Role.MUSCLE: (_ANATOMY, codes.SCT.Muscle),
        Role.SKIN: (_ANATOMY, codes.SCT.Skin),
        Role.FORBIDDEN: (CONCEPT, _own("forbidden", "Zone that no needle may cross")),
        Role.CORRIDOR: (CONCEPT, _own("corridor", "Zone that needles have to stay in")),
        Role.NO_ENTRY: (CONCEPT, _own("no-entry", "Zone where no needle may enter")),
        Role.IGNORE: (CONCEPT, _own("ignored", "Region without a meaning for needles")),
    }
)
"""Category and type of each role (CID 7150 and 7151; own codes where none says the same)."""
