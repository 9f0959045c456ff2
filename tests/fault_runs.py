"""What each fault does to a desk, and what has to come of it; the table of them is in `faults`."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

from system_libraries import clock_library
from tests.failing_calls import How
from tests.fault_desk import LIKE_ANY_USER, Desk, Ran, small_disk
from tests.registries import Place
from tests.writes import bytes_below


def full_disk(desk: Desk, *arguments: object, kilobytes: int = 40, words: tuple[str, ...]) -> Ran:
    with small_disk(desk.folder / "stick", kilobytes) as stick:
        done = desk.trephine(*[str(a).replace("STICK", str(stick)) for a in arguments])
        left = [p for p in stick.rglob("*") if p.is_file()]
        ran = desk.refused(done, stick, {}, *words)
        return ran if not left else Ran(ran.message, f"{left}", f"left {left}")


def full_registry(desk: Desk) -> Ran:
    with small_disk(desk.folder / "stick", 420) as stick:
        shutil.copytree(desk.registry.parent, stick / "r")
        file = stick / "r" / "registry.sqlite"
        filler = stick / "filler"
        with filler.open("wb", buffering=0) as stream:
            try:
                while True:
                    stream.write(bytes(4096))

            except OSError:
                pass
        command = ("registry", "import", desk.folder / "mine" / "tables", "--registry", file)
        ran = desk.refused(desk.trephine(*command), None, {}, "full", "registry")
        filler.unlink()
        code, said = desk.trephine("audit", "verify", "--registry", file)
        return Ran(
            ran.message, "the registry, its trail whole", ran.wrong or (said if code else "")
        )


def read_only_disk(desk: Desk) -> Ran:
    with small_disk(desk.folder / "stick", 9000) as stick:
        shutil.copytree(desk.case, stick / "case")
        before = bytes_below(stick)
        subprocess.run(["mount", "-o", "remount,ro", str(stick)], check=True)
        done = desk.trephine("export", stick / "case", "-o", stick / "out", "--to", "csv")
        return desk.refused(done, stick, before, "out", "read-only", "choose another")


def share_gone(error: int, nth: int, *words: str) -> Callable[[Desk], Ran]:
    def run(desk: Desk) -> Ran:
        share = desk.folder / "share"
        share.mkdir()
        done = desk.trephine(
            "save", desk.case, "-o", share / "copy", **desk.failing(share, nth, error)
        )
        return desk.refused(done, share / "copy", {}, "copy", *words)

    return run


def fails_over(error: int, nth: int, *words: str) -> Callable[[Desk], Ran]:
    def run(desk: Desk) -> Ran:
        out = desk.folder / "out"
        code, said = desk.trephine("export", desk.case, "-o", out, "--to", "csv,tag")
        assert code == 0, said
        before = bytes_below(out)
        command = ("export", desk.case, "-o", out, "--to", "csv,slicer", "--force")
        done = desk.trephine(*command, **desk.failing(out, nth, error, How.FAIL_ONCE, "rename"))
        return desk.refused(done, out, before, "out", *words)

    return run


def forbidden(desk: Desk) -> Ran:
    place = desk.folder / "theirs"
    place.mkdir(0o555)
    command = ("export", desk.case, "-o", place / "out", "--to", "csv")
    done = desk.trephine(*command, before=LIKE_ANY_USER)
    return desk.refused(done, place, {}, "out", "permission denied", "ask for the right")


def home_forbidden(desk: Desk) -> Ran:
    desk.data.chmod(0o555)
    out = desk.folder / "out"
    done = desk.trephine("export", desk.case, "-o", out, "--to", "csv", before=LIKE_ANY_USER)
    wrong = "" if done[0] == 0 and (out / "manifest.json").exists() else done[1]
    return Ran("(none: it works without a place for its own files)", "the whole export", wrong)


def onto(make: Callable[[Path], object], name: str, *words: str) -> Callable[[Desk], Ran]:
    """Export onto something that is in the way."""

    def run(desk: Desk) -> Ran:
        place = desk.folder / "place"
        place.mkdir()
        make(place)
        before = bytes_below(place)
        done = desk.trephine("export", desk.case, "-o", place / name, "--to", "csv")
        return desk.refused(done, place, before, *words)

    return run


def table_onto_folder(desk: Desk) -> Ran:
    (desk.folder / "table.csv").mkdir()
    table = ("--csv", desk.folder / "table.csv", "--force")
    command = ("cohort", "--registry", desk.registry, *table)
    return desk.refused(
        desk.trephine(*command), desk.folder / "table.csv", {}, "table.csv", "folder"
    )


def spoilt(name: str, spoil: Callable[[Path], object], *words: str) -> Callable[[Desk], Ran]:
    """Save a case elsewhere one of whose files was spoilt."""

    def run(desk: Desk) -> Ran:
        file = min(desk.case.glob(name))
        spoil(file)
        before = bytes_below(desk.case)
        code, said = desk.trephine("save", desk.case, "-o", desk.folder / "copy")
        wrong = [f'"{word}" is not said' for word in words if word.lower() not in said.lower()]
        wrong += ["a traceback"] if "Traceback" in said else []
        wrong += ["changed"] if bytes_below(desk.case) != before else []
        line = next((x for x in said.splitlines() if words[0] in x), said).replace(
            str(desk.folder), ""
        )
        left = "the case as it was" + ("" if code else ", and a copy of what could be read")
        return Ran(line, left, "; ".join(wrong))

    return run


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-1 if len(data) < 40 else len(data) // 2] ^= 0x55
    file.write_bytes(bytes(data))


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def locked_registry(desk: Desk) -> Ran:
    lock = sqlite3.connect(desk.registry, isolation_level=None)
    lock.execute("begin exclusive")
    try:
        command = ("registry", "import", desk.folder / "mine" / "tables", "--registry")
        done = desk.trephine(*command, desk.registry)
    finally:
        lock.execute("rollback")
        lock.close()
    ran = desk.refused(done, None, {}, "in use by another program", "try again")
    return Ran(ran.message, "the registry as it was", ran.wrong)


def registry_is(spoil: Callable[[Path], object], *words: str) -> Callable[[Desk], Ran]:
    def run(desk: Desk) -> Ran:
        spoil(desk.registry)
        before = desk.registry.read_bytes()
        done = desk.trephine("registry", "list", "--registry", desk.registry)
        ran = desk.refused(done, None, {}, *words)
        changed = desk.registry.read_bytes() != before
        return Ran(ran.message, "the file as it was", ran.wrong or ("changed" if changed else ""))

    return run


def spoil_pages(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4096 + 8 :] = b"\xa5" * (len(data) - 4096 - 8)
    file.write_bytes(bytes(data))


def registry_read_only(desk: Desk) -> Ran:
    for path in desk.registry.parent.iterdir():
        path.chmod(0o444)
    desk.registry.parent.chmod(0o555)
    command = ("registry", "import", desk.folder / "mine" / "tables", "--registry", desk.registry)
    ran = desk.refused(desk.trephine(*command, before=LIKE_ANY_USER), None, {}, "registry")
    return Ran(ran.message, f"the registry as it was, {len(_cases(desk))} case", ran.wrong)


def _cases(desk: Desk) -> list[object]:
    from planning.records.registry.reading import list_cases

    place = Place(where=str(desk.registry), data_dir=desk.folder)
    return list(list_cases(place.open(make=False)))


def clock(when: str, *words: str) -> Callable[[Desk], Ran]:
    def run(desk: Desk) -> Ran:
        tables = desk.folder / "mine" / "tables"
        command = ("registry", "import", tables, "--registry", desk.registry)
        wrong_clock = {"LD_PRELOAD": str(clock_library()), "FAKETIME": f"@{when}"}
        wrong_clock["FAKETIME_DONT_FAKE_MONOTONIC"] = "1"  # by which programs wait
        code, said = desk.trephine(*command, **wrong_clock)
        wrong = [f'"{word}" is not said' for word in words if word not in said]
        wrong += [said] if code else []
        verified, found = desk.trephine("audit", "verify", "--registry", desk.registry)
        wrong += [found] if verified else []
        return Ran(
            said.splitlines()[0] if said else "", "all stored, the trail whole", "; ".join(wrong)
        )

    return run


def archives_damaged(desk: Desk) -> Ran:
    file = desk.data / "DATA" / "trephine" / "pacs.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"schema_version": 1, "servers": [{"na', encoding="utf-8")
    done = desk.trephine("pacs", "servers")
    return desk.refused(done, file.parent, bytes_below(file.parent), "pacs.json", "Mend or delete")


def half_changed(desk: Desk) -> Ran:
    """A change that was decided when the program died, in a folder that cannot be written now."""
    staging = desk.case / ".change.01234567.whole"
    (staging / "new").mkdir(parents=True)
    (staging / "new" / "case.toml").write_bytes((desk.case / "case.toml").read_bytes())
    (staging / "change.json").write_text(
        '{"owner": 0, "put": ["case.toml"], "removed": [], "replaced": ["case.toml"]}', "utf-8"
    )
    with small_disk(desk.folder / "stick", 9000) as stick:
        shutil.copytree(desk.case, stick / "case")
        before = bytes_below(stick)
        subprocess.run(["mount", "-o", "remount,ro", str(stick)], check=True)
        done = desk.trephine("save", stick / "case", "-o", desk.folder / "copy")
        return desk.refused(done, stick, before, "case", "cut off", "writable")


def rename_approver(file: Path) -> None:
    """Say that somebody else approved."""
    file.write_text(file.read_text("utf-8").replace("Weber", "Meier"), "utf-8")
