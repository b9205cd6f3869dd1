"""The rows of a file of query-passage pairs: one table, audited as it lands."""

from pathlib import Path
from typing import Any, cast

import polars as pl

from domain_ft.landing.distinct_rows import DistinctRows
from domain_ft.landing.kinds import Checked, RecordKind, Tables
from domain_ft.landing.settings import PairColumns, PairSource, RecordSource
from domain_ft.landing.violations import Rule, size_rules, sort_out, stripped
from domain_ft.pairs.audit import audit_pairs, flags_of_rows
from domain_ft.pairs.settings import AMONG_ROWS, RULES
from domain_ft.pairs.tables import PAIRS, TABLE, pair_ids, pairs_digest, read_pairs, write_pairs

FIELDS = tuple(PairColumns.model_fields)


def _collector() -> DistinctRows:
    dropped = pl.Schema({"dropped_negative": pl.String()})
    return DistinctRows(TABLE, PAIRS, pair_ids, dropped, lambda added: _notes(added["dropped_negative"]))


def _notes(dropped: pl.Series) -> tuple[str, ...]:
    """How many pairs landed without the negative of their row, by the rule that it breaks."""
    counts = dropped.drop_nulls().value_counts().sort(["count", dropped.name], descending=[True, False])
    return tuple(
        f"{count:,} {'negative was' if count == 1 else 'negatives were'} dropped for {rule}; the pairs are kept"
        for rule, count in counts.iter_rows()
    )


def _check(batch: pl.DataFrame, source: RecordSource) -> Checked:
    """Rows without a text, then those that the audit puts into quarantine; a negative that it refuses is dropped."""
    audit = cast(PairSource, source).audit
    missing = [Rule(f"{side}_missing", side, pl.col(side).is_null()) for side in ("query", "passage")]
    readable, broken = sort_out(stripped(batch, FIELDS), [*size_rules(FIELDS), *missing], FIELDS)
    asked = [rule for rule in RULES if rule not in AMONG_ROWS and audit.mode(rule) == "quarantine"]
    flags = {f"{each.rule} {each.side}": each for each in flags_of_rows(readable, audit, asked)}
    flagged = readable.with_columns(each.broken.alias(name) for name, each in flags.items())
    rules = [Rule(each.rule, each.side, pl.col(name)) for name, each in flags.items() if not each.of_negative_alone]
    dropped = [pl.when(name).then(pl.lit(each.rule)) for name, each in flags.items() if each.of_negative_alone]
    kept, refused = sort_out(flagged, rules, FIELDS)
    kept = kept.with_columns(dropped_negative=pl.coalesce(*dropped, pl.lit(None, pl.String)))
    negative = pl.when(pl.col("dropped_negative").is_null()).then("negative")
    return Checked(kept.drop(flags).with_columns(negative=negative), pl.concat([broken, refused]).sort("row"))


def _describe(tables: Tables, source: RecordSource) -> dict[str, Any]:
    rows = audit_pairs(tables[TABLE], cast(PairSource, source).audit)
    return {"audit": [row.as_json() for row in rows]}


def _read(folder: Path) -> Tables:
    return {TABLE: read_pairs(folder)}


PAIR_ROWS = RecordKind(
    name="pairs",
    rows=TABLE,
    check=_check,
    collect=_collector,
    empty=lambda: {TABLE: PAIRS.to_frame()},
    read=_read,
    write=lambda folder, tables: write_pairs(folder, tables[TABLE]),
    digest=pairs_digest,
    describe=_describe,
)
