"""Sends, finds and fetches a series of 400 slices over every way, gives up midway, fills a disk.

Run as ``python tests/endurance/run_pacs.py [--slices N]`` from the checkout; it prints one line for
each way and ends with 1 if anything was not as it should be.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "packaging")]

from pydicom.uid import generate_uid  # noqa: E402

from planning.network import pacs  # noqa: E402
from planning.network.faults import NetworkError  # noqa: E402
from planning.network.matches import Query, SeriesMatch  # noqa: E402
from planning.network.servers import PacsServer, Receiver, Retrieval  # noqa: E402
from planning.progress import Cancelled, Progress  # noqa: E402
from tests.dicom_files import write_series  # noqa: E402
from tests.pacs_peers import dcmqrscp, make_certificates, orthanc  # noqa: E402

_SIZE = 512
_SLOWEST_CANCEL_S = 5.0


@dataclass(frozen=True, slots=True)
class Way:
    """One way to one archive."""

    name: str
    server: PacsServer
    receiver: Receiver


def main() -> int:
    """Run all ways; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slices", type=int, default=400)
    slices = parser.parse_args().slices
    problems: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        series = _make(folder / "ct", slices)
        certificates = make_certificates(folder / "certificates")
        with (
            orthanc(folder / "orthanc") as plain,
            orthanc(folder / "secure", certificates) as secure,
            dcmqrscp(folder / "dcmtk") as other,
        ):
            assert plain.web is not None
            assert secure.web is not None
            move = Retrieval.MOVE
            ways = (
                Way("Orthanc C-GET", plain.dimse, plain.receiver),
                Way("Orthanc C-MOVE", replace(plain.dimse, retrieval=move), plain.receiver),
                Way("Orthanc web", plain.web, plain.receiver),
                Way("Orthanc C-GET TLS", secure.dimse, secure.receiver),
                Way("Orthanc web TLS", secure.web, secure.receiver),
                Way("dcmqrscp C-MOVE", other.dimse, other.receiver),
                Way(
                    "dcmqrscp C-GET", replace(other.dimse, retrieval=Retrieval.GET), other.receiver
                ),
            )
            for way in ways:
                problems += _run(way, folder, series, slices)
    print("\n".join(problems) or "all as it should be")
    return 1 if problems else 0


def _run(way: Way, folder: Path, series: SeriesMatch, slices: int) -> list[str]:
    problems: list[str] = []
    sent_s = _timed(lambda: pacs.send_folder(way.server, folder / "ct"))
    found_s = _timed(lambda: pacs.find_studies(way.server, Query(patient_id="ENDURANCE")))
    told: list[float] = []
    progress = Progress(lambda fraction, _: told.append(fraction))
    target = folder / "in"
    fetched_s = _timed(
        lambda: pacs.retrieve_series(way.server, series, target, way.receiver, progress)
    )
    count = len(list((target / series.series_uid).iterdir()))
    if count != slices or told != sorted(told) or len(told) < slices:
        problems.append(f"{way.name}: {count} images, {len(told)} reports")
    _remove(target)
    cancel_s, at = _cancel(way, target, series, slices // 4)
    if cancel_s > _SLOWEST_CANCEL_S:
        problems.append(f"{way.name}: cancelling took {cancel_s:.1f} s")
    left = list(target.glob("*")) if target.exists() else []
    full = _full_disk(way, folder, series)
    print(
        f"{way.name:18} sent {sent_s:5.1f} s  found {found_s:4.2f} s  fetched {fetched_s:5.1f} s, "
        f"{len(told)} reports  given up at image {at}: {cancel_s:4.2f} s, {len(left)} left  {full}",
        flush=True,
    )
    if left or full.startswith("!"):
        problems.append(f"{way.name}: left {left} {full}")
    return problems


def _cancel(way: Way, target: Path, series: SeriesMatch, at: int) -> tuple[float, int]:
    """Give up at an image; return how long that took, and how many had arrived."""
    told: list[float] = []
    stopped: list[float] = []

    def is_cancelled() -> bool:
        if len(told) >= at and not stopped:
            stopped.append(time.monotonic())
        return bool(stopped)

    progress = Progress(lambda fraction, _: told.append(fraction), is_cancelled)
    try:
        pacs.retrieve_series(way.server, series, target, way.receiver, progress)
    except Cancelled:
        return time.monotonic() - stopped[0], len(told)
    return float("inf"), len(told)


def _full_disk(way: Way, folder: Path, series: SeriesMatch) -> str:
    """Fetch onto a real disk of 20 MB; return what was said, with ``!`` if it was not right."""
    small = folder / "small"
    with _small_disk(small) as is_there:
        if not is_there:
            return "(no small disk: not root)"
        try:
            pacs.retrieve_series(way.server, series, small / "in", way.receiver)
        except NetworkError as error:
            left = list((small / "in").glob("*")) + list((small / "in").glob(".*"))
            right = "no room left on this computer's disk" in str(error) and not left
            return "full disk said" if right else f"! {error} {left}"
        return "! a full disk was not noticed"


@contextmanager
def _small_disk(folder: Path) -> Iterator[bool]:
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(folder)]
    done = subprocess.run(command, check=False, capture_output=True)
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "-l", str(folder)], check=False)


def _make(folder: Path, slices: int) -> SeriesMatch:
    uids = {"StudyInstanceUID": generate_uid(), "SeriesInstanceUID": generate_uid()}
    noise = np.random.default_rng(11).integers(900, 1300, (_SIZE, _SIZE)).astype(np.uint16)
    stored = np.stack([np.roll(noise, 7 * k, axis=k % 2) for k in range(slices)])

    def own(dataset, number):
        dataset.SOPInstanceUID = generate_uid()

    write_series(folder, stored, change=own, PatientID="ENDURANCE", **uids)
    return SeriesMatch(study_uid=uids["StudyInstanceUID"], series_uid=uids["SeriesInstanceUID"])


def _timed(work: Callable[[], object]) -> float:
    began_s = time.monotonic()
    work()
    return time.monotonic() - began_s


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
