"""The models of a comparison while they are held: as many as there is memory for, and always the one asked now.

They are computed at 32 bits, whatever their adapters were trained at, so that where one was trained two may not fit.
"""

import gc
from collections.abc import Callable
from pathlib import Path

from domain_ft.adapter.quantization import parameters_in
from domain_ft.amounts import gigabytes
from domain_ft.errors import InputError
from domain_ft.llm.local import LocalGenerator
from domain_ft.training.available import available_memory
from domain_ft.training.device import resolve_device

_BYTES = 4
"""Of a weight."""


class HeldModels:
    """Loads models on one device; where the next would not fit beside those that are held, these are let go."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._held: dict[Path, tuple[LocalGenerator, int]] = {}

    def take(self, name: Path, base: Path, load: Callable[[], LocalGenerator]) -> LocalGenerator:
        """The model of a name, loaded where it is not held; `base` is the folder of its base's weights.

        InputError where it would not fit alone.
        """
        if name not in self._held:
            needed = parameters_in(base) * _BYTES
            self._make_room(base, needed)
            self._held[name] = (load(), needed)
        return self._held[name][0]

    def _make_room(self, base: Path, needed: int) -> None:
        device = resolve_device(self._device)
        if sum(size for _, size in self._held.values()) + needed > available_memory(device):
            self._held.clear()
            gc.collect()
        room = available_memory(device)
        if needed > room:
            raise InputError(
                f"{base}: its weights take about {gigabytes(needed)} at 32 bits, at which models are compared, and "
                f"{device} has {gigabytes(room)} to give; end other programs, or compare on a machine that has more"
            )
