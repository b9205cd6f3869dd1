"""Parquet files: typed cells, and files that are not whole."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain_ft.errors import InputError
from domain_ft.landing.settings import ExecutionHistoryColumns, SourceSettings


def save(world: Any, frame: pl.DataFrame, name: str = "history.parquet") -> Path:
    path: Path = world.folder / name
    frame.write_parquet(path)
    return path


def test_typed_cells_are_understood(world: Any) -> None:
    frame = pl.DataFrame(
        {
            "Build_ID": [7],
            "Build_Test_Start_Date": [datetime(2024, 5, 31, 8, 15, tzinfo=UTC)],
            "TC_Key": [12],
            "TE_Summary": ["adds up"],
            "TE_Test_Result": pl.Series(["Fail"], dtype=pl.Categorical),
            "commit": [["round 'late'", 'add a "test"']],
            "CR_Component_Name": [["b.py", "a.py"]],
            "seconds": [1.25],
        }
    )
    source = SourceSettings(columns=ExecutionHistoryColumns(duration="seconds"))
    world.ingest(save(world, frame), source=source)
    build = world.history().builds.row(0, named=True)
    assert build["started_at"] == datetime(2024, 5, 31, 8, 15, tzinfo=UTC)
    assert build["change_text"] == "round 'late'\nadd a \"test\""
    assert build["change_paths"] == ["a.py", "b.py"]
    assert world.history().runs.rows() == [("7", "12", "fail", 1.25)]


@pytest.mark.parametrize(
    "started",
    [
        pl.Series([datetime(2024, 5, 31, 8)], dtype=pl.Datetime("ns")),
        pl.Series([datetime(2024, 5, 31, 10)]).dt.replace_time_zone("Europe/Berlin"),
        pl.Series([1717142400]),
        pl.Series(["2024-05-31 08:00:00"]),
    ],
)
def test_moments_of_every_type_mean_the_same(world: Any, started: pl.Series) -> None:
    frame = pl.DataFrame([world.row()]).with_columns(started.alias("Build_Test_Start_Date"))
    world.ingest(save(world, frame))
    assert world.history().builds["started_at"].to_list() == [datetime(2024, 5, 31, 8, tzinfo=UTC)]


def test_builds_without_a_time_start_by_their_numbers(world: Any) -> None:
    rows = [world.row(Build_ID=build, Build_Test_Start_Date="") for build in ("10", "9", "x")]
    source = SourceSettings(columns=ExecutionHistoryColumns(started=None))
    world.ingest(save(world, pl.DataFrame(rows)), source=source)
    builds = world.history().builds
    assert dict(builds.select("build_id", "started_at").iter_rows()) == {
        "9": datetime(1970, 1, 10, tzinfo=UTC),
        "10": datetime(1970, 1, 11, tzinfo=UTC),
    }
    assert world.rejected_lines() == [(3, "Build_ID", "build_not_numbered")]


def test_a_broken_row_is_named_by_its_number(world: Any) -> None:
    rows = [world.row(), world.row(TE_Test_Result="Quux"), world.row(TC_Key="t2")]
    result = world.ingest(save(world, pl.DataFrame(rows)))
    assert (result.read, result.accepted, result.rejected) == (3, 2, 1)
    assert world.rejected_lines() == [(2, "TE_Test_Result", "verdict_unknown")]
    assert '"TC_Key": "t1"' in world.rejected()["raw"].item()


def test_null_lists_and_empty_lists_are_no_change(world: Any) -> None:
    frame = pl.DataFrame([world.row(), world.row(Build_ID="b2")]).with_columns(pl.Series("commit", [None, []]))
    frame = frame.cast({"commit": pl.List(pl.String)})
    world.ingest(save(world, frame))
    assert world.history().builds["change_text"].to_list() == ["", ""]


@pytest.mark.parametrize("kept", [0, 3, 50, 0.5, 0.99])
def test_a_file_cut_short_is_refused(world: Any, kept: float) -> None:
    path = save(world, pl.DataFrame([world.row(TC_Key=f"t{number}") for number in range(500)]))
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    with pytest.raises(InputError, match=r"cut short|is empty"):
        world.ingest(path)


def test_text_that_is_not_utf_8_is_refused(world: Any) -> None:
    cells = {name: pa.array([text]) for name, text in world.row().items()}
    offsets = pa.py_buffer(b"\x00\x00\x00\x00\x02\x00\x00\x00")
    cells["TE_Summary"] = pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(b"\xff\xfe")])
    path = world.folder / "history.parquet"
    pq.write_table(pa.table(cells), path)
    with pytest.raises(InputError, match="UTF8"):
        world.ingest(path)


def test_a_missing_column_is_named(world: Any) -> None:
    with pytest.raises(InputError, match=r"'commit' is missing.*'Build_ID'.*source\.columns\.change"):
        world.ingest(save(world, pl.DataFrame([world.row()]).drop("commit")))


def test_a_column_of_records_is_refused(world: Any) -> None:
    frame = pl.DataFrame([world.row()]).with_columns(commit=pl.struct(message="commit"))
    with pytest.raises(InputError, match="'commit' is struct"):
        world.ingest(save(world, frame))


def test_no_rows_are_refused(world: Any) -> None:
    with pytest.raises(InputError, match="no rows"):
        world.ingest(save(world, pl.DataFrame([world.row()]).clear()))
