"""`trephine send --pacs`: a plan's DICOM objects in a real archive, and addresses that are none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.sending_commands import StoreOrder, run_store, server_at
from planning.errors import InputError
from planning.image import CaseImages
from planning.model.case import Case
from planning.model.plan import PlanResult
from planning.network import pacs
from planning.network.matches import Query
from planning.network.servers import PacsServer, PacsSettings, TlsFiles
from planning.records.case_writer import save_case


@pytest.fixture
def plan_file(case: Case, set_plan: PlanResult, images: CaseImages, tmp_path: Path) -> Path:
    whose = replace(images.ct.patient, name="Sending^Test", patient_id="SEND-1")
    ct = replace(images.ct, patient=whose)
    planned = replace(case, plan=set_plan, patient=whose)
    save_case(planned, replace(images, ct=ct), tmp_path / "case")
    return tmp_path / "case" / "plan.json"


def test_an_archive_holds_the_objects_of_a_plan(
    plan_file: Path, archive, capsys: pytest.CaptureFixture[str]
) -> None:
    server = archive.dimse
    address = f"{server.called_ae}@{server.host}:{server.port}"
    run_store(StoreOrder(plan=plan_file, address=address, formats=("sr", "seg", "rtstruct")))
    assert f"3 files stored in {server.called_ae}" in capsys.readouterr().out
    studies = pacs.find_studies(server, Query(patient_id="SEND-1")).found
    assert len(studies) == 1
    found = pacs.find_series(server, studies[0].study_uid)
    assert {one.modality for one in found} == {"SR", "SEG", "RTSTRUCT"}


def test_without_the_patient_nobody_is_named(plan_file: Path, archive) -> None:
    server = archive.dimse
    address = f"{server.called_ae}@{server.host}:{server.port}"
    before = len(pacs.find_studies(server, Query(patient_id="SEND-1")).found)
    run_store(StoreOrder(plan=plan_file, address=address, formats=("sr",), deidentify=True))
    assert len(pacs.find_studies(server, Query(patient_id="SEND-1")).found) == before


def test_an_archive_of_the_settings_is_spoken_to_as_they_say() -> None:
    known = PacsServer(name="ours", called_ae="PACS", host="pacs.example", tls=TlsFiles())
    settings = PacsSettings(servers=(known,))
    assert server_at("PACS@pacs.example:104", settings) is known
    other = server_at("PACS@pacs.example:11112", settings)
    assert (other.called_ae, other.host, other.port, other.tls) == (
        "PACS",
        "pacs.example",
        11112,
        None,
    )


@pytest.mark.parametrize("address", ["pacs:104", "PACS@pacs", "PACS@pacs:0", "A" * 17 + "@p:104"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InputError, match=r"AET@HOST:PORT|port|AE title"):
        server_at(address, PacsSettings())


def test_a_plan_goes_one_way_at_a_time() -> None:
    both = ["send", "plan.json", "--igtl", "localhost:1", "--pacs", "A@b:1"]
    for arguments in (["send", "plan.json"], both):
        done = CliRunner().invoke(cli, arguments)
        assert done.exit_code == 2
        assert "--pacs" in done.output
