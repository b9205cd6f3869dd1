"""Tokens per second of answers that are generated together, beside one at a time; prints one JSON line.

    python benchmarks/adapter_generation.py [--base starter] [--adapter FOLDER] [--questions 32] [--batch 16]

The questions are those of training and evaluation, on concepts made by the grammar; always the likeliest token is
taken. Both ways are asked the same in the same process and take turns; the ratios are medians over the rounds. Other
work on the machine blurs what is measured by the clock, less what is measured by the time computed. Texts that differ
between the two ways are listed, each with the first place where it does: two tokens can be equally likely but for
rounding, which depends on what is computed beside.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

WAYS = ("alone", "together")
_SHOWN = 60
"""Characters shown of a text from where it differs."""


def questions(count: int) -> list[Any]:
    """The messages that ask for the requirements of so many concepts."""
    from domain_ft.requirements.concepts import choose_concepts
    from domain_ft.requirements.grammar import load_grammar
    from domain_ft.requirements.prompt import DEFAULT_PROMPT
    from domain_ft.requirements.synthesis import concept_row

    grammar = load_grammar()
    concepts = [concept_row(grammar, each)["concept"] for each in choose_concepts(grammar, count, 1)]
    return [DEFAULT_PROMPT.messages(concept) for concept in concepts]


def load(base: str, adapter: Path | None, home: Any) -> Any:
    """The base model as a generator, with the adapter on it where one is named."""
    from domain_ft.adapter.base_model import resolve_base_model
    from domain_ft.adapter.generator import load_tuned_generator
    from domain_ft.llm.local import load_generator

    folder = resolve_base_model(base, None, home).path
    return load_generator(folder, "cpu") if adapter is None else load_tuned_generator(adapter, folder, "cpu")


def answered(generator: Any, asked: list[Any], options: Any, at_once: int) -> tuple[list[Any], dict[str, float]]:
    """The answers, and their tokens per second by the clock and by the time computed."""
    began, computed, answers = time.perf_counter(), time.process_time(), []
    for first in range(0, len(asked), at_once):
        answers += generator.generate_batch(asked[first : first + at_once], options)
    wall, spent = time.perf_counter() - began, time.process_time() - computed
    tokens = sum(each.tokens_out for each in answers)
    return answers, {"tokens_per_second": tokens / wall, "tokens_per_cpu_second": tokens / spent}


def differences(alone: list[Any], together: list[Any]) -> list[dict[str, Any]]:
    """The questions whose two answers differ: from which character on, and what stands there."""
    found = []
    for number, (one, other) in enumerate(zip(alone, together, strict=True)):
        if one.text != other.text:
            pairs = zip(one.text, other.text, strict=False)
            at = next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one.text), len(other.text)))
            shown = {"alone": one.text[at : at + _SHOWN], "together": other.text[at : at + _SHOWN]}
            found.append({"question": number, "from": at, "of": len(one.text), **shown})
    return found


def main() -> None:
    """Ask both ways in turns and print them side by side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="starter", help="folder or name of the base model")
    parser.add_argument("--adapter", type=Path, help="folder of a published adapter of that base")
    parser.add_argument("--questions", type=int, default=32)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=512, help="of an answer, at most")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    os.environ.update(OMP_NUM_THREADS=str(given.threads), HF_HUB_OFFLINE="1")
    from domain_ft.llm.protocol import GenerationOptions
    from domain_ft.store.home import Home, trust_folder

    with tempfile.TemporaryDirectory() as folder:
        if "DOMAIN_FT_HOME" not in os.environ:
            os.environ["DOMAIN_FT_HOME"] = folder
        if Path(given.base).is_dir():
            given.base = str(Path(given.base).resolve())
            trust_folder(Path(given.base))
        generator = load(given.base, given.adapter, Home(Path(os.environ["DOMAIN_FT_HOME"]).resolve()))
    asked, options = questions(given.questions), GenerationOptions(num_predict=given.tokens)
    answered(generator, asked[:1], GenerationOptions(num_predict=8), 1)
    rounds: list[dict[str, dict[str, float]]] = []
    texts: dict[str, list[Any]] = {}
    for number in range(given.rounds):
        rounds.append({})
        for way in WAYS if number % 2 == 0 else WAYS[::-1]:
            texts[way], rounds[-1][way] = answered(generator, asked, options, given.batch if way == "together" else 1)
        print(f"round {number + 1}: {rounds[-1]}", file=sys.stderr)
    different = differences(texts["alone"], texts["together"])
    names = tuple(rounds[0]["alone"])
    ratios = {name: [each["together"][name] / each["alone"][name] for each in rounds] for name in names}
    print(
        json.dumps(
            {
                "benchmark": "adapter_generation",
                "base": Path(given.base).name,
                "adapter": given.adapter.name if given.adapter else None,
                "questions": given.questions,
                "batch": given.batch,
                "tokens": sum(each.tokens_out for each in texts["together"]),
                "threads": given.threads,
                "rounds": given.rounds,
                **{way: {name: round(median(each[way][name] for each in rounds), 1) for name in names} for way in WAYS},
                "ratios": {n: [round(median(v), 2), round(min(v), 2), round(max(v), 2)] for n, v in ratios.items()},
                "identical": round(1 - len(different) / given.questions, 4),
                "differences": different,
            }
        )
    )


if __name__ == "__main__":
    main()
