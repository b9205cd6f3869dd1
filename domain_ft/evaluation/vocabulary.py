"""What people call the parts of a retrieval task: a history has builds and tests, pairs have queries and passages."""

from dataclasses import dataclass

from domain_ft.amounts import counted


@dataclass(frozen=True)
class Vocabulary:
    """The words of one kind of data, as reports and sentences use them."""

    units: str
    """What the n of every metric counts."""
    unit: str
    clusters: str
    """What counts as one piece of evidence: units that belong together."""
    query: str
    """What is asked with."""
    items: str
    """What is ranked."""
    item: str
    question: str
    """How a query is asked, as a sentence."""
    corpus: str
    """What a query ranks."""
    known: str
    """What counts as known to a model, and is left out."""
    near: str
    """What the training brings together."""
    nearness: str
    """What nearness does not promise, as a sentence."""


HISTORY = Vocabulary(
    units="builds",
    unit="build",
    clusters="changes",
    query="change",
    items="tests",
    item="test",
    question="Each build's change is a query; the tests known by then are ranked for it.",
    corpus="those seen by then in the build's scope",
    known="known to one of the models",
    near="so that a change's text lies near the tests that it affects",
    nearness="Nearness says that a test is worth running early, not that it will fail.",
)
PAIRS = Vocabulary(
    units="queries",
    unit="query",
    clusters="groups",
    query="query",
    items="passages",
    item="passage",
    question="Each held-out query ranks all passages of the domain.",
    corpus="all distinct passages of the domain",
    known="known to one of the models",
    near="so that a query lies near the passages that answer it",
    nearness="Nearness says that a passage is worth reading, not that it answers.",
)


def vocabulary(made_from: str) -> Vocabulary:
    """The words for a dataset, by what it was made from."""
    return PAIRS if made_from == "pairs" else HISTORY


def sample_size(n: int, known: int, units: str, clusters: str) -> str:
    """`1,200 queries`, and where `known` pieces of evidence are fewer: `1,200 queries (45 groups)`."""
    return f"{n:,} {units}" if n == known else f"{n:,} {units} ({counted(known, clusters)})"
