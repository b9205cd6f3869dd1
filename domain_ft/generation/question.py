"""What a model is asked about a passage, and the form of its answer.

The passage, its headings and the title are someone's text: no mark stands in them, the passage stands between marks
after all instructions, and what it makes the model say is judged by the passage itself (`domain_ft.generation.judge`).
"""

from typing import Any

from domain_ft.documents.passages import Passage
from domain_ft.llm.protocol import Message
from domain_ft.store.digests import sha256_json, short

_SYSTEM = (
    "You write questions that people look for answers to in technical documents, and answer each from one passage "
    "alone. You answer in JSON."
)
_TASK = """\
Write {count} that the passage below answers, and answer each.

- A question makes sense to someone who does not see the passage: it names what it is about, and never says "the \
passage", "the text", "this paper", "the authors", "the figure" or "the above".
- It is one whole sentence, ends in a question mark, and asks for one thing. No two ask for the same.
- An answer is one to three sentences, in the passage's own words and numbers; nothing that the passage does not say.
- In the passage, &lt; stands for <, and &gt; for >.

Answer with {{"pairs": [{{"question": "...", "answer": "..."}}]}} and nothing else.
{section}
<passage>
{passage}
</passage>"""


def messages(passage: Passage, title: str, count: int) -> tuple[Message, Message]:
    """What is said to the model."""
    under = " / ".join(map(_without_marks, filter(None, [title, *passage.section])))
    section = f"\nThe passage stands under: {under}\n" if under else ""
    questions = "one question" if count == 1 else f"{count} questions"
    text = _TASK.format(count=questions, section=section, passage=_without_marks(passage.text))
    return Message("system", _SYSTEM), Message("user", text)


def _without_marks(text: str) -> str:
    return text.replace("<", "&lt;").replace(">", "&gt;")


def as_in_passage(answer: str, passage: str) -> str:
    """A model's words with `<` and `>` where it repeats how they were shown to it; a passage may say `&lt;` itself."""
    for shown, meant in (("&lt;", "<"), ("&gt;", ">")):
        if shown not in passage:
            answer = answer.replace(shown, meant)
    return answer


def answer_schema(count: int) -> dict[str, Any]:
    """The JSON schema of an answer."""
    text = {"type": "string", "minLength": 1}
    pair = {
        "type": "object",
        "properties": {"question": text, "answer": text},
        "required": ["question", "answer"],
        "additionalProperties": False,
    }
    pairs = {"type": "array", "items": pair, "minItems": 1, "maxItems": count}
    return {"type": "object", "properties": {"pairs": pairs}, "required": ["pairs"], "additionalProperties": False}


def prompt_digest(count: int) -> str:
    """Equal for equal questions about equal passages."""
    shown = messages(Passage("<>", ("<>", "<>"), None, None), "<>", count)
    return short(sha256_json([[each.content for each in shown], answer_schema(count)]))
