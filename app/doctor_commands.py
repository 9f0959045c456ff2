"""What `trephine doctor` does once its arguments are read; judges nothing itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from app.doctor.examination import examine
from app.doctor.findings import is_sound
from app.doctor.gathering import gather
from app.doctor.report import as_document, as_text
from app.support_file import contents_of, write_support_file
from app.terminal import progress_bar
from planning import __version__
from planning.errors import InputError


def run_doctor(support: Path | None, *, network: bool, force: bool, as_json: bool) -> int:
    """Print what was found, save a support file if asked for; return the exit code.

    Raises
    ------
    InputError
        If the support file is there already, or cannot be written.
    """
    if support is not None and support.exists() and not force:
        raise InputError(f"{support} is there already; give another name, or --force.")
    with progress_bar() as progress:
        findings = examine(gather(network=network, progress=progress))
    if as_json:
        document = as_document(findings, __version__)
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(as_text(findings))
    if support is not None:
        contents = contents_of(findings)
        write_support_file(support, contents)
        told = sys.stderr if as_json else sys.stdout
        told.write(f"\n{support} holds, without any patient's data:\n")
        for part in contents:
            told.write(f"    {part.name}  {len(part.text.encode())} bytes  {part.about}\n")
    return 0 if is_sound(findings) else 1
