"""Judging a published adapter: on which base it stands, and which champion it is compared with."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from domain_ft.adapter.base_model import base_of_adapter
from domain_ft.comparison.compare import ComparisonResult, compare_tuned
from domain_ft.comparison.model_arms import TunedModel
from domain_ft.domain import AdapterDomain
from domain_ft.judge import champion_folder
from domain_ft.progress import Progress, silent
from domain_ft.prompt_search.optimize import load_prompt
from domain_ft.requirements.prompt import PromptTemplate
from domain_ft.store.home import Home
from domain_ft.store.publish import pointed, read_manifest, verify_folder


def judge_adapter(
    domain: AdapterDomain,
    home: Home,
    adapter: Path,
    *,
    progress: Progress = silent,
    provenance: Mapping[str, str] | None = None,
) -> ComparisonResult:
    """Publish the comparison of an adapter with its base, the champion if there is another one, and plain answers."""
    champion, tuned = champion_folder(home, domain.name), tuned_model(home, domain.name, adapter, progress)
    rival = tuned_model(home, domain.name, champion, progress) if champion and champion.name != adapter.name else None
    prompt, notes = prompt_for(home, domain.name, tuned)
    result = compare_tuned(
        domain.benchmark,
        domain.dataset.score,
        home,
        domain.name,
        tuned,
        champion=rival,
        prompt=prompt,
        margin=domain.promotion.margin,
        device=domain.training.device,
        progress=progress,
        provenance=provenance,
    )
    return replace(result, notes=notes)


def tuned_model(home: Home, domain: str, adapter: Path, progress: Progress = silent) -> TunedModel:
    """A published adapter, the base that its settings name, as it lies on this machine, and what it learned from."""
    verify_folder(adapter)
    dataset = home.fixed(domain) / read_manifest(adapter)["dataset"]
    return TunedModel(adapter, base_of_adapter(adapter, home, progress).path, dataset)


def prompt_for(home: Home, domain: str, tuned: TunedModel) -> tuple[PromptTemplate | None, tuple[str, ...]]:
    """The newest prompt that was searched for with a model's base and dataset, if it beat the default one there;
    otherwise a sentence that says why none is compared."""
    folder = pointed(home.prompts(domain) / "current")
    if folder is None:
        return None, ()
    manifest = read_manifest(folder)
    if manifest["model_digest"] != tuned.base_sha256 or manifest["dataset_digest"] != tuned.dataset.name:
        return None, (
            f"the optimized prompt {folder.name} was searched for with another base or dataset, so it is not compared; "
            f"domain-ft optimize-prompt {domain} searches anew",
        )
    if not manifest["beats_default"]:
        return None, (f"no prompt beat the default one ({folder.name}), so there is none to compare",)
    return load_prompt(folder), ()
