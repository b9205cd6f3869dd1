"""The door of the pytest plugin: its options, and nothing else until `--domain-ft` (or the ini key) asks for more.

Every pytest of an environment loads this file, whether it wants an order or not; so it imports pytest alone.
"""

from typing import Any

import pytest

_SECONDS = 30.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, all of them off."""
    parser.addini("domain_ft", "Order the tests by what this domain's history says of them (--domain-ft).")
    group = parser.getgroup("domain-ft", "tests in the order in which a change is likely to break them (domain_ft)")
    add = group.addoption
    add(
        "--domain-ft",
        metavar="DOMAIN",
        help="Order the tests by this domain's history and model, and write the results back into its landing folder "
        "(ini: domain_ft; an empty name turns it off). DOMAIN_FT_PYTHON in the environment names the Python that has "
        "domain_ft with all that it needs, where that is not the one that runs the tests.",
    )
    add(
        "--domain-ft-change-text",
        metavar="TEXT",
        help="What changed, in words. Default: the message of the commit and what is not committed yet.",
    )
    add(
        "--domain-ft-commit",
        metavar="NAME",
        help="The commit that is tested (a hash, tag or branch, HEAD~1), in the git repository of the rootdir. "
        "Default: HEAD.",
    )
    add("--domain-ft-build", metavar="NAME", help="Name of this run in the history. Default: the commit's hash.")
    add(
        "--domain-ft-budget",
        metavar="BUDGET",
        type=_budget,
        help="Run only the first tests of the ranking that are expected to fit: 90s, 10m, 1.5h, or 20%% of the time "
        "that all are expected to take; the others are deselected, but for those that must run.",
    )
    add(
        "--domain-ft-inside",
        action="store_true",
        help="Also order the tests inside modules and classes. Default: modules move, what is in them stays as it is.",
    )
    add("--domain-ft-no-report", action="store_true", help="Do not write the results into the landing folder.")
    add(
        "--domain-ft-timeout",
        metavar="SECONDS",
        type=_seconds,
        default=_SECONDS,
        help=f"Seconds to wait for the ranking; then the original order is kept. Default: {_SECONDS:g}.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Begin, if a domain is named; after pytest's own cache, whose --lf must have selected before a budget is cut."""
    named = config.getoption("domain_ft")
    domain = config.getini("domain_ft") if named is None else named
    if domain:
        from domain_ft.pytest_plugin.hooks import start

        start(config, domain)


def _budget(text: str) -> Any:
    from domain_ft.prioritization.budget import parse_budget

    return _typed(parse_budget, text)


def _seconds(text: str) -> Any:
    from domain_ft.prioritization.budget import parse_seconds

    return _typed(parse_seconds, text)


def _typed(parse: Any, text: str) -> Any:
    """A value as its parser reads it; argparse shows why it does not."""
    import argparse

    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
