"""What one training step costs on a CPU, with and without length groups; prints one JSON line.

    python benchmarks/training_step.py [--steps 4] [--batch-size 64]

The starter, the ranking loss with the triplet's own negative, 64 tokens, bf16, texts whose lengths are spread as
those of a real history (half below 20 tokens, a tenth above 60). Each arm runs in a process of its own, so that peak
memory can be told; CPU seconds are given beside wall seconds, because other work on the machine blurs the latter.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import time


def texts(count: int, seed: int) -> list[str]:
    """Texts of made-up words, 8 to 80 of them, few of them long."""
    dice = random.Random(seed)
    lengths = [min(80, int(8 + dice.expovariate(1 / 14))) for _ in range(count)]
    return [" ".join(dice.choice(("login", "invoice", "page", "returns", "error")) for _ in range(n)) for n in lengths]


def measure(arm: str, steps: int, batch_size: int) -> dict[str, float]:
    """Mean CPU and wall seconds of a step after a first one, and the peak memory of the process."""
    from domain_ft.training.device import prepare_environment

    prepare_environment("cpu")
    import torch

    from domain_ft.embedding.length_groups import CPU_ROWS, LengthGroups
    from domain_ft.embedding.losses import LOSSES
    from domain_ft.embedding.models import load_model
    from domain_ft.embedding.settings import TrainingSettings
    from domain_ft.embedding.starter import starter_folder

    torch.manual_seed(0)
    model = load_model(starter_folder(), max_seq_length=64).train()
    grouped = LengthGroups(model, CPU_ROWS) if arm == "length_groups" else model
    loss = LOSSES["multiple_negatives_ranking"].build(grouped, TrainingSettings())
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)
    for step in range(steps + 1):
        if step == 1:
            cpu, wall = time.process_time(), time.perf_counter()
        columns = [model.preprocess(texts(batch_size, 3 * step + column)) for column in range(3)]
        with torch.autocast("cpu", torch.bfloat16):
            value = loss(columns, None)
        value.backward()
        optimizer.step()
        optimizer.zero_grad()
    return {
        "cpu_seconds": round((time.process_time() - cpu) / steps, 3),
        "wall_seconds": round((time.perf_counter() - wall) / steps, 3),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
    }


def main() -> None:
    """Measure each arm in a process of its own and print them side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--arm", choices=["plain", "length_groups"], help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.arm:
        print(json.dumps(measure(chosen.arm, chosen.steps, chosen.batch_size)))
        return
    command = [sys.executable, __file__, "--steps", str(chosen.steps), "--batch-size", str(chosen.batch_size)]
    arms = {}
    for arm in ("plain", "length_groups"):
        done = subprocess.run([*command, "--arm", arm], capture_output=True, text=True, check=True)
        arms[arm] = json.loads(done.stdout.splitlines()[-1])
    gain = arms["plain"]["cpu_seconds"] / arms["length_groups"]["cpu_seconds"]
    print(json.dumps({"benchmark": "training_step", "batch_size": chosen.batch_size, **arms, "gain": round(gain, 2)}))


if __name__ == "__main__":
    main()
