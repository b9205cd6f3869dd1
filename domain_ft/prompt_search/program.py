"""The question for requirements as a DSPy program: what it asks is what our template says, to the letter."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import dspy
from dspy import lm15
from dspy.utils.exceptions import AdapterParseError

from domain_ft.llm.protocol import Message
from domain_ft.requirements.prompt import PromptTemplate

_SIGNATURE = "concept -> requirements"
_NOTHING = "\n"
"""DSPy takes an empty answer for a fault of the model's server."""


class AskForRequirements(dspy.Module):
    """Write the requirements of a product from its concept."""

    def __init__(self, template: PromptTemplate) -> None:
        super().__init__()
        self.ask = dspy.Predict(dspy.Signature(_SIGNATURE, template.system))
        self.question = template.user

    def forward(self, concept: str) -> dspy.Prediction:
        """Ask for the requirements of one concept."""
        with dspy.context(adapter=_TemplateAdapter(self.question)):
            return self.ask(concept=concept)


def template_of(program: AskForRequirements) -> PromptTemplate:
    """How a program asks, as a template."""
    return _template(program.ask.signature.instructions, program.ask.demos, program.question)


def _template(instruction: str, demos: Sequence[Mapping[str, Any]], user: str) -> PromptTemplate:
    return PromptTemplate(instruction, user, tuple((demo["concept"], demo["requirements"]) for demo in demos))


class _TemplateAdapter(dspy.Adapter):
    """Says what the template says, and takes the whole answer."""

    def __init__(self, user: str) -> None:
        super().__init__()
        self._user = user

    def format(self, signature: Any, demos: Sequence[Mapping[str, Any]], inputs: Mapping[str, Any]) -> list[Any]:
        template = _template(signature.instructions, demos, self._user)
        return [asdict(message) for message in template.messages(inputs["concept"])]

    def parse(self, signature: Any, completion: str) -> dict[str, Any]:
        return dict.fromkeys(signature.output_fields, completion)


class LenientAdapter(dspy.ChatAdapter):
    """Asks as DSPy does; an answer in another form is taken whole, for a small model knows no form."""

    def __init__(self) -> None:
        super().__init__(use_json_adapter_fallback=False)

    def parse(self, signature: Any, completion: str) -> dict[str, Any]:
        """The field that is asked for: all questions of the proposer ask for one."""
        try:
            found: dict[str, Any] = super().parse(signature, completion)
        except AdapterParseError:
            return dict.fromkeys(signature.output_fields, completion.strip())
        return found


def language_model(answer: Callable[[Sequence[Message]], str]) -> dspy.LM:
    """A language model for DSPy that answers messages by a function; nothing is cached or sent anywhere."""
    return dspy.LM("generator", engine=_Engine(answer), cache=False, num_retries=0)


class _Engine:
    def __init__(self, answer: Callable[[Sequence[Message]], str]) -> None:
        self._answer = answer

    def complete(self, request: lm15.Request) -> lm15.Response:
        system = [Message("system", _text(request.system))] if request.system is not None else []
        turns = [Message(turn.role, turn.text or "") for turn in request.messages]
        said = lm15.Message.assistant(self._answer([*system, *turns]) or _NOTHING)
        return lm15.Response(None, request.model, said, finish_reason="stop", usage=lm15.Usage())


def _text(system: Any) -> str:
    return system if isinstance(system, str) else "".join(part.text for part in system)
