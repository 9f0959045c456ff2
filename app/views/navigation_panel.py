"""How to reach a navigation system, how the link is, what of the plan it gets; connects nothing."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QPushButton, QSpinBox, QWidget

from app.language import mark, tr
from app.views.card_parts import Lines, caption, put
from app.views.live_card import LiveCard
from app.views.navigation_values import LiveText, NavigationText, NavigationWish
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import ElidedCombo, PrimaryButton, Tick, Words, column, heading
from app.views.plain_tip import plain_tip

ROLES = (
    ("serve", mark("Others connect to here")),
    ("connect", mark("Connect to another program")),
)
_FRAMES = (
    ("RAS", mark("RAS, as 3D Slicer has them")),
    ("LPS", mark("LPS, as DICOM has them")),
)
_AXES = (
    *(("+z", mark("its z axis")), ("-z", mark("against its z axis"))),
    *(("+x", mark("its x axis")), ("-x", mark("against its x axis"))),
    *(("+y", mark("its y axis")), ("-y", mark("against its y axis"))),
)
_PROTOCOLS = (
    ("3", mark("3, with metadata")),
    ("2", mark("2, for older programs")),
)
_LARGEST_PORT = 65535


class NavigationPanel(QWidget):
    """The tracked needle's numbers, and below them the link they come over.

    Signals
    -------
    start_requested : NavigationWish
    stop_requested
    send_requested
    tool_chosen, axis_chosen : str
        Key of a choice.
    fired_toggled : bool
    following_toggled : bool
        The slices are to go where the tip is.
    wish_changed
        Something in the form is other than it was.
    """

    start_requested = Signal(object)
    stop_requested = Signal()
    send_requested = Signal()
    tool_chosen = Signal(str)
    axis_chosen = Signal(str)
    fired_toggled = Signal(bool)
    following_toggled = Signal(bool)
    wish_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = NavigationText()
        self.card = LiveCard()
        self._fired = Tick(tr("Fired, or cored down to the tip"))
        self._fired.setToolTip(tr("Until then the needle is compared with the STOP, not the tip."))
        self._follow = Tick(tr("Slices follow the tip"))
        self._state = Words().wrapped()
        self._cautions = Lines(tone="caution")
        self._arrived, self._sent = caption(), caption()
        self._start = PrimaryButton("")
        self._send = QPushButton(tr("Send the plan now"))
        self._tool = ElidedCombo()
        self._role, self._frame = _combo(ROLES), _combo(_FRAMES)
        self._axis, self._protocol = _combo(_AXES), _combo(_PROTOCOLS)
        self._host, self._port = QLineEdit(), QSpinBox()
        self._port.setRange(1, _LARGEST_PORT)
        self._port.setGroupSeparatorShown(False)
        layout = column(self)
        layout.addWidget(self.card)
        layout.addWidget(self._fired)
        layout.addWidget(self._follow)
        layout.addWidget(heading(tr("Navigation system")))
        layout.addWidget(self._state)
        layout.addWidget(self._cautions)
        layout.addLayout(self._form())
        for part in (self._start, self._arrived, self._send, self._sent):
            layout.addWidget(part)
        self._connect()
        self.set_wish(NavigationWish())
        self.set_text(NavigationText())

    def wish(self) -> NavigationWish:
        """Return what the form holds."""
        return NavigationWish(
            role=self._role.currentData(),
            host=self._host.text().strip(),
            port=self._port.value(),
            frame=self._frame.currentData(),
            axis=self._axis.currentData(),
            protocol=self._protocol.currentData(),
        )

    def set_wish(self, wish: NavigationWish) -> None:
        """Fill the form."""
        with QSignalBlocker(self._host), QSignalBlocker(self._port):
            self._host.setText(wish.host)
            self._port.setValue(wish.port)
        for combo, key in (
            (self._role, wish.role),
            (self._frame, wish.frame),
            (self._axis, wish.axis),
            (self._protocol, wish.protocol),
        ):
            combo.setCurrentIndex(max(0, combo.findData(key)))

    def set_fired(self, *, fired: bool) -> None:
        """Show whether the needle has been fired."""
        with QSignalBlocker(self._fired):
            self._fired.setChecked(fired)

    def set_live(self, text: LiveText) -> None:
        """Show the numbers of the tracked needle."""
        self.card.set_text(text)
        for tick in (self._fired, self._follow):
            if tick.isHidden() != (not text.figures):
                tick.setVisible(bool(text.figures))

    def set_text(self, text: NavigationText) -> None:
        """Say all this of the link."""
        before, self._text = self._text, text
        put(self._state, text.state, text.tone)
        self._cautions.say([f"▲ {line}" for line in text.cautions])
        put(self._arrived, text.arrived)
        put(self._sent, text.sent)
        put_button(self._send, text.cannot_send, tr("To every program that is connected"))
        self._start.setText(tr("Disconnect") if text.is_open else self._start_words())
        put_button(self._start, "" if text.is_open else text.cannot_start, "")
        for field in (self._role, self._host, self._port, self._frame, self._protocol):
            field.setEnabled(not text.is_open)
            field.setToolTip(plain_tip(tr("Disconnect first.") if text.is_open else ""))
        if text.tools != before.tools or text.tool != before.tool or not self._tool.count():
            self._fill_tools(text)

    def _fill_tools(self, text: NavigationText) -> None:
        with QSignalBlocker(self._tool):
            self._tool.clear()
            for choice in text.tools:
                self._tool.addItem(choice.text, choice.key)
            self._tool.setCurrentIndex(self._tool.findData(text.tool))
        self._tool.setEnabled(bool(text.tools))
        self._tool.setPlaceholderText(tr("none yet"))
        self._tool.setToolTip(plain_tip("" if text.tools else tr("No tool has been tracked yet.")))

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        form.setSpacing(STEP_PX)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for words, field in (
            (tr("OpenIGTLink"), self._role),
            (tr("Host"), self._host),
            (tr("Port"), self._port),
            (tr("Tracked tool"), self._tool),
            (tr("Points along"), self._axis),
            (tr("Its coordinates"), self._frame),
            (tr("Protocol"), self._protocol),
        ):
            form.addRow(Words(words, size_px=CAPTION_PX, tone="secondary"), field)
            field.setAccessibleName(words)
        return form

    def _connect(self) -> None:
        self._start.clicked.connect(self._press_start)
        self._host.returnPressed.connect(self._press_start)
        self._send.clicked.connect(self.send_requested)
        self._fired.toggled.connect(self.fired_toggled)
        self._follow.toggled.connect(self.following_toggled)
        self._tool.activated.connect(lambda _: self.tool_chosen.emit(self._tool.currentData()))
        self._axis.activated.connect(lambda _: self.axis_chosen.emit(self._axis.currentData()))
        for signal in (self._role.activated, self._host.textChanged, self._port.valueChanged):
            signal.connect(lambda _: self.wish_changed.emit())

    def _press_start(self) -> None:
        if self._text.is_open:
            self.stop_requested.emit()
        elif not self._text.cannot_start:
            self.start_requested.emit(self.wish())

    def _start_words(self) -> str:
        return tr("Serve") if self._role.currentData() == "serve" else tr("Connect")


def put_button(button: QPushButton, reason: str, tip: str) -> None:
    """Enable a button if `reason` is empty; otherwise say why it is not."""
    button.setEnabled(not reason)
    button.setToolTip(plain_tip(reason or tip))


def _combo(choices: tuple[tuple[str, str], ...]) -> QComboBox:
    combo = ElidedCombo()
    for key, words in choices:
        combo.addItem(tr(words), key)
    return combo
