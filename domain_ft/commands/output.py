"""What a command hands out at its end: tables for people, or with `--json` one object for scripts."""

from collections.abc import Callable
from typing import Any

from domain_ft.safe_text import safe_json


def show_report(command: str, report: dict[str, Any], as_json: bool) -> None:
    """A command's report, for people as `domain_ft.commands.summary` tells it."""

    def summary(report: dict[str, Any]) -> None:
        from domain_ft.commands.summary import show_summary

        show_summary(command, report)

    show(report, as_json, summary)


def show(report: dict[str, Any], as_json: bool, summary: Callable[[dict[str, Any]], None]) -> None:
    """A report as JSON, or for people as `summary` tells it."""
    if as_json:
        print_json(report)
    else:
        summary(report)


def print_json(value: dict[str, Any]) -> None:
    """One object on stdout, on a line of its own."""
    print(safe_json(value))
