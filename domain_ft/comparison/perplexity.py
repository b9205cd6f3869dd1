"""How well a language model still foresees everyday text: what learning one task must not cost.

Perplexity is exp(mean -log p(token | those before it)), here over the sentences that the guard of embedding models asks
about, too. A tuned model is compared with its base sentence by sentence.

Who draws each token by lot has a perplexity of as many as there are tokens. A base that surely foresees no better than
that has no general ability to lose, so the guard is not judged there: neither held nor broken.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from domain_ft.evaluation.general.task import general_task
from domain_ft.evaluation.statistics import Estimate, Resampling, compare

AT_ONCE = 32
Losses = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GeneralPerplexity:
    """Perplexity of base and tuned model on the same sentences, and the guard on what was lost."""

    base: float
    tuned: float
    change: Estimate
    """Mean difference per token, of a sentence, in nats: tuned minus base; log of the factor of perplexity."""
    margin: float
    chance: int
    """Perplexity of a uniform guess: the number of tokens in the vocabulary."""
    passed: bool | None
    """Whether the interval ends below a factor of 1 + `margin`; None, not judged, where the base is not better than a
    uniform guess, beyond the noise of its sentences."""


def general_texts() -> tuple[str, ...]:
    """The everyday sentences, each once."""
    return tuple(dict.fromkeys(general_task().item_texts))


def text_losses(model: Any, tokenizer: Any, texts: Sequence[str], at_once: int = AT_ONCE) -> Losses:
    """The sum of -log p over the tokens of each text but its first, and their number: (texts, 2), in nats.

    A text of one token has nothing to foresee, and counts no token. `model` is a causal language model of transformers;
    shorter texts are padded at their right, where they change nothing.
    """
    import torch

    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    found = np.zeros((len(texts), 2))
    with torch.inference_mode():
        for start in range(0, len(order), at_once):
            places = order[start : start + at_once]
            rows = [tokenizer(texts[place], add_special_tokens=False)["input_ids"] for place in places]
            width = max(map(len, rows))
            ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows], device=model.device)
            known = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=model.device)
            chances = model(input_ids=ids, attention_mask=known).logits[:, :-1].float().log_softmax(dim=-1)
            losses = -chances.gather(2, ids[:, 1:, None])[..., 0] * known[:, 1:]
            found[places] = torch.stack([losses.sum(dim=1), known[:, 1:].sum(dim=1)], dim=1).double().cpu().numpy()
    return found


def perplexity(losses: Losses) -> float:
    """exp of the mean loss per token."""
    return math.exp(losses[:, 0].sum() / losses[:, 1].sum())


def compare_perplexity(
    base: Losses, tuned: Losses, chance: int, resampling: Resampling, margin: float
) -> GeneralPerplexity:
    """Guard what the tuned model foresees of the same texts (n, 2), by the upper bound of the mean difference per
    token; `chance` is the perplexity of a uniform guess, which the base's own upper bound must lie below."""
    counted = base[:, 1] > 0
    of_tuned, of_base = (each[counted, 0] / each[counted, 1] for each in (tuned, base))
    texts = np.arange(counted.sum())
    found = compare(of_tuned, of_base, texts, resampling)
    to_guess = compare(of_base, np.full_like(of_base, math.log(chance)), texts, resampling)
    assert found is not None
    assert to_guess is not None
    foresees = to_guess.estimate.high is not None and to_guess.estimate.high < 0
    high = found.estimate.high
    passed = high is not None and high < math.log1p(margin)
    judged = passed if foresees else None
    return GeneralPerplexity(perplexity(base), perplexity(tuned), found.estimate, margin, chance, judged)
