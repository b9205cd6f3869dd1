"""Who stands where, as a table of versions: what promote, rollback and compare all answer with."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from domain_ft.registry.aliases import CHALLENGER, CHAMPION, PREVIOUS, Standing
from domain_ft.registry.runs import DATASET_TAG
from domain_ft.registry.store import Registry
from domain_ft.registry.versions import (
    BENCHMARK_TAG,
    COMPARISON_TAG,
    DIFFERENCE_TAG,
    PRIMARY_TAG,
    REFERENCE_TAG,
    SCORE_TAG,
    VERDICT_TAG,
    RegisteredVersion,
)
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published


@dataclass(frozen=True)
class VersionRow:
    """One registered version and its last benchmark; None where it was never benchmarked."""

    version: str
    number: str
    aliases: tuple[str, ...]
    verdict: str | None
    primary_metric: str | None
    score: Mapping[str, float | None] | None
    difference: Mapping[str, float | None] | None
    """Of the score to that of `reference`: the champion of then, or `base`."""
    reference: str | None
    benchmark: str | None
    comparison_digest: str | None
    """Equal for rows whose scores may be compared: same test split, corpus and metric definitions."""
    dataset_digest: str | None
    registered_at: str
    rolled_back: str | None
    published: bool
    """Whether its folder lies on this disk."""
    run_url: str | None

    def as_json(self) -> dict[str, Any]:
        """The row as JSON values."""
        return {**asdict(self), "aliases": list(self.aliases)}


Report = TypeVar("Report", bound="StandingReport")


@dataclass(frozen=True)
class StandingReport:
    """The holders of the aliases, by version, and all versions, the newest first."""

    domain: str
    champion: str | None
    challenger: str | None
    previous: str | None
    versions: tuple[VersionRow, ...]
    registry_url: str
    """The page of the registered model in MLflow."""
    notes: tuple[str, ...] = field(default=(), kw_only=True)
    """What else happened on the way: what was owed to MLflow and is done now, what was removed."""

    def as_json(self) -> dict[str, Any]:
        """The keys that scripts rely on."""
        return {
            "domain": self.domain,
            "champion": self.champion,
            "challenger": self.challenger,
            "previous": self.previous,
            "registry_url": self.registry_url,
            "versions": [row.as_json() for row in self.versions],
            "notes": list(self.notes),
        }


def standing_report(registry: Registry, standing: Standing) -> StandingReport:
    """The table of a domain's versions."""
    rows = tuple(_row(registry, standing, each) for each in standing.versions)
    return StandingReport(
        registry.domain, standing.champion, standing.challenger, standing.previous, rows, registry.url
    )


def still_published(report: Report, home: Home) -> Report:
    """The report with another look at which folders lie on this disk."""
    models = home.models(report.domain)
    rows = tuple(replace(row, published=is_published(models / row.version)) for row in report.versions)
    return replace(report, versions=rows)


def _row(registry: Registry, standing: Standing, each: RegisteredVersion) -> VersionRow:
    holders = {CHAMPION: standing.champion, CHALLENGER: standing.challenger, PREVIOUS: standing.previous}
    return VersionRow(
        version=each.version,
        number=each.number,
        aliases=tuple(alias for alias, holder in holders.items() if holder == each.version),
        verdict=each.tags.get(VERDICT_TAG),
        primary_metric=each.tags.get(PRIMARY_TAG),
        score=_interval(each.tags.get(SCORE_TAG)),
        difference=_interval(each.tags.get(DIFFERENCE_TAG)),
        reference=each.tags.get(REFERENCE_TAG),
        benchmark=each.tags.get(BENCHMARK_TAG),
        comparison_digest=each.tags.get(COMPARISON_TAG),
        dataset_digest=each.tags.get(DATASET_TAG),
        registered_at=datetime.fromtimestamp(each.registered_at, UTC).isoformat(timespec="seconds"),
        rolled_back=each.rolled_back,
        published=is_published(registry.home.models(registry.domain) / each.version),
        run_url=registry.run_url(each.run_id) if each.run_id else None,
    )


def _interval(value: str | None) -> Mapping[str, float | None] | None:
    try:
        interval = json.loads(value) if value else None
    except ValueError:
        return None
    return interval if isinstance(interval, dict) else None
