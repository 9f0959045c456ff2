"""Answers of a DICOMweb server that never end, or unfold to gigabytes: broken off, and said."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from planning.network import dicomweb
from planning.network.faults import NetworkError
from planning.network.matches import Query, SeriesMatch
from planning.network.servers import Receiver
from planning.progress import SILENT
from tests.fuzzing.mutators import PART
from tests.fuzzing.wire_targets import _BOUNDARY, _WEB, _over, _web_retrieve_seeds

SERIES = SeriesMatch(study_uid="1.2", series_uid="1.2.3", image_count=3)


def test_a_list_that_is_longer_than_any_is_broken_off(monkeypatch) -> None:
    monkeypatch.setattr("planning.network.web_session.MOST_ANSWER_BYTES", 10_000)
    with _over([json.dumps([{}] * 10_000).encode()], ""), pytest.raises(NetworkError, match="end"):
        dicomweb.find_studies(_WEB, Query(), SILENT)


def test_the_limit_is_of_what_a_packed_answer_unfolds_to(monkeypatch) -> None:
    monkeypatch.setattr("planning.network.web_session.MOST_ANSWER_BYTES", 1 << 20)
    bomb = gzip.compress(b" " * (64 << 20))
    assert len(bomb) < 1 << 17
    with _over([bomb], "", packed=True), pytest.raises(NetworkError, match="without end"):
        dicomweb.find_studies(_WEB, Query(), SILENT)


def test_an_image_that_is_larger_than_any_is_broken_off_and_others_are_not(
    monkeypatch, tmp_path: Path
) -> None:
    (tmp_path / "seeds").mkdir()
    listed, sent = _web_retrieve_seeds(tmp_path / "seeds")[0].split(PART)
    largest = max(map(len, sent.split(b"--b0")))
    with _over([listed, sent], _BOUNDARY):
        dicomweb.retrieve_series(_WEB, SERIES, tmp_path / "a", Receiver(), SILENT)
    monkeypatch.setattr(dicomweb, "MOST_OBJECT_BYTES", largest // 2)
    with _over([listed, sent], _BOUNDARY), pytest.raises(NetworkError, match="without end"):
        dicomweb.retrieve_series(_WEB, SERIES, tmp_path / "b", Receiver(), SILENT)
    assert not (tmp_path / "b").exists()
