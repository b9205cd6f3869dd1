"""Training pairs per second, beside a plain `SentenceTransformerTrainer` script; prints one JSON line.

    python benchmarks/embedding_training.py [--pairs FILE.jsonl] [--sample 1000] [--rounds 3] [--epochs 2] [--threads 2]

Both train the starter with the ranking loss on the same rows (of FILE, as the domain `manuals` reads it; else of a
made-up history), with the same batch size, rate and number of threads, and both freeze with the same function, which
keeps dropout off in what is frozen. Ours is the process that `domain-ft train` starts; the peer's threads wait for each
other as torch lets them by default. Loading, evaluations and checkpoints are left out on both sides; making the cache
of the frozen layers counts as part of ours. In each round the arms take turns, each in a process of its own, and the
ratios are medians over the rounds, because other work on the machine blurs single figures.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

FROZEN = 4
ORIGINAL = 8.6
"""Pairs per second that the replaced system recorded on a CPU, for the manuals."""
NEVER = 10**6
WARM_STEPS = 1
"""Steps at the beginning that are not timed."""
ARMS = {
    "peer_whole": ("peer", 0, "fp32"),
    "ours_whole": ("ours", 0, "fp32"),
    "ours_whole_defaults": ("ours", 0, "auto"),
    "peer_frozen": ("peer", FROZEN, "fp32"),
    "ours_frozen": ("ours", FROZEN, "fp32"),
    "ours_frozen_defaults": ("ours", FROZEN, "auto"),
}
"""Of each arm: whose training, how many layers are frozen, at which precision."""
RATIOS = {
    "whole_equal_precision": ("ours_whole", "peer_whole"),
    "whole_defaults": ("ours_whole_defaults", "peer_whole"),
    "frozen_equal_precision": ("ours_frozen", "peer_frozen"),
    "frozen_defaults": ("ours_frozen_defaults", "peer_frozen"),
    "frozen_defaults_beside_peer_whole": ("ours_frozen_defaults", "peer_whole"),
}


def make_dataset(home: Any, pairs: Path | None, sample: int | None) -> tuple[Any, Path]:
    """The domain and its published dataset."""
    from domain_ft import stages
    from domain_ft.domains import find_domain
    from domain_ft.history.sample.write import write_sample

    domain = find_domain("manuals" if pairs else "test_history")
    file = pairs
    if file is None:
        file = home.root / "history.csv.gz"
        write_sample(file, builds=max(60, (sample or 900) // 3), tests=200, seed=0, signal=1.0)
    elif sample:
        domain = domain.with_overrides({"triplets.sample_size": sample})
    raw = stages.ingest(domain, home, [file]).path
    return domain, stages.build_dataset(domain, home, raw).path


def job_of(home: Any, domain: Any, dataset: Path, arm: str, changes: dict[str, Any]) -> Any:
    """The job of our training; the peer takes its data and settings from it."""
    from domain_ft.embedding.train_model import describe_job

    _, frozen, precision = ARMS[arm]
    never = {"eval_steps": NEVER, "save_steps": NEVER, "logging_steps": 1}
    settings = domain.training.model_copy(
        update={**changes, **never, "freeze_layers": frozen, "precision": precision, "device": "cpu"}
    )
    return describe_job(domain=domain.name, home=home, dataset=dataset, settings=settings, make_current=False)


def train_ours(job: Any) -> dict[str, Any]:
    """Train in the process that users start, from nothing; its throughput and quality."""
    from domain_ft.store.home import Home
    from domain_ft.store.publish import read_manifest
    from domain_ft.training.job import write_job
    from domain_ft.training.progress import PROGRESS_FILE, ProgressReader

    for left in (job.work, job.target, Home(job.home).frozen_prefixes(job.domain)):
        shutil.rmtree(left, ignore_errors=True)
    path = write_job(job)
    reader = ProgressReader(job.work / PROGRESS_FILE)
    subprocess.run([sys.executable, "-m", job.module, str(path)], check=True, stdout=sys.stderr)
    events = reader.new_events()
    plan = next(event.values for event in events if event.kind == "plan")
    manifest = read_manifest(job.target)
    prefix = manifest["frozen_prefix"] or {"seconds": 0.0}
    rows = (plan["examples"] - plan["left_out_per_epoch"]) * plan["steps"] / plan["steps_per_epoch"]
    seconds = _whole_run([event.time for event in events if event.kind == "log"]) + prefix["seconds"]
    metric = job.settings["validation_metric"]
    return {
        "pairs_per_second": rows / seconds,
        "precision": job.precision,
        "cache_seconds": prefix["seconds"],
        "quality": (manifest["validation_estimates"] or {}).get(metric),
    }


def train_peer(job: Any) -> dict[str, Any]:
    """What a person would write in twenty lines, in this process."""
    import torch
    from datasets import Dataset
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from sentence_transformers.sentence_transformer.training_args import BatchSamplers
    from transformers import TrainerCallback

    from domain_ft.embedding.data import read_training_rows, read_validation_task
    from domain_ft.embedding.freeze import freeze_lower_layers
    from domain_ft.embedding.losses import LOSSES
    from domain_ft.embedding.models import encode_texts, load_model
    from domain_ft.embedding.settings import TrainingSettings
    from domain_ft.evaluation.statistics import Resampling
    from domain_ft.evaluation.validation import validation_estimates

    settings = TrainingSettings.model_validate(job.settings)
    model = load_model(job.base.path, device="cpu", max_seq_length=settings.max_seq_length)
    freeze_lower_layers(model.transformers_model, settings.freeze_layers)
    data = Dataset.from_dict(LOSSES[settings.loss].examples(read_training_rows(job.dataset), settings).columns)
    ended: list[float] = []

    class Clock(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, *unused: Any, **also_unused: Any) -> None:
            ended.append(time.time())

    torch.manual_seed(settings.seed)
    with tempfile.TemporaryDirectory() as folder:
        arguments = SentenceTransformerTrainingArguments(
            output_dir=folder,
            num_train_epochs=settings.epochs,
            per_device_train_batch_size=settings.batch_size,
            learning_rate=settings.learning_rate,
            warmup_steps=settings.warmup_ratio,
            weight_decay=settings.weight_decay,
            batch_sampler=BatchSamplers.NO_DUPLICATES,
            logging_steps=1,
            save_strategy="no",
            use_cpu=True,
            report_to=[],
            disable_tqdm=True,
        )
        loss = MultipleNegativesRankingLoss(model, scale=settings.scale)
        trainer = SentenceTransformerTrainer(model, arguments, train_dataset=data, loss=loss, callbacks=[Clock()])
        with redirect_stdout(sys.stderr):
            trainer.train()
    model.eval()
    task = read_validation_task(
        job.dataset, job.raw, queries=settings.validation_queries, tests=settings.validation_tests, seed=settings.seed
    )
    found = task and validation_estimates(
        task, lambda texts: encode_texts(model, texts), Resampling(seed=settings.seed)
    )
    quality = asdict(found[settings.checkpoint_metric]) if found else None
    rows = len(data) * settings.epochs
    return {"pairs_per_second": rows / _whole_run(ended), "precision": "fp32", "quality": quality}


def _whole_run(ends: list[float]) -> float:
    """Seconds of all steps, from when each ended; the first ones, which pay for memory and kernels, as the others."""
    timed = len(ends) - WARM_STEPS
    return (ends[-1] - ends[WARM_STEPS - 1]) * len(ends) / timed


def measure(arms: list[str], rounds: int, job_for: Any, environment: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The arms of each round, in turns."""
    from domain_ft.training.job import write_job

    for number in range(rounds):
        found: dict[str, Any] = {}
        for arm in arms if number % 2 == 0 else arms[::-1]:
            path = write_job(job_for(arm))
            command = [sys.executable, __file__, "--arm", arm, "--job", str(path)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
            found[arm] = json.loads(done.stdout.splitlines()[-1])
            print(f"round {number + 1}: {arm}: {found[arm]['pairs_per_second']:.2f} pairs/s", file=sys.stderr)
        yield found


def summary(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Median throughput of each arm, median ratio of each pair of arms, and whether quality is the peer's."""
    arms = rounds[0]
    speeds = {arm: [found[arm]["pairs_per_second"] for found in rounds] for arm in arms}
    return {
        "pairs_per_second": {arm: round(median(values), 2) for arm, values in speeds.items()},
        "ratios": {
            name: [round(median(all_), 2), round(min(all_), 2), round(max(all_), 2)]
            for name, (one, other) in RATIOS.items()
            if one in arms and other in arms
            for all_ in [[a / b for a, b in zip(speeds[one], speeds[other], strict=True)]]
        },
        "quality": {arm: arms[arm]["quality"] for arm in arms},
        "precision": {arm: arms[arm]["precision"] for arm in arms},
        "cache_seconds": {arm: arms[arm]["cache_seconds"] for arm in arms if arms[arm].get("cache_seconds")},
    }


def main() -> None:
    """Measure all arms and print them side by side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=Path, help="JSONL with query, positive, negative, domain; default: made up")
    parser.add_argument("--sample", type=int, help="use about so many rows")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=float, default=2)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--arms", default=",".join(ARMS), help=f"of {', '.join(ARMS)}")
    parser.add_argument("--arm", choices=list(ARMS), help=argparse.SUPPRESS)
    parser.add_argument("--job", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.arm:
        from domain_ft.embedding.job import EmbeddingJob
        from domain_ft.training.device import prepare_environment
        from domain_ft.training.job import read_job

        train = train_peer
        if ARMS[given.arm][0] == "ours":
            prepare_environment("cpu")
            train = train_ours
        print(json.dumps(train(read_job(given.job, EmbeddingJob))))
        return
    from domain_ft.store.home import Home

    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": str(given.threads),
            "DOMAIN_FT_HOME": folder,
            "HF_HUB_OFFLINE": "1",
        }
        os.environ.update(environment)
        home = Home(Path(folder).resolve())
        domain, dataset = make_dataset(home, given.pairs and given.pairs.resolve(), given.sample)
        changes = {"epochs": given.epochs, "batch_size": given.batch_size}
        rounds = list(
            measure(
                given.arms.split(","),
                given.rounds,
                lambda arm: job_of(home, domain, dataset, arm, changes),
                environment,
            )
        )
        rows = json.loads((dataset / "manifest.json").read_bytes())["counts"]["train"]
    about = {"benchmark": "embedding_training", "data": given.pairs.name if given.pairs else "made up", "rows": rows}
    original = {"original_pairs_per_second": ORIGINAL} if given.pairs else {}
    sizes = {"epochs": given.epochs, "batch_size": given.batch_size, "threads": given.threads, "rounds": given.rounds}
    print(json.dumps({**about, **sizes, **summary(rounds), **original}))


if __name__ == "__main__":
    main()
