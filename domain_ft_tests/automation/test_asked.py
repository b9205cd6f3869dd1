"""The ledger of what was asked for."""

import pytest

from domain_ft.automation.asked import Asked, AskedIngest, Ledger, Run, open_ledger, standing
from domain_ft.errors import DomainFtError
from domain_ft.store.home import Home
from domain_ft.store.publish import point, publish_folder
from domain_ft_tests.faults.at_once import at_once

TICKING = """
from domain_ft.automation import retrain
from domain_ft.automation.asked import Ask
meet(retrain, "decide_retrain")
"""
TICK = """
nothing = lambda *unused: None
decision = retrain.ask_for_retrain(home, "d", needed=1, by="d", find_run=nothing, find_training=nothing)
print(json.dumps(isinstance(decision, Ask)))
"""


def test_of_processes_that_tick_at_once_one_asks(home: Home) -> None:
    """Who decides first waits for a second one with the ledger read: without its lock, that one would ask as well."""
    publish_folder(home.raw("d") / "r", lambda _: {"content_digest": "c", "sources": [{"sha256": "s", "accepted": 9}]})
    point(home.raw("d") / "current", "r")
    assert sorted(answer.said for answer in at_once(home, [TICK] * 2, before=TICKING)) == [False, True]


def test_what_was_noted_is_read_again(home: Home) -> None:
    ingest = AskedIngest(by="a", at=1.0, key="k", files={"ä.csv": "1-2"})
    with open_ledger(home, "d") as ledger:
        ledger.note_ingest(ingest)
        ledger.note_retrain("c", Asked(by="b", at=2.0))
    with open_ledger(home, "d") as ledger:
        assert ledger.content == Ledger(ingest=ingest, retrains={"c": Asked(by="b", at=2.0)})


def test_a_ledger_that_cannot_be_read_is_a_sentence_with_what_to_do(home: Home) -> None:
    path = home.state / "automation" / "d.json"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    with pytest.raises(DomainFtError, match=r"d\.json: not readable; move it away"), open_ledger(home, "d"):
        pass


@pytest.mark.parametrize(
    ("asked", "run", "stands"),
    [
        (None, None, "never"),
        (Asked(by="a", at=1000), None, "claimed"),
        (Asked(by="a", at=600), None, "lost"),
        (Asked(by="a", at=2000), None, "lost"),
        (Asked(by="a", at=0, run_id="r"), None, "gone"),
        (Asked(by="a", at=0, run_id="r"), Run("s", "under way", "j"), "under way"),
        (None, Run("r", "failed", "j"), "failed"),
    ],
)
def test_an_ask_stands_where_its_run_stands(asked: Asked | None, run: Run | None, stands: str) -> None:
    assert standing(asked, run, 1000.0) == stands
