"""The registered versions side by side, in groups whose numbers may be compared at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from domain_ft.registry.aliases import put_right, read_standing
from domain_ft.registry.report import StandingReport, VersionRow, standing_report
from domain_ft.registry.store import open_registry
from domain_ft.store.home import Home


@dataclass(frozen=True)
class Group:
    """Versions judged on the same builds by the same metrics, the best first."""

    comparison_digest: str
    dataset_digests: tuple[str, ...]
    primary_metric: str | None
    versions: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The group as JSON values."""
        return {
            "comparison_digest": self.comparison_digest,
            "dataset_digests": list(self.dataset_digests),
            "primary_metric": self.primary_metric,
            "versions": list(self.versions),
        }


@dataclass(frozen=True)
class VersionTable(StandingReport):
    """All versions of a domain; scores of different groups say nothing about each other."""

    groups: tuple[Group, ...]

    def as_json(self) -> dict[str, Any]:
        """The keys that scripts rely on."""
        return {**super().as_json(), "groups": [group.as_json() for group in self.groups]}


def compare(home: Home, domain: str) -> VersionTable:
    """The versions of a domain as MLflow knows them; what a kill has left apart is put right on the way."""
    with open_registry(home, domain) as registry:
        standing = read_standing(registry)
        put_right(registry, standing)
        report = standing_report(registry, standing)
    return VersionTable(**vars(report), groups=grouped(report.versions))


def grouped(rows: Sequence[VersionRow]) -> tuple[Group, ...]:
    """The benchmarked rows by comparison digest and metric, in the order of each group's newest version."""
    keys = dict.fromkeys((row.comparison_digest, row.primary_metric) for row in rows if row.comparison_digest)
    groups = []
    for digest, metric in keys:
        members = [row for row in rows if (row.comparison_digest, row.primary_metric) == (digest, metric)]
        members.sort(key=_score, reverse=True)
        datasets = dict.fromkeys(row.dataset_digest for row in members if row.dataset_digest)
        groups.append(Group(str(digest), tuple(datasets), metric, tuple(row.version for row in members)))
    return tuple(groups)


def _score(row: VersionRow) -> float:
    mean = row.score.get("mean") if row.score else None
    return float("-inf") if mean is None else mean
