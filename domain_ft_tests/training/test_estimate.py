"""An estimate is the probe, scaled."""

import pytest

from domain_ft.training.estimate import Probe, estimate_training


def test_time_and_memory_follow_from_the_probe() -> None:
    probe = Probe(rows=64, step_seconds=0.5, texts_per_second=100, peak_bytes=1000)
    estimate = estimate_training(
        probe,
        steps=10,
        batches_per_step=2,
        rows_per_batch=32,
        evaluations=3,
        evaluated_texts=200,
        mining_seconds=40,
        trainable=5,
    )
    assert estimate.seconds == pytest.approx(10 * 2 * 0.5 * 32 / 64 + 3 * 200 / 100 + 40)
    assert estimate.memory_bytes == 1000 + 8 * 5
