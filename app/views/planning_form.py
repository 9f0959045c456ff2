"""Needle, guidance, position, indication and cores, and the Plan button; plans nothing itself."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QWidget,
)

from app.language import tr
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import ElidedCombo, PrimaryButton, Words, column, heading
from app.views.plain_tip import plain_tip
from app.views.tick_menu import TickMenu
from app.views.values import Choice


class PlanningForm(QWidget):
    """What is planned with.

    Signals
    -------
    needle_chosen, guidance_chosen, errors_chosen, position_chosen, indication_chosen : str
        Key of the choice the user made.
    core_count_chosen, entries_chosen : str
        Likewise.
    must_sample_ticked : str, bool
        Key of a habitat, and whether it has to be sampled.
    plan_requested
    """

    needle_chosen = Signal(str)
    guidance_chosen = Signal(str)
    errors_chosen = Signal(str)
    position_chosen = Signal(str)
    indication_chosen = Signal(str)
    core_count_chosen = Signal(str)
    entries_chosen = Signal(str)
    must_sample_ticked = Signal(str, bool)
    plan_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._needle, self._guidance, self._errors = _combo(), _combo(), _combo()
        self._position, self._indication = _combo(), _combo()
        self._core_count, self._entries = _combo(), _combo()
        self._must_sample = TickMenu(tr("None"))
        self._plan = PrimaryButton(tr("Plan"))
        self._reason = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        layout = column(self)
        layout.addWidget(heading(tr("Needle and guidance")))
        form = QFormLayout()
        form.setSpacing(STEP_PX)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for words, field in (
            (tr("Needle"), self._needle),
            (tr("Guidance"), self._guidance),
            (tr("Placement errors"), self._errors),
            (tr("Patient lies"), self._position),
            (tr("Indication"), self._indication),
            (tr("Cores"), self._core_count),
            (tr("Entries"), self._entries),
            (tr("Must sample"), self._must_sample),
        ):
            label = Words(words, size_px=CAPTION_PX, tone="secondary")
            if field is self._needle:  # needles have long names
                form.addRow(label)
                form.addRow(field)
            else:
                form.addRow(label, field)
            field.setAccessibleName(words)
        layout.addLayout(form)
        layout.addWidget(self._plan)
        layout.addWidget(self._reason)
        self._connect()
        self.set_plan_enabled(tr("Open a case first."))

    def set_needles(self, choices: tuple[Choice, ...], current: str) -> None:
        """Fill the needle list and mark the current one, without emitting."""
        _fill(self._needle, choices, current)

    def set_guidances(self, choices: tuple[Choice, ...], current: str) -> None:
        """Fill the guidance list and mark the current one, without emitting."""
        _fill(self._guidance, choices, current)

    def set_errors(self, choices: tuple[Choice, ...], current: str) -> None:
        """Fill the list of whose placement errors count, mark the current one, emit nothing."""
        _fill(self._errors, choices, current)
        if len(choices) == 1:
            self._errors.setEnabled(False)
            self._errors.setToolTip(
                tr("None were learned for this guidance yet; see the department's accuracy.")
            )

    def set_positions(self, choices: tuple[Choice, ...], current: str) -> None:
        """Fill the list of positions for the biopsy and mark the current one, without emitting."""
        _fill(self._position, choices, current)

    def set_indications(self, choices: tuple[Choice, ...], current: str) -> None:
        """Fill the list of indications and mark the current one, without emitting."""
        _fill(self._indication, choices, current)

    def set_core_counts(self, choices: tuple[Choice, ...], current: str) -> None:
        """Fill the list of numbers of cores and mark the current one, without emitting."""
        _fill(self._core_count, choices, current)

    def set_entries(self, choices: tuple[Choice, ...], current: str) -> None:
        """Fill the list of one or several entries and mark the current one, without emitting."""
        _fill(self._entries, choices, current)

    def set_habitats(self, choices: tuple[Choice, ...], must_sample: frozenset[str]) -> None:
        """Offer habitats and tick those that have to be sampled, without emitting."""
        reason = tr("The case has no habitat masks.")
        self._must_sample.set_choices(choices, must_sample, reason)

    def set_plan_enabled(self, reason: str) -> None:
        """Enable the Plan button if `reason` is empty; otherwise disable it and say why."""
        self._plan.setEnabled(not reason)
        self._plan.setToolTip(plain_tip(reason or tr("Compute and rank the safe trajectories")))
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))

    def _connect(self) -> None:
        for combo, signal in (
            (self._needle, self.needle_chosen),
            (self._guidance, self.guidance_chosen),
            (self._errors, self.errors_chosen),
            (self._position, self.position_chosen),
            (self._indication, self.indication_chosen),
            (self._core_count, self.core_count_chosen),
            (self._entries, self.entries_chosen),
        ):
            combo.activated.connect(
                lambda _row, combo=combo, signal=signal: signal.emit(combo.currentData())
            )
        self._must_sample.ticked.connect(self.must_sample_ticked)
        self._plan.clicked.connect(self.plan_requested)


def _combo() -> QComboBox:
    combo = ElidedCombo()
    combo.setEnabled(False)
    return combo


def _fill(combo: QComboBox, choices: tuple[Choice, ...], current: str) -> None:
    with QSignalBlocker(combo):
        combo.clear()
        for row, choice in enumerate(choices):
            combo.addItem(choice.text, choice.key)
            combo.setItemData(row, choice.text, Qt.ItemDataRole.ToolTipRole)
        combo.setCurrentIndex(combo.findData(current))
        combo.setEnabled(bool(choices))
        combo.setToolTip(plain_tip(combo.currentText()))
