"""What a frame of runs, of pairs or of records must look like, as a dagster-pandas type: shown, checked on a sample.

Importing this costs pandas; it is imported where the check runs, never where definitions are loaded. Counts and
shares are judged elsewhere; here it is only columns, types and allowed values.
"""

import re
import warnings
from dataclasses import dataclass

import dagster as dg
import pandas as pd
import polars as pl
from dagster_pandas import PandasColumn, create_dagster_pandas_dataframe_type
from dagster_pandas.data_frame import create_table_schema_metadata_from_dataframe

from domain_ft.history.tables import VERDICTS

with warnings.catch_warnings():  # Dagster says of each column that it is in beta
    warnings.simplefilter("ignore", dg.BetaWarning)
    RUN_FRAME = create_dagster_pandas_dataframe_type(
        "ExecutionHistorySample",
        "Runs of an execution history, each with its build and its test.",
        [
            PandasColumn.string_column("build", non_nullable=True),
            PandasColumn.datetime_column("started", non_nullable=True, tz="UTC"),
            PandasColumn.string_column("scope", non_nullable=True),
            PandasColumn.string_column("test", non_nullable=True),
            PandasColumn.string_column("text"),
            PandasColumn.categorical_column("verdict", categories=set(VERDICTS), non_nullable=True),
            PandasColumn.float_column("duration_s", min_value=0, ignore_missing_vals=True),
            PandasColumn.string_column("change"),
        ],
    )
    PAIR_FRAME = create_dagster_pandas_dataframe_type(
        "PairSample",
        "Query-passage pairs.",
        [
            PandasColumn.string_column("pair_id", non_nullable=True, unique=True),
            PandasColumn.string_column("query", non_nullable=True),
            PandasColumn.string_column("passage", non_nullable=True),
            *(
                PandasColumn.string_column(name, ignore_missing_vals=True)
                for name in ("context", "negative", "group", "sub_domain")
            ),
        ],
    )

    REQUIREMENT_FRAME = create_dagster_pandas_dataframe_type(
        "RequirementSample",
        "Requirement records.",
        [
            PandasColumn.string_column("record_id", non_nullable=True, unique=True),
            PandasColumn.string_column("concept", non_nullable=True),
            PandasColumn.string_column("requirements", non_nullable=True),
            *(
                PandasColumn.string_column(name, ignore_missing_vals=True)
                for name in ("concept_id", "family", "domain", "synthetic")
            ),
        ],
    )


@dataclass(frozen=True)
class FrameFinding:
    """Whether a sample keeps the contract, what broke it if not, and the columns that were found."""

    passed: bool
    description: str
    rows: int
    columns: dg.TableSchemaMetadataValue


def evaluate_frame(sample: pl.DataFrame, contract: dg.DagsterType) -> FrameFinding:
    """Check a sample of rows against a contract."""
    frame: pd.DataFrame = sample.with_columns(pl.col(pl.Datetime).dt.cast_time_unit("ns")).to_pandas()
    outcome = dg.check_dagster_type(contract, frame)
    broken = re.sub(r"\.?\s*The offending .*<zip object.*", ".", outcome.description or "", flags=re.DOTALL)
    kept = f"{len(frame):,} rows keep the contract of {len(frame.columns)} columns"
    return FrameFinding(outcome.success, broken or kept, len(frame), create_table_schema_metadata_from_dataframe(frame))
