"""Which prefix stands before a text, and that it stands there wherever the model meets texts."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from domain_ft import judge
from domain_ft.embedding.collate import Collator
from domain_ft.embedding.prefixes import column_prefixes, published_prefixes, resolve_prefixes
from domain_ft.embedding.settings import TrainingSettings
from domain_ft.errors import InputError
from domain_ft.evaluation.similarity import encode_task
from domain_ft.store.vectors import NO_PREFIXES, FloatArray, Prefixes

E5 = Prefixes("query: ", "passage: ")
BGE = Prefixes("Represent this sentence for searching relevant passages: ", "")
NOMIC = Prefixes("search_query: ", "search_document: ")


def resolved(folder: Path, name: str = "some/model", prompts: Any = None, **settings: Any) -> Prefixes:
    if prompts is not None:
        (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts}))
    return resolve_prefixes(TrainingSettings(**settings), name, folder)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("intfloat/e5-small-v2", E5),
        ("bases/multilingual-e5-base/", E5),
        ("BAAI/bge-small-en-v1.5", BGE),
        ("nomic-ai/nomic-embed-text-v1.5", NOMIC),
        ("starter", NO_PREFIXES),
        ("intfloat/e5-mistral-7b-instruct", NO_PREFIXES),
        ("BAAI/bge-m3", NO_PREFIXES),
    ],
)
def test_a_models_name_tells_its_family(tmp_path: Path, name: str, expected: Prefixes) -> None:
    assert resolved(tmp_path, name) == expected


def test_the_models_own_prompts_come_before_its_family(tmp_path: Path) -> None:
    assert resolved(tmp_path, "e5-small", {"query": "Q ", "passage": "P "}) == Prefixes("Q ", "P ")
    assert resolved(tmp_path, "e5-small", {"search_query": "Q ", "document": ""}) == Prefixes("Q ", "")


@pytest.mark.parametrize("prompts", [{"query": "", "document": ""}, {"classification": "C "}])
def test_prompts_that_say_nothing_of_queries_and_passages_leave_it_to_the_family(
    tmp_path: Path, prompts: dict[str, str]
) -> None:
    assert resolved(tmp_path, "e5-small", prompts) == E5


def test_a_family_that_is_named_comes_before_the_models_own_prompts(tmp_path: Path) -> None:
    assert resolved(tmp_path, prompts={"query": "Q "}, prefixes="nomic") == NOMIC
    assert resolved(tmp_path, prompts={"query": "Q "}, prefixes="none") == NO_PREFIXES


def test_a_prefix_that_is_given_comes_before_all_and_may_be_empty(tmp_path: Path) -> None:
    assert resolved(tmp_path, "e5-small", query_prefix="Q ") == Prefixes("Q ", "passage: ")
    assert resolved(tmp_path, "e5-small", query_prefix="", passage_prefix="") == NO_PREFIXES


def test_an_unknown_family_is_refused_with_the_list() -> None:
    with pytest.raises(ValidationError, match="Input should be 'auto', 'none', 'e5', 'bge' or 'nomic'"):
        TrainingSettings(prefixes="gte")


@pytest.mark.parametrize("prompts", [["query"], {"query": 3}, "query"])
def test_prompts_that_are_no_texts_are_refused(tmp_path: Path, prompts: Any) -> None:
    with pytest.raises(
        InputError, match=r"config_sentence_transformers.json: its prompts cannot be read; copy the mod"
    ):
        resolved(tmp_path, prompts=prompts)


def test_of_a_history_the_change_is_the_query_and_of_pairs_the_anchor() -> None:
    assert column_prefixes("history", E5)["anchor"] == "passage: "
    assert column_prefixes("history", E5)["positive"] == column_prefixes("history", E5)["negative"] == "query: "
    assert column_prefixes("pairs", E5)["anchor"] == "query: "
    assert column_prefixes("pairs", E5)["positive"] == column_prefixes("pairs", E5)["other"] == "passage: "


def test_a_batch_holds_each_text_behind_the_prefix_of_its_column() -> None:
    collate = Collator(lambda texts: {"texts": texts}, column_prefixes("pairs", E5))
    batch = collate([{"anchor": "a", "positive": "p", "negative": "n"}])
    assert batch["anchor_texts"] == ["query: a"]
    assert batch["positive_texts"] == ["passage: p"]
    assert batch["negative_texts"] == ["passage: n"]


def test_a_training_with_prefixes_publishes_them_and_all_encode_alike(world: Any) -> None:
    from sentence_transformers import SentenceTransformer

    given = {"query_prefix": "fix: ", "passage_prefix": "page: "}
    fitted, plain = world.fit(**given, max_steps=2), world.fit(max_steps=2)
    assert fitted.manifest["prefixes"] == {"query": "fix: ", "passage": "page: "}
    assert plain.manifest["prefixes"] == {"query": "", "passage": ""}
    assert fitted.weights != plain.weights
    assert fitted.manifest["base_validation"] != plain.manifest["base_validation"]
    card = (fitted.path / "README.md").read_text()
    assert "prefix 'fix: ' before queries and 'page: ' before passages" in card
    assert "prompt_name" not in (plain.path / "README.md").read_text()

    outside = SentenceTransformer(str(fitted.path), device="cpu")
    changes, tests = ["fix 1 amber"], ["the login page"]
    expected = [
        outside.encode(changes, prompt_name="query", normalize_embeddings=True),
        outside.encode(tests, prompt_name="passage", normalize_embeddings=True),
    ]
    np.testing.assert_array_equal(outside.encode_query(changes), outside.encode(changes, prompt_name="query"))
    np.testing.assert_array_equal(outside.encode_document(tests), outside.encode(tests, prompt_name="passage"))

    domain: Any = SimpleNamespace(
        name="tiny", training=SimpleNamespace(device="cpu"), benchmark=SimpleNamespace(batch_size=8)
    )
    base, champion, candidate = judge.model_arms(domain, world.home, fitted.path, plain.path)
    assert [arm.prefixes for arm in (base, champion, candidate)] == [
        Prefixes("fix: ", "page: "),
        NO_PREFIXES,
        base.prefixes,
    ]
    task: Any = SimpleNamespace(query_texts=tuple(changes), item_texts=tuple(tests))
    vectors = encode_task(task, candidate.encode, prefixes=candidate.prefixes)
    np.testing.assert_allclose(vectors.queries, expected[0], atol=1e-6)
    np.testing.assert_allclose(vectors.items, expected[1], atol=1e-6)


def test_a_model_that_was_trained_with_prefixes_hands_them_on_to_the_next(world: Any) -> None:
    first = world.fit(prefixes="e5", max_steps=1)
    job = world.job(base_model=str(first.path))
    assert job.prefixes == E5
    assert job.version != world.job(base_model=str(first.path), prefixes="none").version


def test_a_task_is_encoded_behind_the_prefix_of_each_side() -> None:
    asked: list[str] = []

    def encode(texts: Any) -> FloatArray:
        asked.extend(texts)
        return np.ones((len(texts), 2), dtype=np.float32)

    task: Any = SimpleNamespace(query_texts=("c", "c"), item_texts=("t", "c"))
    encode_task(task, encode, prefixes=E5)
    assert asked == ["query: c", "passage: t", "passage: c"]


def test_a_default_prompt_of_the_base_stands_before_no_text(world: Any) -> None:
    from domain_ft.embedding.models import model_encoder

    base = world.home.root / "tiny_bert"
    plain = model_encoder(base, device="cpu")(["login"])
    config = base / "config_sentence_transformers.json"
    content = json.loads(config.read_text())
    config.write_text(json.dumps({**content, "prompts": {"query": "fix the page "}, "default_prompt_name": "query"}))
    np.testing.assert_array_equal(model_encoder(base, device="cpu")(["login"]), plain)


def test_a_model_published_before_there_were_prefixes_has_none() -> None:
    assert published_prefixes({"kind": "embedding_model"}) == NO_PREFIXES
