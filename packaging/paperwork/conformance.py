"""Lists of the DICOM conformance statement, from the code that keeps them; speaks to nobody."""

from __future__ import annotations

import importlib
from functools import cache
from io import BytesIO
from itertools import groupby
from typing import Any

import numpy as np
from pydicom import dcmread
from pydicom.datadict import dictionary_description, dictionary_has_tag
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from paperwork.markdown import bullets, code, table
from planning.handover import dicom_codes, dicom_object
from planning.handover.deidentified_dicom import marked_deidentified
from planning.handover.dicom_burned_ct import plan_to_burned_ct
from planning.handover.dicom_capture import picture_to_capture
from planning.handover.dicom_pdf import pdf_to_dicom
from planning.handover.dicom_rtstruct import plan_to_rtstruct
from planning.handover.dicom_seg import plan_to_seg
from planning.handover.dicom_source import source_slices
from planning.handover.dicom_sr import plan_to_sr
from planning.network import contexts, matches, receiving
from planning.network.servers import PacsServer, Receiver

_SCU, _SCP = "SCU", "SCP"
_READ = ("CT Image", "MR Image", "PET", "Positron", "Segmentation", "Structure Set")
_UNNAMED = {"1.2.840.10008.5.1.4.1.1.66.7": "Label Map Segmentation Storage"}
"""What the dictionary of pydicom does not know yet."""
_PDF = b"%PDF-1.4\n%%EOF\n"


def services() -> str:
    """Return the SOP classes of services, and in which role."""
    rows = (
        (_name(contexts.VERIFICATION), code(contexts.VERIFICATION), "SCU and SCP"),
        (_name(contexts.FIND), code(contexts.FIND), _SCU),
        (_name(contexts.GET), code(contexts.GET), _SCU),
        (_name(contexts.MOVE), code(contexts.MOVE), _SCU),
    )
    return table(("SOP class", "UID", "Role"), rows)


def storage() -> str:
    """Return the SOP classes that are taken, as storage SCP and on associations of C-GET."""
    rows = ((_name(uid), code(uid), f"{_SCP}, {_SCU}", _use(uid)) for uid in contexts.RECEIVED)
    return table(("SOP class", "UID", "Storage role", "Used for"), rows)


def transfer_syntaxes() -> str:
    """Return the encodings that are offered."""
    rows = [(_name(uid), code(uid), "every SOP class") for uid in contexts.PLAIN]
    rows += [
        (_name(uid), code(uid), "receiver: every SOP class; C-GET: images")
        for uid in contexts.COMPRESSED
    ]
    return table(("Transfer syntax", "UID", "Offered for"), rows)


def associations() -> str:
    """Return what holds for associations until somebody changes it."""
    server, receiver = PacsServer(name=""), Receiver()
    return bullets(
        (
            f"Calling AE title: {code(server.calling_ae)}; of the receiver: "
            f"{code(receiver.ae_title)}. Both can be changed, the first for each server.",
            f"Ports: servers {server.port}, receiver {receiver.port}; the receiver listens on "
            f"{receiver.listen_on}.",
            "As requestor: one association for each task, released at its end, aborted when it is "
            "given up. Maximum PDU length, implementation class UID and version name are those of "
            "pynetdicom. No asynchronous operations window.",
            f"As acceptor: {receiving._MOST_ASSOCIATIONS} associations at a time; the called AE "
            "title has to be the receiver's, the calling one and the address those of a "
            "configured server; others are rejected.",
            f"Waiting: {server.timeout_s:.0f} s for answers of a server (can be changed), "
            f"{receiving._SILENT_S:.0f} s of silence and {receiving._GREETING_S:.0f} s for the "
            "greeting at the receiver.",
            f"Limits of a transfer: {receiver.most_images:,} images, "
            f"{receiver.most_bytes >> 30} GiB.",
            f"C-GET offers {len(contexts.offered_for_retrieval())} presentation contexts: each "
            "compressed encoding of an image has one of its own.",
        )
    )


def query_keys() -> str:
    """Return what is asked for at each level."""
    rows = [("STUDY", ", ".join(map(code, matches.STUDY_KEYS)))]
    rows.append(("SERIES", ", ".join(map(code, matches.SERIES_KEYS))))
    return table(("Level", "Keys returned"), rows)


def objects() -> str:
    """Return the kinds of object that are made."""
    rows = (
        (
            _name(kind.sop_class_uid),
            code(kind.sop_class_uid),
            kind.modality,
            str(kind.series_number),
            _name(
                ImplicitVRLittleEndian
                if kind is dicom_object.ObjectKind.RTSTRUCT
                else ExplicitVRLittleEndian
            ),
        )
        for kind in dicom_object.ObjectKind
    )
    return table(("SOP class", "UID", "Modality", "Series number", "Transfer syntax"), rows)


def attributes() -> str:
    """Return the attributes of each kind of object, as they are written for a small plan."""
    return "\n\n".join(
        f"### {_name(kind.sop_class_uid)}\n\n{_attributes(dataset)}"
        for kind, dataset in made_objects().items()
    )


@cache
def made_objects() -> dict[dicom_object.ObjectKind, Dataset]:
    """Return one object of each kind, of the plan that the tests of these objects use."""
    known: Any = importlib.import_module("tests.dicom_handover")
    scene = known.scene()
    plan, ct, made_at = scene.plan, scene.ct, known.MADE_AT
    slices = source_slices(ct)
    chosen = plan.candidates
    kinds = dicom_object.ObjectKind
    picture = np.zeros((8, 8, 3), dtype=np.uint8)
    return {
        kinds.SR: plan_to_sr(plan, slices, chosen, made_at),
        kinds.SEG: plan_to_seg(plan, slices, scene.regions, ct.grid, made_at),
        kinds.RTSTRUCT: plan_to_rtstruct(plan, slices, chosen, scene.regions, ct.grid, made_at),
        kinds.BURNED_CT: next(iter(plan_to_burned_ct(plan, slices, chosen, ct, made_at))),
        kinds.CAPTURE: picture_to_capture(
            plan, slices, picture, "Key view", made_at, shows_identity=True
        ),
        kinds.PDF: pdf_to_dicom(plan, slices, _PDF, "Report", made_at, shows_identity=True),
    }


def own_codes() -> str:
    """Return the codes of Trephine's own scheme, and what roles of regions are called."""
    named = (value for value in vars(dicom_codes).values() if isinstance(value, Code))
    own = [one for one in named if one.scheme_designator == dicom_codes.OWN_SCHEME]
    own += [
        kind
        for _, kind in dicom_codes.ROLE_CODES.values()
        if kind.scheme_designator == dicom_codes.OWN_SCHEME
    ]
    return table(("Code", "Scheme", "Meaning"), (_cells(one) for one in own))


def role_codes() -> str:
    """Return how the role of a region is coded."""
    rows = (
        (role.value, *_cells(category)[::2], *_cells(kind))
        for role, (category, kind) in dicom_codes.ROLE_CODES.items()
    )
    titles = ("Role", "Category", "Category meaning", "Type", "Scheme", "Type meaning")
    return table(titles, rows)


def deidentification() -> str:
    """Return what a de-identified object says of itself."""
    target = BytesIO()
    made_objects()[dicom_object.ObjectKind.PDF].save_as(target, enforce_file_format=True)
    dataset = dcmread(BytesIO(marked_deidentified(target.getvalue())))
    profile = dataset.DeidentificationMethodCodeSequence[0]
    rows = (
        ("Patient Identity Removed (0012,0062)", dataset.PatientIdentityRemoved),
        ("De-identification Method (0012,0063)", dataset.DeidentificationMethod),
        (
            "De-identification Method Code Sequence (0012,0064)",
            f"({profile.CodeValue}, {profile.CodingSchemeDesignator}, {profile.CodeMeaning})",
        ),
        (
            "Longitudinal Temporal Information Modified (0028,0303)",
            dataset.LongitudinalTemporalInformationModified,
        ),
        ("Content Date (0008,0023), and every other date", dataset.ContentDate),
    )
    return table(("Attribute", "Value"), rows)


def _attributes(dataset: Dataset) -> str:
    tags = sorted(element.tag for element in dataset if dictionary_has_tag(element.tag))
    rows = []
    for group, inside in groupby(tags, key=lambda tag: tag.group):
        names = ", ".join(
            f"{dictionary_description(tag)} ({tag.group:04X},{tag.element:04X})" for tag in inside
        )
        rows.append((f"{group:04X}", names))
    return table(("Group", "Attributes"), rows)


def _cells(one: Code) -> tuple[str, str, str]:
    return code(one.value), one.scheme_designator, one.meaning


def _name(uid: str) -> str:
    return _UNNAMED.get(str(uid), UID(uid).name)


def _use(uid: str) -> str:
    """Return what objects of a class are to Trephine."""
    is_made = any(kind.sop_class_uid == uid for kind in dicom_object.ObjectKind)
    uses = ["read"] if any(word in _name(uid) for word in _READ) else []
    uses += ["made"] if is_made else []
    return " and ".join(uses) or "kept beside what is read"
