"""Small histories, written out: builds with what each of their tests did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from domain_ft.history.tables import History, canonical

START = datetime(2024, 1, 1, tzinfo=UTC)
VERDICTS = {"p": "pass", "f": "fail", "e": "error", "s": "skipped"}


@dataclass(frozen=True)
class Build:
    """A build that starts some minutes after the first; `runs`: test -> letter, or letter and seconds."""

    id: str
    minute: int
    text: str
    runs: Mapping[str, str | tuple[str, float]]
    paths: tuple[str, ...] = ()
    scope: str = "shop"


def history(builds: Sequence[Build], texts: Mapping[str, str] | None = None) -> History:
    """The history of some builds; a test's text is its id unless `texts` says otherwise."""
    scopes = {test: build.scope for build in builds for test in build.runs}
    runs = [
        (build.id, test, *((one, None) if isinstance(one, str) else one))
        for build in builds
        for test, one in build.runs.items()
    ]
    return canonical(
        History(
            builds=pl.DataFrame(
                {
                    "build_id": [build.id for build in builds],
                    "scope": [build.scope for build in builds],
                    "started_at": [START + timedelta(minutes=build.minute) for build in builds],
                    "change_ids": [[build.id] for build in builds],
                    "change_text": [build.text for build in builds],
                    "change_paths": [list(build.paths) for build in builds],
                },
                schema_overrides={
                    "started_at": pl.Datetime("us", "UTC"),
                    "change_ids": pl.List(pl.String),
                    "change_paths": pl.List(pl.String),
                },
            ),
            tests=pl.DataFrame(
                {
                    "test_id": list(scopes),
                    "scope": list(scopes.values()),
                    "text": [(texts or {}).get(test, test) for test in scopes],
                },
                schema={"test_id": pl.String, "scope": pl.String, "text": pl.String},
            ),
            runs=pl.DataFrame(
                {
                    "build_id": [run[0] for run in runs],
                    "test_id": [run[1] for run in runs],
                    "verdict": [VERDICTS[run[2]] for run in runs],
                    "duration_s": [run[3] for run in runs],
                },
                schema={"build_id": pl.String, "test_id": pl.String, "verdict": pl.String, "duration_s": pl.Float64},
            ),
        )
    )
