"""Tests that run whatever a ranking says: smoke tests, what is new, what is broken already."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

import numpy as np

from domain_ft.prioritization.features import FeatureTable
from domain_ft.prioritization.timeline import BoolArray


def must_run(rules: Sequence[str], tests: Sequence[str], texts: Sequence[str], found: FeatureTable) -> BoolArray:
    """Which tests (n) a rule names: `test:GLOB` by id, `text:GLOB` by text without case, `new`, `failed_last`."""
    forced = np.zeros(len(tests), dtype=bool)
    for rule in rules:
        kind, _, glob = rule.partition(":")
        if kind == "new":
            forced |= found["test_novelty"] > 0
        elif kind == "failed_last":
            forced |= np.nan_to_num(found["last_failed"]) > 0
        elif kind == "test":
            forced |= np.array([fnmatchcase(test, glob) for test in tests], dtype=bool)
        else:
            forced |= np.array([fnmatchcase(text.casefold(), glob.casefold()) for text in texts], dtype=bool)
    return forced
