"""The wire family: OpenIGTLink streams, images and answers over DIMSE, answers of DICOMweb."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import requests
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom.dsutils import decode, encode

from planning.errors import TrephineError
from planning.handover.igtl.contents import (
    PointElement,
    Position,
    TrackedElement,
    points_to_bytes,
    position_to_bytes,
    text_to_bytes,
    tracked_to_bytes,
)
from planning.handover.igtl.control import (
    READERS,
    StartTracking,
    StatusReport,
    start_to_bytes,
    status_to_bytes,
)
from planning.handover.igtl.frames import WireFrame
from planning.handover.igtl.plan_messages import HandedPlan, answer, plan_messages
from planning.handover.igtl.splitter import Splitter
from planning.handover.igtl.tracked import ToolAxis, tools_in
from planning.handover.igtl.wire import PLAIN, Message, message_to_bytes
from planning.imaging.dicom_values import odd_files_tolerated
from planning.network import dicomweb
from planning.network.inbox import Inbox
from planning.network.matches import (
    SERIES_KEYS,
    STUDY_KEYS,
    Query,
    SeriesMatch,
    matched_series,
    matched_studies,
)
from planning.network.receiving import _Desk
from planning.network.servers import PacsServer, Receiver, ServerKind
from planning.progress import SILENT
from tests.dicom_files import write_series
from tests.example_plans import plan
from tests.fuzzing.dicom_mutator import dicom_mutated
from tests.fuzzing.mutators import (
    PART,
    after_first_byte,
    bytes_mutated,
    chosen,
    igtl_mutated,
    json_mutated,
    lines_mutated,
    parts_mutated,
)
from tests.fuzzing.target import Target
from tests.igtl_malformed import POSE_RAS, transform

_HANDED = HandedPlan(plan=plan(), candidates=plan().candidates)


def _read_stream(data: bytes, _: Path) -> None:
    splitter = Splitter()
    piece = 1 + (data[0] if data else 0) * 7
    for at in range(1, len(data), piece):
        for one in splitter.feed(data[at : at + piece]):
            if isinstance(one, Message):
                _take_message(one)


def _take_message(one: Message) -> None:
    for take in (_tools, _content, _answered):
        try:
            take(one)
        except TrephineError:
            continue


def _tools(one: Message) -> None:
    for tool in tools_in(one, WireFrame.RAS, "1.2.3"):
        tool.direction_lps(ToolAxis.MINUS_X)


def _content(one: Message) -> None:
    if one.kind in READERS:
        READERS[one.kind](one.content)


def _answered(one: Message) -> None:
    for said in answer(one, _HANDED, 1):
        message_to_bytes(said)


def _stream_seeds(_: Path) -> tuple[bytes, ...]:
    contents = {
        "POSITION": position_to_bytes(Position((1.0, 2.0, 3.0), (0.0, 0.0, 0.6, 0.8))),
        "TDATA": tracked_to_bytes([TrackedElement(name="a", kind=1, pose=POSE_RAS)] * 2),
        "POINT": points_to_bytes(
            [PointElement(name="p", group="g", rgba=(1, 2, 3, 4), point_mm=(1.0, 2.0, 3.0))] * 3
        ),
        "STRING": text_to_bytes("hällo"),
        "STATUS": status_to_bytes(StatusReport(1, 0, "OK", "well")),
        "STT_TDATA": start_to_bytes(StartTracking(50, "x")),
        "STP_TDATA": b"",
        "GET_CAPABIL": b"",
        "GET_POINT": b"",
        "GET_TRAJ": b"",
        "IMAGE": bytes(100),
    }
    all_kinds = [message_to_bytes(Message(kind=k, content=c)) for k, c in contents.items()]
    marked = transform(metadata={"coordinate_system": "LPS", "Status": "OK", "a": "b"})
    ours = [message_to_bytes(m) for m in plan_messages(_HANDED, 5)]
    old = [message_to_bytes(Message(kind="TRANSFORM", content=bytes(48), version=PLAIN))]
    return (
        b"\1" + b"".join(all_kinds),
        b"\3" + transform() + marked + transform(),
        *(b"\xff" + one for one in (*ours[:6], *all_kinds, *old)),
    )


_SENDER = "127.0.0.1"


def _receive(data: bytes, folder: Path) -> None:
    """Images that a server sends of its own accord; only the sockets are missing."""
    receiver = Receiver(most_images=5, most_bytes=1 << 20)
    inbox = Inbox(folder / "in", receiver, lambda _: None)
    server = PacsServer(name="s", called_ae="S", host=_SENDER)
    desk = _Desk(receiver, (server,), inbox.store, inbox.ended)
    asked = SimpleNamespace(calling_ae_title="S")
    peer = SimpleNamespace(primitive=asked, address=_SENDER)
    association = SimpleNamespace(requestor=peer, abort=lambda: None)
    for number, part in enumerate(data.split(PART)[:8]):
        uid, _, held = part.partition(b"\n")
        event = SimpleNamespace(
            assoc=association,
            data=held,
            request=SimpleNamespace(AffectedSOPInstanceUID=uid.decode("latin-1")),
            encoded_dataset=lambda held=held: held,
        )
        desk._weigh(event)
        desk._take(event)
        assert number < 8
    desk._end(association_event(association), is_whole=True)
    for path in folder.rglob("*"):
        assert path.resolve().is_relative_to(folder.resolve()), "written elsewhere"


def association_event(association: Any) -> Any:
    """An event that only says on which association it is."""
    return SimpleNamespace(assoc=association)


def _receive_seeds(folder: Path) -> tuple[bytes, ...]:
    paths = write_series(folder, np.arange(3 * 4 * 5, dtype=np.uint16).reshape(3, 4, 5))
    uids = [str(dcmread(path).SOPInstanceUID).encode() for path in paths]
    return (PART.join(u + b"\n" + p.read_bytes() for u, p in zip(uids, paths, strict=True)),)


def _answers(data: bytes, _: Path) -> None:
    """Identifiers that come as answers to C-FIND, in either encoding without meta header."""
    is_implicit = bool(data and data[0] % 2)
    found: list[Dataset] = []
    with odd_files_tolerated():
        for part in data[1:].split(PART)[:20]:
            try:
                found.append(decode(BytesIO(part), is_implicit, True))
            except Exception:  # noqa: BLE001 (pynetdicom itself answers for these)
                continue
        matched_studies(found, Query(modality="CT"), is_cut=False)
        matched_series(found, "1.2.3")


def _answered_value(key: str, number: int) -> str:
    return {"Date": "20260101", "Time": "120000"}.get(key[-4:], str(number))


def _answer_seeds(_: Path) -> tuple[bytes, ...]:
    study, series = Dataset(), Dataset()
    for number, key in enumerate(STUDY_KEYS):
        setattr(study, key, _answered_value(key, number))
    study.PatientName = "Doe^J"
    study.ModalitiesInStudy = ["CT", "MR"]
    for number, key in enumerate(SERIES_KEYS):
        setattr(series, key, _answered_value(key, number))
    found = []
    for implicit in (False, True):
        parts = [encode(one, implicit, True) or b"" for one in (study, series)]
        found.append(bytes((implicit,)) + PART.join(parts))
    return tuple(found)


class _Wire(requests.adapters.BaseAdapter):
    """Answers each request with the next of some bodies."""

    def __init__(self, bodies: list[bytes], content_type: str, *, packed: bool) -> None:
        super().__init__()
        self._headers = {"Content-Encoding": "gzip"} if packed else {}
        self._bodies, self._type = bodies, content_type

    def send(self, request: Any, *_: Any, **__: Any) -> requests.Response:
        from urllib3 import HTTPResponse

        body = self._bodies.pop(0) if self._bodies else b""
        is_search = "instances" in request.url or "studies?" in request.url
        kind = "application/dicom+json" if is_search or not self._type else self._type
        response = requests.Response()
        response.status_code = 200
        response.headers["Content-Type"] = kind
        response.raw = HTTPResponse(
            BytesIO(body), headers=self._headers, preload_content=False, status=200
        )
        response.url, response.request = request.url, request
        return response

    def close(self) -> None:
        """Nothing is open."""


_WEB = PacsServer(name="w", kind=ServerKind.DICOMWEB, root_url="http://127.0.0.1:1/dicom-web")


def _over(bodies: list[bytes], content_type: str, *, packed: bool = False) -> Any:
    wire = _Wire(bodies, content_type, packed=packed)
    return patch.object(requests.Session, "get_adapter", lambda *_, **__: wire)


def _web_search(data: bytes, _: Path) -> None:
    with _over([data[1:]] * 3, ""):
        if data[:1] < b"\x80":
            dicomweb.find_studies(_WEB, Query(modality="CT"), SILENT)
        else:
            dicomweb.find_series(_WEB, "1.2.3", SILENT)


def _web_search_seeds(_: Path) -> tuple[bytes, ...]:
    answers = []
    for raw in _answer_seeds(Path()):
        for part in raw[1:].split(PART):
            answers.append(decode(BytesIO(part), bool(raw[0]), True).to_json_dict())
    return b"\0" + json.dumps(answers).encode(), b"\xff" + json.dumps(answers[1::2]).encode()


_BOUNDARY = 'multipart/related; type="application/dicom"; boundary=b0'


def _web_retrieve(data: bytes, folder: Path) -> None:
    listed, _, sent = data.partition(PART)
    series = SeriesMatch(study_uid="1.2", series_uid="1.2.3", image_count=3)
    receiver = Receiver(most_images=5, most_bytes=1 << 20)
    with _over([listed, sent], _BOUNDARY):
        dicomweb.retrieve_series(_WEB, series, folder / "s", receiver, SILENT)


def _web_retrieve_seeds(folder: Path) -> tuple[bytes, ...]:
    paths = write_series(folder, np.arange(3 * 4 * 5, dtype=np.uint16).reshape(3, 4, 5))
    uids = [str(dcmread(path).SOPInstanceUID) for path in paths]
    listed = json.dumps([{"00080018": {"vr": "UI", "Value": [uid]}} for uid in uids])
    head = b"--b0\r\nContent-Type: application/dicom\r\n\r\n"
    sent = b"\r\n".join(head + path.read_bytes() for path in paths) + b"\r\n--b0--\r\n"
    return (listed.encode() + PART + sent,)


def _parts(data: bytes) -> Iterator[bytes]:
    yield from data.split(b"\r\n--b0")


def _multipart_mutated(data: bytes, rng: Any) -> bytes:
    """Change the list, the borders, or one of the images within them."""
    listed, divider, sent = data.partition(PART)
    if rng.random() < 0.2:
        return json_mutated(listed, rng) + divider + sent
    pieces = list(_parts(sent))
    at = rng.randrange(len(pieces))
    head, middle, image = pieces[at].partition(b"\r\n\r\n")
    if rng.random() < 0.7:
        pieces[at] = head + middle + dicom_mutated(image, rng)
    else:
        pieces[at] = lines_mutated(head, rng) + middle + image
    return listed + divider + b"\r\n--b0".join(pieces)


def _named_image_mutated(data: bytes, rng: Any) -> bytes:
    uid, divider, image = data.partition(b"\n")
    if rng.random() < 0.15:
        return bytes_mutated(uid, rng) + divider + image
    return uid + divider + dicom_mutated(image, rng)


TARGETS = (
    Target(
        name="igtl",
        family="wire",
        read=_read_stream,
        seeds=_stream_seeds,
        mutate=after_first_byte(igtl_mutated),
    ),
    Target(
        name="dimse_images",
        family="wire",
        read=_receive,
        seeds=_receive_seeds,
        mutate=parts_mutated(_named_image_mutated),
    ),
    Target(
        name="dimse_answers",
        family="wire",
        read=_answers,
        seeds=_answer_seeds,
        mutate=after_first_byte(parts_mutated(bytes_mutated)),
    ),
    Target(
        name="web_answers",
        family="wire",
        read=_web_search,
        seeds=_web_search_seeds,
        mutate=after_first_byte(chosen(json_mutated, json_mutated, bytes_mutated)),
    ),
    Target(
        name="web_images",
        family="wire",
        read=_web_retrieve,
        seeds=_web_retrieve_seeds,
        mutate=_multipart_mutated,
    ),
)
