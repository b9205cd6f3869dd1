"""What a person sees in the browser, asked of the server that `dg dev -w workspace.yaml` starts."""

import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
import pytest
import yaml

from domain_ft.components.launchpad import PRESET_TAG, effective_domain, given_overrides
from domain_ft.domains import find_domain
from domain_ft.resources.compute import POOL
from domain_ft.resources.results import results_of_run
from domain_ft.store.done import STAGES
from domain_ft.store.home import CHECKOUT, HOME_VARIABLE
from domain_ft.store.publish import pointed
from domain_ft.training.checkpoints import whole_checkpoints

GRAPH = """
{ assetNodes { assetKey { path } groupName description kinds owners { __typename }
    dependencyKeys { path } opName
    assetChecksOrError { ... on AssetChecks { checks { name blocking } } } }
  repositoriesOrError { ... on RepositoryConnection {
    nodes { name location { name } pipelines { name description } } } } }
"""
LAUNCH = """
mutation ($params: ExecutionParams!) { launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on RunConfigValidationInvalid { errors { message } }
    ... on PythonError { message } } }
"""
DEFAULTS = """
query ($selector: PipelineSelector!) { runConfigSchemaOrError(selector: $selector) {
    ... on RunConfigSchema { rootDefaultYaml } } }
"""
TERMINATE = """
mutation ($id: String!) { terminateRun(runId: $id, terminatePolicy: SAFE_TERMINATE) { __typename } }
"""
REPEAT = """
mutation ($params: ReexecutionParams!) { launchRunReexecution(reexecutionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message } } }
"""
SLOTS = f'{{ instance {{ concurrencyLimit(concurrencyKey: "{POOL}") {{ activeSlotCount }} }} }}'
STEPS = 800
"""So many steps of the tiny model last longer than a cancel takes, and not much longer."""
RUN = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"


@dataclass(frozen=True)
class Server:
    """A running webserver."""

    url: str

    def ask(self, query: str, **variables: Any) -> Any:
        """The data of a GraphQL answer."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            found = json.loads(answer.read())
        assert "errors" not in found, found["errors"]
        return found["data"]

    def launch(self, job: str, config: dict[str, Any]) -> Any:
        """Start a job as the Launchpad does."""
        return self.ask(LAUNCH, params={"selector": _selector("jobName", job), "runConfigData": config})["launchRun"]

    def launchpad(self, job: str) -> dict[str, Any]:
        """What stands in a job's Launchpad before anybody has typed anything."""
        found = self.ask(DEFAULTS, selector=_selector("pipelineName", job))["runConfigSchemaOrError"]
        return dict(yaml.safe_load(found["rootDefaultYaml"]))

    def repeat(self, run_id: str) -> str:
        """Re-execute a run from where it ended, as the button does; returns the new run."""
        found = self.ask(REPEAT, params={"parentRunId": run_id, "strategy": "FROM_FAILURE"})["launchRunReexecution"]
        return str(found["run"]["runId"])

    def active_slots(self) -> int:
        """How many slots of the pool are claimed, as *Concurrency* in the UI shows it."""
        return int(self.ask(SLOTS)["instance"]["concurrencyLimit"]["activeSlotCount"])

    def status(self, run_id: str) -> str:
        return str(self.ask(RUN, id=run_id)["runOrError"]["status"])


def _selector(kind: str, job: str) -> dict[str, str]:
    return {"repositoryLocationName": "domain_ft", "repositoryName": "__repository__", kind: job}


@pytest.fixture(scope="module")
def server(world: Any) -> Iterator[Server]:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    dg = Path(world.environment()["PATH"].partition(os.pathsep)[0]) / "dg"
    command = ["env", "--default-signal=INT,TERM", str(dg), "dev", "-w", "workspace.yaml"]
    log = (world.home.root / "dev.log").open("wb")
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port)],
        cwd=CHECKOUT, env=world.environment(), stdout=log, stderr=log, start_new_session=True,
    )  # fmt: skip
    running = Server(f"http://127.0.0.1:{port}")
    try:
        wait_until(lambda: answers(running), 180, lambda: process.poll() is None)
        yield running
    finally:
        end_group(process)
        log.close()


def answers(server: Server) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return bool(server.ask("{ version }"))
    return False


def end_group(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(30)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until(true: Callable[[], Any], seconds: float, alive: Callable[[], bool] = lambda: True) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert alive(), "the process ended by itself"
        if found := true():
            return found
        time.sleep(0.3)
    raise AssertionError(f"nothing after {seconds} s")


def processes(home: Path) -> set[int]:
    """The process ids of this world's programs."""
    found = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(HOME_VARIABLE) == str(home):
                found.add(process.pid)
    return found


def trainings(home: Path) -> list[int]:
    """Those of them that train."""
    found = []
    for number in processes(home):
        with contextlib.suppress(psutil.Error):
            if "domain_ft.embedding.train" in psutil.Process(number).cmdline():
                found.append(number)
    return found


def test_the_graph_shows_every_stage_with_its_checks(server: Server) -> None:
    found = [node for node in server.ask(GRAPH)["assetNodes"] if node["groupName"] == "test_history"]
    nodes = {node["assetKey"]["path"][-1]: node for node in found}
    assert set(nodes) == {*STAGES, "prioritization", "index", "out_of_distribution"}
    for earlier, later in itertools.pairwise(STAGES):
        assert nodes[later]["dependencyKeys"] == [{"path": ["test_history", earlier]}]
    assert all(node["description"] and node["kinds"] and node["owners"] for node in nodes.values())
    checks = {check["name"]: check["blocking"] for check in nodes["triplets"]["assetChecksOrError"]["checks"]}
    assert checks == {"leakage": True, "minimum_size": True, "verdict_balance": False, "repeated_texts": False}


def test_every_preset_is_a_job_that_says_what_it_changes(server: Server) -> None:
    (repository,) = server.ask(GRAPH)["repositoriesOrError"]["nodes"]
    assert repository["location"]["name"] == "domain_ft"
    jobs = {job["name"]: job["description"] for job in repository["pipelines"]}
    assert "training.loss = triplet" in jobs["test_history_original"]


def test_a_preset_started_from_its_launchpad_as_it_stands_is_the_preset(server: Server) -> None:
    config, domain = server.launchpad("test_history_smoke"), find_domain("test_history")
    assert given_overrides(domain, config) == {}
    run = dg.DagsterRun(job_name="test_history_smoke", run_config=config, tags={PRESET_TAG: "smoke"})
    assert effective_domain(domain, run) == domain.with_preset("smoke")


def test_the_launchpad_refuses_a_wrong_choice_before_anything_runs(server: Server, world: Any) -> None:
    config = world.config()
    config["ops"]["test_history__embedding_model"]["config"]["loss"] = "tripled"
    refused = server.launch("test_history_smoke", config)
    assert refused["__typename"] == "RunConfigValidationInvalid"
    assert "loss" in refused["errors"][0]["message"]


@pytest.mark.slow
def test_a_cancelled_run_leaves_a_checkpoint_no_process_and_a_free_slot_and_goes_on_when_repeated(
    server: Server, landed: Any
) -> None:
    before = processes(landed.home.root)
    launched = server.launch("test_history_full", landed.config(training__max_steps=STEPS, training__eval_steps=STEPS))
    run_id = launched["run"]["runId"]
    (training,) = wait_until(lambda: trainings(landed.home.root), 300, lambda: server.status(run_id) != "FAILURE")
    of_the_run = {training, *(parent.pid for parent in psutil.Process(training).parents())} - before
    assert len(of_the_run & processes(landed.home.root)) >= 3, "the training, its step, and the run's own process"
    work = landed.home.state / "work" / "test_history"
    wait_until(lambda: '"kind": "log"' in "".join(file.read_text() for file in work.glob("*/progress.jsonl")), 300)
    assert server.active_slots() == 1
    server.ask(TERMINATE, id=run_id)
    wait_until(lambda: server.status(run_id) == "CANCELED", 120)
    wait_until(lambda: not of_the_run & processes(landed.home.root), 60)
    wait_until(lambda: server.active_slots() == 0, 60)
    (version,) = work.iterdir()
    stopped_at = whole_checkpoints(version / "checkpoints")[-1].step
    assert 0 < stopped_at < STEPS
    again = server.repeat(run_id)
    wait_until(lambda: server.status(again) == "SUCCESS", 300, lambda: server.status(again) != "FAILURE")
    trained = results_of_run(landed.home, again, "test_history")["embedding_model"]
    assert (trained["resumed"], trained["steps"]) == (True, STEPS)
    assert pointed(landed.home.models("test_history") / "current") == Path(trained["path"])
