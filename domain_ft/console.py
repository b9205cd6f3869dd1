"""What the CLI shows a person: progress bars on stderr, tables and sentences on stdout.

File names and texts come from anywhere: they are shown as they are, never as markup, and a terminal obeys none.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from domain_ft.progress import Progress as ProgressCallback
from domain_ft.progress import silent
from domain_ft.safe_text import one_line
from domain_ft.training.progress import OnEvent, TrainingEvent, ignore

WIDTH_OF_FILES = 120
"""Where stdout is no terminal, tables are drawn this wide."""
out = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH_OF_FILES)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def progress_bars(quiet: bool) -> Iterator[ProgressCallback]:
    """A progress callback that draws one bar per step on stderr; draws nothing when quiet or not on a terminal."""
    if quiet or not err.is_terminal:
        yield silent
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err) as bars:
        tasks: dict[str, TaskID] = {}

        def update(step: str, done: int, total: int | None = None) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(one_line(step), total=total)
            bars.update(tasks[step], completed=done, total=total)

        yield update


@contextmanager
def training_bars(quiet: bool) -> Iterator[OnEvent]:
    """A listener that draws a training: a bar with loss and rate, and a line for each evaluation and warning."""
    if quiet:
        yield ignore
        return
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[figures]}", markup=False),
    )
    with Progress(*columns, console=err, disable=not err.is_terminal) as bars:
        task = bars.add_task("training", total=None, figures="starting")

        def show(event: TrainingEvent) -> None:
            if event.total_steps:
                bars.update(task, total=event.total_steps, completed=event.step)
            if event.kind == "log":
                bars.update(task, figures=_figures(event.values, ("loss", "examples_per_second")))
            elif event.kind == "evaluation":
                err.print(plain(f"step {event.step}: {_figures(event.values)}  {event.message}".rstrip()))
            elif event.message and event.kind != "failed":
                err.print(plain(event.message), style="yellow" if event.kind == "warning" else None)

        yield show


def announcer(quiet: bool) -> Callable[[str], None]:
    """Says a line on stderr, above whatever bar is drawn; says nothing when quiet."""

    def announce(sentence: str) -> None:
        if not quiet:
            err.print(plain(sentence, style="bold"), soft_wrap=True)

    return announce


def say(sentence: str) -> None:
    """One line on stdout, as it is."""
    out.print(plain(sentence), soft_wrap=True)


def show_notes(report: Mapping[str, Any]) -> None:
    """What a person should know of a result, a line of stdout each."""
    for note in report.get("notes", ()):
        out.print(plain(note, style="yellow"), soft_wrap=True)


def plain(text: str, style: str = "") -> Text:
    """A line as it is: no markup, no escape that a terminal would obey, no second line."""
    return Text(one_line(text), style=style)


def _figures(values: Mapping[str, Any], names: Sequence[str] | None = None) -> str:
    chosen = names or [name for name, value in values.items() if isinstance(value, float)]
    return "  ".join(f"{name} {shown(values[name])}" for name in chosen if name in values)


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table on stdout; numbers are aligned to the right."""
    table = Table(title=plain(title), title_justify="left", title_style="bold")
    for index, name in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[index], int | float) for row in rows)
        table.add_column(plain(name), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(plain(shown(value)) for value in row))
    out.print(table)


def shown(value: Any) -> str:
    """A value as a person reads it: thousands separated, three decimals, None as a dash."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.3f}"
    return str(value)


def interval(estimate: Mapping[str, Any]) -> str:
    """A mean with its confidence interval; the mean alone where there were too few units for one."""
    if estimate.get("low") is None or estimate.get("high") is None:
        return shown(estimate["mean"])
    return f"{estimate['mean']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]"
