"""What a source says about a history, before it is settled: several rows may speak of one build, test or run.

Three narrow frames instead of one wide one, so that the texts, which repeat in every row of a source, are held once.
"""

from dataclasses import dataclass

import polars as pl

from domain_ft.history.tables import BUILDS, MOMENT, VERDICTS

VERDICT = pl.Enum(VERDICTS)
OBSERVED_RUNS = pl.Schema(
    {
        "source": pl.UInt32(),
        "row": pl.Int64(),
        "build_id": pl.String(),
        "test_id": pl.String(),
        "scope": pl.String(),
        "verdict": VERDICT,
        "started": MOMENT,
        "duration_s": pl.Float64(),
    }
)
OBSERVED_CHANGES = pl.Schema({name: kind for name, kind in BUILDS.items() if name != "started_at"})
OBSERVED_TEXTS = pl.Schema({"test_id": pl.String(), "scope": pl.String(), "text": pl.String(), "started": MOMENT})


@dataclass(frozen=True)
class Observations:
    """What was read.

    runs: one row per accepted row of a source; `source` and `row` say which. changes: what was said about the change
    of a build, distinct. texts: what was said about a test, with the newest start of a row that says so.
    """

    runs: pl.DataFrame
    changes: pl.DataFrame
    texts: pl.DataFrame
