"""The arms that learn: ranking trees and the network, on what history says alone, and with either model's embeddings.

All learn from the training split, stop on validation, and are looked at on test. The tuned model has learned from the
training split, too, so its cosines are better there than they will ever be again: trees that trust them for it show
here as worse than those without, and the report says what each has gained.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from domain_ft.errors import DomainFtError, InputError
from domain_ft.prioritization.case import PrioritizationCase
from domain_ft.prioritization.classification import best_threshold, classify, reliability
from domain_ft.prioritization.features import FeatureTable
from domain_ft.prioritization.learned.lambdarank import Lambdarank, fit_lambdarank
from domain_ft.prioritization.learned.rows import LearningRows, Vectors
from domain_ft.prioritization.learned.train_network import TrainedNetwork, train_network
from domain_ft.prioritization.orders import (
    NETWORK_BASE,
    NETWORK_TUNED,
    TREES,
    TREES_BASE,
    TREES_TUNED,
    ties_broken,
)
from domain_ft.prioritization.platt import fault_probability
from domain_ft.prioritization.timeline import FloatArray
from domain_ft.progress import Progress, silent

_THREADS = 1
"""More cost more than they gain on rows like these, many times so where others work beside."""


@dataclass(frozen=True)
class ModelFeatures:
    """What one model says: embeddings of all changes and tests of a timeline, and the features made of them."""

    vectors: Vectors
    features: FeatureTable


@dataclass(frozen=True)
class LearnedArms:
    """What has been learned, and each arm's score (n) of all rows of a case."""

    scores: Mapping[str, FloatArray] = field(default_factory=dict)
    trees: Mapping[str, Lambdarank] = field(default_factory=dict)
    networks: Mapping[str, TrainedNetwork] = field(default_factory=dict)
    probability: Mapping[str, FloatArray] = field(default_factory=dict)
    """Per arm the probability (n) that a run counts as a fault."""
    threshold: Mapping[str, float] = field(default_factory=dict)
    """Per arm the probability from which on a run is said to be one: that of the best macro F1 on validation."""
    left_out: str | None = None
    """Why nothing was learned; None where something was."""


def learn_arms(
    case: PrioritizationCase,
    structural: FeatureTable,
    base: ModelFeatures | None,
    tuned: ModelFeatures | None,
    ties_by: FloatArray,
    progress: Progress = silent,
) -> LearnedArms:
    """Fit the trees and the networks; a history from which none can be learned gives none, and says why.

    `ties_by` (n): the score that orders what the trees cannot tell apart.
    """
    settings = case.settings
    if not settings.learned:
        return LearnedArms(left_out="prioritization.learned is off")
    structural = structural.only(kept_features(structural.names, settings.learned_without))
    train, validation = case.rows_of("train"), case.rows_of("validation")
    models = [(TREES_BASE, NETWORK_BASE, base), (TREES_TUNED, NETWORK_TUNED, tuned)]
    columns = {TREES: structural}
    columns |= {name: structural.beside(model.features) for name, _, model in models if model is not None}
    trees, networks, scores, probability, threshold = {}, {}, {}, {}, {}
    try:
        for name, table in columns.items():
            progress(f"learn {name}", 0)
            rows = _rows(case, table)
            trees[name] = fit_lambdarank(
                rows.take(train), rows.take(validation), table.names, settings.lambdarank, settings.seed, _THREADS
            )
            scores[name] = ties_broken(case.rows.build, trees[name].scores(table.values), ties_by)
            probability[name] = fault_probability(scores[name], case.faults, validation)
            threshold[name] = best_threshold(case.faults[validation], probability[name][validation])
        for _, name, meaning in models:
            if meaning is None:
                continue
            progress(f"learn {name}", 0)
            rows = _rows(case, structural.beside(meaning.features))
            networks[name] = train_network(
                rows.take(train), rows.take(validation), meaning.vectors, settings.network, _THREADS
            )
            scores[name] = networks[name].score(rows, meaning.vectors)
            probability[name] = networks[name].probability(rows, meaning.vectors)
            threshold[name] = networks[name].threshold
    except InputError:
        raise
    except DomainFtError as error:
        return LearnedArms(left_out=str(error))
    return LearnedArms(scores, trees, networks, probability, threshold)


def kept_features(names: Sequence[str], without: Sequence[str]) -> tuple[str, ...]:
    """The features that may be learned from; InputError where one that is to be left out is none."""
    for name in without:
        if name not in names:
            raise InputError(f"prioritization.learned_without: no feature {name!r}; there are {', '.join(names)}")
    return tuple(name for name in names if name not in without)


def learned_content(case: PrioritizationCase, learned: LearnedArms) -> dict[str, Any]:
    """What the report says of them: how runs were told apart on test, and what the trees looked at."""
    test = case.rows_of("test")
    faults = case.faults[test]
    told = {}
    for name, probability in learned.probability.items():
        said, network = probability[test], learned.networks.get(name)
        found, bins = classify(faults, said, learned.threshold[name]), reliability(faults, said)
        told[name] = {
            "rows": len(faults),
            "accuracy": found.confusion.accuracy,
            "macro_f1": found.confusion.macro_f1,
            "recall_fault": found.confusion.recall_of_failed,
            "recall_other": found.confusion.recall_of_passed,
            "auprc": found.auprc,
            "fault_share": found.failing_share,
            "threshold": found.threshold,
            "confusion": {
                "other_said_other": found.confusion.passed_said_pass,
                "other_said_fault": found.confusion.passed_said_fail,
                "fault_said_other": found.confusion.failed_said_pass,
                "fault_said_fault": found.confusion.failed_said_fail,
            },
            "expected_calibration_error": bins.expected_error,
            "reliability": [
                {"rows": int(rows), "said": _plain(said_mean), "happened": _plain(happened)}
                for rows, said_mean, happened in zip(bins.rows, bins.probability, bins.failed, strict=True)
            ],
            **({} if network is None else _of_network(network)),
        }
    return {
        "left_out": learned.left_out,
        "classification": told,
        "trees": {
            name: {
                "trees": each.taught.trees,
                "builds": each.taught.builds,
                # Pairs, for a JSON object would come back in the order of its keys.
                "importance": [list(pair) for pair in each.importance().items()],
            }
            for name, each in learned.trees.items()
            if each.taught is not None
        },
    }


def _of_network(network: TrainedNetwork) -> dict[str, Any]:
    epochs = {"epochs": len(network.epochs), "best_epoch": network.best_epoch}
    return {"temperature": network.temperature, **epochs}


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _rows(case: PrioritizationCase, table: FeatureTable) -> LearningRows:
    return LearningRows(case.rows.build, case.faults, table.values, case.rows.build, case.rows.test)
