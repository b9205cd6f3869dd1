"""Why there are too few training triplets, in one sentence that names a setting or a lack in the data.

A lack in the data is seen from its counts. A setting is blamed only after mining again without it has shown that
it was the one that stood in the way: guessing by the size of a funnel row blames the innocent.
"""

from collections.abc import Callable, Mapping
from typing import Any

from domain_ft.history.relevance import FAILING, LABELLED
from domain_ft.history.tables import History
from domain_ft.mining.miner import MinedTriplets
from domain_ft.mining.settings import TripletSettings

_LOOSENED: Mapping[str, Any] = {
    "sample_size": None,
    "min_fail_builds": 1,
    "min_pass_builds": 1,
    "flaky_threshold": 1.0,
    "max_per_build": None,
    "max_triplets_per_test": 1_000_000,
    "relevance": "any_failure",
}
"""Each setting that can keep triplets out, at a value where it keeps out (almost) none."""


def explain_shortage(
    history: History, mined: MinedTriplets, settings: TripletSettings, count: Callable[[TripletSettings], int]
) -> str:
    """One sentence for the InputError; `count` mines again with other settings and counts the training triplets.

    `history` and `mined` are of the sample that `settings` asks for.
    """
    found = mined.counts["train"]
    need = f"triplets.minimum is {settings.minimum}"
    start = f"only {found} training triplets ({need})" if found else "no training triplet could be mined"
    lack = _lack_in_the_data(history, mined, settings)
    setting = None if lack and settings.sample_size is None else _setting_to_blame(settings, found, count)
    return f"{start}: {setting or lack or _largest_loss(mined)}"


def _lack_in_the_data(history: History, mined: MinedTriplets, settings: TripletSettings) -> str | None:
    """The first thing that no setting can mend."""
    verdicts = history.verdicts()
    labelled = sum(verdicts.get(verdict, 0) for verdict in LABELLED)
    failing = sum(verdicts.get(verdict, 0) for verdict in FAILING)
    rows = {row.name: row.count for row in mined.funnel}
    builds = history.runs["build_id"].n_unique()
    if not labelled:
        return f"none of the {history.runs.height} runs passed or failed; check source.verdicts and the landed files"
    if builds == 1:
        return "the history has one build only, and a triplet takes two that differ; land more builds"
    if not failing:
        return f"not one of the {labelled} runs failed; land a history with failures, or check source.verdicts"
    if failing == labelled:
        return f"all {labelled} runs failed, so no change left a test unaffected; check source.verdicts"
    if rows["builds_without_change_text"] == history.builds.height:
        return "no build has a change text; name the column of the commit message in source.columns.change"
    if not rows["relevant_runs"]:
        return _no_relevant_run(settings)
    return None


def _no_relevant_run(settings: TripletSettings) -> str:
    what = "changed its verdict" if settings.relevance == "flip" else "went from pass to fail"
    return (
        f"no test {what} between two of its builds, and triplets.relevance is {settings.relevance}; "
        "land more builds, or set triplets.relevance to any_failure"
    )


def _setting_to_blame(settings: TripletSettings, found: int, count: Callable[[TripletSettings], int]) -> str | None:
    """The setting whose loosening alone gives the most, if it gives enough, or anything where there was nothing.

    Relevance comes last: to loosen it is to ask another question.
    """
    gains = {
        name: count(settings.model_copy(update={name: loose}))
        for name, loose in _LOOSENED.items()
        if getattr(settings, name) != loose
    }
    for names in (sorted(gains.keys() - {"relevance"}), sorted(gains.keys() & {"relevance"})):
        best = max(names, key=lambda name: gains[name], default=None)
        if best and gains[best] > found and (gains[best] >= settings.minimum or not found):
            loose = "null" if _LOOSENED[best] is None else _LOOSENED[best]
            return f"triplets.{best} is {getattr(settings, best)}; at {loose} there would be {gains[best]}"
    return None


def _largest_loss(mined: MinedTriplets) -> str:
    rows = {row.name: row for row in mined.funnel}
    relevant = rows["relevant_runs"].count
    outside = {
        "have no change text": rows["relevant_runs_without_change_text"].count,
        "lie in builds whose change text a later split has, too": rows["relevant_runs_in_left_out_builds"].count,
        "lie in validation or test builds": rows["relevant_runs_held_out"].count,
    }
    reason = max(outside, key=lambda name: outside[name])
    if outside[reason] > rows["relevant_runs_in_training"].count:
        return f"{outside[reason]} of the {relevant} runs that a change is relevant to {reason}; land more builds"
    lost = [row for row in mined.funnel if row.name.startswith("tests_") and row.count]
    if not lost:
        return f"the history is small ({relevant} relevant runs); land more builds"
    largest = max(lost, key=lambda row: row.count)
    tests = rows["tests"].count
    return f"{largest.count} of {tests} tests were {largest.why}; land more builds, or loosen what left them out"
