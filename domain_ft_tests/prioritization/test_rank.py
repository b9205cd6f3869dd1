"""The daily ranking: each test once, the ones that matter first, with a reason in words."""

from collections.abc import Sequence

import numpy as np
import pytest

from domain_ft.prioritization.learned.lambdarank import Lambdarank
from domain_ft.prioritization.orders import DEFAULT_WEIGHTS, FAILURE_RATE, HYBRID_TUNED, TREES, TUNED_COSINE
from domain_ft.prioritization.rank import Change, Order, RankedTest, Ranker
from domain_ft.prioritization.settings import PrioritizationSettings
from domain_ft.prioritization.timeline import build_timeline
from domain_ft.store.vectors import Embedder, FloatArray
from domain_ft.uses.planned_tests import MeasuredShare, share_for_confidence
from domain_ft_tests.prioritization.histories import Build, history
from domain_ft_tests.prioritization.test_features import vectors

TEXTS = {"t1": "Cart adds up the total", "t2": "Login refuses a wrong password", "t3": "Order mails a receipt"}
BUILDS = [
    Build("a", 0, "first import", {"t1": ("p", 1.0), "t2": ("p", 2.0), "t3": ("p", 3.0)}),
    Build("b", 10, "Rework the mailer", {"t1": ("p", 1.0), "t2": ("p", 2.0), "t3": ("f", 3.0)}),
    Build("c", 20, "Fix receipts", {"t1": ("p", 1.0), "t2": ("p", 2.0), "t3": ("p", 3.0)}),
    Build("d", 30, "New password rules", {"t1": ("p", 1.0), "t2": ("f", 2.0), "t3": ("p", 3.0)}),
]
LATER = 2_000_000_000_000_000


class Embedding:
    """Texts by the words that they share."""

    def encode_query(self, text: str) -> FloatArray:
        return vectors((text,))[0]

    def encode_queries(self, texts: Sequence[str]) -> FloatArray:
        return vectors(tuple(texts))

    encode_passages = encode_queries


def ranker(order: Order | None = None, model: Embedder | None = None, **settings: object) -> Ranker:
    timeline = build_timeline(history(BUILDS, TEXTS), "flip")
    return Ranker(timeline, PrioritizationSettings(**settings), order or Order(), model)


def rank(text: str, tests: tuple[str, ...] = ("t1", "t2", "t3"), **options: object) -> tuple[RankedTest, ...]:
    return ranker(**options).rank(Change(text), "shop", tests, LATER)  # type: ignore[arg-type]


def test_a_test_that_the_change_speaks_of_comes_first_and_says_why() -> None:
    ranked = rank("Cart shows its total in yen")
    assert ranked[0].test == "t1"
    assert "shares cart, total" in ranked[0].reason or "shares total, cart" in ranked[0].reason


def test_a_test_that_a_similar_change_broke_says_so() -> None:
    [found] = [test for test in rank("Rework the mailer again") if test.test == "t3"]
    assert "broke with the similar change 'Rework the mailer' (b)" in found.reason


def test_a_test_that_failed_when_last_run_says_when() -> None:
    [found] = [test for test in rank("nothing of that kind") if test.test == "t2"]
    assert "failed" in found.reason
    assert "when last run" in found.reason


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (1, "1 minute ago"),
        (5, "5 minutes ago"),
        (89, "89 minutes ago"),
        (300, "5 hours ago"),
        (34 * 60, "34 hours ago"),
        (48 * 60, "2 days ago"),
    ],
)
def test_how_long_ago_is_said_in_the_unit_that_fits(minutes: int, said: str) -> None:
    timeline = build_timeline(history([Build("a", 0, "x", {"t1": "f", "t2": "p"})]), "flip")
    now = int(timeline.started[0]) + minutes * 60_000_000
    [found] = Ranker(timeline, PrioritizationSettings(), Order()).rank(Change("y"), "shop", ("t1",), now)
    assert found.reason == f"failed {said}, when last run"


def test_what_passed_since_is_counted_in_runs() -> None:
    timeline = build_timeline(history([*BUILDS, Build("e", 40, "more", {"t2": "p"})]), "flip")
    [found] = Ranker(timeline, PrioritizationSettings(), Order()).rank(Change("y"), "shop", ("t2",), LATER)
    assert found.reason.endswith(", 1 run back")


def test_words_that_any_sentence_has_are_no_reason() -> None:
    shared = {test.test: test.reason for test in rank("The total of the cart is a test")}
    assert "shares cart, total with" in shared["t1"] or "shares total, cart with" in shared["t1"]
    assert "shares" not in shared["t2"]
    assert "shares" not in shared["t3"]


def test_a_similar_change_of_several_lines_is_quoted_as_one() -> None:
    builds = [*BUILDS[:1], Build("b", 10, "Rework the mailer\n\nand its queue", {"t3": "f"})]
    timeline = build_timeline(history(builds, TEXTS), "flip")
    [found] = Ranker(timeline, PrioritizationSettings(), Order()).rank(Change("mailer"), "shop", ("t3",), LATER)
    assert "the similar change 'Rework the mailer and its queue' (b)" in found.reason


def test_the_expected_time_is_the_mean_of_the_known_runs() -> None:
    assert {test.test: test.expected_s for test in rank("x")} == {"t1": 1.0, "t2": 2.0, "t3": 3.0}


def test_each_test_is_ranked_once_also_one_named_twice_or_not_known() -> None:
    ranked = rank("Checkout", ("t1", "tests/test_checkout.py::test_pays", "t1", "t3"))
    assert sorted(test.test for test in ranked) == ["t1", "t3", "tests/test_checkout.py::test_pays"]
    assert ranked[0].test == "tests/test_checkout.py::test_pays"
    assert "has no known run" in ranked[0].reason
    assert [test.rank for test in ranked] == [1, 2, 3]


def test_a_change_without_text_is_ranked_by_what_the_history_says() -> None:
    assert rank("")[0].test == "t2"


def test_tests_of_equal_score_keep_the_order_in_which_they_were_named() -> None:
    ranked = rank("", ("t3", "t1", "t2"), order=Order(FAILURE_RATE))
    assert [test.test for test in ranked] == ["t3", "t2", "t1"]
    assert ranked[0].score == ranked[1].score


def test_what_must_run_comes_first() -> None:
    ranked = rank("Cart total", must_run=("text:*RECEIPT*",))
    assert (ranked[0].test, ranked[0].must_run) == ("t3", True)
    assert ranked[1].test == "t1"


@pytest.mark.parametrize(
    ("rule", "forced"), [("test:t[12]", {"t1", "t2"}), ("new", {"unheard of"}), ("failed_last", {"t2"})]
)
def test_each_rule_names_its_tests(rule: str, forced: set[str]) -> None:
    ranked = rank("x", ("t1", "t2", "t3", "unheard of"), must_run=(rule,))
    assert {test.test for test in ranked if test.must_run} == forced


@pytest.mark.parametrize("order", [TUNED_COSINE, HYBRID_TUNED])
def test_an_order_by_meaning_asks_the_model(order: str) -> None:
    weights = {"words": 0.0, "meaning": 1.0}
    ranked = rank(TEXTS["t3"], order=Order(order, weights), model=Embedding())  # type: ignore[arg-type]
    assert ranked[0].test == "t3"
    assert "cosine 1.00" in ranked[0].reason


class Leaf:
    """A booster that puts all tests into one leaf."""

    def feature_name(self) -> list[str]:
        return ["failure_rate"]

    def predict(self, features: FloatArray, **_: object) -> FloatArray:
        return np.zeros(len(features), dtype=np.float32)


def test_what_trees_cannot_tell_apart_stands_as_the_hybrid_has_it() -> None:
    by_trees = rank("Order mails a receipt", order=Order(TREES, trees=Lambdarank(Leaf())))
    assert [test.test for test in by_trees] == [test.test for test in rank("Order mails a receipt")]
    assert by_trees[0].test == "t3"


def test_without_its_model_an_order_by_meaning_is_the_hybrid_without() -> None:
    with_none = rank("Cart total", order=Order(HYBRID_TUNED, DEFAULT_WEIGHTS))
    assert [test.test for test in with_none] == [test.test for test in rank("Cart total")]


def test_a_history_with_a_single_failing_build_is_ranked() -> None:
    timeline = build_timeline(history([Build("a", 0, "x", {"t1": "f", "t2": "p"})]), "flip")
    ranked = Ranker(timeline, PrioritizationSettings(), Order()).rank(Change("y"), "shop", ("t2", "t1"), LATER)
    assert [test.test for test in ranked] == ["t1", "t2"]
    assert {test.expected_s for test in ranked} == {None}


def test_the_share_for_a_confidence_is_read_off_the_measured_curve() -> None:
    caught = [None, {"mean": 0.5}, {"mean": 0.93}, {"mean": 1.0}]
    curve = {"share": [0.0, 0.25, 0.5, 1.0], "caught": {"hybrid": caught}}
    assert share_for_confidence(curve, "hybrid", 90) == MeasuredShare(0.5, 0.93)
    assert share_for_confidence(curve, "bm25", 90) is None
