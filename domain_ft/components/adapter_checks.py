"""What holds of an adapter and of its comparison, as Dagster shows it: pure verdicts in, check results out."""

from collections.abc import Mapping
from pathlib import Path

import dagster as dg

from domain_ft.adapter.generator import load_tuned_generator
from domain_ft.adapter.task import SCORE
from domain_ft.comparison.compare import ComparisonResult
from domain_ft.components.checks import evaluate_guards, shown
from domain_ft.domain import AdapterDomain
from domain_ft.errors import DomainFtError
from domain_ft.judge_adapter import tuned_model
from domain_ft.llm.protocol import GenerationError
from domain_ft.mining.checks import CheckOutcome
from domain_ft.requirements.prompt import DEFAULT_PROMPT
from domain_ft.store.home import Home
from domain_ft.store.publish import read_manifest
from domain_ft.survey.baselines import CONSTANT, COPIED

MOST_CUT = 0.05
ANSWER_TOKENS = 16
_CONCEPT = "A till for small shops"


def evaluate_truncation(cut: int, dropped: int, learned: int) -> CheckOutcome:
    """Few records lose the end of their answer, and hardly any is left out, for want of length (warning)."""
    share = (cut + dropped) / max(learned + dropped, 1)
    return CheckOutcome(
        name="truncation",
        passed=share <= MOST_CUT,
        severity="warning",
        message=f"{cut:,} of {learned + dropped:,} records were cut and {dropped:,} left out, {share:.1%} (expected: "
        f"up to {MOST_CUT:.0%}; training.max_length)",
        numbers={"cut": float(cut), "dropped": float(dropped), "share": share},
    )


def evaluate_learned(tuned: float, base: float) -> CheckOutcome:
    """The score on validation rose above the base model's (warning)."""
    return CheckOutcome(
        name="learned",
        passed=tuned > base,
        severity="warning",
        message=f"score on validation {tuned:.3f}, {base:.3f} of the base (expected: above it)",
        numbers={"score": tuned, "base_score": base},
    )


def evaluate_beyond_baselines(score: Mapping[str, float]) -> CheckOutcome:
    """The candidate's mean score lies above those of a constant and of a copied answer (warning)."""
    rivals = {name: score[name] for name in (CONSTANT, COPIED) if name in score}
    said = ", ".join(f"{name} {value:.3f}" for name, value in rivals.items()) or "none"
    return CheckOutcome(
        name="beyond_baselines",
        passed=all(score["candidate"] > value for value in rivals.values()),
        severity="warning",
        message=f"score {score['candidate']:.3f}; without a model: {said} (expected: above each)",
        numbers={"candidate": score["candidate"], **rivals},
    )


def adapter_checks(home: Home, domain: AdapterDomain, adapter: Path) -> list[dg.AssetCheckResult]:
    """The adapter's folder is what its manifest says, it answers on its base, and it has learned."""
    manifest = read_manifest(adapter)
    return shown(
        [
            _works(home, domain, adapter),
            evaluate_truncation(manifest["truncated_rows"], manifest["dropped_rows"], manifest["train_examples"]),
            evaluate_learned(manifest["validation"][SCORE], manifest["base_validation"][SCORE]),
        ]
    )


def comparison_checks(result: ComparisonResult) -> list[dg.AssetCheckResult]:
    """The guard on general ability, and the answers that take no model."""
    score = {arm: metrics["score"]["mean"] for arm, metrics in result.content["arms"].items()}
    return shown([evaluate_guards(result.content["guards"]), evaluate_beyond_baselines(score)])


def _works(home: Home, domain: AdapterDomain, adapter: Path) -> CheckOutcome:
    try:
        tuned = tuned_model(home, domain.name, adapter)
        generator = load_tuned_generator(tuned.adapter, tuned.base, domain.training.device)
        options = domain.benchmark.options.model_copy(update={"num_predict": ANSWER_TOKENS})
        (answer,) = generator.generate_batch([DEFAULT_PROMPT.messages(_CONCEPT)], options)
    except (DomainFtError, OSError, ValueError, RuntimeError) as error:
        return CheckOutcome("loads_and_answers", False, "error", f"{adapter}: {error}", {})
    if isinstance(answer, GenerationError):
        return CheckOutcome("loads_and_answers", False, "error", f"{adapter}: {answer}", {})
    tokens = answer.tokens_out or 0
    said = f"its answer begins with {tokens} tokens (expected: any)"
    return CheckOutcome("loads_and_answers", tokens > 0, "error", said, {"tokens": float(tokens)})
