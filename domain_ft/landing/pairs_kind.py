"""The rows of a file of query-passage pairs: one table, audited as it lands."""

from pathlib import Path
from typing import Any, cast

import polars as pl

from domain_ft.landing.kinds import CONFLICTS, COUNTS, Checked, RecordKind, Settled, Tables
from domain_ft.landing.limits import check_memory
from domain_ft.landing.settings import PairColumns, PairSource, RecordSource
from domain_ft.landing.violations import Rule, size_rules, sort_out, stripped
from domain_ft.pairs.audit import audit_pairs, flags_of_rows
from domain_ft.pairs.settings import AMONG_ROWS, RULES
from domain_ft.pairs.tables import PAIRS, TABLE, canonical, pair_ids, pairs_digest, read_pairs, write_pairs

FIELDS = tuple(PairColumns.model_fields)


class _PairCollector:
    """Gathers pairs; the first of several that say the same counts, and what it lost for a negative is told."""

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
        added = rows.filter("new")
        pairs = canonical(pl.concat([known, added.select(list(PAIRS))]))
        notes = _notes(added["dropped_negative"])
        return Settled({TABLE: pairs}, counts.cast(COUNTS).sort("source"), CONFLICTS.to_frame(), notes)


_EMPTY = pl.Schema({**PAIRS, "source": pl.UInt32(), "row": pl.Int64(), "dropped_negative": pl.String()}).to_frame()


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
    collect=_PairCollector,
    empty=lambda: {TABLE: PAIRS.to_frame()},
    read=_read,
    write=lambda folder, tables: write_pairs(folder, tables[TABLE]),
    digest=pairs_digest,
    describe=_describe,
)
