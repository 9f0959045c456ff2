"""What a person reads in the window goes through the catalogue: nothing is shown as it is written.

Looks at the source, not at the window: words of two and more are found wherever they stand, single
words where they are handed to something that shows them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parents[2] / "app"
FILES = (
    *(
        file
        for folder in ("views", "presenters", "assembly")
        for file in sorted((APP / folder).glob("*.py"))
        if file.name not in ("review_page.py", "key_view.py")  # on paper, which is English
    ),
    *(APP / f"{name}.py" for name in ("main_window", "wiring", "menus", "folding_panel", "desk")),
)

SAID = frozenset({"tr", "tr_count", "tr_core", "mark"})
SHOWN = frozenset(
    {
        *("setText", "setToolTip", "setStatusTip", "setWindowTitle", "setAccessibleName"),
        *("setAccessibleDescription", "setPlaceholderText", "setTitle", "setSpecialValueText"),
        *("addAction", "addTab", "addItem", "addRow", "Words", "ElidedWords", "heading", "Lines"),
        *("PrimaryButton", "QPushButton", "QCheckBox", "QRadioButton", "QLabel", "TickMenu"),
        *("Choice", "Tile", "caption", "_caption", "put", "drawText", "paint_text"),
        *(
            "show_error",
            "show_caution",
            "show_note",
            "set_message",
            "set_note",
            "say",
            "set_reason",
        ),
        *("say_planned", "set_plan_enabled", "show_margin_problem", "set_target", "set_hint"),
        *("getOpenFileName", "getSaveFileName", "getExistingDirectory", "setHeaderLabels"),
    }
)
"""Whatever is handed to these, a person reads."""
SHOWN_FIRST = {"apply": "_session", "start": "job", "emit": "said"}
"""Calls of which the first argument is read, and what the thing they are called on ends in."""
SHOWN_PARTS = frozenset({"title", "tip", "label", "words", "note", "reason", "caption", "what"})
KEYS_FIRST = frozenset({"set_reason", "Choice"})
"""Of these the first argument is a key."""

UNITS = re.compile(r"\b(mm|ml|cm|HU|deg|Trephine|PNG|SVG|png|svg|Alt|[A-Zxyz])\b|[%°±]")
KNOWN = frozenset({"Case/Open recent", "not an arrangement"})
"""Names of menus, and what only the program itself reads."""


def _letters(text: str) -> bool:
    return text not in KNOWN and bool(re.search(r"[^\W\d_]", UNITS.sub("", text)))


def _is_sentence(text: str) -> bool:
    return " " in text.strip() and len(re.findall(r"[^\W\d_]{2,}", UNITS.sub("", text))) >= 2


def _called(call: ast.Call) -> str:
    func = call.func
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


class Words:
    """The words of one file that are shown without having gone through the catalogue."""

    def __init__(self, source: str) -> None:
        self._tree = ast.parse(source)
        self._bound: dict[str, list[ast.expr]] = {}
        for node in ast.walk(self._tree):
            self._bind(node)

    def plain(self) -> list[str]:
        """Return them, each with its line."""
        found = {*self._sentences(), *self._shown(), *self._not_literal()}
        return [f"{line}: {text!r}" for line, text in sorted(found)]

    def _bind(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._pair(target, node.value)
        elif isinstance(node, ast.For | ast.comprehension) and isinstance(
            node.iter, ast.Tuple | ast.List
        ):
            for value in node.iter.elts:
                self._pair(node.target, value)

    def _pair(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._bound.setdefault(target.id, []).append(value)
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for inner, its in zip(target.elts, value.elts, strict=False):
                self._pair(inner, its)

    def _sentences(self) -> Iterator[tuple[int, str]]:
        """Yield literals of two and more words that stand outside of `tr` and its like."""
        skipped: set[int] = set()
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Call) and _called(node) in {*SAID, "ValueError"}:
                skipped.update(id(inner) for arg in node.args for inner in ast.walk(arg))
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                skipped.add(id(node.value))
            elif isinstance(node, ast.Assert) and node.msg is not None:
                skipped.add(id(node.msg))
        for node in ast.walk(self._tree):
            text = "" if id(node) in skipped else _written(node)
            if _is_sentence(text) and text not in KNOWN:
                yield getattr(node, "lineno", 0), text

    def _shown(self) -> Iterator[tuple[int, str]]:
        """Yield what is handed on to be shown."""
        for node in ast.walk(self._tree):
            if not isinstance(node, ast.Call):
                continue
            name, args = _called(node), list(node.args)
            if name in KEYS_FIRST:
                args = args[1:]
            if name in SHOWN_FIRST:
                on = ast.unparse(node.func).rpartition(".")[0]
                args = args[:1] if on.endswith(SHOWN_FIRST[name]) else []
            elif name not in SHOWN or (name == "put" and isinstance(node.func, ast.Attribute)):
                args = []
            args += [k.value for k in node.keywords if k.arg in SHOWN_PARTS and name not in SAID]
            for arg in args:
                yield from self._plain_in(arg, frozenset())

    def _plain_in(self, node: ast.expr, seen: frozenset[str]) -> Iterator[tuple[int, str]]:
        match node:
            case ast.Constant(value=str(text)):
                if _letters(text):
                    yield node.lineno, text
            case ast.JoinedStr(values=values):
                for part in values:
                    inner = part.value if isinstance(part, ast.FormattedValue) else part
                    yield from self._plain_in(inner, seen)
            case ast.IfExp(body=body, orelse=orelse):
                yield from self._plain_in(body, seen)
                yield from self._plain_in(orelse, seen)
            case ast.BoolOp(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    yield from self._plain_in(part, seen)
            case ast.BinOp(left=left, right=right):
                yield from self._plain_in(left, seen)
                yield from self._plain_in(right, seen)
            case ast.GeneratorExp(elt=elt) | ast.ListComp(elt=elt):
                yield from self._plain_in(elt, seen)
            case ast.Name(id=name) if name not in seen:
                for value in self._bound.get(name, ()):
                    yield from self._plain_in(value, seen | {name})
            case ast.Call():
                yield from self._plain_in_call(node, seen)

    def _plain_in_call(self, call: ast.Call, seen: frozenset[str]) -> Iterator[tuple[int, str]]:
        """Look into the methods of strings; a mark alone translates nothing, nor does `str`."""
        name = _called(call)
        if name == "mark" or (name == "str" and "error" in ast.unparse(call)):
            yield call.lineno, ast.unparse(call)
        elif name in ("join", "format", "rstrip", "strip", "upper"):
            assert isinstance(call.func, ast.Attribute), "a method"
            yield from self._plain_in(call.func.value, seen)
            for arg in call.args:
                yield from self._plain_in(arg, seen)

    def _not_literal(self) -> Iterator[tuple[int, str]]:
        """Yield calls of `tr` and `mark` whose sentence cannot be collected."""
        for node in ast.walk(self._tree):
            if not isinstance(node, ast.Call) or _called(node) not in ("tr", "tr_count", "mark"):
                continue
            if not isinstance(node.func, ast.Name):
                continue
            of = node.args[: 2 if _called(node) == "tr_count" else 1]
            can_be = _may_be_marked if _called(node) == "tr" else _is_constant
            if not all(map(can_be, of)):
                yield node.lineno, ast.unparse(node)


def _written(node: ast.AST) -> str:
    """Return the text of a literal, with braces for the parts of an f-string."""
    if isinstance(node, ast.JoinedStr):
        parts = (p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
        return "".join(map(str, parts))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


def _may_be_marked(node: ast.expr) -> bool:
    """Tell whether `tr` may be handed this: a sentence, or what can hold a marked one."""
    if isinstance(node, ast.IfExp):
        return not any(_is_constant(n) or not _may_be_marked(n) for n in (node.body, node.orelse))
    if isinstance(node, ast.Call):  # of a dictionary of marked ones
        return _called(node) == "get"
    return isinstance(node, ast.Constant | ast.Name | ast.Attribute | ast.Subscript)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(APP).as_posix())
def test_nothing_is_shown_as_it_is_written(file):
    assert Words(file.read_text(encoding="utf-8")).plain() == []


@pytest.mark.parametrize(
    "source",
    [
        'label.setText("Open")',
        'label.setText(f"Open {name}")',
        'label.setText(name or "Nobody")',
        'label.setText(tr("Open") + " case")',
        'label.setToolTip(", ".join(["Open", name]))',
        'Words("Open")',
        'heading("Open" if known else "")',
        'WHY = "Nothing"\npanel.set_message(WHY)',
        'WHY = mark("Nothing")\npanel.set_message(WHY)',
        'for words, field in (("Needle", a), (tr("Cores"), b)):\n    Words(words)',
        'self._session.apply("Plan", case)',
        'self.job.start("Planning", work)',
        "self._message.show_error(str(error))",
        'StructureRow(key="skin", note="derived")',
        'window.set_reason("plan", "Busy")',
        'window.add_tab(panel, title="Choose")',
        'def why():\n    return "Open a case first."',
        'def why():\n    return f"Of {count} tried"',
        'tr(f"Open {name}")',
        'tr("Open " + name)',
        'tr("Open" if known else "Close")',
        "tr(title.lower())",
    ],
)
def test_what_is_written_plainly_is_found(source):
    assert Words(source).plain()


@pytest.mark.parametrize(
    "source",
    [
        '"""Says what to do."""',
        'label.setText(tr("Open {name}", name=name))',
        'label.setText("")',
        'label.setText(f"{depth:.0f} mm")',
        'label.setText(f"▲ {text}")',
        'WHY = mark("Nothing to do.")\npanel.set_message(tr(WHY))',
        "self._message.show_error(tr_core(str(error)))",
        'window.set_reason("plan", reason)',
        'Choice("auto", tr("Automatic"))',
        'StructureRow(key="skin")',
        'assert case is not None, "only asked for while a case is open"',
        'view.setWindowTitle("Trephine")',
    ],
)
def test_what_goes_through_the_catalogue_is_let_be(source):
    assert Words(source).plain() == []
