"""Fixtures every test may use, and the rule that CI skips nothing; no assertions of its own."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from tests.pacs_peers import (
    Certificates,
    Peer,
    dcmqrscp,
    make_certificates,
    missing_peers,
    orthanc,
)
from tests.postgresql import Server, is_there, running_server
from tests.registries import Place, file_place, server_place

_BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared" / "data"
_Report = TypeVar("_Report", pytest.TestReport, pytest.CollectReport)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder of real data, or skip with the reason."""
    folder = Path(os.environ.get("TREPHINE_DATA", _BESIDE_THE_CHECKOUT))
    if not folder.is_dir():
        pytest.skip(f"real data not found at {folder}; set TREPHINE_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """Return a PostgreSQL server of the tests' own, or skip with the reason."""
    if not is_there():
        pytest.skip("no PostgreSQL server is installed; apt-get install postgresql")
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Return certificates for encrypted archives, or skip with the reason."""
    _need_archives()
    return make_certificates(tmp_path_factory.mktemp("certificates") / "tls")


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """Return an Orthanc of the tests' own, with DICOMweb, or skip with the reason."""
    _need_archives()
    with orthanc(tmp_path_factory.mktemp("orthanc") / "here") as peer:
        yield peer


@pytest.fixture(scope="session")
def secure_archive(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[Peer]:
    """Return an Orthanc that speaks TLS only, or skip with the reason."""
    with orthanc(tmp_path_factory.mktemp("secure") / "here", certificates) as peer:
        yield peer


@pytest.fixture(scope="session")
def dcmtk_archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """Return dcmtk's archive, or skip with the reason."""
    _need_archives()
    with dcmqrscp(tmp_path_factory.mktemp("dcmtk") / "here") as peer:
        yield peer


def _need_archives() -> None:
    if missing := missing_peers():
        pytest.skip(f"not installed: {missing}")


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return where a registry without a case is: in a file, then on a server."""
    if request.param == "sqlite":
        return file_place(tmp_path)
    return server_place(request.getfixturevalue("postgresql"), tmp_path)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that skips where nothing may."""
    return _held_to_run((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a whole file that skips where nothing may."""
    return _held_to_run((yield))


def _held_to_run(report: _Report) -> _Report:
    """Turn a skip into a failure in CI or with TREPHINE_NO_SKIPS=1; an expected failure stays."""
    strict = os.environ.get("CI") == "true" or os.environ.get("TREPHINE_NO_SKIPS") == "1"
    if strict and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {reason}"
    return report
