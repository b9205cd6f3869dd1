"""Which precision a device computes fastest: tried for a second, never guessed from its name.

bf16 on a CPU pays only where the CPU has the instructions for it, and costs much where it has not. The answer is
kept, because it is part of a model's version: one machine always answers the same.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from domain_ft.errors import DomainFtError, InputError
from domain_ft.store.publish import write_json
from domain_ft.training.device import prepare_environment, resolve_device
from domain_ft.training.job import ResolvedPrecision

WORTH = 1.1
"""A lower precision must be this much faster than fp32 to be chosen."""
_PROBE_S = 1.5
_MIN_ROUNDS = 5


def resolve_precision(precision: str, device: str, cache: Path) -> ResolvedPrecision:
    """What `auto` means on this machine, from the cache or by a probe in a process of its own."""
    if precision != "auto":
        return precision  # type: ignore[return-value]
    kept = cache / "precision" / f"{_machine_digest(device)}.json"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_json(kept, _probe_in_process(device))
    answer: ResolvedPrecision = json.loads(kept.read_bytes())["precision"]
    return answer


def check_precision(precision: str, device: str) -> None:
    """Refuse what the device cannot train at, before anything is loaded."""
    import torch

    if precision == "fp16" and device == "cpu":
        raise InputError("precision: fp16 cannot train on a cpu; use precision: auto, bf16 or fp32, or a GPU")
    if precision == "bf16" and device != "cpu" and not torch.cuda.is_bf16_supported():
        name = torch.cuda.get_device_name(device)
        raise InputError(f"precision: bf16 is not supported by {name}; use precision: auto, fp16 or fp32")


def choose_precision(seconds: Mapping[str, float]) -> ResolvedPrecision:
    """The fastest of the timed precisions; fp32 unless another is clearly faster, bf16 before fp16 when alike."""
    fast = {name: seconds["fp32"] / value for name, value in seconds.items()}
    if fast.get("bf16", 0) >= WORTH and fast["bf16"] * WORTH >= fast.get("fp16", 0):
        return "bf16"
    return "fp16" if fast.get("fp16", 0) >= WORTH else "fp32"


def time_precisions(device: str) -> dict[str, float]:
    """Seconds of one forward and backward pass of two transformer layers, at each precision the device may use.

    The precisions take turns and the best time of each counts, so that other work on the machine blurs little.
    """
    import torch

    types = {"fp32": torch.float32, "bf16": torch.bfloat16}
    if device != "cpu":
        types["fp16"] = torch.float16
        if not torch.cuda.is_bf16_supported():
            del types["bf16"]
    layer = torch.nn.TransformerEncoderLayer(384, 12, 1536, dropout=0.0, batch_first=True)
    model = torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).to(device)
    batch = torch.randn(4, 64, 384, device=device)

    def step(kind: torch.dtype) -> float:
        start = time.perf_counter()
        with torch.autocast(device.split(":")[0], kind, enabled=kind != torch.float32):
            loss = model(batch).float().square().mean()
        loss.backward()
        if device != "cpu":
            torch.cuda.synchronize()
        return time.perf_counter() - start

    for kind in types.values():
        step(kind)
    rounds, until = 0, time.perf_counter() + _PROBE_S
    times = dict.fromkeys(types, float("inf"))
    while rounds < _MIN_ROUNDS or time.perf_counter() < until:
        rounds += 1
        times = {name: min(times[name], step(kind)) for name, kind in types.items()}
    return times


def _probe_in_process(device: str) -> dict[str, object]:
    command = [sys.executable, "-m", "domain_ft.training.precision", device]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode == InputError.exit_code:
        raise InputError(done.stderr.strip().splitlines()[-1])
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise DomainFtError(f"the precision probe failed ({reason}); name one with precision: fp32")
    answer: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def _machine_digest(device: str) -> str:
    """What the answer depends on: the asked device, this machine's processors, and the library."""
    processor = Path("/proc/cpuinfo")
    lines = processor.read_text().splitlines() if processor.is_file() else []
    described = [line for line in lines if line.startswith(("model name", "flags", "Features"))][:2]
    gpus = Path("/proc/driver/nvidia/gpus")
    parts = [device, *described, version("torch"), os.environ.get("CUDA_VISIBLE_DEVICES", "all")]
    parts += sorted(path.name for path in gpus.iterdir()) if gpus.is_dir() else []
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def main(arguments: list[str]) -> int:
    """`python -m domain_ft.training.precision DEVICE`: one JSON line with the choice and the times behind it."""
    prepare_environment(arguments[0])
    try:
        device = resolve_device(arguments[0])
    except InputError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    times = time_precisions(device)
    print(json.dumps({"precision": choose_precision(times), "seconds": times, "device": device}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
