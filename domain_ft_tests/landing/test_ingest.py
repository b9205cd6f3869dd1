"""Files into a new version of the raw tables."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain_ft.errors import InputError
from domain_ft.landing.ingest import ingest_files
from domain_ft.landing.settings import SourceSettings
from domain_ft.landing.sources import READER_VERSION, mapping_digest
from domain_ft.store.digests import sha256_json
from domain_ft.store.publish import point, read_manifest, verify_folder


def test_the_manifest_says_what_the_tables_hold_and_where_they_come_from(world: Any) -> None:
    result = world.land(world.csv([world.row(), world.row(TC_Key="t2", TE_Test_Result="FAILED"), world.row(TC_Key="")]))
    manifest = read_manifest(world.raw / "current")
    verify_folder(world.raw / "current")
    assert result.path == world.raw / result.digest
    assert manifest["kind"] == "history"
    assert manifest["digest"] == result.digest
    assert manifest["counts"] == result.tables == {"builds": 1, "tests": 2, "runs": 2}
    assert manifest["verdicts"] == {"fail": 1, "pass": 1}
    (entry,) = manifest["sources"]
    assert [entry[name] for name in ("name", "read", "accepted", "rejected", "duplicates")] == [
        "history.csv",
        3,
        2,
        1,
        0,
    ]


def test_the_same_file_twice_adds_nothing(world: Any) -> None:
    first = world.land(world.csv([world.row()]))
    again = world.land(world.csv([world.row()]), "other-name.csv")
    assert (again.read, again.accepted, again.reused) == (0, 0, True)
    assert again.digest == first.digest
    assert again.files[0].skipped


def test_the_same_file_named_twice_in_one_call_is_read_once(world: Any) -> None:
    path = world.write("a.csv", world.csv([world.row()]))
    assert world.ingest(path, path).read == 1


def test_a_new_file_is_merged_with_what_is_there(world: Any) -> None:
    world.land(world.csv([world.row()]))
    result = world.land(world.csv([world.row(), world.row(Build_ID="b2")]), "more.csv")
    assert (result.read, result.accepted, result.duplicates) == (2, 1, 1)
    assert world.history().runs["build_id"].to_list() == ["b1", "b2"]
    assert [entry["name"] for entry in read_manifest(result.path)["sources"]] == ["history.csv", "more.csv"]


def test_the_earlier_version_stays_as_it_was(world: Any) -> None:
    first = world.land(world.csv([world.row()]))
    world.land(world.csv([world.row(Build_ID="b2")]), "more.csv")
    verify_folder(first.path)


def test_one_call_and_several_give_the_same_content(world: Any, tmp_path: Path) -> None:
    files = [
        world.write(f"{number}.csv", world.csv([world.row(Build_ID=f"b{number}", TE_Test_Result=verdict), world.row()]))
        for number, verdict in enumerate(["Pass", "Fail", "Error"])
    ]
    together = world.ingest(*files)
    digests = {read_manifest(together.path)["content_digest"]}
    for name, order in (("x", files), ("y", files[::-1])):
        for file in order:
            one = ingest_files(
                [file],
                domain="d",
                source=SourceSettings(),
                raw=tmp_path / name / "raw",
                quarantine=tmp_path / name / "quarantine",
            )
        digests.add(read_manifest(one.path)["content_digest"])
        assert one.digest == together.digest
    assert len(digests) == 1


def test_of_two_verdicts_of_one_run_the_worst_counts_and_the_conflict_is_said(world: Any) -> None:
    rows = [world.row(TE_Test_Result=verdict) for verdict in ("Pass", "Fail", "Blocked", "Fail")]
    result = world.land(world.csv(rows))
    assert (result.read, result.accepted, result.duplicates, result.conflicting) == (4, 1, 3, 2)
    assert world.history().runs["verdict"].to_list() == ["fail"]


def test_a_worse_verdict_in_a_later_file_replaces_the_earlier_one(world: Any) -> None:
    world.land(world.csv([world.row()]))
    result = world.land(world.csv([world.row(TE_Test_Result="Fail")]), "more.csv")
    assert (result.accepted, result.duplicates, result.conflicting) == (0, 1, 1)
    assert world.history().runs["verdict"].to_list() == ["fail"]


def test_a_build_starts_with_its_earliest_row_and_the_disagreement_is_said(world: Any) -> None:
    rows = [world.row(TC_Key=f"t{hour}", Build_Test_Start_Date=f"2024-05-31T{hour}:00:00Z") for hour in (12, 10, 11)]
    result = world.land(world.csv(rows))
    assert world.history().builds["started_at"].dt.hour().to_list() == [10]
    assert any("disagree on the start: 1" in note for note in result.notes)


def test_a_build_or_test_of_another_scope_is_set_aside(world: Any) -> None:
    rows = [
        world.row(),
        world.row(TP_Key="office", TC_Key="t2", Build_Test_Start_Date="2024-06-01"),
        world.row(TP_Key="office", Build_ID="b2", Build_Test_Start_Date="2024-06-02"),
        world.row(TP_Key="office", Build_ID="b2", TC_Key="t3", Build_Test_Start_Date="2024-06-02"),
    ]
    result = world.land(world.csv(rows))
    assert (result.accepted, result.rejected) == (2, 2)
    assert world.rejected_lines() == [(3, "Build_ID", "scope_conflict"), (4, "TC_Key", "scope_conflict")]
    assert world.history().runs.select("build_id", "test_id").rows() == [("b1", "t1"), ("b2", "t3")]


def test_the_scope_that_is_there_already_stays(world: Any) -> None:
    world.land(world.csv([world.row()]))
    early = world.row(TP_Key="office", TC_Key="t2", Build_Test_Start_Date="2020-01-01")
    result = world.land(world.csv([early, world.row(Build_ID="b2")]), "more.csv")
    assert (result.accepted, result.rejected) == (1, 1)


def test_other_settings_read_the_same_files_anew(world: Any) -> None:
    path = world.write("a.csv", world.csv([world.row(TE_Test_Result="Delete"), world.row(TC_Key="t2")]))
    world.ingest(path)
    assert world.history().verdicts() == {"pass": 1, "skipped": 1}
    changed = SourceSettings(verdicts={"pass": "pass", "delete": "blocked"})
    result = world.ingest(path, source=changed)
    assert (result.read, result.accepted) == (2, 2)
    assert world.history().verdicts() == {"blocked": 1, "pass": 1}


def test_other_settings_that_change_no_row_are_read_by_once(world: Any) -> None:
    path, changed = world.write("a.csv", world.csv([world.row()])), SourceSettings(verdicts={"quux": "fail"})
    world.ingest(path)
    assert not world.ingest(path, source=changed).reused
    assert world.ingest(path, source=changed).reused


def test_a_mended_mapping_empties_the_quarantine_of_the_file(world: Any) -> None:
    path = world.write("a.csv", world.csv([world.row(TE_Test_Result="Quux"), world.row(TC_Key="t2")]))
    world.ingest(path)
    assert world.rejected().height == 1
    world.ingest(path, source=SourceSettings(verdicts={"pass": "pass", "quux": "fail"}))
    assert world.rejected().is_empty()


def test_a_new_file_may_come_with_new_settings(world: Any) -> None:
    world.land(world.csv([world.row()]))
    more = SourceSettings(verdicts={"pass": "pass", "quux": "fail"})
    assert world.land(world.csv([world.row(Build_ID="b2", TE_Test_Result="Quux")]), "b.csv", more).accepted == 1
    assert world.history().verdicts() == {"fail": 1, "pass": 1}


def test_one_of_several_files_cannot_be_read_anew_alone(world: Any) -> None:
    first = world.write("a.csv", world.csv([world.row()]))
    second = world.write("b.csv", world.csv([world.row(Build_ID="b2")]))
    world.ingest(first, second)
    with pytest.raises(InputError, match=r"a\.csv.*other settings.*b\.csv"):
        world.ingest(first, source=SourceSettings(scope_name="other"))


def test_a_bad_file_among_good_ones_publishes_nothing(world: Any) -> None:
    good = world.write("a.csv", world.csv([world.row()]))
    with pytest.raises(InputError, match=r"b\.csv"):
        world.ingest(good, world.write("b.csv", b""))
    assert not (world.raw / "current").exists()
    assert [path.name for path in world.raw.iterdir() if path.is_dir()] == []


def test_no_files_and_nothing_there_is_refused(world: Any) -> None:
    with pytest.raises(InputError, match="no files to ingest"):
        world.ingest()


def test_no_files_leave_what_is_there(world: Any) -> None:
    digest = world.land(world.csv([world.row()])).digest
    assert world.ingest().digest == digest


def test_a_file_that_changes_while_it_is_read_is_refused(world: Any) -> None:
    path = world.write("a.csv", world.csv([world.row()]))

    def grow(step: str, done: int, total: int | None = None) -> None:
        if done:
            with path.open("ab") as file:
                file.write(b"more\n")

    with pytest.raises(InputError, match="changed while it was read"):
        ingest_files(
            [path],
            domain="d",
            source=SourceSettings(),
            raw=world.raw,
            quarantine=world.quarantine,
            progress=grow,
        )


def test_what_a_killed_ingest_left_is_swept(world: Any) -> None:
    left = world.write("raw/.unfinished-ingest-x/plain", b"x").parent
    world.land(world.csv([world.row()]))
    assert not left.exists()


def test_a_pointer_to_nothing_starts_a_new_history(world: Any) -> None:
    world.raw.mkdir()
    point(world.raw / "current", "absent")
    assert world.land(world.csv([world.row()])).accepted == 1


def test_the_sample_of_real_builds_is_read_as_counted(world: Any, real_data: Path) -> None:
    """The one test of this history whose summary is empty has no text to embed: its five rows are set aside."""
    result = world.ingest(real_data / "test_history" / "ruby_history.csv.gz")
    assert (result.read, result.accepted, result.rejected, result.duplicates) == (66_763, 66_758, 5, 0)
    assert result.tables == {"builds": 1_642, "tests": 8_420, "runs": 66_758}
    assert set(world.rejected()["rule"]) == {"test_text_missing"}


CELLS = {
    "Build_ID": st.sampled_from(["b1", "b2", "b3", " b1 ", ""]),
    "Build_Test_Start_Date": st.sampled_from(["2024-01-01", "2024-01-02T00:00:00Z", "1704067200", "soon", ""]),
    "TP_Key": st.sampled_from(["shop", "shop", "shop", "office", ""]),
    "TC_Key": st.sampled_from(["t1", "t2", "t3", ""]),
    "TE_Summary": st.sampled_from(["adds up", "rounds, late", 'says "hi"\nand goes', ""]),
    "TC_Steps": st.sampled_from(["", "1. open\n2. close"]),
    "TE_Test_Result": st.sampled_from(["Pass", "pass", "Fail", "Error", "Blocked", "Quux", ""]),
    "commit": st.sampled_from(["['a', 'b']", "['b']", "plain", "", "[broken", '["c"]']),
    "CR_Component_Name": st.sampled_from(["", "x.py", "['y.py', 'x.py']"]),
}
ROWS = st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=25)
PROPERTY = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def counts_add_up(result: Any) -> bool:
    return all(file.read == file.accepted + file.rejected + file.duplicates for file in result.files)


@PROPERTY
@given(rows=ROWS, noise=st.lists(st.binary(min_size=1, max_size=40), max_size=4), data=st.data())
def test_counts_always_add_up(tmp_path_factory: Any, world: Any, rows: Any, noise: list[bytes], data: Any) -> None:
    """Whatever the rows are, and whatever bytes stand between them."""
    here = type(world)(tmp_path_factory.mktemp("world"))
    lines = here.csv([*rows, here.row(Build_ID="sure", TC_Key="sure", TP_Key="sure")]).split(b"\n")
    for junk in noise:
        lines.insert(data.draw(st.integers(1, len(lines) - 1)), junk)
    try:
        result = here.land(b"\n".join(lines))
    except InputError:
        return
    assert counts_add_up(result)
    assert result.read == result.accepted + here.rejected().height + result.duplicates
    assert result.accepted == here.history().runs.height == read_manifest(result.path)["counts"]["runs"]


@PROPERTY
@given(rows=ROWS, seed=st.randoms(use_true_random=False))
def test_the_order_of_rows_makes_no_difference(tmp_path_factory: Any, world: Any, rows: Any, seed: Any) -> None:
    sure = world.row(Build_ID="sure", TC_Key="sure", TP_Key="sure")
    shuffled = [*rows, sure]
    seed.shuffle(shuffled)
    outcomes = []
    for order in ([*rows, sure], shuffled):
        here = type(world)(tmp_path_factory.mktemp("world"))
        result = here.land(here.csv(order))
        outcomes.append((read_manifest(result.path)["content_digest"], result.accepted, result.rejected))
    assert outcomes[0] == outcomes[1]


@PROPERTY
@given(rows=ROWS)
def test_every_format_gives_the_same_tables_and_counts(tmp_path_factory: Any, world: Any, rows: Any) -> None:
    rows = [*rows, world.row(Build_ID="sure", TC_Key="sure", TP_Key="sure")]
    here = type(world)(tmp_path_factory.mktemp("world"))
    frame = pl.DataFrame(rows)
    here.write("a.csv", here.csv(rows))
    here.write("a.jsonl", b"".join(json.dumps(row).encode() + b"\n" for row in rows))
    frame.write_parquet(here.folder / "a.parquet")
    outcomes = set()
    for name in ("a.csv", "a.jsonl", "a.parquet"):
        there = type(world)(here.folder / name.replace(".", "-"))
        result = there.ingest(here.folder / name)
        assert counts_add_up(result)
        rules = tuple(sorted((result.files[0].rules or {}).items()))
        outcomes.add((read_manifest(result.path)["content_digest"], result.accepted, result.duplicates, rules))
    assert len(outcomes) == 1


@PROPERTY
@given(first=ROWS, second=ROWS)
def test_accepted_rows_of_all_files_are_the_runs_of_the_history(
    tmp_path_factory: Any, world: Any, first: Any, second: Any
) -> None:
    here = type(world)(tmp_path_factory.mktemp("world"))
    for number, rows in enumerate((first, second)):
        result = here.land(here.csv([*rows, here.row(Build_ID=f"sure{number}", TC_Key="sure")]), f"{number}.csv")
        assert counts_add_up(result)
    sources = read_manifest(here.raw / "current")["sources"]
    assert sum(entry["accepted"] for entry in sources) == here.history().runs.height
    history = here.history()
    assert history.runs.join(history.builds, on="build_id", how="anti").is_empty()
    assert history.runs.join(history.tests, on="test_id", how="anti").is_empty()
    assert history.builds["build_id"].is_unique().all()
    assert history.tests["test_id"].is_unique().all()
    both = history.runs.join(history.builds, on="build_id").join(history.tests, on="test_id", suffix="_of_test")
    assert both.filter(pl.col("scope") != pl.col("scope_of_test")).is_empty()


def test_the_usual_unit_of_durations_says_nothing_new_of_how_files_are_read() -> None:
    """Tables of before there was a unit stay, and other units are read anew."""
    source = SourceSettings()
    before = source.model_dump(mode="json", exclude={"repository", "duration_unit"})
    assert mapping_digest(source) == sha256_json([READER_VERSION, before])
    assert mapping_digest(SourceSettings(duration_unit="ms")) != mapping_digest(source)
