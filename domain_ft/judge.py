"""Judging a published model: which models it is compared with, each with an encoder that remembers what it computed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from domain_ft.domain import EmbeddingDomain
from domain_ft.evaluation.settings import PairBenchmarkSettings
from domain_ft.landing.settings import PairSource
from domain_ft.progress import Progress, silent
from domain_ft.store.digests import short
from domain_ft.store.home import Home, readable_path
from domain_ft.store.publish import pointed, read_manifest, verify_folder
from domain_ft.store.vectors import Encode, cached_encode
from domain_ft.training.device import describe_device, prepare_threads, resolve_device
from domain_ft.training.lease import device_lease, leased_encode

if TYPE_CHECKING:
    from domain_ft.evaluation.arms import ModelArm
    from domain_ft.evaluation.benchmark import BenchmarkResult
    from domain_ft.evaluation.curated import EvaluationFile
    from domain_ft.evaluation.speed import OpenUncached


def judge_model(
    domain: EmbeddingDomain,
    home: Home,
    model: Path,
    *,
    champion: Path | None = None,
    progress: Progress = silent,
    provenance: Mapping[str, str] | None = None,
    make_current: bool = True,
) -> "BenchmarkResult":
    """Publish the benchmark of a model against random, BM25, its base and, if there is another one, a champion."""
    from domain_ft.evaluation.benchmark import run_benchmark

    manifest = read_manifest(model)
    dataset = home.triplets(domain.name) / manifest["dataset"]
    raw = home.raw(domain.name) / read_manifest(dataset)["raw"]
    verify_folder(raw)
    return run_benchmark(
        raw=raw,
        dataset=dataset,
        arms=model_arms(domain, home, model, champion, progress=progress),
        settings=domain.benchmark,
        minimum_effect=domain.promotion.minimum_effect,
        margin=domain.promotion.margin,
        out=home.benchmarks(domain.name),
        progress=progress,
        provenance=provenance,
        make_current=make_current,
        evaluation_file=_evaluation_file(domain, home),
    )


def _evaluation_file(domain: EmbeddingDomain, home: Home) -> "EvaluationFile | None":
    """The file that the settings of a domain of pairs name; it is asked beside the test split alone."""
    settings = domain.benchmark
    if not isinstance(settings, PairBenchmarkSettings) or settings.evaluation_file is None or settings.split != "test":
        return None
    from domain_ft.evaluation.curated import EvaluationFile
    from domain_ft.landing.evaluation_file import read_evaluation_file

    path = readable_path(settings.evaluation_file, home)
    pairs, sha256 = read_evaluation_file(path, cast(PairSource, domain.source))
    return EvaluationFile(path.name, sha256, pairs)


def champion_folder(home: Home, domain: str) -> Path | None:
    """The champion in use, by its link on disk."""
    return pointed(home.models(domain) / "champion")


def embedding_caches(home: Home) -> Path:
    """The folder of all caches of embeddings, each `<short digest of the model>-<longest text in tokens>`."""
    return home.cache / "embeddings"


def model_cache(home: Home, digest: str, max_seq_length: int) -> Path:
    """The cache of a model's embeddings of texts up to so many tokens; `digest`: of the model, hex."""
    return embedding_caches(home) / f"{short(digest)}-{max_seq_length}"


def model_arms(
    domain: EmbeddingDomain, home: Home, model: Path, champion: Path | None = None, *, progress: Progress = silent
) -> "list[ModelArm]":
    """The models to compare: base, champion (where there is another one), candidate; each with its own cache.

    The base is asked with the candidate's prefixes, with which its training began; a champion with its own.
    """
    from domain_ft.embedding.models import resolve_base_model
    from domain_ft.embedding.prefixes import published_prefixes
    from domain_ft.evaluation.arms import ModelArm

    manifest = read_manifest(model)
    settings = manifest["settings"]
    length = int(settings["max_seq_length"])
    base = resolve_base_model(settings["base_model"], settings["base_revision"], home)
    encode, uncached = _encoders(domain, home, base.path, base.sha256, length, progress)
    prefixes = published_prefixes(manifest)
    arms = [ModelArm("base", encode, base.name, base.sha256, prefixes=prefixes, uncached=uncached)]
    if champion is not None and champion.name != model.name:
        arms.append(published_arm("champion", domain, home, champion, progress))
    return [*arms, published_arm("candidate", domain, home, model, progress)]


def published_arm(
    name: Literal["champion", "candidate"], domain: EmbeddingDomain, home: Home, model: Path, progress: Progress
) -> "ModelArm":
    """A published model as an arm, with a cache of its embeddings."""
    from domain_ft.embedding.prefixes import published_prefixes
    from domain_ft.evaluation.arms import ModelArm
    from domain_ft.model_folders.digest import model_digest
    from domain_ft.training.log import TRAINING_LOG

    verify_folder(model)
    manifest = read_manifest(model)
    dataset = home.triplets(domain.name) / manifest["dataset"]
    verify_folder(dataset)
    digest, length = model_digest(model), int(manifest["settings"]["max_seq_length"])
    encode, uncached = _encoders(domain, home, model, digest, length, progress)
    return ModelArm(
        name,
        encode,
        manifest["version"],
        digest,
        trained_on=dataset,
        training_log=model / TRAINING_LOG,
        frozen_prefix=(manifest.get("frozen_prefix") or {}).get("sentence"),
        prefixes=published_prefixes(manifest),
        uncached=uncached,
    )


def plain_arm(
    name: Literal["base", "candidate"],
    domain: EmbeddingDomain,
    home: Home,
    model: str,
    revision: str | None,
    progress: Progress,
) -> "ModelArm":
    """A model that is none of the domain's own, as an arm: what it has learned from is not known."""
    from domain_ft.embedding.models import resolve_base_model
    from domain_ft.evaluation.arms import ModelArm

    found = resolve_base_model(model, revision, home)
    encode, uncached = _encoders(domain, home, found.path, found.sha256, domain.training.max_seq_length, progress)
    return ModelArm(name, encode, found.name, found.sha256, uncached=uncached)


def _encoders(
    domain: EmbeddingDomain, home: Home, model: Path, digest: str, max_seq_length: int, progress: Progress
) -> "tuple[Encode, OpenUncached]":
    """A model's encoder that remembers what it computed, for this model and this length of text only; and one that
    computes everything anew, to be timed."""
    from domain_ft.embedding.models import model_encoder
    from domain_ft.evaluation.speed import Uncached

    device = domain.training.device
    encode = model_encoder(model, device=device, batch_size=domain.benchmark.batch_size, max_seq_length=max_seq_length)

    def on_wait(sentence: str) -> None:
        progress(sentence, 0)

    @contextmanager
    def uncached() -> Iterator[Uncached]:
        prepare_threads()
        name = resolve_device(device)
        with device_lease(home, name, f"is timed for a benchmark of {domain.name}", on_wait=on_wait):
            yield Uncached(encode, describe_device(name))

    alone = leased_encode(encode, home, device, f"encodes for a benchmark of {domain.name}", on_wait=on_wait)
    return cached_encode(alone, model_cache(home, digest, max_seq_length)), uncached
