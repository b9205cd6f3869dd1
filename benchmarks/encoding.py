"""What it costs to encode a corpus with repeats, then again from the cache, and what one query costs; one JSON line.

    python benchmarks/encoding.py [--distinct 2000] [--repeats 5] [--model FOLDER] [--device cpu]

The corpus is made up: every distinct text stands in it `repeats` times, in mixed order. The model is loaded before the
clock starts, so that the first run is not made to look slow. The second run opens the cache anew, as another process
would, and may not encode anything. A query has as many tokens as a short question; it is encoded alone, without cache,
and compared with the whole corpus. Its peer is the same model as sentence-transformers loads it.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from domain_ft.embedding.models import encode_texts, load_model, model_encoder
from domain_ft.embedding.starter import starter_folder
from domain_ft.evaluation.speed import Uncached, measure_speed
from domain_ft.store.vectors import Encode, FloatArray, cached_encode
from domain_ft.training.device import describe_device, prepare_threads, resolve_device

WORDS = 40
VOCABULARY = 3000
QUERIES, QUERY_WORDS = 100, 4
LIMIT_SHARE = 0.05
LIMIT_MS = 10.0


class Counting:
    """An encoder that counts the texts it is given."""

    def __init__(self, encode: Encode) -> None:
        self.encode, self.texts = encode, 0

    def __call__(self, texts: Sequence[str]) -> FloatArray:
        self.texts += len(texts)
        return self.encode(texts)


def sentences(count: int, words: int, seed: int) -> list[str]:
    """Made-up texts that are all different."""
    rows = np.random.default_rng(seed).integers(0, VOCABULARY, (count, words))
    return [f"{number} " + " ".join(f"word{word}" for word in row) for number, row in enumerate(rows)]


def timed(encode: Encode, corpus: Sequence[str]) -> tuple[float, FloatArray]:
    """Seconds and embeddings."""
    start = time.perf_counter()
    vectors = encode(corpus)
    return time.perf_counter() - start, vectors


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--distinct", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--model", type=Path, default=None, help="folder of a model; the starter if left out")
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    prepare_threads()
    device = resolve_device(arguments.device)
    folder = arguments.model or starter_folder()
    encode = model_encoder(folder, device=device, batch_size=128, max_seq_length=128)
    plain = load_model(folder, device=device, max_seq_length=128)
    encode(["warm up"])
    distinct = sentences(arguments.distinct, WORDS, seed=1)
    corpus = np.random.default_rng(2).permutation(distinct * arguments.repeats).tolist()
    with tempfile.TemporaryDirectory() as cache:
        first, second = Counting(encode), Counting(encode)
        first_s, vectors = timed(cached_encode(first, Path(cache)), corpus)
        second_s, again = timed(cached_encode(second, Path(cache)), corpus)
    items = encode(distinct)
    queries = sentences(QUERIES, QUERY_WORDS, seed=3)
    where = describe_device(device)
    speed = measure_speed(Uncached(encode, where), queries, distinct, items, QUERIES)
    alone = Uncached(lambda texts: encode_texts(plain, texts), where)
    peer = measure_speed(alone, queries, distinct, items, QUERIES)
    print(
        json.dumps({
            "benchmark": "encoding",
            "device": speed.device,
            "load_average": round(os.getloadavg()[0], 1),
            "texts": len(corpus),
            "distinct": len(distinct),
            "encoded": first.texts,
            "encoded_again": second.texts,
            "same_vectors": bool(np.array_equal(vectors, again)),
            "first_s": round(first_s, 2),
            "second_s": round(second_s, 3),
            "second_share": round(second_s / first_s, 4),
            "limit_share": LIMIT_SHARE,
            "texts_per_second": round(speed.texts_per_second, 1),
            "query_tokens": round(float(np.mean([len(plain.tokenizer(query).input_ids) for query in queries])), 1),
            "query_median_ms": round(speed.median_ms, 2),
            "query_p95_ms": round(speed.p95_ms, 2),
            "peer_query_median_ms": round(peer.median_ms, 2),
            "limit_ms": LIMIT_MS,
        })
    )  # fmt: skip


if __name__ == "__main__":
    main()
