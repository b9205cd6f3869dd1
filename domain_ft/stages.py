"""The stages of a domain, each one function over the domain's settings and the state root; those of a domain of
adapters alone are in `domain_ft.adapter_stages`.

The CLI and the assets call the same function, so neither can do what the other does not. A stage reads published
folders, calls the package that knows how, and returns what that package published; MLflow is told afterwards.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from domain_ft.amounts import counted
from domain_ft.domain import Domain, EmbeddingDomain
from domain_ft.embedding.train_model import TrainingResult, train_embedding_model
from domain_ft.errors import DomainFtError, InputError
from domain_ft.faults import faults_as_sentences
from domain_ft.landing.settings import RecordSource, SourceSettings
from domain_ft.newest import newest, newest_model, newest_raw
from domain_ft.pairs.settings import PairTripletSettings
from domain_ft.progress import Progress, silent
from domain_ft.store.done import note_done
from domain_ft.store.home import Home, readable_path
from domain_ft.store.publish import is_published
from domain_ft.training.progress import OnEvent, ignore
from domain_ft.training.supervise import never

if TYPE_CHECKING:
    from domain_ft.evaluation.benchmark import BenchmarkResult
    from domain_ft.landing.ingest import IngestResult
    from domain_ft.mining.result import DatasetResult
    from domain_ft.registry.compare import VersionTable
    from domain_ft.registry.promote import PromotionResult
    from domain_ft.retention.clean import CleanResult


def ingest(
    domain: Domain, home: Home, files: Sequence[Path] | None = None, *, progress: Progress = silent
) -> "IngestResult":
    """Files (None: all finished ones in the landing folder) into normalized tables; rejected rows into quarantine.

    A named file that was read is kept in the landing folder, so that the tables can be made again from there.
    """
    from domain_ft.landing.ingest import ingest_files
    from domain_ft.landing.keep import keep_files

    landing = home.landing(domain.name)
    with faults_as_sentences(landing):
        landing.mkdir(parents=True, exist_ok=True)
    chosen, growing = _landed(landing, home) if files is None else (list(files), None)
    if not chosen:
        what = growing or "drop one there, or name files on the command line"
        raise InputError(f"{landing}: no finished file to read; {what}")
    result = ingest_files(
        chosen,
        domain=domain.name,
        source=_with_readable_repository(domain.source, home),
        raw=home.raw(domain.name),
        quarantine=home.quarantine(domain.name),
        progress=progress,
    )
    keep_files(files or (), landing, home.lock(f"landing-{domain.name}"))
    note_done(home, domain.name, "raw")
    return replace(result, notes=(*result.notes, f"not read yet: {growing}")) if growing else result


def build_dataset(
    domain: EmbeddingDomain, home: Home, raw: Path | None = None, *, progress: Progress = silent
) -> "DatasetResult":
    """Normalized tables (None: the newest) into triplets of train, validation and test, with a funnel and a leakage
    report; of pairs it is told, too, how many texts the training will cut."""
    from domain_ft import datasets
    from domain_ft.pairs.lengths import cut_texts

    raw = raw or newest_raw(domain, home)
    result = datasets.build_dataset(raw, home.triplets(domain.name), domain.triplets, progress)
    note_done(home, domain.name, "triplets")
    few = datasets.undecidable(result.path, domain.benchmark.confidence)
    pairs = isinstance(domain.triplets, PairTripletSettings)
    cut = cut_texts(result.path, domain.training.max_seq_length) if pairs else ()
    return replace(result, notes=(*([few] if few else []), *cut))


def train(
    domain: EmbeddingDomain,
    home: Home,
    dataset: Path | None = None,
    *,
    on_event: OnEvent = ignore,
    cancelled: Callable[[], bool] = never,
    tags: Mapping[str, str] | None = None,
) -> TrainingResult:
    """A dataset (None: the newest) into a published model, registered in MLflow as a version of the domain's model."""
    from domain_ft.datasets import current_dataset, require_sound
    from domain_ft.registry.owed import Debt, tell

    dataset = dataset or current_dataset(home, domain.name)
    require_sound(dataset)
    result = train_embedding_model(
        domain=domain.name, home=home, dataset=dataset, settings=domain.training, on_event=on_event, cancelled=cancelled
    )
    note_done(home, domain.name, "embedding_model")
    told = tell(home, domain.name, Debt("training", result.version, tags or {}), anew=not result.reused)
    return replace(result, mlflow_url=told.url, notes=told.notes)


def benchmark(
    domain: EmbeddingDomain,
    home: Home,
    model: Path | None = None,
    *,
    progress: Progress = silent,
    provenance: Mapping[str, str] | None = None,
) -> "BenchmarkResult":
    """A model (None: the newest) against random, BM25, its base and the champion, on the held-out split.

    A promotion that is owed comes first: it decides who the champion is.
    """
    from domain_ft.judge import champion_folder, judge_model
    from domain_ft.registry.owed import Debt, settle_if_reached, tell

    model = model or newest_model(domain, home)
    settled = settle_if_reached(home, domain.name)
    result = judge_model(
        domain,
        home,
        model,
        champion=champion_folder(home, domain.name),
        progress=progress,
        provenance=provenance,
    )
    note_done(home, domain.name, "benchmark")
    told = tell(home, domain.name, Debt("benchmark", result.digest, provenance or {}), anew=not result.reused)
    return replace(result, mlflow_url=told.url, notes=(*settled, *told.notes))


def promote(
    domain: Domain, home: Home, benchmark: Path | None = None, *, tags: Mapping[str, str] | None = None
) -> "PromotionResult":
    """Let a benchmark (None: the newest) decide whether its candidate becomes the champion.

    Once that is decided, what nothing needs any more is removed. Without MLflow nothing can be decided: the promotion
    is noted as owed, and DomainFtError says so.
    """
    from domain_ft.registry.owed import promote_or_owe
    from domain_ft.registry.report import still_published

    benchmark = benchmark or newest(
        home.benchmarks(domain.name), f"no benchmark yet; run domain-ft benchmark {domain.name}"
    )
    result = promote_or_owe(home, domain.name, benchmark, domain.promotion, tags=tags or {})
    note_done(home, domain.name, "champion")
    try:
        cleaned = clean(domain, home)
        notes = (cleaned.sentence(), *cleaned.notes)
    except DomainFtError as error:
        notes = (f"nothing was cleaned: {error}",)
    return still_published(replace(result, notes=(*result.notes, *(note for note in notes if note))), home)


def rollback(domain: Domain, home: Home) -> "PromotionResult":
    """Put the previous champion back; called again, the one before that."""
    from domain_ft.registry.owed import settle
    from domain_ft.registry.rollback import rollback as roll_back

    settled = settle(home, domain.name)
    return replace(roll_back(home, domain.name), notes=settled)


def compare(domain: Domain, home: Home) -> "VersionTable":
    """The registered versions of a domain, with alias, benchmark and verdict."""
    from domain_ft.registry.compare import compare as compare_versions
    from domain_ft.registry.owed import settle

    settled = settle(home, domain.name)
    return replace(compare_versions(home, domain.name), notes=settled)


def settle_owed(domain: Domain, home: Home) -> tuple[str, ...]:
    """Do what MLflow is owed of a domain; a sentence for each entry, or one that says why all of it is owed still."""
    from domain_ft.registry.owed import owed, settle
    from domain_ft.registry.tracking import RegistryUnavailableError

    debts = owed(home, domain.name)
    try:
        said = settle(home, domain.name)
        if debts and not owed(home, domain.name):
            note_done(home, domain.name, "champion")
        return said
    except RegistryUnavailableError as error:
        return (f"{len(debts)} owed since {debts[0].since}, and still: {error}",)


def clean(domain: Domain, home: Home, *, dry_run: bool = False) -> "CleanResult":
    """Remove, or with `dry_run` name, the models, data, caches and notes of a domain that nothing needs any more."""
    from domain_ft.retention.clean import clean_domain

    bases = [base.key for base in domain.bases]
    return clean_domain(home, domain.name, domain.promotion.keep_versions, bases, dry_run=dry_run)


def named_model(domain: Domain, home: Home, name: str) -> Path:
    """The folder of a published version, named by itself or by the alias `challenger`."""
    version = compare(domain, home).challenger if name == "challenger" else name
    if version is None:
        raise InputError(
            f"{domain.name} has no challenger; name a version, as domain-ft compare {domain.name} lists them"
        )
    folder = home.models(domain.name) / version
    if folder.name != version or not is_published(folder):
        raise InputError(f"{version}: no model of {domain.name} is published under that name in {folder.parent}")
    return folder


def champion_or_newest(domain: Domain, home: Home) -> Path:
    """The champion, or where there is none the newest model."""
    from domain_ft.judge import champion_folder

    champion = champion_folder(home, domain.name)
    return champion or newest_model(domain, home)


def _with_readable_repository(source: RecordSource, home: Home) -> RecordSource:
    """The source's repository as an absolute path that may be read (relative to the state root)."""
    if not isinstance(source, SourceSettings) or source.repository is None:
        return source
    return source.model_copy(update={"repository": str(readable_path(source.repository, home))})


def _landed(landing: Path, home: Home) -> tuple[list[Path], str | None]:
    """The finished files that landed, and what to do about the others where there are any.

    A link among them that leads out of every folder that may be read is an InputError.
    """
    from domain_ft.landing.folder import SETTLE_S, look, report_files

    seen = look(landing)
    files = [landing / name for name in seen.finished]
    for part in (part for file in files for part in report_files(file)):
        if not part.resolve().is_relative_to(landing.resolve()):
            readable_path(str(part.absolute()), home)
    if not seen.growing:
        return files, None
    were = "was" if len(seen.growing) == 1 else "were"
    growing = f"{counted(len(seen.growing), 'files')} {were} touched less than {SETTLE_S:g} s ago"
    return files, f"{growing}, which may still grow; ingest again in {SETTLE_S:g} s"
