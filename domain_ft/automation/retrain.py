"""Whether what landed asks for a retrain: once for each content of it, and only when enough of it is new.

What is new is counted from manifests: that of `raw/current`, and that of the raw folder behind the newest model. No
event log is read, so what a person trained at the command line counts as well.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from domain_ft.amounts import counted
from domain_ft.automation.asked import (
    NOT_DONE,
    Ask,
    Asked,
    Decision,
    FindRun,
    Ledger,
    Run,
    Skip,
    open_ledger,
    standing,
)
from domain_ft.store.digests import short
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published, pointed, read_manifest


@dataclass(frozen=True)
class RawContent:
    """What a raw folder's manifest says of it: the digest of its content, and source (by sha256) -> accepted rows."""

    digest: str
    accepted: Mapping[str, int]

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> "RawContent":
        """From the manifest of a folder below `raw/`."""
        accepted = {source["sha256"]: source["accepted"] for source in manifest["sources"]}
        return cls(short(manifest["content_digest"]), accepted)


@dataclass(frozen=True)
class Earlier:
    """What was asked for before: for this content (with its newest run), and what else is about to train."""

    asked: Asked | None = None
    run: Run | None = None
    other: str | None = None


def ask_for_retrain(
    home: Home,
    domain: str,
    *,
    needed: int,
    by: str,
    find_run: FindRun,
    find_training: Callable[[], Run | None],
) -> Decision:
    """Compare what landed with what was last learned from, decide, and claim the ask if there is one.

    `needed` new rows are asked for (0: any change will do); `find_training` finds an unfinished run that trains this
    domain, whoever started it.
    """
    with open_ledger(home, domain) as ledger:
        current, now = newest_content(home, domain), time.time()
        if current is None:
            return Skip("", "nothing has landed yet")
        asked, run = ledger.content.retrains.get(current.digest), find_run(current.digest)
        if run and (asked is None or asked.run_id != run.run_id):
            asked = (asked or Asked(by=run.job, at=now)).model_copy(update={"run_id": run.run_id})
            ledger.note_retrain(current.digest, asked)
        training = find_training()
        other = str(training) if training else _claimed(ledger.content, current.digest, find_run, now)
        trained = learned_content(home, domain)
        decision = decide_retrain(current, trained, needed, Earlier(asked, run, other), now)
        if isinstance(decision, Ask):
            ledger.note_retrain(current.digest, Asked(by=by, at=now))
        return decision


def decide_retrain(
    current: RawContent, trained: RawContent | None, needed: int, earlier: Earlier, now: float
) -> Decision:
    """Ask for a retrain, or say why not."""
    new = new_rows(current, trained)
    rows = f"{new:,} of {needed:,} new rows" if needed else counted(new, "new rows")
    if trained is not None and trained.digest == current.digest:
        return Skip(current.digest, f"{rows}; all there is has been learned from")
    if new < needed:
        return Skip(current.digest, rows)
    why_not = _why_not(earlier, now)
    return Skip(current.digest, f"{rows}; {why_not}") if why_not else Ask(current.digest, rows)


def _why_not(earlier: Earlier, now: float) -> str | None:
    """What speaks against a retrain now, beside the number of rows."""
    asked, run = earlier.asked, earlier.run
    stands = standing(asked, run, now)
    if stands == "claimed" and asked:
        return f"asked for {now - asked.at:.0f} s ago by {asked.by}, the run is about to start"
    if stands in NOT_DONE and not earlier.other:
        return f"{run} {NOT_DONE[stands]}; asked for again when data changes, or start it by hand"
    if stands in ("succeeded", "gone"):
        return "there was a retrain for this very content before; start one by hand to repeat it"
    under_way = str(run) if stands == "under way" else earlier.other
    return f"wait for {under_way}" if under_way else None


def _claimed(ledger: Ledger, content: str, find_run: FindRun, now: float) -> str | None:
    """A retrain of another content that was asked for a moment ago and has no run yet."""
    for key, asked in ledger.retrains.items():
        if key != content and standing(asked, None, now) == "claimed" and find_run(key) is None:
            return f"the retrain that {asked.by} asked for {now - asked.at:.0f} s ago"
    return None


def new_rows(current: RawContent, trained: RawContent | None) -> int:
    """Accepted rows that were not learned from; a source that was read once more may have given further ones."""
    before = trained.accepted if trained else {}
    return sum(max(0, rows - before.get(source, 0)) for source, rows in current.accepted.items())


def newest_content(home: Home, domain: str) -> RawContent | None:
    """What `raw/current` holds; None where nothing was ingested yet."""
    folder = pointed(home.raw(domain) / "current")
    return RawContent.of(read_manifest(folder)) if folder else None


def learned_content(home: Home, domain: str) -> RawContent | None:
    """What the newest model was made from; None where there is no model, or that is gone."""
    model = pointed(home.models(domain) / "current")
    folder = home.raw(domain) / read_manifest(model)["raw"] if model else None
    return RawContent.of(read_manifest(folder)) if folder and is_published(folder) else None
