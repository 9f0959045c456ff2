"""What no linter holds: budgets, opening sentences, what is packaged, what a checkout may name."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(path for top in ("app", "planning") for path in (ROOT / top).rglob("*.py"))
ALL_PYTHON = SOURCES + sorted(
    path for top in ("packaging", "tests") for path in (ROOT / top).rglob("*.py")
)
FILE_LINES = 350
FUNCTION_LINES = 60

# Written in pieces, so that this file does not contain what it looks for.
FORBIDDEN = {
    "a machine's own folder": re.compile(r"(?<![\w.])/" + r"(work|root|home/\w+|Users/\w+)/"),
    "a package index": re.compile(r"pypi" + r"\.org|python" + r"hosted\.org", re.IGNORECASE),
}


def test_there_are_sources_to_check():
    assert len(SOURCES) > 30


def test_files_stay_within_their_budget():
    lengths = {_name(path): len(_text(path).splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES} == {}


def test_functions_stay_within_their_budget():
    lengths = {
        f"{_name(path)}:{node.name}": _body_lines(node)
        for path in SOURCES
        for node in ast.walk(ast.parse(_text(path)))
        if isinstance(node, ast.FunctionDef)
    }
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES} == {}


def test_every_file_opens_with_a_sentence():
    def opens_badly(path):
        opening = (ast.get_docstring(ast.parse(_text(path))) or "").split("\n\n")[0]
        return not re.match(r"\S.{15,}[.]", opening, flags=re.DOTALL)

    assert [_name(path) for path in ALL_PYTHON if opens_badly(path)] == []


def test_imports_are_absolute():
    relative = [
        f"{_name(path)}:{node.lineno}"
        for path in ALL_PYTHON
        for node in ast.walk(ast.parse(_text(path)))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_every_package_is_installed():
    folders = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in SOURCES
        if path.name == "__init__.py"
    }
    without_init = {_name(path) for path in SOURCES if not (path.parent / "__init__.py").is_file()}
    assert without_init == set()
    project = tomllib.loads(_text(ROOT / "pyproject.toml"))
    assert set(project["tool"]["setuptools"]["packages"]) == folders | {"app.resources"}


def test_only_declared_dependencies_are_imported():
    """What is installed by chance, as with the checks, is missing where Trephine only runs."""
    project = tomllib.loads(_text(ROOT / "pyproject.toml"))["project"]
    declared = {_normal(re.split(r"[<>=!~;\[ ]", line)[0]) for line in project["dependencies"]}
    brings = packages_distributions()
    undeclared = {
        f"{_name(path)}: {module}"
        for path in SOURCES
        for module in _imported(path) - set(sys.stdlib_module_names) - {"app", "planning"}
        if not declared & {_normal(name) for name in brings.get(module, [])}
    }
    assert undeclared == set()


def test_the_packaging_folder_shadows_nothing():
    """As a package it would hide the library of the same name, which pip and pytest import."""
    assert not (ROOT / "packaging" / "__init__.py").exists()


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_checkout_names_no_foreign_place(what):
    found = [
        f"{name}:{number}"
        for name in _tracked()
        for number, line in enumerate(_text(ROOT / name).splitlines(), start=1)
        if FORBIDDEN[what].search(line)
    ]
    assert found == []


def _tracked() -> list[str]:
    """Return the tracked text files, or skip outside a git checkout."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: there is no list of tracked files")
    # Whoever owns the checkout: it is only read.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    files = [name for name in said.split("\0") if name and (ROOT / name).is_file()]
    return [name for name in files if b"\0" not in (ROOT / name).read_bytes()]


def _imported(path: Path) -> set[str]:
    """Return the first parts of all names a file imports, at its top or inside functions."""
    nodes = list(ast.walk(ast.parse(_text(path))))
    names = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name.split(".")[0] for name in names}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _body_lines(function: ast.FunctionDef) -> int:
    """Return the lines of a function without its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return function.end_lineno - body[0].lineno + 1 if body else 0


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
