"""What Ollama is told of a model beside its weights: the template, in Go's language, and the settings of its answers.

The served template must put messages exactly as the trained one does.
"""

from collections.abc import Mapping

from domain_ft.delivery.chat_form import ROLES, ChatForm
from domain_ft.errors import InputError
from domain_ft.llm.protocol import GenerationOptions

_QUOTES = '"""'


def go_template(form: ChatForm) -> str:
    """The form as a template of Go, over `.Messages`; InputError where its text would be taken for an action."""
    for text in (form.begin, form.answer, *(part for around in form.around.values() for part in around)):
        if "{{" in text or "}}" in text or _QUOTES in text:
            raise InputError(f"the chat template holds {text!r}, which Ollama would take for a command")
    branches = [
        f'{{{{ {"if" if number == 0 else "else if"} eq .Role "{role}" }}}}'
        f"{form.around[role][0]}{{{{ .Content }}}}{form.around[role][1]}"
        for number, role in enumerate(ROLES)
    ]
    return f"{form.begin}{{{{ range .Messages }}}}{''.join(branches)}{{{{ end }}}}{{{{ end }}}}{form.answer}"


def stop_words(form: ChatForm) -> tuple[str, ...]:
    """What ends an answer: the text after it, and what begins the turn of somebody else."""
    ends = (form.around["assistant"][1].strip(), *(form.around[role][0].strip() for role in ("user", "system")))
    return tuple(dict.fromkeys(end for end in ends if end))


def parameters(form: ChatForm, options: GenerationOptions) -> dict[str, float | int | list[str]]:
    """The settings that are served; a server has other defaults for each of them."""
    return {
        "temperature": options.temperature,
        "seed": options.seed,
        "num_ctx": options.num_ctx,
        "num_predict": options.num_predict,
        "stop": [*stop_words(form), *options.stop],
    }


def modelfile(
    weights: str, template: str, settings: Mapping[str, float | int | list[str]], adapter: str | None = None
) -> str:
    """The text of a Modelfile, for `ollama create`: weights and adapter are files or folders (`./model`), or a tag."""
    lines = [f"FROM {weights}"]
    lines += [f"ADAPTER {adapter}"] if adapter else []
    lines.append(f"TEMPLATE {_QUOTES}{template}{_QUOTES}")
    for name, value in settings.items():
        lines += [f"PARAMETER {name} {_shown(each)}" for each in (value if isinstance(value, list) else [value])]
    return "\n".join(lines) + "\n"


def _shown(value: float | int | str) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
