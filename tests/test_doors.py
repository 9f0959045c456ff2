"""What no part of Trephine may do, whoever asks: run what a file says, or listen to everybody."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from planning.handover.igtl.link_values import DEFAULT_HOST, LinkOrder, LinkRole
from planning.network.servers import LOOPBACK, Receiver
from planning.network.servers_file import read_pacs

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(path for top in ("app", "planning") for path in (ROOT / top).rglob("*.py"))

_PICKLING = {"app/reading_beside.py"}
"""Reads what its own forked copy says through an unnamed socket."""
_NEVER_IMPORTED = {
    "pickle": _PICKLING,
    "zipfile": {"app/support_file.py"},  # writes one, reads none
    **{name: set[str]() for name in ("marshal", "shelve", "dill", "joblib", "cloudpickle")},
    **{name: set[str]() for name in ("yaml", "xml", "lxml", "tarfile", "ftplib")},
}
"""Libraries that run, expand or fetch what a file says, and who may use them."""
_IMPORTING = {"app/doctor/gathering.py"}
"""Goes through a list of its own of what is installed."""
_STARTING = {"app/picture.py", "app/doctor/drawing_probe.py", "app/telling.py"}
"""Start this very program again, or the system's own message boxes, each without a shell."""
_OWN_LABELS = {"app/fault_window.py"}
"""Stands without the rest of the window, and sets plain text itself."""
_LISTENING = {
    "planning/network/receiving.py": {"make_server"},
    "planning/handover/igtl/link.py": {"create_server"},
    "app/doctor/gathering_network.py": {"bind", "listen"},  # for a moment, as those two would
    "app/tour.py": {"bind"},  # to find a free port, on 127.0.0.1
}
"""Who opens a port, and how."""


@cache
def _calls(path: Path) -> tuple[tuple[str, ast.Call], ...]:
    """Return each call of a file with the dotted name that is called."""
    nodes = ast.walk(_tree(path))
    return tuple((_dotted(node.func), node) for node in nodes if isinstance(node, ast.Call))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _dotted(called: ast.expr) -> str:
    if isinstance(called, ast.Attribute):
        return f"{_dotted(called.value)}.{called.attr}"
    return called.id if isinstance(called, ast.Name) else "?"


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def _imported(path: Path) -> set[str]:
    nodes = list(ast.walk(_tree(path)))
    names = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    return names | {n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module}


@pytest.mark.parametrize("library", sorted(_NEVER_IMPORTED))
def test_nothing_is_loaded_that_runs_what_a_file_says(library: str) -> None:
    users = {
        _name(path)
        for path in SOURCES
        if any(name.split(".")[0] == library for name in _imported(path))
    }
    assert users == _NEVER_IMPORTED[library]


def test_nothing_is_evaluated_and_no_shell_is_asked() -> None:
    names = ("eval", "exec", "compile", "os.system", "os.popen", "os.startfile")
    found = [
        f"{_name(path)}:{call.lineno} {called}"
        for path in SOURCES
        for called, call in _calls(path)
        if called in names
        or called.startswith(("os.exec", "os.spawn", "pty."))
        or (called.startswith("subprocess.") and _name(path) not in _STARTING)
        or any(key.arg == "shell" for key in call.keywords)
    ]
    assert found == []


def test_modules_are_imported_by_names_that_stand_in_the_sources() -> None:
    importing = ("__import__", "importlib.import_module", "import_module", "runpy.run_path")
    users = {_name(path) for path in SOURCES for called, _ in _calls(path) if called in importing}
    assert users == _IMPORTING


def test_arrays_are_loaded_without_objects_in_them() -> None:
    loads = [
        ast.unparse(call)
        for path in SOURCES
        for called, call in _calls(path)
        if called in ("np.load", "numpy.load")
    ]
    assert loads
    assert all("allow_pickle=False" in load for load in loads)


def test_nothing_is_drawn_as_html() -> None:
    """Names in labels come from files: Qt must not take them for markup."""
    rich = (
        "QTextEdit",
        "QTextBrowser",
        "QTextDocument",
        "QMessageBox",
        "QErrorMessage",
        "QWhatsThis",
    )
    for path in SOURCES:
        calls = list(_calls(path))
        drawn = [c for c, _ in calls if c in rich or c.endswith((".setHtml", ".setWhatsThis"))]
        assert drawn == [], _name(path)
        labels = [c for c, _ in calls if c == "QLabel"]
        assert labels == [] or _name(path) in _OWN_LABELS, (
            f"{_name(path)}: use Words, which shows plain text"
        )


def test_tool_tips_that_may_name_something_are_plain() -> None:
    def is_ours(argument: ast.expr) -> bool:
        """Tell whether a text is wholly of our own words."""
        if isinstance(argument, ast.Constant):
            return True
        if not isinstance(argument, ast.Call) or not isinstance(argument.func, ast.Name):
            return False
        alone = argument.func.id == "tr" and not argument.keywords
        return alone or argument.func.id == "plain_tip"

    found = [
        f"{_name(path)}:{call.lineno}"
        for path in SOURCES
        for called, call in _calls(path)
        if called.endswith("setToolTip") and not is_ours(call.args[-1])
    ]
    assert found == []


def test_only_known_places_open_a_port() -> None:
    opening = ("listen", "bind", "create_server", "make_server", "start_server", "HTTPServer")
    found: dict[str, set[str]] = {}
    for path in SOURCES:
        for called, _ in _calls(path):
            name = called.rpartition(".")[2]
            if name in opening:
                found.setdefault(_name(path), set()).add(name)
    assert found == _LISTENING


def test_whoever_listens_is_reached_from_this_computer_only(tmp_path: Path) -> None:
    assert Receiver().listen_on == LOOPBACK == "127.0.0.1"
    assert LinkOrder(role=LinkRole.SERVE).host == DEFAULT_HOST == "127.0.0.1"
    (tmp_path / "pacs.json").write_text('{"schema_version": 1, "receiver": {}}', encoding="utf-8")
    assert read_pacs(tmp_path / "pacs.json").receiver.listen_on == LOOPBACK
