"""The rows of a file of query-passage pairs: one table, audited as it lands."""

from pathlib import Path
from typing import Any, cast

import polars as pl

from domain_ft.landing.kinds import CONFLICTS, COUNTS, Checked, RecordKind, Settled, Tables
from domain_ft.landing.limits import check_memory
from domain_ft.landing.settings import PairColumns, PairSource, RecordSource
from domain_ft.landing.violations import Rule, size_rules, sort_out, stripped
from domain_ft.pairs.audit import FIELD_OF_RULE, audit_pairs, flags_of_rows
from domain_ft.pairs.settings import AMONG_ROWS, RULES
from domain_ft.pairs.tables import PAIRS, TABLE, canonical, pair_ids, pairs_digest, read_pairs, write_pairs

FIELDS = tuple(PairColumns.model_fields)


class _PairCollector:
    """Gathers pairs; the first of several that say the same counts."""

    def __init__(self) -> None:
        self._parts: list[pl.DataFrame] = []
        self._held = 0

    def add(self, accepted: pl.DataFrame, source: int) -> None:
        part = accepted.with_columns(pair_ids(accepted), source=pl.lit(source, dtype=pl.UInt32))
        self._parts.append(part)
        self._held += int(part.estimated_size())
        check_memory(self._held)

    def settle(self, earlier: Tables) -> Settled:
        known = earlier[TABLE]
        rows = pl.concat([_EMPTY, *(part.select(_EMPTY.columns) for part in self._parts)]).sort("source", "row")
        new = ~pl.col("pair_id").is_in(known["pair_id"].to_list()) & pl.col("pair_id").is_first_distinct()
        rows = rows.with_columns(new=new)
        counts = rows.group_by("source").agg(
            accepted=pl.col("new").sum(), duplicates=(~pl.col("new")).sum(), conflicting=pl.lit(0)
        )
        pairs = canonical(pl.concat([known, rows.filter("new").select(list(PAIRS))]))
        return Settled({TABLE: pairs}, counts.cast(COUNTS).sort("source"), CONFLICTS.to_frame(), ())


_EMPTY = pl.Schema({**PAIRS, "source": pl.UInt32(), "row": pl.Int64()}).to_frame()


def _check(batch: pl.DataFrame, source: RecordSource) -> Checked:
    """Rows without a text, then those that the audit puts into quarantine."""
    audit = cast(PairSource, source).audit
    missing = [Rule(f"{side}_missing", side, pl.col(side).is_null()) for side in ("query", "passage")]
    readable, broken = sort_out(stripped(batch, FIELDS), [*size_rules(FIELDS), *missing], FIELDS)
    asked = [rule for rule in RULES if rule not in AMONG_ROWS and audit.mode(rule) == "quarantine"]
    flagged = pl.concat([readable, flags_of_rows(readable, audit, asked)], how="horizontal")
    rules = [Rule(rule, FIELD_OF_RULE[rule], pl.col(rule)) for rule in asked]
    kept, refused = sort_out(flagged, rules, FIELDS)
    return Checked(kept.drop(asked), pl.concat([broken, refused]).sort("row"))


def _describe(tables: Tables, source: RecordSource) -> dict[str, Any]:
    rows = audit_pairs(tables[TABLE], cast(PairSource, source).audit)
    return {"audit": [row.as_json() for row in rows]}


def _read(folder: Path) -> Tables:
    return {TABLE: read_pairs(folder)}


PAIR_ROWS = RecordKind(
    name="pairs",
    rows=TABLE,
    check=_check,
    collect=_PairCollector,
    empty=lambda: {TABLE: PAIRS.to_frame()},
    read=_read,
    write=lambda folder, tables: write_pairs(folder, tables[TABLE]),
    digest=pairs_digest,
    describe=_describe,
)
