"""What the training of an embedding model needs to know beside what every training does."""

from typing import Literal

from pydantic import Field

from domain_ft.store.vectors import Prefixes
from domain_ft.training.job import BaseModelReference, TrainingJob

PREFIX_NOTE = "prefix.json"
"""Names the cache of the frozen layers' output that a training uses: it stays as long as the training may go on."""


class EmbeddingJob(TrainingJob):
    """One training of an embedding model."""

    relevance: str = Field(description="What counts as relevant, by name.")
    made_from: Literal["history", "pairs"] = Field("history", description="What the dataset was made from.")
    cross_encoder: BaseModelReference | None = Field(None, description="What may veto mined negatives, if anything.")
    query_prefix: str = Field("", description="What stands before each query when it is encoded.")
    passage_prefix: str = Field("", description="What stands before each passage.")

    @property
    def prefixes(self) -> Prefixes:
        """Both prefixes."""
        return Prefixes(self.query_prefix, self.passage_prefix)
