import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from domain_ft.store.vectors import FloatArray, cached_encode


class Encoder:
    """Lengths as vectors; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> FloatArray:
        self.asked += texts
        return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)


def test_each_distinct_text_is_encoded_once_and_rows_keep_their_order(tmp_path: Path) -> None:
    encoder = Encoder()
    vectors = cached_encode(encoder, tmp_path)(["aa", "b", "aa"])
    assert vectors[:, 0].tolist() == [2, 1, 2]
    assert encoder.asked == ["aa", "b"]


def test_another_process_finds_what_was_computed(tmp_path: Path) -> None:
    cached_encode(Encoder(), tmp_path)(["aa", "b"])
    second = Encoder()
    assert cached_encode(second, tmp_path)(["b", "ccc"])[:, 0].tolist() == [1, 3]
    assert second.asked == ["ccc"]


def test_two_models_do_not_share_vectors(tmp_path: Path) -> None:
    cached_encode(Encoder(), tmp_path / "one")(["aa"])
    other = Encoder()
    cached_encode(other, tmp_path / "two")(["aa"])
    assert other.asked == ["aa"]


def test_a_damaged_shard_is_computed_again(tmp_path: Path) -> None:
    cached_encode(Encoder(), tmp_path)(["aa"])
    (shard,) = tmp_path.glob("*.npz")
    shard.write_bytes(shard.read_bytes()[:40])
    again = Encoder()
    assert cached_encode(again, tmp_path)(["aa"])[0, 0] == 2
    assert again.asked == ["aa"]


def test_a_corpus_with_repeats_is_encoded_once_and_the_second_time_in_a_twentieth_of_it(tmp_path: Path) -> None:
    from domain_ft.embedding.models import model_encoder
    from domain_ft.embedding.starter import starter_folder

    asked: list[str] = []
    model = model_encoder(starter_folder(), device="cpu")
    model(["loaded"])

    def encode(texts: Sequence[str]) -> FloatArray:
        asked.extend(texts)
        return model(texts)

    corpus = [f"passage {number} of the manual says how to reset the device after a fault" for number in range(150)] * 3
    start = time.perf_counter()
    first = cached_encode(encode, tmp_path)(corpus)
    middle = time.perf_counter()
    second = cached_encode(encode, tmp_path)(corpus)
    end = time.perf_counter()
    assert len(asked) == 150
    assert np.array_equal(first, second)
    assert end - middle < (middle - start) / 20


def test_no_texts_need_no_model(tmp_path: Path) -> None:
    assert len(cached_encode(lambda texts: pytest.fail("asked"), tmp_path)([])) == 0
