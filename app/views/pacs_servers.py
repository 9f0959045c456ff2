"""The page on which image archives are entered; checks nothing and keeps nothing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.language import tr
from app.views.pacs_search import plain_button
from app.views.pacs_values import ReceiverFields, ServerFields
from app.views.palette import STEP_PX
from app.views.parts import PrimaryButton, Tick, Words, column, heading

_LIST_PX = 220
_LAST_PORT, _LONGEST_S = 65535, 600
_LONGEST_TITLE, _LONGEST_TEXT = 16, 4096


class PacsServers(QWidget):
    """The servers in a list, and the fields of the one that is selected.

    Signals
    -------
    save_requested
        The user is done; `servers` and `receiver` say what is wanted.
    left
        The user goes back and keeps everything as it was.
    """

    save_requested = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._servers: list[ServerFields] = []
        self._shown = -1
        self._list = QListWidget()
        self._list.setAccessibleName(tr("PACS servers"))
        self._list.setFixedWidth(_LIST_PX)
        self._texts = {
            key: QLineEdit()
            for key in (
                *("name", "called_ae", "calling_ae", "host", "root_url", "user", "password"),
                *("token", "ca_file", "certificate_file", "key_file"),
            )
        }
        for key in ("password", "token"):
            self._texts[key].setEchoMode(QLineEdit.EchoMode.Password)
        for key, field in self._texts.items():
            field.setMaxLength(_LONGEST_TITLE if key.endswith("_ae") else _LONGEST_TEXT)
        self._kind, self._way = QComboBox(), QComboBox()
        self._kind.addItems([tr("DICOM (DIMSE)"), tr("DICOMweb")])
        self._way.addItems([tr("On the same connection (C-GET)"), tr("By calling back (C-MOVE)")])
        self._port, self._timeout = _number(_LAST_PORT), _number(_LONGEST_S)
        self._timeout.setSuffix(" s")
        self._tls = Tick(tr("Encrypted (TLS)"))
        self._form = QFormLayout()
        self._form.setContentsMargins(0, 0, 0, 0)
        self._fields = QWidget()
        self._ae_title, self._listen_on = QLineEdit(), QLineEdit()
        self._ae_title.setMaxLength(_LONGEST_TITLE)
        self._own_port = _number(_LAST_PORT)
        self._lay_out()
        self._list.currentRowChanged.connect(self._show)
        self._texts["name"].textEdited.connect(self._rename)
        self._kind.activated.connect(lambda _: self._follow_kind())
        self._tls.toggled.connect(lambda _: self._follow_kind())
        self._show(-1)

    @property
    def servers(self) -> tuple[ServerFields, ...]:
        """All servers as they are written now."""
        self._keep()
        return tuple(self._servers)

    @property
    def receiver(self) -> ReceiverFields:
        """How this computer receives, as it is written now."""
        return ReceiverFields(
            ae_title=self._ae_title.text(),
            listen_on=self._listen_on.text(),
            port=self._own_port.value(),
        )

    def set_settings(self, servers: Sequence[ServerFields], receiver: ReceiverFields) -> None:
        """Show other settings."""
        self._shown = -1
        self._servers = list(servers)
        self._ae_title.setText(receiver.ae_title)
        self._listen_on.setText(receiver.listen_on)
        self._own_port.setValue(receiver.port)
        self._list_anew(0 if servers else -1)

    def _lay_out(self) -> None:
        add, remove = plain_button(tr("Add")), plain_button(tr("Remove"))
        add.clicked.connect(self._add)
        remove.clicked.connect(self._remove)
        left = QVBoxLayout()
        left.setSpacing(2 * STEP_PX)
        left.addWidget(heading(tr("PACS servers")))
        left.addWidget(self._list, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(add)
        buttons.addWidget(remove)
        left.addLayout(buttons)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        inner = QWidget()
        right = column(inner, gap_steps=2)
        self._fields.setLayout(self._form)
        self._fill_form()
        right.addWidget(self._fields)
        right.addWidget(heading(tr("This computer's receiver (for C-MOVE and sending to it)")))
        right.addLayout(self._receiver_form())
        right.addStretch(1)
        scroll.setWidget(inner)
        both = QHBoxLayout()
        both.setSpacing(4 * STEP_PX)
        both.addLayout(left)
        both.addWidget(scroll, 1)
        save, back = PrimaryButton(tr("Save servers")), plain_button(tr("Back"))
        save.clicked.connect(self.save_requested)
        back.clicked.connect(self.left)
        end = QHBoxLayout()
        end.addStretch(1)
        end.addWidget(back)
        end.addWidget(save)
        layout = column(self)
        layout.addLayout(both, 1)
        layout.addLayout(end)

    def _fill_form(self) -> None:
        texts, form = self._texts, self._form
        rows: tuple[tuple[str, QWidget], ...] = (
            (tr("Name"), texts["name"]),
            (tr("Spoken to by"), self._kind),
            (tr("AE title of the server"), texts["called_ae"]),
            (tr("AE title of this computer"), texts["calling_ae"]),
            (tr("Host"), texts["host"]),
            (tr("Port"), self._port),
            (tr("Images are fetched"), self._way),
            (tr("Web address"), texts["root_url"]),
            (tr("User"), texts["user"]),
            (tr("Password"), texts["password"]),
            (tr("Token, instead of a password"), texts["token"]),
            ("", self._tls),
            (tr("CA certificates (PEM file)"), texts["ca_file"]),
            (tr("Own certificate (PEM file)"), texts["certificate_file"]),
            (tr("Its key (PEM file)"), texts["key_file"]),
            (tr("Wait for answers"), self._timeout),
        )
        for name, field in rows:
            form.addRow(name, field)
            if name:
                field.setAccessibleName(name)
        texts["root_url"].setPlaceholderText(tr("https://pacs.example/dicom-web"))
        texts["ca_file"].setPlaceholderText(tr("empty: those of the system"))

    def _receiver_form(self) -> QFormLayout:
        form = QFormLayout()
        rows = (
            (tr("Receiver's AE title"), self._ae_title),
            (tr("Listens on"), self._listen_on),
            (tr("Receiver's port"), self._own_port),
        )
        for name, field in rows:
            form.addRow(name, field)
            field.setAccessibleName(name)
        note = tr(
            "127.0.0.1 is reached from this computer only; 0.0.0.0 from all. Only the servers in "
            "the list may send."
        )
        form.addRow("", Words(note, tone="secondary").wrapped())
        return form

    def _show(self, row: int) -> None:
        self._keep()
        self._shown = row if 0 <= row < len(self._servers) else -1
        self._fields.setVisible(self._shown >= 0)
        if self._shown < 0:
            return
        shown = self._servers[self._shown]
        for key, field in self._texts.items():
            field.setText(str(getattr(shown, key)))
        self._kind.setCurrentIndex(int(shown.is_web))
        self._way.setCurrentIndex(int(shown.by_move))
        self._port.setValue(shown.port)
        self._timeout.setValue(shown.timeout_s)
        self._tls.setChecked(shown.has_tls)
        self._follow_kind()

    def _keep(self) -> None:
        """Take what is written over into the server that is shown."""
        if self._shown < 0:
            return
        texts = {key: field.text() for key, field in self._texts.items()}
        self._servers[self._shown] = ServerFields(
            **texts,
            is_web=self._kind.currentIndex() == 1,
            by_move=self._way.currentIndex() == 1,
            port=self._port.value(),
            timeout_s=self._timeout.value(),
            has_tls=self._tls.isChecked(),
        )

    def _follow_kind(self) -> None:
        """Show only the fields that the kind of server has."""
        web, tls = self._kind.currentIndex() == 1, self._tls.isChecked()
        for key in ("called_ae", "calling_ae", "host"):
            self._form.setRowVisible(self._texts[key], not web)
        self._form.setRowVisible(self._port, not web)
        self._form.setRowVisible(self._way, not web)
        for key in ("root_url", "user", "password", "token"):
            self._form.setRowVisible(self._texts[key], web)
        self._tls.setText(tr("Own certificates") if web else tr("Encrypted (TLS)"))
        for key in ("ca_file", "certificate_file", "key_file"):
            self._form.setRowVisible(self._texts[key], tls)

    def _add(self) -> None:
        self._keep()
        self._servers.append(ServerFields(name=tr("New server")))
        self._list_anew(len(self._servers) - 1)
        self._texts["name"].setFocus()
        self._texts["name"].selectAll()

    def _remove(self) -> None:
        row = self._shown
        if row < 0:
            return
        self._shown = -1
        del self._servers[row]
        self._list_anew(min(row, len(self._servers) - 1))

    def _rename(self, text: str) -> None:
        item = self._list.item(self._shown)
        if item is not None:
            item.setText(text)

    def _list_anew(self, row: int) -> None:
        with QSignalBlocker(self._list):
            self._list.clear()
            self._list.addItems([one.name for one in self._servers])
            self._list.setCurrentRow(row)
        self._show(row)


def _number(most: int) -> QSpinBox:
    field = QSpinBox()
    field.setRange(1, most)
    return field
