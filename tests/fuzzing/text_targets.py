"""The text family: case files, plans, rules, settings, tables, trajectories, transforms."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import SimpleITK as sitk

from app import catalogue
from app.remembered import load_remembered
from app.settings import Settings, load_settings
from planning.cohort.rows_csv import rows_from_csv, rows_to_csv
from planning.errors import TrephineError
from planning.handover.plan_json import plan_from_json, plan_to_json
from planning.handover.slicer_markups import plan_to_markups
from planning.handover.trajectory_files import read_trajectories
from planning.imaging.transforms import read_rigid
from planning.imaging.volume_files import LabelMap, write_label_map, write_volume
from planning.network.servers import PacsServer, PacsSettings, ServerKind, TlsFiles
from planning.network.servers_file import read_pacs, write_pacs
from planning.records.approval_file import approval_from_json, approval_to_json
from planning.records.bone_file import read_bone_rules
from planning.records.carry_over_file import read_carry_rules
from planning.records.case_file import load_case
from planning.records.cohort_file import read_cohort_rules, read_published
from planning.records.document_json import case_from_json, case_to_json
from planning.records.error_model_file import read_error_models, read_own_error_models
from planning.records.export_folder import MANIFEST_FILE, read_manifest
from planning.records.habitat_file import read_habitat_rules
from planning.records.joint_file import read_joint_rules
from planning.records.landmark_file import read_landmarks
from planning.records.mask_sources import read_names
from planning.records.needle_file import read_chains, read_needles
from planning.records.protocol_file import read_protocol
from planning.records.radiomics_file import read_radiomic_settings
from planning.records.recovery import STATE_FILE, read_kept, recovered_images
from planning.records.registry.csv_tables import read_table, table_text
from planning.records.registry.fields import read_registry_fields
from planning.records.review_file import review_from_json, review_to_json
from planning.records.role_file import read_role_table
from planning.records.saved_images import mask_digest
from planning.records.site_file import read_sites
from planning.records.skin_grid_file import read_skin_grid_rules
from planning.records.specimen_file import read_specimen_rules
from planning.records.viability_file import read_viability_rules
from tests import example_plans, example_reviews, oblique_case
from tests.fuzzing.dicom_targets import planning_ct
from tests.fuzzing.mutators import (
    after_first_byte,
    bytes_mutated,
    chosen,
    json_mutated,
    lines_mutated,
    toml_mutated,
)
from tests.fuzzing.target import Target
from tests.simulated_cohort import simulated_cohort
from tests.simulated_registry import simulated_rows

_RESOURCES = Path(__file__).parents[2] / "resources"

_TOML: tuple[tuple[str, Callable[[bytes], object]], ...] = (
    ("protocols/bone-ct.toml", lambda data: read_protocol(data, "bone-ct", catalogue.sites())),
    ("sites.toml", read_sites),
    ("landmarks.toml", read_landmarks),
    ("skin_grid.toml", read_skin_grid_rules),
    ("error_models.toml", read_error_models),
    (
        "error_models.toml",
        lambda data: read_own_error_models(data, catalogue.error_models(), "own.toml"),
    ),
    ("cohort.toml", read_cohort_rules),
    ("published_accuracy.toml", read_published),
    ("specimens.toml", read_specimen_rules),
    ("radiomics.toml", read_radiomic_settings),
    ("registry_fields.toml", read_registry_fields),
    ("viability.toml", read_viability_rules),
    ("bones.toml", read_bone_rules),
    ("carry_over.toml", read_carry_rules),
    ("habitats.toml", read_habitat_rules),
)


def _read_rules(data: bytes, _: Path) -> None:
    _, read = _TOML[(data[0] if data else 0) % len(_TOML)]
    read(data[1:])


def _rule_seeds(_: Path) -> tuple[bytes, ...]:
    return tuple(
        bytes((number,)) + (_RESOURCES / name).read_bytes()
        for number, (name, _) in enumerate(_TOML)
    )


def _names(data: bytes, folder: Path) -> None:
    (folder / "names.json").write_bytes(data)
    read_names(folder / "names.json")


def _manifest(data: bytes, folder: Path) -> None:
    (folder / MANIFEST_FILE).write_bytes(data)
    read_manifest(folder)


def _pacs(data: bytes, folder: Path) -> None:
    (folder / "pacs.json").write_bytes(data)
    read_pacs(folder / "pacs.json")


def _settings(data: bytes, folder: Path) -> None:
    (folder / "settings.json").write_bytes(data)
    load_settings(folder / "settings.json")
    load_remembered(folder / "settings.json")


def _kept(data: bytes, folder: Path) -> None:
    seal = hashlib.sha256(data).hexdigest().encode()
    (folder / STATE_FILE).write_bytes(seal + b"\n" + data)
    kept = read_kept(folder)
    recovered_images(kept, oblique_case.images())


_JSON: tuple[Callable[[bytes, Path], object], ...] = (
    lambda data, _: plan_from_json(data),
    lambda data, _: review_from_json(data),
    lambda data, _: approval_from_json(data),
    lambda data, _: (read_needles(data), read_chains(data)),
    lambda data, _: read_role_table(data, "totalsegmentator"),
    lambda data, _: read_joint_rules(data),
    _names,
    _manifest,
    _pacs,
    _settings,
    lambda data, _: case_from_json(data),
    _kept,
)


def _read_documents(data: bytes, folder: Path) -> None:
    _JSON[(data[0] if data else 0) % len(_JSON)](data[1:], folder)


def _document_seeds(folder: Path) -> tuple[bytes, ...]:
    case = oblique_case.case(oblique_case.plan())
    servers = PacsSettings(
        servers=(
            PacsServer(name="a", called_ae="A", host="h", tls=TlsFiles(ca_file="x.pem")),
            PacsServer(name="b", kind=ServerKind.DICOMWEB, root_url="https://a/dicom-web"),
        )
    )
    write_pacs(servers, folder / "pacs.json")
    manifest = {
        "schema_version": 1,
        **dict.fromkeys(
            (
                *("notice", "software", "software_version", "written_at", "case", "plan_sha256"),
                *("plan_state", "plan_software_version", "frame_of_reference_uid", "series_uid"),
                "deidentification",
            ),
            "x",
        ),
        "chosen": ["1"],
        "deidentified": False,
        "files": [
            {
                **dict.fromkeys(("name", "format", "label", "frame", "sha256"), "x"),
                "trajectories": ["1"],
                "bytes": 3,
            }
        ],
        "left_out": [{"format": "x", "reason": "y"}],
    }
    kept = {
        "schema_version": 1,
        "case": json.loads(case_to_json(case)),
        "at": "2026-01-01T00:00:00",
        "path": "/x",
        "series_uid": "",
        "ct_sha256": oblique_case.images().ct.values_sha256,
        "digests": {key: mask_digest(mask) for key, mask in oblique_case.images().masks.items()},
        "files": {},
        "second": {},
    }
    texts: tuple[str | bytes, ...] = (
        plan_to_json(example_plans.with_cores()),
        review_to_json(example_reviews.review()),
        approval_to_json(oblique_case.approval()),
        (_RESOURCES / "needles.json").read_bytes(),
        (_RESOURCES / "roles/totalsegmentator.json").read_bytes(),
        (_RESOURCES / "joints.json").read_bytes(),
        '{"66": "iliac_artery_right", "1": "a"}',
        json.dumps(manifest),
        (folder / "pacs.json").read_bytes(),
        Settings().model_dump_json(),
        case_to_json(case),
        json.dumps(kept),
    )
    return tuple(
        bytes((number,)) + (text.encode() if isinstance(text, str) else text)
        for number, text in enumerate(texts)
    )


_CASE = """\
schema_version = 1
[case]
name = "x"
planning_ct = "ct.nii"
patient_position = "prone"
site = "ilium"
lesion = "lesion"
needle = "bone-11g-100"
core_count = 2
[[structure]]
role = "tumour"
name = "lesion"
mask = "masks.nii"
label = 1
[[structure]]
role = "habitat"
mask = "masks.nii"
[[labels]]
mask = "anatomy.nii"
names = "names.json"
roles = "totalsegmentator"
[[image]]
kind = "pet"
path = "pet.nii"
transform = "t.tfm"
unit = "SUV"
[viability]
source = "pet"
threshold = 0.4
[ct]
modality = "CT"
frame_of_reference_uid = "1.2.3"
slice_normal_lps = [0.0, 0.0, 1.0]
[weights]
risk = 2.0
[[rule]]
key = "x"
reason = "why"
[[limit]]
key = "length_mm"
value = 80.0
[[own_path]]
id = "own-1"
entry_lps_mm = [1.0, 2.0, 3.0]
tip_lps_mm = [5.0, 6.0, 4.0]
[saved]
by = "Trephine"
plan_sha256 = ""
more = { lesion = '"lesion"' }
[[past]]
number = 1
plan = "plan.json"
approval = "approval.json"
"""


@cache
def _case_files() -> dict[str, bytes]:
    """What lies beside every case file."""
    from tempfile import TemporaryDirectory

    ct = planning_ct()
    labels = np.zeros(ct.grid.shape_kji, dtype=np.uint8)
    labels[1:3, 2:6, 3:8] = 1
    labels[2, 7:9, 3:8] = 66
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_volume(ct, folder / "ct.nii")
        write_volume(ct, folder / "pet.nii")
        write_label_map(LabelMap(grid=ct.grid, labels=np.minimum(labels, 2)), folder / "masks.nii")
        write_label_map(LabelMap(grid=ct.grid, labels=labels), folder / "anatomy.nii")
        sitk.WriteTransform(sitk.Euler3DTransform(), str(folder / "t.tfm"))
        (folder / "names.json").write_text('{"66": "iliac_artery_right"}')
        (folder / "plan.json").write_text(plan_to_json(example_plans.plan()))
        (folder / "approval.json").write_text(approval_to_json(oblique_case.approval()))
        return {path.name: path.read_bytes() for path in folder.iterdir()}


def _read_case(data: bytes, folder: Path) -> None:
    folder = folder / "a" / "b" / "case"  # what names a folder above finds nothing but itself
    folder.mkdir(parents=True)
    for name, held in _case_files().items():
        (folder / name).write_bytes(held)
    (folder / "case.toml").write_bytes(data)
    load_case(
        folder, role_tables=catalogue.role_tables(), viability_rules=catalogue.viability_rules()
    )


def _case_seeds(_: Path) -> tuple[bytes, ...]:
    head = _CASE.partition("[[labels]]")[0]
    return _CASE.encode(), head.encode()


def _read_tables(data: bytes, _: Path) -> None:
    fields = catalogue.registry_fields()
    tables = list(fields)
    number = (data[0] if data else 0) % (len(tables) + 1)
    if number == len(tables):
        rows_from_csv(data[1:], "x.csv")
    else:
        read_table(fields, tables[number], data[1:])


def _table_seeds(_: Path) -> tuple[bytes, ...]:
    fields = catalogue.registry_fields()
    rows = simulated_rows(2)
    found = []
    for number, table in enumerate(fields):
        values = [dict.fromkeys(fields[table]) | dict(r.values) for r in rows if r.table == table]
        found.append(bytes((number,)) + table_text(fields[table], values).encode())
    return (*found, bytes((len(fields),)) + rows_to_csv(simulated_cohort(2)).encode())


_TRAJECTORY_NAMES = ("x.mrk.json", "x.tag", "x.ros")


def _read_trajectories(data: bytes, folder: Path) -> None:
    path = folder / _TRAJECTORY_NAMES[(data[0] if data else 0) % 3]
    path.write_bytes(data[1:])
    read_trajectories([path], planning_ct())


_TAG = """MNI Tag Point File
Volumes = 1;
% a remark
Points =
 -1.5 2.25 3 1 1 1 "c1 entry"
 4 -5.5 6 1 1 1 "c1 tip";
"""
_TURN = "0 -1 0 5  1 0 0 -7  0 0 1 3  0 0 0 1"
_ROSA = "\r\n".join(
    (
        *("[BEGIN]", "[TRdicomRdisplay]", "1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1", "[VOLUME]", "T1"),
        *("[IMAGERY_NAME]", "T1", "[SERIE_UID]", "1.2.3.1", "[IMAGERY_3DREF]", "0"),
        *("[TRdicomRdisplay]", _TURN, "[VOLUME]", "CT", "[IMAGERY_NAME]", "CT"),
        *("[SERIE_UID]", "1.2.826.0.1.3680043.8.498.2", "[IMAGERY_3DREF]", "0", "[TRAJECTORY]"),
        *("1", "RSPL 0 123 1 -3.5 16.25 9.125 1 2.5 -1.25 -8.0 200.0 2.0", "[ELLIPS]", "0"),
        *("RCUN 0 456 1 7.0 -13.5 3.25 1 -0.5 -5.0 1.5 200.0 2.0", "[END]", ""),
    )
)


def _trajectory_seeds(_: Path) -> tuple[bytes, ...]:
    lines = [text for text in plan_to_markups(example_plans.plan()).values() if '"Line"' in text]
    return b"\0" + lines[0].encode(), b"\1" + _TAG.encode(), b"\2" + _ROSA.encode("latin-1")


def _trajectories_mutated(data: bytes, rng: Random) -> bytes:
    return (json_mutated if data[:1] == b"{" else lines_mutated)(data, rng)


_TRANSFORM_NAMES = ("x.tfm", "x.txt")
"""HDF5 is read by a process of its own, where it may crash."""


def _read_transform(data: bytes, folder: Path) -> None:
    path = folder / _TRANSFORM_NAMES[(data[0] if data else 0) % 2]
    path.write_bytes(data[1:])
    with suppress(TrephineError):
        moved = read_rigid(path)
        _ = (moved.matrix, moved.placed_in_ct(planning_ct().grid))


def _transform_seeds(folder: Path) -> tuple[bytes, ...]:
    turn = sitk.Euler3DTransform((12.0, -7.0, 30.0), 0.3, -0.2, 0.5, (4.0, 9.0, -15.0))
    affine = sitk.AffineTransform(3)
    affine.SetMatrix(turn.GetMatrix())
    both = sitk.CompositeTransform([affine, sitk.TranslationTransform(3, (1.0, 2.0, 3.0))])
    found = []
    for number, name in enumerate(_TRANSFORM_NAMES):
        for one in (turn, both):
            sitk.WriteTransform(one, str(folder / name))
            found.append(bytes((number,)) + (folder / name).read_bytes())
    return tuple(found)


_ANY_LINES = after_first_byte(chosen(lines_mutated, lines_mutated, bytes_mutated))
TARGETS = (
    Target(
        name="case_toml", family="texts", read=_read_case, seeds=_case_seeds, mutate=toml_mutated
    ),
    Target(
        name="rules",
        family="texts",
        read=_read_rules,
        seeds=_rule_seeds,
        mutate=after_first_byte(toml_mutated),
    ),
    Target(
        name="documents",
        family="texts",
        read=_read_documents,
        seeds=_document_seeds,
        mutate=after_first_byte(json_mutated),
    ),
    Target(name="tables", family="texts", read=_read_tables, seeds=_table_seeds, mutate=_ANY_LINES),
    Target(
        name="trajectories",
        family="texts",
        read=_read_trajectories,
        seeds=_trajectory_seeds,
        mutate=after_first_byte(_trajectories_mutated),
    ),
    Target(
        name="transforms",
        family="texts",
        read=_read_transform,
        seeds=_transform_seeds,
        mutate=_ANY_LINES,
    ),
)
