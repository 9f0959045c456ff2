"""The catalogue finds what comes with Trephine, and names the nearest to what does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import catalogue, paths
from planning.errors import InputError


def test_every_protocol_names_a_needle_that_exists() -> None:
    assert "bone-ct" in catalogue.protocol_keys()
    for key in catalogue.protocol_keys():
        assert catalogue.needle(catalogue.protocol(key).needle_key).core_length_mm > 0


def test_an_unknown_key_gets_a_suggestion() -> None:
    with pytest.raises(
        InputError, match=r'no needle "bone-11g-1000"\. Did you mean bone-11g-100 or'
    ):
        catalogue.needle("bone-11g-1000")
    with pytest.raises(InputError, match=r'no protocol "zzz"\. Known: bone-ct'):
        catalogue.protocol("zzz")


def test_role_tables_and_joints_are_there() -> None:
    assert "totalsegmentator" in catalogue.role_tables()
    assert catalogue.joint_rules() is catalogue.joint_rules()
    assert catalogue.radiomics() is catalogue.radiomics()


def test_kernels_are_kept_where_the_user_may_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert paths.prepare_kernel_cache() == tmp_path
    assert not paths.kernels_are_compiled(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "kernel.nbi").write_bytes(b"")
    assert paths.kernels_are_compiled(tmp_path)


def test_kernels_of_other_sources_are_not_used_and_not_kept_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel, helper = tmp_path / "planning/kernel.py", tmp_path / "app/rendering/helper.py"
    for path in (kernel, helper):
        path.parent.mkdir(parents=True)
        path.write_text("one")
    before = paths.sources_mark(tmp_path)
    assert paths.sources_mark(tmp_path) == before
    helper.write_text("other")
    assert paths.sources_mark(tmp_path) != before, "what is compiled into a kernel counts too"
    monkeypatch.setattr(paths, "user_cache_dir", lambda: tmp_path)
    for version in "abcd":
        monkeypatch.setenv("NUMBA_CACHE_DIR", "")
        monkeypatch.setattr(paths, "sources_mark", lambda version=version: version)
        paths.prepare_kernel_cache().mkdir(parents=True)
    assert {path.name for path in (tmp_path / "kernels").iterdir()} == {"b", "c", "d"}


def test_the_cache_is_chosen_before_numba_is_imported(tmp_path: Path) -> None:
    code = (
        "import os, sys; import app.__main__; assert 'numba' not in sys.modules\n"
        "from app.paths import prepare_kernel_cache; prepare_kernel_cache()\n"
        "import numba; print(numba.config.CACHE_DIR == os.environ['NUMBA_CACHE_DIR'])"
    )
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    environment["XDG_CACHE_HOME"] = str(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == "True"
