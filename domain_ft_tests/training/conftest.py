"""Jobs of a fake training, which a real process runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from domain_ft.store.home import Home
from domain_ft.training.job import BaseModelReference, TrainingJob


@pytest.fixture
def make_job(home: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[..., TrainingJob]:
    """A job whose process does what `behaviour` says."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))

    def make(behaviour: str = "succeed", version: str = "0123456789ab", **settings: Any) -> TrainingJob:
        return TrainingJob(
            module="fake_training",
            domain="d",
            version=version,
            home=home.root,
            dataset=home.triplets("d") / "x",
            dataset_digest="x",
            raw=home.raw("d") / "x",
            base=BaseModelReference(name="b", path=home.root, sha256="0"),
            precision="fp32",
            settings={"behaviour": behaviour, **settings},
        )

    return make
