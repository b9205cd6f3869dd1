"""What a dataset holds out, without the units that a model in use has learned from: a champion may have been trained on
an older dataset, whose splits were others, and figures on what it knows would flatter it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from domain_ft.store.home import Home
from domain_ft.store.publish import read_manifest
from domain_ft.uses.used_model import UsedModel

if TYPE_CHECKING:
    from domain_ft.evaluation.task import RetrievalTask


def unlearned_task(
    home: Home, domain: str, dataset: Path, split: str, models: Mapping[str, UsedModel]
) -> tuple["RetrievalTask", dict[str, int]]:
    """The task of a split without the units that any of the models (name -> model) has learned from, and how many went
    per reason, such as `seen_by_<name>`; DomainFtError where what a model was trained on cannot be read."""
    from domain_ft.evaluation.case import seen_in_training
    from domain_ft.evaluation.held_out import open_dataset

    held_out = open_dataset(home.raw(domain) / read_manifest(dataset)["raw"], dataset)
    seen = {name: _learned_from(home, domain, model, split) for name, model in models.items()}
    exclude, excluded = seen_in_training(held_out, split, seen)
    return held_out.task(split, exclude), excluded


def _learned_from(home: Home, domain: str, model: UsedModel, split: str) -> frozenset[str]:
    from domain_ft.evaluation.arms import ModelArm, units_trained_on

    if model.kind not in ("champion", "version"):
        return frozenset()
    dataset = home.triplets(domain) / str(read_manifest(model.path)["dataset"])
    return units_trained_on(ModelArm("candidate", model.encode, model.name, model.identity, dataset), split)
