"""The loss is that of TRL, the answers are those of each question alone, and the score is of what was answered."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from domain_ft.adapter import task as task_module
from domain_ft.adapter.assemble import Assembly, assemble_training
from domain_ft.adapter.generate import Answer, generate_answers
from domain_ft.adapter.settings import AdapterTrainingSettings
from domain_ft.adapter.task import answer_room
from domain_ft.adapter.trainer import trainer_arguments
from domain_ft.errors import InputError
from domain_ft.requirements.rendering import gold_text
from domain_ft.store.publish import read_manifest, write_json
from domain_ft.training.progress import ignore
from domain_ft.training.stop import StopRequest, TrainingStoppedError
from domain_ft_tests.llm.tiny_causal import with_fewer_embeddings


@pytest.fixture
def parts(world: Any) -> Assembly:
    return assembled(world)


def assembled(world: Any, **changes: Any) -> Assembly:
    return assemble_training(world.job(**changes), world.settings(**changes), ignore, StopRequest())


def gradients(parts: Assembly, loss: torch.Tensor) -> list[torch.Tensor]:
    parts.trainer.model.zero_grad()
    loss.backward()
    return [each.grad.clone() for each in parts.trainer.model.parameters() if each.grad is not None]


@pytest.mark.parametrize("items", [None, torch.tensor(900)])
def test_the_loss_of_the_answers_alone_is_that_of_trl(parts: Assembly, items: torch.Tensor | None) -> None:
    trainer, batch = parts.trainer, parts.trainer.collate(parts.data.train.rows[:3])
    trainer.model.train()
    ours = trainer.compute_loss(trainer.model, dict(batch), num_items_in_batch=items)
    trainer._keeps_logits = False
    theirs = trainer.compute_loss(trainer.model, dict(batch), num_items_in_batch=items)
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5)
    for one, other in zip(gradients(parts, ours), gradients(parts, theirs), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-6)


def test_no_label_of_the_question_has_a_part_in_the_loss(parts: Assembly) -> None:
    trainer, batch = parts.trainer, parts.trainer.collate(parts.data.train.rows[:1])
    model = trainer.model.eval()
    with torch.inference_mode():
        logits = model(input_ids=batch["input_ids"]).logits[0, :-1].log_softmax(-1)
        found = trainer.compute_loss(model, batch)
    row, first = parts.data.train.rows[0], len(parts.data.train.rows[0].prompt)
    said = [logits[first - 1 + place, token] for place, token in enumerate(row.completion)]
    assert found.item() == pytest.approx(-torch.stack(said).mean().item(), rel=1e-5)


def test_questions_answered_together_have_the_answers_of_each_alone(parts: Assembly) -> None:
    chat, model = parts.chat, parts.trainer.model
    prompts = [chat.prompt_ids(text) for text in ("A long tale of a lamp shop with a till", "Lamps", "A bell", "No")]
    together = generate_answers(model, chat, prompts, 20, at_once=3)
    alone = [generate_answers(model, chat, [prompt], 20)[0] for prompt in prompts]
    assert together == alone
    assert {answer.tokens for answer in together if not answer.ended} <= {20}


def test_answering_can_be_ended_between_two_batches(parts: Assembly) -> None:
    prompts = [parts.chat.prompt_ids(text) for text in ("Lamps", "A bell", "No")]
    begun = list[int]()

    def check() -> None:
        begun.append(len(begun))
        if len(begun) == 2:
            raise TrainingStoppedError("asked to")

    with pytest.raises(TrainingStoppedError):
        generate_answers(parts.trainer.model, parts.chat, prompts, 5, at_once=1, check=check)
    assert begun == [0, 1]


def test_a_model_that_answers_as_the_records_do_reaches_the_full_score(
    parts: Assembly, records: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    gold = {record["concept"]: str(gold_text(record)) for record in records}

    def answered(ended: bool) -> dict[str, float]:
        answers = [Answer(gold[concept], ended, 9) for concept in parts.data.task.concepts]
        monkeypatch.setattr(task_module, "generate_answers", lambda *unused, **also_unused: answers)
        return parts.data.task.metrics(parts.trainer.model)

    whole, cut = answered(True), answered(False)
    assert whole["valid_share"] == whole["ids"] == whole["parses"] == 1.0
    assert whole["score"] > 0.9
    assert (cut["score"], cut["valid_share"]) == (whole["score"], 0.0)


def test_an_answer_may_take_a_quarter_more_than_the_longest_one_that_is_learned() -> None:
    assert answer_room(400, 100, None) == 501
    assert answer_room(400, 100, 300) == 200


def test_settings_reach_the_library(tmp_path: Path) -> None:
    settings = AdapterTrainingSettings(
        epochs=2, max_steps=7, batch_size=3, gradient_accumulation_steps=5, learning_rate=1e-5, schedule="cosine",
        warmup_ratio=0.2, weight_decay=0.1, max_grad_norm=0.5, seed=9, save_steps=4, logging_steps=6,
    )  # fmt: skip
    found = trainer_arguments(settings, folder=tmp_path, device="cpu", precision="bf16", steps_per_epoch=11)
    assert (found.num_train_epochs, found.max_steps, found.seed) == (2, 7, 9)
    assert (found.per_device_train_batch_size, found.gradient_accumulation_steps) == (3, 5)
    assert (found.learning_rate, found.lr_scheduler_type, found.warmup_steps) == (1e-5, "cosine", 0.2)
    assert (found.weight_decay, found.max_grad_norm) == (0.1, 0.5)
    assert (found.eval_steps, found.save_steps, found.logging_steps) == (11, 4, 6)
    assert (found.bf16, found.use_cpu, found.packing) == (True, True, False)


def test_limits_and_length_take_effect(world: Any) -> None:
    limited = assembled(world, train_limit=5, val_limit=1)
    assert (len(limited.data.train), len(limited.data.task.concepts)) == (5, 1)
    with pytest.raises(InputError, match="max_length: 20 is below every question"):
        assembled(world, max_length=20)


def test_a_row_is_never_longer_than_the_model_reads(world: Any) -> None:
    assert assembled(world, max_length=8192).data.train.truncated == 0
    config = world.base / "config.json"
    config.write_text(config.read_text().replace('"max_position_embeddings": 1024', '"max_position_embeddings": 50'))
    with pytest.raises(InputError, match=r"tiny_llama: reads 50 tokens, which is below every question of train"):
        assembled(world, max_length=8192)


def test_a_concept_that_is_longer_than_the_model_reads_is_named(world: Any) -> None:
    file = world.dataset / "validation.jsonl"
    lengthy = {"concept": "Returns desk " * 900, "concept_id": "BCON-9999"}
    file.write_text(f"{file.read_text()}{json.dumps(lengthy)}\n")
    with pytest.raises(
        InputError,
        match=r"tiny_llama: reads 1,024 tokens, and the question about 'Returns desk .*' \(validation\) takes",
    ):
        assembled(world, val_limit=None)


def test_a_base_whose_tokenizer_has_more_tokens_than_its_model_is_refused(world: Any) -> None:
    with_fewer_embeddings(world.base, 300)
    with pytest.raises(InputError, match=r"tiny_llama: its tokenizer says token \d+, and its model knows 300 tokens"):
        assembled(world)


def test_a_dataset_that_was_scored_by_unknown_rules_is_named(world: Any) -> None:
    manifest = read_manifest(world.dataset)
    write_json(world.dataset / "manifest.json", {**manifest, "settings": {"score": {"mood": 1}}})
    with pytest.raises(InputError, match=r"manifest\.json: settings\.score\.mood: .*; build the dataset again"):
        assembled(world)
