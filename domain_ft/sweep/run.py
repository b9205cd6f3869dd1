"""Running a sweep: it chooses settings, and nothing else.

It never looks at the test split, moves no pointer, registers no version and promotes nothing. All that it makes is
named by its content, so that a sweep that was cut short goes on where it was when it is started again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from domain_ft.datasets import build_dataset
from domain_ft.domain import EmbeddingDomain
from domain_ft.embedding.train_model import train_embedding_model
from domain_ft.errors import DomainFtError, InputError
from domain_ft.judge import judge_model
from domain_ft.registry.sweep_runs import Outcome, SweepRecord, record_sweep
from domain_ft.registry.told import Told, told
from domain_ft.retention.inventory import MADE, SWEEP_FILE, sweep_made
from domain_ft.retention.plan import Kind
from domain_ft.store.home import Home
from domain_ft.store.publish import pointed, remove_folder, write_json
from domain_ft.sweep.plan import Combination, sweep_digest
from domain_ft.sweep.result import SweepResult, SweepRow, sweep_result
from domain_ft.training.progress import OnEvent, ignore
from domain_ft.training.stop import TrainingStoppedError

if TYPE_CHECKING:
    from domain_ft.evaluation.benchmark import BenchmarkResult

Announce = Callable[[str], None]
Note = Callable[[Kind, str], None]
_FIGURES = ("mean", "low", "high")


@dataclass(frozen=True)
class _Tried:
    """One combination that was tried, and its outcome or the error that it ended with."""

    row: SweepRow
    outcome: Outcome | None = None
    error: DomainFtError | None = None


def run_sweep(
    domain: EmbeddingDomain,
    home: Home,
    combinations: Sequence[Combination],
    *,
    on_event: OnEvent = ignore,
    announce: Announce = lambda _: None,
) -> SweepResult:
    """Train and judge each combination on the newest history, and tell MLflow after each of them.

    A combination that fails is named in its row, and the others go on. Raises its error where all of them fail, and
    TrainingStoppedError where a training is stopped.
    """
    raw = pointed(home.raw(domain.name) / "current")
    if raw is None:
        raise InputError(f"nothing has landed yet; run domain-ft ingest {domain.name} FILE")
    digest = sweep_digest(raw.name, combinations)
    tried, answer = list[_Tried](), Told()
    with _alone(home, domain.name, digest), _noted(home.sweeps(domain.name) / digest) as note:
        for number, combination in enumerate(combinations, 1):
            announce(f"combination {number} of {len(combinations)}: {combination}")
            tried.append(_try(combination, home, raw, note, on_event))
            rows = [each.row for each in tried]
            result = sweep_result(combination.domain, digest, rows, len(combinations))
            if answer.fault is None or number == len(combinations):
                answer = _tell(home, result, combinations, tried)
    errors = [each.error for each in tried if each.error]
    if len(errors) == len(tried):
        raise errors[0]
    return replace(result, mlflow_url=answer.url, notes=(*result.notes, *answer.notes))


@contextmanager
def _alone(home: Home, domain: str, digest: str) -> Iterator[None]:
    try:
        with FileLock(home.lock(f"sweep-{domain}-{digest}"), timeout=0):
            yield
    except Timeout:
        raise DomainFtError(f"another process is running this sweep of {domain}; wait for it, or end it") from None


@contextmanager
def _noted(folder: Path) -> Iterator[Note]:
    """Notes what a sweep publishes until it has come to its end: meanwhile retention leaves that alone."""
    made = sweep_made(folder)

    def note(kind: Kind, name: str) -> None:
        made.append((kind, name))
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / SWEEP_FILE, {MADE: made})

    yield note
    if folder.is_dir():
        remove_folder(folder)


def _try(combination: Combination, home: Home, raw: Path, note: Note, on_event: OnEvent) -> _Tried:
    """Dataset, model and validation benchmark of one combination; its failure is an answer, a stop is not."""
    domain = combination.domain
    try:
        dataset = build_dataset(raw, home.triplets(domain.name), domain.triplets, make_current=False)
        note("dataset", dataset.digest)
        trained = train_embedding_model(
            domain=domain.name,
            home=home,
            dataset=dataset.path,
            settings=domain.training,
            on_event=on_event,
            make_current=False,
        )
        note("model", trained.version)
        judged = judge_model(domain, home, trained.path, make_current=False)
        note("benchmark", judged.digest)
    except TrainingStoppedError:
        raise
    except DomainFtError as error:
        return _Tried(SweepRow(combination.settings, error=str(error)), error=error)
    name = str(combination) or trained.version
    outcome = judged_outcome(name, combination.settings, trained.version, dataset.digest, judged)
    return _Tried(_row(outcome, judged), outcome)


def judged_outcome(
    name: str, settings: Mapping[str, str], version: str, dataset: str, judged: "BenchmarkResult"
) -> Outcome:
    """What MLflow is told of a model and its benchmark on validation."""
    over_base = [row for row in judged.differences if (row["reference"], row["slice"]) == ("base", "all")]
    return Outcome(
        name=name,
        settings=settings,
        version=version,
        dataset=dataset,
        benchmark=judged.digest,
        comparison_digest=judged.comparison_digest,
        metrics=judged.arms["candidate"],
        gains={row["metric"]: {name: row[name] for name in _FIGURES} for row in over_base},
    )


def _row(outcome: Outcome, judged: "BenchmarkResult") -> SweepRow:
    estimate = outcome.metrics[judged.primary_metric]
    return SweepRow(
        settings=outcome.settings,
        version=outcome.version,
        dataset=outcome.dataset,
        comparison_digest=outcome.comparison_digest,
        **{name: estimate[name] for name in _FIGURES},
        difference=outcome.gains.get(judged.primary_metric),
        n=judged.n,
        few_clusters=judged.few_clusters,
        report=str(judged.report),
    )


def _tell(home: Home, result: SweepResult, combinations: Sequence[Combination], tried: Sequence[_Tried]) -> Told:
    values: dict[str, dict[str, None]] = {}
    for combination in combinations:
        for name, value in combination.settings.items():
            values.setdefault(name, {})[value] = None
    sweep = SweepRecord(
        digest=result.sweep,
        axes={name: ",".join(each) for name, each in values.items()},
        combinations=len(combinations),
        primary_metric=result.primary_metric,
        outcomes=[each.outcome for each in tried if each.outcome],
        table=result.as_json(),
    )
    return tell(home, result.domain, sweep)


def tell(home: Home, domain: str, sweep: SweepRecord) -> Told:
    """Tell MLflow of a sweep; that it cannot be told is an answer."""
    return told(lambda: record_sweep(home, domain, sweep))
