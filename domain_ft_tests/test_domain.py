from pathlib import Path

import pytest

from domain_ft.domain import Domain, parse_override
from domain_ft.domains import all_domains, domain_files, find_domain
from domain_ft.errors import InputError

HEAD = "type: domain_ft.components.EmbeddingDomain\nattributes:\n  name: mine\n"


def load(tmp_path: Path, text: str) -> Domain:
    file = tmp_path / "defs.yaml"
    file.write_text(text)
    return Domain.load(file)


def test_a_name_is_enough(tmp_path: Path) -> None:
    domain = load(tmp_path, HEAD)
    assert (domain.name, domain.training.loss) == ("mine", "multiple_negatives_ranking")


def test_numbers_may_be_written_as_people_write_them(tmp_path: Path) -> None:
    domain = load(tmp_path, HEAD + "  training: {learning_rate: 3e-5, epochs: 2, batch_size: 1_6}\n")
    assert (domain.training.learning_rate, domain.training.batch_size) == (3e-5, 16)


def test_null_means_none(tmp_path: Path) -> None:
    assert load(tmp_path, HEAD + "  triplets: {max_per_build: null}\n").triplets.max_per_build is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("  training:\n    epoch: 2\n", r"defs\.yaml:5: training\.epoch: no such setting; did you mean epochs\?"),
        ("  training:\n    epochs: many\n", r"defs\.yaml:5: training\.epochs: input should be a valid number.*'many'"),
        ("  training:\n    loss: tripplet\n", r"defs\.yaml:5: training\.loss: .*'triplet'.*got 'tripplet'"),
        ("  training:\n    learning_rate: -1\n", r"defs\.yaml:5: training\.learning_rate: .*greater than 0"),
        ("  training:\n    device: gpu\n", r"defs\.yaml:5: training\.device: unknown device 'gpu'"),
        ("  triplets:\n    split: {test: 0.9}\n", r"triplets\.split: .*leave nothing to train on"),
        ("  automation:\n    nightly: daily\n", r"automation\.nightly: a cron line has five fields"),
        ("  source:\n    verdicts: {ok: fine}\n", r"source\.verdicts\.ok: .*'pass'"),
        (
            "  base_models:\n    - starter\n    - starter@v2\n",
            r"defs\.yaml:6: base_models\.1: starter has no revisions",
        ),
        ("  base_models: [starter]\n", r"defs\.yaml:4: base_models: .*needs two base models or more"),
        ("  base_models: [a/b, a/b]\n", r"defs\.yaml:4: base_models: .*partition b, and it stands there twice"),
        ("  base_models: [a/b, c/B]\n", r"defs\.yaml:4: base_models: .*partition B, and so would a/b"),
        ("  base_models: starter\n", r"defs\.yaml:4: base_models: input should be a valid tuple; got 'starter'"),
        (
            "  training:\n    merge_with_base: 2\n",
            r"defs\.yaml:5: training\.merge_with_base: expected a share .*got '2'",
        ),
        ("  sauce: {}\n", r"defs\.yaml:4: sauce: no such setting; did you mean source\?"),
        ("  presets:\n    quick:\n      training: {epoch: 3}\n", r"defs\.yaml:6: training\.epoch: no such setting"),
        ("  presets:\n    quick:\n      source: {}\n", r"no section 'source'; a preset may set"),
    ],
)
def test_a_wrong_setting_is_refused_with_file_line_and_key(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        load(tmp_path, HEAD + text)


@pytest.mark.parametrize("text", ["", "[]", "type: x\n", "type: other\nattributes: {name: a}\n"])
def test_a_file_that_is_no_domain_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"defs\.yaml:1: "):
        load(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        Domain.load(tmp_path / "defs.yaml")


def test_base_models_are_named_as_training_names_one(tmp_path: Path) -> None:
    domain = load(tmp_path, HEAD + "  base_models: [starter, bases/mine, a/b@v1]\n")
    assert [base.key for base in domain.bases] == ["starter", "mine", "b@v1"]
    chosen = domain.with_overrides(domain.bases[2].settings).training
    assert (chosen.base_model, chosen.base_revision) == ("a/b", "v1")


@pytest.mark.parametrize("text", ["", "  base_models: []\n", "  base_models:\n"])
def test_a_domain_may_compare_no_bases(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, HEAD + text).bases == ()


PAIRS = "  source: {format: pairs}\n"


@pytest.mark.parametrize(
    ("text", "metric"),
    [
        ("", "map"),
        ("  benchmark: {primary_metric: apfd}\n", "apfd"),
        (PAIRS, "mrr_at_10"),
        (PAIRS + "  benchmark: {primary_metric: accuracy_at_1}\n", "accuracy_at_1"),
        (PAIRS + "  training: {validation_metric: null}\n", "mrr_at_10"),
        (PAIRS + "  training: {validation_metric: triplet_accuracy}\n", "triplet_accuracy"),
    ],
)
def test_checkpoints_are_chosen_by_the_primary_metric_unless_another_is_given(
    tmp_path: Path, text: str, metric: str
) -> None:
    training = load(tmp_path, HEAD + text).training
    assert (training.validation_metric, training.checkpoint_metric) == (metric, metric)


def test_another_primary_metric_chooses_other_checkpoints(tmp_path: Path) -> None:
    domain = load(tmp_path, HEAD).with_overrides({"benchmark.primary_metric": "apfd"})
    assert domain.training.validation_metric == "apfd"
    assert domain.with_overrides({"training.validation_metric": "map"}).training.validation_metric == "map"


@pytest.mark.parametrize(("source", "metric"), [("", "accuracy_at_1"), (PAIRS, "apfd")])
def test_a_checkpoint_metric_that_the_kind_of_data_lacks_is_refused(tmp_path: Path, source: str, metric: str) -> None:
    with pytest.raises(InputError, match=r"training\.validation_metric: .*got"):
        load(tmp_path, f"{HEAD}{source}  training: {{validation_metric: {metric}}}\n")


def test_a_preset_replaces_only_what_it_names(tmp_path: Path) -> None:
    domain = load(tmp_path, HEAD + "  training: {batch_size: 7}\n  presets: {quick: {training: {epochs: 9}}}\n")
    quick = domain.with_preset("quick")
    assert (quick.preset, quick.training.epochs, quick.training.batch_size) == ("quick", 9, 7)


def test_an_unknown_preset_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no preset 'fast'; it has: quick"):
        load(tmp_path, HEAD + "  presets: {quick: {}}\n").with_preset("fast")


def test_an_override_wins_over_a_preset(tmp_path: Path) -> None:
    domain = load(tmp_path, HEAD + "  presets: {quick: {training: {epochs: 9}}}\n").with_preset("quick")
    assert domain.with_overrides({"training.epochs": "3"}).training.epochs == 3


def test_an_override_reaches_nested_settings(tmp_path: Path) -> None:
    assert load(tmp_path, HEAD).with_overrides({"triplets.split.test": "0.3"}).triplets.split.test == 0.3


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("training.epoch", "3", "no such setting; did you mean epochs"),
        ("epochs", "3", r"settings are named section\.key"),
        ("source.delimiter", ";", "section is triplets"),
        ("training.epochs", "x", "valid number"),
    ],
)
def test_a_wrong_override_is_refused(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        load(tmp_path, HEAD).with_overrides({name: value})


@pytest.mark.parametrize(("typed", "value"), [('"query: "', "query: "), ("' a'", " a"), ('""', ""), ('"', '"')])
def test_a_value_in_quotation_marks_is_taken_as_it_stands(typed: str, value: str) -> None:
    assert parse_override(f"training.query_prefix={typed}") == ("training.query_prefix", value)


def test_an_override_is_name_equals_value() -> None:
    assert parse_override("training.max_steps=null") == ("training.max_steps", None)
    with pytest.raises(InputError, match=r"expected section\.key=value"):
        parse_override("training.epochs")


def test_an_unknown_domain_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"unknown domain 'test_histori'.*did you mean test_history"):
        find_domain("test_histori")


def test_every_domain_that_ships_is_valid() -> None:
    assert [Domain.load(file).name for file in domain_files()] == [file.parent.name for file in domain_files()]


def test_two_files_that_claim_one_name_are_refused_with_both(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "defs.yaml").write_text(HEAD)
    with pytest.raises(InputError, match=r"b/defs\.yaml: name: '.*' is the name of .*a/defs\.yaml, too"):
        all_domains(tmp_path)
