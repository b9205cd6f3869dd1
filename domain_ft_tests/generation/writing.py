"""A model that writes questions and answers, as the loopback server plays it, and papers for it to write about."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

_PASSAGE = re.compile(r"<passage>\n(.*)\n</passage>", re.DOTALL)


def passage_of(messages: Sequence[Mapping[str, str]]) -> str:
    """The passage that the model is asked about."""
    found = _PASSAGE.search(messages[-1]["content"])
    assert found
    return found[1]


def writer(messages: Sequence[Mapping[str, str]], options: Mapping[str, Any], form: Any) -> str:
    """A question about the passage's last word, answered by its first sentence."""
    passage = passage_of(messages)
    last = re.findall(r"\w+", passage)[-1]
    pair = {"question": f"What is said of the {last} of the machine?", "answer": passage.split(". ")[0]}
    return json.dumps({"pairs": [pair]})


def saying(*texts: str) -> Callable[..., str]:
    """A model that says these, one after the other, and the last one for ever."""
    left = list(texts)
    return lambda *asked: left.pop(0) if len(left) > 1 else left[0]


def paragraph(name: str) -> str:
    """A paragraph of a paper, of about thirty words, unlike any of another name."""
    return (
        f"The pump of station {name} moves water from the lower basin to the upper basin. It was measured for ten days "
        f"and gave a steady flow of {len(name)} litres in every second near gauge {name}"
    )


def write_paper(folder: Path, name: str, paragraphs: int) -> Path:
    """A paper in which a paragraph stands on each line, under a heading of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"# Part {part}\n{paragraph(f'{name}x{part}')}" for part in range(paragraphs)]
    path = folder / f"{name}.txt"
    path.write_text("\n".join(lines) + "\n")
    return path
