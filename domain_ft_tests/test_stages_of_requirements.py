"""A domain of requirement records: land, audit, fix; what people are told of it, and what it refuses."""

import json
from pathlib import Path

import pytest

from domain_ft import adapter_stages, stages
from domain_ft.cli import main
from domain_ft.domain import AdapterDomain, Domain, EmbeddingDomain
from domain_ft.domains import find_domain
from domain_ft.errors import InputError
from domain_ft.requirements.checks import evaluate_requirements_dataset
from domain_ft.status import status_of_domain
from domain_ft.store.home import Home
from domain_ft.store.publish import pointed, read_manifest
from domain_ft_tests.landed_requirements import DOMAIN, drop_records, made, with_short_ids, without_constraints


@pytest.fixture
def domain() -> AdapterDomain:
    found = find_domain(DOMAIN).with_preset("quick")
    assert isinstance(found, AdapterDomain)
    return found


def land(home: Home, domain: Domain) -> None:
    """Sixty records, one of them to be repaired, one beyond repair."""
    first, second, *others = made(60)
    drop_records(home, [with_short_ids(first), without_constraints(second), *others])
    stages.ingest(domain, home)


def test_from_a_file_of_records_to_what_is_fit_to_learn_from(home: Home, domain: AdapterDomain) -> None:
    land(home, domain)
    audited = adapter_stages.audit(domain, home)
    assert (audited.total, audited.valid) == (60, 58)
    fixed = adapter_stages.fix(domain, home)
    assert sum(fixed.counts.values()) == 59
    assert set(fixed.leakage.values()) == {0}
    raw = pointed(home.raw(DOMAIN) / "current")
    assert raw is not None
    assert read_manifest(fixed.path)["raw"] == raw.name == read_manifest(audited.path)["raw"]


def test_an_evaluation_file_stands_beside_the_parts_and_nothing_like_it_is_learned_from(
    home: Home, domain: AdapterDomain, tmp_path: Path
) -> None:
    land(home, domain)
    curated = made(60)[10]
    (home.root / "curated.jsonl").write_text(json.dumps(curated) + "\n")
    fixed = adapter_stages.fix(domain.with_overrides({"dataset.evaluation_file": "curated.jsonl"}), home)
    assert json.loads((fixed.path / "curated.jsonl").read_text())["concept"] == curated["concept"]
    learned = (fixed.path / "train.jsonl").read_text() + (fixed.path / "validation.jsonl").read_text()
    assert curated["concept_id"] not in learned
    with (fixed.path / "train.jsonl").open("a") as file:
        file.write((fixed.path / "curated.jsonl").read_text())
    (leakage,) = [each for each in evaluate_requirements_dataset(fixed.path) if each.name == "leakage"]
    assert leakage.numbers["curated_concepts_learned"] == 1
    assert leakage.blocks


def test_an_evaluation_file_outside_the_folders_that_may_be_read_is_refused(
    home: Home, domain: AdapterDomain, tmp_path: Path
) -> None:
    land(home, domain)
    outside = tmp_path / "curated.jsonl"
    outside.write_text(json.dumps(made(1)[0]) + "\n")
    with pytest.raises(InputError, match="outside the folders that may be read"):
        adapter_stages.fix(domain.with_overrides({"dataset.evaluation_file": str(outside)}), home)


def test_where_it_stands_is_told_from_landing_to_the_records(home: Home, domain: AdapterDomain) -> None:
    assert status_of_domain(domain, home)["says"].startswith("nothing landed yet")
    land(home, domain)
    status = status_of_domain(domain, home)
    assert status["says"] == "no model yet: run domain-ft run requirements"
    assert (status["kind"], status["rows"], status["new_rows"]) == ("adapter", 60, 60)
    counts = adapter_stages.fix(domain, home).counts
    status = status_of_domain(domain, home)
    assert status["new_rows"] == 60
    assert status["dataset"] is not None
    said = f"59 records are fit to learn from ({counts['train']} train, {counts['validation']} validation, "
    assert status["says"].startswith(said)
    assert "1 record could not be repaired: " in status["says"]
    assert status["says"].endswith("no model yet: run domain-ft train requirements")


def test_the_command_tells_the_audit_and_the_dataset(
    home: Home, domain: AdapterDomain, capsys: pytest.CaptureFixture[str]
) -> None:
    land(home, domain)
    main_ends(["dataset", DOMAIN, "--preset", "quick", "--json"], 0)
    report = json.loads(capsys.readouterr().out)
    assert {"path", "digest", "counts", "funnel", "leakage"} <= set(report)
    assert report["audit"]["id_format_issues"]["records"] == 1
    assert Path(report["audit"]["markdown"]).is_file()


@pytest.mark.parametrize("command", ["sweep", "bases", "export"])
def test_a_command_for_embedding_models_says_which_domains_it_is_for(
    home: Home, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main_ends([command, DOMAIN], 2)
    said = capsys.readouterr().err
    assert "requirements is a domain of adapters, and this is for embedding models; name one of: manuals" in said


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["dataset", DOMAIN, "--set", "triplets.seed=1"], "has no effect here; this command uses audit, dataset only"),
        (["run", DOMAIN, "--set", "triplets.seed=1"], "where section is audit, dataset, training, benchmark, "),
        (["train", DOMAIN], "no dataset yet; run domain-ft dataset requirements"),
        (["benchmark", DOMAIN], "no model yet; run domain-ft train requirements"),
        (["promote", DOMAIN], "no benchmark yet; run domain-ft benchmark requirements"),
        (["optimize-prompt", "manuals"], "manuals is a domain of embeddings, and this is for adapters; name one of: "),
        (["export-ollama", DOMAIN, "--serve", "x", "--way", "gguf"], "--serve: takes a version that the server has"),
        (["optimize-prompt", DOMAIN, "--set", "training.epochs=1"], "has no effect here; this command uses prompt, "),
        (["run", DOMAIN, "--set", "survey.limit=5"], "survey.limit: has no effect here; no step of a run uses survey"),
        (["dataset", DOMAIN, "--set", "dataset.minimun=1"], "did you mean minimum?"),
        (["dataset", DOMAIN], "nothing has landed yet; run domain-ft ingest requirements FILE"),
        (["sample", DOMAIN, "--out", "x.csv"], "domain-ft generate requirements makes such records"),
        (["sample", "manuals", "--out", "x.csv"], "manuals reads pairs, and a sample is a test execution history"),
    ],
)
def test_what_does_not_fit_is_one_sentence(
    home: Home, command: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main_ends(command, 2)
    assert sentence in capsys.readouterr().err


def test_a_file_without_the_columns_says_which_are_missing(home: Home, domain: AdapterDomain, tmp_path: Path) -> None:
    file = tmp_path / "concepts.jsonl"
    file.write_text('{"id": "1", "concept": "A desk"}\n')
    with pytest.raises(InputError, match="column 'requirements' is missing"):
        stages.ingest(domain, home, [file])


def test_a_file_tells_which_kind_of_domain_it_is(tmp_path: Path) -> None:
    file = tmp_path / "defs.yaml"
    file.write_text("type: domain_ft.components.AdapterDomain\nattributes: {name: specs}\n")
    assert isinstance(Domain.load(file), AdapterDomain)
    with pytest.raises(InputError, match=r"defs.yaml:1: type: expected domain_ft.components.EmbeddingDomain"):
        EmbeddingDomain.load(file)


def main_ends(arguments: list[str], code: int) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == code
