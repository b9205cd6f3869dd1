"""What a row teaches, as a person reads it: the text that the model sees, with the tokens that are learned marked."""

from collections.abc import Sequence
from itertools import groupby

from domain_ft.adapter.chat import Chat
from domain_ft.llm.causal import IGNORED

LEARNED = ("⟦", "⟧")
_AROUND = 40
"""Characters shown on each side, where a preview is to fit into a line."""


def label_preview(chat: Chat, ids: Sequence[int], labels: Sequence[int]) -> str:
    """The text of a row, special tokens too, with what is learned between ⟦ and ⟧; padding is left out.

    It is made from the labels that the loss is computed on, not from what they should be.
    """
    length = max((place + 1 for place, label in enumerate(labels) if label != IGNORED), default=len(ids))
    parts = []
    for learned, group in groupby(range(length), key=lambda place: labels[place] != IGNORED):
        text = chat.shown([ids[place] for place in group])
        parts.append(f"{LEARNED[0]}{text}{LEARNED[1]}" if learned else text)
    return "".join(parts)


def shortened(preview: str) -> str:
    """A preview in a line: what stands around the beginning and the end of what is learned."""
    first, last = preview.find(LEARNED[0]), preview.rfind(LEARNED[1])
    begin, end = preview[max(0, first - _AROUND) : first + _AROUND], preview[max(0, last - _AROUND) :]
    return "... ".join(" ".join(part.split()) for part in ("", begin, end))


def check_labels(chat: Chat, rows: Sequence[Sequence[int]]) -> str | None:
    """What is wrong with the labels of rows whose answers are whole: they must end with the end token, and hold no
    padding; None where nothing is."""
    for labels in rows:
        learned = [label for label in labels if label != IGNORED]
        if not learned or learned[-1] != chat.end:
            return "the end token is not among the labels"
        if chat.pad in learned:
            return "the padding token is among the labels"
    return None
