"""A detector of strangers as it is published: for which model it speaks, when it is made anew, what it keeps out."""

import json
from typing import Any

import numpy as np
import pytest

from domain_ft import stages
from domain_ft.domains import find_embedding_domain
from domain_ft.errors import NothingToJudgeError
from domain_ft.evaluation.general.task import general_task
from domain_ft.store.home import Home
from domain_ft.uses.detect_strangers import detect_strangers, stranger_score
from domain_ft.uses.stranger_queries import EVERYDAY
from domain_ft.uses.unlearned import unlearned_task
from domain_ft.uses.used_model import foreign_model, model_in_use
from domain_ft_tests.landed_pairs import OVERRIDES, PAIRS, land_pairs
from domain_ft_tests.passage_world import crown
from domain_ft_tests.tiny_model import make_tiny_model

PAPERS = find_embedding_domain("papers_qa").with_overrides(OVERRIDES)


@pytest.fixture
def landed(home: Home) -> Home:
    land_pairs(home)
    return home


def land_papers(home: Home, *questions: str) -> None:
    rows = [
        {
            "question": question,
            "answer": f"the study says that it was number {n}",
            "context": f"here it is said that it was number {n} of them",
            "file_name": f"{n}.txt",
        }
        for n, question in enumerate(questions)
    ]
    file = home.root / "papers.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    stages.ingest(PAPERS, home, [file])


def test_before_one_was_fitted_there_is_no_score(landed: Home) -> None:
    used = model_in_use(PAIRS, landed)
    assert stranger_score(PAIRS, landed, used.encode_queries(["how"])) is None


def test_the_same_detector_is_not_made_twice_and_other_settings_make_another(landed: Home) -> None:
    first, again = detect_strangers(PAIRS, landed), detect_strangers(PAIRS, landed)
    assert (first.reused, again.reused) == (False, True)
    assert first.path == again.path
    other = PAIRS.with_overrides({"out_of_distribution.false_positive_rate": 0.2})
    assert detect_strangers(other, landed).digest != first.digest


def test_a_detector_of_another_model_says_nothing(landed: Home) -> None:
    detect_strangers(PAIRS, landed)
    make_tiny_model(landed.root / "other", seed=5)
    other = foreign_model(PAIRS, landed, "other")
    assert stranger_score(PAIRS, landed, other.encode_queries(["how"]), used=other) is None
    used = model_in_use(PAIRS, landed)
    assert stranger_score(PAIRS, landed, used.encode_queries(["how"]), used=used) is not None


def test_scores_are_those_that_the_threshold_was_set_on(landed: Home) -> None:
    """Of the validation queries, scored as any query is, no more than promised are strangers."""
    detect_strangers(PAIRS, landed)
    dataset = stages.build_dataset(PAIRS, landed).path
    own = sorted(set(unlearned_task(landed, PAIRS.name, dataset, "validation", {})[0].query_texts))
    scores = stranger_score(PAIRS, landed, model_in_use(PAIRS, landed).encode_queries(own))
    assert scores is not None
    assert sum(score.is_stranger for score in scores) <= 0.05 * len(own)
    assert max(score.p_value for score in scores) == 1.0


def test_other_domains_that_have_landed_are_strangers_but_not_what_both_ask(landed: Home) -> None:
    shared = [f"How is  PART {number} cleaned" for number in range(40)]
    land_papers(landed, *shared, *(f"what was measured in study {number}" for number in range(60)))
    found = detect_strangers(PAIRS, landed)
    assert set(found.content["separations"]) == {EVERYDAY, "papers_qa"}
    assert found.content["strangers"]["papers_qa"] <= 60
    assert found.content["strangers"]["papers_qa"] >= 20
    assert not found.content["notes"] or "no other domain" not in " ".join(found.content["notes"])


def test_no_more_queries_are_kept_than_the_settings_say(landed: Home) -> None:
    few = PAIRS.with_overrides(
        {"out_of_distribution.most_training_queries": 20, "out_of_distribution.most_strangers": 15}
    )
    content = detect_strangers(few, landed).content
    assert content["queries"]["train"] == 20
    assert content["strangers"] == {EVERYDAY: 15}


def test_a_sentence_and_its_paraphrase_stand_in_one_half(landed: Home) -> None:
    """They are a cluster: the choice must not see one of what the figures are measured on."""
    from domain_ft.uses.stranger_queries import _half

    task = general_task()
    halves: dict[int, set[int]] = {}
    for row in task.clusters.tolist():
        halves.setdefault(row, set()).add(_half(str(row)))
    assert all(len(half) == 1 for half in halves.values())
    sizes = np.bincount([half for each in halves.values() for half in each])
    assert sizes.min() > 0.4 * len(halves)


def test_a_damaged_detector_is_made_anew(landed: Home) -> None:
    first = detect_strangers(PAIRS, landed)
    (first.path / "report.html").write_text("altered")
    again = detect_strangers(PAIRS, landed)
    assert not again.reused
    assert again.content["threshold"] == first.content["threshold"]


def test_what_the_champion_has_learned_from_is_not_measured_on(landed: Home) -> None:
    """It was trained on the pairs of another dataset, whose splits were others."""
    halves = PAIRS.with_overrides({"triplets.split.validation": 0.4, "triplets.split.test": 0.4})
    other = stages.build_dataset(halves.with_overrides({"triplets.seed": 7}), landed).path
    newest = stages.build_dataset(halves, landed)
    crown(landed, other)
    content = detect_strangers(halves, landed).content
    for split in ("validation", "test"):
        left_out = sum(content["excluded"][split].values())
        assert left_out > 0
        assert content["queries"][split] <= newest.counts[split] - left_out
    assert content["notes"][0].startswith("left out, for the model has learned from them: ")


def test_too_few_queries_are_a_sentence(home: Home) -> None:
    land_pairs(home, [f"how is part {number} cleaned" for number in range(16)])
    with pytest.raises(NothingToJudgeError, match=r"the (validation|test) split has \d quer"):
        detect_strangers(PAIRS, home)


def test_the_asset_shows_what_was_found_and_passes_over_what_is_too_little(home: Home) -> None:
    import dagster as dg

    from domain_ft.components.out_of_distribution_asset import out_of_distribution_asset
    from domain_ft.resources.compute import Compute
    from domain_ft.resources.state import StateRoot

    def materialize() -> Any:
        resources = {"state": StateRoot(), "compute": Compute()}
        return dg.materialize([out_of_distribution_asset(PAIRS)], resources=resources)

    land_pairs(home, [f"how is part {number} cleaned" for number in range(16)])
    assert materialize().get_asset_materialization_events() == []
    land_pairs(home)
    (event,) = materialize().get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert 0 <= metadata["false_positive_rate"].value <= 1
    assert 0 <= metadata["auc_everyday_sentences"].value <= 1
