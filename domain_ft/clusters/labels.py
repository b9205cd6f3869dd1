"""What a cluster is about, in words that no other cluster is called by."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

import numpy as np

from domain_ft.clusters.communities import NOWHERE
from domain_ft.neighbours.near_pairs import IntArray
from domain_ft.words import words

WORDS = 4
_LEAST_SHARE = 0.05
"""Of a cluster's texts must hold a word that is to name it, and two of them at least."""
_NAMING = re.compile(r"[^\W\d_]{3,}")


def cluster_labels(texts: Sequence[str], cluster: IntArray, count: int) -> tuple[tuple[str, ...], ...]:
    """Up to four words for each cluster, the most telling first; none where its texts share no word of their own.

    c-TF-IDF (Grootendorst, BERTopic, arXiv 2203.05794) over texts in place of occurrences, lest one long text name a
    cluster: the share of the cluster's texts that hold a word, times log(1 + texts / texts that hold it). A word
    goes to the cluster where it counts most.
    """
    held = [frozenset(filter(_names, words(text))) for text in texts]
    in_all = Counter(word for each in held for word in each)
    scores: list[dict[str, float]] = []
    for number in range(count):
        members = np.flatnonzero(cluster == number).tolist()
        in_cluster = Counter(word for member in members for word in held[member])
        least = max(min(2, len(members)), _LEAST_SHARE * len(members))
        scores.append({
            word: there / len(members) * float(np.log1p(len(texts) / in_all[word]))
            for word, there in in_cluster.items()
            if there >= least
        })  # fmt: skip
    owner = {
        word: max(range(count), key=lambda number: (scores[number].get(word, 0.0), -number))
        for word in {word for each in scores for word in each}
    }
    return tuple(
        _different([word for word in _by_score(scores[number]) if owner[word] == number]) for number in range(count)
    )


def _by_score(scores: dict[str, float]) -> list[str]:
    return sorted(scores, key=lambda word: (-scores[word], word))


def _different(ranked: list[str]) -> tuple[str, ...]:
    """The first words of which none is another's beginning: `pump` and `pumps` say the same."""
    chosen: list[str] = []
    for word in ranked:
        if not any(word.startswith(other) or other.startswith(word) for other in chosen):
            chosen.append(word)
        if len(chosen) == WORDS:
            break
    return tuple(chosen)


def _names(word: str) -> bool:
    """Whether a word may name something: letters alone, and not one of those that stand in any text."""
    return _NAMING.fullmatch(word) is not None and word not in _everywhere()


@cache
def _everywhere() -> frozenset[str]:
    from bm25s.stopwords import STOPWORDS_EN
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS).union(STOPWORDS_EN)


def label_text(label: tuple[str, ...], number: int) -> str:
    """A label as it is shown; of one without words its number."""
    return ", ".join(label) or ("nowhere" if number == NOWHERE else f"cluster {number + 1}")
