"""The rows of a file of requirement records: kept as they came, for the audit to judge and the fix to repair."""

import polars as pl

from domain_ft.landing.distinct_rows import DistinctRows
from domain_ft.landing.kinds import Checked, RecordKind
from domain_ft.landing.settings import RecordSource, RequirementColumns
from domain_ft.landing.violations import Rule, size_rules, sort_out, stripped
from domain_ft.requirements.tables import (
    REQUIREMENTS,
    TABLE,
    read_requirements_table,
    record_ids,
    requirements_digest,
    write_requirements_table,
)

FIELDS = tuple(RequirementColumns.model_fields)


def _check(batch: pl.DataFrame, source: RecordSource) -> Checked:
    """Rows without a concept or without requirements."""
    missing = [Rule(f"{side}_missing", side, pl.col(side).is_null()) for side in ("concept", "requirements")]
    return Checked(*sort_out(stripped(batch, FIELDS), [*size_rules(FIELDS), *missing], FIELDS))


RECORD_ROWS = RecordKind(
    name="requirements",
    rows=TABLE,
    check=_check,
    collect=lambda: DistinctRows(TABLE, REQUIREMENTS, record_ids),
    empty=lambda: {TABLE: REQUIREMENTS.to_frame()},
    read=lambda folder: {TABLE: read_requirements_table(folder)},
    write=lambda folder, tables: write_requirements_table(folder, tables[TABLE]),
    digest=requirements_digest,
    describe=lambda tables, source: {},
)
