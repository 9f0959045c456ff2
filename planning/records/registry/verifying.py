"""Checks a registry against its audit trail, and the trail against itself; mends nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from planning.records.registry import audit
from planning.records.registry.audit import START, Entry, all_entries
from planning.records.registry.canonical import case_hashes
from planning.records.registry.connection import Registry
from planning.records.registry.engines import in_words
from planning.records.registry.head import Head, current_head, keep_head, kept_head
from planning.records.registry.identities import people_hashes
from planning.records.registry.tables import CASES, RESEARCH

CANNOT = (
    "What no check here can tell: whether somebody who may write everything has written the trail "
    "and the head beside it anew from the start, or whether entries after the kept head are "
    "missing. A head that was written down elsewhere tells: trephine audit verify --head."
)
"""What the check does not see, in words."""


_STRAYS = (
    "{0} identities have no case any more, because a change was cut off; the next change of an "
    "identity removes them, or deleting the patient once more."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a check of the trail found.

    Parameters
    ----------
    entries, cases : int
        How many were looked at.
    problems : tuple of str
        The first broken entry and every case that is not as the trail says; empty if all is well.
    notes : tuple of str
        What could not be checked.
    head : Head or None
        To be written down somewhere else.
    """

    entries: int
    cases: int
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    head: Head | None


def verify(registry: Registry, *, written_down: Head | None = None) -> Verified:
    """Check the chain, its head, and that every case is as the trail last said.

    Parameters
    ----------
    written_down : Head or None
        A head that was noted elsewhere, to be found in the chain.

    Raises
    ------
    InputError
        If the registry cannot be read.
    """
    before = people_hashes(registry)
    with registry.reading() as connection:
        entries = all_entries(connection)
        hashes = case_hashes(connection, RESEARCH)
        pseudonyms = set(connection.execute(select(CASES.c.pseudonym)).scalars())
        head = current_head(connection)
    after = people_hashes(registry)  # somebody may be at work: either reading is good
    kept = kept_head(registry.place.head_file)
    problems = list(_chain_problems(entries))
    if kept is not None:
        problems += _head_problems(entries, kept, f"by {registry.place.head_file.name}")
    if written_down is not None:
        problems += _head_problems(entries, written_down, "by the head that was written down")
    if not problems:
        problems += _case_problems(entries, hashes)
        if registry.has_people:
            problems += _people_problems(entries, before, after, pseudonyms)
    notes = []
    if kept is None:
        notes.append("No head is kept beside the registry: missing entries cannot be noticed.")
    if not registry.has_people:
        notes.append("The identities are not here and were not checked.")
    if strays := (before.keys() & after.keys()) - pseudonyms:
        notes.append(_STRAYS.format(len(strays)))
    return Verified(
        entries=len(entries),
        cases=len(hashes),
        problems=tuple(problems),
        notes=tuple(notes),
        head=head,
    )


def accept(registry: Registry, reason: str) -> None:
    """Enter that trail and cases are taken as they are, with the reason, and keep the head.

    For a backup that was put back, whose trail ends before the head that is kept, and for cases
    that were changed behind the trail. A chain that is broken stays broken.
    """
    with registry.writing() as connection:
        told = _told(all_entries(connection))
        hashes = case_hashes(connection, RESEARCH)
        known = {case: entry.payload_sha256 for case, entry in told.items()}
        wrong = sorted(c for c in known.keys() | hashes.keys() if known.get(c) != hashes.get(c))
        entries = [audit.NewEntry(audit.ACCEPTED, reason)]
        entries += [audit.NewEntry(audit.ACCEPTED, c, hashes.get(c, "")) for c in wrong]
        people = people_hashes(registry)
        identities = _identities(all_entries(connection))
        entries += [
            audit.NewEntry(audit.IDENTITY, pseudonym, people[pseudonym])
            for pseudonym in sorted(people)
            if identities.get(pseudonym) != people[pseudonym]
        ]
        audit.append(connection, registry.actor, entries)
    with in_words(registry.place), registry.reading() as connection:
        keep_head(connection, registry.place.head_file, accept=True)


def _chain_problems(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield the first broken entry: all after it hang on it."""
    if not entries:
        yield "The audit trail has no entries; it was emptied, or this is no registry."
        return
    previous = START
    for number, entry in enumerate(entries, start=1):
        if entry.number != number:
            yield f"Audit entry {number} is missing: {_named(entry)} follows {number - 1}."
            return
        if entry.expected_sha256 != entry.own_sha256:
            yield f"Audit {_named(entry)} was changed: its hash is not that of what it says."
            return
        if entry.previous_sha256 != previous:
            yield f"Audit {_named(entry)} does not follow the one before it: the chain is broken."
            return
        previous = entry.own_sha256


def _head_problems(entries: Sequence[Entry], head: Head, by: str) -> Iterator[str]:
    if head.registry and entries and entries[0].subject != head.registry:
        yield f"This is another registry than the one that was last seen here, {by}."
    elif head.number > len(entries):
        yield (
            f"The audit trail ends with entry {len(entries)}, but entry {head.number} was there, "
            f"{by}: entries are missing from its end, or an older copy was put in its place."
        )
    elif not entries or entries[head.number - 1].own_sha256 != head.sha256:
        yield f"Audit entry {head.number} is not the one that was there before, {by}."


def _case_problems(entries: Sequence[Entry], hashes: Mapping[str, str]) -> Iterator[str]:
    """Yield cases that are not as the trail last said, or are there or gone without it."""
    told = _told(entries)
    for case in sorted(told.keys() | hashes.keys()):
        if case not in told:
            yield f"Case {case} is stored, but the audit trail does not know it."
        elif case not in hashes:
            yield f"Case {case} of audit {_named(told[case])} is gone, and nobody deleted it here."
        elif hashes[case] != told[case].payload_sha256:
            yield f"Case {case} was changed behind the audit trail after {_named(told[case])}."


def _told(entries: Sequence[Entry]) -> dict[str, Entry]:
    """Return the entry that last said how each case is; none for those that are to be gone."""
    told: dict[str, Entry] = {}
    for entry in entries:
        if entry.payload_sha256 and entry.action != audit.IDENTITY:
            told[entry.subject] = entry
        elif entry.action in (audit.DELETED, audit.ACCEPTED):
            told.pop(entry.subject, None)
    return told


def _identities(entries: Sequence[Entry]) -> dict[str, str]:
    return {e.subject: e.payload_sha256 for e in entries if e.action == audit.IDENTITY}


def _people_problems(
    entries: Sequence[Entry],
    before: Mapping[str, str],
    after: Mapping[str, str],
    pseudonyms: set[str],
) -> Iterator[str]:
    told = _identities(entries)
    for pseudonym in sorted((before.keys() | after.keys() | told.keys()) & pseudonyms):
        if told.get(pseudonym, START) not in (before.get(pseudonym), after.get(pseudonym)):
            yield (
                f"The identity of {pseudonym} is not as the audit trail says; compare it with the "
                "hospital's records, and store it again."
            )


def _named(entry: Entry) -> str:
    return f"entry {entry.number} ({entry.at}, {entry.action} {entry.subject})"
