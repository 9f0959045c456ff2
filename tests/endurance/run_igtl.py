"""Sends a link 100 000 messages, a tenth of them malformed, and sees that it still runs.

    python tests/endurance/run_igtl.py [MESSAGES] [--seed N]

Malformed are checksums, lengths, extended headers, numbers, rotations, and bytes that are no
message at all, after which the connection is made anew. It ends with an error if a good message was
lost, if not every malformed one was counted, if the link is dead, or if memory has grown by more
than 20 MB after the first tenth.
"""

from __future__ import annotations

import argparse
import socket
import sys
import time
from pathlib import Path
from random import Random

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

from planning.handover.igtl.link import Link  # noqa: E402
from planning.handover.igtl.link_values import LinkListener, LinkOrder, LinkRole  # noqa: E402
from planning.handover.igtl.plan_messages import HandedPlan  # noqa: E402
from planning.handover.igtl.wire import Message, message_to_bytes  # noqa: E402
from tests.example_plans import plan  # noqa: E402
from tests.igtl_malformed import damaged, transform  # noqa: E402

_ONE_IN = 10
_MOST_GROWN_MB = 20.0
_PATIENCE_S = 60.0


def main() -> int:
    """Send, count, and print the figures; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("messages", nargs="?", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rng, heard = Random(asked.seed), [0]

    def take(tools: tuple[object, ...]) -> None:
        heard[0] += len(tools)

    link = Link(
        LinkOrder(role=LinkRole.SERVE, port=0), LinkListener(tools=take, state=lambda _: None)
    )
    link.set_plan(HandedPlan(plan=plan(), candidates=plan().candidates))
    link.start()
    time.sleep(0.5)
    began, good, bad, first_mb = time.perf_counter(), 0, 0, 0.0
    connection = _connected(link)
    for number in range(asked.messages):
        if number == asked.messages // 10:
            first_mb = _memory_mb()
        if number % _ONE_IN:
            connection.sendall(transform(f"Tool {number % 3}"))
            good += 1
            continue
        data, goes_on = damaged(rng)
        connection.sendall(data)
        bad += 1
        if not goes_on:
            _read_to_end(connection)
            connection.close()
            connection = _connected(link)
    until = time.perf_counter() + _PATIENCE_S
    while (heard[0] < good or link.counts.refused < bad) and time.perf_counter() < until:
        time.sleep(0.05)
    took, grown = time.perf_counter() - began, _memory_mb() - first_mb
    answers = _answers(connection)
    connection.close()
    counts = link.counts
    print(f"{asked.messages:,} messages in {took:.1f} s: {asked.messages / took:,.0f} a second")
    print(f"good {good:,}, heard {heard[0]:,}; malformed {bad:,}, counted {counts.refused:,}")
    print(f"memory {_memory_mb():.0f} MB, grown by {grown:.1f} MB after the first tenth")
    print(f"still answers: {answers}; last complaint: {counts.last}")
    well = heard[0] == good and counts.refused == bad and answers and grown < _MOST_GROWN_MB
    return 0 if link.stop() and well else 1


def _connected(link: Link) -> socket.socket:
    return socket.create_connection(("127.0.0.1", link.port), timeout=_PATIENCE_S)


def _read_to_end(connection: socket.socket) -> None:
    try:
        while connection.recv(1 << 16):
            pass
    except ConnectionError:
        return


def _answers(connection: socket.socket) -> bool:
    """Tell whether a question is still answered."""
    connection.sendall(message_to_bytes(Message(kind="GET_TRAJ")))
    said = b""
    while b"TRAJ" not in said:
        data = connection.recv(1 << 16)
        if not data:
            return False
        said += data
    return True


def _memory_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return float(line.split()[1]) / 1024.0
    return 0.0


if __name__ == "__main__":
    sys.exit(main())
