"""What the assets beside the chain do alike: each stands after the champion, and a retrain makes it anew."""

from typing import Any

import dagster as dg

from domain_ft.components.launchpad import asset_key, given_overrides, section_config
from domain_ft.components.step import asset_arguments
from domain_ft.domain import EmbeddingDomain
from domain_ft.errors import NothingToJudgeError
from domain_ft.resources.compute import POOL


def follow_up_arguments(domain: EmbeddingDomain, name: str) -> dict[str, Any]:
    """The arguments of `dg.asset` for what the settings' section of that name describes."""
    return {
        **asset_arguments(domain, name, device=domain.training.device),
        "deps": [asset_key(domain.name, "champion")],
        "config_schema": section_config(name, domain.section(name)),
        "pool": POOL,
    }


def is_trial(domain: EmbeddingDomain, name: str, run: dg.DagsterRun) -> bool:
    """Whether the run was given other settings for it: what it makes is published then, and not used."""
    return any(setting.startswith(f"{name}.") for setting in given_overrides(domain, run.run_config))


def passed_over(context: dg.AssetExecutionContext, check: str, error: NothingToJudgeError) -> dg.AssetCheckResult:
    """The check's result where there is too little to make it of: a warning, for a retrain is not to fail for that."""
    context.log.warning(str(error))
    return dg.AssetCheckResult(check_name=check, passed=True, description=f"Not asked: {error}")
