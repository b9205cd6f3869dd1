"""What a training will cut is told before it begins."""

import json
import random
from pathlib import Path

import polars as pl

from domain_ft.components.data_figures import triplet_figures
from domain_ft.domains import find_domain
from domain_ft.pairs.lengths import cut_texts
from domain_ft.stages import build_dataset, ingest
from domain_ft.store.home import Home


def dataset(folder: Path, *rows: tuple[str, str, str]) -> Path:
    table = pl.DataFrame(rows, schema=["anchor", "positive", "target"], orient="row")
    table.write_parquet(folder / "triplets.parquet")
    return folder


def test_texts_beyond_the_models_length_are_counted_by_kind_each_once(tmp_path: Path) -> None:
    long = "oil " * 20
    made = dataset(tmp_path, ("why", long, "context"), ("how", long, "context"), ("why", "so", "passage"))
    assert cut_texts(made, 16) == (
        "1 of 1 contexts (100%) have more than 16 tokens, and are cut there (training.max_seq_length)",
    )


def test_a_text_is_cut_where_the_marks_around_it_leave_no_room(tmp_path: Path) -> None:
    made = dataset(tmp_path, ("oil " * 8, "so", "passage"))
    assert (len(cut_texts(made, 9)), cut_texts(made, 10)) == (1, ())


def test_a_dataset_of_pairs_tells_what_its_domains_training_will_cut(home: Home, tmp_path: Path) -> None:
    file, lots = tmp_path / "pairs.jsonl", random.Random(1)
    texts = [" ".join(lots.choices(["oil", "gear", "lamp", "fuse", "belt", "horn", "seat"], k=20)) for _ in range(60)]
    said = [{"query": f"what is {text[:12]} {n}", "positive": text, "negative": None} for n, text in enumerate(texts)]
    file.write_text("".join(json.dumps({**row, "domain": "cars"}) + "\n" for row in said))
    domain = find_domain("manuals").with_overrides({"triplets.minimum": 1, "training.max_seq_length": 16})
    ingest(domain, home, [file])
    result = build_dataset(domain, home)
    assert result.notes[0].startswith("60 of 60 passages (100%) have more than 16 tokens")
    assert "60 of 60 passages" in triplet_figures(result)["notes"].md_str
    assert build_dataset(domain.with_overrides({"training.max_seq_length": 64}), home).notes == ()
