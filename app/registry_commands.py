"""What the registry and audit commands do once their arguments are read; opens no window."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from app import catalogue, own_registry
from app.registry_orders import AddOrder, reviewed_case
from app.terminal import console
from planning.errors import InputError
from planning.records.registry import audit, verifying
from planning.records.registry.backup import back_up
from planning.records.registry.connection import Registry
from planning.records.registry.csv_tables import export_tables, read_tables
from planning.records.registry.deletion import delete_patient
from planning.records.registry.engines import in_words
from planning.records.registry.head import current_head, head_from_text
from planning.records.registry.reading import CaseSummary, list_cases, read_case
from planning.records.registry.rows import SUGGESTED
from planning.records.registry.storing import store_rows
from planning.records.registry.values import CaseFacts, PathologyResult, ProcedureFacts
from planning.records.registry.writing import (
    require_confirmed,
    store_facts,
    store_pathology,
    store_review,
)


def opened(where: str, *, make: bool = False, upgrade: bool = False) -> Registry:
    """Return the registry that the command line means, as this user.

    Raises
    ------
    InputError
        If there is none, or it cannot be reached.
    """
    registry = own_registry.opened(own_registry.place_in_use(where), make=make, upgrade=upgrade)
    for copy in registry.copies:
        sys.stderr.write(f"As it was before its schema changed, the registry is kept as {copy}\n")
    return registry


def run_add(order: AddOrder) -> None:
    """Store a review and say under which pseudonym."""
    reviewed = reviewed_case(order)
    require_confirmed(reviewed)  # before a registry is made for it
    stored = store_review(opened(order.where, make=True), reviewed)
    if order.as_json:
        _print_json(asdict(stored))
        return
    kind = "new case" if stored.is_new else "case"
    _say(f"Stored as {kind} {stored.case_id}; the patient's pseudonym is {stored.pseudonym}.")
    if stored.is_new and not order.identity.is_known and not order.pseudonym:
        _say(
            "Who this is was not stored: keep the pseudonym in the patient's record, or say "
            "--patient-id next time."
        )


def run_set(where: str, case_id: str, facts: CaseFacts, procedure: ProcedureFacts) -> None:
    """Store more about a case."""
    if facts == CaseFacts() and procedure == ProcedureFacts():
        raise InputError("There is nothing to store; say what is known, as --minutes 35.")
    store_facts(opened(where), case_id, facts, procedure)
    _say(f"Stored in {case_id}.")


def run_pathology(where: str, case_id: str, core: str, result: PathologyResult, plan: str) -> None:
    """Store what pathology says of a core, and raise what follows from it."""
    if result == PathologyResult():
        raise InputError("There is nothing to store; say what pathology says, as --adequate yes.")
    becomes = store_pathology(opened(where), case_id, core, result, plan=plan)
    _say(f"Stored for core {core} of {case_id}.")
    if becomes == SUGGESTED:
        _say(
            "This core is not in keeping with imaging: consider another biopsy. "
            "Say what becomes of it with --rebiopsy planned, done or declined."
        )


def run_list(where: str, *, as_json: bool) -> None:
    """Print all cases."""
    found = list_cases(opened(where))
    if as_json:
        _print_json([asdict(summary) for summary in found])
        return
    table = Table(title=_cases(len(found)))
    for heading in ("case", "date", "site", "guidance", "operator"):
        table.add_column(heading)
    for heading in ("cores", "scanned", "pathology", "re-biopsy?"):
        table.add_column(heading, justify="right")
    for summary in found:
        table.add_row(*map(escape, _cells(summary)))
    console().print(table)


def run_show(where: str, case_id: str) -> None:
    """Print everything that is stored of a case."""
    found = read_case(opened(where), case_id)
    if not found:
        raise InputError(
            f'The registry has no case "{case_id}"; "trephine registry list" names them all.'
        )
    _print_json(found)


def run_export(where: str, folder: Path, *, identities: bool, force: bool) -> None:
    """Write all tables."""
    for file in export_tables(opened(where), folder, identities=identities, force=force):
        _say(str(file))
    if identities:
        _say("identities.csv says who the patients are; keep it apart from the other files.")


def run_import(where: str, folder: Path, *, replace: bool) -> None:
    """Store tables and say what became of them; no registry is made for what cannot be read."""
    rows = read_tables(catalogue.registry_fields(), folder)
    stored = store_rows(opened(where, make=True), rows, replace=replace, origin=audit.IMPORTED)
    _say(
        f"{_cases(len(stored.added))} added, {len(stored.changed)} changed; "
        f"{stored.unchanged} rows were there just so."
    )


def run_delete(where: str, pseudonym: str) -> None:
    """Delete a patient and say what is out of reach."""
    registry = opened(where)
    deleted = delete_patient(registry, pseudonym)
    _say(
        f"{pseudonym} is deleted, with {_cases(deleted.cases)}; of it the files hold only that "
        "this pseudonym was deleted, in the audit trail."
    )
    for copy in deleted.copies:
        _say(f"Deleted as well: {copy}, a copy from before the schema changed.")
    _say("Backups and exports made before are not in reach; delete the patient there as well.")
    if registry.place.file is None:
        _say("The server's own logs and archives are not in reach either; ask who runs it.")


def run_backup(where: str, folder: Path) -> None:
    """Copy the registry's files."""
    registry = opened(where)
    with in_words(registry.place):
        for file in back_up(registry.place, folder):
            _say(str(file))


def run_upgrade(where: str) -> None:
    """Bring a registry up to date."""
    registry = opened(where, make=True, upgrade=True)
    _say(f"{registry.place} is up to date.")


def run_verify(where: str, head: str, *, as_json: bool) -> int:
    """Check the trail; return the exit code."""
    written_down = head_from_text(head) if head else None
    found = verifying.verify(opened(where), written_down=written_down)
    if as_json:
        _print_json({**asdict(found), "head": str(found.head), "cannot_tell": verifying.CANNOT})
        return 1 if found.problems else 0
    for problem in found.problems:
        sys.stderr.write(problem + "\n")
    if not found.problems:
        _say(
            f"{found.entries} audit entries and {_cases(found.cases)}: every entry follows the one "
            f"before it, every case is as the trail says. Head: {found.head}"
        )
    for note in (*found.notes, verifying.CANNOT):
        _say(note)
    return 1 if found.problems else 0


def run_head(where: str) -> None:
    """Print the head of the trail."""
    with opened(where).reading() as connection:
        _say(str(current_head(connection)))


def run_accept(where: str, reason: str) -> None:
    """Take the trail as it is."""
    verifying.accept(opened(where), reason)
    _say("Accepted; the reason is in the trail, and its head is kept from now on.")


def _cells(summary: CaseSummary) -> list[str]:
    day = "" if summary.biopsy_date is None else summary.biopsy_date.isoformat()
    texts = [summary.case_id, day, summary.site, summary.guidance, summary.operator]
    counts = (summary.cores, summary.scanned, summary.results, summary.rebiopsies)
    return [*texts, *(str(count) if count else "" for count in counts)]


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count} cases"


def _print_json(document: Any) -> None:
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
