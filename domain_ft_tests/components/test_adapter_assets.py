"""What a person meets when materializing a chain that ends in an adapter: a real training, a real MLflow store."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from typer.testing import CliRunner

from domain_ft.cli import app
from domain_ft.components.adapter_assets import adapter_assets
from domain_ft.components.delivery_asset import ollama_model_asset
from domain_ft.domain import AdapterDomain
from domain_ft.domains import find_adapter_domain
from domain_ft.requirements.prompt import DEFAULT_PROMPT
from domain_ft.requirements.rendering import gold_text
from domain_ft.resources.compute import Compute
from domain_ft.resources.mlflow import Mlflow
from domain_ft.resources.ollama import OllamaServer
from domain_ft.resources.results import StageResults, results_of_run
from domain_ft.resources.state import StateRoot
from domain_ft.store.done import ADAPTER_STAGES
from domain_ft.store.home import HOME_VARIABLE, Home
from domain_ft.store.publish import pointed, read_manifest
from domain_ft_tests.landed_requirements import DOMAIN, drop_records, made
from domain_ft_tests.llm.tiny_causal import make_tiny_causal

pytestmark = pytest.mark.slow
MOST_NUMBERS = 15
TINY = {
    "training.base_model": "tiny_llama",
    "training.quantization": "fp32",
    "training.device": "cpu",
    "training.max_steps": 4,
    "training.logging_steps": 1,
    "training.val_limit": 2,
    "benchmark.limit": 6,
    "benchmark.options.num_predict": 16,
    "benchmark.resamples": 200,
    "audit.token_sample": 0,
}


@dataclass(frozen=True)
class Chain:
    """A state root in which the whole chain was materialized once."""

    home: Home
    domain: AdapterDomain
    result: dg.ExecuteInProcessResult

    def shown(self, stage: str) -> Any:
        (event,) = self.result.asset_materializations_for_node(f"{DOMAIN}__{stage}")
        return event.metadata

    @property
    def results(self) -> dict[str, Any]:
        return results_of_run(self.home, self.result.run_id, DOMAIN)


def materialize(*assets: dg.AssetsDefinition) -> dg.ExecuteInProcessResult:
    """Materialize assets in this process."""
    state = StateRoot()
    resources = {
        "state": state,
        "results": StageResults(state=state),
        "compute": Compute(),
        "mlflow": Mlflow(),
        "ollama": OllamaServer(),
    }
    return dg.materialize(assets, resources=resources, raise_on_error=False)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    root = tmp_path_factory.mktemp("chain") / "home"
    root.mkdir()
    records = made(80)
    texts = [DEFAULT_PROMPT.system, DEFAULT_PROMPT.user, *(str(gold_text(record)) for record in records)]
    make_tiny_causal(root / "tiny_llama", texts=texts, positions=2048, vocabulary=2000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(root))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        home = Home.from_environment()
        drop_records(home, records)
        domain = find_adapter_domain(DOMAIN).with_overrides(TINY)
        yield Chain(home, domain, materialize(*adapter_assets(domain)))


def test_every_stage_succeeds_and_hands_its_result_on(chain: Chain) -> None:
    assert chain.result.success
    assert [*chain.results] == list(ADAPTER_STAGES)
    adapter = pointed(chain.home.models(DOMAIN) / "current")
    assert adapter is not None
    assert Path(chain.results["lora_adapter"]["path"]) == adapter
    assert chain.results["benchmark"]["models"]["candidate"]["version"] == adapter.name


@pytest.mark.parametrize("stage", ADAPTER_STAGES)
def test_an_asset_has_few_numbers_to_plot(chain: Chain, stage: str) -> None:
    found = chain.shown(stage)
    numbers = [n for n, value in found.items() if isinstance(value, (dg.IntMetadataValue, dg.FloatMetadataValue))]
    assert 1 <= len(numbers) <= MOST_NUMBERS, numbers


def test_every_check_of_adapter_and_comparison_is_carried_out(chain: Chain) -> None:
    checks = {each.check_name: each for each in chain.result.get_asset_check_evaluations()}
    assert {"loads_and_answers", "truncation", "learned", "guard_metrics", "beyond_baselines"} <= set(checks)
    assert checks["loads_and_answers"].passed, checks["loads_and_answers"].description
    assert not checks["beyond_baselines"].passed


def test_what_is_learned_is_shown_while_it_trains(chain: Chain) -> None:
    seen = [event.asset_observation_data.asset_observation for event in chain.result.all_events
            if event.is_asset_observation]  # fmt: skip
    (preview,) = [each.metadata["what_is_learned"].value for each in seen if "what_is_learned" in each.metadata]
    assert "⟦title:" in str(preview)
    assert any("validation_score" in each.metadata for each in seen)
    assert any("loss" in each.metadata for each in seen)


def test_a_candidate_that_is_no_better_becomes_no_champion(chain: Chain) -> None:
    """A random model learns nothing in four steps."""
    promotion = chain.results["champion"]
    assert (promotion["promoted"], promotion["champion"]) == (False, None)
    assert promotion["challenger"] == chain.results["lora_adapter"]["version"]


def test_the_version_stands_in_mlflow_with_figures_and_curve(chain: Chain) -> None:
    from domain_ft.registry.store import open_registry
    from domain_ft.registry.versions import find_version

    version = chain.results["lora_adapter"]["version"]
    with open_registry(chain.home, DOMAIN) as registry:
        registered = find_version(registry, version)
        assert registered is not None
        run = registry.client.get_run(str(registered.run_id))
        logged = registry.client.get_logged_model(str(registered.model_id))
    assert {"candidate/score", "base/score", "candidate/perplexity", "validation_best/score"} <= set(run.data.metrics)
    assert run.data.params["base_model"] == "tiny_llama"
    assert run.inputs.dataset_inputs[0].dataset.name == f"{DOMAIN}/fixed"
    assert logged.model_type == "lora_adapter"


def test_materialized_again_nothing_is_trained_or_asked(chain: Chain) -> None:
    again = materialize(*adapter_assets(chain.domain))
    results = results_of_run(chain.home, again.run_id, DOMAIN)
    assert (results["lora_adapter"]["reused"], results["benchmark"]["reused"]) == (True, True)


def test_without_a_champion_nothing_is_delivered_and_the_sentence_says_what_to_do(chain: Chain) -> None:
    result = materialize(ollama_model_asset(chain.domain))
    (event,) = [event for event in result.all_events if event.is_step_failure]
    said = event.event_specific_data.user_failure_data.description  # type: ignore[union-attr]
    assert "has no champion to deliver; name a version (--model)" in said


def said_by(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code in (0, 1), result.output + repr(result.exception)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_the_command_line_finds_the_same_versions(chain: Chain) -> None:
    table = said_by("compare", DOMAIN)
    assert [row["version"] for row in table["versions"]] == [chain.results["lora_adapter"]["version"]]
    assert table["versions"][0]["verdict"] == chain.results["benchmark"]["verdict"]


def test_a_version_is_packaged_for_ollama_by_its_name(chain: Chain) -> None:
    version = chain.results["lora_adapter"]["version"]
    (found,) = said_by("export-ollama", DOMAIN, "--model", version, "--package-only")["results"]
    assert (found["version"], found["way"], found["tag"]) == (version, "gguf", None)
    assert (Path(found["path"]) / "Modelfile").is_file()
    assert read_manifest(Path(found["path"]))["kind"] == "ollama_package"


def test_a_version_is_made_on_the_server_and_served(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    from domain_ft_tests.llm.server import OllamaServer as Server
    from domain_ft_tests.llm.server import serving_here

    version = chain.results["lora_adapter"]["version"]
    with serving_here(Server(), monkeypatch):
        (found,) = said_by("export-ollama", DOMAIN, "--model", version, "--way", "gguf", "--served", "mine")["results"]
        assert (found["tag"], found["served"]) == (f"mine:{version}", "mine:latest")
        served = said_by("export-ollama", DOMAIN, "--serve", version, "--served", "mine")
    assert served == {"results": [{"version": version, "tag": f"mine:{version}", "served": "mine:latest"}]}


def test_without_a_server_the_package_is_ready_and_the_sentence_says_where(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    version = chain.results["lora_adapter"]["version"]
    settings = ["--set", "delivery.ollama.retries=0"]
    result = CliRunner().invoke(app, ["export-ollama", DOMAIN, "--model", version, *settings])
    assert result.exit_code == 1
    assert f"the package is ready in {chain.home.exports(DOMAIN)}" in str(result.exception)


def test_what_was_trained_can_be_trained_again_by_its_command(chain: Chain) -> None:
    typed = [f"--set={name}={value}" for name, value in TINY.items() if name.startswith("training.")]
    assert said_by("train", DOMAIN, *typed)["reused"]
