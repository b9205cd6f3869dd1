"""From `--set section.key=a,b` to the combinations of a sweep: all of them validated before the first one runs."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from domain_ft.domain import EmbeddingDomain, parse_override
from domain_ft.errors import InputError
from domain_ft.store.digests import sha256_json, short

SPLIT = "validation"
MOST = 64
VARIED = ("triplets", "training")
"""Sections of which a setting may take several values: they are what a model is made by."""
Axis = Sequence[str]
"""One setting's values, each as `section.key=value`."""


@dataclass(frozen=True)
class Combination:
    """One choice of a value for each setting, as typed, and the domain with these values in force."""

    settings: Mapping[str, str]
    domain: EmbeddingDomain
    varied: tuple[str, ...]
    """The settings that other combinations have other values of."""

    @property
    def digest(self) -> str:
        """The digest of all settings that the outcome depends on."""
        sections = {"triplets", "training", "benchmark"}
        return sha256_json(self.domain.settings.model_dump(mode="json", include=sections))

    def __str__(self) -> str:
        return ", ".join(f"{name}={self.settings[name]}" for name in self.varied)


def split_values(text: str) -> list[str]:
    """`section.key=a,b` as `section.key=a` and `section.key=b`."""
    name, equals, values = text.partition("=")
    parts = [part.strip() for part in values.split(",")]
    if len(parts) > 1 and not all(parts):
        raise InputError(f"--set {text}: one of its values is empty; separate values by one comma (null for none)")
    return [f"{name}{equals}{part}" for part in parts]


def plan_sweep(domain: EmbeddingDomain, axes: Sequence[Axis], most: int = MOST) -> tuple[Combination, ...]:
    """Every combination of one value per axis, judged on validation; InputError for the first that is not valid.

    Combinations that come to the same settings (`5e-5` and `0.00005`) count once.
    """
    named = [[parse_override(text) for text in axis] for axis in axes]
    _check(named, most)
    varied = tuple(axis[0][0] for axis in named if len(axis) > 1)
    found: dict[str, Combination] = {}
    for choice in itertools.product(*named):
        settings = {name: "null" if value is None else value for name, value in choice}
        effective = domain.with_overrides({**dict(choice), "benchmark.split": SPLIT, "benchmark.latency_runs": 0})
        combination = Combination(settings, effective, varied)
        found.setdefault(combination.digest, combination)
    return tuple(found.values())


def sweep_digest(raw: str, combinations: Sequence[Combination]) -> str:
    """The name of a sweep: of its combinations, in whatever order, and of the raw tables that they learn from."""
    return short(sha256_json([raw, sorted(combination.digest for combination in combinations)]))


def _check(axes: Sequence[Sequence[tuple[str, str | None]]], most: int) -> None:
    if not axes:
        raise InputError("nothing to vary; name settings and values, such as --set training.learning_rate=2e-5,5e-5")
    names = [axis[0][0] for axis in axes]
    for name, axis in zip(names, axes, strict=True):
        if names.count(name) > 1:
            raise InputError(f"--set {name}: given twice; write all of its values in one, separated by commas")
        if name == "benchmark.split":
            raise InputError(f"--set {name}: a sweep judges on {SPLIT} alone; domain-ft run tests what it finds")
        if len(axis) > 1 and name.partition(".")[0] not in VARIED:
            raise InputError(f"--set {name}: several values are for settings of {' and '.join(VARIED)} only")
    count = prod(len(axis) for axis in axes)
    if count > most:
        raise InputError(f"{count} combinations are more than {most}; give fewer values, or allow them: --max {count}")
