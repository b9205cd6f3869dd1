"""What a fresh installation downloads, as pip would resolve it here; prints one JSON line.

    python benchmarks/download_size.py [--default-index]

`--default-index` leaves pip's own configuration aside (a local folder of wheels, for one), which on Linux means the
torch build that brings CUDA along. Nothing is installed; the sizes are those that the index states.
"""

import argparse
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

CHECKOUT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ("torch==2.13.0", "-e", ".[export,test,check]")
CUDA = ("nvidia-", "cuda-", "triton")


def main() -> None:
    """Ask pip what it would fetch, and add up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--default-index", action="store_true")
    files = resolved(default_index=parser.parse_args().default_index)
    sizes = {each["metadata"]["name"]: size_of(each["download_info"]["url"]) for each in files}
    cuda = sum(size for name, size in sizes.items() if name.startswith(CUDA))
    figures = {"packages": len(sizes), "gigabytes": gigabytes(sum(sizes.values())), "of_it_cuda": gigabytes(cuda)}
    print(json.dumps({"benchmark": "download_size", **figures, "torch_gigabytes": gigabytes(sizes["torch"])}))


def resolved(*, default_index: bool) -> list[dict[str, Any]]:
    """What pip would install into an empty environment."""
    environment = dict(os.environ)
    if default_index:
        environment |= {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
    command += ["-c", "constraints.txt", *REQUIREMENTS]
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-3000:])
    report: dict[str, Any] = json.loads(done.stdout)
    return list(report["install"])


def size_of(address: str) -> int:
    """Bytes of a package file; 0 for this project's own folder."""
    parts = urlsplit(address)
    if parts.scheme == "file":
        path = Path(unquote(parts.path))
        return path.stat().st_size if path.is_file() else 0
    with urllib.request.urlopen(urllib.request.Request(address, method="HEAD"), timeout=60) as answer:
        return int(answer.headers["Content-Length"])


def gigabytes(size: int) -> float:
    """Bytes in GB, to two places."""
    return round(size / 1e9, 2)


if __name__ == "__main__":
    main()
