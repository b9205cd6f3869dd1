"""Whether a win means anything: how often the benchmark says WIN where there is nothing to learn.

    python benchmarks/signal_zero.py --seeds 20

Each seed makes a sample history at signal 0 and takes it through ingest, dataset, training (of a tiny model with
random weights) and benchmark, each in a world of its own. Prints one JSON line with the verdicts and the p-value of
a binomial test of the wins against the rate that the confidence level allows.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
OVERRIDES = {
    "triplets.minimum": 1,
    "training.base_model": "tiny",
    "training.device": "cpu",
    "training.precision": "fp32",
    "training.epochs": 2,
    "training.batch_size": 32,
    "training.learning_rate": 1e-3,
    "training.max_seq_length": 48,
    "benchmark.general_ability": "off",
    "benchmark.latency_runs": 0,
}


@dataclass(frozen=True)
class Outcome:
    """What the benchmark of one seed said: its verdict, the queries it rests on, and the gain in MAP over the base."""

    verdict: str
    queries: int
    gain: float
    nominal: float
    """Chance of a WIN that the confidence level allows where there is no difference."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seeds", type=int, default=20)
    arguments.add_argument("--first-seed", type=int, default=0)
    arguments.add_argument("--builds", type=int, default=300)
    arguments.add_argument("--tests", type=int, default=120)
    arguments.add_argument("--signal", type=float, default=0.0, help="other than 0 only to see that it can win")
    given = arguments.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="signal-zero-") as folder:
        root = Path(folder)
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{root / 'mlflow.db'}"
        outcomes = [
            judge_sample(root / f"seed-{seed}", seed, given.builds, given.tests, given.signal)
            for seed in range(given.first_seed, given.first_seed + given.seeds)
        ]
    print(json.dumps({**summary(outcomes), "signal": given.signal, "seconds": round(time.perf_counter() - began, 1)}))


def judge_sample(root: Path, seed: int, builds: int, tests: int, signal: float) -> Outcome:
    """One history through all stages, in a state root of its own."""
    from domain_ft import stages
    from domain_ft.domains import find_domain
    from domain_ft.history.sample.generate import sample_history
    from domain_ft.history.sample.write import write_sample
    from domain_ft.store.home import Home
    from domain_ft_tests.tiny_model import make_tiny_model

    home = Home(root)
    root.mkdir(parents=True)
    history = sample_history(builds=builds, tests=tests, seed=seed, signal=signal)
    texts = [test.summary for test in history.tests] + [text for build in history.builds for text in build.commits]
    make_tiny_model(root / "tiny", words_of(texts), hidden_size=64, layers=2, max_seq_length=48, seed=seed)
    written = write_sample(root / "sample.csv.gz", builds=builds, tests=tests, seed=seed, signal=signal)
    domain = find_domain("test_history").with_overrides({**OVERRIDES, "training.seed": seed, "benchmark.seed": seed})
    stages.ingest(domain, home, [written.path])
    stages.build_dataset(domain, home)
    stages.train(domain, home)
    result = stages.benchmark(domain, home)
    arms = result.arms
    gain = arms["candidate"]["map"]["mean"] - arms["base"]["map"]["mean"]
    return Outcome(result.verdict, result.n, gain, (1 - domain.benchmark.confidence) / 2)


def summary(outcomes: list[Outcome]) -> dict[str, object]:
    """Wins counted against chance; `p_value` is that of so many wins or more at the nominal rate."""
    from scipy.stats import binomtest

    verdicts = Counter(outcome.verdict for outcome in outcomes)
    wins, nominal = verdicts["WIN"], outcomes[0].nominal
    return {
        "benchmark": "signal_zero",
        "seeds": len(outcomes),
        "wins": wins,
        "verdicts": dict(sorted(verdicts.items())),
        "nominal_rate": round(nominal, 6),
        "p_value": round(float(binomtest(wins, len(outcomes), nominal, alternative="greater").pvalue), 6),
        "mean_gain_in_map": round(sum(outcome.gain for outcome in outcomes) / len(outcomes), 5),
        "queries": [outcome.queries for outcome in outcomes],
    }


def words_of(texts: list[str]) -> list[str]:
    """The distinct words of these texts, for the vocabulary of a tiny model."""
    return sorted({word.strip("'.,:;()[]") for text in texts for word in text.lower().split()} - {""})


if __name__ == "__main__":
    main()
