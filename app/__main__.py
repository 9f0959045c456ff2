"""Where Trephine starts; decides nothing."""

from __future__ import annotations

import multiprocessing
import sys

from app import safekeeping
from app.paths import prepare_kernel_cache

FAULT_WINDOW, PROBE = "fault-window", "probe-drawing"
"""What this program starts itself for; both load as little as can be: much may be missing."""


def main() -> None:
    """Run the `trephine` command."""
    multiprocessing.freeze_support()  # first: a frozen child process must not start a window
    safekeeping.begin()  # before anything is written
    if sys.argv[1:] == [FAULT_WINDOW]:
        from app.fault_window import main as show

        return show()
    if sys.argv[1:] == [PROBE]:
        from app.doctor.drawing_probe import main as probe

        return probe()
    prepare_kernel_cache()  # before anything imports numba
    try:
        from app.cli import main as run
    except ImportError as error:
        sys.exit(_say_what_is_missing(error))
    return run()


def _say_what_is_missing(error: ImportError) -> int:
    from app.start_faults import words_of
    from app.telling import tell

    tell(words_of(error, {}))
    return 1


if __name__ == "__main__":
    main()
