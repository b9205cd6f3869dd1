"""What a person changes in the Launchpad reaches the work, and nothing else does."""

from typing import Any

import dagster as dg
import pytest
from dagster._config import validate_config

from domain_ft.components.launchpad import (
    PRESET_TAG,
    effective_domain,
    given_overrides,
    launchpad_config,
    op_name,
    section_config,
)
from domain_ft.domain import Domain
from domain_ft.domain_settings import EmbeddingDomainSettings
from domain_ft.errors import InputError


def run(domain: Domain, preset: str | None = None, **ops: dict[str, Any]) -> dg.DagsterRun:
    """A run with config for some assets."""
    config = {"ops": {op_name(domain.name, asset): {"config": given} for asset, given in ops.items()}}
    return dg.DagsterRun(job_name="job", run_config=config, tags={PRESET_TAG: preset} if preset else {})


def test_a_run_without_preset_and_config_works_with_the_domain_as_it_is(domain: Domain) -> None:
    assert effective_domain(domain, run(domain)) == domain


@pytest.mark.parametrize(("given", "value"), [("0.3", 0.3), ("auto", "auto"), (None, None)])
def test_a_setting_that_is_a_number_or_a_word_is_text_there(domain: Domain, given: str | None, value: Any) -> None:
    config = launchpad_config(domain, {"training.merge_with_base": given})
    shown = config["ops"][op_name(domain.name, "embedding_model")]["config"]
    assert shown == {"merge_with_base": given}
    schema = {name: field for name, field in section_config("training", domain.training).items() if name in shown}
    assert validate_config(dg.Shape(schema), shown).success
    assert effective_domain(domain, run(domain, embedding_model=shown)).training.merge_with_base == value


def test_a_preset_tag_lays_the_preset_over_the_domain(domain: Domain) -> None:
    effective = effective_domain(domain, run(domain, "smoke"))
    assert (effective.training.epochs, effective.triplets.sample_size) == (1, 100)
    assert effective.training.learning_rate == domain.training.learning_rate


def test_given_keys_are_laid_over_the_preset_and_all_others_stay(domain: Domain) -> None:
    effective = effective_domain(domain, run(domain, "smoke", embedding_model={"epochs": 5.0}))
    assert effective.training.epochs == 5
    assert effective.training.max_steps == 2
    assert effective.triplets.sample_size == 100


def test_config_of_one_step_holds_for_every_step_of_the_run(domain: Domain) -> None:
    effective = effective_domain(domain, run(domain, triplets={"relevance": "any_failure", "split_test": 0.3}))
    assert effective.triplets.relevance == "any_failure"
    assert effective.triplets.split.test == 0.3
    assert effective.triplets.split.validation == domain.triplets.split.validation


def test_a_value_out_of_range_is_refused_with_its_key(domain: Domain) -> None:
    with pytest.raises(InputError, match=r"training\.epochs.*got -1"):
        effective_domain(domain, run(domain, embedding_model={"epochs": -1}))


def test_an_unknown_preset_in_the_tag_is_refused(domain: Domain) -> None:
    with pytest.raises(InputError, match="no preset 'tiny'"):
        effective_domain(domain, run(domain, "tiny"))


def test_overrides_become_the_run_config_that_means_the_same(domain: Domain) -> None:
    overrides = {"training.epochs": "4", "triplets.split.test": "0.3", "benchmark.guard_metrics": ["map"]}
    config = launchpad_config(domain, overrides)
    assert config["ops"][op_name("my_history", "embedding_model")] == {"config": {"epochs": 4.0}}
    assert given_overrides(domain, config) == {
        "training.epochs": 4.0,
        "triplets.split.test": 0.3,
        "benchmark.guard_metrics": ["map"],
    }


def test_overrides_that_the_settings_refuse_are_refused_before_any_launch(domain: Domain) -> None:
    with pytest.raises(InputError, match=r"training\.epoch"):
        launchpad_config(domain, {"training.epoch": "4"})


def test_a_list_of_numbers_is_one_in_the_run_config_however_it_was_typed(domain: Domain) -> None:
    ops = launchpad_config(domain, {"training.matryoshka_dims": "64,128"})["ops"]
    assert next(iter(ops.values()))["config"] == {"matryoshka_dims": [128, 64]}


def test_no_override_is_no_config(domain: Domain) -> None:
    assert launchpad_config(domain, {}) == {}


@pytest.mark.parametrize("section", EmbeddingDomainSettings.sections)
def test_every_setting_of_a_section_stands_in_the_launchpad_with_its_description(domain: Domain, section: str) -> None:
    settings = getattr(domain, section)
    config = section_config(section, settings)
    for name, field in type(settings).model_fields.items():
        assert name in config or any(key.startswith(f"{name}_") for key in config), f"{section}.{name}"
        if name in config:
            assert str(config[name].description).startswith(f"{field.description} (here: ")


@pytest.mark.parametrize("section", EmbeddingDomainSettings.sections)
def test_nothing_must_be_given_and_nothing_counts_as_given_by_itself(domain: Domain, section: str) -> None:
    fields = section_config(section, getattr(domain, section)).values()
    assert not any(field.is_required or field.default_provided for field in fields)


def test_the_launchpad_tells_the_domains_own_values(domain: Domain) -> None:
    config = section_config("training", domain.training)
    told = [str(config[name].description).rpartition(" (here: ")[2] for name in ("epochs", "max_steps", "loss")]
    assert told == ["3.0)", "null)", "multiple_negatives_ranking)"]


@pytest.mark.parametrize(
    ("section", "given"),
    [
        ("training", {"epochs": 2, "max_steps": None, "base_revision": "main", "use_negative": False}),
        ("triplets", {"relevance": "any_failure", "split_test": 0.3}),
        ("benchmark", {"guard_metrics": ["map", "apfd"]}),
        ("benchmark", {"guard_metrics": []}),
        ("promotion", {}),
    ],
)
def test_what_the_settings_know_is_let_into_a_launch(domain: Domain, section: str, given: dict[str, Any]) -> None:
    assert refusals(section_config(section, getattr(domain, section)), given) == []


@pytest.mark.parametrize(
    ("section", "given"),
    [
        ("training", {"loss": "tripled"}),
        ("training", {"loss": None}),
        ("training", {"batch_size": 1.5}),
        ("training", {"epoch": 2}),
        ("benchmark", {"guard_metrics": ["mapp"]}),
        ("benchmark", {"guard_metrics": "map"}),
    ],
)
def test_wrong_choices_types_and_names_are_refused_before_a_launch(
    domain: Domain, section: str, given: dict[str, Any]
) -> None:
    (refusal,) = refusals(section_config(section, getattr(domain, section)), given)
    assert next(iter(given)) in refusal


def refusals(schema: dict[str, dg.Field], given: dict[str, Any]) -> list[str]:
    """What Dagster says of a config that is handed in for a step, before it starts anything."""
    return [str(error.message) for error in validate_config(dg.Field(schema).config_type, given).errors or ()]
