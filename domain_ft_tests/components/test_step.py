"""What every step does alike."""

import logging
from pathlib import Path

import dagster as dg
import pytest

from domain_ft.components.jobs import described_changes, domain_jobs
from domain_ft.components.step import LoggedProgress, plain_failures
from domain_ft.domain import Domain
from domain_ft.errors import InputError
from domain_ft.resources.compute import Compute
from domain_ft.resources.state import StateRoot
from domain_ft.store.home import Home


def test_a_failure_of_ours_becomes_one_sentence_and_is_not_tried_again() -> None:
    with pytest.raises(dg.Failure) as raised, plain_failures():
        raise InputError("history.csv:3: no verdict")
    assert raised.value.description == "history.csv:3: no verdict"
    assert raised.value.allow_retries is False
    assert isinstance(raised.value.__cause__, InputError)


def test_a_bug_of_ours_is_not_dressed_up() -> None:
    with pytest.raises(ZeroDivisionError), plain_failures():
        _ = 1 / 0


def test_progress_is_told_at_each_step_of_the_work_and_then_now_and_then(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    with caplog.at_level(logging.INFO):
        progress = LoggedProgress(logging.getLogger("progress"), lambda: now[0])
        for second in range(12):
            now[0] = float(second)
            progress("read", 1000 * second, 12_000)
        progress("merge", 0)
    assert [record.message for record in caplog.records] == [
        "read: 0 of 12,000",
        "read: 5,000 of 12,000",
        "read: 10,000 of 12,000",
        "merge: 0",
    ]


def test_a_deployments_device_wins_over_the_domains(domain: Domain) -> None:
    assert Compute(device="cuda:1").on_this_device(domain).training.device == "cuda:1"
    assert Compute().on_this_device(domain) == domain


def test_a_deployment_may_name_another_state_root(home: Home, tmp_path: Path) -> None:
    assert StateRoot().home() == home
    assert StateRoot(root=str(tmp_path / "elsewhere")).home() == Home((tmp_path / "elsewhere").resolve())


def test_a_presets_job_says_what_it_changes(domain: Domain) -> None:
    assert described_changes(domain.settings.presets["smoke"]) == (
        "triplets.sample_size = 100, training.epochs = 1, training.max_steps = 2"
    )
    assert described_changes({}) == "the domain's own settings"


def test_a_presets_job_says_first_what_it_takes(tmp_path: Path) -> None:
    file = tmp_path / "defs.yaml"
    file.write_text(
        "type: domain_ft.components.EmbeddingDomain\nattributes:\n  name: shop\n  presets: {quick: {}}\n"
        "  preset_costs: {quick: 4 min on two cores}\n"
    )
    job = next(job for job in domain_jobs(Domain.load(file)) if job.name == "shop_quick")
    assert job.description.startswith("Takes 4 min on two cores. ")
