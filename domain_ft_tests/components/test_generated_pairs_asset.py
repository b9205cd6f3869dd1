"""Documents become pairs in Dagster as on the command line: an asset of domains of pairs, with checks and figures."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from domain_ft.components.generated_pairs_asset import generated_pairs_asset
from domain_ft.domain import EmbeddingDomain
from domain_ft.domains import find_domain
from domain_ft.resources.ollama import OllamaServer as OllamaResource
from domain_ft.resources.state import StateRoot
from domain_ft.store.home import Home
from domain_ft_tests.generation.test_pairs_command import MANUAL

KEY = dg.AssetKey(["manuals", "generated_pairs"])


def materialize(home: Home, **config: Any) -> dg.ExecuteInProcessResult:
    domain = find_domain("manuals")
    assert isinstance(domain, EmbeddingDomain)
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            [generated_pairs_asset(domain)],
            instance=instance,
            resources={"state": StateRoot(root=str(home.root)), "ollama": OllamaResource()},
            run_config={"ops": {"manuals__generated_pairs": {"config": {"least_words": 20, **config}}}},
            raise_on_error=False,
        )


@pytest.fixture
def documents(home: Home) -> Path:
    folder = home.documents("manuals")
    folder.mkdir(parents=True)
    (folder / "pump.md").write_text(MANUAL)
    return folder


def test_counts_rows_and_checks_are_shown(home: Home, documents: Path) -> None:
    (documents / "scan.pdf").write_text("no PDF")
    result = materialize(home)
    (event,) = result.asset_materializations_for_node("manuals__generated_pairs")
    figures = {name: value.value for name, value in event.metadata.items()}
    assert {name: figures[name] for name in ("files", "read", "failed", "rows")} == {
        "files": 2, "read": 1, "failed": 1, "rows": 2,
    }  # fmt: skip
    assert len(figures) <= 15
    assert figures["first_rows"].records[0].data["query"] == "How do I replace the oil filter?"
    checks = {check.check_name: check for check in result.get_asset_check_evaluations()}
    assert (checks["adds_up"].passed, checks["readable"].passed) == (True, False)
    assert checks["readable"].severity == dg.AssetCheckSeverity.WARN
    assert len(list(home.landing("manuals").glob("generated-pump.md-*.jsonl"))) == 1


def test_a_copy_is_noted(home: Home, documents: Path) -> None:
    (documents / "same.md").write_text(MANUAL)
    (event,) = materialize(home).asset_materializations_for_node("manuals__generated_pairs")
    (note,) = event.metadata["notes"].value.records  # type: ignore[union-attr]
    assert note.data["file"] == str(documents / "same.md")
    assert "has the same content as" in note.data["why"]


def test_settings_of_one_run_take_effect(home: Home, documents: Path) -> None:
    result = materialize(home, by="ollama")
    (failed,) = result.filter_events(lambda event: event.is_step_failure)
    assert "generation.model: name the model" in str(failed.event_specific_data.user_failure_data.description)


def test_an_empty_folder_fails_in_a_sentence(home: Home) -> None:
    (failed,) = materialize(home).filter_events(lambda event: event.is_step_failure)
    assert "documents: no document; put some there" in str(
        failed.event_specific_data.user_failure_data.description  # type: ignore[union-attr]
    )
