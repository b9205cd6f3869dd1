"""The training log as curves."""

from pathlib import Path

from domain_ft.evaluation.loss_curve import MOST_POINTS, TrainingCurves, read_training_curves


def test_loss_and_validation_are_read_by_step(tmp_path: Path) -> None:
    log = tmp_path / "training_log.jsonl"
    log.write_text(
        '{"step": 0, "validation_map": 0.5}\n{"step": 10, "loss": 1.5, "learning_rate": 1e-5}\n'
        '{"step": 20, "loss": 1.0, "validation_map": 0.6}\n'
    )

    found = read_training_curves(log)

    assert found.loss == ((10, 1.5), (20, 1.0))
    assert found.validation == {"map": ((0, 0.5), (20, 0.6))}


def test_lines_that_say_nothing_are_passed_over(tmp_path: Path) -> None:
    log = tmp_path / "training_log.jsonl"
    log.write_text(
        '[1]\n{"loss": 1}\n{"step": 1, "loss": NaN}\n{"step": 2, "loss": true}\n{"step": 3, "loss": 2}\n{"st'
    )

    assert read_training_curves(log).loss == ((3, 2.0),)


def test_a_long_curve_is_thinned_evenly(tmp_path: Path) -> None:
    log = tmp_path / "training_log.jsonl"
    log.write_text("".join(f'{{"step": {step}, "loss": 1}}\n' for step in range(5000)))

    found = read_training_curves(log).loss

    assert MOST_POINTS // 2 <= len(found) <= MOST_POINTS


def test_without_a_log_there_are_no_curves(tmp_path: Path) -> None:
    assert read_training_curves(None) == read_training_curves(tmp_path / "gone") == TrainingCurves()
