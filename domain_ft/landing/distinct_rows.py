"""Gathers rows that stand by themselves: the first of several that say the same counts, the others are duplicates."""

from collections.abc import Callable

import polars as pl

from domain_ft.landing.kinds import CONFLICTS, COUNTS, Settled, Tables
from domain_ft.landing.limits import check_memory
from domain_ft.store.tables import canonical


class DistinctRows:
    """The rows of one table, told apart by a key that `keys` computes of a frame of accepted rows.

    `beside` are further columns of the accepted rows, which the table does not keep; `notes` makes sentences of them,
    for the rows that are new.
    """

    def __init__(
        self,
        table: str,
        schema: pl.Schema,
        keys: Callable[[pl.DataFrame], pl.Series],
        beside: pl.Schema | None = None,
        notes: Callable[[pl.DataFrame], tuple[str, ...]] = lambda added: (),
    ) -> None:
        self._table, self._schema, self._keys, self._notes = table, schema, keys, notes
        kept = {**schema, "source": pl.UInt32(), "row": pl.Int64(), **(beside or {})}
        self._parts = [pl.Schema(kept).to_frame()]
        self._held = 0

    def add(self, accepted: pl.DataFrame, source: int) -> None:
        """Take the accepted rows of a batch of the source with this number."""
        part = accepted.with_columns(self._keys(accepted), source=pl.lit(source, dtype=pl.UInt32))
        self._parts.append(part.select(self._parts[0].columns))
        self._held += int(part.estimated_size())
        check_memory(self._held)

    def settle(self, earlier: Tables) -> Settled:
        """Everything that was added, merged with the table there is."""
        known, key = earlier[self._table], self._schema.names()[0]
        rows = pl.concat(self._parts).sort("source", "row")
        new = ~pl.col(key).is_in(known[key].to_list()) & pl.col(key).is_first_distinct()
        rows = rows.with_columns(new=new)
        counts = rows.group_by("source").agg(
            accepted=pl.col("new").sum(), duplicates=(~pl.col("new")).sum(), conflicting=pl.lit(0)
        )
        added = rows.filter("new")
        merged = canonical(pl.concat([known, added.select(list(self._schema))]), self._schema)
        return Settled(
            {self._table: merged}, counts.cast(COUNTS).sort("source"), CONFLICTS.to_frame(), self._notes(added)
        )
