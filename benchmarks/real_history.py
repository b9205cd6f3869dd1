"""How good a preset is on a real history, beside a plain multiple-negatives script; prints one JSON line.

    python benchmarks/real_history.py HISTORY.csv.gz [--preset quick] [--split validation] [--seed 42 --seed 43]

The peer is what a person would write in ten lines: sentence-transformers' own trainer and ranking loss, two epochs
over (change, flipped test) pairs, at most six of a build, 64 tokens, the same precision. Both are judged on the same
builds, corpus and texts; with several seeds a query counts by the mean of their models. Choose settings with `--split
validation`; `--split test` is for one last look.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from domain_ft import stages
from domain_ft.domain import parse_override
from domain_ft.domains import find_domain
from domain_ft.embedding.models import encode_texts, load_model, model_encoder, resolve_base_model
from domain_ft.evaluation.arms import ModelArm, bm25_figures, model_figures
from domain_ft.evaluation.settings import BenchmarkSettings
from domain_ft.evaluation.statistics import Resampling, compare, estimate_mean
from domain_ft.evaluation.task import RetrievalTask, history_task
from domain_ft.history.relevance import label_runs
from domain_ft.history.tables import History, read_history
from domain_ft.store.home import Home
from domain_ft.store.publish import read_manifest
from domain_ft.store.vectors import Encode
from domain_ft.training.progress import TrainingEvent

PER_BUILD = 6
PEER = {"epochs": 2, "batch_size": 64, "learning_rate": 5e-5, "max_seq_length": 64}


def peer_pairs(history: History, splits: pl.DataFrame, relevance: Any, seed: int) -> list[tuple[str, str]]:
    """(change text, text of a test that flipped there) of the training builds, at most six of a build."""
    train = splits.filter(pl.col("split") == "train").select("build_id")
    relevant = label_runs(history, relevance).filter("relevant").join(train, on="build_id", how="semi")
    rows = relevant.sort("build_id", "test_id").select("build_id", "test_id")
    order = np.random.default_rng(seed).permutation(rows.height)
    chosen = rows[order].group_by("build_id", maintain_order=True).head(PER_BUILD)
    texts = chosen.join(history.builds.select("build_id", "change_text"), on="build_id")
    texts = texts.join(history.tests.select("test_id", "text"), on="test_id").filter(pl.col("change_text") != "")
    return list(texts.select("change_text", "text").iter_rows())


def train_peer(pairs: Sequence[tuple[str, str]], base: Path, precision: str, out: Path, seed: int) -> Encode:
    """Plain sentence-transformers training; returns the trained model's encoder."""
    import torch
    from datasets import Dataset
    from sentence_transformers import SentenceTransformerTrainer
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from sentence_transformers.sentence_transformer.training_args import (
        BatchSamplers,
        SentenceTransformerTrainingArguments,
    )

    model = load_model(base, max_seq_length=int(PEER["max_seq_length"]))
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(out),
        num_train_epochs=PEER["epochs"],
        per_device_train_batch_size=int(PEER["batch_size"]),
        learning_rate=PEER["learning_rate"],
        warmup_steps=0.1,
        seed=seed,
        bf16=precision == "bf16",
        use_cpu=not torch.cuda.is_available(),
        batch_sampler=BatchSamplers.NO_DUPLICATES,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
    )
    columns = {"query": [query for query, _ in pairs], "passage": [passage for _, passage in pairs]}
    loss = MultipleNegativesRankingLoss(model)
    SentenceTransformerTrainer(model, arguments, train_dataset=Dataset.from_dict(columns), loss=loss).train()
    model.eval()
    return lambda texts: encode_texts(model, texts, 128)


def judge(task: RetrievalTask, encoders: dict[str, list[Encode]], metrics: Sequence[str]) -> dict[str, Any]:
    """Each arm's metrics, by seed too, and ours minus the others with intervals; a query counts by its mean."""
    per_query, by_seed = {"bm25": bm25_figures(task).overall}, {}
    for name, models in encoders.items():
        found = [model_figures(task, ModelArm("candidate", encode, name, name)).overall for encode in models]
        per_query[name] = {metric: np.mean([each[metric] for each in found], axis=0) for metric in metrics}
        by_seed[name] = [round(float(np.nanmean(each[metrics[0]])), 4) for each in found]
    defaults = BenchmarkSettings()
    resampling = Resampling(defaults.resamples, defaults.confidence, defaults.seed)
    arms = {
        name: {metric: estimate_mean(figures[metric], task.clusters, resampling).mean for metric in metrics}
        for name, figures in per_query.items()
    }
    differences = {
        f"ours_minus_{other}": {
            metric: asdict(compare(per_query["ours"][metric], per_query[other][metric], task.clusters, resampling))
            for metric in metrics
        }
        for other in ("peer", "base")
        if other in per_query
    }
    return {"arms": arms, f"{metrics[0]}_by_seed": by_seed, "differences": differences}


def tell(event: TrainingEvent) -> None:
    """Sentences of the training on stderr."""
    if event.message:
        print(event.message, file=sys.stderr)


def main() -> None:
    """Run both, judge both, print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("history", type=Path)
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--split", choices=["validation", "test"], default="validation")
    parser.add_argument("--seed", dest="seeds", type=int, action="append", help="of a training; several are averaged")
    parser.add_argument("--set", dest="overrides", action="append", default=[])
    parser.add_argument("--home", type=Path, help="keep the state there; default: a temporary folder")
    parser.add_argument("--no-peer", action="store_true")
    arguments = parser.parse_args()
    seeds = arguments.seeds or [42]
    with tempfile.TemporaryDirectory() as folder:
        home = Home((arguments.home or Path(folder)).resolve())
        domain = find_domain("test_history").with_preset(arguments.preset)
        domain = domain.with_overrides(dict(map(parse_override, arguments.overrides)))
        started = time.perf_counter()
        raw = stages.ingest(domain, home, [arguments.history]).path
        dataset = stages.build_dataset(domain, home, raw)
        to_triplets_s, started = time.perf_counter() - started, time.perf_counter()
        of_seeds = [domain.with_overrides({"training.seed": seed}) for seed in seeds]
        models = [stages.train(each, home, dataset.path, on_event=tell).path for each in of_seeds]
        ours_s = (time.perf_counter() - started) / len(seeds)
        manifest = read_manifest(models[0])
        history = read_history(raw)
        splits = pl.read_parquet(dataset.path / "builds.parquet", columns=["build_id", "split"])
        length = domain.training.max_seq_length
        base = resolve_base_model("starter", None, home).path
        encoders = {"base": [model_encoder(base, max_seq_length=length)], "ours": [*map(model_encoder, models)]}
        peer_s = None
        if not arguments.no_peer:
            started = time.perf_counter()
            with redirect_stdout(sys.stderr):
                encoders["peer"] = [
                    train_peer(
                        peer_pairs(history, splits, domain.triplets.relevance, seed),
                        base,
                        manifest["precision"],
                        home.state / "peer",
                        seed,
                    )
                    for seed in seeds
                ]
            peer_s = (time.perf_counter() - started) / len(seeds)
        task = history_task(history, splits, arguments.split, domain.triplets.relevance)
        verdict = judge(task, encoders, ("map", "mrr_at_10", "recall_at_10", "apfd"))
    print(
        json.dumps(
            {
                "benchmark": "real_history",
                "preset": arguments.preset,
                "overrides": arguments.overrides,
                "split": arguments.split,
                "seeds": seeds,
                "queries": len(task.query_ids),
                "triplets": dataset.counts["train"],
                "precision": manifest["precision"],
                "ingest_to_triplets_seconds": round(to_triplets_s, 1),
                "ours_seconds": round(ours_s, 1),
                "peer_seconds": peer_s and round(peer_s, 1),
                **verdict,
            }
        )
    )


if __name__ == "__main__":
    main()
