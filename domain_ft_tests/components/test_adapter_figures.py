"""What a person reads of an adapter in Dagster: a demonstration says so, and an answer stays within its block."""

from pathlib import Path
from typing import Any

import pytest

from domain_ft.adapter.train_adapter import AdapterResult
from domain_ft.components.adapter_figures import adapter_figures, export_figures
from domain_ft.delivery.export_adapter import OllamaExport
from domain_ft.delivery.ollama_delivery import Delivered
from domain_ft.safe_text import fenced
from domain_ft.store.publish import write_json

NOTE = "starter is a demonstration model, and so is what was made of it: not for work"
COUNTS = ("train_examples", "truncated_rows", "trainable_parameters", "total_parameters", "peak_memory_bytes")


def trained(folder: Path, demonstration: bool) -> AdapterResult:
    told = {"base_model": "starter", "demonstration": demonstration, "loss_curve": None, "settings": {}, "files": {}}
    write_json(folder / "manifest.json", {**dict.fromkeys(COUNTS, 1), **told, "device": "cpu", "precision": "fp32"})
    return AdapterResult(
        "v1", folder, "d", False, False, 4, 1.0, 2.0, {"score": 0.5}, {"score": 0.1}, (), tokens_per_second=3.0
    )


def exported(**changes: Any) -> OllamaExport:
    delivered = Delivered("shop:v1", "shop:latest", "sha256:1", None, "```yaml\n</a>\n```\n[x](y)", None)
    told = {"command": None, "demonstration": None, "delivered": delivered, **changes}
    return OllamaExport(Path("package"), "v1", "gguf", {"gguf": "open"}, "shop", **told)


@pytest.mark.parametrize("demonstration", [True, False])
def test_an_adapter_of_a_demonstration_model_says_so(tmp_path: Path, demonstration: bool) -> None:
    found = adapter_figures(trained(tmp_path, demonstration))
    said = found["demonstration"].md_str.replace("  \n", " ") if demonstration else None
    assert said == (NOTE if demonstration else None)
    assert ("demonstration" in found) == demonstration


def test_a_delivered_demonstration_model_says_so() -> None:
    assert export_figures(exported(demonstration=NOTE))["demonstration"].md_str.replace("  \n", " ") == NOTE
    assert "demonstration" not in export_figures(exported())


def test_a_command_that_comes_first_is_shown() -> None:
    assert export_figures(exported(command="python x", delivered=None))["command"] == "python x"


def test_an_answer_cannot_leave_its_block() -> None:
    answer = export_figures(exported())["answer"].md_str
    assert answer == fenced("```yaml\n</a>\n```\n[x](y)")
    assert answer.startswith("````\n")
