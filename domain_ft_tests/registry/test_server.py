"""The same registry on a real MLflow server, named by `MLFLOW_TRACKING_URI`: up, and down for a while."""

from collections.abc import Callable
from pathlib import Path

import pytest

from domain_ft import stages
from domain_ft.domains import find_domain
from domain_ft.errors import DomainFtError
from domain_ft.registry.owed import Debt, owed, tell
from domain_ft.registry.promote import promote
from domain_ft.registry.rollback import rollback
from domain_ft.registry.settings import PromotionSettings
from domain_ft.registry.store import open_registry
from domain_ft.store.home import Home
from domain_ft_tests.registry.conftest import Server

FIRST, SECOND = "aaaaaaaaaaaa", "bbbbbbbbbbbb"


@pytest.mark.slow
def test_promotion_and_rollback_on_a_server(
    server: Server, home: Home, publish_model: Callable[..., Path], publish_benchmark: Callable[..., Path]
) -> None:
    server.start()
    publish_model(FIRST)
    publish_model(SECOND)
    promote(home, "test_history", publish_benchmark(FIRST), PromotionSettings())
    result = promote(home, "test_history", publish_benchmark(SECOND, champion=FIRST), PromotionSettings())
    assert (result.champion, result.previous) == (SECOND, FIRST)
    assert result.url is not None
    assert result.url.startswith(f"{server.address}/#/experiments/")
    with open_registry(home, "test_history") as registry:
        version = registry.client.get_model_version_by_alias(registry.name, "champion")
        artifacts = {entry.path for entry in registry.client.list_artifacts(version.run_id)}
        assert artifacts == {"README.md", "benchmark.json", "report.html"}
    assert not (home.state / "mlflow.db").exists()
    assert rollback(home, "test_history").champion == FIRST


@pytest.mark.slow
def test_while_the_server_is_down_all_is_owed_and_done_once_it_is_up(
    server: Server,
    home: Home,
    publish_model: Callable[..., Path],
    publish_benchmark: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    domain, model, benchmark = find_domain("test_history"), publish_model(FIRST), publish_benchmark(FIRST)
    told = tell(home, domain.name, Debt("training", FIRST))
    assert told.url is None
    assert f"the entry of training {FIRST}" in told.notes[0]
    with pytest.raises(DomainFtError, match="its promotion is owed") as raised:
        stages.promote(domain, home, benchmark)
    assert str(model) in str(raised.value)
    assert [debt.kind for debt in owed(home, domain.name)] == ["training", "promotion"]
    assert not (home.models(domain.name) / "champion").exists()

    server.start()
    table = stages.compare(domain, home)
    assert table.champion == FIRST
    assert (home.models(domain.name) / "champion").readlink() == Path(FIRST)
    assert "is done now: WIN over the base model" in table.notes[1]
    assert owed(home, domain.name) == ()
