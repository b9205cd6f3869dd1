"""Grouping by length changes the cost, not the result."""

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.embedding.length_groups import CPU_COST, GroupCost, LengthGroups, group_sizes
from domain_ft.embedding.models import load_model

TEXTS = ["login", "the invoice page prints the report and the calendar", "the search page", "a b c d e f g h", "fix"]


def features(model: Any) -> dict[str, Any]:
    return model.preprocess(TEXTS)


def total_cost(lengths: list[int], sizes: list[int], cost: GroupCost) -> int:
    ends = [sum(sizes[: number + 1]) for number in range(len(sizes))]
    return sum(size * lengths[end - 1] + cost.overhead for size, end in zip(sizes, ends, strict=True))


@pytest.mark.parametrize("overhead", [0, 5, 1000])
def test_embeddings_and_gradients_are_those_of_the_whole_batch(tiny_bert: Path, overhead: int) -> None:
    model = load_model(tiny_bert).eval()
    weights = torch.arange(1.0, 6.0)[:, None]
    whole = model(features(model))["sentence_embedding"]
    (whole * weights).sum().backward()
    expected = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    grouped = LengthGroups(model, GroupCost(overhead, most=100))(features(model))["sentence_embedding"]
    (grouped * weights).sum().backward()
    torch.testing.assert_close(grouped, whole, atol=1e-5, rtol=1e-4)
    for name, parameter in model.named_parameters():
        if name in expected:
            torch.testing.assert_close(parameter.grad, expected[name], atol=1e-4, rtol=1e-3)


def test_short_texts_are_encoded_without_the_padding_of_long_ones(tiny_bert: Path) -> None:
    model = load_model(tiny_bert)
    widths = []
    model[0].register_forward_pre_hook(lambda module, inputs: widths.append(tuple(inputs[0]["input_ids"].shape)))
    LengthGroups(model, GroupCost(overhead=4, most=100))(features(model))
    assert len(widths) > 1
    assert sum(rows for rows, _ in widths) == len(TEXTS)
    assert widths[0][1] < widths[-1][1]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=9), st.integers(0, 60), st.integers(40, 120))
def test_no_other_groups_are_cheaper(lengths: list[int], overhead: int, most: int) -> None:
    lengths, cost = sorted(lengths), GroupCost(overhead, most)
    n = len(lengths)
    best = min(
        total_cost(lengths, sizes, cost)
        for cuts in range(n)
        for chosen in combinations(range(1, n), cuts)
        if (sizes := [end - begin for begin, end in zip((0, *chosen), (*chosen, n), strict=True)])
        and all(size * lengths[sum(sizes[: i + 1]) - 1] <= most for i, size in enumerate(sizes))
    )
    assert total_cost(lengths, group_sizes(lengths, cost), cost) == best


def test_little_is_spent_on_padding_in_a_batch_of_queries_and_passages() -> None:
    torch.manual_seed(0)
    queries, passages = torch.randint(6, 16, (64,)), torch.randint(20, 129, (128,))
    lengths = sorted([*queries.tolist(), *passages.tolist()])
    computed = total_cost(lengths, group_sizes(lengths, CPU_COST), GroupCost(0, 0))
    assert computed < 1.1 * sum(lengths)
