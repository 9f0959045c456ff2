"""Kills programs that write into a registry many times over, in a file and on a server.

Run apart, from the folder of the checkout:

    python tests/endurance/kill_registry.py [KILLS [SEED]]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "packaging")]

KILLS = 500
AT_A_TIME = 50
"""Kills of one registry; the next ones get a new one, so that checking it stays quick."""


def main() -> None:
    """Kill writers of both kinds of registry, and say how it went."""
    from tests.postgresql import is_there, running_server
    from tests.registry_killing import kill_many

    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    seeds = range(first, first + kills, AT_A_TIME)
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            began = time.monotonic()
            data = Path(folder) / f"file-{seed}"
            said = kill_many(str(data / "registry.sqlite"), data, AT_A_TIME, seed)
            print(f"SQLite      {said} ({time.monotonic() - began:.0f} s)", flush=True)
        if not is_there():
            print("No PostgreSQL server is installed; apt-get install postgresql")
            return
        with running_server() as server:
            for seed in seeds:
                began = time.monotonic()
                data = Path(folder) / f"server-{seed}"
                said = kill_many(server.url(server.new_database()), data, AT_A_TIME, seed)
                print(f"PostgreSQL  {said} ({time.monotonic() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
