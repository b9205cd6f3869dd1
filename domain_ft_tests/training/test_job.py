"""A job file holds a job, or says what is wrong with it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from domain_ft.errors import InputError
from domain_ft.training.job import TrainingJob, read_job, write_job

MakeJob = Callable[..., TrainingJob]


def test_a_job_is_read_as_it_was_written(make_job: MakeJob) -> None:
    job = make_job()
    assert read_job(write_job(job), TrainingJob) == job


def test_its_work_folder_is_named_by_its_version(make_job: MakeJob) -> None:
    job = make_job()
    assert job.work == job.home / ".state" / "work" / "d" / "0123456789ab"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.json: not a job file that can be read"):
        read_job(tmp_path / "none.json", TrainingJob)


def test_a_file_that_is_not_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text("{")
    with pytest.raises(InputError, match=r"job.json: not JSON"):
        read_job(tmp_path / "job.json", TrainingJob)


def test_a_wrong_key_is_named(make_job: MakeJob) -> None:
    path = write_job(make_job())
    path.write_text(json.dumps({**json.loads(path.read_text()), "precision": "int8"}))
    with pytest.raises(InputError, match=r"job.json: precision: Input should be"):
        read_job(path, TrainingJob)
