"""The models that are compared, each loaded only if it is asked, and held while there is room."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from domain_ft.adapter.generator import load_tuned_generator, tuned_digest
from domain_ft.comparison.arms import BASE, CANDIDATE, CHAMPION, Arm
from domain_ft.comparison.held_models import HeldModels
from domain_ft.llm.local import LocalGenerator, load_generator
from domain_ft.model_folders.digest import model_digest
from domain_ft.requirements.prompt import PromptTemplate


@dataclass(frozen=True)
class TunedModel:
    """A published adapter, the folder of the base that it was made for, and the dataset that it was trained on."""

    adapter: Path
    base: Path
    dataset: Path

    @cached_property
    def base_sha256(self) -> str:
        """The digest of all that the base computes with, as it lies there; of a large model it takes long."""
        return model_digest(self.base)


def model_arms(
    tuned: TunedModel, champion: TunedModel | None, prompt: PromptTemplate | None, device: str
) -> tuple[Arm, ...]:
    """Base and candidate, each with the optimized prompt, too, where there is one; and the champion, where that is."""
    held = HeldModels(device)

    def of(model: TunedModel) -> Callable[[], LocalGenerator]:
        return lambda: held.take(
            model.adapter, model.base, lambda: load_tuned_generator(model.adapter, model.base, device)
        )

    def plain() -> LocalGenerator:
        return held.take(tuned.base, tuned.base, lambda: load_generator(tuned.base, device))

    base = Arm(BASE, "the base model as it is", tuned.base_sha256, plain)
    candidate = Arm(CANDIDATE, "the base model with the new adapter", tuned_digest(tuned.adapter), of(tuned))
    arms = [base, candidate]
    if prompt is not None:
        arms += [
            Arm("base_optimized", "the base model, asked with the optimized prompt", base.digest, base.load, prompt),
            Arm("candidate_optimized", "the candidate, asked so", candidate.digest, candidate.load, prompt),
        ]
    if champion is not None:
        arms.append(Arm(CHAMPION, "the adapter in use", tuned_digest(champion.adapter), of(champion)))
    return tuple(arms)
