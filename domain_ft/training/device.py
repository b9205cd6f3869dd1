"""Which device a model computes on; a training decides it in its own process, before torch looks at the machine."""

import os
from collections.abc import Mapping, MutableMapping

from domain_ft.errors import InputError

VISIBLE = "CUDA_VISIBLE_DEVICES"
_NARROWED = "DOMAIN_FT_ONE_GPU_VISIBLE"
"""Set where `prepare_environment` has left one GPU visible: whichever was asked for, torch calls it 0 there."""

SPINS = "10000"
"""Of a waiting thread, some ten microseconds: longer than from one operation to the next."""


def prepare_environment(device: str, environment: MutableMapping[str, str] = os.environ) -> None:
    """Set what must stand in the environment before torch is imported: visible GPUs, threads, no telemetry.

    One process uses one GPU; more than one takes one process each (torchrun sets LOCAL_RANK, and is left alone).
    """
    if "LOCAL_RANK" not in environment:
        environment[VISIBLE] = visible_gpus(device, environment)
        environment[_NARROWED] = "1"
        environment.setdefault("OMP_NUM_THREADS", str(len(os.sched_getaffinity(0))))
    prepare_threads(environment)
    environment.update(
        TOKENIZERS_PARALLELISM="false",
        HF_HUB_DISABLE_TELEMETRY="1",
        DO_NOT_TRACK="1",
        HF_HUB_OFFLINE="1",
        HF_HUB_DISABLE_PROGRESS_BARS="1",
    )


def prepare_threads(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let torch's threads spin for a moment while they wait for each other, then sleep; to be set before torch is
    imported.

    By default they spin for so long that on cores that other work shares a training step took several times as long;
    without any spinning, a step on free cores took half as long again (both measured).
    """
    if "OMP_WAIT_POLICY" not in environment:
        environment["OMP_WAIT_POLICY"] = "PASSIVE"
        environment.setdefault("GOMP_SPINCOUNT", SPINS)


def visible_gpus(device: str, environment: Mapping[str, str]) -> str:
    """The value of CUDA_VISIBLE_DEVICES that leaves only the asked device; `cuda:N` counts among those visible now."""
    given = environment.get(VISIBLE)
    if device == "cpu" or given == "":
        return ""
    index = int(device.partition(":")[2] or 0)
    if given is None:
        return str(index)
    listed = given.split(",")
    return listed[index] if index < len(listed) else ""


def unknown_device(device: str) -> str | None:
    """What is wrong with a word that names no device; None where it does."""
    kind, _, number = device.partition(":")
    indexed = kind == "cuda" and number.isascii() and number.isdigit()
    return (
        None
        if indexed or device in ("auto", "cpu", "cuda")
        else (f"unknown device {device!r}; use auto, cpu, cuda or cuda:N")
    )


def resolve_device(device: str) -> str:
    """`cpu` or `cuda:N` as torch names it in this process; InputError where a GPU is asked for and there is none."""
    import torch

    if unknown := unknown_device(device):
        raise InputError(f"device: {unknown}")
    if device == "cpu":
        return "cpu"
    index = gpu_index(device, os.environ)
    if index < torch.cuda.device_count():
        return f"cuda:{index}"
    if device == "auto":
        return "cpu"
    built = "was built without CUDA" if torch.version.cuda is None else "finds no such GPU"
    raise InputError(f"device: {device} is asked for, but torch {torch.__version__} {built}; use device: cpu or auto")


def gpu_index(device: str, environment: Mapping[str, str]) -> int:
    """The number that torch gives the asked GPU in this process: a launcher's, 0 where one is visible, or as asked."""
    if "LOCAL_RANK" in environment:
        return int(environment["LOCAL_RANK"])
    return 0 if _NARROWED in environment else int(device.partition(":")[2] or 0)


def describe_device(device: str) -> str:
    """The device in words, for the plan and the manifest."""
    import torch

    if device.startswith("cpu"):
        return f"cpu, {torch.get_num_threads()} threads"
    return f"{device}, {torch.cuda.get_device_name(device)}"
