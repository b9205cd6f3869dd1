"""The benchmark's protocol on the real history of three Ruby implementations, against the figures known for it.

Known: BM25 over plain words MAP 0.482, MRR 0.535, APFD 0.911; untuned MiniLM 0.536, 0.595, 0.939. The known recall@10
divides by at most ten relevant tests; ours divides by all of them and is lower by 0.04.
"""

from pathlib import Path

import numpy as np
import pytest

from domain_ft.evaluation.arms import ModelArm, bm25_figures, model_figures, random_figures
from domain_ft.evaluation.task import RetrievalTask, history_task
from domain_ft.history.tables import read_history
from domain_ft.landing.ingest import ingest_files
from domain_ft.landing.settings import SourceSettings
from domain_ft.splits.by_time import split_by_time
from domain_ft.splits.settings import SplitSettings
from domain_ft.store.home import Home


@pytest.fixture(scope="module")
def task(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> RetrievalTask:
    root = tmp_path_factory.mktemp("ruby")
    landed = ingest_files(
        [real_data / "test_history" / "ruby_history.csv.gz"],
        domain="test_history",
        source=SourceSettings(),
        raw=root / "raw",
        quarantine=root / "quarantine",
    )
    history = read_history(landed.path)
    return history_task(history, split_by_time(history.builds, SplitSettings()), "test", "flip")


def builds_in(task: RetrievalTask, part: str) -> int:
    return len(np.unique(task.relevant.query[task.slices[part]]))


def test_324_builds_are_judged_and_36_of_them_broke_a_test(task: RetrievalTask) -> None:
    assert len(task.ranked) == 324
    assert builds_in(task, "breaks") == 36
    assert set(task.slices) == {"breaks", "fixes", "no_distinctive_word"}


def test_bm25_is_at_least_the_known_baseline(task: RetrievalTask) -> None:
    found = bm25_figures(task)

    assert np.nanmean(found.overall["map"]) == pytest.approx(0.509, abs=0.01)
    assert np.nanmean(found.overall["mrr_at_10"]) == pytest.approx(0.550, abs=0.01)
    assert np.nanmean(found.overall["apfd"]) == pytest.approx(0.917, abs=0.01)


def test_word_overlap_is_of_little_use_where_no_distinctive_word_is_shared(task: RetrievalTask) -> None:
    found = bm25_figures(task)

    assert np.nanmean(found.slices["no_distinctive_word"]["map"]) < 0.4 * np.nanmean(found.overall["map"])


def test_chance_finds_next_to_nothing(task: RetrievalTask) -> None:
    found = random_figures(task, seed=1)

    assert np.nanmean(found.overall["map"]) < 0.01
    assert np.nanmean(found.overall["apfd"]) == pytest.approx(0.5, abs=0.01)


@pytest.mark.slow
def test_the_untuned_starter_reaches_its_known_figures(task: RetrievalTask, home: Home) -> None:
    from domain_ft.embedding.models import model_encoder, resolve_base_model

    base = resolve_base_model("starter", None, home)
    encode = model_encoder(base.path, device="cpu", batch_size=128, max_seq_length=64)

    found = model_figures(task, ModelArm("base", encode, base.name, base.sha256))

    assert np.nanmean(found.overall["map"]) == pytest.approx(0.536, abs=0.015)
    assert np.nanmean(found.overall["mrr_at_10"]) == pytest.approx(0.595, abs=0.015)
    assert np.nanmean(found.overall["apfd"]) == pytest.approx(0.939, abs=0.01)
