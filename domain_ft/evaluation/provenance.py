"""What a figure was computed with: versions, machine and commit, so that it can be computed again."""

import platform
import subprocess
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from domain_ft.store.home import CHECKOUT

_LIBRARIES = (
    "domain-ft", "numpy", "scipy", "polars", "bm25s", "sentence-transformers", "transformers", "torch", "peft", "trl",
)  # fmt: skip
_SECONDS = 5


def run_provenance(given: Mapping[str, str] | None) -> dict[str, str]:
    """Versions, the commit of this checkout, and what the caller knows of the run."""
    commit = git_commit(CHECKOUT)
    return {**library_versions(), **({"commit": commit} if commit else {}), **(given or {})}


def library_versions() -> dict[str, str]:
    """Python and the libraries that figures depend on, those that are installed."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def git_commit(folder: Path) -> str | None:
    """The commit checked out in a folder, `+changes` if tracked files differ; None where it is no repository's root."""
    if not (folder / ".git").exists():
        return None
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return None
    return f"{commit}+changes" if _git(folder, "status", "--porcelain", "--untracked-files=no") else commit


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
