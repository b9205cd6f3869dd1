"""The normalized tables on disk, and the digest of their content."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from domain_ft.errors import DomainFtError
from domain_ft.history.tables import (
    BUILDS,
    RUNS,
    TESTS,
    History,
    canonical,
    empty_history,
    history_digest,
    raw_sample,
    read_history,
    write_history,
)

MAY, JUNE = datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC)


def a_history() -> History:
    builds = [("b1", "s", MAY, ["abc1234"], "round late", ["b.py", "a.py"]), ("b2", "s", JUNE, [], "", [])]
    tests = [("t1", "s", "adds up"), ("t2", "s", "größer")]
    runs = [("b1", "t1", "fail", 0.5), ("b1", "t2", "pass", None), ("b2", "t1", "pass", 0.0)]
    return History(
        pl.DataFrame(builds, BUILDS, orient="row"),
        pl.DataFrame(tests, TESTS, orient="row"),
        pl.DataFrame(runs, RUNS, orient="row"),
    )


def changed(table: str, **columns: pl.Expr) -> History:
    tables = a_history().tables()
    return History(**{**tables, table: tables[table].with_columns(**columns)})


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    write_history(tmp_path, a_history())
    again = read_history(tmp_path)
    assert all(again.tables()[name].equals(table) for name, table in a_history().tables().items())


def test_tables_are_kept_in_one_order(tmp_path: Path) -> None:
    turned = History(**{name: table.reverse() for name, table in a_history().tables().items()})
    write_history(tmp_path, turned)
    assert read_history(tmp_path).runs.equals(a_history().runs)


def test_the_digest_does_not_depend_on_the_order_of_rows_or_columns() -> None:
    turned = History(**{n: table.reverse().select(table.columns[::-1]) for n, table in a_history().tables().items()})
    assert history_digest(turned) == history_digest(a_history())


def test_the_digest_does_not_depend_on_chunks() -> None:
    parts = {
        name: pl.concat([table[:1], table[1:]], rechunk=False)
        for name, table in canonical(a_history()).tables().items()
    }
    assert history_digest(History(**parts)) == history_digest(a_history())


@pytest.mark.parametrize(
    "other",
    [
        changed("runs", verdict=pl.lit("pass")),
        changed("runs", duration_s=pl.col("duration_s").fill_null(0.0)),
        changed("runs", duration_s=pl.col("duration_s") + 1e-9),
        changed("builds", started_at=pl.col("started_at") + pl.duration(microseconds=1)),
        changed("builds", change_paths=pl.col("change_paths").list.reverse()),
        changed("builds", change_ids=pl.lit(["abc1234"])),
        changed("tests", text=pl.col("text") + " "),
        changed("tests", test_id=pl.col("test_id") + pl.col("text").str.head(1), text=pl.col("text").str.slice(1)),
        History(**{**a_history().tables(), "runs": a_history().runs[:2]}),
        empty_history(),
    ],
)
def test_any_other_content_has_another_digest(other: History) -> None:
    assert history_digest(other) != history_digest(a_history())


def test_the_digest_is_the_same_for_ever() -> None:
    """It names folders on people's disks: a change of it is a change of format."""
    assert history_digest(a_history())[:12] == "a8317cf81da3"


def test_a_missing_table_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DomainFtError, match=r"builds\.parquet: missing"):
        read_history(tmp_path)


def test_a_damaged_table_is_a_sentence(tmp_path: Path) -> None:
    write_history(tmp_path, a_history())
    (tmp_path / "runs.parquet").write_bytes(b"PAR1 broken")
    with pytest.raises(DomainFtError, match=r"runs\.parquet: not readable"):
        read_history(tmp_path)


def test_a_foreign_table_is_a_sentence(tmp_path: Path) -> None:
    write_history(tmp_path, a_history())
    pl.DataFrame({"x": [1]}).write_parquet(tmp_path / "tests.parquet")
    with pytest.raises(DomainFtError, match=r"tests\.parquet: has columns"):
        read_history(tmp_path)


def test_a_sample_shows_the_newest_runs_with_their_texts() -> None:
    sample = raw_sample(a_history(), 2)
    assert sample.columns == ["build", "started", "scope", "test", "text", "verdict", "duration_s", "change"]
    assert sample.select("build", "test", "text", "change").rows() == [
        ("b2", "t1", "adds up", ""),
        ("b1", "t1", "adds up", "round late"),
    ]
    assert len(sample.to_pandas()) == 2
