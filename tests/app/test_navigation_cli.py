"""Serving and sending a plan from the command line, to the C++ library's programs."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Event, Thread

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.navigation_commands import NavigationOrder, plan_to_hand_over, run_send, run_serve
from planning.errors import InputError
from planning.handover.plan_json import plan_to_json
from planning.model.approval import Approval
from planning.records.approval_file import APPROVAL_FILE, approval_to_json, sha256_of
from tests.example_plans import empty_plan, plan, with_cores
from tests.igtl_peers import free_port, programs_folder, running, wait_until_listening

# Of the first example: LPS (-12.5, 88.25, 41.1234564), 60 mm toward the head.
ENTRY = "( 12.500000, -88.250000, 41.123455 )"
TIP = "( 12.500000, -88.250000, 101.123459 )"


@pytest.fixture
def programs() -> Path:
    return programs_folder()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plan.json").write_text(plan_to_json(plan()), encoding="utf-8")
    return tmp_path


def order(folder: Path, **fields) -> NavigationOrder:
    return NavigationOrder(**{"plan": folder, "host": "127.0.0.1", "port": 18944} | fields)


def test_a_plan_is_served_until_it_is_ended(folder, programs, capsys):
    port, stop = free_port(), Event()
    asked = order(folder, port=port, protocol="2")
    serving = Thread(target=run_serve, args=(asked, stop), daemon=True)
    serving.start()
    wait_until_listening(port)
    with running(programs / "ReceiveClient", "127.0.0.1", port) as said:
        text = said.wait_for("Receiving : POLYDATA")
        time.sleep(0.3)  # it says who is connected a few times a second
    stop.set()
    serving.join(10.0)
    assert not serving.is_alive()
    assert ENTRY in text
    assert TIP in text
    told = capsys.readouterr().out
    assert "This plan was not approved by anybody." in told
    assert f"Serving on 127.0.0.1:{port}" in told
    assert "Connected: 127.0.0.1:" in told


def test_a_plan_is_sent(folder, programs, capsys):
    port = free_port()
    with running(programs / "ReceiveServer", port) as said:
        wait_until_listening(port)
        run_send(order(folder / "plan.json", port=port, protocol="2"))
        text = said.wait_for("Receiving : POLYDATA")
    assert ENTRY in text
    assert TIP in text
    assert f"Sent c1 to 127.0.0.1:{port}." in capsys.readouterr().out


def test_nobody_there_is_an_error_in_words(folder):
    port = free_port()
    with pytest.raises(InputError, match=f"Nobody answers at 127.0.0.1:{port}"):
        run_send(order(folder, port=port))


def test_a_taken_port_is_an_error_in_words(folder):
    port, stop = free_port(), Event()
    serving = Thread(target=run_serve, args=(order(folder, port=port), stop), daemon=True)
    serving.start()
    wait_until_listening(port)
    with pytest.raises(InputError, match="choose another"):
        run_serve(order(folder, port=port))
    stop.set()
    serving.join(10.0)


def test_what_is_approved_is_meant_else_the_set_else_the_first(tmp_path):
    file = tmp_path / "plan.json"
    file.write_text(plan_to_json(plan()), encoding="utf-8")

    def meant() -> list[str]:
        handed = plan_to_hand_over(order(tmp_path))
        return [candidate.candidate_id for candidate in handed.candidates]

    assert meant() == ["c1"]
    approval = Approval(
        approved_by="A. Berg",
        at="2026-11-24T10:00:00+01:00",
        plan_number=1,
        plan_sha256=sha256_of(file.read_bytes()),
        candidate_ids=("c2", "c1"),
    )
    (tmp_path / APPROVAL_FILE).write_text(approval_to_json(approval), encoding="utf-8")
    assert meant() == ["c2", "c1"]
    file.write_text(plan_to_json(with_cores()), encoding="utf-8")  # of another plan
    assert meant() == ["c2"]
    handed = plan_to_hand_over(order(tmp_path, cores=("c1",)))
    assert [c.candidate_id for c in handed.candidates] == ["c1"]
    with pytest.raises(InputError, match=r'plan\.json has no trajectory "c9"; it has c1, c2'):
        plan_to_hand_over(order(tmp_path, cores=("c9",)))
    file.write_text(plan_to_json(empty_plan()), encoding="utf-8")
    with pytest.raises(InputError, match="holds no trajectory"):
        plan_to_hand_over(order(tmp_path))


@pytest.mark.parametrize("address", ["localhost", "localhost:", ":18944", "a:b", "a:99999"])
def test_an_address_that_is_none_is_a_wrong_call(folder, address):
    said = CliRunner().invoke(cli, ["send", str(folder), "--igtl", address])
    assert said.exit_code == 2
    assert "host and port" in said.output


def test_a_missing_plan_is_an_error(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        plan_to_hand_over(order(tmp_path / "none"))
