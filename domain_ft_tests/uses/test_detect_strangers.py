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
from domain_ft.uses.detect_strangers import detect_strangers
from domain_ft.uses.score_strangers import StrangerScore, detector_notes, stranger_score
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


def test_a_detector_that_fits_what_is_there_says_nothing_of_itself(landed: Home) -> None:
    used = model_in_use(PAIRS, landed)
    assert detector_notes(PAIRS, landed, used) == ()
    detect_strangers(PAIRS, landed)
    assert detector_notes(PAIRS, landed, used) == ()


def test_a_detector_of_another_dataset_says_so_with_the_mend(landed: Home) -> None:
    detect_strangers(PAIRS, landed)
    stages.build_dataset(PAIRS.with_overrides({"triplets.seed": 7}), landed)
    (note,) = detector_notes(PAIRS, landed, model_in_use(PAIRS, landed))
    assert note == (
        "the detector of strangers was fitted on another dataset than the one that is there now: "
        "run domain-ft strangers manuals"
    )
    detect_strangers(PAIRS, landed)
    assert detector_notes(PAIRS, landed, model_in_use(PAIRS, landed)) == ()


def test_a_detector_of_other_settings_says_so_with_the_mend(landed: Home) -> None:
    detect_strangers(PAIRS, landed)
    other = PAIRS.with_overrides({"out_of_distribution.false_positive_rate": 0.2})
    (note,) = detector_notes(other, landed, model_in_use(PAIRS, landed))
    assert note.startswith("the settings of the detector of strangers have changed since it was fitted: run domain-ft")


def test_a_detector_of_another_model_says_why_nothing_is_scored(landed: Home) -> None:
    detect_strangers(PAIRS, landed)
    make_tiny_model(landed.root / "other", seed=5)
    (note,) = detector_notes(PAIRS, landed, foreign_model(PAIRS, landed, "other"))
    assert note == (
        "no query is scored: the detector of strangers was fitted with tiny, and other is in use: "
        "run domain-ft strangers manuals"
    )


def test_a_detector_of_another_version_says_so(landed: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    detect_strangers(PAIRS, landed)
    monkeypatch.setattr("domain_ft.uses.score_strangers.DETECTOR_VERSION", 99)
    (note,) = detector_notes(PAIRS, landed, model_in_use(PAIRS, landed))
    assert note.startswith("the detector of strangers was fitted by another version of domain-ft: run ")


def test_another_domain_that_has_landed_since_leaves_the_scores_and_is_not_told(landed: Home) -> None:
    detect_strangers(PAIRS, landed)
    land_papers(landed, *(f"what was measured in study {number}" for number in range(60)))
    assert detector_notes(PAIRS, landed, model_in_use(PAIRS, landed)) == ()


@pytest.mark.parametrize(
    ("as_strange", "held_out", "told"),
    [
        (0, 92, "none of its 92 held-out queries is as strange"),
        (1, 92, "1 of its 92 held-out queries is as strange"),
        (3, 1200, "3 of its 1,200 held-out queries are as strange"),
    ],
)
def test_how_many_are_as_strange_is_a_count_and_none_where_none_is(as_strange: int, held_out: int, told: str) -> None:
    assert StrangerScore(2.0, 1.0, (1 + as_strange) / (1 + held_out), True, as_strange, held_out).told == told


def test_the_count_of_the_strange_is_that_of_the_held_out_queries(landed: Home) -> None:
    made = detect_strangers(PAIRS, landed)
    used = model_in_use(PAIRS, landed)
    dataset = stages.build_dataset(PAIRS, landed).path
    own = sorted(set(unlearned_task(landed, PAIRS.name, dataset, "validation", {})[0].query_texts))
    scores = stranger_score(PAIRS, landed, used.encode_queries([*own, "zq zq zq zq"]))
    assert scores is not None
    assert {score.held_out for score in scores} == {len(own)} == {made.content["queries"]["validation"]}
    assert max(score.as_strange for score in scores) == len(own)
    assert min(score.as_strange for score in scores[:-1]) == 1


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
