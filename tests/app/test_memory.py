"""What the start says to the C library and to Python's collector really holds."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

COUNT_ARENAS = """
import ctypes, sys
from pathlib import Path
from threading import Barrier, Thread
from app.memory import share_one_arena
wanted, report = sys.argv[1] == "shared", sys.argv[2]
if wanted:
    assert share_one_arena()
kept, all_here = [], Barrier(4)
def work():
    all_here.wait()
    kept.extend(bytearray(50_000) for _ in range(20))
    all_here.wait()
threads = [Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(report.encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
print(Path(report).read_text().count("<heap nr"))
"""

COLLECT = """
import gc
from app.memory import collect_from_now, collect_later
collect_later()
assert not gc.isenabled()
collect_from_now()
print(gc.isenabled(), gc.get_freeze_count() > 1000)
"""


IMPORT = """
import linecache
from app.memory import import_plainly
print(import_plainly())
import app.application
print(any("planning" in name for name in linecache.cache))
from PySide6.QtCore import QCoreApplication, QObject, Signal
class Bell(QObject):
    rang = Signal(str)
application, heard, bell = QCoreApplication([]), [], Bell(objectName="bell")
bell.rang.connect(heard.append)
bell.rang.emit("once")
print(*heard, bell.objectName())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no arenas")
@pytest.mark.parametrize(("how", "is_one"), [("shared", True), ("each its own", False)])
def test_threads_take_their_memory_from_one_place(tmp_path, how, is_one):
    report = tmp_path / "malloc.xml"
    arguments = [sys.executable, "-c", COUNT_ARENAS, how, str(report)]
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    assert (int(done.stdout) == 1) is is_one


def test_garbage_is_searched_for_only_after_the_start():
    done = subprocess.run(
        [sys.executable, "-c", COLLECT], check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["True", "True"]


def test_qt_reads_no_sources_of_what_is_imported_after_it():
    done = subprocess.run(
        [sys.executable, "-c", IMPORT], check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["True", "False", "once", "bell"]


KEEP = """
import numpy as np
from app.memory import large_blocks_kept

def resident_mib():
    line = next(x for x in open("/proc/self/status") if x.startswith("VmRSS"))
    return int(line.split()[1]) / 1024

def faults(count):
    import resource
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(count):
        np.ones(40 << 20, dtype=np.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults(2)
usual, before_mib = faults(8), resident_mib()
with large_blocks_kept():
    faults(1)
    kept = faults(8)
print(kept * 10 < usual, resident_mib() - before_mib < 10, faults(8) * 2 > usual)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries are left alone")
def test_large_blocks_are_used_again_while_reading_and_given_back_after_it():
    done = subprocess.run([sys.executable, "-c", KEEP], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["True", "True", "True"]
