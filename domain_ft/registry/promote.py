"""Promotion: the one way to become champion, one at a time, decided by the gate and by nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain_ft.evaluation.benchmark_file import read_benchmark
from domain_ft.registry.aliases import CHAMPION, Standing, challenge, crown, read_standing, repair_link
from domain_ft.registry.evidence import Evidence, evidence_of
from domain_ft.registry.gate import Contest, PromotionDecision, decide_promotion
from domain_ft.registry.lineage import succeeded
from domain_ft.registry.record import log_benchmark, register_model
from domain_ft.registry.report import StandingReport, standing_report
from domain_ft.registry.runs import find_run, set_tags
from domain_ft.registry.settings import PromotionSettings
from domain_ft.registry.store import VERSION_TAG, Registry, open_registry
from domain_ft.registry.versions import PROMOTED_TAG, RegisteredVersion, describe_version, tag_version
from domain_ft.store.home import Home
from domain_ft.store.publish import pointed, verify_folder


@dataclass(frozen=True)
class PromotionResult(StandingReport):
    """What a promotion or a rollback came to, and who stands where after it."""

    version: str
    """The version that it was about."""
    path: Path
    """That version's folder."""
    promoted: bool
    """Whether that version is the champion now."""
    reason: str
    verdict: str | None
    """The benchmark's verdict."""
    url: str | None
    """The page of that version's run in MLflow."""

    def as_json(self) -> dict[str, Any]:
        """The keys that scripts rely on."""
        own = {name: getattr(self, name) for name in ("version", "promoted", "reason", "verdict", "url")}
        return {**super().as_json(), **own, "path": str(self.path)}


def promote(
    home: Home,
    domain: str,
    benchmark: Path,
    promotion: PromotionSettings,
    *,
    model: Path | None = None,
    tags: Mapping[str, str] | None = None,
) -> PromotionResult:
    """Let a benchmark decide whether its candidate becomes the champion; told again, it says the same again.

    `model` is the folder that asks to be promoted, where that is not simply the benchmarked one. A candidate that is
    not let through stays `challenger`. Its folder is compared with its manifest before anything moves. Raises
    DomainFtError if the benchmark or the folder cannot be used, or MLflow does not answer.
    """
    document = read_benchmark(benchmark)
    evidence = evidence_of(document)
    model = model or home.models(domain) / evidence.candidate
    with open_registry(home, domain) as registry:
        record = register_model(registry, model, tags or {})
        if evidence.candidate == record.version:
            log_benchmark(registry, record, benchmark, document, tags or {})
        standing = champion_adopted(registry, read_standing(registry))
        decision, standing = _decide_and_move(registry, standing, evidence, promotion, model, tags or {})
        return promotion_result(registry, standing, model, decision, evidence.outcome)


def champion_adopted(registry: Registry, standing: Standing) -> Standing:
    """The standing with the alias of a champion that only the link on disk knows (MLflow's store is a new one)."""
    folder = pointed(registry.home.models(registry.domain) / CHAMPION)
    if standing.champion is not None or folder is None:
        return standing
    register_model(registry, folder, {})
    known = read_standing(registry)
    return crown(registry, known, succeeded(known.succession, folder.name), forward=True)


def promotion_result(
    registry: Registry, standing: Standing, model: Path, decision: PromotionDecision, verdict: str | None
) -> PromotionResult:
    """The answer to a promotion or a rollback."""
    report = standing_report(registry, standing)
    row = next((row for row in report.versions if row.version == model.name), None)
    return PromotionResult(
        **vars(report),
        version=model.name,
        path=model,
        promoted=decision.promote,
        reason=decision.reason,
        verdict=verdict,
        url=row.run_url if row else None,
    )


def _decide_and_move(
    registry: Registry,
    standing: Standing,
    evidence: Evidence,
    promotion: PromotionSettings,
    model: Path,
    tags: Mapping[str, str],
) -> tuple[PromotionDecision, Standing]:
    candidate = standing.version(model.name)
    if candidate is not None and standing.champion == candidate.version:
        standing = crown(registry, standing, standing.succession, forward=True)
        then = decide_promotion(evidence, promotion, Contest(model.name, evidence.champion))
        if then.promote and PROMOTED_TAG not in candidate.tags:
            _describe(registry, candidate, then, tags)
        return PromotionDecision(True, f"{candidate.version} is the champion already"), standing
    rolled_back = candidate.rolled_back if candidate else None
    decision = decide_promotion(evidence, promotion, Contest(model.name, standing.champion, rolled_back))
    if decision.promote:
        verify_folder(model)
        standing = crown(registry, standing, succeeded(standing.succession, model.name), forward=True)
    else:
        repair_link(registry, standing)
        if evidence.candidate == model.name and not rolled_back:
            standing = challenge(registry, standing, model.name)
    if candidate is not None:
        _describe(registry, candidate, decision, tags)
    return decision, standing


def _describe(
    registry: Registry, candidate: RegisteredVersion, decision: PromotionDecision, tags: Mapping[str, str]
) -> None:
    """Say in MLflow what was decided; of a promotion also where (at the run) and, last, when: then all is written."""
    state = "Promoted" if decision.promote else "Not promoted"
    describe_version(registry, candidate.number, f"{state}: {decision.reason}.")
    if decision.promote:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        run = find_run(registry, VERSION_TAG, candidate.version)
        if run is not None:
            set_tags(registry, run.run_id, {f"promotion.{key}": value for key, value in tags.items()})
        tag_version(registry, candidate.number, {PROMOTED_TAG: now})
