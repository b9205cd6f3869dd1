"""Whether what lies in a landing folder asks for an ingest: once for each state of it, whatever becomes of the run.

Files are told apart by name, size and time, since ten thousand of them cannot be read at each tick. That errs on
one side only: the ingest itself knows files by their content, and adds nothing for one that came under a new name.
"""

import time
from collections.abc import Mapping

from domain_ft.amounts import counted
from domain_ft.automation.asked import NOT_DONE, Ask, AskedIngest, Decision, FindRun, Run, Skip, open_ledger, standing
from domain_ft.landing.folder import FileStates, LandingLook, look
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.home import Home


def ask_for_ingest(home: Home, domain: str, *, by: str, find_run: FindRun) -> Decision:
    """Look at a domain's landing folder, decide, and claim the ask if there is one."""
    with open_ledger(home, domain) as ledger:
        seen, asked, now = look(home.landing(domain)), ledger.content.ingest, time.time()
        run = find_run(asked.key) if asked else None
        if asked and run and asked.run_id != run.run_id:
            ledger.note_ingest(asked.model_copy(update={"run_id": run.run_id}))
        decision = decide_ingest(seen, asked, run, now)
        if isinstance(decision, Ask):
            ledger.note_ingest(AskedIngest(by=by, at=now, key=decision.key, files=signatures(seen.finished)))
        return decision


def decide_ingest(seen: LandingLook, asked: AskedIngest | None, run: Run | None, now: float) -> Decision:
    """Ask for an ingest, or say why not; `asked` is the latest ask and `run` its newest run."""
    files = signatures(seen.finished)
    before = asked.files if asked else {}
    changed = sum(1 for name, signature in files.items() if before.get(name) != signature)
    counts = (
        [f"{changed:,} of {counted(len(files), 'files')} new"] if files else ["nothing finished in the landing folder"]
    )
    counts += [f"{counted(len(seen.growing), 'files')} still being written"] if seen.growing else []
    why_not = _why_not(files, changed, asked, run, now) if files else []
    key, reason = short(sha256_json(files)), "; ".join(counts + why_not)
    return Ask(key, reason) if files and not why_not else Skip(key, reason)


def _why_not(
    files: Mapping[str, str], changed: int, asked: AskedIngest | None, run: Run | None, now: float
) -> list[str]:
    """What speaks against reading these files now; nothing if nothing does."""
    stands = standing(asked, run, now)
    if stands == "under way":
        return [f"wait for {run}"]
    if asked is None:
        return []
    if stands == "claimed":
        return [f"asked for {now - asked.at:.0f} s ago, the run is about to start"]
    if stands in NOT_DONE and files == asked.files:
        return [f"{run} {NOT_DONE[stands]}; asked for again when a file changes, or start it by hand"]
    return ["all read by the last ingest"] if stands in ("succeeded", "gone") and not changed else []


def signatures(finished: Mapping[str, FileStates]) -> dict[str, str]:
    """Name of each source -> its size and time in one word (a digest for a folder), as JSON can hold them."""
    return {name.encode("utf-8", "backslashreplace").decode(): _signature(states) for name, states in finished.items()}


def _signature(states: FileStates) -> str:
    if len(states) == 1 and states[0][0] == ".":
        return f"{states[0][1]}-{states[0][2]}"
    return short(sha256_json([[name.encode("utf-8", "backslashreplace").decode(), *state] for name, *state in states]))
