"""Where a command's results and its progress go: a terminal, or a pipe; knows nothing of plans."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from planning.plain_text import plain_lines
from planning.progress import SILENT, Progress

_PIPE_WIDTH = 160


class PlainConsole(Console):
    """Prints texts without what only terminals obey: names in them come from files."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text as rich will print it."""
        return super().render_str(plain_lines(text), **options)


def console() -> Console:
    """Return where results go: as wide as the terminal, or wide enough not to break in a pipe."""
    on_terminal = sys.stdout.isatty()
    width = None if on_terminal else _PIPE_WIDTH
    return PlainConsole(width=width, highlight=False, emoji=False)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show a bar on the terminal's error stream while work runs; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield SILENT
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Bars(*columns, console=PlainConsole(stderr=True), transient=True) as bars:
        task = bars.add_task("Starting", total=1.0)

        def show(fraction: float, text: str) -> None:
            bars.update(task, completed=fraction, description=plain_lines(text))

        yield Progress(listener=show)


def plain_table(*headers: str) -> Table:
    """Return an empty table without lines."""
    table = Table(box=None, pad_edge=False)
    for header in headers:
        table.add_column(header, overflow="fold")
    return table


def warn_of(sentences: Iterable[str]) -> None:
    """Say on the error stream what is wrong with something that is used all the same."""
    for sentence in sentences:
        sys.stderr.write(f"{sentence}\n")
