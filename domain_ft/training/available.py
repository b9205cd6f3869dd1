"""How much memory a training may take: what the machine, or the group that the process is confined to, has to give."""

import resource
from contextlib import suppress
from pathlib import Path

import psutil

_LIMIT, _USED = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")


def available_memory(device: str) -> int:
    """Bytes that this process may hold on a device: what it holds by now, and what is free beside that."""
    if device != "cpu":
        import torch

        free, _ = torch.cuda.mem_get_info(device)
        return int(free + torch.cuda.memory_reserved(device))
    held = psutil.Process().memory_info().rss
    return int(held + min(psutil.virtual_memory().available, _free_in_group()))


def _free_in_group() -> float:
    """Bytes left below the limit of the process's control group; endless where it has none."""
    try:
        return int(_LIMIT.read_text()) - int(_USED.read_text())
    except (OSError, ValueError):  # another system, or `max`
        return float("inf")


def reset_peak(device: str) -> None:
    """Let the height of memory count from now on, where the system can do that."""
    if device != "cpu":
        import torch

        torch.cuda.reset_peak_memory_stats(device)
        return
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory(device: str) -> int:
    """The height of this process's memory on a device in bytes: since `reset_peak`, or since its start."""
    if device != "cpu":
        import torch

        return int(torch.cuda.max_memory_allocated(device))
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
