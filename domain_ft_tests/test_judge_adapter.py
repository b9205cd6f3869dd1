"""Judging an adapter: base and champion are brought, and whoever waits for them is told."""

from pathlib import Path
from typing import Any

import pytest

from domain_ft import judge_adapter
from domain_ft.comparison.compare import ComparisonResult
from domain_ft.domains import find_adapter_domain
from domain_ft.model_folders.find import BaseModel
from domain_ft.progress import Progress
from domain_ft.store.home import Home
from domain_ft.store.publish import point, publish_folder
from domain_ft_tests.landed_requirements import DOMAIN


def adapter(home: Home, version: str) -> Path:
    return publish_folder(home.models(DOMAIN) / version, lambda _: {"dataset": "d", "version": version})


@pytest.mark.parametrize(("in_use", "told"), [("before", ["now", "before"]), ("now", ["now"])])
def test_the_making_of_every_base_that_is_needed_is_told(
    home: Home, monkeypatch: pytest.MonkeyPatch, in_use: str, told: list[str]
) -> None:
    now, _ = adapter(home, "now"), adapter(home, "before")
    point(home.models(DOMAIN) / "champion", in_use)
    heard: list[str] = []

    def made(adapter: Path, home: Home, progress: Progress) -> BaseModel:
        progress(adapter.name, 1)
        return BaseModel("starter", home.root, "s")

    def compared(*_: Any, champion: Any, **unused: Any) -> ComparisonResult:
        assert (champion.adapter.name if champion else "now") == in_use
        return ComparisonResult(now, {}, False)

    monkeypatch.setattr(judge_adapter, "base_of_adapter", made)
    monkeypatch.setattr(judge_adapter, "compare_tuned", compared)
    domain = find_adapter_domain(DOMAIN)
    judge_adapter.judge_adapter(domain, home, now, progress=lambda step, done, total=None: heard.append(step))
    assert heard == told
