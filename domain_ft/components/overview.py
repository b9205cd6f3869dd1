"""What is about all domains at once: the board that tells where each stands, and the work that MLflow is owed.

Both are assets, so that the UI keeps their history: the board of each morning, and what became of each debt.
"""

import time
from typing import Any

import dagster as dg

from domain_ft.amounts import counted
from domain_ft.components.launchpad import asset_key
from domain_ft.components.step import plain_failures
from domain_ft.domain import Domain
from domain_ft.domains import all_domains
from domain_ft.registry.owed import owed
from domain_ft.resources.mlflow import Mlflow
from domain_ft.resources.state import StateRoot
from domain_ft.store.home import Home

GROUP = "overview"
BOARD, OWED = dg.AssetKey([GROUP, "status_board"]), dg.AssetKey([GROUP, "owed_work"])
MORNING = "0 6 * * *"
LOOK_EVERY_S = 30
TRY_EVERY_S = 3600.0
"""MLflow is tried again so long after the last try, for as long as it is owed something."""
SHOWN = ("name", "rows", "new_rows", "trained_at", "verdict", "champion")
"""Columns of the board: few enough to be seen beside each other on the asset's page."""


def overview() -> dg.Definitions:
    """The assets about all domains, and what keeps them up to date."""
    domains = all_domains()
    return dg.Definitions(
        assets=[owed_work_asset(domains), status_board_asset(domains)],
        jobs=[settle_job()],
        sensors=[owed_sensor(domains), board_sensor()],
    )


def status_board_asset(domains: list[Domain]) -> dg.AssetsDefinition:
    """Where every domain stands."""

    @dg.asset(
        **_arguments(BOARD, "table"),
        deps=[OWED, *(asset_key(domain.name, stage) for domain in domains for stage in domain.stages)],
        automation_condition=board_condition(),
        description="Where every domain stands, as one table: rows, new rows, last training, verdict, champion, what "
        "MLflow is owed, and all of that in a sentence. The same as `domain-ft status`.",
    )
    def status_board(context: dg.AssetExecutionContext, state: StateRoot) -> Any:
        from domain_ft.components.metadata_values import table
        from domain_ft.status import status_of_domain

        with plain_failures():
            rows = [status_of_domain(domain, state.home()) for domain in domains]
            for row in rows:
                context.log.info(f"{row['name']}: {row['says']}")
            board = table({**{name: row[name] for name in SHOWN}, "owed": len(row["owed"])} for row in rows)
            return dg.MaterializeResult(
                metadata={
                    "in_words": dg.MetadataValue.md("\n".join(f"- **{row['name']}**: {row['says']}" for row in rows)),
                    "board": board,
                    "domains": len(rows),
                    "champions": sum(row["champion"] is not None for row in rows),
                    "owed": sum(len(row["owed"]) for row in rows),
                    "failures": sum(row["failure"] is not None for row in rows),
                }
            )

    return status_board


def owed_work_asset(domains: list[Domain]) -> dg.AssetsDefinition:
    """What MLflow is owed, told to it."""

    @dg.asset(
        **_arguments(OWED, "mlflow"),
        description="What MLflow could not be told while it was down (trainings, benchmarks, promotions), told to it "
        "now, in its order. Where it still cannot be reached, everything stays owed.",
    )
    def owed_work(context: dg.AssetExecutionContext, state: StateRoot, mlflow: Mlflow) -> Any:
        from domain_ft import stages

        with plain_failures():
            mlflow.use()
            home, said = state.home(), []
            before = _debts(home, domains)
            for domain in domains:
                said += [f"{domain.name}: {note}" for note in stages.settle_owed(domain, home)]
            for sentence in said:
                context.log.info(sentence)
            left = _debts(home, domains)
            words = dg.MetadataValue.md("\n".join(f"- {sentence}" for sentence in said) or "nothing is owed")
            return dg.MaterializeResult(metadata={"done": before - left, "still_owed": left, "in_words": words})

    return owed_work


def _arguments(key: dg.AssetKey, kind: str) -> dict[str, Any]:
    """The arguments of `dg.asset` that follow from the key: group, owners, tags."""
    return {
        "key": key,
        "group_name": GROUP,
        "kinds": {kind},
        "owners": ["team:domain_ft"],
        "tags": {"domain_ft/stage": key.path[-1], "domain_ft/device": "cpu"},
    }


def _debts(home: Home, domains: list[Domain]) -> int:
    """How many entries MLflow is owed of all domains."""
    return sum(len(owed(home, domain.name)) for domain in domains)


def board_condition() -> Any:
    """When the board is made anew, in words that the UI shows beside each condition."""
    condition = dg.AutomationCondition
    news = (
        condition.newly_missing().with_label("there is no board yet")
        | condition.any_deps_updated().with_label("a domain has something new")
        | condition.cron_tick_passed(MORNING).with_label("it is morning (06:00 UTC)")
    ).with_label("there is news")
    untold = news.since_last_handled().with_label("there is news that the board does not tell yet")
    quiet = (~condition.any_deps_in_progress()).with_label("nothing is being made in a domain")
    free = (~condition.in_progress()).with_label("the board is not being made already")
    return (untold & quiet & free).with_label("the board is out of date, and all is quiet")


def board_sensor() -> dg.SensorDefinition:
    """Evaluates the board's condition."""
    return dg.AutomationConditionSensorDefinition(
        "domain_ft_board",
        target=dg.AssetSelection.assets(BOARD),
        minimum_interval_seconds=LOOK_EVERY_S,
        description="Makes the status board anew each morning, and whenever a domain has something new.",
    )


def settle_job() -> Any:
    """Tells MLflow what it is owed."""
    return dg.define_asset_job(
        f"{GROUP}_settle",
        dg.AssetSelection.assets(OWED),
        description="Tell MLflow what it is owed, if it can be reached.",
    )


def owed_sensor(domains: list[Domain]) -> dg.SensorDefinition:
    """What MLflow is owed is tried again."""

    @dg.sensor(
        name="domain_ft_owed",
        job_name=f"{GROUP}_settle",
        minimum_interval_seconds=LOOK_EVERY_S,
        description=f"Tries again to tell MLflow what it is owed, every {TRY_EVERY_S / 60:.0f} minutes at most.",
    )
    def domain_ft_owed(context: dg.SensorEvaluationContext, state: StateRoot) -> dg.SensorResult:
        wait = _why_wait(state.home(), domains, float(context.cursor or 0), now := time.time())
        if wait:
            return dg.SensorResult(skip_reason=wait, cursor=context.cursor)
        return dg.SensorResult([dg.RunRequest()], cursor=str(now))

    return domain_ft_owed


def _why_wait(home: Home, domains: list[Domain], tried: float, now: float) -> str | None:
    """Why MLflow is not tried now; None if it is owed something, and the last try is long enough ago."""
    debts = _debts(home, domains)
    if not debts:
        return "MLflow is owed nothing"
    if 0 <= now - tried < TRY_EVERY_S:
        return (
            f"MLflow is owed {counted(debts, 'entries')}; tried {int((now - tried) / 60)} minutes ago, "
            f"and again after {TRY_EVERY_S / 60:.0f}"
        )
    return None
