"""All that a world says about itself, so that one that was killed in between can be held against one that was not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from domain_ft.bases.compare import COMPARISON
from domain_ft.bases.record import RECORD, read_record
from domain_ft.errors import DomainFtError
from domain_ft.judge import embedding_caches
from domain_ft.landing.quarantine import read_quarantine
from domain_ft.registry.owed import owed
from domain_ft.retention.inventory import MADE, SWEEP_FILE
from domain_ft.store.digests import sha256_file
from domain_ft.store.home import Home
from domain_ft.store.publish import REMOVED, is_published, pointed, read_manifest, verify_folder

NAME = "test_history"
"""The domain of the world."""


def snapshot(home: Home) -> dict[str, Any]:
    """Tables, dataset, weights, benchmark, champion, MLflow and Dagster of a world; no times, no ids of runs."""
    return {
        "landing": sorted(sha256_file(path) for path in home.landing(NAME).glob("[!.]*")),
        "raw": _raw(home),
        "raw_folders": _names(home.raw(NAME)),
        "quarantine": read_quarantine(home.quarantine(NAME)).height,
        "dataset": _names(home.triplets(NAME)),
        "models": _names(home.models(NAME)),
        "weights": _weights(home),
        "benchmark": _names(home.benchmarks(NAME)),
        "champion": _pointed(home.models(NAME) / "champion"),
        "caches": _names(embedding_caches(home))["folders"],
        "prefixes": _names(home.frozen_prefixes(NAME))["folders"],
        "mined": _names(home.hard_negatives(NAME))["folders"],
        "work": _names(home.trainings(NAME))["folders"],
        "sweeps": _names(home.sweeps(NAME))["folders"],
        "bases": {path.parent.name: json.loads(path.read_bytes()) for path in _base_notes(home)},
        "comparisons": _names(home.base_comparisons(NAME)),
        "comparison": _comparison(home),
        "index": _names(home.indexes(NAME)),
        "indexed": _indexed(home),
        "strangers": _names(home.out_of_distribution(NAME)),
        "prioritizations": _names(home.prioritizations(NAME)),
        "half_removed": len(list(home.root.rglob(f"{REMOVED}*"))),
        "owed": [str(debt) for debt in owed(home, NAME)],
        "mlflow": _mlflow(home) if (home.state / "mlflow.db").is_file() else None,
        "dagster": _dagster(home) if (home.state / "dagster" / "dagster.yaml").is_file() else None,
    }


def visible_faults(home: Home) -> list[str]:
    """What a reader could stumble over at this moment: folders that are not as they were published, pointers that lead
    nowhere, a sweep or a base that names what is not there."""
    published = (home.raw, home.quarantine, home.triplets, home.models, home.benchmarks, home.base_comparisons)
    uses = (home.indexes, home.out_of_distribution, home.prioritizations)
    caches = (home.frozen_prefixes, home.hard_negatives)
    faults = []
    for parent in (place(NAME) for place in (*published, *uses, *caches)):
        for path in sorted(parent.glob("[!.]*")):
            try:
                if path.is_symlink() and pointed(path) is None:
                    faults.append(f"{path.relative_to(home.root)} leads nowhere")
                verify_folder(path)
            except (DomainFtError, OSError) as error:
                faults.append(str(error))
    return [*faults, *_sweep_faults(home), *_base_faults(home)]


def _sweep_faults(home: Home) -> Iterator[str]:
    """Notes of sweeps that cannot be read, or that name what is not published."""
    places = {"dataset": home.triplets, "model": home.models, "benchmark": home.benchmarks}
    for path in sorted(home.sweeps(NAME).glob(f"[!.]*/{SWEEP_FILE}")):
        try:
            for kind, name in json.loads(path.read_bytes())[MADE]:
                if not is_published(places[kind](NAME) / name):
                    yield f"{path.relative_to(home.root)} names the {kind} {name}, which is not published"
        except (ValueError, KeyError, TypeError) as error:
            yield f"{path.relative_to(home.root)} is not the note of a sweep ({error!r})"


def _base_faults(home: Home) -> Iterator[str]:
    """Notes of base models that cannot be read, or that name what is not published."""
    for path in _base_notes(home):
        note, shown = read_record(path.parent), path.relative_to(home.root)
        if note is None:
            yield f"{shown} is not the note of a base"
            continue
        named = {"dataset": home.triplets(NAME) / note.dataset, "model": home.models(NAME) / note.version}
        if note.benchmark is not None:
            named["benchmark"] = home.benchmarks(NAME) / note.benchmark
        for kind, folder in named.items():
            if not is_published(folder):
                yield f"{shown} names the {kind} {folder.name}, which is not published"


def _base_notes(home: Home) -> list[Path]:
    return sorted(home.bases(NAME).glob(f"[!.]*/{RECORD}"))


def _comparison(home: Home) -> dict[str, Any] | None:
    """The current comparison of base models, but for when it was made and how long its trainings took."""
    folder = pointed(home.base_comparisons(NAME) / "current")
    if folder is None:
        return None
    content = json.loads((folder / COMPARISON).read_bytes())
    rows = [{key: value for key, value in row.items() if key != "seconds"} for row in content["bases"]]
    return {**content, "created_at": None, "bases": rows}


def _indexed(home: Home) -> dict[str, Any] | None:
    """What the index in use holds, and what it finds."""
    folder = pointed(home.indexes(NAME) / "current")
    if folder is None:
        return None
    manifest = read_manifest(folder)
    return {key: manifest[key] for key in ("rows", "passages", "vector_weight", "judged")}


def _raw(home: Home) -> dict[str, Any] | None:
    folder = pointed(home.raw(NAME) / "current")
    if folder is None:
        return None
    manifest = read_manifest(folder)
    return {"content": manifest["content_digest"], "counts": manifest["counts"], "sources": len(manifest["sources"])}


def _names(parent: Path) -> dict[str, Any]:
    """The published folders of a stage and which of them is current."""
    folders = [path.name for path in parent.glob("[!.]*") if path.is_dir() and not path.is_symlink()]
    return {"folders": sorted(folders), "current": _pointed(parent / "current")}


def _weights(home: Home) -> dict[str, str]:
    models = home.models(NAME)
    return {path.parent.name: sha256_file(path) for path in models.glob("[!.]*/model.safetensors")}


def _pointed(link: Path) -> str | None:
    folder = pointed(link)
    return folder.name if folder else None


def _mlflow(home: Home) -> dict[str, Any]:
    """Runs (by the version that they tell of), versions, aliases and succession of the domain."""
    from domain_ft.registry.address import tracking_uri
    from domain_ft.registry.aliases import SUCCESSION_TAG
    from domain_ft.registry.store import VERSION_TAG, registered_name
    from domain_ft.registry.tracking import connect

    client, name = connect(home, tracking_uri(home)), registered_name(NAME)
    experiment = client.get_experiment_by_name(name)
    runs = client.search_runs([experiment.experiment_id]) if experiment else []
    versions = client.search_model_versions(f"name = '{name}'")
    model = client.get_registered_model(name) if versions else None
    return {
        "runs": sorted((run.data.tags.get(VERSION_TAG, "?"), run.info.status) for run in runs),
        "params": sorted(len(run.data.params) for run in runs),
        "metrics": {key: value for run in runs for key, value in run.data.metrics.items() if _lasting(key)},
        "points": sum(len(client.get_metric_history(run.info.run_id, "train/loss")) for run in runs),
        "versions": sorted((str(each.version), each.tags.get("domain_ft.verdict", "")) for each in versions),
        "tags": {str(each.version): sorted(each.tags) for each in versions},
        "descriptions": {str(each.version): _said(each.description) for each in versions},
        "aliases": dict(sorted((alias, str(number)) for alias, number in model.aliases.items())) if model else {},
        "succession": model.tags.get(SUCCESSION_TAG) if model else None,
    }


def _dagster(home: Home) -> dict[str, Any]:
    """Of Dagster's instance: which runs are still under way in its eyes, and the slots that they claim."""
    import dagster as dg

    with dg.DagsterInstance.from_config(str(home.state / "dagster")) as instance:
        storage = instance.event_log_storage
        claims = [storage.get_concurrency_info(pool) for pool in sorted(storage.get_concurrency_keys())]
        return {
            "under_way": [run.status.value for run in instance.get_runs() if not run.is_finished],
            "last": instance.get_runs(limit=1)[0].status.value,
            "claimed": [str(slot) for info in claims for slot in info.claimed_slots],
            "pending": [str(step) for info in claims for step in info.pending_steps],
        }


def _lasting(metric: str) -> bool:
    """Whether a metric is the same on every machine and every attempt."""
    return not any(word in metric for word in ("duration", "per_second"))


def _said(description: str | None) -> str:
    """How a version's sentence begins: what it was told last, without the figures."""
    return (description or "").partition(":")[0]
