"""Who is told that a run failed while nobody watched: a log below the state root, and a webhook if one is named.

The webhook's address is a secret (whoever knows it can post there), so it appears in no line, event or error.
"""

import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from typing import IO

from domain_ft.safe_text import masked, one_line, visible
from domain_ft.store.home import Home

WEBHOOK_VARIABLE = "DOMAIN_FT_WEBHOOK"
TIMEOUT_S = 5.0
_HIDDEN = "***"
_AGAIN = " | again: "
_LINE = re.compile(r"(?P<at>\S+) (?P<text>(?P<job>\S+) failed(?: at (?P<steps>[^:]*))?: .*)")
_TAIL_BYTES = 1_000_000
"""So much of the log is looked through for a domain's last failure."""


@dataclass(frozen=True)
class FailedRun:
    """What failed, and what to do."""

    job: str
    run_id: str
    step: str | None
    """Steps that failed, if it came so far."""
    sentence: str
    """Why, in the failing step's own words."""
    again: str
    """The command that starts the same once more."""
    url: str
    """The run's page, where it can be repeated from the step that failed."""

    def __str__(self) -> str:
        at = f" at {self.step}" if self.step else ""
        text = f"{self.job} failed{at}: {self.sentence}{_AGAIN}{self.again} | {self.url}"
        return " ".join(text.split())


@dataclass(frozen=True)
class LoggedFailure:
    """A failure as the log has it: when it was told, which job failed, where and why."""

    at: datetime
    text: str
    steps: tuple[str, ...] = ()


def failure_log(home: Home) -> Path:
    """The file with one line for each failed run."""
    return home.state / "failures.log"


def tell_failure(home: Home, failure: FailedRun) -> str:
    """Write a line to the log, post to the webhook if there is one; returns the line. Never raises for the webhook."""
    secret = os.environ.get(WEBHOOK_VARIABLE, "").strip()
    line = one_line(_cleaned(str(failure), secret))
    _append(failure_log(home), line)
    if secret:
        fields = {name: _cleaned(str(value), secret) for name, value in asdict(failure).items() if value is not None}
        problem = _post(secret, {"text": line, **fields})
        if problem:
            _append(failure_log(home), f"{WEBHOOK_VARIABLE} was not told of run {failure.run_id}: {problem}")
    return line


def last_failure(home: Home, domain: str, jobs: Collection[str]) -> LoggedFailure | None:
    """The last failed run of a domain's jobs, or of its assets where the UI ran them without a job."""
    for line in reversed(_tail(failure_log(home))):
        found = _LINE.fullmatch(line)
        if found and (found["job"] in jobs or _of_domain(found["steps"] or "", domain)):
            steps = tuple(found["steps"].split(", ")) if found["steps"] else ()
            return LoggedFailure(datetime.fromisoformat(found["at"]), found["text"].partition(_AGAIN)[0], steps)
    return None


def _of_domain(steps: str, domain: str) -> bool:
    return any(step.startswith(f"{domain}__") for step in steps.split(", "))


def _tail(log: Path) -> list[str]:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            return file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _append(log: Path, line: str) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"{datetime.now(UTC).isoformat(timespec='microseconds')} {line}\n")


def _cleaned(text: str, secret: str) -> str:
    """A text without the webhook's address, without passwords, and without anything that a terminal obeys."""
    return visible(masked(text.replace(secret, _HIDDEN) if secret else text))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """What is meant for one address is not sent on to another."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


def _post(url: str, content: dict[str, str]) -> str | None:
    """POST JSON; returns what went wrong, in words that hold no part of the address, or None."""
    if not url.lower().startswith(("http://", "https://")):
        return "its value is no http(s) address"
    try:
        body = json.dumps(content).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="POST")
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT_S):
            return None
    except urllib.error.HTTPError as error:
        return f"HTTP status {error.code}"
    except urllib.error.URLError as error:
        reason = error.reason
        return (reason.strerror if isinstance(reason, OSError) else None) or type(reason).__name__
    except Exception as error:  # whatever a webhook does, the log has the line, and the next failure is told of
        return type(error).__name__
