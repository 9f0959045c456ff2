"""A case read in a process of its own is the one read here, and no way of failing loses it.

Each test forks from a process of its own: this one has threads.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.reading import load_or_list
from app.reading_beside import begin_reading
from planning.errors import InputError
from planning.progress import SILENT
from planning.sample.sample_case import write_sample_case

needs_fork = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux alone")

PRELUDE = """
import os, signal, sys, time
from pathlib import Path
import numpy as np
from app.reading_beside import begin_reading
from planning.errors import InputError
from planning.progress import SILENT, Cancelled, Progress
here = os.getpid()

def try_it(load, progress=SILENT):
    wait = begin_reading(Path("case"), load)
    try:
        return wait(Path("case"), "", progress)
    except (InputError, Cancelled) as error:
        return repr(error)
    finally:
        try:
            os.waitpid(-1, os.WNOHANG)
            print("a process is left")
        except ChildProcessError:
            pass
"""


def forked(code: str, *arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PRELUDE + code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


@needs_fork
def test_the_sample_arrives_as_it_is_read_here(tmp_path: Path) -> None:
    sample = write_sample_case(tmp_path, in_plane_size=160, slice_spacing_mm=3.0)
    told = forked(
        """
from app.reading import load_or_list
from planning.records.case_file import LoadedCase
case = Path(sys.argv[1])
wait = begin_reading(case)
assert "planning.imaging.dicom_series" not in sys.modules
there, here = wait(case, "", SILENT), load_or_list(case, "", SILENT)
assert isinstance(there, LoadedCase)
assert there.case == here.case
assert there.images.ct.grid == here.images.ct.grid
assert there.origin.images is there.images
assert "values_sha256" in vars(there.images.ct)
assert there.images.ct.values_sha256 == here.images.ct.values_sha256
pairs = [(there.images.ct.values, here.images.ct.values)]
masks = there.images.masks
pairs += [(masks[name].inside, mask.inside) for name, mask in here.images.masks.items()]
for one, other in pairs:
    assert one.dtype == other.dtype and np.array_equal(one, other)
    assert not one.flags.writeable
print(len(pairs))
""",
        sample,
    )
    assert int(told) > 5


@needs_fork
def test_more_arrays_than_one_message_carries_arrive_in_order() -> None:
    assert (
        forked(
            """
def load(path, series_uid, progress):
    assert os.getpid() != here
    made = [np.full(40_000 + i, i, np.int16) for i in range(450)]
    return [np.zeros(0), np.arange(5), *made]

empty, small, *large = try_it(load)
assert empty.size == 0 and small.tolist() == [0, 1, 2, 3, 4]
assert all(one.shape == (40_000 + i,) and (one == i).all() for i, one in enumerate(large))
large[0][:] = 7
print(len(large), large[0][0], large[1][0])
"""
        )
        == "450 7 1"
    )


@needs_fork
def test_an_error_arrives_in_its_words() -> None:
    assert (
        forked(
            """
def load(path, series_uid, progress):
    assert os.getpid() != here
    raise InputError(f"{path} is broken")

print(try_it(load))
"""
        )
        == "InputError('case is broken')"
    )


@needs_fork
@pytest.mark.parametrize(
    "end",
    [
        "os.kill(os.getpid(), signal.SIGKILL)",
        "raise RuntimeError('a bug')",
        "raise KeyboardInterrupt",
        "return lambda: 'cannot be pickled'",
    ],
)
def test_where_the_other_process_ends_without_an_answer_it_is_read_here(end: str) -> None:
    assert (
        forked(
            f"""
def load(path, series_uid, progress):
    if os.getpid() != here:
        {end}
    return "read here"

print(try_it(load))
"""
        )
        == "read here"
    )


@needs_fork
def test_giving_up_ends_the_other_process() -> None:
    assert (
        forked(
            """
def load(path, series_uid, progress):
    while True:
        progress.report(0.5, "half way")
        time.sleep(0.01)

heard = []
print(try_it(load, Progress(lambda *told: heard.append(told), lambda: (0.5, "half way") in heard)))
"""
        )
        == "Cancelled()"
    )


def test_with_threads_about_nothing_is_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("threading.active_count", lambda: 2)
    assert begin_reading(Path("case")) is load_or_list
    with pytest.raises(InputError):
        begin_reading(Path("no such case"))(Path("no such case"), "", SILENT)
