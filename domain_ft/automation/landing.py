"""Whether what lies in a landing folder asks for an ingest: once for each state of it, whatever becomes of the run.

Files are told apart by name, size and time, since ten thousand of them cannot be read at each tick. That errs on
one side only: the ingest itself knows files by their content, and adds nothing for one that came under a new name.
"""

import time
from collections.abc import Mapping

from domain_ft.automation.asked import Ask, AskedIngest, Decision, FindRun, Run, Skip, open_ledger, standing
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
    growing = f"{_files(len(seen.growing))} still being written" if seen.growing else ""
    if not files:
        return Skip(growing or "nothing lies in the landing folder")
    before = asked.files if asked else {}
    changed = [name for name, signature in files.items() if before.get(name) != signature]
    new = f"{_files(len(changed))} of {len(files):,} new" if changed else ""
    stands = standing(asked, run, now)
    if stands == "under way":
        return Skip(_sentence(f"an ingest is under way ({run})", new, growing))
    if stands == "claimed" and asked:
        return Skip(_sentence(f"asked for {now - asked.at:.0f} s ago, its run is about to start", new, growing))
    if stands in ("failed", "canceled") and files == before:
        return Skip(
            _sentence(f"the ingest of these {_files(len(files))} {stands} ({run})", "asked for again when one changes")
        )
    if stands in ("succeeded", "gone") and not changed:
        return Skip(_sentence(f"{_files(len(files))}, none new since the last ingest", growing))
    return Ask(short(sha256_json(files)), _sentence(new or f"{_files(len(files))} to read", growing))


def signatures(finished: Mapping[str, FileStates]) -> dict[str, str]:
    """Name of each source -> its size and time in one word (a digest for a folder), as JSON can hold them."""
    return {name.encode("utf-8", "backslashreplace").decode(): _signature(states) for name, states in finished.items()}


def _signature(states: FileStates) -> str:
    if len(states) == 1 and states[0][0] == ".":
        return f"{states[0][1]}-{states[0][2]}"
    return short(sha256_json([[name.encode("utf-8", "backslashreplace").decode(), *state] for name, *state in states]))


def _files(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"


def _sentence(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
