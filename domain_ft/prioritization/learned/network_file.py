"""A trained network on disk: one safetensors file that holds the weights and all that scoring needs beside them."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from domain_ft.errors import DomainFtError
from domain_ft.prioritization.learned.settings import NetworkSettings
from domain_ft.prioritization.learned.structural_inputs import StructuralInputs
from domain_ft.prioritization.learned.train_network import Epoch, TrainedNetwork

_FORMAT = "prioritization-network-1"
_INPUTS = "inputs."


def save_network(network: TrainedNetwork, path: Path) -> None:
    """Write a trained network to `path`."""
    import torch
    from safetensors.torch import save_file

    beside = {
        "format": _FORMAT,
        "dimension": network.dimension,
        "settings": network.settings.model_dump(mode="json"),
        "shift": network.shift,
        "temperature": network.temperature,
        "threshold": network.threshold,
        "epochs": [asdict(epoch) for epoch in network.epochs],
        "best_epoch": network.best_epoch,
    }
    inputs = {f"{_INPUTS}{name}": torch.from_numpy(array) for name, array in vars(network.inputs).items()}
    save_file({**network.module.state_dict(), **inputs}, path, {"network": json.dumps(beside)})


def load_network(path: Path) -> TrainedNetwork:
    """Read what `save_network` wrote; DomainFtError where the file is no such network."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            beside = json.loads((file.metadata() or {}).get("network", "{}"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if beside.get("format") != _FORMAT:
            raise ValueError(path)
        return _network(beside, tensors)
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError):
        raise DomainFtError(f"{path}: not a network of this version; run the prioritization experiment again") from None


def _network(beside: dict[str, Any], tensors: dict[str, Any]) -> TrainedNetwork:
    from domain_ft.prioritization.learned.network import PrioritizationNetwork

    mean, deviation, gaps = (tensors.pop(f"{_INPUTS}{name}").numpy() for name in ("mean", "deviation", "gaps"))
    inputs = StructuralInputs(mean, deviation, gaps.astype(np.int64))
    settings = NetworkSettings.model_validate(beside["settings"])
    module = PrioritizationNetwork(int(beside["dimension"]), inputs.width, settings)
    module.load_state_dict(tensors)
    return TrainedNetwork(
        module=module.eval(),
        settings=settings,
        inputs=inputs,
        shift=float(beside["shift"]),
        temperature=float(beside["temperature"]),
        threshold=float(beside["threshold"]),
        epochs=tuple(Epoch(**epoch) for epoch in beside["epochs"]),
        best_epoch=int(beside["best_epoch"]),
    )
