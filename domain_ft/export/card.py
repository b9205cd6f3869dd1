"""The card of an exported model: how to use it, and what it costs."""

from collections.abc import Mapping
from typing import Any

from domain_ft.evaluation.report.text import figure, interval, label, signed, signed_interval
from domain_ft.export.formats import MODEL_FILE
from domain_ft.markdown_text import markdown_table

_USE = {
    "onnx": """\
import numpy as np
from onnxruntime import InferenceSession
from tokenizers import Tokenizer

tokens = Tokenizer.from_file("tokenizer.json").encode_batch(["a text"])
given = {{
    "input_ids": np.array([each.ids for each in tokens]),
    "attention_mask": np.array([each.attention_mask for each in tokens]),
}}
vectors = InferenceSession("{file}").run(["sentence_embedding"], given)[0]""",
    "openvino": """\
import numpy as np
from openvino import Core
from tokenizers import Tokenizer

tokens = Tokenizer.from_file("tokenizer.json").encode_batch(["a text"])
given = {{
    "input_ids": np.array([each.ids for each in tokens]),
    "attention_mask": np.array([each.attention_mask for each in tokens]),
}}
vectors = Core().compile_model("{file}", "CPU")(given)[0]""",
}


def export_card(entries: Mapping[str, Any]) -> str:
    """The README.md of an exported model's folder."""
    use, prefixes = _USE[entries["format"]].format(file=MODEL_FILE[entries["format"]]), entries["prefixes"]
    parts = [
        f"# {entries['domain']} {entries['version']}, {entries['format']} int8",
        f"{entries['bytes'] / 1e6:.1f} MB; the original's weights have {entries['original_bytes'] / 1e6:.1f} MB. Texts "
        f"to {entries['dimension']} numbers of length 1, without torch:",
        f"```python\n{use}\n```",
        *([f"Put the prefixes before the texts: {prefixes}."] if any((prefixes or {}).values()) else []),
        "## What it costs",
        quality_table(entries["measured"]),
        f"On {entries['measured']['n']:,} {entries['measured']['units']} of the {entries['measured']['split']} split.",
        speed_table(entries["measured"]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def quality_table(measured: Mapping[str, Any]) -> str:
    """Each metric of the original and of the export, and the difference."""
    models = measured["models"]
    rows = []
    for row in measured["differences"]:
        ours, theirs = (models[role][row["metric"]] for role in ("original", "exported"))
        bounds = signed_interval(row["low"], row["high"])
        shown = [f"{figure(one['mean'])} ({interval(one['low'], one['high'])})" for one in (ours, theirs)]
        rows.append([label(row["metric"]), *shown, f"{signed(row['mean'])} ({bounds})", row["verdict"]])
    return markdown_table(["metric", "original", "exported", "exported minus original", ""], rows)


def speed_table(measured: Mapping[str, Any]) -> str:
    """How long a query takes with each; empty where nothing was timed."""
    rows = [
        [
            role,
            f"{one['median_ms']:.1f} ms",
            f"{one['p95_ms']:.1f} ms",
            f"{one['texts_per_second']:,.0f}",
            one["device"],
        ]
        for role, one in measured["speed"].items()
    ]
    return markdown_table(["", "median per query", "95th percentile", "texts per second", "on"], rows) if rows else ""
