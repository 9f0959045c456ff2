"""An export is whole or not there: its manifest, what is replaced, and what stops it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from planning import __version__
from planning.errors import InputError
from planning.handover.content import HandOver, chosen_of, file_stem, require_same_ct
from planning.handover.export_format import ExportFormat, OutFile
from planning.handover.export_formats import FORMATS, formats_named
from planning.image import Volume
from planning.progress import Cancelled, Progress
from planning.records.export_folder import damaged, read_manifest, write_export
from tests import example_plans, oblique_case

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "resources" / "schemas" / "export.schema.json").read_text("utf-8")
)
STEM = "Mustermann-Lasion-links_2026-11-26"

pytestmark = pytest.mark.usefixtures("qapp")  # pictures are drawn


def small(key: str, *names: str) -> ExportFormat:
    def write(what: HandOver, _: Progress) -> Iterator[OutFile]:
        for name in names:
            yield OutFile(name=name, data=f"{key} of {what.plan.case_name}".encode())

    return ExportFormat(key=key, label=f"a small {key}", frame="", write=write)


def test_the_manifest_says_what_everything_is(tmp_path: Path):
    what = oblique_case.hand_over()
    written = write_export(what, FORMATS, tmp_path / "a" / "out")
    document = json.loads((tmp_path / "a" / "out" / "manifest.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert document["software_version"] == __version__
    assert document["written_at"] == "2026-11-26T16:30:05+01:00"
    assert document["notice"] == "Research use only. Not a medical device."
    assert document["plan_state"] == "approved"
    assert (document["frame_of_reference_uid"], document["series_uid"]) == (
        oblique_case.FRAME,
        oblique_case.SERIES,
    )
    assert document["chosen"] == ["c1", "c2"]
    names = {record["name"] for record in document["files"]} | {"manifest.json"}
    there = {str(p.relative_to(written.folder)) for p in written.folder.rglob("*") if p.is_file()}
    assert names == there == {str(p.relative_to(written.folder)) for p in written.files}
    told = {"plan.json", "approval.json", "manifest.json"}
    assert all(name.startswith(STEM) for name in names - told)
    assert damaged(written.folder) == ()
    path = written.folder / f"{STEM}_candidates.csv"
    path.write_bytes(path.read_bytes()[:-1])
    (written.folder / "plan.json").unlink()
    assert damaged(written.folder) == ("plan.json", path.name)


def test_what_cannot_be_written_is_left_out_with_the_reason(tmp_path: Path):
    what = replace(oblique_case.hand_over(), case=None, images=None)
    written = write_export(what, FORMATS, tmp_path / "out")
    needing = {one.key for one in FORMATS if one.needs}
    assert "sr" in needing
    assert {one.key for one, _ in written.left_out} == needing
    assert all("give the case" in why for _, why in written.left_out)
    assert {r.format for r in read_manifest(written.folder).left_out} == needing
    sr = formats_named(["sr"])
    with pytest.raises(InputError, match="needs the planning CT"):
        write_export(what, sr, tmp_path / "other")
    empty = replace(what, plan=example_plans.empty_plan(), chosen=())
    with pytest.raises(InputError, match="no trajectory to hand over"):
        write_export(empty, FORMATS, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_an_export_is_replaced_as_a_whole_and_only_when_asked(tmp_path: Path):
    what, out = oblique_case.hand_over(), tmp_path / "out"
    write_export(what, [small("one", "a.txt", "slices/1.txt", "slices/2.txt")], out)
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"holds an export already.*--force"):
        write_export(what, [small("two", "b.txt")], out)
    write_export(what, [small("two", "b.txt")], out, force=True)
    assert {p.name for p in out.iterdir()} == {"mine.txt", "b.txt", "manifest.json"}
    assert damaged(out) == ()


def test_files_of_others_are_not_replaced_unasked(tmp_path: Path):
    what, out = oblique_case.hand_over(), tmp_path / "out"
    out.mkdir()
    (out / "b.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"b\.txt already exists"):
        write_export(what, [small("two", "a.txt", "b.txt")], out)
    assert [p.name for p in out.iterdir()] == ["b.txt"]
    write_export(what, [small("two", "a.txt")], out)
    assert {p.name for p in out.iterdir()} == {"a.txt", "b.txt", "manifest.json"}
    assert (out / "b.txt").read_text("utf-8") == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_given_up_at_any_moment_nothing_is_left(after: int, tmp_path: Path):
    asked = 0

    def is_cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > after

    with pytest.raises(Cancelled):
        write_export(
            oblique_case.hand_over(),
            [small("one", "a.txt", "b.txt")],
            tmp_path / "out",
            progress=Progress(is_cancelled=is_cancelled),
        )
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_fails_midway_leaves_the_older_one_whole(tmp_path: Path):
    what, out = oblique_case.hand_over(), tmp_path / "out"

    def broken(_: HandOver, __: Progress) -> Iterator[OutFile]:
        yield OutFile(name="c.txt", data=b"c")
        raise InputError("a mask is empty")

    write_export(what, [small("one", "a.txt")], out)
    failing = ExportFormat(key="x", label="a broken one", frame="", write=broken)
    with pytest.raises(InputError, match="a broken one: a mask is empty"):
        write_export(what, [small("one", "b.txt"), failing], out, force=True)
    assert damaged(out) == ()
    assert {p.name for p in out.iterdir()} == {"a.txt", "manifest.json"}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_name_in_a_manifest_leads_nowhere_else(tmp_path: Path):
    what, out = oblique_case.hand_over(), tmp_path / "out"
    (tmp_path / "precious.txt").write_text("mine", encoding="utf-8")
    write_export(what, [small("one", "a.txt")], out)
    text = (out / "manifest.json").read_text("utf-8")
    (out / "manifest.json").write_text(text.replace("a.txt", "../precious.txt"), encoding="utf-8")
    with pytest.raises(InputError, match="no name of a file in its folder"):
        write_export(what, [small("two", "b.txt")], out, force=True)
    assert (tmp_path / "precious.txt").exists()


def test_what_is_no_export_is_said(tmp_path: Path):
    with pytest.raises(InputError, match=r"no manifest\.json"):
        read_manifest(tmp_path)
    blocked = tmp_path / "file"
    blocked.write_text("a file", encoding="utf-8")
    with pytest.raises(InputError, match="is a file"):
        write_export(oblique_case.hand_over(), FORMATS[:1], blocked)


def test_formats_are_named_as_people_name_them():
    assert formats_named(["all"]) == FORMATS
    assert [one.key for one in formats_named(["stl", "json", "csv", "stl"])] == [
        "plan",
        "csv",
        "stl",
    ]
    with pytest.raises(InputError, match='did you mean "slicer"'):
        formats_named(["slicr"])
    with pytest.raises(InputError, match="No format is named"):
        formats_named([])


def test_which_trajectories_are_meant():
    plan = example_plans.plan()
    assert [c.candidate_id for c in chosen_of(plan)] == ["c1"]
    assert [c.candidate_id for c in chosen_of(plan, ("c2", "c1", "c2"))] == ["c2", "c1"]
    assert [c.candidate_id for c in chosen_of(example_plans.with_cores())] == ["c2"]
    assert chosen_of(example_plans.empty_plan()) == ()
    with pytest.raises(InputError, match='no trajectory "T9"; it has c1, c2'):
        chosen_of(plan, ("T9",))


def test_a_plan_of_another_ct_is_refused():
    images, plan = oblique_case.images(), oblique_case.plan()
    require_same_ct(plan, images)
    with pytest.raises(InputError, match=r"its series is 1\.2\.826\.77\.2, the plan's 9\.9"):
        require_same_ct(replace(plan, series_uid="9.9"), images)
    with pytest.raises(InputError, match="frame of reference"):
        require_same_ct(replace(plan, frame_of_reference_uid="9.9"), images)
    far = replace(images.ct.grid, origin_lps_mm=(500.0, 0.0, 0.0))
    moved: Volume = replace(images.ct, grid=far)
    with pytest.raises(InputError, match="c1 of the plan lies outside"):
        require_same_ct(plan, replace(images, ct=moved))


def test_names_of_files_take_no_odd_letters():
    made_at = oblique_case.MADE_AT
    assert file_stem("Müller/..\\ 左: x", made_at) == "Muller-x_2026-11-26"
    assert file_stem("左", made_at) == "case_2026-11-26"
