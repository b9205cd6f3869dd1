"""Who is told of a failed run: a real run that fails, real ticks, and a webhook that listens on this machine."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import dagster as dg
import pytest

from domain_ft.automation.failures import WEBHOOK_VARIABLE, FailedRun, failure_log, tell_failure
from domain_ft.components.embedding_assets import embedding_assets
from domain_ft.components.failures import _what_ran, failure_sensor
from domain_ft.components.jobs import ingest_job
from domain_ft.domain import Domain
from domain_ft.resources.compute import Compute
from domain_ft.resources.mlflow import Mlflow
from domain_ft.resources.results import StageResults
from domain_ft.resources.state import StateRoot
from domain_ft.store.home import Home
from domain_ft_tests.landed_history import history

FAILED = FailedRun("d_retrain", "0123", "d__raw", "it\nbroke", "dg launch --job d_retrain", "http://ui/runs/0123")


@dataclass
class Webhook:
    """A server that keeps what it is sent and answers as told."""

    status: int = 200
    posted: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    kept = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.posted.append({"path": self.path, **json.loads(body)})
            self.send_response(kept.status)
            if kept.status == 302:
                self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")
            self.end_headers()

        def log_message(self, *unused: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kept.url = f"http://127.0.0.1:{server.server_port}/services/s3cr3t"
    monkeypatch.setenv(WEBHOOK_VARIABLE, kept.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield kept
    server.shutdown()


@pytest.fixture
def instance(home: Home) -> Iterator[dg.DagsterInstance]:
    (home.state / "dagster").mkdir(parents=True)
    with dg.DagsterInstance.local_temp(str(home.state / "dagster")) as instance:
        yield instance


def fail(domain: Domain, instance: dg.DagsterInstance, *ticks_before: str, **config: Any) -> str:
    """Let the ingest job fail, with the failure sensor on; returns the run's id."""
    state = StateRoot()
    resources = {"state": state, "results": StageResults(state=state), "compute": Compute(), "mlflow": Mlflow()}
    definitions = dg.Definitions(assets=embedding_assets(domain), jobs=[ingest_job(domain)], resources=resources)
    sensor = failure_sensor()

    def tick(cursor: str | None) -> str | None:
        with dg.build_sensor_context(instance, cursor, resources={"state": state}) as context:
            ticked = sensor.evaluate_tick(context)
            assert not ticked.run_requests
            return ticked.cursor

    cursor = tick(None)
    ops = {"ops": {f"{domain.name}__raw": {"config": config}}} if config else {}
    job = definitions.resolve_job_def(f"{domain.name}_ingest")
    run_id = job.execute_in_process(instance=instance, raise_on_error=False, run_config=ops).run_id
    cursor = tick(cursor)
    tick(cursor)
    return run_id


def test_a_failed_run_is_a_line_with_its_own_sentence_and_what_to_do(
    home: Home, domain: Domain, instance: dg.DagsterInstance
) -> None:
    run_id = fail(domain, instance)
    (line,) = failure_log(home).read_text().splitlines()
    assert "my_history_ingest failed at my_history__raw: " in line
    assert "no finished file to read; drop one there" in line
    assert "again: dg launch --job my_history_ingest" in line
    assert line.endswith(f"http://127.0.0.1:3000/runs/{run_id}")


def test_the_command_repeats_what_the_run_was_given(home: Home, domain: Domain, instance: dg.DagsterInstance) -> None:
    fail(domain, instance, files=["o'clock.csv"])
    line = failure_log(home).read_text()
    assert '--config-json \'{"ops": {"my_history__raw": {"config": {"files": ["o\'"\'"\'clock.csv"]}}}}\'' in line


def test_a_failure_that_is_no_sentence_of_ours_is_told_by_the_error_itself(
    home: Home, domain: Domain, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    from domain_ft import stages

    def broken(*unused: Any, **also_unused: Any) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(stages, "ingest", broken)
    fail(domain, instance)
    assert "failed at my_history__raw: ZeroDivisionError: a bug | again:" in failure_log(home).read_text()


def test_a_check_that_stops_a_run_is_named(
    home: Home, domain: Domain, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    from domain_ft.components import checks

    def refuse(*unused: Any) -> list[dg.AssetCheckResult]:
        failed = dg.AssetCheckResult(check_name="frame_contract", passed=False, description="no verdicts")
        return [failed, dg.AssetCheckResult(check_name="quarantine_share", passed=True)]

    monkeypatch.setattr(checks, "raw_checks", refuse)
    landing = home.landing(domain.name)
    landing.mkdir(parents=True)
    (landing / "a.csv").write_text(history(0, 2))
    fail(domain, instance, files=[str(landing / "a.csv")])
    assert "failed at my_history__raw: frame_contract: no verdicts | again:" in failure_log(home).read_text()


def test_the_webhook_gets_the_same_as_json(home: Home, webhook: Webhook) -> None:
    line = tell_failure(home, FAILED)
    (posted,) = webhook.posted
    assert posted["text"] == line
    assert (posted["job"], posted["step"], posted["sentence"]) == ("d_retrain", "d__raw", "it\nbroke")
    assert posted["again"] == "dg launch --job d_retrain"
    assert len(failure_log(home).read_text().splitlines()) == 1


@pytest.mark.parametrize(("status", "said"), [(500, "HTTP status 500"), (302, "HTTP status 302")])
def test_a_webhook_that_does_not_take_it_is_logged_and_nothing_else_happens(
    home: Home, webhook: Webhook, status: int, said: str
) -> None:
    webhook.status = status
    tell_failure(home, FAILED)
    assert failure_log(home).read_text().splitlines()[1].endswith(f"was not told of run 0123: {said}")
    assert len(webhook.posted) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/s3cr3t",
        "file:///etc/s3cr3t",
        "s3cr3t",
        "http://s3cr3t.invalid/x",
        "http://[s3cr3t/",
        "https://user:s3cr3t@127.0.0.1:9/a b",
    ],
)
def test_the_webhooks_address_is_written_nowhere(home: Home, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv(WEBHOOK_VARIABLE, url)
    line = tell_failure(home, FailedRun("j", "r", None, f"cannot reach {url}", f"curl {url}", "u"))
    assert "s3cr3t" not in line + failure_log(home).read_text()
    assert "was not told" in failure_log(home).read_text()


def test_what_a_failure_says_commands_no_terminal_and_holds_no_password(home: Home) -> None:
    said = "\x1b[2J\x1b]0;pwn\x07 mysql://u:secret@h/db is gone"
    line = tell_failure(
        home, FailedRun("d_retrain", "0123", None, said, "dg launch --job d_retrain", "http://ui/runs/1")
    )
    assert "secret" not in line
    assert "\x1b" not in failure_log(home).read_text()
    assert "␛[2J" in line


def test_assets_that_ran_without_a_job_are_named_and_no_others() -> None:
    selection = frozenset({dg.AssetKey(["d", "triplets"]), dg.AssetKey(["d", "raw"])})
    run = dg.DagsterRun(job_name="__ASSET_JOB", asset_selection=selection)
    assert _what_ran(run) == ["--assets", "d/raw,d/triplets"]
    assert _what_ran(dg.DagsterRun(job_name="d_retrain")) == ["--job", "d_retrain"]
