"""An evaluation file: pairs that people have judged, read as any other file of pairs, but kept out of the domain.

It is small and made with care, so that a row that cannot be used is a mistake to be mended, not one to be set aside.
"""

import tempfile
from pathlib import Path

import polars as pl

from domain_ft.errors import InputError
from domain_ft.landing.files import check_unchanged, open_source, suffixes_of, take
from domain_ft.landing.pairs_kind import PAIR_ROWS
from domain_ft.landing.rows import VIOLATIONS
from domain_ft.landing.settings import PairSource
from domain_ft.pairs.tables import TABLE


def read_evaluation_file(path: Path, source: PairSource) -> tuple[pl.DataFrame, str]:
    """The file's pairs (see `domain_ft.pairs.tables`), and its sha256; columns and audit are those of the domain.

    InputError names line, rule and value of the first row that cannot be used.
    """
    landed = take(path, suffixes_of(source))
    collector, violations = PAIR_ROWS.collect(), [VIOLATIONS.to_frame()]
    with tempfile.TemporaryDirectory() as work:
        rows = open_source(path, source, Path(work))
        for batch in rows.batches():
            checked = PAIR_ROWS.check(batch, source)
            collector.add(checked.accepted, 0)
            violations.append(checked.violations)
        for found in rows.rejected(pl.concat(violations).sort("row")):
            for row in found.head(1).iter_rows(named=True):
                place = ", ".join(f"{key} {row[key]!r}" for key in ("line", "column", "value") if row[key] is not None)
                raise InputError(f"{path}: {place}: {row['rule']}; mend or remove that row of the evaluation file")
    check_unchanged(landed)
    pairs = collector.settle(PAIR_ROWS.empty()).tables[TABLE]
    if not pairs.height:
        raise InputError(f"{path}: has no rows; hand in a file with rows")
    return pairs, landed.sha256
