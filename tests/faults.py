"""Faults of disks, shares, locks and clocks, in real programs: what is said, and what is left.

Each fault runs the command line as a user would and returns the message with what was wrong about
it. Some need root, to mount a disk that is full or read-only; they are left out where that is not
possible.
"""

from __future__ import annotations

import errno
from pathlib import Path

from tests.fault_desk import Fault
from tests.fault_runs import (
    archives_damaged,
    clock,
    cut_short,
    fails_over,
    flip,
    forbidden,
    full_disk,
    full_registry,
    half_changed,
    home_forbidden,
    locked_registry,
    onto,
    read_only_disk,
    registry_is,
    registry_read_only,
    share_gone,
    spoil_pages,
    spoilt,
    table_onto_folder,
)

FAULTS = (
    Fault(
        name="disk full while a case is saved",
        where="trephine save",
        needs="root",
        run=lambda desk: full_disk(
            desk, "save", desk.case, "-o", "STICK/copy", words=("copy", "the disk is full", "room")
        ),
    ),
    Fault(
        name="disk full while an export is written",
        where="trephine export",
        needs="root",
        run=lambda desk: full_disk(
            desk,
            *("export", desk.case, "--case", desk.case, "-o", "STICK/out", "--to", "seg,sr,csv"),
            words=("out", "the disk is full", "room"),
        ),
    ),
    Fault(
        name="disk full while tables are written",
        where="trephine registry export",
        needs="root",
        run=lambda desk: full_disk(
            desk,
            *("registry", "export", "STICK/tables", "--registry", desk.registry),
            kilobytes=12,
            words=("tables", "the disk is full"),
        ),
    ),
    Fault(
        name="disk full under the registry",
        where="trephine registry import",
        needs="root",
        run=full_registry,
    ),
    Fault(
        name="disk full while the sample case is made",
        where="trephine demo --headless",
        needs="root",
        run=lambda desk: full_disk(
            desk, "demo", "--headless", "-o", "STICK/demo", kilobytes=900, words=("disk is full",)
        ),
    ),
    Fault(name="read-only disk", where="trephine export", needs="root", run=read_only_disk),
    Fault(
        name="share gone in the middle (ENOTCONN)",
        where="trephine save",
        run=share_gone(errno.ENOTCONN, 9, "does not answer", "connected"),
    ),
    Fault(
        name="share gone in the middle (ESTALE)",
        where="trephine save",
        run=share_gone(errno.ESTALE, 4, "does not answer", "connected"),
    ),
    Fault(
        name="disk fails (EIO)",
        where="trephine save",
        run=share_gone(errno.EIO, 14, "failed", "connected"),
    ),
    Fault(
        name="quota used up (EDQUOT)",
        where="trephine save",
        run=share_gone(errno.EDQUOT, 6, "used up", "room"),
    ),
    Fault(
        name="disk fails between two files that are replaced",
        where="trephine export --force",
        run=fails_over(errno.EIO, 4, "failed"),
    ),
    Fault(
        name="a replaced file is open elsewhere (EBUSY)",
        where="trephine export --force",
        run=fails_over(errno.EBUSY, 5, "another program"),
    ),
    Fault(name="permission denied", where="trephine export", needs="setpriv", run=forbidden),
    Fault(
        name="own folders not writable",
        where="trephine export",
        needs="setpriv",
        run=home_forbidden,
    ),
    Fault(
        name="a file is where the folder shall be",
        where="trephine export",
        run=onto(lambda place: (place / "out").write_bytes(b"x"), "out", "out", "is a file"),
    ),
    Fault(
        name="a file is where a folder above shall be",
        where="trephine export",
        run=onto(lambda place: (place / "a").write_bytes(b"x"), "a/out", "a/out", "file", "choose"),
    ),
    Fault(
        name="the name is too long",
        where="trephine export",
        run=onto(lambda place: None, "n" * 300, "name is too long", "shorter name"),
    ),
    Fault(
        name="a link leads to itself",
        where="trephine export",
        run=onto(
            lambda place: (place / "a").symlink_to(place / "a"), "a/out", "a/out", "link", "choose"
        ),
    ),
    Fault(
        name="a folder has the file's name", where="trephine cohort --csv", run=table_onto_folder
    ),
    Fault(
        name="a mask was damaged",
        where="trephine save",
        run=spoilt("masks/*.nrrd", flip, "masks/", "damaged"),
    ),
    Fault(
        name="the CT was cut short",
        where="trephine save",
        run=spoilt("ct.mha", cut_short, "ct.mha", "shorter than its header says"),
    ),
    Fault(
        name="the CT is gone",
        where="trephine save",
        run=spoilt("ct.mha", Path.unlink, "ct.mha", "not in"),
    ),
    Fault(
        name="the approval was changed",
        where="trephine save",
        run=spoilt(
            "approval.json",
            lambda file: file.write_text(
                file.read_text("utf-8").replace("Weber", "Meier"), "utf-8"
            ),
            "approval.json",
            "Not as it was saved",
            "backup",
        ),
    ),
    Fault(
        name="the plan was damaged",
        where="trephine save",
        run=spoilt("plan.json", cut_short, "plan.json", "not as it was"),
    ),
    Fault(
        name="a save was cut off, its folder read-only since",
        where="trephine save",
        needs="root",
        run=half_changed,
    ),
    Fault(
        name="the registry is locked by another program",
        where="trephine registry import",
        run=locked_registry,
    ),
    Fault(
        name="the registry is damaged",
        where="trephine registry list",
        run=registry_is(spoil_pages, "damaged", "backup"),
    ),
    Fault(
        name="the registry is some other file",
        where="trephine registry list",
        run=registry_is(lambda file: file.write_bytes(b"PK" * 9000), "not a registry"),
    ),
    Fault(
        name="the registry may not be written",
        where="trephine registry import",
        needs="setpriv",
        run=registry_read_only,
    ),
    Fault(name="the archives' file is torn", where="trephine pacs servers", run=archives_damaged),
    Fault(
        name="the clock says 1970",
        where="trephine registry import",
        needs="faketime",
        run=clock("1970-01-02 03:04:05", "1970-01-02", "Set it"),
    ),
    Fault(
        name="the clock says 2100",
        where="trephine registry import",
        needs="faketime",
        run=clock("2100-01-02 03:04:05", "2100-01-02", "Set it"),
    ),
)
"""All of them, in the order of the table."""
