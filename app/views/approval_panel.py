"""State of the plan, its checklist, who approves it, and the plans before; decides nothing."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.language import tr
from app.views.approval_values import ApprovalText, CheckRow, PastRow
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import PrimaryButton, RaisedFrame, Tick, Words, column, heading
from app.views.plain_tip import plain_tip


class ApprovalPanel(QWidget):
    """What stands at the step "Hand over" about the life of the plan.

    Signals
    -------
    approve_requested : str, str, dict
        Who approves, a note, and the answers by the key of what was asked.
    fork_requested, save_requested
    """

    approve_requested = Signal(str, str, object)
    fork_requested = Signal()
    save_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: ApprovalText | None = None
        self._rows: dict[str, CheckLine] = {}
        self._state = Words(bold=True).wrapped()
        self._facts = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        self._reason = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        self._who, self._note = _line(tr("Who approves")), _line(tr("Note (optional)"))
        self._whose = Words(tr("Who approves"), size_px=CAPTION_PX, tone="secondary")
        self._checks = QWidget()
        self._checks_column = column(self._checks, gap_steps=2)
        self._approve = PrimaryButton(tr("Approve"))
        self._fork = QPushButton(tr("Change by a new draft"))
        self._save = QPushButton(tr("Save case"))
        self._past_heading = heading(tr("Superseded plans"))
        self._past = QWidget()
        self._past_column = column(self._past, gap_steps=1)
        layout = column(self)
        for widget in (
            heading(tr("Approval")),
            self._state,
            self._facts,
            self._checks,
            self._whose,
            self._who,
            self._note,
            self._reason,
            self._approve,
            self._fork,
            self._save,
            self._past_heading,
            self._past,
        ):
            layout.addWidget(widget)
        self._approve.clicked.connect(self._ask)
        self._fork.clicked.connect(self.fork_requested)
        self._save.clicked.connect(self.save_requested)
        self._who.textChanged.connect(self._refresh_button)

    def set_who(self, who: str) -> None:
        """Suggest who approves, unless somebody typed a name already."""
        if not self._who.text():
            self._who.setText(who)

    def set_text(self, text: ApprovalText) -> None:
        """Show this; what was ticked stays while the same things are to be checked."""
        before, self._shown = self._shown, text
        if before is None or (before.checks, before.token) != (text.checks, text.token):
            self._build_checks(text.checks)
            with QSignalBlocker(self._note):
                self._note.setText("")
        if before is None or before.past != text.past:
            self._build_past(text.past)
        self._state.setText(text.state)
        self._state.set_tone("good" if text.is_approved else "text")
        self._facts.setText("\n".join(text.lines))
        self._facts.setVisible(bool(text.lines))
        for widget in (self._checks, self._whose, self._who, self._note):
            widget.setVisible(bool(text.checks))
        self._approve.setText(tr("Approve: {what}", what=text.what) if text.what else tr("Approve"))
        self._approve.setVisible(not text.is_approved)
        self._fork.setVisible(text.is_approved)
        self._refresh_button()

    def set_save_reason(self, reason: str) -> None:
        """Allow saving if `reason` is empty; otherwise say why not."""
        self._save.setEnabled(not reason)
        self._save.setToolTip(
            plain_tip(reason or tr("Everything in one folder that opens elsewhere"))
        )

    def answers(self) -> dict[str, str]:
        """Return what was answered so far, by the key of what was asked."""
        who = self._who.text().strip()
        return {key: row.answer(who) for key, row in self._rows.items()}

    def _ask(self) -> None:
        self.approve_requested.emit(self._who.text().strip(), self._note.text(), self.answers())

    def _refresh_button(self) -> None:
        reason = self._why_not()
        self._approve.setEnabled(not reason)
        self._approve.setToolTip(plain_tip(reason))
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))

    def _why_not(self) -> str:
        text = self._shown
        if text is None or text.is_approved:
            return ""
        if text.why_not:
            return text.why_not
        open_ones = [row for row in self._rows.values() if not row.is_answered]
        if open_ones:
            return tr("Still to be confirmed: {what}", what=open_ones[0].row.text)
        return "" if self._who.text().strip() else tr("Say who approves the plan.")

    def _build_checks(self, checks: tuple[CheckRow, ...]) -> None:
        _empty(self._checks_column)
        self._rows = {}
        for row in checks:
            line = CheckLine(row)
            line.changed.connect(self._refresh_button)
            self._checks_column.addWidget(line)
            self._rows[row.key] = line

    def _build_past(self, rows: tuple[PastRow, ...]) -> None:
        _empty(self._past_column)
        for row in rows:
            self._past_column.addWidget(PastLine(row))
        self._past_heading.setVisible(bool(rows))
        self._past.setVisible(bool(rows))


class CheckLine(RaisedFrame):
    """One thing to be confirmed: what is to be read, and a tick or words.

    Signals
    -------
    changed
        The answer is another one.
    """

    changed = Signal()

    def __init__(self, row: CheckRow) -> None:
        super().__init__()
        self.row = row
        layout = column(self, margin_steps=2, gap_steps=1)
        title = Words(row.text).wrapped()
        layout.addWidget(title)
        if row.detail:
            detail = Words("\n".join(row.detail), size_px=CAPTION_PX, tone="secondary").wrapped()
            layout.addWidget(detail)
        self._field: QLineEdit | QCheckBox
        if row.is_text:
            self._field = QLineEdit(row.suggested)
            self._field.setPlaceholderText(tr("In words"))
            self._field.textChanged.connect(self.changed)
        else:
            self._field = Tick(tr("Confirmed"))
            self._field.toggled.connect(self.changed)
        self._field.setAccessibleName(row.text)
        layout.addWidget(self._field)

    @property
    def is_answered(self) -> bool:
        """Tell whether it is ticked, or holds words."""
        return bool(self.answer("somebody"))

    def answer(self, who: str) -> str:
        """Return what was answered: the words, or who ticked it; empty for nothing."""
        if isinstance(self._field, QLineEdit):
            return self._field.text().strip()
        return who if self._field.isChecked() else ""


class PastLine(QWidget):
    """A superseded plan on one line, which opens to everything that was approved of it."""

    def __init__(self, row: PastRow) -> None:
        super().__init__()
        layout = column(self, gap_steps=1)
        self._title = QPushButton(row.title)
        self._title.setCheckable(True)
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._title.setToolTip(tr("Show what was approved"))
        self._lines = Words("\n".join(row.lines), size_px=CAPTION_PX, tone="secondary").wrapped()
        self._lines.setVisible(False)
        self._title.toggled.connect(self._lines.setVisible)
        layout.addWidget(self._title)
        layout.addWidget(self._lines)


def _line(hint: str) -> QLineEdit:
    line = QLineEdit()
    line.setPlaceholderText(hint)
    line.setAccessibleName(hint)
    line.setMinimumHeight(7 * STEP_PX)
    return line


def _empty(layout: QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.setParent(None)
            widget.deleteLater()
