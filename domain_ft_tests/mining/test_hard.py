"""Hard negatives: unaffected changes of the same area, nearest to the test's words."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from domain_ft.history.tables import History
from domain_ft.mining.hard import areas_of
from domain_ft.mining.miner import mine_triplets
from domain_ft.mining.settings import TripletSettings

Negatives = Callable[..., set[str]]
HARD = TripletSettings(negatives="hard", max_per_build=None)


@pytest.fixture
def negatives(history_of: Any, in_training: Callable[[History], pl.DataFrame]) -> Negatives:
    """The negative builds of the triplets of test `t`, whose change is build 5 of PPPPPF."""

    def run(settings: TripletSettings = HARD, **history: Any) -> set[str]:
        made = history_of({"t": "PPPPPF", "u": "PPPPPP", **history.pop("timelines", {})}, **history)
        triplets = mine_triplets(made, in_training(made), settings).triplets
        return set(triplets.filter(pl.col("test_id") == "t")["negative_build"])

    return run


def test_a_change_of_the_same_area_is_preferred(negatives: Negatives) -> None:
    paths = {i: [f"src/area{i}/file.py"] for i in range(5)} | {3: ["src/cart/a.py"], 5: ["src/cart/deep/b.py"]}
    assert negatives(paths=paths) == {"b003"}


def test_components_are_areas_too(negatives: Negatives) -> None:
    assert negatives(paths={0: ["Billing"], 2: ["Login"], 5: ["login"]}) == {"b002"}


def test_without_a_change_of_the_same_area_the_nearest_by_bm25_is_taken(negatives: Negatives) -> None:
    changes = {1: "rename the printer port", 4: "the printer is slow"}
    assert negatives(changes=changes, texts={"t": "checks the printer port"}) == {"b001"}


def test_within_the_same_area_the_nearest_by_bm25_is_taken(negatives: Negatives) -> None:
    paths = {1: ["src/cart/a.py"], 2: ["src/cart/a.py"], 5: ["src/cart/b.py"]}
    changes = {0: "checks the printer port", 2: "drop the printer"}
    assert negatives(paths=paths, changes=changes, texts={"t": "checks the printer port"}) == {"b002"}


def test_an_affected_change_is_never_taken_however_near(negatives: Negatives) -> None:
    changes = {2: "checks the printer port", 3: "checks the printer port quickly"}
    found = negatives(
        HARD.model_copy(update={"flaky_threshold": 1.0}),
        timelines={"t": "PPFPPF"},
        changes=changes,
        texts={"t": "checks the printer port"},
    )
    assert found <= {"b000", "b001", "b004"}


def test_among_equals_the_seed_decides(history_of: Any, in_training: Callable[[History], pl.DataFrame]) -> None:
    made = history_of({f"t{i:02d}": "PPPPPPF" for i in range(30)}, changes={i: f"word{i}" for i in range(7)})
    chosen = [
        mine_triplets(made, in_training(made), HARD.model_copy(update={"seed": seed})).triplets["negative_build"]
        for seed in (1, 1, 2)
    ]
    assert chosen[0].equals(chosen[1])
    assert not chosen[0].equals(chosen[2])
    assert chosen[0].n_unique() > 1


def test_change_texts_without_a_word_are_no_obstacle(negatives: Negatives) -> None:
    assert negatives(changes={i: "!?" + "." * i for i in range(6)}) <= {f"b00{i}" for i in range(5)}


def test_random_negatives_do_not_look_at_areas(history_of: Any, in_training: Callable[[History], pl.DataFrame]) -> None:
    paths = {3: ["src/cart/a.py"], 5: ["src/cart/b.py"]}
    made = history_of({f"t{i:02d}": "PPPPPF" for i in range(30)}, paths=paths)
    random = HARD.model_copy(update={"negatives": "random"})
    assert mine_triplets(made, in_training(made), random).triplets["negative_build"].n_unique() == 5
    assert mine_triplets(made, in_training(made), HARD).triplets["negative_build"].n_unique() == 1


@pytest.mark.parametrize(
    ("paths", "areas"),
    [
        (["src/cart/deep/a.py"], {"src/cart"}),
        (["src/a.py"], {"src"}),
        (["README.md"], {"readme.md"}),
        (["Billing", " billing "], {"billing"}),
        (["/src/cart/"], {"src/cart"}),
        (["", "/", " "], set()),
    ],
)
def test_an_area_is_a_component_or_the_leading_folders_of_a_path(paths: list[str], areas: set[str]) -> None:
    assert areas_of(paths) == areas
