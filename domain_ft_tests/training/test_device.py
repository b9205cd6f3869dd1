"""The environment leaves exactly the asked device visible."""

import pytest

from domain_ft.errors import InputError
from domain_ft.training.device import SPINS, gpu_index, prepare_environment, resolve_device, visible_gpus


@pytest.mark.parametrize(
    ("device", "given", "visible"),
    [
        ("cpu", None, ""),
        ("cpu", "0,1", ""),
        ("auto", None, "0"),
        ("cuda", None, "0"),
        ("cuda:2", None, "2"),
        ("auto", "3,5", "3"),
        ("cuda:1", "3,5", "5"),
        ("cuda:2", "3,5", ""),
        ("auto", "", ""),
    ],
)
def test_one_gpu_is_left_visible(device: str, given: str | None, visible: str) -> None:
    assert visible_gpus(device, {} if given is None else {"CUDA_VISIBLE_DEVICES": given}) == visible


def test_a_process_of_several_keeps_the_gpus_that_its_launcher_gave_it() -> None:
    environment = {"LOCAL_RANK": "1", "CUDA_VISIBLE_DEVICES": "0,1"}
    prepare_environment("auto", environment)
    assert environment["CUDA_VISIBLE_DEVICES"] == "0,1"


def test_threads_spin_for_a_moment_and_then_sleep_unless_a_person_chose_otherwise() -> None:
    environment: dict[str, str] = {}
    prepare_environment("cpu", environment)
    assert (environment["OMP_WAIT_POLICY"], environment["GOMP_SPINCOUNT"]) == ("PASSIVE", SPINS)
    assert int(environment["OMP_NUM_THREADS"]) >= 1
    chosen = {"OMP_WAIT_POLICY": "ACTIVE", "OMP_NUM_THREADS": "3"}
    prepare_environment("cpu", chosen)
    assert (chosen["OMP_WAIT_POLICY"], chosen["OMP_NUM_THREADS"]) == ("ACTIVE", "3")
    assert "GOMP_SPINCOUNT" not in chosen


def test_a_training_tells_nobody_and_asks_no_network() -> None:
    environment: dict[str, str] = {}
    prepare_environment("cpu", environment)
    assert environment["HF_HUB_DISABLE_TELEMETRY"] == "1"
    assert environment["HF_HUB_OFFLINE"] == "1"
    assert environment["TOKENIZERS_PARALLELISM"] == "false"


def test_a_process_that_sees_every_gpu_uses_the_one_asked_for() -> None:
    assert gpu_index("cuda:1", {}) == 1


def test_a_process_that_sees_one_gpu_calls_it_zero() -> None:
    environment: dict[str, str] = {}
    prepare_environment("cuda:1", environment)
    assert environment["CUDA_VISIBLE_DEVICES"] == "1"
    assert gpu_index("cuda:1", environment) == 0


def test_a_process_of_several_uses_the_gpu_of_its_rank() -> None:
    assert gpu_index("auto", {"LOCAL_RANK": "3"}) == 3


def test_a_gpu_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"device: cuda:99 .* use device: cpu or auto"):
        resolve_device("cuda:99")
