"""A run's results as a JUnit report in the landing folder of a domain, in a process of its own (`python -m`).

The report names its build and its commit in the properties that the domain's source reads, and says itself what
changed, so that it can be read wherever the repository is by then.
"""

import json
import os
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import junitparser

from domain_ft.domains import find_domain
from domain_ft.errors import InputError
from domain_ft.faults import faults_as_sentences
from domain_ft.landing.junit_report import CHANGE_PROPERTY, PATHS_PROPERTY, TEXT_PROPERTY
from domain_ft.landing.settings import SourceSettings
from domain_ft.pytest_plugin.child import serve
from domain_ft.pytest_plugin.names import SUITE, junit_name, xml_text
from domain_ft.store.home import Home

_RESULTS = {"fail": junitparser.Failure, "error": junitparser.Error, "skipped": junitparser.Skipped}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Write the report of a request: domain, build, commit or None, change_text, paths, started (ISO 8601 with zone),
    and tests, rows of node id, text, verdict and seconds. The answer names its `path`.
    """
    domain = find_domain(request["domain"])
    if not isinstance(domain.source, SourceSettings):
        raise InputError(f"{domain.file}: {domain.name} is no domain of execution histories; name one that is")
    suite = _suite(request, domain.source)
    landing = Home.from_environment().landing(domain.name)
    started = datetime.fromisoformat(request["started"])
    path = landing / f"pytest-{started:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:12]}.xml"
    with faults_as_sentences(landing):
        _write(suite, path)
    return {"path": str(path)}


def _suite(request: dict[str, Any], source: SourceSettings) -> junitparser.TestSuite:
    suite = junitparser.TestSuite(SUITE)
    suite.timestamp = request["started"]
    stated = {
        source.build_property: request["build"],
        source.commit_property: request["commit"],
        CHANGE_PROPERTY: request["change_text"],
        PATHS_PROPERTY: json.dumps(request["paths"]),
    }
    for name, value in stated.items():
        if value:
            suite.add_property(name, xml_text(value))
    suite.add_testcases([_case(*row) for row in request["tests"]])
    return suite


def _case(node_id: str, text: str, verdict: str, seconds: float) -> junitparser.TestCase:
    group, name = junit_name(node_id)
    case = junitparser.TestCase(name, group, round(seconds, 6))
    if text:
        properties = junitparser.Properties()
        properties.add_property(junitparser.Property(TEXT_PROPERTY, xml_text(text)))
        case.append(properties)
    if verdict in _RESULTS:
        case.result = [_RESULTS[verdict]()]
    return case


def _write(suite: junitparser.TestSuite, path: Path) -> None:
    """Write the report whole or not at all; a name that begins with a point is passed over by who reads the folder."""
    report = junitparser.JUnitXml()
    report.add_testsuite(suite)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}")
    try:
        with beside.open("wb") as file:
            report.write(file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


if __name__ == "__main__":
    serve(answer)
