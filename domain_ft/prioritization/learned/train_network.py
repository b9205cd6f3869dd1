"""Trains the network of `network.py`, and keeps with its weights what its probabilities need to be honest.

When to stop, the temperature and the threshold are found on validation rows alone. Importing this imports no torch.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from domain_ft.errors import DomainFtError
from domain_ft.prioritization.classification import area_under_precision_recall, best_threshold, fit_temperature
from domain_ft.prioritization.judged_runs import FloatArray
from domain_ft.prioritization.learned.rows import LearningRows, Vectors
from domain_ft.prioritization.learned.settings import NetworkSettings
from domain_ft.prioritization.learned.structural_inputs import StructuralInputs
from domain_ft.progress import Progress, silent

if TYPE_CHECKING:
    from torch import Tensor

_ROWS_AT_ONCE = 8_192
_STEPS_BETWEEN_REPORTS = 20


@dataclass(frozen=True)
class Epoch:
    """One pass over the training rows."""

    loss: float
    """Mean training loss."""
    auprc: float | None
    """On validation; None where all rows there passed, or all failed."""


@dataclass(frozen=True)
class TrainedNetwork:
    """A network, and how its margins become probabilities."""

    module: Any
    """A network.PrioritizationNetwork."""
    settings: NetworkSettings
    inputs: StructuralInputs
    shift: float
    """What class weights have added to every margin; taken off again, else probabilities would tell of the weights
    (Elkan, The foundations of cost-sensitive learning, IJCAI 2001)."""
    temperature: float
    threshold: float
    """Rows are said to fail from this probability on."""
    epochs: tuple[Epoch, ...]
    best_epoch: int
    """From 1: the epoch whose weights are kept."""

    @property
    def dimension(self) -> int:
        """Numbers of a vector."""
        return int(self.module.dimension)

    def score(self, rows: LearningRows, vectors: Vectors) -> FloatArray:
        """The calibrated margin between fail and pass (n,): the higher, the earlier, as for the probability.

        LearningRows are looked up in `vectors`, whose tables need not be those of the training.
        """
        return (_margins(self.module, _Tensors.of(rows, vectors, self.inputs)) - self.shift) / self.temperature

    def probability(self, rows: LearningRows, vectors: Vectors) -> FloatArray:
        """The calibrated probability that each test fails (n,)."""
        return _sigmoid(self.score(rows, vectors))


@dataclass(frozen=True)
class _Tensors:
    """Rows as the network takes them: vectors stay tables, and are looked up for a batch at a time."""

    change: "Tensor"
    test: "Tensor"
    structural: "Tensor"
    change_of: "Tensor"
    test_of: "Tensor"
    failed: "Tensor"

    @classmethod
    def of(cls, rows: LearningRows, vectors: Vectors, inputs: StructuralInputs) -> "_Tensors":
        import torch

        tables = (vectors.change, vectors.test, inputs.of(rows.structural))
        numbers = (rows.change, rows.test, rows.failed.astype(np.int64))
        return cls(*(torch.from_numpy(np.ascontiguousarray(array)) for array in (*tables, *numbers)))

    def __len__(self) -> int:
        return len(self.failed)

    def batch(self, rows: "Tensor") -> tuple["Tensor", "Tensor", "Tensor"]:
        """The network's inputs for some rows."""
        return self.change[self.change_of[rows]], self.test[self.test_of[rows]], self.structural[rows]


def train_network(
    train: LearningRows,
    validation: LearningRows,
    vectors: Vectors,
    settings: NetworkSettings,
    threads: int = 1,
    progress: Progress = silent,
) -> TrainedNetwork:
    """Train on the training rows until AUPRC on validation no longer rises; the best epoch's weights are kept.

    Where all validation rows passed, or all failed, all epochs are trained and probabilities stay as they are. The
    same rows and settings give the same weights, on the same number of threads. Nothing is written; what `progress`
    raises ends the training. One thread is the safe choice: where cores are shared, more of them wait for each other.

    Raises:
        DomainFtError: All training rows passed, or all failed.
    """
    if train.failed.all() or not train.failed.any():
        raise DomainFtError(
            "the training rows hold failing or passing tests alone, and a network needs both; land more history, or "
            "use the orders that learn nothing"
        )
    inputs = StructuralInputs.fit(train.structural)
    learned, judged = (_Tensors.of(rows, vectors, inputs) for rows in (train, validation))
    with _seeded(settings.seed, threads):
        module, epochs, best_epoch = _fit(learned, judged, settings, progress)
        shift = float(np.log(_class_weights(learned)[1] / _class_weights(learned)[0]))
        shift = shift if settings.loss == "weighted" else 0.0
        margins = _margins(module, judged) - shift
    temperature = fit_temperature(validation.failed, margins)
    threshold = best_threshold(validation.failed, _sigmoid(margins / temperature))
    return TrainedNetwork(module, settings, inputs, shift, temperature, threshold, epochs, best_epoch)


def _fit(
    learned: _Tensors, judged: _Tensors, settings: NetworkSettings, progress: Progress
) -> tuple[Any, tuple[Epoch, ...], int]:
    """The module with the weights of its best epoch, all epochs, and which was the best (from 1)."""
    import torch

    from domain_ft.prioritization.learned.network import PrioritizationNetwork

    module = PrioritizationNetwork(learned.change.shape[1], learned.structural.shape[1], settings)
    optimizer = torch.optim.AdamW(module.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    failed = judged.failed.numpy().astype(bool)
    epochs: list[Epoch] = []
    best, best_epoch, kept = -1.0, 0, module.state_dict()
    while len(epochs) < settings.epochs and (len(epochs) - best_epoch < settings.patience):
        loss = _one_epoch(module, optimizer, learned, settings, len(epochs), progress)
        auprc = area_under_precision_recall(failed, _margins(module, judged)) if failed.any() else None
        auprc = None if failed.all() else auprc
        epochs.append(Epoch(loss, auprc))
        if auprc is None or auprc > best:
            best, best_epoch, kept = auprc or best, len(epochs), copy.deepcopy(module.state_dict())
    module.load_state_dict(kept)
    return module.eval(), tuple(epochs), best_epoch


def _one_epoch(
    module: Any, optimizer: Any, learned: _Tensors, settings: NetworkSettings, before: int, progress: Progress
) -> float:
    """Train on every row once, in a drawn order; the mean loss. A last batch of one row is left out."""
    import torch

    from domain_ft.prioritization.learned.network import focal_loss, weighted_loss

    weights = torch.tensor(_class_weights(learned), dtype=torch.float32)
    batches = [rows for rows in torch.randperm(len(learned)).split(settings.batch_size) if len(rows) > 1]
    total = settings.epochs * len(batches)
    module.train()
    losses = []
    for step, rows in enumerate(batches, 1):
        logits, failed = module(*learned.batch(rows)), learned.failed[rows]
        loss = (
            focal_loss(logits, failed, settings.focal_gamma)
            if settings.loss == "focal"
            else weighted_loss(logits, failed, weights)
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
        if not step % _STEPS_BETWEEN_REPORTS or step == len(batches):
            progress("network", before * len(batches) + step, total)
    return float(np.mean(losses)) if losses else 0.0


def _margins(module: Any, rows: _Tensors) -> FloatArray:
    """Logit of fail minus logit of pass, per row, without dropout."""
    import torch

    module.eval()
    with torch.inference_mode():
        blocks = [module(*rows.batch(block)) for block in torch.arange(len(rows)).split(_ROWS_AT_ONCE) if len(block)]
    margins = [np.empty(0)] + [(logits[:, 1] - logits[:, 0]).double().numpy() for logits in blocks]
    return np.concatenate(margins)


def _class_weights(rows: _Tensors) -> tuple[float, float]:
    """n / (2 n_c) for passed and failed rows: both classes weigh alike, a row of mean weight 1."""
    failing = float(rows.failed.sum())
    return len(rows) / (2 * (len(rows) - failing)), len(rows) / (2 * failing)


def _sigmoid(margins: FloatArray) -> FloatArray:
    """1 / (1 + exp(-x)), without overflow."""
    return 0.5 * (1 + np.tanh(margins / 2))


@contextmanager
def _seeded(seed: int, threads: int) -> Iterator[None]:
    """Torch with a seed and a number of threads of its own; what it was before comes back."""
    import torch

    before = torch.get_num_threads()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(threads)
        try:
            yield
        finally:
            torch.set_num_threads(before)
