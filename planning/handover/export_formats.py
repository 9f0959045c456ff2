"""Every format a plan is handed over in, in one table; knows no folder and no manifest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from planning.errors import InputError
from planning.formats import suggestion
from planning.handover.content import HandOver, safe_name
from planning.handover.dicom_formats import (
    write_board_report,
    write_burned_ct,
    write_captures,
    write_pathology,
    write_pdf,
    write_room_report,
    write_rtstruct,
    write_seg,
    write_sr,
)
from planning.handover.export_format import ExportFormat, Need, OutFile
from planning.handover.mni_tag import TARGET, TIP, plan_to_tag
from planning.handover.notice import RESEARCH_USE
from planning.handover.plan_json import plan_to_json
from planning.handover.slicer_markups import plan_to_markups
from planning.handover.stl_meshes import mesh_to_stl, tube
from planning.handover.tables import plan_to_csv
from planning.progress import Progress

PLAN_FILE, APPROVAL_FILE = "plan.json", "approval.json"
"""Names that programs look for; every other file is named by case and day."""

LPS, RAS = "LPS mm", "RAS mm"


def _plan(what: HandOver, _: Progress) -> Iterator[OutFile]:
    yield OutFile(name=PLAN_FILE, data=plan_to_json(what.plan).encode("utf-8"))
    if what.approval_json:
        yield OutFile(name=APPROVAL_FILE, data=what.approval_json.encode("utf-8"))


def _slicer(what: HandOver, _: Progress) -> Iterator[OutFile]:
    for name, text in plan_to_markups(what.plan).items():
        yield OutFile(name=f"{what.stem}_{name}", data=text.encode("utf-8"))


def _csv(what: HandOver, _: Progress) -> Iterator[OutFile]:
    yield OutFile(name=f"{what.stem}_candidates.csv", data=plan_to_csv(what.plan).encode("utf-8"))


def _stl(what: HandOver, _: Progress) -> Iterator[OutFile]:
    needle = what.plan.needle
    for candidate in what.chosen:
        path, name = candidate.trajectory, candidate.candidate_id
        parts = (
            ("needle", path.entry_lps_mm, path.tip_lps_mm, 2.0 * needle.radius_mm),
            ("specimen", *candidate.specimen_lps_mm, needle.inner_diameter_mm),
        )
        for part, start, end, diameter_mm in parts:
            yield OutFile(
                name=f"{what.stem}_{part}-{safe_name(name)}.stl",
                data=mesh_to_stl(tube(start, end, diameter_mm), f"{part} {name} {RESEARCH_USE}"),
                trajectories=(name,),
            )


def _tag(what: HandOver, _: Progress) -> Iterator[OutFile]:
    for end in (TARGET, TIP):
        text = plan_to_tag(what.plan, what.chosen, end)
        yield OutFile(
            name=f"{what.stem}_entry-{end}.tag", data=text.encode("utf-8"), trajectories=_ids(what)
        )


_REPORT_NEEDS = (Need.CT, Need.STRUCTURES, Need.REPORTS)

FORMATS: tuple[ExportFormat, ...] = (
    ExportFormat(key="plan", label="Plan of Trephine (plan.json)", frame=LPS, write=_plan),
    ExportFormat(key="slicer", label="3D Slicer markups", frame=LPS, write=_slicer),
    ExportFormat(key="csv", label="Table of trajectories (CSV)", frame=LPS, write=_csv),
    ExportFormat(
        key="sr",
        label="DICOM structured report",
        frame=LPS,
        write=write_sr,
        needs=(Need.CT,),
    ),
    ExportFormat(
        key="seg",
        label="DICOM segmentation (SEG)",
        frame=LPS,
        write=write_seg,
        needs=(Need.CT, Need.STRUCTURES),
    ),
    ExportFormat(
        key="rtstruct",
        label="DICOM structure set (RT)",
        frame=LPS,
        write=write_rtstruct,
        needs=(Need.CT, Need.STRUCTURES),
    ),
    ExportFormat(
        key="burned-ct",
        label="CT with the paths burned in",
        frame=LPS,
        write=write_burned_ct,
        needs=(Need.CT,),
    ),
    ExportFormat(
        key="captures",
        label="Key views as DICOM pictures",
        frame="",
        write=write_captures,
        needs=(Need.CT, Need.PICTURES),
    ),
    ExportFormat(
        key="pdf",
        label="Key views as PDF, and in DICOM",
        frame="",
        write=write_pdf,
        needs=(Need.CT, Need.DOCUMENTS),
    ),
    ExportFormat(
        key="report",
        label="Sheet for the CT room (PDF, and in DICOM)",
        frame="",
        write=write_room_report,
        needs=_REPORT_NEEDS,
    ),
    ExportFormat(
        key="board-report",
        label="Report for the tumour board (PDF, and in DICOM)",
        frame="",
        write=write_board_report,
        needs=_REPORT_NEEDS,
    ),
    ExportFormat(
        key="pathology",
        label="Pathology request with core map (PDF, and in DICOM)",
        frame="",
        write=write_pathology,
        needs=_REPORT_NEEDS,
    ),
    ExportFormat(key="stl", label="Needle and specimen as STL", frame=LPS, write=_stl),
    ExportFormat(key="tag", label="MNI tag points (CustusX, IBIS)", frame=RAS, write=_tag),
)
"""In the order in which they are offered; every one is read back in the tests."""

_ALSO_CALLED = {"json": "plan", "burn-in": "burned-ct", "key-views": "captures"}
ALL = "all"


def formats_named(names: Iterable[str]) -> tuple[ExportFormat, ...]:
    """Return the formats of these keys, in the order of the table; ``all`` names every one.

    Raises
    ------
    InputError
        If there is no such format, or none is named.
    """
    by_key = {one.key: one for one in FORMATS}
    wanted = [_ALSO_CALLED.get(name, name) for name in names]
    for name in wanted:
        if name != ALL and name not in by_key:
            message = f'"{name}" is no format of the export'
            raise InputError(message + suggestion(name, [*by_key, ALL], "give one of"))
    if not wanted:
        raise InputError(f"No format is named; give one of {', '.join(by_key)}, or all.")
    return tuple(one for one in FORMATS if ALL in wanted or one.key in wanted)


def _ids(what: HandOver) -> tuple[str, ...]:
    return tuple(candidate.candidate_id for candidate in what.chosen)
