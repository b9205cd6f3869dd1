"""A Python project as it is recorded: a snapshot of its files, which of them are changed, and where they import from.

The snapshot is taken once: what somebody edits meanwhile has no part in the recording, and its digest names it. Links
that lead out of the project are not followed, and what tools leave behind (environments, caches, `.git`) stays away.
"""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from domain_ft.errors import InputError
from domain_ft.store.digests import sha256_file, sha256_json

LARGEST_BYTES = 1_000_000_000
MOST_FILES = 50_000
_LEFT = frozenset(
    {
        "__pycache__", ".git", ".hg", ".svn", ".tox", ".nox", ".venv", "venv", "node_modules", ".eggs", ".idea",
        ".vscode", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".cache", ".ipynb_checkpoints",
    }
)  # fmt: skip
_ENVIRONMENT = "pyvenv.cfg"
"""The file that marks a virtual environment, whatever its folder is called."""
_TEST_FOLDERS = frozenset({"test", "tests", "testing"})
_TEST_FILE = re.compile(r"test_.*|.*_tests?|tests?|conftest|setup|noxfile")
_NO_PACKAGE = frozenset({"doc", "docs", "example", "examples", "benchmark", "benchmarks", "build", "dist", "scripts"})
_ROOTS = ("src", "lib")


@dataclass(frozen=True)
class SourceFile:
    """A file whose code is changed: its path in the project, the folder it is imported from, its dotted name."""

    path: str
    root: str
    module: str


@dataclass(frozen=True)
class Project:
    """A snapshot of a project; `left_out` counts links that lead out of it and things that are no files."""

    name: str
    digest: str
    snapshot: Path
    sources: tuple[SourceFile, ...]
    test_files: tuple[str, ...]
    left_out: int

    @property
    def roots(self) -> tuple[str, ...]:
        """The folders from which its modules are imported, relative to its own ("." for itself)."""
        return tuple(dict.fromkeys([*sorted({source.root for source in self.sources}), "."]))

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages and modules with which an import begins, but for folders that any other may hide."""
        found = {(source.root, source.module.split(".")[0]) for source in self.sources}
        stands = {name for root, name in found if self._stands(root, name)}
        return tuple(sorted(stands))

    def _stands(self, root: str, name: str) -> bool:
        folder = self.snapshot / root
        return (folder / name / "__init__.py").is_file() or (folder / f"{name}.py").is_file()


def take_snapshot(repo: Path, snapshot: Path, source: Path | None = None) -> Project:
    """Copy a project into the folder `snapshot` and look at it; `source` is the part whose code is to be changed.

    Raises InputError where there is no such folder, it is too large to be copied for every run, or it has no code.
    """
    if not repo.is_dir():
        raise InputError(f"{repo}: is not a folder; name the folder of a Python project")
    repo = repo.resolve()
    inner = _within(repo, source)
    digests, left_out, size = dict[str, str](), 0, 0
    for path in _files(repo):
        name = path.relative_to(repo).as_posix()
        if not _is_inside(path, repo):
            left_out += 1
            continue
        size += path.lstat().st_size
        if size > LARGEST_BYTES or len(digests) >= MOST_FILES:
            raise InputError(
                f"{repo}: has more than {LARGEST_BYTES:,} bytes or {MOST_FILES:,} files, and is copied for every run; "
                "name a smaller folder, or move data out of it"
            )
        target = snapshot / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target, follow_symlinks=False)
        digests[name] = str(path.readlink()) if path.is_symlink() else sha256_file(target)
    paths = sorted(name for name in digests if name.endswith(".py") and not (snapshot / name).is_symlink())
    sources = tuple(_source_file(snapshot, name, inner) for name in paths if _is_source(name, inner))
    if not sources:
        where = f"{repo / inner}" if inner else str(repo)
        raise InputError(f"{where}: holds no Python source besides tests; name the folder of the code by --source")
    changed = {source.path for source in sources}
    tests = tuple(name for name in paths if name not in changed)
    return Project(repo.name, sha256_json(digests), snapshot, sources, tests, left_out)


def _within(repo: Path, source: Path | None) -> str | None:
    if source is None:
        return None
    folder = (repo / source).resolve() if (repo / source).exists() else source.resolve()
    if not folder.exists() or not folder.is_relative_to(repo):
        raise InputError(f"--source {source}: is not in {repo}; name a folder or a file of the project")
    return folder.relative_to(repo).as_posix()


def _files(repo: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(repo):
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        kept = [name for name in folders if name not in _LEFT and name not in links]
        folders[:] = sorted(name for name in kept if not (here / name / _ENVIRONMENT).is_file())
        yield from (here / name for name in sorted([*files, *links]) if name not in _LEFT)


def _is_inside(path: Path, repo: Path) -> bool:
    """Whether a path is a file, or a link that says relatively where in the project it leads."""
    if not path.is_symlink():
        return path.is_file()
    return not path.readlink().is_absolute() and path.resolve().is_relative_to(repo)


def _is_source(name: str, inner: str | None) -> bool:
    """Whether a file is code to change: no test, nothing that builds or documents the project."""
    if inner is not None and inner != "." and name != inner and not name.startswith(f"{inner}/"):
        return False
    below = name.removeprefix(f"{inner}/") if inner else name
    folders = below.split("/")[:-1]
    if _TEST_FILE.fullmatch(Path(name).stem) or _TEST_FOLDERS.intersection(folders):
        return False
    return inner is not None or not folders or folders[0] not in _NO_PACKAGE


def _source_file(snapshot: Path, name: str, inner: str | None) -> SourceFile:
    """Where a file is imported from: the folder above its outermost package, or the usual `src` and `lib`.

    Loose files of a folder that was not named are imported by the longer name, from the project's own folder.
    """
    folder = Path(name).parent
    while (snapshot / folder / "__init__.py").is_file() and folder != Path():
        folder = folder.parent
    first = Path(name).parts[0]
    if first in _ROOTS and not (snapshot / first / "__init__.py").is_file():
        folder = Path(first)
    elif inner is None and folder == Path(name).parent:
        folder = Path()
    parts = list(Path(name).relative_to(folder).with_suffix("").parts)
    return SourceFile(name, folder.as_posix(), ".".join(parts[:-1] if parts[-1] == "__init__" and parts[1:] else parts))
