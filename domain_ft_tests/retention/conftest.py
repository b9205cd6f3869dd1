"""A state root with models, data and an MLflow store, as the registry's tests make them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from domain_ft.store.home import Home
from domain_ft.store.publish import publish_folder
from domain_ft_tests.registry.conftest import empty_store, publish_benchmark, publish_model, world

__all__ = ["empty_store", "publish_benchmark", "publish_model", "world"]
DOMAIN = "test_history"


@pytest.fixture
def publish_data(home: Home) -> Callable[[str, str], None]:
    """Publishes a raw folder and a dataset that was mined from it."""

    def publish(dataset: str, raw: str) -> None:
        for folder, manifest in ((home.raw(DOMAIN) / raw, {}), (home.triplets(DOMAIN) / dataset, {"raw": raw})):

            def write(beside: Path, manifest: dict[str, str] = manifest) -> dict[str, str]:
                (beside / "table.parquet").write_bytes(b"rows" * 100)
                return manifest

            publish_folder(folder, write)

    return publish
