"""The formats there are, each with what its rows become."""

from domain_ft.errors import InputError
from domain_ft.landing.history_kind import HISTORY
from domain_ft.landing.kinds import RecordKind
from domain_ft.landing.pairs_kind import PAIR_ROWS
from domain_ft.landing.requirements_kind import RECORD_ROWS
from domain_ft.landing.settings import RecordSource

_KINDS = {"execution_history": HISTORY, "pairs": PAIR_ROWS, "requirements": RECORD_ROWS}


def record_kind(source: RecordSource) -> RecordKind:
    """What the rows of a source become, by its `format`."""
    if source.format not in _KINDS:
        raise InputError(f"source.format: no such format {source.format!r}; there are: {', '.join(_KINDS)}")
    return _KINDS[source.format]
