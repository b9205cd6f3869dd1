"""What it costs to index passages and to find them, beside brute force and bm25s in the same run; one JSON line.

    python benchmarks/passage_index.py FILE.jsonl [--passages 100000] [--cache FOLDER] [--queries 200]

FILE holds real pairs (`query`, `positive`). A passage is two of its sentences of 4 to 12 words, drawn with a seed; no
two are the same. Their vectors are real ones, of the starter model at 32 tokens; with --cache they are remembered,
for to embed them is most of the time: how quickly that goes, slice by slice and each slice on disk, is measured on
4,096 of them beside the model alone, whose throughput `encoding.py` shows. Queries are the file's own. A hybrid query
is timed warm, its embedding included (and without), and so is its peer: all cosines by numpy, all BM25 scores by
bm25s over the same words but without stems and stop words, and the same fusion. It ends with 1 where a limit is broken.
"""

import argparse
import json
import re
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from domain_ft.embedding.models import model_encoder
from domain_ft.embedding.starter import starter_folder
from domain_ft.lexical import LexicalIndex
from domain_ft.passage_index.build import RECALL_AT, SLICE, Clock, build_table, encoded
from domain_ft.passage_index.fuse import PLAIN, fuse
from domain_ft.passage_index.passage_index import PassageIndex
from domain_ft.passage_index.passage_table import PassageTable
from domain_ft.passage_index.query import Asked
from domain_ft.passage_index.settings import IndexSettings
from domain_ft.store.vectors import FloatArray, cached_encode
from domain_ft.training.device import prepare_threads

TOKENS = 32
TIMED_TEXTS = 2 * SLICE
LIMITS = {"build_s": 60.0, "hybrid_p50_ms": 50.0, "recall_at_10": 0.99}


def corpus(rows: Sequence[dict[str, Any]], count: int) -> list[str]:
    """Distinct passages of two sentences each."""
    parts = {part.strip() for row in rows for part in re.split(r"(?<=[.;:])\s+|\n+", row["positive"])}
    sentences = sorted(part for part in parts if 4 <= len(part.split()) <= 12)
    generator, made = np.random.default_rng(1), set[str]()
    while len(made) < count:
        one, other = generator.integers(0, len(sentences), 2)
        made.add(f"{sentences[one]} {sentences[other]}")
    return sorted(made)


def throughput(texts: Sequence[str], work: Callable[[], Any]) -> float:
    """Texts a second."""
    start = time.perf_counter()
    work()
    return round(len(texts) / (time.perf_counter() - start), 1)


def percentiles(work: Callable[[str], Any], queries: Sequence[str]) -> dict[str, float]:
    """Milliseconds of a piece of work per query, after ten to warm up."""
    for query in queries[:10]:
        work(query)
    taken = []
    for query in queries:
        start = time.perf_counter()
        work(query)
        taken.append(1000 * (time.perf_counter() - start))
    return {name: round(float(np.percentile(taken, share)), 2) for name, share in (("p50", 50), ("p95", 95))}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--cache", type=Path, default=None, help="folder in which embeddings are remembered")
    arguments = parser.parse_args()
    prepare_threads()
    rows = [json.loads(line) for line in arguments.file.read_bytes().split(b"\n") if line]
    texts, queries = corpus(rows, arguments.passages), sorted({row["query"] for row in rows})
    queries = queries[:: max(1, len(queries) // arguments.queries)][: arguments.queries]
    plain = model_encoder(starter_folder(), device="cpu", batch_size=128, max_seq_length=TOKENS)
    plain(["warm up"])
    some = texts[:: max(1, len(texts) // TIMED_TEXTS)][:TIMED_TEXTS]
    with tempfile.TemporaryDirectory() as folder:
        remembered = cached_encode(plain, Path(folder) / "timed")
        in_slices = throughput(some, lambda: [*encoded(some, remembered, Clock())])
        alone = throughput(some, lambda: plain(some))
        encode = cached_encode(plain, arguments.cache or Path(folder) / "cache")
        vectors = np.concatenate([*encoded(texts, encode, Clock())])
        asked = encode(queries)
        report = measured(Path(folder), texts, vectors, queries, asked, lambda text: plain([text])[0])
    report = {"passages": len(texts), "embedded_per_s": in_slices, "model_alone_per_s": alone, **report}
    report = {**report, "limits": LIMITS, "ok": not broken(report)}
    print(json.dumps(report))
    if not report["ok"]:
        raise SystemExit("; ".join(broken(report)))


def broken(report: Mapping[str, Any]) -> list[str]:
    """What a report says that it must not."""
    figures = {"build_s": report["build_s"], "hybrid_p50_ms": report["hybrid_ms"]["p50"]}
    over = [f"{name} {value:g} is above {LIMITS[name]:g}" for name, value in figures.items() if value > LIMITS[name]]
    recall, least = report["recall_at_10"], LIMITS["recall_at_10"]
    return over if recall >= least else [*over, f"recall_at_10 {recall:g} is below {least:g}"]


def measured(
    folder: Path,
    texts: list[str],
    vectors: FloatArray,
    queries: list[str],
    asked: FloatArray,
    encode_query: Callable[[str], FloatArray],
) -> dict[str, Any]:
    """The figures of the index and of its peer."""
    place = {text: row for row, text in enumerate(texts)}
    vector_of = dict(zip(queries, asked, strict=True))
    names = [f"p{row}" for row in range(len(texts))]
    schema = {"passage_id": pl.String, "text": pl.String, "part": pl.String, "source": pl.String}
    passages = pl.DataFrame({"passage_id": names, "text": texts, "part": None, "source": None}, schema=schema)
    target = folder / "index"
    target.mkdir()
    start = time.perf_counter()
    built = build_table(target, passages, lambda some: vectors[[place[text] for text in some]], asked, IndexSettings())
    build_s = time.perf_counter() - start
    index = PassageIndex(target, {}, PassageTable(target), built.nearest, IndexSettings(), PLAIN)
    start = time.perf_counter()
    words = LexicalIndex(texts)
    peer_build_s = time.perf_counter() - start

    def best(scores: FloatArray, count: int) -> list[int]:
        highest = np.argpartition(-scores, count - 1)[:count]
        return highest[np.lexsort((highest, -scores[highest]))].tolist()

    def by_brute_force(text: str) -> list[int]:
        by_vector, by_words = vectors @ encode_query(text), words.scores(text)
        found = [row for row in best(by_words, 100) if by_words[row] > 0]
        return [row for row, _ in fuse(best(by_vector, 100), found, PLAIN)[:10]]

    def hybrid(text: str) -> Any:
        return index.search(Asked(text), encode_query).results

    true = [set(best(vectors @ query, RECALL_AT)) for query in asked]
    found = [set(index.table.nearest(query, RECALL_AT, built.nearest).rows) for query in asked]
    same = [len({int(each.passage_id[1:]) for each in hybrid(text)} & set(by_brute_force(text))) for text in queries]
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    return {
        "build_s": round(build_s, 2),
        "build_parts_s": {name: round(value, 2) for name, value in built.seconds.items()},
        "recall_at_10": built.recall,
        "same_rows_at_10": round(sum(len(one & two) for one, two in zip(true, found, strict=True)) / 10 / len(true), 4),
        "hybrid_ms": percentiles(hybrid, queries),
        "hybrid_embedded_ms": percentiles(lambda text: index.search(Asked(text), lambda _: vector_of[text]), queries),
        "vector_ms": percentiles(lambda text: index.search(Asked(text, mode="vector"), encode_query), queries),
        "words_ms": percentiles(lambda text: index.search(Asked(text, mode="words"), encode_query), queries),
        "query_embedding_ms": percentiles(encode_query, queries),
        "disk_mb": round(size / 1e6, 1),
        "peer": {
            "what": "numpy and bm25s, the same fusion",
            "build_s": round(peer_build_s, 2),
            "hybrid_ms": percentiles(by_brute_force, queries),
            "same_at_10": round(sum(same) / 10 / len(same), 4),
        },
    }


if __name__ == "__main__":
    main()
