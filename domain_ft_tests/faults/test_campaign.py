"""How a campaign goes about its kills."""

from pathlib import Path

from domain_ft_tests.faults.campaign import TRIES, Campaign, strike_all, unlike
from domain_ft_tests.faults.plan import Kill, Outcome

KILLS = [Kill("train", "child", "SIGKILL", share=0.9), Kill("ingest", "worker", "SIGINT", share=0.9)]


class Scripted(Campaign):
    """A campaign in which the first kills come too late, without a process."""

    def __init__(self, folder: Path, late: int) -> None:
        (folder / "world").mkdir(parents=True)
        super().__init__(folder)
        self._late = late

    def strike(self, kill: Kill) -> Outcome:
        """Too late, as often as the script says."""
        self._late -= 1
        return Outcome(kill, struck=self._late < 0)


def test_as_many_strike_as_were_asked_for(tmp_path: Path) -> None:
    outcomes = strike_all([Scripted(tmp_path, late=2)], KILLS, seed=1)
    assert [outcome.struck for outcome in outcomes] == [False, False, True, True]
    assert [outcome.kill.stage for outcome in outcomes] == ["train", "train", "train", "ingest"]
    shares = [outcome.kill.share for outcome in outcomes[:3]]
    assert shares == sorted(set(shares), reverse=True)


def test_the_seed_tells_what_makes_up_for_a_kill_too_late(tmp_path: Path) -> None:
    done = [strike_all([Scripted(tmp_path / str(n), late=2)], KILLS, seed=5) for n in range(2)]
    assert done[0] == done[1]


def test_what_always_comes_too_late_is_given_up(tmp_path: Path) -> None:
    outcomes = strike_all([Scripted(tmp_path, late=100)], KILLS[:1], seed=1)
    assert [outcome.struck for outcome in outcomes] == [False] * TRIES


def test_undisturbed_worlds_that_differ_are_named(tmp_path: Path) -> None:
    worlds = [Scripted(tmp_path / str(n), late=0) for n in range(2)]
    for world, digest in zip(worlds, ("one", "other"), strict=True):
        world.expected["train"] = {"weights": digest, "models": 1}
    assert unlike(worlds) == ["a second undisturbed train.weights is 'other', undisturbed 'one'"]
