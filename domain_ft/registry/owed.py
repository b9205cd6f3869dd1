"""What MLflow has yet to be told: noted on disk while it cannot be reached, and done at the next chance, in order.

A model or a benchmark is published before MLflow hears of it, so nothing waits for MLflow and nothing is lost with
it. All that is owed may be done twice: each part says the same again when it is told again.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from domain_ft.errors import DomainFtError
from domain_ft.evaluation.benchmark_file import read_benchmark
from domain_ft.registry.evidence import evidence_of
from domain_ft.registry.noted import noted_url
from domain_ft.registry.promote import PromotionResult, promote
from domain_ft.registry.record import ModelRecord, record_benchmark, record_training
from domain_ft.registry.settings import PromotionSettings
from domain_ft.registry.tracking import RegistryUnavailableError, locked
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published, write_json

Kind = Literal["training", "benchmark", "promotion"]
NEXT_CHANCE = "the next train, benchmark, promote, rollback, compare or run of the domain, or by domain_ft_owed"


@dataclass(frozen=True)
class Debt:
    """One thing that MLflow is to be told of a published folder."""

    kind: Kind
    name: str
    """The folder's: a model's version, or a benchmark's digest."""
    tags: Mapping[str, str] = field(default_factory=dict)
    margin: float | None = None
    """Of the gate, as it was set when the promotion was asked for."""
    since: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    why: str = ""

    def as_json(self) -> dict[str, str]:
        """What `domain-ft status` says of it."""
        return {"kind": self.kind, "name": self.name, "since": self.since, "why": self.why}

    def folder(self, home: Home, domain: str) -> Path:
        """What it is about."""
        return (home.models(domain) if self.kind == "training" else home.benchmarks(domain)) / self.name

    def __str__(self) -> str:
        return f"promotion by benchmark {self.name}" if self.kind == "promotion" else f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Told:
    """What came of telling MLflow: the run's page (None: it could not be reached), and sentences for a person."""

    url: str | None
    notes: tuple[str, ...]


def owed(home: Home, domain: str) -> tuple[Debt, ...]:
    """What MLflow is owed of a domain, the oldest first."""
    path = _file(home, domain)
    try:
        return tuple(Debt(**entry) for entry in json.loads(path.read_bytes())["owed"])
    except FileNotFoundError:
        return ()
    except (ValueError, TypeError, KeyError) as error:
        raise DomainFtError(
            f"{path}: not a list of what MLflow is owed ({error}); remove it, then train, benchmark and promote again"
        ) from None


def tell(home: Home, domain: str, debt: Debt, *, anew: bool = True) -> Told:
    """Tell MLflow of a published model or benchmark, after all that it is owed; while it cannot be reached, note it.

    What is not `anew` and is noted as told needs no word with MLflow, unless something else is owed.
    """
    known = None if anew or owed(home, domain) else _noted_url(home, domain, debt)
    if known is not None:
        return Told(known, ())
    try:
        notes = settle(home, domain, beside=debt)
        url = _record(home, domain, debt).url
    except RegistryUnavailableError as error:
        _owe(home, domain, debt, error.fault)
        return Told(None, (f"MLflow is owed the entry of {debt}, and gets it at {NEXT_CHANCE} ({error.fault})",))
    _forget(home, domain, debt)
    return Told(url, notes)


def promote_or_owe(
    home: Home, domain: str, benchmark: Path, promotion: PromotionSettings, *, tags: Mapping[str, str]
) -> PromotionResult:
    """Promote by a benchmark, after all that MLflow is owed; while it cannot be reached, note the promotion.

    Raises DomainFtError in that case: nothing was decided, and the person is told when it will be.
    """
    debt = Debt("promotion", benchmark.name, tags, promotion.margin)
    try:
        notes = settle(home, domain, beside=debt)
        result = promote(home, domain, benchmark, promotion, tags=tags)
    except RegistryUnavailableError as error:
        _owe(home, domain, debt, error.fault)
        model = home.models(domain) / evidence_of(read_benchmark(benchmark)).candidate
        raise DomainFtError(
            f"{error.fault}; the model stays published at {model}, its promotion is owed and decided at {NEXT_CHANCE}"
        ) from None
    _forget(home, domain, debt)
    return replace(result, notes=(*notes, *result.notes))


def settle(home: Home, domain: str, *, beside: Debt | None = None) -> tuple[str, ...]:
    """Do what is owed, oldest first, but for the same as `beside`; returns a sentence for each.

    Raises RegistryUnavailableError where MLflow still cannot be reached. What fails for another reason stays noted
    with that reason and holds nothing up; what was about a folder that is gone by now is forgotten.
    """
    return tuple(
        _made_up_for(home, domain, debt) for debt in owed(home, domain) if beside is None or not _same(debt, beside)
    )


def settle_if_reached(home: Home, domain: str) -> tuple[str, ...]:
    """Do what is owed where MLflow can be reached by now; otherwise nothing."""
    try:
        return settle(home, domain)
    except RegistryUnavailableError:
        return ()


def _made_up_for(home: Home, domain: str, debt: Debt) -> str:
    outcome = ""
    try:
        if not _is_still_there(home, domain, debt):
            outcome = ", is owed no more: its folder is gone"
        elif debt.kind == "promotion":
            settings = PromotionSettings() if debt.margin is None else PromotionSettings(margin=debt.margin)
            outcome = (
                f", is done now: {promote(home, domain, debt.folder(home, domain), settings, tags=debt.tags).reason}"
            )
        else:
            _record(home, domain, debt)
            outcome = ", is done now"
    except RegistryUnavailableError:
        raise
    except DomainFtError as error:
        _owe(home, domain, debt, str(error))
        return f"{debt}, owed to MLflow since {debt.since}, still cannot be done: {error}"
    _forget(home, domain, debt)
    return f"{debt}, owed to MLflow since {debt.since}{outcome}"


def _is_still_there(home: Home, domain: str, debt: Debt) -> bool:
    """Whether what a debt is about is published still: the model, and the benchmark that judged it."""
    folder = debt.folder(home, domain)
    if debt.kind == "training" or not is_published(folder):
        return is_published(folder)
    return is_published(home.models(domain) / evidence_of(read_benchmark(folder)).candidate)


def _noted_url(home: Home, domain: str, debt: Debt) -> str | None:
    if debt.kind == "training":
        return noted_url(home, domain, debt.name)
    return noted_url(home, domain, evidence_of(read_benchmark(debt.folder(home, domain))).candidate, debt.name)


def _record(home: Home, domain: str, debt: Debt) -> ModelRecord:
    record = record_training if debt.kind == "training" else record_benchmark
    return record(home, domain, debt.folder(home, domain), tags=debt.tags)


def _owe(home: Home, domain: str, debt: Debt, why: str) -> None:
    """Note a debt at the end of the list; one that is noted already keeps its place and its date."""
    with locked(home, f"owed-{domain}", f"the list of what MLflow is owed of {domain}"):
        noted = list(owed(home, domain))
        place = next((index for index, each in enumerate(noted) if _same(each, debt)), None)
        if place is None:
            noted.append(replace(debt, why=why))
        else:
            noted[place] = replace(debt, since=noted[place].since, why=why)
        _write(home, domain, noted)


def _forget(home: Home, domain: str, debt: Debt) -> None:
    if not _file(home, domain).exists():
        return
    with locked(home, f"owed-{domain}", f"the list of what MLflow is owed of {domain}"):
        _write(home, domain, [each for each in owed(home, domain) if not _same(each, debt)])


def _write(home: Home, domain: str, debts: list[Debt]) -> None:
    path = _file(home, domain)
    if not debts:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"owed": [asdict(debt) for debt in debts]})


def _file(home: Home, domain: str) -> Path:
    return home.state / "owed" / f"{domain}.json"


def _same(one: Debt, other: Debt) -> bool:
    return (one.kind, one.name) == (other.kind, other.name)
