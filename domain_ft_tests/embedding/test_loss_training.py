"""Each loss teaches a tiny model what it says, alone and inside matryoshka."""

from pathlib import Path
from typing import Any

import pytest
import torch

from domain_ft.embedding.collate import LABEL, Collator
from domain_ft.embedding.examples import Rows
from domain_ft.embedding.length_groups import GroupCost, LengthGroups
from domain_ft.embedding.losses import LOSSES, build_loss
from domain_ft.embedding.models import load_model
from domain_ft.embedding.relation import Relation, RelationCollator
from domain_ft.embedding.settings import Loss, TrainingSettings
from domain_ft.errors import InputError
from domain_ft_tests.embedding.conftest import AREAS, CODES, text_of_test

ROWS: Rows = {
    "anchor": [text_of_test(area, "opens") for area in AREAS[:6]],
    "positive": [f"fix {code}" for code in CODES[:6]],
    "negative": [None if number % 3 == 0 else f"fix the {CODES[number - 3]} page" for number in range(6)],
}
"""Six rows, four of them with a negative."""


class Lesson:
    """A loss over a tiny model, and one batch of all rows."""

    def __init__(
        self, folder: Path, rows: Rows = ROWS, loss: Loss = "multiple_negatives_ranking", **settings: Any
    ) -> None:
        self.model = load_model(folder, max_seq_length=16)
        self.settings = TrainingSettings(**{"loss": loss, "direction": "anchor_to_positive", **settings})
        self.loss = build_loss(self.model, self.settings, LengthGroups(self.model, GroupCost(overhead=8, most=64)))
        examples = LOSSES[self.settings.loss].examples(rows, self.settings)
        columns = {**examples.columns, **({} if examples.labels is None else {LABEL: examples.labels})}
        self.rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        relation = Relation(zip(rows["anchor"], rows["positive"], strict=True))
        related = RelationCollator(self.model.preprocess, relation)
        self.batch = (related if loss == "relation" else Collator(self.model.preprocess))(self.rows)

    def value(self) -> torch.Tensor:
        names = dict.fromkeys(key.removesuffix("_input_ids") for key in self.batch if key.endswith("_input_ids"))
        features = [
            {key.removeprefix(f"{name}_"): value for key, value in self.batch.items() if key.startswith(f"{name}_")}
            for name in names
        ]
        return self.loss(features, self.batch.get(LABEL))  # type: ignore[no-any-return]

    def train(self, steps: int = 5) -> tuple[float, float]:
        """The loss before and after some steps, without dropout."""
        self.model.eval()
        optimizer = torch.optim.AdamW(self.model.parameters(), lr=2e-3)
        values = []
        for _ in range(steps + 1):
            value = self.value()
            values.append(float(value.detach()))
            value.backward()
            optimizer.step()
            optimizer.zero_grad()
        return values[0], values[-1]


@pytest.mark.parametrize("dims", [None, [16, 4]])
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_falls_when_it_is_trained_on(tiny_bert: Path, loss: Loss, dims: list[int] | None) -> None:
    before, after = Lesson(tiny_bert, loss=loss, matryoshka_dims=dims).train()
    assert after < 0.9 * before


def test_cached_ranking_has_the_value_and_the_gradients_of_the_uncached_one(tiny_bert: Path) -> None:
    found = []
    for loss in ("multiple_negatives_ranking", "cached_multiple_negatives_ranking"):
        lesson = Lesson(tiny_bert, loss=loss, mini_batch_size=4, direction="both")
        lesson.model.eval()
        value = lesson.value()
        value.backward()
        gradients = {name: each.grad for name, each in lesson.model.named_parameters() if each.grad is not None}
        found.append((value.detach(), gradients))
    (one, plain), (other, cached) = found
    torch.testing.assert_close(one, other)
    torch.testing.assert_close(plain, cached, atol=1e-5, rtol=1e-4)


def test_the_guide_of_gist_is_the_base_model_and_stays_it(tiny_bert: Path) -> None:
    lesson = Lesson(tiny_bert, loss="gist")
    lesson.train(2)
    base = load_model(tiny_bert).state_dict()
    torch.testing.assert_close(dict(lesson.loss.guide.state_dict()), base, atol=0, rtol=0)
    assert not any(
        torch.equal(value, base[name]) for name, value in lesson.model.state_dict().items() if "query" in name
    )


def test_relation_takes_labels_as_wide_as_the_embeddings_inside_matryoshka(tiny_bert: Path) -> None:
    wide = {"anchor": ["a", "b"] * 16, "positive": [f"fix {n}" for n in range(32)], "negative": [None] * 32}
    assert Lesson(tiny_bert, wide, "relation", matryoshka_dims=[4]).value().isfinite()


def test_matryoshka_is_the_sum_over_its_dimensions_and_the_whole(tiny_bert: Path) -> None:
    lesson = Lesson(tiny_bert, matryoshka_dims=[4])
    lesson.model.eval()
    whole = float(Lesson(tiny_bert).value().detach())
    model = load_model(tiny_bert, max_seq_length=16)
    columns = [model.encode(list(ROWS[name]), convert_to_tensor=True)[:, :4] for name in ("anchor", "positive")]
    negatives = model.encode([text for text in ROWS["negative"] if text], convert_to_tensor=True)[:, :4]
    first = float(lesson.loss.loss.compute_loss_from_embeddings([*columns, negatives], None))
    assert float(lesson.value().detach()) == pytest.approx(whole + first, rel=1e-4)


def test_more_matryoshka_dimensions_than_the_model_has_are_refused(tiny_bert: Path) -> None:
    with pytest.raises(InputError, match="matryoshka_dims: 64 is more than the 32 dimensions of this base model"):
        Lesson(tiny_bert, matryoshka_dims=[64, 16])
