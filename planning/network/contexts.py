"""Which kinds of objects and encodings are offered on an association; opens none."""

from __future__ import annotations

from collections.abc import Iterable

from pydicom.uid import (
    JPEG2000,
    UID,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    EncapsulatedPDFStorage,
    EncapsulatedSTLStorage,
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    EnhancedPETImageStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
    RLELossless,
    RTStructureSetStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)
from pynetdicom import build_context
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext

PLAIN = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
COMPRESSED = (
    *(JPEGLosslessSV1, JPEGLossless, JPEG2000Lossless, JPEGLSLossless, RLELossless),
    *(JPEG2000, JPEGLSNearLossless, JPEGBaseline8Bit, JPEGExtended12Bit),
    DeflatedExplicitVRLittleEndian,
)
_IMAGES = (
    *(CTImageStorage, EnhancedCTImageStorage, MRImageStorage, EnhancedMRImageStorage),
    *(PositronEmissionTomographyImageStorage, EnhancedPETImageStorage),
    *(SecondaryCaptureImageStorage, SegmentationStorage),
)
_SR = "1.2.840.10008.5.1.4.1.1.88."
_OTHERS = (
    *(RTStructureSetStorage, EncapsulatedPDFStorage, EncapsulatedSTLStorage),
    *(UID(_SR + last) for last in ("11", "22", "33", "34", "67")),  # reports, from Basic Text on
    UID("1.2.840.10008.5.1.4.1.1.1"),  # CR
    UID("1.2.840.10008.5.1.4.1.1.1.1"),  # DX
    UID("1.2.840.10008.5.1.4.1.1.20"),  # NM
    UID("1.2.840.10008.5.1.4.1.1.6.1"),  # US
    UID("1.2.840.10008.5.1.4.1.1.7.4"),  # multi-frame colour secondary capture
    UID("1.2.840.10008.5.1.4.1.1.66"),  # raw data
    UID("1.2.840.10008.5.1.4.1.1.66.1"),  # spatial registration
    UID("1.2.840.10008.5.1.4.1.1.66.7"),  # label map segmentation
    UID("1.2.840.10008.5.1.4.1.1.11.1"),  # greyscale presentation state
    UID("1.2.840.10008.5.1.4.1.1.12.1"),  # XA
)
VERIFICATION = UID("1.2.840.10008.1.1")
FIND, MOVE, GET = (UID(f"1.2.840.10008.5.1.4.1.2.2.{number}") for number in (1, 2, 3))
"""The Study Root model (PS3.4 C.6.2)."""
RECEIVED = (*_IMAGES, *_OTHERS)
"""What is taken: what Trephine reads, and what lies beside it in the same studies."""


def offered_for_retrieval() -> list[PresentationContext]:
    """Return what a server may send on an association of ours (C-GET), at most 127.

    Each encoding of an image has a context of its own: in one, the server would have to settle on a
    single encoding before it knows how its images are stored (PS3.8 section 9.3.2.2).
    """
    offered = [build_context(kind, list(PLAIN)) for kind in RECEIVED]
    offered += [build_context(kind, one) for kind in _IMAGES for one in COMPRESSED]
    return offered


def roles_for_retrieval() -> list[SCP_SCU_RoleSelectionNegotiation]:
    """Return the reversal of roles that C-GET needs (PS3.7 annex D.3.3.4)."""
    roles = []
    for kind in RECEIVED:
        role = SCP_SCU_RoleSelectionNegotiation()
        role.sop_class_uid = kind
        role.scu_role, role.scp_role = False, True
        roles.append(role)
    return roles


def taken_by_receiver() -> list[PresentationContext]:
    """Return what this computer's receiver takes."""
    return [build_context(kind, [*PLAIN, *COMPRESSED]) for kind in RECEIVED]


def offered_for_sending(kinds: Iterable[tuple[str, str]]) -> list[PresentationContext]:
    """Return a context for each pair of SOP class and encoding among files, at most 128."""
    pairs = dict.fromkeys(kinds)
    return [
        build_context(kind, list(PLAIN) if encoding in PLAIN else encoding)
        for kind, encoding in dict.fromkeys(
            (kind, PLAIN[0] if encoding in PLAIN else encoding) for kind, encoding in pairs
        )
    ]
