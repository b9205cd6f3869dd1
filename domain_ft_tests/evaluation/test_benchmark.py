"""The benchmark as a whole: published, reproducible, and fair."""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from domain_ft.errors import DomainFtError, InputError
from domain_ft.evaluation.arms import ModelArm
from domain_ft.evaluation.benchmark import BenchmarkResult, run_benchmark
from domain_ft.evaluation.benchmark_file import read_benchmark
from domain_ft.evaluation.settings import BenchmarkSettings
from domain_ft.evaluation.speed import Uncached
from domain_ft.store.publish import pointed, verify_folder, write_json
from domain_ft.store.vectors import Encode, FloatArray

SETTINGS = BenchmarkSettings(resamples=200, general_ability="off")


class Bench:
    """Runs benchmarks on one dataset, with models that are no more than functions."""

    def __init__(self, published: tuple[Path, Path], out: Path, base: Encode, better: Encode) -> None:
        self.raw, self.dataset = published
        self.out = out
        self.base = ModelArm("base", base, "starter", "0" * 64)
        self.candidate = ModelArm("candidate", better, "abc", "1" * 64, trained_on=self.dataset)
        self.champion = ModelArm("champion", base, "old", "2" * 64, trained_on=self.dataset)

    def run(self, *arms: ModelArm, settings: BenchmarkSettings = SETTINGS, **changed: Any) -> BenchmarkResult:
        arguments: dict[str, Any] = {"raw": self.raw, "dataset": self.dataset, "out": self.out}
        rules = {"minimum_effect": 0.01, "margin": 0.02}
        return run_benchmark(
            arms=arms or (self.base, self.candidate), settings=settings, **(arguments | rules | changed)
        )


@pytest.fixture
def bench(published: tuple[Path, Path], tmp_path: Path, blind: Encode, bag_of_words: Encode) -> Bench:
    return Bench(published, tmp_path / "benchmarks", blind, bag_of_words)


def test_a_model_that_reads_the_words_wins_over_one_that_does_not(bench: Bench) -> None:
    result = bench.run()

    assert (result.verdict, result.reference, result.primary_metric) == ("WIN", "base", "map")
    assert result.headline.startswith("WIN: the candidate is better than the base: MAP ")
    assert result.n == 8


def test_the_reverse_is_a_regression_and_guards_fall(bench: Bench) -> None:
    worse = replace(bench.candidate, encode=bench.base.encode)
    better = replace(bench.base, encode=bench.candidate.encode)

    result = bench.run(better, worse)

    assert result.verdict == "REGRESSION"
    assert not result.guards["mrr_at_10"]["passed"]
    assert "Not shown to hold against the base: MRR@10" in result.headline


def test_equal_models_are_inconclusive(bench: Bench) -> None:
    result = bench.run(bench.base, replace(bench.candidate, encode=bench.base.encode))

    assert (result.verdict, result.n_needed) == ("INCONCLUSIVE", None)


def test_what_is_published_is_whole_and_current(bench: Bench) -> None:
    result = bench.run()

    verify_folder(result.path)
    assert pointed(bench.out / "current") == result.path
    assert {path.name for path in result.path.iterdir()} == {
        "benchmark.json", "report.html", "report.md", "manifest.json"
    }  # fmt: skip


def test_a_benchmark_that_shall_not_be_current_moves_no_pointer(bench: Bench) -> None:
    result = bench.run(make_current=False)
    assert result.path.is_dir()
    assert not (bench.out / "current").is_symlink()


def test_the_json_has_the_keys_that_scripts_rely_on(bench: Bench) -> None:
    result = bench.run()
    found = json.loads(json.dumps(result.as_json()))

    assert {"path", "report", "primary_metric", "verdict", "n", "arms", "differences"} <= set(found)
    assert list(found["arms"]) == sorted(["random", "bm25", "base", "candidate", "fusion"])
    assert {"mean", "low", "high", "n"} <= set(found["arms"]["base"]["map"])
    assert Path(found["report"]).is_file()


def test_every_arm_has_every_rank_metric_and_models_the_similarity_figures_too(bench: Bench) -> None:
    arms = bench.run().arms

    ranks = {"map", "mrr_at_10", "recall_at_10", "ndcg_at_10", "apfd"}
    assert set(arms["random"]) == set(arms["bm25"]) == set(arms["fusion"]) == ranks
    assert set(arms["candidate"]) == ranks | {
        "triplet_accuracy", "similarity_relevant", "similarity_unaffected", "similarity_gap"
    }  # fmt: skip


def test_the_champion_decides_where_there_is_one_and_the_base_is_still_compared(bench: Bench) -> None:
    same = replace(bench.champion, encode=bench.candidate.encode)

    result = bench.run(bench.base, same, bench.candidate)

    assert (result.reference, result.verdict) == ("champion", "INCONCLUSIVE")
    verdicts = {row["reference"]: row["verdict"] for row in result.differences if row["metric"] == "map"
                and row["slice"] == "all"}  # fmt: skip
    assert verdicts["base"] == "WIN"
    assert set(verdicts) == {"champion", "base", "bm25", "fusion"}


def test_the_champion_itself_as_candidate_is_named_as_such(bench: Bench) -> None:
    result = bench.run(bench.base, replace(bench.champion, digest=bench.candidate.digest), bench.candidate)

    assert result.headline == "INCONCLUSIVE: the candidate is the champion itself, so there is nothing to compare."


def test_slices_have_estimates_for_every_arm_and_adjusted_p_values(bench: Bench) -> None:
    result = bench.run()

    assert set(result.slices) == {"breaks", "fixes", "no_distinctive_word"}
    assert set(result.slices["fixes"]) == {"random", "bm25", "base", "candidate", "fusion"}
    rows = [row for row in result.differences if row["slice"] == "fixes" and row["reference"] == "base"]
    assert [row["metric"] for row in rows] == ["map"]
    assert rows[0]["p_holm"] >= rows[0]["p_value"]


def test_the_same_question_is_not_computed_twice(bench: Bench) -> None:
    first = bench.run()

    def never(texts: Sequence[str]) -> FloatArray:
        raise AssertionError("encoded again")

    again = bench.run(replace(bench.base, encode=never), replace(bench.candidate, encode=never))

    assert again.reused
    assert not first.reused
    assert replace(again, reused=False) == first


def test_two_runs_of_the_same_question_give_the_same_figures(bench: Bench, tmp_path: Path) -> None:
    first, second = (read_benchmark(bench.run(out=tmp_path / name).path) for name in ("one", "two"))

    assert {**first, "created_at": ""} == {**second, "created_at": ""}


def test_times_change_no_digest_and_no_other_figure(bench: Bench, tmp_path: Path) -> None:
    def timed(arm: ModelArm) -> ModelArm:
        return replace(arm, uncached=lambda: nullcontext(Uncached(arm.encode, "here")))

    plain = bench.run(out=tmp_path / "one")
    other = bench.run(timed(bench.base), timed(bench.candidate), out=tmp_path / "two")
    assert (set(plain.speed), set(other.speed)) == (set(), {"base", "candidate"})
    assert other.digest == plain.digest
    first, second = (read_benchmark(result.path) for result in (plain, other))
    assert {**first, "created_at": "", "speed": {}} == {**second, "created_at": "", "speed": {}}


@pytest.mark.parametrize("changed", [{"seed": 1}, {"resamples": 300}, {"gates": ("map >= 0.5",)}])
def test_other_settings_are_another_benchmark(bench: Bench, changed: dict[str, Any]) -> None:
    assert bench.run(settings=SETTINGS.model_copy(update=changed)).digest != bench.run().digest


def test_another_model_is_another_benchmark_of_the_same_comparison(bench: Bench) -> None:
    one, other = bench.run(), bench.run(bench.base, replace(bench.candidate, digest="9" * 64))

    assert one.digest != other.digest
    assert one.comparison_digest == other.comparison_digest


def test_builds_that_a_model_has_seen_are_left_out_and_counted(bench: Bench) -> None:
    seen = replace(bench.champion, trained_on=frozenset({"b039", "b038", "b000"}))

    content = read_benchmark(bench.run(bench.base, seen, bench.candidate).path)

    assert content["excluded"] == {
        "seen_by_base": 0, "seen_by_champion": 2, "seen_by_candidate": 0, "related_to_seen": 0
    }  # fmt: skip
    assert (content["counts"]["excluded"], content["n"]) == (2, 6)


def test_a_build_whose_change_text_a_model_has_seen_is_left_out_too(bench: Bench, tmp_path: Path) -> None:
    builds = pl.read_parquet(bench.raw / "builds.parquet")
    text = builds.filter(pl.col("build_id") == "b039")["change_text"].item()
    same = pl.when(pl.col("build_id") == "b001").then(pl.lit(f"  {text.upper()} ")).otherwise("change_text")
    raw = tmp_path / "raw"
    raw.mkdir()
    for name in ("tests", "runs"):
        pl.read_parquet(bench.raw / f"{name}.parquet").write_parquet(raw / f"{name}.parquet")
    builds.with_columns(change_text=same).write_parquet(raw / "builds.parquet")
    write_json(raw / "manifest.json", {"kind": "history", "digest": "r1", "files": {}})
    seen = replace(bench.champion, trained_on=frozenset({"b001"}))

    content = read_benchmark(bench.run(bench.base, seen, bench.candidate, raw=raw).path)

    assert content["excluded"]["related_to_seen"] == 1
    assert content["counts"]["excluded"] == 1


def test_figures_of_other_data_are_not_comparable(bench: Bench) -> None:
    seen = replace(bench.champion, trained_on=frozenset({"b039"}))
    whole, part = read_benchmark(bench.run().path), read_benchmark(bench.run(bench.base, seen, bench.candidate).path)

    assert whole["comparison_digest"] != part["comparison_digest"]


def test_figures_of_another_metric_version_are_not_comparable(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    before = bench.run().comparison_digest
    monkeypatch.setattr("domain_ft.evaluation.case.METRIC_VERSION", 0)

    assert bench.run().comparison_digest != before


def test_when_a_model_has_seen_every_build_nothing_can_be_judged(bench: Bench) -> None:
    everything = frozenset(f"b{number:03d}" for number in range(40))

    with pytest.raises(DomainFtError, match=r"nothing that can be ranked.*excluded 8"):
        bench.run(bench.base, replace(bench.candidate, trained_on=everything))


def test_tables_that_the_dataset_was_not_mined_from_are_refused(bench: Bench, tmp_path: Path) -> None:
    write_json(tmp_path / "manifest.json", {"kind": "history", "digest": "other", "files": {}})

    with pytest.raises(InputError, match="was mined from raw tables r1"):
        bench.run(raw=tmp_path)


def test_without_base_or_candidate_there_is_nothing_to_judge(bench: Bench) -> None:
    with pytest.raises(InputError, match="one base, one candidate"):
        bench.run(bench.candidate)
    with pytest.raises(InputError, match="at most one champion, not: base, base"):
        bench.run(bench.base, bench.base, bench.candidate)


def test_the_validation_split_can_be_judged_on_to_choose_settings(bench: Bench) -> None:
    result = bench.run(settings=SETTINGS.model_copy(update={"split": "validation"}))

    assert result.n == 4
    assert read_benchmark(result.path)["split"] == "validation"


def test_progress_names_what_is_being_done(bench: Bench) -> None:
    steps: list[str] = []

    bench.run(progress=lambda step, done, total=None: steps.append(step))

    assert list(dict.fromkeys(steps)) == ["task", "encode base", "encode candidate", "compare", "report"]


def test_provenance_names_versions_and_what_the_caller_adds(bench: Bench) -> None:
    content = read_benchmark(bench.run(provenance={"dagster_run": "r-1"}).path)

    assert {"python", "numpy", "bm25s", "dagster_run"} <= set(content["provenance"])


def test_the_examples_are_the_builds_that_differ_most(bench: Bench) -> None:
    gains = read_benchmark(bench.run().path)["examples"]["gains"]

    changes = [one["candidate"] - one["reference"] for one in gains]
    assert changes == sorted(changes, reverse=True)
    assert changes[-1] > 0
    assert gains[0]["tests"][0]["candidate_rank"] < gains[0]["tests"][0]["reference_rank"]
    assert len(gains[0]["first"]) == 3


def test_a_folder_without_a_benchmark_is_named(tmp_path: Path) -> None:
    with pytest.raises(DomainFtError, match="nothing is published there"):
        read_benchmark(tmp_path)
