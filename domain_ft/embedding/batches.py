"""Which triplets share a batch when the texts of one row are the negatives of another.

Many tests share one change, so a plain shuffle would often punish the model for finding a right answer. No text
stands twice among the anchors and positives of a batch, no negative is another row's positive, and rows with texts that
are known to belong together, in a triplet or not, are kept apart. Each batch takes those first that are to be kept from
most others (as the Welsh-Powell algorithm colours a graph), so that few are left over in small batches.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat

import numpy as np

from domain_ft.errors import InputError
from domain_ft.words import normalized

_WINDOW = 20
"""A batch looks at no more than this many times its size of waiting rows."""
_PATIENCE = 20
"""A row that so many batches had no place for waits until all others had their turn."""
_SMALLEST = 8
"""A batch smaller than the largest by more than this factor is left out: it has too few negatives to learn from."""


@dataclass(frozen=True)
class Row:
    """A training row as numbers of texts."""

    anchor: int
    positive: int
    negative: int | None

    @property
    def texts(self) -> tuple[int, ...]:
        return (self.anchor, self.positive) if self.negative is None else (self.anchor, self.positive, self.negative)


class Batches:
    """The batches of each epoch: a seeded shuffle of the rows, of one length for all epochs.

    With `in_batch_negatives` a row that finds no batch is left out of that epoch; other epochs shuffle anew. `related`
    are pairs of texts that are known to belong together, beside those of the rows. With `whole` only batches of the
    full size are made, as several processes that share an epoch need them. With `length` an epoch has so many batches:
    where the rows change between epochs, its length stays.
    """

    def __init__(
        self,
        anchors: Sequence[str],
        positives: Sequence[str],
        negatives: Sequence[str | None] | None,
        *,
        size: int,
        seed: int,
        in_batch_negatives: bool,
        related: Iterable[tuple[str, str]] = (),
        whole: bool = False,
        length: int | None = None,
    ) -> None:
        self._rows, numbers = _rows(anchors, positives, negatives)
        self._size, self._seed, self._apart = size, seed, in_batch_negatives
        if in_batch_negatives:
            self._related = _related(self._rows, related, numbers)
            self._degrees = [sum(len(self._related[text]) for text in row.texts) for row in self._rows]
        self.whole = whole
        self._first = self._shuffled(0)
        if not self._first:
            raise InputError(
                f"batch_size: no batch of {size} can be filled from {len(self._rows)} triplets without texts in it "
                "that are equal or known to belong together; use a smaller batch_size, or loss: relation"
            )
        self._length = len(self._first) if length is None else length
        placed = sum(len(batch) for batch in self._first)
        self.left_out = len(self._rows) - placed
        self.mean_size = placed / len(self._first)

    def __len__(self) -> int:
        return self._length

    @property
    def size(self) -> int:
        """The rows of a full batch."""
        return self._size

    def epoch(self, number: int) -> list[list[int]]:
        """The row numbers of each batch of an epoch; the same for the same number, whatever was asked before."""
        batches = self._first if number == 0 else self._shuffled(number)
        extra = 1
        while len(batches) < len(self):
            batches = batches + (self._shuffled(number, extra) or self._first)
            extra += 1
        return batches[: len(self)]

    def _shuffled(self, epoch: int, extra: int = 0) -> list[list[int]]:
        random = np.random.default_rng([self._seed, epoch, extra])
        order = random.permutation(len(self._rows)).tolist()
        if self._apart:
            drawn = list(self._draw(order))
            batches = [drawn[number] for number in random.permutation(len(drawn))]
        else:
            batches = [order[start : start + self._size] for start in range(0, len(order), self._size)]
        largest = max((len(batch) for batch in batches), default=0)
        least = self._size if self.whole else largest / _SMALLEST if self._apart else 1
        return [batch for batch in batches if len(batch) >= least]

    def _draw(self, order: Sequence[int]) -> Iterator[list[int]]:
        rest, aside = iter(order), list[int]()
        passed_over: dict[int, int] = {}
        """Of the rows in the window: how many batches had no place for them."""
        while True:
            passed_over |= dict.fromkeys(islice(rest, self._size * _WINDOW - len(passed_over)), 0)
            if not passed_over:
                if not aside:
                    return
                rest, aside = iter(aside), []
                continue
            batch = self._fill(passed_over)
            for number in [number for number, times in passed_over.items() if times >= _PATIENCE]:
                del passed_over[number]
                aside.append(number)
            yield batch

    def _fill(self, waiting: dict[int, int]) -> list[int]:
        """Take a batch out of the waiting rows; those that did not fit have been passed over once more."""
        rows, texts = list[int](), set[int]()
        for number in sorted(waiting, key=lambda number: -self._degrees[number]):
            if len(rows) == self._size:
                break
            row = self._rows[number]
            if texts.isdisjoint((row.anchor, row.positive)) and self._belongs_to_none(row, texts):
                rows.append(number)
                texts.update(row.texts)
                del waiting[number]
            else:
                waiting[number] += 1
        return rows

    def _belongs_to_none(self, row: Row, texts: set[int]) -> bool:
        return all(self._related[text].isdisjoint(texts) for text in row.texts)


def _rows(
    anchors: Sequence[str], positives: Sequence[str], negatives: Sequence[str | None] | None
) -> tuple[list[Row], dict[str, int]]:
    """The rows, and the number of each text in its normalized form."""
    numbers: dict[str, int] = {}

    def number(text: str) -> int:
        return numbers.setdefault(normalized(text), len(numbers))

    last = repeat(None, len(anchors)) if negatives is None else negatives
    rows = [
        Row(number(anchor), number(positive), None if negative is None else number(negative))
        for anchor, positive, negative in zip(anchors, positives, last, strict=True)
    ]
    return rows, numbers


def _related(rows: Sequence[Row], pairs: Iterable[tuple[str, str]], numbers: Mapping[str, int]) -> dict[int, set[int]]:
    """Per text those that are known to belong to it: in any row as its positive, or as what it is the positive of, and
    in any further pair."""
    related: dict[int, set[int]] = defaultdict(set)
    known = ((numbers.get(normalized(one)), numbers.get(normalized(other))) for one, other in pairs)
    for one, other in chain(((row.anchor, row.positive) for row in rows), known):
        if one is not None and other is not None:
            related[one].add(other)
            related[other].add(one)
    return related
