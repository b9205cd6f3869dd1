"""The schema that `dg check yaml` uses: what `Domain.load` takes it takes, and it points at what is wrong."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from domain_ft.components.schema import domain_schema
from domain_ft.domain import KINDS
from domain_ft.domain_settings import FORMATS
from domain_ft.domains import DEFS_FOLDER, domain_files


def errors(attributes: Any, formats: Any = FORMATS) -> list[tuple[str, str]]:
    """Path and message of every finding."""
    validator = Draft202012Validator(domain_schema(formats))
    return [(".".join(map(str, error.absolute_path)), error.message) for error in validator.iter_errors(attributes)]


def attributes(**given: Any) -> dict[str, Any]:
    return {"name": "my_history", **given}


@pytest.mark.parametrize("file", domain_files(DEFS_FOLDER), ids=lambda file: file.parent.name)
def test_the_domains_that_ship_are_valid(file: Path) -> None:
    document = yaml.safe_load(file.read_text())
    assert errors(document["attributes"], KINDS[document["type"]].formats) == []


@pytest.mark.parametrize("value", ["3e-5", 3e-5, "0.1", 1])
def test_a_number_may_be_written_as_text(value: Any) -> None:
    assert errors(attributes(training={"learning_rate": value})) == []


def test_an_empty_section_means_its_defaults() -> None:
    assert errors(attributes(benchmark=None, training=None)) == []


@pytest.mark.parametrize("bases", [[], ["starter", "bases/mine", "a/b@v1"], None])
def test_base_models_are_a_list_of_names(bases: Any) -> None:
    assert errors(attributes(base_models=bases)) == []


def test_null_stands_where_a_setting_may_be_absent() -> None:
    assert errors(attributes(triplets={"sample_size": None, "max_per_build": "3"}, automation={"nightly": None})) == []


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"training": {"epochz": 3}}, "training"),
        ({"training": {"epochs": "many"}}, "training.epochs"),
        ({"training": {"epochs": -1}}, "training.epochs"),
        ({"training": {"merge_with_base": "some"}}, "training.merge_with_base"),
        ({"training": {"loss": "tripled"}}, "training.loss"),
        ({"triplets": {"sample_size": "1.5"}}, "triplets.sample_size"),
        ({"triplets": {"split": {"by": "luck"}}}, "triplets.split.by"),
        ({"triplets": []}, "triplets"),
        ({"traning": {}}, ""),
        ({"presets": {"quick": {"training": {"epochs": "no"}}}}, "presets.quick.training.epochs"),
        ({"presets": {"quick": {"source": {}}}}, "presets.quick"),
        ({"presets": {"quick": {"training": None}}}, "presets.quick.training"),
        ({"name": "My History"}, "name"),
        ({"base_models": "starter"}, "base_models"),
        ({"base_models": ["starter", None]}, "base_models.1"),
    ],
)
def test_the_error_points_at_the_key_itself(given: dict[str, Any], path: str) -> None:
    assert [found for found, _ in errors(attributes(**given))] == [path]
