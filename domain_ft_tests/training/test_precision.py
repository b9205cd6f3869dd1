"""`auto` means what was measured, once per machine."""

import json
from pathlib import Path

import pytest

from domain_ft.errors import InputError
from domain_ft.training import precision
from domain_ft.training.precision import choose_precision, resolve_precision


@pytest.mark.parametrize(
    ("seconds", "chosen"),
    [
        ({"fp32": 1.0, "bf16": 0.6}, "bf16"),
        ({"fp32": 1.0, "bf16": 0.95}, "fp32"),
        ({"fp32": 1.0, "bf16": 3.0}, "fp32"),
        ({"fp32": 1.0, "bf16": 0.5, "fp16": 0.48}, "bf16"),
        ({"fp32": 1.0, "bf16": 2.0, "fp16": 0.5}, "fp16"),
        ({"fp32": 1.0, "fp16": 0.5}, "fp16"),
    ],
)
def test_the_fastest_is_chosen_if_it_is_clearly_faster(seconds: dict[str, float], chosen: str) -> None:
    assert choose_precision(seconds) == chosen


def test_a_named_precision_is_not_probed(tmp_path: Path) -> None:
    assert resolve_precision("bf16", "cpu", tmp_path) == "bf16"
    assert list(tmp_path.iterdir()) == []


def test_auto_is_probed_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probes = []

    def probe(device: str) -> dict[str, str]:
        probes.append(device)
        return {"precision": "bf16"}

    monkeypatch.setattr(precision, "_probe_in_process", probe)
    assert [resolve_precision("auto", "cpu", tmp_path) for _ in range(3)] == ["bf16"] * 3
    assert probes == ["cpu"]


@pytest.mark.slow
def test_a_real_probe_answers_with_its_times(tmp_path: Path) -> None:
    chosen = resolve_precision("auto", "cpu", tmp_path)
    kept = json.loads(next((tmp_path / "precision").iterdir()).read_text())
    assert chosen == kept["precision"] == choose_precision(kept["seconds"])


@pytest.mark.slow
def test_a_probe_of_a_gpu_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"device: cuda:9 is asked for, but torch"):
        resolve_precision("auto", "cuda:9", tmp_path)
