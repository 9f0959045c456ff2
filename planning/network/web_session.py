"""Connections to a DICOMweb server, and what goes wrong on them in words; asks for nothing."""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from threading import Event, Thread
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import requests
from dicomweb_client.web import DICOMwebClient
from requests.adapters import HTTPAdapter

from planning.limits import MOST_ANSWER_BYTES
from planning.network.association import keep_libraries_quiet
from planning.network.faults import NetworkError, broken_off, timed_out, too_long, unreachable
from planning.network.servers import PacsServer, TlsFiles
from planning.network.tls import client_context
from planning.progress import Cancelled

_ASKED_EVERY_S = 0.05
_TAIL_BYTES = 256
_NO_LOGIN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


@contextmanager
def web_client(server: PacsServer) -> Iterator[tuple[DICOMwebClient, BoundedSession]]:
    """Give a client for a server, and its session; errors within come out as words.

    Proxies and passwords of the surroundings (environment, netrc) are not used: an archive stands
    in the house, and its user is the one in the settings.

    Raises
    ------
    NetworkError
        If the server cannot be reached, breaks off, or answers with a failure.
    """
    keep_libraries_quiet()
    session = BoundedSession()
    session.trust_env = False
    if server.token:
        session.headers["Authorization"] = f"Bearer {server.token}"
    elif server.user or server.password:
        said = b64encode(f"{server.user}:{server.password}".encode()).decode("ascii")
        session.headers["Authorization"] = f"Basic {said}"
    if urlsplit(server.root_url).scheme == "https":
        session.mount("https://", _Trusting(client_context(server, server.tls or TlsFiles())))
    client = DICOMwebClient(
        server.root_url.rstrip("/"),
        session=session,
        permissive_uid=True,  # identifiers of old scanners are looked up as they are
        timeout=(server.timeout_s, server.timeout_s),
    )
    client.set_http_retry_params(retry=False)  # whoever waits should hear it, not wait longer
    try:
        yield client, session
    except requests.RequestException as error:
        raise fault_of(server, error) from error
    finally:
        session.close()


class HttpWatch:
    """Cuts off an answer that is no longer wanted, also while it is being read.

    Attributes
    ----------
    was_cancelled : bool
        Whether the user gave the work up.
    """

    def __init__(self, session: requests.Session, is_cancelled: Callable[[], bool]) -> None:
        self._is_cancelled = is_cancelled
        self._over = Event()
        self._response: requests.Response | None = None
        self._tail = b""
        self._thread = Thread(target=self._watch, name="Cancelling", daemon=True)
        self.was_cancelled = False
        session.hooks["response"].append(self._remember)

    def __enter__(self) -> HttpWatch:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        if self.was_cancelled:
            raise Cancelled

    @property
    def heard_the_end(self) -> bool:
        """Tell whether the last answer in parts came to its end (RFC 2046 section 5.1.1).

        A server that sends without saying how much is not told from one that breaks off otherwise,
        and its last image may be cut short.
        """
        return self._tail.rstrip().endswith(b"--")

    def _remember(self, response: requests.Response, **_: Any) -> None:
        self._response, self._tail = response, b""
        read = response.iter_content

        def read_and_mind_the_end(*arguments: Any, **named: Any) -> Iterator[bytes]:
            for chunk in read(*arguments, **named):
                self._tail = (self._tail + chunk)[-_TAIL_BYTES:]
                yield chunk

        response.iter_content = read_and_mind_the_end  # type: ignore[method-assign]

    def _watch(self) -> None:
        while not self._over.wait(_ASKED_EVERY_S):
            if self._is_cancelled():
                self.was_cancelled = True
            response = self._response
            if self.was_cancelled and response is not None:
                with suppress(OSError, RuntimeError, ValueError):
                    response.raw.shutdown()  # reading, in the other thread, ends at once


def fault_of(server: PacsServer, error: requests.RequestException) -> NetworkError:
    """Return the error in words for what the HTTP library raised."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return bad_answer(server, error.response.status_code)
    if isinstance(error, AnswerTooLargeError):
        return too_long(server)
    if is_timeout(error):
        return timed_out(server)
    root = _root(error)
    hung_up = isinstance(root, ConnectionResetError | BrokenPipeError)
    # Before any answer: over TLS that is how some servers refuse a computer without certificate.
    at_once = isinstance(error, requests.ConnectionError) and isinstance(root, ConnectionResetError)
    if root is not None and (not hung_up or (at_once and server.tls is not None)):
        return unreachable(server, root)
    if isinstance(error, requests.exceptions.JSONDecodeError):
        return no_dicomweb(server)
    return broken_off(server)


def is_timeout(error: requests.RequestException) -> bool:
    """Tell whether a server fell silent."""
    return isinstance(error, requests.Timeout) or isinstance(_root(error), TimeoutError)


def bad_answer(server: PacsServer, code: int) -> NetworkError:
    """Return the error for an HTTP status that says failure."""
    with suppress(ValueError):
        if HTTPStatus(code) in _NO_LOGIN:
            return NetworkError(
                f'The server "{server.name}" does not accept the user, password or token (HTTP '
                f"{code}). Correct them under Servers, or ask its administrator."
            )
    if code == HTTPStatus.NOT_FOUND:
        return no_dicomweb(server)
    return NetworkError(
        f'The server "{server.name}" answered with a failure: {http_words(code)}. Try again; if it '
        "stays so, tell its administrator this code."
    )


def no_dicomweb(server: PacsServer) -> NetworkError:
    """Return the error for an address at which no such service is."""
    return NetworkError(
        f'The server "{server.name}" has no DICOMweb service at its web address. Check the address '
        "under Servers, such as https://pacs.example/dicom-web."
    )


def http_words(code: int) -> str:
    """Return an HTTP status in words, with the code."""
    with suppress(ValueError):
        return f"{HTTPStatus(code).phrase} (HTTP {code})"
    return f"HTTP {code}"


class AnswerTooLargeError(requests.RequestException):
    """A server sends more than any answer has."""


class BoundedSession(requests.Session):
    """Breaks off answers that are larger than they can be, unfolded if they were packed.

    Leaves the star of a name that only begins so as it is: it may stand in a query (RFC 3986
    section 3.4), and Orthanc (DICOMweb 1.7) finds nothing for the escaped one that the library
    writes.
    """

    def __init__(self) -> None:
        super().__init__()
        self._most_bytes, self._bytes = MOST_ANSWER_BYTES, 0
        self.hooks["response"].append(self._weigh)

    def allow(self, most_bytes: int) -> None:
        """Let so many bytes more be read."""
        self._most_bytes, self._bytes = most_bytes, 0

    def _weigh(self, response: requests.Response, **_: Any) -> None:
        read = response.iter_content

        def read_and_weigh(*arguments: Any, **named: Any) -> Iterator[bytes]:
            for chunk in read(*arguments, **named):
                self._bytes += len(chunk)
                if self._bytes > self._most_bytes:
                    raise AnswerTooLargeError
                yield chunk

        response.iter_content = read_and_weigh  # type: ignore[method-assign]

    def request(self, method: str, url: Any, *rest: Any, **named: Any) -> Any:
        """Ask, as the library does, but for stars."""
        return super().request(method, str(url).replace("%2A", "*"), *rest, **named)


class _Trusting(HTTPAdapter):
    """Speaks TLS by a context of our own: the same certificates as with DIMSE."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, ssl_context=self._context, **options)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Add no certificates: the context has those that are trusted, and checks."""


def _root(error: BaseException) -> OSError | None:
    """Return the system's own error behind those of the libraries, if there is one."""
    seen: list[BaseException] = []
    waiting: list[BaseException] = [error]
    while waiting:
        one = waiting.pop(0)
        if one in seen:
            continue
        seen.append(one)
        if isinstance(one, OSError) and not isinstance(one, requests.RequestException):
            return one
        near = (*one.args, getattr(one, "reason", None), one.__cause__, one.__context__)
        waiting += [other for other in near if isinstance(other, BaseException)]
    return None
