"""Reading a Parquet table of a published folder, by its exact path."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from domain_ft.errors import DomainFtError


def read_table(path: Path, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """A table, or some columns of it; DomainFtError where the file is gone or damaged.

    The path is taken as it is: `[` and `*` in the name of a state root are no patterns.
    """
    try:
        return pl.read_parquet(path, columns=list(columns) if columns else None, glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        said = str(error).strip().splitlines()[0]
        raise DomainFtError(f"{path}: not readable ({said}); remove {path.parent} and make it again") from None
