"""Which ways end at the server that is to get a model: asked of its version, before anything is written."""

import json
import re
from collections.abc import Iterable
from dataclasses import replace

import httpx

from domain_ft.delivery.ways import FOR_EVERY_SERVER, GGUF_ALONE, Way

_TIMEOUT_S = 10.0
_NUMBERS = re.compile(r"(\d+)\.(\d+)\.(\d+)", re.ASCII)


def server_version(address: str) -> str | None:
    """The version that an Ollama server says it is; None where it says none, or none answers."""
    try:
        with httpx.Client(base_url=address, timeout=_TIMEOUT_S, trust_env=False) as client:
            found = client.get("/api/version").raise_for_status().json()
    except (httpx.HTTPError, json.JSONDecodeError):
        return None
    version = found.get("version") if isinstance(found, dict) else None
    return version if isinstance(version, str) and _NUMBERS.match(version) else None


def ways_to_server(ways: Iterable[Way], version: str | None) -> tuple[Way, ...]:
    """The ways, those that end at a server of this version closed; where it is not known, as they are."""
    if version is None or _numbers(version) < _numbers(GGUF_ALONE):
        return tuple(ways)
    why = f"Ollama {version} takes GGUF files of whole models alone"
    return tuple(way if way.name in FOR_EVERY_SERVER else replace(way, closed=(*way.closed, why)) for way in ways)


def _numbers(version: str) -> tuple[int, ...]:
    found = _NUMBERS.match(version)
    return tuple(map(int, found.groups())) if found else ()
