"""A new domain: scaffolded, complete, commented, valid, and it works once its columns are filled in."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from domain_ft import stages
from domain_ft.components.scaffold import domain_yaml
from domain_ft.domain import ADAPTER_TYPE, EMBEDDING_TYPE, Domain
from domain_ft.domain_settings import ADAPTER_FORMATS, FORMATS
from domain_ft.errors import InputError
from domain_ft.settings import Settings
from domain_ft.store.home import Home

EVERY = {**FORMATS, **ADAPTER_FORMATS}


@pytest.fixture(params=list(EVERY))
def source(request: pytest.FixtureRequest) -> str:
    """A format of landing files."""
    return str(request.param)


@pytest.fixture
def file(tmp_path: Path, source: str) -> Path:
    path = tmp_path / "my_history" / "defs.yaml"
    path.parent.mkdir()
    path.write_text(
        domain_yaml("my_history", EMBEDDING_TYPE if source in FORMATS else ADAPTER_TYPE, source), encoding="utf-8"
    )
    return path


def test_the_file_loads_and_every_value_is_the_default(file: Path, source: str) -> None:
    settings = Domain.load(file).settings
    assert settings.model_copy(update={"presets": {}}) == EVERY[source](name="my_history")
    assert settings.presets


def test_every_setting_stands_in_it_with_its_description(file: Path, source: str) -> None:
    text = " ".join(file.read_text().replace("# ", "").split())

    def check(settings: type[Settings]) -> None:
        for name, field in settings.model_fields.items():
            if name in ("name", "presets", "preset_costs"):
                continue
            assert f"{name}:" in text
            assert " ".join((field.description or "").split()) in text
            inner = field.get_default(call_default_factory=True)
            if isinstance(inner, Settings):
                check(type(inner))

    check(EVERY[source])


def test_dagsters_own_reader_sees_the_same_keys(file: Path, source: str) -> None:
    document = yaml.safe_load(file.read_text())
    assert set(document["attributes"]) == set(EVERY[source].model_fields) - {"preset_costs"}


def test_no_line_is_too_long_to_read(file: Path) -> None:
    assert max(len(line) for line in file.read_text().splitlines()) <= 120


@pytest.mark.parametrize("name", ["My-History", "2nd", "ä"])
def test_a_folder_name_that_cannot_name_a_domain_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="cannot name a domain"):
        domain_yaml(name)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A Dagster project elsewhere that knows our component by its installed package alone."""
    package = tmp_path / "elsewhere"
    (package / "defs").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "definitions.py").write_text(DEFINITIONS)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    return tmp_path


DEFINITIONS = """\
from pathlib import Path
import dagster as dg

@dg.definitions
def defs():
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
"""
PYPROJECT = """\
[project]
name = "elsewhere"
version = "0"
[tool.dg]
directory_type = "project"
[tool.dg.project]
root_module = "elsewhere"
code_location_name = "elsewhere"
"""


def dg_in(project: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    tools = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(project),
        "DAGSTER_HOME": "",
    }
    command = [str(tools / "dg"), *arguments]
    return subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_dg_scaffolds_a_domain_that_dg_then_finds_valid(project: Path) -> None:
    scaffolded = dg_in(project, "scaffold", "defs", EMBEDDING_TYPE, "my_history")
    assert scaffolded.returncode == 0, scaffolded.stdout + scaffolded.stderr
    file = project / "elsewhere" / "defs" / "my_history" / "defs.yaml"
    assert Domain.load(file).name == "my_history"
    checked = dg_in(project, "check", "yaml", "elsewhere/defs/my_history")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_dg_check_yaml_names_the_line_of_a_wrong_value(project: Path) -> None:
    file = project / "elsewhere" / "defs" / "my_history" / "defs.yaml"
    file.parent.mkdir()
    file.write_text(domain_yaml("my_history").replace("epochs: 2", "epochs: many"))
    line = next(number for number, text in enumerate(file.read_text().splitlines(), 1) if "epochs: many" in text)
    checked = dg_in(project, "check", "yaml", "elsewhere/defs/my_history")
    assert checked.returncode != 0
    assert f"defs.yaml:{line} " in checked.stdout
    assert "attributes.training.epochs" in checked.stdout


@pytest.mark.parametrize("source", ["execution_history"], indirect=True)
def test_a_new_domain_of_a_history_works_once_its_columns_are_filled_in(file: Path, home: Home) -> None:
    columns = {"Build_ID": "run", "TC_Key": "case", "TE_Summary": "title", "TE_Test_Result": "result",
               "Build_Test_Start_Date": "at", "commit": "what", "TP_Key": "suite"}  # fmt: skip
    text = file.read_text()
    for theirs, ours in columns.items():
        text = re.sub(rf": {theirs}(?= |$)", f": {ours}", text, flags=re.MULTILINE)
    for absent in ("steps: TC_Steps", "component: CR_Component_Name"):
        text = text.replace(absent, f"{absent.partition(':')[0]}: null")
    file.write_text(text.replace("minimum: 50", "minimum: 1"))
    rows = [f"{','.join(columns.values())}"]
    for build in range(40):
        area = "cart" if build % 3 else "login"
        for case in ("cart", "login", "search"):
            result = "Fail" if case == area and build % 2 else "Pass"
            at = f"2024-01-{build % 28 + 1:02}T{build // 28:02}:00:00Z"
            rows.append(f"b{build:02},{case},the {case} page opens,{result},{at},change {build} of {area},shop")
    landed = home.root / "history.csv"
    landed.write_text("\n".join(rows) + "\n")
    domain = Domain.load(file)
    raw = stages.ingest(domain, home, [landed])
    assert raw.accepted == 120
    assert stages.build_dataset(domain, home, raw.path).counts["train"] > 0


@pytest.mark.parametrize("source", ["pairs"], indirect=True)
def test_a_new_domain_of_pairs_works_once_its_columns_are_filled_in(file: Path, home: Home) -> None:
    text = file.read_text().replace("passage: positive ", "passage: answer ").replace("group: null", "group: paper")
    file.write_text(text.replace("minimum: 50", "minimum: 1"))
    rows = [
        {"query": f"what does part {part} of paper {paper} do", "answer": f"it moves wheel {part} by {paper} mm",
         "paper": f"p{paper}"}
        for paper in range(20) for part in range(5)
    ]  # fmt: skip
    landed = home.root / "pairs.jsonl"
    landed.write_text("".join(json.dumps(row) + "\n" for row in rows))
    domain = Domain.load(file)
    raw = stages.ingest(domain, home, [landed])
    assert raw.accepted == 100
    assert stages.build_dataset(domain, home, raw.path).counts["train"] > 0


def test_scaffolding_over_an_existing_domain_is_refused(project: Path) -> None:
    for expected in (0, 1):
        done = dg_in(project, "scaffold", "defs", EMBEDDING_TYPE, "my_history")
        assert bool(done.returncode) == bool(expected), done.stdout + done.stderr
