"""The jobs of a domain: one for each preset, one that only ingests, one that does all that follows.

A preset job carries its preset's name in a tag and no config: any config given in the Launchpad would replace a
job's own as a whole, while the tag stays and the given keys are laid over it.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from domain_ft.components.generated_pairs_asset import NAME, generates
from domain_ft.components.launchpad import DOMAIN_TAG, PRESET_TAG, asset_key
from domain_ft.domain import Domain

RETRAINING = {"embedding": "Mine, train, benchmark and promote", "adapter": "Audit, fix, train, benchmark and promote"}
"""What a retrain does, by the kind of domain."""


def domain_jobs(domain: Domain) -> list[Any]:
    """All jobs of a domain."""
    return [
        *(preset_job(domain, preset) for preset in domain.settings.presets),
        ingest_job(domain),
        retrain_job(domain),
        *([generate_job(domain)] if generates(domain) else []),
    ]


def preset_job(domain: Domain, preset: str) -> Any:
    """The whole chain with a preset's settings; what it takes comes first, for lists show only the beginning."""
    changes = described_changes(domain.settings.presets[preset])
    cost = domain.settings.preset_costs.get(preset)
    return _job(
        domain,
        f"{domain.name}_{preset}",
        domain.stages,
        (f"Takes {cost}. " if cost else "")
        + f"From the landing folder to the {domain.stages[-1]} with the preset {preset}: {changes}.",
        {PRESET_TAG: preset},
    )


def run_job(domain: Domain) -> Any:
    """The whole chain with the domain's own settings: what `domain-ft run` executes where no preset is named.

    It is not among a domain's jobs in the UI: there, "Materialize all" does the same.
    """
    return _job(domain, f"{domain.name}_run", domain.stages, f"From the landing folder to the {domain.stages[-1]}.")


def ingest_job(domain: Domain) -> Any:
    """What landed becomes tables; nothing is trained."""
    return _job(
        domain, f"{domain.name}_ingest", domain.stages[:1], "Read what lies in the landing folder; nothing is trained."
    )


def retrain_job(domain: Domain) -> Any:
    """All that follows the tables, with the domain's own settings."""
    return _job(
        domain,
        f"{domain.name}_retrain",
        (*domain.stages[1:], *domain.follow_ups),
        f"{RETRAINING[domain.kind]} from the tables there are, with the domain's own settings.",
    )


def generate_job(domain: Domain) -> Any:
    """Documents become pairs, which land; nothing is ingested or trained."""
    return _job(
        domain,
        f"{domain.name}_generate",
        (NAME,),
        "Make query-passage pairs of the papers and manuals in the folder of documents; they land as files of rows.",
    )


def described_changes(preset: Mapping[str, Mapping[str, Any]]) -> str:
    """A preset's values in one line."""
    values = [f"{section}.{key} = {_shown(value)}" for section, keys in preset.items() for key, value in keys.items()]
    return ", ".join(values) or "the domain's own settings"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_shown(inner)}" for key, inner in value.items()) + "}"
    return "null" if value is None else str(value)


def _job(
    domain: Domain, name: str, stages: tuple[str, ...], description: str, tags: Mapping[str, str] | None = None
) -> Any:
    return dg.define_asset_job(
        name,
        selection=dg.AssetSelection.assets(*(asset_key(domain.name, stage) for stage in stages)),
        description=description,
        tags={DOMAIN_TAG: domain.name, **(tags or {})},
    )
