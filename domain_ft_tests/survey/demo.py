"""`make survey-demo`: the survey of local models, by the Ollama at OLLAMA_HOST, or a stand-in where none answers.

The stand-in is the tests' server on loopback. It serves three models of different worth: one that answers by grammar
with care, one that answers by grammar in haste and with faults, and a tiny language model that has learned nothing.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from domain_ft.cli import main
from domain_ft.console import say
from domain_ft.errors import DomainFtError
from domain_ft.json_text import parse_plain
from domain_ft.llm.local import LocalGenerator, load_generator
from domain_ft.llm.ollama import DEFAULT_HOST, HOST_VARIABLE, Ollama
from domain_ft.llm.protocol import Generation, GenerationOptions, Message
from domain_ft.llm.settings import OllamaSettings
from domain_ft.requirement_files.generate import generate_concepts, generate_requirements
from domain_ft.requirements.grammar import load_grammar
from domain_ft.store.home import Home
from domain_ft_tests.llm.scripted import knowing
from domain_ft_tests.llm.server import Answer, OllamaServer, serving
from domain_ft_tests.llm.tiny_causal import make_tiny_causal

RECORDS = 10
MOST_MODELS = 3
"""Of a real server, whose answers take their time."""
FEW_TOKENS = 40
CAREFUL, HASTY, UNTAUGHT = "grammar-careful:demo", "grammar-hasty:demo", "tiny-untaught:demo"


def run_demo(home: Home) -> None:
    """Make records, find models, survey them; exits as `domain-ft survey` does."""
    folder = home.state / "survey-demo"
    records = _records(folder)
    models = _real_models()
    if models:
        say(f"REAL OLLAMA: asks {', '.join(models)} at {os.environ.get(HOST_VARIABLE) or DEFAULT_HOST}.")
        main(["survey", *_options(models, records)])
        return
    with _stand_in(folder, records) as server:
        os.environ[HOST_VARIABLE] = server.address
        say(f"STAND-IN: a server in this process answers in Ollama's place, with {len(server.models)} small models.")
        main(["survey", *_options(list(server.models), records)])


def _records(folder: Path) -> Path:
    """Records of made-up concepts, by the packaged grammar."""
    grammar, made = load_grammar(), folder / "records.jsonl"
    generate_concepts(grammar, folder / "concepts.jsonl", count=RECORDS, seed=42)
    generate_requirements(grammar, folder / "concepts.jsonl", made)
    return made


def _real_models() -> list[str]:
    """The smallest models of a real server; says so where there is none."""
    try:
        server = Ollama(OllamaSettings())
        sizes = {model: server.facts(model).size_bytes or 0 for model in server.models()}
    except DomainFtError as error:
        say(f"{error}.")
        return []
    if not sizes:
        say(f"The Ollama at {server.address} has no models.")
    return sorted(sizes, key=lambda model: sizes[model])[:MOST_MODELS]


def _options(models: Sequence[str], records: Path) -> list[str]:
    named = [part for model in models for part in ("--models", model)]
    return [*named, "--dataset", str(records), "--set", "options.num_predict=700", *sys.argv[1:]]


@contextmanager
def _stand_in(folder: Path, records: Path) -> Iterator[OllamaServer]:
    known = [parse_plain(line) for line in records.read_bytes().split(b"\n") if line]
    tiny = load_generator(make_tiny_causal(folder / "tiny", positions=4096))
    models = {
        CAREFUL: knowing(known, fenced=True, words_per_second=500),
        HASTY: knowing(known, short_ids=2, prose=3, cut=5, words_per_second=4000),
        UNTAUGHT: _served(tiny),
    }
    sizes = dict.fromkeys(models, 0) | {UNTAUGHT: tiny.memory()}
    script = {"parameter_size": "a script", "quantization_level": ""}
    details = {CAREFUL: script, HASTY: script, UNTAUGHT: {"parameter_size": tiny.facts().parameters or ""}}
    with serving(OllamaServer(models=models, sizes=sizes, details=details, timed=True, tokens_at_once=20)) as server:
        yield server


def _served(generator: LocalGenerator) -> Answer:
    """A language model as the server's; it says little, for it has nothing to say."""

    def answer(messages: Sequence[Mapping[str, str]], options: Mapping[str, Any], form: Any) -> Generation:
        asked = [Message(each["role"], each["content"]) for each in messages]  # type: ignore[arg-type]
        return generator.generate(asked, GenerationOptions.model_validate({**options, "num_predict": FEW_TOKENS}))

    return answer


if __name__ == "__main__":
    run_demo(Home.from_environment())
