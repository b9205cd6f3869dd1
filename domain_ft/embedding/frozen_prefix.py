"""The frozen lower part of an encoder, apart from the upper part that learns.

Embeddings and lower layers that are frozen, with dropout off, always give a text the same hidden states. An encoder
is cut in two without knowing its architecture: the lower half runs until it reaches the first layer that is not
frozen; the upper half is the encoder's own forward with hidden states in the place of its embeddings, and without the
frozen layers. Whether an architecture can be cut so is tried, not looked up (`divide_encoder`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from domain_ft.embedding.freeze import embeddings_part, transformer_layers
from domain_ft.embedding.token_rows import Features, join_rows, rows_of

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_TRIED = ("A short one", "The tests of the login page fail after the last change of the form, and so do others", "Tax")
_TOLERANCE = 1e-4


class _ReachedError(Exception):
    """Carries the hidden states out of a forward pass that needs to go no further."""

    def __init__(self, hidden: Tensor) -> None:
        super().__init__()
        self.hidden = hidden


class _Given(nn.Module):
    """Stands in the place of the embeddings and gives what it was given."""

    def __init__(self, hidden: Tensor) -> None:
        super().__init__()
        self._hidden = hidden

    def forward(self, *unused: Any, **also_unused: Any) -> Tensor:
        """The hidden states."""
        return self._hidden


class DividedEncoder:
    """An encoder whose lower half ends before layer `count`; no module itself, so it owns no parameters."""

    def __init__(self, model: "SentenceTransformer", count: int) -> None:
        self._transformer = model[0]
        encoder = model.transformers_model
        layers = transformer_layers(encoder)
        self._first = layers[count]
        self._stack = _place_of(layers, encoder)
        self._embeddings = _place_of(embeddings_part(encoder, layers), encoder)
        self._lower, self._upper = layers, nn.ModuleList(layers[count:])

    def lower(self, features: Features) -> Tensor:
        """Hidden states (rows, tokens, size) with which the first layer that learns begins."""

        def stop(module: nn.Module, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
            raise _ReachedError(arguments[0] if arguments else options["hidden_states"])

        handle = self._first.register_forward_pre_hook(stop, with_kwargs=True)
        try:
            self._transformer(dict(features))
        except _ReachedError as reached:
            return reached.hidden
        finally:
            handle.remove()
        raise RuntimeError("the forward pass did not come to the layer")

    @contextmanager
    def starting_from(self, hidden: Tensor) -> Iterator[None]:
        """Inside, the encoder goes on from these hidden states, whatever tokens it is called with."""
        (embeddings_owner, embeddings_name), (stack_owner, stack_name) = self._embeddings, self._stack
        embeddings = getattr(embeddings_owner, embeddings_name)
        setattr(embeddings_owner, embeddings_name, _Given(hidden))
        setattr(stack_owner, stack_name, self._upper)
        try:
            yield
        finally:
            setattr(embeddings_owner, embeddings_name, embeddings)
            setattr(stack_owner, stack_name, self._lower)


def divide_encoder(model: "SentenceTransformer", count: int) -> DividedEncoder | None:
    """The encoder in two halves, or None where its two halves do not give what the whole gives.

    Parameters outside of the frozen layers that these depend on (MPNet's relative positions) are frozen, too.
    """
    was_training = model.training
    model.eval()
    try:
        divided = DividedEncoder(model, count)
        _freeze_what_the_lower_half_needs(model, divided)
        return divided if _halves_make_a_whole(model, divided) else None
    except Exception:  # of whichever code of the architecture is called as it does not expect
        return None
    finally:
        model.train(was_training)


def padded(hidden: Sequence[Tensor]) -> Tensor:
    """Hidden states of rows (tokens, size) as one tensor (rows, tokens, size), zeros at the end of shorter ones."""
    return nn.utils.rnn.pad_sequence(list(hidden), batch_first=True)


def _place_of(part: nn.Module, root: nn.Module) -> tuple[nn.Module, str]:
    """The module that holds a part, and the name that the part has there."""
    for module in root.modules():
        for name, child in module.named_children():
            if child is part:
                return module, name
    raise ValueError("the part belongs to another model")


def _freeze_what_the_lower_half_needs(model: "SentenceTransformer", divided: DividedEncoder) -> None:
    hidden = divided.lower(_tried(model))
    if hidden.requires_grad:
        hidden.float().sum().backward()
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter.requires_grad_(False)
                parameter.grad = None


def _halves_make_a_whole(model: "SentenceTransformer", divided: DividedEncoder) -> bool:
    """Whether rows that pass the lower half one by one, and then the upper half together, come out as in one pass."""
    features = _tried(model)
    with torch.no_grad():
        whole = model(dict(features))["sentence_embedding"]
        alone = [divided.lower(join_rows([row], padding=0))[0] for row in rows_of(features)]
        with divided.starting_from(padded(alone)):
            halves = model(dict(features))["sentence_embedding"]
    return bool((whole - halves).abs().max() <= _TOLERANCE * whole.abs().max())


def _tried(model: "SentenceTransformer") -> Features:
    features: Features = model.preprocess(list(_TRIED))
    return {name: value.to(model.device) if isinstance(value, Tensor) else value for name, value in features.items()}
