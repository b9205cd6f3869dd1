"""What MLflow cannot be told is noted on disk, told at the next chance, in order, and then forgotten."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from domain_ft.errors import DomainFtError
from domain_ft.registry import owed as owing
from domain_ft.registry import store, tracking
from domain_ft.registry.compare import compare
from domain_ft.registry.owed import Debt, Told, owed, promote_or_owe, settle, tell
from domain_ft.registry.promote import PromotionResult
from domain_ft.registry.settings import PromotionSettings
from domain_ft.registry.tracking import RegistryUnavailableError
from domain_ft.store.home import Home
from domain_ft.store.publish import pointed

Publish = Callable[..., Path]
DOMAIN = "test_history"
FIRST, SECOND, THIRD = "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"


@contextmanager
def without_mlflow(world: Home) -> Iterator[None]:
    """A folder lies where the database belongs."""
    database, aside = world.state / "mlflow.db", world.state / "aside.db"
    database.rename(aside)
    database.mkdir()
    yield
    database.rmdir()
    aside.rename(database)


def ask(world: Home, benchmark: Path) -> PromotionResult:
    return promote_or_owe(world, DOMAIN, benchmark, PromotionSettings(), tags={})


def owe_promotion(world: Home, benchmark: Path) -> None:
    with without_mlflow(world), pytest.raises(DomainFtError, match="its promotion is owed"):
        ask(world, benchmark)


def test_a_model_that_cannot_be_registered_is_noted(world: Home, publish_model: Publish) -> None:
    publish_model(FIRST)
    with without_mlflow(world):
        told = tell(world, DOMAIN, Debt("training", FIRST, {"dagster.run_id": "1234"}))
    assert told.url is None
    assert told.notes[0].startswith(f"MLflow is owed the entry of training {FIRST}, and gets it at the next train")
    (debt,) = owed(world, DOMAIN)
    assert (debt.kind, debt.name, debt.tags) == ("training", FIRST, {"dagster.run_id": "1234"})
    assert "mlflow.db: MLflow's database cannot be used" in debt.why


@pytest.mark.parametrize("kind", ["EXCLUSIVE", pytest.param("IMMEDIATE", marks=pytest.mark.slow)])
def test_a_database_that_another_process_keeps_locked_counts_as_out_of_reach(
    world: Home, publish_model: Publish, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    publish_model(FIRST)
    monkeypatch.setattr(tracking, "SQLITE_SECONDS", 0.2)
    with closing(sqlite3.connect(world.state / "mlflow.db", isolation_level=None)) as other:
        other.execute(f"BEGIN {kind}")
        assert tell(world, DOMAIN, Debt("training", FIRST)).url is None
    assert "database is locked" in owed(world, DOMAIN)[0].why


def test_what_is_owed_is_told_first_at_the_next_chance_with_its_own_tags(world: Home, publish_model: Publish) -> None:
    publish_model(FIRST)
    publish_model(SECOND)
    with without_mlflow(world):
        tell(world, DOMAIN, Debt("training", FIRST, {"dagster.run_id": "1234"}))
    told = tell(world, DOMAIN, Debt("training", SECOND))
    assert told.url is not None
    assert [note.partition(",")[0] for note in told.notes] == [f"training {FIRST}"]
    newest, oldest = compare(world, DOMAIN).versions
    assert (newest.version, oldest.version) == (SECOND, FIRST)
    assert owed(world, DOMAIN) == ()


def test_what_was_told_before_needs_no_word_with_mlflow(
    world: Home, publish_model: Publish, publish_benchmark: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_model(FIRST)
    debts = Debt("training", FIRST), Debt("benchmark", publish_benchmark(FIRST).name)
    urls = [tell(world, DOMAIN, debt).url for debt in debts]
    monkeypatch.delattr(store, "connect")
    assert [tell(world, DOMAIN, debt, anew=False) for debt in debts] == [Told(url, ()) for url in urls]


def test_a_benchmark_is_told_again_once_mlflow_shows_another_one(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    publish_model(FIRST)
    one, other = (Debt("benchmark", publish_benchmark(FIRST, score=score).name) for score in (0.6, 0.7))
    for debt in (one, other):
        tell(world, DOMAIN, debt)
    tell(world, DOMAIN, one, anew=False)
    assert compare(world, DOMAIN).versions[0].benchmark == one.name


def test_what_was_told_before_settles_what_else_is_owed(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    publish_model(FIRST)
    tell(world, DOMAIN, Debt("training", FIRST))
    owe_promotion(world, publish_benchmark(FIRST))
    assert tell(world, DOMAIN, Debt("training", FIRST), anew=False).notes
    assert owed(world, DOMAIN) == ()


def test_an_owed_promotion_says_where_the_model_stays_and_when_it_is_decided(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    model, benchmark = publish_model(FIRST), publish_benchmark(FIRST)
    with without_mlflow(world), pytest.raises(DomainFtError) as raised:
        ask(world, benchmark)
    assert f"stays published at {model}, its promotion is owed and decided at the next train" in str(raised.value)
    assert raised.value.exit_code == 1
    assert [(debt.kind, debt.name) for debt in owed(world, DOMAIN)] == [("promotion", benchmark.name)]


def test_an_owed_promotion_is_decided_with_the_benchmark_that_was_owed(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    publish_model(FIRST)
    owe_promotion(world, publish_benchmark(FIRST))
    (sentence,) = settle(world, DOMAIN)
    assert "is done now: WIN over the base model" in sentence
    assert pointed(world.models(DOMAIN) / "champion") == world.models(DOMAIN) / FIRST
    assert owed(world, DOMAIN) == ()


def test_an_owed_promotion_meets_the_gate_of_its_own_margin(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    publish_model(FIRST)
    benchmark = publish_benchmark(FIRST, guards={"apfd": -0.05})
    with without_mlflow(world), pytest.raises(DomainFtError, match="owed"):
        promote_or_owe(world, DOMAIN, benchmark, PromotionSettings(margin=0.1), tags={})
    settle(world, DOMAIN)
    assert compare(world, DOMAIN).champion == FIRST


def test_a_champion_that_changed_meanwhile_is_the_gates_matter(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    """Two promotions are owed, both of candidates that beat the base: the second one has not beaten the first."""
    for version in (FIRST, SECOND):
        publish_model(version)
        owe_promotion(world, publish_benchmark(version))
    first, second = settle(world, DOMAIN)
    assert "WIN over the base model" in first
    assert second.endswith(f"the champion now is {FIRST}: benchmark the candidate again")
    standing = compare(world, DOMAIN)
    assert (standing.champion, standing.challenger) == (FIRST, SECOND)


def test_asking_again_settles_the_debt_itself(world: Home, publish_model: Publish, publish_benchmark: Publish) -> None:
    publish_model(FIRST)
    benchmark = publish_benchmark(FIRST)
    owe_promotion(world, benchmark)
    result = ask(world, benchmark)
    assert result.reason.startswith("WIN over the base model")
    assert result.notes == ()
    assert owed(world, DOMAIN) == ()


def test_the_same_debt_is_noted_once_and_keeps_its_date(world: Home, publish_model: Publish) -> None:
    publish_model(FIRST)
    with without_mlflow(world):
        tell(world, DOMAIN, Debt("training", FIRST, since="2024-01-01T00:00:00+00:00"))
        tell(world, DOMAIN, Debt("training", FIRST))
    assert [debt.since for debt in owed(world, DOMAIN)] == ["2024-01-01T00:00:00+00:00"]


def test_a_debt_about_a_folder_that_is_gone_is_forgotten(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    model = publish_model(FIRST)
    owe_promotion(world, publish_benchmark(FIRST))
    shutil.rmtree(model)
    assert settle(world, DOMAIN)[0].endswith("is owed no more: its folder is gone")
    assert owed(world, DOMAIN) == ()


def test_a_debt_that_fails_for_another_reason_stays_noted_and_holds_nothing_up(
    world: Home, publish_model: Publish, publish_benchmark: Publish
) -> None:
    (publish_model(FIRST) / "model.safetensors").write_bytes(b"other weights")
    publish_model(SECOND)
    owe_promotion(world, publish_benchmark(FIRST))
    owe_promotion(world, publish_benchmark(SECOND))
    altered, done = settle(world, DOMAIN)
    assert "still cannot be done" in altered
    assert "is done now: WIN" in done
    (left,) = owed(world, DOMAIN)
    assert "altered since it was published" in left.why


def test_while_mlflow_stays_out_of_reach_the_list_stays_as_it_is(world: Home, publish_model: Publish) -> None:
    publish_model(FIRST)
    with without_mlflow(world):
        tell(world, DOMAIN, Debt("training", FIRST))
        before = owed(world, DOMAIN)
        with pytest.raises(RegistryUnavailableError):
            settle(world, DOMAIN)
    assert owed(world, DOMAIN) == before


def test_what_mlflow_refuses_is_not_owed(world: Home, publish_model: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking again later would be refused again."""

    def refused(home: Home, *_: object, **__: object) -> None:
        with tracking.faults_as_sentences("sqlite://"):
            from mlflow import MlflowException

            raise MlflowException.invalid_parameter_value("too long")

    publish_model(FIRST)
    monkeypatch.setattr(owing, "record_training", refused)
    with pytest.raises(DomainFtError, match="too long"):
        tell(world, DOMAIN, Debt("training", FIRST))
    assert owed(world, DOMAIN) == ()


def test_a_list_that_cannot_be_read_is_one_sentence(world: Home) -> None:
    file = world.state / "owed" / f"{DOMAIN}.json"
    file.parent.mkdir()
    file.write_text("[]")
    with pytest.raises(DomainFtError, match=r"test_history\.json: not a list of what MLflow is owed"):
        owed(world, DOMAIN)
