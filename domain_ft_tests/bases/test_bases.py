"""Several bases in one go: what is trained, how they are ranked, what is left alone, and what is kept."""

import json
import time

import pytest

from domain_ft import stages
from domain_ft.bases.compare import BaseComparison, compare_bases
from domain_ft.bases.record import read_record
from domain_ft.bases.run import run_bases
from domain_ft.bases.train import TrainedBase, on_base, train_base
from domain_ft.cli import main
from domain_ft.commands.summary import show_summary
from domain_ft.domain import Domain, EmbeddingDomain
from domain_ft.embedding.train_model import describe_job
from domain_ft.errors import InputError
from domain_ft.registry.compare import compare
from domain_ft.registry.store import open_registry
from domain_ft.retention.clean import clean_domain
from domain_ft.store.home import Home
from domain_ft.store.publish import pointed, read_manifest
from domain_ft_tests.bases.conftest import pointers


@pytest.fixture(scope="module")
def trained(home: Home, domain: Domain) -> dict[str, TrainedBase]:
    """Both bases, tuned and judged."""
    return {base.key: train_base(domain, home, base) for base in domain.bases}


@pytest.fixture(scope="module")
def comparison(home: Home, domain: Domain, trained: dict[str, TrainedBase]) -> BaseComparison:
    return compare_bases(domain, home)


def test_before_any_base_is_trained_nothing_can_be_compared(home: Home, domain: Domain) -> None:
    with pytest.raises(InputError, match=r"small: not trained yet; large: not trained yet.*domain-ft bases my_history"):
        compare_bases(domain, home)


def test_each_base_is_judged_on_validation_and_never_on_test(trained: dict[str, TrainedBase]) -> None:
    judged = [read_manifest(each.benchmark.path) for each in trained.values()]
    assert [(each["split"], set(each["models"])) for each in judged] == [("validation", {"base", "candidate"})] * 2


def test_no_pointer_moves_and_no_version_is_registered(home: Home, domain: Domain, comparison: BaseComparison) -> None:
    assert pointers(home, domain) == []
    assert compare(home, domain.name).versions == ()


def test_the_model_is_the_one_that_the_domain_trains_with_that_base(
    home: Home, domain: Domain, trained: dict[str, TrainedBase]
) -> None:
    base = domain.bases[1]
    chosen = domain.with_overrides(base.settings)
    dataset = pointed(home.triplets(domain.name) / "current")
    assert dataset is not None
    job = describe_job(domain=domain.name, home=home, dataset=dataset, settings=chosen.training)
    assert job.version == trained[base.key].training.version
    again = stages.train(chosen, home)
    assert again.reused
    (home.models(domain.name) / "current").unlink()


def test_the_tuned_models_are_ranked_by_the_primary_metric(comparison: BaseComparison) -> None:
    means = [base["tuned"]["map"]["mean"] for base in comparison.content["bases"]]
    assert means == sorted(means, reverse=True)
    assert comparison.content["best"] == comparison.content["bases"][0]["key"]
    assert {base["key"] for base in comparison.content["bases"]} == {"small", "large"}


def test_its_figures_are_those_of_the_benchmarks_on_the_same_builds(
    comparison: BaseComparison, trained: dict[str, TrainedBase]
) -> None:
    digests = {each.benchmark.comparison_digest for each in trained.values()}
    assert digests == {comparison.content["comparison_digest"]}
    for base in comparison.content["bases"]:
        arms = trained[base["key"]].benchmark.arms
        assert base["tuned"]["map"] == arms["candidate"]["map"]
        assert base["untuned"]["map"] == arms["base"]["map"]


def test_the_best_is_compared_with_each_other_one_and_each_with_its_base(comparison: BaseComparison) -> None:
    best, other = (base["key"] for base in comparison.content["bases"])
    pairs = [(row["candidate"], row["reference"]) for row in comparison.content["differences"]]
    assert pairs == [(best, other), (best, f"{best} untuned"), (other, f"{other} untuned")]
    assert all(row["p_holm"] >= row["p_value"] for row in comparison.content["differences"])


def test_page_markdown_and_json_name_the_best_and_the_command_that_tests_it(
    comparison: BaseComparison, domain: Domain
) -> None:
    best = comparison.content["bases"][0]
    command = f"domain-ft run my_history --set training.base_model={best['base']}"
    assert json.loads((comparison.path / "comparison.json").read_text())["best"] == best["key"]
    for name in ("report.html", "report.md"):
        text = (comparison.path / name).read_text()
        assert command in text
        assert comparison.content["headline"] in text


def test_mlflow_has_a_run_per_base_below_one_for_the_comparison(
    home: Home, domain: Domain, comparison: BaseComparison
) -> None:
    with open_registry(home, domain.name) as registry:
        runs = registry.client.search_runs([registry.experiment_id])
    children = [run for run in runs if "mlflow.parentRunId" in run.data.tags]
    assert {run.data.params["training.base_model"] for run in children} == {"small", "bases/large"}
    assert comparison.mlflow_url is not None
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {comparison.mlflow_url.rpartition("/")[2]}


def test_the_command_ends_with_both_tables_and_where_the_report_lies(
    home: Home, domain: Domain, comparison: BaseComparison, capsys: pytest.CaptureFixture[str]
) -> None:
    show_summary("bases", comparison.as_json())
    said = " ".join(capsys.readouterr().out.split())
    assert comparison.content["headline"] in said
    assert "differences (p by Holm)" in said
    assert all(base["key"] in said for base in comparison.content["bases"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--set", "training.base_model=a"), "the bases are those under base_models"),
        (("--set", "triplets.seed=1"), "has no effect here"),
        ((), "test_history compares no bases"),
    ],
)
def test_what_the_command_cannot_do_is_one_sentence(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["bases", "test_history", *arguments])
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_the_same_comparison_is_not_made_twice(home: Home, domain: Domain, comparison: BaseComparison) -> None:
    again = compare_bases(domain, home)
    assert (again.reused, again.path) == (True, comparison.path)
    assert pointed(home.base_comparisons(domain.name) / "current") == comparison.path


def test_all_bases_in_one_command_are_trained_once(home: Home, domain: Domain, comparison: BaseComparison) -> None:
    said: list[str] = []
    result = run_bases(domain, home, announce=said.append)
    assert said == ["base 1 of 2: small", "base 2 of 2: bases/large"]
    assert (result.failures, result.comparison.path) == ({}, comparison.path)


def test_a_base_that_fails_is_named_and_the_others_are_compared(
    home: Home, domain: Domain, comparison: BaseComparison
) -> None:
    settings = domain.settings.model_copy(update={"base_models": ("small", "nowhere")})
    result = run_bases(EmbeddingDomain(settings, domain.file), home)
    assert "neither `starter`, nor a folder" in result.failures["nowhere"]
    assert [base["key"] for base in result.comparison.content["bases"]] == ["small"]
    assert [each["key"] for each in result.comparison.content["missing"]] == ["nowhere"]


def test_other_training_settings_than_the_others_are_told(
    home: Home, domain: Domain, comparison: BaseComparison
) -> None:
    train_base(domain.with_overrides({"training.max_steps": 3}), home, domain.bases[0])
    notes = compare_bases(domain, home).content["notes"]
    assert "not only the base differs: max_steps was small 3, large 2" in notes


def test_the_command_that_tests_the_best_names_every_setting_that_is_not_the_file_s(
    home: Home, domain: Domain, comparison: BaseComparison
) -> None:
    longer = domain.with_overrides({"training.max_steps": 3})
    settings = longer.settings.model_copy(update={"base_models": ("small", "nowhere")})
    train_base(longer, home, domain.bases[0])
    (optimistic, *_) = compare_bases(EmbeddingDomain(settings, domain.file), home).content["notes"]
    assert optimistic.endswith("run my_history --set training.base_model=small --set training.max_steps=3")
    train_base(domain, home, domain.bases[0])


def test_models_of_another_dataset_are_left_out(home: Home, domain: Domain, comparison: BaseComparison) -> None:
    current = (home.triplets(domain.name) / "current").readlink()
    stages.build_dataset(domain.with_overrides({"triplets.max_triplets_per_test": 3}), home)
    with pytest.raises(InputError, match=r"small: trained on dataset \w+, not on \w+"):
        compare_bases(domain, home)
    (home.triplets(domain.name) / "current").unlink()
    (home.triplets(domain.name) / "current").symlink_to(current)


def test_a_clean_keeps_the_newest_model_of_each_base_however_few_versions_are_kept(
    home: Home, domain: Domain, trained: dict[str, TrainedBase], comparison: BaseComparison
) -> None:
    frugal = domain.with_overrides({"promotion.keep_versions": 1})
    for each in trained.values():
        record = read_record(home.bases(domain.name) / each.base.key)
        assert record is not None
        assert record.version == each.training.version
    stages.clean(frugal, home)
    assert all(each.training.path.is_dir() and each.benchmark.path.is_dir() for each in trained.values())


def test_a_base_that_is_compared_no_more_goes_with_its_model(
    home: Home, domain: Domain, trained: dict[str, TrainedBase]
) -> None:
    newest = compare_bases(domain, home).path
    gone = clean_domain(home, domain.name, 1, ["small"], dry_run=True, now=time.time() + 3600)
    removed = {(removal.kind, removal.path.name) for removal in gone.removed}
    assert ("base", "large") in removed
    kept = {("base", "small"), ("model", trained["small"].training.version), ("comparison", newest.name)}
    assert not kept & removed


def test_a_domain_without_base_models_is_told_where_to_name_them(home: Home, domain: Domain) -> None:
    settings = domain.settings.model_copy(update={"base_models": ()})
    with pytest.raises(InputError, match=r"defs\.yaml: my_history compares no bases; add base_models"):
        run_bases(EmbeddingDomain(settings, domain.file), home)


def test_the_domain_is_judged_on_validation_with_that_base(domain: Domain) -> None:
    chosen = on_base(domain, domain.bases[1])
    assert (chosen.training.base_model, chosen.benchmark.split) == ("bases/large", "validation")


def test_a_validation_split_too_small_for_any_verdict_is_told_first(
    home: Home, domain: Domain, comparison: BaseComparison
) -> None:
    assert "at least" not in comparison.content["notes"][0]
    surer = compare_bases(domain.with_overrides({"benchmark.confidence": "0.9999"}), home)
    assert "in the validation split; at least 15 are needed for a verdict" in surer.content["notes"][0]
