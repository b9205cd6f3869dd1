"""What reaches the threshold is taken; what does not is taken only where that was allowed, and is marked."""

from hypothesis import given
from hypothesis import strategies as st

from domain_ft.requirements.filter import filter_by_score

SCORES = st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), max_size=12)


@given(scores=SCORES, threshold=st.floats(0, 1), minimum=st.integers(0, 14), allowed=st.integers(0, 14))
def test_never_fewer_than_asked_for_nor_more_below_than_allowed(
    scores: list[float], threshold: float, minimum: int, allowed: int
) -> None:
    found = filter_by_score(scores, threshold=threshold, minimum=minimum, allow_below=allowed)
    good = [place for place, score in enumerate(scores) if score >= threshold]
    if found.why_not is None:
        assert len(found.kept) >= minimum
        assert set(found.kept) - found.below == set(good)
        assert len(found.below) <= allowed
        assert list(found.kept) == sorted(found.kept)
    else:
        assert found.kept == ()
        assert min(len(good) + allowed, len(scores)) < minimum


def test_the_best_below_the_threshold_fill_up_and_no_more_than_needed() -> None:
    found = filter_by_score([0.9, 0.5, 0.7, 0.6, 0.8], threshold=0.8, minimum=3, allow_below=9)
    assert (found.kept, found.below) == ((0, 2, 4), {2})


def test_too_few_rows_are_a_sentence_and_no_rows() -> None:
    found = filter_by_score([0.9, 0.5, 0.7], threshold=0.8, minimum=2)
    assert found.kept == ()
    assert found.why_not == (
        "1 of 3 rows reach 0.8, and 2 are asked for; the best 2 go down to 0.700: improve the rows, ask for fewer "
        "(--minimum), or take the best below the threshold, marked as such (--allow-below 1)"
    )


def test_a_set_that_is_too_small_asks_for_more_rows() -> None:
    found = filter_by_score([0.9], threshold=0.8, minimum=2, allow_below=5)
    assert (
        found.why_not == "1 of 1 row reach 0.8, and 2 are asked for; generate more rows, or ask for fewer (--minimum)"
    )
