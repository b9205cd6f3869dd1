"""A state root in which pairs of two topics have landed and been divided, with a tiny base model beside them."""

import json
from collections.abc import Sequence

from domain_ft import stages
from domain_ft.domains import find_embedding_domain
from domain_ft.store.home import Home
from domain_ft_tests.tiny_model import make_tiny_model

SET = ("training.base_model=tiny", "training.device=cpu", "training.max_seq_length=16", "triplets.minimum=10")
OVERRIDES = {**dict(each.split("=") for each in SET), "benchmark.resamples": "200"}
PAIRS = find_embedding_domain("manuals").with_overrides(OVERRIDES)
ON_THE_LINE = [part for each in SET if not each.startswith("triplets") for part in ("--set", each)]
"""The same for a command that uses no triplets."""


def land_pairs(home: Home, queries: Sequence[str] | None = None) -> None:
    """Ingest a pair per query, each of a topic of its own, and divide them into splits."""
    asked = queries or [f"how is part {number} cleaned" for number in range(120)]
    rows = [
        {
            "query": query,
            "positive": f"{query}: with fluid {number}",
            "negative": "no",
            "domain": ("a", "b")[number % 2],
        }
        for number, query in enumerate(asked)
    ]
    file = home.root / "pairs.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    make_tiny_model(home.root / "tiny")
    stages.ingest(PAIRS, home, [file])
    stages.build_dataset(PAIRS, home)
