"""What is in the case: structures with colour, visibility and volume; decides nothing."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QColorDialog,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QSlider,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.language import tr
from app.views.palette import BONE_COLOUR, NECROSIS_COLOUR, STEP_PX, STRUCTURE_COLOURS, colours
from app.views.parts import Words, column, heading, outline_ticks
from app.views.plain_tip import plain_tip
from app.views.structure_values import StructureRow
from app.views.wording import kept_together, volume_words

_NAME, _SWATCH, _VOLUME = 0, 1, 2
_SWATCH_PX = 12
_TALLEST_PX = 1000
_KEY = Qt.ItemDataRole.UserRole


class StructureList(QWidget):
    """One line for each structure; colour and opacity of the current one are set below.

    Signals
    -------
    visibility_changed : str, bool
    colour_changed : str, str
        Key and ``#rrggbb``.
    opacity_changed : str, float
        Key and 0 to 1.
    activated : str
        A double click or Enter: go to this structure.
    current_changed : str
        Key of the line that is current now, empty for none; also said when the lines were filled.
    """

    visibility_changed = Signal(str, bool)
    colour_changed = Signal(str, str)
    opacity_changed = Signal(str, float)
    activated = Signal(str)
    current_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, StructureRow] = {}
        self._wanted = ""
        self._tree = _tree()
        self._tree.setItemDelegateForColumn(_NAME, _WholeName(self._tree))
        self._colour = QToolButton()
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._percent = Words(tone="secondary")
        layout = column(self)
        layout.addWidget(heading(tr("Structures")))
        layout.addWidget(self._tree, 1)
        layout.addLayout(self._look_row())
        self._tree.itemChanged.connect(self._on_item_changed)
        self._tree.itemActivated.connect(self._on_activated)
        self._tree.itemClicked.connect(self._on_clicked)
        self._tree.currentItemChanged.connect(lambda *_: self._on_current())
        self._show_look()

    def set_rows(self, rows: tuple[StructureRow, ...]) -> None:
        """Show these structures; selection and scroll position stay where keys still exist."""
        current, scrolled = (
            self._wanted or self.current_key(),
            self._tree.verticalScrollBar().value(),
        )
        if self._wanted in {row.key for row in rows}:
            self._wanted = ""
        self._rows = {row.key: row for row in rows}
        with QSignalBlocker(self._tree):
            self._tree.clear()
            for row in rows:
                item = _item(row)
                self._tree.addTopLevelItem(item)
                if row.key == current:
                    self._tree.setCurrentItem(item)
        self._tree.verticalScrollBar().setValue(scrolled)
        self._on_current()

    def current_key(self) -> str:
        """Return the key of the current line, empty if there is none."""
        item: QTreeWidgetItem | None = self._tree.currentItem()
        return str(item.data(_NAME, _KEY)) if item is not None else ""

    def set_current(self, key: str) -> None:
        """Make a structure's line the current one, as soon as there is one."""
        self._wanted = key if key not in self._rows else ""
        for row in range(self._tree.topLevelItemCount()):
            item = self._tree.topLevelItem(row)
            if item is not None and item.data(_NAME, _KEY) == key:
                self._tree.setCurrentItem(item)

    def _on_current(self) -> None:
        self._show_look()
        self.current_changed.emit(self.current_key())

    def _look_row(self) -> QHBoxLayout:
        self._colour.setToolTip(tr("Colour of the selected structure"))
        self._colour.setIconSize(QSize(_SWATCH_PX, _SWATCH_PX))
        self._colour.clicked.connect(
            lambda: self._choose_colour(
                self.current_key(), self._colour.mapToGlobal(QPoint(0, self._colour.height()))
            )
        )
        self._slider.setRange(0, 100)
        self._slider.setAccessibleName(tr("Opacity"))
        self._slider.valueChanged.connect(self._on_opacity)
        self._percent.setFixedWidth(self._percent.fontMetrics().horizontalAdvance("100 %"))
        self._percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout()
        row.setSpacing(2 * STEP_PX)
        row.addWidget(self._colour)
        row.addWidget(Words(tr("Opacity"), tone="secondary"))
        row.addWidget(self._slider, 1)
        row.addWidget(self._percent)
        return row

    def _show_look(self) -> None:
        """Show colour and opacity of the current structure, without emitting."""
        row = self._rows.get(self.current_key())
        usable = row is not None and not row.missing
        for widget in (self._colour, self._slider):
            widget.setEnabled(usable)
            if not usable:
                widget.setToolTip(tr("Select a structure that has a mask."))
        shown = row if row is not None and usable else None
        with QSignalBlocker(self._slider):
            self._slider.setValue(round(100 * shown.opacity) if shown else 100)
        self._percent.setText(f"{self._slider.value()} %" if shown else "")
        if shown:
            self._slider.setToolTip(plain_tip(tr("Opacity of {name}", name=shown.name)))
            self._colour.setToolTip(plain_tip(tr("Colour of {name}", name=shown.name)))
        self._colour.setIcon(_swatch(shown.colour) if shown else QIcon())

    def _on_item_changed(self, item: QTreeWidgetItem, section: int) -> None:
        if section == _NAME:
            shown = item.checkState(_NAME) is Qt.CheckState.Checked
            self.visibility_changed.emit(str(item.data(_NAME, _KEY)), shown)

    def _on_activated(self, item: QTreeWidgetItem) -> None:
        key = str(item.data(_NAME, _KEY))
        if not self._rows[key].missing:
            self.activated.emit(key)

    def _on_clicked(self, item: QTreeWidgetItem, section: int) -> None:
        key = str(item.data(_NAME, _KEY))
        if section == _SWATCH and not self._rows[key].missing:
            below = self._tree.visualItemRect(item).bottomLeft()
            self._choose_colour(key, self._tree.viewport().mapToGlobal(below))

    def _on_opacity(self, percent: int) -> None:
        self._percent.setText(f"{percent} %")
        if key := self.current_key():
            self.opacity_changed.emit(key, percent / 100.0)

    def _choose_colour(self, key: str, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for colour in (*STRUCTURE_COLOURS, BONE_COLOUR, NECROSIS_COLOUR):
            action = menu.addAction(_swatch(colour), colour)
            action.triggered.connect(
                lambda _checked=False, colour=colour: self.colour_changed.emit(key, colour)
            )
        menu.addAction(tr("Other colour")).triggered.connect(lambda: self._other_colour(key))
        menu.popup(where)

    def _other_colour(self, key: str) -> None:
        dialog = QColorDialog(QColor(self._rows[key].colour), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setModal(False)
        dialog.colorSelected.connect(lambda colour: self.colour_changed.emit(key, colour.name()))
        dialog.show()


class _WholeName(QStyledItemDelegate):
    """Makes a line as high as its name needs, so that no name is shortened."""

    def __init__(self, tree: QTreeWidget) -> None:
        super().__init__(tree)
        self._tree = tree
        tree.header().sectionResized.connect(lambda *_: tree.scheduleDelayedItemsLayout())

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        style, whole = self._tree.style(), QStyleOptionViewItem(option)
        self.initStyleOption(whole, index)
        whole.rect = QRect(0, 0, max(1, self._tree.columnWidth(_NAME)), _TALLEST_PX)
        part = QStyle.SubElement.SE_ItemViewItemText
        around = style.pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin) + 1
        width = style.subElementRect(part, whole, self._tree).width() - 2 * around
        room = QRect(0, 0, max(1, width), _TALLEST_PX)
        name = str(index.data(Qt.ItemDataRole.DisplayRole))
        text = QFontMetrics(self._tree.font()).boundingRect(
            room, int(Qt.TextFlag.TextWordWrap), name
        )
        return QSize(super().sizeHint(option, index).width(), text.height() + 2 * STEP_PX)


class _Ticked(QTreeWidget):
    """A tree whose empty check boxes are seen."""

    def __init__(self) -> None:
        super().__init__()
        outline_ticks(self)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            outline_ticks(self)
        super().changeEvent(event)


def _tree() -> QTreeWidget:
    tree = _Ticked()
    tree.setColumnCount(3)
    tree.setHeaderHidden(True)
    tree.setRootIsDecorated(False)
    tree.setIndentation(0)
    tree.setFrameShape(QTreeWidget.Shape.NoFrame)
    tree.setIconSize(QSize(_SWATCH_PX, _SWATCH_PX))
    tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
    tree.setWordWrap(True)
    tree.viewport().setAutoFillBackground(False)
    tree.setAccessibleName(tr("Structures"))
    header = tree.header()
    header.setStretchLastSection(False)
    header.setMinimumSectionSize(_SWATCH_PX)
    header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
    header.setSectionResizeMode(_SWATCH, QHeaderView.ResizeMode.Fixed)
    header.resizeSection(_SWATCH, _SWATCH_PX + 3 * STEP_PX)
    header.setSectionResizeMode(_VOLUME, QHeaderView.ResizeMode.ResizeToContents)
    header.moveSection(_SWATCH, _NAME)
    return tree


def _item(row: StructureRow) -> QTreeWidgetItem:
    item = QTreeWidgetItem()
    item.setData(_NAME, _KEY, row.key)
    item.setText(_NAME, kept_together(row.name))
    tip = f"{row.name}\n{row.role}"
    item.setSizeHint(_SWATCH, QSize(_SWATCH_PX, 6 * STEP_PX))
    item.setTextAlignment(_VOLUME, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    if row.missing:
        item.setText(_NAME, f"{row.name}\n{row.note or tr('no mask, not checked')}")
        item.setText(_SWATCH, "▲")
        for section in (_NAME, _SWATCH):
            item.setForeground(section, QBrush(QColor(colours().caution)))
    else:
        shown = Qt.CheckState.Checked if row.visible else Qt.CheckState.Unchecked
        item.setCheckState(_NAME, shown)
        item.setIcon(_SWATCH, _swatch(row.colour))
        item.setText(_VOLUME, volume_words(row.volume_ml))
        item.setForeground(_VOLUME, QBrush(QColor(colours().secondary)))
    if row.caution:
        item.setText(_NAME, f"{row.name}\n{row.note}")
        item.setForeground(_NAME, QBrush(QColor(colours().caution)))
    if row.note:
        tip = f"{tip}\n{row.why or row.note}"
    for section in (_NAME, _SWATCH, _VOLUME):
        item.setToolTip(section, plain_tip(tip))
    return item


def _swatch(colour: str) -> QIcon:
    pixmap = QPixmap(2 * _SWATCH_PX, 2 * _SWATCH_PX)
    pixmap.setDevicePixelRatio(2.0)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawRoundedRect(0, 0, _SWATCH_PX, _SWATCH_PX, 3, 3)
    painter.end()
    return QIcon(pixmap)
