"""What tensors leave is used again: the pages of a large block are cleared once, not each time."""

import platform
import subprocess
import sys

import pytest

CODE = """
import resource, sys
import torch
from domain_ft.training.allocator import keep_freed_memory
kept = sys.argv[1] == "keep" and keep_freed_memory()
def work():
    for _ in range(10):
        torch.ones(16_000_000)
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
work()
print(kept, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def cleared(how: str) -> tuple[bool, int]:
    """Whether memory is kept, and the pages that ten blocks of 64 MB took when as many had been freed."""
    done = subprocess.run([sys.executable, "-c", CODE, how], capture_output=True, text=True, check=True)
    kept, pages = done.stdout.split()
    return kept == "True", int(pages)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is asked")
def test_what_is_freed_is_used_again() -> None:
    (_, without), (kept, pages) = cleared("as usual"), cleared("keep")
    assert kept
    assert pages < without / 100
