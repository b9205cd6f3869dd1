"""The Dagster definitions as a whole: exactly what is promised, loaded quickly and without heavy libraries."""

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from domain_ft.definitions import defs
from domain_ft.domains import DEFS_FOLDER, domain_files
from domain_ft.store.home import CHECKOUT

BIN = Path(sys.executable).parent
STAGES = ("raw", "triplets", "embedding_model", "benchmark", "champion")
CHECKS = {
    "raw": {"frame_contract", "quarantine_share"},
    "triplets": {"leakage", "minimum_size", "verdict_balance", "repeated_texts"},
    "embedding_model": {"loads_and_encodes", "collapse"},
    "benchmark": {"guard_metrics", "success_gates"},
}
BESIDE = {"index": {"complete", "recall", "keeps_up"}, "out_of_distribution": {"false_alarms"}}
BLOCKING = {
    "frame_contract", "leakage", "minimum_size", "loads_and_encodes", "ids", "counts", "loads_and_answers",
    "complete",
}  # fmt: skip
DOMAINS = ("manuals", "papers_qa", "requirements", "test_history")
OF_RECORDS = (
    "raw", "audit", "fixed", "lora_adapter", "benchmark", "champion", "optimized_prompt", "ollama_model",
    "model_survey", "model_leaderboard",
)  # fmt: skip
MADE_FROM = {
    "audit": ["raw"],
    "fixed": ["raw", "audit"],
    "lora_adapter": ["fixed"],
    "optimized_prompt": ["fixed"],
    "ollama_model": ["champion"],
    "model_survey": ["fixed"],
    "model_leaderboard": ["fixed", "model_survey"],
    "prioritization": ["champion"],
    "generated_pairs": [],
    "index": ["champion"],
    "out_of_distribution": ["champion"],
}
RECORD_CHECKS = {
    "raw": CHECKS["raw"],
    "audit": {"soundness"},
    "fixed": {"ids", "counts", "leakage", "duplicates", "grounding"},
    "lora_adapter": {"loads_and_answers", "truncation", "learned"},
    "benchmark": {"guard_metrics", "beyond_baselines"},
}
PRESETS = {
    "manuals": ("smoke", "quick", "full"),
    "papers_qa": ("smoke", "quick", "full"),
    "requirements": ("quick", "demo", "strict", "full"),
    "test_history": ("smoke", "quick", "medium", "full", "original"),
}
OF_PAIRS = ("manuals", "papers_qa")
JOBS = {
    *(f"{domain}_{name}" for domain in DOMAINS for name in (*PRESETS[domain], "ingest", "retrain")),
    *(f"{domain}_generate" for domain in OF_PAIRS),
}
ASSETS = {
    *(f"{domain}/{stage}" for domain in DOMAINS for stage in (OF_RECORDS if domain == "requirements" else STAGES)),
    *(f"{domain}/generated_pairs" for domain in OF_PAIRS),
    *(f"{domain}/index" for domain in DOMAINS if domain != "requirements"),
    "test_history/prioritization",
    *(f"{domain}/out_of_distribution" for domain in DOMAINS if domain != "requirements"),
}
NIGHTS = {"manuals": "30 2 * * *", "papers_qa": "0 3 * * *", "requirements": "0 4 * * *", "test_history": "0 2 * * *"}
OVERVIEW = {"overview/owed_work", "overview/status_board"}
KINDS = {
    "audit": {"report", "json"},
    "fixed": {"jsonl"},
    "lora_adapter": {"pytorch", "huggingface"},
    "optimized_prompt": {"dspy"},
    "ollama_model": {"ollama"},
    "model_survey": {"ollama", "json"},
    "model_leaderboard": {"report", "json"},
    "raw": {"polars", "parquet"},
    "triplets": {"polars", "parquet"},
    "embedding_model": {"pytorch", "huggingface"},
    "benchmark": {"report", "json"},
    "champion": {"mlflow"},
    "prioritization": {"report", "json"},
    "generated_pairs": {"jsonl"},
    "index": {"lancedb"},
    "out_of_distribution": {"report", "json"},
    "owed_work": {"mlflow"},
    "status_board": {"table"},
}
HEAVY = (
    "torch",
    "transformers",
    "sentence_transformers",
    "mlflow",
    "pandas",
    "dagster_pandas",
    "polars",
    "duckdb",
    "lancedb",
    "scipy",
)


def checks_of(domain: str) -> dict[str, set[str]]:
    """The checks of a domain's assets."""
    if domain == "requirements":
        return RECORD_CHECKS
    if domain == "test_history":
        return {**CHECKS, **BESIDE, "prioritization": {"keeps_up"}}
    made = {"generated_pairs": {"adds_up", "readable"}}
    return {**CHECKS, **BESIDE, **made, "triplets": CHECKS["triplets"] - {"verdict_balance"}}


@pytest.fixture(scope="module")
def definitions() -> Iterator[dg.Definitions]:
    loaded = defs()
    dg.Definitions.validate_loadable(loaded)
    return loaded


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def test_the_assets_are_exactly_these(specs: dict[str, dg.AssetSpec]) -> None:
    assert set(specs) == ASSETS | OVERVIEW


def test_no_markup_stands_in_descriptions_that_dagster_shows_as_they_are(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    shown = [*repository.sensor_defs, *repository.schedule_defs, *repository.get_all_jobs()]
    described = [each.description for each in shown if each.description]
    assert len(described) > len(JOBS)
    assert [description for description in described if "`" in description] == []


def test_each_asset_is_made_from_the_one_before_it(specs: dict[str, dg.AssetSpec]) -> None:
    of_domains = {key: spec for key, spec in specs.items() if key not in OVERVIEW}
    deps = {key: [dep.asset_key.to_user_string() for dep in spec.deps] for key, spec in of_domains.items()}
    before = {later: [earlier] for earlier, later in itertools.pairwise(STAGES)} | MADE_FROM
    of_adapters = before | {"benchmark": ["lora_adapter"]}
    assert deps == {
        key: [f"{domain}/{each}" for each in (of_adapters if domain == "requirements" else before).get(stage, [])]
        for key in ASSETS
        for domain, stage in [key.split("/")]
    }


def test_the_checks_are_exactly_these_and_those_that_must_block_do(definitions: dg.Definitions) -> None:
    found: dict[str, set[str]] = {}
    blocking: set[str] = set()
    for asset in definitions.assets or ():
        for spec in asset.check_specs:  # type: ignore[union-attr]
            found.setdefault(spec.asset_key.to_user_string(), set()).add(spec.name)
            blocking |= {spec.name} if spec.blocking else set()
    assert found == {f"{domain}/{stage}": names for domain in DOMAINS for stage, names in checks_of(domain).items()}
    assert blocking == BLOCKING


def test_the_jobs_are_exactly_these(definitions: dg.Definitions) -> None:
    names = {job.name for job in definitions.resolve_all_job_defs()} - {"__ASSET_JOB"}
    assert names == JOBS | {"overview_settle"}


def test_the_sensors_are_exactly_these_and_start_these_jobs(definitions: dg.Definitions) -> None:
    sensors = {sensor.name: sensor for sensor in definitions.get_repository_def().sensor_defs}
    starts = {name: [target.job_name for target in sensor.targets] for name, sensor in sensors.items()}
    assert starts == {
        **{f"{domain}_landing": [f"{domain}_ingest"] for domain in DOMAINS},
        **{f"{domain}_new_rows": [f"{domain}_retrain"] for domain in DOMAINS},
        "domain_ft_failures": [],
        "domain_ft_board": [],
        "domain_ft_owed": ["overview_settle"],
    }
    assert {sensor.default_status for sensor in sensors.values()} == {dg.DefaultSensorStatus.STOPPED}


def test_the_schedules_are_exactly_these_and_start_these_jobs(definitions: dg.Definitions) -> None:
    schedules = {schedule.name: schedule for schedule in definitions.get_repository_def().schedule_defs}
    starts = {name: (schedule.job_name, schedule.cron_schedule) for name, schedule in schedules.items()}
    assert starts == {f"{domain}_nightly": (f"{domain}_retrain", NIGHTS[domain]) for domain in DOMAINS}
    assert {schedule.default_status for schedule in schedules.values()} == {dg.DefaultScheduleStatus.STOPPED}


@pytest.mark.parametrize(
    ("job", "stages"),
    [
        ("quick", STAGES),
        ("original", STAGES),
        ("ingest", STAGES[:1]),
        ("retrain", (*STAGES[1:], "prioritization", *BESIDE)),
    ],
)
def test_a_job_runs_exactly_its_stages_with_their_checks(
    definitions: dg.Definitions, job: str, stages: tuple[str, ...]
) -> None:
    layer = definitions.resolve_job_def(f"test_history_{job}").asset_layer
    assert {key.path[-1] for key in layer.selected_asset_keys} == set(stages)
    assert {key.name for key in layer.asset_graph.asset_check_keys} == {
        name for s in stages for name in checks_of("test_history").get(s, ())
    }


def test_every_asset_says_what_it_is_whose_it_is_and_where_it_runs(specs: dict[str, dg.AssetSpec]) -> None:
    for key, spec in specs.items():
        stage = key.rpartition("/")[2]
        assert spec.group_name == key.partition("/")[0]
        assert spec.kinds == KINDS[stage]
        assert spec.owners
        assert spec.description
        assert spec.tags["domain_ft/stage"] == stage
        assert spec.tags["domain_ft/device"]


def test_what_trains_or_encodes_waits_for_the_pool(definitions: dg.Definitions) -> None:
    pools = {asset.key.path[-1]: asset.op.pool for asset in definitions.resolve_asset_graph().assets_defs}
    assert {stage for stage, pool in pools.items() if pool == "compute"} == {
        "embedding_model",
        "lora_adapter",
        "benchmark",
        "optimized_prompt",
        "ollama_model",
        "model_survey",
        "prioritization",
        "index",
        "out_of_distribution",
    }


def test_importing_the_definitions_imports_no_heavy_library() -> None:
    code = (
        "import sys, json; from domain_ft.definitions import defs; defs();"
        f"print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CHECKOUT)
    assert json.loads(done.stdout.splitlines()[-1]) == []


@pytest.mark.parametrize("file", domain_files(DEFS_FOLDER), ids=lambda file: file.parent.name)
def test_dg_check_yaml_accepts_each_domain(file: Path) -> None:
    done = dg_command("check", "yaml", str(file.parent))
    assert done.returncode == 0, done.stdout + done.stderr


def test_dg_list_defs_names_the_assets_and_the_jobs() -> None:
    done = dg_command("list", "defs", "--json")
    assert done.returncode == 0, done.stderr
    listed = json.loads(done.stdout)
    assert {asset["asset_key"] for asset in listed["assets"]} == ASSETS | OVERVIEW
    assert {job["name"] for job in listed["jobs"]} == JOBS | {"overview_settle"}


def dg_command(*arguments: str, cwd: Path = CHECKOUT, **environment: str) -> "subprocess.CompletedProcess[str]":
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [str(BIN / "dg"), *arguments],
        cwd=cwd,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
