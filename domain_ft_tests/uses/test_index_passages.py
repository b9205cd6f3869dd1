"""The index of a domain: when it is made, when it is made again, and what it says of itself."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from domain_ft import stages
from domain_ft.domain import EmbeddingDomain
from domain_ft.errors import InputError
from domain_ft.passage_index.build import Built, build_table
from domain_ft.retention.clean import clean_domain
from domain_ft.store.home import Home
from domain_ft.store.publish import UNFINISHED, pointed, verify_folder
from domain_ft.store.vectors import FloatArray
from domain_ft.uses.index_passages import index_passages, spread
from domain_ft_tests.passage_world import NAME, TINY, crown, land, rows, small_world
from domain_ft_tests.tiny_model import make_tiny_model


@pytest.fixture
def domain(home: Home) -> EmbeddingDomain:
    return small_world(home)


def test_every_passage_stands_in_it(domain: EmbeddingDomain, home: Home) -> None:
    made = index_passages(domain, home)
    verify_folder(made.path)
    assert made.complete
    assert made.manifest["rows"] == len(rows())
    assert pointed(home.indexes(NAME) / "current") == made.path


def test_before_any_champion_the_base_is_used_and_that_is_said(domain: EmbeddingDomain, home: Home) -> None:
    made = index_passages(domain, home)
    assert made.manifest["model"]["kind"] == "base"
    assert made.as_json()["notes"] == [
        "manuals has no champion yet: its base model tiny is used",
        "not judged: there is no dataset yet whose queries are held out; run domain-ft dataset manuals",
    ]


def test_the_same_again_is_not_made_again(domain: EmbeddingDomain, home: Home) -> None:
    first, second = index_passages(domain, home), index_passages(domain, home)
    assert (first.reused, second.reused) == (False, True)
    assert first.path == second.path


@pytest.mark.parametrize(("there", "most"), [(399, 200), (10, 20), (1, 1), (0, 5), (1000, 7)])
def test_what_recall_is_measured_on_is_spread_over_all_queries(there: int, most: int) -> None:
    texts = [f"{number:04d}" for number in range(there)]
    found = spread(texts, most)
    assert len(set(found)) == len(found) == min(there, most)
    gaps = [int(after) - int(before) for before, after in pairwise([*found, f"{there:04d}"])]
    assert all(gap in (there // most, there // most + 1) for gap in gaps) or there <= most


def test_recall_is_measured_on_as_many_queries_as_the_setting_says(
    domain: EmbeddingDomain, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def build(folder: Path, passages: object, encode: object, queries: FloatArray, *more: object) -> Built:
        asked.append(len(queries))
        return build_table(folder, passages, encode, queries, *more)  # type: ignore[arg-type]

    monkeypatch.setattr("domain_ft.uses.index_passages.build_table", build)
    index_passages(domain.with_overrides({"index.recall_queries": 7}), home)
    assert asked == [7]


def test_other_passages_are_another_index(domain: EmbeddingDomain, home: Home) -> None:
    first = index_passages(domain, home)
    land(home, [{"query": "how is the roof sealed", "positive": "The roof is sealed with tar.", "domain": "roofs"}])
    second = index_passages(domain, home)
    assert second.path != first.path
    assert second.manifest["rows"] == first.manifest["rows"] + 1


def test_a_damaged_index_is_made_again(domain: EmbeddingDomain, home: Home) -> None:
    first = index_passages(domain, home)
    next((first.path / "passages.lance" / "data").iterdir()).write_bytes(b"no table")
    again = index_passages(domain, home)
    assert not again.reused
    verify_folder(again.path)


def test_tables_without_a_text_are_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    small_world(home)
    from domain_ft.uses import domain_texts as texts
    from domain_ft.uses import index_passages as module

    found = texts.domain_texts(TINY, home)
    empty = texts.DomainTexts(found.raw, found.passages.clear(), ())
    monkeypatch.setattr(module, "domain_texts", lambda *_: empty)
    with pytest.raises(InputError, match="manuals has no passage with a text in it"):
        index_passages(TINY, home)


def test_before_anything_landed_a_sentence_says_what_to_do(home: Home) -> None:
    make_tiny_model(home.root / "tiny")
    with pytest.raises(InputError, match="domain-ft ingest manuals FILE"):
        index_passages(TINY, home)


def test_on_held_out_queries_each_way_to_search_is_judged(domain: EmbeddingDomain, home: Home) -> None:
    stages.build_dataset(domain, home)
    made = index_passages(domain.with_overrides({"index.vector_weight": 0.2}), home)
    judged = made.manifest["judged"]
    assert set(judged["arms"]) == {"words", "vector", "plain_hybrid", "hybrid"}
    assert {row["reference"] for row in judged["differences"]} == {"words", "vector", "plain_hybrid"}
    assert judged["arms"]["words"]["recall_at_10"]["mean"] == 1.0  # each query's words are its passage's
    assert "held-out test queries" in (made.path / "report.md").read_text()


def test_the_weight_is_chosen_on_validation_queries_alone(domain: EmbeddingDomain, home: Home) -> None:
    dataset = stages.build_dataset(domain, home)
    made = index_passages(domain, home).manifest
    chosen = made["weight_chosen"]
    assert chosen["queries"] == dataset.counts["validation"]
    assert max(chosen["means"].values()) == chosen["means"][f"{chosen['best']:g}"]


def test_plain_fusion_stays_unless_another_weight_wins(domain: EmbeddingDomain, home: Home) -> None:
    stages.build_dataset(domain, home)
    made = index_passages(domain, home).manifest
    assert made["vector_weight"] == (
        made["weight_chosen"]["best"] if made["weight_chosen"]["verdict"] == "WIN" else 0.5
    )


def test_a_weight_that_is_set_is_not_chosen(domain: EmbeddingDomain, home: Home) -> None:
    stages.build_dataset(domain, home)
    made = index_passages(domain.with_overrides({"index.vector_weight": 0.7}), home)
    assert (made.manifest["vector_weight"], made.manifest["weight_chosen"]) == (0.7, None)


def test_a_new_champion_is_compared_with_the_model_before(domain: EmbeddingDomain, home: Home) -> None:
    dataset = stages.build_dataset(domain, home).path
    before = index_passages(domain, home)
    crown(home, dataset)
    made = index_passages(domain, home)
    judged = made.manifest["judged"]
    assert (judged["model"], judged["previous"]) == ("aaaaaaaaaaaa", before.manifest["model"]["name"])
    compared = {(row["candidate"], row["reference"]) for row in judged["differences"]}
    assert {("vector", "previous_vector"), ("hybrid", "previous_hybrid")} <= compared
    assert 0 <= judged["overlap_at_10"]["vector"] <= 1
    assert "model of before" in (made.path / "report.md").read_text()


def test_the_figures_of_the_model_before_are_those_that_its_own_index_had(domain: EmbeddingDomain, home: Home) -> None:
    dataset = stages.build_dataset(domain, home).path
    before = index_passages(domain, home).manifest["judged"]["arms"]
    crown(home, dataset)
    arms = index_passages(domain, home).manifest["judged"]["arms"]
    assert arms["previous_vector"] == before["vector"]
    assert arms["previous_hybrid"] == before["hybrid"]


def test_queries_that_a_model_has_learned_from_are_left_out_and_counted(domain: EmbeddingDomain, home: Home) -> None:
    dataset = stages.build_dataset(domain, home).path
    other = stages.build_dataset(domain.with_overrides({"triplets.seed": 7, "triplets.split.test": 0.4}), home).path
    crown(home, other)
    stages.build_dataset(domain, home)
    assert pointed(home.triplets(NAME) / "current") == dataset
    judged = index_passages(domain, home).manifest["judged"]
    plain = stages.build_dataset(domain, home).counts["test"]
    assert 0 < judged["excluded"]["seen_by_model"] <= plain - judged["queries"]


def test_where_the_model_before_is_gone_that_is_said(domain: EmbeddingDomain, home: Home) -> None:
    dataset = stages.build_dataset(domain, home).path
    gone = crown(home, dataset)
    index_passages(domain, home)
    crown(home, dataset, "bbbbbbbbbbbb", seed=2)
    shutil.rmtree(gone)
    notes = index_passages(domain, home).manifest["notes"]
    assert notes == ["not compared with the index before: its model aaaaaaaaaaaa is not there any more"]


def test_an_index_that_too_few_groups_judge_says_how_many_a_verdict_takes(domain: EmbeddingDomain, home: Home) -> None:
    stages.build_dataset(domain.with_overrides({"triplets.split.test": 0.05}), home)
    made = index_passages(domain, home)
    few = made.manifest["judged"]["clusters"]
    assert 1 < few < 6
    assert made.as_json()["notes"][-1] == (
        f"{few} groups in the test split; at least 6 are needed for a verdict: land data of more groups, or raise "
        "triplets.split.test"
    )


def test_an_index_that_enough_groups_judge_says_nothing_of_them(domain: EmbeddingDomain, home: Home) -> None:
    stages.build_dataset(domain, home)
    made = index_passages(domain, home)
    assert made.manifest["judged"]["clusters"] >= 6
    assert not [note for note in made.manifest["notes"] if "for a verdict" in note]


def test_only_the_newest_index_is_kept(domain: EmbeddingDomain, home: Home) -> None:
    first = index_passages(domain, home)
    second = index_passages(domain.with_overrides({"index.stem": "false"}), home)
    removed = clean_domain(home, NAME, 3, now=time.time() + 3600)
    assert first.path in {removal.path for removal in removed.removed}
    assert not first.path.exists()
    verify_folder(second.path)


def test_the_embeddings_of_an_index_in_use_are_kept(domain: EmbeddingDomain, home: Home) -> None:
    made = index_passages(domain, home)
    clean_domain(home, NAME, 3, now=time.time() + 30 * 86400)
    assert (home.cache / "embeddings" / made.manifest["model"]["cache"]).is_dir()


def worker(home: Home, *more: str) -> "subprocess.Popen[str]":
    code = (
        "import sys\n"
        "from domain_ft.uses.index_passages import index_passages\n"
        "from domain_ft.store.home import Home\n"
        "from domain_ft_tests.passage_world import TINY\n"
        f"{''.join(line + chr(10) for line in more)}"
        "print(index_passages(TINY, Home.from_environment()).reused)\n"
    )
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=Path.cwd())


def test_a_trial_is_published_and_not_searched(domain: EmbeddingDomain, home: Home) -> None:
    made = index_passages(domain, home)
    tried = index_passages(domain.with_overrides({"index.vector_weight": 0.9}), home, trial=True)
    assert tried.path != made.path
    assert tried.notes[-1].startswith("a trial: nothing is searched in it")
    assert pointed(home.indexes(NAME) / "current") == made.path


@pytest.mark.slow
def test_two_processes_at_once_make_it_once(domain: EmbeddingDomain, home: Home) -> None:
    both = [worker(home), worker(home)]
    said = sorted(json.loads(each.communicate(timeout=120)[0].split()[-1].lower()) for each in both)
    assert said == [False, True]


@pytest.mark.slow
def test_a_kill_in_the_middle_leaves_nothing_half_seen_and_no_text_is_encoded_twice(
    domain: EmbeddingDomain, home: Home
) -> None:
    killed = worker(
        home,
        "import time, domain_ft.passage_index.build as build",
        "build.SLICE = 16",
        "def stop(step, done, total=None):",
        "    if (step, done) == ('encode passages', 32): print('now', flush=True); time.sleep(600)",
        "index_passages(TINY, Home.from_environment(), progress=stop)",
    )
    assert killed.stdout is not None
    assert killed.stdout.readline() == "now\n"
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    parent = home.indexes(NAME)
    assert [path.name.startswith(UNFINISHED) for path in parent.iterdir()] == [True]
    made = index_passages(domain, home)
    assert sorted(path.name for path in parent.iterdir()) == sorted(["current", made.path.name])
    encoded = [key for shard in home.cache.glob("embeddings/*/*.npz") for key in map(bytes, np.load(shard)["keys"])]
    assert len(encoded) == len(set(encoded)) == 2 * len(rows())  # every passage and every query once
