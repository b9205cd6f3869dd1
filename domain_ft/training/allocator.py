"""Memory that tensors leave behind stays with the process, for the tensors of the next step.

glibc gives every large block back to the kernel and asks for it anew; a training step frees and takes gigabytes, and
each page of them is cleared again on first use: a tenth of the CPU time of a step of the starter on two cores. Kept,
the peak of memory grows by a few per cent, and the computation is the same to the bit.
"""

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""From glibc's malloc.h."""
_NEVER_TRIM = 2**31 - 1
_LARGEST = (1 << 30, 1 << 25)
"""Blocks up to this many bytes stay; a glibc that takes no such value takes the second, its own highest."""


def keep_freed_memory() -> bool:
    """Ask the C library to keep what is freed; False where it is not glibc, and nothing changes."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    return any(mallopt(_M_MMAP_THRESHOLD, size) for size in _LARGEST) and bool(mallopt(_M_TRIM_THRESHOLD, _NEVER_TRIM))
