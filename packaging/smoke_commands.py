"""The commands that the installed program is tried with, beside the sources; looks at no window.

Every command runs twice, as two new users at one moment of a stopped clock, and has to say the same
and to leave the same files, byte for byte. That shows what only appears at run time: a decoder,
dialect or font that was not packed, a table without which a library goes on silently.
"""

from __future__ import annotations

import difflib
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import smoke_material
from smoke_material import Material
from system_libraries import clock_library

ROOT = Path(__file__).resolve().parents[1]
_MOMENT = "2026-02-03 10:11:12"
_PATIENCE_S = 900.0


class CommandError(Exception):
    """What the installed program does otherwise than the sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command.

    Parameters
    ----------
    words : str
        Its arguments, divided by spaces; ``@`` stands for the folder of the material.
    code : int
        What it has to end with.
    says_by_chance : bool
        Whether it says something drawn at random, such as a pseudonym.
    leaves_by_chance : str
        The file or folder it leaves with something drawn at random in it.
    """

    words: str
    code: int = 0
    says_by_chance: bool = False
    leaves_by_chance: str = ""


_MEASURE = "--from @/plan/trajectory-01.mrk.json --json"
COMMANDS = (
    Command(words="--version"),
    Command(words="manual", says_by_chance=True),  # where either is installed
    # Finds fault with the stopped clock, which is before the program was made.
    Command(words="doctor --no-network", code=1, says_by_chance=True),
    Command(words="plan @/case -o cores --cores 3 --entries one"),
    Command(words=f"measure @/case {_MEASURE}"),
    Command(words="series @/case/ct --json"),
    *(Command(words=f"measure @/{name} {_MEASURE}") for name in smoke_material.CODINGS),
    Command(words="save @/case -o saved"),
    # Objects for archives, pictures, meshes, sheets; in other letters and another language too.
    Command(words="export @/plan -o files --case @/case"),
    Command(
        words="export @/plan -o hidden --case @/case --deidentify --to sr,seg,rtstruct,report",
        says_by_chance=True,
        leaves_by_chance="hidden",
    ),
    Command(words="plan @/names -o named"),
    Command(words="report named -o sheets --case @/names --kind all"),
    Command(words="report named -o bogen --case @/names --kind all --language de"),
    # What was written is read again: DICOM SEG and RTSTRUCT, and a table of points.
    Command(words=f"measure @/segmented {_MEASURE}"),
    Command(words=f"measure @/contoured {_MEASURE}"),
    Command(words="measure @/case --from @/points.tag --json"),
    Command(
        words="review @/case --plan @/plan/plan.json --control @/control.nii.gz"
        " --core C1 --needle-state fired --accept-registration --other-patient-confirmed -o review"
    ),
    Command(
        words="registry add review --plan @/plan/plan.json --site ilium --operator AB"
        " --patient-id 0001 --minutes 35 --complication none",
        says_by_chance=True,
    ),
    Command(words="registry list --json", says_by_chance=True),
    Command(words="registry export tables", leaves_by_chance="tables"),
    Command(words="registry backup kept", says_by_chance=True, leaves_by_chance="kept"),
    Command(
        words="registry import tables --registry other.sqlite",
        says_by_chance=True,
        leaves_by_chance="other.sqlite",
    ),
    Command(words="audit verify", says_by_chance=True),
    Command(words="audit head", says_by_chance=True),
    Command(words="cohort --registry other.sqlite"),
    Command(words="registry list --registry postgresql://nobody@127.0.0.1:9/none", code=1),
    Command(words="cohort --rows @/rows.csv --by operator --csv errors.csv --plot charts"),
    Command(words="cohort --rows @/rows.csv --plot tips.png --chart tips"),
    Command(words="cohort --rows @/rows.csv --error-model own"),
    Command(words="plan @/case -o learned --guidance navigated --error-model own"),
)


def compare(program: list[str], sources: list[str], folder: Path) -> list[str]:
    """Run all commands with the program and with the sources; return what was found, in words.

    Raises
    ------
    CommandError
        At the first difference.
    """
    made = smoke_material.make_case(folder / "material")
    users = {"installed": new_user(folder / "installed") | stopped_clock()}
    users["sources"] = sources_user(folder / "sources") | stopped_clock()
    for words in ("plan @/case -o @/plan", "export @/plan -o @/files --case @/case"):
        _run(sources, Command(words=words), made, users["sources"])
    smoke_material.add_to_plan(made)
    for command in COMMANDS:
        print(f"  {command.words}", flush=True)
        found = _run(program, command, made, users["installed"])
        expected = _run(sources, command, made, users["sources"])
        if not command.says_by_chance and found != expected:
            raise CommandError(f"{command.words} says otherwise:\n{_differing(found, expected)}")
    count = _compare(folder / "sources" / "work", folder / "installed" / "work")
    return [f"commands: {len(COMMANDS)} as with the sources, {count} files byte for byte"]


def sources_user(home: Path) -> dict[str, str]:
    """Return the variables of a new user of the sources, for whom kernels are compiled already."""
    from app.paths import prepare_kernel_cache

    return new_user(home) | {"NUMBA_CACHE_DIR": str(prepare_kernel_cache())}


def new_user(home: Path) -> dict[str, str]:
    """Return the variables of a user who has never started Trephine."""
    (home / "work").mkdir(parents=True)
    own = {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
    }
    kept = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    return kept | own


def stopped_clock() -> dict[str, str]:
    """Return the variables under which a program always reads the same time of day.

    Raises
    ------
    CommandError
        If libfaketime is missing.
    """
    library = clock_library()
    if library is None:
        raise CommandError("libfaketime is missing (Debian: apt-get install faketime)")
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME": _MOMENT,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
        "QT_HASH_SEED": "0",  # by which Qt orders the fonts of a PDF
    }


def _run(
    program: list[str], command: Command, material: Material, user: Mapping[str, str]
) -> tuple[str, str]:
    """Run one command in the user's folder; return what it said, without that folder's name."""
    words = [w.replace("@/", f"{material.folder}/", 1) for w in command.words.split(" ")]
    done = subprocess.run(
        [*program, *words],
        env=user,
        cwd=Path(user["HOME"], "work"),
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=_PATIENCE_S,
    )
    said = (done.stdout.replace(user["HOME"], "~"), done.stderr.replace(user["HOME"], "~"))
    if done.returncode != command.code or "Traceback" in said[1]:
        wanted = f" instead of {command.code}" if command.code else ""
        raise CommandError(
            f"{Path(program[0]).name} {command.words} ended with {done.returncode}{wanted}:\n"
            f"{said[0][-1000:]}\n{said[1][-2000:]}"
        )
    return said


def _differing(found: tuple[str, str], expected: tuple[str, str]) -> str:
    before, after = ("\n".join(said).splitlines() for said in (expected, found))
    lines = difflib.unified_diff(before, after, "sources", "installed", n=0, lineterm="")
    return "\n".join(list(lines)[:20])


def _compare(expected: Path, found: Path) -> int:
    """Check that two users' folders hold the same; return how many files have the same bytes."""
    here, there = _files(expected), _files(found)
    by_chance = tuple(c.leaves_by_chance for c in COMMANDS if c.leaves_by_chance)
    for name in by_chance:
        counts = [sum(n.startswith(name) for n in names) for names in (here, there)]
        if counts[0] != counts[1]:
            raise CommandError(f"{name}: {counts[1]} files, from the sources {counts[0]}")
    names = {name for name in here | there if not name.startswith(by_chance)}
    if missing := sorted(names - (here & there)):
        raise CommandError(f"files of one side only: {', '.join(missing[:10])}")
    other = [n for n in sorted(names) if content(expected / n) != content(found / n)]
    if other:
        raise CommandError(f"other bytes than from the sources: {', '.join(other[:10])}")
    return len(names)


def content(file: Path) -> bytes:
    """Return the bytes of a file without what Qt draws at random: the identity of each PDF.

    That is in an archive's copy of it, too, whose own UID follows from it and may have a digit
    less, and so in the hash and the size that the manifest gives.
    """
    data = file.read_bytes()
    if file.name.endswith(".pdf.dcm"):
        data = data[data.index(b"%PDF") :]
    if file.name.endswith((".pdf", ".pdf.dcm")):
        return re.sub(rb"uuid:[0-9a-f-]{36}|<[0-9a-f]{72}>", b"", data)
    if file.name == "manifest.json":
        return re.sub(rb"[0-9a-f]{64}|\"bytes\": [0-9]+", b"", data)
    return data


def _files(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def main(arguments: list[str]) -> int:
    """Compare a program with the sources, leaving everything in a folder; for looking closer."""
    program, folder = arguments
    try:
        said = compare([program], [sys.executable, "-m", "app"], Path(folder))
    except CommandError as wrong:
        print(f"WRONG: {wrong}", file=sys.stderr)
        return 1
    print("\n".join(said))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
