"""Keeping in the landing folder what was read from elsewhere, so that the tables can be made again from there."""

import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock

from domain_ft.faults import faults_as_sentences
from domain_ft.landing.files import landing_files, take
from domain_ft.landing.folder import SETTLE_S
from domain_ft.store.digests import short


def keep_files(files: Sequence[Path], landing: Path, lock: Path) -> None:
    """Keep files in the landing folder. One process at a time: two would find the same name free."""
    with faults_as_sentences(landing), FileLock(lock):
        for file in files:
            _keep(file, landing)


def _keep(file: Path, landing: Path) -> None:
    """Copy a file to the landing folder, whole or not at all; the same content is kept once.

    The copy looks settled at once: what was read is finished, and the next look at the folder shall find it.
    """
    digest = take(file).sha256
    alike = (kept for kept in landing_files(landing, settle_s=0) if _may_equal(kept, file))
    if any(take(kept).sha256 == digest for kept in alike):
        return
    name = file.name if not (landing / file.name).exists() else f"{short(digest)}-{file.name}"
    settled = time.time() - 2 * SETTLE_S
    with tempfile.TemporaryDirectory(prefix=".copying-", dir=landing) as work:
        beside = Path(work) / "copy"
        if file.is_dir():
            shutil.copytree(file, beside)
        else:
            shutil.copyfile(file, beside)
        for path in (beside, *beside.rglob("*")):
            os.utime(path, (settled, settled))
        beside.replace(landing / name)


def _may_equal(kept: Path, file: Path) -> bool:
    """Whether two sources can have the same content, as far as a look without reading them tells."""
    if kept.is_dir() or file.is_dir():
        return kept.is_dir() and file.is_dir()
    return kept.stat().st_size == file.stat().st_size
