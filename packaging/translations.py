"""Keeps the window's second languages complete: collects sentences, compiles catalogues, checks.

``collect`` brings every catalogue up to date with the source, ``compile`` makes what the program
reads, ``check`` says what is missing. It translates nothing itself.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "resources" / "translations"
DOMAIN = "trephine"

_CALLS = {"tr": (0,), "mark": (0,), "tr_count": (0, 1)}
_TOML_TEXTS = frozenset(
    {
        *("text", "label", "short", "advice", "name", "reason", "why", "definition", "container"),
        "setting",  # in which an accuracy was measured
        "value",  # a number, or words with their source
    }
)
_KEYWORD = re.compile(r"[a-z][A-Z]")  # as in PatientName: a list of what DICOM calls things
_STATEMENT = re.compile(
    r"(select \w+[ (]|pragma |create schema |set \w+ to |vacuum full |REPEATABLE )"
)
"""How statements to a database begin, which nobody reads."""
_PART = re.compile(r"\{[^{}]*\}")

Found = tuple[str, str, str]
"""A sentence, its plural (empty if it has none), and the file it stands in."""


def main() -> int:
    """Do what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=("collect", "compile", "check"))
    task = parser.parse_args().task
    problems: list[str] = []
    for language in languages():
        if task == "collect":
            collect(language)
        elif task == "compile":
            mo_file(language).write_bytes(compiled(language))
        else:
            problems += check(language)
    print("\n".join(problems) if problems else f"{task}: {', '.join(languages())}")
    return 1 if problems else 0


def languages() -> tuple[str, ...]:
    """Return the languages that have a catalogue."""
    return tuple(sorted(path.parents[1].name for path in FOLDER.glob(f"*/*/{DOMAIN}.po")))


def po_file(language: str) -> Path:
    """Return the catalogue people edit."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def mo_file(language: str) -> Path:
    """Return the catalogue the program reads."""
    return po_file(language).with_suffix(".mo")


def catalogue(language: str) -> Catalog:
    """Return a catalogue as people edited it."""
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language)


def collect(language: str) -> None:
    """Add what the source says anew to a catalogue, and drop what it no longer says."""
    old = catalogue(language)
    new = Catalog(
        locale=language,
        header_comment=old.header_comment,
        project="Trephine",
        creation_date=old.creation_date,
        revision_date=old.revision_date,
        last_translator="the Trephine authors",
        language_team="",
        msgid_bugs_address="",
        fuzzy=False,
    )
    for sentence, plural, place in sorted(sentences()):
        key = (sentence, plural) if plural else sentence
        known = old.get(sentence)
        said = known.string if known is not None else ""
        if plural and not isinstance(said, tuple):
            said = ("", "")
        new.add(key, said, locations=[(place, 0)])
    with po_file(language).open("wb") as file:
        write_po(file, new, width=100, sort_output=True, no_location=True)


def compiled(language: str) -> bytes:
    """Return a catalogue as the program reads it; the same bytes for the same sentences."""
    target = io.BytesIO()
    write_mo(target, catalogue(language))
    return target.getvalue()


def check(language: str) -> list[str]:
    """Return what is wrong with a catalogue: missing sentences, other parts, stale bytes."""
    known = catalogue(language)
    problems = []
    for sentence, _, place in sorted(sentences()):
        message = known.get(sentence)
        said = () if message is None else _strings(message.string)
        if not said or not all(said):
            problems.append(f"{language}: {place}: not translated: {sentence!r}")
            continue
        for text in said:
            if set(_PART.findall(text)) != set(_PART.findall(sentence)):
                problems.append(f"{language}: {place}: other parts than in {sentence!r}: {text!r}")
    if not mo_file(language).is_file() or mo_file(language).read_bytes() != compiled(language):
        problems.append(f"{language}: run packaging/translations.py compile")
    return problems


def sentences() -> set[Found]:
    """Return every sentence a person may read in the window, with one file it stands in."""
    found: dict[str, Found] = {}
    for file in sorted((ROOT / "app").rglob("*.py")):
        for one in _said_in(file):
            found.setdefault(one[0], one)
    for file in sorted((ROOT / "planning").rglob("*.py")):
        for template in _templates(ast.parse(file.read_text(encoding="utf-8"))):
            found.setdefault(template, (template, "", _name(file)))
    for file in sorted((ROOT / "resources").rglob("*.toml")):
        for text in _toml_texts(tomllib.loads(file.read_text(encoding="utf-8"))):
            found.setdefault(text, (text, "", _name(file)))
    return set(found.values())


def _said_in(file: Path) -> Iterator[Found]:
    """Yield what is marked in a file of the application, and the rows of the menus."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id in _CALLS:
            texts = [_literal(node.args[place]) for place in _CALLS[node.func.id]]
            if texts[0]:
                yield texts[0], texts[1] if len(texts) > 1 else "", _name(file)
        elif node.func.id == "ActionRow":
            menu, *others = (_literal(value) for value in (*node.args[1:3], *node.args[4:5]))
            others += [_literal(k.value) for k in node.keywords if k.arg == "tip"]
            yield from ((text, "", _name(file)) for text in (*menu.split("/"), *others) if text)


def _templates(tree: ast.Module) -> Iterator[str]:
    """Yield the sentences of the core: literals with a space, parts numbered ``{0}``, ``{1}``."""
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inside.add(id(node.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside.update(id(value) for value in node.values)
            text = _numbered(node)
            if _is_sentence(_PART.sub("", text)):
                yield text
    for node in ast.walk(tree):
        if id(node) not in inside and _is_sentence(_literal(node)):
            yield _literal(node)


def _numbered(node: ast.JoinedStr) -> str:
    text, number = "", 0
    for value in node.values:
        if isinstance(value, ast.Constant):
            text += str(value.value).replace("{", "{{").replace("}", "}}")
        else:
            text += f"{{{number}}}"
            number += 1
    return text


def _is_sentence(text: str) -> bool:
    """Tell words for people from keys, formats and separators."""
    if _STATEMENT.match(text):
        return False
    words = text.split()
    if 2 * sum(bool(_KEYWORD.search(word)) for word in words) > len(words):
        return False
    return " " in text.strip() and len(re.findall(r"[A-Za-z]{2,}", text)) >= 2


def _toml_texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _TOML_TEXTS and isinstance(inner, str) and inner.strip():
                yield inner
            else:
                yield from _toml_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _toml_texts(inner)


def _literal(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _strings(said: object) -> tuple[str, ...]:
    return said if isinstance(said, tuple) else (str(said),) if said else ()


def _name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


if __name__ == "__main__":
    sys.exit(main())
