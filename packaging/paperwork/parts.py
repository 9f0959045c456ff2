"""Every generated part of the papers by its name, and every file that is generated whole."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from paperwork import accuracy, conformance, drawing, flow, references, risks
from paperwork.markdown import Maker, code, table, with_parts
from planning import __version__

RESOURCES = Path("resources")
DOCS = RESOURCES / "docs"


def makers(root: Path) -> Mapping[str, Maker]:
    """Return who makes each part, by its name."""
    listed = risks.read_risks(root / RESOURCES / "risks.toml")
    figures = accuracy.read_figures(root / RESOURCES / "accuracy.toml")
    schemas = root / RESOURCES / "schemas"
    return {
        "version": lambda: f"These papers are about Trephine {__version__}.",
        "risk-counts": partial(risks.counts, listed),
        "risk-overview": partial(risks.overview, listed),
        "risk-details": partial(risks.details, listed),
        "listeners": flow.listeners,
        "callers": flow.callers,
        "folders": flow.folders,
        "formats": flow.formats,
        "taken-away": flow.taken_away,
        "accuracy": partial(accuracy.figures, figures),
        "published": accuracy.published,
        "case-toml": references.case_toml,
        "plan-json": partial(references.json_schema, schemas / "plan.schema.json"),
        "review-json": partial(references.json_schema, schemas / "review.schema.json"),
        "criteria": references.criteria,
        "limits": references.limits,
        "error-models": references.error_models,
        "needles": references.needles,
        "commands": references.commands,
        "keys": keys,
        "dicom-services": conformance.services,
        "dicom-storage": conformance.storage,
        "dicom-syntaxes": conformance.transfer_syntaxes,
        "dicom-associations": conformance.associations,
        "dicom-query": conformance.query_keys,
        "dicom-objects": conformance.objects,
        "dicom-attributes": conformance.attributes,
        "dicom-own-codes": conformance.own_codes,
        "dicom-role-codes": conformance.role_codes,
        "dicom-deidentified": conformance.deidentification,
    }


def keys() -> str:
    """Return every key and gesture, as F1 shows them."""
    from app.assembly.help import keys_and_gestures

    return "\n\n".join(
        f"### {group.title}\n\n"
        + table(("Key", "What it does"), ((code(how), what) for how, what in group.rows))
        for group in keys_and_gestures()
    )


def whole_files() -> Mapping[Path, Maker]:
    """Return the files that are generated whole, relative to the checkout."""
    return {DOCS / "shortcuts.svg": key_sheet, DOCS / "data-flow.svg": drawing.flow}


def key_sheet() -> str:
    """Return every key and gesture on one printable page."""
    from app.assembly.help import keys_and_gestures

    groups = [(group.title, group.rows) for group in keys_and_gestures()]
    foot = f"Trephine {__version__}. Research use only. Not a medical device."
    return drawing.key_sheet(groups, "Trephine: keys and gestures", foot)


def papers_now(root: Path) -> dict[Path, str]:
    """Return every paper and drawing as the sources say it now, by its place in the checkout."""
    made = makers(root)
    found: dict[Path, str] = {}
    for path in sorted((root / DOCS).rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        found[path.relative_to(root)] = with_parts(text, made)
    found |= {path: make() for path, make in whole_files().items()}
    return found
