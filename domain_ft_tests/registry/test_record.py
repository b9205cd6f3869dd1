"""A model's run and version in MLflow: what they hold, and that a retry finds them and adds nothing twice."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from domain_ft.errors import DomainFtError, InputError
from domain_ft.registry import record, tracking
from domain_ft.registry.record import benchmark_figures, record_benchmark, record_training
from domain_ft.registry.runs import training_params
from domain_ft.registry.store import Registry, open_registry, pages_of_runs
from domain_ft.store.home import Home

Publish = Callable[..., Path]
DOMAIN, VERSION = "test_history", "aaaaaaaaaaaa"
TAGS = {"dagster.run_id": "1234", "dagster.asset": "test_history/embedding_model"}


def runs(registry: Registry) -> list:
    return list(registry.client.search_runs([registry.experiment_id]))


def test_run_holds_settings_curve_card_dataset_and_tags(world: Home, publish_model: Publish) -> None:
    made = record_training(world, DOMAIN, publish_model(VERSION), tags=TAGS)
    with open_registry(world, DOMAIN) as registry:
        run = registry.client.get_run(made.run_id)
        history = registry.client.get_metric_history(made.run_id, "train/loss")
        artifacts = {entry.path for entry in registry.client.list_artifacts(made.run_id)}
    assert run.info.status == "FINISHED"
    assert run.data.tags.items() >= {**TAGS, "domain_ft.version": VERSION, "domain_ft.dataset_digest": "d" * 12}.items()
    assert run.data.params.items() >= {"epochs": "2.0", "base_model": "starter", "device": "cpu"}.items()
    assert [(point.step, point.value) for point in history] == [(10, 1.5), (20, 0.75)]
    assert run.data.metrics["validation/map"] == 0.625
    assert run.data.metrics["validation_base/map"] == 0.5
    assert artifacts == {"README.md"}
    assert [entry.dataset.digest for entry in run.inputs.dataset_inputs] == ["d" * 12]
    assert made.url.endswith(f"/#/experiments/{run.info.experiment_id}/runs/{made.run_id}")


def test_version_leads_to_run_and_model_without_a_copy_of_the_weights(world: Home, publish_model: Publish) -> None:
    made = record_training(world, DOMAIN, publish_model(VERSION), tags=TAGS)
    with open_registry(world, DOMAIN) as registry:
        version = registry.client.get_model_version("domain_ft-test_history", made.number)
        model = registry.client.get_logged_model(version.tags["domain_ft.model_id"])
    assert version.run_id == made.run_id
    assert version.source == f"models:/{model.model_id}"
    assert version.tags.items() >= {"domain_ft.version": VERSION, "domain_ft.dataset_digest": "d" * 12}.items()
    assert model.tags["domain_ft.path"] == f"models/{DOMAIN}/{VERSION}"
    assert not list(world.state.rglob("*.safetensors"))


def test_the_page_of_a_domains_runs_is_known_once_there_is_one(world: Home, publish_model: Publish) -> None:
    assert pages_of_runs(world) == {}
    record_training(world, DOMAIN, publish_model(VERSION))
    with open_registry(world, DOMAIN) as registry:
        page = f"http://127.0.0.1:5000/#/experiments/{registry.experiment_id}/runs?workflowType=machine_learning"
    assert pages_of_runs(world) == {DOMAIN: page}


def test_told_twice_adds_nothing(world: Home, publish_model: Publish) -> None:
    model = publish_model(VERSION)
    first = record_training(world, DOMAIN, model)
    assert record_training(world, DOMAIN, model) == first
    with open_registry(world, DOMAIN) as registry:
        assert len(runs(registry)) == 1
        assert len(registry.client.search_logged_models([registry.experiment_id])) == 1
        assert len(registry.client.get_metric_history(first.run_id, "train/loss")) == 2


@pytest.mark.parametrize("step", ["log_training", "register_version"])
def test_retry_resumes_the_run_of_a_failed_attempt(
    world: Home, publish_model: Publish, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("cut short")

    model = publish_model(VERSION)
    with monkeypatch.context() as patch:
        patch.setattr(record, step, fail)
        with pytest.raises(RuntimeError, match="cut short"):
            record_training(world, DOMAIN, model)
    with open_registry(world, DOMAIN) as registry:
        (failed,) = runs(registry)
        assert failed.info.status == "FAILED"
    made = record_training(world, DOMAIN, model)
    with open_registry(world, DOMAIN) as registry:
        (resumed,) = runs(registry)
        history = registry.client.get_metric_history(made.run_id, "train/loss")
    assert (resumed.info.run_id, resumed.info.status) == (failed.info.run_id, "FINISHED")
    assert [point.step for point in history] == [10, 20]


def test_run_deleted_by_hand_is_made_again(world: Home, publish_model: Publish, publish_benchmark: Publish) -> None:
    made = record_training(world, DOMAIN, publish_model(VERSION))
    with open_registry(world, DOMAIN) as registry:
        registry.client.delete_run(made.run_id)
    record_benchmark(world, DOMAIN, publish_benchmark(VERSION))
    with open_registry(world, DOMAIN) as registry:
        (run,) = runs(registry)
    assert run.data.tags["domain_ft.verdict"] == "WIN"


def test_deleted_experiment_is_restored(world: Home, publish_model: Publish) -> None:
    made = record_training(world, DOMAIN, publish_model(VERSION))
    with open_registry(world, DOMAIN) as registry:
        registry.client.delete_experiment(registry.experiment_id)
    with open_registry(world, DOMAIN) as registry:
        assert registry.client.get_run(made.run_id).info.lifecycle_stage == "active"


def test_benchmark_figures_stand_at_run_and_model(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    trained = record_training(world, DOMAIN, publish_model(VERSION), tags=TAGS)
    made = record_benchmark(world, DOMAIN, publish_benchmark(VERSION), tags={"dagster.run_id": "5678"})
    assert made == trained
    with open_registry(world, DOMAIN) as registry:
        run = registry.client.get_run(made.run_id)
        version = registry.client.get_model_version(registry.name, made.number)
        model = registry.client.get_logged_model(version.tags["domain_ft.model_id"])
        artifacts = {entry.path for entry in registry.client.list_artifacts(made.run_id)}
    expected = {"candidate/map": 0.6, "bm25/map": 0.48, "gain_over_base/map": 0.05, "gain_over_base/map_low": 0.02}
    assert run.data.metrics.items() >= expected.items()
    assert {metric.key: metric.value for metric in model.metrics} == expected
    assert artifacts == {"README.md", "benchmark.json", "report.html"}
    told = {"domain_ft.verdict": "WIN", "domain_ft.primary_metric": "map"}
    assert run.data.tags.items() >= {**told, **TAGS, "benchmark.dagster.run_id": "5678"}.items()
    assert version.tags.items() >= told.items()
    assert version.description.startswith("WIN against the base model: map +0.050 [+0.020, +0.080] (n=120")


def test_same_benchmark_is_written_once(world: Home, publish_model: Publish, publish_benchmark: Publish) -> None:
    publish_model(VERSION)
    benchmark = publish_benchmark(VERSION)
    made = record_benchmark(world, DOMAIN, benchmark)
    record_benchmark(world, DOMAIN, benchmark)
    with open_registry(world, DOMAIN) as registry:
        assert len(registry.client.get_metric_history(made.run_id, "candidate/map")) == 1


def test_folder_under_another_name_is_refused(world: Home, publish_model: Publish) -> None:
    model = publish_model(VERSION).rename(world.models(DOMAIN) / "renamed")
    with pytest.raises(DomainFtError, match=f"its manifest says domain test_history, version {VERSION}"):
        record_training(world, DOMAIN, model)


def test_working_directory_and_environment_stay_clean(
    world: Home, publish_model: Publish, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    record_training(world, DOMAIN, publish_model(VERSION))
    assert list(Path.cwd().iterdir()) == []
    assert "MLFLOW_TRACKING_URI" not in os.environ


def test_two_worlds_in_one_process_stay_apart(
    world: Home, publish_model: Publish, tmp_path: Path, empty_store: Path
) -> None:
    other = Home(tmp_path / "other")
    other.state.mkdir(parents=True)
    (other.state / "mlflow.db").write_bytes(empty_store.read_bytes())
    record_training(world, DOMAIN, publish_model(VERSION))
    with open_registry(other, DOMAIN) as registry:
        assert runs(registry) == []


def test_telemetry_is_off(world: Home) -> None:
    with open_registry(world, DOMAIN):
        from mlflow.telemetry import get_telemetry_client

        assert get_telemetry_client() is None


def test_credentials_in_tags_and_settings_are_masked(world: Home, publish_model: Publish) -> None:
    secret = "https://user:hunter2@host/model"
    model = publish_model(VERSION, settings={"base_model": secret}, base_model=secret)
    made = record_training(world, DOMAIN, model, tags={"origin": secret})
    with open_registry(world, DOMAIN) as registry:
        run = registry.client.get_run(made.run_id)
    assert run.data.params["base_model"] == "https://***@host/model"
    assert run.data.tags["origin"] == "https://***@host/model"
    assert b"hunter2" not in (world.state / "mlflow.db").read_bytes()


def test_params_hold_what_auto_became() -> None:
    params = training_params({"settings": {"device": "auto", "epochs": 2}, "device": "cpu", "precision": "bf16"})
    assert params == {"device": "cpu", "epochs": "2", "precision": "bf16"}


def test_unreachable_store_is_one_sentence_without_its_password(
    world: Home, publish_model: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://user:hunter2@127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(DomainFtError, match=r"MLflow at http://\*\*\*@127\.0\.0\.1:9 did not do") as raised:
        record_training(world, DOMAIN, publish_model(VERSION))
    assert "hunter2" not in str(raised.value)
    assert "\n" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_broken_database_is_one_sentence(home: Home) -> None:
    home.state.mkdir()
    (home.state / "mlflow.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(DomainFtError, match=r"mlflow\.db: MLflow's database cannot be used \(file is not a database\)"):
        tracking.describe_store(home)


def test_state_root_that_cannot_hold_a_database_is_one_sentence(home: Home) -> None:
    home.state.write_text("a file where a folder belongs")
    with pytest.raises(DomainFtError, match=r"mlflow\.db: MLflow's database cannot be used"):
        tracking.describe_store(home)


def test_folder_name_that_sqlite_addresses_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"with % or \? in its name"):
        tracking.describe_store(Home(tmp_path / "50%"))


def test_store_is_described_for_the_doctor(world: Home, publish_model: Publish) -> None:
    record_training(world, DOMAIN, publish_model(VERSION))
    assert tracking.describe_store(world).endswith("/mlflow.db: 1 registered model")


@pytest.mark.parametrize("folder", ["with space", "ünï#code"])
def test_state_root_may_have_any_name(tmp_path: Path, empty_store: Path, folder: str) -> None:
    home = Home(tmp_path / folder)
    home.state.mkdir(parents=True)
    (home.state / "mlflow.db").write_bytes(empty_store.read_bytes())
    (home.models(DOMAIN)).mkdir(parents=True)
    with open_registry(home, DOMAIN) as registry:
        run_id = registry.client.create_run(registry.experiment_id).info.run_id
        (tmp_path / "note.txt").write_text("kept")
        registry.client.log_artifact(run_id, str(tmp_path / "note.txt"))
        assert [entry.path for entry in registry.client.list_artifacts(run_id)] == ["note.txt"]
    assert len(list(home.state.rglob("note.txt"))) == 1


@pytest.mark.parametrize("left", ["FAILED", "KILLED"])
def test_a_run_that_was_cut_short_at_its_very_end_is_finished_when_told_again(
    world: Home, publish_model: Publish, publish_benchmark: Publish, left: str
) -> None:
    model, benchmark = publish_model(VERSION), publish_benchmark(VERSION)
    made = record_benchmark(world, DOMAIN, benchmark)
    for tell in (lambda: record_training(world, DOMAIN, model), lambda: record_benchmark(world, DOMAIN, benchmark)):
        with open_registry(world, DOMAIN) as registry:
            registry.client.set_terminated(made.run_id, left)
        tell()
        with open_registry(world, DOMAIN) as registry:
            assert registry.client.get_run(made.run_id).info.status == "FINISHED"


def test_what_stands_beside_the_verdict_is_told_by_arm_and_name() -> None:
    mean = {"mean": 0.5, "low": None, "high": None}
    document = {
        "arms": {}, "differences": [],
        "general_ability": {"arms": {"base": {"mrr_at_10": mean}}},
        "evaluation_file": {"arms": {"bm25": {"recall_at_5": mean}}},
        "collapse": {"arms": {"base": {"mean_pairwise_cosine": 0.25, "effective_rank": 9.0, "dimension": 16}}},
        "speed": {"base": {"median_ms": 4.0, "p95_ms": 5.0, "texts_per_second": 100.0, "device": "cpu"}},
    }  # fmt: skip
    assert benchmark_figures(document) == {
        "base/general_mrr_at_10": 0.5, "bm25/evaluation_file_recall_at_5": 0.5, "base/mean_pairwise_cosine": 0.25,
        "base/effective_rank": 9.0, "base/median_ms": 4.0, "base/p95_ms": 5.0, "base/texts_per_second": 100.0,
    }  # fmt: skip
