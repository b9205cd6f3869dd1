"""A test has one name in pytest, in a JUnit report and in the history."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.history.tables import read_history
from domain_ft.landing.ingest import ingest_files
from domain_ft.landing.junit_report import read_report
from domain_ft.landing.settings import SourceSettings
from domain_ft.pytest_plugin.landing_report import answer
from domain_ft.pytest_plugin.names import history_test_id, junit_name, xml_text
from domain_ft.store.home import Home
from domain_ft_tests.pytest_project import Project

ODD = [
    "tests/test_a.py::test_b",
    "tests/test_a.py::TestC::TestD::test_e[x-1]",
    "tests/test_a.py::test_b[a::b/c.py]",
    "tests/test_a.py::test_b[]",
    "tests/test_a.py::test_b[ <&\"'> ]",
    "tests/test_a.py::test_b[new\nline\ttab\rback]",
    "tests/test_a.py::test_b[\\x00 \x07\x1b\x7f\ufffe]",
    "tests/test_a.py::test_b[\udc80 Größe 試験 😀]",
    "tests/odd[1]/test_a.py::test_b[2]",
    "test_top.py::test_b",
    "README.md::README.md",
    "notes.txt",
]


def request(*node_ids: str) -> dict[str, object]:
    """Results of passed tests."""
    tests = [[node_id, "", "pass", 0.25] for node_id in node_ids]
    told = {"domain": "test_history", "build": "b1", "commit": "f" * 40, "change_text": "Mend", "paths": ["a.py"]}
    return {**told, "started": "2026-05-01T10:00:00+00:00", "tests": tests}


def test_each_name_comes_back_from_the_landing_folder_as_it_was_foretold(home: Home) -> None:
    path = Path(answer(json.loads(json.dumps(request(*ODD))))["path"])
    raw = home.raw("test_history")
    ingest_files(
        [path], domain="test_history", source=SourceSettings(), raw=raw, quarantine=home.quarantine("test_history")
    )
    assert set(read_history(raw / "current").tests["test_id"]) == {history_test_id(name) for name in ODD}


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_no_text_makes_a_report_unreadable(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOMAIN_FT_HOME", str(tmp_path_factory.mktemp("home")))
        path = Path(answer(request(*(f"a.py::test_b[{name}]" for name in names)))["path"])
    assert [case.name for case in read_report(path, ())] == [xml_text(f"test_b[{name}]") for name in names]


def test_names_are_those_of_pytests_own_reports(project: Project) -> None:
    module = "import pytest\nclass TestC:\n    class TestD:\n        def test_e(self): pass\n"
    module += "@pytest.mark.parametrize('p', ['a::b/c.py', 'x[y]', '', '\\x07', 'ü', '\\n'])\ndef test_p(p): pass\n"
    project.write(**{"tests/test_a.py": module, "tests/odd[1]/test_b.py": module})
    ran = project.run("--junitxml", "own.xml")
    cases = [(case.get("classname"), case.get("name")) for case in ET.parse(project.path / "own.xml").iter("testcase")]
    assert len(ran.order) == 14
    assert cases == [junit_name(node_id) for node_id in ran.order]
