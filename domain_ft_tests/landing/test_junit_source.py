"""JUnit reports joined with the git log."""

from pathlib import Path
from typing import Any

import pytest

from domain_ft.errors import InputError
from domain_ft.landing.settings import ExecutionHistoryColumns, SourceSettings

CASES = """
  <testcase classname="shop.Basket" name="adds up" time="0.5"/>
  <testcase classname="shop.Basket" name="rounds" time="1,000.25"><failure message="1">long text</failure></testcase>
  <testcase classname="shop.Basket" name="empties"><error/></testcase>
  <testcase classname="shop.Basket" name="prints"><skipped/></testcase>
"""


def report(cases: str = CASES, *, timestamp: str = "2024-05-31T08:15:00", **properties: str) -> bytes:
    """One suite with properties."""
    stated = "".join(f'<property name="{name}" value="{value}"/>' for name, value in properties.items())
    when = f' timestamp="{timestamp}"' if timestamp else ""
    return f"<testsuite name='shop'{when}><properties>{stated}</properties>{cases}</testsuite>".encode()


@pytest.fixture
def source(repository: Any) -> SourceSettings:
    return SourceSettings(repository=str(repository.path))


def test_a_report_becomes_a_build_with_the_text_and_paths_of_its_commit(
    world: Any, repository: Any, source: SourceSettings
) -> None:
    sha = repository.commit("round late\n\nbecause of cents", **{"basket.py": "1"})
    result = world.land(report(build=sha), "report.xml", source)
    history = world.history()
    assert (result.read, result.accepted) == (4, 4)
    assert history.builds.drop("started_at").rows() == [
        (sha, "default", [sha], "round late\n\nbecause of cents", ["basket.py"])
    ]
    assert history.builds["started_at"].item().isoformat() == "2024-05-31T08:15:00+00:00"
    assert history.runs.drop("build_id").rows() == [
        ("shop.Basket.adds up", "pass", 0.5),
        ("shop.Basket.empties", "error", None),
        ("shop.Basket.prints", "skipped", None),
        ("shop.Basket.rounds", "fail", 1000.25),
    ]
    assert history.tests["text"][0] == "adds up\nshop.Basket"


def test_a_build_may_have_a_name_beside_its_commit(world: Any, repository: Any, source: SourceSettings) -> None:
    sha = repository.commit("one")
    world.land(report(build="nightly 7", commit=sha[:10]), "report.xml", source)
    assert world.history().builds.select("build_id", "change_ids").rows() == [("nightly 7", [sha])]


def test_the_properties_that_name_build_and_commit_may_be_called_otherwise(
    world: Any, repository: Any, source: SourceSettings
) -> None:
    sha = repository.commit("one")
    named = source.model_copy(update={"build_property": "nightly", "commit_property": "revision"})
    stated = {"build": "no such build", "commit": "no such commit", "nightly": "7", "revision": sha}
    world.land(report(**stated), "report.xml", named)
    assert world.history().builds.select("build_id", "change_ids").rows() == [("7", [sha])]


def test_reports_are_of_the_scope_that_is_set(world: Any, repository: Any, source: SourceSettings) -> None:
    world.land(report(build=repository.commit("one")), "r.xml", source.model_copy(update={"scope_name": "store"}))
    assert set(world.history().builds["scope"]) == set(world.history().tests["scope"]) == {"store"}


def test_the_commit_may_be_the_folders_name(world: Any, repository: Any, source: SourceSettings) -> None:
    shas = [repository.commit("one"), repository.commit("two")]
    for sha in shas:
        world.write(f"reports/{sha[:10]}/TEST-a.xml", report())
    assert world.ingest(world.folder / "reports", source=source).accepted == 8
    assert set(world.history().builds["build_id"]) == {sha[:10] for sha in shas}


def test_a_report_keeps_its_own_time_where_other_builds_are_numbered(world: Any, repository: Any) -> None:
    columns = ExecutionHistoryColumns(started=None)
    source = SourceSettings(repository=str(repository.path), columns=columns)
    world.land(report(build="nightly 7", commit=repository.commit("one")), "report.xml", source)
    assert world.history().builds["started_at"].item().isoformat() == "2024-05-31T08:15:00+00:00"


def test_a_reports_times_are_seconds_whatever_the_unit_of_other_files(world: Any, repository: Any) -> None:
    source = SourceSettings(repository=str(repository.path), duration_unit="ms")
    cases = CASES.replace("</testcase>", "</testcase><testcase name='odd' time='soon'/>", 1)
    world.land(report(cases, build=repository.commit("one")), "report.xml", source)
    assert world.history().runs["duration_s"].to_list() == [0.5, None, None, 1000.25]
    assert world.rejected().select("rule", "value").rows() == [("duration_unparsable", "soon")]


def test_without_a_timestamp_the_build_starts_with_its_commit(
    world: Any, repository: Any, source: SourceSettings
) -> None:
    sha = repository.commit("one")
    world.land(report(build=sha, timestamp=""), "report.xml", source)
    committed = int(repository.git("show", "-s", "--format=%ct", sha))
    assert world.history().builds["started_at"].item().timestamp() == committed


def test_nested_suites_inherit_and_namespaces_are_ignored(world: Any, repository: Any, source: SourceSettings) -> None:
    sha = repository.commit("one")
    inner = f"<testsuite name='inner'>{CASES}</testsuite>"
    nested = report(inner, build=sha).decode().replace("<testsuite name='shop'", "<testsuite xmlns='urn:x' name='shop'")
    result = world.land(f"<testsuites>{nested}</testsuites>".encode(), "report.xml", source)
    assert result.accepted == 4


def test_a_folder_is_one_source_and_a_broken_report_one_rejected_row(
    world: Any, repository: Any, source: SourceSettings
) -> None:
    sha = repository.commit("one")
    world.write("reports/good.xml", report(build=sha))
    world.write("reports/cut.xml", report(build=sha)[:-30])
    world.write("reports/sub/entity.xml", b'<!DOCTYPE x [<!ENTITY a "b">]>' + report(build=sha))
    world.write("reports/other.xml", b"<project/>")
    result = world.ingest(world.folder / "reports", source=source)
    assert (result.read, result.accepted, result.rejected) == (7, 4, 3)
    assert set(world.rejected().select("source_file", "rule").rows()) == {
        ("reports/cut.xml", "xml_unreadable"),
        ("reports/sub/entity.xml", "xml_forbidden"),
        ("reports/other.xml", "xml_not_junit"),
    }


def test_a_case_without_a_commit_is_rejected_with_its_line(world: Any, repository: Any, source: SourceSettings) -> None:
    sha = repository.commit("one")
    world.write("reports/a.xml", report(build=sha))
    world.write("reports/b.xml", report("\n<testcase name='x'/>"))
    world.write("reports/c.xml", report("\n\n<testcase name='y'/>", build="f" * 40))
    result = world.ingest(world.folder / "reports", source=source)
    assert (result.accepted, result.rejected) == (4, 2)
    assert world.rejected().select("line", "rule", "value").rows() == [
        (2, "commit_missing", None),
        (3, "commit_unknown", "f" * 40),
    ]


def test_a_commit_that_was_fetched_later_is_found_when_the_report_comes_again(
    world: Any, repository: Any, source: SourceSettings, tmp_path: Path
) -> None:
    known = repository.commit("one")
    clone = tmp_path / "clone"
    repository.git("clone", "-q", str(repository.path), str(clone))
    later = repository.commit("two")
    stale = SourceSettings(repository=str(clone))
    world.write("reports/a.xml", report(build=known))
    world.write("reports/b.xml", report(build=later))
    assert world.ingest(world.folder / "reports", source=stale).rejected == 4
    result = world.ingest(world.folder / "reports", source=source)
    assert (result.read, result.accepted, result.rejected, result.duplicates) == (8, 4, 0, 4)
    assert world.ingest(world.folder / "reports", source=source).reused


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'<!DOCTYPE x [<!ENTITY a "aaaa">]><testsuite/>', "DOCTYPE"),
        ('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x><testsuite/>'.encode("utf-16"), "DOCTYPE"),
        (b"<testsuite><testcase", "well-formed"),
        (b"", "well-formed"),
        (b"<project/>", "<project>"),
        (b"<testsuite>" * 5000, "deep"),
        (b"<testsuite/>", "no rows"),
        (report(), "commit_missing"),
        (report(build="f" * 40), "commit_unknown"),
    ],
)
def test_a_report_that_cannot_be_used_is_refused(
    world: Any, repository: Any, source: SourceSettings, content: bytes, sentence: str
) -> None:
    repository.commit("one")
    with pytest.raises(InputError, match=sentence):
        world.land(content, "report.xml", source)


def test_reports_need_a_repository(world: Any) -> None:
    with pytest.raises(InputError, match=r"source\.repository"):
        world.land(report(build="f" * 40), "report.xml")


def test_a_report_may_say_itself_what_changed_and_needs_no_repository_then(world: Any) -> None:
    told = {
        "domain_ft.change": "round late&#10;because of cents",
        "domain_ft.paths": "[&quot;a.py&quot;, &quot;b, c.py&quot;]",
    }
    result = world.land(report(build="nightly 7", commit="f" * 40, **told), "report.xml")
    assert (result.accepted, result.rejected) == (4, 0)
    assert world.history().builds.drop("started_at", "scope").rows() == [
        ("nightly 7", ["f" * 40], "round late\nbecause of cents", ["a.py", "b, c.py"])
    ]


def test_a_builds_number_is_no_commit(world: Any) -> None:
    world.land(report(build="12345678", **{"domain_ft.change": "round late"}), "report.xml")
    assert world.history().builds.select("build_id", "change_ids").rows() == [("12345678", [])]


def test_what_a_report_says_of_its_change_counts_more_than_the_git_log(
    world: Any, repository: Any, source: SourceSettings
) -> None:
    sha = repository.commit("squashed later")
    world.write("reports/a.xml", report(build=sha, **{"domain_ft.change": "round late"}))
    world.write("reports/b.xml", report(build=repository.commit("two")))
    world.ingest(world.folder / "reports", source=source)
    assert sorted(world.history().builds["change_text"]) == ["round late", "two"]


def test_a_case_may_say_what_its_test_does(world: Any) -> None:
    text = '<properties><property name="domain_ft.text" value="Prices are added up."/></properties>'
    case = f'<testcase classname="shop.Basket" name="adds up">{text}</testcase>'
    world.land(report(case, build="1", **{"domain_ft.change": "round late"}), "report.xml")
    assert world.history().tests["text"].to_list() == ["shop Basket: adds up\nPrices are added up."]
