"""What Trephine reads, keeps and sends, from the code that does it; and a drawing of that."""

from __future__ import annotations

from app import paths
from app.settings import Settings
from paperwork.markdown import PaperError, bullets, code, table
from planning.handover import deidentified
from planning.handover.export_format import Need
from planning.handover.export_formats import FORMATS
from planning.handover.igtl import link, link_values
from planning.network.servers import LOOPBACK, PacsServer, Receiver
from planning.records.registry.place import place_of

_NEEDS = {
    Need.CT: "planning CT",
    Need.STRUCTURES: "masks",
    Need.PICTURES: "pictures",
    Need.DOCUMENTS: "pictures",
    Need.REPORTS: "anatomy",
}


def listeners() -> str:
    """Return every port that may be listened on, with what holds until somebody changes it."""
    receiver, settings = Receiver(), Settings()
    gib = receiver.most_bytes >> 30
    rows = (
        (
            "Receiver of images (DICOM C-STORE)",
            "*Receive* in *Image archives*, or `trephine pacs receive`; for the time of a C-MOVE",
            code(f"{receiver.listen_on}:{receiver.port}"),
            f"AE titles and addresses of the servers entered; {receiver.most_images:,} images and "
            f"{gib} GiB of a transfer at most; TLS if wanted",
        ),
        (
            "OpenIGTLink server",
            "*Hand over > Navigation system*, or `trephine serve`",
            code(f"{settings.navigation_host}:{settings.navigation_port}"),
            f"{link.MOST_PEERS} programs at most; the protocol has neither password nor encryption",
        ),
    )
    hosts = {receiver.listen_on, settings.navigation_host, link_values.DEFAULT_HOST}
    if hosts != {LOOPBACK}:
        raise PaperError(f"This paper says that both listen on {LOOPBACK}; they do on {hosts}.")
    both = (
        f"Neither listens until it is switched on. Both listen on {code(LOOPBACK)} by default, "
        "which no other computer can reach."
    )
    return f"{both}\n\n{table(('What', 'Switched on by', 'Default', 'Who may come'), rows)}"


def callers() -> str:
    """Return every connection that Trephine may open, and what opens it."""
    server = PacsServer(name="")
    rows = (
        (
            "Image archive, DICOM",
            f"the host entered, port {server.port}",
            "*Find*, *Open*, *Send a folder*; `trephine pacs`, `trephine send --pacs`",
            "queries (name, number, date, modality); with *Send*, the DICOM files of an export",
        ),
        (
            "Image archive, DICOMweb",
            "the address entered; https where a password is given",
            "the same",
            "the same, and user and password or token",
        ),
        (
            "OpenIGTLink client",
            f"the host entered, port {link_values.DEFAULT_PORT}",
            "*Hand over > Navigation system*; `trephine send --igtl`",
            "the plan's points and angles without the patient's name; asks for tracked tools",
        ),
        (
            "Image archives and the registry's server, to see whether they are there",
            "the addresses entered",
            "*Help > Check this computer...*; `trephine doctor`, unless `--no-network`",
            "nothing of a patient",
        ),
        (
            "Registry on PostgreSQL",
            "the address in `--registry` or `TREPHINE_REGISTRY`",
            "*Store in the registry*, `trephine registry`, `trephine cohort`, `trephine audit`",
            "reviewed cases under a pseudonym; identities only where they are given",
        ),
    )
    return table(("To", "Where", "Only when somebody uses", "What leaves"), rows)


def folders() -> str:
    """Return what is kept on this computer, and where."""
    data, cache = paths.user_data_dir(), paths.user_cache_dir()
    registry = place_of("", data)
    rows = (
        (paths.settings_file(), "settings of the window", "no"),
        (data / "remembered.json", "recent cases: their paths, and who approved last", "in paths"),
        (paths.pacs_file(), "archives and their passwords; readable by the user only", "no"),
        (paths.received_dir(), "series that came from archives", "yes"),
        (data / "recovery", "unsaved work, readable by the user only", "yes"),
        (registry.file, "the registry, under pseudonyms", "no"),
        (registry.identities_file, "who the pseudonyms stand for, only where it was given", "yes"),
        (registry.head_file, "the end of the registry's audit trail", "no"),
        (registry.backups, "copies made before the registry's schema changed", "no"),
        (paths.own_error_models_file(), "error models learned from own cases", "no"),
        (
            paths.log_file().parent,
            "the log, and where the program ended by itself: places and kinds of faults",
            "no",
        ),
        (data / "running", "a mark for each program that runs, gone when it ends", "no"),
        (cache / "temp", "what is in work, gone when the program ends or next starts", "maybe"),
        (cache / "kernels", "compiled code, made again when it is missing", "no"),
        (cache, "the sample case", "made up"),
    )
    about = ((code(_in_words(str(path))), what, patient) for path, what, patient in rows)
    where = (
        "`DATA` and `CACHE` are the user's own folders: on Linux `~/.local/share/trephine` and "
        "`~/.cache/trephine` (or below `XDG_DATA_HOME`, `XDG_CACHE_HOME`), on Windows "
        "`%LOCALAPPDATA%\\trephine` and its folder `Cache`, on macOS `~/Library/Application "
        "Support/trephine` and `~/Library/Caches/trephine`."
    )
    return f"{table(('Where', 'What', 'Patient data'), about)}\n\n{where}"


def formats() -> str:
    """Return every format of an export."""
    rows = (
        (
            code(one.key),
            one.label,
            one.frame or "none",
            ", ".join(dict.fromkeys(_NEEDS[need] for need in one.needs)) or "the plan alone",
        )
        for one in FORMATS
    )
    return table(("Format", "What", "Frame", "Needs"), rows)


def taken_away() -> str:
    """Return what de-identification does, as far as the code says it in constants."""
    return bullets(
        (
            "Patient's name, number, birth date, sex, age, accession number, study and series "
            "descriptions, the names of people who approved, checked or operate: removed, or "
            "replaced by a pseudonym drawn for this export.",
            f"Free text that people wrote: names, numbers, dates and UIDs in it become "
            f"`{deidentified.REMOVED}`.",
            "UIDs: replaced by others, the same for the same within one export; the secret they "
            "are made with is kept nowhere.",
            f"Dates and times: where a format demands one it is "
            f"`{deidentified.NO_DATE.date().isoformat()}`.",
            "The approval, reviews, plans before, remarks and second images: left out.",
            "Every file is searched, byte by byte, for name, number and UIDs before the folder "
            "takes its place; one trace, and nothing is written.",
            "Pixels stay as they are: a face in the CT stays a face.",
        )
    )


def _in_words(path: str) -> str:
    """Return a path without the place of this user's folders."""
    for folder, word in (
        (paths.user_cache_dir(), "CACHE"),  # on Windows inside the other
        (paths.user_data_dir(), "DATA"),
    ):
        if path.startswith(str(folder)):
            return path.replace(str(folder), word, 1).replace("\\", "/")
    return path
