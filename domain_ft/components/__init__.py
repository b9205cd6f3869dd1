"""Dagster components: a domain's YAML in, its assets, checks and jobs out."""

from domain_ft.components.adapter_domain import AdapterDomain
from domain_ft.components.embedding_domain import EmbeddingDomain

__all__ = ["AdapterDomain", "EmbeddingDomain"]
