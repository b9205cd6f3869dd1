"""Tokens per second and peak memory of training an adapter, beside a plain script with TRL; prints one JSON line.

    python benchmarks/adapter_training.py [--base starter] [--records 64] [--rounds 3] [--set KEY=VALUE ...]

Both train the same LoRA adapter of the same base model on the same records (made by the grammar), in batches of the
same size at the same precision, without recomputing activations. The peer is what a person would write: prompt and
completion as messages, `SFTTrainer`, and its defaults for the rest. Ours is what a training's own process does.
Loading and evaluations are left out of the time on both sides, and the first step; peak memory is that of the whole
process, imports and loading too. Other work on the machine blurs what is measured by the clock, less what is measured
by the time computed. In each round the two take turns, and the ratios are medians over the rounds.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from typing import Any

WARM_STEPS = 1
"""Steps at the beginning that are not timed."""
ARMS = ("peer", "ours")


def now() -> tuple[float, float]:
    """Seconds on the wall's clock, and seconds that this process has computed for."""
    return time.perf_counter(), time.process_time()


def make_job(home: Any, base: str, records: int, changes: dict[str, str]) -> Any:
    """The job of our training, one epoch on as many records; the peer takes its data and settings from it."""
    from domain_ft import adapter_stages, stages
    from domain_ft.adapter.settings import AdapterTrainingSettings
    from domain_ft.adapter.train_adapter import describe_job
    from domain_ft.domains import find_domain
    from domain_ft.requirement_files.generate import generate_concepts, generate_requirements
    from domain_ft.requirements.grammar import load_grammar

    concepts, file = home.root / "concepts.jsonl", home.root / "records.jsonl"
    generate_concepts(load_grammar(), concepts, count=2 * records, seed=1)
    generate_requirements(load_grammar(), concepts, file)
    domain = find_domain("requirements")
    dataset = adapter_stages.fix(domain, home, stages.ingest(domain, home, [file]).path).path
    fixed = {"base_model": base, "device": "cpu", "quantization": "fp32", "epochs": 1, "logging_steps": 1}
    limits = {"train_limit": records, "val_limit": 1, "early_stopping_patience": None}
    settings = AdapterTrainingSettings.model_validate({**fixed, **limits, **changes})
    return describe_job(domain=domain.name, home=home, dataset=dataset, settings=settings, make_current=False)


def train_ours(job: Any) -> dict[str, Any]:
    """When each step ended, and the last loss."""
    from domain_ft.adapter.settings import AdapterTrainingSettings
    from domain_ft.adapter.train import PROCESS
    from domain_ft.training.allocator import keep_freed_memory
    from domain_ft.training.device import prepare_environment
    from domain_ft.training.stop import StopRequest

    ends, losses = [], []

    def report(event: Any) -> None:
        if event.kind == "log":
            ends.append(now())
            losses.append(event.values["loss"])

    prepare_environment("cpu")
    keep_freed_memory()
    job.work.mkdir(parents=True, exist_ok=True)
    if PROCESS.run(job, AdapterTrainingSettings.model_validate(job.settings), report, StopRequest()):
        raise SystemExit("our training failed")
    return {"ends": ends, "loss": losses[-1]}


def train_peer(job: Any) -> dict[str, Any]:
    """What a person would write in twenty lines."""
    from domain_ft.training.device import prepare_environment

    prepare_environment("cpu")
    import datasets
    import torch
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from domain_ft.adapter.rows import read_records
    from domain_ft.drawn import drawn
    from domain_ft.requirements.prompt import DEFAULT_PROMPT
    from domain_ft.requirements.rendering import gold_text

    settings, ends = job.settings, []

    class Clock(TrainerCallback):
        def on_step_end(self, *unused: Any, **also_unused: Any) -> None:
            ends.append(now())

    rows = [
        {
            "prompt": [{"role": m.role, "content": m.content} for m in DEFAULT_PROMPT.messages(record["concept"])],
            "completion": [{"role": "assistant", "content": gold_text(record)}],
        }
        for record in drawn(read_records(job.dataset, "train"), settings["train_limit"], settings["seed"])
    ]
    with tempfile.TemporaryDirectory() as folder:
        trainer = SFTTrainer(
            model=AutoModelForCausalLM.from_pretrained(str(job.base.path), dtype=torch.float32),
            processing_class=AutoTokenizer.from_pretrained(str(job.base.path)),
            args=SFTConfig(
                output_dir=folder,
                use_cpu=True,
                bf16=False,
                activation_checkpointing=False,
                num_train_epochs=settings["epochs"],
                per_device_train_batch_size=settings["batch_size"],
                gradient_accumulation_steps=settings["gradient_accumulation_steps"],
                learning_rate=settings["learning_rate"],
                warmup_steps=settings["warmup_ratio"],
                weight_decay=settings["weight_decay"],
                max_length=settings["max_length"],
                seed=settings["seed"],
                logging_steps=1,
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
            ),
            train_dataset=datasets.Dataset.from_list(rows),
            peft_config=LoraConfig(
                task_type="CAUSAL_LM",
                r=settings["lora_r"],
                lora_alpha=settings["lora_alpha"],
                lora_dropout=settings["lora_dropout"],
                target_modules="all-linear",
            ),
            callbacks=[Clock()],
        )
        trainer.train()
    return {"ends": ends, "loss": [entry["loss"] for entry in trainer.state.log_history if "loss" in entry][-1]}


def measured(arm: str, job_file: Path, tokens: int, environment: dict[str, str]) -> dict[str, float]:
    """One arm in a process of its own: tokens per second of its steps, and its peak memory in bytes."""
    import psutil

    command = [sys.executable, __file__, "--arm", arm, "--job", str(job_file)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as run:
        peak, held = 0, psutil.Process(run.pid)

        def watch() -> None:
            nonlocal peak
            while run.poll() is None:
                try:
                    peak = max(peak, held.memory_info().rss)
                except psutil.Error:
                    return
                time.sleep(0.02)

        watcher = threading.Thread(target=watch)
        watcher.start()
        assert run.stdout is not None
        said = run.stdout.read().splitlines()
        watcher.join()
    found = json.loads(said[-1])
    ends = found["ends"]
    share = len(ends) / (len(ends) - WARM_STEPS)
    wall, computed = ((last - first) * share for first, last in zip(ends[WARM_STEPS - 1], ends[-1], strict=True))
    return {
        "tokens_per_second": tokens / wall,
        "tokens_per_cpu_second": tokens / computed,
        "peak_bytes": peak,
        "loss": found["loss"],
    }


def tokens_of(job: Any) -> int:
    """Tokens of all rows, questions and answers."""
    from transformers import AutoTokenizer

    from domain_ft.adapter.chat import Chat
    from domain_ft.adapter.rows import make_rows, read_records
    from domain_ft.drawn import drawn

    chat = Chat(AutoTokenizer.from_pretrained(str(job.base.path)), job.base.path)
    records = drawn(read_records(job.dataset, "train"), job.settings["train_limit"], job.settings["seed"])
    return make_rows(records, chat, job.settings["max_length"], "train").tokens


def main() -> None:
    """Measure both arms in turns and print them side by side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="starter", help="folder or name of the base model")
    parser.add_argument("--records", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="another training setting")
    parser.add_argument("--arm", choices=ARMS, help=argparse.SUPPRESS)
    parser.add_argument("--job", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.arm:
        from domain_ft.adapter.job import AdapterJob
        from domain_ft.training.job import read_job

        print(json.dumps({"peer": train_peer, "ours": train_ours}[given.arm](read_job(given.job, AdapterJob))))
        return
    from domain_ft.store.home import Home, trust_folder
    from domain_ft.training.job import write_job

    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(OMP_NUM_THREADS=str(given.threads), DOMAIN_FT_HOME=folder, HF_HUB_OFFLINE="1")
        if Path(given.base).is_dir():
            given.base = str(Path(given.base).resolve())
            trust_folder(Path(given.base))
        changes = dict(each.split("=", 1) for each in given.set)
        rounds: list[dict[str, dict[str, float]]] = []
        for number in range(given.rounds):
            home = Home(Path(folder).resolve() / str(number))
            home.root.mkdir()
            job = make_job(home, given.base, given.records, changes)
            tokens, path = tokens_of(job), write_job(job)
            turns = ARMS if number % 2 == 0 else ARMS[::-1]
            rounds.append({arm: measured(arm, path, tokens, dict(os.environ)) for arm in turns})
            print(f"round {number + 1}: {rounds[-1]}", file=sys.stderr)
    figures = ("tokens_per_second", "tokens_per_cpu_second", "peak_bytes")
    about = {"benchmark": "adapter_training", "base": Path(given.base).name, "records": given.records, "tokens": tokens}
    ratios = {name: [each["ours"][name] / each["peer"][name] for each in rounds] for name in figures}
    print(
        json.dumps(
            {
                **about,
                "threads": given.threads,
                "rounds": given.rounds,
                **{arm: {name: round(median(each[arm][name] for each in rounds)) for name in figures} for arm in ARMS},
                "ratios": {n: [round(median(v), 2), round(min(v), 2), round(max(v), 2)] for n, v in ratios.items()},
                "loss": {arm: rounds[0][arm]["loss"] for arm in ARMS},
            }
        )
    )


if __name__ == "__main__":
    main()
