"""The training rows of the epoch under way, and their batches: both may change when an epoch begins.

The library's trainer takes a table that never changes; this is what its data loader reads instead.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sentence_transformers.base.sampler import DefaultBatchSampler
from torch.utils.data import Dataset

from domain_ft.embedding.batches import Batches
from domain_ft.embedding.collate import LABEL
from domain_ft.embedding.examples import Examples
from domain_ft.embedding.losses import LOSSES
from domain_ft.embedding.settings import TrainingSettings


class CurrentRows(Dataset[dict[str, Any]]):
    """Examples by number, as the collator reads them."""

    def __init__(self, examples: Examples, batches: Batches) -> None:
        self.replace(examples, batches)

    def replace(self, examples: Examples, batches: Batches) -> None:
        """Other examples, from the next epoch on."""
        self.examples, self.batches = examples, batches

    def __getitem__(self, number: int) -> dict[str, Any]:
        labels = self.examples.labels
        row = {name: column[number] for name, column in self.examples.columns.items()}
        return row if labels is None else {**row, LABEL: labels[number]}

    def __len__(self) -> int:
        return len(self.examples)


class EpochSampler(DefaultBatchSampler):  # type: ignore[misc]
    """Gives the trainer the batches of the epoch that it says it is in."""

    def __init__(self, rows: CurrentRows) -> None:
        super().__init__(range(1), batch_size=rows.batches.size, drop_last=rows.batches.whole)
        self._rows = rows

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self._rows.batches.epoch(self.epoch))

    def __len__(self) -> int:
        return len(self._rows.batches)


def make_batches(
    examples: Examples,
    settings: TrainingSettings,
    related: Iterable[tuple[str, str]],
    *,
    whole: bool,
    length: int | None = None,
) -> Batches:
    """The batches of some examples, as the loss needs them; `related` texts never stand against each other."""
    return Batches(
        examples.anchors,
        examples.partners,
        examples.negatives,
        size=settings.batch_size,
        seed=settings.seed,
        in_batch_negatives=LOSSES[settings.loss].in_batch_negatives,
        related=related,
        whole=whole,
        length=length,
    )
