"""Where Trephine starts; decides nothing."""

from __future__ import annotations

import multiprocessing

from app import safekeeping
from app.paths import prepare_kernel_cache


def main() -> None:
    """Run the `trephine` command."""
    multiprocessing.freeze_support()  # first: a frozen child process must not start a window
    safekeeping.begin()  # before anything is written
    prepare_kernel_cache()  # before anything imports numba
    from app.cli import main as run

    run()


if __name__ == "__main__":
    main()
