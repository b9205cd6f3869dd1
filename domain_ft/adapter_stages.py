"""The stages that a domain of adapters has of its own: its records, its adapter, the comparison, the delivery.

Like `domain_ft.stages`, whose others it shares: one function each over the domain's settings and the state root.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from domain_ft.adapter.train_adapter import AdapterResult, train_adapter
from domain_ft.delivery.settings import DeliverySettings
from domain_ft.domain import AdapterDomain
from domain_ft.errors import InputError
from domain_ft.newest import newest_dataset, newest_model, newest_raw
from domain_ft.progress import Progress, silent
from domain_ft.store.done import note_done
from domain_ft.store.home import Home, readable_path
from domain_ft.training.device import resolve_device
from domain_ft.training.lease import device_lease
from domain_ft.training.progress import OnEvent, ignore
from domain_ft.training.supervise import never

if TYPE_CHECKING:
    from domain_ft.comparison.compare import ComparisonResult
    from domain_ft.delivery.export_adapter import OllamaExport
    from domain_ft.mining.result import DatasetResult
    from domain_ft.prompt_search.optimize import PromptResult
    from domain_ft.requirements.raw_audit import AuditResult


def audit(domain: AdapterDomain, home: Home, raw: Path | None = None, *, progress: Progress = silent) -> "AuditResult":
    """Requirement records as they landed (None: the newest) into a report of what is wrong with them."""
    from domain_ft.requirements.raw_audit import audit_raw

    result = audit_raw(raw or newest_raw(domain, home), home.audits(domain.name), domain.audit, progress)
    note_done(home, domain.name, "audit")
    return result


def fix(domain: AdapterDomain, home: Home, raw: Path | None = None, *, progress: Progress = silent) -> "DatasetResult":
    """Requirement records as they landed (None: the newest) into sound ones, divided into train, validation, test."""
    from domain_ft.requirements.dataset import build_requirements_dataset

    curated = domain.dataset.evaluation_file
    result = build_requirements_dataset(
        raw or newest_raw(domain, home),
        home.fixed(domain.name),
        domain.dataset,
        readable_path(curated, home) if curated else None,
        progress,
    )
    note_done(home, domain.name, "fixed")
    return result


def train(
    domain: AdapterDomain,
    home: Home,
    dataset: Path | None = None,
    *,
    on_event: OnEvent = ignore,
    cancelled: Callable[[], bool] = never,
    tags: Mapping[str, str] | None = None,
) -> AdapterResult:
    """Fixed records (None: the newest) into a published adapter, registered in MLflow as a version of the domain's."""
    from domain_ft.mining.checks import require_none_blocks
    from domain_ft.registry.owed import Debt, tell
    from domain_ft.requirements.checks import evaluate_requirements_dataset

    dataset = dataset or newest_dataset(domain, home)
    require_none_blocks(dataset, evaluate_requirements_dataset(dataset, domain.audit.near_duplicate))
    result = train_adapter(
        domain=domain.name, home=home, dataset=dataset, settings=domain.training, on_event=on_event, cancelled=cancelled
    )
    note_done(home, domain.name, "lora_adapter")
    told = tell(home, domain.name, Debt("training", result.version, tags or {}), anew=not result.reused)
    return replace(result, mlflow_url=told.url, notes=told.notes)


def benchmark(
    domain: AdapterDomain,
    home: Home,
    adapter: Path | None = None,
    *,
    progress: Progress = silent,
    provenance: Mapping[str, str] | None = None,
) -> "ComparisonResult":
    """An adapter (None: the newest) against its base, the champion and answers that take no model.

    A promotion that is owed comes first: it decides who the champion is.
    """
    from domain_ft.judge_adapter import judge_adapter
    from domain_ft.registry.owed import Debt, settle_if_reached, tell

    adapter = adapter or newest_model(domain, home)
    settled = settle_if_reached(home, domain.name)
    result = judge_adapter(domain, home, adapter, progress=progress, provenance=provenance)
    note_done(home, domain.name, "benchmark")
    told = tell(home, domain.name, Debt("benchmark", result.digest, provenance or {}), anew=not result.reused)
    return replace(result, mlflow_url=told.url, notes=(*settled, *result.notes, *told.notes))


def optimize_prompt(
    domain: AdapterDomain, home: Home, dataset: Path | None = None, *, progress: Progress = silent
) -> "PromptResult":
    """A prompt that the base model answers better than the default one, by fixed records (None: the newest)."""
    from domain_ft.adapter.base_model import resolve_base_model
    from domain_ft.llm.local import load_generator
    from domain_ft.prompt_search.optimize import optimize_prompt as search

    device = domain.training.device
    base = resolve_base_model(domain.training.base_model, domain.training.base_revision, home, progress)

    with device_lease(
        home, resolve_device(device), f"optimizes a prompt of {domain.name}", on_wait=lambda said: progress(said, 0)
    ):
        return search(
            domain.prompt,
            domain.dataset.score,
            home,
            domain.name,
            dataset or newest_dataset(domain, home),
            lambda: load_generator(base.path, device),
            base.sha256,
            progress=progress,
        )


def export_ollama(
    domain: AdapterDomain,
    home: Home,
    adapter: Path | None = None,
    *,
    delivery: DeliverySettings | None = None,
    progress: Progress = silent,
) -> "OllamaExport":
    """An adapter (None: the champion) made ready for Ollama and, unless the settings (None: the domain's) say
    otherwise, made there."""
    from domain_ft.delivery.export_adapter import export_adapter
    from domain_ft.judge import champion_folder
    from domain_ft.judge_adapter import tuned_model

    chosen = adapter or champion_folder(home, domain.name)
    if chosen is None:
        raise InputError(
            f"{domain.name} has no champion to deliver; name a version (--model), as domain-ft compare {domain.name} "
            "lists them"
        )
    tuned = tuned_model(home, domain.name, chosen, progress)
    options = domain.benchmark.options
    return export_adapter(delivery or domain.delivery, options, home, domain.name, tuned, progress=progress)
