"""Judges image archives and ports of this computer; speaks to none of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.doctor.facts import Port, ServerAnswer
from app.doctor.findings import Finding, State
from app.language import mark

_SOON = timedelta(days=30)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")

_SERVERS = mark("Image archives")
_SERVER = mark("Image archive {0}")
_PORTS = {"receiver": mark("Port of the receiver"), "navigation": mark("Port for navigation")}


def check_servers_file(problem: str, count: int) -> Finding | None:
    """Say that the file of servers cannot be read, or holds none; nothing where it holds some."""
    if problem:
        return Finding(key="servers", state=State.FAULT, title=_SERVERS, found=problem)
    if count == 0:
        return Finding(key="servers", state=State.OK, title=_SERVERS, found=_NONE)
    return None


def check_server(server: ServerAnswer, now: datetime) -> Finding:
    """Say whether an archive answers, and how long its certificate holds."""
    title, key = _SERVER.format(f'"{server.name}"'), "server"
    if not server.was_asked:
        return Finding(key=key, state=State.NOTE, title=title, found=_NOT_ASKED)
    if server.problem:
        return Finding(key=key, state=State.FAULT, title=title, found=server.problem)
    found = _ANSWERS.format(server.address, f"{server.took_s:.1f}")
    if server.expires is None:
        return Finding(key=key, state=State.OK, title=title, found=found)
    found = f"{found} {_HOLDS.format(f'{server.expires:%Y-%m-%d}')}"
    late = server.expires - now < _SOON
    return Finding(
        key=key,
        state=State.NOTE if late else State.OK,
        title=title,
        found=found,
        advice=_RENEW if late else "",
    )


def check_port(port: Port) -> Finding:
    """Say whether a port is free, and who may reach it."""
    is_near = port.address in _LOOPBACK
    where = _NEAR if is_near else _FAR.format(port.address)
    found, state, advice = _FREE.format(port.port, where), State.OK, ""
    if port.is_own:
        found = _OWN.format(port.port, where)
    elif port.why_not:
        found, state = _HELD.format(port.port, port.why_not), State.NOTE
        advice = _ANOTHER
    elif not is_near:
        state, advice = State.NOTE, _SHUT
    return Finding(
        key=f"port_{port.name}", state=state, title=_PORTS[port.name], found=found, advice=advice
    )


_NONE = mark("none configured")
_NOT_ASKED = mark("not asked")
_ANSWERS = mark("{0} answers within {1} s.")
_HOLDS = mark("Its certificate holds until {0}.")
_RENEW = mark("Ask whoever runs it for a new certificate in time.")
_NEAR = mark("reached from this computer only")
_FAR = mark("listens on {0}, reached from other computers too")
_FREE = mark("{0} is free, {1}")
_OWN = mark("{0} is in use by this Trephine, {1}")
_HELD = mark("{0} cannot be listened on: {1}")
_ANOTHER = mark("End the program that holds it, or choose another port.")
_SHUT = mark("Let only those computers through the firewall that have to.")
