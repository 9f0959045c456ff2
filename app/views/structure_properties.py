"""What the current structure is: name, role, margin, who made and checked it; decides nothing."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from app.language import tr
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import Tick, Words, column, heading
from app.views.plain_tip import plain_tip
from app.views.structure_values import StructureProperties
from app.views.values import Choice

_NARROWEST_PX = 80
_MARGIN_AT_MOST_MM = 50.0
_BY_PROTOCOL = -0.1
"""One step below 0: the spin box says "by protocol" there."""


class StructurePropertiesPanel(QWidget):
    """Name, role, margin, origin and trust of one structure.

    Signals
    -------
    name_given : str
    role_chosen : str
        Key of a role.
    margin_given : float or None, str
        A margin in mm, or None for the protocol's, with the reason that stands beside it.
    verified_given : str
        Who has checked the mask; empty takes that back.
    exclusion_given : str
        Why the mask is not to be used; empty uses it again.
    """

    name_given = Signal(str)
    role_chosen = Signal(str)
    margin_given = Signal(object, str)
    verified_given = Signal(str)
    exclusion_given = Signal(str)

    def __init__(self, checker: str = "", parent: QWidget | None = None) -> None:
        """Offer `checker` as the one who checks masks."""
        super().__init__(parent)
        self._shown: StructureProperties | None = None
        self._build_fields(checker)
        layout = column(self)
        layout.addWidget(heading(tr("Structure")))
        form = QFormLayout()
        form.setSpacing(STEP_PX)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for words, field in (
            (tr("Name"), self._name),
            (tr("Role"), self._role),
            (tr("Margin"), self._margin),
            (tr("Reason"), self._reason),
        ):
            form.addRow(Words(words, size_px=CAPTION_PX, tone="secondary"), field)
            field.setAccessibleName(words)
        layout.addLayout(form)
        layout.addWidget(self._problem)
        layout.addWidget(self._origin)
        layout.addLayout(_row(self._verified, self._checker))
        layout.addWidget(self._state)
        layout.addLayout(_row(self._why, self._exclude))
        self._connect()
        self.set_properties(None, tr("Open a case first."))

    def set_roles(self, choices: tuple[Choice, ...]) -> None:
        """Offer these roles, without emitting."""
        with QSignalBlocker(self._role):
            self._role.clear()
            for choice in choices:
                self._role.addItem(choice.text, choice.key)

    def set_properties(self, shown: StructureProperties | None, why_none: str = "") -> None:
        """Show one structure, without emitting; None with the reason why there is none."""
        other = (shown.key if shown else "") != (self._shown.key if self._shown else "")
        self._shown = shown
        properties = shown or StructureProperties(key="", name="", role="", fixed_because=why_none)
        with QSignalBlocker(self._name), QSignalBlocker(self._role), QSignalBlocker(self._verified):
            self._name.setText(properties.name)
            self._role.setCurrentIndex(self._role.findData(properties.role))
            self._verified.setChecked(bool(properties.verified_by))
        self._show_margin(properties)
        if other:
            self._why.clear()
        self._show_trust(properties)
        for field in (self._name, self._role, self._verified, self._checker, self._why):
            _enable(field, properties.fixed_because)
        self._show_exclude_button()

    def show_margin_problem(self, text: str) -> None:
        """Say why a margin was not taken over; empty hides it."""
        self._problem.setText(text)
        self._problem.setVisible(bool(text))

    def _build_fields(self, checker: str) -> None:
        self._name, self._role = QLineEdit(), QComboBox()
        self._role.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._role.setMinimumContentsLength(8)
        self._margin = QDoubleSpinBox()
        self._margin.setDecimals(1)
        self._margin.setSingleStep(0.5)
        self._margin.setSuffix(" mm")
        self._margin.setRange(_BY_PROTOCOL, _MARGIN_AT_MOST_MM)
        self._margin.setKeyboardTracking(False)
        self._margin.setMinimumWidth(_NARROWEST_PX)  # "by protocol" would make it very wide
        self._reason = QLineEdit()
        self._problem = Words(size_px=CAPTION_PX, tone="caution").wrapped()
        self._problem.hide()
        self._origin = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        self._verified = Tick(tr("Checked by"))
        self._checker = QLineEdit(checker)
        self._checker.setAccessibleName(tr("Who checked the mask"))
        self._state = Words(size_px=CAPTION_PX, tone="caution").wrapped()
        self._why = QLineEdit()
        self._why.setPlaceholderText(tr("Why not use it?"))
        self._why.setAccessibleName(tr("Why the mask is not trusted"))
        self._exclude = QPushButton(tr("Exclude"))

    def _connect(self) -> None:
        self._name.editingFinished.connect(self._send_name)
        self._role.activated.connect(lambda _: self.role_chosen.emit(self._role.currentData()))
        self._margin.valueChanged.connect(lambda _: self._send_margin())
        self._reason.editingFinished.connect(self._send_margin)
        self._verified.clicked.connect(self._send_verified)
        self._why.textChanged.connect(lambda _: self._show_exclude_button())
        self._why.returnPressed.connect(self._send_exclusion)
        self._exclude.clicked.connect(self._send_exclusion)

    def _show_margin(self, shown: StructureProperties) -> None:
        has_margin = shown.usual_margin_mm is not None
        why_not = shown.fixed_because
        if not why_not and not has_margin:
            why_not = tr("No margin is kept from structures of this role.")
        with QSignalBlocker(self._margin), QSignalBlocker(self._reason):
            usual = shown.usual_margin_mm or 0.0
            by_protocol = tr("by protocol, {margin:.1f} mm", margin=usual) if has_margin else "-"
            self._margin.setSpecialValueText(by_protocol)
            own = shown.margin_mm
            self._margin.setValue(_BY_PROTOCOL if own is None or not has_margin else own)
            self._reason.setText(shown.reason)
        _enable(self._margin, why_not)
        _enable(self._reason, why_not)
        if not why_not and shown.floor_mm is not None:
            text = tr("Under {floor:.1f} mm only with a reason", floor=shown.floor_mm)
            self._margin.setToolTip(plain_tip(text))
        self.show_margin_problem("")

    def _show_trust(self, shown: StructureProperties) -> None:
        self._origin.setText(shown.origin)
        self._origin.setVisible(bool(shown.origin))
        if shown.verified_by:
            self._checker.setText(shown.verified_by)
        said = []
        if shown.excluded_because:
            said.append(tr("Not used: {reason}", reason=shown.excluded_because))
        if shown.stale_because:
            said.append(tr("To be checked: {reason}", reason=shown.stale_because))
        self._state.setText("\n".join(said))
        self._state.setVisible(bool(said))

    def _show_exclude_button(self) -> None:
        shown = self._shown
        excluded = shown is not None and bool(shown.excluded_because)
        self._exclude.setText(tr("Use again") if excluded else tr("Exclude"))
        self._why.setVisible(not excluded)
        reason = "" if shown is not None else tr("Select a structure that has a mask.")
        if shown is not None and shown.fixed_because:
            reason = shown.fixed_because
        elif not excluded and not self._why.text().strip():
            reason = reason or tr("Say why the mask is not trusted.")
        self._exclude.setEnabled(not reason)
        tip = tr("Plan without this mask; the plan says so")
        self._exclude.setToolTip(
            plain_tip(reason or (tr("Plan with this mask again") if excluded else tip))
        )

    def _send_name(self) -> None:
        text = self._name.text().strip()
        if self._shown is not None and text != self._shown.name:
            self.name_given.emit(text)

    def _send_margin(self) -> None:
        shown, value, reason = self._shown, self._margin.value(), self._reason.text().strip()
        if shown is None:
            return
        margin = None if value < 0.0 else round(value, 1)
        if (margin, reason) != (shown.margin_mm, shown.reason):
            self.margin_given.emit(margin, reason)

    def _send_verified(self) -> None:
        name = self._checker.text().strip()
        if self._verified.isChecked() and not name:
            self._verified.setChecked(False)
            self._checker.setFocus()
            self._checker.setPlaceholderText(tr("Your name"))
            return
        self.verified_given.emit(name if self._verified.isChecked() else "")

    def _send_exclusion(self) -> None:
        if not self._exclude.isEnabled() or self._shown is None:
            return
        self.exclusion_given.emit("" if self._shown.excluded_because else self._why.text().strip())


def _row(first: QWidget, second: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(STEP_PX)
    row.addWidget(first)
    row.addWidget(second, 1)
    return row


def _enable(field: QWidget, why_not: str) -> None:
    field.setEnabled(not why_not)
    field.setToolTip(plain_tip(why_not))
