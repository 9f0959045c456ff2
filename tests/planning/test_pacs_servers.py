"""The servers of the settings: kept for the user alone, refused in words, passwords never shown."""

from __future__ import annotations

import json
import os
import stat
import sys
from dataclasses import replace

import pytest

from planning.errors import InputError
from planning.network.matches import Query
from planning.network.servers import (
    PacsServer,
    PacsSettings,
    Receiver,
    Retrieval,
    ServerKind,
    TlsFiles,
    check_server,
)
from planning.network.servers_file import read_pacs, write_pacs

DIMSE = PacsServer(
    name="Archive",
    called_ae="PACS",
    host="pacs.example",
    retrieval=Retrieval.MOVE,
    tls=TlsFiles(ca_file="ca.pem"),
)
WEB = PacsServer(
    name="Web",
    kind=ServerKind.DICOMWEB,
    root_url="https://pacs.example/dicom-web",
    user="reader",
    password="sesame",
)


def test_what_is_kept_is_read_back(tmp_path) -> None:
    settings = PacsSettings(servers=(DIMSE, WEB), receiver=Receiver(port=4242))
    file = tmp_path / "new" / "pacs.json"
    write_pacs(settings, file)
    assert read_pacs(file) == settings
    assert settings.server("Web") is WEB


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a user's folder private itself")
def test_only_the_user_may_read_it(tmp_path) -> None:
    file = tmp_path / "pacs.json"
    write_pacs(PacsSettings(servers=(WEB,)), file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_without_a_file_there_are_no_servers(tmp_path) -> None:
    assert read_pacs(tmp_path / "pacs.json") == PacsSettings()
    with pytest.raises(InputError, match="No PACS server is configured yet"):
        PacsSettings().server("any")
    with pytest.raises(InputError, match='No PACS server is called "any"; there are: Archive, Web'):
        PacsSettings(servers=(DIMSE, WEB)).server("any")


@pytest.mark.parametrize(
    "change",
    [{"password": 5}, {"colour": "red"}, {"kind": "ftp"}, {"timeout_s": 0}, {"timeout_s": "x"}],
)
def test_what_is_not_understood_is_named_without_its_value(change, tmp_path) -> None:
    file = tmp_path / "pacs.json"
    row = {"name": "Web", "kind": "dicomweb", "password": "sesame", **change}
    file.write_text(json.dumps({"schema_version": 1, "servers": [row]}))
    with pytest.raises(InputError) as told:
        read_pacs(file)
    assert next(iter(change)) in str(told.value)
    assert "sesame" not in str(told.value)
    assert told.value.__cause__ is None


def test_newer_and_broken_files_are_refused(tmp_path) -> None:
    file = tmp_path / "pacs.json"
    for text in ('{"schema_version": 2}', "{", "[]", "\xff"):
        file.write_text(text)
        with pytest.raises(InputError, match=r"pacs\.json"):
            read_pacs(file)


@pytest.mark.parametrize(
    ("server", "said"),
    [
        (replace(DIMSE, name=" "), "needs a name"),
        (replace(DIMSE, called_ae=""), "is no AE title"),
        (replace(DIMSE, called_ae="SEVENTEEN LETTERS"), "is no AE title"),
        (replace(DIMSE, calling_ae="a\\b"), "is no AE title"),
        (replace(DIMSE, host=""), "needs a host"),
        (replace(DIMSE, port=70000), "is no port"),
        (replace(WEB, root_url="pacs.example"), "needs the web address"),
        (replace(WEB, root_url="https://me:secret@pacs.example"), "do not belong into"),
        (replace(WEB, root_url="http://pacs.example"), "unencrypted"),
        (replace(WEB, timeout_s=0.0), "more than 0 s"),
    ],
)
def test_servers_that_cannot_be_spoken_to_are_refused(server, said, tmp_path) -> None:
    with pytest.raises(InputError, match=said) as told:
        check_server(server)
    assert "secret" not in str(told.value)
    with pytest.raises(InputError):
        write_pacs(PacsSettings(servers=(server,)), tmp_path / "pacs.json")
    assert not (tmp_path / "pacs.json").exists()


def test_two_of_one_name_are_refused(tmp_path) -> None:
    with pytest.raises(InputError, match='Two servers are called "Web"'):
        write_pacs(PacsSettings(servers=(WEB, WEB)), tmp_path / "pacs.json")


def test_passwords_are_not_shown() -> None:
    shown = repr(PacsSettings(servers=(WEB, replace(WEB, token="abracadabra"))))
    assert "sesame" not in shown
    assert "abracadabra" not in shown
    assert "reader" in shown


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("doe", "doe*"),
        ("doe, jane", "doe*^jane*"),
        ("Doe^Jane", "Doe*^Jane*"),
        ("d?e", "d?e"),
        ("DOE*", "DOE*"),
        (" , ", ""),
        ("", ""),
        ("a\\b", "ab*"),
    ],
)
def test_names_are_asked_for_by_their_beginning(typed, asked) -> None:
    assert Query(patient_name=typed).name_pattern == asked


@pytest.mark.parametrize(
    ("first", "last", "asked"),
    [
        ("", "", ""),
        ("2026-01-10", "", "20260110-"),
        ("", "20260110", "-20260110"),
        ("2026-01-10", "2026-01-10", "20260110-20260110"),
    ],
)
def test_dates_are_ranges(first, last, asked) -> None:
    assert Query(date_from=first, date_to=last).date_range == asked


@pytest.mark.parametrize(
    ("first", "last"), [("10.1.2026", ""), ("2026-13-01", ""), ("2026-01-02", "2026-01-01")]
)
def test_what_is_no_date_is_refused(first, last) -> None:
    with pytest.raises(InputError, match=r"date"):
        _ = Query(date_from=first, date_to=last).date_range


def test_a_file_of_a_newer_version_is_refused_in_words_and_kept_before_it_is_replaced(tmp_path):
    file = tmp_path / "pacs.json"
    newer = {"schema_version": 2, "servers": [], "proxies": ["a"]}
    file.write_text(json.dumps(newer))
    with pytest.raises(InputError, match="schema version 2, this Trephine reads up to 1"):
        read_pacs(file)
    write_pacs(PacsSettings(servers=(WEB,)), file)
    assert read_pacs(file).servers == (WEB,)
    copy = tmp_path / "pacs.not-understood.json"
    assert json.loads(copy.read_text()) == newer
    assert copy.stat().st_mode & 0o077 == 0 or os.name != "posix"
