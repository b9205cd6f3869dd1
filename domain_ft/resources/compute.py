"""One door to compute: how a domain's training is run, whatever machine it runs on.

The asset says what is to be trained; where (this machine's CPU or GPU today, a pod or a Ray cluster behind the same
door later) is a matter of the deployment, and so of this resource.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field

from domain_ft.domain import AdapterDomain, AnyDomain, EmbeddingDomain
from domain_ft.embedding.base_choice import BaseChoice
from domain_ft.progress import Progress
from domain_ft.resources.live_view import LiveView
from domain_ft.store.home import Home

if TYPE_CHECKING:
    from domain_ft.adapter.train_adapter import AdapterResult
    from domain_ft.bases.train import TrainedBase
    from domain_ft.embedding.train_model import TrainingResult

POOL = "compute"
"""The pool of every step that trains or encodes: as many at once as the instance allows (by default one)."""


class Compute(dg.ConfigurableResource):
    """Runs trainings, shows them live, and says on which device."""

    device: str | None = Field(
        None, description="Device for every domain here (auto, cpu, cuda, cuda:N); null leaves it to the domain."
    )
    observe_every_s: float = Field(5.0, description="Seconds between two points of a live curve, at least.")

    def on_this_device(self, domain: AnyDomain) -> AnyDomain:
        """The domain with this deployment's device in place of its own."""
        return domain.with_overrides({"training.device": self.device}) if self.device else domain

    def live_view(self, context: dg.AssetExecutionContext) -> LiveView:
        """A listener that shows a training as observations of the step's asset."""
        partition = context.partition_key if context.has_partition_key else None
        return LiveView(context, context.asset_key, self.observe_every_s, partition=partition)

    def train(
        self,
        domain: EmbeddingDomain,
        home: Home,
        dataset: Path,
        context: dg.AssetExecutionContext,
        tags: Mapping[str, str],
    ) -> "TrainingResult":
        """Train on a published dataset in a process of its own; cancelling the step ends it with a checkpoint."""
        from domain_ft import stages

        return stages.train(self.on_this_device(domain), home, dataset, on_event=self.live_view(context), tags=tags)

    def train_adapter(
        self,
        domain: AdapterDomain,
        home: Home,
        dataset: Path,
        context: dg.AssetExecutionContext,
        tags: Mapping[str, str],
    ) -> "AdapterResult":
        """Train an adapter in the same way."""
        from domain_ft import adapter_stages

        return adapter_stages.train(
            self.on_this_device(domain), home, dataset, on_event=self.live_view(context), tags=tags
        )

    def train_base(
        self,
        domain: EmbeddingDomain,
        home: Home,
        base: BaseChoice,
        dataset: Path,
        context: dg.AssetExecutionContext,
        progress: Progress,
    ) -> "TrainedBase":
        """Tune one of several base models and judge it on validation, in the same way."""
        from domain_ft.bases.train import train_base

        settings = self.on_this_device(domain)
        return train_base(settings, home, base, dataset, on_event=self.live_view(context), progress=progress)
