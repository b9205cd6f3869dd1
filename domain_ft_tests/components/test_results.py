"""What a step takes from the step before it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.reconstruct import ReconstructableJob

from domain_ft.errors import InputError
from domain_ft.resources.results import StageResults, current_folder, results_of_run
from domain_ft.resources.state import StateRoot
from domain_ft.store.home import Home
from domain_ft.store.publish import point, publish_folder

RAW, TRIPLETS = dg.AssetKey(["shop", "raw"]), dg.AssetKey(["shop", "triplets"])


@dataclass(frozen=True)
class Result:
    path: Path

    def as_json(self) -> dict[str, Any]:
        return {"path": str(self.path), "rows": 3}


def publish(home: Home, name: str, current: bool = True) -> Path:
    folder = publish_folder(home.raw("shop") / name, lambda _: {"kind": "history"})
    if current:
        point(home.raw("shop") / "current", name)
    return folder


def taken(home: Home) -> list[str]:
    """The names of the folders that the second step was given, in order."""
    return (home.root / "taken").read_text().split()


def assets(home: Home, published: str) -> dict[str, Any]:
    """A raw asset that publishes `published` while another run moves `current`, and one that takes what it gets."""

    @dg.asset(key=RAW, io_manager_key="results")
    def raw():
        folder = publish(home, published)
        publish(home, "of-another-run")
        return dg.MaterializeResult(value=Result(folder))

    @dg.asset(key=TRIPLETS, ins={"raw": dg.AssetIn(key=RAW)}, io_manager_key="results")
    def triplets(raw: Path):
        with (home.root / "taken").open("a") as file:
            file.write(f"{raw.name}\n")
        if (home.root / "fails").exists():
            raise dg.Failure("once")
        return dg.MaterializeResult(value=Result(raw))

    state = StateRoot(root=str(home.root))
    return {"assets": [raw, triplets], "resources": {"results": StageResults(state=state)}}


def test_inside_a_run_the_upstream_of_that_run_counts_even_when_current_has_moved_on(home: Home) -> None:
    given = assets(home, "of-this-run")
    dg.materialize(given["assets"], resources=given["resources"])
    assert taken(home) == ["of-this-run"]
    assert current_folder(home, RAW).name == "of-another-run"


def test_a_step_launched_alone_takes_what_current_points_to(home: Home) -> None:
    publish(home, "earlier")
    given = assets(home, "of-this-run")
    dg.materialize(given["assets"], resources=given["resources"], selection=dg.AssetSelection.assets(TRIPLETS))
    assert taken(home) == ["earlier"]


def test_a_step_launched_alone_before_anything_is_published_says_what_to_do(home: Home) -> None:
    with pytest.raises(InputError, match="shop/raw: nothing is published yet"):
        current_folder(home, RAW)


def test_the_results_of_a_run_stay_readable_by_its_id_in_the_order_of_the_stages(home: Home) -> None:
    given = assets(home, "of-this-run")
    run = dg.materialize(given["assets"], resources=given["resources"])
    results = results_of_run(home, run.run_id, "shop")
    assert [*results] == ["raw", "triplets"]
    assert results["raw"]["rows"] == 3
    assert results_of_run(home, "another-run", "shop") == {}


def repeatable_job() -> dg.JobDefinition:
    """A job that can be rebuilt from this file; its second step fails as long as the file `fails` lies in the home."""
    home = Home.from_environment()
    given = assets(home, "of-the-failed-run")
    definitions = dg.Definitions(jobs=[dg.define_asset_job("job")], executor=dg.in_process_executor, **given)
    return definitions.resolve_job_def("job")


def test_a_run_repeated_from_its_failure_takes_what_the_failed_run_published(home: Home) -> None:
    job = ReconstructableJob.for_file(__file__, "repeatable_job")
    (home.root / "fails").touch()
    (home.root / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(home.root / "dagster")) as instance:
        with dg.execute_job(job, instance) as failed:
            assert not failed.success
            publish(home, "newer")
            (home.root / "fails").unlink()
        again = dg.ReexecutionOptions.from_failure(failed.run_id, instance)
        with dg.execute_job(job, instance, reexecution_options=again) as repeated:
            assert repeated.success
    assert taken(home) == ["of-the-failed-run", "of-the-failed-run"]
